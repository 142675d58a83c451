//! A restored instance takes the name, and gives it back.

use super::super::fake::*;
use super::restoring::{RESTORED, to_a_moment};
use super::{lost, refused, why_not};
use crate::Action;
use crate::plan::Verdict;
use crate::port::*;

const OLD: &str = "portal-old-14029f3a";

async fn restored(mode: &str) -> World {
    let world = World::new(mode);
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    world
}

fn cut_over() -> Action {
    params("database.cut_over", &[("instance", RESTORED), ("name", "portal")])
}

fn back() -> Action {
    params("database.cut_over", &[("instance", RESTORED), ("name", "portal"), ("back", "true")])
}

#[tokio::test]
async fn the_name_is_taken_and_given_back() {
    let world = restored("incident").await;
    {
        let mut state = world.fake.state();
        state.instance(EAST, "portal").unwrap().is.replicas = vec!["portal-reader".to_owned()];
        state.instance(EAST, "portal").unwrap().is.managed_secret = Some("arn:secret".to_owned());
        state.region(EAST).proxies = vec!["portal-proxy".to_owned()];
        let is = &mut state.instance(EAST, RESTORED).unwrap().is;
        (is.settings.deletion_protection, is.settings.backup_days) = (false, 1);
    }
    let (summary, plan) = world.plan(&cut_over()).await.unwrap();
    assert_eq!(
        summary.headline,
        "portal becomes portal-old-14029f3a, and portal-restore-14029f3a becomes portal"
    );
    assert_eq!(summary.requests, 3);
    let all = [&summary.notes[..], &summary.warnings[..]].concat().join("\n");
    for what in [
        "The address that the Portal knows stays the same",
        "about 10 min",
        "The read replicas portal-reader stay with portal",
        "The proxies portal-proxy have portal as their target",
        "The secret arn:secret and its rotation belong to portal",
        "CloudWatch alarms",
        "Nothing is deleted",
        "`back: true` gives the names back",
    ] {
        assert!(all.contains(what), "{what}: {all}");
    }
    assert_eq!(
        world.verify(&cut_over(), &plan).await.headline,
        "portal is still held by the other instance (db-00000001) and the instance to be kept as portal-old-14029f3a is called portal"
    );
    let outcome = world.apply(&cut_over(), &plan).await.0.unwrap();
    assert_eq!(outcome.headline, "portal is the restored instance now, available and protected");
    assert_eq!(
        (outcome.verdict, &outcome.outputs["instance"][..], &outcome.outputs["kept"][..]),
        (Verdict::Passed, "portal", OLD)
    );
    let portal = world.fake.state().instance(EAST, "portal").unwrap().is.clone();
    assert_eq!((portal.settings.deletion_protection, portal.settings.backup_days), (true, 14));
    assert_eq!(portal.settings.backup_window.as_deref(), Some("07:00-07:30"));
    let modified =
        |world: &World| world.fake.state().calls.iter().filter(|c| c.starts_with("modify")).count();
    let before = modified(&world);
    assert_eq!(world.apply(&cut_over(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(modified(&world), before, "applied twice");
    let (again, _) = world.plan(&cut_over()).await.unwrap();
    assert_eq!(again.headline, "Nothing to rename: portal is the restored instance already");

    let (summary, plan) = world.plan(&back()).await.unwrap();
    assert_eq!(
        summary.headline,
        "portal becomes portal-restore-14029f3a, and portal-old-14029f3a becomes portal"
    );
    let outcome = world.apply(&back(), &plan).await.0.unwrap();
    assert_eq!(outcome.headline, "portal is the old instance now, available and protected");
    assert_eq!(world.fake.state().instance(EAST, "portal").unwrap().is.resource_id, "db-00000001");
    let (summary, _) = world.plan(&back()).await.unwrap();
    assert_eq!(summary.headline, "Nothing to rename: portal is the old instance already");
    assert!(world.said().contains(&"portal: asked for name portal-old-14029f3a".to_owned()));
}

#[tokio::test]
async fn a_name_that_nobody_holds_is_taken() {
    let world = restored("incident").await;
    world.fake.state().region(EAST).instances.retain(|living| living.is.id == RESTORED);
    let (summary, plan) = world.plan(&cut_over()).await.unwrap();
    assert_eq!((&summary.headline[..], summary.requests), ("portal-restore-14029f3a becomes portal", 2));
    let outcome = world.apply(&cut_over(), &plan).await.0.unwrap();
    assert_eq!((outcome.verdict, outcome.outputs.get("kept")), (Verdict::Passed, None));
    assert!(why_not(&world, &back()).await.starts_with("there is no portal-old-14029f3a"));
}

#[tokio::test]
async fn what_must_not_take_over_is_refused() {
    let mut world = restored("incident").await;
    let mine = world.origin.run.clone();
    world.origin.run = "20261124-031402-0000".to_owned();
    assert!(
        why_not(&world, &cut_over()).await.starts_with("portal-restore-14029f3a was not made by this run")
    );
    world.origin.run = mine;
    let missing = params("database.cut_over", &[("instance", "nobody"), ("name", "portal")]);
    assert!(
        why_not(&world, &missing)
            .await
            .starts_with("there is no instance nobody. Check the name; there is portal (available)")
    );
    let same = params("database.cut_over", &[("instance", "portal"), ("name", "portal")]);
    assert!(why_not(&world, &same).await.starts_with("portal can't take its own name"));
    world.fake.state().instance(EAST, RESTORED).unwrap().is.status = "backing-up".to_owned();
    assert!(
        why_not(&world, &cut_over())
            .await
            .contains("is backing-up, and only what is available can take over")
    );
    world.fake.state().instance(EAST, RESTORED).unwrap().is.status = "available".to_owned();
    world.fake.state().instance(EAST, "portal").unwrap().is.status = "stopped".to_owned();
    assert!(
        why_not(&world, &cut_over()).await.starts_with("portal is stopped, and RDS renames it only when")
    );
    world.fake.state().instance(EAST, "portal").unwrap().is.status = "available".to_owned();
    world.fake.state().put(EAST, OLD, World::settings());
    assert!(why_not(&world, &cut_over()).await.contains("that it would be kept under is taken"));
    assert!(!world.fake.state().calls.iter().any(|call| call.starts_with("modify us-east-1 portal ")));
}

#[tokio::test]
async fn a_rehearsal_never_renames_production() {
    let world = restored("rehearsal").await;
    let why = why_not(&world, &cut_over()).await;
    assert!(why.starts_with("portal is the instance of practice, and no rehearsal ever renames it"), "{why}");
    let beside = params("database.cut_over", &[("instance", RESTORED), ("name", "portal-rehearsal")]);
    let (_, plan) = world.plan(&beside).await.unwrap();
    assert_eq!(world.apply(&beside, &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal", "portal-rehearsal"]);
    let mut exercise = restored("exercise").await;
    assert!(exercise.plan(&cut_over()).await.is_ok());
    exercise.environment.credentials = crate::environment::Credentials::Environment(true);
    assert!(why_not(&exercise, &cut_over()).await.contains("no exercise ever renames it"));
}

#[tokio::test]
async fn between_the_renames_it_says_that_nobody_holds_the_name() {
    let world = restored("incident").await;
    let (_, plan) = world.plan(&cut_over()).await.unwrap();
    {
        let action = cut_over();
        let mut apply = Box::pin(world.apply(&action, &plan));
        while !world.names(EAST).contains(&OLD.to_owned()) {
            assert!(futures::poll!(&mut apply).is_pending());
        }
    }
    let verified = world.verify(&cut_over(), &plan).await;
    assert!(verified.headline.starts_with("portal is held by nobody, and the Portal can't reach a database"));
    world.fake.state().instance(EAST, RESTORED).unwrap().is.status = "stopped".to_owned();
    let (why, next) = refused(world.apply(&cut_over(), &plan).await.0.unwrap_err());
    assert_eq!(
        why,
        "portal-restore-14029f3a is stopped; portal is held by nobody now, and the Portal can't reach a database"
    );
    assert!(next.contains("Start it"), "{next}");
    // Either way out works from here, once the old one has come up again.
    for _ in 0..5 {
        world.fake.pause(&world.stop).await;
    }
    let (summary, plan_back) = world.plan(&back()).await.unwrap();
    assert_eq!(summary.headline, "portal-old-14029f3a becomes portal");
    assert_eq!(world.apply(&back(), &plan_back).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
}

#[tokio::test]
async fn a_stranger_with_the_name_is_left_alone() {
    let world = restored("incident").await;
    let (_, plan) = world.plan(&cut_over()).await.unwrap();
    world.fake.state().instance(EAST, "portal").unwrap().is.id = "portal-moved".to_owned();
    world.fake.state().put(EAST, "portal", World::settings());
    let (why, _) = refused(world.apply(&cut_over(), &plan).await.0.unwrap_err());
    assert_eq!(why, "portal is called portal-moved now: somebody renamed it since the plan");
    world.fake.state().instance(EAST, "portal-moved").unwrap().is.id = OLD.to_owned();
    let (why, _) = refused(world.apply(&cut_over(), &plan).await.0.unwrap_err());
    assert!(
        why.starts_with(
            "the name portal is held by db-00000003 (available), which this plan knows nothing of"
        ),
        "{why}"
    );
    assert_eq!(world.names(EAST), ["portal", OLD, RESTORED]);
}

#[tokio::test]
async fn lost_answers_to_both_renames_are_looked_after() {
    let world = restored("incident").await;
    let (_, plan) = world.plan(&cut_over()).await.unwrap();
    world.fake.state().faults.insert("modify", [lost(), super::not_done(PortErrorKind::Busy), lost()].into());
    assert_eq!(world.apply(&cut_over(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal", OLD]);
}
