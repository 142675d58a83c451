//! Describing and taking snapshots.

use action::port::SnapshotKind;

use super::super::course::Chore;
use super::super::errors::{Answer, Refused};
use super::super::form::passes;
use super::super::model::{Effect, Snapshot, kind_word};
use super::super::xml::Xml;
use super::{Call, describe, settings};

pub(super) const PARAMS: &[&str] = &[
    "DBInstanceIdentifier",
    "DBSnapshotIdentifier",
    "SnapshotType",
    "Filters",
    "MaxRecords",
    "Marker",
    "IncludeShared",
    "IncludePublic",
    "DbiResourceId",
];
pub(super) const CREATE_PARAMS: &[&str] = &["DBSnapshotIdentifier", "DBInstanceIdentifier", "Tags"];

/// How long a snapshot takes RDS, in seconds.
const SNAPSHOT: u32 = 120;

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now) = (call.form, call.now);
    let filters =
        form.filters(&["db-instance-id", "db-snapshot-id", "dbi-resource-id", "snapshot-type", "engine"])?;
    let kind = form.text("SnapshotType");
    if let Some(kind) =
        kind.filter(|kind| !["manual", "automated", "awsbackup", "shared", "public"].contains(kind))
    {
        return Err(Refused::value(format!("Invalid snapshot type: {kind}")));
    }
    let shared = form.truth("IncludeShared")?.unwrap_or_default();
    let (id, instance, resource) =
        (form.text("DBSnapshotIdentifier"), form.text("DBInstanceIdentifier"), form.text("DbiResourceId"));
    let region = call.region()?;
    let named = match id {
        Some(id) => vec![region.snapshot(id)?],
        None => region.snapshots.iter().collect(),
    };
    let passing = named.into_iter().filter(|snapshot| {
        let wanted = match kind {
            Some(kind) => kind_word(snapshot.kind) == kind,
            None => match snapshot.kind {
                SnapshotKind::Manual | SnapshotKind::Automated => true,
                SnapshotKind::Shared => shared || id.is_some(),
                SnapshotKind::AwsBackup => id.is_some(),
            },
        };
        wanted
            && instance.is_none_or(|id| snapshot.instance.eq_ignore_ascii_case(id))
            && resource.is_none_or(|id| snapshot.resource_id == id)
            && passes(&filters, |name| match name {
                "db-instance-id" => vec![snapshot.instance.clone()],
                "db-snapshot-id" => vec![snapshot.id.clone(), snapshot.arn(&region.name)],
                "dbi-resource-id" => vec![snapshot.resource_id.clone()],
                "snapshot-type" => vec![kind_word(snapshot.kind).to_owned()],
                _ => vec![snapshot.settings.engine.clone()],
            })
    });
    let (page, marker) = form.page(passing.collect(), |snapshot| snapshot.arn(&region.name))?;
    xml.list("DBSnapshots", "DBSnapshot", page, |xml, snapshot| {
        describe::snapshot(xml, region, snapshot, now)
    });
    xml.some("Marker", marker);
    Ok(())
}

pub(super) fn attributes(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let id = call.form.required("DBSnapshotIdentifier")?;
    let snapshot = call.region()?.snapshot(id)?;
    xml.within("DBSnapshotAttributesResult", |xml| {
        xml.text("DBSnapshotIdentifier", &snapshot.id);
        xml.list("DBSnapshotAttributes", "DBSnapshotAttribute", ["restore"], |xml, name| {
            xml.text("AttributeName", name);
            xml.texts("AttributeValues", "AttributeValue", &snapshot.restorable_by);
        });
    });
    Ok(())
}

pub(super) fn create(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let id = settings::identifier("DBSnapshotIdentifier", call.form.required("DBSnapshotIdentifier")?)?;
    let instance = call.form.required("DBInstanceIdentifier")?;
    let ends = call.after(SNAPSHOT);
    let instance = call.region_mut()?.instance_mut(instance)?;
    if !instance.is_steady() {
        return Err(Refused::instance_state(&instance.id, &instance.status));
    }
    let before = std::mem::replace(&mut instance.status, "backing-up".to_owned());
    instance.will(ends, Effect::Status(before));
    let resource_id = instance.resource_id.clone();
    if let Err(refused) = take(call, &id, &resource_id) {
        let instance = call.region_mut()?.by_resource(&resource_id);
        instance.into_iter().for_each(|instance| {
            instance.course.clear();
            instance.status = "available".to_owned();
        });
        return Err(refused);
    }
    write(call, xml, &id)
}

/// Begins a manual snapshot of an instance; nothing further happens to the instance until its backup is taken.
pub(super) fn take(call: &mut Call<'_>, id: &str, resource_id: &str) -> Answer<()> {
    let (now, ends) = (call.now, call.after(SNAPSHOT));
    let tags = call.form.tags();
    let region = call.region_mut()?;
    check_free(region, id)?;
    let name = region.name.clone();
    let Some(instance) = region.by_resource(resource_id) else {
        return Err(Refused::no_instance(resource_id));
    };
    let mut snapshot = Snapshot::new(id, SnapshotKind::Manual, instance, now);
    snapshot.making = (now, ends);
    let copied = instance.settings.copy_tags.then(|| instance.settings.tags.clone());
    snapshot.tags = tags.or(copied).unwrap_or_default();
    let chore = instance.database.map(|database| Chore::Snapshot {
        region: name,
        resource_id: resource_id.to_owned(),
        snapshot: id.to_owned(),
        database,
    });
    snapshot.working = chore.is_some();
    instance.working |= chore.is_some();
    region.snapshots.push(snapshot);
    region.say_snapshot(now, id, "Creating manual snapshot", "creation");
    call.account.chores.extend(chore);
    Ok(())
}

/// Refuses an identifier that a snapshot of this account has.
pub(super) fn check_free(region: &super::Region, id: &str) -> Answer<()> {
    match region.snapshot(id) {
        Ok(_) => {
            let message = format!(
                "Cannot create the snapshot because a snapshot with the identifier {id} already exists."
            );
            Err(Refused::new(400, "DBSnapshotAlreadyExists", message))
        }
        Err(_) => Ok(()),
    }
}

/// Writes the snapshot that an operation was about.
pub(super) fn write(call: &Call<'_>, xml: &mut Xml, id: &str) -> Answer<()> {
    let now = call.now;
    let region = call.region()?;
    let snapshot = region.snapshot(id)?;
    xml.within("DBSnapshot", |xml| describe::snapshot(xml, region, snapshot, now));
    Ok(())
}
