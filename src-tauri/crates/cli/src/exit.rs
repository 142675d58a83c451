//! How a command ends.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use engine::EngineError;
use run::{RunId, StartError};

use crate::say::complain;

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
    Engine(#[from] EngineError),
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    #[error(transparent)]
    Environment(#[from] aws::environments::LoadError),
    #[error(transparent)]
    Library(#[from] runbook::library::LibraryError),
    #[error(transparent)]
    Report(#[from] report::ReportError),
    #[error("{}.", .0.to_string().trim_end_matches('.'))]
    Unsealed(#[from] engine::UnsealedError),
    #[error(transparent)]
    Manifest(#[from] engine::ManifestError),
    #[error(transparent)]
    Verify(#[from] journal::VerifyError),
    #[error(transparent)]
    Range(#[from] ::range::RangeError),
    #[error(transparent)]
    Scenario(#[from] ::range::ScenarioError),
    #[error(transparent)]
    Answers(#[from] crate::answers::AnswersError),
    #[error("{}.", aws::keychain::told(.0))]
    Keychain(#[from] aws::keychain::KeychainError),
    #[error(transparent)]
    SignIn(#[from] engine::SignInError),
    #[error("{} can't be read: {source}. Check the path and its permissions.", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("{} can't be written: {source}. Check the folder and the free space.", path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("the terminal can't be used: {0}. Give `--answers FILE` to run without one.")]
    Terminal(io::Error),
    #[error("the output can't be written: {0}. Look whether the disk is full, then try again.")]
    Output(&'static io::Error),
    #[error("{}. To go on: lifeboat resume {run}", why.to_string().trim_end_matches('.'))]
    Left { run: RunId, why: Box<Self> },
    #[error("{what}. {next}")]
    Refused { what: String, next: String },
    #[error("{what}. {next}")]
    Usage { what: String, next: String },
}

impl Error {
    /// Says it, with what caused it, and gives the exit code that goes with it.
    pub(crate) fn report(&self) -> ExitCode {
        let mut said = self.to_string();
        // The others say in their own words what caused them.
        let mut cause = if matches!(self, Self::Range(_) | Self::Scenario(_)) { self.source() } else { None };
        while let Some(why) = cause {
            said.push_str(&format!(" ({why})"));
            cause = why.source();
        }
        complain!("lifeboat: {said}");
        if self.is_usage() { Exit::Usage.into() } else { Exit::Failed.into() }
    }

    /// Whether another command line would help: what `--set`, `--as` and `--answers` give.
    fn is_usage(&self) -> bool {
        match self {
            Self::Usage { .. } | Self::Answers(_) => true,
            Self::Engine(EngineError::Start(why)) => matches!(
                why,
                StartError::NoOperator
                    | StartError::Missing { .. }
                    | StartError::Unknown { .. }
                    | StartError::Value { .. }
            ),
            _ => false,
        }
    }
}
