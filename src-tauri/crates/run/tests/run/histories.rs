//! Whatever is asked and whatever happens: nothing panics, and the journal alone says where the run stands.

use std::collections::BTreeMap;

use action::Effect;
use proptest::prelude::*;
use proptest::sample::select;
use run::{Command, Digest, Event, Move, Owed, Recorded, Run, State, Work, decide};
use runbook::{Clock, Role, StepId};

use crate::moving::{agree, command};
use crate::world::{End, World, id};

/// One thing that is tried.
#[derive(Debug, Clone)]
enum Try {
    /// A command, whether or not it makes sense.
    Any(&'static str, Command),
    /// A move that is offered, by its number.
    Offered(usize),
    /// Tick everything.
    Ticks,
    /// The world answers, if it is owed something.
    Answer(End),
    /// Another process goes on.
    Reopen,
    /// Time passes.
    Later(i64),
}

fn step() -> impl Strategy<Value = StepId> {
    select(vec!["stop", "noticed", "account", "restore", "verify", "settle", "customers", "tell", "nowhere"])
        .prop_map(StepId::from)
}

/// Where the run stands before anything is tried; at the step that changes things, as a rule.
fn place() -> impl Strategy<Value = &'static str> {
    select(vec!["stop", "account", "restore", "restore", "restore", "restore", "settle", "customers"])
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        select(vec!["", " ", "yes", "no", "12", "Sam", "Dana", "2026-11-24T03:14:00Z"])
            .prop_map(str::to_owned),
        "\\PC{0,12}",
    ]
}

fn any_command() -> impl Strategy<Value = Command> {
    let digest = select(vec!["plan 1", "plan 2", "no plan"]).prop_map(|body| Digest::of(body.as_bytes()));
    let with = prop_oneof![
        Just(BTreeMap::new()),
        (select(vec!["ties", "extra", "at"]), select(vec!["photo", "delete", "x"]))
            .prop_map(|(name, value)| BTreeMap::from([(name.to_owned(), value.to_owned())])),
    ];
    let some = proptest::option::of(text());
    (0..19, step(), 0..4_usize, text(), some, digest, with).prop_map(
        |(kind, step, check, text, some, digest, with)| match kind {
            0 => Command::Tick { step, check },
            1 => Command::Untick { step, check },
            2 => Command::Complete { step, record: some },
            3 => Command::Decide { step, choice: text },
            4 => Command::StartWait { step },
            5 => Command::Read { step },
            6 => Command::Plan { step, with },
            7 => Command::Approve { step, digest, by: some, typed: None },
            8 => Command::Refuse { step, digest, reason: text },
            9 => Command::ApplyAgain { step },
            10 => Command::CheckAgain { step },
            11 => Command::FollowFailure { step },
            12 => Command::Skip { step, reason: text },
            13 => Command::Note { text, step: some.map(StepId), tag: None },
            14 => Command::Join { person: text, role: Role::ALL[check] },
            15 => Command::HandOver { to: format!("Kim {check}") },
            16 => Command::Mark { clock: Clock::ALL[check + 2], at: "2026-11-24T03:14:10Z".parse().unwrap() },
            17 => Command::BreakGlass { step, digest, reason: text, typed: None },
            _ => Command::Abandon { reason: if check == 0 { text } else { String::new() } },
        },
    )
}

fn tries() -> impl Strategy<Value = Vec<Try>> {
    let one = prop_oneof![
        4 => (select(vec!["Sam", "Dana", " "]), any_command()).prop_map(|(who, command)| Try::Any(who, command)),
        6 => any::<prop::sample::Index>().prop_map(|index| Try::Offered(index.index(64))),
        4 => Just(Try::Ticks),
        6 => select(vec![End::Passed, End::Passed, End::Failed, End::Problem]).prop_map(Try::Answer),
        3 => Just(Try::Reopen),
        1 => (0..2_000_i64).prop_map(Try::Later),
    ];
    prop::collection::vec(one, 1..70)
}

/// Tries one thing; what was refused is dropped.
fn attempt(world: &mut World, one: &Try) {
    let active = world.run.state() == &State::Active;
    match one {
        Try::Any(who, command) => drop(world.by(who, command)),
        Try::Offered(number) => {
            let moves = world.run.moves().all;
            if let Some(made) = moves.get(number % moves.len().max(1)) {
                // Leaving a step for no reason is always offered; runs would hardly do anything else.
                let made = if *made == Move::Skip && number % 4 != 0 { moves[0] } else { *made };
                let command = command(&world.run, made).unwrap();
                drop(world.by("Sam", &command));
            }
        }
        Try::Ticks if active => world.tick_all(),
        Try::Answer(end) if world.run.owed().is_some() => world.answer(*end),
        Try::Reopen if active => world.record("Sam", Event::Resumed),
        Try::Later(seconds) => {
            world.now = world.now.checked_add(jiff::SignedDuration::from_secs(*seconds)).unwrap();
        }
        Try::Ticks | Try::Answer(_) | Try::Reopen => {}
    }
}

/// The entries as they come back from the disk.
fn from_disk(entries: &[Recorded]) -> Vec<Recorded> {
    let lines = entries.iter().map(|entry| serde_json::to_string(entry).unwrap());
    lines.map(|line| serde_json::from_str(&line).unwrap()).collect()
}

/// Every sending was approved by its digest; after an interruption it was looked at first.
fn sendings_are_in_order(entries: &[Recorded]) {
    let (mut approved, mut in_doubt, mut attempts) = (None, false, 0);
    for entry in entries {
        match &entry.event {
            Event::PlanApproved { digest, by, .. } => {
                assert!(!by.eq_ignore_ascii_case("sam"), "the operator approved");
                approved = Some(digest.clone());
                attempts = 0;
                // A plan is made from what is there: nothing older is in doubt.
                in_doubt = false;
            }
            Event::ApplyStarted { digest, attempt, .. } => {
                assert_eq!(Some(digest), approved.as_ref());
                assert!(!in_doubt, "sent again although nobody had looked");
                attempts += 1;
                assert_eq!(*attempt, attempts);
                in_doubt = true;
            }
            Event::ApplyFinished { .. } | Event::ApplyFailed { .. } | Event::VerifyFinished { .. } => {
                in_doubt = false;
            }
            _ => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, ..ProptestConfig::default() })]

    #[test]
    fn the_journal_alone_says_where_a_run_stands(from in place(), tries in tries(), cut in any::<prop::sample::Index>()) {
        let mut world = World::at(from);
        let cut = cut.index(tries.len());
        let mut midway = None;
        for (number, one) in tries.iter().enumerate() {
            attempt(&mut world, one);
            agree(&world);
            if number == cut {
                midway = Some((world.entries.len(), world.run.clone()));
            }
        }
        let entries = from_disk(&world.entries);
        prop_assert_eq!(&entries, &world.entries);
        sendings_are_in_order(&entries);
        if let Some((kept, run)) = midway {
            prop_assert_eq!(Run::fold(id(), entries[..kept].to_vec()).unwrap(), run);
        }
        let again = Run::fold(id(), entries).unwrap();
        prop_assert_eq!(again.moves(), world.run.moves());
        prop_assert_eq!(again.owed(), world.run.owed());
        prop_assert_eq!(again, world.run);
    }

    #[test]
    fn what_is_refused_or_owed_changes_nothing(from in place(), tries in tries(), who in text(), command in any_command()) {
        let mut world = World::at(from);
        for one in &tries {
            attempt(&mut world, one);
        }
        let before = world.run.clone();
        match world.by(&who, &command) {
            Err(why) => {
                prop_assert!(!why.to_string().is_empty());
                prop_assert_eq!(&world.run, &before);
            }
            Ok(events) => {
                prop_assert!(!who.trim().is_empty());
                prop_assert_eq!(world.run.seq(), before.seq() + events.len() as u64);
                if before.owed().is_some() {
                    let harmless = |event: &Event| matches!(
                        event,
                        Event::CheckTicked { .. }
                            | Event::CheckUnticked { .. }
                            | Event::Noted { .. }
                            | Event::Joined { .. }
                            | Event::HandedOver { .. }
                            | Event::Marked { .. }
                    );
                    prop_assert!(events.iter().all(harmless), "{:?}", events);
                    prop_assert_eq!(world.run.owed(), before.owed());
                }
                if before.state() != &State::Active {
                    prop_assert!(matches!(events[..], [Event::Noted { .. } | Event::Marked { .. }]), "{:?}", events);
                    prop_assert_eq!(world.run.state(), before.state());
                }
            }
        }
        prop_assert_eq!(decide(&before, &who, &command, world.now), decide(&before, &who, &command, world.now));
    }

    #[test]
    fn what_changes_is_done_only_when_it_is_verified(from in place(), tries in tries()) {
        let mut world = World::at(from);
        for one in &tries {
            attempt(&mut world, one);
            if let Some(Owed::Apply { digest, .. }) = world.run.owed() {
                let approved = world.entries.iter().any(|entry| {
                    matches!(&entry.event, Event::PlanApproved { digest: of, .. } if *of == digest)
                });
                prop_assert!(approved);
            }
        }
        for step in world.run.runbook().steps() {
            let of = world.run.step(&step.id);
            if step.effect().is_some_and(|effect| effect >= Effect::Reads) && of.state == run::StepState::Done {
                prop_assert!(matches!(of.work, Work::Verified { .. }), "{} in {:?}", step.id, of.work);
            }
        }
    }
}
