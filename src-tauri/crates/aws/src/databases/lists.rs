//! Lists, whole: every page is asked for, and a list that doesn't end is an error, never a short list.
//!
//! The SDK's own paginator is not used, because it takes a page that leads to itself for the last one.

use std::collections::BTreeSet;

use action::port::{Answer, AutomatedBackup, Instance, InstanceEvent, PortError, Snapshot};
use aws_sdk_rds::operation::RequestId;
use aws_sdk_rds::types::SourceType;
use jiff::Timestamp;

use super::{Regional, shapes};

/// More pages than any account has: of 100 entries each.
const MOST_PAGES: usize = 200;

/// The way from page to page.
#[derive(Default)]
struct Pages {
    seen: BTreeSet<String>,
    /// The id of the last page's request.
    request_id: Option<String>,
    ended: bool,
}

impl Pages {
    /// Takes a page's marker: where the next one begins.
    fn turn(
        &mut self,
        marker: Option<&str>,
        request_id: Option<&str>,
    ) -> Result<Option<String>, &'static str> {
        self.request_id = request_id.map(str::to_owned);
        let Some(marker) = marker.filter(|marker| !marker.is_empty()) else {
            self.ended = true;
            return Ok(None);
        };
        if !self.seen.insert(marker.to_owned()) {
            return Err("the list doesn't move on: a page leads to an earlier one");
        }
        if self.seen.len() == MOST_PAGES {
            return Err("the list has no end");
        }
        Ok(Some(marker.to_owned()))
    }
}

/// Asks for page after page. `$request` is sent with each page's marker; `$read` takes a page's entries. An answer of
/// one of `$absent` to the first request is an empty list; later it is an error, for half a list is none.
macro_rules! pages {
    ($here:ident, $operation:expr, $target:expr, absent: $absent:expr, $request:expr, |$answer:ident| $read:expr) => {{
        let mut pages = Pages::default();
        let mut marker = None;
        while !pages.ended {
            let asked = $request.set_marker(marker).send().await;
            let absent: &[&str] = if pages.seen.is_empty() { $absent } else { &[] };
            let Some($answer) = $here.unless_absent(asked, $operation, $target, absent)? else { break };
            let request_id = $answer.request_id().map(str::to_owned);
            let spoiled = |why| $here.garbled($operation, $target, why, request_id.clone());
            $read.map_err(spoiled)?;
            marker = pages.turn($answer.marker(), request_id.as_deref()).map_err(spoiled)?;
        }
        pages.request_id
    }};
}

impl Regional {
    pub(super) async fn instances(&self) -> Result<Answer<Vec<Instance>>, PortError> {
        const OPERATION: &str = "DescribeDBInstances";
        let mut value = Vec::new();
        let request = self.rds.describe_db_instances();
        let request_id = pages!(self, OPERATION, &self.site.region, absent: &[], request.clone(), |answer| {
            answer.db_instances().iter().try_for_each(|one| shapes::instance(one).map(|one| value.push(one)))
        });
        Ok(Answer { value, request_id })
    }

    /// The snapshots of an instance that are of one type.
    pub(super) async fn snapshots(
        &self,
        region: &str,
        instance: &str,
        kind: &str,
    ) -> Result<Vec<Snapshot>, PortError> {
        const OPERATION: &str = "DescribeDBSnapshots";
        const ABSENT: [&str; 2] = ["DBSnapshotNotFound", "DBInstanceNotFound"];
        let mut found = Vec::new();
        let request = || {
            self.rds
                .describe_db_snapshots()
                .db_instance_identifier(instance)
                .snapshot_type(kind)
                .set_include_shared((kind == "shared").then_some(true))
        };
        pages!(self, OPERATION, instance, absent: &ABSENT, request(), |answer| {
            answer.db_snapshots().iter().try_for_each(|one| {
                shapes::snapshot(one, region, &self.site.account).map(|one| found.push(one))
            })
        });
        // Emulators answer all the snapshots that are shared, whosever they are.
        found.retain(|snapshot| snapshot.instance.eq_ignore_ascii_case(instance));
        Ok(found)
    }

    pub(super) async fn automated_backups(
        &self,
        region: &str,
        instance: &str,
    ) -> Result<Vec<AutomatedBackup>, PortError> {
        const OPERATION: &str = "DescribeDBInstanceAutomatedBackups";
        const ABSENT: [&str; 2] = ["DBInstanceAutomatedBackupNotFound", "DBInstanceNotFound"];
        let mut found = Vec::new();
        let request = || self.rds.describe_db_instance_automated_backups().db_instance_identifier(instance);
        pages!(self, OPERATION, instance, absent: &ABSENT, request(), |answer| {
            answer.db_instance_automated_backups().iter().try_for_each(|one| {
                shapes::automated_backup(one, region).map(|one| found.push(one))
            })
        });
        Ok(found)
    }

    pub(super) async fn proxies(&self, instance: &str) -> Result<Vec<String>, PortError> {
        const OPERATION: &str = "DescribeDBProxies";
        let mut names: Vec<String> = Vec::new();
        pages!(self, OPERATION, instance, absent: &[], self.rds.describe_db_proxies(), |answer| {
            names.extend(answer.db_proxies().iter().filter_map(|proxy| proxy.db_proxy_name().map(str::to_owned)));
            Ok::<(), &'static str>(())
        });
        let mut found = Vec::new();
        for name in names {
            if self.leads_to(&name, instance).await? {
                found.push(name);
            }
        }
        Ok(found)
    }

    /// Whether a proxy has the instance as a target. One that was deleted meanwhile, or has no targets, hasn't.
    async fn leads_to(&self, proxy: &str, instance: &str) -> Result<bool, PortError> {
        const OPERATION: &str = "DescribeDBProxyTargets";
        const ABSENT: [&str; 3] =
            ["DBProxyNotFoundFault", "DBProxyTargetGroupNotFoundFault", "DBProxyTargetNotFoundFault"];
        let mut leads = false;
        let request = || self.rds.describe_db_proxy_targets().db_proxy_name(proxy);
        pages!(self, OPERATION, proxy, absent: &ABSENT, request(), |answer| {
            leads |= answer
                .targets()
                .iter()
                .filter_map(|target| target.rds_resource_id())
                .any(|id| id.eq_ignore_ascii_case(instance));
            Ok::<(), &'static str>(())
        });
        Ok(leads)
    }

    pub(super) async fn events(
        &self,
        instance: &str,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
        const OPERATION: &str = "DescribeEvents";
        let mut found = Vec::new();
        let request = || {
            self.rds
                .describe_events()
                .source_type(SourceType::DbInstance)
                .source_identifier(instance)
                .start_time(shapes::date(since))
                .end_time(shapes::date(until))
        };
        let request_id = pages!(self, OPERATION, instance, absent: &["DBInstanceNotFound"], request(), |answer| {
            answer.events().iter().try_for_each(|one| shapes::event(one).map(|one| found.push(one)))
        });
        // Emulators answer events of any time.
        found.retain(|event| event.at >= since);
        found.sort_by_key(|event| event.at);
        Ok(Answer { value: found, request_id })
    }
}
