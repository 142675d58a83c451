//! What a survey says of what is left.

use super::super::fake::*;
use super::not_done;
use super::restoring::{deleted, region_lost, snapshot};
use crate::Action;
use crate::plan::{Failure, Outcome, Verdict};
use crate::port::*;

fn survey(at: &str) -> Action {
    params("database.survey", &[("instance", "portal"), ("at", at), ("outage", "2026-11-24T03:00:00Z")])
}

fn notes(outcome: &Outcome, what: &str) -> bool {
    outcome.notes.iter().any(|note| note.contains(what))
}

fn fact(outcome: &Outcome, label: &str) -> String {
    let fact = outcome.facts.iter().find(|fact| fact.label == label);
    fact.unwrap_or_else(|| panic!("{label}: {:?}", outcome.facts)).value.clone()
}

#[tokio::test]
async fn a_living_instance() {
    let world = World::new("incident");
    snapshot(&world, EAST, "before-migration");
    snapshot(&world, WEST, "copy-of-the-day");
    let mut making = snapshot(&world, EAST, "tonight");
    (making.status, making.percent, making.taken) = ("creating".to_owned(), 37, None);
    *world.fake.state().region(EAST).snapshots.last_mut().unwrap() = making;
    let (outcome, evidence) = world.read(&survey("2026-11-24T02:08:00Z")).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert_eq!(
        outcome.headline,
        "The database can go back to any second from 2026-11-17 03:14:00 UTC to 2026-11-24 03:08:55 UTC; going back to \
         02:08:00 UTC loses 52 min"
    );
    assert_eq!(outcome.outputs["earliest"], "2026-11-17T03:14:00Z");
    assert_eq!(outcome.outputs["latest"], "2026-11-24T03:08:55Z");
    assert_eq!(fact(&outcome, "portal in us-east-1"), "available, mysql 8.0.39, db.m6g.large, 200 GiB");
    assert_eq!(
        fact(&outcome, "manual snapshot before-migration, us-east-1"),
        "2026-11-24 01:14:00 UTC, 2 h old, loses 1 h 46 min, encrypted"
    );
    assert_eq!(fact(&outcome, "manual snapshot tonight, us-east-1"), "still being made, 37 % done");
    assert_eq!(fact(&outcome, &format!("key {KEY}")), "Enabled");
    assert_eq!(
        fact(&outcome, "parameter group"),
        "portal-mysql80 → the engine's default one → the living instance"
    );
    assert_eq!(
        (fact(&outcome, "proxies"), fact(&outcome, "read replicas")),
        ("none".to_owned(), "none".to_owned())
    );
    assert!(notes(&outcome, "1 snapshot is still being made"), "{:?}", outcome.notes);
    assert!(notes(&outcome, "1 snapshot lies in another region"), "{:?}", outcome.notes);
    let moments = outcome.moments.unwrap();
    assert_eq!((moments.windows.len(), moments.points.len()), (1, 2));
    let window = &moments.windows[0];
    assert_eq!((&window.with["from"][..], &window.with["region"][..]), ("point_in_time", EAST));
    let west = moments.points.iter().find(|point| point.of.contains("us-west-2")).unwrap();
    assert_eq!(
        (&west.with["snapshot"][..], &west.with["region"][..], &west.loses[..]),
        ("copy-of-the-day", WEST, "1 h 46 min")
    );
    for seen in ["instance", "automated backups", "snapshot", "key", "proxies"] {
        assert!(evidence.lines().any(|line| line.contains(&format!("\"seen\":\"{seen}\""))), "{seen}");
    }
    // What the picture gives can be planned as it is.
    let with = west.with.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let with: Vec<_> = with.chain([("instance", "portal")]).collect();
    world.fake.state().region(WEST).groups.extend([
        (GroupKind::Subnet, "portal-private".to_owned()),
        (GroupKind::Parameter, "portal-mysql80".to_owned()),
    ]);
    assert!(world.plan(&params("database.restore", &with)).await.is_ok());
}

#[tokio::test]
async fn a_moment_out_of_reach() {
    let world = World::new("incident");
    let outcome = world.read(&survey("2026-11-10T00:00:00Z")).await.0.unwrap();
    assert!(outcome.headline.ends_with(", but not to 2026-11-10 00:00:00 UTC"), "{}", outcome.headline);
    assert!(notes(&outcome, "the nearest moment is 2026-11-17 03:14:00 UTC"), "{:?}", outcome.notes);
}

#[tokio::test]
async fn a_deleted_instance() {
    let world = World::new("incident");
    deleted(&world);
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(fact(&outcome, "portal in us-east-1"), "gone");
    assert!(outcome.headline.starts_with("The database can go back to any second"), "{}", outcome.headline);
    assert!(notes(&outcome, "expire by themselves"), "{:?}", outcome.notes);
    assert!(notes(&outcome, "no inventory of it was ever taken"), "{:?}", outcome.notes);
    assert_eq!(fact(&outcome, "class"), "not known → that of the backup → the backup, if it tells");
}

#[tokio::test]
async fn a_lost_region() {
    let world = World::new("incident");
    region_lost(&world);
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert_eq!(fact(&outcome, "portal in us-east-1"), "not known: Unreachable");
    assert_eq!(outcome.moments.unwrap().windows[0].with["region"], WEST);
    world.fake.state().region(WEST).down = Some(PortErrorKind::Unreachable);
    let failure = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap_err();
    assert!(matches!(failure, Failure::Port(error) if error.kind == PortErrorKind::Unreachable));
}

#[tokio::test]
async fn keys_and_what_may_not_be_looked_at() {
    let world = World::new("incident");
    let deletion = Some(at("2026-12-01T00:00:00Z"));
    let pending = KeyState { state: "PendingDeletion".to_owned(), deletion, ..enabled(KEY) };
    world.fake.state().region(EAST).keys.insert(KEY.to_owned(), pending);
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.headline, "Nothing was found that portal could be brought back to as it is");
    assert!(notes(
        &outcome,
        "will be deleted for good on 2026-12-01 00:00:00 UTC. Have its deletion cancelled"
    ));
    assert!(outcome.moments.unwrap().windows.is_empty());
    world.fake.state().faults.extend([
        ("key", [not_done(PortErrorKind::Denied)].into()),
        ("snapshots", [not_done(PortErrorKind::Denied)].into()),
        ("proxies", [not_done(PortErrorKind::Denied)].into()),
    ]);
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert_eq!(fact(&outcome, &format!("key {KEY}")), "not known: Denied");
    assert_eq!(fact(&outcome, "proxies"), "not known: Denied");
    assert!(notes(&outcome, "The snapshots in us-east-1 are not known (Denied)"), "{:?}", outcome.notes);
    world.fake.state().faults.insert("instance", [not_done(PortErrorKind::Credentials)].into());
    assert!(world.read(&survey("2026-11-24T02:08:00Z")).await.0.is_err());
}

#[tokio::test]
async fn only_snapshots_are_left() {
    let world = World::new("incident");
    snapshot(&world, EAST, "before-migration");
    {
        let mut state = world.fake.state();
        let living = state.instance(EAST, "portal").unwrap();
        (living.is.settings.backup_days, living.is.latest_restorable) = (0, None);
        living.is.status = "stopped".to_owned();
        state.region(EAST).backups.clear();
        let theirs = &mut state.region(EAST).snapshots[0];
        theirs.kind = SnapshotKind::Shared;
    }
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed, "{outcome:?}");
    assert!(outcome.moments.unwrap().points[0].hindered.as_ref().unwrap().contains("no key for us-east-1"));
    world.fake.state().region(EAST).snapshots[0].kind = SnapshotKind::AwsBackup;
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(
        outcome.headline,
        "The database can go back to 1 snapshot only; the newest, of 2026-11-24 01:14:00 UTC, loses 1 h 46 min"
    );
    for note in ["There are no automated backups of portal", "portal is stopped", "are switched off"] {
        assert!(notes(&outcome, note), "{note}: {:?}", outcome.notes);
    }
    let action = params("database.restore", &[("instance", "portal"), ("from", "latest")]);
    let why = super::why_not(&world, &action).await;
    assert!(
        why.contains(
            "there is 1 snapshot in us-east-1, the newest before-migration of 2026-11-24 01:14:00 UTC"
        ),
        "{why}"
    );
}

#[tokio::test]
async fn how_far_back_may_not_be_known() {
    let world = World::new("incident");
    world.fake.state().faults.insert("automated_backups", [not_done(PortErrorKind::Denied)].into());
    let outcome = world.read(&survey("2026-11-24T02:08:00Z")).await.0.unwrap();
    assert_eq!(outcome.outputs["earliest"], "2026-11-10T03:08:55Z");
    assert!(notes(&outcome, "is not known; by its settings it is 14 days"), "{:?}", outcome.notes);
    assert!(
        notes(&outcome, "The automated backups in us-east-1 are not known (Denied)"),
        "{:?}",
        outcome.notes
    );
    world.fake.state().faults.insert("automated_backups", [not_done(PortErrorKind::Denied)].into());
    let (summary, _) = world.plan(&super::restoring::to_a_moment()).await.unwrap();
    assert!(summary.warnings[0].starts_with("How far back the automated backups of portal"), "{summary:?}");
}
