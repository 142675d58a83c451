//! What one region keeps, and how things there are found.

use action::environment::PRACTICE_ACCOUNT;
use jiff::Timestamp;

use super::errors::{Answer, Refused};
use super::model::{
    AutomatedBackup, Event, Instance, Key, KeyStatus, OptionGroup, ParameterGroup, Proxy, Snapshot,
    SubnetGroup, own_arn,
};

/// The region's VPC.
pub(super) const DEFAULT_SECURITY_GROUP: &str = "sg-0default0practice0";

/// What one region keeps.
#[derive(Debug)]
pub(super) struct Region {
    pub(super) name: String,
    /// Whether it is out of reach.
    pub(super) lost: bool,
    pub(super) instances: Vec<Instance>,
    pub(super) snapshots: Vec<Snapshot>,
    pub(super) backups: Vec<AutomatedBackup>,
    pub(super) subnet_groups: Vec<SubnetGroup>,
    pub(super) parameter_groups: Vec<ParameterGroup>,
    pub(super) option_groups: Vec<OptionGroup>,
    pub(super) security_groups: Vec<String>,
    pub(super) proxies: Vec<Proxy>,
    pub(super) keys: Vec<Key>,
    pub(super) events: Vec<Event>,
}

impl Region {
    /// A region with nothing but what AWS puts there by itself.
    pub(super) fn new(name: &str, now: Timestamp) -> Self {
        let zones = ["a", "b", "c"].map(|zone| format!("{name}{zone}"));
        let aws_key = Key {
            managed_by_aws: true,
            ..Key::new(name, "00000000-0000-0000-0000-000000000000", Some("alias/aws/rds"), now)
        };
        let families = [("mysql", "8.0"), ("mysql", "8.4")];
        Self {
            name: name.to_owned(),
            lost: false,
            instances: Vec::new(),
            snapshots: Vec::new(),
            backups: Vec::new(),
            subnet_groups: vec![SubnetGroup {
                name: "default".to_owned(),
                description: "default".to_owned(),
                vpc: format!("vpc-0practice-{name}"),
                zones: zones.into(),
            }],
            parameter_groups: families
                .iter()
                .map(|(engine, version)| ParameterGroup {
                    name: format!("default.{engine}{version}"),
                    family: format!("{engine}{version}"),
                    description: format!("Default parameter group for {engine}{version}"),
                })
                .collect(),
            option_groups: families
                .iter()
                .map(|(engine, version)| OptionGroup {
                    name: format!("default:{engine}-{}", version.replace('.', "-")),
                    engine: (*engine).to_owned(),
                    major_version: (*version).to_owned(),
                    description: format!("Default option group for {engine} {version}"),
                })
                .collect(),
            security_groups: vec![DEFAULT_SECURITY_GROUP.to_owned()],
            proxies: Vec::new(),
            keys: vec![aws_key],
            events: Vec::new(),
        }
    }

    /// An instance by its identifier or its ARN, whatever the case.
    pub(super) fn instance(&self, id: &str) -> Answer<&Instance> {
        let found = self.instances.iter().find(|instance| self.is_named(instance, id));
        found.ok_or_else(|| Refused::no_instance(id))
    }

    pub(super) fn instance_mut(&mut self, id: &str) -> Answer<&mut Instance> {
        let at = self.instances.iter().position(|instance| self.is_named(instance, id));
        at.and_then(|at| self.instances.get_mut(at)).ok_or_else(|| Refused::no_instance(id))
    }

    fn is_named(&self, instance: &Instance, id: &str) -> bool {
        instance.id.eq_ignore_ascii_case(id) || own_arn(&self.name, "db", &instance.id) == id
    }

    /// The same by what stays through renames.
    pub(super) fn by_resource(&mut self, resource_id: &str) -> Option<&mut Instance> {
        self.instances.iter_mut().find(|instance| instance.resource_id == resource_id)
    }

    /// A snapshot of this account by its identifier, or any by its ARN.
    pub(super) fn snapshot(&self, id: &str) -> Answer<&Snapshot> {
        let found = self.snapshots.iter().find(|snapshot| {
            snapshot.is_own() && snapshot.id.eq_ignore_ascii_case(id) || snapshot.arn(&self.name) == id
        });
        found.ok_or_else(|| Refused::no_snapshot(id))
    }

    pub(super) fn snapshot_mut(&mut self, id: &str) -> Answer<&mut Snapshot> {
        let arn = self.snapshot(id)?.arn(&self.name);
        let Self { name, snapshots, .. } = self;
        let found = snapshots.iter_mut().find(|snapshot| snapshot.arn(name) == arn);
        found.ok_or_else(|| Refused::no_snapshot(id))
    }

    /// Whether an identifier is free for a new instance: no instance has it or is about to get it.
    pub(super) fn check_free(&self, id: &str) -> Answer<()> {
        let taken =
            self.instances.iter().any(|instance| instance.id == id || instance.new_name() == Some(id));
        let refused =
            || Refused::new(400, "DBInstanceAlreadyExists", format!("DB instance {id} already exists"));
        if taken { Err(refused()) } else { Ok(()) }
    }

    /// A key by its id, its ARN, its alias, or its alias's ARN.
    pub(super) fn key(&self, id: &str) -> Option<&Key> {
        let alias_arn = format!("arn:aws:kms:{}:{PRACTICE_ACCOUNT}:", self.name);
        let name = id.strip_prefix(&alias_arn).filter(|name| name.starts_with("alias/")).unwrap_or(id);
        self.keys.iter().find(|key| key.arn == id || key.id() == id || key.alias.as_deref() == Some(name))
    }

    /// The ARN of a key that can be used, or RDS's refusal.
    pub(super) fn usable_key(&self, id: &str) -> Answer<String> {
        match self.key(id) {
            Some(key) if key.status == KeyStatus::Enabled => Ok(key.arn.clone()),
            _ => Err(Refused::key(id)),
        }
    }

    /// Records an event of an instance.
    pub(super) fn say(&mut self, at: Timestamp, instance: &str, message: impl Into<String>, category: &str) {
        record(&mut self.events, at, ("db-instance", instance), message.into(), category);
    }

    /// Records an event of a snapshot.
    pub(super) fn say_snapshot(
        &mut self,
        at: Timestamp,
        snapshot: &str,
        message: impl Into<String>,
        category: &str,
    ) {
        record(&mut self.events, at, ("db-snapshot", snapshot), message.into(), category);
    }
}

/// Adds an event, when the fields of a region are borrowed apart.
pub(super) fn record(
    events: &mut Vec<Event>,
    at: Timestamp,
    (source_type, source): (&'static str, &str),
    message: String,
    category: &str,
) {
    let number = events.last().map_or(0, |event| event.number + 1);
    let category = category.to_owned();
    events.push(Event { at, number, source_type, source: source.to_owned(), message, category });
}
