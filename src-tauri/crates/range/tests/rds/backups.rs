//! Automated backups: of the living, of the deleted, of another region.

use range::rds::AutomatedBackup;

use crate::support::{EAST, WEST, World, bad, client, instance, missing, refusal};

#[tokio::test]
async fn retained_backups_restore_a_deleted_instance_by_its_resource_id() {
    let world = World::with_portal();
    let resource = world.resource_id();
    world.rds().delete_instance_behind(EAST, "portal", true);
    assert_eq!(instance(&world.east, "portal").await.unwrap_err(), missing("DBInstanceNotFound"));
    world.pass(3600);
    let asked = world.east.describe_db_instance_automated_backups().dbi_resource_id(&resource);
    let backups = asked.send().await.unwrap().db_instance_automated_backups.unwrap();
    assert_eq!(backups[0].status(), Some("retained"));
    assert_eq!(backups[0].option_group_name(), None);
    let latest = backups[0].restore_window().unwrap().latest_time().unwrap();
    assert_eq!(latest.secs(), "2026-11-25T12:00:00Z".parse::<jiff::Timestamp>().unwrap().as_second());

    let by_name = world.east.restore_db_instance_to_point_in_time().source_db_instance_identifier("portal");
    let by_name = by_name.target_db_instance_identifier("back").use_latest_restorable_time(true);
    assert_eq!(refusal(by_name.send().await), missing("DBInstanceNotFound"));
    let order = world.east.restore_db_instance_to_point_in_time().source_dbi_resource_id(&resource);
    let order = order.target_db_instance_identifier("portal").use_latest_restorable_time(true);
    order.send().await.unwrap();
    world.pass(601);
    assert_eq!(instance(&world.east, "portal").await.unwrap().db_instance_status(), Some("available"));
}

#[tokio::test]
async fn deleting_with_the_backups_leaves_manual_snapshots_only() {
    let world = World::with_portal();
    let resource = world.resource_id();
    world.rds().delete_instance_behind(EAST, "portal", false);
    let order = world.east.restore_db_instance_to_point_in_time().source_dbi_resource_id(&resource);
    let order = order.target_db_instance_identifier("back").use_latest_restorable_time(true);
    assert_eq!(refusal(order.send().await), missing("DBInstanceAutomatedBackupNotFound"));
    let left = world.east.describe_db_snapshots().send().await.unwrap().db_snapshots.unwrap();
    let left: Vec<_> = left.iter().filter_map(|snapshot| snapshot.db_snapshot_identifier()).collect();
    assert_eq!(left, ["portal-before-release"]);
}

#[tokio::test]
async fn replicated_backups_restore_in_the_other_region_when_the_first_is_lost() {
    let world = World::with_portal();
    let key = "arn:aws:kms:us-west-2:000000000000:key/22222222-2222-2222-2222-222222222222";
    let original: AutomatedBackup = world.rds().automated_backups(EAST).remove(0);
    world.rds().add_automated_backup(WEST, original.replicated_to(WEST, Some(key.to_owned())));
    world.rds().remove_region(EAST);
    let unreachable = refusal(world.east.describe_db_instances().send().await);
    assert_eq!(unreachable, (503, "ServiceUnavailable".to_owned()));

    let backups = world.west.describe_db_instance_automated_backups().db_instance_identifier("portal");
    let backup = backups.send().await.unwrap().db_instance_automated_backups.unwrap().remove(0);
    assert_eq!((backup.region(), backup.kms_key_id()), (Some(EAST), Some(key)));
    let order = world.west.restore_db_instance_to_point_in_time();
    let order = order
        .source_db_instance_automated_backups_arn(backup.db_instance_automated_backups_arn().unwrap())
        .target_db_instance_identifier("portal")
        .use_latest_restorable_time(true);
    // The old region's security group and parameter group aren't there.
    let lacking = order.clone().vpc_security_group_ids("sg-portal").send().await;
    assert_eq!(refusal(lacking), bad("InvalidParameterValue"));
    let lacking = order.clone().db_parameter_group_name("portal-mysql80").send().await;
    assert_eq!(refusal(lacking), missing("DBParameterGroupNotFound"));
    order.send().await.unwrap();
    world.pass(601);
    assert_eq!(instance(&world.west, "portal").await.unwrap().db_instance_status(), Some("available"));
}

#[tokio::test]
async fn without_retention_there_is_no_point_in_time() {
    let world = World::with_portal();
    let change = world.east.modify_db_instance().db_instance_identifier("portal");
    change.backup_retention_period(0).apply_immediately(true).send().await.unwrap();
    world.pass(120);
    let portal = instance(&world.east, "portal").await.unwrap();
    assert_eq!((portal.backup_retention_period(), portal.latest_restorable_time()), (Some(0), None));
    let order = world.east.restore_db_instance_to_point_in_time().source_db_instance_identifier("portal");
    let order = order.target_db_instance_identifier("back").use_latest_restorable_time(true);
    assert_eq!(refusal(order.send().await), bad("PointInTimeRestoreNotEnabled"));
}

#[tokio::test]
async fn a_region_that_the_range_has_not_is_said_to_be_so() {
    let world = World::empty();
    let elsewhere = client(&world.range, "eu-west-1");
    assert_eq!(refusal(elsewhere.describe_db_instances().send().await), (501, "NotImplemented".to_owned()));
}
