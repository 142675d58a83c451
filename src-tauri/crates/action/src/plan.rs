//! What an action says of itself before it acts, and of what it did: plans, outcomes, failures.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Environment;
use crate::inventory::Inventory;
use crate::port::{PortError, Ports};

/// Where an action writes a plan's body or its evidence: JSON lines, streamed, content-addressed by the engine.
pub type Sink<'a> = &'a mut (dyn Write + Send);

/// Where an action reads back the body of the plan that was approved.
pub type Source = Box<dyn BufRead + Send>;

/// What an action is given to work with.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The outside world.
    pub ports: &'a Ports,
    /// The environment the run is bound to.
    pub environment: &'a Environment,
    /// The run that this is done for.
    pub origin: &'a Origin,
    /// What was known of the Portal in peacetime; `None` when nobody took the inventory of this environment.
    pub inventory: Option<&'a Inventory>,
    /// Writes down, durably and at once, something that happened on the far side while an action was under way: a
    /// change of state, an event that RDS tells of, a request that was answered. When it fails, stop.
    pub record: &'a (dyn Fn(Happening) -> Result<(), Failure> + Send + Sync),
    /// What it may use of this machine.
    pub disk: &'a dyn Disk,
    /// The time, taken when the work began.
    pub now: Timestamp,
    /// Told now and then how far the work is; never journaled.
    pub progress: &'a (dyn Fn(Progress) + Send + Sync),
    /// Set when the operator asks to stop; the action stops between items and says what it leaves behind.
    pub stop: &'a AtomicBool,
}

/// What an action may use of this machine: nothing else of it is read or written.
pub trait Disk: Send + Sync {
    /// An empty file without a name, for what is too much for memory; it is gone once it is closed.
    ///
    /// # Errors
    /// No room, or no right to write there.
    fn scratch(&self) -> io::Result<File>;

    /// Opens a file that a parameter names, to be read.
    ///
    /// # Errors
    /// It isn't there, or may not be read.
    fn open(&self, path: &str) -> io::Result<Source>;

    /// The evidence that earlier applications of the same plan left, as far as it was flushed, without a line that
    /// broke off; `None` when this is the first. What is written to the evidence now comes after it.
    ///
    /// An application flushes its evidence now and then: only that makes it durable.
    ///
    /// # Errors
    /// The disk can't be read.
    fn earlier(&self) -> io::Result<Option<Source>>;
}

/// The run that something is done for, as what it makes is tagged with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The run's id.
    pub run: String,
    /// The word for its mode: `incident`, `rehearsal` or `exercise`.
    pub mode: String,
}

impl Origin {
    /// The tag that names the run on everything it makes at AWS.
    pub const RUN: &'static str = "lifeboat:run";
    /// The tag that names the mode of that run.
    pub const MODE: &'static str = "lifeboat:mode";

    /// The tags of what this run makes.
    pub fn tags(&self) -> BTreeMap<String, String> {
        [(Self::RUN, &self.run), (Self::MODE, &self.mode)]
            .map(|(name, value)| (name.to_owned(), value.clone()))
            .into()
    }

    /// Whether something with these tags was made by this run.
    pub fn made(&self, tags: &BTreeMap<String, String>) -> bool {
        tags.get(Self::RUN) == Some(&self.run)
    }
}

/// Something that happened on the far side while an action was under way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Happening {
    /// What, in a line for the timeline: `portal-restore-7f3a: creating`.
    pub said: String,
    /// When, when the far side says so; otherwise when it was written down.
    pub at: Option<Timestamp>,
    /// The id of the request that told of it.
    pub request_id: Option<String>,
}

impl Context<'_> {
    /// Whether the operator asked to stop.
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// How far an action is. Rates and time left are worked out by whoever shows it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
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
    /// Why nothing goes on now, and what would let it go on: `the credentials have expired. Log in again …`
    pub paused: Option<String>,
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
    /// The same items counted in several ways: by what is done, by organization, by storage class.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub breakdowns: Vec<Breakdown>,
    /// How many keys are undecided, because S3 can't say whether a photo or a deletion came last. They are left
    /// alone unless the plan is made again with `ties:`.
    pub undecided: u64,
    /// What the approver has to type, for a plan that destroys something: the name of what will be gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub typed: Option<String>,
}

/// Items of a plan, counted by something.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Breakdown {
    /// What they are counted by: `organization`, `storage class`.
    pub by: String,
    /// The largest, in the order to show them; at most 20, the last then is `others`.
    pub rows: Vec<Row>,
}

/// One row of a [`Breakdown`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Row {
    /// What these items share.
    pub name: String,
    /// How many there are.
    pub count: u64,
    /// Their bytes together.
    pub bytes: u64,
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
    /// The moments that can be gone back to, for a picture; only a survey of the database has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moments: Option<Moments>,
}

/// The moments that a database can be brought back to, for a picture to choose one from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Moments {
    /// When the survey looked.
    #[ts(type = "string")]
    pub now: Timestamp,
    /// When the outage began, if that is known.
    #[ts(type = "string | null")]
    pub outage: Option<Timestamp>,
    /// The moment that the run was asked to go back to.
    #[ts(type = "string | null")]
    pub asked: Option<Timestamp>,
    /// Spans of time any second of which can be gone back to.
    pub windows: Vec<Window>,
    /// Single moments: snapshots.
    pub points: Vec<Point>,
}

/// A span of time any second of which can be gone back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Window {
    /// The oldest moment.
    #[ts(type = "string")]
    pub earliest: Timestamp,
    /// The newest moment.
    #[ts(type = "string")]
    pub latest: Timestamp,
    /// Whose backups, in words: `automated backups of portal, us-east-1`.
    pub of: String,
    /// What restores from it, as parameters of `database.restore`: `from`, `region`. `at` is what is chosen.
    pub with: BTreeMap<String, String>,
}

/// A single moment that can be gone back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
pub struct Point {
    /// The moment whose data it holds.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// What it is, in words: `manual snapshot before-migration, us-east-1`.
    pub of: String,
    /// What would be lost: `52 min`.
    pub loses: String,
    /// Why it can't be used as it is; `None` when it can.
    pub hindered: Option<String>,
    /// What restores from it, as parameters of `database.restore`: `from`, `snapshot`, `region`.
    pub with: BTreeMap<String, String>,
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
    /// The work can't go on now, and goes on by itself once it can: the network is away, or the credentials have
    /// expired. What was done is in the evidence; applying the same plan again takes it up.
    #[error("{}. {}", .0.what(), .0.next)]
    Paused(PortError),
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
            Self::Port(error) | Self::Paused(error) => (error.what(), error.next),
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
