//! What a review needs of a run, each said once.

use std::time::Duration;

use jiff::Timestamp;
use run::{Event, Run, State};

/// What a note is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Impact,
    WentWell,
    WentBadly,
}

/// What a note is for, when it says so, and its text.
pub(crate) fn tagged(_event: &Event) -> Option<(Tag, &str)> {
    None
}

/// What somebody undertook to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) what: String,
    pub(crate) owner: String,
    pub(crate) due: Option<String>,
}

/// What somebody undertook to change.
pub(crate) fn taken(_event: &Event) -> Option<Taken> {
    None
}

/// Why one person went on alone, if that is what this says.
pub(crate) fn broke_glass(_event: &Event) -> Option<&str> {
    None
}

/// What a file that a person attached was called.
pub(crate) fn attached(_event: &Event) -> Option<&str> {
    None
}

/// Somebody who took part, as the run knows them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Known {
    pub(crate) name: String,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) joined: Timestamp,
    pub(crate) left: Option<Timestamp>,
}

/// Who took part, as the run knows them.
pub(crate) fn people(run: &Run) -> Vec<Known> {
    let name = run.start().operator.clone();
    vec![Known { name, roles: vec!["operator"], joined: run.started(), left: None }]
}

/// A clock of the incident.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Mark {
    pub(crate) name: &'static str,
    /// When, and whether a person said so; `None` when it was not read off.
    pub(crate) at: Option<(Timestamp, bool)>,
}

/// Every clock of the incident, in order.
pub(crate) fn marks(run: &Run) -> Vec<Mark> {
    let start = run.start();
    vec![
        Mark { name: "outage began", at: start.outage_began.map(|at| (at, true)) },
        Mark { name: "declared", at: Some((start.declared, true)) },
        Mark { name: "stood down", at: ended(run).map(|at| (at, false)) },
    ]
}

/// What was achieved.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Achieved {
    pub(crate) from_outage: Option<Duration>,
    pub(crate) from_declaration: Duration,
    pub(crate) stopped: bool,
    pub(crate) validated: bool,
    pub(crate) lost: Vec<Lost>,
}

/// How much a system lost, at most or as measured.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lost {
    pub(crate) system: String,
    pub(crate) length: Duration,
    pub(crate) measured: bool,
}

/// What was achieved when the last entry was written.
pub(crate) fn achieved(run: &Run) -> Achieved {
    let until = ended(run).unwrap_or(run.last());
    Achieved {
        from_outage: run.start().outage_began.map(|began| between(began, until)),
        from_declaration: between(run.start().declared, until),
        stopped: ended(run).is_some(),
        validated: false,
        lost: Vec::new(),
    }
}

/// When it ended.
pub(crate) fn ended(run: &Run) -> Option<Timestamp> {
    match run.state() {
        State::Active => None,
        State::Finished(at) | State::Abandoned { at, .. } => Some(*at),
    }
}

/// A length of time; none when the clock went back.
pub(crate) fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
