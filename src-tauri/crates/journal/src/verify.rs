//! Whether a journal, or an export of one, still says what was written.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::mpsc;
use std::thread;

use run::{Digest, RunId};

use crate::chain::{Entry, GENESIS};
use crate::checkpoint::Seal;
use crate::store::{Journal, JournalError, at};
use crate::tree::Sum;
use crate::{read, tree};

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
    /// How many signed checkpoints a journal has; each holds.
    pub checkpoints: u64,
    /// What says of the runs of an export how long they are, and that they were signed. A run without one may have been
    /// cut short, or written by somebody else altogether.
    pub seals: Vec<Seal>,
    /// How many entries an export leaves out: that there are such is known, and what they say is not.
    pub left_out: u64,
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
    /// A leaf of the tree over all entries, or a subtree that it is in.
    #[error("leaf {number} of the tree of entries is broken: {why}")]
    Leaf {
        /// The leaf, from 0.
        number: u64,
        /// Why.
        why: &'static str,
    },
    /// A signed checkpoint.
    #[error("the checkpoint over {size} entries does not hold: {why}")]
    Checkpoint {
        /// How many entries it is over.
        size: u64,
        /// Why.
        why: String,
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

impl Broken {
    pub(crate) fn of(entry: &Entry, why: String) -> Self {
        Self::Entry { run: entry.run.to_string(), seq: entry.seq, why }
    }
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
pub(crate) struct Chain {
    /// Each run, and the hash of its last entry.
    heads: Vec<(RunId, String)>,
    /// The number of the last entry.
    seq: u64,
    pub(crate) entries: u64,
}

impl Chain {
    /// Adds an entry that hangs on the one before it.
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), Broken> {
        let (seq, previous) = self.end_of(&entry.run);
        if let Some(why) = entry.fault(seq, previous) {
            return Err(Broken::of(entry, why.to_owned()));
        }
        self.add(&entry.run, entry.seq, &entry.hash);
        Ok(())
    }

    /// The number and the hash that the next entry of `run` hangs on.
    pub(crate) fn end_of(&self, run: &RunId) -> (u64, &str) {
        let same = self.heads.last().filter(|(last, _)| last == run);
        same.map_or((0, GENESIS), |(_, hash)| (self.seq, hash))
    }

    pub(crate) fn add(&mut self, run: &RunId, seq: u64, hash: &str) {
        match self.heads.last_mut() {
            Some((last, head)) if last == run => hash.clone_into(head),
            _ => self.heads.push((run.clone(), hash.to_owned())),
        }
        self.entries += 1;
        self.seq = seq;
    }

    pub(crate) fn intact(self, attachments: u64, checkpoints: u64) -> Intact {
        Intact {
            runs: self.heads.len(),
            entries: self.entries,
            attachments,
            heads: self.heads,
            checkpoints,
            seals: Vec::new(),
            left_out: 0,
        }
    }
}

impl Journal {
    /// Checks every entry against the one before it, the tree of all entries and every signed checkpoint against them,
    /// and every attachment and inventory against its digest.
    ///
    /// # Errors
    /// [`VerifyError::Broken`] with the first that is broken, in the order of run and entry; [`JournalError::Damaged`]
    /// with the page where SQLite itself can't find its way.
    pub fn verify(&self) -> Result<Intact, VerifyError> {
        self.snapshot().map_err(VerifyError::from).and_then(|now| now.verify_content()).map_err(|why| {
            match why {
                VerifyError::Journal(JournalError::Damaged { path, why }) => {
                    JournalError::Damaged { path, why: self.broken_page().unwrap_or(why) }.into()
                }
                why => why,
            }
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

    /// Of a snapshot. Entries are read and hashed, put to use, and held against the tree, each by a thread of its own.
    fn verify_content(&self) -> Result<Intact, VerifyError> {
        let size = self.tree_size()?;
        let keys = RandomState::new();
        let (mut chain, mut tree) = (Chain::default(), Ok(None));
        let (mut leaves, mut attached) = (Sum::default(), Vec::new());
        thread::scope(|scope| {
            let (give, pages) = mpsc::sync_channel(2);
            let (chain, tree) = (&mut chain, &mut tree);
            scope.spawn(move || {
                let read = read::all(self, &mut |page| {
                    page.iter().try_for_each(|entry| chain.follow(entry))?;
                    Ok(give.send(Ok(page)).is_ok())
                });
                read.or_else(|why| give.send(Err(why))).ok();
            });
            if let Some(size) = size {
                let keys = &keys;
                scope.spawn(move || {
                    *tree = self
                        .snapshot()
                        .map_err(VerifyError::from)
                        .and_then(|journal| journal.verify_tree(size, keys))
                        .map(Some)
                });
            }
            for page in pages {
                for entry in page? {
                    let recorded = entry.recorded().map_err(|why| Broken::of(&entry, why.to_string()))?;
                    leaves.add(keys.hash_one((entry.run.as_str(), entry.seq, tree::leaf(&entry.hash))));
                    if let Some(attachment) = recorded.event.attachment() {
                        attached.push((entry.run.to_string(), entry.seq, attachment.digest.clone()));
                    }
                }
            }
            Ok::<_, VerifyError>(())
        })?;
        if tree?.is_some_and(|tree| tree != leaves) {
            return Err(self.fault_of_leaves(chain.entries)?.into());
        }
        let checkpoints = self.verify_checkpoints()?;
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
        Ok(chain.intact(all.len() as u64, checkpoints))
    }
}
