//! Signed checkpoints (C2SP tlog-checkpoint): what the journal held at a time, which others can hold it to.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use run::{Digest, RunId};
use rusqlite::{Connection, OptionalExtension as _, TransactionBehavior, params};

use crate::merkle::Hash;
use crate::note::{Signer, Verifier};
use crate::store::{Journal, JournalError, at};
use crate::tree::{self, TreeHead};
use crate::verify::{Broken, VerifyError};

/// What a checkpoint says. Its text is the origin, the size and the root, a line each, then when it was signed
/// (`time 2026-11-24T03:14:02Z`) and each run that has grown since the one before (`run ID ENTRIES HEAD`): by that an
/// export of a run is known to be complete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The log: the name of the key that signed it.
    pub origin: String,
    /// The tree.
    pub tree: TreeHead,
    /// When it was signed, by this machine's clock.
    pub time: Timestamp,
    /// The runs that it seals.
    pub runs: Vec<SealedRun>,
}

/// A run as it was at a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedRun {
    /// The run.
    pub run: RunId,
    /// How many entries it had.
    pub entries: u64,
    /// The hash of the last.
    pub head: String,
}

/// Text that isn't a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a checkpoint of a journal")]
pub struct NotACheckpoint;

/// Why no checkpoint was signed.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The journal is not the one that was signed last.
    #[error(
        "the journal does not go on from the last checkpoint that was signed: {0}. Keep the file as it is, and compare it \
         with the exports and the copies there are."
    )]
    Inconsistent(Broken),
    /// The journal can't be read or written.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A run and the signed checkpoint that says how long it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seal {
    /// The checkpoint, as a signed note.
    pub note: String,
    /// The key that signed it.
    pub key: Verifier,
    /// The tree it is over.
    pub tree: TreeHead,
    /// When it was signed.
    pub time: Timestamp,
    /// The run in it.
    pub run: SealedRun,
}

impl From<VerifyError> for SealError {
    fn from(why: VerifyError) -> Self {
        match why {
            VerifyError::Broken(broken) => Self::Inconsistent(broken),
            VerifyError::Journal(why) => why.into(),
            VerifyError::Io(why) => JournalError::Evidence(why).into(),
        }
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}\n{}\n{}\ntime {}", self.origin, self.tree.size, self.tree.root, self.time)?;
        self.runs.iter().try_for_each(|SealedRun { run, entries, head }| {
            f.write_fmt(format_args!("run {} {entries} {head}\n", run.as_str()))
        })
    }
}

impl FromStr for Checkpoint {
    type Err = NotACheckpoint;

    fn from_str(text: &str) -> Result<Self, NotACheckpoint> {
        fn read<T: FromStr>(text: Option<&str>) -> Result<T, NotACheckpoint> {
            text.and_then(|text| text.parse().ok()).ok_or(NotACheckpoint)
        }
        let mut lines = text.lines();
        let origin: String = read(lines.next())?;
        let size = read(lines.next())?;
        let root =
            lines.next().and_then(|line| Hash::try_from(line.to_owned()).ok()).ok_or(NotACheckpoint)?;
        let time = read(lines.next().and_then(|line| line.strip_prefix("time ")))?;
        let mut runs = Vec::new();
        for line in lines {
            let mut words = line.strip_prefix("run ").ok_or(NotACheckpoint)?.split(' ');
            let run = read(words.next())?;
            let entries = read(words.next())?;
            let head: Digest = read(words.next())?;
            runs.push(SealedRun { run, entries, head: head.to_string() });
        }
        let checkpoint = Self { origin, tree: TreeHead { size, root }, time, runs };
        // Each can be written in one way only.
        if checkpoint.to_string() == text { Ok(checkpoint) } else { Err(NotACheckpoint) }
    }
}

impl Checkpoint {
    /// What a note says, when `key` signed it and it is a checkpoint of that key.
    ///
    /// # Errors
    /// Why it isn't believed.
    pub fn open(note: &str, key: &Verifier) -> Result<Self, String> {
        let text = key.open(note).map_err(|why| why.to_string())?;
        let checkpoint: Self = text.parse().map_err(|why: NotACheckpoint| why.to_string())?;
        if checkpoint.origin == key.name() {
            Ok(checkpoint)
        } else {
            Err(format!("it is a checkpoint of {}, and not of {}", checkpoint.origin, key.name()))
        }
    }
}

impl Journal {
    /// Signs a checkpoint over all entries and keeps it, unless one says already how long `run` is. `remembered` is the
    /// last checkpoint that the key signed, as it is known outside of the journal.
    ///
    /// # Errors
    /// [`SealError::Inconsistent`] when the journal does not go on from the last checkpoint: nothing is signed then.
    pub fn seal(
        &self,
        run: &RunId,
        signer: &Signer,
        remembered: Option<&TreeHead>,
        now: Timestamp,
    ) -> Result<Seal, SealError> {
        remembered.map_or(Ok(()), |head| self.holds(head))?;
        let last = self.last_checkpoint()?;
        last.as_ref().map_or(Ok(()), |(tree, _)| self.holds(tree))?;
        if let Some(sealed) = self.sealed(run)? {
            return Ok(sealed);
        }
        let at = at(self.path());
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&at)?;
        let size = tree::size(&transaction).map_err(&at)?;
        let root = tree::root(&transaction, size).map_err(&at)?;
        let checkpoint = Checkpoint {
            origin: signer.verifier().name().to_owned(),
            tree: TreeHead { size, root },
            time: now,
            runs: self.grown(&transaction, last.map_or(0, |(tree, _)| tree.size), run)?,
        };
        let note = signer.sign(&checkpoint.to_string());
        keep_verifier(&transaction, signer.verifier()).map_err(&at)?;
        transaction
            .execute(
                "INSERT INTO checkpoint (number, size, note)
                 VALUES ((SELECT coalesce(max(number) + 1, 0) FROM checkpoint), ?1, ?2)",
                params![size.cast_signed(), note],
            )
            .map_err(&at)?;
        transaction.commit().map_err(&at)?;
        drop(connection);
        let sealed = self.sealed(run)?;
        sealed.ok_or_else(|| self.damaged("it has no such run, or not where it should be").into())
    }

    /// The runs that have grown since a checkpoint over `size` entries, and this one.
    fn grown(&self, connection: &Connection, size: u64, run: &RunId) -> Result<Vec<SealedRun>, JournalError> {
        let at = at(self.path());
        let mut query = connection
            .prepare(
                "SELECT run, seq, hash FROM entry WHERE (run, seq) IN (
                     SELECT run, max(seq) FROM leaf WHERE number >= ?1 OR run = ?2 GROUP BY run)
                 ORDER BY run",
            )
            .map_err(&at)?;
        let rows = query
            .query_map(params![size.cast_signed(), run.as_str()], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?))
            })
            .map_err(&at)?;
        let mut grown = Vec::new();
        for row in rows {
            let (run, entries, head) = row.map_err(&at)?;
            let run = run.parse().map_err(|_| self.damaged("a run in it has no id"))?;
            grown.push(SealedRun { run, entries, head });
        }
        Ok(grown)
    }

    /// The checkpoint that says how long a run is, and has it as it is now; `None` when none was signed since its last
    /// entry.
    ///
    /// # Errors
    /// Anything SQLite says; a checkpoint that can't be read.
    pub fn sealed(&self, run: &RunId) -> Result<Option<Seal>, JournalError> {
        let at = at(self.path());
        let connection = self.connection();
        if !tree::is_there(&connection).map_err(&at)? {
            return Ok(None);
        }
        let first: Option<String> = connection
            .query_row(
                "SELECT note FROM checkpoint
                 WHERE size > (SELECT number FROM leaf WHERE run = ?1 ORDER BY seq DESC LIMIT 1)
                 ORDER BY number LIMIT 1",
                [run.as_str()],
                |row| row.get(0),
            )
            .optional()
            .map_err(&at)?;
        let Some(note) = first else { return Ok(None) };
        let (key, checkpoint) =
            open(&note, &verifiers(&connection).map_err(&at)?).map_err(|why| self.damaged(&why))?;
        let sealed = checkpoint.runs.into_iter().find(|sealed| sealed.run == *run);
        let (tree, time) = (checkpoint.tree, checkpoint.time);
        Ok(sealed.map(|run| Seal { note, key, tree, time, run }))
    }

    /// The number of an entry's leaf and its audit path in the tree of the first `size` entries.
    ///
    /// # Errors
    /// A tree that lacks it; anything SQLite says.
    pub fn proof(&self, run: &RunId, seq: u64, size: u64) -> Result<(u64, Vec<Hash>), JournalError> {
        let connection = self.connection();
        let at = at(self.path());
        let number = tree::number_of(&connection, run, seq).map_err(&at)?;
        let number = number.filter(|number| *number < size);
        let number = number.ok_or_else(|| self.damaged("an entry has no leaf"))?;
        Ok((number, tree::path(&connection, number, size).map_err(&at)?))
    }

    /// The tree of the newest checkpoint, and the key that signed it.
    ///
    /// # Errors
    /// Anything SQLite says; a checkpoint that can't be read.
    pub fn last_checkpoint(&self) -> Result<Option<(TreeHead, Verifier)>, JournalError> {
        let at = at(self.path());
        let connection = self.connection();
        if !tree::is_there(&connection).map_err(&at)? {
            return Ok(None);
        }
        let note: Option<String> = connection
            .query_row("SELECT note FROM checkpoint ORDER BY number DESC LIMIT 1", [], |row| row.get(0))
            .optional()
            .map_err(&at)?;
        let keys = verifiers(&connection).map_err(&at)?;
        let opened = note.map(|note| open(&note, &keys)).transpose().map_err(|why| self.damaged(&why))?;
        Ok(opened.map(|(key, checkpoint)| (checkpoint.tree, key)))
    }

    /// The public halves of the keys that signed checkpoints here, or will.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn verifiers(&self) -> Result<Vec<Verifier>, JournalError> {
        let at = at(self.path());
        let connection = self.connection();
        if !tree::is_there(&connection).map_err(&at)? {
            return Ok(Vec::new());
        }
        verifiers(&connection).map_err(at)
    }

    /// Keeps the public half of a key.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn keep_verifier(&self, key: &Verifier) -> Result<(), JournalError> {
        keep_verifier(&self.connection(), key).map_err(at(self.path()))
    }

    /// Holds every checkpoint against the entries, and counts them. The tree was looked at before.
    pub(crate) fn verify_checkpoints(&self) -> Result<u64, VerifyError> {
        let at = at(self.path());
        let notes: Vec<(i64, u64, String)> = {
            let connection = self.connection();
            if !tree::is_there(&connection).map_err(&at)? {
                return Ok(0);
            }
            let mut query = connection
                .prepare("SELECT number, size, note FROM checkpoint ORDER BY number")
                .map_err(&at)?;
            let row = |row: &rusqlite::Row<'_>| {
                Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned(), row.get(2)?))
            };
            query.query_map([], row).map_err(&at)?.collect::<Result<_, _>>().map_err(&at)?
        };
        let keys = self.verifiers()?;
        for (next, (number, size, note)) in (0..).zip(&notes) {
            let size = *size;
            let broken = |why: String| Broken::Checkpoint { size, why };
            if *number != next {
                return Err(broken("one before it is missing".to_owned()).into());
            }
            let (_, checkpoint) = open(note, &keys).map_err(broken)?;
            if checkpoint.tree.size != size {
                return Err(broken(format!("it is over {} entries", checkpoint.tree.size)).into());
            }
            self.holds(&checkpoint.tree)?;
            let connection = self.connection();
            for sealed in checkpoint.runs {
                let head: Option<String> = connection
                    .query_row(
                        "SELECT hash FROM entry WHERE run = ?1 AND seq = ?2",
                        params![sealed.run.as_str(), sealed.entries.cast_signed()],
                        |row| row.get(0),
                    )
                    .optional()
                    .map_err(&at)?;
                if head.as_ref() != Some(&sealed.head) {
                    let (run, entries) = (sealed.run, sealed.entries);
                    return Err(broken(format!("run {run} has not the {entries} entries it had")).into());
                }
            }
        }
        Ok(notes.len() as u64)
    }

    fn damaged(&self, why: &str) -> JournalError {
        JournalError::Tree { path: self.path().to_owned(), why: why.to_owned() }
    }
}

fn keep_verifier(connection: &Connection, key: &Verifier) -> rusqlite::Result<()> {
    let insert = "INSERT INTO verifier (key) VALUES (?1) ON CONFLICT DO NOTHING";
    connection.execute(insert, [key.to_string()]).map(|_| ())
}

fn verifiers(connection: &Connection) -> rusqlite::Result<Vec<Verifier>> {
    let mut query = connection.prepare("SELECT key FROM verifier ORDER BY key")?;
    let keys = query.query_map([], |row| {
        let text: String = row.get(0)?;
        text.parse().map_err(|why| {
            rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, Box::new(why))
        })
    })?;
    keys.collect()
}

/// The checkpoint that a note is, by the one of these keys that it is of.
fn open(note: &str, keys: &[Verifier]) -> Result<(Verifier, Checkpoint), String> {
    let origin = note.lines().next().unwrap_or_default();
    let mut why = format!("the key {origin} that it names is not known");
    for key in keys.iter().filter(|key| key.name() == origin) {
        match Checkpoint::open(note, key) {
            Ok(checkpoint) => return Ok((key.clone(), checkpoint)),
            Err(fault) => why = fault,
        }
    }
    Err(why)
}
