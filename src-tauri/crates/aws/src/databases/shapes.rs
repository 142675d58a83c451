//! What RDS and KMS answer, read into the contract's types.
//!
//! An entry without its name, or without what tells it apart, spoils the answer: half a list looks like a whole one.

use std::collections::BTreeMap;

use action::port::{
    AutomatedBackup, Endpoint, Instance, InstanceEvent, KeyState, Settings, Snapshot, SnapshotKind,
};
use aws_sdk_kms::types::KeyMetadata;
use aws_sdk_rds::primitives::DateTime;
use aws_sdk_rds::types::{
    DbInstance, DbInstanceAutomatedBackup, DbParameterGroup, DbSnapshot, DbSubnetGroup, Event, OptionGroup,
    PendingModifiedValues, Tag,
};
use jiff::Timestamp;

/// What was read, or why it can't be.
type Read<T> = Result<T, &'static str>;

pub(super) fn instance(of: &DbInstance) -> Read<Instance> {
    let port = of.endpoint().and_then(|endpoint| number(endpoint.port()));
    Ok(Instance {
        id: text(of.db_instance_identifier()).ok_or("the answer has an instance without an identifier")?,
        arn: text(of.db_instance_arn()).ok_or("the answer has an instance without an ARN")?,
        resource_id: text(of.dbi_resource_id()).ok_or("the answer has an instance without a resource id")?,
        status: text(of.db_instance_status()).ok_or("the answer has an instance without a status")?,
        settings: settings(of, port),
        endpoint: of.endpoint().and_then(|endpoint| {
            Some(Endpoint { address: text(endpoint.address())?, port: port.filter(|port| *port != 0)? })
        }),
        encrypted: of.storage_encrypted().unwrap_or_default(),
        kms_key: text(of.kms_key_id()),
        created: of.instance_create_time().and_then(time),
        latest_restorable: of.latest_restorable_time().and_then(time),
        pending: of.pending_modified_values().map(pending).unwrap_or_default(),
        replicas: of.read_replica_db_instance_identifiers().to_vec(),
        managed_secret: of.master_user_secret().and_then(|secret| text(secret.secret_arn())),
    })
}

fn settings(of: &DbInstance, port: Option<u16>) -> Settings {
    let groups = of.vpc_security_groups().iter();
    Settings {
        engine: text(of.engine()).unwrap_or_default(),
        engine_version: text(of.engine_version()).unwrap_or_default(),
        lifecycle_support: text(of.engine_lifecycle_support()),
        class: text(of.db_instance_class()).unwrap_or_default(),
        storage_type: text(of.storage_type()).unwrap_or_default(),
        allocated_gib: number(of.allocated_storage()).unwrap_or_default(),
        max_allocated_gib: number(of.max_allocated_storage()),
        iops: number(of.iops()),
        throughput: number(of.storage_throughput()),
        multi_az: of.multi_az().unwrap_or_default(),
        // RDS mostly says 0 here; where it says another, what stands before the instance has a port of its own.
        port: number(of.db_instance_port()).filter(|port| *port != 0).or(port).unwrap_or_default(),
        public: of.publicly_accessible().unwrap_or_default(),
        network_type: text(of.network_type()),
        subnet_group: of.db_subnet_group().and_then(|group| text(group.db_subnet_group_name())),
        security_groups: groups.filter_map(|group| text(group.vpc_security_group_id())).collect(),
        parameter_group: of.db_parameter_groups().first().and_then(|g| text(g.db_parameter_group_name())),
        option_group: of.option_group_memberships().first().and_then(|g| text(g.option_group_name())),
        deletion_protection: of.deletion_protection().unwrap_or_default(),
        iam_authentication: of.iam_database_authentication_enabled().unwrap_or_default(),
        log_exports: of.enabled_cloudwatch_logs_exports().to_vec(),
        copy_tags: of.copy_tags_to_snapshot().unwrap_or_default(),
        auto_minor_upgrade: of.auto_minor_version_upgrade().unwrap_or_default(),
        ca: text(of.ca_certificate_identifier()),
        tags: tags(of.tag_list()),
        backup_days: number(of.backup_retention_period()).unwrap_or_default(),
        backup_window: text(of.preferred_backup_window()),
        maintenance_window: text(of.preferred_maintenance_window()),
        monitoring_seconds: number(of.monitoring_interval()).unwrap_or_default(),
        monitoring_role: text(of.monitoring_role_arn()),
        insights: of.performance_insights_enabled().unwrap_or_default(),
        insights_key: text(of.performance_insights_kms_key_id()),
        insights_days: number(of.performance_insights_retention_period()),
    }
}

/// The names of the changes that are pending, never their values: one of them is a password.
fn pending(of: &PendingModifiedValues) -> Vec<String> {
    let logs = of.pending_cloudwatch_logs_exports();
    [
        ("class", of.db_instance_class().is_some()),
        ("storage", of.allocated_storage().is_some()),
        ("master password", of.master_user_password().is_some()),
        ("port", of.port().is_some()),
        ("backup retention", of.backup_retention_period().is_some()),
        ("standby in another zone", of.multi_az().is_some()),
        ("engine version", of.engine_version().is_some()),
        ("license", of.license_model().is_some()),
        ("IOPS", of.iops().is_some()),
        ("storage throughput", of.storage_throughput().is_some()),
        ("identifier", of.db_instance_identifier().is_some()),
        ("storage type", of.storage_type().is_some()),
        ("certificate authority", of.ca_certificate_identifier().is_some()),
        ("subnet group", of.db_subnet_group_name().is_some()),
        (
            "log exports",
            logs.is_some_and(|l| {
                !(l.log_types_to_enable().is_empty() && l.log_types_to_disable().is_empty())
            }),
        ),
        ("processor features", !of.processor_features().is_empty()),
        ("automation mode", of.automation_mode().is_some()),
        ("multi-tenancy", of.multi_tenant().is_some()),
        ("IAM sign-in", of.iam_database_authentication_enabled().is_some()),
        ("dedicated log volume", of.dedicated_log_volume().is_some()),
        ("engine", of.engine().is_some()),
        ("storage volumes", !of.additional_storage_volumes().is_empty()),
        ("capacity reservation", of.db_capacity_reservation_identifier().is_some()),
    ]
    .into_iter()
    .filter(|(_, asked)| *asked)
    .map(|(name, _)| name.to_owned())
    .collect()
}

/// Reads a snapshot that `region` answered; one of another account than `account` is shared.
pub(super) fn snapshot(of: &DbSnapshot, region: &str, account: &str) -> Read<Snapshot> {
    let arn = text(of.db_snapshot_arn()).ok_or("the answer has a snapshot without an ARN")?;
    let region = arn_part(&arn, REGION).unwrap_or(region).to_owned();
    Ok(Snapshot {
        id: text(of.db_snapshot_identifier()).ok_or("the answer has a snapshot without an identifier")?,
        kind: match of.snapshot_type() {
            _ if arn_part(&arn, ACCOUNT).is_some_and(|owner| owner != account) => SnapshotKind::Shared,
            Some("automated") => SnapshotKind::Automated,
            Some("awsbackup") => SnapshotKind::AwsBackup,
            Some("shared" | "public") => SnapshotKind::Shared,
            _ => SnapshotKind::Manual,
        },
        status: text(of.status()).ok_or("the answer has a snapshot without a status")?,
        percent: number(of.percent_progress()).unwrap_or_default(),
        taken: of.original_snapshot_create_time().or(of.snapshot_create_time()).and_then(time),
        instance: text(of.db_instance_identifier()).ok_or("the answer has a snapshot of no instance")?,
        resource_id: text(of.dbi_resource_id()),
        // RDS also names the region of a snapshot that was never copied.
        source_region: text(of.source_region()).filter(|source| *source != region),
        engine: text(of.engine()).unwrap_or_default(),
        engine_version: text(of.engine_version()).unwrap_or_default(),
        allocated_gib: number(of.allocated_storage()).unwrap_or_default(),
        encrypted: of.encrypted().unwrap_or_default(),
        kms_key: text(of.kms_key_id()),
        option_group: text(of.option_group_name()),
        region,
        arn,
    })
}

/// The type that has to be named to get one snapshot: RDS finds automated ones by no other way.
pub(super) fn snapshot_type(id: &str, account: &str) -> Option<&'static str> {
    let name = if id.starts_with("arn:") { id.splitn(7, ':').nth(6).unwrap_or_default() } else { id };
    match name {
        _ if arn_part(id, ACCOUNT).is_some_and(|owner| owner != account) => Some("shared"),
        _ if name.starts_with("rds:") => Some("automated"),
        _ if name.starts_with("awsbackup:") => Some("awsbackup"),
        _ => None,
    }
}

/// Reads automated backups that `region` answered. Replicated ones keep the region of their instance in the
/// instance's ARN, and their own in their own.
pub(super) fn automated_backup(of: &DbInstanceAutomatedBackup, region: &str) -> Read<AutomatedBackup> {
    let arn = text(of.db_instance_automated_backups_arn()).unwrap_or_default();
    let source = of.db_instance_arn().and_then(|arn| arn_part(arn, REGION)).or(of.region());
    let window = of.restore_window();
    Ok(AutomatedBackup {
        instance: text(of.db_instance_identifier()).ok_or("the answer has backups of no instance")?,
        // moto leaves it out.
        resource_id: text(of.dbi_resource_id()).unwrap_or_default(),
        status: text(of.status()).ok_or("the answer has backups without a status")?,
        region: arn_part(&arn, REGION).unwrap_or(region).to_owned(),
        source_region: source.unwrap_or(region).to_owned(),
        earliest: window.and_then(|window| window.earliest_time()).and_then(time),
        latest: window.and_then(|window| window.latest_time()).and_then(time),
        encrypted: of.encrypted().unwrap_or_default(),
        kms_key: text(of.kms_key_id()),
        settings: Settings {
            engine: text(of.engine()).unwrap_or_default(),
            engine_version: text(of.engine_version()).unwrap_or_default(),
            storage_type: text(of.storage_type()).unwrap_or_default(),
            allocated_gib: number(of.allocated_storage()).unwrap_or_default(),
            iops: number(of.iops()),
            throughput: number(of.storage_throughput()),
            port: number(of.port()).unwrap_or_default(),
            option_group: text(of.option_group_name()),
            iam_authentication: of.iam_database_authentication_enabled().unwrap_or_default(),
            tags: tags(of.tag_list()),
            backup_days: number(of.backup_retention_period()).unwrap_or_default(),
            backup_window: text(of.preferred_backup_window()),
            ..Settings::default()
        },
        arn,
    })
}

pub(super) fn event(of: &Event) -> Read<InstanceEvent> {
    Ok(InstanceEvent {
        at: of.date().and_then(time).ok_or("the answer has an event without a time")?,
        message: text(of.message()).unwrap_or_default(),
    })
}

pub(super) fn subnet_group(of: &DbSubnetGroup) -> BTreeMap<String, String> {
    let mut zones: Vec<_> =
        of.subnets().iter().filter_map(|subnet| subnet.subnet_availability_zone()?.name()).collect();
    zones.sort_unstable();
    zones.dedup();
    facts([
        ("vpc", text(of.vpc_id())),
        ("zones", (!zones.is_empty()).then(|| zones.join(", "))),
        ("status", text(of.subnet_group_status())),
    ])
}

pub(super) fn parameter_group(of: &DbParameterGroup) -> BTreeMap<String, String> {
    facts([("family", text(of.db_parameter_group_family()))])
}

pub(super) fn option_group(of: &OptionGroup) -> BTreeMap<String, String> {
    facts([
        ("engine", text(of.engine_name())),
        ("engine version", text(of.major_engine_version())),
        ("vpc", text(of.vpc_id())),
    ])
}

/// The state of a key; `None` when the answer lacks it.
pub(super) fn key(of: &KeyMetadata) -> Option<KeyState> {
    Some(KeyState {
        arn: text(of.arn()).unwrap_or_else(|| of.key_id().to_owned()),
        state: of.key_state()?.as_str().to_owned(),
        deletion: of.deletion_date().and_then(time),
    })
}

/// A moment as the SDK sends it.
pub(super) fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

fn facts<const N: usize>(of: [(&str, Option<String>); N]) -> BTreeMap<String, String> {
    of.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn tags(of: &[Tag]) -> BTreeMap<String, String> {
    of.iter()
        .filter_map(|tag| Some((tag.key()?.to_owned(), tag.value().unwrap_or_default().to_owned())))
        .collect()
}

/// A text that says something.
fn text(of: Option<&str>) -> Option<String> {
    of.filter(|text| !text.is_empty()).map(str::to_owned)
}

fn number<T: TryFrom<i32>>(of: Option<i32>) -> Option<T> {
    of.and_then(|n| T::try_from(n).ok())
}

fn time(of: &DateTime) -> Option<Timestamp> {
    Timestamp::new(of.secs(), i32::try_from(of.subsec_nanos()).ok()?).ok()
}

/// Where an ARN has its region, and its account.
const REGION: usize = 3;
const ACCOUNT: usize = 4;

fn arn_part(arn: &str, part: usize) -> Option<&str> {
    arn.strip_prefix("arn:")?.split(':').nth(part - 1).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_asked_for_by_its_type() {
        for (id, kind) in [
            ("portal-final", None),
            ("rds:portal-2026-11-24-07-10", Some("automated")),
            ("awsbackup:job-1", Some("awsbackup")),
            ("arn:aws:rds:us-east-1:123456789012:snapshot:rds:portal-2026-11-24-07-10", Some("automated")),
            ("arn:aws:rds:us-east-1:123456789012:snapshot:portal-final", None),
            ("arn:aws:rds:us-east-1:999999999999:snapshot:portal-final", Some("shared")),
        ] {
            assert_eq!(snapshot_type(id, "123456789012"), kind, "{id}");
        }
    }

    #[test]
    fn a_pending_password_is_named_and_not_told() {
        let values = PendingModifiedValues::builder().master_user_password("hunter2").multi_az(true).build();
        assert_eq!(pending(&values), ["master password", "standby in another zone"]);
    }
}
