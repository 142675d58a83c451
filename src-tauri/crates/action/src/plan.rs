//! What an action says of itself before it acts, and of what it did: plans, outcomes, failures.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Environment;
use crate::port::{PortError, Ports};

/// Where an action writes a plan's body or its evidence: JSON lines, streamed, content-addressed by the engine.
pub type Sink<'a> = &'a mut (dyn Write + Send);

/// Where an action reads back the body of the plan that was approved.
pub type Source = Box<dyn BufRead + Send>;

/// What an action is given to work with.
pub struct Context<'a> {
    /// The outside world.
    pub ports: &'a Ports,
    /// The environment the run is bound to.
    pub environment: &'a Environment,
    /// The time, taken when the work began.
    pub now: Timestamp,
    /// Told now and then how far the work is; never journaled.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Set when the operator asks to stop; the action stops between items and says what it leaves behind.
    pub stop: &'a AtomicBool,
}

impl Context<'_> {
    /// Whether the operator asked to stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How far an action is. Rates and time left are worked out by whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Progress {
    /// What is being done, as `listing versions` or `bringing photos back`.
    pub doing: String,
    /// Items done so far, failed ones included.
    pub done: u64,
    /// Items in all; `None` while that isn't known.
    pub total: Option<u64>,
    /// Items that failed so far.
    pub failed: u64,
    /// Bytes of the items done.
    pub bytes: u64,
}

/// What a plan would do, for people; the exact items are in the plan's body.
///
/// The body is JSON lines. The first names the action, the format's version and every parameter; each further
/// line is one item; the last repeats this summary. The plan's digest is the SHA-256 of those bytes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct PlanSummary {
    /// One line: `1,204 photos come back`.
    pub headline: String,
    /// The numbers behind it, in the order to show them.
    pub facts: Vec<Fact>,
    /// Bytes that will be copied.
    pub bytes: u64,
    /// Requests that will be sent.
    pub requests: u64,
    /// What will not happen, and what else to know: `Nothing is deleted.`
    pub notes: Vec<String>,
    /// What needs a person's eye before approving.
    pub warnings: Vec<String>,
    /// A few items, chosen to show every kind.
    pub examples: Vec<Example>,
    /// How many keys are undecided, because S3 can't say whether a photo or a deletion came last. They are left
    /// alone unless the plan is made again with `ties:`.
    pub undecided: u64,
}

/// One labelled value of a plan or an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Fact {
    /// What it is: `deleted since`, `restored`, `account`.
    pub label: String,
    /// Its value, with its unit where it has one.
    pub value: String,
}

impl Fact {
    /// A fact from anything that can be shown.
    pub fn new(label: &str, value: impl ToString) -> Self {
        Self { label: label.to_owned(), value: value.to_string() }
    }
}

/// One item of a plan or an outcome, shown as an example.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Example {
    /// The key.
    pub key: String,
    /// What it is now: `deleted 02:41:07 UTC`.
    pub now: String,
    /// What it becomes: `the version of 2026-11-23 01:10:00 UTC`.
    pub becomes: String,
}

/// What an action found or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Outcome {
    /// Whether it is what the step wanted. A step is green only with [`Verdict::Passed`].
    pub verdict: Verdict,
    /// One line for the timeline: `1,204 of 1,204 photos are back`.
    pub headline: String,
    /// The numbers behind it, in the order to show them.
    pub facts: Vec<Fact>,
    /// Values for later steps, named as in [`crate::OutputSpec`].
    pub outputs: BTreeMap<String, String>,
    /// What needs a person's eye, and what to do about it.
    pub notes: Vec<String>,
    /// A few items, failures first.
    pub examples: Vec<Example>,
}

/// Whether an outcome is what the step wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is.
    Passed,
    /// It isn't; the headline and the notes say what, and what to do.
    Failed,
}

/// Why an action gave up before it had an outcome.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A request failed.
    #[error(transparent)]
    Port(#[from] PortError),
    /// Going on would be wrong.
    #[error("{why}. {next}")]
    Refused {
        /// What is wrong, without a full stop.
        why: String,
        /// What to do next: a sentence.
        next: String,
    },
    /// The plan's body could not be read back.
    #[error(
        "line {line} of the plan can't be read: {why}. Make the plan again; if this repeats, run `lifeboat verify`."
    )]
    Plan {
        /// The line, from 1.
        line: u64,
        /// What is wrong with it.
        why: String,
    },
    /// The plan or the evidence could not be written or read on this machine.
    #[error("writing the record on this machine failed: {0}. Free some disk space, then try again.")]
    Record(#[from] std::io::Error),
    /// The operator asked to stop.
    #[error("stopped when asked to: {left}")]
    Stopped {
        /// What is done and what is left: a sentence.
        left: String,
    },
}

impl Failure {
    /// What failed and why, and what to do next, apart.
    pub fn parts(self) -> (String, String) {
        match self {
            Self::Port(error) => (error.what(), error.next),
            Self::Refused { why, next } => (why, next),
            Self::Plan { line, why } => (
                format!("line {line} of the plan can't be read: {why}"),
                "Make the plan again; if this repeats, run `lifeboat verify`.".to_owned(),
            ),
            Self::Record(why) => (
                format!("writing the record on this machine failed: {why}"),
                "Free some disk space, then try again.".to_owned(),
            ),
            Self::Stopped { left } => (
                format!("stopped when asked to: {left}"),
                "Go on when you are ready: what is done stays done.".to_owned(),
            ),
        }
    }
}
