//! Listing and adding tags, by ARN.

use std::collections::BTreeMap;

use super::super::errors::{Answer, Refused};
use super::super::xml::Xml;
use super::Call;

pub(super) fn list(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let tags = of(call)?;
    xml.tags(tags);
    Ok(())
}

pub(super) fn add(call: &mut Call<'_>, _: &mut Xml) -> Answer<()> {
    let new = call.form.tags().ok_or_else(|| {
        Refused::new(400, "MissingParameter", "The request must contain the parameter Tags.")
    })?;
    if let Some(reserved) = new.keys().find(|key| key.starts_with("aws:") || key.starts_with("rds:")) {
        return Err(Refused::value(format!("{reserved}: keys that begin with aws: or rds: are reserved.")));
    }
    of(call)?.extend(new);
    Ok(())
}

/// The tags of the instance or the snapshot that the request names.
fn of<'a>(call: &'a mut Call<'_>) -> Answer<&'a mut BTreeMap<String, String>> {
    let arn = call.form.required("ResourceName")?;
    let mut parts = arn.splitn(7, ':').skip(3);
    let (Some(region), Some(_), Some(kind), Some(name)) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(Refused::value(format!("Invalid resource name: {arn}")));
    };
    if region != call.region {
        return Err(Refused::value(format!("Invalid resource name: {arn} is of another region.")));
    }
    let region = call.region_mut()?;
    match kind {
        "db" => Ok(&mut region.instance_mut(arn).map_err(|_| Refused::no_instance(name))?.settings.tags),
        "snapshot" => Ok(&mut region.snapshot_mut(arn)?.tags),
        other => Err(Refused::not_implemented(&format!("tags of {other}"))),
    }
}
