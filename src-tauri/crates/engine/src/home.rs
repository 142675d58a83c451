//! Where Lifeboat keeps its things on this machine.

use std::path::{Path, PathBuf};

/// The data directory: the journal, its locks, and the user's own runbooks and environments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    path: PathBuf,
    chosen: bool,
}

/// Why there is no data directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HomeError {
    /// The system names none.
    #[error("this system names no data directory; set LIFEBOAT_HOME to a folder of your own")]
    None,
}

impl Home {
    /// `LIFEBOAT_HOME`, or else `lifeboat` in the system's data directory.
    ///
    /// # Errors
    /// A system that names no data directory.
    pub fn find() -> Result<Self, HomeError> {
        if let Some(own) = std::env::var_os("LIFEBOAT_HOME").filter(|path| !path.is_empty()) {
            return Ok(Self::at(Path::new(&own)));
        }
        let path = dirs::data_dir().map(|data| data.join("lifeboat")).ok_or(HomeError::None)?;
        Ok(Self { path, chosen: false })
    }

    /// A given directory.
    pub fn at(path: &Path) -> Self {
        Self { path: path.to_owned(), chosen: true }
    }

    /// The directory itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.path.join("journal.db")
    }

    /// The locks of runs that are open somewhere.
    pub fn locks(&self) -> PathBuf {
        self.path.join("locks")
    }

    /// Evidence of plans that are being applied, until it is in the journal.
    pub(crate) fn ledgers(&self) -> PathBuf {
        self.path.join("ledgers")
    }

    /// Where timelines are exported to: `exports` in a data directory that was chosen, and otherwise `Lifeboat`
    /// among the user's documents, where people look for them.
    pub fn exports(&self) -> PathBuf {
        let documents = if self.chosen { None } else { dirs::document_dir() };
        documents.map_or_else(|| self.path.join("exports"), |documents| documents.join("Lifeboat"))
    }

    /// The user's own runbooks.
    pub fn runbooks(&self) -> PathBuf {
        self.path.join("runbooks")
    }
}
