//! How a job goes on, a step each time it is looked at.

use action::port::JobState;

use super::tasks::Manifest;
use super::{BatchFaults, Job, report};
use crate::store::Store;

impl Job {
    /// Brings it one step further.
    pub(super) fn step(&mut self, store: &Store, faults: &BatchFaults) {
        if self.state.ended() || self.state == JobState::Suspended {
            return;
        }
        self.looks += 1;
        if self.looks <= faults.slow {
            return;
        }
        match self.state {
            JobState::New => self.becomes(JobState::Preparing),
            JobState::Preparing => self.prepare(store),
            JobState::Ready => self.becomes(JobState::Active),
            JobState::Active => self.work(store, faults),
            JobState::Completing => self.end(JobState::Complete, store),
            JobState::Cancelling => self.end(JobState::Cancelled, store),
            JobState::Failing => self.end(JobState::Failed, store),
            _ => {}
        }
    }

    pub(super) fn becomes(&mut self, state: JobState) {
        self.state = state;
        self.looks = 0;
    }

    fn fail(&mut self, code: &str, why: &str) {
        self.why = Some((code.to_owned(), why.to_owned()));
        self.becomes(JobState::Failing);
    }

    fn prepare(&mut self, store: &Store) {
        match Manifest::read(store, &self.order) {
            Err((code, why)) => self.fail(code, &why),
            Ok(Manifest(tasks)) => {
                self.tasks = Some(tasks);
                let waits = self.order.confirmation_required;
                self.becomes(if waits { JobState::Suspended } else { JobState::Ready });
            }
        }
    }

    /// Does half of the tasks, then the rest.
    fn work(&mut self, store: &Store, faults: &BatchFaults) {
        let tasks = self.tasks.as_deref_mut().unwrap_or_default();
        let half = tasks.len().div_ceil(2);
        let begun = tasks.iter().any(|task| task.came.is_some());
        for task in tasks.iter_mut().filter(|task| task.came.is_none()).take(half.max(1)) {
            task.perform(store, &self.order, faults);
        }
        match &faults.jobs_fail {
            Some(why) => self.fail("JobFailed", why),
            None if begun || half == self.tasks.as_ref().map_or(0, Vec::len) => {
                self.becomes(JobState::Completing);
            }
            None => self.looks = 0,
        }
    }

    fn end(&mut self, state: JobState, store: &Store) {
        match report::write(self, store) {
            Ok(()) => self.becomes(state),
            Err(error) => {
                self.why = Some(("ReportBucket".to_owned(), error.to_string()));
                self.becomes(JobState::Failed);
            }
        }
    }
}
