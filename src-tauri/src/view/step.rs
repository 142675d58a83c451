//! One step, large.

use action::{Effect, Outcome, PlanSummary};
use run::Move;
use serde::Serialize;
use ts_rs::TS;

use super::choice::ChoiceView;
use super::planning::PlanValue;
use super::run::Pair;

/// A step in full.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct StepDetail {
    /// Its id.
    pub id: String,
    /// Its number, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// Its phase's title.
    pub phase: String,
    /// What kind of step it is.
    pub kind: StepKind,
    /// What it may do.
    pub effect: Option<Effect>,
    /// Where it stands.
    pub state: StepState,
    /// Its instruction, rendered.
    pub html: String,
    /// Who does it.
    pub role: Option<String>,
    /// Who may do it, where it is for people of one role; `None` where anybody may.
    pub holders: Option<Vec<String>>,
    /// Whether its plan must be approved by someone other than the operator.
    pub second_person: bool,
    /// Its estimate, in seconds.
    pub estimate: Option<u64>,
    /// What success looks like.
    pub expect: Option<String>,
    /// What to do if it fails.
    pub if_it_fails: String,
    /// Its checks.
    pub checks: Vec<CheckView>,
    /// What the person must write down: `text`, `number`, `time` or `file`.
    pub record: Option<String>,
    /// What was written down.
    pub recorded: Option<String>,
    /// The action it calls.
    pub action: Option<ActionView>,
    /// The choices of a decision.
    pub options: Vec<OptionView>,
    /// The choice that was made.
    pub chosen: Option<String>,
    /// A wait.
    pub wait: Option<WaitView>,
    /// A message to send.
    pub message: Option<MessageView>,
    /// Why it was skipped.
    pub skipped: Option<String>,
    /// Everything a person may do with it now, the primary one first. Empty when the run doesn't stand here.
    pub moves: Vec<Move>,
    /// Why the primary one can't be done yet: `Tick 2 more checks.`
    pub blocked: Option<String>,
}

/// One check of a step.
#[derive(Debug, Clone, Serialize, TS)]
pub struct CheckView {
    /// Its text, rendered.
    pub html: String,
    /// Its text, plain.
    pub text: String,
    /// When it was ticked; `None` while it isn't.
    pub ticked_at: Option<String>,
    /// Who ticked it.
    pub ticked_by: Option<String>,
}

/// One choice of a decision.
#[derive(Debug, Clone, Serialize, TS)]
pub struct OptionView {
    /// The choice.
    pub label: String,
    /// The title of the step it leads to.
    pub leads_to: String,
}

/// A wait.
#[derive(Debug, Clone, Serialize, TS)]
pub struct WaitView {
    /// What is waited for, in words.
    pub text: String,
    /// When it began; `None` before.
    pub began: Option<String>,
    /// When it ends; `None` before it began.
    pub ends: Option<String>,
}

/// A message to send.
#[derive(Debug, Clone, Serialize, TS)]
pub struct MessageView {
    /// Who it is for.
    pub audience: String,
    /// Its text, filled in.
    pub text: String,
}

/// The action of a step, and how far it is.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ActionView {
    /// Its id, such as `photos.restore`.
    pub id: String,
    /// What it does.
    pub about: String,
    /// Its parameters, filled in as far as they are known.
    pub params: Vec<Pair>,
    /// Where it stands.
    pub work: WorkView,
    /// The moments that it can be planned from, once a survey found them.
    pub choice: Option<ChoiceView>,
    /// What else may be given when a plan is made, while one can be.
    pub values: Vec<PlanValue>,
    /// Plans and evidence kept so far, newest last.
    pub attachments: Vec<AttachmentView>,
    /// Whether what became of every photo can be saved as a table.
    pub manifest: bool,
}

/// Something kept in the journal by its content hash.
#[derive(Debug, Clone, Serialize, TS)]
pub struct AttachmentView {
    /// What it is: `plan`, `what was done`, `what was found`.
    pub label: String,
    /// The SHA-256 of its content, in hex.
    pub digest: String,
    /// Bytes.
    pub bytes: u64,
}

/// Where an action stands.
#[derive(Debug, Clone, Serialize, TS)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum WorkView {
    /// Nothing has been asked of it.
    Idle,
    /// It is reading.
    Reading {
        /// Since when.
        since: String,
    },
    /// It is working out a plan.
    Planning {
        /// Since when.
        since: String,
    },
    /// A plan waits for approval.
    Planned {
        /// The plan's digest.
        digest: String,
        /// What it would do.
        summary: PlanSummary,
        /// When it was made.
        at: String,
    },
    /// It is doing what the plan says.
    Applying {
        /// Since when.
        since: String,
        /// The plan's digest.
        digest: String,
        /// What the plan would do.
        summary: PlanSummary,
        /// Who approved it.
        approved_by: String,
        /// The attempt, from 1.
        attempt: u32,
    },
    /// It is checking what was done.
    Verifying {
        /// Since when.
        since: String,
        /// What was done; `None` when it had to be given up.
        applied: Option<Outcome>,
    },
    /// It was interrupted: nobody knows how far it got until it has been checked.
    InDoubt {
        /// When it was sent.
        since: String,
        /// The plan's digest.
        digest: String,
        /// Whether the check is going on.
        checking: bool,
        /// What the check found.
        found: Option<Outcome>,
        /// Why the check failed, when it did, and what to do.
        problem: Option<ProblemText>,
    },
    /// It went wrong.
    Failed {
        /// What failed: `read`, `plan`, `apply` or `verify`.
        stage: String,
        /// When.
        at: String,
        /// Why, and what to do; `None` when the outcome says it.
        problem: Option<ProblemText>,
        /// What was found or done, as far as it got.
        outcome: Option<Outcome>,
    },
    /// It is done and verified.
    Verified {
        /// When.
        at: String,
        /// What was found or done.
        outcome: Outcome,
        /// What was done before it was verified; `None` for actions that only read.
        applied: Option<Outcome>,
    },
}

/// What went wrong, and what to do next. Also what every command's promise is rejected with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
#[ts(export)]
pub struct ProblemText {
    /// What failed, with what, and why.
    pub what: String,
    /// What to do next.
    pub next: String,
}

/// What kind of step it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Something a person does.
    Manual,
    /// Something Lifeboat does.
    Action,
    /// A choice that says where to go on.
    Decision,
    /// A wait.
    Wait,
    /// A message to send.
    Communicate,
}

/// Where a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Not reached yet.
    Ahead,
    /// The run stands here.
    Current,
    /// An action is at work in it.
    Working,
    /// It needs a person: failed, or in doubt.
    Attention,
    /// Done, and verified where it can be.
    Done,
    /// Skipped, with a reason.
    Skipped,
    /// A decision led past it.
    Passed,
}
