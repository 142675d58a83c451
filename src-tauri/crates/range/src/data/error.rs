//! Why a real database couldn't be made, filled or restored.

use std::io;
use std::path::PathBuf;

use crate::rds::{BackupId, BehindError, DatabaseId};

/// Why a database behind an instance couldn't be worked with.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// A program couldn't be started, or fed.
    #[error("failed to run {program}; check that mariadb-server and mariadb-backup are installed whole")]
    Start {
        /// The program.
        program: String,
        /// Why.
        source: io::Error,
    },
    /// A program ended with a failure.
    #[error("{program} failed: {said}; if the disk is not full, please report this")]
    Failed {
        /// The program.
        program: String,
        /// The end of what it said.
        said: String,
    },
    /// A file couldn't be read, written or copied.
    #[error("failed to use {}; check that there are 500 MB free for temporary files", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A certificate couldn't be made.
    #[error("failed to make a certificate for the practice range; this is a defect of it, please report it")]
    Certificate(#[from] rcgen::Error),
    /// A time fell out of range.
    #[error("failed to date the rows of the practice database; check this machine's clock")]
    Time(#[from] jiff::Error),
    /// There is no such database, or it was stopped.
    #[error("database {} does not run (any more); restore one of its backups", .0.0)]
    NotRunning(DatabaseId),
    /// There is no such backup.
    #[error("there is no backup {}; list the snapshots for those that there are", .0.0)]
    NoBackup(BackupId),
    /// The range is stopping.
    #[error("the practice range is stopping; start it again")]
    Stopping,
}

impl DataError {
    pub(crate) fn file(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { path, source }
    }
}

impl From<DataError> for BehindError {
    fn from(error: DataError) -> Self {
        let cause = std::error::Error::source(&error).map(|cause| format!(" ({cause})")).unwrap_or_default();
        Self { message: format!("{error}{cause}") }
    }
}
