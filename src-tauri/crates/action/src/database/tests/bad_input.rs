//! What can't be restored is refused before anything is done, with what to do next.

use super::super::fake::*;
use super::restoring::{RESTORED, from_snapshot, snapshot, to_a_moment};
use super::{not_done, why_not};
use crate::plan::{Failure, Verdict};
use crate::port::*;

fn to(moment: &str) -> crate::Action {
    params("database.restore", &[("instance", "portal"), ("at", moment)])
}

/// Nothing was asked of RDS but to look.
fn untouched(world: &World) {
    let changing = ["restore ", "modify ", "copy_snapshot ", "delete "];
    let calls = world.fake.state().calls.clone();
    assert!(!calls.iter().any(|call| changing.iter().any(|name| call.starts_with(name))), "{calls:?}");
}

#[tokio::test]
async fn a_moment_outside_the_window() {
    let world = World::new("incident");
    let why = why_not(&world, &to("2026-11-24T03:10:00Z")).await;
    assert_eq!(
        why,
        "2026-11-24 03:10:00 UTC can't be gone back to: the automated backups of portal, us-east-1 reach \
         2026-11-17 03:14:00 UTC to 2026-11-24 03:08:55 UTC. The nearest moment is 2026-11-24 03:08:55 UTC: give it as \
         `at:`."
    );
    let why = why_not(&world, &to("2026-11-25T00:00:00Z")).await;
    assert!(
        why.starts_with("2026-11-25 00:00:00 UTC, which lies in the future, can't be gone back to"),
        "{why}"
    );
    snapshot(&world, EAST, "before-migration");
    world.fake.state().region(EAST).snapshots[0].taken = Some(at("2026-10-01T00:00:00Z"));
    let why = why_not(&world, &to("2026-11-01T00:00:00Z")).await;
    assert!(why.contains("The nearest moment is 2026-11-17 03:14:00 UTC"), "{why}");
    assert!(
        why.contains(
            "or go back to the manual snapshot before-migration, us-east-1 of 2026-10-01 00:00:00 UTC"
        ),
        "{why}"
    );
    let (edge, _) = world.plan(&to("2026-11-24T03:08:55Z")).await.unwrap();
    assert!(edge.headline.ends_with("03:08:55 UTC"));
    let without = params("database.restore", &[("instance", "portal")]);
    assert!(why_not(&world, &without).await.starts_with("`at:` is not given"));
    untouched(&world);
}

#[tokio::test]
async fn a_snapshot_that_is_still_being_made() {
    let world = World::new("incident");
    snapshot(&world, EAST, "tonight");
    {
        let mut state = world.fake.state();
        let tonight = &mut state.region(EAST).snapshots[0];
        (tonight.status, tonight.percent, tonight.taken) = ("creating".to_owned(), 37, None);
    }
    let why = why_not(&world, &from_snapshot("tonight", EAST)).await;
    assert_eq!(
        why,
        "the manual snapshot tonight, us-east-1 can't be used: it is still being made, 37 % done. Wait until it is \
         available and plan again, or choose another."
    );
    let why = why_not(&world, &from_snapshot("yesterday", EAST)).await;
    assert!(
        why.starts_with("there is no snapshot yesterday; there is the automated backups of portal"),
        "{why}"
    );
    untouched(&world);
}

#[tokio::test]
async fn a_key_that_is_gone() {
    let world = World::new("incident");
    let key = |state: &str| KeyState {
        state: state.to_owned(),
        deletion: (state == "PendingDeletion").then(|| at("2026-12-01T00:00:00Z")),
        ..enabled(KEY)
    };
    for (state, why) in [
        ("Disabled", "is disabled. Have it enabled in KMS, then try again."),
        (
            "PendingDeletion",
            "will be deleted for good on 2026-12-01 00:00:00 UTC. Have its deletion cancelled",
        ),
        ("PendingImport", "is in state PendingImport. Look at it in KMS"),
    ] {
        world.fake.state().region(EAST).keys.insert(KEY.to_owned(), key(state));
        let said = why_not(&world, &to_a_moment()).await;
        assert!(said.starts_with("the automated backups of portal, us-east-1 can't be read: key"), "{said}");
        assert!(said.contains(why), "{said}");
    }
    world.fake.state().region(EAST).keys.clear();
    let said = why_not(&world, &to_a_moment()).await;
    assert!(said.contains("is gone from us-east-1. What it encrypts can't be read any more"), "{said}");
    world.fake.state().faults.insert("key", [not_done(PortErrorKind::Denied)].into());
    let (summary, _) = world.plan(&to_a_moment()).await.unwrap();
    assert!(summary.warnings[0].contains("is not known (Denied)"), "{summary:?}");
    untouched(&world);
}

#[tokio::test]
async fn a_name_that_is_taken_or_no_name() {
    let world = World::new("incident");
    let named = |name: &str| {
        params(
            "database.restore",
            &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z"), ("target", name)],
        )
    };
    let why = why_not(&world, &named("portal")).await;
    assert!(
        why.starts_with("the name portal is taken in us-east-1 (available), and it is not this run's"),
        "{why}"
    );
    for name in ["1portal", "portal-", "por--tal", "Portal", "portal_1"] {
        assert!(why_not(&world, &named(name)).await.contains("can't be the name of an instance"), "{name}");
    }
    // Taken between the plan and its application.
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.fake.state().put(EAST, RESTORED, Settings::default());
    let (why, _) = super::refused(world.apply(&to_a_moment(), &plan).await.0.unwrap_err());
    assert!(why.contains("was taken since the plan"), "{why}");
    untouched(&world);
    let (summary, _) = world.plan(&to_a_moment()).await.unwrap();
    assert!(summary.headline.starts_with("portal-restore-14029f3a-2 "), "{}", summary.headline);
}

#[tokio::test]
async fn no_capacity_is_the_ports_word_and_nothing_is_made() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.fake.state().faults.insert("restore", [not_done(PortErrorKind::NoRoom)].into());
    let failure = world.apply(&to_a_moment(), &plan).await.0.unwrap_err();
    let Failure::Port(error) = failure else { panic!("{failure}") };
    assert_eq!(
        (error.kind, &error.message[..], &error.next[..]),
        (PortErrorKind::NoRoom, "NoRoom; nothing was changed", "Try again.")
    );
    assert_eq!(world.names(EAST), ["portal"]);
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
}

#[tokio::test]
async fn another_region() {
    let world = World::new("incident");
    let abroad = params(
        "database.restore",
        &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z"), ("region", "eu-west-1")],
    );
    let why = why_not(&world, &abroad).await;
    assert!(why.starts_with("region eu-west-1 is not in the United States"), "{why}");
    let arn = "arn:aws:rds:eu-west-1:000000000000:snapshot:theirs";
    assert!(why_not(&world, &from_snapshot(arn, EAST)).await.contains("not in the United States"));
    assert_eq!(
        why_not(&world, &params("database.restore", &[("instance", "porta"), ("from", "latest")])).await,
        "no automated backups of porta are in us-east-1; there is nothing that it could be made from. Check the name of \
         the instance; choose another `region:`, or a snapshot with `from: snapshot`."
    );
    untouched(&world);
}
