//! What a database can be restored from.

use std::collections::BTreeMap;

use action::environment::PRACTICE_ACCOUNT;
use action::port::{Settings, SnapshotKind};
use jiff::Timestamp;
use jiff::ToSpan;

use super::super::behind::BackupId;
use super::{Instance, Pace, arn, made_id, own_arn, whole_second};

/// A snapshot.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// Who made it.
    pub kind: SnapshotKind,
    /// The account that owns it: another's when it is shared.
    pub owner: String,
    /// The moment whose data it holds.
    pub taken: Timestamp,
    /// The identifier of the instance it is of.
    pub instance: String,
    /// The `DbiResourceId` of the instance it is of.
    pub resource_id: String,
    /// How that instance was set up; its tags are those that a restore copies.
    pub settings: Settings,
    /// When that instance was made.
    pub instance_created: Timestamp,
    /// The master user.
    pub master_user: String,
    /// The ARN of the key it is encrypted with; `None` is not encrypted.
    pub kms_key: Option<String>,
    /// Its own tags.
    pub tags: BTreeMap<String, String>,
    /// The accounts that may restore it.
    pub restorable_by: Vec<String>,
    /// The region and the ARN that it was copied from.
    pub source: Option<(String, String)>,
    /// Whether making it failed: it is there, and no use.
    pub failed: bool,
    /// The base backup behind it; `None` restores to nothing that answers.
    pub backup: Option<BackupId>,
    /// When making it began, and when it is done.
    pub(in crate::rds) making: (Timestamp, Timestamp),
    /// Whether its base backup is still being taken.
    pub(in crate::rds) working: bool,
}

impl Snapshot {
    /// An available snapshot of an instance, as the instance is set up.
    pub fn new(id: &str, kind: SnapshotKind, instance: &Instance, taken: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            kind,
            owner: PRACTICE_ACCOUNT.to_owned(),
            taken,
            instance: instance.id.clone(),
            resource_id: instance.resource_id.clone(),
            settings: instance.settings.clone(),
            instance_created: instance.created,
            master_user: instance.master_user.clone(),
            kms_key: instance.kms_key.clone(),
            tags: BTreeMap::new(),
            restorable_by: Vec::new(),
            source: None,
            failed: false,
            backup: None,
            making: (taken, taken),
            working: false,
        }
    }

    /// Its ARN, by the region it lies in.
    pub fn arn(&self, region: &str) -> String {
        arn(region, &self.owner, "snapshot", &self.id)
    }

    pub(in crate::rds) fn status(&self, now: Timestamp) -> &'static str {
        match (self.failed, self.working || now < self.making.1) {
            (true, _) => "failed",
            (false, true) => "creating",
            (false, false) => "available",
        }
    }

    /// How much of it is there: all of it only once it is available.
    pub(in crate::rds) fn percent(&self, now: Timestamp) -> u8 {
        let (began, ends) = self.making;
        if self.status(now) == "available" {
            return 100;
        }
        let whole = ends.duration_since(began).as_millis().max(1);
        let done = now.duration_since(began).as_millis().clamp(0, whole);
        u8::try_from(done * 100 / whole).unwrap_or(99).min(99)
    }

    pub(in crate::rds) fn is_own(&self) -> bool {
        self.kind != SnapshotKind::Shared
    }
}

/// RDS's word for who made a snapshot.
pub(in crate::rds) fn kind_word(kind: SnapshotKind) -> &'static str {
    match kind {
        SnapshotKind::Manual => "manual",
        SnapshotKind::Automated => "automated",
        SnapshotKind::AwsBackup => "awsbackup",
        SnapshotKind::Shared => "shared",
    }
}

/// A base backup that a restore to a moment starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Base {
    /// The moment it was complete: the first that it can be restored to.
    pub taken: Timestamp,
    /// The backup.
    pub backup: BackupId,
}

/// The automated backups of one instance, living or deleted, in one region.
#[derive(Debug, Clone)]
pub struct AutomatedBackup {
    /// The last part of its ARN.
    pub name: String,
    /// The region of the instance.
    pub source_region: String,
    /// The identifier of the instance.
    pub instance: String,
    /// The `DbiResourceId` of the instance.
    pub resource_id: String,
    /// How the instance was set up.
    pub settings: Settings,
    /// When the instance was made.
    pub instance_created: Timestamp,
    /// The master user.
    pub master_user: String,
    /// The ARN of the key they are encrypted with; `None` is not encrypted.
    pub kms_key: Option<String>,
    /// `active`, `retained`, `creating`, `replicating`.
    pub status: String,
    /// The oldest moment there is; the retention period and the oldest base backup may make it later.
    pub earliest: Timestamp,
    /// The newest moment there is; `None` follows the living instance, five minutes behind.
    pub latest: Option<Timestamp>,
    /// The base backups behind them, oldest first; none restores to nothing that answers.
    pub bases: Vec<Base>,
}

impl AutomatedBackup {
    /// The active backups of a living instance of `region`, from `earliest` on.
    pub fn of(region: &str, instance: &Instance, earliest: Timestamp) -> Self {
        Self {
            name: made_id("ab-", &format!("{region}/{}", instance.resource_id)).to_lowercase(),
            source_region: region.to_owned(),
            instance: instance.id.clone(),
            resource_id: instance.resource_id.clone(),
            settings: instance.settings.clone(),
            instance_created: instance.created,
            master_user: instance.master_user.clone(),
            kms_key: instance.kms_key.clone(),
            status: "active".to_owned(),
            earliest,
            latest: None,
            bases: Vec::new(),
        }
    }

    /// What of these backups lies in another region when they are replicated there, under a key of that region.
    pub fn replicated_to(&self, region: &str, kms_key: Option<String>) -> Self {
        Self {
            name: made_id("ab-", &format!("{region}/{}", self.resource_id)).to_lowercase(),
            kms_key,
            status: "replicating".to_owned(),
            ..self.clone()
        }
    }

    /// Its ARN, by the region it lies in.
    pub fn arn(&self, region: &str) -> String {
        own_arn(region, "auto-backup", &self.name)
    }

    /// From when to when it can be restored to, now.
    pub(in crate::rds) fn window(&self, now: Timestamp, pace: Pace) -> (Timestamp, Timestamp) {
        let latest = self.latest.unwrap_or_else(|| now.checked_sub(pace.lag()).unwrap_or(now));
        let kept =
            latest.checked_sub((i64::from(self.settings.backup_days) * 24).hours()).unwrap_or(self.earliest);
        let base = self.bases.iter().map(|base| base.taken).min().unwrap_or(self.earliest);
        (whole_second(self.earliest.max(kept).max(base)), whole_second(latest))
    }

    /// Ends them where the instance ended.
    pub(in crate::rds) fn retain(&mut self, now: Timestamp) {
        self.status = "retained".to_owned();
        self.latest.get_or_insert(now);
    }

    /// The base backup to restore a moment from.
    pub(in crate::rds) fn base(&self, at: Timestamp) -> Option<BackupId> {
        self.bases
            .iter()
            .filter(|base| base.taken <= at)
            .max_by_key(|base| base.taken)
            .map(|base| base.backup)
    }
}
