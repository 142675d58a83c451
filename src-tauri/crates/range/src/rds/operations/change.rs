//! `ModifyDBInstance`.

use action::port::Settings;

use super::super::errors::{Answer, Refused};
use super::super::form::Form;
use super::super::model::{Effect, Pending, made_id};
use super::super::xml::Xml;
use super::{Call, instances, settings};
use action::environment::PRACTICE_ACCOUNT;

pub(super) const PARAMS: &[&str] = &[
    "AllocatedStorage",
    "ApplyImmediately",
    "AutoMinorVersionUpgrade",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBInstanceIdentifier",
    "DeletionProtection",
    "EnableIAMDatabaseAuthentication",
    "EnablePerformanceInsights",
    "EngineVersion",
    "Iops",
    "ManageMasterUserPassword",
    "MaxAllocatedStorage",
    "MonitoringInterval",
    "MonitoringRoleArn",
    "MultiAZ",
    "NewDBInstanceIdentifier",
    "PerformanceInsightsKMSKeyId",
    "PerformanceInsightsRetentionPeriod",
    "PreferredBackupWindow",
    "PreferredMaintenanceWindow",
    "StorageThroughput",
    "StorageType",
];

/// When, in seconds since the request, RDS goes on. It doesn't begin at once: the instance stays `available` for a
/// moment, with what was asked for pending.
const BEGINS: u32 = 5;
const RENAMED: u32 = 90;
const RESTARTED: u32 = 150;
const CHANGED: u32 = 60;
const MULTI_AZ: u32 = 600;

pub(super) fn modify(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let id = form.required("DBInstanceIdentifier")?;
    let now_or_never = form.truth("ApplyImmediately")?.unwrap_or_default();
    let region = call.region()?;
    let instance = region.instance(id)?.clone();
    if !instance.is_steady() {
        return Err(Refused::instance_state(&instance.id, &instance.status));
    }
    let mut changes = pending(form, &instance.settings)?;
    if let Some(new) = form.text("NewDBInstanceIdentifier") {
        let new = settings::identifier("NewDBInstanceIdentifier", new)?;
        if new != instance.id {
            region.check_free(&new)?;
            changes.push(Pending::Name(new));
        }
    }
    let mut set_up = instance.settings.clone();
    at_once(form, &mut set_up)?;
    let monitoring = set_up.monitoring_seconds != instance.settings.monitoring_seconds;
    let secret = managed_secret(form, call.region, &instance.resource_id)?;
    // From one number of days to another, retention changes at once; to or from none it is a change like others.
    let days = changes.iter().position(|change| matches!(change, Pending::BackupDays(days) if *days > 0));
    if let Some(at) = days.filter(|_| set_up.backup_days > 0) {
        changes.remove(at).apply(&mut set_up);
    }
    let begins = call.after(BEGINS);
    let (renamed, restarted) = (call.after(RENAMED), call.after(RESTARTED));
    let takes = if changes.contains(&Pending::MultiAz(true)) { MULTI_AZ } else { CHANGED };
    let changed = call.after(takes);

    let region = call.region_mut()?;
    for backup in region.backups.iter_mut().filter(|backup| backup.resource_id == instance.resource_id) {
        backup.settings = set_up.clone();
    }
    let instance = region.instance_mut(id)?;
    instance.settings = set_up;
    if secret.is_some() {
        instance.managed_secret = secret;
        changes.push(Pending::MasterPassword);
    }
    for change in changes {
        instance.pending.retain(|known| known.wire().0 != change.wire().0);
        instance.pending.push(change);
    }
    let status = |status: &str| Effect::Status(status.to_owned());
    let back = instance.status.clone();
    if now_or_never && !instance.pending.is_empty() {
        if instance.new_name().is_some() {
            instance.will(begins, status("renaming"));
            instance.will(renamed, Effect::Rename);
            instance.will(renamed, Effect::Say("DB instance shutdown".to_owned(), "availability"));
            instance.will(renamed, status("rebooting"));
            instance.will(restarted, Effect::Say("DB instance restarted".to_owned(), "availability"));
            instance.will(restarted, Effect::Apply);
            instance.will(restarted, status(&back));
        } else {
            instance.will(begins, status("modifying"));
            if instance.pending.contains(&Pending::MultiAz(true)) {
                let message = "Applying modification to convert to a Multi-AZ DB instance";
                instance.will(begins, Effect::Say(message.to_owned(), "configuration change"));
                let message = "Finished applying modification to convert to a Multi-AZ DB instance";
                instance.will(changed, Effect::Say(message.to_owned(), "configuration change"));
            }
            instance.will(changed, Effect::Apply);
            instance.will(changed, status("backing-up"));
            instance.will(changed, Effect::BackUp);
            instance.will(changed, status(&back));
        }
    } else if monitoring {
        instance.will(begins, status("configuring-enhanced-monitoring"));
        instance.will(changed, status(&back));
    }
    let id = instance.id.clone();
    instances::write(call, xml, &id)
}

/// What shows as pending until it is made: at once or in the maintenance window.
fn pending(form: &Form, now: &Settings) -> Answer<Vec<Pending>> {
    let mut changes = Vec::new();
    changes.extend(form.owned("DBInstanceClass").filter(|class| *class != now.class).map(Pending::Class));
    let version = form.owned("EngineVersion").filter(|version| *version != now.engine_version);
    changes.extend(version.map(Pending::EngineVersion));
    if let Some(gib) = form.number("AllocatedStorage")?.filter(|gib| *gib != now.allocated_gib) {
        if gib < now.allocated_gib {
            let message = format!("The storage can't shrink from {} GiB to {gib} GiB.", now.allocated_gib);
            return Err(Refused::combination(message));
        }
        changes.push(Pending::Storage(gib));
    }
    let kind = form.owned("StorageType").filter(|kind| *kind != now.storage_type);
    changes.extend(kind.map(Pending::StorageType));
    changes.extend(form.number("Iops")?.filter(|iops| now.iops != Some(*iops)).map(Pending::Iops));
    let throughput =
        form.number("StorageThroughput")?.filter(|throughput| now.throughput != Some(*throughput));
    changes.extend(throughput.map(Pending::Throughput));
    let days = settings::backup_days(form)?.filter(|days| *days != now.backup_days);
    changes.extend(days.map(Pending::BackupDays));
    changes.extend(form.truth("MultiAZ")?.filter(|multi| *multi != now.multi_az).map(Pending::MultiAz));
    let ca = form.owned("CACertificateIdentifier").filter(|ca| now.ca.as_ref() != Some(ca));
    changes.extend(ca.map(Pending::Ca));
    let iam = form.truth("EnableIAMDatabaseAuthentication")?.filter(|iam| *iam != now.iam_authentication);
    changes.extend(iam.map(Pending::Iam));
    Ok(changes)
}

/// What RDS changes at once, whether asked to or not.
fn at_once(form: &Form, settings: &mut Settings) -> Answer<()> {
    if let Some(protected) = form.truth("DeletionProtection")? {
        settings.deletion_protection = protected;
    }
    if let Some(copy) = form.truth("CopyTagsToSnapshot")? {
        settings.copy_tags = copy;
    }
    if let Some(auto) = form.truth("AutoMinorVersionUpgrade")? {
        settings.auto_minor_upgrade = auto;
    }
    if let Some(window) = form.owned("PreferredBackupWindow") {
        settings.backup_window = Some(window);
    }
    if let Some(window) = form.owned("PreferredMaintenanceWindow") {
        settings.maintenance_window = Some(window);
    }
    if let Some(most) = form.number("MaxAllocatedStorage")? {
        if most < settings.allocated_gib {
            let message = format!("Max storage size must be greater than {} GiB.", settings.allocated_gib);
            return Err(Refused::combination(message));
        }
        settings.max_allocated_gib = Some(most);
    }
    monitoring(form, settings)?;
    insights(form, settings)
}

fn monitoring(form: &Form, settings: &mut Settings) -> Answer<()> {
    let Some(seconds) = form.number("MonitoringInterval")? else { return Ok(()) };
    if ![0, 1, 5, 10, 15, 30, 60].contains(&seconds) {
        let message =
            format!("Invalid monitoring interval: {seconds}. Valid values are 0, 1, 5, 10, 15, 30 and 60.");
        return Err(Refused::value(message));
    }
    let role = form.owned("MonitoringRoleArn").or_else(|| settings.monitoring_role.clone());
    if seconds > 0 && role.is_none() {
        let message =
            "A MonitoringRoleARN value is required if you specify a MonitoringInterval value other than 0.";
        return Err(Refused::combination(message));
    }
    settings.monitoring_seconds = seconds;
    settings.monitoring_role = role.filter(|_| seconds > 0);
    Ok(())
}

fn insights(form: &Form, settings: &mut Settings) -> Answer<()> {
    let (key, days) =
        (form.owned("PerformanceInsightsKMSKeyId"), form.number("PerformanceInsightsRetentionPeriod")?);
    match form.truth("EnablePerformanceInsights")? {
        Some(true) => {
            settings.insights = true;
            settings.insights_key = key.or_else(|| settings.insights_key.take());
            settings.insights_days = days.or(settings.insights_days).or(Some(7));
        }
        Some(false) => {
            settings.insights = false;
            settings.insights_key = None;
            settings.insights_days = None;
        }
        None if (key.is_some() || days.is_some()) && !settings.insights => {
            let message = "Performance Insights isn't enabled: its key and its retention can't be set.";
            return Err(Refused::combination(message));
        }
        None => settings.insights_days = days.or(settings.insights_days),
    }
    Ok(())
}

/// The secret that RDS keeps the master password in from now on, when it is asked to.
fn managed_secret(form: &Form, region: &str, resource_id: &str) -> Answer<Option<String>> {
    let managed = form.truth("ManageMasterUserPassword")?.unwrap_or_default();
    let name = made_id("", resource_id).to_lowercase();
    Ok(managed.then(|| format!("arn:aws:secretsmanager:{region}:{PRACTICE_ACCOUNT}:secret:rds!db-{name}")))
}
