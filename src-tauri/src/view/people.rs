//! Who takes part in a run, its clocks, and the files that were kept.

use ::run::{Kept, Person, Run};
use runbook::{Clock, Role};
use serde::Serialize;
use ts_rs::TS;

/// Somebody who takes part, or did.
#[derive(Debug, Clone, Serialize, TS)]
pub struct PersonView {
    /// Their name.
    pub name: String,
    /// What they do.
    pub roles: Vec<Role>,
    /// When they came.
    pub joined: String,
    /// When they left.
    pub left: Option<String>,
}

impl From<&Person> for PersonView {
    fn from(person: &Person) -> Self {
        Self {
            name: person.name.clone(),
            roles: person.roles.clone(),
            joined: person.joined.to_string(),
            left: person.left.map(|at| at.to_string()),
        }
    }
}

/// One clock of the incident.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ClockView {
    /// Which.
    pub clock: Clock,
    /// What people call it.
    pub words: String,
    /// What it said; `None` until it is read off.
    pub at: Option<String>,
    /// Whether a person said so, and not what was done.
    pub said: bool,
}

/// What was achieved so far. What the outage and the declaration are counted from, the clocks say.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RecoveryView {
    /// Every clock, in order.
    pub clocks: Vec<ClockView>,
    /// When the RTO's clock stopped: the service was validated, or the run ended.
    pub stopped: Option<String>,
    /// For how long the run waited for approvals and in waits, in seconds, without the wait that goes on.
    pub held: u64,
    /// Since when it waits now.
    pub holding: Option<String>,
    /// How much each system lost.
    pub lost: Vec<LostView>,
}

/// How much a system lost.
#[derive(Debug, Clone, Serialize, TS)]
pub struct LostView {
    /// The system.
    pub system: String,
    /// Changes of so many seconds.
    pub seconds: u64,
    /// Whether it was measured; otherwise it is at most that.
    pub measured: bool,
}

impl RecoveryView {
    pub(super) fn of(run: &Run) -> Self {
        let clock = |clock: Clock| {
            let mark = run.clock(clock);
            ClockView {
                clock,
                words: clock.words().to_owned(),
                at: mark.map(|mark| mark.at.to_string()),
                said: mark.is_some_and(|mark| mark.said),
            }
        };
        let achieved = run.achieved(run.last());
        Self {
            clocks: Clock::ALL.map(clock).into(),
            stopped: achieved.end.map(|at| at.to_string()),
            held: run.held().as_secs(),
            holding: run.holding().map(|at| at.to_string()),
            lost: achieved
                .lost
                .into_iter()
                .map(|lost| LostView {
                    system: lost.system.to_owned(),
                    seconds: lost.length.as_secs(),
                    measured: lost.measured,
                })
                .collect(),
        }
    }
}

/// A file that somebody kept as evidence.
#[derive(Debug, Clone, Serialize, TS)]
pub struct FileView {
    /// What it was called.
    pub name: String,
    /// What it is: `image/png`.
    pub media: String,
    /// Its digest.
    pub digest: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The id of the step it is about.
    pub step: Option<String>,
}

impl From<&Kept> for FileView {
    fn from(kept: &Kept) -> Self {
        Self {
            name: kept.name.clone(),
            media: kept.media.clone(),
            digest: kept.file.digest.to_string(),
            bytes: kept.file.bytes,
            step: kept.step.as_ref().map(ToString::to_string),
        }
    }
}
