//! The Portal DB's instances and backups: RDS, and KMS for the state of keys.
//!
//! What changes something is in [`changes`]; the SDK's shapes are read in [`shapes`].

use std::collections::BTreeMap;
use std::sync::OnceLock;

use action::environment::US_REGIONS;
use action::port::{
    Answer, AutomatedBackup, Change, CopyOrder, DatabaseService, Group, GroupKind, Instance, InstanceEvent,
    KeyState, PortError, PortErrorKind, RestoreOrder, Snapshot,
};
use async_trait::async_trait;
use aws_sdk_rds::config::timeout::TimeoutConfig;
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rds::operation::RequestId;
use jiff::{SignedDuration, Timestamp};

use crate::errors::Site;
use crate::fault::Fault;
use crate::words::printable;

mod changes;
mod lists;
mod retries;
mod shapes;

/// The regions' clients. A region is called only once something is asked of it.
pub(crate) struct Databases {
    made: [OnceLock<Regional>; US_REGIONS.len()],
    make: Box<dyn Fn(&'static str) -> Regional + Send + Sync>,
}

/// What asks one region.
pub(crate) struct Regional {
    pub(crate) rds: aws_sdk_rds::Client,
    pub(crate) kms: aws_sdk_kms::Client,
    pub(crate) site: Site,
    pub(crate) keys: Site,
    /// The time limits of changes.
    pub(crate) changing: TimeoutConfig,
}

impl Databases {
    pub(crate) fn new(make: impl Fn(&'static str) -> Regional + Send + Sync + 'static) -> Self {
        Self { made: Default::default(), make: Box::new(make) }
    }

    /// The clients of a region; an error for one outside the United States.
    fn at(&self, region: &str, operation: &'static str) -> Result<&Regional, PortError> {
        match US_REGIONS.iter().zip(&self.made).find(|(name, _)| **name == region) {
            Some((name, made)) => Ok(made.get_or_init(|| (self.make)(name))),
            None => Err(PortError {
                kind: PortErrorKind::Other,
                operation: operation.to_owned(),
                target: printable(region),
                message: "the region is not in the United States, so nothing was sent".to_owned(),
                request_id: None,
                next: format!(
                    "No customer data may leave the United States: choose one of {}.",
                    US_REGIONS.join(", ")
                ),
            }),
        }
    }
}

#[async_trait]
impl DatabaseService for Databases {
    async fn instance(&self, region: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError> {
        const OPERATION: &str = "DescribeDBInstances";
        let here = self.at(region, OPERATION)?;
        let asked = here.rds.describe_db_instances().db_instance_identifier(id).send().await;
        let request_id = request(&asked);
        let answer = here.unless_absent(asked, OPERATION, id, &["DBInstanceNotFound"])?;
        let found = answer.as_ref().and_then(|answer| answer.db_instances().first());
        let value = found.map(shapes::instance).transpose();
        let value = value.map_err(|why| here.garbled(OPERATION, id, why, request_id.clone()))?;
        Ok(Answer { value, request_id })
    }

    async fn instances(&self, region: &str) -> Result<Answer<Vec<Instance>>, PortError> {
        self.at(region, "DescribeDBInstances")?.instances().await
    }

    async fn snapshots(&self, region: &str, instance: &str) -> Result<Vec<Snapshot>, PortError> {
        let here = self.at(region, "DescribeDBSnapshots")?;
        let mut found = BTreeMap::new();
        for kind in ["manual", "automated", "awsbackup", "shared"] {
            let of_kind = here.snapshots(region, instance, kind).await?;
            found.extend(of_kind.into_iter().map(|snapshot| (snapshot.arn.clone(), snapshot)));
        }
        let mut found: Vec<_> = found.into_values().collect();
        // What is still being made is the newest.
        found.sort_by_key(|snapshot| (snapshot.taken.is_none(), snapshot.taken));
        Ok(found)
    }

    async fn snapshot(&self, region: &str, id: &str) -> Result<Answer<Option<Snapshot>>, PortError> {
        const OPERATION: &str = "DescribeDBSnapshots";
        let here = self.at(region, OPERATION)?;
        let kind = shapes::snapshot_type(id, &here.site.account);
        let asked = here
            .rds
            .describe_db_snapshots()
            .db_snapshot_identifier(id)
            .set_snapshot_type(kind.map(str::to_owned))
            .set_include_shared((kind == Some("shared")).then_some(true))
            .send()
            .await;
        let request_id = request(&asked);
        let answer = here.unless_absent(asked, OPERATION, id, &["DBSnapshotNotFound"])?;
        let found = answer.as_ref().and_then(|answer| answer.db_snapshots().first());
        let value = found.map(|snapshot| shapes::snapshot(snapshot, region, &here.site.account)).transpose();
        let value = value.map_err(|why| here.garbled(OPERATION, id, why, request_id.clone()))?;
        Ok(Answer { value, request_id })
    }

    async fn automated_backups(
        &self,
        region: &str,
        instance: &str,
    ) -> Result<Vec<AutomatedBackup>, PortError> {
        self.at(region, "DescribeDBInstanceAutomatedBackups")?.automated_backups(region, instance).await
    }

    async fn group(&self, region: &str, kind: GroupKind, name: &str) -> Result<Option<Group>, PortError> {
        let (operation, absent) = match kind {
            GroupKind::Subnet => ("DescribeDBSubnetGroups", "DBSubnetGroupNotFoundFault"),
            GroupKind::Parameter => ("DescribeDBParameterGroups", "DBParameterGroupNotFound"),
            GroupKind::Option => ("DescribeOptionGroups", "OptionGroupNotFoundFault"),
        };
        let here = self.at(region, operation)?;
        let facts = match kind {
            GroupKind::Subnet => {
                let asked = here.rds.describe_db_subnet_groups().db_subnet_group_name(name).send().await;
                let answer = here.unless_absent(asked, operation, name, &[absent])?;
                answer.and_then(|answer| answer.db_subnet_groups().first().map(shapes::subnet_group))
            }
            GroupKind::Parameter => {
                let asked =
                    here.rds.describe_db_parameter_groups().db_parameter_group_name(name).send().await;
                let answer = here.unless_absent(asked, operation, name, &[absent])?;
                answer.and_then(|answer| answer.db_parameter_groups().first().map(shapes::parameter_group))
            }
            GroupKind::Option => {
                let asked = here.rds.describe_option_groups().option_group_name(name).send().await;
                let answer = here.unless_absent(asked, operation, name, &[absent])?;
                answer.and_then(|answer| answer.option_groups_list().first().map(shapes::option_group))
            }
        };
        Ok(facts.map(|facts| Group { kind, name: name.to_owned(), facts }))
    }

    async fn key(&self, region: &str, key: &str) -> Result<KeyState, PortError> {
        const OPERATION: &str = "DescribeKey";
        let here = self.at(region, OPERATION)?;
        let answer = here
            .kms
            .describe_key()
            .key_id(key)
            .send()
            .await
            .map_err(|e| here.keys.port_error(OPERATION, key, &e))?;
        answer.key_metadata().and_then(shapes::key).ok_or_else(|| {
            here.garbled(
                OPERATION,
                key,
                "the answer does not tell the key's state",
                answer.request_id().map(str::to_owned),
            )
        })
    }

    async fn proxies(&self, region: &str, instance: &str) -> Result<Vec<String>, PortError> {
        self.at(region, "DescribeDBProxies")?.proxies(instance).await
    }

    async fn events(
        &self,
        region: &str,
        instance: &str,
        since: Timestamp,
    ) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
        let here = self.at(region, "DescribeEvents")?;
        let now = Timestamp::now();
        // RDS refuses a time that it keeps no events of. Without an end it may give an hour's only.
        let since = since.max(now.saturating_sub(EVENTS_KEPT).unwrap_or(since));
        let until = now.max(since.saturating_add(SignedDuration::from_mins(1)).unwrap_or(since));
        here.events(instance, since, until).await
    }

    async fn restore(&self, region: &str, order: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
        self.at(region, changes::restore_operation(order))?.restore(order).await
    }

    async fn copy_snapshot(&self, region: &str, order: &CopyOrder) -> Result<Answer<Snapshot>, PortError> {
        self.at(region, "CopyDBSnapshot")?.copy_snapshot(region, order).await
    }

    async fn modify(&self, region: &str, id: &str, change: &Change) -> Result<Answer<Instance>, PortError> {
        self.at(region, "ModifyDBInstance")?.modify(id, change).await
    }

    async fn delete(&self, region: &str, id: &str) -> Result<Answer<()>, PortError> {
        self.at(region, "DeleteDBInstance")?.delete(id).await
    }
}

/// How long RDS keeps events: 14 days, less what a clock may be off.
const EVENTS_KEPT: SignedDuration = SignedDuration::from_mins(14 * 24 * 60 - 10);

impl Regional {
    /// The answer; `None` when what was asked for isn't there, which RDS answers with one of `absent`.
    fn unless_absent<T, E>(
        &self,
        asked: Result<T, SdkError<E>>,
        operation: &'static str,
        target: &str,
        absent: &[&str],
    ) -> Result<Option<T>, PortError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        match asked {
            Ok(answer) => Ok(Some(answer)),
            Err(error) => {
                let fault = Fault::of(&error);
                match absent.contains(&fault.code()) {
                    true => Ok(None),
                    false => Err(self.site.explain(operation, target, fault)),
                }
            }
        }
    }

    /// The error of an answer that can't be made sense of.
    fn garbled(
        &self,
        operation: &'static str,
        target: &str,
        why: &'static str,
        request_id: Option<String>,
    ) -> PortError {
        PortError {
            kind: PortErrorKind::Other,
            operation: operation.to_owned(),
            target: printable(target),
            message: why.to_owned(),
            request_id,
            next: "An answer that can't be trusted is not used. Try again; if this repeats, show it to whoever looks \
                   after the AWS account."
                .to_owned(),
        }
    }
}

fn request<T: RequestId, E>(asked: &Result<T, SdkError<E>>) -> Option<String>
where
    SdkError<E>: RequestId,
{
    match asked {
        Ok(answer) => answer.request_id(),
        Err(error) => error.request_id(),
    }
    .map(str::to_owned)
}
