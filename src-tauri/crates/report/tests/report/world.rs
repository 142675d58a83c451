//! Runs written to a real journal, so that their hashes are real.

use std::collections::BTreeMap;
use std::io::Write;

use action::{Environment, Happening, Outcome, PlanSummary, Verdict};
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, NewEntries};
use report::{Format, ReportError, Row, Timeline};
use run::{Attachment, Digest, Event, How, Mode, NoteTag, Problem, Request, RunId, Start};
use runbook::{Clock, Role, StepId};
use tempfile::TempDir;

pub(crate) const RUNBOOK: &str = r#"---
runbook: restore-badge-photos
title: Restore badge photos
version: 1.0.0
parameters:
  reason: { type: text, required: false }
---
# Restore badge photos

### Stop | writers
- [ ] Page is up

### Restore
### Customers?
```yaml step
decision: { "yes": tell, "no": settle }
```
### Settle
```yaml step
wait: { for: 15m }
```
### Tell
"#;

pub(crate) fn id() -> RunId {
    "20261124-031402-9f3a".parse().unwrap()
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn start(source: &str, reason: &str) -> Start {
    let request = Request {
        name: "runbook.md".into(),
        source: source.into(),
        mode: Mode::Exercise,
        environment: Environment::practice("http://127.0.0.1:9311"),
        parameters: BTreeMap::from([("reason".to_owned(), reason.to_owned())]),
        operator: "Sam".into(),
        outage_began: Some(instant("2026-11-24T02:00:00Z")),
        declared: instant("2026-11-24T03:00:00Z"),
    };
    request.check().unwrap()
}

pub(crate) fn note(text: &str) -> Event {
    Event::Noted { step: None, text: text.into(), tag: None }
}

fn step() -> StepId {
    "restore".into()
}

fn kept() -> Attachment {
    Attachment { digest: digest(), bytes: 4 }
}

pub(crate) fn digest() -> Digest {
    Digest::of(b"plan")
}

pub(crate) fn outcome(verdict: Verdict, headline: &str) -> Outcome {
    Outcome {
        verdict,
        headline: headline.into(),
        facts: vec![],
        outputs: BTreeMap::new(),
        notes: vec![],
        examples: vec![],
        moments: None,
    }
}

/// Each kind of event once, in an order that could be, and what a timeline says of it.
pub(crate) fn every_kind() -> Vec<(Event, &'static str, &'static str)> {
    let (step, digest, evidence) = (step, digest, kept);
    let problem =
        || Problem { what: "PutObject failed: no answer.".into(), next: "Check the network.".into() };
    let stop = || StepId::from("stop-writers");
    let text = || "Page is up".to_owned();
    let good = |headline| outcome(Verdict::Passed, headline);
    let summary = PlanSummary { headline: "612 photos come back".into(), ..PlanSummary::default() };
    let action = || "photos.restore".to_owned();
    vec![
        (
            Event::RunStarted(Box::new(start(RUNBOOK, ""))),
            "run_started",
            "Exercise started: Restore badge photos on practice (account 000000000000, us-east-1)",
        ),
        (Event::CheckTicked { step: stop(), check: 0, text: text() }, "check_ticked", "ticked: Page is up"),
        (
            Event::CheckUnticked { step: stop(), check: 0, text: text() },
            "check_unticked",
            "tick taken back: Page is up",
        ),
        (note("called Dana"), "noted", "note: called Dana"),
        (
            Event::StepCompleted { step: stop(), record: Some("03:16".into()) },
            "step_completed",
            "done: Stop | writers; written down: 03:16",
        ),
        (
            Event::ReadStarted { step: step(), action: "photos.survey".into(), params: BTreeMap::new() },
            "read_started",
            "photos.survey started",
        ),
        (
            Event::ReadFailed { step: step(), problem: problem() },
            "read_failed",
            "could not run Restore: PutObject failed: no answer. Check the network.",
        ),
        (
            Event::ReadFinished { step: step(), outcome: good("612 deleted"), evidence: evidence() },
            "read_finished",
            "612 deleted",
        ),
        (
            Event::PlanStarted { step: step(), action: action(), params: BTreeMap::new() },
            "plan_started",
            "planning photos.restore",
        ),
        (
            Event::PlanFailed { step: step(), problem: problem() },
            "plan_failed",
            "no plan for Restore: PutObject failed: no answer. Check the network.",
        ),
        (
            Event::PlanReady { step: step(), plan: evidence(), summary },
            "plan_ready",
            "plan 64879f7d ready: 612 photos come back",
        ),
        (
            Event::PlanRefused { step: step(), digest: digest(), reason: "wrong moment".into() },
            "plan_refused",
            "plan 64879f7d refused: wrong moment",
        ),
        (
            Event::PlanApproved { step: step(), digest: digest(), by: "Dana".into(), how: How::Named },
            "plan_approved",
            "plan 64879f7d approved by Dana",
        ),
        (
            Event::ApplyStarted { step: step(), digest: digest(), attempt: 1 },
            "apply_started",
            "applying plan 64879f7d",
        ),
        (
            Event::Happened {
                step: step(),
                happening: Happening {
                    said: "Restored from snapshot nightly".into(),
                    at: Some(instant("2026-11-24T03:20:07Z")),
                    request_id: Some("4F1C".into()),
                },
            },
            "happened",
            "Restored from snapshot nightly at 2026-11-24 03:20:07 UTC (request 4F1C)",
        ),
        (
            Event::ApplyFailed { step: step(), digest: digest(), problem: problem(), evidence: evidence() },
            "apply_failed",
            "given up: Restore: PutObject failed: no answer. Check the network.",
        ),
        (Event::Resumed, "resumed", "opened again"),
        (
            Event::ApplyBrokeOff { step: step(), digest: digest(), evidence: evidence() },
            "apply_broke_off",
            "applying plan 64879f7d broke off; what it had done by then is kept",
        ),
        (
            Event::ApplyFinished {
                step: step(),
                digest: digest(),
                outcome: good("612 photos are back"),
                evidence: evidence(),
            },
            "apply_finished",
            "612 photos are back",
        ),
        (
            Event::VerifyStarted { step: step(), digest: digest() },
            "verify_started",
            "looking again at what plan 64879f7d did",
        ),
        (
            Event::VerifyFailed { step: step(), digest: digest(), problem: problem() },
            "verify_failed",
            "could not verify Restore: PutObject failed: no answer. Check the network.",
        ),
        (
            Event::VerifyFinished {
                step: step(),
                digest: digest(),
                outcome: good("612 of 612 photos are back"),
                evidence: evidence(),
            },
            "verify_finished",
            "verified: 612 of 612 photos are back",
        ),
        (
            Event::FailureFollowed { step: step(), goto: "customers".into() },
            "failure_followed",
            "Restore failed, so on to Customers?",
        ),
        (
            Event::Decided { step: "customers".into(), choice: "no".into(), goto: "settle".into() },
            "decided",
            "Customers?: no, so on to Settle",
        ),
        (
            Event::WaitStarted { step: "settle".into(), until: instant("2026-11-24T03:30:00Z") },
            "wait_started",
            "Settle: waiting until 2026-11-24 03:30:00 UTC",
        ),
        (
            Event::Skipped { step: "settle".into(), reason: "no time".into() },
            "skipped",
            "skipped Settle: no time",
        ),
        (Event::StepCompleted { step: "tell".into(), record: None }, "step_completed", "done: Tell"),
        (Event::RunFinished, "run_finished", "run finished"),
        (
            Event::ClockJumped { seconds: 3780 },
            "clock_jumped",
            "this machine's clock went on by 1h3m at once: the machine slept, or the clock was set",
        ),
        (Event::ClockCompared { ahead: -90 }, "clock_compared", "this machine's clock is 1m30s behind AWS's"),
        (Event::Joined { person: "Kim".into(), role: Role::Scribe }, "joined", "Kim joined as scribe"),
        (Event::Left { person: "Kim".into() }, "left", "Kim left"),
        (
            Event::HandedOver { to: "Ana".into() },
            "handed_over",
            "handed over to Ana, who is the operator from here on",
        ),
        (
            Event::Marked { clock: Clock::ServiceValidated, at: instant("2026-11-24T03:20:00Z") },
            "marked",
            "clock: service validated at 2026-11-24 03:20:00 UTC",
        ),
        (
            Event::Attached {
                step: Some(stop()),
                name: "page.png".into(),
                media: "image/png".into(),
                file: kept(),
            },
            "attached",
            "attached page.png (4 bytes, SHA-256 64879f7d)",
        ),
        (
            Event::Noted { step: None, text: "fast".into(), tag: Some(NoteTag::WentWell) },
            "noted",
            "note (went well): fast",
        ),
        (
            Event::CorrectiveAction {
                what: "version the bucket".into(),
                owner: "Lee".into(),
                due: Some(date(2026, 12, 1)),
            },
            "corrective_action",
            "corrective action: version the bucket; Lee, due 2026-12-01",
        ),
        (Event::RunAbandoned { reason: "false alarm".into() }, "run_abandoned", "run abandoned: false alarm"),
    ]
}

/// The timeline of a run in a real journal.
pub(crate) struct Told {
    _folder: TempDir,
    pub(crate) journal: Journal,
    pub(crate) timeline: Timeline,
}

impl Told {
    pub(crate) fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        let seen = &mut |row| {
            rows.push(row);
            Ok(())
        };
        self.timeline.rows(&self.journal, seen).unwrap();
        rows
    }

    pub(crate) fn write(&self, format: Format, out: &mut dyn Write) -> Result<(), ReportError> {
        self.timeline.write(format, &self.journal, out)
    }
}

/// The events, a second apart, by these people.
pub(crate) fn timeline(events: &[(&str, Event)]) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    let began = instant("2026-11-24T03:14:02.5Z");
    for (after, (actor, event)) in (0_u64..).zip(events) {
        let at = began.checked_add(SignedDuration::from_secs(after.cast_signed())).unwrap();
        let events = std::slice::from_ref(event);
        journal.append(NewEntries { run: &id(), after, at, actor, events }).unwrap();
    }
    let timeline = Timeline::new(&journal, &id()).unwrap();
    Told { _folder: folder, journal, timeline }
}

/// A run with every kind of event.
pub(crate) fn everything() -> Told {
    let events: Vec<_> = every_kind().into_iter().map(|(event, ..)| ("Sam", event)).collect();
    timeline(&events)
}

/// A run that began with `reason`, and in which `actor` wrote `texts` down.
pub(crate) fn notes(reason: &str, actor: &str, texts: &[&str]) -> Told {
    let mut events = vec![("Sam", Event::RunStarted(Box::new(start(RUNBOOK, reason))))];
    events.extend(texts.iter().map(|text| (actor, note(text))));
    timeline(&events)
}

pub(crate) fn written(told: &Told, format: Format) -> String {
    let mut bytes = Vec::new();
    told.write(format, &mut bytes).unwrap();
    String::from_utf8(bytes).unwrap()
}
