//! A runbook as a value. Only the parser makes one, and only from a source without errors.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::time::Duration;

use action::{ActionSpec, Effect};
use jiff::civil::Date;
use serde::{Deserialize, Serialize, Serializer};

use crate::{Clock, Parameter, Role, Template};

/// A runbook: metadata, parameters, and phases of steps.
///
/// It has at least one step, and every reference and every `goto` in it leads somewhere.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Runbook {
    /// Its id, unique in a library: `runbook:`, or else the slug of its title.
    pub id: String,
    /// Its title: `title:`, or else the first `#`, or else the name of the file.
    pub title: String,
    /// Its version, as written.
    pub version: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it was last reviewed.
    pub reviewed: Option<Date>,
    /// The systems it is about.
    pub systems: Vec<String>,
    /// What it has to achieve.
    pub objectives: Objectives,
    /// The NIST CSF 2.0 subcategories it serves.
    pub csf: Vec<String>,
    /// Whether one person may go on alone where two are asked for, with a reason.
    pub break_glass: bool,
    /// What a run of it asks for.
    pub parameters: Vec<Parameter>,
    /// What stands before its first phase: sanitised HTML.
    pub introduction: String,
    /// Its phases, in order. Steps that stand before the first are in one without a title. Not to be
    /// changed: [`Runbook::step`] knows each step's place in them.
    pub phases: Vec<Phase>,
    #[serde(skip)]
    pub(crate) places: HashMap<StepId, (usize, usize)>,
}

/// Recovery objectives.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Objectives {
    /// Recovery time objective: how long a recovery may take; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub rto: Option<Duration>,
    /// Recovery point objective: how much may be lost; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub rpo: Option<Duration>,
}

/// A phase: a `##` heading and what follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Phase {
    /// Its title; empty for the steps before the first `##`.
    pub title: String,
    /// What stands before its first step: sanitised HTML.
    pub introduction: String,
    /// Its steps; there may be none.
    pub steps: Vec<Step>,
}

/// A step's id: `id:` in its block, or its heading's slug.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StepId(pub String);

impl StepId {
    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for StepId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl fmt::Display for StepId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A step: a `###` heading and what follows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Step {
    /// Its id, unique in the runbook.
    pub id: StepId,
    /// Its title.
    pub title: String,
    /// The line of its heading, from 1.
    pub line: usize,
    /// Its instruction without its checks and its block: sanitised HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
    /// Its task items; all must be ticked before it is done.
    pub checks: Vec<Check>,
    /// What kind of step it is.
    pub kind: StepKind,
    /// Who does it; the operator when nothing is said.
    pub role: Role,
    /// The clock that is stopped when it is done.
    pub clock: Option<Clock>,
    /// Who must approve its plan; never `None` for an action that changes or destroys.
    pub approval: Option<Approval>,
    /// How long it is expected to take; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub estimate: Option<Duration>,
    /// How long its action may take before it is stopped; in seconds when serialised.
    #[serde(serialize_with = "seconds")]
    pub timeout: Option<Duration>,
    /// What success looks like.
    pub expect: Option<String>,
    /// What to do when it fails.
    pub on_failure: OnFailure,
    /// What the person must write down.
    pub record: Option<RecordKind>,
}

/// One task item of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// Its text: sanitised HTML.
    pub html: String,
    /// The same as plain text.
    pub text: String,
}

/// What kind of step it is; serialised with the kind's word as `kind`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum StepKind {
    /// Something a person does.
    Manual,
    /// Something Lifeboat does.
    Action {
        /// The action's id, one that [`action::spec::find`] knows.
        action: String,
        /// Its parameters.
        with: BTreeMap<String, Template>,
    },
    /// A choice that says where to go on.
    Decision {
        /// The choices, in the order they were written; at least one.
        options: Vec<Choice>,
    },
    /// A wait.
    Wait(WaitFor),
    /// A message to send.
    Communicate {
        /// Who it is for.
        audience: String,
        /// Its text.
        message: Template,
    },
}

/// One choice of a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choice {
    /// Its label.
    pub label: String,
    /// The step it leads to; always a later one.
    pub goto: StepId,
}

/// How long to wait.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitFor {
    /// `for:` a length of time; in seconds when serialised.
    #[serde(serialize_with = "whole_seconds")]
    Duration(Duration),
    /// `until:` an instant, usually a parameter.
    Until(Template),
}

/// Who must approve a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// Whoever runs it.
    Operator,
    /// A second person.
    Approver,
}

/// What to do when a step fails.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    #[default]
    /// Stop; a person says what now.
    Stop,
    /// Go to another step, further on.
    GoTo(StepId),
}

/// What a person must write down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Any text.
    Text,
    /// A number.
    Number,
    /// An instant with its offset.
    Time,
    /// The path of a file.
    File,
}

impl Runbook {
    /// Every step, in the order of the file.
    pub fn steps(&self) -> impl Iterator<Item = &Step> {
        self.phases.iter().flat_map(|phase| &phase.steps)
    }

    /// The step with this id.
    pub fn step(&self, id: &StepId) -> Option<&Step> {
        let (phase, step) = *self.places.get(id)?;
        self.phases.get(phase)?.steps.get(step)
    }

    /// The phase that the step with this id stands in.
    pub fn phase_of(&self, id: &StepId) -> Option<&Phase> {
        self.phases.get(self.places.get(id)?.0)
    }

    /// The step that follows this one in the file; `None` after the last, or when there is no such step.
    pub fn next_after(&self, id: &StepId) -> Option<&Step> {
        let (phase, step) = *self.places.get(id)?;
        let rest = self.phases.get(phase)?.steps.get(step + 1..)?;
        rest.iter().chain(self.phases.get(phase + 1..)?.iter().flat_map(|phase| &phase.steps)).next()
    }

    /// The estimates of all steps, added up.
    pub fn estimate(&self) -> Duration {
        self.steps().filter_map(|step| step.estimate).sum()
    }

    /// The worst that any of its steps may do; `None` when none calls an action.
    pub fn effect(&self) -> Option<Effect> {
        self.steps().filter_map(Step::effect).max()
    }
}

impl Step {
    /// What its action may do; `None` when it calls none.
    pub fn effect(&self) -> Option<Effect> {
        self.action().map(|spec| spec.effect)
    }

    /// Its action; `None` when it calls none.
    pub fn action(&self) -> Option<&'static ActionSpec> {
        match &self.kind {
            StepKind::Action { action, .. } => action::spec::find(action),
            _ => None,
        }
    }

    /// Whether it calls an action.
    pub fn is_action(&self) -> bool {
        matches!(self.kind, StepKind::Action { .. })
    }
}

fn seconds<S: Serializer>(length: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    length.map(|length| length.as_secs()).serialize(to)
}

fn whole_seconds<S: Serializer>(length: &Duration, to: S) -> Result<S::Ok, S::Error> {
    length.as_secs().serialize(to)
}
