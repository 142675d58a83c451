//! A database instance, and what is going to happen to it.

use std::collections::VecDeque;

use action::port::Settings;
use jiff::Timestamp;

use super::super::behind::DatabaseId;
use super::made_id;

/// A database instance.
#[derive(Debug, Clone)]
pub struct Instance {
    /// Its identifier.
    pub id: String,
    /// `DbiResourceId`: stays the same through renames.
    pub resource_id: String,
    /// How it is set up, tags included.
    pub settings: Settings,
    /// The ARN of the key it is encrypted with; `None` is not encrypted.
    pub kms_key: Option<String>,
    /// The master user.
    pub master_user: String,
    /// The database made with it.
    pub db_name: Option<String>,
    /// When it was made.
    pub created: Timestamp,
    /// The identifiers of its read replicas.
    pub replicas: Vec<String>,
    /// The ARN of the secret that RDS keeps its master password in, when it does.
    pub managed_secret: Option<String>,
    /// The availability zone.
    pub zone: String,
    /// What runs behind it; `None` has nothing that answers.
    pub database: Option<DatabaseId>,
    /// RDS's word for its state.
    pub status: String,
    /// Changes asked for and not made yet.
    pub(in crate::rds) pending: Vec<Pending>,
    /// What will happen to it, in the order in which it will.
    pub(in crate::rds) course: VecDeque<Due>,
    /// Whether something is being done behind it: nothing further happens to it until that is done.
    pub(in crate::rds) working: bool,
    /// Whether it is no more.
    pub(in crate::rds) gone: bool,
}

impl Instance {
    /// An available instance in the first zone of `region`, not encrypted, with nothing behind it.
    pub fn new(region: &str, id: &str, settings: Settings, created: Timestamp) -> Self {
        Self {
            id: id.to_owned(),
            resource_id: made_id("db-", &format!("{region}/{id}/{created}")),
            settings,
            kms_key: None,
            master_user: "admin".to_owned(),
            db_name: None,
            created,
            replicas: Vec::new(),
            managed_secret: None,
            zone: format!("{region}a"),
            database: None,
            status: "available".to_owned(),
            pending: Vec::new(),
            course: VecDeque::new(),
            working: false,
            gone: false,
        }
    }

    /// Whether it is where RDS lets it be changed.
    pub(in crate::rds) fn is_steady(&self) -> bool {
        let steady = ["available", "storage-full", "storage-optimization", "incompatible-parameters"];
        steady.contains(&self.status.as_str()) && self.course.is_empty()
    }

    /// Whether it never came up.
    pub(in crate::rds) fn has_failed(&self) -> bool {
        ["failed", "incompatible-restore", "incompatible-network", "restore-error", "insufficient-capacity"]
            .contains(&self.status.as_str())
    }

    /// Whether it has an address yet.
    pub(in crate::rds) fn has_endpoint(&self) -> bool {
        self.status != "creating" && !self.has_failed()
    }

    pub(in crate::rds) fn will(&mut self, at: Timestamp, effect: Effect) {
        self.course.push_back(Due { at, effect });
    }

    /// The name that it is about to get.
    pub(in crate::rds) fn new_name(&self) -> Option<&str> {
        self.pending.iter().find_map(|change| match change {
            Pending::Name(name) => Some(name.as_str()),
            _ => None,
        })
    }
}

/// Something that will happen at a moment.
#[derive(Debug, Clone)]
pub(in crate::rds) struct Due {
    pub(in crate::rds) at: Timestamp,
    pub(in crate::rds) effect: Effect,
}

/// What can happen to an instance by itself.
#[derive(Debug, Clone)]
pub(in crate::rds) enum Effect {
    /// Its state changes.
    Status(String),
    /// Its first automated backup is taken, when it has none and keeps any.
    BackUp,
    /// Its pending changes are made, but for the name.
    Apply,
    /// It gets its new name.
    Rename,
    /// It is no more.
    Vanish,
    /// An event is recorded: its message, and its category.
    Say(String, &'static str),
}

/// A change that is asked for and shows in `PendingModifiedValues` until it is made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rds) enum Pending {
    Name(String),
    Class(String),
    EngineVersion(String),
    Storage(u32),
    StorageType(String),
    Iops(u32),
    Throughput(u32),
    BackupDays(u32),
    MultiAz(bool),
    Ca(String),
    Iam(bool),
    MasterPassword,
}

impl Pending {
    /// The member of `PendingModifiedValues`, and its text.
    pub(in crate::rds) fn wire(&self) -> (&'static str, String) {
        match self {
            Self::Name(name) => ("DBInstanceIdentifier", name.clone()),
            Self::Class(class) => ("DBInstanceClass", class.clone()),
            Self::EngineVersion(version) => ("EngineVersion", version.clone()),
            Self::Storage(gib) => ("AllocatedStorage", gib.to_string()),
            Self::StorageType(kind) => ("StorageType", kind.clone()),
            Self::Iops(iops) => ("Iops", iops.to_string()),
            Self::Throughput(throughput) => ("StorageThroughput", throughput.to_string()),
            Self::BackupDays(days) => ("BackupRetentionPeriod", days.to_string()),
            Self::MultiAz(multi) => ("MultiAZ", multi.to_string()),
            Self::Ca(ca) => ("CACertificateIdentifier", ca.clone()),
            Self::Iam(on) => ("IAMDatabaseAuthenticationEnabled", on.to_string()),
            Self::MasterPassword => ("MasterUserPassword", "****".to_owned()),
        }
    }

    pub(in crate::rds) fn apply(self, settings: &mut Settings) {
        match self {
            Self::Name(_) | Self::MasterPassword => {}
            Self::Class(class) => settings.class = class,
            Self::EngineVersion(version) => settings.engine_version = version,
            Self::Storage(gib) => settings.allocated_gib = gib,
            Self::StorageType(kind) => settings.storage_type = kind,
            Self::Iops(iops) => settings.iops = Some(iops),
            Self::Throughput(throughput) => settings.throughput = Some(throughput),
            Self::BackupDays(days) => settings.backup_days = days,
            Self::MultiAz(multi) => settings.multi_az = multi,
            Self::Ca(ca) => settings.ca = Some(ca),
            Self::Iam(on) => settings.iam_authentication = on,
        }
    }
}
