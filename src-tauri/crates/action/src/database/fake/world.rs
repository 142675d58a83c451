//! Runs actions on a [`Fake`], as an engine would.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;

use super::{EAST, Fake, KEY};
use crate::inventory::Inventory;
use crate::photos;
use crate::photos::fake::MemoryDisk;
use crate::plan::{Context, Failure, Happening, Origin, Outcome, PlanSummary, Progress};
use crate::port::*;
use crate::{Action, Environment};

type Record = Box<dyn Fn(Happening) -> Result<(), Failure> + Send + Sync>;
type Tell = Box<dyn Fn(Progress) + Send + Sync>;

pub(crate) struct World {
    pub(crate) disk: MemoryDisk,
    pub(crate) fake: Arc<Fake>,
    pub(crate) environment: Environment,
    pub(crate) origin: Origin,
    pub(crate) inventory: Option<Inventory>,
    pub(crate) stop: Arc<AtomicBool>,
    pub(crate) happened: Arc<Mutex<Vec<Happening>>>,
    pub(crate) told: Arc<Mutex<Vec<String>>>,
    ports: Ports,
    record: Record,
    tell: Tell,
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// An action with its parameters.
pub(crate) fn params(id: &str, with: &[(&str, &str)]) -> Action {
    let with: BTreeMap<String, String> =
        with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Action::from_params(id, &with).unwrap()
}

impl World {
    /// The instance `portal` in [`EAST`], available, and a run of the given mode. It is 2026-11-24, 03:14:00 UTC; the
    /// backups reach from a week before to 03:08:55.
    pub(crate) fn new(mode: &str) -> Self {
        let fake = Fake::new();
        fake.state().put(EAST, "portal", Self::settings());
        let photos = photos::fake::Fake::new();
        let (happened, told) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Mutex::new(Vec::new())));
        let (into, heard) = (happened.clone(), told.clone());
        let nowhere = Ports::of_photos(photos.clone(), photos);
        Self {
            ports: Ports { databases: fake.clone(), sql: fake.clone(), pace: fake.clone(), ..nowhere },
            environment: Environment::practice("http://127.0.0.1:9311"),
            origin: Origin { run: "20261124-031402-9f3a".to_owned(), mode: mode.to_owned() },
            inventory: None,
            disk: MemoryDisk::default(),
            stop: Arc::new(AtomicBool::new(false)),
            record: Box::new(move |happening| {
                into.lock().unwrap().push(happening);
                Ok(())
            }),
            tell: Box::new(move |progress| heard.lock().unwrap().push(progress.doing)),
            happened,
            told,
            fake,
        }
    }

    /// Settings of which none is a default.
    pub(crate) fn settings() -> Settings {
        let some = |text: &str| Some(text.to_owned());
        Settings {
            engine: "mysql".to_owned(),
            engine_version: "8.0.39".to_owned(),
            lifecycle_support: some("open-source-rds-extended-support-disabled"),
            class: "db.m6g.large".to_owned(),
            storage_type: "gp3".to_owned(),
            allocated_gib: 200,
            max_allocated_gib: Some(500),
            iops: Some(3000),
            throughput: Some(125),
            multi_az: true,
            port: 3306,
            public: false,
            network_type: some("IPV4"),
            subnet_group: some("portal-private"),
            security_groups: vec!["sg-1".to_owned(), "sg-2".to_owned()],
            parameter_group: some("portal-mysql80"),
            option_group: some("default:mysql-8-0"),
            deletion_protection: true,
            iam_authentication: true,
            log_exports: vec!["error".to_owned()],
            copy_tags: true,
            auto_minor_upgrade: false,
            ca: some("rds-ca-rsa2048-g1"),
            tags: [("team", "portal"), ("lifeboat:run", "an-old-run"), ("aws:cloudformation", "x")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            backup_days: 14,
            backup_window: some("07:00-07:30"),
            maintenance_window: some("sun:05:00-sun:06:00"),
            monitoring_seconds: 60,
            monitoring_role: some("arn:aws:iam::000000000000:role/monitoring"),
            insights: true,
            insights_key: some(KEY),
            insights_days: Some(7),
        }
    }

    pub(crate) fn cx(&self) -> Context<'_> {
        let now = self.fake.state().now;
        Context {
            ports: &self.ports,
            environment: &self.environment,
            origin: &self.origin,
            inventory: self.inventory.as_ref(),
            record: &*self.record,
            disk: &self.disk,
            now,
            progress: &*self.tell,
            stop: &self.stop,
        }
    }

    /// What was written into the journal.
    pub(crate) fn said(&self) -> Vec<String> {
        self.happened.lock().unwrap().iter().map(|happening| happening.said.clone()).collect()
    }

    pub(crate) fn stop(&self, on: bool) {
        self.stop.store(on, Ordering::Relaxed);
    }

    pub(crate) async fn read(&self, action: &Action) -> (Result<Outcome, Failure>, String) {
        let mut evidence = Vec::new();
        let outcome = action.read(&self.cx(), &mut evidence).await;
        (outcome, String::from_utf8(evidence).unwrap())
    }

    pub(crate) async fn plan(&self, action: &Action) -> Result<(PlanSummary, String), Failure> {
        let mut body = Vec::new();
        let summary = action.plan(&self.cx(), &mut body).await?;
        Ok((summary, String::from_utf8(body).unwrap()))
    }

    pub(crate) async fn apply(&self, action: &Action, plan: &str) -> (Result<Outcome, Failure>, String) {
        let mut evidence = Vec::new();
        let source = Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()));
        let outcome = action.apply(&self.cx(), source, &mut evidence).await;
        (outcome, String::from_utf8(evidence).unwrap())
    }

    pub(crate) async fn verify(&self, action: &Action, plan: &str) -> Outcome {
        let source = Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()));
        action.verify(&self.cx(), source, &mut Vec::new()).await.unwrap()
    }

    /// The names of a region's instances, in order.
    pub(crate) fn names(&self, region: &str) -> Vec<String> {
        let mut state = self.fake.state();
        let mut names: Vec<String> =
            state.region(region).instances.iter().map(|living| living.is.id.clone()).collect();
        names.sort();
        names
    }
}
