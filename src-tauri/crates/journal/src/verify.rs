//! Whether a journal, or an export of one, still says what was written.

use std::collections::BTreeSet;
use std::io::BufRead;

use run::{Digest, Recorded, RunId};
use serde::Deserialize;

use crate::chain::{Entry, GENESIS};
use crate::store::{Journal, JournalError, at};

/// What was found intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// How many runs.
    pub runs: usize,
    /// How many entries.
    pub entries: u64,
    /// How many attachments; none are in an export.
    pub attachments: u64,
    /// The hash of the last entry of each run, in the order of their ids.
    pub heads: Vec<(RunId, String)>,
}

/// The first thing that was found broken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// An entry.
    #[error("entry {seq} of run {run} is broken: {why}")]
    Entry {
        /// The run.
        run: String,
        /// The entry.
        seq: u64,
        /// Why.
        why: String,
    },
    /// An attachment that an entry speaks of.
    #[error("the attachment {digest} of entry {seq} of run {run} is broken: {why}")]
    Attachment {
        /// The run.
        run: String,
        /// The entry.
        seq: u64,
        /// Its digest.
        digest: String,
        /// Why.
        why: &'static str,
    },
    /// An attachment that no entry speaks of: what was to say so could not be written.
    #[error(
        "the attachment {digest}, of which no entry speaks, is broken: its content was changed after it was written"
    )]
    Evidence {
        /// Its digest, as it stands there.
        digest: String,
    },
    /// A line of an export.
    #[error("line {line} is broken: {why}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// Why.
        why: String,
    },
}

/// Why a journal isn't intact, or can't be looked at.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is broken.
    #[error("{0}. Keep the file as it is, and compare it with the exports and the copies there are.")]
    Broken(#[from] Broken),
    /// It can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The export can't be read.
    #[error("the export can't be read: {0}. Check the path.")]
    Io(#[from] std::io::Error),
}

/// Follows the chain of each run.
#[derive(Default)]
struct Chain {
    last: Option<Entry>,
    entries: u64,
    heads: Vec<(RunId, String)>,
}

impl Chain {
    fn follow(&mut self, entry: Entry) -> Result<Recorded, Broken> {
        let same = self.last.as_ref().filter(|last| last.run == entry.run);
        let (seq, previous) = same.map_or((0, GENESIS), |last| (last.seq, last.hash.as_str()));
        let fault = entry.fault(seq, previous).map_or(Ok(()), |why| Err(why.to_owned()));
        let recorded = fault
            .and_then(|()| entry.recorded().map_err(|why| why.to_string()))
            .map_err(|why| Broken::Entry { run: entry.run.to_string(), seq: entry.seq, why })?;
        match self.heads.last_mut() {
            Some((run, head)) if *run == entry.run => head.clone_from(&entry.hash),
            _ => self.heads.push((entry.run.clone(), entry.hash.clone())),
        }
        self.entries += 1;
        self.last = Some(entry);
        Ok(recorded)
    }

    fn intact(self, attachments: u64) -> Intact {
        Intact { runs: self.heads.len(), entries: self.entries, attachments, heads: self.heads }
    }
}

impl Journal {
    /// Checks every entry against the one before it, and every attachment and inventory against its digest.
    ///
    /// # Errors
    /// [`VerifyError::Broken`] with the first that is broken, in the order of run and entry; [`JournalError::Damaged`]
    /// with the page where SQLite itself can't find its way.
    pub fn verify(&self) -> Result<Intact, VerifyError> {
        self.verify_content().map_err(|why| match why {
            VerifyError::Journal(JournalError::Damaged { path, why }) => {
                JournalError::Damaged { path, why: self.broken_page().unwrap_or(why) }.into()
            }
            why => why,
        })
    }

    /// The digests of all attachments, as they stand there.
    fn digests(&self) -> Result<Vec<String>, JournalError> {
        let at = at(self.path());
        let connection = self.connection();
        let mut query = connection.prepare("SELECT digest FROM attachment ORDER BY digest").map_err(&at)?;
        let names = query.query_map([], |row| row.get(0)).map_err(&at)?;
        names.collect::<Result<_, _>>().map_err(&at)
    }

    /// What SQLite finds wrong first with its pages, in its words.
    fn broken_page(&self) -> Option<String> {
        let connection = self.connection();
        let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0)).ok()?;
        // The first line names the database, of which there is only one.
        found.lines().rfind(|line| *line != "ok").map(str::to_owned)
    }

    fn verify_content(&self) -> Result<Intact, VerifyError> {
        let mut chain = Chain::default();
        let mut attached: Vec<(String, u64, Digest)> = Vec::new();
        self.each_entry(None, 0, &mut |entry| {
            let Recorded { seq, event, .. } = chain.follow(entry)?;
            if let (Some(attachment), Some(last)) = (event.attachment(), &chain.last) {
                attached.push((last.run.to_string(), seq, attachment.digest.clone()));
            }
            Ok::<_, VerifyError>(())
        })?;
        self.verify_inventories()?;
        let mut whole = BTreeSet::new();
        for (run, seq, digest) in attached {
            if whole.contains(&digest) {
                continue;
            }
            let why = match self.attachment_is_whole(&digest) {
                Ok(true) => None,
                Ok(false) => Some("its content was changed after it was written"),
                Err(JournalError::NoAttachment { .. }) => Some("it is missing"),
                Err(other) => return Err(other.into()),
            };
            if let Some(why) = why {
                return Err(Broken::Attachment { run, seq, digest: digest.to_string(), why }.into());
            }
            whole.insert(digest);
        }
        let all = self.digests()?;
        for name in &all {
            let digest: Option<Digest> = name.parse().ok();
            let known = digest.as_ref().is_some_and(|digest| whole.contains(digest));
            if !known && !digest.map_or(Ok(false), |digest| self.attachment_is_whole(&digest))? {
                return Err(Broken::Evidence { digest: name.clone() }.into());
            }
        }
        Ok(chain.intact(all.len() as u64))
    }
}

/// What an exported line has of its entry.
#[derive(Deserialize)]
struct Line {
    run: RunId,
    seq: u64,
    datetime: String,
    actor: String,
    entry: String,
    previous: String,
    hash: String,
}

/// Checks the chain in an export in JSON lines, where each line has at least `run`, `seq`, `datetime`, `actor`,
/// `entry` (the event as it was stored), `previous` and `hash`.
///
/// # Errors
/// [`VerifyError::Broken`] with the first line that can't be read or entry that is broken.
pub fn verify_export(lines: impl BufRead) -> Result<Intact, VerifyError> {
    let mut chain = Chain::default();
    for (number, text) in (1..).zip(lines.lines()) {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        let Line { run, seq, datetime: at, actor, entry: event, previous, hash } =
            serde_json::from_str(&text).map_err(|why| Broken::Line { line: number, why: why.to_string() })?;
        chain.follow(Entry { run, seq, at, actor, event, previous, hash })?;
    }
    if chain.entries == 0 {
        return Err(Broken::Line { line: 1, why: "there is no entry in it".to_owned() }.into());
    }
    Ok(chain.intact(0))
}
