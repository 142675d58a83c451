//! A practice range with the Portal's instance in it, a data directory, and somebody who answers.

use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use action::port::{Pace, Settings, SnapshotKind};
use action::{Environment, Happening, Ports};
use async_trait::async_trait;
use engine::{ConnectFuture, Connector, Engine, Home, Session};
use jiff::{Timestamp, ToSpan};
use journal::Journal;
use range::rds::{
    AutomatedBackup, Instance, Key, KeyStatus, OptionGroup, ParameterGroup, Rds, RdsFaults, Refusal,
    Snapshot, SubnetGroup,
};
use range::{Range, RangeOptions};
use run::{Command, Event, Mode, Move, Problem, Recorded, Request, Run, RunId, Stage, State, Work};
use runbook::{StepId, StepKind};
use rusqlite::Connection;
use tempfile::TempDir;
use tokio::sync::Notify;
use tokio::task::JoinSet;

pub(super) const EAST: &str = "us-east-1";
pub(super) const WEST: &str = "us-west-2";
/// The ten minutes that a restore takes RDS are 30 ms.
const SPEED: f64 = 20_000.0;
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
    home: TempDir,
    pub(super) engine: Engine,
    /// A moment that can be gone back to.
    pub(super) good: Timestamp,
    /// The old instance, by what no rename changes.
    pub(super) old: String,
}

/// The product's own ports, with a shorter wait between two looks.
struct Quick;

impl Connector for Quick {
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move { Ok(ports(environment).await) })
    }
}

async fn ports(environment: &Environment) -> Ports {
    let ports = aws::connect(environment, &aws::Options::default()).await.unwrap();
    Ports { pace: Arc::new(Milliseconds), ..ports }
}

struct Milliseconds;

#[async_trait]
impl Pace for Milliseconds {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pause(&self, _stop: &AtomicBool) {
        tokio::time::sleep(Duration::from_millis(3)).await;
    }
}

impl World {
    pub(super) fn new() -> Self {
        Self::at_speed(SPEED)
    }

    /// With what takes RDS ten minutes taking ten minutes by `speed`.
    pub(super) fn at_speed(speed: f64) -> Self {
        let range = Range::start(RangeOptions { speed: Some(speed), ..RangeOptions::default() }).unwrap();
        let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
        let old = stage(range.rds(), now);
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(Home::at(home.path()), Arc::new(Quick)).unwrap();
        Self { range, home, engine, good: now - 1.hour(), old }
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
        let engine = Engine::open(Home::at(self.home.path()), Arc::new(Quick)).unwrap();
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
        ports(&self.environment()).await
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

pub(super) fn key(region: &str, created: Timestamp) -> Key {
    let id = if region == EAST { "1ca11ed0" } else { "2ca11ed0" };
    Key::new(region, &format!("{id}-0000-4000-8000-000000000000"), Some("alias/practice-rds"), created)
}

/// The Portal's instance with two weeks of backups, a snapshot in each region and a small instance beside it; the
/// first one's resource id.
fn stage(rds: &Rds, now: Timestamp) -> String {
    let created = now - (60 * 24).hours();
    for region in [EAST, WEST] {
        rds.add_key(region, key(region, created));
        rds.add_subnet_group(
            region,
            SubnetGroup {
                name: "portal-private".to_owned(),
                description: "private".to_owned(),
                vpc: "vpc-0practice".to_owned(),
                zones: vec![format!("{region}a"), format!("{region}b")],
            },
        );
        rds.add_parameter_group(
            region,
            ParameterGroup {
                name: "portal-mysql80".to_owned(),
                family: "mysql8.0".to_owned(),
                description: "parameters".to_owned(),
            },
        );
        rds.add_option_group(
            region,
            OptionGroup {
                name: "portal-mysql80".to_owned(),
                engine: "mysql".to_owned(),
                major_version: "8.0".to_owned(),
                description: "options".to_owned(),
            },
        );
    }
    let mut portal = Instance::new(EAST, "portal", settings(), created);
    portal.kms_key = Some(key(EAST, created).arn);
    rds.add_automated_backup(EAST, AutomatedBackup::of(EAST, &portal, now - (14 * 24).hours()));
    rds.add_snapshot(EAST, Snapshot::new("portal-manual", SnapshotKind::Manual, &portal, now - 3.hours()));
    let mut copy = Snapshot::new("portal-far", SnapshotKind::Manual, &portal, now - 5.hours());
    copy.kms_key = Some(key(WEST, created).arn);
    rds.add_snapshot(WEST, copy);
    let old = portal.resource_id.clone();
    rds.add_instance(EAST, portal);
    old
}

fn settings() -> Settings {
    let text = |text: &str| Some(text.to_owned());
    Settings {
        engine: "mysql".to_owned(),
        engine_version: "8.0.39".to_owned(),
        lifecycle_support: text("open-source-rds-extended-support-disabled"),
        class: "db.m6g.large".to_owned(),
        storage_type: "gp3".to_owned(),
        allocated_gib: 100,
        max_allocated_gib: Some(500),
        iops: Some(3000),
        throughput: Some(125),
        multi_az: true,
        port: 3306,
        network_type: text("IPV4"),
        subnet_group: text("portal-private"),
        security_groups: vec!["sg-0practice0portal0".to_owned()],
        parameter_group: text("portal-mysql80"),
        option_group: text("portal-mysql80"),
        deletion_protection: true,
        log_exports: vec!["error".to_owned()],
        copy_tags: true,
        auto_minor_upgrade: true,
        ca: text("rds-ca-rsa2048-g1"),
        tags: [("system".to_owned(), "portal".to_owned())].into(),
        backup_days: 14,
        backup_window: text("07:00-07:30"),
        maintenance_window: text("sun:05:00-sun:06:00"),
        monitoring_seconds: 60,
        monitoring_role: text("arn:aws:iam::000000000000:role/rds-monitoring"),
        insights: true,
        insights_days: Some(7),
        ..Settings::default()
    }
}

/// Works and answers until the run ends, or something fails that has to be put right first.
pub(super) async fn drive(session: &Session) {
    go(session, &|_| {}, &Notify::new(), &|_| false).await;
}

/// The same, until the restore is verified.
pub(super) async fn restore(session: &Session) {
    go(session, &|_| {}, &Notify::new(), &is_restored).await;
}

/// The same, with somebody who looks at the run after every entry that is written meanwhile.
pub(super) async fn drive_watched(session: &Session, watch: &(dyn Fn(&Run) + Send + Sync)) {
    go(session, watch, &Notify::new(), &|_| false).await;
}

/// The same, until this entry is written: then whoever works is dropped, as when the process dies. Whether it died.
pub(super) async fn drive_until(session: &Session, last: u64) -> bool {
    let death = Notify::new();
    let changed = |run: &Run| {
        if run.seq() >= last {
            death.notify_one();
        }
    };
    go(session, &changed, &death, &|run| run.seq() >= last).await;
    !matches!(session.run().state(), State::Finished(_))
}

async fn go(
    session: &Session,
    changed: &(dyn Fn(&Run) + Send + Sync),
    death: &Notify,
    done: &(dyn Fn(&Run) -> bool + Send + Sync),
) {
    for _ in 0..60 {
        tokio::select! {
            biased;
            () = death.notified() => return,
            worked = session.work(&|_| {}, changed) => worked.unwrap(),
        }
        let run = session.run();
        if done(&run) {
            return;
        }
        let Some(command) = answer(&run) else { return };
        if done(&session.submit("Sam", &command).unwrap()) {
            return;
        }
    }
    panic!("the run does not end: {:?}", session.run().current());
}

/// What somebody who follows the runbook says where a run stands; nothing when it ended or something failed.
pub(super) fn answer(run: &Run) -> Option<Command> {
    let at = run.current()?;
    let (step, of) = (at.id.clone(), run.step(&at.id));
    assert!(matches!(at.kind, StepKind::Action { .. }), "{at:?}");
    // A failure that a crash left behind is gone on from; one that RDS reports is not.
    if let Work::Failed { problem, .. } = &of.work
        && problem.is_some()
    {
        return None;
    }
    if step == StepId::from("verify") {
        let reason = "There are no rows to look at.".to_owned();
        return Some(Command::Skip { step, reason });
    }
    Some(match run.moves().all[0] {
        Move::Complete => Command::Complete { step, record: None },
        Move::Read => Command::Read { step },
        Move::Plan => Command::Plan { step, with: BTreeMap::new() },
        Move::Approve => {
            let Work::Planned { digest, .. } = &of.work else { panic!("{of:?}") };
            Command::Approve { step, digest: digest.clone(), by: Some("Dana".to_owned()), typed: None }
        }
        Move::ApplyAgain => Command::ApplyAgain { step },
        Move::CheckAgain => Command::CheckAgain { step },
        other => panic!("{other:?} in {of:?}"),
    })
}

/// What went wrong with the step that the run stands at, and in what.
#[track_caller]
pub(super) fn failed(session: &Session) -> (Stage, Problem) {
    let run = session.run();
    let at = run.current().unwrap();
    match &run.step(&at.id).work {
        Work::Failed { stage, problem: Some(problem), .. } => (*stage, problem.clone()),
        work => panic!("{}: {work:?}", at.id),
    }
}

/// Goes on with what failed: with the plan that was approved, or else by planning again.
pub(super) fn go_on(session: &Session) {
    let run = session.run();
    let step = run.current().unwrap().id.clone();
    let command = match failed(session).0 {
        Stage::Apply | Stage::Verify => Command::ApplyAgain { step },
        Stage::Plan => Command::Plan { step, with: BTreeMap::new() },
        Stage::Read => Command::Read { step },
    };
    session.submit("Sam", &command).unwrap();
}

/// Whether the restore is done and verified.
pub(super) fn is_restored(run: &Run) -> bool {
    matches!(run.step(&StepId::from("restore")).work, Work::Verified { .. })
}

/// Runs every case, a few at a time.
pub(super) async fn each<T, F>(cases: Vec<T>, one: fn(T) -> F)
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let left = Arc::new(Mutex::new(cases.into_iter()));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let left = Arc::clone(&left);
        tasks.spawn(async move {
            while let Some(case) = taken(&left) {
                one(case).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

fn taken<T>(left: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    left.lock().unwrap().next()
}
