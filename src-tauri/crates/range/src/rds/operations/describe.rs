//! How an instance and a snapshot are written.

use jiff::Timestamp;

use super::super::Account;
use super::super::model::{Instance, Snapshot, SubnetGroup, kind_word, own_arn};
use super::super::region::Region;
use super::super::xml::Xml;

/// A port that nobody listens on, for instances with nothing behind them.
const NOBODY: u16 = 1;

/// Writes what is in a `DBInstance`.
pub(super) fn instance(xml: &mut Xml, account: &Account, region: &Region, it: &Instance, now: Timestamp) {
    let settings = &it.settings;
    xml.text("DBInstanceIdentifier", &it.id);
    xml.text("DBInstanceArn", own_arn(&region.name, "db", &it.id));
    xml.text("DbiResourceId", &it.resource_id);
    xml.text("DBInstanceStatus", &it.status);
    xml.text("DBInstanceClass", &settings.class);
    xml.text("Engine", &settings.engine);
    xml.text("EngineVersion", &settings.engine_version);
    xml.some("EngineLifecycleSupport", settings.lifecycle_support.as_ref());
    xml.text("LicenseModel", license(&settings.engine));
    xml.text("MasterUsername", &it.master_user);
    xml.some("DBName", it.db_name.as_ref());
    if it.has_endpoint() {
        let port = it.database.and_then(|database| account.behind.port(database)).unwrap_or(NOBODY);
        xml.within("Endpoint", |xml| {
            xml.text("Address", "127.0.0.1");
            xml.text("Port", port);
        });
        xml.time("InstanceCreateTime", Some(it.created));
    }
    // What the instance was told to listen on: on one machine its database has to answer on another port.
    xml.text("DbInstancePort", settings.port);
    xml.text("AllocatedStorage", settings.allocated_gib);
    xml.some("MaxAllocatedStorage", settings.max_allocated_gib);
    xml.text("StorageType", &settings.storage_type);
    xml.some("Iops", settings.iops);
    xml.some("StorageThroughput", settings.throughput);
    xml.text("StorageEncrypted", it.kms_key.is_some());
    xml.some("KmsKeyId", it.kms_key.as_ref());
    xml.text("MultiAZ", settings.multi_az);
    xml.text("AvailabilityZone", &it.zone);
    if settings.multi_az {
        xml.text(
            "SecondaryAvailabilityZone",
            format!("{}{}", region.name, if it.zone.ends_with('b') { 'c' } else { 'b' }),
        );
    }
    xml.text("PubliclyAccessible", settings.public);
    xml.some("NetworkType", settings.network_type.as_ref());
    if let Some(name) = &settings.subnet_group {
        let group = region.subnet_groups.iter().find(|group| group.name == *name);
        xml.within("DBSubnetGroup", |xml| match group {
            Some(group) => subnet_group(xml, &region.name, group),
            None => xml.text("DBSubnetGroupName", name),
        });
    }
    xml.list("VpcSecurityGroups", "VpcSecurityGroupMembership", &settings.security_groups, |xml, id| {
        xml.text("VpcSecurityGroupId", id);
        xml.text("Status", "active");
    });
    xml.list("DBParameterGroups", "DBParameterGroup", &settings.parameter_group, |xml, name| {
        xml.text("DBParameterGroupName", name);
        xml.text("ParameterApplyStatus", "in-sync");
    });
    xml.list("OptionGroupMemberships", "OptionGroupMembership", &settings.option_group, |xml, name| {
        xml.text("OptionGroupName", name);
        xml.text("Status", "in-sync");
    });
    xml.text("DeletionProtection", settings.deletion_protection);
    xml.text("IAMDatabaseAuthenticationEnabled", settings.iam_authentication);
    xml.texts("EnabledCloudwatchLogsExports", "member", &settings.log_exports);
    xml.text("CopyTagsToSnapshot", settings.copy_tags);
    xml.text("AutoMinorVersionUpgrade", settings.auto_minor_upgrade);
    xml.some("CACertificateIdentifier", settings.ca.as_ref());
    xml.text("BackupRetentionPeriod", settings.backup_days);
    xml.some("PreferredBackupWindow", settings.backup_window.as_ref());
    xml.some("PreferredMaintenanceWindow", settings.maintenance_window.as_ref());
    xml.text("BackupTarget", "region");
    xml.text("MonitoringInterval", settings.monitoring_seconds);
    xml.some("MonitoringRoleArn", settings.monitoring_role.as_ref());
    xml.text("PerformanceInsightsEnabled", settings.insights);
    xml.some("PerformanceInsightsKMSKeyId", settings.insights_key.as_ref());
    xml.some("PerformanceInsightsRetentionPeriod", settings.insights_days);
    xml.texts("ReadReplicaDBInstanceIdentifiers", "ReadReplicaDBInstanceIdentifier", &it.replicas);
    let backups = region.backups.iter().find(|kept| kept.resource_id == it.resource_id);
    xml.time("LatestRestorableTime", backups.map(|kept| kept.window(now, account.pace).1));
    xml.within("PendingModifiedValues", |xml| {
        for (name, value) in it.pending.iter().map(|change| change.wire()) {
            xml.text(name, value);
        }
    });
    if let Some(secret) = &it.managed_secret {
        xml.within("MasterUserSecret", |xml| {
            xml.text("SecretArn", secret);
            xml.text("SecretStatus", "active");
        });
    }
    xml.tags(&settings.tags);
}

/// RDS's word for how an engine is licensed.
pub(super) fn license(engine: &str) -> &'static str {
    match engine {
        "postgres" => "postgresql-license",
        _ => "general-public-license",
    }
}

/// Writes what is in a `DBSubnetGroup`.
pub(super) fn subnet_group(xml: &mut Xml, region: &str, group: &SubnetGroup) {
    xml.text("DBSubnetGroupName", &group.name);
    xml.text("DBSubnetGroupDescription", &group.description);
    xml.text("VpcId", &group.vpc);
    xml.text("SubnetGroupStatus", "Complete");
    xml.list("Subnets", "Subnet", &group.zones, |xml, zone| {
        xml.text("SubnetIdentifier", format!("subnet-0practice-{zone}"));
        xml.within("SubnetAvailabilityZone", |xml| xml.text("Name", zone));
        xml.within("SubnetOutpost", |_| ());
        xml.text("SubnetStatus", "Active");
    });
    xml.text("DBSubnetGroupArn", own_arn(region, "subgrp", &group.name));
    xml.texts("SupportedNetworkTypes", "member", &["IPV4".to_owned()]);
}

/// Writes what is in a `DBSnapshot`.
pub(super) fn snapshot(xml: &mut Xml, region: &Region, it: &Snapshot, now: Timestamp) {
    let settings = &it.settings;
    xml.text("DBSnapshotIdentifier", &it.id);
    xml.text("DBSnapshotArn", it.arn(&region.name));
    xml.text("SnapshotType", kind_word(it.kind));
    let status = it.status(now);
    xml.text("Status", status);
    xml.text("PercentProgress", it.percent(now));
    xml.text("DBInstanceIdentifier", &it.instance);
    xml.text("DbiResourceId", &it.resource_id);
    if status != "creating" {
        let made = if it.source.is_some() { it.making.1 } else { it.taken };
        xml.time("SnapshotCreateTime", Some(made));
        xml.time("OriginalSnapshotCreateTime", Some(it.taken));
    }
    xml.time("InstanceCreateTime", Some(it.instance_created));
    xml.text("Engine", &settings.engine);
    xml.text("EngineVersion", &settings.engine_version);
    xml.text("LicenseModel", license(&settings.engine));
    xml.text("MasterUsername", &it.master_user);
    xml.text("AllocatedStorage", settings.allocated_gib);
    xml.text("StorageType", &settings.storage_type);
    xml.some("Iops", settings.iops);
    xml.some("StorageThroughput", settings.throughput);
    xml.text("Port", settings.port);
    xml.text("AvailabilityZone", format!("{}a", region.name));
    xml.some("OptionGroupName", settings.option_group.as_ref());
    xml.text("Encrypted", it.kms_key.is_some());
    xml.some("KmsKeyId", it.kms_key.as_ref());
    xml.text("IAMDatabaseAuthenticationEnabled", settings.iam_authentication);
    if let Some((source, arn)) = &it.source {
        xml.text("SourceRegion", source);
        xml.text("SourceDBSnapshotIdentifier", arn);
    }
    xml.text("SnapshotTarget", "region");
    xml.tags(&it.tags);
}
