//! One process at a time goes on with a run.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use run::RunId;

/// Held by the process that goes on with a run; the system lets go of it when the process ends, however.
#[derive(Debug)]
pub struct RunLock {
    _file: File,
}

/// Why a run can't be gone on with here.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process does.
    #[error("run {0} is open in another window or terminal; go on there, or close it first")]
    Held(RunId),
    /// The lock could not be made.
    #[error(
        "the lock {path} can't be made: {source}. Check that the folder can be written to and the disk is not full."
    )]
    Io {
        /// The lock's file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl RunLock {
    /// Takes the lock of `run` among the locks in `folder`.
    ///
    /// # Errors
    /// Another process holds it, or its file can't be made.
    pub fn take(folder: &Path, run: &RunId) -> Result<Self, LockError> {
        let path = folder.join(format!("{run}.lock"));
        let io = |source| LockError::Io { path: path.clone(), source };
        std::fs::create_dir_all(folder).map_err(io)?;
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(run.clone())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}
