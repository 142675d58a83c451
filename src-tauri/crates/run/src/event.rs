//! What happened in a run: the only thing that is kept.

use std::collections::BTreeMap;

use action::{Environment, Happening, Outcome, PlanSummary};
use jiff::Timestamp;
use jiff::civil::Date;
use runbook::{Clock, Role, StepId};
use serde::{Deserialize, Serialize};

use crate::{Digest, How};

/// The version of the events below. A journal of a later one is refused, not guessed at; 2 added `Happened`, 3
/// `ApplyBrokeOff`, `ClockJumped` and `ClockCompared`, 4 people, clocks, attached files, corrective actions, tags and how
/// a plan was approved.
pub const FORMAT: u32 = 4;

/// Which of the three a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Mode {
    /// The real thing.
    Incident,
    /// Real AWS, isolated targets: the quarterly tested restore.
    Rehearsal,
    /// Tabletop, on the practice range.
    Exercise,
}

impl Mode {
    /// The word that people see and type.
    pub fn word(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Rehearsal => "rehearsal",
            Self::Exercise => "exercise",
        }
    }

    /// Whether a run in this mode may be bound to `environment`: an exercise only to one that is on this
    /// machine, and nothing but an exercise to the practice range.
    pub fn allows(self, environment: &Environment) -> bool {
        match self {
            Self::Exercise => environment.is_local(),
            Self::Incident | Self::Rehearsal => !environment.is_practice(),
        }
    }
}

/// Everything a run is started with. Editing the runbook or the environment afterwards changes nothing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Start {
    /// [`FORMAT`] when it was written.
    pub format: u32,
    /// The version of Lifeboat that started it.
    pub lifeboat: String,
    /// The mode.
    pub mode: Mode,
    /// The runbook's id.
    pub runbook: String,
    /// The runbook's whole text.
    pub source: String,
    /// The environment; it holds no secret.
    pub environment: Environment,
    /// Every parameter with its value, checked and normalised.
    pub parameters: BTreeMap<String, String>,
    /// Who runs it.
    pub operator: String,
    /// When the outage began, if that is known.
    pub outage_began: Option<Timestamp>,
    /// When it was declared.
    pub declared: Timestamp,
}

/// Something kept in the journal by its content: a plan, or evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// The SHA-256 of its content.
    pub digest: Digest,
    /// Its length, in bytes.
    pub bytes: u64,
}

/// What a note is for, in the review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NoteTag {
    /// Who or what was affected, and how badly.
    Impact,
    /// What went well.
    WentWell,
    /// What went badly.
    WentBadly,
}

impl NoteTag {
    /// The words that people see: `went well`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Impact => "impact",
            Self::WentWell => "went well",
            Self::WentBadly => "went badly",
        }
    }
}

/// What went wrong, and what to do next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What failed, with what, and why.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run began. Always the first entry, and never a later one.
    RunStarted(Box<Start>),
    /// The run was opened again by another process; whatever was going on had stopped.
    Resumed,
    /// A check was ticked.
    CheckTicked {
        /// The step.
        step: StepId,
        /// The check, from 0.
        check: usize,
        /// What it said.
        text: String,
    },
    /// A tick was taken back.
    CheckUnticked {
        /// The step.
        step: StepId,
        /// The check, from 0.
        check: usize,
        /// What it said.
        text: String,
    },
    /// A step was declared done.
    StepCompleted {
        /// The step.
        step: StepId,
        /// What the person wrote down.
        record: Option<String>,
    },
    /// A decision was taken.
    Decided {
        /// The step.
        step: StepId,
        /// The option.
        choice: String,
        /// The step it leads to.
        goto: StepId,
    },
    /// A wait began.
    WaitStarted {
        /// The step.
        step: StepId,
        /// When it ends.
        until: Timestamp,
    },
    /// A step was left undone.
    Skipped {
        /// The step.
        step: StepId,
        /// Why.
        reason: String,
    },
    /// A step failed, and the run went where the runbook says.
    FailureFollowed {
        /// The step.
        step: StepId,
        /// The step it leads to.
        goto: StepId,
    },
    /// Something was written down.
    Noted {
        /// The step it is about.
        step: Option<StepId>,
        /// What.
        text: String,
        /// What it is for, in the review.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        tag: Option<NoteTag>,
    },
    /// A file, or a picture of a screen, was kept as evidence.
    Attached {
        /// The step it is about.
        step: Option<StepId>,
        /// What it was called, without its folder.
        name: String,
        /// What it is, by its content: `image/png`, `text/plain`.
        media: String,
        /// Its content.
        file: Attachment,
    },
    /// Somebody undertook to change something, so that it goes better next time.
    CorrectiveAction {
        /// What.
        what: String,
        /// Who.
        owner: String,
        /// Until when.
        due: Option<Date>,
    },
    /// A person came into the run, or took on one more role in it.
    Joined {
        /// Who.
        person: String,
        /// As what.
        role: Role,
    },
    /// A person left the run.
    Left {
        /// Who.
        person: String,
    },
    /// The run was handed over to another operator.
    HandedOver {
        /// To whom.
        to: String,
    },
    /// A clock of the incident was read off, or set right. The last word counts.
    Marked {
        /// Which.
        clock: Clock,
        /// What it said.
        at: Timestamp,
    },
    /// This machine's clock went on by more, or less, than time did: it was set, or the machine slept.
    ClockJumped {
        /// By so many seconds; less than none when it was set back.
        seconds: i64,
    },
    /// AWS's clock was found to say another time than this machine's, or the same again.
    ClockCompared {
        /// So many seconds this machine's is ahead; less than none when it is behind.
        ahead: i64,
    },
    /// An action that only reads is about to.
    ReadStarted {
        /// The step.
        step: StepId,
        /// The action.
        action: String,
        /// Its parameters, filled in.
        params: BTreeMap<String, String>,
    },
    /// It has read.
    ReadFinished {
        /// The step.
        step: StepId,
        /// What it found.
        outcome: Outcome,
        /// What it saw.
        evidence: Attachment,
    },
    /// It could not.
    ReadFailed {
        /// The step.
        step: StepId,
        /// Why.
        problem: Problem,
    },
    /// While an action was at work, something happened on the far side: a state changed, a request was answered.
    Happened {
        /// The step.
        step: StepId,
        /// What, when and by which request's word.
        #[serde(flatten)]
        happening: Happening,
    },
    /// A plan is about to be worked out.
    PlanStarted {
        /// The step.
        step: StepId,
        /// The action.
        action: String,
        /// Its parameters, filled in.
        params: BTreeMap<String, String>,
    },
    /// A plan waits for approval.
    PlanReady {
        /// The step.
        step: StepId,
        /// Its body, whose digest is the plan's.
        plan: Attachment,
        /// What it would do.
        summary: PlanSummary,
    },
    /// No plan could be made.
    PlanFailed {
        /// The step.
        step: StepId,
        /// Why.
        problem: Problem,
    },
    /// The plan was refused.
    PlanRefused {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// The plan was approved.
    PlanApproved {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// Who approved it.
        by: String,
        /// What stands for it.
        #[serde(default)]
        how: How,
    },
    /// What the plan says is about to be done. Committed before the first request is sent.
    ApplyStarted {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// It was done, as far as it could be.
    ApplyFinished {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// What was done.
        outcome: Outcome,
        /// Item by item.
        evidence: Attachment,
    },
    /// It had to be given up.
    ApplyFailed {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// Why.
        problem: Problem,
        /// Item by item, until then.
        evidence: Attachment,
    },
    /// The process that applied a plan ended in the middle: what it had written down of what it did.
    ApplyBrokeOff {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// What it did.
        evidence: Attachment,
    },
    /// What was done is about to be looked at again.
    VerifyStarted {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
    },
    /// What was done was looked at.
    VerifyFinished {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// What was found.
        outcome: Outcome,
        /// Item by item.
        evidence: Attachment,
    },
    /// It could not be looked at.
    VerifyFailed {
        /// The step.
        step: StepId,
        /// The plan.
        digest: Digest,
        /// Why.
        problem: Problem,
    },
    /// The last step is behind.
    RunFinished,
    /// The run was ended before its last step.
    RunAbandoned {
        /// Why.
        reason: String,
    },
}

impl Event {
    /// The step it is about.
    pub fn step(&self) -> Option<&StepId> {
        match self {
            Self::RunStarted(_)
            | Self::Resumed
            | Self::ClockJumped { .. }
            | Self::ClockCompared { .. }
            | Self::CorrectiveAction { .. }
            | Self::Joined { .. }
            | Self::Left { .. }
            | Self::HandedOver { .. }
            | Self::Marked { .. }
            | Self::RunFinished
            | Self::RunAbandoned { .. } => None,
            Self::Noted { step, .. } | Self::Attached { step, .. } => step.as_ref(),
            Self::CheckTicked { step, .. }
            | Self::CheckUnticked { step, .. }
            | Self::StepCompleted { step, .. }
            | Self::Decided { step, .. }
            | Self::WaitStarted { step, .. }
            | Self::Skipped { step, .. }
            | Self::FailureFollowed { step, .. }
            | Self::ReadStarted { step, .. }
            | Self::ReadFinished { step, .. }
            | Self::ReadFailed { step, .. }
            | Self::Happened { step, .. }
            | Self::PlanStarted { step, .. }
            | Self::PlanReady { step, .. }
            | Self::PlanFailed { step, .. }
            | Self::PlanRefused { step, .. }
            | Self::PlanApproved { step, .. }
            | Self::ApplyStarted { step, .. }
            | Self::ApplyFinished { step, .. }
            | Self::ApplyFailed { step, .. }
            | Self::ApplyBrokeOff { step, .. }
            | Self::VerifyStarted { step, .. }
            | Self::VerifyFinished { step, .. }
            | Self::VerifyFailed { step, .. } => Some(step),
        }
    }

    /// What it keeps by its content.
    pub fn attachment(&self) -> Option<&Attachment> {
        match self {
            Self::PlanReady { plan, .. } => Some(plan),
            Self::Attached { file, .. } => Some(file),
            Self::ReadFinished { evidence, .. }
            | Self::ApplyFinished { evidence, .. }
            | Self::ApplyFailed { evidence, .. }
            | Self::ApplyBrokeOff { evidence, .. }
            | Self::VerifyFinished { evidence, .. } => Some(evidence),
            _ => None,
        }
    }
}
