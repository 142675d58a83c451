//! Telling how far the work is, often enough for a person and no more.

use std::time::Duration;

use super::count::Count;
use crate::plan::{Context, Progress};

/// How often it is told.
const EVERY: Duration = Duration::from_millis(100);

/// How far the work is.
pub(crate) struct Telling<'a> {
    cx: &'a Context<'a>,
    progress: Progress,
    told: Duration,
}

impl<'a> Telling<'a> {
    /// Begins with what earlier applications did.
    pub(crate) fn new(doing: &str, cx: &'a Context<'a>, earlier: &Count) -> Self {
        let (done, bytes) = (earlier.so() + earlier.undecided + earlier.blocked, earlier.bytes);
        let progress = Progress { doing: doing.to_owned(), done, bytes, ..Progress::default() };
        (cx.progress)(progress.clone());
        Self { cx, progress, told: Duration::ZERO }
    }

    /// Counts an item, and tells it when it is time to.
    pub(crate) fn count(&mut self, now: Duration, failed: bool, bytes: u64) {
        self.progress.done += 1;
        self.progress.failed += u64::from(failed);
        self.progress.bytes += bytes;
        if now >= self.told + EVERY {
            self.told = now;
            (self.cx.progress)(self.progress.clone());
        }
    }

    /// Says what is being done from now on.
    pub(crate) fn say(&mut self, doing: &str) {
        doing.clone_into(&mut self.progress.doing);
        (self.cx.progress)(self.progress.clone());
    }

    /// Tells the end, when everything is counted.
    pub(crate) fn last(&mut self) {
        self.progress.total = Some(self.progress.done);
        (self.cx.progress)(self.progress.clone());
    }
}
