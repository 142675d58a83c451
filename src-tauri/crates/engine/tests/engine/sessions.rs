//! One session at a time goes on with a run, and each opening is written down.

use std::path::Path;

use engine::{EngineError, Home};
use journal::{JournalError, LockError, NewEntries};
use run::{Command, Event, FoldError, Rejection, RunId, State};

use crate::world::{World, approve_command, plan_command, restore};

fn skip(step: &str) -> Command {
    Command::Skip { step: step.into(), reason: "not today".into() }
}

#[tokio::test]
async fn a_run_that_is_open_is_opened_nowhere_else() {
    let world = World::new(0);
    let session = world.start();
    let id = session.run().id().clone();
    for engine in [&world.engine, &world.another()] {
        match engine.resume(&id, "Dana") {
            Err(EngineError::Lock(why @ LockError::Held(_))) => {
                assert!(why.to_string().contains("close it first"), "{why}");
            }
            other => panic!("{:?}", other.map(|session| session.run())),
        }
        assert_eq!(engine.read(&id).unwrap(), session.run(), "looking is always possible");
    }
    assert_eq!(world.kinds(&id), ["run_started"]);
    drop(session);
    let session = world.another().resume(&id, " Dana ").unwrap();
    assert_eq!(world.kinds(&id), ["run_started", "resumed"]);
    assert_eq!(world.engine.journal().read(&id).unwrap()[1].actor, "Dana");
    assert_eq!(session.run().seq(), 2);
}

#[tokio::test]
async fn runs_that_start_together_are_told_apart() {
    let world = World::new(0);
    let sessions: Vec<_> = (0..20).map(|_| world.start()).collect();
    let mut ids: Vec<RunId> = sessions.iter().map(|session| session.run().id().clone()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

/// The lock is not all: a writer that has none of it loses no less.
#[tokio::test]
async fn a_session_that_fell_behind_does_nothing_more() {
    let world = World::new(2);
    let session = world.planned().await;
    let run = session.run();
    let events = [Event::Noted { step: None, text: "from elsewhere".into(), tag: None }];
    let new = NewEntries { run: run.id(), after: run.seq(), at: run.last(), actor: "Eve", events: &events };
    world.another().journal().append(new).unwrap();
    let why = session.submit("Sam", &approve_command(&session)).unwrap_err();
    assert!(matches!(why, EngineError::Journal(JournalError::Behind { .. })), "{why}");
    assert!(session.is_broken());
    assert_eq!(session.run(), run);
    crate::world::work(&session).await.unwrap_err();
    assert_eq!(world.far.calls("copy"), 0);
}

#[tokio::test]
async fn a_run_that_is_not_there_leaves_nothing_behind() {
    let world = World::new(0);
    let id: RunId = "20261124-031402-9f3a".parse().unwrap();
    for why in [world.engine.resume(&id, "Sam").err(), world.engine.read(&id).err()] {
        assert!(matches!(why, Some(EngineError::Fold(FoldError::Empty(_)))), "{why:?}");
    }
    assert!(!world.home().locks().exists(), "no lock of a run that never was");
}

#[tokio::test]
async fn who_opens_a_run_has_a_name() {
    let world = World::new(0);
    let session = world.start();
    let id = session.run().id().clone();
    drop(session);
    for nobody in ["", " \t"] {
        let why = world.engine.resume(&id, nobody).err();
        assert!(matches!(why, Some(EngineError::Rejected(Rejection::NoName))), "{why:?}");
    }
    assert_eq!(world.kinds(&id), ["run_started"]);
}

#[tokio::test]
async fn opening_a_run_that_has_ended_records_nothing() {
    let world = World::new(0);
    let session = world.start();
    for step in ["restore", "verify"] {
        session.submit("Sam", &skip(step)).unwrap();
    }
    let id = session.run().id().clone();
    let entries = world.kinds(&id);
    assert_eq!(entries.last().unwrap(), "run_finished");
    drop(session);
    let session = world.engine.resume(&id, "Sam").unwrap();
    assert!(matches!(session.run().state(), State::Finished(_)));
    assert_eq!(world.kinds(&id), entries);
    let why = session.submit("Sam", &plan_command()).unwrap_err();
    assert!(matches!(why, EngineError::Rejected(Rejection::Ended)), "{why}");
    session.submit("Sam", &Command::Note { text: "went well".into(), step: None, tag: None }).unwrap();
}

#[tokio::test]
async fn what_is_refused_is_not_written() {
    let world = World::new(0);
    let session = world.start();
    let why = session.submit("Sam", &skip("verify")).unwrap_err();
    assert!(matches!(why, EngineError::Rejected(Rejection::NotCurrent { .. })), "{why}");
    session.submit("Sam", &Command::ApplyAgain { step: restore() }).unwrap_err();
    assert_eq!(world.kinds(session.run().id()), ["run_started"]);
    assert!(!session.is_broken());
}

#[test]
fn a_data_directory_that_was_chosen_holds_everything() {
    let home = Home::at(Path::new("/data"));
    for (path, name) in [
        (home.journal(), "journal.db"),
        (home.locks(), "locks"),
        (home.exports(), "exports"),
        (home.runbooks(), "runbooks"),
    ] {
        assert_eq!(path, Path::new("/data").join(name));
    }
}
