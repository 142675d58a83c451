//! At every call the answer gets lost, and at every await the program ends: never two instances, never a lost name.

use super::super::fake::*;
use super::restoring::{RESTORED, to_a_moment};
use super::{lost, not_done};
use crate::Action;
use crate::plan::Verdict;
use crate::port::PortErrorKind;

const OLD: &str = "portal-old-14029f3a";

/// A way to be interrupted: at the nth call, or after n awaits.
#[derive(Debug, Clone, Copy)]
enum Interrupted {
    Lost(usize),
    Unanswered(usize),
    Denied(usize),
    Dropped(usize),
}

/// Interrupts an application in every way, then applies again; `look` sees the world in between and at the end.
async fn interrupt(prepare: impl AsyncFn() -> (World, Action, String), look: impl Fn(&World, &str)) {
    let ways: [fn(usize) -> Interrupted; 4] =
        [Interrupted::Lost, Interrupted::Unanswered, Interrupted::Denied, Interrupted::Dropped];
    for way in ways {
        let mut n = 0;
        loop {
            n += 1;
            let way = way(n);
            let (world, action, plan) = prepare().await;
            let calls = world.fake.state().calls.len();
            let (at_call, awaits) = match way {
                Interrupted::Lost(n) => (Some((calls + n, lost())), usize::MAX),
                Interrupted::Unanswered(n) => {
                    (Some((calls + n, not_done(PortErrorKind::Unavailable))), usize::MAX)
                }
                Interrupted::Denied(n) => (Some((calls + n, not_done(PortErrorKind::Denied))), usize::MAX),
                Interrupted::Dropped(n) => (None, n),
            };
            world.fake.state().at_call = at_call;
            let mut finished = false;
            {
                let mut apply = Box::pin(world.apply(&action, &plan));
                for _ in 0..awaits {
                    look(&world, &format!("{way:?}, meanwhile"));
                    if futures::poll!(&mut apply).is_ready() {
                        finished = true;
                        break;
                    }
                }
            }
            let untroubled = match way {
                Interrupted::Dropped(_) => finished,
                _ => world.fake.state().calls.len() < calls + n,
            };
            world.fake.state().at_call = None;
            let outcome = world.apply(&action, &plan).await.0;
            let outcome = outcome.unwrap_or_else(|failure| panic!("{way:?}: {failure}"));
            assert_eq!(outcome.verdict, Verdict::Passed, "{way:?}: {outcome:?}");
            assert_eq!(world.verify(&action, &plan).await.verdict, Verdict::Passed, "{way:?}");
            look(&world, &format!("{way:?}, at the end"));
            if untroubled {
                break;
            }
        }
        assert!(n > 8, "{way:?}: too few places to be interrupted at");
    }
}

#[tokio::test]
async fn a_restore_makes_one_instance() {
    let prepare = async || {
        let world = World::new("incident");
        let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
        (world, to_a_moment(), plan)
    };
    interrupt(prepare, |world, when| {
        let names = world.names(EAST);
        let good = names == ["portal"] || names == ["portal", RESTORED];
        assert!(good && (names.len() == 2 || !when.ends_with("end")), "{when}: {names:?}");
        let restores = world.fake.state().calls.iter().filter(|call| call.starts_with("restore")).count();
        assert!(restores <= 2, "{when}");
    })
    .await;
}

/// A world in which `portal` was restored, and a plan to cut over.
async fn restored() -> (World, Action, String) {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    let action = params("database.cut_over", &[("instance", RESTORED), ("name", "portal")]);
    let (_, plan) = world.plan(&action).await.unwrap();
    (world, action, plan)
}

#[tokio::test]
async fn cutting_over_loses_no_name_and_gives_none_twice() {
    interrupt(restored, |world, when| {
        let names = world.names(EAST);
        let states = [["portal", RESTORED], [OLD, RESTORED], ["portal", OLD]];
        assert!(states.iter().any(|state| names == *state), "{when}: {names:?}");
        if when.ends_with("end") {
            let portal = world.fake.state().instance(EAST, "portal").unwrap().is.clone();
            assert_eq!(
                (names, &portal.resource_id[..]),
                (vec!["portal".to_owned(), OLD.to_owned()], "db-00000002")
            );
        }
        let renames = world.fake.state().calls.iter().filter(|call| call.starts_with("modify")).count();
        // Two for the restore's settings and the two renames; one more when a call is repeated.
        assert!(renames <= 5, "{when}: {renames}");
    })
    .await;
}

#[tokio::test]
async fn giving_the_names_back_loses_none() {
    let prepare = async || {
        let (world, action, plan) = restored().await;
        world.apply(&action, &plan).await.0.unwrap();
        let back =
            params("database.cut_over", &[("instance", RESTORED), ("name", "portal"), ("back", "true")]);
        let (_, plan) = world.plan(&back).await.unwrap();
        (world, back, plan)
    };
    interrupt(prepare, |world, when| {
        let names = world.names(EAST);
        let states = [["portal", OLD], [OLD, RESTORED], ["portal", RESTORED]];
        assert!(states.iter().any(|state| names == *state), "{when}: {names:?}");
        if when.ends_with("end") {
            let portal = world.fake.state().instance(EAST, "portal").unwrap().is.clone();
            assert_eq!(
                (names, &portal.resource_id[..]),
                (vec!["portal".to_owned(), RESTORED.to_owned()], "db-00000001")
            );
        }
    })
    .await;
}

#[tokio::test]
async fn discarding_deletes_one_instance() {
    let prepare = async || {
        let world = World::new("rehearsal");
        let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
        world.apply(&to_a_moment(), &plan).await.0.unwrap();
        world.fake.state().instance(EAST, RESTORED).unwrap().is.settings.deletion_protection = true;
        let action = params("database.discard", &[("instance", RESTORED)]);
        let (_, plan) = world.plan(&action).await.unwrap();
        (world, action, plan)
    };
    interrupt(prepare, |world, when| {
        let names = world.names(EAST);
        assert_eq!(names[0], "portal", "{when}");
        assert!(!when.ends_with("end") || names.len() == 1, "{when}: {names:?}");
    })
    .await;
}
