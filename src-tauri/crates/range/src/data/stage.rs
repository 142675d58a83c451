//! What RDS and KMS are to know when a range starts: plain values that its model is filled with.
//!
//! What the model must be able to be told, each thing with its region: an instance, with its database; a snapshot,
//! with its base backup and where it was copied from; automated backups, with their base backups, and the moment they
//! reach when their instance ended; subnet, parameter and option groups; keys; proxies; events, oldest first; and that
//! a region is gone. ARNs and ids are made here where two of these values have to agree, and otherwise by the model.

use action::environment::PRACTICE_ACCOUNT;
use action::port::{Group, GroupKind, InstanceEvent, KeyState, Settings, SnapshotKind};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::rds::{BackupId, DatabaseId};
use crate::scenario::{Database, Harm, Saved, Scenario, uploaded};

/// The region that the Portal is in.
pub(crate) const HOME: &str = "us-east-1";
/// The region that copies are kept in.
pub(crate) const AWAY: &str = "us-west-2";
/// The Portal's instance.
pub(crate) const INSTANCE: &str = "portal";
/// What never changes when an instance is renamed.
const RESOURCE: &str = "db-PRACTICEPORTALPRACTICEPORT";

/// Everything, by region.
#[derive(Debug, Clone)]
pub struct Stage {
    /// How much faster than RDS's the states of instances change; `None` is the model's own.
    pub speed: Option<f64>,
    /// The instances.
    pub instances: Vec<StagedInstance>,
    /// The snapshots, oldest first.
    pub snapshots: Vec<StagedSnapshot>,
    /// The automated backups, one for each region that has any.
    pub automated_backups: Vec<StagedBackups>,
    /// The groups, each with its region.
    pub groups: Vec<(&'static str, Group)>,
    /// The keys, each with its region and its alias.
    pub keys: Vec<(&'static str, &'static str, KeyState)>,
    /// The proxies: region, name, and the instance that each sends connections to.
    pub proxies: Vec<(&'static str, String, String)>,
    /// What happened, oldest first.
    pub events: Vec<StagedEvent>,
    /// The regions whose RDS and KMS don't answer.
    pub lost: Vec<&'static str>,
}

/// An available instance.
#[derive(Debug, Clone)]
pub struct StagedInstance {
    /// Its region.
    pub region: &'static str,
    /// Its identifier.
    pub id: String,
    /// Its `DbiResourceId`.
    pub resource_id: String,
    /// How it is set up.
    pub settings: Settings,
    /// The ARN of the key it is encrypted with.
    pub kms_key: String,
    /// When it was made.
    pub created: Timestamp,
    /// What answers behind it; `None` where MariaDB isn't installed.
    pub database: Option<DatabaseId>,
}

/// An available snapshot.
#[derive(Debug, Clone)]
pub struct StagedSnapshot {
    /// The region it lies in.
    pub region: &'static str,
    /// Its identifier.
    pub id: String,
    /// Who made it; a copy is manual.
    pub kind: SnapshotKind,
    /// The moment whose data it holds: everything that was committed before it.
    pub taken: Timestamp,
    /// The region, and the identifier there, that it was copied from.
    pub source: Option<(&'static str, String)>,
    /// The ARN of the key it is encrypted with.
    pub kms_key: String,
    /// The base backup; `None` where MariaDB isn't installed.
    pub backup: Option<BackupId>,
    /// The instance it is of, and its `DbiResourceId`.
    pub instance: (String, String),
    /// How that instance was set up.
    pub settings: Settings,
}

/// The automated backups of the instance in one region.
#[derive(Debug, Clone)]
pub struct StagedBackups {
    /// The region they lie in.
    pub region: &'static str,
    /// The region of the instance.
    pub source_region: &'static str,
    /// The instance, and its `DbiResourceId`.
    pub instance: (String, String),
    /// `active`, `retained` or `replicating`.
    pub status: &'static str,
    /// The oldest moment there is.
    pub earliest: Timestamp,
    /// The newest moment there is; `None` follows the living instance.
    pub latest: Option<Timestamp>,
    /// The ARN of the key they are encrypted with.
    pub kms_key: String,
    /// What is known of the instance's settings: those of a deleted one know no groups.
    pub settings: Settings,
    /// The base backups that a restore starts from, with the moment of each, oldest first.
    pub bases: Vec<(Timestamp, BackupId)>,
}

/// Something that happened.
#[derive(Debug, Clone)]
pub struct StagedEvent {
    /// The region.
    pub region: &'static str,
    /// The instance.
    pub instance: String,
    /// What, and when.
    pub event: InstanceEvent,
}

impl Stage {
    /// What there is at the start of a scenario. `backups` has the base backup of each of its snapshots.
    pub(super) fn of(
        scenario: &Scenario,
        database: &Database,
        start: Timestamp,
        living: Option<DatabaseId>,
        backups: &[Option<BackupId>],
    ) -> Result<Self, jiff::Error> {
        let end = database.end();
        let ended = end.map(|end| start.checked_add(end.at())).transpose()?;
        let lost = matches!(end, Some(Harm::LoseRegion(_)));
        let mut saved: Vec<(Timestamp, &Saved, Option<BackupId>)> = Vec::new();
        for (snapshot, backup) in database.snapshots.iter().zip(backups) {
            saved.push((start.checked_add(snapshot.at.0)?, snapshot, *backup));
        }
        saved.retain(|(at, ..)| ended.is_none_or(|ended| *at < ended));
        saved.sort_by_key(|(at, ..)| *at);

        let mut stage = Self {
            speed: database.speed,
            instances: Vec::new(),
            snapshots: Vec::new(),
            automated_backups: Vec::new(),
            groups: groups(HOME).into_iter().chain(groups(AWAY)).collect(),
            keys: [HOME, AWAY].map(|region| (region, "alias/practice-rds", key(region))).to_vec(),
            proxies: Vec::new(),
            events: Vec::new(),
            lost: if lost { vec![HOME] } else { Vec::new() },
        };
        for (at, snapshot, backup) in &saved {
            stage.add_snapshot(*at, snapshot, *backup)?;
        }
        let created = start.checked_sub((400 * 24).hours())?;
        if end.is_none() {
            stage.instances.push(StagedInstance {
                region: HOME,
                id: INSTANCE.to_owned(),
                resource_id: RESOURCE.to_owned(),
                settings: settings(),
                kms_key: key(HOME).arn,
                created,
                database: living,
            });
        }
        let bases: Vec<_> = saved.iter().filter_map(|(at, _, backup)| Some((*at, (*backup)?))).collect();
        let earliest = start.checked_add(database.oldest().unwrap_or(SignedDuration::ZERO))?;
        let status = match end {
            None => Some("active"),
            Some(Harm::DeleteInstance(deleted)) if !deleted.retained => None,
            Some(_) => Some("retained"),
        };
        for (region, status) in status.into_iter().map(|status| (HOME, status)).chain(
            database.replicated.then_some((AWAY, if end.is_none() { "replicating" } else { "retained" })),
        ) {
            stage.automated_backups.push(StagedBackups {
                region,
                source_region: HOME,
                instance: (INSTANCE.to_owned(), RESOURCE.to_owned()),
                status,
                earliest,
                latest: ended.map(uploaded),
                kms_key: key(region).arn,
                settings: if end.is_none() { settings() } else { without_groups() },
                bases: bases.clone(),
            });
        }
        if let (Some(ended), Some(Harm::DeleteInstance(deleted))) = (ended, end) {
            if !deleted.retained {
                stage.snapshots.retain(|snapshot| snapshot.kind != SnapshotKind::Automated);
            }
            stage.say(ended, "DB instance deleted");
        }
        if lost {
            stage.snapshots.retain(|snapshot| snapshot.region != HOME);
            stage.automated_backups.retain(|backups| backups.region != HOME);
            stage.events.clear();
        }
        debug_assert_eq!(scenario.outage(start).is_some(), database.damage.iter().any(Harm::is_loss));
        Ok(stage)
    }

    fn add_snapshot(
        &mut self,
        taken: Timestamp,
        saved: &Saved,
        backup: Option<BackupId>,
    ) -> Result<(), jiff::Error> {
        let minute = taken.strftime("%Y-%m-%d-%H-%M");
        let id = match (&saved.name, saved.kind) {
            (Some(name), _) => name.clone(),
            (None, SnapshotKind::Automated) => format!("rds:{INSTANCE}-{minute}"),
            (None, SnapshotKind::AwsBackup) => format!("awsbackup:job-practice-{minute}"),
            (None, SnapshotKind::Manual | SnapshotKind::Shared) => format!("{INSTANCE}-{minute}"),
        };
        let here = StagedSnapshot {
            region: HOME,
            id: id.clone(),
            kind: saved.kind,
            taken,
            source: None,
            kms_key: key(HOME).arn,
            backup,
            instance: (INSTANCE.to_owned(), RESOURCE.to_owned()),
            settings: settings(),
        };
        if saved.copied {
            self.snapshots.push(StagedSnapshot {
                region: AWAY,
                id: format!("{INSTANCE}-copy-{minute}"),
                kind: SnapshotKind::Manual,
                source: Some((HOME, id)),
                kms_key: key(AWAY).arn,
                ..here.clone()
            });
        }
        self.snapshots.push(here);
        if saved.kind == SnapshotKind::Automated {
            self.say(taken, "Backing up DB instance");
            self.say(taken.checked_add(3.minutes())?, "Finished DB Instance backup");
        }
        Ok(())
    }

    fn say(&mut self, at: Timestamp, message: &str) {
        let event = InstanceEvent { at, message: message.to_owned() };
        self.events.push(StagedEvent { region: HOME, instance: INSTANCE.to_owned(), event });
    }

    /// Whether the Portal's front end has a database to work with.
    pub(crate) fn is_up(&self) -> bool {
        self.instances.iter().any(|instance| instance.id == INSTANCE)
    }
}

/// How the Portal's instance is set up: much of it is what a restore would not say by itself.
fn settings() -> Settings {
    Settings {
        engine: "mysql".to_owned(),
        engine_version: "8.0.39".to_owned(),
        lifecycle_support: Some("open-source-rds-extended-support-disabled".to_owned()),
        class: "db.m6g.large".to_owned(),
        storage_type: "gp3".to_owned(),
        allocated_gib: 100,
        max_allocated_gib: Some(500),
        iops: Some(3000),
        throughput: Some(125),
        multi_az: true,
        port: 3306,
        public: false,
        network_type: Some("IPV4".to_owned()),
        subnet_group: Some("portal-private".to_owned()),
        security_groups: vec!["sg-0practice0portal0".to_owned()],
        parameter_group: Some("portal-mysql80".to_owned()),
        option_group: Some("portal-mysql80".to_owned()),
        deletion_protection: true,
        iam_authentication: false,
        log_exports: vec!["error".to_owned(), "slowquery".to_owned()],
        copy_tags: true,
        auto_minor_upgrade: true,
        ca: Some("rds-ca-rsa2048-g1".to_owned()),
        tags: [("system", "portal"), ("owner", "technical-operations")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        backup_days: 7,
        backup_window: Some("07:00-07:30".to_owned()),
        maintenance_window: Some("sun:05:00-sun:06:00".to_owned()),
        monitoring_seconds: 60,
        monitoring_role: Some(format!("arn:aws:iam::{PRACTICE_ACCOUNT}:role/rds-monitoring")),
        insights: true,
        insights_key: None,
        insights_days: Some(7),
    }
}

fn without_groups() -> Settings {
    Settings {
        subnet_group: None,
        security_groups: Vec::new(),
        parameter_group: None,
        option_group: None,
        ..settings()
    }
}

/// The groups that the instance names; the other region has its like of each.
fn groups(region: &'static str) -> Vec<(&'static str, Group)> {
    let group = |kind, name: &str, facts: &[(&str, String)]| {
        let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        (region, Group { kind, name: name.to_owned(), facts })
    };
    vec![
        group(
            GroupKind::Subnet,
            "portal-private",
            &[("vpc", "vpc-0practice".to_owned()), ("zones", format!("{region}a, {region}b"))],
        ),
        group(GroupKind::Parameter, "portal-mysql80", &[("family", "mysql8.0".to_owned())]),
        group(GroupKind::Option, "portal-mysql80", &[("engine", "mysql 8.0".to_owned())]),
    ]
}

/// The customer's key of a region.
fn key(region: &str) -> KeyState {
    let id = if region == HOME { "1ca11ed0" } else { "2ca11ed0" };
    KeyState {
        arn: format!("arn:aws:kms:{region}:{PRACTICE_ACCOUNT}:key/{id}-0000-4000-8000-000000000000"),
        state: "Enabled".to_owned(),
        deletion: None,
    }
}
