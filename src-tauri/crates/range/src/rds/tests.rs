//! What is behind an instance, and what the instance shows of it.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use action::port::{Settings, SnapshotKind};
use jiff::{SignedDuration, Timestamp};

use super::form::Form;
use super::*;

const EAST: &str = "us-east-1";

/// A database host whose every call waits to be told its outcome.
struct Gate {
    calls: Mutex<Sender<String>>,
    outcomes: Mutex<Receiver<Result<u64, BehindError>>>,
}

impl Gate {
    fn call(&self, what: String) -> Result<u64, BehindError> {
        self.calls.lock().unwrap().send(what).unwrap();
        self.outcomes.lock().unwrap().recv().unwrap()
    }
}

impl Behind for Gate {
    fn restore(&self, backup: BackupId, at: Option<Timestamp>) -> Result<DatabaseId, BehindError> {
        let at = at.map_or_else(|| "its end".to_owned(), |at| at.to_string());
        self.call(format!("restore {} to {at}", backup.0)).map(DatabaseId)
    }

    fn back_up(&self, database: DatabaseId) -> Result<BackupId, BehindError> {
        self.call(format!("back up {}", database.0)).map(BackupId)
    }

    fn port(&self, database: DatabaseId) -> Option<u16> {
        u16::try_from(database.0).ok()
    }

    fn stop(&self, database: DatabaseId) {
        self.calls.lock().unwrap().send(format!("stop {}", database.0)).unwrap();
    }
}

struct World {
    rds: Rds,
    now: Arc<Mutex<Timestamp>>,
    calls: Receiver<String>,
    outcomes: Sender<Result<u64, BehindError>>,
}

impl World {
    fn new() -> Self {
        let now = Arc::new(Mutex::new("2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap()));
        let (calls, called) = channel();
        let (outcomes, outcome) = channel();
        let gate = Gate { calls: Mutex::new(calls), outcomes: Mutex::new(outcome) };
        let clock = Arc::clone(&now);
        let rds = Rds::new(Arc::new(move || *clock.lock().unwrap()), 1.0, Arc::new(gate));
        let settings = Settings {
            engine: "mysql".to_owned(),
            engine_version: "8.0.39".to_owned(),
            allocated_gib: 20,
            backup_days: 7,
            ..Settings::default()
        };
        let made = "2026-11-01T00:00:00Z".parse().unwrap();
        let portal = Instance::new(EAST, "portal", settings, made);
        let mut backup = AutomatedBackup::of(EAST, &portal, made);
        for (day, id) in [(22, 22), (24, 24)] {
            let taken = format!("2026-11-{day}T07:00:00Z").parse().unwrap();
            backup.bases.push(Base { taken, backup: BackupId(id) });
        }
        rds.add_automated_backup(EAST, backup);
        let mut snapshot = Snapshot::new("snapshot", SnapshotKind::Manual, &portal, made);
        snapshot.backup = Some(BackupId(5));
        rds.add_snapshot(EAST, snapshot);
        rds.add_instance(EAST, portal);
        Self { rds, now, calls: called, outcomes }
    }

    fn pass(&self, seconds: i64) {
        *self.now.lock().unwrap() += SignedDuration::from_secs(seconds);
    }

    fn ask(&self, operation: &str, form: &str) -> String {
        self.rds.rds(EAST, operation, &Form::parse(form.as_bytes()), "R").unwrap()
    }

    fn state(&self, id: &str) -> String {
        self.rds.instances(EAST).into_iter().find(|known| known.id == id).unwrap().status
    }

    fn restore(&self, at: &str) {
        let form =
            format!("SourceDBInstanceIdentifier=portal&TargetDBInstanceIdentifier=restored&RestoreTime={at}");
        self.ask("RestoreDBInstanceToPointInTime", &form);
    }
}

#[test]
fn an_instance_is_available_no_sooner_than_its_database() {
    let world = World::new();
    world.restore("2026-11-24T06:59:59Z");
    assert_eq!(world.calls.recv().unwrap(), "restore 22 to 2026-11-24T06:59:59Z");
    world.pass(3600);
    assert_eq!(world.state("restored"), "creating");
    world.outcomes.send(Ok(3333)).unwrap();
    // Its first automated backup is a real one, and holds it up as well.
    assert_eq!(world.calls.recv().unwrap(), "back up 3333");
    assert_eq!(world.state("restored"), "backing-up");
    assert!(world.ask("DescribeDBInstances", "DBInstanceIdentifier=restored").contains("<Port>3333</Port>"));
    world.outcomes.send(Ok(77)).unwrap();
    world.rds.settle();
    assert_eq!(world.state("restored"), "available");
    let backups = world.rds.automated_backups(EAST);
    let kept = backups.iter().find(|kept| kept.instance == "restored").unwrap();
    assert_eq!(kept.bases[0].backup, BackupId(77));
}

#[test]
fn a_moment_is_restored_from_the_newest_base_before_it() {
    let world = World::new();
    world.restore("2026-11-24T07:00:00Z");
    assert_eq!(world.calls.recv().unwrap(), "restore 24 to 2026-11-24T07:00:00Z");
    world.outcomes.send(Ok(1)).unwrap();
    let early = Form::parse(
        b"SourceDBInstanceIdentifier=portal&TargetDBInstanceIdentifier=early&RestoreTime=2026-11-22T06:00:00Z",
    );
    let refused = world.rds.rds(EAST, "RestoreDBInstanceToPointInTime", &early, "R").unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue", "no base is as old as that");
}

#[test]
fn a_database_that_cannot_be_made_is_a_failed_instance() {
    let world = World::new();
    world.ask(
        "RestoreDBInstanceFromDBSnapshot",
        "DBInstanceIdentifier=restored&DBSnapshotIdentifier=snapshot",
    );
    assert_eq!(world.calls.recv().unwrap(), "restore 5 to its end");
    world.outcomes.send(Err(BehindError { message: "the disk is full".to_owned() })).unwrap();
    world.rds.settle();
    assert_eq!(world.state("restored"), "failed");
    let events = world.ask("DescribeEvents", "SourceIdentifier=restored&SourceType=db-instance");
    assert!(events.contains("the disk is full"), "{events}");
}

#[test]
fn a_deleted_instance_stops_its_database_after_its_last_snapshot_is_taken() {
    let world = World::new();
    world.ask(
        "RestoreDBInstanceFromDBSnapshot",
        "DBInstanceIdentifier=restored&DBSnapshotIdentifier=snapshot&BackupRetentionPeriod=0",
    );
    world.outcomes.send(Ok(8)).unwrap();
    world.rds.settle();
    world.pass(601);
    assert_eq!(world.state("restored"), "available");
    world.ask("DeleteDBInstance", "DBInstanceIdentifier=restored&FinalDBSnapshotIdentifier=last");
    assert_eq!(world.calls.recv().unwrap(), "restore 5 to its end");
    assert_eq!(world.calls.recv().unwrap(), "back up 8");
    world.pass(3600);
    assert_eq!(world.state("restored"), "deleting");
    world.outcomes.send(Ok(9)).unwrap();
    world.rds.settle();
    assert_eq!(world.calls.recv().unwrap(), "stop 8");
    assert!(world.rds.instances(EAST).iter().all(|known| known.id != "restored"));
    let last = world.rds.snapshots(EAST).into_iter().find(|snapshot| snapshot.id == "last").unwrap();
    assert_eq!(last.backup, Some(BackupId(9)));
}
