//! `aws.preflight`: who am I, is it the expected account, do harmless probes of what the runbook needs succeed.

use crate::ParamError;
use crate::plan::{Context, Failure, Outcome, Sink};
use crate::spec::Values;

/// What to probe besides the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// A bucket whose reach and protections are checked.
    pub bucket: Option<String>,
    /// The keys to list one of.
    pub prefix: String,
}

impl Preflight {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            bucket: values.text("bucket").map(str::to_owned),
            prefix: values.text("prefix").unwrap_or_default().to_owned(),
        })
    }

    pub(crate) async fn run(&self, _cx: &Context<'_>, _evidence: Sink<'_>) -> Result<Outcome, Failure> {
        Err(Failure::Refused { why: "preflight is being written".to_owned(), next: String::new() })
    }
}
