//! A restore that goes well, from every source.

use jiff::SignedDuration;

use super::super::fake::*;
use super::why_not;
use crate::plan::{Failure, Verdict};
use crate::port::*;

pub(super) const RESTORED: &str = "portal-restore-14029f3a";

pub(super) fn to_a_moment() -> crate::Action {
    params("database.restore", &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z")])
}

#[tokio::test]
async fn a_moment_comes_back_beside_the_old_instance() {
    let world = World::new("incident");
    let action = to_a_moment();
    let (summary, plan) = world.plan(&action).await.unwrap();
    assert_eq!(
        summary.headline,
        "portal-restore-14029f3a is made in us-east-1: portal as at 2026-11-24 02:40:00 UTC"
    );
    assert_eq!((summary.requests, summary.warnings.len()), (2, 0), "{:?}", summary.warnings);
    assert_eq!(
        summary.notes[0],
        "portal is not touched: portal-restore-14029f3a is another instance, and stays beside it."
    );
    assert!(summary.facts.iter().any(|f| f.label == "older than now by" && f.value == "34 min"));
    assert_eq!(world.verify(&action, &plan).await.verdict, Verdict::Failed);
    let (outcome, evidence) = world.apply(&action, &plan).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert!(
        outcome.headline.starts_with(
            "portal-restore-14029f3a is available in us-east-1, restored to 2026-11-24 02:40:00 UTC, after "
        ),
        "{}",
        outcome.headline
    );
    assert_eq!(outcome.outputs["instance"], RESTORED);
    assert_eq!(outcome.outputs["region"], "us-east-1");
    assert_eq!(outcome.outputs["restored_to"], "2026-11-24T02:40:00Z");
    assert_eq!(world.verify(&action, &plan).await.verdict, Verdict::Passed);
    let said = world.said();
    for line in [
        "portal-restore-14029f3a: asked RDS to make it",
        "portal-restore-14029f3a: creating",
        "portal-restore-14029f3a: backing-up",
        "portal-restore-14029f3a: available",
        "RDS on portal-restore-14029f3a: Restored from DB instance portal.",
    ] {
        assert_eq!(
            said.iter().filter(|said| *said == line).count(),
            1 + usize::from(line.ends_with(": available")),
            "{line}: {said:?}"
        );
    }
    assert!(evidence.contains("\"request_id\":\"R1\"") && evidence.contains("\"status\":\"backing-up\""));
    assert!(
        world.told.lock().unwrap().iter().any(|told| told == "backing-up portal-restore-14029f3a (40 s)"),
        "{:?}",
        world.told
    );
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
}

#[tokio::test]
async fn applies_twice() {
    let world = World::new("rehearsal");
    let action = to_a_moment();
    let (_, plan) = world.plan(&action).await.unwrap();
    world.apply(&action, &plan).await.0.unwrap();
    let changes = |world: &World| {
        world
            .fake
            .state()
            .calls
            .iter()
            .filter(|c| c.starts_with("restore") || c.starts_with("modify"))
            .count()
    };
    let before = changes(&world);
    let outcome = world.apply(&action, &plan).await.0.unwrap();
    assert_eq!((outcome.verdict, changes(&world)), (Verdict::Passed, before));
    assert_eq!(
        outcome.headline,
        "portal-restore-14029f3a is available in us-east-1, restored to 2026-11-24 02:40:00 UTC"
    );
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
    // A new plan for the same moment adopts it too; another moment gets another instance.
    let (summary, _) = world.plan(&action).await.unwrap();
    assert!(summary.headline.contains("which this run made already, is adopted"), "{}", summary.headline);
    let other = params("database.restore", &[("instance", "portal"), ("at", "2026-11-24T02:30:00Z")]);
    let (summary, _) = world.plan(&other).await.unwrap();
    assert!(summary.headline.starts_with("portal-restore-14029f3a-2 is made"), "{}", summary.headline);
    let named = params(
        "database.restore",
        &[("instance", "portal"), ("at", "2026-11-24T02:30:00Z"), ("target", RESTORED)],
    );
    assert!(why_not(&world, &named).await.contains("this run made it from something else"));
}

#[tokio::test]
async fn the_newest_moment_is_the_one_when_rds_is_asked() {
    let world = World::new("incident");
    let action = params("database.restore", &[("instance", "portal"), ("from", "latest")]);
    let (summary, plan) = world.plan(&action).await.unwrap();
    assert!(
        summary.headline.ends_with("as at the newest moment there is, now 2026-11-24 03:08:55 UTC"),
        "{}",
        summary.headline
    );
    let later = at("2026-11-24T03:13:55Z");
    world.fake.state().instance(EAST, "portal").unwrap().is.latest_restorable = Some(later);
    let outcome = world.apply(&action, &plan).await.0.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.outputs["restored_to"][..]),
        (Verdict::Passed, "2026-11-24T03:13:55Z")
    );
    assert_eq!(world.verify(&action, &plan).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn retained_backups_of_a_deleted_instance_are_found() {
    let world = World::new("incident");
    deleted(&world);
    let (summary, plan) = world.plan(&to_a_moment()).await.unwrap();
    assert!(plan.contains(r#""source":{"resource":"db-00000001"}"#), "{plan}");
    assert!(summary.facts.iter().any(|f| f.value == "retained backups of the deleted portal, us-east-1"));
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
}

/// Deletes `portal`, so that its backups are retained.
pub(super) fn deleted(world: &World) {
    let mut state = world.fake.state();
    let east = state.region(EAST);
    east.instances.clear();
    east.backups[0].status = "retained".to_owned();
    east.backups[0].settings = Settings {
        engine: "mysql".to_owned(),
        engine_version: "8.0.39".to_owned(),
        allocated_gib: 200,
        port: 3306,
        ..Settings::default()
    };
}

/// The region of the instance answers nobody; its backups are replicated to the other.
pub(super) fn region_lost(world: &World) {
    let mut state = world.fake.state();
    let backup = state.region(EAST).backups[0].clone();
    state.region(EAST).down = Some(PortErrorKind::Unreachable);
    let west = state.region(WEST);
    west.backups.push(AutomatedBackup {
        arn: "arn:aws:rds:us-west-2:000000000000:auto-backup:ab-1".to_owned(),
        status: "replicating".to_owned(),
        region: WEST.to_owned(),
        kms_key: Some("west".to_owned()),
        ..backup
    });
    west.keys.insert("west".to_owned(), enabled("west"));
    west.keys.insert("alias/practice-rds".to_owned(), enabled("arn:aws:kms:us-west-2:000000000000:key/dr"));
}

#[tokio::test]
async fn a_lost_region_comes_back_in_the_other() {
    let world = World::new("incident");
    region_lost(&world);
    let action = params(
        "database.restore",
        &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z"), ("region", WEST)],
    );
    let (summary, plan) = world.plan(&action).await.unwrap();
    assert!(plan.contains(r#""source":{"replica":"arn:aws:rds:us-west-2"#), "{plan}");
    assert!(summary.warnings.iter().any(|w| w.contains("no inventory of it was ever taken")), "{summary:?}");
    assert_eq!(world.apply(&action, &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(WEST), [RESTORED]);
    let east = world.plan(&to_a_moment()).await.unwrap_err();
    assert!(matches!(east, Failure::Port(error) if error.kind == PortErrorKind::Unreachable));
}

/// A snapshot of `portal`, two hours old.
pub(super) fn snapshot(world: &World, region: &str, id: &str) -> Snapshot {
    let mut state = world.fake.state();
    let taken = state.now - SignedDuration::from_hours(2);
    let snapshot = Snapshot {
        id: id.to_owned(),
        arn: format!("arn:aws:rds:{region}:000000000000:snapshot:{id}"),
        kind: SnapshotKind::Manual,
        status: "available".to_owned(),
        percent: 100,
        taken: Some(taken),
        instance: "portal".to_owned(),
        resource_id: Some("db-00000001".to_owned()),
        region: region.to_owned(),
        source_region: None,
        engine: "mysql".to_owned(),
        engine_version: "8.0.36".to_owned(),
        allocated_gib: 150,
        encrypted: true,
        kms_key: Some(KEY.to_owned()),
        option_group: None,
    };
    state.region(region).snapshots.push(snapshot.clone());
    state.region(region).keys.insert(KEY.to_owned(), enabled(KEY));
    snapshot
}

pub(super) fn from_snapshot(id: &str, region: &str) -> crate::Action {
    params(
        "database.restore",
        &[("instance", "portal"), ("from", "snapshot"), ("snapshot", id), ("region", region)],
    )
}

#[tokio::test]
async fn a_snapshot_comes_back() {
    let world = World::new("incident");
    snapshot(&world, EAST, "before-migration");
    let action = from_snapshot("before-migration", EAST);
    let (summary, plan) = world.plan(&action).await.unwrap();
    let fact = |label: &str| summary.facts.iter().find(|f| f.label == label).unwrap().value.clone();
    assert_eq!(fact("engine version"), "8.0.36 (the snapshot)");
    assert_eq!(fact("storage"), "150 GiB (the snapshot)");
    assert_eq!(fact("class"), "db.m6g.large (the living instance)");
    let outcome = world.apply(&action, &plan).await.0.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.outputs["restored_to"][..]),
        (Verdict::Passed, "2026-11-24T01:14:00Z")
    );
}

#[tokio::test]
async fn a_snapshot_of_another_region_is_copied_once() {
    let world = World::new("incident");
    snapshot(&world, WEST, "copy-of-the-day");
    world.environment.database.as_ref().unwrap();
    let action = from_snapshot("copy-of-the-day", EAST);
    let why = why_not(&world, &action).await;
    assert!(why.contains("no key is known to encrypt the copy in us-east-1 with"), "{why}");
    let mut world = world;
    let database = world.environment.database.as_mut().unwrap();
    database.keys.insert(EAST.to_owned(), KEY.to_owned());
    let (summary, plan) = world.plan(&action).await.unwrap();
    assert_eq!(summary.requests, 3);
    world.fake.state().faults.insert("copy_snapshot", [super::lost()].into());
    let (outcome, evidence) = world.apply(&action, &plan).await;
    assert_eq!(outcome.unwrap().verdict, Verdict::Passed);
    assert!(evidence.contains("portal-20261124-011400-copy-14029f3a"), "{evidence}");
    world.apply(&action, &plan).await.0.unwrap();
    let calls = world.fake.state().calls.iter().filter(|call| call.starts_with("copy_snapshot")).count();
    assert_eq!((calls, world.fake.state().region(EAST).snapshots.len()), (1, 1));
}

#[tokio::test]
async fn shared_and_encrypted_is_copied_first() {
    let mut world = World::new("incident");
    let shared = snapshot(&world, EAST, "theirs");
    world.fake.state().region(EAST).snapshots[0].kind = SnapshotKind::Shared;
    let database = world.environment.database.as_mut().unwrap();
    database.keys.insert(EAST.to_owned(), KEY.to_owned());
    let action = from_snapshot(&shared.arn, EAST);
    let (_, plan) = world.plan(&action).await.unwrap();
    assert!(plan.contains(r#""op":"copy""#), "{plan}");
    assert_eq!(world.apply(&action, &plan).await.0.unwrap().verdict, Verdict::Passed);
    let west = from_snapshot(&shared.arn, WEST);
    assert!(why_not(&world, &west).await.contains("can only be copied within us-east-1"));
}

#[tokio::test]
async fn stopping_says_what_goes_on_and_going_on_adopts() {
    let world = World::new("incident");
    let action = to_a_moment();
    let (_, plan) = world.plan(&action).await.unwrap();
    world.stop(true);
    let stopped = |failure: Failure| match failure {
        Failure::Stopped { left } => left,
        other => panic!("{other}"),
    };
    assert_eq!(stopped(world.apply(&action, &plan).await.0.unwrap_err()), "nothing was changed");
    world.stop(false);
    world.fake.state().making = Some(vec![Step::Status("creating"); 2]);
    {
        let stop = world.stop.clone();
        let mut apply = Box::pin(world.apply(&action, &plan));
        while !world.said().iter().any(|said| said.ends_with(": creating")) {
            assert!(futures::poll!(&mut apply).is_pending());
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
        let left = stopped(apply.await.0.unwrap_err());
        assert!(left.contains("goes on without us") && left.contains("adopts it"), "{left}");
    }
    world.stop(false);
    world.fake.state().instance(EAST, RESTORED).unwrap().ahead.push_back(Step::Status("available"));
    assert_eq!(world.apply(&action, &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
}
