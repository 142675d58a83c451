//! What is behind an instance of the range: a real database, or nothing where MariaDB is not installed.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

/// A database that runs behind an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DatabaseId(pub u64);

/// A base backup of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BackupId(pub u64);

/// Why a database couldn't be made or backed up.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct BehindError {
    /// What failed, with what, and why.
    pub message: String,
}

/// What is behind the instances.
pub trait Behind: Send + Sync {
    /// Makes a database from a backup, as of `at` (everything committed before that second), or as the backup has
    /// it when `None`. Blocks for seconds.
    ///
    /// # Errors
    /// When the backup is unknown, or the database couldn't be made.
    fn restore(&self, backup: BackupId, at: Option<Timestamp>) -> Result<DatabaseId, BehindError>;
    /// Takes a real base backup of a database. Blocks for a second or two.
    ///
    /// # Errors
    /// When the database is unknown or stopped, or the backup couldn't be taken.
    fn back_up(&self, database: DatabaseId) -> Result<BackupId, BehindError>;
    /// The port that a database answers on.
    fn port(&self, database: DatabaseId) -> Option<u16>;
    /// Stops a database; its logs stay, so that its backups can still be restored to any moment.
    fn stop(&self, database: DatabaseId);
}

/// No databases: the API works, and nothing answers on an instance's port.
#[derive(Debug, Default)]
pub struct Nothing {
    given: AtomicU64,
}

impl Nothing {
    fn next(&self) -> u64 {
        self.given.fetch_add(1, Ordering::Relaxed)
    }
}

impl Behind for Nothing {
    fn restore(&self, _: BackupId, _: Option<Timestamp>) -> Result<DatabaseId, BehindError> {
        Ok(DatabaseId(self.next()))
    }

    fn back_up(&self, _: DatabaseId) -> Result<BackupId, BehindError> {
        Ok(BackupId(self.next()))
    }

    fn port(&self, _: DatabaseId) -> Option<u16> {
        None
    }

    fn stop(&self, _: DatabaseId) {}
}
