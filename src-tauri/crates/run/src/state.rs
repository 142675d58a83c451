//! What a run is at a moment.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use action::{Outcome, PlanSummary};
use jiff::Timestamp;
use runbook::{Clock, Runbook, Step, StepId, StepKind};

use crate::{Attachment, Digest, Mark, Person, Problem, RunId, Start};

/// A run, had by folding its journal ([`Run::fold`]) and in no other way.
#[derive(Debug, Clone, PartialEq)]
pub struct Run {
    pub(crate) id: RunId,
    pub(crate) start: Start,
    pub(crate) runbook: Arc<Runbook>,
    pub(crate) started: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) seq: u64,
    pub(crate) state: State,
    pub(crate) current: Option<StepId>,
    pub(crate) steps: BTreeMap<StepId, StepRun>,
    pub(crate) approver: Option<String>,
    pub(crate) operator: String,
    pub(crate) people: Vec<Person>,
    pub(crate) clocks: BTreeMap<Clock, Mark>,
    pub(crate) held: Duration,
    pub(crate) holding: Option<Timestamp>,
    pub(crate) broke_glass: bool,
    pub(crate) files: Vec<Kept>,
}

/// A file that somebody kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The step it is about.
    pub step: Option<StepId>,
    /// What it was called.
    pub name: String,
    /// What it is: `image/png`.
    pub media: String,
    /// Its content.
    pub file: Attachment,
}

/// Where a run stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It goes on.
    Active,
    /// Its last step is behind.
    Finished(Timestamp),
    /// It was ended before its last step.
    Abandoned {
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
}

/// What has happened in one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StepRun {
    /// Where it stands.
    pub state: StepState,
    /// Its checks that are ticked.
    pub ticks: BTreeMap<usize, Tick>,
    /// What was written down.
    pub record: Option<String>,
    /// The option that was chosen.
    pub chosen: Option<String>,
    /// Its wait, once it began.
    pub wait: Option<Wait>,
    /// Its action.
    pub work: Work,
    /// What its action was last asked with.
    pub params: BTreeMap<String, String>,
    /// Who last asked for a plan.
    pub planner: Option<String>,
    /// Plans and evidence so far, oldest first.
    pub attachments: Vec<(&'static str, Attachment)>,
    /// When the run came to stand here.
    pub reached: Option<Timestamp>,
    /// When it was left.
    pub left: Option<Timestamp>,
}

/// Where a step stands.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum StepState {
    /// Not done; whether it is the current one, [`Run::current`] says.
    #[default]
    Open,
    /// Done.
    Done,
    /// Left undone, with a reason.
    Skipped(String),
    /// It failed, and the run went where the runbook says.
    Failed,
}

/// A check that is ticked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tick {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A wait that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wait {
    /// When.
    pub began: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// Where the action of a step stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum Work {
    /// Nothing has been asked of it.
    #[default]
    Idle,
    /// It is reading.
    Reading {
        /// Since when.
        since: Timestamp,
    },
    /// It is working out a plan.
    Planning {
        /// Since when.
        since: Timestamp,
    },
    /// A plan waits for approval.
    Planned {
        /// When it was made.
        at: Timestamp,
        /// The plan's digest.
        digest: Digest,
        /// What it would do.
        summary: PlanSummary,
    },
    /// It is doing what the plan says.
    Applying(Applied),
    /// It was interrupted: how far it got isn't known until it has been looked at.
    InDoubt {
        /// What was being done.
        applied: Applied,
        /// What was found; `None` until then.
        found: Option<Box<Outcome>>,
        /// Why it could not be looked at.
        problem: Option<Problem>,
    },
    /// It was done; whether it worked is being looked at.
    Verifying {
        /// What was done.
        applied: Applied,
        /// What came of it; `None` when it was given up.
        outcome: Option<Box<Outcome>>,
    },
    /// It went wrong.
    Failed {
        /// When.
        at: Timestamp,
        /// What went wrong.
        stage: Stage,
        /// What was being done; `None` unless a plan was approved.
        applied: Option<Applied>,
        /// Why, and what to do; `None` when the outcome says it.
        problem: Option<Problem>,
        /// What was found or done, as far as it got.
        outcome: Option<Box<Outcome>>,
        /// What was done before it was verified; `None` when it was not, or that isn't known.
        done: Option<Box<Outcome>>,
    },
    /// It is done and verified.
    Verified {
        /// When.
        at: Timestamp,
        /// What was found.
        outcome: Box<Outcome>,
        /// What was done before it was verified; `None` for what only reads.
        applied: Option<Box<Outcome>>,
    },
}

/// A plan that was approved and sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Applied {
    /// When it was last sent.
    pub since: Timestamp,
    /// Its digest.
    pub digest: Digest,
    /// What it would do.
    pub summary: PlanSummary,
    /// Who approved it.
    pub by: String,
    /// The attempt, from 1.
    pub attempt: u32,
}

/// What of an action went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Reading.
    Read,
    /// Planning.
    Plan,
    /// Doing what the plan says.
    Apply,
    /// Looking whether it worked.
    Verify,
}

impl Stage {
    /// The word that people see.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }
}

/// What the outside world is owed: the one thing the engine has to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owed {
    /// Perform an action that only reads.
    Read {
        /// The step.
        step: StepId,
        /// The action's parameters.
        params: BTreeMap<String, String>,
    },
    /// Work out a plan.
    Plan {
        /// The step.
        step: StepId,
        /// The action's parameters.
        params: BTreeMap<String, String>,
    },
    /// Do what a plan says.
    Apply {
        /// The step.
        step: StepId,
        /// The action's parameters.
        params: BTreeMap<String, String>,
        /// The plan.
        digest: Digest,
    },
    /// Look whether what a plan wanted is so.
    Verify {
        /// The step.
        step: StepId,
        /// The action's parameters.
        params: BTreeMap<String, String>,
        /// The plan.
        digest: Digest,
    },
}

impl Owed {
    /// The action's parameters.
    pub fn params(&self) -> &BTreeMap<String, String> {
        match self {
            Self::Read { params, .. }
            | Self::Plan { params, .. }
            | Self::Apply { params, .. }
            | Self::Verify { params, .. } => params,
        }
    }

    /// The step it is for.
    pub fn step(&self) -> &StepId {
        match self {
            Self::Read { step, .. }
            | Self::Plan { step, .. }
            | Self::Apply { step, .. }
            | Self::Verify { step, .. } => step,
        }
    }
}

impl Run {
    /// The run's id.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// What it was started with.
    pub fn start(&self) -> &Start {
        &self.start
    }

    /// Its runbook, as it was when the run started.
    pub fn runbook(&self) -> &Runbook {
        &self.runbook
    }

    /// When it started.
    pub fn started(&self) -> Timestamp {
        self.started
    }

    /// When its last entry was written.
    pub fn last(&self) -> Timestamp {
        self.last
    }

    /// The number of its last entry.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Where it stands.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The step it stands at; `None` once it has ended.
    pub fn current(&self) -> Option<&Step> {
        self.runbook.step(self.current.as_ref()?)
    }

    /// What has happened in a step so far.
    pub fn step(&self, id: &StepId) -> &StepRun {
        static UNTOUCHED: StepRun = StepRun::UNTOUCHED;
        self.steps.get(id).unwrap_or(&UNTOUCHED)
    }

    /// Whether one person approved a plan alone where two are asked for.
    pub fn broke_glass(&self) -> bool {
        self.broke_glass
    }

    /// The files that people kept as evidence, oldest first.
    pub fn files(&self) -> &[Kept] {
        &self.files
    }

    /// Who approved the last plan.
    pub fn approver(&self) -> Option<&str> {
        self.approver.as_deref()
    }

    /// What has to be done in the outside world now. Everything it needs was recorded before.
    pub fn owed(&self) -> Option<Owed> {
        let step = self.current.clone()?;
        let of = self.step(&step);
        let params = of.params.clone();
        match &of.work {
            Work::Reading { .. } => Some(Owed::Read { step, params }),
            Work::Planning { .. } => Some(Owed::Plan { step, params }),
            Work::Applying(applied) => Some(Owed::Apply { step, params, digest: applied.digest.clone() }),
            Work::Verifying { applied, .. } | Work::InDoubt { applied, found: None, problem: None } => {
                Some(Owed::Verify { step, params, digest: applied.digest.clone() })
            }
            _ => None,
        }
    }

    /// Whether any `${steps.<id>.<output>}` can be filled in from here, and with what.
    pub fn output(&self, step: &StepId, name: &str) -> Option<&str> {
        let Work::Verified { outcome, applied, .. } = &self.step(step).work else { return None };
        let done = applied.as_ref().and_then(|applied| applied.outputs.get(name));
        done.or_else(|| outcome.outputs.get(name)).map(String::as_str)
    }

    /// The estimates of the steps that are still ahead, added up.
    pub fn remaining(&self) -> Duration {
        let Some(current) = &self.current else { return Duration::ZERO };
        self.runbook.steps().skip_while(|step| step.id != *current).filter_map(|step| step.estimate).sum()
    }
}

impl StepRun {
    const UNTOUCHED: Self = Self {
        state: StepState::Open,
        ticks: BTreeMap::new(),
        record: None,
        chosen: None,
        wait: None,
        work: Work::Idle,
        params: BTreeMap::new(),
        planner: None,
        attachments: Vec::new(),
        reached: None,
        left: None,
    };

    /// How many of the step's checks aren't ticked yet.
    pub fn unticked(&self, step: &Step) -> usize {
        (0..step.checks.len()).filter(|check| !self.ticks.contains_key(check)).count()
    }
}

/// Whether a step calls an action.
pub(crate) fn action_of(step: &Step) -> Option<&str> {
    match &step.kind {
        StepKind::Action { action, .. } => Some(action),
        _ => None,
    }
}
