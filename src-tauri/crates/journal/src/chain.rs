//! One entry, and how it hangs on the one before it.

use std::mem;

use jiff::Timestamp;
use run::{Digest, Event, Recorded, RunId};
use rusqlite::Row;
use sha2::{Digest as _, Sha256};

use crate::verify::Broken;

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
    fn expected(&self) -> String {
        Digest::finish(self.stored().content(&mut Vec::new())).to_string()
    }

    /// It as it would be read.
    pub(crate) fn stored(&self) -> Stored<'_> {
        let Self { run, seq, at, actor, event, previous, hash } = self;
        Stored { run: run.as_str(), seq: *seq, at, actor, event, previous, hash }
    }

    /// What the fold needs of it.
    ///
    /// # Errors
    /// A time or an event that this version can't read.
    pub fn recorded(&self) -> Result<Recorded, serde_json::Error> {
        self.stored().recorded()
    }
}

/// An entry where it lies: nothing of it is copied until it is put to use.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stored<'a> {
    pub(crate) run: &'a str,
    pub(crate) seq: u64,
    pub(crate) at: &'a str,
    pub(crate) actor: &'a str,
    pub(crate) event: &'a str,
    pub(crate) previous: &'a str,
    pub(crate) hash: &'a str,
}

impl<'a> Stored<'a> {
    /// The beginning of a query whose rows are entries.
    pub(crate) const SELECT: &'static str = "SELECT run, seq, at, actor, event, previous, hash FROM entry";

    /// The entry of a row of [`Self::SELECT`].
    pub(crate) fn of(row: &'a Row<'_>) -> rusqlite::Result<Self> {
        let text = |column: usize| -> rusqlite::Result<&'a str> { Ok(row.get_ref(column)?.as_str()?) };
        let seq = row.get::<_, i64>(1)?.cast_unsigned();
        let (at, actor, event) = (text(2)?, text(3)?, text(4)?);
        Ok(Self { run: text(0)?, seq, at, actor, event, previous: text(5)?, hash: text(6)? })
    }

    /// What its hash is of. `json` is only for using its memory again.
    fn content(&self, json: &mut Vec<u8>) -> Sha256 {
        json.clear();
        let content = (self.run, self.seq, self.at, self.actor, self.event, self.previous);
        // Texts and a number always are JSON.
        serde_json::to_writer(&mut *json, &content).unwrap_or_default();
        Sha256::new_with_prefix(json)
    }

    /// Its hash when it is what was written.
    fn unchanged(&self, json: &mut Vec<u8>) -> Option<[u8; 32]> {
        let hash: [u8; 32] = self.content(json).finalize().into();
        (self.hash.as_bytes() == Digest::digits(hash)).then_some(hash)
    }

    /// As [`Entry::recorded`].
    pub(crate) fn recorded(&self) -> Result<Recorded, serde_json::Error> {
        let event: Event = serde_json::from_str(self.event)?;
        let at: Timestamp = self.at.parse().map_err(serde::de::Error::custom)?;
        Ok(Recorded { seq: self.seq, at, actor: self.actor.to_owned(), event })
    }

    pub(crate) fn entry(&self, run: RunId) -> Entry {
        let Self { run: _, seq, at, actor, event, previous, hash } = *self;
        let [at, actor, event, previous, hash] = [at, actor, event, previous, hash].map(str::to_owned);
        Entry { run, seq, at, actor, event, previous, hash }
    }
}

/// Follows entries, each of which hangs on the one before it in its run.
#[derive(Debug, Default)]
pub(crate) struct Chain {
    /// Each run, and the hash of its last entry.
    heads: Vec<(RunId, String)>,
    /// The number of the last entry.
    seq: u64,
    entries: u64,
    /// That the next entry may hang on one that isn't known here.
    loose: bool,
    /// The first entry, where it may: its run, its number, and what it hangs on.
    begins: Option<(String, u64, String)>,
    json: Vec<u8>,
}

impl Chain {
    /// Of a run's entries after one with a number, whose hash isn't known; from the first one on after 0.
    pub(crate) fn after(seq: u64) -> Self {
        Self { seq, loose: seq > 0, ..Self::default() }
    }

    /// From any entry on.
    pub(crate) fn from_anywhere() -> Self {
        Self { loose: true, ..Self::default() }
    }

    /// How many entries were followed.
    pub(crate) fn entries(&self) -> u64 {
        self.entries
    }

    /// The number of the last entry.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// The runs, in the order in which they came, each with the hash of its last entry.
    pub(crate) fn heads(self) -> Vec<(RunId, String)> {
        self.heads
    }

    /// Adds an entry that hangs on the one before it and is what was written; its hash.
    pub(crate) fn follow(&mut self, entry: &Stored<'_>) -> Result<[u8; 32], Broken> {
        let (last, hash) = if mem::take(&mut self.loose) {
            self.begins = Some((entry.run.to_owned(), entry.seq, entry.previous.to_owned()));
            // Where even the number of the one before it isn't known, it is the one that this would follow.
            (if self.seq == 0 { entry.seq.wrapping_sub(1) } else { self.seq }, entry.previous)
        } else {
            self.end_of(entry.run)
        };
        if let Some(why) = misplaced(entry.seq, entry.previous, last, hash) {
            return Err(Broken::of(entry, why));
        }
        let changed = "its content was changed after it was written";
        let hash = entry.unchanged(&mut self.json).ok_or_else(|| Broken::of(entry, changed))?;
        self.add(entry)?;
        Ok(hash)
    }

    /// The number and the hash that the next entry of `run` hangs on.
    pub(crate) fn end_of(&self, run: &str) -> (u64, &str) {
        let same = self.heads.last().filter(|(last, _)| last.as_str() == run);
        same.map_or((0, GENESIS), |(_, hash)| (self.seq, hash))
    }

    pub(crate) fn add(&mut self, entry: &Stored<'_>) -> Result<(), Broken> {
        match self.heads.last_mut() {
            Some((last, head)) if last.as_str() == entry.run => entry.hash.clone_into(head),
            _ => {
                let run = entry.run.parse::<RunId>().map_err(|why| Broken::of(entry, &why.to_string()))?;
                self.heads.push((run, entry.hash.to_owned()));
            }
        }
        self.entries += 1;
        self.seq = entry.seq;
        Ok(())
    }

    /// Goes on with the entries behind, if the first of them hangs on the last of these.
    pub(crate) fn join(mut self, rest: Self) -> Result<Self, Broken> {
        let Some((run, seq, previous)) = rest.begins else { return Ok(self) };
        let (last, hash) = self.end_of(&run);
        if let Some(why) = misplaced(seq, &previous, last, hash) {
            return Err(Broken::Entry { run, seq, why: why.to_owned() });
        }
        if last > 0 {
            // It is told of by those behind.
            self.heads.pop();
        }
        self.heads.extend(rest.heads);
        Ok(Self { heads: self.heads, seq: rest.seq, entries: self.entries + rest.entries, ..Self::default() })
    }
}

/// Why an entry with this number, which hangs on `previous`, doesn't come after the one with the number `last` and the hash
/// `hash`.
fn misplaced(seq: u64, previous: &str, last: u64, hash: &str) -> Option<&'static str> {
    if Some(seq) != last.checked_add(1) {
        Some("an entry before it is missing")
    } else if previous != hash {
        Some("it does not hang on the entry before it")
    } else {
        None
    }
}
