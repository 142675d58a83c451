//! What a restore of the database may be planned from: the moments that a survey found.

use action::Moments;
use run::{Run, Work};
use runbook::Step;
use serde::Serialize;
use ts_rs::TS;

use super::Pair;
use super::planning::{PICTURED, can_be_planned};

/// The moments that a restore can be planned from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ChoiceView {
    /// What the last survey of the same database found.
    pub moments: Moments,
    /// The title of the step that surveyed it.
    pub surveyed_by: String,
    /// What is chosen with the moment, with the values it has now: `from`, `at`, `snapshot`, `region`. What has no
    /// value is left out.
    pub values: Vec<Pair>,
}

impl ChoiceView {
    /// What a restore of the database may be planned from, while it may be planned.
    pub(super) fn of(run: &Run, step: &Step, params: &[Pair]) -> Option<Self> {
        step.action().filter(|spec| spec.id == "database.restore")?;
        if !can_be_planned(run, step) {
            return None;
        }
        let instance = params.iter().find(|pair| pair.name == "instance")?;
        let (surveyed_by, moments) = last_survey(run, &instance.value)?;
        let known = |name: &str| params.iter().find(|pair| pair.name == name && !pair.value.contains("${"));
        Some(Self {
            moments: moments.clone(),
            surveyed_by: surveyed_by.title.clone(),
            values: PICTURED
                .iter()
                .filter_map(|name| known(name))
                .filter(|pair| !pair.value.is_empty())
                .cloned()
                .collect(),
        })
    }
}

/// The last survey of `instance` that was verified, and the moments it found.
fn last_survey<'a>(run: &'a Run, instance: &str) -> Option<(&'a Step, &'a Moments)> {
    let surveys = run.runbook().steps().filter(|step| {
        step.action().is_some_and(|spec| spec.id == "database.survey")
            && run.step(&step.id).params.get("instance").is_some_and(|surveyed| surveyed == instance)
    });
    let found = surveys.filter_map(|step| match &run.step(&step.id).work {
        Work::Verified { at, outcome, .. } => Some((at, step, outcome.moments.as_ref()?)),
        _ => None,
    });
    found.max_by_key(|(at, ..)| **at).map(|(_, step, moments)| (step, moments))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use action::environment::{Credentials, Endpoints};
    use action::{Environment, Outcome, Verdict, Window};
    use jiff::{SignedDuration, Timestamp};
    use run::{Attachment, Digest, Event, FORMAT, Mode, Problem, Recorded, Start};

    use super::*;
    use crate::view::StepDetail;

    const BOOK: &str = "---
runbook: portal
title: Portal DB
parameters:
  restore_to: { type: timestamp, required: false }
---
# Portal DB

### Survey
```yaml step
id: survey
action: database.survey
with: { instance: portal }
```

### Survey another
```yaml step
id: other
action: database.survey
with: { instance: directory }
```

### Restore
```yaml step
id: restore
action: database.restore
with: { instance: portal, at: \"${restore_to}\", target: portal-b }
approval: approver
```

### Verify
```yaml step
id: verify
action: database.verify
with: { instance: portal-b }
```

### Remove what was obliterated
```yaml step
id: obliterate
action: database.obliterate
with: { instance: portal-b }
approval: approver
```

### Verify again
```yaml step
id: verify-again
action: database.verify
with: { instance: portal-b }
```

### Restore the photos
```yaml step
id: photos
action: photos.restore
with: { bucket: photos, at: \"2026-11-24T02:31:00Z\", exclude: \"${steps.restore.instance}\" }
approval: approver
```

### Verify the photos
```yaml step
id: verify-photos
action: photos.verify
with: { bucket: photos, at: \"2026-11-24T02:31:00Z\" }
```
";

    fn began() -> Timestamp {
        "2026-11-24T03:00:00Z".parse().unwrap()
    }

    fn start() -> Event {
        Event::RunStarted(Box::new(Start {
            format: FORMAT,
            lifeboat: "0.1.0".to_owned(),
            mode: Mode::Incident,
            runbook: "portal".to_owned(),
            source: BOOK.to_owned(),
            environment: Environment {
                name: "production".to_owned(),
                region: "us-east-1".to_owned(),
                account: "123456789012".to_owned(),
                credentials: Credentials::Environment(true),
                endpoints: Endpoints::default(),
                photos: None,
                database: None,
                portal: None,
                datto: None,
            },
            parameters: BTreeMap::from([("restore_to".to_owned(), "2026-11-24T02:31:00Z".to_owned())]),
            operator: "Sam".to_owned(),
            outage_began: None,
            declared: began(),
        }))
    }

    /// A survey of `instance` in the step `id`, and what it found; `windows` of them.
    fn surveyed(id: &str, instance: &str, windows: usize) -> Vec<Event> {
        let window = Window {
            earliest: began() - SignedDuration::from_hours(7 * 24),
            latest: began() - SignedDuration::from_mins(5),
            of: format!("automated backups of {instance}, us-east-1"),
            with: BTreeMap::from([("from".to_owned(), "point_in_time".to_owned())]),
        };
        let moments = Moments { now: began(), windows: vec![window; windows], ..Moments::default() };
        let outcome = Outcome {
            verdict: Verdict::Passed,
            headline: "It can be brought back".to_owned(),
            facts: Vec::new(),
            outputs: BTreeMap::new(),
            notes: Vec::new(),
            examples: Vec::new(),
            moments: Some(moments),
        };
        let evidence = Attachment { digest: Digest::of(b"seen"), bytes: 4 };
        let params = BTreeMap::from([("instance".to_owned(), instance.to_owned())]);
        vec![
            Event::ReadStarted { step: id.into(), action: "database.survey".to_owned(), params },
            Event::ReadFinished { step: id.into(), outcome, evidence },
        ]
    }

    fn done(id: &str) -> Vec<Event> {
        vec![Event::StepCompleted { step: id.into(), record: None }]
    }

    pub(crate) fn skipped(id: &str) -> Vec<Event> {
        vec![Event::Skipped { step: id.into(), reason: "no need".to_owned() }]
    }

    pub(crate) fn run(events: &[Vec<Event>]) -> Run {
        let events = std::iter::once(start()).chain(events.iter().flatten().cloned());
        let entries = (1..).zip(events).map(|(seq, event)| Recorded {
            seq,
            at: began() + SignedDuration::from_secs(i64::try_from(seq).unwrap()),
            actor: "Sam".to_owned(),
            event,
        });
        Run::fold("20261124-030000-9f3a".parse().unwrap(), entries).unwrap()
    }

    fn choice_of(run: &Run, id: &str) -> Option<ChoiceView> {
        StepDetail::of(run, run.runbook().step(&id.into()).unwrap()).action.unwrap().choice
    }

    #[test]
    fn a_restore_is_chosen_from_the_last_survey_of_its_own_database() {
        let run = run(&[
            surveyed("survey", "portal", 2),
            surveyed("survey", "portal", 1),
            done("survey"),
            surveyed("other", "directory", 3),
            done("other"),
        ]);
        let choice = choice_of(&run, "restore").unwrap();
        assert_eq!((choice.moments.windows.len(), choice.surveyed_by.as_str()), (1, "Survey"));
        assert_eq!(choice.values, [Pair::new("at", "2026-11-24T02:31:00Z")]);
        assert_eq!(choice_of(&run, "survey"), None, "a survey reads: nothing is chosen for it");
    }

    #[test]
    fn nothing_is_chosen_where_nothing_was_surveyed_or_nothing_can_be_planned() {
        let unsurveyed = run(&[skipped("survey"), surveyed("other", "directory", 1), done("other")]);
        assert_eq!(choice_of(&unsurveyed, "restore"), None);
        let planning = Event::PlanStarted {
            step: "restore".into(),
            action: "database.restore".to_owned(),
            params: BTreeMap::from([("instance".to_owned(), "portal".to_owned())]),
        };
        let before = [surveyed("survey", "portal", 1), done("survey"), skipped("other")];
        assert!(choice_of(&run(&before), "restore").is_some());
        assert_eq!(choice_of(&run(&before[..2]), "restore"), None, "the run does not stand there yet");
        let [survey, next, skip] = before;
        assert_eq!(choice_of(&run(&[survey, next, skip, vec![planning]]), "restore"), None);
    }

    #[test]
    fn what_was_asked_with_last_is_what_is_chosen_now() {
        let planning = Event::PlanStarted {
            step: "restore".into(),
            action: "database.restore".to_owned(),
            params: [("instance", "portal"), ("from", "snapshot"), ("snapshot", "before-migration")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
        };
        let problem = Problem { what: "it is gone".to_owned(), next: "Choose another.".to_owned() };
        let failed = Event::PlanFailed { step: "restore".into(), problem };
        let before = [surveyed("survey", "portal", 1), done("survey"), skipped("other")];
        let run = run(&[&before[..], &[vec![planning, failed]]].concat());
        let values = choice_of(&run, "restore").unwrap().values;
        assert_eq!(values, [Pair::new("from", "snapshot"), Pair::new("snapshot", "before-migration")]);
    }
}
