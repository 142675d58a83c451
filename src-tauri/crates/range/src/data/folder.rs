//! The temporary folder of a range's databases, and those that killed ranges left behind.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::TempDir;

const PREFIX: &str = "lifeboat-range-";
const LOCK: &str = "lock";

/// A folder that is removed when this is dropped, or else by the next range: its lock is let go with the process.
pub(crate) struct Folder {
    folder: TempDir,
    _lock: File,
}

impl Folder {
    pub(crate) fn new(within: &Path) -> io::Result<Self> {
        sweep(within);
        let folder = tempfile::Builder::new().prefix(PREFIX).tempdir_in(within)?;
        let new = folder.path().join("new-lock");
        let lock = File::create(&new)?;
        lock.lock()?;
        // Under its own name it is locked from the first moment.
        fs::rename(new, folder.path().join(LOCK))?;
        Ok(Self { folder, _lock: lock })
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }
}

/// Removes folders whose range is no more. What can't be removed may be somebody else's.
fn sweep(within: &Path) {
    for entry in fs::read_dir(within).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX) {
            continue;
        }
        if File::open(entry.path().join(LOCK)).is_ok_and(|lock| lock.try_lock().is_ok()) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_nobody_holds_is_removed_by_the_next() {
        let within = tempfile::tempdir().unwrap();
        let left = within.path().join("lifeboat-range-left");
        fs::create_dir(&left).unwrap();
        fs::write(left.join(LOCK), "").unwrap();
        let other = within.path().join("somebody-elses");
        fs::create_dir(&other).unwrap();
        let held = Folder::new(within.path()).unwrap();
        assert!(!left.exists());
        let path = held.path().to_owned();
        let next = Folder::new(within.path()).unwrap();
        assert!(path.exists() && other.exists());
        drop((held, next));
        assert!(!path.exists() && other.exists());
    }
}
