//! What a journal's entries add up to, and which add up to nothing.

use run::{Command, Event, FORMAT, FoldError, Mode, Recorded, Run, Start, State, StepState};
use runbook::StepId;

use crate::world::{End, World, everything, id};

fn entry(seq: u64, event: Event) -> Recorded {
    Recorded { seq, at: crate::world::instant("2026-11-24T03:14:02Z"), actor: "Sam".into(), event }
}

fn start() -> Start {
    everything().check().unwrap()
}

fn started(start: Start) -> Event {
    Event::RunStarted(Box::new(start))
}

#[test]
fn a_new_run_stands_at_its_first_step() {
    let run = Run::fold(id(), [entry(1, started(start()))]).unwrap();
    assert_eq!(run.state(), &State::Active);
    assert_eq!(run.current().unwrap().id.as_str(), "stop");
    assert_eq!((run.seq(), run.started()), (1, run.last()));
    assert_eq!(run.step(&"stop".into()).reached, Some(run.started()));
    assert_eq!(run.step(&"close".into()).state, StepState::Open);
    assert_eq!(run.start().mode, Mode::Exercise);
    assert_eq!(run.remaining().as_secs(), 50 * 60);
    assert_eq!((run.approver(), run.owed()), (None, None));
}

#[test]
fn what_still_lies_ahead_shrinks() {
    let mut world = World::at("restore");
    assert_eq!(world.run.remaining().as_secs(), 40 * 60);
    let step = world.here();
    world.ok(Command::Skip { step, reason: "not needed".into() });
    assert_eq!(world.run.remaining().as_secs(), 0);
}

#[test]
fn entries_out_of_place_are_refused_and_named() {
    let note = || Event::Noted { step: None, text: "here".into(), tag: None };
    for (entries, at) in [
        (vec![entry(1, note())], 1),
        (vec![entry(2, started(start()))], 2),
        (vec![entry(1, started(start())), entry(3, note())], 3),
        (vec![entry(1, started(start())), entry(1, note())], 1),
        (vec![entry(1, started(start())), entry(2, started(start()))], 2),
    ] {
        let why = Run::fold(id(), entries).unwrap_err();
        assert_eq!(why, FoldError::Misplaced { run: id(), seq: at });
        assert!(why.to_string().contains("`lifeboat verify`"), "{why}");
    }
    let why = Run::fold(id(), []).unwrap_err();
    assert_eq!(why, FoldError::Empty(id()));
    assert!(why.to_string().contains("`lifeboat runs`"), "{why}");
}

#[test]
fn an_entry_that_is_refused_changes_nothing() {
    let mut run = World::everything().run;
    let before = run.clone();
    run.absorb(entry(7, Event::Resumed)).unwrap_err();
    assert_eq!(run, before);
}

#[test]
fn a_run_of_a_later_version_is_not_guessed_at() {
    let later = Start { format: FORMAT + 1, lifeboat: "9.9.9".into(), ..start() };
    let why = Run::fold(id(), [entry(1, started(later))]).unwrap_err().to_string();
    assert!(why.contains("format 5") && why.contains("Lifeboat 9.9.9 or later"), "{why}");
}

#[test]
fn a_run_of_an_earlier_version_goes_on() {
    let earlier = Start { format: 1, lifeboat: "0.0.1".into(), ..start() };
    assert_eq!(Run::fold(id(), [entry(1, started(earlier))]).unwrap().start().format, 1);
}

/// Warnings come before errors in a file's order, and are no reason.
#[test]
fn why_a_runbook_cannot_be_read_is_its_first_error() {
    let source = "# No owner, no review\n\n## Phase\n\n### One\n```yaml step\naction: photos.vanish\n```\n";
    let parsed = runbook::parse(source, "runbook.md");
    assert!(!parsed.diagnostics[0].is_error(), "{:?}", parsed.diagnostics);
    let old = Start { source: source.into(), lifeboat: "0.0.9".into(), ..start() };
    match Run::fold(id(), [entry(1, started(old))]) {
        Err(FoldError::Runbook { why, lifeboat, .. }) => {
            assert!(why.contains("photos.vanish"), "{why}");
            assert_eq!(lifeboat, "0.0.9");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_reopened_run_was_reading_or_planning_is_asked_for_again() {
    for (at, command) in [
        ("account", Command::Read { step: "account".into() }),
        ("restore", Command::Plan { step: "restore".into(), with: Default::default() }),
    ] {
        let mut world = World::at(at);
        world.ok(command.clone());
        assert!(world.run.owed().is_some());
        world.record("Sam", Event::Resumed);
        assert_eq!(world.run.owed(), None);
        world.ok(command);
        world.answer(End::Passed);
    }
}

#[test]
fn every_plan_and_every_proof_of_a_step_is_listed() {
    let mut world = World::at("restore");
    world.plan();
    world.approved();
    world.answer(End::Passed);
    world.answer(End::Passed);
    let step: StepId = "restore".into();
    let labels: Vec<_> = world.run.step(&step).attachments.iter().map(|(label, _)| *label).collect();
    assert_eq!(labels, ["plan", "plan", "what was done", "what was found"]);
    let listed = world.entries.iter().filter(|entry| entry.event.attachment().is_some()).count();
    assert_eq!(listed, labels.len());
    assert_eq!(world.run.approver(), Some("Dana"));
}
