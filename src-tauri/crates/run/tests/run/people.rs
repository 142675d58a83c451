//! What people do in a step, and what they are told when it doesn't fit.

use jiff::SignedDuration;
use run::{Command, Event, Rejection, State, StepState, decide};

use crate::world::{End, World, instant};

fn complete(step: &str, record: Option<&str>) -> Command {
    Command::Complete { step: step.into(), record: record.map(str::to_owned) }
}

fn skip(step: &str, reason: &str) -> Command {
    Command::Skip { step: step.into(), reason: reason.into() }
}

#[test]
fn a_check_is_ticked_once_and_the_tick_can_be_taken_back() {
    let mut world = World::everything();
    let tick = Command::Tick { step: "stop".into(), check: 1 };
    let untick = Command::Untick { step: "stop".into(), check: 1 };
    assert_eq!(world.ok(untick.clone()), [], "nothing to take back is nothing to record");
    let events = world.ok(tick.clone());
    let text = "Uploads are refused".to_owned();
    assert_eq!(events, [Event::CheckTicked { step: "stop".into(), check: 1, text: text.clone() }]);
    assert_eq!(world.run.step(&"stop".into()).ticks[&1].by, "Sam");
    assert_eq!(world.ok(tick), []);
    assert_eq!(world.ok(untick), [Event::CheckUnticked { step: "stop".into(), check: 1, text }]);
    assert!(world.run.step(&"stop".into()).ticks.is_empty());
}

#[test]
fn a_step_is_done_when_its_checks_are() {
    let mut world = World::everything();
    let done = complete("stop", Some("  "));
    for left in ["2 checks of \"Stop writers\" not ticked yet; tick them first", "1 check of"] {
        let why = world.refused(&done).to_string();
        assert!(why.starts_with(left) && why.contains("or skip the step with a reason"), "{why}");
        let check = world.run.step(&"stop".into()).ticks.len();
        world.ok(Command::Tick { step: "stop".into(), check });
    }
    assert_eq!(world.ok(done), [Event::StepCompleted { step: "stop".into(), record: None }]);
    assert_eq!(world.run.step(&"stop".into()).state, StepState::Done);
    assert_eq!(world.run.step(&"stop".into()).left, Some(world.now));
    assert_eq!(world.here(), "noticed".into());
    assert_eq!(world.run.step(&"noticed".into()).reached, Some(world.now));
}

#[test]
fn only_the_step_the_run_stands_at_is_worked_on() {
    let world = World::at("noticed");
    let digest = run::Digest::of(b"plan");
    let commands = |step: &str| {
        let step = || step.into();
        [
            Command::Tick { step: step(), check: 0 },
            Command::Untick { step: step(), check: 0 },
            Command::Complete { step: step(), record: None },
            Command::Decide { step: step(), choice: "yes".into() },
            Command::StartWait { step: step() },
            Command::Read { step: step() },
            Command::Plan { step: step(), with: Default::default() },
            Command::Approve { step: step(), digest: digest.clone(), by: None, typed: None },
            Command::Refuse { step: step(), digest: digest.clone(), reason: "no".into() },
            Command::ApplyAgain { step: step() },
            Command::CheckAgain { step: step() },
            Command::FollowFailure { step: step() },
            Command::Skip { step: step(), reason: "no".into() },
        ]
    };
    for (step, title) in
        [("stop", "Stop writers"), ("restore", "Restore the photos"), ("tell", "Tell customers")]
    {
        for command in commands(step) {
            let (asked, current) = (title.to_owned(), "When was it noticed?".to_owned());
            let why = world.refused(&command);
            assert_eq!(why, Rejection::NotCurrent { asked, current }, "{command:?}");
            assert!(why.to_string().contains("go on from there"), "{why}");
        }
    }
    for command in commands("nowhere") {
        assert_eq!(world.refused(&command), Rejection::NoSuchStep("nowhere".into()), "{command:?}");
    }
    let note = Command::Note { text: "x".into(), step: Some("nowhere".into()), tag: None };
    let why = world.refused(&note);
    assert_eq!(why, Rejection::NoSuchStep("nowhere".into()));
    assert!(why.to_string().contains("nowhere"), "{why}");
}

#[test]
fn a_check_that_is_not_there_is_counted_from_one() {
    let world = World::everything();
    for (check, number) in [(2, 3), (usize::MAX, usize::MAX)] {
        let why = world.refused(&Command::Tick { step: "stop".into(), check });
        assert_eq!(why.to_string(), format!("\"Stop writers\" has 2 checks, and no check {number}"));
        let why = world.refused(&Command::Untick { step: "stop".into(), check });
        assert!(matches!(why, Rejection::NoSuchCheck { .. }), "{why}");
    }
}

#[test]
fn what_is_written_down_is_what_the_step_asks_for() {
    for (kind, good, bad) in [
        ("text", &["all quiet", "7"][..], &[][..]),
        ("number", &["12", "-3.5", "1,204", "1_204", "1e3"], &["twelve", "12 photos", "inf", "NaN", ","]),
        ("time", &["2026-11-24T03:14:00Z", "2026-11-24T04:14+01:00"], &["03:14", "2026-11-24", "now"]),
        ("file", &["/var/log/portal.log"], &[]),
    ] {
        let block = format!("record: {kind}");
        let world = World::first(&block);
        for nothing in [None, Some(""), Some(" \n")] {
            let why = world.refused(&complete("first", nothing));
            assert!(matches!(why, Rejection::RecordNeeded { .. }), "{kind}: {why}");
            assert!(why.to_string().contains("\"First\" asks you to write down"), "{why}");
        }
        for bad in bad {
            let why = world.refused(&complete("first", Some(bad)));
            assert!(matches!(why, Rejection::RecordWrong { .. }), "{kind}: {bad}: {why}");
            assert!(why.to_string().contains(bad), "{why}");
        }
        for good in good {
            let mut world = World::first(&block);
            world.ok(complete("first", Some(&format!(" {good}\n"))));
            assert_eq!(world.run.step(&"first".into()).record.as_deref(), Some(*good), "{kind}");
        }
    }
}

#[test]
fn what_nobody_asked_for_is_kept_when_it_is_written_down() {
    let mut world = World::first("role: operator");
    world.ok(complete("first", Some("the door was open")));
    assert_eq!(world.run.step(&"first".into()).record.as_deref(), Some("the door was open"));
}

#[test]
fn a_decision_leads_where_its_answer_says() {
    for (choice, goto) in [("yes", "tell"), ("no", "close")] {
        let mut world = World::at("customers");
        let decide = Command::Decide { step: "customers".into(), choice: choice.into() };
        assert!(matches!(world.refused(&decide), Rejection::ChecksLeft { left: 1, .. }));
        world.tick_all();
        world.ok(decide);
        assert_eq!(world.here(), goto.into());
        assert_eq!(world.run.step(&"customers".into()).chosen.as_deref(), Some(choice));
        assert_eq!(world.run.step(&"customers".into()).state, StepState::Done);
    }
}

#[test]
fn an_answer_that_is_not_there_is_told_with_those_that_are() {
    let mut world = World::at("customers");
    world.tick_all();
    for choice in ["maybe", "Yes", ""] {
        let why = world.refused(&Command::Decide { step: "customers".into(), choice: choice.into() });
        let want = format!("\"Are customers affected?\" has no choice {choice:?}; choose one of: yes, no");
        assert_eq!(why.to_string(), want);
    }
    let why = world.refused(&complete("customers", None)).to_string();
    assert!(why.contains("choose one of: yes, no"), "a decision isn't just done: {why}");
    let why = World::everything().refused(&Command::Decide { step: "stop".into(), choice: "yes".into() });
    assert!(why.to_string().contains("it is not a decision"), "{why}");
}

#[test]
fn a_wait_is_over_when_its_time_has_come() {
    let mut world = World::at("settle");
    let why = world.refused(&complete("settle", None));
    assert!(why.to_string().contains("begin it first"), "{why}");
    let began = world.now;
    world.ok(Command::StartWait { step: "settle".into() });
    let until = began.checked_add(SignedDuration::from_mins(15)).unwrap();
    assert_eq!(world.run.step(&"settle".into()).wait.as_ref().unwrap().until, until);
    assert_eq!(world.ok(Command::StartWait { step: "settle".into() }), [], "it began once");
    world.now = until.checked_sub(SignedDuration::from_millis(1)).unwrap();
    let why = world.refused(&complete("settle", None));
    assert_eq!(why, Rejection::WaitNotOver { step: "Let it settle".into(), until });
    assert!(why.to_string().contains("skip it with a reason to go on earlier"), "{why}");
    world.now = until;
    world.ok(complete("settle", None));
    assert_eq!(world.here(), "opening".into());
}

#[test]
fn a_wait_until_an_instant_takes_it_from_the_run() {
    let mut world = World::at("opening");
    world.ok(Command::StartWait { step: "opening".into() });
    let until = world.run.step(&"opening".into()).wait.as_ref().unwrap().until;
    assert_eq!(until, instant("2026-11-24T06:00:00Z"));

    let mut nothing = crate::world::everything();
    nothing.parameters.remove("reopen");
    let mut world = World::new(nothing);
    while world.here() != "opening".into() {
        let step = world.here();
        world.ok(Command::Skip { step, reason: "later".into() });
    }
    let why = world.refused(&Command::StartWait { step: "opening".into() });
    assert_eq!(
        why.to_string(),
        "\"Wait for the opening\" needs the instant to wait for, which is not known in this run; skip the step \
         with a reason, or start a run that gives it"
    );
    let why = World::everything().refused(&Command::StartWait { step: "stop".into() });
    assert!(why.to_string().contains("it is not a wait"), "{why}");
}

#[test]
fn a_step_is_left_undone_only_for_a_reason() {
    let mut world = World::everything();
    for reason in ["", "  \n\t"] {
        let why = world.refused(&skip("stop", reason));
        assert_eq!(why, Rejection::NoReason);
        assert!(why.to_string().contains("give a reason"), "{why}");
    }
    world.ok(skip("stop", " the Portal is down anyway "));
    let left = StepState::Skipped("the Portal is down anyway".into());
    assert_eq!(world.run.step(&"stop".into()).state, left);
}

#[test]
fn a_run_ends_with_its_last_step_however_that_is_left() {
    let step = "close";
    for command in [complete(step, None), skip(step, "it closes itself")] {
        let mut world = World::at(step);
        let events = world.ok(command);
        assert_eq!(events.last(), Some(&Event::RunFinished));
        assert_eq!(world.run.state(), &State::Finished(world.now));
        assert!(world.run.current().is_none());
        assert_eq!(world.run.remaining().as_secs(), 0);
    }
}

#[test]
fn a_run_that_is_given_up_says_why() {
    let mut world = World::everything();
    assert_eq!(world.refused(&Command::Abandon { reason: " ".into() }), Rejection::NoReason);
    world.ok(Command::Abandon { reason: "false alarm".into() });
    assert_eq!(world.run.state(), &State::Abandoned { at: world.now, reason: "false alarm".into() });
}

#[test]
fn only_notes_are_added_to_a_run_that_has_ended() {
    let mut world = World::everything();
    world.ok(Command::Abandon { reason: "false alarm".into() });
    let ended = world.run.state().clone();
    for command in [
        Command::Tick { step: "stop".into(), check: 0 },
        complete("stop", None),
        skip("stop", "no"),
        Command::Abandon { reason: "again".into() },
        Command::Plan { step: "restore".into(), with: Default::default() },
    ] {
        let why = world.refused(&command);
        assert_eq!(why, Rejection::Ended, "{command:?}");
        assert!(why.to_string().contains("notes can still be added"), "{why}");
    }
    world.ok(Command::Note {
        text: "it was the clean-up script".into(),
        step: Some("stop".into()),
        tag: None,
    });
    assert_eq!(world.run.state(), &ended);
}

#[test]
fn a_note_has_a_text_and_needs_no_step() {
    let mut world = World::everything();
    let why = world.refused(&Command::Note { text: "\n".into(), step: None, tag: None });
    assert_eq!(why, Rejection::NoText);
    assert!(why.to_string().contains("write something"), "{why}");
    let events = world.ok(Command::Note { text: " call 1 ".into(), step: None, tag: None });
    assert_eq!(events, [Event::Noted { step: None, text: "call 1".into(), tag: None }]);
    world.ok(Command::Note { text: "about a later step".into(), step: Some("tell".into()), tag: None });
}

#[test]
fn nobody_without_a_name_does_anything() {
    let world = World::everything();
    for actor in ["", " ", "\t\n"] {
        for command in [Command::Note { text: "x".into(), step: None, tag: None }, skip("stop", "no")] {
            let why = decide(&world.run, actor, &command, world.now).unwrap_err();
            assert_eq!(why, Rejection::NoName);
            assert!(why.to_string().contains("say who you are"), "{why}");
        }
    }
}

#[test]
fn while_an_action_is_at_work_people_tick_and_note_and_no_more() {
    let mut world = World::at("restore");
    world.ok(Command::Plan { step: "restore".into(), with: Default::default() });
    for command in [
        complete("restore", None),
        skip("restore", "no"),
        Command::Abandon { reason: "no".into() },
        Command::Plan { step: "restore".into(), with: Default::default() },
        Command::Read { step: "restore".into() },
        Command::ApplyAgain { step: "restore".into() },
        Command::FollowFailure { step: "restore".into() },
    ] {
        let why = world.refused(&command);
        assert_eq!(why, Rejection::Busy("Restore the photos".into()), "{command:?}");
        assert!(why.to_string().contains("wait until it is done, or stop it"), "{why}");
    }
    world.tick_all();
    world.ok(Command::Note { text: "it takes long".into(), step: None, tag: None });
    world.answer(End::Passed);
    assert_eq!(world.run.step(&"restore".into()).unticked(world.step()), 0);
}
