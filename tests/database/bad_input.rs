//! What can't be done is refused when it is planned or before: one clear message that says what to do next, and
//! nothing half done.

use action::Environment;
use action::port::{CopyOrder, SnapshotKind};
use jiff::{Timestamp, ToSpan};
use range::rds::{Instance, KeyStatus, Snapshot};
use run::Stage;

use super::operator::{failed, is_restored, restore, restore_with};
use super::stage::key;
use super::world::{EAST, WEST, World};

/// Plans a restore with these parameters and sees that it is refused, with these words in why and in what next.
async fn refused(world: &World, with: &str, why: &[&str], next: &str) {
    let (instances, snapshots) = (world.instances(), world.snapshots());
    let session = world.start_with(with);
    restore(&session).await;
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Plan, "{with}: {problem:?}");
    for word in why {
        assert!(problem.what.contains(word), "{with}: {problem:?}");
    }
    assert!(problem.next.contains(next) && problem.next.ends_with('.'), "{with}: {problem:?}");
    assert_eq!((world.instances(), world.snapshots()), (instances, snapshots), "{with}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_outside_the_window() {
    let world = World::new();
    let future = Timestamp::now() + 24.hours();
    refused(
        &world,
        &format!("at: {future}"),
        &["which lies in the future, can't be gone back to", "automated backups of portal, us-east-1 reach"],
        "The nearest moment is",
    )
    .await;
    let past = world.good - (40 * 24).hours();
    refused(&world, &format!("at: {past}"), &["can't be gone back to", "reach"], "The nearest moment is")
        .await;
    refused(&world, "from: point_in_time", &["`at:` is not given"], "Give the moment to go back to").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_not_there_yet_or_no_use() {
    let world = World::new();
    let portal = world.instance(EAST, "portal");
    let manual = Snapshot::new("portal-manual", SnapshotKind::Manual, &portal, world.good);
    let order = CopyOrder {
        source: manual.arn(EAST),
        source_region: EAST.to_owned(),
        target: "portal-tonight".to_owned(),
        kms_key: None,
        tags: [].into(),
    };
    world.ports().await.databases.copy_snapshot(EAST, &order).await.unwrap();
    refused(
        &world,
        "from: snapshot\nsnapshot: portal-tonight",
        &["portal-tonight, us-east-1 can't be used: it is still being made"],
        "Wait until it is available and plan again",
    )
    .await;
    let mut failed = Snapshot::new("portal-failed", SnapshotKind::Manual, &portal, world.good);
    failed.failed = true;
    world.rds().add_snapshot(EAST, failed);
    refused(
        &world,
        "from: snapshot\nsnapshot: portal-failed",
        &["portal-failed, us-east-1 can't be used: it is in state failed"],
        "choose another",
    )
    .await;
    refused(
        &world,
        "from: snapshot\nsnapshot: portal-never",
        &["there is no snapshot portal-never; there is"],
        "Check its name",
    )
    .await;
    let mut theirs = Snapshot::new("reports-1", SnapshotKind::Manual, &portal, world.good);
    theirs.instance = "reports".to_owned();
    world.rds().add_snapshot(EAST, theirs);
    refused(
        &world,
        "from: snapshot\nsnapshot: reports-1",
        &["reports-1, us-east-1 is of reports, not of portal"],
        "Choose a snapshot of the right instance",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_can_not_be_used() {
    let world = World::new();
    let deletion = world.good + (7 * 24).hours();
    let at = format!("at: {}", world.good);
    for (status, why, next) in [
        (KeyStatus::Disabled, "is disabled", "Have it enabled in KMS"),
        (
            KeyStatus::PendingDeletion(deletion),
            "will be deleted for good on",
            "Have its deletion cancelled in KMS",
        ),
    ] {
        world.key_is(EAST, status);
        let why = ["the automated backups of portal, us-east-1 can't be read: key", why];
        refused(&world, &at, &why, next).await;
        let why = ["manual snapshot portal-manual, us-east-1 can't be read: key", why[1]];
        refused(&world, "from: snapshot\nsnapshot: portal-manual", &why, next).await;
    }
    // Somebody undoes it: the same moment can be gone back to.
    world.key_is(EAST, KeyStatus::Enabled);
    let session = world.start();
    restore(&session).await;
    assert!(is_restored(&session.run()));

    let gone = key(EAST, world.good).arn.replace("1ca11ed0", "dead0000");
    world.change("portal", |portal| portal.kms_key = Some(gone));
    let why = ["can't be read: key", "is gone from us-east-1"];
    refused(&world, &at, &why, "choose a copy that is encrypted with another key").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_in_another_region() {
    let world = World::new();
    refused(
        &world,
        "from: snapshot\nsnapshot: portal-far",
        &["portal-far, us-west-2 must be copied first, and no key is known to encrypt the copy in us-east-1"],
        "`database.keys`",
    )
    .await;
    // The key there can't be used either way.
    world.key_is(WEST, KeyStatus::Disabled);
    let west = "from: snapshot\nsnapshot: portal-manual\nregion: us-west-2";
    refused(&world, west, &["a copy encrypted with it can't be read: key", "is disabled"], "enabled in KMS")
        .await;
    world.key_is(WEST, KeyStatus::Enabled);

    let session = world.start_with(west);
    restore(&session).await;
    assert!(is_restored(&session.run()), "{:?}", session.run().current());
    let (made, id) = (world.made(session.run().id()), session.run().id().clone());
    let restored = world.instance(WEST, &made[0]);
    assert_eq!(restored.kms_key, Some(key(WEST, world.good).arn), "encrypted with the key of its region");
    let copies: Vec<_> = world.rds().snapshots(WEST).into_iter().filter(|it| it.source.is_some()).collect();
    assert_eq!(copies.len(), 1, "{copies:?}");
    assert_eq!(copies[0].tags["lifeboat:run"], id.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_taken_or_can_not_be_one() {
    let world = World::new();
    let portal = world.instance(EAST, "portal");
    world.rds().add_instance(EAST, Instance::new(EAST, "portal-reports", portal.settings, world.good));
    let at = format!("at: {}", world.good);
    for taken in ["portal-reports", "portal"] {
        refused(
            &world,
            &format!("{at}\ntarget: {taken}"),
            &[&format!("the name {taken} is taken in us-east-1 (available), and it is not this run's")],
            "Give another `target:`",
        )
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_room_for_the_class() {
    let world = World::new();
    let before = world.instances();
    world.refuse("RestoreDBInstanceToPointInTime", "InsufficientDBInstanceCapacity", None);
    let session = world.start();
    restore(&session).await;
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Apply);
    assert!(problem.what.contains("AWS has no room for an instance of this class"), "{problem:?}");
    assert!(problem.what.contains("nothing was changed"), "{problem:?}");
    assert!(problem.next.contains("Try again in a few minutes"), "{problem:?}");
    assert_eq!(world.instances(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_region_outside_the_united_states() {
    let world = World::new();
    let at = format!("at: {}", world.good);
    let before = world.instances();
    // Written in the runbook, it keeps the run from starting.
    let why = world.engine.start(world.request(&format!("{at}\nregion: eu-west-1"))).map(|_| ()).unwrap_err();
    assert!(why.to_string().contains("eu-west-1"), "{why}");
    // Chosen when it is planned, it is refused there and then; a snapshot's ARN may name one, too.
    let arn = "arn:aws:rds:eu-west-1:000000000000:snapshot:theirs";
    for (from, name, value) in [(&at[..], "region", "eu-west-1"), ("from: snapshot", "snapshot", arn)] {
        let session = world.start_with(from);
        restore_with(&session, &[(name, value)]).await;
        let (stage, problem) = failed(&session);
        assert_eq!(stage, Stage::Plan);
        assert!(problem.what.contains("region eu-west-1 is not in the United States"), "{problem:?}");
        assert!(problem.next.starts_with("Choose one of us-east-1"), "{problem:?}");
    }
    // In the environment, nothing is connected to.
    let mut request = world.request(&at);
    request.environment = Environment { region: "eu-west-1".to_owned(), ..request.environment };
    let why = world.engine.start(request).map(|_| ()).unwrap_err();
    assert!(why.to_string().contains("eu-west-1") && why.to_string().contains("United States"), "{why}");
    assert_eq!(world.instances(), before);
}
