//! The SQLite file.

use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use run::{Event, Recorded, RunId};
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, TransactionBehavior, ffi, params};
use rusqlite_migration::{M, Migrations};

use crate::backup;
use crate::chain::{Entry, GENESIS};
use crate::secrets;
use crate::tree;

static MIGRATIONS: LazyLock<Migrations<'static>> = LazyLock::new(|| {
    Migrations::new(vec![
        M::up(include_str!("schema.sql")),
        M::up(include_str!("inventory.sql")),
        M::up(include_str!("packed.sql")),
        M::up_with_hook(include_str!("tree.sql"), |transaction| Ok(tree::plant_all(transaction)?)),
    ])
});

/// How long others who write are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// The journal of every run on this machine.
#[derive(Debug)]
pub struct Journal {
    connection: Mutex<Connection>,
    path: PathBuf,
}

/// Entries to append together: all of them are kept, or none.
#[derive(Debug, Clone, Copy)]
pub struct NewEntries<'a> {
    /// The run.
    pub run: &'a RunId,
    /// The number of the run's last entry as the writer knows it; 0 to begin.
    pub after: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// What.
    pub events: &'a [Event],
}

/// Why the journal can't be used. When a write fails nothing of it is kept, and nothing may be done unrecorded.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Someone else has written to the run.
    #[error("run {run} has gone on elsewhere since entry {after}; close it here and open it again")]
    Behind {
        /// The run.
        run: RunId,
        /// The last entry that was known here.
        after: u64,
    },
    /// The disk is full.
    #[error("the journal {path} can't be written: the disk is full. Free some space, then try again.")]
    Full {
        /// The journal.
        path: PathBuf,
    },
    /// The disk doesn't take what is written.
    #[error(
        "the journal {path} can't be written: {source}. Look whether the disk is full or failing, then try again."
    )]
    Unwritable {
        /// The journal.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// Its file or its disk can only be read.
    #[error(
        "the journal {path} can't be written: its file, its folder or the disk is read-only. Make it writable, or move the \
         journal with LIFEBOAT_HOME; then close Lifeboat and open it again."
    )]
    ReadOnly {
        /// The journal.
        path: PathBuf,
    },
    /// Others have been writing to it for too long.
    #[error(
        "the journal {path} is being written to by another window, terminal or copy, and did not get free. Wait for that, \
         or close it, then try again."
    )]
    Busy {
        /// The journal.
        path: PathBuf,
    },
    /// The file holds what SQLite never wrote, or can't be read back.
    #[error(
        "the journal {path} is no journal, or damaged: {why}. Keep the file as it is, see with `lifeboat verify` what is \
         broken, and look for the last copy that `lifeboat backup` made."
    )]
    Damaged {
        /// The journal.
        path: PathBuf,
        /// What SQLite says.
        why: String,
    },
    /// It was being made when something went wrong.
    #[error("the journal {path} was never finished, and nothing is in it. Start a run: that finishes it.")]
    Unfinished {
        /// The journal.
        path: PathBuf,
    },
    /// An entry can't be read by this version, or was tampered with.
    #[error(
        "entry {seq} of run {run} in {path} can't be used: {why}. Check with `lifeboat verify`, and keep a copy of the file."
    )]
    Entry {
        /// The journal.
        path: PathBuf,
        /// The run.
        run: String,
        /// The entry.
        seq: u64,
        /// Why.
        why: String,
    },
    /// A record of the inventory can't be read by this version, or was tampered with.
    #[error(
        "record {number} of the inventory in {path} can't be used: {why}. Take it again with `lifeboat inventory`, and \
         keep a copy of the file."
    )]
    Inventory {
        /// The journal.
        path: PathBuf,
        /// The record.
        number: i64,
        /// Why.
        why: String,
    },
    /// The tree over the entries, or a checkpoint, can't be used.
    #[error(
        "the tree of entries in {path} can't be used: {why}. Check with `lifeboat verify`, and keep a copy of the file."
    )]
    Tree {
        /// The journal.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// What was asked for isn't there.
    #[error("the journal {path} has no attachment {digest}; check it with `lifeboat verify`")]
    NoAttachment {
        /// The journal.
        path: PathBuf,
        /// Its digest.
        digest: String,
    },
    /// The folder can't be made.
    #[error("the folder {path} can't be made: {source}. Choose another with LIFEBOAT_HOME.")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It was written by a later version.
    #[error("the journal {path} was written by a later version of Lifeboat; open it with that")]
    Later {
        /// The journal.
        path: PathBuf,
    },
    /// No copy of it can be made.
    #[error("the journal can't be copied to {to}: {why}. Name another file on a disk with enough space.")]
    Copy {
        /// The copy.
        to: PathBuf,
        /// Why.
        why: String,
    },
    /// No copy of it can be made before its tables are changed.
    #[error(
        "the journal {path} is of an earlier version, and can't be copied to {to} before it is brought forward: {why}. \
         Nothing was changed. See that there is space in that folder and that it may be written to, then try again."
    )]
    CopyBefore {
        /// The journal.
        path: PathBuf,
        /// The copy.
        to: PathBuf,
        /// Why.
        why: String,
    },
    /// An event can't be written as JSON.
    #[error("an event can't be written: {0}. Report this.")]
    Event(#[from] serde_json::Error),
    /// What was to be kept can't be read.
    #[error("evidence can't be read back before it is kept: {0}. Check the disk, then try again.")]
    Evidence(std::io::Error),
    /// Anything else that SQLite says.
    #[error(
        "the journal {path} can't be used: {source}. Check that the file is there and may be written to, that the disk is \
         neither full nor failing, and that it is not a network drive."
    )]
    Sqlite {
        /// The journal.
        path: PathBuf,
        /// What SQLite says.
        source: rusqlite::Error,
    },
}

impl Journal {
    /// Opens the journal at `path`, and makes it if there is none. One of an earlier version is brought forward; a copy of it
    /// as it was stays beside it (`journal.v2.db`).
    ///
    /// # Errors
    /// A folder or file that can't be made, a file that isn't a journal, or one of a later version.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        if let Some(folder) = path.parent() {
            let failed = |source| JournalError::Folder { path: folder.to_owned(), source };
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let at = at(path);
        let mut connection = Connection::open(path).map_err(&at)?;
        connection.busy_timeout(PATIENCE).map_err(&at)?;
        use_wal(&connection).map_err(&at)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(&at)?;
        connection.pragma_update(None, "recursive_triggers", true).map_err(&at)?;
        let before = version(&connection).map_err(&at)?;
        if before > 0 && MIGRATIONS.pending_migrations(&connection).is_ok_and(|pending| pending > 0) {
            backup::before_migrating(&connection, path, before)?;
        }
        bring_forward(&mut connection).map_err(|error| match error {
            rusqlite_migration::Error::MigrationDefinition(_) => {
                JournalError::Later { path: path.to_owned() }
            }
            rusqlite_migration::Error::RusqliteError { err, .. } => at(err),
            other => JournalError::Sqlite {
                path: path.to_owned(),
                source: rusqlite::Error::ToSqlConversionFailure(Box::new(other)),
            },
        })?;
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Opens a journal that is there, to read it only.
    ///
    /// # Errors
    /// No such file, or one that isn't a journal.
    pub fn open_read_only(path: &Path) -> Result<Self, JournalError> {
        let connection = read_only(path)?;
        if version(&connection).map_err(at(path))? == 0 {
            return Err(JournalError::Unfinished { path: path.to_owned() });
        }
        Ok(Self { connection: Mutex::new(connection), path: path.to_owned() })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends entries to a run, all or none, and returns them as they are on the disk: what looks like a secret is masked.
    ///
    /// # Errors
    /// [`JournalError::Behind`] when someone else wrote to the run; [`JournalError::Full`]; anything SQLite says.
    pub fn append(&self, new: NewEntries<'_>) -> Result<Vec<Recorded>, JournalError> {
        let at = at(&self.path);
        let mut connection = self.connection();
        let transaction =
            connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&at)?;
        let last = last(&transaction, new.run).map_err(&at)?;
        let (mut seq, mut previous) = last.unwrap_or((0, GENESIS.to_owned()));
        if seq != new.after {
            return Err(JournalError::Behind { run: new.run.clone(), after: new.after });
        }
        let leaves = tree::size(&transaction).map_err(&at)?;
        let mut recorded = Vec::with_capacity(new.events.len());
        for (number, event) in (leaves..).zip(new.events) {
            seq += 1;
            let text = secrets::masked_event(serde_json::to_string(event)?)?;
            let entry = Entry::new(
                new.run.clone(),
                seq,
                new.at.to_string(),
                secrets::masked(new.actor).into_owned(),
                text,
                previous.clone(),
            );
            transaction
                .prepare_cached(
                    "INSERT INTO entry (run, seq, at, actor, event, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                )
                .and_then(|mut insert| {
                    insert.execute(params![
                        entry.run.as_str(),
                        entry.seq.cast_signed(),
                        entry.at,
                        entry.actor,
                        entry.event,
                        entry.previous,
                        entry.hash
                    ])
                })
                .map_err(&at)?;
            tree::plant(&transaction, number, entry.run.as_str(), seq, &entry.hash).map_err(&at)?;
            previous.clone_from(&entry.hash);
            recorded.push(entry.recorded()?);
        }
        transaction.commit().map_err(&at)?;
        Ok(recorded)
    }

    /// The hash of a run's last entry; [`GENESIS`] when it has none.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn head(&self, run: &RunId) -> Result<String, JournalError> {
        let last = last(&self.connection(), run).map_err(at(&self.path))?;
        Ok(last.map_or_else(|| GENESIS.to_owned(), |(_, hash)| hash))
    }

    /// Lets the file grow no further, as on a disk that is full; for tests of what happens then.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn limit_pages(&self) -> Result<(), JournalError> {
        let connection = self.connection();
        connection.query_row("PRAGMA max_page_count = 1", [], |_| Ok(())).map_err(at(&self.path))
    }

    /// The runs in it, the latest first.
    ///
    /// # Errors
    /// Anything SQLite says.
    pub fn runs(&self) -> Result<Vec<RunId>, JournalError> {
        let at = at(&self.path);
        let connection = self.connection();
        let mut query = connection
            .prepare("SELECT run FROM entry WHERE seq = 1 ORDER BY at DESC, run DESC")
            .map_err(&at)?;
        let names = query.query_map([], |row| row.get::<_, String>(0)).map_err(&at)?;
        let mut runs = Vec::new();
        for name in names {
            let name = name.map_err(&at)?;
            let broken = |why: run::RunIdError| JournalError::Entry {
                path: self.path.clone(),
                run: name.clone(),
                seq: 1,
                why: why.to_string(),
            };
            runs.push(name.parse().map_err(broken)?);
        }
        Ok(runs)
    }

    pub(crate) fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes the file one with a write-ahead log, for good. SQLite does not wait by itself for others who do the same at that
/// moment: it holds a lock that they may be waiting for.
fn use_wal(connection: &Connection) -> rusqlite::Result<()> {
    let began = Instant::now();
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(why) if is_busy(&why) && began.elapsed() < PATIENCE => {
                thread::sleep(Duration::from_millis(5));
            }
            done => return done,
        }
    }
}

fn is_busy(why: &rusqlite::Error) -> bool {
    why.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
}

/// The version of the tables.
fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Brings the tables to this version, though another process does the same meanwhile: what fails because that was quicker is
/// tried again from where it is.
fn bring_forward(connection: &mut Connection) -> rusqlite_migration::Result<()> {
    loop {
        let before = version(connection)?;
        match MIGRATIONS.to_latest(connection) {
            Err(_) if version(connection)? > before => {}
            done => return done,
        }
    }
}

/// The number and the hash of a run's last entry.
pub(crate) fn last(connection: &Connection, run: &RunId) -> rusqlite::Result<Option<(u64, String)>> {
    let query = "SELECT seq, hash FROM entry WHERE run = ?1 ORDER BY seq DESC LIMIT 1";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get::<_, i64>(0)?.cast_unsigned(), row.get(1)?));
    connection.prepare_cached(query)?.query_row([run.as_str()], row).optional()
}

/// A connection that can't write.
pub(crate) fn read_only(path: &Path) -> Result<Connection, JournalError> {
    let connection =
        Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)
            .map_err(at(path))?;
    connection.busy_timeout(PATIENCE).map_err(at(path))?;
    Ok(connection)
}

/// What SQLite says, as what a person needs to hear.
pub(crate) fn at(path: &Path) -> impl Fn(rusqlite::Error) -> JournalError {
    let path = path.to_owned();
    move |source| {
        let path = path.clone();
        // Only a subtree is looked up without asking whether it is there.
        if matches!(source, rusqlite::Error::QueryReturnedNoRows) {
            return JournalError::Tree { path, why: "a part of it is missing".to_owned() };
        }
        let error = source.sqlite_error();
        let damaged =
            |source: rusqlite::Error| JournalError::Damaged { path: path.clone(), why: source.to_string() };
        match (error.map(|error| error.code), error.map(|error| error.extended_code)) {
            (Some(ErrorCode::DiskFull), _) => JournalError::Full { path },
            (Some(ErrorCode::ReadOnly), _) => JournalError::ReadOnly { path },
            (Some(ErrorCode::DatabaseBusy), _) => JournalError::Busy { path },
            (Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase), _) => damaged(source),
            (_, Some(ffi::SQLITE_IOERR_READ | ffi::SQLITE_IOERR_SHORT_READ)) => damaged(source),
            (Some(ErrorCode::SystemIoFailure), _) => JournalError::Unwritable { path, source },
            _ => JournalError::Sqlite { path, source },
        }
    }
}
