//! What RDS has before anything is restored.

use action::port::{Settings, SnapshotKind};
use jiff::{Timestamp, ToSpan};
use range::rds::{AutomatedBackup, Instance, Key, OptionGroup, ParameterGroup, Rds, Snapshot, SubnetGroup};

use super::world::{EAST, WEST};

pub(super) fn key(region: &str, created: Timestamp) -> Key {
    let id = if region == EAST { "1ca11ed0" } else { "2ca11ed0" };
    Key::new(region, &format!("{id}-0000-4000-8000-000000000000"), Some("alias/practice-rds"), created)
}

/// The Portal's instance with two weeks of backups, a snapshot in each region and a small instance beside it; the
/// first one's resource id.
pub(super) fn stage(rds: &Rds, now: Timestamp) -> String {
    let created = now - (60 * 24).hours();
    for region in [EAST, WEST] {
        rds.add_key(region, key(region, created));
        rds.add_subnet_group(
            region,
            SubnetGroup {
                name: "portal-private".to_owned(),
                description: "private".to_owned(),
                vpc: "vpc-0practice".to_owned(),
                zones: vec![format!("{region}a"), format!("{region}b")],
            },
        );
        rds.add_parameter_group(
            region,
            ParameterGroup {
                name: "portal-mysql80".to_owned(),
                family: "mysql8.0".to_owned(),
                description: "parameters".to_owned(),
            },
        );
        rds.add_option_group(
            region,
            OptionGroup {
                name: "portal-mysql80".to_owned(),
                engine: "mysql".to_owned(),
                major_version: "8.0".to_owned(),
                description: "options".to_owned(),
            },
        );
    }
    let mut portal = Instance::new(EAST, "portal", settings(), created);
    portal.kms_key = Some(key(EAST, created).arn);
    rds.add_automated_backup(EAST, AutomatedBackup::of(EAST, &portal, now - (14 * 24).hours()));
    rds.add_snapshot(EAST, Snapshot::new("portal-manual", SnapshotKind::Manual, &portal, now - 3.hours()));
    let mut copy = Snapshot::new("portal-far", SnapshotKind::Manual, &portal, now - 5.hours());
    copy.kms_key = Some(key(WEST, created).arn);
    rds.add_snapshot(WEST, copy);
    let old = portal.resource_id.clone();
    rds.add_instance(EAST, portal);
    old
}

fn settings() -> Settings {
    let text = |text: &str| Some(text.to_owned());
    Settings {
        engine: "mysql".to_owned(),
        engine_version: "8.0.39".to_owned(),
        lifecycle_support: text("open-source-rds-extended-support-disabled"),
        class: "db.m6g.large".to_owned(),
        storage_type: "gp3".to_owned(),
        allocated_gib: 100,
        max_allocated_gib: Some(500),
        iops: Some(3000),
        throughput: Some(125),
        multi_az: true,
        port: 3306,
        network_type: text("IPV4"),
        subnet_group: text("portal-private"),
        security_groups: vec!["sg-0practice0portal0".to_owned()],
        parameter_group: text("portal-mysql80"),
        option_group: text("portal-mysql80"),
        deletion_protection: true,
        log_exports: vec!["error".to_owned()],
        copy_tags: true,
        auto_minor_upgrade: true,
        ca: text("rds-ca-rsa2048-g1"),
        tags: [("system".to_owned(), "portal".to_owned())].into(),
        backup_days: 14,
        backup_window: text("07:00-07:30"),
        maintenance_window: text("sun:05:00-sun:06:00"),
        monitoring_seconds: 60,
        monitoring_role: text("arn:aws:iam::000000000000:role/rds-monitoring"),
        insights: true,
        insights_days: Some(7),
        ..Settings::default()
    }
}
