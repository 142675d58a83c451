//! Everything that RDS refuses a restore with (facts §2.10), and every state that a new instance doesn't leave: one
//! clear message, the next thing to do, nothing half done, and the same run goes on.

use jiff::ToSpan;
use range::rds::RdsFaults;
use run::{Stage, State};

use super::operator::{drive, each, failed, go_on, is_restored, restore, restore_with};
use super::world::{EAST, World};

/// What the runbook asks to restore from.
#[derive(Debug, Clone, Copy)]
enum Source {
    Backups,
    Snapshot,
    /// A snapshot of this region, made into an instance of the other one.
    Copied,
}

/// A code, the operation that is refused with it, and a telling word of what the person is told to do.
type Row = (&'static str, Source, &'static str, &'static str);

const RESTORE: &str = "RestoreDBInstanceToPointInTime";
const SNAPSHOT: &str = "RestoreDBInstanceFromDBSnapshot";
const COPY: &str = "CopyDBSnapshot";

use Source::{Backups, Copied, Snapshot};

const ROWS: &[Row] = &[
    ("InvalidRestoreFault", Backups, RESTORE, "subnet group that is in a VPC"),
    ("InvalidDBSnapshotState", Snapshot, SNAPSHOT, "Wait until its status is `available`, or take another"),
    ("InvalidDBSnapshotState", Copied, COPY, "Wait until"),
    ("DBSnapshotNotFound", Snapshot, SNAPSHOT, "goes by its ARN"),
    ("DBInstanceNotFound", Backups, RESTORE, "retained backups"),
    ("DBInstanceAutomatedBackupNotFound", Backups, RESTORE, "Restore from a snapshot"),
    ("DBInstanceAlreadyExists", Backups, RESTORE, "If its tag `lifeboat:run` names this run"),
    ("KMSKeyNotAccessibleFault", Backups, RESTORE, "kms:DescribeKey"),
    ("KMSKeyNotAccessibleFault", Copied, COPY, "Ask whoever owns the key to enable it"),
    ("StorageQuotaExceeded", Backups, RESTORE, "Service Quotas"),
    ("InstanceQuotaExceeded", Backups, RESTORE, "Delete instances that tests left behind"),
    ("SnapshotQuotaExceeded", Copied, COPY, "Delete snapshots that are no longer needed"),
    ("InvalidVPCNetworkStateFault", Backups, RESTORE, "Repair the subnet group"),
    ("InvalidSubnet", Backups, RESTORE, "at least two zones"),
    ("DBSubnetGroupDoesNotCoverEnoughAZs", Backups, RESTORE, "at least two zones"),
    ("InsufficientDBInstanceCapacity", Backups, RESTORE, "choose another class"),
    ("PointInTimeRestoreNotEnabled", Backups, RESTORE, "Restore from a snapshot"),
    ("InvalidDBInstanceState", Backups, RESTORE, "Wait until its status is `available`"),
    ("StorageTypeNotSupported", Backups, RESTORE, "gp3"),
    ("ProvisionedIopsNotAvailableInAZFault", Backups, RESTORE, "other zones"),
    ("OptionGroupNotFoundFault", Backups, RESTORE, "from the infrastructure's code"),
    ("DBParameterGroupNotFound", Backups, RESTORE, "from the infrastructure's code"),
    ("DBSubnetGroupNotFoundFault", Backups, RESTORE, "from the infrastructure's code"),
    ("VpcEncryptionControlViolationException", Backups, RESTORE, "Nitro"),
    ("InvalidParameterCombination", Backups, RESTORE, "make the plan again"),
];

/// Starts a run, has its restore planned and refused, and goes on with it once the fault is gone.
async fn is_refused((code, from, operation, next): Row) {
    let case = format!("{code} from {operation}");
    let world = World::new();
    let session = match from {
        Backups => world.start(),
        Snapshot => world.start_with("from: snapshot\nsnapshot: portal-manual"),
        Copied => world.start_with("from: snapshot\nsnapshot: portal-manual\nregion: us-west-2"),
    };
    let id = session.run().id().clone();
    let (before, snapshots) = (world.instances(), world.snapshots());
    world.refuse(operation, code, None);
    restore(&session).await;
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Apply, "{case}: {problem:?}");
    assert!(problem.what.contains(operation) && problem.what.contains("(request "), "{case}: {problem:?}");
    // The words are a person's, and not the code.
    assert!(!problem.what.contains(code) || code.starts_with("InvalidParameter"), "{case}: {problem:?}");
    assert!(problem.next.contains(next) && problem.next.ends_with('.'), "{case}: {problem:?}");
    assert_eq!(world.instances(), before, "{case}");
    assert_eq!(world.snapshots(), snapshots, "{case}");

    world.no_faults();
    go_on(&session);
    restore(&session).await;
    assert!(is_restored(&session.run()), "{case}: {:?}", session.run().current());
    assert_eq!(world.made(&id).len(), 1, "{case}");
    assert_eq!(world.instance(EAST, "portal").resource_id, world.old, "{case}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_rds_refuses_says_what_to_do_and_leaves_nothing_behind() {
    each(ROWS.to_vec(), is_refused).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_moment_that_rds_does_not_take_sends_to_the_window() {
    for message in [
        "The specified instance cannot be restored to a time later than 2026-11-24T02:40:00Z.",
        "The specified instance cannot be restored to a time earlier than 2026-11-24T02:40:00Z because its backup \
         retention period is set to 14 days.",
    ] {
        let world = World::new();
        let session = world.start();
        let before = world.instances();
        world.refuse(RESTORE, "InvalidParameterValue", Some(message));
        restore(&session).await;
        let (stage, problem) = failed(&session);
        assert_eq!(stage, Stage::Apply, "{problem:?}");
        assert!(problem.what.contains("2026-11-24T02:40:00Z"), "{problem:?}");
        assert!(
            problem.next.contains("inside the restore window: `database.survey` shows it"),
            "{problem:?}"
        );
        assert_eq!(world.instances(), before);
        world.no_faults();
        go_on(&session);
        restore(&session).await;
        assert!(is_restored(&session.run()));
    }
}

/// What is asked of an instance that is there already.
async fn is_refused_afterwards((code, what): (&'static str, &'static str)) {
    let world = World::new();
    let session = world.start();
    let id = session.run().id().clone();
    world.refuse("ModifyDBInstance", code, None);
    restore(&session).await;
    let (stage, problem) = failed(&session);
    let made = world.made(&id);
    assert_eq!((stage, made.len()), (Stage::Apply, 1), "{code}: {problem:?}");
    assert!(problem.what.contains(&made[0]) && problem.what.contains(what), "{code}: {problem:?}");
    world.no_faults();
    go_on(&session);
    drive(&session).await;
    world.exchanged(&id, code);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_rds_refuses_once_the_instance_is_there_is_gone_on_with() {
    let rows = vec![
        ("InvalidDBInstanceState", "the instance is busy, or not available"),
        ("KMSKeyNotAccessibleFault", "the encryption key can't be used"),
        ("InsufficientDBInstanceCapacity", "AWS has no room"),
        ("StorageQuotaExceeded", "quota"),
    ];
    each(rows, is_refused_afterwards).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_rds_does_not_change_is_said_to_be_held_by_whom() {
    let world = World::new();
    let session = world.start();
    let id = session.run().id().clone();
    restore(&session).await;
    let before = world.instances();
    world.refuse("ModifyDBInstance", "InvalidDBInstanceState", None);
    drive(&session).await;
    let (stage, problem) = failed(&session);
    assert_eq!(stage, Stage::Apply, "{problem:?}");
    assert!(
        problem.what.starts_with("portal was asked to become portal-old-")
            && problem.what.contains("the instance is busy, or not available"),
        "{problem:?}"
    );
    assert_eq!(world.instances(), before);
    world.no_faults();
    go_on(&session);
    drive(&session).await;
    world.exchanged(&id, "renamed at last");
}

/// How an instance that is stuck is put right.
#[derive(Debug, Clone, Copy)]
enum Cure {
    /// It is deleted in the console, and the same plan is applied again.
    Delete,
    /// It is repaired, and the same plan is applied again.
    Repair,
    /// Another moment is planned, and the stuck one left alone.
    Elsewhen,
}

async fn ends_stuck((status, next, cure): (&'static str, &'static str, Cure)) {
    let case = format!("{status}, {cure:?}");
    let world = World::new();
    world.rds().set_faults(RdsFaults { new_instances_end: Some(status.to_owned()), ..RdsFaults::default() });
    let session = world.start();
    let id = session.run().id().clone();
    restore(&session).await;
    let (stage, problem) = failed(&session);
    let made = world.made(&id);
    assert_eq!((stage, made.len()), (Stage::Apply, 1), "{case}: {problem:?}");
    assert!(problem.what.starts_with(&format!("{} is {status}", made[0])), "{case}: {problem:?}");
    assert!(problem.next.contains(next) && problem.next.ends_with('.'), "{case}: {problem:?}");
    assert_eq!(world.instance(EAST, "portal").resource_id, world.old, "{case}");

    world.no_faults();
    match cure {
        Cure::Delete => world.rds().delete_instance_behind(EAST, &made[0], false),
        Cure::Repair => world.change(&made[0], |instance| instance.status = "available".to_owned()),
        Cure::Elsewhen => {}
    }
    if matches!(cure, Cure::Elsewhen) {
        let earlier = (world.good - 1.hour()).to_string();
        restore_with(&session, &[("at", &earlier)]).await;
    } else {
        go_on(&session);
    }
    drive(&session).await;
    let now = world.made(&id);
    match cure {
        Cure::Elsewhen => {
            assert!(
                matches!(session.run().state(), State::Finished(_)),
                "{case}: {:?}",
                session.run().current()
            );
            assert_eq!((now.len(), &now[0][..], &now[1]), (2, "portal", &made[0]), "{case}");
            assert_eq!(world.instance(EAST, &made[0]).status, status, "{case}: the stuck one is left alone");
            assert_ne!(world.instance(EAST, "portal").resource_id, world.old, "{case}");
        }
        Cure::Delete | Cure::Repair => world.exchanged(&id, &case),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_instance_that_never_comes_up_says_what_to_do_and_the_run_goes_on() {
    use Cure::{Delete, Elsewhen, Repair};
    let rows = vec![
        ("failed", "Delete it in the RDS console", Delete),
        ("incompatible-restore", "plan from another moment or from a snapshot", Elsewhen),
        ("restore-error", "delete it there", Delete),
        ("restore-error", "plan from another moment", Elsewhen),
        ("incompatible-network", "Repair the subnet group", Delete),
        ("insufficient-capacity", "change its class in the RDS console", Repair),
        ("storage-full", "Give it more in the RDS console", Repair),
        ("inaccessible-encryption-credentials", "In KMS enable the key", Repair),
    ];
    each(rows, ends_stuck).await;
}
