//! RDS trouble on purpose: refusals, answers that get lost, and instances that never become available.

use std::sync::{Mutex, PoisonError};

use serde::Deserialize;

use super::errors::Refused;

/// What goes wrong. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RdsFaults {
    /// Requests that are refused before anything is done. The first that fits is the one.
    pub refuse: Vec<Refusal>,
    /// Requests that are carried out, and whose connection then breaks before the answer.
    pub answer_lost: Vec<Lost>,
    /// The state that new instances end in instead of `available`, such as `incompatible-restore`.
    pub new_instances_end: Option<String>,
}

/// Requests that are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// The operation, such as `RestoreDBInstanceToPointInTime`, or `*` for every one. KMS's is `DescribeKey`.
    pub operation: String,
    /// The code on the wire, such as `InsufficientDBInstanceCapacity`.
    pub code: String,
    /// The HTTP status; 400 when left out.
    #[serde(default = "bad_request")]
    pub status: u16,
    /// What it says besides.
    #[serde(default)]
    pub message: Option<String>,
    /// How many times; always when left out.
    #[serde(default)]
    pub times: Option<u32>,
}

/// Requests whose answer gets lost.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lost {
    /// The operation.
    pub operation: String,
    /// How many times; always when left out.
    #[serde(default)]
    pub times: Option<u32>,
}

fn bad_request() -> u16 {
    400
}

/// Counts one down; whether there was one left.
fn take(times: &mut Option<u32>) -> bool {
    match times {
        None => true,
        Some(0) => false,
        Some(left) => {
            *left -= 1;
            true
        }
    }
}

/// The faults in force, with what is left of those that end.
#[derive(Debug, Default)]
pub(crate) struct RdsTrouble(Mutex<RdsFaults>);

impl RdsTrouble {
    pub(crate) fn set(&self, faults: RdsFaults) {
        *self.lock() = faults;
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, RdsFaults> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether this request is to be refused.
    pub(crate) fn refuses(&self, operation: &str) -> Result<(), Refused> {
        let mut faults = self.lock();
        let struck = faults
            .refuse
            .iter_mut()
            .filter(|fault| fault.operation == "*" || fault.operation == operation)
            .find_map(|fault| take(&mut fault.times).then_some(fault));
        let Some(fault) = struck else { return Ok(()) };
        let message = match (&fault.message, fault.code.as_str()) {
            (Some(message), _) => message.clone(),
            (None, "Throttling" | "ThrottlingException") => "Rate exceeded".to_owned(),
            (None, code) => format!("{code} (a fault of the practice range)"),
        };
        Err(Refused::new(fault.status, &fault.code, message))
    }

    /// Whether the answer to this request, which was carried out, is to get lost.
    pub(crate) fn loses(&self, operation: &str) -> bool {
        let mut faults = self.lock();
        faults.answer_lost.iter_mut().any(|lost| lost.operation == operation && take(&mut lost.times))
    }

    pub(super) fn new_instances_end(&self) -> Option<String> {
        self.lock().new_instances_end.clone()
    }
}
