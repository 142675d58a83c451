//! Every setting of an instance that a restore loses unless it says it again, in the order to show them.

use crate::port::Settings;

/// One setting.
pub(super) struct Field {
    /// Its name, as people read it.
    pub(super) name: &'static str,
    /// What a restore makes of it when nobody says anything (facts §2.1).
    pub(super) default: &'static str,
    /// Whether it belongs to the data: then the backup or the snapshot knows best.
    pub(super) of_data: bool,
    /// Whether no restore call takes it, so that it is applied afterwards.
    pub(super) afterwards: bool,
    /// Its value; `None` when nothing is said.
    pub(super) show: fn(&Settings) -> Option<String>,
    /// Copies it from the second to the first.
    pub(super) copy: fn(&mut Settings, &Settings),
}

const fn of_data(name: &'static str, show: Show, copy: Copy) -> Field {
    let default = "that of the backup";
    Field { name, default, of_data: true, afterwards: false, show, copy }
}

const fn ordered(name: &'static str, default: &'static str, show: Show, copy: Copy) -> Field {
    Field { name, default, of_data: false, afterwards: false, show, copy }
}

const fn after(name: &'static str, default: &'static str, show: Show, copy: Copy) -> Field {
    Field { afterwards: true, ..ordered(name, default, show, copy) }
}

type Show = fn(&Settings) -> Option<String>;
type Copy = fn(&mut Settings, &Settings);

fn text(value: &str) -> Option<String> {
    (!value.is_empty()).then(|| value.to_owned())
}

fn number(value: u32, unit: &str) -> Option<String> {
    (value > 0).then(|| format!("{value}{unit}"))
}

#[expect(clippy::unnecessary_wraps, reason = "every field is shown by a function of this type")]
fn on(value: bool) -> Option<String> {
    Some(if value { "on" } else { "off" }.to_owned())
}

fn all(values: &[String]) -> Option<String> {
    (!values.is_empty()).then(|| values.join(", "))
}

/// The name of the subnet group's field.
pub(super) const SUBNET_GROUP: &str = "subnet group";
/// The name of the parameter group's field.
pub(super) const PARAMETER_GROUP: &str = "parameter group";
/// The name of the option group's field.
pub(super) const OPTION_GROUP: &str = "option group";
/// The name of the security groups' field.
pub(super) const SECURITY_GROUPS: &str = "security groups";
/// The name of the field that says whether deleting is refused.
pub(super) const PROTECTION: &str = "deletion protection";
/// The name of the field that says whether there is a public address.
pub(super) const PUBLIC: &str = "public address";
/// The name of the field of the days that backups are kept.
pub(super) const BACKUP_DAYS: &str = "backups kept";
/// The name of Performance Insights' field.
pub(super) const INSIGHTS: &str = "performance insights";
/// The name of enhanced monitoring's field.
pub(super) const MONITORING: &str = "enhanced monitoring";
/// The name of the standby's field.
pub(super) const STANDBY: &str = "standby in another zone";
/// The name of the engine's version's field.
pub(super) const VERSION: &str = "engine version";
/// The name of the storage's field.
pub(super) const STORAGE: &str = "storage";

/// Every setting but the tags.
pub(super) const FIELDS: &[Field] = &[
    of_data("engine", |s| text(&s.engine), |to, s| to.engine.clone_from(&s.engine)),
    of_data(VERSION, |s| text(&s.engine_version), |to, s| to.engine_version.clone_from(&s.engine_version)),
    of_data(STORAGE, |s| number(s.allocated_gib, " GiB"), |to, s| to.allocated_gib = s.allocated_gib),
    ordered("class", "that of the backup", |s| text(&s.class), |to, s| to.class.clone_from(&s.class)),
    ordered(
        "storage type",
        "gp3",
        |s| text(&s.storage_type),
        |to, s| {
            to.storage_type.clone_from(&s.storage_type);
        },
    ),
    ordered("provisioned IOPS", "RDS's choice", |s| s.iops.map(|n| n.to_string()), |to, s| to.iops = s.iops),
    ordered(
        "storage throughput",
        "RDS's choice",
        |s| s.throughput.map(|n| format!("{n} MiB/s")),
        |to, s| {
            to.throughput = s.throughput;
        },
    ),
    after(
        "storage grows to",
        "no growth",
        |s| s.max_allocated_gib.map(|n| format!("{n} GiB")),
        |to, s| {
            to.max_allocated_gib = s.max_allocated_gib;
        },
    ),
    ordered(STANDBY, "off", |s| on(s.multi_az), |to, s| to.multi_az = s.multi_az),
    ordered("port", "that of the backup", |s| number(s.port.into(), ""), |to, s| to.port = s.port),
    ordered(PUBLIC, "the subnet group decides", |s| on(s.public), |to, s| to.public = s.public),
    ordered(
        "network type",
        "IPV4",
        |s| s.network_type.clone(),
        |to, s| {
            to.network_type.clone_from(&s.network_type);
        },
    ),
    ordered(
        SUBNET_GROUP,
        "the default one",
        |s| s.subnet_group.clone(),
        |to, s| {
            to.subnet_group.clone_from(&s.subnet_group);
        },
    ),
    ordered(
        SECURITY_GROUPS,
        "the VPC's default one",
        |s| all(&s.security_groups),
        |to, s| {
            to.security_groups.clone_from(&s.security_groups);
        },
    ),
    ordered(
        PARAMETER_GROUP,
        "the engine's default one",
        |s| s.parameter_group.clone(),
        |to, s| {
            to.parameter_group.clone_from(&s.parameter_group);
        },
    ),
    ordered(
        OPTION_GROUP,
        "the engine's default one",
        |s| s.option_group.clone(),
        |to, s| {
            to.option_group.clone_from(&s.option_group);
        },
    ),
    ordered(
        PROTECTION,
        "off",
        |s| on(s.deletion_protection),
        |to, s| {
            to.deletion_protection = s.deletion_protection;
        },
    ),
    ordered(
        "IAM sign-in",
        "off",
        |s| on(s.iam_authentication),
        |to, s| {
            to.iam_authentication = s.iam_authentication;
        },
    ),
    ordered(
        "logs exported",
        "none",
        |s| all(&s.log_exports),
        |to, s| {
            to.log_exports.clone_from(&s.log_exports);
        },
    ),
    ordered("tags on snapshots", "off", |s| on(s.copy_tags), |to, s| to.copy_tags = s.copy_tags),
    ordered(
        "minor upgrades by themselves",
        "on",
        |s| on(s.auto_minor_upgrade),
        |to, s| {
            to.auto_minor_upgrade = s.auto_minor_upgrade;
        },
    ),
    ordered(
        "certificate authority",
        "the region's default one",
        |s| s.ca.clone(),
        |to, s| {
            to.ca.clone_from(&s.ca);
        },
    ),
    ordered(
        "extended support",
        "on, and paid for",
        |s| s.lifecycle_support.clone(),
        |to, s| {
            to.lifecycle_support.clone_from(&s.lifecycle_support);
        },
    ),
    after(
        BACKUP_DAYS,
        "as in the backup",
        |s| Some(format!("{} days", s.backup_days)),
        |to, s| {
            to.backup_days = s.backup_days;
        },
    ),
    after(
        "backup window",
        "RDS's choice",
        |s| s.backup_window.clone(),
        |to, s| {
            to.backup_window.clone_from(&s.backup_window);
        },
    ),
    after(
        "maintenance window",
        "RDS's choice",
        |s| s.maintenance_window.clone(),
        |to, s| {
            to.maintenance_window.clone_from(&s.maintenance_window);
        },
    ),
    after(MONITORING, "off", monitoring, |to, s| {
        to.monitoring_seconds = s.monitoring_seconds;
        to.monitoring_role.clone_from(&s.monitoring_role);
    }),
    after(INSIGHTS, "off", insights, |to, s| {
        to.insights = s.insights;
        to.insights_key.clone_from(&s.insights_key);
        to.insights_days = s.insights_days;
    }),
];

#[expect(clippy::unnecessary_wraps, reason = "every field is shown by a function of this type")]
fn monitoring(s: &Settings) -> Option<String> {
    Some(match s.monitoring_seconds {
        0 => "off".to_owned(),
        seconds => format!("every {seconds} s"),
    })
}

fn insights(s: &Settings) -> Option<String> {
    match (s.insights, s.insights_days) {
        (true, Some(days)) => Some(format!("on, {days} days")),
        (is, _) => on(is),
    }
}

/// What is not as planned, in words; a setting that the plan says nothing of may be anything.
pub(super) fn differences(planned: &Settings, now: &Settings) -> Vec<String> {
    let mut found = Vec::new();
    for field in FIELDS {
        let (Some(wanted), is) = ((field.show)(planned), (field.show)(now)) else { continue };
        let as_planned = match field.name {
            STORAGE => now.allocated_gib >= planned.allocated_gib,
            VERSION => release(&planned.engine_version) == release(&now.engine_version),
            SECURITY_GROUPS => sorted(&planned.security_groups) == sorted(&now.security_groups),
            "logs exported" => sorted(&planned.log_exports) == sorted(&now.log_exports),
            INSIGHTS => same_insights(planned, now),
            _ => is.as_ref() == Some(&wanted),
        };
        if !as_planned {
            found.push(format!("{} is {}, planned {wanted}", field.name, is.as_deref().unwrap_or("not set")));
        }
    }
    for (name, value) in &planned.tags {
        match now.tags.get(name) {
            Some(is) if is == value => {}
            Some(is) => found.push(format!("tag {name} is {is}, planned {value}")),
            None => found.push(format!("tag {name} is not set, planned {value}")),
        }
    }
    found
}

/// Whether Performance Insights is as planned: RDS fills in the key and the days that were not named.
pub(super) fn same_insights(planned: &Settings, now: &Settings) -> bool {
    planned.insights == now.insights
        && (!planned.insights
            || (planned.insights_key.as_ref().is_none_or(|key| now.insights_key.as_ref() == Some(key))
                && planned.insights_days.is_none_or(|days| now.insights_days == Some(days))))
}

/// `8.0` of `8.0.39`: RDS may install a newer minor version on the way.
fn release(version: &str) -> String {
    version.split('.').take(2).collect::<Vec<_>>().join(".")
}

fn sorted(values: &[String]) -> Vec<&String> {
    let mut values: Vec<&String> = values.iter().collect();
    values.sort();
    values
}
