//! Scenario files: what a range holds, what has happened to it, and what the operator is told.
//!
//! ```yaml
//! id: mass-deletion                # unique
//! title: A script deleted photos
//! briefing: |                      # ${before_damage} is a UTC time, one minute or two before the first damage;
//!   Photos were fine at ${before_damage}.      # ${damage} is when that was
//! objectives: { rto: 24h, rpo: 4h }
//! runbook: restore-badge-photos    # optional; the runbook to follow
//! seed:
//!   photos: 2000
//!   organisations: [harbor-college, mercy-hospital]
//! damage:                          # in the order it happened; times are relative to the start of the range
//!   - delete:    { at: -40m, over: 3m, count: 612, organisations: [harbor-college] }
//!   - overwrite: { at: -40m, over: 3m, count: 300, content_type: application/octet-stream }
//!   - note:      { at: -39m, key: photos/README.txt, text: … }
//!   - upload:    { at: -20m, over: 10m, count: 6 }
//! database: …                      # optional; see `scenario/database.rs`
//! faults: { latency_ms: 20, copies: { every: 7, error: SlowDown }, denied_keys: [] }   # optional; see `faults/mod.rs`
//! ```
//!
//! `organisations:` of a step (optional) keeps it to those; `over:` (optional) spreads it from `at:` on. Which
//! photos a step strikes follows from their keys, so it is the same each time.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde::{Deserialize, Deserializer};

use crate::faults::Faults;

mod database;

pub use database::{
    Database, DeleteInstance, DropTable, Harm, LoseRegion, Migration, Obliterated, Saved, SignedBy,
};

/// The scenarios that are built in, by name.
const SHIPPED: [(&str, &str); 7] = [
    ("mass-deletion", include_str!("../../../../runbooks/exercises/mass-deletion.yaml")),
    ("ransomware-overwrite", include_str!("../../../../runbooks/exercises/ransomware-overwrite.yaml")),
    ("bad-migration", include_str!("../../../../runbooks/exercises/bad-migration.yaml")),
    ("dropped-table", include_str!("../../../../runbooks/exercises/dropped-table.yaml")),
    ("instance-deleted", include_str!("../../../../runbooks/exercises/instance-deleted.yaml")),
    ("region-lost", include_str!("../../../../runbooks/exercises/region-lost.yaml")),
    ("portal-down", include_str!("../../../../runbooks/exercises/portal-down.yaml")),
];

/// One scenario. See the module's documentation for its file.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub id: String,
    /// One line for lists.
    pub title: String,
    /// What the operator is told, with `${before_damage}` where that time goes.
    pub briefing: String,
    /// The objectives the exercise is held against.
    pub objectives: Objectives,
    /// The runbook to follow.
    #[serde(default = "restore_badge_photos")]
    pub runbook: String,
    /// What there was before anything went wrong.
    pub seed: Seed,
    /// What went wrong, and what people did after.
    pub damage: Vec<Step>,
    /// The Portal DB; `None` has photos alone.
    #[serde(default)]
    pub database: Option<Database>,
    /// What goes wrong while the exercise runs.
    #[serde(default)]
    pub faults: Faults,
}

fn restore_badge_photos() -> String {
    "restore-badge-photos".to_owned()
}

/// Recovery objectives, as people write them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Objectives {
    /// Recovery time objective, such as `24h`.
    pub rto: String,
    /// Recovery point objective, such as `4h`.
    pub rpo: String,
}

/// The photos that a range starts with.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// How many, up to 50,000.
    pub photos: usize,
    /// The organisations they belong to: the folders under `photos/`, without `org-`.
    pub organisations: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Photos were deleted, without a version: each got a marker.
    Delete(Pick),
    /// Photos were overwritten with bytes that are no photo.
    Overwrite(Overwrite),
    /// One object was written.
    Note(Note),
    /// Good photos were added.
    Upload(Pick),
}

/// When, how many, and whose.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pick {
    /// When it began.
    pub at: Offset,
    /// How long it took.
    #[serde(default)]
    pub over: Option<Offset>,
    /// How many photos.
    pub count: usize,
    /// Whose; everybody's when empty.
    #[serde(default)]
    pub organisations: Vec<String>,
}

/// As [`Pick`], with what the garbage claims to be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overwrite {
    /// When it began.
    pub at: Offset,
    /// How long it took.
    #[serde(default)]
    pub over: Option<Offset>,
    /// How many photos.
    pub count: usize,
    /// Whose; everybody's when empty.
    #[serde(default)]
    pub organisations: Vec<String>,
    /// The content type it was written with.
    pub content_type: String,
}

/// One object of text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// When it was written.
    pub at: Offset,
    /// Its key.
    pub key: String,
    /// Its text.
    pub text: String,
}

/// A length of time such as `-40m` or `1h 30m`; negative is before the start of the range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offset(pub SignedDuration);

impl<'de> Deserialize<'de> for Offset {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let duration = text.parse().map_err(|_| {
            serde::de::Error::custom(format!("\"{text}\" is not a time such as -40m or -1h 30m"))
        })?;
        Ok(Self(duration))
    }
}

/// Why a scenario can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// No scenario is built in under that name.
    #[error("no scenario is called \"{name}\"; there are {}, or give the path of a .yaml file", names().join(", "))]
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// The file can't be read.
    #[error("failed to read scenario {}; check the path and its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The text isn't a scenario.
    #[error("{}:{line}:{column}: {why}; the shipped scenarios show the format", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column, from 1.
        column: u64,
        /// What is wrong there.
        why: String,
    },
    /// The text is a scenario that can't be played.
    #[error("{}: {why}", path.display())]
    Values {
        /// The file.
        path: PathBuf,
        /// What is wrong, and what to write instead.
        why: String,
    },
}

/// The names of the built-in scenarios.
pub fn names() -> Vec<&'static str> {
    SHIPPED.iter().map(|(name, _)| *name).collect()
}

impl Scenario {
    /// Loads a built-in scenario by name, or a file: what has a slash or ends in `.yaml` or `.yml` is a file.
    ///
    /// # Errors
    /// A [`ScenarioError`].
    pub fn load(name_or_path: &str) -> Result<Self, ScenarioError> {
        let path = Path::new(name_or_path);
        if path.components().count() > 1 || path.extension().is_some_and(|e| e == "yaml" || e == "yml") {
            let text = std::fs::read_to_string(path)
                .map_err(|source| ScenarioError::Read { path: path.to_owned(), source })?;
            return Self::parse(&text, path);
        }
        let shipped = SHIPPED.iter().find(|(name, _)| *name == name_or_path);
        let (_, text) = shipped.ok_or_else(|| ScenarioError::Unknown { name: name_or_path.to_owned() })?;
        Self::parse(text, path)
    }

    /// Reads a scenario from YAML; `path` is for messages only.
    ///
    /// # Errors
    /// [`ScenarioError::Shape`] with line and column, or [`ScenarioError::Values`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, ScenarioError> {
        let options = serde_saphyr::options! { with_snippet: false };
        let scenario: Self = serde_saphyr::from_str_with_options(text, options).map_err(|error| {
            let (line, column) = error.location().map_or((1, 1), |at| (at.line(), at.column()));
            ScenarioError::Shape { path: path.to_owned(), line, column, why: reason(&error.to_string()) }
        })?;
        match scenario.fault() {
            Some(why) => Err(ScenarioError::Values { path: path.to_owned(), why }),
            None => Ok(scenario),
        }
    }

    fn fault(&self) -> Option<String> {
        if !(1..=50_000).contains(&self.seed.photos) {
            return Some("`seed.photos` must be between 1 and 50000".to_owned());
        }
        if self.seed.organisations.is_empty() {
            return Some("`seed.organisations` is empty; name at least one".to_owned());
        }
        let soonest = SignedDuration::from_hours(-2);
        for step in &self.damage {
            let (at, over, organisations) = step.when();
            if at >= SignedDuration::ZERO
                || at < soonest
                || over.is_negative()
                || at + over > SignedDuration::ZERO
            {
                return Some(format!(
                    "a step at {at:#} is not within the two hours before the start; write `at: -40m`, and an \
                     `over:` that ends before the start"
                ));
            }
            if let Some(unknown) = organisations.iter().find(|name| !self.seed.organisations.contains(name)) {
                return Some(format!(
                    "a step names the organisation \"{unknown}\"; add it to `seed.organisations`"
                ));
            }
        }
        self.database.as_ref().and_then(|database| database.fault(&self.seed.organisations))
    }

    /// When the first damage was done; `None` when nothing was damaged.
    pub fn damage(&self, start: Timestamp) -> Option<Timestamp> {
        let photos =
            self.damage.iter().filter(|step| !matches!(step, Step::Upload(_))).map(|step| step.when().0);
        let first = photos.chain(self.losses()).min()?;
        start.checked_add(first).ok()
    }

    /// When the Portal DB was first damaged; `None` when it wasn't, or there is none.
    pub fn outage(&self, start: Timestamp) -> Option<Timestamp> {
        start.checked_add(self.losses().min()?).ok()
    }

    fn losses(&self) -> impl Iterator<Item = SignedDuration> {
        let harm = self.database.iter().flat_map(|database| &database.damage);
        harm.filter(|harm| harm.is_loss()).map(Harm::at)
    }

    /// A moment, on a whole minute, when all was well: at least a minute before the first damage, after everything
    /// the seed wrote, and within what the backups of an instance that ended reach. `None` when nothing was damaged.
    pub fn before_damage(&self, start: Timestamp) -> Option<Timestamp> {
        let mut moment = self.damage(start)?.checked_sub(1.minute()).ok()?;
        if let Some(end) = self.database.as_ref().and_then(Database::end) {
            let reached = uploaded(start.checked_add(end.at()).ok()?);
            moment = moment.min(reached.checked_sub(1.minute()).ok()?);
        }
        whole(moment, 60)
    }

    /// The briefing with its times filled in.
    pub fn briefing(&self, start: Timestamp) -> String {
        let before = self.before_damage(start).unwrap_or(start);
        let damage = self.damage(start).unwrap_or(start);
        let before = before.strftime("%Y-%m-%d %H:%M UTC").to_string();
        let damage = damage.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
        self.briefing.replace("${before_damage}", &before).replace("${damage}", &damage)
    }
}

/// What the logs reach that RDS has put away by a moment: it does so every five minutes.
pub(crate) fn uploaded(moment: Timestamp) -> Timestamp {
    whole(moment, 300).unwrap_or(moment)
}

fn whole(moment: Timestamp, seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(moment.as_second() - moment.as_second().rem_euclid(seconds)).ok()
}

impl Step {
    /// When it began, how long it took, and whose photos it is kept to.
    fn when(&self) -> (SignedDuration, SignedDuration, &[String]) {
        let (at, over, organisations): (_, _, &[String]) = match self {
            Self::Delete(pick) | Self::Upload(pick) => (pick.at, pick.over, &pick.organisations),
            Self::Overwrite(step) => (step.at, step.over, &step.organisations),
            Self::Note(note) => (note.at, None, &[]),
        };
        (at.0, over.map_or(SignedDuration::ZERO, |over| over.0), organisations)
    }
}

/// The first line of the parser's words, without the position that it repeats.
fn reason(words: &str) -> String {
    let line = words.lines().next().unwrap_or_default();
    let line = line.strip_prefix("error: ").unwrap_or(line);
    line.split_once(" at line ").map_or(line, |(before, _)| before).to_owned()
}
