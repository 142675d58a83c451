//! What a restore makes of the request and the source: all that isn't asked for is a default, not the source's.

use action::port::Settings;

use super::super::errors::{Answer, Refused};
use super::super::form::Form;
use super::super::model::major_version;
use super::super::region::{DEFAULT_SECURITY_GROUP, Region};

/// What both restores take.
pub(super) const COMMON: [&str; 26] = [
    "AllocatedStorage",
    "AutoMinorVersionUpgrade",
    "AvailabilityZone",
    "BackupRetentionPeriod",
    "CACertificateIdentifier",
    "CopyTagsToSnapshot",
    "DBInstanceClass",
    "DBParameterGroupName",
    "DBSubnetGroupName",
    "DeletionProtection",
    "EnableCloudwatchLogsExports",
    "EnableIAMDatabaseAuthentication",
    "Engine",
    "EngineLifecycleSupport",
    "Iops",
    "LicenseModel",
    "MultiAZ",
    "NetworkType",
    "OptionGroupName",
    "Port",
    "PreferredBackupWindow",
    "PubliclyAccessible",
    "StorageThroughput",
    "StorageType",
    "Tags",
    "VpcSecurityGroupIds",
];

/// How a new instance is set up that is restored from one with `source`'s settings.
pub(super) fn restored(form: &Form, source: &Settings, region: &Region) -> Answer<Settings> {
    check_engine(form, source)?;
    let storage_type = form
        .owned("StorageType")
        .unwrap_or_else(|| if form.text("Iops").is_some() { "io1".to_owned() } else { "gp3".to_owned() });
    let iops = form.number("Iops")?;
    if storage_type.starts_with("io") && iops.is_none() {
        let message = format!("You must specify Iops for the storage type {storage_type}.");
        return Err(Refused::combination(message));
    }
    let gp3 = storage_type == "gp3";
    let settings = Settings {
        engine: source.engine.clone(),
        engine_version: source.engine_version.clone(),
        lifecycle_support: Some(
            form.owned("EngineLifecycleSupport")
                .unwrap_or_else(|| "open-source-rds-extended-support".to_owned()),
        ),
        class: form.owned("DBInstanceClass").unwrap_or_else(|| source.class.clone()),
        allocated_gib: storage(form, source)?,
        max_allocated_gib: form.number("MaxAllocatedStorage")?,
        iops: iops.or(gp3.then_some(3000)),
        throughput: form.number("StorageThroughput")?.or(gp3.then_some(125)),
        storage_type,
        multi_az: form.truth("MultiAZ")?.unwrap_or_default(),
        port: form.number("Port")?.unwrap_or(source.port),
        public: form.truth("PubliclyAccessible")?.unwrap_or_default(),
        network_type: Some(form.owned("NetworkType").unwrap_or_else(|| "IPV4".to_owned())),
        subnet_group: Some(form.owned("DBSubnetGroupName").unwrap_or_else(|| "default".to_owned())),
        security_groups: form
            .list("VpcSecurityGroupIds")
            .filter(|groups| !groups.is_empty())
            .unwrap_or_else(|| vec![DEFAULT_SECURITY_GROUP.to_owned()]),
        parameter_group: Some(
            form.owned("DBParameterGroupName").unwrap_or_else(|| default_parameter_group(source)),
        ),
        option_group: Some(form.owned("OptionGroupName").unwrap_or_else(|| default_option_group(source))),
        deletion_protection: form.truth("DeletionProtection")?.unwrap_or_default(),
        iam_authentication: form.truth("EnableIAMDatabaseAuthentication")?.unwrap_or_default(),
        log_exports: form.list("EnableCloudwatchLogsExports").unwrap_or_default(),
        copy_tags: form.truth("CopyTagsToSnapshot")?.unwrap_or_default(),
        auto_minor_upgrade: form.truth("AutoMinorVersionUpgrade")?.unwrap_or(true),
        ca: Some(form.owned("CACertificateIdentifier").unwrap_or_else(|| "rds-ca-rsa2048-g1".to_owned())),
        tags: form.tags().unwrap_or_default(),
        backup_days: backup_days(form)?.unwrap_or(source.backup_days),
        backup_window: form.owned("PreferredBackupWindow").or_else(|| source.backup_window.clone()),
        maintenance_window: Some("sun:09:12-sun:09:42".to_owned()),
        monitoring_seconds: 0,
        monitoring_role: None,
        insights: false,
        insights_key: None,
        insights_days: None,
    };
    check_groups(&settings, region)?;
    if settings.multi_az && form.text("AvailabilityZone").is_some() {
        let message = "Requesting a specific availability zone is not valid for Multi-AZ instances.";
        return Err(Refused::combination(message));
    }
    Ok(settings)
}

fn check_engine(form: &Form, source: &Settings) -> Answer<()> {
    if let Some(engine) = form.text("Engine").filter(|engine| *engine != source.engine) {
        let message = format!("The engine {engine} is not compatible with the source's, {}.", source.engine);
        return Err(Refused::combination(message));
    }
    let known = ["audit", "error", "general", "slowquery", "iam-db-auth-error"];
    let logs = form.list("EnableCloudwatchLogsExports").unwrap_or_default();
    match logs.iter().find(|log| source.engine == "mysql" && !known.contains(&log.as_str())) {
        Some(log) => {
            let message = format!(
                "You cannot use the log types '{log}' with engine version mysql {}.",
                source.engine_version
            );
            Err(Refused::combination(message))
        }
        None => Ok(()),
    }
}

/// Storage can't shrink, and grows by a tenth or more.
fn storage(form: &Form, source: &Settings) -> Answer<u32> {
    let wanted = form.number("AllocatedStorage")?.unwrap_or(source.allocated_gib);
    let least = source.allocated_gib.saturating_mul(11).div_ceil(10);
    if wanted == source.allocated_gib || wanted >= least {
        return Ok(wanted);
    }
    let message = format!(
        "Invalid storage size: {wanted} GiB. It must be {} GiB as the source's, or at least {least} GiB.",
        source.allocated_gib
    );
    Err(Refused::combination(message))
}

pub(super) fn backup_days(form: &Form) -> Answer<Option<u32>> {
    let days = form.number("BackupRetentionPeriod")?;
    match days.filter(|days| *days > 35) {
        Some(days) => {
            let message = format!("Invalid backup retention period: {days}. Must be between 0 and 35.");
            Err(Refused::value(message))
        }
        None => Ok(days),
    }
}

fn check_groups(settings: &Settings, region: &Region) -> Answer<()> {
    let subnet = settings.subnet_group.as_deref().unwrap_or_default();
    let Some(group) = region.subnet_groups.iter().find(|group| group.name.eq_ignore_ascii_case(subnet))
    else {
        return Err(no_subnet_group(subnet));
    };
    if settings.multi_az && group.zones.len() < 2 {
        let message = format!("The DB subnet group {subnet} doesn't cover at least two availability zones.");
        return Err(Refused::new(400, "DBSubnetGroupDoesNotCoverEnoughAZs", message));
    }
    let parameters = settings.parameter_group.as_deref().unwrap_or_default();
    let Some(group) = region.parameter_groups.iter().find(|group| group.name == parameters) else {
        return Err(no_parameter_group(parameters));
    };
    let family = format!("{}{}", settings.engine, major_version(&settings.engine, &settings.engine_version));
    if group.family != family {
        let message =
            format!("The parameter group {parameters} of {} can't be used with {family}.", group.family);
        return Err(Refused::combination(message));
    }
    check_option_group(region, settings.option_group.as_deref().unwrap_or_default())?;
    match settings.security_groups.iter().find(|id| !region.security_groups.contains(id)) {
        Some(id) => Err(Refused::value(format!("Invalid security group , groupId= {id}, groupName=."))),
        None => Ok(()),
    }
}

pub(super) fn check_option_group(region: &Region, name: &str) -> Answer<()> {
    let known = region.option_groups.iter().any(|group| group.name == name);
    if known { Ok(()) } else { Err(no_option_group(name)) }
}

pub(super) fn no_subnet_group(name: &str) -> Refused {
    Refused::new(404, "DBSubnetGroupNotFoundFault", format!("DB subnet group '{name}' does not exist."))
}

pub(super) fn no_parameter_group(name: &str) -> Refused {
    Refused::new(404, "DBParameterGroupNotFound", format!("DBParameterGroup not found: {name}"))
}

pub(super) fn no_option_group(name: &str) -> Refused {
    Refused::new(404, "OptionGroupNotFoundFault", format!("Specified OptionGroupName: {name} not found."))
}

fn default_parameter_group(of: &Settings) -> String {
    format!("default.{}{}", of.engine, major_version(&of.engine, &of.engine_version))
}

pub(super) fn default_option_group(of: &Settings) -> String {
    format!("default:{}-{}", of.engine, major_version(&of.engine, &of.engine_version).replace('.', "-"))
}

/// An identifier as RDS stores it, in lower case, or its refusal.
pub(super) fn identifier(parameter: &str, id: &str) -> Answer<String> {
    let most = if parameter.contains("Snapshot") { 255 } else { 63 };
    let fits = id.len() <= most
        && id.starts_with(|first: char| first.is_ascii_alphabetic())
        && id.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '-')
        && !id.ends_with('-')
        && !id.contains("--");
    if fits {
        return Ok(id.to_ascii_lowercase());
    }
    let message = format!(
        "The parameter {parameter} is not a valid identifier. Identifiers must begin with a letter; must contain only \
         ASCII letters, digits, and hyphens; and must not end with a hyphen or contain two consecutive hyphens."
    );
    Err(Refused::value(message))
}
