//! `lifeboat` as people and scripts start it: what it does, how it ends, and what is in the journal then.

use std::fs;
use std::path::{Path, PathBuf};

use journal::{Journal, JournalError};
use run::{Event, Recorded, Run, RunId};

pub(crate) use scene::Scene;

use crate::support::cli::Lifeboat;

mod bad_input;
mod found_out;
mod interrupted;
mod keychain;
mod output;
mod portal_db;
mod practice;
mod scene;
mod signing;
mod tampering;

/// Answers to every step of `restore-badge-photos`.
pub(crate) const ANSWERS: &str = r#"
stop-writers: { done: true }
first-damage: { done: true, record: "2026-11-24T03:02:00Z" }
damage: { choose: "yes" }
obliteration: { done: true, by: Dana }
restore: { approve: true, by: Dana }
look: { done: true, record: "ten photos, from three organizations", by: Dana }
deletions: { done: true }
reopen: { done: true }
service-back: { done: true, record: "2026-11-24T09:40:00Z" }
customers: { choose: "no", by: Dana }
close: { done: true }
"#;

/// A data directory, and `lifeboat` on it.
pub(crate) struct Desk {
    pub(crate) home: tempfile::TempDir,
    pub(crate) lifeboat: Lifeboat,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let lifeboat = Lifeboat::at(home.path());
        Self { home, lifeboat }
    }

    pub(crate) fn path(&self) -> &Path {
        self.home.path()
    }

    /// Writes a file into the data directory; its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn journal(&self) -> PathBuf {
        self.path().join("journal.db")
    }

    /// The runs in the journal.
    pub(crate) fn runs(&self) -> Vec<RunId> {
        match Journal::open_read_only(&self.journal()) {
            Ok(journal) => journal.runs().unwrap(),
            Err(JournalError::Unfinished { .. }) => Vec::new(),
            Err(why) if self.journal().exists() => panic!("{why}"),
            Err(_) => Vec::new(),
        }
    }

    /// The one run in the journal.
    #[track_caller]
    pub(crate) fn only_run(&self) -> RunId {
        let mut runs = self.runs();
        assert_eq!(runs.len(), 1, "{runs:?}");
        runs.remove(0)
    }

    /// The entries of the only run.
    pub(crate) fn entries(&self) -> Vec<Recorded> {
        Journal::open_read_only(&self.journal()).unwrap().read(&self.only_run()).unwrap()
    }

    /// No file of the data directory has this text in it, the keychain's aside.
    #[track_caller]
    pub(crate) fn is_nowhere(&self, text: &str) {
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                let path = entry.path();
                if entry.file_type().unwrap().is_dir() {
                    folders.push(path);
                } else if entry.file_type().unwrap().is_file() {
                    let bytes = fs::read(&path).unwrap();
                    let found = bytes.windows(text.len()).any(|window| window == text.as_bytes());
                    assert!(!found, "{text:?} is in {}", path.display());
                }
            }
        }
    }

    /// The only run as it stands.
    pub(crate) fn run(&self) -> Run {
        Run::fold(self.only_run(), self.entries()).unwrap()
    }

    /// The events of the only run.
    pub(crate) fn events(&self) -> Vec<Event> {
        self.entries().into_iter().map(|entry| entry.event).collect()
    }
}
