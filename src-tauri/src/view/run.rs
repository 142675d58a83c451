//! A run: its frame, its checklist, its timeline.

use action::Effect;
use run::Mode;
use serde::Serialize;
use ts_rs::TS;

use super::people::{FileView, PersonView, RecoveryView};
use super::step::{StepDetail, StepKind, StepState};

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RunState {
    /// It goes on.
    Active,
    /// Its last step is done.
    Finished,
    /// It was abandoned, with a reason.
    Abandoned,
}

/// What was written.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct Exported {
    /// Where.
    pub path: String,
    /// Why no checkpoint could be signed, where the export should have one.
    pub unsigned: Option<String>,
}

/// A whole run, but for the details of steps other than the one it stands at.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct RunView {
    /// The run's id.
    pub id: String,
    /// Its mode.
    pub mode: Mode,
    /// Where it stands.
    pub state: RunState,
    /// The runbook's title.
    pub title: String,
    /// The runbook's version.
    pub version: Option<String>,
    /// The environment's name.
    pub environment: String,
    /// The environment's account.
    pub account: String,
    /// The environment's region.
    pub region: String,
    /// Who runs it.
    pub operator: String,
    /// Who approved its last plan.
    pub approver: Option<String>,
    /// Everybody who takes part, or did, in the order in which they came.
    pub people: Vec<PersonView>,
    /// Whether a second person has to sign in, and a role counts: it is no exercise.
    pub strict: bool,
    /// Whether one person may approve alone where two are asked for, with a reason.
    pub break_glass: bool,
    /// Whether that was done.
    pub broke_glass: bool,
    /// Its clocks, and what was achieved by them.
    pub recovery: RecoveryView,
    /// Files that were kept as evidence, oldest first.
    pub files: Vec<FileView>,
    /// When the run started.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// The recovery time objective, in seconds.
    pub rto: Option<u64>,
    /// The recovery point objective, in seconds.
    pub rpo: Option<u64>,
    /// The estimates of the steps still ahead added up, in seconds.
    pub remaining: u64,
    /// What the run was started with.
    pub parameters: Vec<Pair>,
    /// Phases and their steps, in order.
    pub phases: Vec<PhaseView>,
    /// The id of the step the run stands at; `None` when it has ended.
    pub current: Option<String>,
    /// That step, in full.
    pub step: Option<StepDetail>,
    /// Entries in the journal so far.
    pub entries: u64,
    /// The name of the key that signed how the run ended; `None` when that wasn't signed yet, or it goes on.
    pub signed: Option<String>,
    /// The hash of the last of them.
    pub head: String,
    /// Whether an action is at work right now, in this window.
    pub working: bool,
}

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct Pair {
    /// The name.
    pub name: String,
    /// The value.
    pub value: String,
}

/// One phase of the checklist.
#[derive(Debug, Clone, Serialize, TS)]
pub struct PhaseView {
    /// Its title; empty for steps that stand before the first phase.
    pub title: String,
    /// Its steps.
    pub steps: Vec<StepRow>,
}

/// One line of the checklist.
#[derive(Debug, Clone, Serialize, TS)]
pub struct StepRow {
    /// Its id.
    pub id: String,
    /// Its number, from 1.
    pub number: usize,
    /// Its title.
    pub title: String,
    /// What kind of step it is.
    pub kind: StepKind,
    /// What it may do; `None` for steps that call no action.
    pub effect: Option<Effect>,
    /// Where it stands.
    pub state: StepState,
    /// Its estimate, in seconds.
    pub estimate: Option<u64>,
}

/// One line of the timeline.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct TimelineRow {
    /// The entry's number in the run, from 1.
    pub seq: u64,
    /// When.
    pub at: String,
    /// Who, or `lifeboat`.
    pub actor: String,
    /// What kind of event, as the journal names it.
    pub kind: String,
    /// What happened, in a line.
    pub text: String,
    /// The id of the request that told of it, for what happened on the far side.
    pub request_id: Option<String>,
    /// The id of the step it was about.
    pub step: Option<String>,
    /// The entry's hash.
    pub hash: String,
}

/// Sent as the event `progress` while an action works; never journaled.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct ProgressView {
    /// The run.
    pub run: String,
    /// The step.
    pub step: String,
    /// What is being done.
    pub doing: String,
    /// Items done.
    pub done: u64,
    /// Items in all.
    pub total: Option<u64>,
    /// Items that failed.
    pub failed: u64,
    /// Bytes of the items done.
    pub bytes: u64,
    /// Items a second, of late.
    pub rate: f64,
    /// Seconds left, when that can be told.
    pub left: Option<u64>,
    /// Why nothing goes on now, and what would let it go on.
    pub paused: Option<String>,
}

/// A piece of an attachment.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct AttachmentPage {
    /// Whole lines.
    pub lines: Vec<String>,
    /// The line that `lines` begins with, from 0.
    pub from: u64,
    /// Whether more follow.
    pub more: bool,
}

/// Closing the window was asked for while an action works.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct CloseAsked {
    /// The run's id.
    pub run: String,
    /// The title of the step that works.
    pub step: String,
    /// Whether it changes something, or only reads.
    pub changes: bool,
}
