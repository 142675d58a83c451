//! What RDS and KMS know when a range starts: the Portal's instance and its backups, copies in the other region, and what
//! stands around them.

use action::environment::PRACTICE_ACCOUNT;
use action::port::{Settings, SnapshotKind};
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use crate::rds::{
    AutomatedBackup, BackupId, Base, DatabaseId, Instance, Key, OptionGroup, ParameterGroup, Rds, Snapshot,
    SubnetGroup,
};
use crate::scenario::{Database, Harm, Saved, uploaded};

/// The region that the Portal is in.
pub(crate) const HOME: &str = "us-east-1";
/// The region that copies are kept in.
pub(crate) const AWAY: &str = "us-west-2";
/// The Portal's instance.
pub(crate) const INSTANCE: &str = "portal";
/// The alias of the key in each region.
const ALIAS: &str = "alias/practice-rds";

/// Tells `rds` what there is at the start of a scenario. `backups` has the base backup of each of its snapshots.
pub(super) fn set(
    rds: &Rds,
    database: &Database,
    start: Timestamp,
    living: Option<DatabaseId>,
    backups: &[Option<BackupId>],
) -> Result<(), jiff::Error> {
    let created = start.checked_sub((400 * 24).hours())?;
    let keys = [HOME, AWAY].map(|region| surroundings(rds, region, created));
    let [home_key, away_key] = keys;
    let mut instance = Instance::new(HOME, INSTANCE, settings(), created);
    instance.kms_key = Some(home_key);
    instance.database = living;

    let end = database.end();
    let ended = end.map(|end| start.checked_add(end.at())).transpose()?;
    let mut saved: Vec<(Timestamp, &Saved, Option<BackupId>)> = Vec::new();
    for (snapshot, backup) in database.snapshots.iter().zip(backups) {
        saved.push((start.checked_add(snapshot.at.0)?, snapshot, *backup));
    }
    saved.retain(|(at, ..)| ended.is_none_or(|ended| *at < ended));
    saved.sort_by_key(|(at, ..)| *at);
    let retained = !matches!(end, Some(Harm::DeleteInstance(deleted)) if !deleted.retained);
    for (at, snapshot, backup) in &saved {
        let here = snapshot_of(&instance, *at, snapshot, *backup);
        if snapshot.copied {
            let minute = at.strftime("%Y-%m-%d-%H-%M");
            let mut copy = here.clone();
            copy.id = format!("{INSTANCE}-copy-{minute}");
            copy.kind = SnapshotKind::Manual;
            copy.source = Some((HOME.to_owned(), here.arn(HOME)));
            copy.kms_key = Some(away_key.clone());
            rds.add_snapshot(AWAY, copy);
        }
        if snapshot.kind == SnapshotKind::Automated {
            rds.add_event(HOME, *at, INSTANCE, "Backing up DB instance", "backup");
            rds.add_event(
                HOME,
                at.checked_add(3.minutes())?,
                INSTANCE,
                "Finished DB Instance backup",
                "backup",
            );
        }
        if retained || snapshot.kind != SnapshotKind::Automated {
            rds.add_snapshot(HOME, here);
        }
    }

    let earliest = start.checked_add(database.oldest().unwrap_or(SignedDuration::ZERO))?;
    let mut automated = AutomatedBackup::of(HOME, &instance, earliest);
    automated.bases = saved
        .iter()
        .filter_map(|(taken, _, backup)| Some(Base { taken: *taken, backup: (*backup)? }))
        .collect();
    if let Some(ended) = ended {
        automated.status = "retained".to_owned();
        automated.latest = Some(uploaded(ended));
        automated.settings = without_groups();
        rds.add_event(HOME, ended, INSTANCE, "DB instance deleted", "deletion");
    }
    if database.replicated {
        let mut away = automated.replicated_to(AWAY, Some(away_key));
        if ended.is_some() {
            away.status.clone_from(&automated.status);
        }
        rds.add_automated_backup(AWAY, away);
    }
    if retained {
        rds.add_automated_backup(HOME, automated);
    }
    match end {
        None => rds.add_instance(HOME, instance),
        Some(Harm::LoseRegion(_)) => rds.remove_region(HOME),
        Some(_) => {}
    }
    Ok(())
}

/// A snapshot of the instance as somebody took it.
fn snapshot_of(instance: &Instance, taken: Timestamp, saved: &Saved, backup: Option<BackupId>) -> Snapshot {
    let minute = taken.strftime("%Y-%m-%d-%H-%M");
    let id = match (&saved.name, saved.kind) {
        (Some(name), _) => name.clone(),
        (None, SnapshotKind::Automated) => format!("rds:{INSTANCE}-{minute}"),
        (None, SnapshotKind::AwsBackup) => format!("awsbackup:job-practice-{minute}"),
        (None, SnapshotKind::Manual | SnapshotKind::Shared) => format!("{INSTANCE}-{minute}"),
    };
    let mut snapshot = Snapshot::new(&id, saved.kind, instance, taken);
    snapshot.backup = backup;
    snapshot
}

/// The key and the groups of a region, both with the same names; the key's ARN.
fn surroundings(rds: &Rds, region: &str, created: Timestamp) -> String {
    let id = if region == HOME { "1ca11ed0" } else { "2ca11ed0" };
    let key = Key::new(region, &format!("{id}-0000-4000-8000-000000000000"), Some(ALIAS), created);
    let arn = key.arn.clone();
    rds.add_key(region, key);
    rds.add_subnet_group(
        region,
        SubnetGroup {
            name: "portal-private".to_owned(),
            description: "The Portal's private subnets".to_owned(),
            vpc: "vpc-0practice".to_owned(),
            zones: vec![format!("{region}a"), format!("{region}b")],
        },
    );
    rds.add_parameter_group(
        region,
        ParameterGroup {
            name: "portal-mysql80".to_owned(),
            family: "mysql8.0".to_owned(),
            description: "The Portal's parameters".to_owned(),
        },
    );
    rds.add_option_group(
        region,
        OptionGroup {
            name: "portal-mysql80".to_owned(),
            engine: "mysql".to_owned(),
            major_version: "8.0".to_owned(),
            description: "The Portal's options".to_owned(),
        },
    );
    arn
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
