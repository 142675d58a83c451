//! The real databases behind the range's instances.
//!
//! [`Servers`] keeps them: each is a `mariadbd` of its own on a free port of 127.0.0.1, which takes TLS only. A backup
//! is a real base backup (mariadb-backup), and a restore to a moment replays the binary logs of the database that the
//! backup is of, up to the last transaction committed before that second. Logs outlive their database, so that the
//! backups of a deleted one can be restored to any moment of its life.
//!
//! Guarantee: everything lies in one temporary folder and ends with [`Servers`]; and no program outlives the range,
//! even when the range is killed. Then the temporary folder is left behind, until the next range removes it.
//!
//! `portal` writes the rows, with times in the past, and what a scenario says has happened to them; `stage` is what
//! RDS is to know of it all; [`Digest`] tells whether two databases hold the same rows.

mod base;
mod binlog;
mod changes;
mod digest;
mod error;
mod folder;
mod portal;
mod server;
mod stage;
mod tools;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use action::environment::{PRACTICE_CA, PRACTICE_LOGIN};
use jiff::Timestamp;

use crate::certificate::{Authority, Certificate};
use crate::rds::{BackupId, Behind, BehindError, DatabaseId};

use binlog::{Position, Span};
use folder::Folder;
use server::{LIGHT, Place, Server};
use tools::Keeper;

pub use digest::{Digest, TableDigest};
pub use error::DataError;
pub(crate) use portal::seed;
pub(crate) use stage::{HOME, INSTANCE};
pub use tools::Missing;
pub(crate) use tools::Tools;

/// The databases of a range. Clones share them; they end with the last, or with [`Servers::shut_down`].
#[derive(Clone)]
pub struct Servers(Arc<Shared>);

struct Shared {
    tools: Tools,
    keeper: Keeper,
    state: Mutex<State>,
    numbers: AtomicU64,
    /// Last, so that it is removed when nothing runs in it any more.
    folder: Folder,
}

#[derive(Default)]
struct State {
    databases: BTreeMap<DatabaseId, Database>,
    backups: BTreeMap<BackupId, Backup>,
}

struct Database {
    place: Place,
    server: Option<Server>,
}

#[derive(Clone)]
struct Backup {
    folder: PathBuf,
    of: DatabaseId,
    position: Position,
}

impl Servers {
    /// Makes the folder, the certificate, and the empty data that every new database starts from: one to four seconds.
    pub(crate) fn start(tools: Tools, authority: Authority) -> Result<Self, DataError> {
        let within = std::env::temp_dir();
        let folder = Folder::new(&within).map_err(DataError::file(within))?;
        let keeper = Keeper::new(&tools).map_err(DataError::file(folder.path()))?;
        let certificate = Certificate::new(authority, Timestamp::now())?;
        for (name, text) in [
            ("certificate.pem", certificate.certificate.pem()),
            ("key.pem", certificate.key.serialize_pem()),
            ("ca.pem", PRACTICE_CA.to_owned()),
        ] {
            fs::write(folder.path().join(name), text).map_err(DataError::file(folder.path().join(name)))?;
        }
        install(&keeper, &tools, folder.path())?;
        let shared = Shared { tools, keeper, state: Mutex::default(), numbers: AtomicU64::new(1), folder };
        Ok(Self(Arc::new(shared)))
    }

    /// A new database with an empty schema `portal` and the practice login.
    pub(crate) fn create(&self) -> Result<DatabaseId, DataError> {
        let (id, place) = self.new_place();
        copy(&self.folder(EMPTY), &place.data())?;
        self.run(id, &place)?;
        let (user, password) = PRACTICE_LOGIN;
        // Root has no password, so it may come in by the socket alone, which lies in a folder that is the user's own.
        self.sql(
            id,
            &format!(
                "SET sql_log_bin = 0;
                 DELETE FROM mysql.global_priv WHERE Host <> 'localhost' OR User NOT IN ('root', 'mariadb.sys');
                 DELETE FROM mysql.proxies_priv;
                 FLUSH PRIVILEGES;
                 CREATE DATABASE portal CHARACTER SET utf8mb4;
                 CREATE USER '{user}'@'127.0.0.1' IDENTIFIED BY '{password}' REQUIRE SSL;
                 GRANT ALL ON portal.* TO '{user}'@'127.0.0.1';"
            ),
        )?;
        Ok(id)
    }

    /// Runs statements as root, and returns what they give, tab-separated.
    pub(crate) fn sql(&self, database: DatabaseId, statements: &str) -> Result<Vec<u8>, DataError> {
        let socket = match self.state().databases.get(&database) {
            Some(Database { place, server: Some(_) }) => place.socket(),
            _ => return Err(DataError::NotRunning(database)),
        };
        let mut client = self.0.keeper.command(&self.0.tools.client);
        client.args(["--batch", "--skip-column-names", "--default-character-set=utf8mb4", "--user=root"]);
        client.arg(format!("--socket={}", socket.display()));
        self.0.keeper.run(client, statements.as_bytes())
    }

    /// Runs statements over TLS with the practice login on whatever answers on a port of this machine, as an app
    /// would: the certificate is checked.
    pub(crate) fn sql_over_tls(&self, port: u16, statements: &str) -> Result<Vec<u8>, DataError> {
        let (user, password) = PRACTICE_LOGIN;
        let mut client = self.0.keeper.command(&self.0.tools.client);
        client.args(["--batch", "--skip-column-names", "--default-character-set=utf8mb4"]);
        client.args(["--protocol=TCP", "--host=127.0.0.1", "--ssl-verify-server-cert", "portal"]);
        client.arg(format!("--ssl-ca={}", self.folder("ca.pem").display()));
        client.args([format!("--port={port}"), format!("--user={user}"), format!("--password={password}")]);
        self.0.keeper.run(client, statements.as_bytes())
    }

    /// Digests the schema `portal` of whatever answers on a port of this machine.
    ///
    /// # Errors
    /// A [`DataError`], also when its certificate is not the practice authority's.
    pub fn digest(&self, port: u16) -> Result<Digest, DataError> {
        Digest::read(|statements| self.sql_over_tls(port, statements))
    }

    /// Ends every database, and lets nothing be started any more.
    pub fn shut_down(&self) {
        self.0.keeper.close();
        for database in self.state().databases.values_mut() {
            database.server = None;
        }
    }

    fn make(&self, backup: BackupId, at: Option<Timestamp>) -> Result<DatabaseId, DataError> {
        let state = self.state();
        let backup = state.backups.get(&backup).cloned().ok_or(DataError::NoBackup(backup))?;
        let source = state.databases.get(&backup.of).map(|source| source.place.clone());
        drop(state);
        let source = source.ok_or(DataError::NotRunning(backup.of))?;
        let (id, place) = self.new_place();
        copy(&backup.folder, &place.data())?;
        self.run(id, &place)?;
        if let Some(at) = at {
            let span = Span::until(&source.logs(), &backup.position, at);
            self.replay(id, &span.map_err(DataError::file(source.logs()))?)?;
        }
        Ok(id)
    }

    /// Makes the changes of a part of another database's logs. They are not logged again: the new database's own logs
    /// begin with what is done to it.
    fn replay(&self, database: DatabaseId, span: &Span) -> Result<(), DataError> {
        if span.is_empty() {
            return Ok(());
        }
        let mut reader = self.0.keeper.command(&self.0.tools.binlog);
        reader.arg("--disable-log-bin").args(&span.logs);
        reader.args([format!("--start-position={}", span.start), format!("--stop-position={}", span.stop)]);
        let statements = self.0.keeper.run(reader, &[])?;
        self.sql(database, &String::from_utf8_lossy(&statements)).map(|_| ())
    }

    fn save(&self, database: DatabaseId) -> Result<BackupId, DataError> {
        let socket = match self.state().databases.get(&database) {
            Some(Database { place, server: Some(_) }) => place.socket(),
            _ => return Err(DataError::NotRunning(database)),
        };
        let id = BackupId(self.number());
        let folder = self.folder(&format!("backup-{}", id.0));
        let target = format!("--target-dir={}", folder.display());
        let mut take = self.0.keeper.command(&self.0.tools.backup);
        take.args(["--backup", "--user=root", &target, &format!("--socket={}", socket.display())]);
        // It waits as long between two looks at the log: a second, unless told otherwise.
        take.args(["--log-copy-interval=20", "--databases-exclude=sys performance_schema"]);
        self.0.keeper.run(take, &[])?;
        let mut prepare = self.0.keeper.command(&self.0.tools.backup);
        prepare.args(["--prepare", &target]);
        self.0.keeper.run(prepare, &[])?;
        let note = folder.join("xtrabackup_binlog_info");
        let noted = fs::read_to_string(&note).map_err(DataError::file(&note))?;
        let position =
            Position::noted(&noted).ok_or_else(|| tools::failed("mariadb-backup", noted.as_bytes()))?;
        self.state().backups.insert(id, Backup { folder, of: database, position });
        Ok(id)
    }

    fn run(&self, id: DatabaseId, place: &Place) -> Result<(), DataError> {
        let Shared { tools, keeper, folder, .. } = &*self.0;
        let server = Server::start(keeper, tools, place, folder.path(), id.0)?;
        self.state().databases.insert(id, Database { place: place.clone(), server: Some(server) });
        Ok(())
    }

    fn new_place(&self) -> (DatabaseId, Place) {
        let id = DatabaseId(self.number());
        (id, Place::new(self.folder(&format!("db-{}", id.0))))
    }

    fn number(&self) -> u64 {
        self.0.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.0.folder.path().join(name)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data of a database in which there is nothing.
const EMPTY: &str = "empty";

impl Behind for Servers {
    fn restore(&self, backup: BackupId, at: Option<Timestamp>) -> Result<DatabaseId, BehindError> {
        Ok(self.make(backup, at)?)
    }

    fn back_up(&self, database: DatabaseId) -> Result<BackupId, BehindError> {
        Ok(self.save(database)?)
    }

    fn port(&self, database: DatabaseId) -> Option<u16> {
        self.state().databases.get(&database)?.server.as_ref().map(|server| server.port)
    }

    fn stop(&self, database: DatabaseId) {
        let mut state = self.state();
        let Some(database) = state.databases.get_mut(&database) else { return };
        database.server = None;
        // What is not removed now goes with the folder.
        let _ = fs::remove_dir_all(database.place.data());
    }
}

/// Where Linux keeps files in memory.
const MEMORY: &str = "/dev/shm";

/// Installs an empty database in a folder. It is installed in memory first, where that is possible: the installer has each of its
/// hundred files flushed to the disk, which takes seconds.
fn install(keeper: &Keeper, tools: &Tools, to: &Path) -> Result<(), DataError> {
    let run = |within: &Path| {
        let folder = within.join(EMPTY);
        let mut install = keeper.command(&tools.install);
        install.args(["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]);
        install.arg(format!("--datadir={}", folder.display())).arg(server::temporary(within));
        install.args(LIGHT).args(server::user(to));
        keeper.run(install, &[])
    };
    if let Ok(memory) = Folder::new(Path::new(MEMORY))
        && run(memory.path()).is_ok()
    {
        return copy(&memory.path().join(EMPTY), &to.join(EMPTY));
    }
    run(to).map(|_| ())
}

/// Copies a folder with everything in it.
fn copy(from: &Path, to: &Path) -> Result<(), DataError> {
    fn folder(from: &Path, to: &Path) -> io::Result<()> {
        fs::create_dir_all(to)?;
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folder(&entry.path(), &target)?;
            } else {
                fs::copy(entry.path(), target)?;
            }
        }
        Ok(())
    }
    folder(from, to).map_err(DataError::file(to))
}
