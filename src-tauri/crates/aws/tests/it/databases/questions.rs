//! What is read, exactly, and what is asked for it.

use std::collections::BTreeMap;

use action::Environment;
use action::environment::Credentials;
use action::port::{Endpoint, GroupKind, PortErrorKind, Settings, SnapshotKind};
use jiff::Timestamp;

use super::{EAST, WEST, answer, instance, instances, pairs, refused, sent, snapshot};
use crate::stub::{Stub, response};

#[tokio::test]
async fn an_instance_is_read_whole() {
    let more = "<Engine>mysql</Engine><EngineVersion>8.0.39</EngineVersion><DBInstanceClass>db.m6g.large</DBInstanceClass>\
        <Endpoint><Address>portal.x.rds.amazonaws.com</Address><Port>3307</Port></Endpoint>\
        <AllocatedStorage>500</AllocatedStorage><MaxAllocatedStorage>1000</MaxAllocatedStorage><Iops>12000</Iops>\
        <StorageThroughput>500</StorageThroughput><StorageType>gp3</StorageType><MultiAZ>true</MultiAZ>\
        <PubliclyAccessible>false</PubliclyAccessible><NetworkType>IPV4</NetworkType>\
        <DBSubnetGroup><DBSubnetGroupName>portal-subnets</DBSubnetGroupName></DBSubnetGroup>\
        <VpcSecurityGroups><VpcSecurityGroupMembership><VpcSecurityGroupId>sg-1</VpcSecurityGroupId><Status>active</Status>\
        </VpcSecurityGroupMembership></VpcSecurityGroups><DBParameterGroups><DBParameterGroup><DBParameterGroupName>pg\
        </DBParameterGroupName></DBParameterGroup></DBParameterGroups><OptionGroupMemberships><OptionGroupMembership>\
        <OptionGroupName>og</OptionGroupName></OptionGroupMembership></OptionGroupMemberships>\
        <DeletionProtection>true</DeletionProtection>\
        <IAMDatabaseAuthenticationEnabled>true</IAMDatabaseAuthenticationEnabled><EnabledCloudwatchLogsExports>\
        <member>error</member><member>slowquery</member></EnabledCloudwatchLogsExports>\
        <CopyTagsToSnapshot>true</CopyTagsToSnapshot><AutoMinorVersionUpgrade>true</AutoMinorVersionUpgrade>\
        <CACertificateIdentifier>rds-ca-rsa2048-g1</CACertificateIdentifier><EngineLifecycleSupport>\
        open-source-rds-extended-support-disabled</EngineLifecycleSupport><TagList><Tag><Key>team</Key><Value>portal\
        </Value></Tag></TagList><BackupRetentionPeriod>14</BackupRetentionPeriod>\
        <PreferredBackupWindow>07:00-07:30</PreferredBackupWindow>\
        <PreferredMaintenanceWindow>sun:05:00-sun:06:00</PreferredMaintenanceWindow>\
        <MonitoringInterval>60</MonitoringInterval><MonitoringRoleArn>arn:role</MonitoringRoleArn>\
        <PerformanceInsightsEnabled>true</PerformanceInsightsEnabled><PerformanceInsightsKMSKeyId>arn:key2\
        </PerformanceInsightsKMSKeyId><PerformanceInsightsRetentionPeriod>7</PerformanceInsightsRetentionPeriod>\
        <StorageEncrypted>true</StorageEncrypted><KmsKeyId>arn:key</KmsKeyId>\
        <InstanceCreateTime>2026-01-02T03:04:05.678Z</InstanceCreateTime>\
        <LatestRestorableTime>2026-11-24T12:00:00Z</LatestRestorableTime><PendingModifiedValues>\
        <MasterUserPassword>hunter2</MasterUserPassword><MultiAZ>true</MultiAZ></PendingModifiedValues>\
        <ReadReplicaDBInstanceIdentifiers><ReadReplicaDBInstanceIdentifier>portal-read\
        </ReadReplicaDBInstanceIdentifier></ReadReplicaDBInstanceIdentifiers>\
        <MasterUserSecret><SecretArn>arn:secret</SecretArn></MasterUserSecret>";
    let told = instances(&[instance("portal", more)], "");
    let stub = Stub::start(move |_, _| told.clone()).await;
    let answer = stub.ports(1).await.databases.instance(EAST, "portal").await.unwrap();
    assert_eq!(answer.request_id.as_deref(), Some("RDS1"));
    let read = answer.value.unwrap();
    assert!(!format!("{read:?}").contains("hunter2"));
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        read.settings,
        Settings {
            engine: "mysql".into(),
            engine_version: "8.0.39".into(),
            lifecycle_support: text("open-source-rds-extended-support-disabled"),
            class: "db.m6g.large".into(),
            storage_type: "gp3".into(),
            allocated_gib: 500,
            max_allocated_gib: Some(1000),
            iops: Some(12000),
            throughput: Some(500),
            multi_az: true,
            port: 3307,
            public: false,
            network_type: text("IPV4"),
            subnet_group: text("portal-subnets"),
            security_groups: vec!["sg-1".into()],
            parameter_group: text("pg"),
            option_group: text("og"),
            deletion_protection: true,
            iam_authentication: true,
            log_exports: vec!["error".into(), "slowquery".into()],
            copy_tags: true,
            auto_minor_upgrade: true,
            ca: text("rds-ca-rsa2048-g1"),
            tags: pairs(&[("team", "portal")]),
            backup_days: 14,
            backup_window: text("07:00-07:30"),
            maintenance_window: text("sun:05:00-sun:06:00"),
            monitoring_seconds: 60,
            monitoring_role: text("arn:role"),
            insights: true,
            insights_key: text("arn:key2"),
            insights_days: Some(7),
        }
    );
    assert_eq!(read.endpoint, Some(Endpoint { address: "portal.x.rds.amazonaws.com".into(), port: 3307 }));
    assert_eq!((read.encrypted, read.kms_key.as_deref()), (true, Some("arn:key")));
    assert_eq!(read.created.unwrap().to_string(), "2026-01-02T03:04:05.678Z");
    assert_eq!(read.latest_restorable.unwrap().to_string(), "2026-11-24T12:00:00Z");
    assert_eq!(read.pending, ["master password", "standby in another zone"]);
    assert_eq!(read.replicas, ["portal-read"]);
    assert_eq!(read.managed_secret.as_deref(), Some("arn:secret"));
    assert_eq!(
        sent(&stub.heads()[0]),
        pairs(&[("Action", "DescribeDBInstances"), ("DBInstanceIdentifier", "portal")])
    );
}

#[tokio::test]
async fn no_secret_is_told_or_logged() {
    let pending = "<PendingModifiedValues><MasterUserPassword>hush-pending</MasterUserPassword></PendingModifiedValues>";
    let stub = Stub::start(move |_, request| match request.contains("Action=ModifyDBInstance&") {
        true => {
            answer("ModifyDBInstance", &format!("<DBInstance>{}</DBInstance>", instance("portal", pending)))
        }
        false => instances(&[instance("portal", pending)], ""),
    })
    .await;
    let environment = Environment {
        credentials: Credentials::Environment(true),
        database: None,
        ..Environment::practice(&stub.url)
    };
    let keys = [
        ("AWS_ACCESS_KEY_ID", "ASIAVARIABLE"),
        ("AWS_SECRET_ACCESS_KEY", "hush-key"),
        ("AWS_SESSION_TOKEN", "hush-token"),
    ];
    let told = crate::child::job("instance", &environment, &keys).await;
    let (told, logged) = told.rsplit_once("\nlogged ").unwrap();
    assert!(told.matches("pending: [\"master password\"]").count() == 2 && !told.contains("hush"), "{told}");
    assert!(logged.ends_with("secrets in []") && !logged.starts_with("0 "), "{logged}");
    assert!(stub.heads().iter().all(|head| head.contains("hush-token")));
}

#[tokio::test]
async fn what_is_not_there_is_none() {
    let stub = Stub::start(|_, request| {
        let code = match request {
            r if r.contains("Action=DescribeDBInstances&") => "DBInstanceNotFound",
            r if r.contains("Action=DescribeDBSnapshots&") => "DBSnapshotNotFound",
            r if r.contains("Action=DescribeDBInstanceAutomatedBackups&") => {
                "DBInstanceAutomatedBackupNotFound"
            }
            r if r.contains("Action=DescribeDBSubnetGroups&") => "DBSubnetGroupNotFoundFault",
            r if r.contains("Action=DescribeDBParameterGroups&") => "DBParameterGroupNotFound",
            _ => "OptionGroupNotFoundFault",
        };
        refused(404, code, "There is none.")
    })
    .await;
    let databases = stub.ports(1).await.databases;
    let answer = databases.instance(EAST, "x").await.unwrap();
    assert_eq!((answer.value, answer.request_id.as_deref()), (None, Some("R2")));
    assert_eq!(databases.snapshot(EAST, "x").await.unwrap().value, None);
    assert_eq!(databases.snapshots(EAST, "x").await.unwrap(), []);
    assert_eq!(databases.automated_backups(EAST, "x").await.unwrap(), []);
    for kind in [GroupKind::Subnet, GroupKind::Parameter, GroupKind::Option] {
        assert_eq!(databases.group(EAST, kind, "x").await.unwrap(), None);
    }
}

#[tokio::test]
async fn groups_tell_what_matters() {
    let stub = Stub::start(|_, request| match request {
        r if r.contains("Action=DescribeDBSubnetGroups&") => answer(
            "DescribeDBSubnetGroups",
            "<DBSubnetGroups><DBSubnetGroup><DBSubnetGroupName>g</DBSubnetGroupName><VpcId>vpc-1</VpcId>\
             <SubnetGroupStatus>Complete</SubnetGroupStatus><Subnets><Subnet><SubnetAvailabilityZone><Name>us-east-1b\
             </Name></SubnetAvailabilityZone></Subnet><Subnet><SubnetAvailabilityZone><Name>us-east-1a</Name>\
             </SubnetAvailabilityZone></Subnet></Subnets></DBSubnetGroup></DBSubnetGroups>",
        ),
        r if r.contains("Action=DescribeDBParameterGroups&") => answer(
            "DescribeDBParameterGroups",
            "<DBParameterGroups><DBParameterGroup><DBParameterGroupName>g</DBParameterGroupName>\
             <DBParameterGroupFamily>mysql8.0</DBParameterGroupFamily></DBParameterGroup></DBParameterGroups>",
        ),
        _ => answer(
            "DescribeOptionGroups",
            "<OptionGroupsList><OptionGroup><OptionGroupName>g</OptionGroupName><EngineName>mysql</EngineName>\
             <MajorEngineVersion>8.0</MajorEngineVersion></OptionGroup></OptionGroupsList>",
        ),
    })
    .await;
    let databases = stub.ports(1).await.databases;
    for (kind, facts) in [
        (
            GroupKind::Subnet,
            pairs(&[("vpc", "vpc-1"), ("zones", "us-east-1a, us-east-1b"), ("status", "Complete")]),
        ),
        (GroupKind::Parameter, pairs(&[("family", "mysql8.0")])),
        (GroupKind::Option, pairs(&[("engine", "mysql"), ("engine version", "8.0")])),
    ] {
        let group = databases.group(EAST, kind, "g").await.unwrap().unwrap();
        assert_eq!((group.kind, group.name.as_str(), group.facts), (kind, "g", facts));
    }
}

#[tokio::test]
async fn every_page_is_asked_for() {
    let stub = Stub::start(|number, _| match number {
        0 => instances(&[instance("a", "")], "<Marker>m/1</Marker>"),
        1 => instances(&[], "<Marker>m/2</Marker>"),
        _ => instances(&[instance("b", "")], ""),
    })
    .await;
    let found = stub.ports(1).await.databases.instances(EAST).await.unwrap().value;
    assert_eq!(found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["a", "b"]);
    let markers: Vec<_> = stub.heads().iter().map(|head| sent(head).get("Marker").cloned()).collect();
    assert_eq!(markers, [None, Some("m/1".to_owned()), Some("m/2".to_owned())]);
}

#[tokio::test]
async fn a_list_that_cannot_be_trusted_is_refused() {
    // To itself, round in a circle, and on for ever.
    let lead: [fn(usize) -> usize; 3] = [|_| 1, |n| n % 3, |n| n];
    for (lead, words, requests) in [
        (lead[0], "a page leads to an earlier one", 2),
        (lead[1], "a page leads to an earlier one", 4),
        (lead[2], "the list has no end", 200),
    ] {
        let stub = Stub::start(move |number, _| {
            instances(&[instance("a", "")], &format!("<Marker>m{}</Marker>", lead(number)))
        })
        .await;
        let error = stub.ports(1).await.databases.instances(EAST).await.unwrap_err();
        assert!(error.message.contains(words), "{error}");
        assert_eq!((stub.heads().len(), error.request_id.as_deref()), (requests, Some("RDS1")));
    }
    // Half a list, whose instance was deleted meanwhile, is no whole one.
    let stub = Stub::start(|number, _| match number {
        0 => answer("DescribeEvents", "<Events></Events><Marker>2</Marker>"),
        _ => refused(404, "DBInstanceNotFound", "gone"),
    })
    .await;
    let error = stub.ports(1).await.databases.events(EAST, "portal", Timestamp::now()).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");

    let nameless = instances(&["<DBInstanceStatus>available</DBInstanceStatus>".to_owned()], "");
    let stub = Stub::start(move |_, _| nameless.clone()).await;
    let databases = stub.ports(1).await.databases;
    for error in
        [databases.instances(EAST).await.unwrap_err(), databases.instance(EAST, "portal").await.unwrap_err()]
    {
        assert!(error.message.contains("without an identifier"), "{error}");
    }
}

fn snapshots(list: &[String]) -> String {
    answer("DescribeDBSnapshots", &format!("<DBSnapshots>{}</DBSnapshots>", list.concat()))
}

#[tokio::test]
async fn snapshots_of_every_kind_come_once_and_in_order() {
    let time = |name: &str, at: &str| format!("<{name}>2026-11-2{at}T00:00:00Z</{name}>");
    let mine = "000000000000";
    let copy = snapshot(
        "copy",
        mine,
        "manual",
        &format!(
            "{}{}<SourceRegion>us-east-1</SourceRegion><Encrypted>true</Encrypted><KmsKeyId>arn:key</KmsKeyId>",
            time("SnapshotCreateTime", "4"),
            time("OriginalSnapshotCreateTime", "1")
        ),
    );
    let here = format!("{}<SourceRegion>us-west-2</SourceRegion>", time("SnapshotCreateTime", "2"));
    let lists = [
        snapshots(&[copy.clone(), snapshot("making", mine, "manual", "")]),
        snapshots(&[copy, snapshot("rds:day", mine, "automated", &here)]),
        snapshots(&[snapshot("awsbackup:job", mine, "awsbackup", &time("SnapshotCreateTime", "0"))]),
        snapshots(&[snapshot("theirs", "999999999999", "manual", &time("SnapshotCreateTime", "3"))]),
    ];
    let stub = Stub::start(move |number, _| lists[number].clone()).await;
    let found = stub.ports(1).await.databases.snapshots(WEST, "portal").await.unwrap();
    let told: Vec<_> = found.iter().map(|s| (s.id.as_str(), s.kind, s.source_region.as_deref())).collect();
    assert_eq!(
        told,
        [
            ("awsbackup:job", SnapshotKind::AwsBackup, None),
            ("copy", SnapshotKind::Manual, Some("us-east-1")),
            ("rds:day", SnapshotKind::Automated, None),
            ("theirs", SnapshotKind::Shared, None),
            ("making", SnapshotKind::Manual, None),
        ]
    );
    assert_eq!(found[1].taken.unwrap().to_string(), "2026-11-21T00:00:00Z");
    assert_eq!((found[1].region.as_str(), found[1].percent, found[4].taken), (WEST, 100, None));
    let asked: Vec<_> = stub.heads().iter().map(|head| sent(head)).collect();
    let kinds: Vec<_> = asked.iter().map(|sent| sent["SnapshotType"].as_str()).collect();
    assert_eq!(kinds, ["manual", "automated", "awsbackup", "shared"]);
    assert_eq!(asked[3].get("IncludeShared").map(String::as_str), Some("true"));
    assert!(asked.iter().all(|sent| sent["DBInstanceIdentifier"] == "portal"));
}

#[tokio::test]
async fn replicated_backups_tell_both_regions() {
    let told = answer(
        "DescribeDBInstanceAutomatedBackups",
        "<DBInstanceAutomatedBackups><DBInstanceAutomatedBackup>\
         <DBInstanceArn>arn:aws:rds:us-east-1:000000000000:db:portal</DBInstanceArn><DbiResourceId>db-1</DbiResourceId>\
         <Region>us-east-1</Region><DBInstanceIdentifier>portal</DBInstanceIdentifier><RestoreWindow>\
         <EarliestTime>2026-11-10T00:00:00Z</EarliestTime><LatestTime>2026-11-24T00:00:00Z</LatestTime></RestoreWindow>\
         <Status>replicating</Status><Encrypted>true</Encrypted><KmsKeyId>arn:key</KmsKeyId><Engine>mysql</Engine>\
         <Port>3306</Port><BackupRetentionPeriod>14</BackupRetentionPeriod>\
         <DBInstanceAutomatedBackupsArn>arn:aws:rds:us-west-2:000000000000:auto-backup:ab-1\
         </DBInstanceAutomatedBackupsArn></DBInstanceAutomatedBackup></DBInstanceAutomatedBackups>",
    );
    let stub = Stub::start(move |_, _| told.clone()).await;
    let found = stub.ports(1).await.databases.automated_backups(WEST, "portal").await.unwrap();
    let [backup] = &found[..] else { panic!("{found:?}") };
    assert_eq!((backup.region.as_str(), backup.source_region.as_str()), (WEST, EAST));
    assert_eq!((backup.status.as_str(), backup.resource_id.as_str()), ("replicating", "db-1"));
    assert_eq!(backup.arn, "arn:aws:rds:us-west-2:000000000000:auto-backup:ab-1");
    assert_eq!(backup.earliest.unwrap().to_string(), "2026-11-10T00:00:00Z");
    assert_eq!(backup.latest.unwrap().to_string(), "2026-11-24T00:00:00Z");
    assert_eq!((backup.settings.port, backup.settings.backup_days), (3306, 14));
}

#[tokio::test]
async fn proxies_are_those_that_lead_to_the_instance() {
    let target = |id: &str| {
        answer(
            "DescribeDBProxyTargets",
            &format!(
                "<Targets><member><RdsResourceId>{id}</RdsResourceId><Type>RDS_INSTANCE</Type></member></Targets>"
            ),
        )
    };
    let stub = Stub::start(move |_, request| match request {
        r if r.contains("Action=DescribeDBProxies&") => answer(
            "DescribeDBProxies",
            "<DBProxies><member><DBProxyName>ours</DBProxyName></member><member><DBProxyName>other</DBProxyName></member>\
             <member><DBProxyName>gone</DBProxyName></member></DBProxies>",
        ),
        r if r.contains("DBProxyName=ours") => target("portal"),
        r if r.contains("DBProxyName=other") => target("wiki"),
        _ => refused(404, "DBProxyNotFoundFault", "gone"),
    })
    .await;
    assert_eq!(stub.ports(1).await.databases.proxies(EAST, "portal").await.unwrap(), ["ours"]);

    let stub = Stub::start(|_, _| refused(403, "AccessDenied", "no")).await;
    let error = stub.ports(1).await.databases.proxies(EAST, "portal").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied);
}

#[tokio::test]
async fn events_are_asked_for_since_a_moment_and_come_in_order() {
    let event = |at: &str, what: &str| format!("<Event><Date>{at}</Date><Message>{what}</Message></Event>");
    let since = Timestamp::from_second(Timestamp::now().as_second() - 3600).unwrap();
    let later = |seconds| Timestamp::from_second(since.as_second() + seconds).unwrap().to_string();
    let pages = [
        format!(
            "<Events>{}{}</Events><Marker>2</Marker>",
            event(&later(60), "second"),
            event(&later(-9), "old")
        ),
        format!("<Events>{}</Events>", event(&later(1), "first")),
    ];
    let stub = Stub::start(move |number, _| answer("DescribeEvents", &pages[number % 2])).await;
    let databases = stub.ports(1).await.databases;
    let told = databases.events(EAST, "portal", since).await.unwrap();
    let messages: Vec<_> = told.value.iter().map(|event| event.message.as_str()).collect();
    assert_eq!((messages.as_slice(), told.request_id.as_deref()), (&["first", "second"][..], Some("RDS1")));
    // RDS keeps 14 days, and refuses to be asked about more.
    databases.events(EAST, "portal", Timestamp::UNIX_EPOCH).await.unwrap();
    let asked: Vec<_> = stub.heads().iter().map(|head| sent(head)).collect();
    assert_eq!(
        (asked[0]["SourceType"].as_str(), asked[0]["SourceIdentifier"].as_str()),
        ("db-instance", "portal")
    );
    assert_eq!((asked[0]["StartTime"].clone(), asked[1]["Marker"].as_str()), (since.to_string(), "2"));
    let start = |sent: &BTreeMap<String, String>| sent["StartTime"].parse::<Timestamp>().unwrap().as_second();
    let end: Timestamp = asked[2]["EndTime"].parse().unwrap();
    let days = (end.as_second() - start(&asked[2])) as f64 / 86_400.0;
    assert!((13.9..14.0).contains(&days), "{days}");
}

#[tokio::test]
async fn the_state_of_a_key_is_told() {
    let json = |status, headers: &str, body: &str| {
        response(
            status,
            &format!("content-type: application/x-amz-json-1.1\r\nx-amzn-requestid: K1\r\n{headers}"),
            body,
        )
    };
    let told = json(
        200,
        "",
        r#"{"KeyMetadata":{"KeyId":"k","Arn":"arn:aws:kms:us-east-1:000000000000:key/k","KeyState":"PendingDeletion","DeletionDate":1764547200}}"#,
    );
    let stub = Stub::start(move |_, _| told.clone()).await;
    let key = stub.ports(1).await.databases.key(EAST, "alias/a").await.unwrap();
    assert_eq!(
        (key.arn.as_str(), key.state.as_str()),
        ("arn:aws:kms:us-east-1:000000000000:key/k", "PendingDeletion")
    );
    assert_eq!(key.deletion.unwrap().to_string(), "2025-12-01T00:00:00Z");
    assert!(stub.heads()[0].contains("TrentService.DescribeKey"));

    for (code, kind) in
        [("NotFoundException", PortErrorKind::NotFound), ("AccessDeniedException", PortErrorKind::Denied)]
    {
        let told = json(400, "", &format!(r#"{{"__type":"{code}","message":"no"}}"#));
        let stub = Stub::start(move |_, _| told.clone()).await;
        let error = stub.ports(1).await.databases.key(EAST, "k").await.unwrap_err();
        assert_eq!(error.kind, kind, "{error}");
    }
}
