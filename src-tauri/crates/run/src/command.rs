//! What a person asks of a run.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use runbook::{Clock, Role, StepId};
use serde::{Deserialize, Serialize};

use crate::{Attachment, Digest, NoteTag, Signed};

/// One thing a person asks of a run. Who asks is given beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
#[ts(export)]
pub enum Command {
    /// Tick one of a step's checks.
    Tick {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The check, from 0.
        check: usize,
    },
    /// Take a tick back.
    Untick {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The check, from 0.
        check: usize,
    },
    /// Say that a step is done. Its checks must be ticked, its action verified.
    Complete {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// What the step asks to write down.
        #[serde(default)]
        record: Option<String>,
    },
    /// Choose one of a decision's options.
    Decide {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The option's label.
        choice: String,
    },
    /// Begin a wait.
    StartWait {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
    },
    /// Perform an action that only reads.
    Read {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
    },
    /// Work out what an action would do.
    Plan {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// Values that replace the step's own, where the action lets them be chosen now, such as `ties: photo`.
        #[serde(default)]
        with: BTreeMap<String, String>,
    },
    /// Approve exactly the plan with this digest, and have it done.
    Approve {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The plan's digest.
        #[ts(type = "string")]
        digest: Digest,
        /// Who approves; the person asking when left out.
        #[serde(default)]
        by: Option<String>,
        /// The name of what will be gone, typed, for a plan that destroys something.
        #[serde(default)]
        typed: Option<String>,
    },
    /// Approve exactly the plan with this digest, under the approver's signature. The window can't ask for this: it
    /// gives the passphrase.
    #[serde(skip)]
    ApproveSigned {
        /// The step.
        step: StepId,
        /// The plan's digest.
        digest: Digest,
        /// Who approves.
        by: String,
        /// Their signature.
        signed: Signed,
        /// The name of what will be gone, typed, for a plan that destroys something.
        typed: Option<String>,
    },
    /// Approve alone a plan that asks for a second person, where the runbook lets the glass be broken.
    BreakGlass {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The plan's digest.
        #[ts(type = "string")]
        digest: Digest,
        /// Why nobody else can be asked.
        reason: String,
        /// The name of what will be gone, typed, for a plan that destroys something.
        #[serde(default)]
        typed: Option<String>,
    },
    /// Refuse the plan with this digest.
    Refuse {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// The plan's digest.
        #[ts(type = "string")]
        digest: Digest,
        /// Why.
        reason: String,
    },
    /// Go on with the plan that was approved, after a failure or an interruption.
    ApplyAgain {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
    },
    /// Look once more at what was done.
    CheckAgain {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
    },
    /// Go where the runbook says to go when this step fails.
    FollowFailure {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
    },
    /// Leave a step undone.
    Skip {
        /// The step.
        #[ts(type = "string")]
        step: StepId,
        /// Why.
        reason: String,
    },
    /// Write something down.
    Note {
        /// What.
        text: String,
        /// The step it is about.
        #[serde(default)]
        #[ts(type = "string | null")]
        step: Option<StepId>,
        /// What it is for, in the review.
        #[serde(default)]
        tag: Option<NoteTag>,
    },
    /// Keep a file as evidence that is in the journal already. The window can't ask for this: it gives the file.
    #[serde(skip)]
    Attach {
        /// The step it is about.
        step: Option<StepId>,
        /// What it was called.
        name: String,
        /// What it is.
        media: String,
        /// Its content.
        file: Attachment,
    },
    /// Undertake to change something, so that it goes better next time.
    Correct {
        /// What.
        what: String,
        /// Who.
        owner: String,
        /// Until when: a day.
        #[serde(default)]
        #[ts(type = "string | null")]
        due: Option<Date>,
    },
    /// Say that a person takes part, or takes on one more role.
    Join {
        /// Who.
        person: String,
        /// As what.
        role: Role,
    },
    /// Say that a person leaves.
    Leave {
        /// Who.
        person: String,
    },
    /// Hand the run over to another operator.
    HandOver {
        /// To whom.
        to: String,
    },
    /// Read a clock of the incident off, or set it right.
    Mark {
        /// Which.
        clock: Clock,
        /// What it said.
        #[ts(type = "string")]
        at: Timestamp,
    },
    /// End the run before its last step.
    Abandon {
        /// Why.
        reason: String,
    },
}
