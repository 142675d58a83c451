//! Only what this very rehearsal or exercise made is deleted.

use super::super::fake::*;
use super::restoring::{RESTORED, to_a_moment};
use super::{refused, why_not};
use crate::Action;
use crate::plan::Verdict;

fn discard(id: &str) -> Action {
    params("database.discard", &[("instance", id)])
}

async fn restored(mode: &str) -> World {
    let world = World::new(mode);
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    world
}

#[tokio::test]
async fn what_was_rehearsed_goes() {
    let world = restored("rehearsal").await;
    let (summary, plan) = world.plan(&discard(RESTORED)).await.unwrap();
    assert_eq!(summary.typed.as_deref(), Some(RESTORED));
    assert_eq!(summary.headline, "portal-restore-14029f3a is deleted for good");
    assert_eq!(
        world.verify(&discard(RESTORED), &plan).await.headline,
        "portal-restore-14029f3a is still there (available)"
    );
    let outcome = world.apply(&discard(RESTORED), &plan).await.0.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.headline[..]),
        (Verdict::Passed, "portal-restore-14029f3a is gone")
    );
    let outcome = world.apply(&discard(RESTORED), &plan).await.0.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.headline[..]),
        (Verdict::Passed, "portal-restore-14029f3a was gone already")
    );
    assert_eq!(world.names(EAST), ["portal"]);
    for said in ["asked RDS to delete it", "deleting", "gone"] {
        assert!(world.said().contains(&format!("portal-restore-14029f3a: {said}")), "{said}");
    }
    assert!(
        why_not(&world, &discard(RESTORED)).await.starts_with("there is no instance portal-restore-14029f3a")
    );
}

#[tokio::test]
async fn protection_is_switched_off_only_as_planned() {
    let world = restored("exercise").await;
    let (_, unprotected) = world.plan(&discard(RESTORED)).await.unwrap();
    world.fake.state().instance(EAST, RESTORED).unwrap().is.settings.deletion_protection = true;
    let (why, _) = refused(world.apply(&discard(RESTORED), &unprotected).await.0.unwrap_err());
    assert!(why.contains("switched on the deletion protection"), "{why}");
    let (summary, plan) = world.plan(&discard(RESTORED)).await.unwrap();
    assert_eq!(
        (summary.requests, &summary.warnings[1][..]),
        (2, "Its deletion protection is on, and is switched off first.")
    );
    assert_eq!(world.apply(&discard(RESTORED), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal"]);
}

#[tokio::test]
async fn everything_else_stays() {
    let world = restored("incident").await;
    let why = why_not(&world, &discard(RESTORED)).await;
    assert!(why.starts_with("portal-restore-14029f3a was not made by a rehearsal or an exercise"), "{why}");
    let mut world = restored("rehearsal").await;
    assert!(why_not(&world, &discard("portal")).await.starts_with("portal is the instance of practice"));
    world.environment.database = None;
    assert!(
        why_not(&world, &discard("portal"))
            .await
            .starts_with("portal was not made by this run, but by run an-old-run")
    );
    let (_, plan) = world.plan(&discard(RESTORED)).await.unwrap();
    // The same name, another instance.
    world.fake.state().instance(EAST, RESTORED).unwrap().is.resource_id = "db-else".to_owned();
    let outcome = world.apply(&discard(RESTORED), &plan).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert!(outcome.notes[0].contains("(db-else); it was left alone"), "{outcome:?}");
    // The tags went between the plan and its application.
    let (_, plan) = world.plan(&discard(RESTORED)).await.unwrap();
    world.fake.state().instance(EAST, RESTORED).unwrap().is.settings.tags.clear();
    let (why, _) = refused(world.apply(&discard(RESTORED), &plan).await.0.unwrap_err());
    assert!(why.contains("was not made by this run"), "{why}");
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
    assert!(!world.fake.state().calls.iter().any(|call| call.starts_with("delete")));
}
