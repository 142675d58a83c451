//! When the journal can't be written nothing goes on, and what is in doubt is looked at first.

use engine::EngineError;
use run::{Command, Event, Owed, Work};

use crate::world::{
    World, approve, approve_command, plan_command, refuse_entries, restore, verified, waiting, work,
};

fn note() -> Command {
    Command::Note { text: "x".into(), step: None, tag: None }
}

#[tokio::test]
async fn what_cannot_be_written_down_is_not_done() {
    let world = World::new(3);
    let session = world.planned().await;
    let before = session.run();
    world.refuse_entries();
    let why = session.submit("Sam", &approve_command(&session)).unwrap_err();
    assert!(matches!(why, EngineError::Journal(_)), "{why}");
    work(&session).await.unwrap_err();
    assert_eq!(world.far.calls("copy"), 0);
    assert_eq!(session.run(), before, "a run is what its journal says");
    assert!(session.is_broken());

    world.accept_entries();
    let why = session.submit("Sam", &note()).unwrap_err();
    assert!(matches!(why, EngineError::Stopped(_)), "{why}");
    let told = why.to_string();
    assert!(told.contains("no more") && told.contains("Close it, then open it again"), "{told}");

    let id = before.id().clone();
    drop(session);
    let session = world.engine.resume(&id, "Sam").unwrap();
    assert_eq!(waiting(&session.run()), waiting(&before), "the plan still waits");
    approve(&session);
    work(&session).await.unwrap();
    assert!(verified(&session));
}

#[tokio::test]
async fn a_run_that_cannot_be_written_does_not_start() {
    let world = World::new(0);
    world.refuse_entries();
    assert!(matches!(world.engine.start(world.request()), Err(EngineError::Journal(_))));
    world.accept_entries();
    assert_eq!(world.engine.journal().runs().unwrap(), []);
}

#[tokio::test]
async fn an_outcome_that_cannot_be_written_is_looked_at_before_anything_is_sent_again() {
    let world = World::new(3);
    let session = world.planned().await;
    approve(&session);
    let file = std::sync::Mutex::new(Some(world.file()));
    world.far.at_each(move |operation| {
        if operation == "copy"
            && let Some(file) = file.lock().unwrap().take()
        {
            refuse_entries(&file);
        }
    });
    let why = work(&session).await.unwrap_err();
    assert!(matches!(why, EngineError::Journal(_)), "{why}");
    assert_eq!(world.far.calls("copy"), 3, "it was done, and nobody knows");
    assert!(session.is_broken());
    for again in 0..2 {
        assert!(matches!(work(&session).await, Err(EngineError::Stopped(_))), "{again}");
        assert!(matches!(session.submit("Sam", &note()), Err(EngineError::Stopped(_))), "{again}");
    }
    assert_eq!(world.far.calls("copy"), 3);

    world.accept_entries();
    let id = session.run().id().clone();
    drop(session);
    let session = world.engine.resume(&id, "Dana").unwrap();
    assert!(matches!(session.run().owed(), Some(Owed::Verify { .. })));
    work(&session).await.unwrap();
    assert!(verified(&session), "everything was there");
    assert_eq!(world.far.calls("copy"), 3, "and nothing was sent again");
}

#[tokio::test]
async fn what_is_left_in_the_middle_is_in_doubt_here_as_after_a_crash() {
    let world = World::new(3);
    let session = world.planned().await;
    approve(&session);
    world.far.hold();
    tokio::select! {
        done = work(&session) => panic!("{done:?}"),
        () = world.far.is_held() => {}
    }
    world.far.release();
    assert!(session.is_broken());
    let why = work(&session).await.unwrap_err();
    assert!(why.to_string().contains("left in the middle"), "{why}");
    assert_eq!(world.far.back(), 0);

    let id = session.run().id().clone();
    drop(session);
    let session = world.engine.resume(&id, "Sam").unwrap();
    work(&session).await.unwrap();
    assert!(matches!(session.run().step(&restore()).work, Work::InDoubt { found: Some(_), .. }));
    assert_eq!(world.far.back(), 0, "looking sends nothing");
    session.submit("Sam", &Command::ApplyAgain { step: restore() }).unwrap();
    work(&session).await.unwrap();
    assert!(verified(&session));
    assert_eq!(world.far.back(), 3);
    let attempts = world.engine.journal().read(&id).unwrap();
    let last = attempts.iter().rev().find_map(|entry| match entry.event {
        Event::ApplyStarted { attempt, .. } => Some(attempt),
        _ => None,
    });
    assert_eq!(last, Some(2));
}

#[tokio::test]
async fn evidence_that_finds_no_place_stops_the_run() {
    let world = World::new(1);
    let session = world.start();
    session.submit("Sam", &plan_command()).unwrap();
    let refused = "CREATE TRIGGER refused BEFORE INSERT ON attachment BEGIN SELECT raise(ABORT, 'full'); END";
    world.file().execute_batch(refused).unwrap();
    assert!(matches!(work(&session).await, Err(EngineError::Journal(_))));
    assert!(session.is_broken());
    assert_eq!(world.kinds(session.run().id()), ["run_started", "plan_started"]);
}
