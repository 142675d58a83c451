//! Whether a journal, or an export of one, still says what was written.

use std::collections::BTreeSet;
use std::hash::{BuildHasher as _, RandomState};
use std::thread;

use run::{Digest, Event, RunId, approval_holds};
use rusqlite::params;

use crate::chain::{Chain, Stored};
use crate::checkpoint::Seal;
use crate::merkle::Hash;
use crate::store::{Journal, JournalError, at};
use crate::tree::Sum;

/// What was found intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intact {
    /// How many runs.
    pub runs: usize,
    /// How many entries.
    pub entries: u64,
    /// How many approvals were signed; each signature is by the key that its entry names.
    pub approvals: u64,
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

impl Intact {
    pub(crate) fn of(chain: Chain, approvals: u64) -> Self {
        let (entries, heads) = (chain.entries(), chain.heads());
        let (runs, seals) = (heads.len(), Vec::new());
        Self { runs, entries, approvals, attachments: 0, heads, checkpoints: 0, seals, left_out: 0 }
    }
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
    /// A file of an archive.
    #[error("{name} is broken: {why}")]
    File {
        /// Its name.
        name: String,
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
    pub(crate) fn of(entry: &Stored<'_>, why: &str) -> Self {
        Self::Entry { run: entry.run.to_owned(), seq: entry.seq, why: why.to_owned() }
    }
}

/// The event of an entry that is what was written, and whether it has a signature, which holds.
pub(crate) fn event(entry: &Stored<'_>) -> Result<(Event, bool), Broken> {
    let event = entry.recorded().map_err(|why| Broken::of(entry, &why.to_string()))?.event;
    match approval_holds(entry.run, &event) {
        Some(false) => Err(Broken::of(entry, "its signature is not of what it says")),
        holds => Ok((event, holds.is_some())),
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

impl Journal {
    /// Checks every entry against the one before it, the tree of all entries and every signed checkpoint against them,
    /// and every attachment and inventory against its digest.
    ///
    /// # Errors
    /// [`VerifyError::Broken`] with the first that is broken, in the order of run and entry; [`JournalError::Damaged`]
    /// with the page where SQLite itself can't find its way.
    pub fn verify(&self) -> Result<Intact, VerifyError> {
        self.snapshots().map_err(VerifyError::from).and_then(Self::verify_content).map_err(|why| match why {
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

    /// Of snapshots of one moment: two threads read the entries, and a third one the tree.
    fn verify_content([journal, second, third]: [Self; 3]) -> Result<Intact, VerifyError> {
        let keys = RandomState::new();
        let (mut rest, mut tree) = (Ok(Part::default()), Ok(None));
        let middle = journal.middle()?;
        let begun = thread::scope(|scope| {
            scope.spawn(|| tree = third.verify_tree(&keys));
            if let Some(middle) = &middle {
                scope.spawn(|| rest = Part::read(&second, Chain::from_anywhere(), middle, None, &keys));
            }
            Part::read(&journal, Chain::default(), &(String::new(), 0), middle.as_ref(), &keys)
        });
        let Part { chain, leaves, approvals, attached } = begun?.join(rest?)?;
        if tree?.is_some_and(|tree| tree != leaves) {
            return Err(journal.fault_of_leaves(chain.entries())?.into());
        }
        let checkpoints = journal.verify_checkpoints()?;
        journal.verify_inventories()?;
        let attachments = journal.verify_attachments(attached)?;
        Ok(Intact { attachments, checkpoints, ..Intact::of(chain, approvals) })
    }

    /// Checks every attachment; how many there are.
    fn verify_attachments(&self, attached: Vec<(String, u64, Digest)>) -> Result<u64, VerifyError> {
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
        Ok(all.len() as u64)
    }
}

/// A run, and the number of one of its entries.
type Key = (String, u64);

/// What was found of a part of the entries.
#[derive(Default)]
struct Part {
    chain: Chain,
    leaves: Sum,
    approvals: u64,
    /// What is kept by its content, with the run and the number of the entry that speaks of it.
    attached: Vec<(String, u64, Digest)>,
}

impl Part {
    /// Follows the entries from one on, in the order of run and number, to the one before `until`.
    fn read(
        journal: &Journal,
        chain: Chain,
        from: &Key,
        until: Option<&Key>,
        keys: &RandomState,
    ) -> Result<Self, VerifyError> {
        let at = at(journal.path());
        let connection = journal.connection();
        let select = format!("{} WHERE (run, seq) >= (?1, ?2) ORDER BY run, seq", Stored::SELECT);
        let mut query = connection.prepare(&select).map_err(&at)?;
        let mut rows = query.query(params![from.0, from.1.cast_signed()]).map_err(&at)?;
        let mut part = Self { chain, ..Self::default() };
        while let Some(row) = rows.next().map_err(&at)? {
            let entry = Stored::of(row).map_err(&at)?;
            if until.is_some_and(|(run, seq)| (entry.run, entry.seq) >= (run, *seq)) {
                break;
            }
            let leaf = Hash::of_leaf(&part.chain.follow(&entry)?);
            let (event, signed) = self::event(&entry)?;
            part.approvals += u64::from(signed);
            part.leaves.add(keys.hash_one((entry.run, entry.seq, leaf)));
            if let Some(attachment) = event.attachment() {
                part.attached.push((entry.run.to_owned(), entry.seq, attachment.digest.clone()));
            }
        }
        Ok(part)
    }

    fn join(mut self, rest: Self) -> Result<Self, Broken> {
        self.attached.extend(rest.attached);
        let leaves = self.leaves.and(rest.leaves);
        let approvals = self.approvals + rest.approvals;
        Ok(Self { chain: self.chain.join(rest.chain)?, leaves, approvals, attached: self.attached })
    }
}
