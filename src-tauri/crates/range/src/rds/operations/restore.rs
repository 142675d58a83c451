//! Making new instances from automated backups and snapshots.

use action::port::{Settings, SnapshotKind};
use jiff::Timestamp;

use super::super::behind::BackupId;
use super::super::course::Chore;
use super::super::errors::{Answer, Refused};
use super::super::model::{AutomatedBackup, Effect, Instance};
use super::super::xml::Xml;
use super::{Call, instances, settings};

/// How many instances an account has in a region at most.
const QUOTA: usize = 40;
/// When, in seconds since the request, RDS goes on to the next state.
const MADE: u32 = 360;
const BACKED_UP: u32 = 480;
const DONE: u32 = 600;

pub(super) const POINT_PARAMS: &[&str] = &with(
    settings::COMMON,
    [
        "TargetDBInstanceIdentifier",
        "SourceDBInstanceIdentifier",
        "SourceDbiResourceId",
        "SourceDBInstanceAutomatedBackupsArn",
        "RestoreTime",
        "UseLatestRestorableTime",
        "MaxAllocatedStorage",
    ],
);
pub(super) const SNAPSHOT_PARAMS: &[&str] =
    &with(settings::COMMON, ["DBInstanceIdentifier", "DBSnapshotIdentifier", "", "", "", "", ""]);

/// The names that both restores take, and one's own.
const fn with(common: [&'static str; 26], own: [&'static str; 7]) -> [&'static str; 33] {
    let mut all = [""; 33];
    let mut at = 0;
    while at < all.len() {
        all[at] = if at < common.len() { common[at] } else { own[at - common.len()] };
        at += 1;
    }
    all
}

pub(super) fn to_point_in_time(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let id =
        settings::identifier("TargetDBInstanceIdentifier", form.required("TargetDBInstanceIdentifier")?)?;
    let latest = form.truth("UseLatestRestorableTime")?.unwrap_or_default();
    let time = match (form.time("RestoreTime")?, latest) {
        (Some(_), true) => {
            let message = "RestoreTime and UseLatestRestorableTime cannot both be specified.";
            return Err(Refused::combination(message));
        }
        (None, false) => {
            let message = "Either RestoreTime or UseLatestRestorableTime must be specified.";
            return Err(Refused::combination(message));
        }
        (time, _) => time,
    };
    let backup = source(call)?;
    let (earliest, newest) = backup.window(call.now, call.account.pace);
    let at = time.unwrap_or(newest);
    if at > newest {
        let message = format!("The specified instance cannot be restored to a time later than {newest}.");
        return Err(Refused::value(message));
    }
    if at < earliest {
        let message = format!(
            "The specified instance cannot be restored to a time earlier than {earliest} because its backup retention \
             period is set to {} days.",
            backup.settings.backup_days
        );
        return Err(Refused::value(message));
    }
    let from = backup.base(at).map(|base| (base, Some(at)));
    let mut set_up = settings::restored(form, &backup.settings, call.region()?)?;
    for (key, value) in &backup.settings.tags {
        set_up.tags.entry(key.clone()).or_insert_with(|| value.clone());
    }
    let message = format!("Restored from DB instance {} to {at}", backup.instance);
    let mut instance = Instance::new(call.region, &id, set_up, call.now);
    instance.kms_key = backup.kms_key;
    instance.master_user = backup.master_user;
    make(call, instance, from, message)?;
    instances::write(call, xml, &id)
}

/// The backups that the request names, of which it must name exactly one.
fn source(call: &Call<'_>) -> Answer<AutomatedBackup> {
    let form = call.form;
    let (id, resource, arn) = (
        form.text("SourceDBInstanceIdentifier"),
        form.text("SourceDbiResourceId"),
        form.text("SourceDBInstanceAutomatedBackupsArn"),
    );
    let region = call.region()?;
    let of = |resource: &str| region.backups.iter().find(|backup| backup.resource_id == resource);
    let found = match (id, resource, arn) {
        (Some(id), None, None) => {
            let instance = region.instance(id)?;
            if matches!(instance.status.as_str(), "creating" | "deleting") || instance.has_failed() {
                return Err(Refused::instance_state(id, &instance.status));
            }
            of(&instance.resource_id).ok_or_else(|| {
                let message = format!("Point in time restore is not enabled for the DB instance {id}.");
                Refused::new(400, "PointInTimeRestoreNotEnabled", message)
            })
        }
        (None, Some(resource), None) => of(resource).ok_or_else(|| Refused::no_backup(resource)),
        (None, None, Some(arn)) => {
            let named = region.backups.iter().find(|backup| backup.arn(&region.name) == arn);
            named.ok_or_else(|| Refused::no_backup(arn))
        }
        _ => Err(Refused::combination(
            "Exactly one of SourceDBInstanceIdentifier, SourceDbiResourceId and SourceDBInstanceAutomatedBackupsArn \
             must be specified.",
        )),
    };
    found.cloned()
}

pub(super) fn from_snapshot(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now) = (call.form, call.now);
    let id = settings::identifier("DBInstanceIdentifier", form.required("DBInstanceIdentifier")?)?;
    let named = form.required("DBSnapshotIdentifier")?;
    let region = call.region()?;
    let snapshot = region.snapshot(named)?.clone();
    if snapshot.status(now) != "available" {
        let message = format!("The snapshot {named} is not available: it is {}.", snapshot.status(now));
        return Err(Refused::new(400, "InvalidDBSnapshotState", message));
    }
    if snapshot.kind == SnapshotKind::Shared
        && let Some(key) = &snapshot.kms_key
    {
        // An encrypted snapshot that is shared has to be copied first.
        return Err(Refused::key(key));
    }
    let mut set_up: Settings = settings::restored(form, &snapshot.settings, region)?;
    if set_up.tags.is_empty() {
        set_up.tags = snapshot.settings.tags;
    }
    let mut instance = Instance::new(call.region, &id, set_up, now);
    instance.kms_key = snapshot.kms_key;
    instance.master_user = snapshot.master_user;
    let from = snapshot.backup.map(|backup| (backup, None));
    make(call, instance, from, format!("Restored from snapshot {}", snapshot.id))?;
    instances::write(call, xml, &id)
}

/// Begins to make an instance, from a base backup when there is one.
fn make(
    call: &mut Call<'_>,
    mut instance: Instance,
    from: Option<(BackupId, Option<Timestamp>)>,
    message: String,
) -> Answer<()> {
    let (made, backed_up, done) = (call.after(MADE), call.after(BACKED_UP), call.after(DONE));
    let end = call.end.unwrap_or("available").to_owned();
    if let Some(zone) = call.form.text("AvailabilityZone") {
        instance.zone = zone.to_owned();
    }
    let region = call.region_mut()?;
    region.check_free(&instance.id)?;
    if region.instances.len() >= QUOTA {
        let message = "Request would exceed the quota of DB instances: delete test restores, or raise it in Service Quotas.";
        return Err(Refused::new(400, "InstanceQuotaExceeded", message));
    }
    if let Some(key) = &instance.kms_key {
        region.usable_key(key)?;
    }
    instance.status = "creating".to_owned();
    let status = |status: &str| Effect::Status(status.to_owned());
    if end == "available" || end == "storage-full" {
        instance.will(made, Effect::Say("DB instance created".to_owned(), "creation"));
        instance.will(made, Effect::Say(message, "restoration"));
        if instance.settings.backup_days > 0 {
            instance.will(made, status("backing-up"));
            instance.will(made, Effect::Say("Backing up DB instance".to_owned(), "backup"));
            instance.will(made, Effect::BackUp);
            instance.will(backed_up, Effect::Say("Finished DB Instance backup".to_owned(), "backup"));
        }
        if instance.settings.multi_az {
            instance.will(backed_up, status("modifying"));
        }
        instance.will(done, status(&end));
    } else {
        instance.will(made, Effect::Say(format!("The DB instance is in the state {end}"), "failure"));
        instance.will(made, status(&end));
    }
    let chore = from.map(|(backup, at)| Chore::Restore {
        region: region.name.clone(),
        resource_id: instance.resource_id.clone(),
        backup,
        at,
    });
    instance.working = chore.is_some();
    region.instances.push(instance);
    call.account.chores.extend(chore);
    Ok(())
}
