//! What RDS does with what it is asked, and as time passes.

use std::collections::VecDeque;

use jiff::SignedDuration;

use super::{KEY, Living, Region, State, Step, answer};
use crate::port::*;

impl State {
    pub(crate) fn region(&mut self, name: &str) -> &mut Region {
        self.regions.get_mut(name).unwrap()
    }

    pub(crate) fn instance(&mut self, region: &str, id: &str) -> Option<&mut Living> {
        self.region(region).instances.iter_mut().find(|living| living.is.id == id)
    }

    /// Puts an instance there, available, with its backups of a week and its groups.
    pub(crate) fn put(&mut self, region: &str, id: &str, settings: Settings) -> Instance {
        let resource_id = self.resource_id();
        let is = Instance {
            id: id.to_owned(),
            arn: format!("arn:aws:rds:{region}:000000000000:db:{id}"),
            resource_id: resource_id.clone(),
            status: "available".to_owned(),
            endpoint: Some(Endpoint { address: format!("{id}.example.test"), port: settings.port }),
            encrypted: true,
            kms_key: Some(KEY.to_owned()),
            created: Some(self.now - SignedDuration::from_hours(24 * 300)),
            latest_restorable: Some(self.now - SignedDuration::from_secs(305)),
            pending: Vec::new(),
            replicas: Vec::new(),
            managed_secret: None,
            settings: settings.clone(),
        };
        let backup = AutomatedBackup {
            arn: format!("arn:aws:rds:{region}:000000000000:auto-backup:{resource_id}"),
            instance: id.to_owned(),
            resource_id,
            status: "active".to_owned(),
            region: region.to_owned(),
            source_region: region.to_owned(),
            earliest: Some(self.now - SignedDuration::from_hours(24 * 7)),
            latest: is.latest_restorable,
            encrypted: true,
            kms_key: is.kms_key.clone(),
            settings: Settings::default(),
        };
        let groups = [
            (GroupKind::Subnet, settings.subnet_group),
            (GroupKind::Parameter, settings.parameter_group),
            (GroupKind::Option, settings.option_group),
        ];
        let place = self.region(region);
        place.groups.extend(groups.into_iter().filter_map(|(kind, name)| Some((kind, name?))));
        place.keys.insert(KEY.to_owned(), enabled(KEY));
        place.instances.push(Living { is: is.clone(), ahead: VecDeque::new() });
        place.backups.push(backup);
        is
    }

    fn resource_id(&mut self) -> String {
        self.made += 1;
        format!("db-{:08}", self.made)
    }

    /// Time passes.
    pub(super) fn pass(&mut self) {
        self.now += SignedDuration::from_secs(20);
        let now = self.now;
        for region in self.regions.values_mut() {
            let mut said = Vec::new();
            for living in &mut region.instances {
                match living.ahead.pop_front() {
                    Some(Step::Status(status)) => living.is.status = status.to_owned(),
                    Some(Step::Named(name)) => {
                        living.is.id = name;
                        living.is.pending.clear();
                    }
                    Some(Step::Set(change)) => set(&mut living.is, &change),
                    Some(Step::Gone) => living.is.status = "gone".to_owned(),
                    Some(Step::Event(message)) => said
                        .push((living.is.id.clone(), InstanceEvent { at: now, message: message.to_owned() })),
                    None => {}
                }
            }
            region.events.extend(said);
            region.instances.retain(|living| living.is.status != "gone");
            for snapshot in region.snapshots.iter_mut().filter(|snapshot| snapshot.status == "creating") {
                snapshot.percent = (snapshot.percent + 50).min(100);
                if snapshot.percent == 100 {
                    snapshot.status = "available".to_owned();
                }
            }
        }
    }

    pub(super) fn restore(
        &mut self,
        region: &str,
        order: &RestoreOrder,
    ) -> Result<Answer<Instance>, PortErrorKind> {
        if self.instance(region, &order.target).is_some() {
            return Err(PortErrorKind::Exists);
        }
        let place = self.region(region);
        let key = match &order.from {
            RestoreFrom::Snapshot(id) => {
                let snapshot = place.snapshots.iter().find(|s| s.id == *id || s.arn == *id);
                let snapshot = snapshot.ok_or(PortErrorKind::NotFound)?;
                if snapshot.status != "available" {
                    return Err(PortErrorKind::Busy);
                }
                snapshot.kms_key.clone()
            }
            RestoreFrom::Backups { source, .. } => match source {
                BackupSource::Instance(id) => {
                    let living = place.instances.iter().find(|living| living.is.id == *id);
                    living.ok_or(PortErrorKind::NotFound)?.is.kms_key.clone()
                }
                BackupSource::Resource(id) => {
                    let backup = place.backups.iter().find(|backup| backup.resource_id == *id);
                    backup.ok_or(PortErrorKind::NotFound)?.kms_key.clone()
                }
                BackupSource::Replica(arn) => {
                    let backup = place.backups.iter().find(|backup| backup.arn == *arn);
                    backup.ok_or(PortErrorKind::NotFound)?.kms_key.clone()
                }
            },
        };
        let settings = Settings {
            backup_days: 1,
            backup_window: Some("00:00-00:30".to_owned()),
            maintenance_window: Some("mon:00:00-mon:00:30".to_owned()),
            monitoring_seconds: 0,
            monitoring_role: None,
            insights: false,
            insights_key: None,
            insights_days: None,
            max_allocated_gib: None,
            ..order.settings.clone()
        };
        let mut is = self.put(region, &order.target, settings);
        is.status = "creating".to_owned();
        is.kms_key.clone_from(&key);
        is.created = Some(self.now);
        let usual = ["creating", "backing-up", "available"].map(Step::Status).into();
        let ahead = self.making.clone().unwrap_or(usual).into();
        if let Some(living) = self.instance(region, &order.target) {
            *living = Living { is: is.clone(), ahead };
        }
        let at = self.now;
        let said = InstanceEvent { at, message: "Restored from DB instance portal.".to_owned() };
        self.region(region).events.push((order.target.clone(), said));
        Ok(answer(is))
    }

    pub(super) fn modify(
        &mut self,
        region: &str,
        id: &str,
        change: &Change,
    ) -> Result<Answer<Instance>, PortErrorKind> {
        let taken = change.rename.as_ref().is_some_and(|name| self.instance(region, name).is_some());
        let living = self.instance(region, id).ok_or(PortErrorKind::NotFound)?;
        if taken {
            return Err(PortErrorKind::Exists);
        }
        if living.is.status != "available" || !living.ahead.is_empty() {
            return Err(PortErrorKind::Busy);
        }
        let rest = Change { rename: None, ..change.clone() };
        if rest != Change::default() {
            living.ahead.extend([Step::Status("modifying"), Step::Set(Box::new(rest))]);
        }
        if let Some(name) = &change.rename {
            let steps = [
                Step::Status("available"),
                Step::Status("renaming"),
                Step::Named(name.clone()),
                Step::Status("rebooting"),
            ];
            living.ahead.extend(steps);
            living.is.pending.push("identifier".to_owned());
        }
        living.ahead.push_back(Step::Status("available"));
        Ok(answer(living.is.clone()))
    }
}

pub(crate) fn enabled(key: &str) -> KeyState {
    KeyState { arn: key.to_owned(), state: "Enabled".to_owned(), deletion: None }
}

fn set(is: &mut Instance, change: &Change) {
    let s = &mut is.settings;
    s.deletion_protection = change.deletion_protection.unwrap_or(s.deletion_protection);
    s.backup_days = change.backup_days.unwrap_or(s.backup_days);
    s.multi_az = change.multi_az.unwrap_or(s.multi_az);
    s.backup_window = change.backup_window.clone().or(s.backup_window.take());
    s.maintenance_window = change.maintenance_window.clone().or(s.maintenance_window.take());
    s.max_allocated_gib = change.max_allocated_gib.or(s.max_allocated_gib);
    if let Some((seconds, role)) = &change.monitoring {
        (s.monitoring_seconds, s.monitoring_role) = (*seconds, role.clone());
    }
    if let Some((on, key, days)) = &change.insights {
        (s.insights, s.insights_key, s.insights_days) = (*on, key.clone(), *days);
    }
    if change.managed_password {
        is.managed_secret = Some("arn:aws:secretsmanager:us-east-1:000000000000:secret:new".to_owned());
    }
}
