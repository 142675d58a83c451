//! A database service in memory that keeps RDS's rules, for tests: regions, states that move on as time passes, events,
//! keys, and faults of every kind, answers that get lost among them.
//!
//! Time passes only in [`Pace::pause`]: 20 s each, in which every instance takes one step of those ahead of it. Every
//! call is counted and named in [`State::calls`]; [`State::faults`] fails calls by operation, [`State::at_call`] the
//! nth call, whichever it is. Every call yields before and after its work, so that a future can be dropped there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;

use crate::port::*;

mod rules;
mod sql;
mod world;

pub(crate) use rules::enabled;
pub(crate) use world::{World, at, params};

pub(crate) const EAST: &str = "us-east-1";
pub(crate) const WEST: &str = "us-west-2";
/// The key that everything in [`EAST`] is encrypted with.
pub(crate) const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/portal";

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trouble {
    pub(crate) kind: PortErrorKind,
    /// Whether what was asked for is done all the same: the answer is lost.
    pub(crate) done: bool,
}

/// What an instance becomes with a step.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Status(&'static str),
    Named(String),
    Set(Box<Change>),
    Gone,
    Event(&'static str),
}

#[derive(Debug, Clone)]
pub(crate) struct Living {
    pub(crate) is: Instance,
    /// What becomes of it, a step each time that time passes.
    pub(crate) ahead: VecDeque<Step>,
    /// For how many pauses no look sees it.
    pub(crate) unseen: u32,
}

#[derive(Debug, Default)]
pub(crate) struct Region {
    pub(crate) instances: Vec<Living>,
    pub(crate) backups: Vec<AutomatedBackup>,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) groups: Vec<(GroupKind, String)>,
    pub(crate) keys: BTreeMap<String, KeyState>,
    pub(crate) proxies: Vec<String>,
    pub(crate) events: Vec<(String, InstanceEvent)>,
    /// What every call to it fails with.
    pub(crate) down: Option<PortErrorKind>,
}

pub(crate) struct State {
    pub(crate) now: Timestamp,
    pub(crate) regions: BTreeMap<String, Region>,
    pub(crate) faults: BTreeMap<&'static str, VecDeque<Trouble>>,
    /// The number of a call, from 1, and what goes wrong with it.
    pub(crate) at_call: Option<(usize, Trouble)>,
    pub(crate) calls: Vec<String>,
    /// The steps that a new instance takes, in place of the usual ones.
    pub(crate) making: Option<Vec<Step>>,
    /// For how many pauses a new instance is not seen by looks, though its name is taken.
    pub(crate) unseen: u32,
    /// The tables that [`Sql`] tells of; none lets nobody in.
    pub(crate) tables: Option<BTreeMap<String, TableFacts>>,
    made: usize,
}

pub(crate) struct Fake {
    state: Mutex<State>,
}

impl Fake {
    /// Two empty regions; it is 2026-11-24, 03:14 UTC.
    pub(crate) fn new() -> Arc<Self> {
        let regions = [EAST, WEST].map(|name| (name.to_owned(), Region::default())).into();
        let state = State {
            now: "2026-11-24T03:14:00Z".parse().unwrap(),
            regions,
            faults: BTreeMap::new(),
            at_call: None,
            calls: Vec::new(),
            making: None,
            unseen: 0,
            tables: None,
            made: 0,
        };
        Arc::new(Self { state: Mutex::new(state) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    async fn call<T>(
        &self,
        operation: &'static str,
        region: &str,
        on: &str,
        work: impl FnOnce(&mut State) -> Result<T, PortErrorKind> + Send,
    ) -> Result<T, PortError>
    where
        T: Send,
    {
        tokio::task::yield_now().await;
        let answer = {
            let mut state = self.state();
            state.calls.push(format!("{operation} {region} {on}"));
            let number = state.calls.len();
            assert!(number < 20_000, "it asks for ever");
            let down = state.regions.get(region).map_or(Some(PortErrorKind::Other), |region| region.down);
            let down = down.map(|kind| Trouble { kind, done: false });
            let fault = state.faults.get_mut(operation).and_then(VecDeque::pop_front);
            let nth = state.at_call.filter(|(nth, _)| *nth == number).map(|(_, trouble)| trouble);
            match down.or(fault).or(nth) {
                Some(Trouble { kind, done: false }) => Err(kind),
                Some(Trouble { kind, done: true }) => work(&mut state).and(Err(kind)),
                None => work(&mut state),
            }
        };
        tokio::task::yield_now().await;
        answer.map_err(|kind| error(kind, operation, on))
    }
}

pub(crate) fn error(kind: PortErrorKind, operation: &str, on: &str) -> PortError {
    PortError {
        kind,
        operation: operation.to_owned(),
        target: on.to_owned(),
        message: format!("{kind:?}"),
        request_id: Some("E1".to_owned()),
        next: "Try again.".to_owned(),
    }
}

fn answer<T>(value: T) -> Answer<T> {
    Answer { value, request_id: Some("R1".to_owned()) }
}

#[async_trait]
impl DatabaseService for Fake {
    async fn instance(&self, region: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError> {
        let look = |state: &mut State| {
            let living = state.instance(region, id).filter(|living| living.unseen == 0);
            Ok(answer(living.map(|living| living.is.clone())))
        };
        self.call("instance", region, id, look).await
    }

    async fn instances(&self, region: &str) -> Result<Answer<Vec<Instance>>, PortError> {
        let look = |state: &mut State| {
            let seen = state.region(region).instances.iter().filter(|living| living.unseen == 0);
            Ok(Answer { value: seen.map(|living| living.is.clone()).collect(), request_id: None })
        };
        self.call("instances", region, "", look).await
    }

    async fn snapshots(&self, region: &str, instance: &str) -> Result<Vec<Snapshot>, PortError> {
        let look = |state: &mut State| {
            let all = &state.region(region).snapshots;
            Ok(all.iter().filter(|snapshot| snapshot.instance == instance).cloned().collect())
        };
        self.call("snapshots", region, instance, look).await
    }

    async fn snapshot(&self, region: &str, id: &str) -> Result<Answer<Option<Snapshot>>, PortError> {
        let look = |state: &mut State| {
            let all = &state.region(region).snapshots;
            Ok(answer(all.iter().find(|snapshot| snapshot.id == id || snapshot.arn == id).cloned()))
        };
        self.call("snapshot", region, id, look).await
    }

    async fn automated_backups(
        &self,
        region: &str,
        instance: &str,
    ) -> Result<Vec<AutomatedBackup>, PortError> {
        let look = |state: &mut State| {
            let all = &state.region(region).backups;
            Ok(all.iter().filter(|backup| backup.instance == instance).cloned().collect())
        };
        self.call("automated_backups", region, instance, look).await
    }

    async fn group(&self, region: &str, kind: GroupKind, name: &str) -> Result<Option<Group>, PortError> {
        let look = |state: &mut State| {
            let there = state.region(region).groups.iter().any(|(k, n)| *k == kind && n == name);
            Ok(there.then(|| Group { kind, name: name.to_owned(), facts: BTreeMap::new() }))
        };
        self.call("group", region, name, look).await
    }

    async fn key(&self, region: &str, key: &str) -> Result<KeyState, PortError> {
        let look =
            |state: &mut State| state.region(region).keys.get(key).cloned().ok_or(PortErrorKind::NotFound);
        self.call("key", region, key, look).await
    }

    async fn proxies(&self, region: &str, instance: &str) -> Result<Vec<String>, PortError> {
        self.call("proxies", region, instance, |state| Ok(state.region(region).proxies.clone())).await
    }

    async fn events(
        &self,
        region: &str,
        instance: &str,
        since: Timestamp,
    ) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
        let look = |state: &mut State| {
            let all = state.region(region).events.iter();
            let all = all.filter(|(id, event)| id == instance && event.at >= since);
            Ok(answer(all.map(|(_, event)| event.clone()).collect()))
        };
        self.call("events", region, instance, look).await
    }

    async fn restore(&self, region: &str, order: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
        self.call("restore", region, &order.target, |state| state.restore(region, order)).await
    }

    async fn copy_snapshot(&self, region: &str, order: &CopyOrder) -> Result<Answer<Snapshot>, PortError> {
        let copy = |state: &mut State| {
            let source = state.regions.get(&order.source_region).and_then(|from| {
                from.snapshots.iter().find(|snapshot| snapshot.arn == order.source).cloned()
            });
            let source = source.ok_or(PortErrorKind::NotFound)?;
            let place = state.region(region);
            if place.snapshots.iter().any(|snapshot| snapshot.id == order.target) {
                return Err(PortErrorKind::Exists);
            }
            let copy = Snapshot {
                id: order.target.clone(),
                arn: format!("arn:aws:rds:{region}:000000000000:snapshot:{}", order.target),
                kind: SnapshotKind::Manual,
                status: "creating".to_owned(),
                percent: 0,
                region: region.to_owned(),
                source_region: Some(order.source_region.clone()),
                kms_key: order.kms_key.clone(),
                ..source
            };
            place.snapshots.push(copy.clone());
            Ok(answer(copy))
        };
        self.call("copy_snapshot", region, &order.target, copy).await
    }

    async fn modify(&self, region: &str, id: &str, change: &Change) -> Result<Answer<Instance>, PortError> {
        self.call("modify", region, id, |state| state.modify(region, id, change)).await
    }

    async fn delete(&self, region: &str, id: &str) -> Result<Answer<()>, PortError> {
        let delete = |state: &mut State| {
            let living = state.instance(region, id).ok_or(PortErrorKind::NotFound)?;
            if living.is.settings.deletion_protection || !living.ahead.is_empty() {
                return Err(PortErrorKind::Busy);
            }
            living.is.status = "deleting".to_owned();
            living.ahead.extend([Step::Status("deleting"), Step::Gone]);
            Ok(answer(()))
        };
        self.call("delete", region, id, delete).await
    }
}

#[async_trait]
impl Pace for Fake {
    fn now(&self) -> Timestamp {
        self.state().now
    }

    async fn pause(&self, _stop: &AtomicBool) {
        tokio::task::yield_now().await;
        self.state().pass();
    }
}
