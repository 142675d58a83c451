//! One process at a time goes on with a run.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use run::RunId;

/// Held by the process that goes on with a run; the system lets go of it when the process ends, however.
#[derive(Debug)]
pub struct RunLock {
    file: File,
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
            Ok(()) => Ok(Self { file }),
            Err(TryLockError::WouldBlock) => Err(LockError::Held(run.clone())),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }
}

impl Drop for RunLock {
    /// Lets go at once. A program that is being started at this moment has the file too until it runs, and closing it here
    /// would leave the lock to that.
    fn drop(&mut self) {
        // The system does it when the last of them closes it.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_let_go_of_though_somebody_else_still_has_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let run = "20261124-031402-9f3a".parse().unwrap();
        let lock = RunLock::take(folder.path(), &run).unwrap();
        let inherited = lock.file.try_clone().unwrap();
        assert!(matches!(RunLock::take(folder.path(), &run), Err(LockError::Held(_))));
        drop(lock);
        RunLock::take(folder.path(), &run).unwrap();
        drop(inherited);
    }
}
