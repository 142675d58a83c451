//! What a person asks of a run.

use std::collections::BTreeMap;

use runbook::StepId;
use serde::{Deserialize, Serialize};

use crate::Digest;

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
    },
    /// End the run before its last step.
    Abandon {
        /// Why.
        reason: String,
    },
}
