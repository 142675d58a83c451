//! What was asked and answered, for tests and measurements.

use std::collections::BTreeMap;

use serde::Serialize;

/// What a range was asked and what it answered since it started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// S3's requests by operation, refused ones among them, but none whose signature was wrong.
    pub requests: BTreeMap<String, u64>,
    /// The answers of every service, by status.
    pub answers: BTreeMap<u16, u64>,
    /// Requests whose connection was reset.
    pub resets: u64,
    /// Live writes that were made just before a guarded one.
    pub races: u64,
}

impl Counts {
    pub(super) fn ask(&mut self, operation: &str) {
        match self.requests.get_mut(operation) {
            Some(count) => *count += 1,
            None => drop(self.requests.insert(operation.to_owned(), 1)),
        }
    }

    /// How many requests of an operation came.
    #[must_use]
    pub fn of(&self, operation: &str) -> u64 {
        self.requests.get(operation).copied().unwrap_or_default()
    }

    /// How many answers had a status; 503 is `SlowDown`.
    #[must_use]
    pub fn answered(&self, status: u16) -> u64 {
        self.answers.get(&status).copied().unwrap_or_default()
    }
}
