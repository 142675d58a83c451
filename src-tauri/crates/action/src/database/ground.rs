//! What is left of a database, region by region: the instance, its backups, its snapshots, its keys.

use jiff::Timestamp;
use serde_json::json;

use super::names::refused;
use crate::body::write_line;
use crate::plan::{Context, Failure, Sink};
use crate::port::{
    AutomatedBackup, BackupSource, Instance, KeyState, PortError, PortErrorKind, Snapshot, SnapshotKind,
};
use crate::words;

/// What was answered; or why not.
type Looked<T> = Result<T, PortError>;

/// What one region has.
pub(super) struct Region {
    pub(super) name: String,
    pub(super) instance: Looked<Option<Instance>>,
    pub(super) backups: Looked<Vec<AutomatedBackup>>,
    pub(super) snapshots: Looked<Vec<Snapshot>>,
}

/// What all regions that matter have: the environment's, the one that copies are kept in, and one that is asked for.
pub(super) struct Ground {
    pub(super) regions: Vec<Region>,
}

/// A span of time, any second of which can be gone back to.
pub(super) struct Reach {
    pub(super) source: BackupSource,
    /// `None` when the credentials may not ask for it.
    pub(super) earliest: Option<Timestamp>,
    pub(super) latest: Timestamp,
    /// Whose: `automated backups of portal, us-east-1`.
    pub(super) words: String,
    /// What knows the settings; `None` when the living instance does.
    pub(super) backup: Option<AutomatedBackup>,
    pub(super) resource_id: String,
    pub(super) encrypted: bool,
    pub(super) key: Option<String>,
}

impl Reach {
    pub(super) fn contains(&self, at: Timestamp) -> bool {
        self.earliest.is_none_or(|earliest| earliest <= at) && at <= self.latest
    }

    pub(super) fn span(&self) -> String {
        match self.earliest {
            Some(earliest) => {
                format!("{} to {}", words::time(earliest), words::beside(self.latest, earliest))
            }
            None => format!("up to {}", words::time(self.latest)),
        }
    }
}

impl Ground {
    /// Looks everywhere. A region that doesn't answer doesn't keep the others from being looked at.
    ///
    /// # Errors
    /// When the credentials are not accepted; when no region answers.
    pub(super) async fn look(
        instance: &str,
        asked: Option<&str>,
        cx: &Context<'_>,
        mut evidence: Option<Sink<'_>>,
    ) -> Result<Self, Failure> {
        let copies = cx.environment.database.as_ref().and_then(|database| database.copies_in.as_deref());
        let mut names = vec![cx.environment.region.as_str()];
        for name in copies.into_iter().chain(asked) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        let mut regions = Vec::new();
        for name in names {
            let region = Region::look(name, instance, cx).await?;
            if let Some(evidence) = &mut evidence {
                region.write(&mut **evidence)?;
            }
            regions.push(region);
        }
        let mut errors = regions.iter().filter_map(|region| region.instance.as_ref().err());
        match errors.next() {
            Some(error) if errors.count() + 1 == regions.len() => Err(Failure::Port(error.clone())),
            _ => Ok(Self { regions }),
        }
    }

    pub(super) fn region(&self, name: &str) -> Option<&Region> {
        self.regions.iter().find(|region| region.name == name)
    }

    /// The living instance, and its region: the first that has it.
    pub(super) fn living(&self) -> Option<(&str, &Instance)> {
        self.regions.iter().find_map(|region| Some((region.name.as_str(), region.living()?)))
    }

    /// What there is to go back to, in words, for a refusal.
    pub(super) fn what_there_is(&self) -> String {
        let mut said = Vec::new();
        for region in &self.regions {
            said.extend(
                region.reaches().iter().map(|reach| format!("the {} ({})", reach.words, reach.span())),
            );
            let snapshots = region.snapshots.as_deref().unwrap_or_default();
            let newest = snapshots.iter().rev().find(|snapshot| snapshot.taken.is_some());
            if let Some(newest) = newest {
                said.push(format!(
                    "{} in {}, the newest {}{}",
                    words::of(snapshots.len() as u64, "snapshot", "snapshots"),
                    region.name,
                    newest.id,
                    newest.taken.map(|at| format!(" of {}", words::time(at))).unwrap_or_default()
                ));
            }
            if region.instance.is_err() {
                said.push(format!("{}, which doesn't answer", region.name));
            }
        }
        if said.is_empty() { "nothing that it could be made from".to_owned() } else { words::list(&said) }
    }
}

impl Region {
    async fn look(name: &str, instance: &str, cx: &Context<'_>) -> Result<Self, Failure> {
        let databases = &*cx.ports.databases;
        let living = tolerable(databases.instance(name, instance).await.map(|answer| answer.value))?;
        // A region that is gone is asked once, not three times.
        if let Err(error) = &living
            && error.kind.is_transient()
        {
            let (backups, snapshots) = (Err(error.clone()), Err(error.clone()));
            return Ok(Self { name: name.to_owned(), instance: living, backups, snapshots });
        }
        Ok(Self {
            name: name.to_owned(),
            instance: living,
            backups: tolerable(databases.automated_backups(name, instance).await)?,
            snapshots: tolerable(databases.snapshots(name, instance).await)?,
        })
    }

    fn write(&self, evidence: Sink<'_>) -> Result<(), Failure> {
        let region = &self.name;
        match &self.instance {
            Ok(None) => write_line(&json!({"seen": "no instance", "region": region}), evidence)?,
            Ok(Some(instance)) => {
                write_line(&json!({"seen": "instance", "region": region, "is": instance}), evidence)?;
            }
            Err(error) => failed("instance", region, error, evidence)?,
        }
        match &self.backups {
            Ok(backups) => {
                for backup in backups {
                    write_line(
                        &json!({"seen": "automated backups", "region": region, "is": backup}),
                        evidence,
                    )?;
                }
            }
            Err(error) => failed("automated backups", region, error, evidence)?,
        }
        match &self.snapshots {
            Ok(snapshots) => {
                for snapshot in snapshots {
                    write_line(&json!({"seen": "snapshot", "region": region, "is": snapshot}), evidence)?;
                }
            }
            Err(error) => failed("snapshots", region, error, evidence)?,
        }
        Ok(())
    }

    /// The instance, unless it is being deleted.
    pub(super) fn living(&self) -> Option<&Instance> {
        self.instance.as_ref().ok()?.as_ref().filter(|instance| instance.status != "deleting")
    }

    /// The spans that can be gone back to here: the living instance's, then those of deleted ones, then those
    /// replicated from elsewhere; newest first among equals.
    pub(super) fn reaches(&self) -> Vec<Reach> {
        let mut reaches = Vec::new();
        let living = self.living();
        let backups = self.backups.as_deref().unwrap_or_default();
        if let Some(instance) = living {
            let own = backups
                .iter()
                .find(|b| b.resource_id == instance.resource_id && b.source_region == self.name);
            let latest = instance.latest_restorable.max(own.and_then(|own| own.latest));
            if let Some(latest) = latest {
                reaches.push(Reach {
                    source: BackupSource::Instance(instance.id.clone()),
                    earliest: own.and_then(|own| own.earliest),
                    latest,
                    words: format!("automated backups of {}, {}", instance.id, self.name),
                    backup: None,
                    resource_id: instance.resource_id.clone(),
                    encrypted: instance.encrypted,
                    key: instance.kms_key.clone(),
                });
            }
        }
        let others = backups.iter().filter(|backup| {
            backup.source_region != self.name
                || living.is_none_or(|instance| instance.resource_id != backup.resource_id)
        });
        let mut others: Vec<Reach> = others.filter_map(|backup| self.reach(backup)).collect();
        others.sort_by_key(|reach| {
            (matches!(reach.source, BackupSource::Replica(_)), std::cmp::Reverse(reach.latest))
        });
        reaches.extend(others);
        reaches
    }

    fn reach(&self, backup: &AutomatedBackup) -> Option<Reach> {
        let replica = backup.source_region != self.name;
        let source = if replica {
            BackupSource::Replica(backup.arn.clone())
        } else {
            BackupSource::Resource(backup.resource_id.clone())
        };
        let words = if replica {
            format!(
                "backups of {} replicated from {} to {}",
                backup.instance, backup.source_region, self.name
            )
        } else {
            format!("retained backups of the deleted {}, {}", backup.instance, self.name)
        };
        Some(Reach {
            source,
            earliest: Some(backup.earliest?),
            latest: backup.latest?,
            words,
            backup: Some(backup.clone()),
            resource_id: backup.resource_id.clone(),
            encrypted: backup.encrypted,
            key: backup.kms_key.clone(),
        })
    }
}

fn failed(what: &str, region: &str, error: &PortError, evidence: Sink<'_>) -> Result<(), Failure> {
    let line = json!({
        "seen": "nothing", "of": what, "region": region, "error": error.to_string(), "request_id": error.request_id,
    });
    write_line(&line, evidence)
}

/// Ends the work for credentials that are not accepted: nothing else would be answered.
fn tolerable<T>(answer: Looked<T>) -> Result<Looked<T>, Failure> {
    match answer {
        Err(error) if error.kind == PortErrorKind::Credentials => Err(error.into()),
        answer => Ok(answer),
    }
}

/// Whether a key can be used.
pub(super) enum Key {
    /// It can.
    Good(KeyState),
    /// It can't: why, a clause; and what to do next.
    Bad(String, String),
    /// Nobody could tell; why.
    Unknown(String),
}

impl Key {
    /// Asks KMS.
    pub(super) async fn look(region: &str, key: &str, cx: &Context<'_>) -> Result<Self, Failure> {
        match tolerable(cx.ports.databases.key(region, key).await)? {
            Ok(state) if state.state == "Enabled" => Ok(Self::Good(state)),
            Ok(state) => Ok(match (state.state.as_str(), state.deletion) {
                ("PendingDeletion", at) => {
                    let at = at.map(|at| format!(" on {}", words::time(at))).unwrap_or_default();
                    Self::Bad(
                        format!("key {key} will be deleted for good{at}"),
                        "Have its deletion cancelled in KMS at once and the key enabled again; without it nobody can \
                         read what it encrypts."
                            .to_owned(),
                    )
                }
                ("Disabled", _) => Self::Bad(
                    format!("key {key} is disabled"),
                    "Have it enabled in KMS, then try again.".to_owned(),
                ),
                (state, _) => Self::Bad(
                    format!("key {key} is in state {state}"),
                    "Look at it in KMS; it must be Enabled.".to_owned(),
                ),
            }),
            Err(error) if error.kind == PortErrorKind::NotFound => Ok(Self::Bad(
                format!("key {key} is gone from {region}"),
                "What it encrypts can't be read any more: choose a copy that is encrypted with another key."
                    .to_owned(),
            )),
            Err(error) => Ok(Self::Unknown(error.message)),
        }
    }
}

/// Why a snapshot can't be used as it is; `None` when it can.
pub(super) fn unfinished(snapshot: &Snapshot) -> Option<String> {
    match snapshot.status.as_str() {
        "available" => None,
        "creating" => Some(format!("still being made, {} % done", snapshot.percent)),
        status => Some(format!("in state {status}, {} % done", snapshot.percent)),
    }
}

/// Whether a snapshot must be copied before it can be restored, even in its own region.
pub(super) fn copied_first(snapshot: &Snapshot) -> bool {
    snapshot.kind == SnapshotKind::Shared && snapshot.encrypted
}

/// What `from: snapshot` calls a snapshot by: its ARN when it is shared.
pub(super) fn called(snapshot: &Snapshot) -> &str {
    if snapshot.kind == SnapshotKind::Shared { &snapshot.arn } else { &snapshot.id }
}

/// A snapshot in words: `manual snapshot before-migration, us-east-1`.
pub(super) fn in_words(snapshot: &Snapshot) -> String {
    let kind = match snapshot.kind {
        SnapshotKind::Manual => "manual snapshot",
        SnapshotKind::Automated => "automated snapshot",
        SnapshotKind::AwsBackup => "AWS Backup's snapshot",
        SnapshotKind::Shared => "shared snapshot",
    };
    format!("{kind} {}, {}", snapshot.id, snapshot.region)
}

/// Refuses a key that can't be used; the warning when nobody can tell.
pub(super) async fn usable(
    region: &str,
    key: &str,
    what: &str,
    cx: &Context<'_>,
) -> Result<(Option<String>, String), Failure> {
    match Key::look(region, key, cx).await? {
        Key::Good(state) => Ok((None, state.arn)),
        Key::Bad(why, next) => Err(refused(format!("{what} can't be read: {why}"), next)),
        Key::Unknown(why) => Ok((
            Some(format!(
                "Whether key {key} can be used is not known ({why}). If it can't, RDS refuses the restore and nothing \
                 is made."
            )),
            key.to_owned(),
        )),
    }
}
