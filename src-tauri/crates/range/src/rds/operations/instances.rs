//! Describing and rebooting instances.

use super::super::errors::{Answer, Refused};
use super::super::form::passes;
use super::super::model::{Effect, own_arn};
use super::super::xml::Xml;
use super::{Call, describe};

pub(super) const PARAMS: &[&str] = &["DBInstanceIdentifier", "Filters", "Marker", "MaxRecords"];

/// How long a restart takes RDS, in seconds.
const REBOOT: u32 = 60;

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let filters = call.form.filters(&["db-instance-id", "dbi-resource-id", "engine"])?;
    let region = call.region()?;
    let named = match call.form.text("DBInstanceIdentifier") {
        Some(id) => vec![region.instance(id)?],
        None => region.instances.iter().collect(),
    };
    let passing = named.into_iter().filter(|instance| {
        passes(&filters, |name| match name {
            "db-instance-id" => vec![instance.id.clone(), own_arn(&region.name, "db", &instance.id)],
            "dbi-resource-id" => vec![instance.resource_id.clone()],
            _ => vec![instance.settings.engine.clone()],
        })
    });
    let (page, marker) = call.form.page(passing.collect(), |instance| instance.id.clone())?;
    xml.list("DBInstances", "DBInstance", page, |xml, instance| {
        describe::instance(xml, call.account, region, instance, call.now);
    });
    xml.some("Marker", marker);
    Ok(())
}

pub(super) fn reboot(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (now, ends) = (call.now, call.after(REBOOT));
    let id = call.form.required("DBInstanceIdentifier")?;
    let instance = call.region_mut()?.instance_mut(id)?;
    if !instance.is_steady() {
        return Err(Refused::instance_state(&instance.id, &instance.status));
    }
    instance.status = "rebooting".to_owned();
    instance.will(now, Effect::Say("DB instance shutdown".to_owned(), "availability"));
    instance.will(ends, Effect::Say("DB instance restarted".to_owned(), "availability"));
    instance.will(ends, Effect::Status("available".to_owned()));
    let id = instance.id.clone();
    write(call, xml, &id)
}

/// Writes the instance that an operation was about.
pub(super) fn write(call: &Call<'_>, xml: &mut Xml, id: &str) -> Answer<()> {
    let region = call.region()?;
    let instance = region.instance(id)?;
    xml.within("DBInstance", |xml| describe::instance(xml, call.account, region, instance, call.now));
    Ok(())
}
