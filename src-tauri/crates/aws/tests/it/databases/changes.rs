//! What is changed, what is sent for it, and what is sent again.

use action::Environment;
use action::port::{
    BackupSource, Change, CopyOrder, DatabaseService, GroupKind, PortError, PortErrorKind, RestoreFrom,
    RestoreOrder, Settings,
};
use aws::Options;
use jiff::Timestamp;

use super::{EAST, WEST, answer, instance, instances, pairs, refused, sent, snapshot};
use crate::stub::{Stub, response};

fn settings() -> Settings {
    Settings {
        engine: "mysql".into(),
        engine_version: "8.0.39".into(),
        lifecycle_support: Some("open-source-rds-extended-support-disabled".into()),
        class: "db.m6g.large".into(),
        storage_type: "gp3".into(),
        allocated_gib: 500,
        max_allocated_gib: Some(1000),
        iops: Some(12000),
        throughput: Some(500),
        multi_az: true,
        port: 3307,
        public: false,
        network_type: Some("IPV4".into()),
        subnet_group: Some("subnets".into()),
        security_groups: vec!["sg-1".into(), "sg-2".into()],
        parameter_group: Some("pg".into()),
        option_group: Some("og".into()),
        deletion_protection: true,
        iam_authentication: true,
        log_exports: vec!["error".into()],
        copy_tags: true,
        auto_minor_upgrade: false,
        ca: Some("rds-ca-rsa2048-g1".into()),
        tags: pairs(&[("lifeboat:run", "r1")]),
        backup_days: 14,
        backup_window: Some("07:00-07:30".into()),
        ..Settings::default()
    }
}

fn order(from: RestoreFrom) -> RestoreOrder {
    RestoreOrder { target: "portal-restore".into(), from, settings: settings() }
}

/// What both restores say of the settings.
const SAID: [(&str, &str); 25] = [
    ("AllocatedStorage", "500"),
    ("AutoMinorVersionUpgrade", "false"),
    ("BackupRetentionPeriod", "14"),
    ("CACertificateIdentifier", "rds-ca-rsa2048-g1"),
    ("CopyTagsToSnapshot", "true"),
    ("DBInstanceClass", "db.m6g.large"),
    ("DBParameterGroupName", "pg"),
    ("DBSubnetGroupName", "subnets"),
    ("DeletionProtection", "true"),
    ("EnableCloudwatchLogsExports.member.1", "error"),
    ("EnableIAMDatabaseAuthentication", "true"),
    ("EngineLifecycleSupport", "open-source-rds-extended-support-disabled"),
    ("Iops", "12000"),
    ("MultiAZ", "true"),
    ("NetworkType", "IPV4"),
    ("OptionGroupName", "og"),
    ("Port", "3307"),
    ("PreferredBackupWindow", "07:00-07:30"),
    ("PubliclyAccessible", "false"),
    ("StorageThroughput", "500"),
    ("StorageType", "gp3"),
    ("Tags.Tag.1.Key", "lifeboat:run"),
    ("Tags.Tag.1.Value", "r1"),
    ("VpcSecurityGroupIds.VpcSecurityGroupId.1", "sg-1"),
    ("VpcSecurityGroupIds.VpcSecurityGroupId.2", "sg-2"),
];

#[tokio::test]
async fn a_restore_leaves_no_setting_to_a_default() {
    let stub = Stub::start(|_, request| {
        let from = request.contains("FromDBSnapshot");
        let operation =
            if from { "RestoreDBInstanceFromDBSnapshot" } else { "RestoreDBInstanceToPointInTime" };
        answer(operation, &format!("<DBInstance>{}</DBInstance>", instance("portal-restore", "")))
    })
    .await;
    let databases = stub.ports(1).await.databases;
    let backups =
        |source, at: Option<&str>| RestoreFrom::Backups { source, at: at.map(|at| at.parse().unwrap()) };
    let pitr = ("Action", "RestoreDBInstanceToPointInTime");
    let target = ("TargetDBInstanceIdentifier", "portal-restore");
    let grows = ("MaxAllocatedStorage", "1000");
    let (at, latest) = (("RestoreTime", "2026-11-24T12:00:00Z"), ("UseLatestRestorableTime", "true"));
    let arn = "arn:aws:rds:us-west-2:000000000000:auto-backup:ab-1";
    for (number, (from, own)) in [
        (
            backups(BackupSource::Instance("portal".into()), Some("2026-11-24T12:00:00Z")),
            vec![pitr, target, grows, at, ("SourceDBInstanceIdentifier", "portal")],
        ),
        (
            backups(BackupSource::Resource("db-1".into()), None),
            vec![pitr, target, grows, latest, ("SourceDbiResourceId", "db-1")],
        ),
        (
            backups(BackupSource::Replica(arn.into()), None),
            vec![pitr, target, grows, latest, ("SourceDBInstanceAutomatedBackupsArn", arn)],
        ),
        (
            RestoreFrom::Snapshot("rds:day".into()),
            vec![
                ("Action", "RestoreDBInstanceFromDBSnapshot"),
                ("DBInstanceIdentifier", "portal-restore"),
                ("DBSnapshotIdentifier", "rds:day"),
            ],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let made = databases.restore(EAST, &order(from)).await.unwrap();
        assert_eq!((made.value.id.as_str(), made.request_id.as_deref()), ("portal-restore", Some("RDS1")));
        assert_eq!(sent(&stub.heads()[number]), pairs(&[&SAID[..], &own].concat()));
    }
    // What isn't known is the backup's; speed goes only with storage that takes it.
    let small =
        Settings { storage_type: "gp3".into(), allocated_gib: 20, iops: Some(3000), ..Settings::default() };
    let order = RestoreOrder { settings: small, ..order(RestoreFrom::Snapshot("s".into())) };
    databases.restore(EAST, &order).await.unwrap();
    let last = sent(&stub.heads()[4]);
    for name in
        ["Iops", "StorageThroughput", "Port", "DBInstanceClass", "BackupRetentionPeriod", "NetworkType"]
    {
        assert!(!last.contains_key(name), "{name}: {last:?}");
    }
    assert_eq!((last["MultiAZ"].as_str(), last["AllocatedStorage"].as_str()), ("false", "20"));
}

#[tokio::test]
async fn other_changes_say_what_they_mean() {
    let stub = Stub::start(|_, request| match request {
        r if r.contains("Action=CopyDBSnapshot&") => {
            answer("CopyDBSnapshot", &snapshot("copy", "000000000000", "manual", ""))
        }
        r if r.contains("Action=ModifyDBInstance&") => {
            answer("ModifyDBInstance", &format!("<DBInstance>{}</DBInstance>", instance("portal", "")))
        }
        _ => answer("DeleteDBInstance", &format!("<DBInstance>{}</DBInstance>", instance("portal", ""))),
    })
    .await;
    let databases = stub.ports(1).await.databases;
    let copied = databases.copy_snapshot(WEST, &copy_order()).await.unwrap();
    assert_eq!((copied.value.id.as_str(), copied.value.region.as_str()), ("copy", WEST));
    let rename = Change { rename: Some("portal-old".into()), ..Change::default() };
    databases.modify(EAST, "portal", &rename).await.unwrap();
    let all = Change {
        rename: None,
        deletion_protection: Some(false),
        backup_days: Some(0),
        backup_window: Some("07:00-07:30".into()),
        maintenance_window: Some("sun:05:00-sun:06:00".into()),
        monitoring: Some((60, Some("arn:role".into()))),
        insights: Some((true, Some("arn:key".into()), Some(7))),
        multi_az: Some(true),
        max_allocated_gib: Some(1000),
        managed_password: true,
    };
    databases.modify(EAST, "portal", &all).await.unwrap();
    let off = Change {
        monitoring: Some((0, None)),
        insights: Some((false, Some("arn:key".into()), Some(7))),
        ..Change::default()
    };
    databases.modify(EAST, "portal", &off).await.unwrap();
    databases.delete(EAST, "portal").await.unwrap();
    let modify = |more: &[(&str, &str)]| {
        let always = [
            ("Action", "ModifyDBInstance"),
            ("DBInstanceIdentifier", "portal"),
            ("ApplyImmediately", "true"),
        ];
        pairs(&[&always[..], more].concat())
    };
    let asked: Vec<_> = stub.heads().iter().map(|head| sent(head)).collect();
    assert_eq!(
        asked[0],
        pairs(&[
            ("Action", "CopyDBSnapshot"),
            ("SourceDBSnapshotIdentifier", "arn:aws:rds:us-east-1:000000000000:snapshot:s"),
            ("TargetDBSnapshotIdentifier", "copy"),
            ("KmsKeyId", "arn:key"),
            ("CopyTags", "false"),
            ("Tags.Tag.1.Key", "lifeboat:run"),
            ("Tags.Tag.1.Value", "r1"),
        ])
    );
    assert_eq!(asked[1], modify(&[("NewDBInstanceIdentifier", "portal-old")]));
    assert_eq!(
        asked[2],
        modify(&[
            ("DeletionProtection", "false"),
            ("BackupRetentionPeriod", "0"),
            ("PreferredBackupWindow", "07:00-07:30"),
            ("PreferredMaintenanceWindow", "sun:05:00-sun:06:00"),
            ("MonitoringInterval", "60"),
            ("MonitoringRoleArn", "arn:role"),
            ("EnablePerformanceInsights", "true"),
            ("PerformanceInsightsKMSKeyId", "arn:key"),
            ("PerformanceInsightsRetentionPeriod", "7"),
            ("MultiAZ", "true"),
            ("MaxAllocatedStorage", "1000"),
            ("ManageMasterUserPassword", "true"),
        ])
    );
    assert_eq!(asked[3], modify(&[("MonitoringInterval", "0"), ("EnablePerformanceInsights", "false")]));
    assert_eq!(
        asked[4],
        pairs(&[
            ("Action", "DeleteDBInstance"),
            ("DBInstanceIdentifier", "portal"),
            ("SkipFinalSnapshot", "true"),
            ("DeleteAutomatedBackups", "true"),
        ])
    );
    // Each went to the region that it named.
    let regions: Vec<_> = stub.heads().iter().map(|head| head.contains("/us-west-2/rds/")).collect();
    assert_eq!(regions, [true, false, false, false, false]);
}

fn copy_order() -> CopyOrder {
    CopyOrder {
        source: "arn:aws:rds:us-east-1:000000000000:snapshot:s".into(),
        source_region: EAST.into(),
        target: "copy".into(),
        kms_key: Some("arn:key".into()),
        tags: pairs(&[("lifeboat:run", "r1")]),
    }
}

/// Every change, and what it is answered.
async fn changes(databases: &dyn DatabaseService) -> Vec<PortError> {
    let from = RestoreFrom::Backups { source: BackupSource::Instance("portal".into()), at: None };
    vec![
        databases.restore(EAST, &order(from)).await.unwrap_err(),
        databases.restore(EAST, &order(RestoreFrom::Snapshot("s".into()))).await.unwrap_err(),
        databases.copy_snapshot(EAST, &copy_order()).await.unwrap_err(),
        databases.modify(EAST, "portal", &Change::default()).await.unwrap_err(),
        databases.delete(EAST, "portal").await.unwrap_err(),
    ]
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_not_sent_again() {
    // Closed without an answer, broken off inside it, not XML, failed inside.
    for told in [
        String::new(),
        answer("X", "").replace("</XResponse>", "").replace("content-length: ", "content-length: 9"),
        response(200, "content-type: text/html\r\n", "<html>hello"),
        refused(500, "InternalFailure", "We failed."),
        response(503, "", ""),
    ] {
        let said = told.clone();
        let stub = Stub::start(move |_, _| said.clone()).await;
        for error in changes(&*stub.ports(3).await.databases).await {
            assert_eq!(error.kind, PortErrorKind::Unreachable, "{told}\n{error}");
            assert!(error.next.contains("look before it is asked for again"), "{error}");
        }
        let mut actions: Vec<_> = stub.heads().iter().map(|head| sent(head)["Action"].clone()).collect();
        assert_eq!(actions.len(), 5, "{told}\n{actions:?}");
        actions.dedup();
        assert_eq!(actions.len(), 5, "{actions:?}");
    }
}

#[tokio::test]
async fn a_question_whose_answer_is_lost_is_asked_again() {
    let stub = Stub::start(|number, _| match number {
        0 => String::new(),
        1 => response(503, "", ""),
        _ => instances(&[instance("portal", "")], ""),
    })
    .await;
    assert!(stub.ports(3).await.databases.instance(EAST, "portal").await.unwrap().value.is_some());
    assert_eq!(stub.heads().len(), 3);
}

#[tokio::test]
async fn a_change_that_was_throttled_is_sent_again() {
    let throttled = || refused(400, "Throttling", "Rate exceeded");
    let done = |operation| answer(operation, &format!("<DBInstance>{}</DBInstance>", instance("portal", "")));
    let stub =
        Stub::start(move |number, _| if number == 0 { throttled() } else { done("DeleteDBInstance") }).await;
    stub.ports(2).await.databases.delete(EAST, "portal").await.unwrap();
    assert_eq!(stub.heads().len(), 2);

    let stub = Stub::start(move |number, _| if number == 0 { throttled() } else { String::new() }).await;
    let error = stub.ports(5).await.databases.delete(EAST, "portal").await.unwrap_err();
    assert_eq!((error.kind, stub.heads().len()), (PortErrorKind::Unreachable, 2));

    let stub = Stub::start(move |_, _| throttled()).await;
    let error = stub.ports(2).await.databases.delete(EAST, "portal").await.unwrap_err();
    assert_eq!((error.kind, stub.heads().len()), (PortErrorKind::Throttled, 2));
}

#[tokio::test]
async fn a_refused_change_says_why_and_is_not_sent_again() {
    for (code, kind) in [
        ("DBInstanceAlreadyExists", PortErrorKind::Exists),
        ("InvalidDBInstanceState", PortErrorKind::Busy),
        ("InstanceQuotaExceeded", PortErrorKind::NoRoom),
        ("KMSKeyNotAccessibleFault", PortErrorKind::Denied),
        ("DBSnapshotNotFound", PortErrorKind::NotFound),
        ("ExpiredToken", PortErrorKind::Credentials),
        ("InvalidParameterValue", PortErrorKind::Other),
    ] {
        let stub = Stub::start(move |_, _| refused(400, code, "Because.")).await;
        for error in changes(&*stub.ports(3).await.databases).await {
            assert_eq!((error.kind, error.request_id.as_deref()), (kind, Some("R2")), "{error}");
            assert!(
                !format!("{error:?}").contains(action::environment::PRACTICE_SECRET_ACCESS_KEY),
                "{error:?}"
            );
        }
        assert_eq!(stub.heads().len(), 5);
    }
}

#[tokio::test]
async fn nothing_is_sent_outside_the_united_states() {
    let stub = Stub::start(|_, _| instances(&[], "")).await;
    let databases = stub.ports(1).await.databases;
    for region in ["eu-west-1", "us-gov-west-1", "", "US-EAST-1"] {
        let order = order(RestoreFrom::Snapshot("s".into()));
        let now = Timestamp::now();
        for error in [
            databases.instance(region, "x").await.unwrap_err(),
            databases.instances(region).await.unwrap_err(),
            databases.snapshots(region, "x").await.unwrap_err(),
            databases.snapshot(region, "x").await.unwrap_err(),
            databases.automated_backups(region, "x").await.unwrap_err(),
            databases.group(region, GroupKind::Subnet, "x").await.unwrap_err(),
            databases.key(region, "x").await.unwrap_err(),
            databases.proxies(region, "x").await.unwrap_err(),
            databases.events(region, "x", now).await.unwrap_err(),
            databases.restore(region, &order).await.unwrap_err(),
            databases.copy_snapshot(region, &copy_order()).await.unwrap_err(),
            databases.modify(region, "x", &Change::default()).await.unwrap_err(),
            databases.delete(region, "x").await.unwrap_err(),
        ] {
            assert!(error.message.contains("not in the United States"), "{error}");
        }
    }
    assert_eq!(stub.heads().len(), 0);
}

#[tokio::test]
async fn an_endpoint_that_is_not_there_is_told() {
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", closed.local_addr().unwrap());
    drop(closed);
    let options = Options { attempts: 1, ..Options::default() };
    let ports = aws::connect(&Environment::practice(&url), &options).await.unwrap();
    let error = ports.databases.instance(WEST, "portal").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Unreachable);
    assert!(error.message.contains("the practice range is not running"), "{error}");
}
