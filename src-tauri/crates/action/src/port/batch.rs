//! Copies of more photos than a laptop should send one by one, done by the store itself (S3 Batch Operations).

use std::fs::File;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::{Answer, PortError, VersionId};

/// Jobs that copy versions named in a manifest (S3 Batch Operations, facts §1.9).
///
/// Such copies have no condition: whatever is current is covered. Every request names the environment's account. A
/// request that makes a job carries a token, so that one which is repeated makes no second job.
#[async_trait]
pub trait BatchJobs: Send + Sync {
    /// Whether a bucket can hold manifests and reports: it is there, in the environment's account and region.
    ///
    /// # Errors
    /// What is wrong with it, and what to write in the environment file.
    async fn check(&self, bucket: &str) -> Result<(), PortError>;

    /// Stores a manifest, read from the beginning of `file`, in parts where it is large; whole or not at all. What lay
    /// under the key is replaced.
    async fn upload(&self, bucket: &str, key: &str, file: File) -> Result<Uploaded, PortError>;

    /// The jobs whose description begins with `start`, in whatever state they are.
    async fn find(&self, start: &str) -> Result<Vec<Listed>, PortError>;

    /// Makes a job that waits for [`BatchJobs::confirm`], and gives its id. Asked again with the same token and the same
    /// order, it gives the same id.
    ///
    /// # Errors
    /// [`super::PortErrorKind::Exists`] when the token belongs to a job that was ordered otherwise.
    async fn create(&self, order: &JobOrder) -> Result<Answer<String>, PortError>;

    /// How a job stands.
    async fn describe(&self, id: &str) -> Result<Answer<Job>, PortError>;

    /// Lets a job that waits for it begin.
    ///
    /// # Errors
    /// [`super::PortErrorKind::Busy`] when it isn't waiting, or not yet.
    async fn confirm(&self, id: &str) -> Result<Answer<()>, PortError>;

    /// Ends a job; what it has copied stays.
    ///
    /// # Errors
    /// [`super::PortErrorKind::Busy`] when it has ended already.
    async fn cancel(&self, id: &str, why: &str) -> Result<Answer<()>, PortError>;

    /// What came of every task of a job that has ended, in an order that doesn't change; nothing when there is no report,
    /// as for a job that never began.
    async fn report(
        &self,
        bucket: &str,
        prefix: &str,
        id: &str,
    ) -> Result<BoxStream<'_, Result<TaskResult, PortError>>, PortError>;
}

/// A manifest that was stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its entity tag, without quotes: the job refuses another content.
    pub etag: String,
    /// The request's id.
    pub request_id: Option<String>,
}

/// What a job is asked to do: copies of versions to the same keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobOrder {
    /// Says what the job is for; [`BatchJobs::find`] goes by it. At most 256 characters.
    pub description: String,
    /// The same for the same job. At most 64 characters.
    pub token: String,
    /// The bucket of the manifest and the report.
    pub bucket: String,
    /// The manifest's key: lines of bucket, key (URL-encoded) and version.
    pub manifest: String,
    /// The manifest's entity tag, without quotes.
    pub etag: String,
    /// The beginning of the report's keys, without a slash at the end.
    pub report: String,
    /// The bucket that the copies are made in.
    pub target: String,
    /// The storage class of every copy.
    pub storage_class: String,
    /// The role that S3 takes on to do it.
    pub role: String,
    /// What the job is tagged with.
    pub tags: std::collections::BTreeMap<String, String>,
}

/// A job in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its id.
    pub id: String,
    /// Its description.
    pub description: String,
    /// Its state.
    pub state: JobState,
}

/// A job as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// Its state.
    pub state: JobState,
    /// The tasks that the manifest asks for; `None` until they are counted.
    pub tasks: Option<u64>,
    /// Tasks that succeeded so far.
    pub succeeded: u64,
    /// Tasks that failed so far.
    pub failed: u64,
    /// Why it is in its state, or failed, where S3 says so.
    pub why: Option<String>,
    /// The manifest's key.
    pub manifest: Option<String>,
    /// The bucket that it copies into.
    pub target: Option<String>,
}

/// The state of a job (`JobStatus`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// It was made.
    New,
    /// The manifest is being read.
    Preparing,
    /// It waits to be confirmed.
    Suspended,
    /// It was confirmed and waits for its turn.
    Ready,
    /// It copies.
    Active,
    /// It is about to be paused: another job is more urgent, or somebody asked.
    Pausing,
    /// It was paused.
    Paused,
    /// It is done, and writes its report.
    Completing,
    /// It is done, which doesn't say that every task succeeded.
    Complete,
    /// Somebody ends it.
    Cancelling,
    /// Somebody ended it.
    Cancelled,
    /// It fails.
    Failing,
    /// It failed.
    Failed,
    /// S3 has a word for it that isn't known here.
    Unknown,
}

impl JobState {
    /// S3's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Preparing => "Preparing",
            Self::Suspended => "Suspended",
            Self::Ready => "Ready",
            Self::Active => "Active",
            Self::Pausing => "Pausing",
            Self::Paused => "Paused",
            Self::Completing => "Completing",
            Self::Complete => "Complete",
            Self::Cancelling => "Cancelling",
            Self::Cancelled => "Cancelled",
            Self::Failing => "Failing",
            Self::Failed => "Failed",
            Self::Unknown => "Unknown",
        }
    }

    /// The state that S3's word is for.
    pub fn of(word: &str) -> Self {
        let all = [
            Self::New,
            Self::Preparing,
            Self::Suspended,
            Self::Ready,
            Self::Active,
            Self::Pausing,
            Self::Paused,
            Self::Completing,
            Self::Complete,
            Self::Cancelling,
            Self::Cancelled,
            Self::Failing,
            Self::Failed,
        ];
        all.into_iter().find(|state| state.word() == word).unwrap_or(Self::Unknown)
    }

    /// Whether nothing more happens.
    pub fn ended(self) -> bool {
        matches!(self, Self::Complete | Self::Cancelled | Self::Failed)
    }
}

/// What came of one task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskResult {
    /// The key, decoded.
    pub key: String,
    /// The version that was to be copied.
    pub version: VersionId,
    /// Why it failed; `None` when it succeeded.
    pub failed: Option<String>,
}
