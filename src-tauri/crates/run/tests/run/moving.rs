//! What a person is offered is what is accepted.

use std::collections::BTreeMap;

use run::{Command, Move, Rejection, Run, decide};
use runbook::{RecordKind, StepKind};

use crate::world::{End, World};

const ALL: [Move; 14] = [
    Move::Complete,
    Move::Read,
    Move::Plan,
    Move::Approve,
    Move::Refuse,
    Move::PlanAgain,
    Move::TiesPhoto,
    Move::TiesDeleted,
    Move::ApplyAgain,
    Move::CheckAgain,
    Move::Decide,
    Move::StartWait,
    Move::FollowFailure,
    Move::Skip,
];

/// The command that goes with a move, with everything a person would add.
pub(crate) fn command(run: &Run, made: Move) -> Option<Command> {
    let at = run.current()?;
    let (step, of) = (at.id.clone(), run.step(&at.id));
    let waiting = match &of.work {
        run::Work::Planned { digest, .. } => digest.clone(),
        _ => run::Digest::of(b"no plan"),
    };
    let ties = |to: &str| BTreeMap::from([("ties".to_owned(), to.to_owned())]);
    Some(match made {
        Move::Complete => {
            let record = at.record.map(|kind| match kind {
                RecordKind::Time => "2026-11-24T03:00:00Z".to_owned(),
                RecordKind::Number => "12".to_owned(),
                RecordKind::Text | RecordKind::File => "as expected".to_owned(),
            });
            Command::Complete { step, record }
        }
        Move::Read => Command::Read { step },
        Move::Plan | Move::PlanAgain => Command::Plan { step, with: BTreeMap::new() },
        Move::TiesPhoto => Command::Plan { step, with: ties("photo") },
        Move::TiesDeleted => Command::Plan { step, with: ties("deleted") },
        Move::Approve => Command::Approve { step, digest: waiting, by: Some("Dana".into()), typed: None },
        Move::Refuse => Command::Refuse { step, digest: waiting, reason: "not this one".into() },
        Move::ApplyAgain => Command::ApplyAgain { step },
        Move::CheckAgain => Command::CheckAgain { step },
        Move::Decide => {
            let choice = match &at.kind {
                StepKind::Decision { options } => options[0].label.clone(),
                _ => "yes".to_owned(),
            };
            Command::Decide { step, choice }
        }
        Move::StartWait => Command::StartWait { step },
        Move::FollowFailure => Command::FollowFailure { step },
        Move::Skip => Command::Skip { step, reason: "not today".into() },
    })
}

/// What is offered is accepted once the checks are ticked and the wait is over, and what isn't is refused.
pub(crate) fn agree(world: &World) {
    let moves = world.run.moves();
    let step = world.run.current().map(|step| world.run.step(&step.id));
    // A wait that began can be completed when its time has come, which the moves don't tell.
    let now = step.and_then(|of| of.wait.as_ref()).map_or(world.now, |wait| wait.until.max(world.now));
    for made in ALL {
        let Some(command) = command(&world.run, made) else {
            assert!(moves.all.is_empty(), "{moves:?}");
            continue;
        };
        let offered = match made {
            Move::Plan | Move::PlanAgain => {
                moves.all.iter().any(|made| matches!(made, Move::Plan | Move::PlanAgain))
            }
            other => moves.all.contains(&other),
        };
        let blocked = offered && moves.blocked.is_some() && matches!(made, Move::Complete | Move::Decide);
        match (offered, decide(&world.run, "Sam", &command, now)) {
            (true, Ok(events)) => assert!(!blocked && !events.is_empty(), "{made:?} in {moves:?}"),
            (true, Err(Rejection::ChecksLeft { left, .. })) if blocked => {
                let told = moves.blocked.as_deref().unwrap_or_default();
                assert!(told.contains(&left.to_string()), "{told}");
            }
            // Only undecided keys make the moves that decide them worth offering, and a wait begins once.
            (false, Ok(events)) => assert!(
                matches!(made, Move::TiesPhoto | Move::TiesDeleted) || events.is_empty(),
                "{command:?} is accepted but not among {moves:?}"
            ),
            (false, Err(_)) => {}
            (true, Err(why)) => panic!("{made:?} is offered in {moves:?} and refused: {why}"),
        }
    }
}

#[test]
fn each_step_offers_what_is_to_be_done_first() {
    for (at, first, all) in [
        ("stop", Move::Complete, 3),
        ("noticed", Move::Complete, 2),
        ("account", Move::Read, 2),
        ("restore", Move::Plan, 2),
        ("settle", Move::StartWait, 3),
        ("customers", Move::Decide, 2),
        ("tell", Move::Complete, 3),
        ("close", Move::Complete, 2),
    ] {
        let world = World::at(at);
        let moves = world.run.moves().all;
        assert_eq!((moves[0], moves.len()), (first, all), "{at}: {moves:?}");
        assert_eq!(moves.last(), Some(&Move::Skip), "{at}");
        agree(&world);
    }
}

#[test]
fn what_is_left_to_tick_is_counted() {
    let mut world = World::everything();
    for (check, told) in [(0, "Tick 2 more checks."), (1, "Tick 1 more check.")] {
        assert_eq!(world.run.moves().blocked.as_deref(), Some(told));
        agree(&world);
        world.ok(Command::Tick { step: "stop".into(), check });
    }
    assert_eq!(world.run.moves().blocked, None);
    agree(&world);
    assert_eq!(World::at("restore").run.moves().blocked, None, "the plan comes before the checks");
}

#[test]
fn a_plan_is_approved_refused_or_made_again() {
    let mut world = World::at("restore");
    world.plan();
    let moves = world.run.moves().all;
    let want = [Move::Approve, Move::Refuse, Move::PlanAgain, Move::Skip];
    assert_eq!(moves, want);
    agree(&world);
    world.approved();
    assert!(world.run.moves().all.is_empty(), "it is at work");
    agree(&world);
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert_eq!(world.run.moves().all, [Move::Complete, Move::Skip]);
    assert_eq!(world.run.moves().blocked.as_deref(), Some("Tick 1 more check."));
    agree(&world);
}

#[test]
fn undecided_keys_offer_a_plan_that_decides_them() {
    let mut world = World::at("restore");
    world.ok(Command::Plan { step: "restore".into(), with: BTreeMap::new() });
    let summary = action::PlanSummary { undecided: 3, ..action::PlanSummary::default() };
    let plan = crate::world::kept("plan with ties");
    world.record("lifeboat", run::Event::PlanReady { step: "restore".into(), plan, summary });
    let moves = world.run.moves().all;
    let want = [Move::Approve, Move::TiesPhoto, Move::TiesDeleted, Move::Refuse, Move::PlanAgain, Move::Skip];
    assert_eq!(moves, want);
    agree(&world);
}

#[test]
fn each_failure_offers_what_helps_first() {
    for (ends, first) in [
        (&[End::Problem][..], Move::Plan),
        (&[End::Passed, End::Problem], Move::ApplyAgain),
        (&[End::Passed, End::Failed, End::Failed], Move::ApplyAgain),
        (&[End::Passed, End::Passed, End::Problem], Move::CheckAgain),
    ] {
        let mut world = World::at("restore");
        world.ok(Command::Plan { step: "restore".into(), with: BTreeMap::new() });
        for end in ends {
            if world.waiting().is_some() {
                let approve = command(&world.run, Move::Approve).unwrap();
                world.ok(approve);
            }
            world.answer(*end);
            agree(&world);
        }
        let moves = world.run.moves().all;
        assert_eq!(moves[0], first, "{ends:?}");
        assert!(moves.contains(&Move::FollowFailure), "{ends:?}");
    }
}

#[test]
fn a_run_that_has_ended_offers_nothing() {
    let mut world = World::everything();
    world.ok(Command::Abandon { reason: "false alarm".into() });
    assert!(world.run.moves().all.is_empty());
    agree(&world);
}
