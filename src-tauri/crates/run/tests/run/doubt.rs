//! An action that was cut off: looked at first, and gone on with only when a person says so.

use run::{Command, Event, Move, Moves, Owed, Rejection, State, StepState, Work};
use runbook::StepId;

use crate::world::{End, World};

fn restore() -> StepId {
    "restore".into()
}

/// Everything a person might try.
fn commands() -> Vec<Command> {
    vec![
        Command::ApplyAgain { step: restore() },
        Command::CheckAgain { step: restore() },
        Command::Plan { step: restore(), with: Default::default() },
        Command::Complete { step: restore(), record: None },
        Command::FollowFailure { step: restore() },
        Command::Skip { step: restore(), reason: "no".into() },
        Command::Abandon { reason: "no".into() },
    ]
}

fn cut_off() -> World {
    let mut world = World::at("restore");
    world.approved();
    world.record("Sam", Event::Resumed);
    world
}

#[test]
fn what_was_cut_off_is_looked_at_before_anything_else() {
    let world = cut_off();
    assert!(matches!(world.run.step(&restore()).work, Work::InDoubt { found: None, problem: None, .. }));
    assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    assert_eq!(world.run.moves(), Moves::default());
    for command in commands() {
        assert_eq!(world.refused(&command), Rejection::Busy("Restore the photos".into()), "{command:?}");
    }
}

#[test]
fn all_of_it_there_is_done_and_nothing_is_sent_again() {
    let mut world = cut_off();
    world.answer(End::Passed);
    assert!(matches!(world.run.step(&restore()).work, Work::Verified { .. }));
    world.tick_all();
    world.ok(Command::Complete { step: restore(), record: None });
    let sent = world.entries.iter().filter(|entry| matches!(entry.event, Event::ApplyStarted { .. }));
    assert_eq!(sent.count(), 1);
}

#[test]
fn half_of_it_there_waits_for_a_person() {
    let mut world = cut_off();
    world.answer(End::Failed);
    assert_eq!(world.run.owed(), None);
    let moves = world.run.moves().all;
    assert_eq!(moves, [Move::ApplyAgain, Move::CheckAgain, Move::Plan, Move::FollowFailure, Move::Skip]);
    let refused = world.refused(&Command::Complete { step: restore(), record: None });
    assert!(matches!(refused, Rejection::NotVerified(_)), "{refused}");
    let events = world.ok(Command::ApplyAgain { step: restore() });
    assert!(matches!(events[..], [Event::ApplyStarted { attempt: 2, .. }]), "{events:?}");
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert_eq!(world.run.output(&restore(), "restored"), Some("612"));
}

#[test]
fn what_could_not_be_looked_at_is_not_gone_on_with() {
    let mut world = cut_off();
    world.answer(End::Problem);
    assert!(matches!(world.run.step(&restore()).work, Work::InDoubt { problem: Some(_), .. }));
    let why = world.refused(&Command::ApplyAgain { step: restore() });
    assert!(why.to_string().contains("nobody has looked yet how far it got; check it first"), "{why}");
    let moves = world.run.moves().all;
    assert_eq!(moves, [Move::CheckAgain, Move::Plan, Move::FollowFailure, Move::Skip]);
    world.ok(Command::CheckAgain { step: restore() });
    assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    world.answer(End::Failed);
    world.ok(Command::ApplyAgain { step: restore() });
}

/// Nobody may be stuck in a step because its far side is gone.
#[test]
fn what_can_be_neither_looked_at_nor_gone_on_with_can_be_left() {
    let mut world = cut_off();
    world.answer(End::Problem);
    world.ok(Command::FollowFailure { step: restore() });
    assert_eq!(world.run.step(&restore()).state, StepState::Failed);
    let mut world = cut_off();
    world.answer(End::Problem);
    world.ok(Command::Abandon { reason: "the account is closed".into() });
    assert!(matches!(world.run.state(), State::Abandoned { .. }));
}

#[test]
fn every_reopening_looks_again() {
    let mut world = cut_off();
    for end in [End::Failed, End::Problem] {
        world.answer(end);
        assert_eq!(world.run.owed(), None);
        world.record("Sam", Event::Resumed);
        assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    }
}

#[test]
fn a_look_that_was_cut_off_is_still_owed() {
    let mut world = World::at("restore");
    world.approved();
    world.answer(End::Passed);
    world.record("Sam", Event::Resumed);
    assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    world.answer(End::Passed);
    assert_eq!(world.run.output(&restore(), "restored"), Some("612"));
}

#[test]
fn an_attempt_that_is_cut_off_again_is_in_doubt_again() {
    let mut world = cut_off();
    world.answer(End::Failed);
    world.ok(Command::ApplyAgain { step: restore() });
    world.record("Sam", Event::Resumed);
    assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    world.answer(End::Failed);
    let events = world.ok(Command::ApplyAgain { step: restore() });
    assert!(matches!(events[..], [Event::ApplyStarted { attempt: 3, .. }]), "{events:?}");
}

/// However often a look fails, nobody knows how far it got.
#[test]
fn looks_that_fail_do_not_end_the_doubt() {
    let mut world = cut_off();
    for reopened in [false, true, false] {
        world.answer(End::Problem);
        let why = world.refused(&Command::ApplyAgain { step: restore() });
        assert!(why.to_string().contains("check it first"), "{why}");
        world.ok(Command::CheckAgain { step: restore() });
        if reopened {
            world.record("Sam", Event::Resumed);
        }
        assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })));
    }
    world.answer(End::Passed);
    assert!(matches!(world.run.step(&restore()).work, Work::Verified { .. }));
}

#[test]
fn reopening_between_steps_leaves_nothing_in_doubt() {
    let mut world = World::everything();
    let before = world.run.step(&"stop".into()).clone();
    world.record("Sam", Event::Resumed);
    assert_eq!(world.run.step(&"stop".into()), &before);
    let mut world = World::at("restore");
    let digest = world.plan();
    world.record("Sam", Event::Resumed);
    assert_eq!(world.waiting(), Some(digest), "a plan that waits still waits");
}
