//! RDS's operations: one table, a file for each group.

mod backups;
mod change;
mod copy;
mod describe;
mod events;
mod groups;
mod instances;
mod orderable;
mod proxies;
mod removal;
mod restore;
mod settings;
mod snapshots;
mod tags;

use jiff::Timestamp;

use super::Account;
use super::errors::{Answer, Refused};
use super::form::Form;
use super::region::Region;
use super::xml::Xml;

/// A request being answered.
pub(super) struct Call<'a> {
    pub(super) account: &'a mut Account,
    pub(super) region: &'a str,
    pub(super) form: &'a Form,
    pub(super) now: Timestamp,
    /// The state that new instances end in, when it isn't `available`.
    pub(super) end: Option<&'a str>,
}

impl Call<'_> {
    fn region(&self) -> Answer<&Region> {
        self.account.regions.get(self.region).ok_or_else(|| Refused::no_region(self.region))
    }

    fn region_mut(&mut self) -> Answer<&mut Region> {
        self.account.regions.get_mut(self.region).ok_or_else(|| Refused::no_region(self.region))
    }

    /// How long it takes here what takes RDS so many seconds, from now on.
    fn after(&self, seconds: u32) -> Timestamp {
        self.now.checked_add(self.account.pace.of(seconds)).unwrap_or(self.now)
    }
}

/// One operation.
pub(super) struct Operation {
    name: &'static str,
    /// The parameters that it takes here; others that RDS has are 501.
    params: &'static [&'static str],
    /// Whether its answer has a result.
    pub(super) answers: bool,
    pub(super) run: fn(&mut Call<'_>, &mut Xml) -> Answer<()>,
}

impl Operation {
    /// Refuses parameters that would be ignored.
    pub(super) fn check(&self, form: &Form) -> Answer<()> {
        let known = |name: &&str| self.params.contains(name) || matches!(*name, "Action" | "Version");
        match form.names().into_iter().find(|name| !known(name)) {
            None => Ok(()),
            Some(name) => Err(Refused::not_implemented(&format!("{name} of {}", self.name))),
        }
    }
}

/// The operation of that name.
pub(super) fn find(name: &str) -> Answer<&'static Operation> {
    let found = OPERATIONS.iter().find(|operation| operation.name == name);
    found.ok_or_else(|| {
        Refused::not_implemented(if name.is_empty() { "a request without an Action" } else { name })
    })
}

const fn operation(
    name: &'static str,
    params: &'static [&'static str],
    run: fn(&mut Call<'_>, &mut Xml) -> Answer<()>,
) -> Operation {
    Operation { name, params, answers: true, run }
}

const OPERATIONS: &[Operation] = &[
    operation("DescribeDBInstances", instances::PARAMS, instances::describe),
    operation("RebootDBInstance", &["DBInstanceIdentifier"], instances::reboot),
    operation("ModifyDBInstance", change::PARAMS, change::modify),
    operation("DeleteDBInstance", removal::PARAMS, removal::delete),
    operation("DescribeDBSnapshots", snapshots::PARAMS, snapshots::describe),
    operation("DescribeDBSnapshotAttributes", &["DBSnapshotIdentifier"], snapshots::attributes),
    operation("CreateDBSnapshot", snapshots::CREATE_PARAMS, snapshots::create),
    operation("CopyDBSnapshot", copy::PARAMS, copy::copy),
    operation("DescribeDBInstanceAutomatedBackups", backups::PARAMS, backups::describe),
    operation("RestoreDBInstanceToPointInTime", restore::POINT_PARAMS, restore::to_point_in_time),
    operation("RestoreDBInstanceFromDBSnapshot", restore::SNAPSHOT_PARAMS, restore::from_snapshot),
    operation("DescribeEvents", events::PARAMS, events::describe),
    operation("ListTagsForResource", &["ResourceName"], tags::list),
    Operation { answers: false, ..operation("AddTagsToResource", &["ResourceName", "Tags"], tags::add) },
    operation("DescribeDBSubnetGroups", groups::SUBNET_PARAMS, groups::subnet),
    operation("DescribeDBParameterGroups", groups::PARAMETER_PARAMS, groups::parameter),
    operation("DescribeOptionGroups", groups::OPTION_PARAMS, groups::option),
    operation("DescribeDBProxies", &["DBProxyName", "Marker", "MaxRecords"], proxies::describe),
    operation("DescribeDBProxyTargets", &["DBProxyName", "Marker", "MaxRecords"], proxies::targets),
    operation("DescribeOrderableDBInstanceOptions", orderable::PARAMS, orderable::describe),
];
