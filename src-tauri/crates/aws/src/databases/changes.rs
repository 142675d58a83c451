//! What changes something: restore, copy, modify, delete. Sent again only as [`super::retries`] allows.

use std::collections::BTreeMap;

use action::port::{
    Answer, BackupSource, Change, CopyOrder, Instance, PortError, PortErrorKind, RestoreFrom, RestoreOrder,
    Settings, Snapshot,
};
use aws_sdk_rds::config::{Builder, Config};
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rds::operation::RequestId;
use aws_sdk_rds::operation::copy_db_snapshot::CopyDBSnapshotError;
use aws_sdk_rds::operation::delete_db_instance::DeleteDBInstanceError;
use aws_sdk_rds::operation::modify_db_instance::ModifyDBInstanceError;
use aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::RestoreDBInstanceFromDBSnapshotError;
use aws_sdk_rds::operation::restore_db_instance_to_point_in_time::RestoreDBInstanceToPointInTimeError;
use aws_sdk_rds::types::{DbInstance, Tag};

use super::retries::{OnlyUnseen, UNSEEN};
use super::{Regional, shapes};
use crate::fault::{Fault, Trouble};

const POINT_IN_TIME: &str = "RestoreDBInstanceToPointInTime";
const FROM_SNAPSHOT: &str = "RestoreDBInstanceFromDBSnapshot";

/// The operation that an order is sent as.
pub(super) fn restore_operation(order: &RestoreOrder) -> &'static str {
    match order.from {
        RestoreFrom::Backups { .. } => POINT_IN_TIME,
        RestoreFrom::Snapshot(_) => FROM_SNAPSHOT,
    }
}

/// Sends a change with the patience and the retries of one; `$error` is the operation's error.
macro_rules! send {
    ($here:ident, $operation:expr, $target:expr, $error:ty, $request:expr) => {
        $request
            .customize()
            .config_override($here.careful().retry_classifier(OnlyUnseen::<$error>::default()))
            .send()
            .await
            .map_err(|error| $here.refused($operation, $target, &error))
    };
}

/// Puts what both restores take of the settings into a request. Everything is said, for what is left out becomes a
/// default that nobody chose (facts §2.1); what is unknown (empty, zero, `None`) is left to the backup.
///
/// Not taken by either: the key, which is the backup's; the maintenance window, monitoring and Performance Insights,
/// which are modified afterwards; the engine's version, which is the backup's.
macro_rules! set_up {
    ($request:expr, $settings:expr) => {{
        let (settings, speed) = ($settings, Speed::of($settings));
        $request
            .set_db_instance_class(said(&settings.class))
            .set_port(Some(i32::from(settings.port)).filter(|port| *port != 0))
            .set_storage_type(said(&settings.storage_type))
            .set_allocated_storage(known(Some(settings.allocated_gib)))
            .set_iops(speed.iops)
            .set_storage_throughput(speed.throughput)
            .set_db_subnet_group_name(settings.subnet_group.clone())
            .set_vpc_security_group_ids(some(&settings.security_groups))
            .set_db_parameter_group_name(settings.parameter_group.clone())
            .set_option_group_name(settings.option_group.clone())
            .multi_az(settings.multi_az)
            .publicly_accessible(settings.public)
            .deletion_protection(settings.deletion_protection)
            .enable_iam_database_authentication(settings.iam_authentication)
            .set_enable_cloudwatch_logs_exports(some(&settings.log_exports))
            .copy_tags_to_snapshot(settings.copy_tags)
            .auto_minor_version_upgrade(settings.auto_minor_upgrade)
            .set_network_type(settings.network_type.clone())
            .set_ca_certificate_identifier(settings.ca.clone())
            .set_engine_lifecycle_support(settings.lifecycle_support.clone())
            .set_backup_retention_period(known(Some(settings.backup_days)))
            .set_preferred_backup_window(settings.backup_window.clone())
            .set_tags(Some(tags(&settings.tags)))
    }};
}

impl Regional {
    pub(super) async fn restore(&self, order: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
        let target = &order.target;
        match &order.from {
            RestoreFrom::Backups { source, at } => {
                let request = self
                    .rds
                    .restore_db_instance_to_point_in_time()
                    .target_db_instance_identifier(target)
                    .set_max_allocated_storage(known(order.settings.max_allocated_gib));
                let request = match source {
                    BackupSource::Instance(id) => request.source_db_instance_identifier(id),
                    BackupSource::Resource(id) => request.source_dbi_resource_id(id),
                    BackupSource::Replica(arn) => request.source_db_instance_automated_backups_arn(arn),
                };
                let request = match at {
                    Some(at) => request.restore_time(shapes::date(*at)),
                    None => request.use_latest_restorable_time(true),
                };
                let request = set_up!(request, &order.settings);
                let answer =
                    send!(self, POINT_IN_TIME, target, RestoreDBInstanceToPointInTimeError, request)?;
                self.changed(POINT_IN_TIME, target, answer.db_instance(), answer.request_id())
            }
            RestoreFrom::Snapshot(snapshot) => {
                let request = self
                    .rds
                    .restore_db_instance_from_db_snapshot()
                    .db_instance_identifier(target)
                    .db_snapshot_identifier(snapshot);
                let request = set_up!(request, &order.settings);
                let answer =
                    send!(self, FROM_SNAPSHOT, target, RestoreDBInstanceFromDBSnapshotError, request)?;
                self.changed(FROM_SNAPSHOT, target, answer.db_instance(), answer.request_id())
            }
        }
    }

    /// Copies a snapshot to `region`, which is here: RDS asks the source's region itself.
    pub(super) async fn copy_snapshot(
        &self,
        region: &str,
        order: &CopyOrder,
    ) -> Result<Answer<Snapshot>, PortError> {
        const OPERATION: &str = "CopyDBSnapshot";
        let request = self
            .rds
            .copy_db_snapshot()
            .source_db_snapshot_identifier(&order.source)
            .target_db_snapshot_identifier(&order.target)
            .set_kms_key_id(order.kms_key.clone())
            .copy_tags(false)
            .set_tags(Some(tags(&order.tags)));
        let answer = send!(self, OPERATION, &order.target, CopyDBSnapshotError, request)?;
        let request_id = answer.request_id().map(str::to_owned);
        let read = answer.db_snapshot().ok_or("the answer names no snapshot");
        match read.and_then(|snapshot| shapes::snapshot(snapshot, region, &self.site.account)) {
            Ok(value) => Ok(Answer { value, request_id }),
            Err(why) => Err(unknown(self.garbled(OPERATION, &order.target, why, request_id))),
        }
    }

    pub(super) async fn modify(&self, id: &str, change: &Change) -> Result<Answer<Instance>, PortError> {
        const OPERATION: &str = "ModifyDBInstance";
        let (monitoring, role) = change.monitoring.clone().unzip();
        let insights = change.insights.clone();
        let on = insights.as_ref().map(|(on, _, _)| *on);
        // Their key and days go only with being switched on.
        let (key, days) =
            insights.filter(|(on, _, _)| *on).map(|(_, key, days)| (key, days)).unwrap_or_default();
        let request = self
            .rds
            .modify_db_instance()
            .db_instance_identifier(id)
            .apply_immediately(true)
            .set_new_db_instance_identifier(change.rename.clone())
            .set_deletion_protection(change.deletion_protection)
            .set_backup_retention_period(integer(change.backup_days))
            .set_preferred_backup_window(change.backup_window.clone())
            .set_preferred_maintenance_window(change.maintenance_window.clone())
            .set_monitoring_interval(integer(monitoring))
            .set_monitoring_role_arn(role.flatten())
            .set_enable_performance_insights(on)
            .set_performance_insights_kms_key_id(key)
            .set_performance_insights_retention_period(integer(days))
            .set_multi_az(change.multi_az)
            .set_max_allocated_storage(integer(change.max_allocated_gib))
            .set_manage_master_user_password(change.managed_password.then_some(true));
        let answer = send!(self, OPERATION, id, ModifyDBInstanceError, request)?;
        self.changed(OPERATION, id, answer.db_instance(), answer.request_id())
    }

    pub(super) async fn delete(&self, id: &str) -> Result<Answer<()>, PortError> {
        const OPERATION: &str = "DeleteDBInstance";
        let request = self
            .rds
            .delete_db_instance()
            .db_instance_identifier(id)
            .skip_final_snapshot(true)
            .delete_automated_backups(true);
        let answer = send!(self, OPERATION, id, DeleteDBInstanceError, request)?;
        Ok(Answer { value: (), request_id: answer.request_id().map(str::to_owned) })
    }

    /// What the client's configuration is overridden with.
    fn careful(&self) -> Builder {
        Config::builder().timeout_config(self.changing.clone())
    }

    fn changed(
        &self,
        operation: &'static str,
        target: &str,
        instance: Option<&DbInstance>,
        request_id: Option<&str>,
    ) -> Result<Answer<Instance>, PortError> {
        let request_id = request_id.map(str::to_owned);
        match instance.ok_or("the answer names no instance").and_then(shapes::instance) {
            Ok(value) => Ok(Answer { value, request_id }),
            Err(why) => Err(unknown(self.garbled(operation, target, why, request_id))),
        }
    }

    /// The error of a change: when it may have been made all the same, it says so.
    fn refused<E>(&self, operation: &'static str, target: &str, error: &SdkError<E>) -> PortError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let fault = Fault::of(error);
        let lost = match &fault.trouble {
            Some(trouble) => matches!(trouble, Trouble::Timeout | Trouble::Broken | Trouble::Foreign),
            None => fault.status.is_some_and(|status| status >= 500) && !UNSEEN.contains(&fault.code()),
        };
        let error = self.site.explain(operation, target, fault);
        if lost { unknown(error) } else { error }
    }
}

/// An error after which nobody knows whether the change was made.
fn unknown(error: PortError) -> PortError {
    PortError {
        kind: PortErrorKind::Unreachable,
        next: "Whether it was done all the same is not known: look before it is asked for again.".to_owned(),
        ..error
    }
}

/// Provisioned speed, as far as it may be said.
#[derive(Debug, PartialEq, Eq)]
struct Speed {
    iops: Option<i32>,
    throughput: Option<i32>,
}

impl Speed {
    /// RDS tells the speed of all `gp3` storage, but refuses to be told it below the size from which it can be
    /// chosen: 400 GiB, 200 for Oracle, 100 for Db2, any for SQL Server. `io1` and `io2` take no throughput, and
    /// `gp2` and `standard` neither.
    fn of(settings: &Settings) -> Self {
        let chosen = match settings.engine.split('-').next() {
            Some("oracle") => 200,
            Some("db2") => 100,
            Some("sqlserver") => 0,
            _ => 400,
        };
        let (iops, throughput) = match settings.storage_type.as_str() {
            "io1" | "io2" => (settings.iops, None),
            "gp3" if settings.allocated_gib >= chosen => (settings.iops, settings.throughput),
            _ => (None, None),
        };
        Self { iops: known(iops), throughput: known(throughput) }
    }
}

fn said(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

fn some(list: &[String]) -> Option<Vec<String>> {
    Some(list).filter(|list| !list.is_empty()).map(<[String]>::to_vec)
}

/// A number as the SDK takes it.
fn integer(number: Option<u32>) -> Option<i32> {
    number.and_then(|n| i32::try_from(n).ok())
}

/// A number as the SDK takes it; zero is one that isn't known.
fn known(number: Option<u32>) -> Option<i32> {
    integer(number).filter(|n| *n != 0)
}

fn tags(of: &BTreeMap<String, String>) -> Vec<Tag> {
    of.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speed_is_said_only_where_it_may_be() {
        for (engine, storage_type, allocated_gib, iops, throughput) in [
            ("mysql", "gp3", 100, None, None),
            ("mysql", "gp3", 400, Some(3000), Some(125)),
            ("oracle-ee", "gp3", 200, Some(3000), Some(125)),
            ("sqlserver-se", "gp3", 20, Some(3000), Some(125)),
            ("mysql", "io1", 100, Some(3000), None),
            ("mysql", "gp2", 1000, None, None),
        ] {
            let settings = Settings {
                engine: engine.to_owned(),
                storage_type: storage_type.to_owned(),
                allocated_gib,
                iops: Some(3000),
                throughput: Some(125),
                ..Settings::default()
            };
            assert_eq!(Speed::of(&settings), Speed { iops, throughput }, "{engine} {storage_type}");
        }
    }
}
