//! The badge photos: what they were at a moment, and how they get back to it.

use jiff::Timestamp;

use crate::ParamError;
use crate::plan::{Context, Failure, Outcome, PlanSummary, Sink, Source};
use crate::spec::Values;

/// Which photos, and which moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// The restore point.
    pub at: Timestamp,
    /// What happens to keys that did not exist at `at`.
    pub extra: Extra,
    /// What a key was when a photo and a deletion share the deciding second.
    pub ties: Ties,
}

/// What happens to keys that did not exist at the restore point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extra {
    /// They stay, and are reported.
    #[default]
    Leave,
    /// Each is hidden behind a delete marker.
    Delete,
}

/// What a key was when a photo and a deletion share the deciding second and S3 can't say which came last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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
        })
    }
}

pub(crate) async fn survey(
    _target: &Target,
    _cx: &Context<'_>,
    _evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    Err(Failure::Refused { why: "being written".to_owned(), next: String::new() })
}

pub(crate) async fn verify(
    _target: &Target,
    _cx: &Context<'_>,
    _evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    Err(Failure::Refused { why: "being written".to_owned(), next: String::new() })
}

pub(crate) async fn plan(
    _target: &Target,
    _cx: &Context<'_>,
    _body: Sink<'_>,
) -> Result<PlanSummary, Failure> {
    Err(Failure::Refused { why: "being written".to_owned(), next: String::new() })
}

pub(crate) async fn apply(_plan: Source, _cx: &Context<'_>, _evidence: Sink<'_>) -> Result<Outcome, Failure> {
    Err(Failure::Refused { why: "being written".to_owned(), next: String::new() })
}

pub(crate) async fn verify_plan(
    _plan: Source,
    _cx: &Context<'_>,
    _evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    Err(Failure::Refused { why: "being written".to_owned(), next: String::new() })
}
