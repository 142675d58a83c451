//! A run in memory: commands are decided, what they lead to is written down, and what the world does is made up.

use std::collections::BTreeMap;

use action::environment::{Credentials, Endpoints, Photos};
use action::{Environment, Outcome, PlanSummary, Verdict};
use jiff::{SignedDuration, Timestamp};
use run::{
    Attachment, Command, Digest, Event, Mode, Owed, Problem, Recorded, Rejection, Request, Run, RunId, Start,
    decide,
};
use runbook::{Step, StepId};

/// Every kind of step, and every way of leaving one.
pub(crate) const EVERYTHING: &str = r#"---
runbook: everything
title: Everything
version: 1.0.0
owner: Technical Operations Lead
reviewed: 2026-11-01
objectives: { rto: 24h, rpo: 4h }
parameters:
  bucket: { type: bucket, default: "${env.photos.bucket}" }
  at: { type: timestamp }
  reopen: { type: timestamp, required: false }
---
# Everything

## Assess

### Stop writers
- [ ] Maintenance page is up
- [ ] Uploads are refused

```yaml step
id: stop
on_failure: customers
estimate: 10m
```

### When was it noticed?
```yaml step
id: noticed
record: time
```

### Check the account
```yaml step
id: account
action: aws.preflight
on_failure: customers
```

## Restore

### Restore the photos
- [ ] The plan was read aloud

```yaml step
id: restore
action: photos.restore
with:
  bucket: ${bucket}
  at: ${at}
approval: approver
on_failure: customers
estimate: 40m
```

### Verify the photos
```yaml step
id: verify
action: photos.verify
with:
  bucket: ${bucket}
  at: ${at}
```

## Close

### Let it settle
```yaml step
id: settle
wait: { for: 15m }
on_failure: customers
```

### Wait for the opening
```yaml step
id: opening
wait: { until: "${reopen}" }
```

### Are customers affected?
- [ ] Support was asked

```yaml step
id: customers
decision:
  "yes": tell
  "no": close
```

### Tell customers
```yaml step
id: tell
communicate: { audience: Customers, message: "${steps.restore.restored} photos are back." }
on_failure: close
```

### Close the incident
```yaml step
id: close
```
"#;

/// A runbook of a step `First` with this block, and a last one called `Last`.
pub(crate) fn first(block: &str) -> String {
    format!("# One\n\n## Phase\n\n### First\n\n```yaml step\n{block}\n```\n\n### Last\n")
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn id() -> RunId {
    "20261124-031402-9f3a".parse().unwrap()
}

/// An AWS account, with nothing of it on this machine.
pub(crate) fn production() -> Environment {
    Environment {
        name: "production".into(),
        account: "123456789012".into(),
        credentials: Credentials::Profile("veonics-dr".into()),
        endpoints: Endpoints::default(),
        photos: Some(Photos {
            bucket: "veonics-photos".into(),
            prefix: "photos/".into(),
            replica_bucket: None,
            batch: None,
        }),
        database: None,
        portal: None,
        ..Environment::practice("http://127.0.0.1:9311")
    }
}

/// An emulator on this machine that isn't the practice range.
pub(crate) fn emulator() -> Environment {
    let endpoints = Environment::practice("http://127.0.0.1:5000").endpoints;
    Environment { name: "emulator".into(), endpoints, ..production() }
}

pub(crate) fn request(source: &str) -> Request {
    Request {
        name: "runbook.md".into(),
        source: source.into(),
        mode: Mode::Exercise,
        environment: Environment::practice("http://127.0.0.1:9311"),
        parameters: BTreeMap::new(),
        operator: "Sam".into(),
        outage_began: None,
        declared: instant("2026-11-24T03:00:00Z"),
    }
}

/// What a run of [`EVERYTHING`] starts with.
pub(crate) fn everything() -> Request {
    let parameters = [("at", "2026-11-24T02:00:00Z"), ("reopen", "2026-11-24T06:00:00Z")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    Request { parameters: parameters.into(), ..request(EVERYTHING) }
}

pub(crate) fn outcome(verdict: Verdict, headline: &str) -> Outcome {
    Outcome {
        verdict,
        headline: headline.into(),
        facts: Vec::new(),
        outputs: BTreeMap::new(),
        notes: Vec::new(),
        examples: Vec::new(),
        moments: None,
    }
}

pub(crate) fn problem() -> Problem {
    Problem { what: "ListObjectVersions failed: no answer".into(), next: "Check the network.".into() }
}

pub(crate) fn kept(content: &str) -> Attachment {
    Attachment { digest: Digest::of(content.as_bytes()), bytes: content.len() as u64 }
}

/// How an effect ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    Passed,
    Failed,
    Problem,
}

/// A run with its journal.
pub(crate) struct World {
    pub(crate) run: Run,
    pub(crate) entries: Vec<Recorded>,
    pub(crate) now: Timestamp,
    plans: u32,
}

impl World {
    pub(crate) fn new(request: Request) -> Self {
        Self::started(request.check().unwrap())
    }

    pub(crate) fn everything() -> Self {
        Self::new(everything())
    }

    /// [`EVERYTHING`], at a step.
    pub(crate) fn at(step: &str) -> Self {
        let mut world = Self::everything();
        while world.here().as_str() != step {
            let here = world.here();
            if here.as_str() == "customers" {
                world.tick_all();
                world.ok(Command::Decide { step: here, choice: "yes".into() });
            } else {
                world.ok(Command::Skip { step: here, reason: "not today".into() });
            }
        }
        world
    }

    /// A runbook of one step with this block, and another after it.
    pub(crate) fn first(block: &str) -> Self {
        Self::new(request(&first(block)))
    }

    fn started(start: Start) -> Self {
        let now = instant("2026-11-24T03:14:02Z");
        let event = Event::RunStarted(Box::new(start));
        let entries = vec![Recorded { seq: 1, at: now, actor: "Sam".into(), event }];
        Self { run: Run::fold(id(), entries.clone()).unwrap(), entries, now, plans: 0 }
    }

    /// The step the run stands at.
    pub(crate) fn here(&self) -> StepId {
        self.step().id.clone()
    }

    pub(crate) fn step(&self) -> &Step {
        self.run.current().unwrap()
    }

    /// Writes down what happened.
    pub(crate) fn record(&mut self, actor: &str, event: Event) {
        self.now = self.now.checked_add(SignedDuration::from_secs(1)).unwrap();
        let entry = Recorded { seq: self.run.seq() + 1, at: self.now, actor: actor.into(), event };
        self.entries.push(entry.clone());
        self.run.absorb(entry).unwrap();
    }

    /// What a command of `actor` leads to; it is written down.
    pub(crate) fn by(&mut self, actor: &str, command: &Command) -> Result<Vec<Event>, Rejection> {
        let events = decide(&self.run, actor, command, self.now)?;
        for event in &events {
            self.record(actor, event.clone());
        }
        Ok(events)
    }

    /// What a command of the operator leads to.
    pub(crate) fn ok(&mut self, command: Command) -> Vec<Event> {
        self.by("Sam", &command).unwrap_or_else(|why| panic!("{command:?} is refused: {why}"))
    }

    /// Why a command of the operator is refused.
    pub(crate) fn refused(&self, command: &Command) -> Rejection {
        match decide(&self.run, "Sam", command, self.now) {
            Err(why) => why,
            Ok(events) => panic!("{command:?} leads to {events:?}"),
        }
    }

    pub(crate) fn tick_all(&mut self) {
        for check in 0..self.step().checks.len() {
            self.ok(Command::Tick { step: self.here(), check });
        }
    }

    /// Has the world answer what it is owed.
    pub(crate) fn answer(&mut self, end: End) {
        let owed = self.run.owed().unwrap();
        let verdict = if end == End::Passed { Verdict::Passed } else { Verdict::Failed };
        let good = end != End::Problem;
        let event = match owed {
            Owed::Read { step, .. } if good => {
                Event::ReadFinished { step, outcome: outcome(verdict, "it was read"), evidence: kept("read") }
            }
            Owed::Read { step, .. } => Event::ReadFailed { step, problem: problem() },
            // A plan is one or isn't; there is no third.
            Owed::Plan { step, .. } if end == End::Passed => {
                self.plans += 1;
                let summary =
                    PlanSummary { headline: "612 photos come back".into(), ..PlanSummary::default() };
                Event::PlanReady { step, plan: kept(&format!("plan {}", self.plans)), summary }
            }
            Owed::Plan { step, .. } => Event::PlanFailed { step, problem: problem() },
            Owed::Apply { step, digest, .. } if good => {
                let mut outcome = outcome(verdict, "612 photos are back");
                outcome.outputs.insert("restored".into(), "612".into());
                Event::ApplyFinished { step, digest, outcome, evidence: kept("apply") }
            }
            Owed::Apply { step, digest, .. } => {
                Event::ApplyFailed { step, digest, problem: problem(), evidence: kept("half") }
            }
            Owed::Verify { step, digest, .. } if good => {
                let (outcome, evidence) = (outcome(verdict, "as planned"), kept("verify"));
                Event::VerifyFinished { step, digest, outcome, evidence }
            }
            Owed::Verify { step, digest, .. } => Event::VerifyFailed { step, digest, problem: problem() },
        };
        self.record("lifeboat", event);
    }

    /// Asks for a plan and gets one; the digest it has.
    pub(crate) fn plan(&mut self) -> Digest {
        self.ok(Command::Plan { step: self.here(), with: BTreeMap::new() });
        self.answer(End::Passed);
        self.waiting().unwrap()
    }

    /// The plan that waits for approval where the run stands.
    pub(crate) fn waiting(&self) -> Option<Digest> {
        match &self.run.step(&self.run.current()?.id).work {
            run::Work::Planned { digest, .. } => Some(digest.clone()),
            _ => None,
        }
    }

    /// Makes a plan, and has Dana approve it: it is owed now.
    pub(crate) fn approved(&mut self) -> Digest {
        let digest = self.plan();
        let step = self.here();
        self.ok(Command::Approve { step, digest: digest.clone(), by: Some("Dana".into()), typed: None });
        digest
    }
}
