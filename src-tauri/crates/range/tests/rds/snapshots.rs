//! Snapshots: which are shown, how they are taken, how they are copied between regions.

use aws_sdk_rds::types::DbSnapshot;

use crate::support::{EAST, World, bad, missing, refusal, sdk_time};

const RELEASE: &str = "arn:aws:rds:us-east-1:000000000000:snapshot:portal-before-release";

fn names(snapshots: Option<Vec<DbSnapshot>>) -> Vec<String> {
    snapshots.unwrap().into_iter().map(|snapshot| snapshot.db_snapshot_identifier.unwrap()).collect()
}

#[tokio::test]
async fn only_manual_and_automated_snapshots_are_shown_unless_others_are_asked_for() {
    let world = World::with_portal();
    let ask = || world.east.describe_db_snapshots().db_instance_identifier("portal");
    let shown = names(ask().send().await.unwrap().db_snapshots);
    assert_eq!(shown, ["portal-before-release", "rds:portal-2026-11-24-07-10"]);
    for (kind, id) in [
        ("manual", "portal-before-release"),
        ("automated", "rds:portal-2026-11-24-07-10"),
        ("awsbackup", "awsbackup:job-1"),
        ("shared", "portal-shared"),
    ] {
        assert_eq!(names(ask().snapshot_type(kind).send().await.unwrap().db_snapshots), [id]);
    }
    assert!(names(ask().snapshot_type("public").send().await.unwrap().db_snapshots).is_empty());
    assert_eq!(refusal(ask().snapshot_type("other").send().await), bad("InvalidParameterValue"));
    assert_eq!(names(ask().include_shared(true).send().await.unwrap().db_snapshots).len(), 3);
    let other = world.east.describe_db_snapshots().db_instance_identifier("other").send().await.unwrap();
    assert!(names(other.db_snapshots).is_empty());

    let one = |id: &str| world.east.describe_db_snapshots().db_snapshot_identifier(id).send();
    assert_eq!(names(one("awsbackup:job-1").await.unwrap().db_snapshots).len(), 1);
    let arn = "arn:aws:rds:us-east-1:999999999999:snapshot:portal-shared";
    assert_eq!(names(one(arn).await.unwrap().db_snapshots), ["portal-shared"]);
    assert_eq!(refusal(one("portal-shared").await), missing("DBSnapshotNotFound"));
    let attributes =
        world.east.describe_db_snapshot_attributes().db_snapshot_identifier("portal-before-release");
    let attributes = attributes.send().await.unwrap().db_snapshot_attributes_result.unwrap();
    assert_eq!(attributes.db_snapshot_attributes()[0].attribute_name(), Some("restore"));
}

#[tokio::test]
async fn a_snapshot_is_creating_while_its_instance_backs_up() {
    let world = World::with_portal();
    let create = || {
        let create = world.east.create_db_snapshot().db_instance_identifier("portal");
        create.db_snapshot_identifier("portal-now").send()
    };
    let snapshot = create().await.unwrap().db_snapshot.unwrap();
    assert_eq!((snapshot.status(), snapshot.snapshot_create_time()), (Some("creating"), None));
    assert_eq!(snapshot.tag_list()[0].key(), Some("system"), "the instance copies its tags to snapshots");
    assert_eq!(refusal(create().await), bad("InvalidDBInstanceState"));
    assert_eq!(world.states(&world.east, "portal", 150).await, ["backing-up", "available"]);
    let shown = world.east.describe_db_snapshots().db_snapshot_identifier("portal-now").send().await.unwrap();
    let shown = &shown.db_snapshots()[0];
    assert_eq!((shown.status(), shown.percent_progress()), (Some("available"), Some(100)));
    assert_eq!(refusal(create().await), bad("DBSnapshotAlreadyExists"));
    assert_eq!(
        world.states(&world.east, "portal", 20).await,
        ["available"],
        "a refused snapshot changes nothing"
    );
}

#[tokio::test]
async fn a_copy_from_another_region_needs_a_key_of_its_own_and_takes_its_time() {
    let world = World::with_portal();
    let copy = || {
        let copy = world.west.copy_db_snapshot().source_db_snapshot_identifier(RELEASE);
        copy.target_db_snapshot_identifier("portal-copy").source_region(EAST)
    };
    assert_eq!(refusal(copy().send().await), bad("InvalidParameterValue"));
    assert_eq!(refusal(copy().kms_key_id("alias/no").send().await), bad("KMSKeyNotAccessibleFault"));
    let begun = copy().kms_key_id("alias/practice-rds").send().await.unwrap().db_snapshot.unwrap();
    assert_eq!((begun.status(), begun.percent_progress()), (Some("creating"), Some(0)));
    let look = || async {
        let asked = world.west.describe_db_snapshots().db_snapshot_identifier("portal-copy");
        asked.send().await.unwrap().db_snapshots.unwrap().remove(0)
    };
    world.pass(240);
    assert_eq!(look().await.percent_progress(), Some(50));
    let order = world.west.restore_db_instance_from_db_snapshot().db_instance_identifier("portal");
    let order = order.db_snapshot_identifier("portal-copy");
    assert_eq!(refusal(order.clone().send().await), bad("InvalidDBSnapshotState"));
    world.pass(240);
    let done = look().await;
    assert_eq!((done.status(), done.percent_progress()), (Some("available"), Some(100)));
    assert_eq!((done.source_region(), done.source_db_snapshot_identifier()), (Some(EAST), Some(RELEASE)));
    let key = "arn:aws:kms:us-west-2:000000000000:key/22222222-2222-2222-2222-222222222222";
    assert_eq!((done.kms_key_id(), done.db_instance_identifier()), (Some(key), Some("portal")));
    let taken = "2026-11-25T10:00:00Z".parse().unwrap();
    assert_eq!(done.original_snapshot_create_time(), Some(&sdk_time(taken)));
    assert!(done.snapshot_create_time() > done.original_snapshot_create_time());
    assert_eq!(refusal(copy().kms_key_id(key).send().await), bad("DBSnapshotAlreadyExists"));
    order.send().await.unwrap();
}

#[tokio::test]
async fn what_is_not_available_is_not_copied() {
    let world = World::with_portal();
    let create = world.east.create_db_snapshot().db_instance_identifier("portal");
    create.db_snapshot_identifier("portal-now").send().await.unwrap();
    let copy = |source: &str| {
        let copy = world.west.copy_db_snapshot().source_db_snapshot_identifier(source);
        copy.target_db_snapshot_identifier("copy").kms_key_id("alias/practice-rds").send()
    };
    let unready = "arn:aws:rds:us-east-1:000000000000:snapshot:portal-now";
    assert_eq!(refusal(copy(unready).await), bad("InvalidDBSnapshotState"));
    assert_eq!(refusal(copy("portal-before-release").await), missing("DBSnapshotNotFound"));
    world.disable_key();
    assert_eq!(refusal(copy(RELEASE).await), bad("KMSKeyNotAccessibleFault"));
}
