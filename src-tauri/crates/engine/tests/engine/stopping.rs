//! Stopping: when a person asks, and when the time is up.

use engine::Session;
use run::{Command, Stage};

use crate::world::{World, approve, failed, plan, plan_command, restore, verified, work};

async fn go_on(session: &Session) {
    session.submit("Sam", &Command::ApplyAgain { step: restore() }).unwrap();
    work(session).await.unwrap();
}

#[tokio::test]
async fn what_is_stopped_says_what_is_left_and_goes_on_from_there() {
    let world = World::new(60);
    let session = world.planned().await;
    approve(&session);
    world.far.hold();
    let stop = async {
        world.far.is_held().await;
        session.stop();
        world.far.release();
    };
    let (done, ()) = tokio::join!(work(&session), stop);
    done.unwrap();
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Apply);
    assert!(problem.what.starts_with("stopped when asked to"), "{}", problem.what);
    let back = world.far.back();
    assert!((1..60).contains(&back), "what was under way is done, and no more: {back}");
    assert_eq!(session.run().owed(), None);
    go_on(&session).await;
    assert!(verified(&session));
    assert_eq!((world.far.back(), world.far.calls("copy")), (60, 60), "nothing is copied twice");
}

/// Between a command and its effect there is a moment, and a person may be quick.
#[tokio::test]
async fn a_stop_that_comes_before_the_effect_is_not_lost() {
    let world = World::new(5);
    let session = world.planned().await;
    approve(&session);
    session.stop();
    work(&session).await.unwrap();
    assert_eq!(world.far.calls("copy"), 0);
    assert!(failed(&session).1.what.starts_with("stopped when asked to"));
    go_on(&session).await;
    assert!(verified(&session), "the next command is not stopped");
}

#[tokio::test]
async fn a_stop_while_nothing_works_stops_nothing_later() {
    let world = World::new(2);
    let session = world.start();
    session.stop();
    plan(&session).await;
    session.stop();
    approve(&session);
    work(&session).await.unwrap();
    assert!(verified(&session));
}

/// Ticks and notes are no new commands to what is at work.
#[tokio::test]
async fn a_note_does_not_take_a_stop_back() {
    let world = World::new(5);
    let session = world.planned().await;
    approve(&session);
    session.stop();
    session.submit("Sam", &Command::Note { text: "wait!".into(), step: None, tag: None }).unwrap();
    work(&session).await.unwrap();
    assert_eq!(world.far.calls("copy"), 0);
}

#[tokio::test]
async fn an_action_is_stopped_when_its_time_is_up() {
    let world = World::new(3_200);
    let session = world.engine.start(world.request()).unwrap();
    session.submit("Sam", &plan_command()).unwrap();
    work(&session).await.unwrap();
    approve(&session);
    world.far.slow(400);
    work(&session).await.unwrap();
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Apply);
    let what = &problem.what;
    assert!(what.starts_with("it was stopped after its timeout of 1s: stopped when asked to"), "{what}");
    assert!(world.far.back() < 3_200);
}
