//! The `database:` section of a scenario: what the Portal DB held, what it can be brought back to, what happened.
//!
//! ```yaml
//! database:
//!   cards: 20000                     # optional; besides one for each photo
//!   speed: 240                       # optional; how much faster than RDS's the states of instances change
//!   replicated: true                 # optional; the automated backups are replicated to us-west-2
//!   certificate: practice            # optional; `stranger` is one that nobody trusts
//!   snapshots:                       # the oldest automated one begins the restore window
//!     - { kind: automated, at: -160h, copied: true }        # `copied` has a copy in us-west-2
//!     - { kind: aws_backup, at: -20h }
//!     - { kind: manual, at: -45m, name: before-migration }
//!   damage:                          # in the order it happened; writes go on meanwhile
//!     - migration:       { at: -40m, statement: UPDATE card_records SET badge_number = NULL }
//!     - drop_table:      { at: -40m, table: photos }
//!     - obliterate:      { at: -30m, organisation: cedar-clinic }    # for good reason, photos and all
//!     - delete_instance: { at: -20m, retained: true }
//!     - lose_region:     { at: -20m }
//! ```

use action::port::SnapshotKind;
use jiff::SignedDuration;
use serde::Deserialize;

use super::Offset;
use crate::certificate::Authority;

/// The Portal DB of a scenario. See the module's documentation for its section of the file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// How many card records there are, those with photos included.
    #[serde(default = "twenty_thousand")]
    pub cards: usize,
    /// How much faster than RDS's the states of instances change.
    #[serde(default)]
    pub speed: Option<f64>,
    /// Whether the automated backups are replicated to the other region.
    #[serde(default)]
    pub replicated: bool,
    /// Who signed the certificate of the databases.
    #[serde(default)]
    pub certificate: SignedBy,
    /// What was saved, and when.
    pub snapshots: Vec<Saved>,
    /// What happened to it.
    pub damage: Vec<Harm>,
}

fn twenty_thousand() -> usize {
    20_000
}

/// Who signed a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignedBy {
    /// The practice range's authority.
    #[default]
    Practice,
    /// One that nobody trusts.
    Stranger,
}

impl From<SignedBy> for Authority {
    fn from(by: SignedBy) -> Self {
        match by {
            SignedBy::Practice => Self::Practice,
            SignedBy::Stranger => Self::Stranger,
        }
    }
}

/// A snapshot that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Saved {
    /// Who took it.
    pub kind: SnapshotKind,
    /// When.
    pub at: Offset,
    /// Its identifier; made as RDS and AWS Backup do when left out.
    #[serde(default)]
    pub name: Option<String>,
    /// Whether there is a copy in the other region.
    #[serde(default)]
    pub copied: bool,
}

/// One thing that happened to the Portal DB.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Harm {
    /// A statement changed what it should not have.
    Migration(Migration),
    /// A table was dropped.
    DropTable(DropTable),
    /// An organisation was obliterated, as it had to be: rows and photos, versions and all.
    Obliterate(Obliterated),
    /// The instance was deleted.
    DeleteInstance(DeleteInstance),
    /// The region's RDS went away.
    LoseRegion(LoseRegion),
}

/// A statement, and when it ran.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Migration {
    /// When.
    pub at: Offset,
    /// The statement.
    pub statement: String,
}

/// A table, and when it was dropped.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DropTable {
    /// When.
    pub at: Offset,
    /// The table.
    pub table: String,
}

/// An organisation, and when it was obliterated.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obliterated {
    /// When.
    pub at: Offset,
    /// The organisation, as `seed.organisations` has it.
    pub organisation: String,
}

/// When the instance was deleted, and how.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeleteInstance {
    /// When.
    pub at: Offset,
    /// Whether its automated backups were retained.
    pub retained: bool,
}

/// When the region went away.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoseRegion {
    /// When.
    pub at: Offset,
}

impl Harm {
    /// When it happened.
    pub(crate) fn at(&self) -> SignedDuration {
        match self {
            Self::Migration(harm) => harm.at.0,
            Self::DropTable(harm) => harm.at.0,
            Self::Obliterate(harm) => harm.at.0,
            Self::DeleteInstance(harm) => harm.at.0,
            Self::LoseRegion(harm) => harm.at.0,
        }
    }

    /// Whether it is a loss: an obliteration isn't.
    pub(crate) fn is_loss(&self) -> bool {
        !matches!(self, Self::Obliterate(_))
    }

    /// Whether nothing is left that could be written to.
    pub(crate) fn is_end(&self) -> bool {
        matches!(self, Self::DeleteInstance(_) | Self::LoseRegion(_))
    }
}

impl Database {
    /// When the instance ended, if it did.
    pub(crate) fn end(&self) -> Option<&Harm> {
        self.damage.iter().find(|harm| harm.is_end())
    }

    /// The oldest automated snapshot: nothing older can be restored to a moment.
    pub(crate) fn oldest(&self) -> Option<SignedDuration> {
        let automated = self.snapshots.iter().filter(|saved| saved.kind == SnapshotKind::Automated);
        automated.map(|saved| saved.at.0).min()
    }

    /// What is wrong with it, and what to write instead.
    pub(super) fn fault(&self, organisations: &[String]) -> Option<String> {
        if !(1..=200_000).contains(&self.cards) {
            return Some("`database.cards` must be between 1 and 200000".to_owned());
        }
        if self.speed.is_some_and(|speed| !(speed.is_finite() && speed > 0.0)) {
            return Some("`database.speed` must be more than 0".to_owned());
        }
        let Some(oldest) = self.oldest() else {
            return Some(
                "`database.snapshots` has no automated one; the restore window begins with it".to_owned(),
            );
        };
        let week = SignedDuration::from_hours(-7 * 24);
        let out = |at: SignedDuration| at < oldest || at < week || at >= SignedDuration::ZERO;
        if self.snapshots.iter().any(|saved| out(saved.at.0)) {
            return Some(
                "a snapshot is not within the seven days before the start, or older than the oldest automated one"
                    .to_owned(),
            );
        }
        let soonest = SignedDuration::from_hours(-2);
        if self.damage.iter().any(|harm| harm.at() < soonest || harm.at() >= SignedDuration::ZERO) {
            return Some("`database.damage` is not within the two hours before the start".to_owned());
        }
        if !self.damage.is_sorted_by_key(Harm::at) {
            return Some("`database.damage` is not in the order in which it happened".to_owned());
        }
        self.damage.iter().find_map(|harm| match harm {
            Harm::Obliterate(harm) if !organisations.contains(&harm.organisation) => Some(format!(
                "`database.damage` names the organisation \"{}\"; add it to `seed.organisations`",
                harm.organisation
            )),
            _ => None,
        })
    }
}
