//! Intent before the effect, the outcome after it.

use std::sync::{Arc, Mutex};

use run::{Command, Event, Problem, Run};

use crate::world::{World, approve, failed, kinds, plan, plan_command, restore, verified, waiting, work};

#[tokio::test]
async fn intent_is_on_the_disk_before_the_effect_and_the_outcome_after() {
    let world = World::new(3);
    let session = world.start();
    let (id, home) = (session.run().id().clone(), world.home());
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    world.far.at_each(move |operation| {
        let last = kinds(&home, &id).pop().unwrap();
        told.lock().unwrap().push((operation.to_owned(), last));
    });
    plan(&session).await;
    approve(&session);
    work(&session).await.unwrap();
    assert!(verified(&session));

    let seen = seen.lock().unwrap();
    let during = |operation: &str| {
        let mut kinds: Vec<&str> =
            seen.iter().filter(|(asked, _)| asked == operation).map(|(_, last)| last.as_str()).collect();
        kinds.dedup();
        kinds
    };
    assert_eq!(during("whoami"), ["plan_started"]);
    assert_eq!(during("list"), ["plan_started", "apply_finished"], "planning and verifying read");
    assert_eq!(during("copy"), ["apply_started"], "nothing else changes anything");
    assert_eq!(
        world.kinds(session.run().id()),
        [
            "run_started",
            "plan_started",
            "plan_ready",
            "plan_approved",
            "apply_started",
            "apply_finished",
            "verify_finished",
        ]
    );
    world.engine.journal().verify().unwrap();
    assert_eq!(world.engine.read(session.run().id()).unwrap(), session.run());
}

#[tokio::test]
async fn whoever_watches_is_told_after_every_entry() {
    let world = World::new(2);
    let session = world.planned().await;
    approve(&session);
    let changes = Mutex::new(Vec::new());
    let changed = |run: &Run| changes.lock().unwrap().push(run.seq());
    session.work(&|_| {}, &changed).await.unwrap();
    assert_eq!(*changes.lock().unwrap(), [6, 7], "what was done, and what was found");
    let entries = world.engine.journal().read(session.run().id()).unwrap();
    let actors: Vec<&str> = entries.iter().map(|entry| entry.actor.as_str()).collect();
    assert_eq!(actors, ["Sam", "Sam", "lifeboat", "Sam", "Sam", "lifeboat", "lifeboat"]);
}

#[tokio::test]
async fn people_tick_and_note_while_it_works_and_one_effect_happens_once() {
    let world = World::new(4);
    let session = world.planned().await;
    approve(&session);
    world.far.hold();
    let meanwhile = async {
        world.far.is_held().await;
        session.submit(" Sam ", &Command::Note { text: "it runs".into(), step: None, tag: None }).unwrap();
        let busy = session.submit("Sam", &Command::Skip { step: restore(), reason: "no".into() });
        assert!(busy.unwrap_err().to_string().contains("is at work"));
        world.far.release();
    };
    let (one, other, ()) = tokio::join!(work(&session), work(&session), meanwhile);
    one.unwrap();
    other.unwrap();
    assert!(verified(&session));
    assert_eq!(world.far.calls("copy"), 4);
    let entries = world.engine.journal().read(session.run().id()).unwrap();
    let note = entries.iter().find(|entry| matches!(entry.event, Event::Noted { .. })).unwrap();
    assert_eq!((note.seq, note.actor.as_str()), (6, "Sam"));
}

#[tokio::test]
async fn evidence_that_no_entry_speaks_of_is_not_kept() {
    let world = World::new(2);
    let session = world.start();
    *world.far.fault.lock().unwrap() = Some(action::port::PortErrorKind::Denied);
    session.submit("Sam", &plan_command()).unwrap();
    work(&session).await.unwrap();
    let Problem { what, next } = failed(&session).1;
    assert!(what.contains("ListObjectVersions") && next == "Log in.", "{what} {next}");
    assert_eq!(world.engine.journal().verify().unwrap().attachments, 0);
    plan(&session).await;
    approve(&session);
    work(&session).await.unwrap();
    let entries = world.engine.journal().read(session.run().id()).unwrap();
    let kept: std::collections::BTreeSet<_> =
        entries.iter().filter_map(|entry| entry.event.attachment()).map(|kept| &kept.digest).collect();
    assert_eq!(world.engine.journal().verify().unwrap().attachments, kept.len() as u64);
    assert_eq!(kept.len(), 3);
}

#[tokio::test]
async fn a_plan_that_was_changed_on_the_disk_is_not_applied() {
    let world = World::new(2);
    let session = world.planned().await;
    let digest = waiting(&session.run()).unwrap();
    let plan = std::io::read_to_string(world.engine.journal().attachment(&digest).unwrap()).unwrap();
    let file = world.file();
    file.execute_batch("DROP TRIGGER piece_no_update").unwrap();
    let changed = plan.replace("00001", "00000").into_bytes();
    file.execute("UPDATE piece SET packed = 0, data = ?1", [changed]).unwrap();
    approve(&session);
    work(&session).await.unwrap();
    assert_eq!(world.far.calls("copy"), 0);
    let Problem { what, next } = failed(&session).1;
    assert!(what.contains("was changed after it was made"), "{what}");
    assert!(next.starts_with("Nothing was done.") && next.contains("`lifeboat verify`"), "{next}");
}
