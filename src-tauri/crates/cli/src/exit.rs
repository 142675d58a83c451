//! How a command ends.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

/// The exit codes of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    Interrupted = 3,
}

/// Why a command did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("the program can't start: {0}. Close other programs, then try again.")]
    Runtime(io::Error),
    #[error(transparent)]
    Home(#[from] engine::HomeError),
    #[error(transparent)]
    Engine(#[from] engine::EngineError),
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    Environment(#[from] aws::environments::LoadError),
    #[error(transparent)]
    Library(#[from] runbook::library::LibraryError),
    #[error(transparent)]
    Report(#[from] report::ReportError),
    #[error(transparent)]
    Verify(#[from] journal::VerifyError),
    #[error(transparent)]
    Range(#[from] ::range::RangeError),
    #[error(transparent)]
    Scenario(#[from] ::range::ScenarioError),
    #[error(transparent)]
    Answers(#[from] crate::answers::AnswersError),
    #[error("{} can't be read: {source}. Check the path and its permissions.", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} can't be written: {source}. Check the folder and the free space.", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the terminal can't be used: {0}. Give `--answers FILE` to run without one.")]
    Terminal(io::Error),
    #[error("{what}. {next}")]
    Refused { what: String, next: String },
    #[error("{what}. {next}")]
    Usage { what: String, next: String },
}

impl Error {
    /// Says it, and gives the exit code that goes with it.
    pub(crate) fn report(&self) -> ExitCode {
        eprintln!("lifeboat: {self}");
        let usage = matches!(self, Self::Usage { .. } | Self::Answers(_));
        if usage { Exit::Usage.into() } else { Exit::Failed.into() }
    }
}
