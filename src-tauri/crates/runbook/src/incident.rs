//! The words of incident response that runbooks and runs share: who takes part, and what is timed.

use serde::{Deserialize, Serialize};

/// What a person does in a run.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS,
)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Role {
    /// Runs the runbook.
    #[default]
    Operator,
    /// A second person, who approves plans.
    Approver,
    /// Leads the response.
    IncidentCommander,
    /// Writes down what happens.
    Scribe,
    /// Leads an exercise, and brings its injects in.
    Facilitator,
    /// Looks on.
    Observer,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Operator,
        Self::Approver,
        Self::IncidentCommander,
        Self::Scribe,
        Self::Facilitator,
        Self::Observer,
    ];

    /// The word in a runbook: `incident-commander`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Approver => "approver",
            Self::IncidentCommander => "incident-commander",
            Self::Scribe => "scribe",
            Self::Facilitator => "facilitator",
            Self::Observer => "observer",
        }
    }

    /// The words that people see: `incident commander`.
    pub fn words(self) -> &'static str {
        match self {
            Self::IncidentCommander => "incident commander",
            other => other.word(),
        }
    }

    /// The role that a word of a runbook means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.word() == word)
    }
}

/// A moment of an incident that recovery is measured by, in the order in which they usually come (facts §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export)]
pub enum Clock {
    /// Something broke: what the outage is counted from.
    OutageBegan,
    /// Somebody noticed.
    Detected,
    /// It was declared a disaster.
    Declared,
    /// The first restore began.
    RestoreStarted,
    /// What was restored is there, not yet looked at.
    DataAvailable,
    /// What was restored was found to be right.
    Validated,
    /// The Portal was pointed at what was restored.
    CutOver,
    /// The Portal was found to work for its users: where the RTO's clock stops.
    ServiceValidated,
    /// The response ended.
    StoodDown,
}

impl Clock {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::OutageBegan,
        Self::Detected,
        Self::Declared,
        Self::RestoreStarted,
        Self::DataAvailable,
        Self::Validated,
        Self::CutOver,
        Self::ServiceValidated,
        Self::StoodDown,
    ];

    /// The word in a runbook: `service-validated`.
    pub fn word(self) -> &'static str {
        match self {
            Self::OutageBegan => "outage-began",
            Self::Detected => "detected",
            Self::Declared => "declared",
            Self::RestoreStarted => "restore-started",
            Self::DataAvailable => "data-available",
            Self::Validated => "validated",
            Self::CutOver => "cut-over",
            Self::ServiceValidated => "service-validated",
            Self::StoodDown => "stood-down",
        }
    }

    /// The words that people see: `service validated`.
    pub fn words(self) -> &'static str {
        match self {
            Self::OutageBegan => "outage began",
            Self::RestoreStarted => "restore started",
            Self::DataAvailable => "data available",
            Self::CutOver => "cut over",
            Self::ServiceValidated => "service validated",
            Self::StoodDown => "stood down",
            other => other.word(),
        }
    }

    /// The clock that a word of a runbook means.
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|clock| clock.word() == word)
    }
}
