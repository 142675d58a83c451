//! The clocks of an incident, and what was achieved by them.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use run::{Command, Event, Rejection, Request, Run};
use runbook::Clock;

use crate::world::{End, World, everything, instant, outcome, request};
use action::Verdict;

fn mark(clock: Clock, at: &str) -> Command {
    Command::Mark { clock, at: instant(at) }
}

fn at(run: &Run, clock: Clock) -> Option<Timestamp> {
    run.clock(clock).map(|mark| mark.at)
}

/// A run whose outage began at two, and was declared at three.
fn world() -> World {
    World::new(Request { outage_began: Some(instant("2026-11-24T02:00:00Z")), ..everything() })
}

fn skip_to(world: &mut World, step: &str) {
    while world.here().as_str() != step {
        world.ok(Command::Skip { step: world.here(), reason: "not today".into() });
    }
}

#[test]
fn a_clock_is_set_by_hand_and_set_right() {
    let mut world = world();
    assert_eq!(at(&world.run, Clock::Declared), Some(instant("2026-11-24T03:00:00Z")));
    world.ok(mark(Clock::Detected, "2026-11-24T02:30:00Z"));
    world.ok(mark(Clock::Detected, "2026-11-24T02:20:00Z"));
    world.ok(mark(Clock::OutageBegan, "2026-11-24T01:50:00Z"));
    assert_eq!(at(&world.run, Clock::Detected), Some(instant("2026-11-24T02:20:00Z")));
    let taken = world.run.achieved(instant("2026-11-24T04:50:00Z"));
    assert_eq!(taken.from_outage, Some(Duration::from_secs(3 * 3600)));
    assert_eq!(taken.from_declaration, Duration::from_secs(6600));
    assert_eq!(taken.end, None);
}

#[test]
fn a_clock_that_cannot_be_so_is_refused() {
    let world = world();
    let why = world.refused(&mark(Clock::Validated, "2026-11-24T04:00:00Z")).to_string();
    assert_eq!(
        why,
        "\"validated\" can't be at 2026-11-24T04:00:00Z: that is still to come; correct the time"
    );
    let why = world.refused(&mark(Clock::Detected, "2026-11-24T01:00:00Z"));
    assert!(matches!(why, Rejection::ClockOrder { other: Clock::OutageBegan, .. }), "{why}");
    let why = world.refused(&mark(Clock::OutageBegan, "2026-11-24T03:10:00Z")).to_string();
    assert!(why.contains("when \"declared\" was at 2026-11-24T03:00:00Z"), "{why}");
}

#[test]
fn what_is_done_is_read_off_and_what_a_person_said_stands() {
    let mut world = world();
    skip_to(&mut world, "restore");
    world.approved();
    let started = world.now;
    assert_eq!(at(&world.run, Clock::RestoreStarted), Some(started));
    world.answer(End::Passed);
    assert_eq!(at(&world.run, Clock::DataAvailable), Some(world.now));
    world.answer(End::Failed);
    assert_eq!(at(&world.run, Clock::Validated), None, "what was found wrong validates nothing");
    world.ok(Command::ApplyAgain { step: "restore".into() });
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert_eq!(at(&world.run, Clock::RestoreStarted), Some(started), "the first counts");
    assert_eq!(at(&world.run, Clock::Validated), Some(world.now));
    world.ok(mark(Clock::Validated, "2026-11-24T03:14:05Z"));
    world.tick_all();
    world.ok(Command::Complete { step: "restore".into(), record: None });
    world.ok(Command::Read { step: "verify".into() });
    world.answer(End::Passed);
    assert_eq!(at(&world.run, Clock::Validated), Some(instant("2026-11-24T03:14:05Z")));
    world.ok(Command::Abandon { reason: "drill over".into() });
    assert_eq!(at(&world.run, Clock::StoodDown), Some(world.now));
}

#[test]
fn a_step_of_the_runbook_stops_a_clock() {
    let step = |rest: &str| {
        request(&format!(
            "# One\n\n### First\n\n```yaml step\nclock: service-validated\n{rest}```\n\n### Last\n"
        ))
    };
    let mut world = World::new(step(""));
    world.ok(Command::Complete { step: "first".into(), record: None });
    let validated = at(&world.run, Clock::ServiceValidated).unwrap();
    assert_eq!(world.run.achieved(instant("2026-11-25T00:00:00Z")).from_declaration, {
        Duration::try_from(validated.duration_since(instant("2026-11-24T03:00:00Z"))).unwrap()
    });
    assert_eq!(world.run.achieved(world.now).end, Some(validated));

    let mut world = World::new(step("record: time\n"));
    let done = |time: &str| Command::Complete { step: "first".into(), record: Some(time.into()) };
    assert!(matches!(world.refused(&done("2026-11-24T09:00:00Z")), Rejection::ClockAhead { .. }));
    world.ok(done("2026-11-24T03:05:00Z"));
    assert_eq!(at(&world.run, Clock::ServiceValidated), Some(instant("2026-11-24T03:05:00Z")));
}

#[test]
fn waiting_is_counted_beside_and_never_taken_off() {
    let mut world = world();
    skip_to(&mut world, "restore");
    world.plan();
    let planned = world.now;
    world.now = planned.checked_add(SignedDuration::from_mins(20)).unwrap();
    let later = world.run.achieved(world.now);
    assert_eq!(later.held, Duration::from_secs(1200), "it still waits");
    let digest = world.waiting().unwrap();
    world.ok(Command::Approve { step: "restore".into(), digest, by: Some("Dana".into()), typed: None });
    world.answer(End::Passed);
    world.answer(End::Passed);
    let held = world.run.achieved(world.now).held;
    assert!((1200..1203).contains(&held.as_secs()), "{held:?}");
    let end = world.now.checked_add(SignedDuration::from_hours(1)).unwrap();
    assert_eq!(world.run.achieved(end).held, held);
    let taken = world.run.achieved(end).from_outage.unwrap();
    assert_eq!(taken, Duration::try_from(end.duration_since(instant("2026-11-24T02:00:00Z"))).unwrap());
}

#[test]
fn what_was_lost_is_told_for_each_system() {
    let mut world =
        World::new(Request { outage_began: Some(instant("2026-11-24T02:30:00Z")), ..everything() });
    assert_eq!(world.run.achieved(world.now).lost, []);
    skip_to(&mut world, "restore");
    world.approved();
    world.answer(End::Passed);
    world.answer(End::Passed);
    let lost = world.run.achieved(world.now).lost;
    assert!(
        matches!(lost[..], [run::Lost { system: "badge photos", length, measured: false }] if length.as_secs() == 1800),
        "{lost:?}"
    );
    let mut database = World::first("action: database.verify\nwith: { instance: portal-b }");
    database.ok(Command::Read { step: "first".into() });
    let mut found = outcome(Verdict::Passed, "it is whole");
    found.outputs.insert("achieved_rpo".into(), "4m20s".into());
    let evidence = crate::world::kept("verify");
    database.record("lifeboat", Event::ReadFinished { step: "first".into(), outcome: found, evidence });
    let lost = database.run.achieved(database.now).lost;
    assert!(
        matches!(lost[..], [run::Lost { system: "Portal DB", length, measured: true }] if length.as_secs() == 260),
        "{lost:?}"
    );
}
