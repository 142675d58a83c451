//! The badge photos: what they were at a moment, and how they get back to it.

//!
//! A restore only adds: the version that was current at the restore point is copied on top of what is there now,
//! on the condition that nothing was written since the plan. Guarantee: no version is ever removed, a photo that is
//! newer than the plan is never covered, and a key whose past S3 can't tell is left alone and named.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ParamError;
use crate::plan::{Context, Progress};
use crate::port::Tier;
use crate::spec::Values;
use crate::words;

mod apply;
mod batch;
mod body;
mod breakdown;
mod decide;
mod exclusions;
mod findings;
mod history;
mod listing;
pub mod manifest;
mod merge;
mod plan;
mod planned;
mod reading;
mod reconcile;
mod reconciled;
mod summary;
mod survey;
mod tally;
mod verify;
mod verify_plan;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub(crate) use apply::apply;
pub(crate) use batch::plan;
pub(crate) use history::whole_second;
pub use merge::{Keyed, Merge, Pair};
pub(crate) use reconcile::reconcile;
pub use reconcile::{Comparison, Kept, Reconcile};
pub use reconciled::Counts;
pub(crate) use survey::survey;
pub(crate) use verify::verify;
pub(crate) use verify_plan::verify_plan;

/// Which photos, which moment, and how they get back to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// The restore point. S3 keeps whole seconds: all that was written in this second counts as before it.
    pub at: Timestamp,
    /// What happens to keys that did not exist at `at`.
    #[serde(default)]
    pub extra: Extra,
    /// What a key was when a photo and a deletion share the deciding second.
    #[serde(default)]
    pub ties: Ties,
    /// How photos come back.
    #[serde(default)]
    pub method: Method,
    /// A database instance: only photos that it names, and that are not there, come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_by: Option<String>,
    /// Keys that begin with one of these are left as they are: photos of organizations that were obliterated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
    /// A file on this machine that lists more of them: one a line, a prefix when it ends in `/` or `*`, a whole key otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclude_file: Option<String>,
    /// The bucket that the good versions lie in, when it isn't `bucket`: a replica, or what AWS Backup restored into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source_bucket: Option<String>,
    /// The bucket to restore into, when it isn't `bucket`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_bucket: Option<String>,
    /// What restored keys begin with instead of `prefix`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target_prefix: Option<String>,
    /// How archived versions are brought back.
    #[serde(default)]
    pub thaw: Thaw,
    /// Whether copies get the versions' Object Lock retention and legal hold.
    #[serde(default)]
    pub lock: bool,
    /// How many requests may be under way together at most; as many as the bucket bears when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_in_flight: Option<usize>,
    /// How much of what is there is read to be compared, besides what can't be told otherwise.
    #[serde(default)]
    pub read: Depth,
    /// Bytes a second that reading may take at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_bandwidth: Option<u64>,
    /// Who copies.
    #[serde(default)]
    pub by: By,
    /// The number of copies over which [`By::Auto`] hands them to S3 Batch Operations.
    #[serde(default = "batch_over")]
    pub batch_over: u64,
}

/// Who copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// This machine, unless there are so many copies that S3 Batch Operations does it better, and it is set up.
    #[default]
    Auto,
    /// This machine.
    Laptop,
    /// S3 Batch Operations; what it can't copy comes from this machine afterwards.
    Batch,
}

/// The number of copies over which they are handed to S3 Batch Operations when nobody says otherwise.
pub const BATCH_OVER: u64 = 20_000_000;

fn batch_over() -> u64 {
    BATCH_OVER
}

/// How photos come back (facts §1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The good version is copied on top: nothing is removed, and the copy replicates.
    #[default]
    Copy,
    /// The delete markers on top of the good version are removed.
    Undelete,
    /// Everything that is newer than the restore point is removed.
    Rewind,
}

/// How archived versions are brought back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thaw {
    /// How fast.
    pub tier: Tier,
    /// For how many days the readable copy is kept.
    pub days: u32,
    /// How long the restore may take; a thaw that takes longer is refused.
    pub rto: Duration,
    /// Whether a thaw that takes longer than `rto` is wanted all the same.
    pub beyond_rto: bool,
}

impl Default for Thaw {
    /// Standard tier, kept for a week, within the 24 h of the policy.
    fn default() -> Self {
        Self { tier: Tier::Standard, days: 7, rto: Duration::from_secs(24 * 3600), beyond_rto: false }
    }
}

/// How much of what is there is read from beginning to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Depth {
    /// Only what can't be told by the listing.
    #[default]
    Listing,
    /// So many photos in a hundred, chosen by their keys.
    Sample(u8),
    /// All of them.
    Deep,
}

/// What happens to keys that did not exist at the restore point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Extra {
    /// They stay, and are reported.
    #[default]
    Leave,
    /// Each is hidden behind a delete marker.
    Delete,
}

/// What a key was when a photo and a deletion share the deciding second and S3 can't say which came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ties {
    /// Such keys are listed and left alone.
    #[default]
    Leave,
    /// The photo came last.
    Photo,
    /// The deletion came last.
    Deleted,
}

impl Target {
    /// The parameters of `action`, which says what the method is.
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        let thaw = Thaw::default();
        let sample: Option<u8> = values.number("sample")?;
        Ok(Self {
            bucket: values.required("bucket")?.to_owned(),
            prefix: values.text("prefix").unwrap_or_default().to_owned(),
            at: values.timestamp("at")?,
            extra: match values.text("extra") {
                Some("delete") => Extra::Delete,
                _ => Extra::Leave,
            },
            ties: match values.text("ties") {
                Some("photo") => Ties::Photo,
                Some("deleted") => Ties::Deleted,
                _ => Ties::Leave,
            },
            method: match values.action() {
                "photos.undelete" => Method::Undelete,
                "photos.rewind" => Method::Rewind,
                _ => Method::Copy,
            },
            named_by: values.text("named_by").map(str::to_owned),
            exclude: values.list("exclude"),
            exclude_file: values.filled("exclude_file"),
            source_bucket: values.filled("source_bucket"),
            target_bucket: values.filled("target_bucket"),
            target_prefix: values.filled("target_prefix"),
            thaw: Thaw {
                tier: match values.text("tier") {
                    Some("bulk") => Tier::Bulk,
                    Some("expedited") => Tier::Expedited,
                    _ => Tier::Standard,
                },
                days: values.number("thaw_days")?.unwrap_or(thaw.days),
                rto: values.duration("rto")?.unwrap_or(thaw.rto),
                beyond_rto: values.text("beyond_rto") == Some("allow"),
            },
            lock: values.text("lock") == Some("keep"),
            max_in_flight: values.number("max_in_flight")?,
            read: match (values.text("deep"), sample) {
                (Some("yes"), _) => Depth::Deep,
                (_, Some(percent)) if percent > 0 => Depth::Sample(percent),
                _ => Depth::Listing,
            },
            max_bandwidth: values.number("max_bandwidth")?,
            by: match values.text("by") {
                Some("laptop") => By::Laptop,
                Some("batch") => By::Batch,
                _ => By::Auto,
            },
            batch_over: values.number("batch_over")?.unwrap_or(BATCH_OVER),
        })
    }

    /// A target with nothing but its place and its moment.
    pub fn new(bucket: &str, prefix: &str, at: Timestamp) -> Self {
        Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            at,
            extra: Extra::default(),
            ties: Ties::default(),
            method: Method::default(),
            named_by: None,
            exclude: Vec::new(),
            exclude_file: None,
            source_bucket: None,
            target_bucket: None,
            target_prefix: None,
            thaw: Thaw::default(),
            lock: false,
            max_in_flight: None,
            read: Depth::default(),
            max_bandwidth: None,
            by: By::default(),
            batch_over: BATCH_OVER,
        }
    }

    /// What later steps have to leave out too, by the names of outputs.
    pub(crate) fn left_out(&self) -> [(String, String); 2] {
        let file = self.exclude_file.clone().unwrap_or_default();
        [("excluded".to_owned(), self.exclude.join(",")), ("exclude_file".to_owned(), file)]
    }

    /// The bucket whose history is looked at.
    pub(crate) fn source(&self) -> &str {
        self.source_bucket.as_deref().unwrap_or(&self.bucket)
    }

    /// The bucket that photos come back in.
    pub(crate) fn destination(&self) -> &str {
        self.target_bucket.as_deref().unwrap_or(&self.bucket)
    }

    /// The key that a photo comes back as.
    pub(crate) fn destination_key<'k>(&self, key: &'k str) -> Cow<'k, str> {
        match (&self.target_prefix, key.strip_prefix(&self.prefix)) {
            (Some(start), Some(rest)) => Cow::Owned(format!("{start}{rest}")),
            _ => Cow::Borrowed(key),
        }
    }

    /// Whether keys are left out by name.
    pub(crate) fn excludes(&self) -> bool {
        !self.exclude.is_empty() || self.exclude_file.is_some()
    }

    /// Whether photos come back somewhere else than where they were.
    pub(crate) fn beside(&self) -> bool {
        self.destination() != self.source() || self.target_prefix.as_ref().is_some_and(|p| *p != self.prefix)
    }
}

/// Progress, told once in a while: there is no clock here, so by count.
struct Ticks<'a> {
    cx: &'a Context<'a>,
    progress: Progress,
}

impl<'a> Ticks<'a> {
    fn new(doing: &str, cx: &'a Context<'_>) -> Self {
        let progress = Progress { doing: doing.to_owned(), done: 0, total: None, ..Progress::default() };
        (cx.progress)(progress.clone());
        Self { cx, progress }
    }

    fn tick(&mut self, done: u64, failed: u64, bytes: u64) {
        self.progress.done += done;
        self.progress.failed += failed;
        self.progress.bytes += bytes;
        if done > 0 {
            (self.cx.progress)(self.progress.clone());
        }
    }

    /// Counts something that was only looked at: these are told of by the hundred, for there may be millions.
    fn pass(&mut self) {
        self.progress.done += 1;
        if self.progress.done.is_multiple_of(100) {
            (self.cx.progress)(self.progress.clone());
        }
    }

    /// Tells the end, when everything is counted.
    fn last(&mut self) {
        self.progress.total = Some(self.progress.done);
        (self.cx.progress)(self.progress.clone());
    }
}

#[cfg(test)]
impl Target {
    fn of(bucket: &str, prefix: &str, at: &str) -> Self {
        Self::new(bucket, prefix, at.parse().unwrap())
    }
}
