//! Entries, read back in order and never without being checked.
//!
//! Pages of them are read and hashed by a thread of their own while those before are put to use, and the journal can be
//! written to between two pages: however long a run is, a few pages of it are held.

use std::sync::mpsc;
use std::{mem, thread};

use run::{Recorded, RunId, RunIdError};
use rusqlite::{OptionalExtension as _, Row, params};

use crate::chain::{Entry, GENESIS};
use crate::store::{Journal, JournalError, at};
use crate::verify::{Broken, VerifyError};

/// How many entries are read at once.
const PAGE: u16 = 1_024;

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
        self.each_after(run, after, &mut |entry| {
            entries.push(entry);
            Ok::<_, JournalError>(())
        })?;
        Ok(entries)
    }

    /// One entry of a run, if it is there.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn entry(&self, run: &RunId, seq: u64) -> Result<Option<Entry>, JournalError> {
        let connection = self.connection();
        let mut query = connection
            .prepare_cached(&format!("{SELECT} WHERE run = ?1 AND seq = ?2"))
            .map_err(at(self.path()))?;
        query
            .query_row(params![run.as_str(), seq.cast_signed()], |row| entry(row, run.clone()))
            .optional()
            .map_err(at(self.path()))
    }

    /// Shows a run's entries from the first to the last, each checked against the one before it, without holding
    /// them.
    ///
    /// # Errors
    /// [`JournalError::Entry`] at the first that is broken; what `seen` says.
    pub fn each<E: From<JournalError>>(
        &self,
        run: &RunId,
        seen: &mut dyn FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        self.each_after(run, 0, seen)
    }

    /// What [`run::Run::fold`] needs of a run's entries.
    ///
    /// # Errors
    /// As [`Journal::entries`]; also an event that this version can't read.
    pub fn read(&self, run: &RunId) -> Result<Vec<Recorded>, JournalError> {
        let mut entries = Vec::new();
        self.each(run, &mut |entry| {
            let recorded = entry.recorded().map_err(|why| self.broken(&entry, &why.to_string()))?;
            entries.push(recorded);
            Ok::<_, JournalError>(())
        })?;
        Ok(entries)
    }

    /// Shows a run's entries after the one with the number `after`.
    fn each_after<E: From<JournalError>>(
        &self,
        run: &RunId,
        after: u64,
        seen: &mut dyn FnMut(Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut pages = Pages { journal: self, run, last: (after, (after == 0).then(|| GENESIS.to_owned())) };
        let first = pages.next()?;
        if first.len() < usize::from(PAGE) {
            return first.into_iter().try_for_each(seen);
        }
        thread::scope(|scope| {
            let (give, read) = mpsc::sync_channel(2);
            scope.spawn(move || {
                loop {
                    let page = pages.next();
                    let last = page.as_ref().map_or(0, Vec::len) < usize::from(PAGE);
                    // Nobody listens any more once what was seen was refused.
                    if give.send(page).is_err() || last {
                        break;
                    }
                }
            });
            first.into_iter().try_for_each(&mut *seen)?;
            read.into_iter().try_for_each(|page| page?.into_iter().try_for_each(&mut *seen))
        })
    }

    fn broken(&self, entry: &Entry, why: &str) -> JournalError {
        let (path, run) = (self.path().to_owned(), entry.run.to_string());
        JournalError::Entry { path, run, seq: entry.seq, why: why.to_owned() }
    }
}

/// A run's entries, page by page.
struct Pages<'a> {
    journal: &'a Journal,
    run: &'a RunId,
    /// The number of the last entry that was read, and its hash; `None` where that isn't known.
    last: (u64, Option<String>),
}

impl Pages<'_> {
    /// The next page, each entry checked against the one before it; the last one isn't full.
    fn next(&mut self) -> Result<Vec<Entry>, JournalError> {
        let at = at(self.journal.path());
        let mut page = Vec::new();
        {
            let connection = self.journal.connection();
            let mut query = connection
                .prepare_cached(&format!("{SELECT} WHERE run = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3"))
                .map_err(&at)?;
            let asked = params![self.run.as_str(), self.last.0.cast_signed(), PAGE];
            let mut rows = query.query(asked).map_err(&at)?;
            while let Some(row) = rows.next().map_err(&at)? {
                page.push(entry(row, self.run.clone()).map_err(&at)?);
            }
        }
        for entry in &page {
            let (seq, hash) = &self.last;
            if let Some(why) = entry.fault(*seq, hash.as_ref().unwrap_or(&entry.previous)) {
                return Err(self.journal.broken(entry, why));
            }
            self.last = (entry.seq, Some(entry.hash.clone()));
        }
        Ok(page)
    }
}

const SELECT: &str = "SELECT run, seq, at, actor, event, previous, hash FROM entry";

/// The entry of `run` in a row of [`SELECT`].
fn entry(row: &Row<'_>, run: RunId) -> rusqlite::Result<Entry> {
    Ok(Entry {
        run,
        seq: row.get::<_, i64>(1)?.cast_unsigned(),
        at: row.get(2)?,
        actor: row.get(3)?,
        event: row.get(4)?,
        previous: row.get(5)?,
        hash: row.get(6)?,
    })
}

/// Shows every entry of every run as it stands in `journal`, page by page: by run, then by number. `seen` says whether to
/// go on.
pub(crate) fn all(
    journal: &Journal,
    seen: &mut dyn FnMut(Vec<Entry>) -> Result<bool, Broken>,
) -> Result<(), VerifyError> {
    let at = at(journal.path());
    let connection = journal.connection();
    let mut query = connection.prepare(&format!("{SELECT} ORDER BY run, seq")).map_err(&at)?;
    let mut rows = query.query([]).map_err(&at)?;
    let mut run: Option<RunId> = None;
    let mut page = Vec::new();
    while let Some(row) = rows.next().map_err(&at)? {
        let name: &str = row.get_ref(0).and_then(|name| Ok(name.as_str()?)).map_err(&at)?;
        let id = match run.take() {
            Some(run) if run.as_str() == name => run,
            _ => name.parse().map_err(|why: RunIdError| Broken::Entry {
                run: name.to_owned(),
                seq: row.get::<_, i64>(1).unwrap_or_default().cast_unsigned(),
                why: why.to_string(),
            })?,
        };
        run = Some(id.clone());
        page.push(entry(row, id).map_err(&at)?);
        if page.len() == usize::from(PAGE) && !seen(mem::take(&mut page))? {
            return Ok(());
        }
    }
    seen(page)?;
    Ok(())
}
