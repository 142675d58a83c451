//! One entry, and how it hangs on the one before it.

use jiff::Timestamp;
use run::{Digest, Event, Recorded, RunId};

/// What the first entry of a run hangs on.
pub const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// One entry as it is stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// The run.
    pub run: RunId,
    /// Its number in the run, from 1.
    pub seq: u64,
    /// When, as stored: RFC 3339 in UTC.
    pub at: String,
    /// Who.
    pub actor: String,
    /// The event, as stored: JSON.
    pub event: String,
    /// The hash of the entry before, or [`GENESIS`].
    pub previous: String,
    /// Its own hash.
    pub hash: String,
}

impl Entry {
    /// An entry that hangs on `previous`.
    pub(crate) fn new(
        run: RunId,
        seq: u64,
        at: String,
        actor: String,
        event: String,
        previous: String,
    ) -> Self {
        let mut entry = Self { run, seq, at, actor, event, previous, hash: String::new() };
        entry.hash = entry.expected();
        entry
    }

    /// The hash that its content should have.
    pub(crate) fn expected(&self) -> String {
        let content = (self.run.as_str(), self.seq, &self.at, &self.actor, &self.event, &self.previous);
        // An event is JSON, whose quotes are escaped once more.
        let mut json = Vec::with_capacity(256 + 2 * self.event.len());
        // Texts and a number always are JSON.
        serde_json::to_writer(&mut json, &content).unwrap_or_default();
        Digest::of(&json).to_string()
    }

    /// Why it doesn't hang on an entry with this number and hash, if it doesn't.
    pub(crate) fn fault(&self, seq: u64, previous: &str) -> Option<&'static str> {
        if self.seq != seq + 1 {
            Some("an entry before it is missing")
        } else if self.previous != previous {
            Some("it does not hang on the entry before it")
        } else if self.hash != self.expected() {
            Some("its content was changed after it was written")
        } else {
            None
        }
    }

    /// What the fold needs of it.
    ///
    /// # Errors
    /// A time or an event that this version can't read.
    pub fn recorded(&self) -> Result<Recorded, serde_json::Error> {
        let event: Event = serde_json::from_str(&self.event)?;
        let at: Timestamp = self.at.parse().map_err(serde::de::Error::custom)?;
        Ok(Recorded { seq: self.seq, at, actor: self.actor.clone(), event })
    }
}
