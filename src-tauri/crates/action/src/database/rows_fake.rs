//! Databases in memory, for tests of what only looks at rows: instances by name, tables, scripted answers, faults.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;

use crate::photos::fake::World;
use crate::port::*;

/// One database: the moments at which its rows were changed, by table, and what it answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Db {
    pub(crate) tables: BTreeMap<String, Vec<Timestamp>>,
    pub(crate) findings: BTreeMap<String, Vec<String>>,
    pub(crate) answers: BTreeMap<String, Rows>,
    pub(crate) photos: Vec<NamedPhoto>,
    /// What anything about a name fails with.
    pub(crate) faults: HashMap<String, PortErrorKind>,
    /// Statements that were committed.
    pub(crate) changed: Vec<Vec<String>>,
}

/// Every instance and its database, by identifier.
#[derive(Debug, Default)]
pub(crate) struct Databases {
    state: Mutex<BTreeMap<(String, String), (Instance, Db)>>,
    pub(crate) now: AtomicI64,
    pages: Mutex<Vec<Result<Page, PortError>>>,
}

pub(crate) fn error(kind: PortErrorKind, target: &str) -> PortError {
    PortError {
        kind,
        operation: "query".to_owned(),
        target: target.to_owned(),
        message: format!("{kind:?}"),
        request_id: None,
        next: "Try again.".to_owned(),
    }
}

pub(crate) fn at(text: &str) -> Timestamp {
    format!("2026-11-24T{text}Z").parse().unwrap()
}

pub(crate) fn single(value: &str) -> Rows {
    Rows { columns: vec!["n".to_owned()], rows: vec![vec![Some(value.to_owned())]] }
}

impl Databases {
    /// A world with these databases and no other.
    pub(crate) fn world() -> (World, Arc<Self>) {
        let mut world = World::new();
        let databases = Arc::new(Self::default());
        databases.now.store(at("03:00:00").as_second(), Ordering::Relaxed);
        world.ports.databases = databases.clone();
        world.ports.sql = databases.clone();
        world.ports.front_end = databases.clone();
        world.ports.pace = databases.clone();
        (world, databases)
    }

    /// Adds an instance in the environment's region.
    pub(crate) fn add(&self, id: &str, tags: &[(&str, &str)], db: Db) {
        self.add_in("us-east-1", id, tags, db);
    }

    pub(crate) fn add_in(&self, region: &str, id: &str, tags: &[(&str, &str)], db: Db) {
        let tags = tags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let instance = Instance {
            id: id.to_owned(),
            arn: format!("arn:aws:rds:{region}:000000000000:db:{id}"),
            resource_id: format!("db-{id}"),
            status: "available".to_owned(),
            settings: Settings { tags, ..Settings::default() },
            endpoint: Some(Endpoint { address: format!("{region}/{id}"), port: 3306 }),
            encrypted: true,
            kms_key: None,
            created: None,
            latest_restorable: None,
            pending: Vec::new(),
            replicas: Vec::new(),
            managed_secret: None,
        };
        self.state.lock().unwrap().insert((region.to_owned(), id.to_owned()), (instance, db));
    }

    /// Does something to an instance of the environment's region and to its database.
    pub(crate) fn with<T>(&self, id: &str, with: impl FnOnce(&mut Instance, &mut Db) -> T) -> T {
        let mut state = self.state.lock().unwrap();
        let (instance, db) = state.get_mut(&("us-east-1".to_owned(), id.to_owned())).unwrap();
        with(instance, db)
    }

    /// What the front end answers, in this order; the last again and again.
    pub(crate) fn pages(&self) -> MutexGuard<'_, Vec<Result<Page, PortError>>> {
        self.pages.lock().unwrap()
    }

    fn db(&self, at: &Endpoint) -> Result<Db, PortError> {
        let state = self.state.lock().unwrap();
        let (_, db) = state
            .values()
            .find(|(instance, _)| instance.endpoint.as_ref() == Some(at))
            .ok_or_else(|| error(PortErrorKind::Unreachable, &at.address))?;
        db.fault("connect")?;
        Ok(db.clone())
    }
}

impl Db {
    fn fault(&self, name: &str) -> Result<(), PortError> {
        self.faults.get(name).map_or(Ok(()), |kind| Err(error(*kind, name)))
    }

    fn rows(&self, table: &str) -> Result<&[Timestamp], PortError> {
        self.fault(table)?;
        self.tables.get(table).map(Vec::as_slice).ok_or_else(|| error(PortErrorKind::NotFound, table))
    }
}

#[async_trait]
impl Sql for Databases {
    async fn read(&self, at: &Endpoint, _: Limits) -> Result<Box<dyn Reading>, PortError> {
        Ok(Box::new(self.db(at)?))
    }

    async fn change(&self, at: &Endpoint, statements: &[String], _: Limits) -> Result<Vec<u64>, PortError> {
        let mut state = self.state.lock().unwrap();
        let (_, db) = state.values_mut().find(|(i, _)| i.endpoint.as_ref() == Some(at)).unwrap();
        for statement in statements {
            db.fault(statement)?;
        }
        db.changed.push(statements.to_vec());
        // What a statement removes is what its count had said: then the count is 0.
        let rows = |statement: &String| {
            let count = statement.replace("DELETE", "SELECT COUNT(*)");
            let before = db.answers.insert(count, single("0"));
            before.and_then(|rows| rows.single()?.parse().ok()).unwrap_or_default()
        };
        Ok(statements.iter().map(rows).collect())
    }
}

#[async_trait]
impl Reading for Db {
    async fn server(&mut self) -> Result<Server, PortError> {
        Ok(Server {
            version: "8.0.39".to_owned(),
            tls: "TLSv1.3, TLS_AES_256_GCM_SHA384".to_owned(),
            user: "lifeboat".to_owned(),
        })
    }

    async fn query(&mut self, statement: &str) -> Result<Rows, PortError> {
        self.fault(statement)?;
        self.answers.get(statement).cloned().ok_or_else(|| error(PortErrorKind::Other, statement))
    }

    async fn table(&mut self, name: &str, changed: Option<&str>) -> Result<TableFacts, PortError> {
        let rows = self.rows(name)?;
        let newest = changed.and_then(|_| rows.iter().max().copied());
        Ok(TableFacts { rows: rows.len() as u64, newest })
    }

    async fn changed_between(
        &mut self,
        table: &str,
        _: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<u64, PortError> {
        Ok(self.rows(table)?.iter().filter(|at| (from..until).contains(at)).count() as u64)
    }

    async fn tables(&mut self) -> Result<Vec<String>, PortError> {
        self.fault("tables")?;
        Ok(self.tables.keys().cloned().collect())
    }

    async fn check(&mut self, table: &str) -> Result<Vec<String>, PortError> {
        self.fault(&format!("check {table}"))?;
        Ok(self.findings.get(table).cloned().unwrap_or_default())
    }

    async fn photos<'a>(
        &'a mut self,
        statement: &str,
    ) -> Result<BoxStream<'a, Result<NamedPhoto, PortError>>, PortError> {
        self.fault(statement)?;
        let broken = self.fault("row").err().map(Err);
        Ok(stream::iter(self.photos.clone().into_iter().map(Ok).chain(broken)).boxed())
    }
}

#[async_trait]
impl DatabaseService for Databases {
    async fn instance(&self, region: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError> {
        let key = (region.to_owned(), id.to_owned());
        let value = self.state.lock().unwrap().get(&key).map(|(instance, _)| instance.clone());
        Ok(Answer { value, request_id: None })
    }

    async fn instances(&self, _: &str) -> Result<Answer<Vec<Instance>>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn snapshots(&self, _: &str, _: &str) -> Result<Vec<Snapshot>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn snapshot(&self, _: &str, _: &str) -> Result<Answer<Option<Snapshot>>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn automated_backups(&self, _: &str, _: &str) -> Result<Vec<AutomatedBackup>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn group(&self, _: &str, _: GroupKind, _: &str) -> Result<Option<Group>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn key(&self, _: &str, _: &str) -> Result<KeyState, PortError> {
        panic!("nothing here asks for this")
    }
    async fn proxies(&self, _: &str, _: &str) -> Result<Vec<String>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn events(&self, _: &str, _: &str, _: Timestamp) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn restore(&self, _: &str, _: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn copy_snapshot(&self, _: &str, _: &CopyOrder) -> Result<Answer<Snapshot>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn modify(&self, _: &str, _: &str, _: &Change) -> Result<Answer<Instance>, PortError> {
        panic!("nothing here asks for this")
    }
    async fn delete(&self, _: &str, _: &str) -> Result<Answer<()>, PortError> {
        panic!("nothing here asks for this")
    }
}

#[async_trait]
impl FrontEnd for Databases {
    async fn get(&self, _: &str, _: Duration) -> Result<Page, PortError> {
        let mut pages = self.pages();
        if pages.len() > 1 { pages.remove(0) } else { pages[0].clone() }
    }
}

#[async_trait]
impl Pace for Databases {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(self.now.load(Ordering::Relaxed)).unwrap()
    }
    async fn pause(&self, stop: &AtomicBool) {
        if self.now.fetch_add(20, Ordering::Relaxed) > at("04:00:00").as_second() {
            stop.store(true, Ordering::Relaxed);
        }
    }
}
