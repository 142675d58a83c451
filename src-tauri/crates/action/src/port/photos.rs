//! A versioned bucket of photos.

use std::fmt;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortError;

/// A versioned bucket of photos (S3). Only [`PhotoStore::remove_versions`] can remove a version.
///
/// Every request names the expected bucket owner, so that a bucket of the same name in another account refuses.
/// Keys are plain text here: the implementation encodes and decodes them. Retries of single requests are the
/// implementation's; what it returns as an error has been tried as often as is sensible. Except for copies, markers and
/// removals: these are sent once, because how often and how fast is for the one who sends thousands of them to say;
/// what may pass is [`super::PortErrorKind::is_transient`].
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

    /// Makes a copy of one version the current one of its key, or of another key or bucket, with content type, metadata,
    /// tags and checksum algorithm kept, and what [`Keep`] asks for besides. What is too large for one request is copied
    /// in parts, under the same guard.
    async fn copy_version(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError>;

    /// Hides a key behind a delete marker, if its current version still has `etag`. Removes no version.
    async fn put_marker(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError>;

    /// Removes versions and delete markers for good, at most 1,000 of them, in one request; keys that XML can't hold
    /// (control characters) take one each. What isn't there is removed already. What is refused may be so for now only.
    async fn remove_versions(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError>;

    /// Asks for a readable copy of an archived version, for so many days; asking again is no error. Gives the request's
    /// id. In an archive tier of Intelligent-Tiering the version itself becomes readable, for good, and S3 takes no
    /// number of days.
    async fn thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: Tier,
        days: Option<u32>,
    ) -> Result<Option<String>, PortError>;

    /// Whether an archived version can be read now.
    async fn thawing(&self, bucket: &str, key: &str, version: &VersionId) -> Result<Thawing, PortError>;

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
    /// Whether Object Lock is on, so that versions may refuse to be removed; `None` when the credentials may not ask.
    pub lock: Option<bool>,
    /// Whether objects have access lists of their own (Object Ownership isn't `BucketOwnerEnforced`); `None` when the
    /// credentials may not ask.
    pub acls: Option<bool>,
    /// Whether what is written is replicated elsewhere; `None` when the credentials may not ask.
    pub replicated: Option<bool>,
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
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Photo {
    /// The entity tag without its quotes: the MD5 of the content, or `…-N` after a multipart upload.
    pub etag: String,
    /// Bytes.
    pub size: u64,
    /// Such as `STANDARD` or `GLACIER`.
    pub storage_class: String,
    /// The checksum's algorithm and type, where the listing tells: `CRC64NVME FULL_OBJECT`. Its value isn't listed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<String>,
    /// Whether it is archived and a readable copy of it is there now.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub thawed: bool,
}

impl Photo {
    /// Whether it must be thawed before it can be read or copied.
    pub fn frozen(&self) -> bool {
        matches!(self.storage_class.as_str(), "GLACIER" | "DEEP_ARCHIVE") && !self.thawed
    }
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
    /// The last version of the page before; empty for all versions of the key, which then need not exist.
    pub version: VersionId,
}

/// A version to bring back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyVersion {
    /// The bucket that the version lies in; `None` when it is the one copied into.
    pub from: Option<String>,
    /// The key of the version.
    pub key: String,
    /// The key of the copy; `None` when it is the same.
    pub to: Option<String>,
    /// The version to copy.
    pub version: VersionId,
    /// The storage class the copy gets: the source's.
    pub storage_class: String,
    /// The version's size in bytes: over 5 GB it is copied in parts.
    pub size: u64,
    /// The version's entity tag, without quotes: a copy with another one was encrypted otherwise.
    pub etag: String,
    /// What must still be true of the destination's current version.
    pub unless: Guard,
    /// What a copy loses unless it is asked for (facts §1.4).
    pub keep: Keep,
}

/// What a copy gets from the version it is made of, besides what S3 copies of its own accord (facts §1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Keep {
    /// The version's own encryption, where it isn't the destination's default.
    pub encryption: bool,
    /// Its access list.
    pub acl: bool,
    /// Its Object Lock retention and legal hold.
    pub lock: bool,
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

/// What came of removing versions: all that isn't refused is gone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Removed {
    /// The request's id.
    pub request_id: Option<String>,
    /// What was refused.
    pub refused: Vec<Refused>,
}

/// A version that could not be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Its place in what was asked for.
    pub place: usize,
    /// Why.
    pub error: PortError,
}

/// How fast an archived version is thawed (facts §1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// 3 to 5 hours; up to 12 from Deep Archive.
    #[default]
    Standard,
    /// 5 to 12 hours; up to 48 from Deep Archive.
    Bulk,
    /// 1 to 5 minutes; not from Deep Archive.
    Expedited,
}

/// How far the thawing of an archived version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thawing {
    /// Nobody asked for it, or it froze again.
    Frozen,
    /// It is under way.
    Asked,
    /// It can be read, until this moment where S3 says so.
    Ready(Option<Timestamp>),
}
