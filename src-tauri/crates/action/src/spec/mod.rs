//! What each action is called, takes, gives and can harm: the vocabulary that runbooks are checked against.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::ParamError;

mod catalog;

use catalog::CATALOG;

/// What an action may do to the systems it touches. A runbook's author can't choose it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Only reads; may be repeated at any time.
    Reads,
    /// Adds to what is there and can be undone; needs an approved plan.
    Changes,
    /// Removes something for good; needs a second person and the target's name typed.
    Destroys,
}

impl Effect {
    /// The word that people see: `reads`, `changes` or `destroys`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Reads => "reads",
            Self::Changes => "changes",
            Self::Destroys => "destroys",
        }
    }
}

/// The type of a parameter, of a runbook or of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParamKind {
    /// Any text.
    Text,
    /// A whole number.
    Integer,
    /// `true` or `false`.
    Boolean,
    /// One of a list given with the parameter.
    Choice,
    /// An RFC 3339 instant with its offset, such as `2026-11-24T03:14:00Z`.
    Timestamp,
    /// A length of time, such as `90m` or `24h`.
    Duration,
    /// The name of an S3 bucket.
    Bucket,
    /// The beginning of S3 keys; may be empty.
    Prefix,
    /// An AWS region in the United States.
    Region,
    /// The identifier of an RDS instance.
    DbInstance,
    /// The identifier of an RDS snapshot.
    Snapshot,
}

impl ParamKind {
    /// The word a runbook uses for this type, such as `db_instance`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Choice => "choice",
            Self::Timestamp => "timestamp",
            Self::Duration => "duration",
            Self::Bucket => "bucket",
            Self::Prefix => "prefix",
            Self::Region => "region",
            Self::DbInstance => "db_instance",
            Self::Snapshot => "snapshot",
        }
    }
}

/// One parameter of an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParamSpec {
    /// The name under `with:`.
    pub name: &'static str,
    /// The type that its value must have.
    pub kind: ParamKind,
    /// Whether a step must give it.
    pub required: bool,
    /// Whether a person may replace its value when a plan is made, as with every choice: what can only be known once
    /// the damage was looked at.
    pub at_planning: bool,
    /// The values allowed when `kind` is [`ParamKind::Choice`]; empty otherwise.
    pub choices: &'static [&'static str],
    /// What it means, in one sentence, for lint's hints and for the documentation.
    pub about: &'static str,
}

/// One value that an action leaves for later steps, as `${steps.<id>.<name>}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputSpec {
    /// The name after `steps.<id>.`.
    pub name: &'static str,
    /// The type of its value.
    pub kind: ParamKind,
}

/// One action: its id, its effect and its shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionSpec {
    /// The id after `action:`, such as `photos.restore`.
    pub id: &'static str,
    /// What it may do.
    pub effect: Effect,
    /// What it does, in one sentence that begins with a verb.
    pub about: &'static str,
    /// What it takes.
    pub params: &'static [ParamSpec],
    /// What it leaves for later steps.
    pub outputs: &'static [OutputSpec],
    /// The ids of the actions that, run later, prove that this one did its work; for those that read, empty.
    /// An action that changes something and verifies itself is still expected to have one of these after it.
    pub verified_by: &'static [&'static str],
}

impl ActionSpec {
    /// The parameter called `name`, if this action has one.
    pub fn param(&self, name: &str) -> Option<&'static ParamSpec> {
        self.params.iter().find(|p| p.name == name)
    }
}

/// The action called `id`, if there is one.
pub fn find(id: &str) -> Option<&'static ActionSpec> {
    CATALOG.iter().find(|a| a.id == id)
}

/// Every action this build can run, in the order a person would meet them.
pub fn catalog() -> &'static [ActionSpec] {
    CATALOG
}

/// A step's parameters, checked against its action's [`ActionSpec`].
#[derive(Debug)]
pub(crate) struct Values<'a> {
    action: &'static str,
    values: &'a BTreeMap<String, String>,
}

impl<'a> Values<'a> {
    pub(crate) fn check(
        spec: &'static ActionSpec,
        values: &'a BTreeMap<String, String>,
    ) -> Result<Self, ParamError> {
        let action = spec.id;
        if let Some(name) = values.keys().find(|name| spec.param(name).is_none()) {
            return Err(ParamError::Unknown { action, name: name.clone() });
        }
        for param in spec.params {
            match values.get(param.name) {
                None if param.required => return Err(ParamError::Missing { action, name: param.name }),
                Some(value) if !param.choices.is_empty() && !param.choices.contains(&value.as_str()) => {
                    let wanted = "one of its choices";
                    return Err(ParamError::Value { action, name: param.name, value: value.clone(), wanted });
                }
                _ => {}
            }
        }
        Ok(Self { action, values })
    }

    /// The action's id.
    pub(crate) fn action(&self) -> &'static str {
        self.action
    }

    /// A text that isn't empty.
    pub(crate) fn filled(&self, name: &'static str) -> Option<String> {
        self.text(name).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    pub(crate) fn text(&self, name: &'static str) -> Option<&'a str> {
        self.values.get(name).map(String::as_str)
    }

    pub(crate) fn required(&self, name: &'static str) -> Result<&'a str, ParamError> {
        self.text(name).ok_or(ParamError::Missing { action: self.action, name })
    }

    pub(crate) fn timestamp(&self, name: &'static str) -> Result<Timestamp, ParamError> {
        let value = self.required(name)?;
        value
            .parse()
            .map_err(|_| self.unfit(name, value, "an instant with its offset, such as 2026-11-24T03:14:00Z"))
    }

    pub(crate) fn optional_timestamp(&self, name: &'static str) -> Result<Option<Timestamp>, ParamError> {
        self.text(name).map(|_| self.timestamp(name)).transpose()
    }

    /// What is separated by commas; empty when the parameter was left out.
    pub(crate) fn list(&self, name: &'static str) -> Vec<String> {
        let items = self.text(name).unwrap_or_default().split(',').map(str::trim);
        items.filter(|item| !item.is_empty()).map(str::to_owned).collect()
    }

    pub(crate) fn number<N: FromStr>(&self, name: &'static str) -> Result<Option<N>, ParamError> {
        let number = |value: &str| value.parse().map_err(|_| self.unfit(name, value, "a whole number"));
        self.text(name).map(number).transpose()
    }

    pub(crate) fn duration(&self, name: &'static str) -> Result<Option<Duration>, ParamError> {
        let duration = |value: &str| {
            let span = value.parse::<SignedDuration>().ok().and_then(|span| span.try_into().ok());
            span.ok_or_else(|| self.unfit(name, value, "a length of time, such as 90m or 24h"))
        };
        self.text(name).map(duration).transpose()
    }

    fn unfit(&self, name: &'static str, value: &str, wanted: &'static str) -> ParamError {
        ParamError::Value { action: self.action, name, value: value.to_owned(), wanted }
    }
}
