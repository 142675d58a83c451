//! Whether a journal, or an export of one, still says what was written.

use std::collections::BTreeSet;

use run::{Digest, RunId};

use crate::chain::{Entry, GENESIS};
use crate::checkpoint::Seal;
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
    /// The run, the number and the hash of the last entry.
    last: Option<(RunId, u64, String)>,
    pub(crate) entries: u64,
    heads: Vec<(RunId, String)>,
}

impl Chain {
    pub(crate) fn follow(&mut self, entry: &Entry) -> Result<(), Broken> {
        let (seq, previous) = self.end_of(&entry.run);
        let fault = entry.fault(seq, previous).map(str::to_owned);
        if let Some(why) = fault.or_else(|| entry.recorded().err().map(|why| why.to_string())) {
            return Err(Broken::Entry { run: entry.run.to_string(), seq: entry.seq, why });
        }
        self.add(entry.run.clone(), entry.seq, entry.hash.clone());
        Ok(())
    }

    /// The number and the hash that the next entry of `run` hangs on.
    pub(crate) fn end_of(&self, run: &RunId) -> (u64, &str) {
        let same = self.last.as_ref().filter(|(last, ..)| last == run);
        same.map_or((0, GENESIS), |(_, seq, hash)| (*seq, hash))
    }

    pub(crate) fn add(&mut self, run: RunId, seq: u64, hash: String) {
        match self.heads.last_mut() {
            Some((last, head)) if *last == run => head.clone_from(&hash),
            _ => self.heads.push((run.clone(), hash.clone())),
        }
        self.entries += 1;
        self.last = Some((run, seq, hash));
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
    /// [`VerifyError::Broken`] with the first that is broken, in the order of run and entry.
    pub fn verify(&self) -> Result<Intact, VerifyError> {
        let mut chain = Chain::default();
        let mut attached: Vec<(String, u64, Digest)> = Vec::new();
        self.each_entry(None, 0, &mut |entry| {
            let at = (entry.run.to_string(), entry.seq);
            if let Ok(recorded) = entry.recorded() {
                let digest = recorded.event.attachment().map(|attachment| attachment.digest.clone());
                attached.extend(digest.map(|digest| (at.0, at.1, digest)));
            }
            Ok::<_, VerifyError>(chain.follow(&entry)?)
        })?;
        self.verify_tree(chain.entries)?;
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
        let attachments = {
            let connection = self.connection();
            connection
                .query_row("SELECT count(*) FROM attachment", [], |row| row.get::<_, i64>(0))
                .map_err(at(self.path()))?
        };
        Ok(chain.intact(attachments.cast_unsigned(), checkpoints))
    }
}
