//! The Portal DB's instances, snapshots and backups (RDS), as the actions need them.

use std::collections::BTreeMap;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::PortError;

/// An answer with the id of the request that it came from, for the journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// What was answered.
    pub value: T,
    /// The AWS request id, when there was one.
    pub request_id: Option<String>,
}

/// The service that keeps the Portal DB (RDS; KMS for the state of keys).
///
/// Every call names the region that it goes to, because a copy may be all that is left; a region outside the United
/// States is refused before anything is sent. Lists are whole: the implementation pages. Retries of single requests
/// are the implementation's. A change is sent once its caller knows that it was not made yet; a caller that gets an
/// [`super::PortErrorKind::Unreachable`] from a change must look before sending it again.
#[async_trait]
pub trait DatabaseService: Send + Sync {
    /// One instance (DescribeDBInstances); `None` when there is none of that identifier.
    async fn instance(&self, region: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError>;

    /// Every instance of the region (DescribeDBInstances, all pages); the request id is the last page's.
    async fn instances(&self, region: &str) -> Result<Answer<Vec<Instance>>, PortError>;

    /// The snapshots of an instance: manual, automated, AWS Backup's, and those shared by other accounts
    /// (DescribeDBSnapshots, once for each type). A copy names the instance it is of, so copies from another region
    /// are among them. Oldest first.
    async fn snapshots(&self, region: &str, instance: &str) -> Result<Vec<Snapshot>, PortError>;

    /// One snapshot by its identifier, or by its ARN when it is shared; `None` when there is none.
    async fn snapshot(&self, region: &str, id: &str) -> Result<Answer<Option<Snapshot>>, PortError>;

    /// The automated backups of an instance that `region` keeps (DescribeDBInstanceAutomatedBackups): of the living
    /// instance, retained ones of a deleted one, and those replicated from another region.
    async fn automated_backups(
        &self,
        region: &str,
        instance: &str,
    ) -> Result<Vec<AutomatedBackup>, PortError>;

    /// Whether a group that a restore has to name is there; `None` when it isn't.
    async fn group(&self, region: &str, kind: GroupKind, name: &str) -> Result<Option<Group>, PortError>;

    /// The state of the key that encrypts something (KMS DescribeKey). `Err` with
    /// [`super::PortErrorKind::Denied`] when the credentials may not ask, [`super::PortErrorKind::NotFound`] when
    /// it is gone.
    async fn key(&self, region: &str, key: &str) -> Result<KeyState, PortError>;

    /// The names of the RDS proxies that have the instance as a target.
    async fn proxies(&self, region: &str, instance: &str) -> Result<Vec<String>, PortError>;

    /// What RDS says happened to an instance since a moment (DescribeEvents; RDS keeps 14 days), oldest first.
    async fn events(
        &self,
        region: &str,
        instance: &str,
        since: Timestamp,
    ) -> Result<Answer<Vec<InstanceEvent>>, PortError>;

    /// Begins to make a new instance. Answers while it is being made.
    async fn restore(&self, region: &str, order: &RestoreOrder) -> Result<Answer<Instance>, PortError>;

    /// Begins to copy a snapshot from another region into `region`.
    async fn copy_snapshot(&self, region: &str, order: &CopyOrder) -> Result<Answer<Snapshot>, PortError>;

    /// Changes an instance at once (ModifyDBInstance with ApplyImmediately). Answers while it is being changed.
    async fn modify(&self, region: &str, id: &str, change: &Change) -> Result<Answer<Instance>, PortError>;

    /// Deletes an instance without a final snapshot, its automated backups with it. Only `database.discard` calls
    /// this, on what a rehearsal made.
    async fn delete(&self, region: &str, id: &str) -> Result<Answer<()>, PortError>;
}

/// A database instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// `DbiResourceId`: stays the same through renames, and names the backups of a deleted instance.
    pub resource_id: String,
    /// RDS's word for its state: an open list (facts §2.6).
    pub status: String,
    /// How it is set up.
    pub settings: Settings,
    /// Where it answers, once it does.
    pub endpoint: Option<Endpoint>,
    /// Whether it is encrypted at rest.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key: Option<String>,
    /// When it was made.
    pub created: Option<Timestamp>,
    /// The newest moment that it can be restored to; `None` when it has no automated backups.
    pub latest_restorable: Option<Timestamp>,
    /// Changes that are asked for and not made yet, by name.
    pub pending: Vec<String>,
    /// The identifiers of its read replicas.
    pub replicas: Vec<String>,
    /// The secret that RDS keeps its master password in, when it does (an ARN).
    pub managed_secret: Option<String>,
}

/// Where an instance answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// A host name or an address.
    pub address: String,
    /// The port.
    pub port: u16,
}

/// Everything of an instance that a restore has to say again, or it becomes a default (facts §2.1), and what no
/// restore call takes, so that it is applied afterwards.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// `mysql`, `mariadb`, `postgres`…
    pub engine: String,
    /// Such as `8.0.39`.
    pub engine_version: String,
    /// `open-source-rds-extended-support` or its `-disabled` twin; the default enrols in paid extended support.
    pub lifecycle_support: Option<String>,
    /// Such as `db.m6g.large`.
    pub class: String,
    /// `gp3`, `io1`…
    pub storage_type: String,
    /// In GiB.
    pub allocated_gib: u32,
    /// Up to how many GiB the storage grows by itself.
    pub max_allocated_gib: Option<u32>,
    /// Provisioned I/O operations a second.
    pub iops: Option<u32>,
    /// MiB/s.
    pub throughput: Option<u32>,
    /// Whether there is a standby in another zone.
    pub multi_az: bool,
    /// The port it listens on.
    pub port: u16,
    /// Whether it has a public address.
    pub public: bool,
    /// `IPV4` or `DUAL`.
    pub network_type: Option<String>,
    /// The subnet group.
    pub subnet_group: Option<String>,
    /// The ids of the VPC security groups.
    pub security_groups: Vec<String>,
    /// The parameter group.
    pub parameter_group: Option<String>,
    /// The option group.
    pub option_group: Option<String>,
    /// Whether deleting it is refused.
    pub deletion_protection: bool,
    /// Whether IAM may sign in.
    pub iam_authentication: bool,
    /// The logs it exports to CloudWatch.
    pub log_exports: Vec<String>,
    /// Whether snapshots get its tags.
    pub copy_tags: bool,
    /// Whether minor versions are installed by themselves.
    pub auto_minor_upgrade: bool,
    /// The certificate authority of its TLS certificate, such as `rds-ca-rsa2048-g1`.
    pub ca: Option<String>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// For how many days automated backups are kept; 0 is none. Applied after a restore.
    pub backup_days: u32,
    /// Such as `07:00-07:30`. Applied after a restore.
    pub backup_window: Option<String>,
    /// Such as `sun:05:00-sun:06:00`. Applied after a restore.
    pub maintenance_window: Option<String>,
    /// Seconds between two samples of enhanced monitoring; 0 is off. Applied after a restore.
    pub monitoring_seconds: u32,
    /// The role that enhanced monitoring writes with. Applied after a restore.
    pub monitoring_role: Option<String>,
    /// Whether Performance Insights is on. Applied after a restore.
    pub insights: bool,
    /// The key of Performance Insights. Applied after a restore.
    pub insights_key: Option<String>,
    /// For how many days Performance Insights keeps what it sees. Applied after a restore.
    pub insights_days: Option<u32>,
}

/// A snapshot of a database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its identifier.
    pub id: String,
    /// Its ARN.
    pub arn: String,
    /// Who made it.
    pub kind: SnapshotKind,
    /// RDS's word for its state: `available`, `creating`, …
    pub status: String,
    /// How much of it is there, in percent.
    pub percent: u8,
    /// The moment whose data it holds: `OriginalSnapshotCreateTime`, or else `SnapshotCreateTime`; `None` while it
    /// is being made.
    pub taken: Option<Timestamp>,
    /// The identifier of the instance it is of.
    pub instance: String,
    /// The `DbiResourceId` of the instance it is of.
    pub resource_id: Option<String>,
    /// The region it lies in.
    pub region: String,
    /// The region it was copied from.
    pub source_region: Option<String>,
    /// The engine.
    pub engine: String,
    /// The engine's version.
    pub engine_version: String,
    /// In GiB.
    pub allocated_gib: u32,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key: Option<String>,
    /// The option group it goes with.
    pub option_group: Option<String>,
}

/// Who made a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotKind {
    /// A person; it never expires.
    Manual,
    /// RDS's daily backup.
    Automated,
    /// AWS Backup.
    AwsBackup,
    /// Another account, which shares it.
    Shared,
}

/// The automated backups of one instance, living or deleted, in one region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AutomatedBackup {
    /// Its ARN: the source of a restore from backups that are replicated from another region.
    pub arn: String,
    /// The identifier of the instance.
    pub instance: String,
    /// The `DbiResourceId` of the instance: the source of a restore of a deleted one.
    pub resource_id: String,
    /// `active`, `retained`, `creating`, `replicating`: an open list.
    pub status: String,
    /// The region it lies in.
    pub region: String,
    /// The region of the instance.
    pub source_region: String,
    /// The oldest moment that can be restored to.
    pub earliest: Option<Timestamp>,
    /// The newest moment that can be restored to.
    pub latest: Option<Timestamp>,
    /// Whether it is encrypted.
    pub encrypted: bool,
    /// The key it is encrypted with.
    pub kms_key: Option<String>,
    /// What it knows of the instance's settings: retained backups know no groups (facts §2.2).
    pub settings: Settings,
}

/// What a restore names besides the instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GroupKind {
    /// A DB subnet group.
    Subnet,
    /// A DB parameter group.
    Parameter,
    /// An option group.
    Option,
}

impl GroupKind {
    /// The words that people see: `subnet group`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Subnet => "subnet group",
            Self::Parameter => "parameter group",
            Self::Option => "option group",
        }
    }
}

/// A group that is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Group {
    /// What it is.
    pub kind: GroupKind,
    /// Its name.
    pub name: String,
    /// What of it matters: availability zones and VPC, or the family of engines, by name.
    pub facts: BTreeMap<String, String>,
}

/// The state of an encryption key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyState {
    /// Its ARN.
    pub arn: String,
    /// KMS's word: `Enabled`, `Disabled`, `PendingDeletion`, `PendingImport`, `Unavailable`.
    pub state: String,
    /// When it will be deleted for good.
    pub deletion: Option<Timestamp>,
}

/// Something that RDS says happened to an instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceEvent {
    /// When.
    pub at: Timestamp,
    /// In RDS's words, such as `Restored from snapshot rds:portal-2026-11-24-07-10`.
    pub message: String,
}

/// What a new instance is made from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RestoreFrom {
    /// A moment, from the automated backups of a living instance, of a deleted one, or of one in another region.
    Backups {
        /// Whose.
        source: BackupSource,
        /// The moment; the newest one there is when `None`.
        at: Option<Timestamp>,
    },
    /// A snapshot, by its identifier, or its ARN when it is shared.
    Snapshot(String),
}

/// Whose automated backups.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BackupSource {
    /// A living instance, by its identifier (`SourceDBInstanceIdentifier`).
    Instance(String),
    /// A deleted instance, by its `DbiResourceId` (`SourceDbiResourceId`).
    Resource(String),
    /// Backups replicated to this region, by their ARN (`SourceDBInstanceAutomatedBackupsArn`).
    Replica(String),
}

/// A new instance to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestoreOrder {
    /// Its identifier.
    pub target: String,
    /// What it is made from.
    pub from: RestoreFrom,
    /// How it is set up: all that the call takes. `tags` are those that it gets.
    pub settings: Settings,
}

/// A snapshot to be copied from another region.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CopyOrder {
    /// The ARN of the snapshot to copy.
    pub source: String,
    /// The region that it lies in.
    pub source_region: String,
    /// The identifier of the copy.
    pub target: String,
    /// The key that the copy is encrypted with, in the copy's region; needed when the source is encrypted.
    pub kms_key: Option<String>,
    /// The copy's tags.
    pub tags: BTreeMap<String, String>,
}

/// A change of an instance; what is `None` stays as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Change {
    /// A new identifier. RDS restarts the instance, and its old name is gone at once.
    pub rename: Option<String>,
    /// Whether deleting it is refused.
    pub deletion_protection: Option<bool>,
    /// For how many days automated backups are kept.
    pub backup_days: Option<u32>,
    /// When the daily backup is taken.
    pub backup_window: Option<String>,
    /// When maintenance may happen.
    pub maintenance_window: Option<String>,
    /// Enhanced monitoring: seconds, and the role.
    pub monitoring: Option<(u32, Option<String>)>,
    /// Performance Insights: on or off, its key, and its days.
    pub insights: Option<(bool, Option<String>, Option<u32>)>,
    /// Whether there is a standby in another zone.
    pub multi_az: Option<bool>,
    /// Up to how many GiB the storage grows by itself.
    pub max_allocated_gib: Option<u32>,
    /// Whether RDS is to make a new master password and keep it in Secrets Manager: no password passes through here.
    pub managed_password: bool,
}
