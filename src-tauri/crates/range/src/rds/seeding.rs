//! What the code that sets a scenario up calls, and tests that judge without RDS: no HTTP, no waiting, no faults.
//!
//! A region that the range doesn't have is left alone: nothing is added to it.

use super::Rds;
use super::model::{
    AutomatedBackup, Instance, Key, OptionGroup, ParameterGroup, Proxy, Snapshot, SubnetGroup,
};
use super::region::Region;
use jiff::Timestamp;

impl Rds {
    fn seed<R>(&self, region: &str, change: impl FnOnce(&mut Region, Timestamp) -> R) -> Option<R> {
        self.with(|account, now| account.regions.get_mut(region).map(|region| change(region, now)))
    }

    /// Adds an instance. The security groups that it names are there from then on.
    pub fn add_instance(&self, region: &str, instance: Instance) {
        self.seed(region, |region, _| {
            region.security_groups.extend(instance.settings.security_groups.iter().cloned());
            region.instances.push(instance);
        });
    }

    /// Adds a snapshot.
    pub fn add_snapshot(&self, region: &str, snapshot: Snapshot) {
        self.seed(region, |region, _| region.snapshots.push(snapshot));
    }

    /// Adds the automated backups of an instance: of a living one, retained ones of a deleted one, or those
    /// replicated from another region.
    pub fn add_automated_backup(&self, region: &str, backup: AutomatedBackup) {
        self.seed(region, |region, _| region.backups.push(backup));
    }

    /// Adds a DB subnet group.
    pub fn add_subnet_group(&self, region: &str, group: SubnetGroup) {
        self.seed(region, |region, _| region.subnet_groups.push(group));
    }

    /// Adds a DB parameter group.
    pub fn add_parameter_group(&self, region: &str, group: ParameterGroup) {
        self.seed(region, |region, _| region.parameter_groups.push(group));
    }

    /// Adds an option group.
    pub fn add_option_group(&self, region: &str, group: OptionGroup) {
        self.seed(region, |region, _| region.option_groups.push(group));
    }

    /// Adds a VPC security group that instances of the region may be in.
    pub fn add_security_group(&self, region: &str, id: &str) {
        self.seed(region, |region, _| region.security_groups.push(id.to_owned()));
    }

    /// Adds a key, or replaces the one with its ARN.
    pub fn add_key(&self, region: &str, key: Key) {
        self.seed(region, |region, _| {
            region.keys.retain(|known| known.arn != key.arn);
            region.keys.push(key);
        });
    }

    /// Adds a proxy.
    pub fn add_proxy(&self, region: &str, proxy: Proxy) {
        self.seed(region, |region, _| region.proxies.push(proxy));
    }

    /// Records what happened to an instance, such as `Finished DB Instance backup` of the category `backup`. Events
    /// are added oldest first.
    pub fn add_event(&self, region: &str, at: Timestamp, instance: &str, message: &str, category: &str) {
        self.seed(region, |region, _| region.say(at, instance, message, category));
    }

    /// Deletes an instance as if somebody had, without asking: it is gone at once. Its automated backups are retained
    /// to this moment, or deleted with its automated snapshots. Manual snapshots and copies in other regions stay.
    /// The database behind it is stopped.
    pub fn delete_instance_behind(&self, region: &str, id: &str, retain_backups: bool) {
        self.with(|account, now| {
            let Some(kept) = account.regions.get_mut(region) else { return };
            let Ok(instance) = kept.instance(id).cloned() else { return };
            kept.instances.retain(|known| known.resource_id != instance.resource_id);
            kept.say(now, &instance.id, "DB instance deleted", "deletion");
            account.chores.extend(instance.database.map(super::course::Chore::Stop));
            account.end_backups(region, &instance.resource_id, retain_backups, now);
        });
    }

    /// Takes a region away as an outage does: its RDS and its KMS answer 503 from now on, its databases stop, and
    /// what other regions have of it ends at what had got there.
    pub fn remove_region(&self, region: &str) {
        self.with(|account, now| {
            let Some(lost) = account.regions.get_mut(region) else { return };
            lost.lost = true;
            let databases: Vec<_> =
                lost.instances.iter_mut().filter_map(|known| known.database.take()).collect();
            account.chores.extend(databases.into_iter().map(super::course::Chore::Stop));
            let reached = now.checked_sub(account.pace.lag()).unwrap_or(now);
            let replicated = account.regions.values_mut().flat_map(|other| &mut other.backups);
            for backup in replicated.filter(|backup| backup.source_region == region) {
                backup.latest.get_or_insert(reached);
            }
        });
    }

    /// Whether an instance of this identifier answers in any region.
    pub(crate) fn serves_anywhere(&self, id: &str) -> bool {
        self.with(|account, _| {
            let living = account.regions.values().filter(|region| !region.lost);
            living
                .flat_map(|region| &region.instances)
                .any(|known| known.id == id && known.status == "available")
        })
    }

    /// The instances of a region as they are now, by their identifiers.
    pub fn instances(&self, region: &str) -> Vec<Instance> {
        let mut instances = self.seed(region, |region, _| region.instances.clone()).unwrap_or_default();
        instances.sort_by(|a, b| a.id.cmp(&b.id));
        instances
    }

    /// The snapshots of a region as they are now.
    pub fn snapshots(&self, region: &str) -> Vec<Snapshot> {
        self.seed(region, |region, _| region.snapshots.clone()).unwrap_or_default()
    }

    /// The automated backups of a region as they are now.
    pub fn automated_backups(&self, region: &str) -> Vec<AutomatedBackup> {
        self.seed(region, |region, _| region.backups.clone()).unwrap_or_default()
    }
}

impl super::Account {
    /// What becomes of the automated backups of an instance that is deleted.
    pub(super) fn end_backups(&mut self, region: &str, resource_id: &str, retain: bool, now: Timestamp) {
        if !retain && let Some(region) = self.regions.get_mut(region) {
            region.backups.retain(|backup| backup.resource_id != resource_id);
            region.snapshots.retain(|snapshot| {
                snapshot.resource_id != resource_id || snapshot.kind != action::port::SnapshotKind::Automated
            });
        }
        let all = self.regions.values_mut().flat_map(|region| &mut region.backups);
        all.filter(|backup| backup.resource_id == resource_id).for_each(|backup| backup.retain(now));
    }
}
