//! The Portal DB: what it can be brought back to, a new instance made from that, the proof that it holds what it
//! should, and the change of names that puts it into service.
//!
//! A restore never touches the instance that is there: it makes another. Guarantee: every instance that a run makes
//! carries the run's tag, so that a run which was interrupted adopts it and never makes a second; the old instance is
//! kept under another name; only `database.discard` deletes, and only what a rehearsal or an exercise made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ParamError;
use crate::spec::Values;

mod beside;
pub(crate) mod cut_over;
pub(crate) mod discard;
mod fields;
mod ground;
mod names;
pub(crate) mod obliterate;
mod provenance;
pub(crate) mod restore;
pub(crate) mod session;
mod status;
mod survey;
mod verify;
mod watch;

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
pub(crate) mod rows_fake;
#[cfg(test)]
mod tests;

pub(crate) use survey::survey;
pub(crate) use verify::verify;

/// `database.survey`: what can be gone back to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// The instance, living or deleted.
    pub instance: String,
    /// The moment that is wanted.
    pub at: Option<Timestamp>,
    /// When the outage began.
    pub outage: Option<Timestamp>,
}

/// `database.restore`: a new instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restore {
    /// The instance whose data comes back, living or deleted.
    pub instance: String,
    /// The identifier of the new instance; made from the run's id when left out.
    pub target: Option<String>,
    /// What it is made from.
    pub from: From,
    /// The moment, for a restore from backups; the newest there is when left out.
    pub at: Option<Timestamp>,
    /// The snapshot, for a restore from one.
    pub snapshot: Option<String>,
    /// The region that the new instance is made in; the environment's when left out.
    pub region: Option<String>,
    /// Whether the master password becomes a new one that RDS keeps in Secrets Manager.
    pub password: Password,
}

/// What a new instance is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum From {
    /// The automated backups of the instance: of the living one, of a deleted one, or those replicated to the region,
    /// whichever there are, in that order.
    #[default]
    PointInTime,
    /// The newest moment of those.
    Latest,
    /// A snapshot; one that lies in another region is copied first.
    Snapshot,
}

/// What becomes of the master password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// It is the one of the backup.
    #[default]
    Keep,
    /// RDS makes a new one and keeps it in Secrets Manager.
    Managed,
}

/// `database.verify`: whether a restored database holds what it should.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verify {
    /// The instance to look at.
    pub instance: String,
    /// The region it is in; the environment's when left out.
    pub region: Option<String>,
    /// The moment that it was restored to.
    pub at: Option<Timestamp>,
    /// When the outage or the damage began, which the achieved RPO is counted to.
    pub outage: Option<Timestamp>,
    /// An instance to compare with, such as the damaged one; the last inventory when left out.
    pub source: Option<String>,
}

/// `database.cut_over`: a restored instance takes a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CutOver {
    /// The restored instance.
    pub instance: String,
    /// The name that it takes, such as `portal`.
    pub name: String,
    /// The region; the environment's when left out.
    pub region: Option<String>,
    /// Undoes it: the old instance takes its name back, and the restored one gets its own again.
    pub back: bool,
}

/// `database.discard`: deletes what a rehearsal made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Discard {
    /// The instance.
    pub instance: String,
    /// The region; the environment's when left out.
    pub region: Option<String>,
}

/// `database.obliterate`: removes organisations again that a restore brought back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Obliterate {
    /// The restored instance.
    pub instance: String,
    /// The region; the environment's when left out.
    pub region: Option<String>,
    /// The ids of the organisations, as the register of obliterations has them.
    pub organizations: Vec<String>,
}

impl Survey {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            at: values.optional_timestamp("at")?,
            outage: values.optional_timestamp("outage")?,
        })
    }
}

impl Restore {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            target: values.text("target").map(str::to_owned),
            from: match values.text("from") {
                Some("latest") => From::Latest,
                Some("snapshot") => From::Snapshot,
                _ => From::PointInTime,
            },
            at: values.optional_timestamp("at")?,
            snapshot: values.text("snapshot").map(str::to_owned),
            region: values.text("region").map(str::to_owned),
            password: match values.text("password") {
                Some("managed") => Password::Managed,
                _ => Password::Keep,
            },
        })
    }
}

impl Verify {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            region: values.text("region").map(str::to_owned),
            at: values.optional_timestamp("at")?,
            outage: values.optional_timestamp("outage")?,
            source: values.text("source").map(str::to_owned),
        })
    }
}

impl CutOver {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            name: values.required("name")?.to_owned(),
            region: values.text("region").map(str::to_owned),
            back: values.text("back") == Some("true"),
        })
    }
}

impl Discard {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            region: values.text("region").map(str::to_owned),
        })
    }
}

impl Obliterate {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            instance: values.required("instance")?.to_owned(),
            region: values.text("region").map(str::to_owned),
            organizations: values.list("organizations"),
        })
    }
}
