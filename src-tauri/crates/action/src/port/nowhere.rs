//! Ports of a place that has no database and no front end.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use jiff::Timestamp;

use super::*;

impl Ports {
    /// Ports of a place that holds photos and nothing else: asked for a database or a front end, they say that there
    /// is none.
    pub fn of_photos(identity: Arc<dyn Identity>, photos: Arc<dyn PhotoStore>) -> Self {
        let nowhere = Arc::new(Nowhere);
        Self {
            identity,
            photos,
            batch: nowhere.clone(),
            databases: nowhere.clone(),
            sql: nowhere.clone(),
            front_end: nowhere.clone(),
            pace: nowhere,
        }
    }
}

struct Nowhere;

fn none<T>(operation: &str, target: &str) -> Result<T, PortError> {
    Err(PortError {
        kind: PortErrorKind::Unreachable,
        operation: operation.to_owned(),
        target: target.to_owned(),
        message: "there is nothing but photos here".to_owned(),
        request_id: None,
        next: "Choose an environment that has a database.".to_owned(),
    })
}

#[async_trait]
impl DatabaseService for Nowhere {
    async fn instance(&self, _: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError> {
        none("instance", id)
    }
    async fn instances(&self, region: &str) -> Result<Answer<Vec<Instance>>, PortError> {
        none("instances", region)
    }
    async fn snapshots(&self, _: &str, instance: &str) -> Result<Vec<Snapshot>, PortError> {
        none("snapshots", instance)
    }
    async fn snapshot(&self, _: &str, id: &str) -> Result<Answer<Option<Snapshot>>, PortError> {
        none("snapshot", id)
    }
    async fn automated_backups(&self, _: &str, instance: &str) -> Result<Vec<AutomatedBackup>, PortError> {
        none("automated_backups", instance)
    }
    async fn group(&self, _: &str, _: GroupKind, name: &str) -> Result<Option<Group>, PortError> {
        none("group", name)
    }
    async fn key(&self, _: &str, key: &str) -> Result<KeyState, PortError> {
        none("key", key)
    }
    async fn proxies(&self, _: &str, instance: &str) -> Result<Vec<String>, PortError> {
        none("proxies", instance)
    }
    async fn events(
        &self,
        _: &str,
        instance: &str,
        _: Timestamp,
    ) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
        none("events", instance)
    }
    async fn restore(&self, _: &str, order: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
        none("restore", &order.target)
    }
    async fn copy_snapshot(&self, _: &str, order: &CopyOrder) -> Result<Answer<Snapshot>, PortError> {
        none("copy_snapshot", &order.target)
    }
    async fn modify(&self, _: &str, id: &str, _: &Change) -> Result<Answer<Instance>, PortError> {
        none("modify", id)
    }
    async fn delete(&self, _: &str, id: &str) -> Result<Answer<()>, PortError> {
        none("delete", id)
    }
}

fn no_jobs<T>(operation: &str, target: &str) -> Result<T, PortError> {
    Err(PortError {
        kind: PortErrorKind::Unreachable,
        operation: operation.to_owned(),
        target: target.to_owned(),
        message: "there is no S3 Batch Operations here".to_owned(),
        request_id: None,
        next: "Plan again with `by: laptop`.".to_owned(),
    })
}

#[async_trait]
impl BatchJobs for Nowhere {
    async fn check(&self, bucket: &str) -> Result<(), PortError> {
        no_jobs("check", bucket)
    }
    async fn upload(&self, _: &str, key: &str, _: std::fs::File) -> Result<Uploaded, PortError> {
        no_jobs("upload", key)
    }
    async fn find(&self, start: &str) -> Result<Vec<Listed>, PortError> {
        no_jobs("find", start)
    }
    async fn create(&self, order: &JobOrder) -> Result<Answer<String>, PortError> {
        no_jobs("create", &order.description)
    }
    async fn describe(&self, id: &str) -> Result<Answer<Job>, PortError> {
        no_jobs("describe", id)
    }
    async fn confirm(&self, id: &str) -> Result<Answer<()>, PortError> {
        no_jobs("confirm", id)
    }
    async fn cancel(&self, id: &str, _: &str) -> Result<Answer<()>, PortError> {
        no_jobs("cancel", id)
    }
    async fn report(
        &self,
        _: &str,
        _: &str,
        id: &str,
    ) -> Result<BoxStream<'_, Result<TaskResult, PortError>>, PortError> {
        no_jobs("report", id)
    }
}

#[async_trait]
impl Sql for Nowhere {
    async fn read(&self, at: &Endpoint, _: Limits) -> Result<Box<dyn Reading>, PortError> {
        none("connect", &at.address)
    }
    async fn change(&self, at: &Endpoint, _: &[String], _: Limits) -> Result<Vec<u64>, PortError> {
        none("connect", &at.address)
    }
}

#[async_trait]
impl FrontEnd for Nowhere {
    async fn get(&self, url: &str, _: Duration) -> Result<Page, PortError> {
        none("GET", url)
    }
}

#[async_trait]
impl Pace for Nowhere {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    async fn pause(&self, _: &AtomicBool) {}
}
