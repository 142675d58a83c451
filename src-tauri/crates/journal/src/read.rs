//! Entries, read back in order and never without being checked.

use std::sync::mpsc;
use std::{mem, thread};

use run::{FoldError, Recorded, Run, RunId};
use rusqlite::params;

use crate::chain::{Chain, Entry, Stored};
use crate::store::{Journal, JournalError, at, last};
use crate::verify::Broken;

/// How many entries are held while a run is shown.
const PAGE: u64 = 1_024;
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

    /// One entry of a run, checked but for what it hangs on; `None` when the run ends before it.
    ///
    /// # Errors
    /// [`JournalError::Entry`] when it is broken.
    pub fn entry(&self, run: &RunId, seq: u64) -> Result<Option<Entry>, JournalError> {
        let Some(before) = seq.checked_sub(1) else { return Ok(None) };
        let mut found = None;
        self.follow(run, &mut Chain::after(before), 1, &mut |entry| {
            found = Some(entry.entry(run.clone()));
            Ok(())
        })?;
        Ok(found)
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
            self.follow(run, &mut chain, PAGE, &mut |entry| {
                page.push(entry.entry(run.clone()));
                Ok(())
            })?;
            let is_last = (page.len() as u64) < PAGE;
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
        Ok(self.part(run, 0, ALL)?.1)
    }

    /// The run that its entries tell of, without holding more than a few pages of them.
    ///
    /// # Errors
    /// As [`Journal::read`], and entries that aren't a run.
    pub fn fold<E: From<JournalError> + From<FoldError>>(&self, id: &RunId) -> Result<Run, E> {
        let length = last(&self.connection(), id).map_err(at(self.path()))?.map_or(0, |(seq, _)| seq);
        let (chain, entries) = self.part(id, 0, length.min(PAGE))?;
        let mut run = Run::fold(id.clone(), entries)?;
        if length > PAGE {
            self.fold_on::<E>(&mut run, chain, length)?;
        }
        Ok(run)
    }

    /// Takes in the pages behind the first one. Two threads read them in turn.
    fn fold_on<E: From<JournalError> + From<FoldError>>(
        &self,
        run: &mut Run,
        mut chain: Chain,
        length: u64,
    ) -> Result<(), E> {
        let id = &run.id().clone();
        let journals = [Self::open_read_only(self.path())?, Self::open_read_only(self.path())?];
        let pages = (PAGE..length).step_by(PAGE as usize);
        thread::scope(|scope| {
            let readers = [(0, &journals[0]), (1, &journals[1])].map(|(turn, journal)| {
                let (give, parts) = mpsc::sync_channel(2);
                let pages = pages.clone().skip(turn).step_by(2);
                scope.spawn(move || {
                    for after in pages {
                        // Nobody listens any more once a page before it was refused.
                        if give.send(journal.part(id, after, PAGE.min(length - after))).is_err() {
                            break;
                        }
                    }
                });
                parts
            });
            for (_, parts) in pages.zip(readers.iter().cycle()) {
                // A reader that gives nothing has panicked, and the scope with it.
                let Ok(part) = parts.recv() else { break };
                let (part, entries) = part?;
                if entries.is_empty() {
                    // The number of the last entry is not to be believed, or not to be reached.
                    let (run, seq, why) = (id.to_string(), run.seq() + 1, "it is missing".to_owned());
                    return Err(self.unusable(Broken::Entry { run, seq, why }).into());
                }
                chain = mem::take(&mut chain).join(part).map_err(|why| self.unusable(why))?;
                entries.into_iter().try_for_each(|entry| run.absorb(entry))?;
            }
            Ok(())
        })
    }

    /// So many of a run's entries after one with a number.
    fn part(&self, run: &RunId, after: u64, count: u64) -> Result<(Chain, Vec<Recorded>), JournalError> {
        let (mut chain, mut entries) = (Chain::after(after), Vec::new());
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
        let select = format!("{} WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3", Stored::SELECT);
        let connection = self.connection();
        let mut query = connection.prepare_cached(&select).map_err(&at)?;
        let asked = params![run.as_str(), chain.seq().cast_signed(), count.cast_signed()];
        let mut rows = query.query(asked).map_err(&at)?;
        while let Some(row) = rows.next().map_err(&at)? {
            let entry = Stored::of(row).map_err(&at)?;
            chain.follow(&entry).and_then(|_| seen(entry)).map_err(|why| self.unusable(why))?;
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
