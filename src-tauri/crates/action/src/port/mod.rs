//! What the actions need from the outside world, as traits: the AWS and Portal crates implement them.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

mod batch;
mod database;
mod front_end;
mod nowhere;
mod photos;
mod sql;

pub use batch::{BatchJobs, Job, JobOrder, JobState, Listed, TaskResult, Uploaded};
pub use database::{
    Answer, AutomatedBackup, BackupSource, Change, CopyOrder, DatabaseService, Endpoint, Group, GroupKind,
    Instance, InstanceEvent, KeyState, RestoreFrom, RestoreOrder, Settings, Snapshot, SnapshotKind,
};
pub use front_end::{FrontEnd, Pace, Page};
pub use photos::{
    BucketFacts, ContentDigest, CopyVersion, Current, ExpiryRule, Guard, Keep, PageMarker, Photo, PhotoStore,
    Receipt, Refused, Removed, Thawing, Tier, Version, VersionId, VersionPage, Versioning,
};
pub use sql::{Limits, NamedPhoto, Reading, Rows, Server, Sql, TableFacts};

/// Everything an action may reach.
#[derive(Clone)]
pub struct Ports {
    /// Who the credentials belong to.
    pub identity: Arc<dyn Identity>,
    /// The badge photos.
    pub photos: Arc<dyn PhotoStore>,
    /// Jobs that copy photos without this machine.
    pub batch: Arc<dyn BatchJobs>,
    /// The Portal DB's instances and backups.
    pub databases: Arc<dyn DatabaseService>,
    /// The Portal DB's rows.
    pub sql: Arc<dyn Sql>,
    /// The Portal's front end.
    pub front_end: Arc<dyn FrontEnd>,
    /// The passing of time.
    pub pace: Arc<dyn Pace>,
}

/// Tells who the credentials belong to (STS `GetCallerIdentity`, which needs no permission).
#[async_trait]
pub trait Identity: Send + Sync {
    /// The account and principal behind the credentials.
    async fn whoami(&self) -> Result<Caller, PortError>;
}

/// So many seconds apart, clocks disagree: AWS tells whole seconds, and an answer takes its time.
pub const CLOCKS_DISAGREE: i64 = 5;

/// The principal that a request is signed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The 12-digit account.
    pub account: String,
    /// The principal's ARN.
    pub arn: String,
    /// The region that requests go to.
    pub region: String,
    /// By how many seconds this machine's clock is ahead of AWS's, to a second or two; `None` when the answer didn't say.
    pub ahead: Option<i64>,
}

/// A request that failed, in words that fit a screen: never a secret, never a stack of causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{}. {next}", self.what())]
pub struct PortError {
    /// What kind of failure, for code that must decide.
    pub kind: PortErrorKind,
    /// The AWS operation, such as `CopyObject`.
    pub operation: String,
    /// The bucket, key or account it was about.
    pub target: String,
    /// What went wrong, without a full stop.
    pub message: String,
    /// The AWS request id, when there was an answer.
    pub request_id: Option<String>,
    /// What to do next: a sentence.
    pub next: String,
}

impl PortError {
    /// What failed and why, without what to do next.
    pub fn what(&self) -> String {
        let request = self.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        format!("{} on {} failed: {}{request}", self.operation, self.target, self.message)
    }
}

/// What kind of failure a [`PortError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortErrorKind {
    /// No answer: no network, wrong endpoint, TLS.
    Unreachable,
    /// Failed on the far side, after retries; worth another round.
    Unavailable,
    /// Requests come too fast (503 `SlowDown` and its like): worth another round, slower.
    Throttled,
    /// The credentials are absent, expired or wrong.
    Credentials,
    /// The credentials lack a permission, or the bucket belongs to another account.
    Denied,
    /// The bucket, key or version isn't there.
    NotFound,
    /// A [`Guard`] no longer holds (412, or 409 while another write was under way).
    Changed,
    /// The version must be thawed before it can be copied.
    Archived,
    /// The name is taken.
    Exists,
    /// It is busy, or not yet in a state that allows this; later it may be.
    Busy,
    /// There is no room: a quota, or no capacity for the instance class.
    NoRoom,
    /// A statement took longer, or gave more, than it may.
    Limit,
    /// Anything else; the message says what.
    Other,
}

impl PortErrorKind {
    /// Whether asking again later may succeed without anyone doing anything.
    pub fn is_transient(self) -> bool {
        matches!(self, Self::Unreachable | Self::Unavailable | Self::Throttled)
    }
}
