//! What the actions need from the outside world, as traits: the AWS and Portal crates implement them.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod database;
mod front_end;
mod nowhere;
mod sql;

pub use database::{
    Answer, AutomatedBackup, BackupSource, Change, CopyOrder, DatabaseService, Endpoint, Group, GroupKind,
    Instance, InstanceEvent, KeyState, RestoreFrom, RestoreOrder, Settings, Snapshot, SnapshotKind,
};
pub use front_end::{FrontEnd, Pace, Page};
pub use sql::{Limits, NamedPhoto, Reading, Rows, Server, Sql, TableFacts};

/// Everything an action may reach.
#[derive(Clone)]
pub struct Ports {
    /// Who the credentials belong to.
    pub identity: Arc<dyn Identity>,
    /// The badge photos.
    pub photos: Arc<dyn PhotoStore>,
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

/// The principal that a request is signed by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// The 12-digit account.
    pub account: String,
    /// The principal's ARN.
    pub arn: String,
    /// The region that requests go to.
    pub region: String,
}

/// A versioned bucket of photos (S3). Nothing here can remove a version.
///
/// Every request names the expected bucket owner, so that a bucket of the same name in another account refuses.
/// Keys are plain text here: the implementation encodes and decodes them. Retries of single requests are the
/// implementation's; what it returns as an error has been tried as often as is sensible.
#[async_trait]
pub trait PhotoStore: Send + Sync {
    /// How the bucket is protected.
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError>;

    /// One page of versions and delete markers whose keys begin with `prefix`, after `after`, in key order and
    /// newest first within a key. At most `limit` entries (S3's 1,000 when `None`).
    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError>;

    /// Makes a copy of one version the current one of the same key, with metadata, content type and tags kept.
    async fn copy_version(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError>;

    /// Hides a key behind a delete marker, if its current version still has `etag`. Removes no version.
    async fn put_marker(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError>;

    /// The key's current version; `None` when there is none or it is a delete marker.
    async fn current(&self, bucket: &str, key: &str) -> Result<Option<Current>, PortError>;

    /// Reads one version from beginning to end, and keeps nothing of it but its SHA-256 (hex) and length.
    async fn digest(&self, bucket: &str, key: &str, version: &VersionId) -> Result<ContentDigest, PortError>;

    /// A digest of what a version says of itself besides its content: content type and the like, metadata, tags.
    async fn described(&self, bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError>;
}

/// How a bucket is protected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BucketFacts {
    /// Whether old versions are kept.
    pub versioning: Versioning,
    /// The default encryption, such as `AES256` or `aws:kms`; `None` when the credentials may not ask.
    pub encryption: Option<String>,
    /// Lifecycle rules that remove old versions; `None` when the credentials may not ask.
    pub expiry: Option<Vec<ExpiryRule>>,
}

/// Whether a bucket keeps old versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Versioning {
    /// Every write keeps what was there.
    Enabled,
    /// It was enabled once; new writes replace the `null` version.
    Suspended,
    /// It never was: what is deleted is gone.
    Never,
}

/// A lifecycle rule that removes versions after a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryRule {
    /// The rule's id.
    pub id: String,
    /// The keys it applies to.
    pub prefix: String,
    /// Days after which a version that is no longer current is removed; `None` when the rule doesn't remove any.
    pub noncurrent_days: Option<u32>,
    /// Days after which a current version is hidden; `None` when the rule doesn't.
    pub current_days: Option<u32>,
}

/// A version's id; `null` for what was written while versioning was off.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct VersionId(pub String);

impl fmt::Display for VersionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One entry of a bucket's history: a photo or a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The key, decoded.
    pub key: String,
    /// The version's id.
    pub id: VersionId,
    /// When it was written: whole seconds, as S3 keeps them.
    pub modified: Timestamp,
    /// Whether it is the key's current version.
    pub latest: bool,
    /// What it is; `None` for a delete marker.
    pub photo: Option<Photo>,
}

/// What a listing says of a version that is not a delete marker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// The entity tag without its quotes: the MD5 of the content, or `…-N` after a multipart upload.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// Such as `STANDARD` or `GLACIER`.
    pub storage_class: String,
}

/// One page of a bucket's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionPage {
    /// Photos in the listing's order.
    pub photos: Vec<Version>,
    /// Delete markers in the listing's order. S3 answers two lists and does not say how they interleave.
    pub markers: Vec<Version>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<PageMarker>,
}

/// A position in a bucket's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageMarker {
    /// The last key of the page before.
    pub key: String,
    /// The last version of the page before.
    pub version: VersionId,
}

/// A version to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyVersion {
    /// The key, both source and destination.
    pub key: String,
    /// The version to copy.
    pub version: VersionId,
    /// The storage class the copy gets: the source's.
    pub storage_class: String,
    /// What must still be true of the key's current version.
    pub unless: Guard,
}

/// The condition that keeps a photo written after the plan from being covered (S3's conditional writes).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// `If-None-Match: *`: the key must still have no current version.
    Absent,
    /// `If-Match: etag`: the current version must still be the one seen in the plan.
    Is(String),
}

/// What a change was answered with, kept as evidence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The version or marker that the change made.
    pub version: Option<VersionId>,
    /// The new version's entity tag, without quotes; `None` for a marker.
    pub etag: Option<String>,
    /// The request's id, for CloudTrail and AWS Support.
    pub request_id: Option<String>,
}

/// A key's current version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// Its id.
    pub version: VersionId,
    /// Its entity tag, without quotes.
    pub etag: String,
    /// Its size, in bytes.
    pub size: u64,
}

/// The digest of a version's content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentDigest {
    /// SHA-256, in lower-case hex.
    pub sha256: String,
    /// Bytes read.
    pub bytes: u64,
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
    /// Throttled or failed on the far side, after retries; worth another round.
    Unavailable,
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
        matches!(self, Self::Unreachable | Self::Unavailable)
    }
}
