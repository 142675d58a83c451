//! A restore too large for a laptop, handed to S3 Batch Operations.
//!
//! The choice is made when the plan is made, and written in its header: what is approved is what happens. The plan's
//! copies become manifests, one for each storage class, as a job has one class for all its copies. Each job waits at
//! S3 until it is confirmed, and the approval of the plan is what confirms it. What a job can't copy comes from this
//! machine afterwards, by the same code as ever.
//!
//! Guarantee: applying the plan again, after a crash or a stop at any point, adopts the jobs that it has made and makes
//! no second one. Copies of a job have no condition, so a photo that is written between the plan and the copy is
//! covered; versioning must be on, so that it is never lost, and verifying the plan names each.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::body::Op;

mod apply;
mod covered;
mod manifest;
mod outcome;
mod plan;
mod report;
mod watch;

#[cfg(test)]
mod fake;
#[cfg(test)]
mod tests;

pub(super) use apply::apply;
pub(super) use covered::covered;
pub(crate) use plan::plan;

/// What a plan says of photos that are written while it is carried out; it isn't so where jobs copy.
pub(super) const GUARDED: &str = "A photo that is written after this plan is left alone and reported.";

/// The largest object that a job copies: 5 GB, which S3 counts as 5 GiB (facts §1.9).
const LARGEST: u64 = 5 * 1024 * 1024 * 1024;
/// The storage classes that copies are made in; from the others a version must be thawed first.
const CLASSES: [&str; 5] = ["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"];

/// What of a plan is handed to S3 Batch Operations, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Handoff {
    /// Names what this plan makes at S3: no other plan has it.
    pub(crate) id: String,
    /// When the plan was made.
    pub(crate) planned: Timestamp,
    /// The role that S3 takes on.
    pub(crate) role: String,
    /// The bucket of the manifests and the reports.
    pub(crate) bucket: String,
    /// The beginning of their keys.
    pub(crate) prefix: String,
    /// A job for each, in the order of their storage classes.
    pub(crate) shares: Vec<Share>,
}

/// What one job copies.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Share {
    pub(crate) storage_class: String,
    pub(crate) photos: u64,
    pub(crate) bytes: u64,
}

impl Handoff {
    /// The name of an attempt at a share: what S3 is given to know a job again.
    fn name(&self, share: &Share, attempt: u32) -> String {
        format!("{}.{}.{attempt}", self.id, share.storage_class)
    }

    /// What the description of each of its jobs begins with.
    fn start(&self) -> String {
        format!("lifeboat {}.", self.id)
    }

    /// The attempt at a share that a job's description tells of.
    fn attempt(&self, share: &Share, description: &str) -> Option<u32> {
        let rest = description.strip_prefix(&self.start())?;
        rest.strip_prefix(&share.storage_class)?.strip_prefix('.')?.parse().ok()
    }

    /// A key in the bucket of the manifests.
    fn key(&self, of: &str) -> String {
        let slash = if self.prefix.is_empty() { "" } else { "/" };
        format!("{}{slash}{}/{of}", self.prefix, self.id)
    }

    fn photos(&self) -> u64 {
        self.shares.iter().map(|share| share.photos).sum()
    }
}

/// The storage class of a copy that a job can make; otherwise why it can't, in a word, where there is something to do.
fn fit(op: &Op) -> Result<&str, Option<&'static str>> {
    match op {
        Op::Copy { want, .. } if want.size > LARGEST => Err(Some("over 5 GB")),
        // Whether a manifest may name it could not be verified (facts §1.9).
        Op::Copy { want, .. } if want.version.0 == "null" => Err(Some("without a version id of its own")),
        Op::Copy { want, .. } if CLASSES.contains(&want.storage_class.as_str()) => Ok(&want.storage_class),
        Op::Copy { .. } => Err(Some("archived")),
        Op::Hide { .. } => Err(Some("to be hidden")),
        Op::Remove { .. } => Err(Some("to be removed")),
        Op::Undecided { .. } | Op::Blocked { .. } => Err(None),
    }
}
