//! Describing automated backups.

use super::super::errors::{Answer, Refused};
use super::super::form::passes;
use super::super::model::own_arn;
use super::super::xml::Xml;
use super::{Call, describe};

pub(super) const PARAMS: &[&str] = &[
    "DbiResourceId",
    "DBInstanceIdentifier",
    "DBInstanceAutomatedBackupsArn",
    "Filters",
    "MaxRecords",
    "Marker",
];

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now, pace) = (call.form, call.now, call.account.pace);
    let filters = form.filters(&["status", "db-instance-id", "dbi-resource-id"])?;
    let (id, resource, arn) = (
        form.text("DBInstanceIdentifier"),
        form.text("DbiResourceId"),
        form.text("DBInstanceAutomatedBackupsArn"),
    );
    let region = call.region()?;
    let named: Vec<_> = region
        .backups
        .iter()
        .filter(|backup| {
            id.is_none_or(|id| backup.instance.eq_ignore_ascii_case(id))
                && resource.is_none_or(|id| backup.resource_id == id)
                && arn.is_none_or(|arn| backup.arn(&region.name) == arn)
        })
        .collect();
    if let Some(asked) = id.or(resource).or(arn).filter(|_| named.is_empty()) {
        return Err(Refused::no_backup(asked));
    }
    let passing = named.into_iter().filter(|backup| {
        passes(&filters, |name| match name {
            "status" => vec![backup.status.clone()],
            "db-instance-id" => vec![backup.instance.clone()],
            _ => vec![backup.resource_id.clone()],
        })
    });
    let (page, marker) = form.page(passing.collect(), |backup| backup.name.clone())?;
    xml.list("DBInstanceAutomatedBackups", "DBInstanceAutomatedBackup", page, |xml, backup| {
        let settings = &backup.settings;
        let (earliest, latest) = backup.window(now, pace);
        xml.text("DBInstanceAutomatedBackupsArn", backup.arn(&region.name));
        xml.text("DBInstanceArn", own_arn(&backup.source_region, "db", &backup.instance));
        xml.text("DBInstanceIdentifier", &backup.instance);
        xml.text("DbiResourceId", &backup.resource_id);
        xml.text("Region", &backup.source_region);
        xml.text("Status", &backup.status);
        if latest >= earliest {
            xml.within("RestoreWindow", |xml| {
                xml.time("EarliestTime", Some(earliest));
                xml.time("LatestTime", Some(latest));
            });
        }
        xml.text("AllocatedStorage", settings.allocated_gib);
        xml.text("StorageType", &settings.storage_type);
        xml.some("Iops", settings.iops);
        xml.some("StorageThroughput", settings.throughput);
        xml.text("Port", settings.port);
        xml.text("AvailabilityZone", format!("{}a", backup.source_region));
        xml.time("InstanceCreateTime", Some(backup.instance_created));
        xml.text("MasterUsername", &backup.master_user);
        xml.text("Engine", &settings.engine);
        xml.text("EngineVersion", &settings.engine_version);
        xml.text("LicenseModel", describe::license(&settings.engine));
        // Retained and replicated backups know no groups.
        if backup.status == "active" {
            xml.some("OptionGroupName", settings.option_group.as_ref());
        }
        xml.text("Encrypted", backup.kms_key.is_some());
        xml.some("KmsKeyId", backup.kms_key.as_ref());
        xml.text("IAMDatabaseAuthenticationEnabled", settings.iam_authentication);
        xml.text("BackupRetentionPeriod", settings.backup_days);
        xml.some("PreferredBackupWindow", settings.backup_window.as_ref());
        xml.text("BackupTarget", "region");
        let copies = call.account.regions.values().flat_map(|other| {
            let kept = other.backups.iter().filter(|kept| kept.resource_id == backup.resource_id);
            kept.filter(|_| other.name != region.name && backup.source_region == region.name)
                .map(|kept| kept.arn(&other.name))
        });
        xml.list(
            "DBInstanceAutomatedBackupsReplications",
            "DBInstanceAutomatedBackupsReplication",
            copies,
            |xml, arn| xml.text("DBInstanceAutomatedBackupsArn", arn),
        );
        xml.tags(&settings.tags);
    });
    xml.some("Marker", marker);
    Ok(())
}
