//! What applying a plan writes down: one line for each item's final state, and for some of what led to it.

use std::borrow::Cow;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::body::write_line;
use crate::plan::{Failure, Sink};

/// How much work may be repeated after a crash.
const DURABLE_EVERY: Duration = Duration::from_secs(1);

/// One line of evidence.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Line<'a> {
    /// The item's line in the plan, from 1; `None` in what earlier versions of this program wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) n: Option<u64>,
    #[serde(borrow)]
    pub(crate) key: Cow<'a, str>,
    /// `copy`, `hide`, `remove`, `undecided` or `blocked`.
    #[serde(borrow)]
    pub(crate) op: Cow<'a, str>,
    /// The word for what came of it; see [`Result`].
    pub(crate) result: Result,
    #[serde(default)]
    pub(crate) attempt: u8,
    /// The version or marker that was made.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) etag: Option<Cow<'a, str>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) request_id: Option<Cow<'a, str>>,
    /// Bytes that were copied.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) bytes: u64,
    /// Versions and delete markers that were removed.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) removed: u64,
    /// Whether a photo is current now that what hid it was removed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) shown: bool,
    /// When thawing was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<Cow<'a, str>>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_none(n: &u64) -> bool {
    *n == 0
}

/// What came of an item, or of one try at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Result {
    /// Its photo was copied.
    Restored,
    /// It was hidden behind a delete marker.
    Hidden,
    /// What lay on top was removed.
    Removed,
    /// It was so already.
    Already,
    /// It was written or deleted since the plan: left alone.
    Changed,
    /// The plan does nothing about it.
    #[serde(rename = "left alone")]
    LeftAlone,
    /// It failed.
    #[default]
    Failed,
    /// It failed, and will be tried again.
    Retried,
    /// Its thawing was asked for.
    #[serde(rename = "thaw asked")]
    ThawAsked,
}

impl Result {
    /// Whether nothing more is to be done about the item, however often the plan is applied.
    pub(crate) fn is_settled(self) -> bool {
        matches!(self, Self::Restored | Self::Hidden | Self::Removed | Self::Already | Self::LeftAlone)
    }

    /// Whether it is said of an item whose fate is still open.
    pub(crate) fn is_passing(self) -> bool {
        matches!(self, Self::Retried | Self::ThawAsked)
    }

    /// The word that lines use.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Restored => "restored",
            Self::Hidden => "hidden",
            Self::Removed => "removed",
            Self::Already => "already",
            Self::Changed => "changed",
            Self::LeftAlone => "left alone",
            Self::Failed => "failed",
            Self::Retried => "retried",
            Self::ThawAsked => "thaw asked",
        }
    }
}

/// Where lines go. They are made durable about once a second, and at the end.
pub(crate) struct Evidence<'a> {
    sink: Sink<'a>,
    flushed: Duration,
    waiting: bool,
}

impl<'a> Evidence<'a> {
    pub(crate) fn new(sink: Sink<'a>) -> Self {
        Self { sink, flushed: Duration::ZERO, waiting: false }
    }

    pub(crate) fn write(&mut self, line: &Line<'_>) -> std::result::Result<(), Failure> {
        self.waiting = true;
        write_line(line, &mut *self.sink)
    }

    /// When lines that were written have to be made durable; `None` when there are none.
    pub(crate) fn due(&self) -> Option<Duration> {
        self.waiting.then(|| self.flushed + DURABLE_EVERY)
    }

    /// Makes durable what was written, when it is time to.
    pub(crate) fn keep_up(&mut self, now: Duration) -> std::result::Result<(), Failure> {
        match self.due() {
            Some(due) if due <= now => self.flush(now),
            _ => Ok(()),
        }
    }

    /// Makes durable what was written.
    pub(crate) fn flush(&mut self, now: Duration) -> std::result::Result<(), Failure> {
        (self.flushed, self.waiting) = (now, false);
        Ok(self.sink.flush()?)
    }
}
