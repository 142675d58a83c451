//! A practice range with the Portal's instance in it, a data directory, and a runbook.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use action::port::Pace;
use action::{Environment, Happening, Ports};
use async_trait::async_trait;
use engine::{ConnectFuture, Connector, Engine, Home, Session};
use jiff::{Timestamp, ToSpan};
use journal::Journal;
use range::rds::{Instance, Key, KeyStatus, Rds, RdsFaults, Refusal};
use range::{Range, RangeOptions};
use run::{Event, Mode, Recorded, Request, RunId, State};
use rusqlite::Connection;
use tempfile::TempDir;

use super::stage::{key, stage};

pub(super) const EAST: &str = "us-east-1";
pub(super) const WEST: &str = "us-west-2";
/// So much of RDS's time passes between two looks, in seconds, and none otherwise.
const STEP: i64 = 60;
/// The tag that says whose an instance is.
const RUN: &str = "lifeboat:run";

const RUNBOOK: &str = r#"# Bring the database back

### Survey
```yaml step
id: survey
action: database.survey
with: { instance: portal }
```

### Restore
```yaml step
id: restore
action: database.restore
approval: approver
with:
  instance: portal
RESTORE
```

### Verify
```yaml step
id: verify
action: database.verify
with:
  instance: ${steps.restore.instance}
```

### Cut over
```yaml step
id: cut-over
action: database.cut_over
approval: approver
with:
  instance: ${steps.restore.instance}
  name: portal
```

### Probe
```yaml step
id: probe
action: portal.probe
with:
  url: ${env.portal.url}
```
"#;

pub(super) struct World {
    pub(super) range: Range,
    clock: Clock,
    home: TempDir,
    pub(super) engine: Engine,
    /// A moment that can be gone back to.
    pub(super) good: Timestamp,
    /// The old instance, by what no rename changes.
    pub(super) old: String,
}

/// The product's own ports, but for the time: the range's passes only while somebody waits for the next look, so that
/// what is seen doesn't hang on how busy this machine is.
struct Quick(Clock);

/// The range's time.
#[derive(Clone)]
struct Clock(Arc<AtomicI64>);

impl Clock {
    fn time(&self) -> Timestamp {
        Timestamp::from_second(self.0.load(Ordering::Relaxed)).unwrap()
    }
}

impl Connector for Quick {
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move { Ok(ports(environment, &self.0).await) })
    }
}

async fn ports(environment: &Environment, clock: &Clock) -> Ports {
    let ports = aws::connect(environment, &aws::Options::default()).await.unwrap();
    Ports { pace: Arc::new(clock.clone()), ..ports }
}

#[async_trait]
impl Pace for Clock {
    fn now(&self) -> Timestamp {
        self.time()
    }

    async fn pause(&self, _stop: &AtomicBool) {
        self.0.fetch_add(STEP, Ordering::Relaxed);
        tokio::task::yield_now().await;
    }
}

impl World {
    pub(super) fn new() -> Self {
        // In the past: RDS is asked for its events until now, and the range's time may run ahead.
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap() - 12.hours();
        let clock = Clock(Arc::new(AtomicI64::new(now.as_second())));
        let ticking = clock.clone();
        let options = RangeOptions {
            clock: Arc::new(move || ticking.time()),
            speed: Some(1.0),
            ..RangeOptions::default()
        };
        let range = Range::start(options).unwrap();
        let old = stage(range.rds(), now);
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(Home::at(home.path()), Arc::new(Quick(clock.clone()))).unwrap();
        Self { range, clock, home, engine, good: now - 1.hour(), old }
    }

    pub(super) fn rds(&self) -> &Rds {
        self.range.rds()
    }

    pub(super) fn journal(&self) -> &Journal {
        self.engine.journal()
    }

    pub(super) fn entries(&self, id: &RunId) -> Vec<Recorded> {
        self.journal().read(id).unwrap()
    }

    /// Opens a run again, in another process as far as the run can tell.
    pub(super) fn resume(&self, id: &RunId) -> Session {
        let engine = Engine::open(Home::at(self.home.path()), Arc::new(Quick(self.clock.clone()))).unwrap();
        engine.resume(id, "Sam").unwrap()
    }

    /// What happened on the far side, as the journal has it.
    pub(super) fn happened(&self, id: &RunId) -> Vec<Happening> {
        let entries = self.entries(id).into_iter();
        let happened = entries.filter_map(|entry| match entry.event {
            Event::Happened { happening, .. } => Some(happening),
            _ => None,
        });
        happened.collect()
    }

    /// The file of the journal, to meddle with.
    pub(super) fn file(&self) -> Connection {
        Connection::open(self.home.path().join("journal.db")).unwrap()
    }

    pub(super) fn environment(&self) -> Environment {
        Environment::practice(self.range.endpoint())
    }

    pub(super) async fn ports(&self) -> Ports {
        ports(&self.environment(), &self.clock).await
    }

    /// A run that restores to [`World::good`].
    pub(super) fn start(&self) -> Session {
        self.start_with(&format!("at: {}", self.good))
    }

    /// A run whose restore is asked for with these parameters, one a line.
    pub(super) fn start_with(&self, restore: &str) -> Session {
        self.engine.start(self.request(restore)).unwrap()
    }

    pub(super) fn request(&self, restore: &str) -> Request {
        let lines: Vec<String> = restore.lines().map(|line| format!("  {}", quoted(line.trim()))).collect();
        Request {
            name: "bring-back.md".to_owned(),
            source: RUNBOOK.replace("RESTORE", &lines.join("\n")),
            mode: Mode::Exercise,
            environment: self.environment(),
            parameters: BTreeMap::new(),
            operator: "Sam".to_owned(),
            outage_began: None,
            declared: Timestamp::now(),
        }
    }

    /// RDS refuses an operation with a code, in its own words if there are any.
    pub(super) fn refuse(&self, operation: &str, code: &str, message: Option<&str>) {
        let refusal = Refusal {
            operation: operation.to_owned(),
            code: code.to_owned(),
            status: if code.contains("NotFound") { 404 } else { 400 },
            message: message.map(str::to_owned),
            times: None,
        };
        self.rds().set_faults(RdsFaults { refuse: vec![refusal], ..RdsFaults::default() });
    }

    pub(super) fn no_faults(&self) {
        self.rds().set_faults(RdsFaults::default());
    }

    /// Changes an instance as somebody does in the console.
    pub(super) fn change(&self, id: &str, change: impl FnOnce(&mut Instance)) {
        let mut instance = self.instance(EAST, id);
        self.rds().delete_instance_behind(EAST, id, true);
        change(&mut instance);
        self.rds().add_instance(EAST, instance);
    }

    /// Sets the state of the key that everything in a region is encrypted with.
    pub(super) fn key_is(&self, region: &str, status: KeyStatus) {
        self.rds().add_key(region, Key { status, ..key(region, self.good) });
    }

    #[track_caller]
    pub(super) fn instance(&self, region: &str, id: &str) -> Instance {
        self.rds().instances(region).into_iter().find(|instance| instance.id == id).unwrap()
    }

    /// Every instance: region, identifier, resource id and state.
    pub(super) fn instances(&self) -> Vec<(&'static str, String, String, String)> {
        let of = |region| {
            let instances = self.rds().instances(region).into_iter();
            instances.map(move |instance| (region, instance.id, instance.resource_id, instance.status))
        };
        [EAST, WEST].into_iter().flat_map(of).collect()
    }

    /// Every snapshot, by region and identifier.
    pub(super) fn snapshots(&self) -> Vec<(&'static str, String)> {
        let of = |region| self.rds().snapshots(region).into_iter().map(move |snapshot| (region, snapshot.id));
        [EAST, WEST].into_iter().flat_map(of).collect()
    }

    /// The instances that a run made, by their identifiers.
    pub(super) fn made(&self, id: &RunId) -> Vec<String> {
        let all = [EAST, WEST].into_iter().flat_map(|region| self.rds().instances(region));
        let made =
            all.filter(|instance| instance.settings.tags.get(RUN).is_some_and(|run| *run == id.to_string()));
        made.map(|instance| instance.id).collect()
    }

    /// Panics unless the run ended with the names exchanged: one new instance, and the old one kept.
    #[track_caller]
    pub(super) fn exchanged(&self, id: &RunId, case: &str) {
        let run = self.engine.read(id).unwrap();
        assert!(matches!(run.state(), State::Finished(_)), "{case}: {:?}", run.current());
        let instances = self.rds().instances(EAST);
        let names: Vec<&str> = instances.iter().map(|instance| instance.id.as_str()).collect();
        let [portal, kept] = &instances[..] else { panic!("{case}: {names:?}") };
        assert_eq!(portal.id, "portal", "{case}");
        assert_eq!(self.made(id), ["portal"], "{case}");
        assert_ne!(portal.resource_id, self.old, "{case}");
        assert_eq!(
            (portal.status.as_str(), portal.settings.deletion_protection),
            ("available", true),
            "{case}"
        );
        assert!(kept.id.starts_with("portal-old-"), "{case}: {names:?}");
        assert_eq!(kept.resource_id, self.old, "{case}");
        assert!(self.rds().instances(WEST).is_empty(), "{case}");
        self.journal().verify().unwrap();
    }
}

/// A parameter's line with its value quoted: a moment has colons.
fn quoted(line: &str) -> String {
    match line.split_once(": ") {
        Some((name, value)) => format!("{name}: \"{value}\""),
        None => line.to_owned(),
    }
}
