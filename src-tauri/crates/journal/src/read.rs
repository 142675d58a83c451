//! Entries, read back in order and never without being checked.

use std::thread;

use run::{Recorded, RunId};
use rusqlite::{OptionalExtension as _, params};

use crate::chain::{Chain, Entry, Stored};
use crate::store::{Journal, JournalError, at, last};
use crate::verify::Broken;

/// How many entries are held while a run is shown.
const PAGE: u16 = 1_024;
/// How many entries a run has at least before two threads read it.
const LONG: u64 = 4_096;
/// How many entries room is made for before they are read: what a damaged file says of their number isn't believed.
const ROOM: usize = 1 << 17;
/// As many entries as there are: to SQLite it is a negative limit.
const ALL: u64 = u64::MAX;

impl Journal {
    /// A run's entries from the first to the last, each checked against the one before it.
    ///
    /// # Errors
    /// [`JournalError::Entry`] at the first that is broken.
    pub fn entries(&self, run: &RunId) -> Result<Vec<Entry>, JournalError> {
        self.entries_after(run, 0)
    }

    /// A run's entries after the one with the number `after`, each checked against the one before it but for the
    /// first.
    ///
    /// # Errors
    /// [`JournalError::Entry`] at the first that is broken.
    pub fn entries_after(&self, run: &RunId, after: u64) -> Result<Vec<Entry>, JournalError> {
        let mut entries = Vec::new();
        self.follow(run, &mut Chain::after(after), ALL, &mut |entry| {
            entries.push(entry.entry(run.clone()));
            Ok(())
        })?;
        Ok(entries)
    }

    /// One entry of a run, if it is there.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn entry(&self, run: &RunId, seq: u64) -> Result<Option<Entry>, JournalError> {
        let select =
            "SELECT run, seq, at, actor, event, previous, hash FROM entry WHERE run = ?1 AND seq = ?2";
        let connection = self.connection();
        let entry = connection.query_row(select, params![run.as_str(), seq.cast_signed()], |row| {
            Ok(Stored::of(row)?.entry(run.clone()))
        });
        entry.optional().map_err(at(self.path()))
    }

    /// Shows a run's entries from the first to the last, each checked against the one before it, without holding more
    /// than a page of them. The journal can be used meanwhile.
    ///
    /// # Errors
    /// [`JournalError::Entry`] at the first that is broken; what `seen` says.
    pub fn each<E: From<JournalError>>(
        &self,
        run: &RunId,
        seen: &mut dyn FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut chain = Chain::after(0);
        loop {
            let mut page = Vec::new();
            self.follow(run, &mut chain, PAGE.into(), &mut |entry| {
                page.push(entry.entry(run.clone()));
                Ok(())
            })?;
            let is_last = page.len() < usize::from(PAGE);
            page.into_iter().try_for_each(&mut *seen)?;
            if is_last {
                return Ok(());
            }
        }
    }

    /// What [`run::Run::fold`] needs of a run's entries.
    ///
    /// # Errors
    /// As [`Journal::entries`]; also an event that this version can't read.
    pub fn read(&self, run: &RunId) -> Result<Vec<Recorded>, JournalError> {
        let length = last(&self.connection(), run).map_err(at(self.path()))?.map_or(0, |(seq, _)| seq);
        if length < LONG {
            return Ok(self.part(run, 0, length)?.1);
        }
        let middle = length / 2;
        let mut rest = Ok(Default::default());
        let begun = thread::scope(|scope| {
            scope.spawn(|| {
                rest = Self::open_read_only(self.path())
                    .and_then(|other| other.part(run, middle, length - middle));
            });
            self.part(run, 0, middle)
        });
        let ((begun, mut entries), (rest, more)) = (begun?, rest?);
        begun.join(rest).map_err(|why| self.unusable(why))?;
        entries.extend(more);
        Ok(entries)
    }

    /// So many of a run's entries after one with a number.
    fn part(&self, run: &RunId, after: u64, count: u64) -> Result<(Chain, Vec<Recorded>), JournalError> {
        let room = usize::try_from(count).map_or(ROOM, |count| count.min(ROOM));
        let (mut chain, mut entries) = (Chain::after(after), Vec::with_capacity(room));
        self.follow(run, &mut chain, count, &mut |entry| {
            entries.push(entry.recorded().map_err(|why| Broken::of(&entry, &why.to_string()))?);
            Ok(())
        })?;
        Ok((chain, entries))
    }

    /// Shows so many of a run's entries after those that `chain` has followed.
    fn follow(
        &self,
        run: &RunId,
        chain: &mut Chain,
        count: u64,
        seen: &mut dyn FnMut(Stored<'_>) -> Result<(), Broken>,
    ) -> Result<(), JournalError> {
        let at = at(self.path());
        let select = "SELECT run, seq, at, actor, event, previous, hash FROM entry
                      WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
        let connection = self.connection();
        let mut query = connection.prepare_cached(select).map_err(&at)?;
        let asked = params![run.as_str(), chain.seq().cast_signed(), count.cast_signed()];
        let mut rows = query.query(asked).map_err(&at)?;
        while let Some(row) = rows.next().map_err(&at)? {
            let entry = Stored::of(row).map_err(&at)?;
            chain.follow(&entry).and_then(|()| seen(entry)).map_err(|why| self.unusable(why))?;
        }
        Ok(())
    }

    fn unusable(&self, broken: Broken) -> JournalError {
        let path = self.path().to_owned();
        match broken {
            Broken::Entry { run, seq, why } => JournalError::Entry { path, run, seq, why },
            other => JournalError::Damaged { path, why: other.to_string() },
        }
    }
}
