//! Consistent copies of the journal: on request while runs go on, and before a later version changes its tables.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use rusqlite::Connection;

use crate::store::at;
use crate::verify::{Intact, VerifyError};
use crate::{Journal, JournalError};

impl Journal {
    /// Copies the journal to a new file as it is at one moment, while runs go on and others write to it, and checks the
    /// whole copy.
    ///
    /// # Errors
    /// [`JournalError::Copy`] when there is such a file already, or it can't be written; [`VerifyError::Broken`] when
    /// the journal is broken: the copy is then kept, for it may be all that there will be.
    pub fn back_up(&self, to: &Path) -> Result<Intact, VerifyError> {
        copy(&self.connection(), self.path(), to)?;
        Self::open_read_only(to)?.verify()
    }
}

/// Copies a journal before its tables are changed, beside it; the copy is named by the version of its tables.
pub(crate) fn before_migrating(
    connection: &Connection,
    path: &Path,
    version: i64,
) -> Result<(), JournalError> {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(format!(".v{version}.db"));
    let to = path.with_file_name(name);
    if to.exists() {
        return Ok(());
    }
    match copy(connection, path, &to) {
        // Another process came first, and its copy is whole.
        Err(_) if to.exists() => Ok(()),
        Err(JournalError::Copy { to, why }) => {
            Err(JournalError::CopyBefore { path: path.to_owned(), to, why })
        }
        copied => copied,
    }
}

/// A file of that name is there only once it is whole and on the disk.
fn copy(connection: &Connection, path: &Path, to: &Path) -> Result<(), JournalError> {
    let failed = |why: io::Error| JournalError::Copy { to: to.to_owned(), why: why.to_string() };
    let mut part = to.as_os_str().to_owned();
    part.push(format!(".{}.part", std::process::id()));
    let part = PathBuf::from(part);
    let Some(name) = part.to_str() else { return Err(failed(io::ErrorKind::InvalidFilename.into())) };
    let free = || if to.exists() { Err(failed(io::ErrorKind::AlreadyExists.into())) } else { Ok(()) };
    free()?;
    let written = (|| {
        connection.execute("VACUUM INTO ?1", [name]).map_err(|why| match at(path)(why) {
            JournalError::Sqlite { source, .. } | JournalError::Unwritable { source, .. } => {
                failed(io::Error::other(source))
            }
            JournalError::Full { .. } => failed(io::ErrorKind::StorageFull.into()),
            why => why,
        })?;
        OpenOptions::new().write(true).open(&part).and_then(|file| file.sync_all()).map_err(failed)?;
        free()?;
        fs::rename(&part, to).map_err(failed)?;
        sync_folder(to).map_err(failed)
    })();
    if written.is_err() {
        // What is left of it is of no use to anybody.
        let _ = fs::remove_file(&part);
    }
    written
}

/// Makes the name durable as well, where folders can be opened.
fn sync_folder(of: &Path) -> io::Result<()> {
    let folder = of.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    match File::open(folder) {
        Ok(folder) if cfg!(unix) => folder.sync_all(),
        _ => Ok(()),
    }
}
