//! `DeleteDBInstance`.

use super::super::errors::{Answer, Refused};
use super::super::model::Effect;
use super::super::xml::Xml;
use super::{Call, instances, settings, snapshots};

pub(super) const PARAMS: &[&str] =
    &["DBInstanceIdentifier", "SkipFinalSnapshot", "FinalDBSnapshotIdentifier", "DeleteAutomatedBackups"];

/// How long deleting takes RDS, in seconds.
const DELETED: u32 = 180;

pub(super) fn delete(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now, deleted) = (call.form, call.now, call.after(DELETED));
    let id = form.required("DBInstanceIdentifier")?;
    let instance = call.region()?.instance(id)?.clone();
    if instance.settings.deletion_protection {
        let message =
            "Cannot delete protected DB Instance, please disable deletion protection and try again.";
        return Err(Refused::combination(message));
    }
    if ["creating", "deleting", "renaming", "rebooting"].contains(&instance.status.as_str()) {
        return Err(Refused::instance_state(&instance.id, &instance.status));
    }
    let skip = form.truth("SkipFinalSnapshot")?.unwrap_or_default();
    match (skip, form.text("FinalDBSnapshotIdentifier")) {
        (false, None) => {
            let message = "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.";
            return Err(Refused::combination(message));
        }
        (true, Some(_)) => {
            let message = "FinalDBSnapshotIdentifier cannot be specified when SkipFinalSnapshot is enabled.";
            return Err(Refused::combination(message));
        }
        (false, Some(_)) if instance.has_failed() => {
            return Err(Refused::instance_state(&instance.id, &instance.status));
        }
        (false, Some(name)) => {
            let name = settings::identifier("FinalDBSnapshotIdentifier", name)?;
            snapshots::take(call, &name, &instance.resource_id)?;
        }
        (true, None) => {}
    }
    let retain = !form.truth("DeleteAutomatedBackups")?.unwrap_or(true);
    let region = call.region_mut()?;
    let doomed = region.instance_mut(id)?;
    doomed.status = "deleting".to_owned();
    doomed.pending.clear();
    doomed.course.clear();
    doomed.will(deleted, Effect::Vanish);
    let name = call.region;
    call.account.end_backups(name, &instance.resource_id, retain, now);
    instances::write(call, xml, &instance.id)
}
