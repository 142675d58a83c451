//! Describing the groups that a restore names.

use super::super::errors::{Answer, Refused};
use super::super::model::own_arn;
use super::super::xml::Xml;
use super::{Call, describe, settings};

pub(super) const SUBNET_PARAMS: &[&str] = &["DBSubnetGroupName", "MaxRecords", "Marker"];
pub(super) const PARAMETER_PARAMS: &[&str] = &["DBParameterGroupName", "MaxRecords", "Marker"];
pub(super) const OPTION_PARAMS: &[&str] =
    &["OptionGroupName", "EngineName", "MajorEngineVersion", "MaxRecords", "Marker"];

/// Those of a name, which must be there, or all.
fn named<'a, T>(
    all: &'a [T],
    name: Option<&str>,
    of: impl Fn(&T) -> &str,
    missing: fn(&str) -> Refused,
) -> Answer<Vec<&'a T>> {
    let Some(name) = name else { return Ok(all.iter().collect()) };
    let found = all.iter().find(|group| of(group).eq_ignore_ascii_case(name));
    found.map(|group| vec![group]).ok_or_else(|| missing(name))
}

pub(super) fn subnet(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let region = call.region()?;
    let name = form.text("DBSubnetGroupName");
    let groups = named(&region.subnet_groups, name, |group| &group.name, settings::no_subnet_group)?;
    let (page, marker) = form.page(groups, |group| group.name.clone())?;
    xml.list("DBSubnetGroups", "DBSubnetGroup", page, |xml, group| {
        describe::subnet_group(xml, &region.name, group);
    });
    xml.some("Marker", marker);
    Ok(())
}

pub(super) fn parameter(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let region = call.region()?;
    let name = form.text("DBParameterGroupName");
    let groups = named(&region.parameter_groups, name, |group| &group.name, settings::no_parameter_group)?;
    let (page, marker) = form.page(groups, |group| group.name.clone())?;
    xml.list("DBParameterGroups", "DBParameterGroup", page, |xml, group| {
        xml.text("DBParameterGroupName", &group.name);
        xml.text("DBParameterGroupFamily", &group.family);
        xml.text("Description", &group.description);
        xml.text("DBParameterGroupArn", own_arn(&region.name, "pg", &group.name));
    });
    xml.some("Marker", marker);
    Ok(())
}

pub(super) fn option(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let form = call.form;
    let region = call.region()?;
    let name = form.text("OptionGroupName");
    let mut groups = named(&region.option_groups, name, |group| &group.name, settings::no_option_group)?;
    let (engine, version) = (form.text("EngineName"), form.text("MajorEngineVersion"));
    groups.retain(|group| {
        engine.is_none_or(|engine| group.engine == engine)
            && version.is_none_or(|version| group.major_version == version)
    });
    let (page, marker) = form.page(groups, |group| group.name.clone())?;
    xml.list("OptionGroupsList", "OptionGroup", page, |xml, group| {
        xml.text("OptionGroupName", &group.name);
        xml.text("OptionGroupDescription", &group.description);
        xml.text("EngineName", &group.engine);
        xml.text("MajorEngineVersion", &group.major_version);
        xml.within("Options", |_| ());
        xml.text("AllowsVpcAndNonVpcInstanceMemberships", true);
        xml.text("OptionGroupArn", own_arn(&region.name, "og", &group.name));
    });
    xml.some("Marker", marker);
    Ok(())
}
