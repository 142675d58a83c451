//! S3 Control, as far as S3 Batch Operations needs it: jobs that copy versions named in a manifest, and their reports.
//!
//! Its guarantee is the range's: it answers as S3 Control does, or 501 with what it doesn't do. A job's time passes as
//! it is looked at: each `DescribeJob` brings it one step further, so that no test waits.
//!
//! - [`Control`] is what a range keeps: shared by cloning.
//! - `http` is from a signed request to an answer, `order` what a request for a job says, `course` a job's steps,
//!   `tasks` its copies and `report` what it writes about them.

mod course;
mod faults;
mod http;
mod order;
mod report;
mod tasks;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use action::port::JobState;

use crate::rds::RdsTrouble;
use crate::rds::errors::Refused;
use crate::store::Store;

pub use faults::BatchFaults;
pub use order::{Order, Place};
pub use tasks::Task;

/// The range's S3 Batch Operations. Clones share it.
#[derive(Clone)]
pub struct Control(Arc<Shared>);

struct Shared {
    store: Store,
    jobs: Mutex<Vec<Job>>,
    faults: Mutex<BatchFaults>,
    /// Refusals and answers that get lost.
    trouble: RdsTrouble,
}

/// A job.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its id.
    pub id: String,
    /// What was asked for.
    pub order: Order,
    /// Its state.
    pub state: JobState,
    /// Why it is in its state, or failed.
    pub why: Option<(String, String)>,
    /// Its tasks, once the manifest was read.
    pub tasks: Option<Vec<Task>>,
    /// How often it was looked at in this state.
    looks: u32,
    created: jiff::Timestamp,
}

impl Control {
    pub(crate) fn new(store: Store) -> Self {
        Self(Arc::new(Shared {
            store,
            jobs: Mutex::default(),
            faults: Mutex::default(),
            trouble: RdsTrouble::default(),
        }))
    }

    /// Every job so far, oldest first.
    pub fn jobs(&self) -> Vec<Job> {
        self.lock().clone()
    }

    /// Replaces the faults in force, from the next request on.
    pub fn set_faults(&self, faults: BatchFaults) {
        self.0.trouble.set(faults.of_requests());
        *self.0.faults.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    fn faults(&self) -> BatchFaults {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.jobs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What S3 Control can do and the range can't.
fn undone(what: &str) -> Refused {
    Refused::new(501, "NotImplemented", format!("the practice range's S3 Control doesn't do {what}"))
}
