//! The `yaml step` block: what makes a step more than prose.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::time::Duration;

use crate::diagnostic::Code;
use crate::fields::{self, Fields};
use crate::model::{Approval, Choice, OnFailure, RecordKind, StepId, StepKind, WaitFor};
use crate::report::Report;
use crate::slug::is_id;
use crate::yaml::{self, Excerpt, Value};
use crate::{Clock, Role};

/// Every key of a block.
const KEYS: [&str; 14] = [
    "id",
    "action",
    "with",
    "decision",
    "wait",
    "communicate",
    "role",
    "clock",
    "approval",
    "estimate",
    "timeout",
    "expect",
    "on_failure",
    "record",
];

/// The keys that say what a step is; at most one of them.
const KINDS: [&str; 4] = ["action", "decision", "wait", "communicate"];

/// What a block says.
#[derive(Debug, Default)]
pub(crate) struct Fenced {
    pub(crate) id: Option<StepId>,
    pub(crate) kind: Option<StepKind>,
    pub(crate) role: Role,
    pub(crate) clock: Option<Clock>,
    pub(crate) approval: Option<Approval>,
    pub(crate) estimate: Option<Duration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) expect: Option<String>,
    pub(crate) on_failure: OnFailure,
    pub(crate) record: Option<RecordKind>,
    pub(crate) places: Places,
}

/// Where the values of a block stand: by key (`action`), by parameter (`with.bucket`) or option (`decision.yes`).
#[derive(Debug, Default)]
pub(crate) struct Places(HashMap<String, Range<usize>>);

impl Places {
    pub(crate) fn get(&self, key: &str) -> Option<Range<usize>> {
        self.0.get(key).cloned()
    }
}

/// Reads a block; `None` when it is not YAML. A value that can't be read is reported, and left out.
pub(crate) fn read(block: &Excerpt, report: &mut Report) -> Option<Fenced> {
    let mut fenced = Fenced::default();
    let node = yaml::read(block, report)?;
    let mut fields = Fields::new(&node, "a step block", report)?;
    fields.known(&KEYS);
    for entry in fields.entries {
        fenced.places.0.insert(entry.key.clone(), entry.value.span.clone());
        if let (Value::Map(inner), "with" | "decision") = (&entry.value.value, entry.key.as_str()) {
            let places =
                inner.iter().map(|one| (format!("{}.{}", entry.key, one.key), one.value.span.clone()));
            fenced.places.0.extend(places);
        }
    }
    let id = "an id: lower-case letters, digits, hyphens and underscores";
    fenced.id = fields.checked("id", id, |text| is_id(text).then(|| StepId::from(text)));
    fenced.kind = kind(&mut fields);
    fenced.role = fields
        .checked("role", &format!("one of: {}", Role::ALL.map(Role::word).join(", ")), Role::of)
        .unwrap_or_default();
    fenced.clock =
        fields.checked("clock", &format!("one of: {}", Clock::ALL.map(Clock::word).join(", ")), Clock::of);
    fenced.approval = fields.checked("approval", "operator or approver", |text| match text {
        "operator" => Some(Approval::Operator),
        "approver" => Some(Approval::Approver),
        _ => None,
    });
    fenced.estimate = fields.duration("estimate");
    fenced.timeout = fields.duration("timeout");
    fenced.expect = fields.text("expect");
    fenced.on_failure = fields
        .checked("on_failure", "stop, or the id of the step to go to", |text| match text {
            "stop" => Some(OnFailure::Stop),
            id => is_id(id).then(|| OnFailure::GoTo(StepId::from(id))),
        })
        .unwrap_or_default();
    fenced.record = fields.checked("record", "text, number, time or file", |text| match text {
        "text" => Some(RecordKind::Text),
        "number" => Some(RecordKind::Number),
        "time" => Some(RecordKind::Time),
        "file" => Some(RecordKind::File),
        _ => None,
    });
    if fields.entry("action").is_none() {
        fields.misplaced("with", "only an action takes parameters");
        fields.misplaced("approval", "only the plan of an action is approved");
        fields.misplaced("timeout", "only an action is given up; a person may take as long as it needs");
    }
    if fields.entry("decision").is_some() {
        fields.misplaced("record", "the answer of a decision is what is recorded");
    }
    Some(fenced)
}

fn kind(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let mut kinds = fields.entries.iter().filter(|entry| KINDS.contains(&entry.key.as_str()));
    let first = kinds.next()?;
    if let Some(second) = kinds.next() {
        let message = format!("a step can't be `{}:` and `{}:` at once", first.key, second.key);
        let hint = "Give the second one a ### heading of its own.";
        fields.report.add(Code::SecondKind, second.key_span.clone(), message, hint);
    }
    match first.key.as_str() {
        "action" => action(fields),
        "decision" => decision(fields),
        "wait" => wait(fields),
        _ => communicate(fields),
    }
}

fn action(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    if fields.value("action").is_none()
        && let Some(entry) = fields.entry("action")
    {
        fields.missing("action", &entry.value, "Give the action's id, such as photos.survey.");
    }
    let action = fields.text("action")?;
    let mut with = BTreeMap::new();
    if let Some(inner) = fields.map("with") {
        for entry in inner.entries {
            if matches!(entry.value.value, Value::Null) {
                let message = format!("`{}:` has no value", entry.key);
                let hint = "Give it one, or remove it; an empty text is written \"\".";
                inner.report.add(Code::BadValue, entry.key_span.clone(), message, hint);
            } else if let Some(value) =
                fields::template(&entry.value, &format!("`{}:`", entry.key), inner.report)
            {
                with.insert(entry.key.clone(), value);
            }
        }
    }
    Some(StepKind::Action { action, with })
}

fn decision(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let span = fields.entry("decision")?.key_span.clone();
    let mut options = Vec::new();
    let mut entries = 0;
    if let Some(mut inner) = fields.map("decision") {
        entries = inner.entries.len();
        for entry in inner.entries {
            let target = "the id of the step to go to";
            match inner.checked(&entry.key, target, |text| is_id(text).then(|| StepId::from(text))) {
                Some(goto) if !entry.key.trim().is_empty() => {
                    options.push(Choice { label: entry.key.clone(), goto });
                }
                None if !matches!(entry.value.value, Value::Null) => {}
                _ => {
                    let message = "an answer of a decision needs a text and the id of the step it leads to";
                    let hint = "Write \"yes\": id-of-the-step.";
                    inner.report.add(Code::BadValue, entry.key_span.clone(), message, hint);
                }
            }
        }
    } else if fields.value("decision").is_some() {
        return None;
    }
    if entries == 0 {
        let hint = "Give each answer and the id of the step it leads to: \"yes\": notify-customers.";
        fields.report.add(Code::EmptyDecision, span, "this decision has no answers", hint);
    }
    (!options.is_empty()).then_some(StepKind::Decision { options })
}

fn wait(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let entry = fields.entry("wait")?;
    let mut inner = Fields::new(&entry.value, "`wait:`", fields.report)?;
    inner.known(&["for", "until"]);
    match (inner.value("for"), inner.value("until")) {
        (Some(_), None) => inner.duration("for").map(|length| StepKind::Wait(WaitFor::Duration(length))),
        (None, Some(_)) => inner.template("until").map(|until| StepKind::Wait(WaitFor::Until(until))),
        (Some(_), Some(second)) => {
            let hint = "Keep one of the two.";
            inner.report.add(
                Code::SecondKind,
                second.span.clone(),
                "a wait has `for:` or `until:`, not both",
                hint,
            );
            None
        }
        (None, None) => {
            let hint = "Give `for: 15m`, or `until: ${name}` with a parameter of type timestamp.";
            let message = "`wait:` needs `for:` or `until:`";
            inner.report.add(Code::MissingKey, entry.key_span.clone(), message, hint);
            None
        }
    }
}

fn communicate(fields: &mut Fields<'_, '_>) -> Option<StepKind> {
    let entry = fields.entry("communicate")?;
    let mut inner = Fields::new(&entry.value, "`communicate:`", fields.report)?;
    inner.known(&["audience", "message"]);
    for (key, hint) in [("audience", "Say whom to tell."), ("message", "Give the text to send.")] {
        if inner.value(key).is_none() {
            let message = format!("`communicate:` needs `{key}:`");
            inner.report.add(Code::MissingKey, entry.key_span.clone(), message, hint);
        }
    }
    let audience = inner.text("audience");
    let message = inner.template("message");
    Some(StepKind::Communicate { audience: audience?, message: message? })
}
