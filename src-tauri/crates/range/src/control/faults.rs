//! What goes wrong with jobs on purpose.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::rds::{Lost, RdsFaults, Refusal};

/// What goes wrong. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BatchFaults {
    /// Requests that are refused before anything is done: `CreateJob`, `DescribeJob`, `ListJobs`, `UpdateJobStatus`.
    pub refuse: Vec<Refusal>,
    /// Requests that are carried out, and whose connection then breaks before the answer.
    pub answer_lost: Vec<Lost>,
    /// Keys whose task fails, each with the code it fails with.
    pub failing_keys: BTreeMap<String, String>,
    /// Why jobs fail once half of their tasks are done.
    pub jobs_fail: Option<String>,
    /// How many looks more than one each step takes.
    pub slow: u32,
}

impl BatchFaults {
    pub(super) fn of_requests(&self) -> RdsFaults {
        RdsFaults {
            refuse: self.refuse.clone(),
            answer_lost: self.answer_lost.clone(),
            ..RdsFaults::default()
        }
    }
}
