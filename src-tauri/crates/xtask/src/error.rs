//! What went wrong, and what to do next.

use std::fmt::{self, Display};
use std::io;
use std::path::Path;

/// A failure of a task: always both halves, since whoever reads it wants to go on.
#[derive(Debug)]
pub(crate) struct Error {
    what: String,
    next: String,
}

impl Error {
    pub(crate) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        Self { what: what.into(), next: next.into() }
    }

    /// A file that could not be read or written.
    pub(crate) fn file(doing: &str, path: &Path, why: &io::Error) -> Self {
        Self::new(
            format!("failed to {doing} {}: {why}", path.display()),
            "check that the folder exists, that it is yours, and that the disk has room",
        )
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "xtask: {}\n  next: {}", self.what, self.next)
    }
}
