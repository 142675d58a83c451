//! A run of a runbook, as a value: `Command → decide → Event → fold`.
//!
//! Guarantee: nothing here does I/O or reads a clock. A [`Run`] can only be had by folding the entries of its
//! journal, so a run that was interrupted is the same value as one that wasn't. What has to be done in the
//! outside world is what [`Run::owed`] says, and nothing else.

mod approval;
mod clocks;
mod command;
mod decide;
mod event;
mod fold;
mod id;
mod moves;
mod people;
mod rejection;
mod start;
mod state;

pub use approval::{How, Signed, holds as approval_holds, text as approval_text};
pub use clocks::{Achieved, Lost, Mark, between};
pub use command::Command;
pub use decide::{decide, second_person};
pub use event::{Attachment, Event, FORMAT, Mode, NoteTag, Problem, Start};
pub use fold::FoldError;
pub use id::{Digest, DigestError, RunId, RunIdError};
pub use moves::{Move, Moves};
pub use people::{Person, same_person};
pub use rejection::Rejection;
pub use start::{Request, StartError, default_in};
pub use state::{Applied, Kept, Owed, Run, Stage, State, StepRun, StepState, Tick, Wait, Work};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry of a run's journal, as the fold needs it; the journal adds the hashes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recorded {
    /// Its number in the run, from 1, without gaps.
    pub seq: u64,
    /// When it was written, by this machine's clock.
    pub at: Timestamp,
    /// Who; `lifeboat` for what the program did by itself.
    pub actor: String,
    /// What.
    pub event: Event,
}
