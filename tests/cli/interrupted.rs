//! Interrupted in the middle of a restore, and gone on with.

use std::collections::BTreeMap;
use std::time::Duration;

use range::{Faults, Range, RangeOptions, Scenario, Snapshot};
use run::Event;
use rustix::process::{Pid, Signal, kill_process};

use super::{ANSWERS, Desk};
use crate::support::cli::{Lifeboat, Ran};
use crate::support::process::{Running, wait_until};

const LONG: Duration = Duration::from_secs(60);

/// A range in this process, so that what it holds can be watched, and a desk whose `practice` it is.
struct Scene {
    desk: Desk,
    range: Range,
    before: Keys,
    answers: String,
    answers_again: String,
}

type Keys = BTreeMap<String, Vec<Snapshot>>;

impl Scene {
    fn new() -> Self {
        let scenario = Some(Scenario::load("mass-deletion").unwrap());
        let range = Range::start(RangeOptions { scenario, ..RangeOptions::default() }).unwrap();
        let desk = Desk::new();
        desk.file("range.json", &serde_json::to_string(range.ready()).unwrap());
        let answers = desk.file("answers.yaml", ANSWERS);
        let again =
            ANSWERS.replace("{ approve: true, by: Dana }", "{ approve: true, by: Dana, again: true }");
        let answers_again = desk.file("again.yaml", &again);
        let before = keys(&range);
        Self { desk, range, before, answers, answers_again }
    }

    /// A run that has begun to bring photos back, and takes its time.
    fn restoring(&self) -> Running {
        self.range.set_faults(Faults { latency_ms: 100, ..Faults::default() });
        let at = format!("restore_to={}", self.range.ready().before_damage.unwrap());
        let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", "--set", &at];
        let opened =
            self.desk.lifeboat.open(&[&args[..], &["--answers", &self.answers, "--as", "Sam"]].concat());
        wait_until("photos come back", LONG, || self.copied() >= 40);
        assert!(self.copied() < 500, "it was too quick to be interrupted");
        opened
    }

    fn resume(&self, answers: &str) -> Ran {
        let run = self.desk.only_run().to_string();
        self.desk.lifeboat.run(&["resume", &run, "--answers", answers, "--as", "Robin"])
    }

    /// How many versions there are more than at the beginning.
    fn copied(&self) -> usize {
        self.range.store().snapshot().len() - self.before.values().map(Vec::len).sum::<usize>()
    }

    /// Whether there is evidence that isn't in the journal yet.
    fn written_down(&self) -> bool {
        let ledgers = self.desk.path().join("ledgers").read_dir().into_iter().flatten().flatten();
        ledgers.into_iter().any(|ledger| ledger.metadata().is_ok_and(|file| file.len() > 0))
    }

    /// Whether what was deleted is back, by one version each, and everything else is as it was.
    #[track_caller]
    fn is_restored_once(&self) {
        let at = self.range.ready().before_damage.unwrap();
        let (mut back, after) = (0, keys(&self.range));
        assert_eq!(self.before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        for (key, was) in &self.before {
            let then = was.iter().find(|entry| entry.last_modified <= at).filter(|entry| !entry.is_marker);
            let is = &after[key];
            if let (Some(then), true) = (then, was[0].is_marker) {
                back += 1;
                assert_eq!(is.len(), was.len() + 1, "{key}");
                assert_eq!((&is[0].bytes, &is[0].attributes), (&then.bytes, &then.attributes), "{key}");
                assert_eq!(is[0].tags, then.tags, "{key}");
                let kept = |(a, b): (&Snapshot, &Snapshot)| a.version == b.version && a.bytes == b.bytes;
                assert!(is[1..].iter().zip(was).all(kept), "{key}");
            } else {
                assert_eq!(is, was, "{key}");
            }
        }
        assert_eq!(back, 612);
    }
}

/// Every key's entries, newest first.
fn keys(range: &Range) -> Keys {
    let mut keys = Keys::new();
    for entry in range.store().snapshot() {
        keys.entry(entry.key.clone()).or_default().push(entry);
    }
    keys
}

/// `kind` of each of the run's events about the restore, in order.
fn restore_events(desk: &Desk) -> Vec<&'static str> {
    let kind = |event: &Event| match event {
        Event::PlanApproved { .. } => Some("approved"),
        Event::ApplyStarted { attempt, .. } => Some(if *attempt == 1 { "sent" } else { "sent again" }),
        Event::ApplyFinished { .. } => Some("applied"),
        Event::ApplyFailed { .. } => Some("given up"),
        Event::Resumed => Some("resumed"),
        Event::VerifyFinished { .. } => Some("looked"),
        _ => None,
    };
    desk.events().iter().filter_map(kind).collect()
}

#[test]
fn a_killed_restore_is_looked_at_first_and_goes_on_when_told_to() {
    let scene = Scene::new();
    let mut killed = scene.restoring();
    let run = scene.desk.only_run().to_string();
    let elsewhere = scene.resume(&scene.answers).ended_with(1);
    assert!(elsewhere.complaint().contains("is open in another window or terminal"), "{}", elsewhere.stderr);
    scene.range.set_faults(Faults { latency_ms: 400, ..Faults::default() });
    wait_until("some of it is written down", LONG, || scene.written_down());
    killed.child().kill().unwrap();
    killed.child().wait().unwrap();
    assert_eq!(restore_events(&scene.desk), ["approved", "sent"]);

    // What it had sent may still be coming in.
    scene.range.set_faults(Faults::default());
    let stopped = scene.resume(&scene.answers).ended_with(3);
    let said = stopped.complaint();
    assert!(said.starts_with("\"Restore the photos\" was sent at 20"), "{said}");
    assert!(said.contains(" of 612 photos are back"), "{said}");
    assert!(said.contains("answer `again: true` to go on with the approved plan"), "{said}");
    assert!(stopped.stdout.contains(&format!("Go on with: lifeboat resume {run}")), "{}", stopped.stdout);
    assert_eq!(restore_events(&scene.desk), ["approved", "sent", "resumed", "looked"]);
    assert!(scene.copied() < 612);
    let broke_off = |desk: &Desk| {
        desk.events().iter().filter(|event| matches!(event, Event::ApplyBrokeOff { .. })).count()
    };
    assert_eq!(broke_off(&scene.desk), 1);
    let table = scene.desk.lifeboat.run(&["manifest", &run, "restore"]).ended_with(0).stdout;
    let restored = table.lines().filter(|row| row.contains(",copy,restored,")).count();
    assert!((1..612).contains(&restored), "{table}");

    let done = scene.resume(&scene.answers_again).ended_with(0);
    assert_eq!(done.stderr, "");
    let all =
        ["approved", "sent", "resumed", "looked", "resumed", "looked", "sent again", "applied", "looked"];
    assert_eq!(restore_events(&scene.desk), all);
    assert_eq!(broke_off(&scene.desk), 1, "nothing more broke off");
    assert!(!scene.written_down(), "it is in the journal");
    scene.is_restored_once();
    scene.desk.lifeboat.run(&["verify"]).ended_with(0);
    let over = scene.resume(&scene.answers_again).ended_with(1);
    assert!(over.complaint().contains("has ended"), "{}", over.stderr);
}

#[test]
fn a_restore_that_was_complete_when_it_was_killed_is_not_sent_again() {
    let scene = Scene::new();
    let mut killed = scene.restoring();
    scene.range.set_faults(Faults { latency_ms: 20, ..Faults::default() });
    wait_until("every photo is back", LONG, || scene.copied() == 612);
    scene.range.set_faults(Faults { latency_ms: 400, ..Faults::default() });
    killed.child().kill().unwrap();
    killed.child().wait().unwrap();
    scene.range.set_faults(Faults::default());
    assert!(!restore_events(&scene.desk).contains(&"looked"), "it was too quick to be interrupted");

    scene.resume(&scene.answers).ended_with(0);
    assert!(!restore_events(&scene.desk).contains(&"sent again"), "{:?}", restore_events(&scene.desk));
    scene.is_restored_once();
}

#[test]
fn ctrl_c_stops_between_two_photos_and_the_run_goes_on_later() {
    let scene = Scene::new();
    let mut stopped = scene.restoring();
    interrupt(&mut stopped, Signal::INT);
    let stopped = Lifeboat::finish(stopped, LONG).ended_with(3);
    assert!(stopped.stderr.contains("Stopping after the items that are under way"), "{}", stopped.stderr);
    assert!(stopped.stdout.contains("Go on with: lifeboat resume"), "{}", stopped.stdout);
    assert_eq!(restore_events(&scene.desk), ["approved", "sent", "given up"]);
    let copied = scene.copied();
    assert!(copied < 612, "{copied}");

    // Nothing was left under way.
    let again = scene.resume(&scene.answers).ended_with(1);
    let said = again.complaint();
    assert!(said.starts_with("\"Restore the photos\" failed: stopped when asked to: "), "{said}");
    assert!(said.contains("answer `again: true`"), "{said}");
    assert_eq!(scene.copied(), copied);

    scene.range.set_faults(Faults::default());
    scene.resume(&scene.answers_again).ended_with(0);
    scene.is_restored_once();
}

#[test]
fn ctrl_c_at_a_question_leaves_the_run_where_it_stands() {
    for signal in [Signal::INT, Signal::TERM] {
        let desk = Desk::new();
        let args = ["run", "restore-on-premises", "--mode", "exercise", "--env", "practice", "--as", "Sam"];
        let set = ["--set", "system=files", "--set", "device=D1"];
        let mut opened = desk.lifeboat.open(&[args.as_slice(), &set].concat());
        opened.prints("q to leave) ");
        interrupt(&mut opened, signal);
        let left = Lifeboat::finish(opened, LONG).ended_with(3);
        assert!(left.stdout.contains("Go on with: lifeboat resume"), "{}", left.stdout);
        assert_eq!(left.stderr, "");
        assert_eq!(desk.entries().len(), 1);
    }
}

fn interrupt(running: &mut Running, signal: Signal) {
    let pid = i32::try_from(running.child().id()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}
