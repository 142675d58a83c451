//! A run as a real one goes: phases, a plan that waits for its approval, a failure that is gone on from, a wait.

use std::collections::BTreeMap;

use action::{Environment, Outcome, PlanSummary, Verdict};
use jiff::{SignedDuration, Timestamp};
use journal::{Journal, NewEntries};
use run::{Attachment, Event, How, Mode, NoteTag, Problem, Request, RunId};
use runbook::{Clock, Role, StepId};

pub(crate) const RUNBOOK: &str = r#"---
runbook: restore-badge-photos
title: Restore badge photos
version: 1.1.0
owner: Technical Operations Lead
reviewed: 2026-11-01
systems: [badge-photos]
objectives: { rto: 2h, rpo: 4h }
csf: [RS.MA-05, RC.RP-02, RC.RP-03, RC.RP-05, RC.CO-03]
parameters:
  restore_to: { type: timestamp, required: false }
---
# Restore badge photos

## Assess

### Stop writers
- [ ] The maintenance page is up

### Survey the loss
```yaml step
id: survey
action: photos.survey
with: { bucket: "${env.photos.bucket}", at: "2026-11-24T02:30:00Z" }
```

## Restore

### Restore the photos
```yaml step
id: restore
action: photos.restore
with: { bucket: "${env.photos.bucket}", at: "2026-11-24T02:30:00Z" }
approval: approver
```

### Let the caches run out
```yaml step
id: settle
wait: { for: 15m }
```

### Verify the photos
```yaml step
id: verify
action: photos.verify
with: { bucket: "${env.photos.bucket}", at: "2026-11-24T02:30:00Z" }
```

## Close

### Tell customers

### Hand back
"#;

pub(crate) fn id() -> RunId {
    "20261124-031402-9f3a".parse().unwrap()
}

pub(crate) fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn started(mode: Mode, source: &str) -> Event {
    let mut environment = Environment::practice("http://127.0.0.1:9311");
    if mode != Mode::Exercise {
        environment.name = "production".into();
        environment.account = "123456789012".into();
    }
    let request = Request {
        name: "runbook.md".into(),
        source: source.into(),
        mode: Mode::Exercise,
        environment: Environment::practice("http://127.0.0.1:9311"),
        parameters: BTreeMap::new(),
        operator: "Sam Okafor".into(),
        outage_began: Some(instant("2026-11-24T02:41:00Z")),
        declared: instant("2026-11-24T03:02:00Z"),
    };
    let mut start = request.check().unwrap();
    start.mode = mode;
    start.environment = environment;
    Event::RunStarted(Box::new(start))
}

/// A run in a journal, an entry at a time.
pub(crate) struct Story {
    _folder: tempfile::TempDir,
    pub(crate) journal: Journal,
    now: Timestamp,
    seq: u64,
}

impl Story {
    pub(crate) fn begin(mode: Mode, source: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let now = instant("2026-11-24T03:14:02Z");
        let mut story = Self { _folder: folder, journal, now, seq: 0 };
        story.say("Sam Okafor", started(mode, source));
        story
    }

    pub(crate) fn say(&mut self, actor: &str, event: Event) {
        let events = [event];
        let new = NewEntries { run: &id(), after: self.seq, at: self.now, actor, events: &events };
        self.journal.append(new).unwrap();
        self.seq += 1;
    }

    pub(crate) fn all(&mut self, actor: &str, events: &[Event]) {
        let new = NewEntries { run: &id(), after: self.seq, at: self.now, actor, events };
        self.journal.append(new).unwrap();
        self.seq += events.len() as u64;
    }

    pub(crate) fn after(&mut self, seconds: i64) -> &mut Self {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
        self
    }

    pub(crate) fn keep(&self, content: &str) -> Attachment {
        self.journal.attach(&mut std::io::Cursor::new(content.as_bytes())).unwrap()
    }
}

pub(crate) fn step(id: &str) -> StepId {
    id.into()
}

pub(crate) fn good(headline: &str) -> Outcome {
    Outcome {
        verdict: Verdict::Passed,
        headline: headline.into(),
        facts: vec![],
        outputs: BTreeMap::new(),
        notes: vec![],
        examples: vec![],
        moments: None,
    }
}

pub(crate) fn note(text: &str) -> Event {
    Event::Noted { step: None, text: text.into(), tag: None }
}

pub(crate) fn tagged(tag: NoteTag, text: &str) -> Event {
    Event::Noted { step: None, text: text.into(), tag: Some(tag) }
}

fn done(id: &str) -> Event {
    Event::StepCompleted { step: step(id), record: None }
}

/// Everything from the start to the end.
pub(crate) fn told(mode: Mode) -> Story {
    let mut story = Story::begin(mode, RUNBOOK);
    let (sam, us) = ("Sam Okafor", "lifeboat");
    let action = || "photos.restore".to_owned();
    let tick = Event::CheckTicked {
        step: step("stop-writers"),
        check: 0,
        text: "The maintenance page is up".into(),
    };
    let kim = || "Kim Lindqvist".to_owned();
    story.after(30).say("Kim Lindqvist", Event::Joined { person: kim(), role: Role::Scribe });
    let at = instant("2026-11-24T02:52:00Z");
    story.say("Kim Lindqvist", Event::Marked { clock: Clock::Detected, at });
    let impact =
        "Badge photos of 14 organizations did not show from 02:41 to 04:08 UTC; doors were not affected.";
    story.say("Kim Lindqvist", tagged(NoteTag::Impact, impact));
    story.after(400).say(sam, tick);
    story.after(20).say(sam, done("stop-writers"));
    let params = BTreeMap::from([("at".to_owned(), "2026-11-24T02:30:00Z".to_owned())]);
    story.after(15).say(
        sam,
        Event::ReadStarted { step: step("survey"), action: "photos.survey".into(), params: params.clone() },
    );
    let evidence = story.keep("survey of 2,000 keys");
    let outcome = good("612 photos deleted, 592 overwritten, 796 untouched");
    story.after(340).say(us, Event::ReadFinished { step: step("survey"), outcome, evidence });
    story.after(60).say(sam, note("The numbers fit what the service desk was told."));
    story.after(40).say(sam, done("survey"));
    story
        .after(20)
        .say(sam, Event::PlanStarted { step: step("restore"), action: action(), params: params.clone() });
    let plan = story.keep("{\"keys\":1204}\nphotos/org-3/ada-lovelace.jpg\n");
    let digest = plan.digest.clone();
    let summary = PlanSummary { headline: "1,204 photos come back".into(), ..PlanSummary::default() };
    story.after(55).say(us, Event::PlanReady { step: step("restore"), plan, summary });
    let (at, sent) = (step("restore"), digest.clone());
    story.after(900).all(
        "Dana Reyes",
        &[
            Event::PlanApproved {
                step: at.clone(),
                digest: digest.clone(),
                by: "Dana Reyes".into(),
                how: How::Named,
            },
            Event::ApplyStarted { step: at.clone(), digest: sent, attempt: 1 },
        ],
    );
    let evidence = story.keep("412 copied, then no answer");
    let problem = Problem { what: "CopyObject failed: no answer".into(), next: "Check the network.".into() };
    story
        .after(310)
        .say(us, Event::ApplyFailed { step: at.clone(), digest: digest.clone(), problem, evidence });
    story.after(260).say(sam, Event::ApplyStarted { step: at.clone(), digest: digest.clone(), attempt: 2 });
    let evidence = story.keep("1,204 copied");
    let outcome = good("1,204 of 1,204 photos copied");
    story
        .after(720)
        .say(us, Event::ApplyFinished { step: at.clone(), digest: digest.clone(), outcome, evidence });
    let evidence = story.keep("1,204 looked at");
    let outcome = good("1,204 of 1,204 photos are back");
    story.after(75).say(us, Event::VerifyFinished { step: at, digest, outcome, evidence });
    story.after(30).say(sam, done("restore"));
    let until = story.now.checked_add(SignedDuration::from_mins(15)).unwrap();
    story.after(5).say(sam, Event::WaitStarted { step: step("settle"), until });
    story.after(960).say(sam, done("settle"));
    story
        .after(10)
        .say(sam, Event::ReadStarted { step: step("verify"), action: "photos.verify".into(), params });
    let evidence = story.keep("2,000 compared");
    let outcome = good("2,000 of 2,000 photos are as they were");
    story.after(150).say(us, Event::ReadFinished { step: step("verify"), outcome, evidence });
    story.after(45).say(sam, done("verify"));
    let at = story.now;
    story.say(sam, Event::Marked { clock: Clock::ServiceValidated, at });
    let file = story.keep("a picture");
    let (name, media) = ("portal-front-page.png".into(), "image/png".into());
    story.say("Kim Lindqvist", Event::Attached { step: Some(step("verify")), name, media, file });
    let well = "The plan was read aloud before it was approved, and its count fitted the survey.";
    story.after(60).say("Kim Lindqvist", tagged(NoteTag::WentWell, well));
    let badly = "The second person could not be reached for fifteen minutes.";
    story.say("Kim Lindqvist", tagged(NoteTag::WentBadly, badly));
    let (what, owner) = ("Name a second approver for each shift.".into(), "Lee Park".into());
    story.say(sam, Event::CorrectiveAction { what, owner, due: Some(jiff::civil::date(2026, 12, 15)) });
    story.say("Kim Lindqvist", Event::Left { person: kim() });
    let reason = "The communications lead told them by telephone.".into();
    story.after(300).say(sam, Event::Skipped { step: step("tell-customers"), reason });
    story.after(240).all(sam, &[done("hand-back"), Event::RunFinished]);
    story
}
