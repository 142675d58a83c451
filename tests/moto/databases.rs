//! The Portal DB's port against moto's RDS and KMS, judged by boto3.
//!
//! In moto an instance is available at once, a restore heeds neither the moment nor the backups' window, automated
//! backups know no restore window, and what comes after a restore (monitoring, insights) is not kept. What those are
//! for is tested against canned answers and on the practice range.

use std::collections::BTreeMap;
use std::sync::Arc;

use action::port::{
    BackupSource, Change, CopyOrder, DatabaseService, GroupKind, Instance, PortErrorKind, RestoreFrom,
    RestoreOrder, Settings, SnapshotKind,
};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::moto::Moto;

const PORTAL: &str = include_str!("portal.py");
const INSTANCES: &str = include_str!("instances.py");
const EAST: &str = "us-east-1";
const WEST: &str = "us-west-2";

async fn databases(moto: &Moto) -> Arc<dyn DatabaseService> {
    aws::connect(&moto.environment(), &aws::Options::default()).await.unwrap().databases
}

/// What boto3 sees in a region.
fn judge(moto: &Moto, region: &str) -> Value {
    serde_json::from_str(&moto.python(INSTANCES, &[region])).unwrap()
}

/// What is different between two of its instances, by name.
fn differences(before: &Value, after: &Value) -> Vec<String> {
    let (before, after) = (before.as_object().unwrap(), after.as_object().unwrap());
    before.keys().filter(|key| before[*key] != after[*key]).cloned().collect()
}

fn order(target: &str, from: RestoreFrom, settings: &Settings) -> RestoreOrder {
    RestoreOrder { target: target.to_owned(), from, settings: settings.clone() }
}

fn run_tags() -> BTreeMap<String, String> {
    [("lifeboat:run".to_owned(), "r1".to_owned())].into()
}

#[tokio::test]
async fn boto3_finds_restored_instances_set_up_like_the_old_one() {
    let moto = Moto::start();
    let made: Value = serde_json::from_str(&moto.python(PORTAL, &[])).unwrap();
    let databases = databases(&moto).await;
    let old = databases.instance(EAST, "portal").await.unwrap().value.unwrap();
    let settings = &old.settings;
    assert_eq!((old.status.as_str(), old.encrypted, settings.port), ("available", true, 3307));
    assert_eq!(settings.security_groups, [made["security"].as_str().unwrap()]);
    assert_eq!((settings.allocated_gib, settings.iops, settings.backup_days), (500, Some(12000), 14));
    // The moment that can be restored to moves on.
    let all = databases.instances(EAST).await.unwrap().value;
    assert_eq!(all, [Instance { latest_restorable: all[0].latest_restorable, ..old.clone() }]);
    assert!(old.latest_restorable.is_some() && all[0].latest_restorable >= old.latest_restorable);
    let subnets = databases.group(EAST, GroupKind::Subnet, "portal-subnets").await.unwrap().unwrap();
    assert_eq!(
        (&subnets.facts["vpc"], &*subnets.facts["zones"]),
        (&made["vpc"].as_str().unwrap().to_owned(), "us-east-1a, us-east-1b")
    );
    assert_eq!(databases.group(WEST, GroupKind::Subnet, "portal-subnets").await.unwrap(), None);
    let parameters = databases.group(EAST, GroupKind::Parameter, "portal-parameters").await.unwrap();
    assert_eq!(parameters.unwrap().facts["family"], "mysql8.0");
    let options = databases.group(EAST, GroupKind::Option, "portal-options").await.unwrap();
    assert_eq!(options.unwrap().facts["engine"], "mysql");

    let mut wanted = settings.clone();
    wanted.tags.extend(run_tags());
    let at = Timestamp::now();
    let backups = RestoreFrom::Backups { source: BackupSource::Instance("portal".into()), at: Some(at) };
    let snapshot = RestoreFrom::Snapshot("portal-final".into());
    databases.restore(EAST, &order("portal-by-time", backups.clone(), &wanted)).await.unwrap();
    databases.restore(EAST, &order("portal-by-snapshot", snapshot, &wanted)).await.unwrap();
    let seen = judge(&moto, EAST);
    let before = &seen["instances"]["portal"];
    for (id, different) in [
        ("portal-by-time", vec!["Tags"]),
        // A restore from a snapshot takes no limit to grow to.
        ("portal-by-snapshot", vec!["MaxAllocatedStorage", "Tags"]),
    ] {
        let after = &seen["instances"][id];
        assert_eq!(differences(before, after), different, "{before}\n{after}");
        assert_eq!(after["Tags"], json!({ "team": "portal", "lifeboat:run": "r1" }));
        let mine = databases.instance(EAST, id).await.unwrap().value.unwrap();
        let limit = mine.settings.max_allocated_gib;
        let same = Settings {
            tags: settings.tags.clone(),
            max_allocated_gib: settings.max_allocated_gib,
            ..mine.settings
        };
        assert_eq!((&same, limit.is_some()), (settings, id == "portal-by-time"));
    }
    // Other settings than the old one's are kept too, and so are not what moto copies by itself.
    let other = Settings {
        class: "db.r6g.xlarge".into(),
        multi_az: false,
        port: 3310,
        deletion_protection: true,
        tags: run_tags(),
        ..settings.clone()
    };
    databases.restore(EAST, &order("portal-other", backups.clone(), &other)).await.unwrap();
    let seen = &judge(&moto, EAST)["instances"]["portal-other"];
    assert_eq!((&seen["DBInstanceClass"], &seen["Port"]), (&json!("db.r6g.xlarge"), &json!(3310)));
    assert_eq!(seen["Tags"], json!({ "lifeboat:run": "r1" }));

    let taken = databases.restore(EAST, &order("portal-by-time", backups, &wanted)).await.unwrap_err();
    assert_eq!(taken.kind, PortErrorKind::Exists, "{taken}");
    let gone = RestoreFrom::Snapshot("no-such".into());
    let error = databases.restore(EAST, &order("portal-x", gone, &wanted)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn boto3_finds_names_changed_and_nothing_lost() {
    let moto = Moto::start();
    moto.python(PORTAL, &[]);
    let databases = databases(&moto).await;
    let rename = |to: &str| Change { rename: Some(to.into()), ..Change::default() };
    databases.modify(EAST, "portal", &rename("portal-old")).await.unwrap();
    assert_eq!(databases.instance(EAST, "portal").await.unwrap().value, None);
    let seen = judge(&moto, EAST);
    assert_eq!(seen["instances"].as_object().unwrap().keys().collect::<Vec<_>>(), ["portal-old"]);

    let error = databases.delete(EAST, "portal-old").await.unwrap_err();
    assert_eq!(error.message, "deletion protection is on", "{error}");
    let unprotected = Change { deletion_protection: Some(false), backup_days: Some(7), ..Change::default() };
    databases.modify(EAST, "portal-old", &unprotected).await.unwrap();
    let seen = &judge(&moto, EAST)["instances"]["portal-old"];
    assert_eq!((&seen["DeletionProtection"], &seen["BackupRetentionPeriod"]), (&json!(false), &json!(7)));
    let before = judge(&moto, EAST)["snapshots"].clone();
    databases.delete(EAST, "portal-old").await.unwrap();
    let seen = judge(&moto, EAST);
    assert_eq!(seen["instances"], json!({}));
    // There is no final snapshot, and those that there were stay.
    assert_eq!(seen["snapshots"], before);
    assert!(before.get("portal-final").is_some(), "{before}");
    let error = databases.delete(EAST, "portal-old").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn boto3_finds_a_copy_in_the_other_region() {
    let moto = Moto::start();
    moto.python(PORTAL, &[]);
    let key = "
import boto3
print(boto3.client('kms', region_name='us-west-2').create_key()['KeyMetadata']['Arn'], end='')
";
    let key = moto.python(key, &[]);
    let databases = databases(&moto).await;
    let since = Timestamp::from_second(Timestamp::now().as_second() - 3600).unwrap();
    let snapshots = databases.snapshots(EAST, "portal").await.unwrap();
    let source = snapshots.iter().find(|snapshot| snapshot.id == "portal-final").unwrap();
    assert_eq!((source.kind, source.region.as_str()), (SnapshotKind::Manual, EAST));
    assert!(snapshots.iter().any(|snapshot| snapshot.kind == SnapshotKind::Automated), "{snapshots:?}");
    assert!(source.taken.is_some_and(|taken| taken >= since));
    let one = databases.snapshot(EAST, "portal-final").await.unwrap().value;
    assert_eq!(one.as_ref(), Some(source));
    assert_eq!(databases.snapshot(WEST, "portal-final").await.unwrap().value, None);
    assert_eq!(databases.key(WEST, &key).await.unwrap().state, "Enabled");
    let none = databases.key(WEST, "00000000-0000-0000-0000-000000000000").await.unwrap_err();
    assert_eq!(none.kind, PortErrorKind::NotFound, "{none}");

    let order = CopyOrder {
        source: source.arn.clone(),
        source_region: EAST.into(),
        target: "portal-copy".into(),
        kms_key: Some(key.clone()),
        tags: run_tags(),
    };
    databases.copy_snapshot(WEST, &order).await.unwrap();
    let again = databases.copy_snapshot(WEST, &order).await.unwrap_err();
    assert_eq!(again.kind, PortErrorKind::Exists, "{again}");
    assert_eq!(judge(&moto, WEST)["snapshots"], json!({ "portal-copy": { "lifeboat:run": "r1" } }));
    let copy = databases.snapshot(WEST, "portal-copy").await.unwrap().value.unwrap();
    assert_eq!((copy.instance.as_str(), copy.taken, copy.encrypted), ("portal", source.taken, true));

    let events = databases.events(EAST, "portal", since).await.unwrap().value;
    assert!(events.iter().any(|event| event.message.contains("created")), "{events:?}");
    assert!(events.is_sorted_by_key(|event| event.at));
    let backups = databases.automated_backups(EAST, "portal").await.unwrap();
    assert_eq!(backups.iter().map(|backup| backup.status.as_str()).collect::<Vec<_>>(), ["active"]);
    assert_eq!(databases.proxies(EAST, "portal").await.unwrap(), Vec::<String>::new());
}
