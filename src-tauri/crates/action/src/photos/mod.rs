//! The badge photos: what they were at a moment, and how they get back to it.

//!
//! A restore only adds: the version that was current at the restore point is copied on top of what is there now,
//! on the condition that nothing was written since the plan. Guarantee: no version is ever removed, a photo that is
//! newer than the plan is never covered, and a key whose past S3 can't tell is left alone and named.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ParamError;
use crate::plan::{Context, Progress};
use crate::spec::Values;
use crate::words;

mod applied;
mod apply;
mod body;
mod decide;
mod findings;
mod history;
mod landed;
mod merge;
mod plan;
mod reconcile;
mod reconciled;
mod survey;
mod tally;
mod verify;
mod verify_plan;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;

pub(crate) use apply::apply;
pub(crate) use history::whole_second;
pub use merge::{Keyed, Merge, Pair};
pub(crate) use plan::plan;
pub(crate) use reconcile::reconcile;
pub use reconcile::{Comparison, Kept, Reconcile};
pub use reconciled::Counts;
pub(crate) use survey::survey;
pub(crate) use verify::verify;
pub(crate) use verify_plan::verify_plan;

/// Which photos, and which moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// The restore point. S3 keeps whole seconds: all that was written in this second counts as before it.
    pub at: Timestamp,
    /// What happens to keys that did not exist at `at`.
    pub extra: Extra,
    /// What a key was when a photo and a deletion share the deciding second.
    pub ties: Ties,
    /// A database instance: only photos that it names, and that are not there, come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub named_by: Option<String>,
    /// Keys that begin with one of these are left as they are: photos of organizations that were obliterated.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exclude: Vec<String>,
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
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
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
            named_by: values.text("named_by").map(str::to_owned),
            exclude: values.list("exclude"),
        })
    }
}

/// Progress, told once in a while: there is no clock here, so by count.
struct Ticks<'a> {
    cx: &'a Context<'a>,
    progress: Progress,
}

impl<'a> Ticks<'a> {
    fn new(doing: &str, cx: &'a Context<'_>) -> Self {
        let progress = Progress { doing: doing.to_owned(), done: 0, total: None, failed: 0, bytes: 0 };
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

    /// Tells the end, when everything is counted.
    fn last(&mut self) {
        self.progress.total = Some(self.progress.done);
        (self.cx.progress)(self.progress.clone());
    }
}

#[cfg(test)]
impl Target {
    fn of(bucket: &str, prefix: &str, at: &str) -> Self {
        Self {
            bucket: bucket.to_owned(),
            prefix: prefix.to_owned(),
            at: at.parse().unwrap(),
            extra: Extra::Leave,
            ties: Ties::Leave,
            named_by: None,
            exclude: Vec::new(),
        }
    }
}
