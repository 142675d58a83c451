//! How long it took, and how much was lost: against what the runbook promises.
//!
//! What is counted as outage runs on while somebody is waited for (facts §6): how long that was is told beside it, and
//! never taken off.

use std::time::Duration;

use jiff::Timestamp;
use runbook::{Clock, StepId, StepKind};

use crate::state::Work;
use crate::{Run, StepState};

/// A clock of the incident that was read off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// What it said.
    pub at: Timestamp,
    /// Whether a person, or a step of the runbook, said so; otherwise what was done tells it.
    pub said: bool,
}

/// What was achieved so far, or in the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Achieved {
    /// From when the outage began until the service was validated, or now; `None` when its beginning isn't known.
    pub from_outage: Option<Duration>,
    /// The same from when it was declared.
    pub from_declaration: Duration,
    /// When that became final: the service was validated, or the run ended.
    pub end: Option<Timestamp>,
    /// How long the run waited for approvals and in waits, which is part of the above.
    pub held: Duration,
    /// How much each system lost, as far as that is known.
    pub lost: Vec<Lost>,
}

/// How much a system lost: its achieved RPO.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// The system: `Portal DB`, `badge photos`.
    pub system: &'static str,
    /// The length of time whose changes are gone.
    pub length: Duration,
    /// Whether it was measured; otherwise it is at most that.
    pub measured: bool,
}

impl Run {
    /// What a clock of the incident said, if it was read off.
    pub fn clock(&self, clock: Clock) -> Option<Mark> {
        self.clocks.get(&clock).copied()
    }

    /// When a clock of the incident was, if it was read off.
    pub fn time_of(&self, clock: Clock) -> Option<Timestamp> {
        self.clock(clock).map(|mark| mark.at)
    }

    /// What was achieved, as it stands at `now`.
    pub fn achieved(&self, now: Timestamp) -> Achieved {
        let end = self.time_of(Clock::ServiceValidated).or_else(|| self.ended());
        let until = end.unwrap_or(now);
        let declared = self.time_of(Clock::Declared).unwrap_or(self.started);
        let open = self.holding.map_or(Duration::ZERO, |since| between(since, until));
        Achieved {
            from_outage: self.time_of(Clock::OutageBegan).map(|began| between(began, until)),
            from_declaration: between(declared, until),
            end,
            held: self.held + open,
            lost: self.lost(),
        }
    }

    /// How long the run has waited for approvals and in waits, without the wait that goes on.
    pub fn held(&self) -> Duration {
        self.held
    }

    /// Since when it waits for an approval, or in a wait.
    pub fn holding(&self) -> Option<Timestamp> {
        self.holding
    }

    fn lost(&self) -> Vec<Lost> {
        let mut lost = Vec::new();
        let measured = self.runbook.steps().filter_map(|step| self.output(&step.id, "achieved_rpo"));
        if let Some(length) = measured.last().and_then(runbook::value::duration) {
            lost.push(Lost { system: "Portal DB", length, measured: true });
        }
        // What was written after the restore point and before the outage may be gone; what lived on is not.
        let began = self.time_of(Clock::OutageBegan);
        let restored = self.runbook.steps().filter(|step| self.applies(&step.id, "photos.restore"));
        let points = restored.filter_map(|step| self.step(&step.id).params.get("at")?.parse().ok());
        if let (Some(began), Some(point)) = (began, points.max()) {
            lost.push(Lost { system: "badge photos", length: between(point, began), measured: false });
        }
        lost
    }

    /// Whether a step's action is this one, and was applied and verified.
    fn applies(&self, step: &StepId, wanted: &str) -> bool {
        let verified = matches!(self.step(step).work, Work::Verified { .. });
        let action = self.runbook.step(step).and_then(crate::state::action_of);
        verified && action == Some(wanted)
    }

    /// Reads a clock off that nobody has set. Of what happens more than once, the last time counts, but for when
    /// restoring began.
    pub(crate) fn read_off(&mut self, clock: Clock, at: Timestamp) {
        match self.clocks.get(&clock) {
            Some(mark) if mark.said || clock == Clock::RestoreStarted => {}
            _ => drop(self.clocks.insert(clock, Mark { at, said: false })),
        }
    }

    pub(crate) fn marked(&mut self, clock: Clock, at: Timestamp) {
        self.clocks.insert(clock, Mark { at, said: true });
    }

    /// What is about to be done starts the restore, if it restores something.
    pub(crate) fn restore_started(&mut self, step: &StepId, at: Timestamp) {
        if self.restores(step) {
            self.read_off(Clock::RestoreStarted, at);
        }
    }

    /// What was done makes data available, if it restored something.
    pub(crate) fn data_available(&mut self, step: &StepId, at: Timestamp) {
        if self.restores(step) {
            self.read_off(Clock::DataAvailable, at);
        }
    }

    /// What was found right validates what was restored, or says that it is in use.
    pub(crate) fn found_right(&mut self, step: &StepId, at: Timestamp) {
        match self.runbook.step(step).and_then(crate::state::action_of) {
            Some("database.cut_over") => self.read_off(Clock::CutOver, at),
            Some("photos.restore" | "photos.verify" | "database.restore" | "database.verify") => {
                self.read_off(Clock::Validated, at);
            }
            _ => {}
        }
    }

    fn restores(&self, step: &StepId) -> bool {
        let action = self.runbook.step(step).and_then(crate::state::action_of);
        matches!(action, Some("photos.restore" | "database.restore"))
    }

    /// Begins to count, or goes on counting, how long the run is held: while its current step waits for an approval,
    /// or for a time.
    pub(crate) fn hold(&mut self, at: Timestamp) {
        let waits = self.current().is_some_and(|step| {
            let of = self.step(&step.id);
            let waiting = matches!(step.kind, StepKind::Wait(_)) && of.wait.is_some();
            of.state == StepState::Open && (waiting || matches!(of.work, Work::Planned { .. }))
        });
        match (self.holding, waits) {
            (None, true) => self.holding = Some(at),
            (Some(since), false) => {
                self.held += between(since, at);
                self.holding = None;
            }
            _ => {}
        }
    }
}

/// A length of time; none when the clock went back.
pub fn between(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
