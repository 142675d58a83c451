//! New instances from moments and snapshots: states, windows, and the defaults that surprise.

use aws_sdk_rds::types::{DbInstance, Tag};

use crate::support::{EAST, EAST_KEY, World, bad, instance, missing, refusal, sdk_time};

fn ids(of: &DbInstance) -> Vec<&str> {
    of.vpc_security_groups().iter().filter_map(|group| group.vpc_security_group_id()).collect()
}

#[tokio::test]
async fn a_restore_to_a_moment_goes_through_rdss_states() {
    let world = World::with_portal();
    let answer = world
        .east
        .restore_db_instance_to_point_in_time()
        .source_db_instance_identifier("portal")
        .target_db_instance_identifier("Portal-Restored")
        .restore_time(sdk_time(world.before(30)))
        .multi_az(true)
        .db_subnet_group_name("portal-db")
        .send()
        .await
        .unwrap()
        .db_instance
        .unwrap();
    assert_eq!(answer.db_instance_identifier(), Some("portal-restored"));
    assert_eq!(answer.db_instance_status(), Some("creating"));
    assert!(answer.endpoint().is_none());
    let states = world.states(&world.east, "portal-restored", 700).await;
    assert_eq!(states, ["creating", "backing-up", "modifying", "available"]);
    let made = instance(&world.east, "portal-restored").await.unwrap();
    assert_eq!(made.endpoint().and_then(|endpoint| endpoint.address()), Some("127.0.0.1"));
    assert!(made.latest_restorable_time().is_some());
    assert_ne!(made.dbi_resource_id(), Some(world.resource_id().as_str()));

    let events = world.east.describe_events().source_identifier("portal-restored");
    let events = events.source_type("db-instance".into()).send().await.unwrap().events.unwrap();
    let said: Vec<&str> = events.iter().filter_map(|event| event.message()).collect();
    assert!(said.contains(&"Restored from DB instance portal to 2026-11-25T11:30:00Z"), "{said:?}");
    assert!(said.iter().any(|message| message.contains("nothing answers on its port")), "{said:?}");
}

#[tokio::test]
async fn what_a_restore_is_not_asked_for_becomes_a_default() {
    let world = World::with_portal();
    let order = world.east.restore_db_instance_to_point_in_time().source_db_instance_identifier("portal");
    let order = order.target_db_instance_identifier("bare").use_latest_restorable_time(true);
    let bare = order.send().await.unwrap().db_instance.unwrap();
    assert_eq!(bare.db_instance_class(), Some("db.m6g.large"));
    assert_eq!(bare.kms_key_id(), Some(EAST_KEY));
    assert_eq!(bare.db_parameter_groups()[0].db_parameter_group_name(), Some("default.mysql8.0"));
    assert_eq!(bare.option_group_memberships()[0].option_group_name(), Some("default:mysql-8-0"));
    assert_eq!(bare.db_subnet_group().and_then(|group| group.db_subnet_group_name()), Some("default"));
    assert_eq!(ids(&bare), ["sg-0default0practice0"]);
    assert_eq!((bare.multi_az(), bare.deletion_protection()), (Some(false), Some(false)));
    assert!(bare.enabled_cloudwatch_logs_exports().is_empty());
    assert_eq!(bare.copy_tags_to_snapshot(), Some(false));
    assert_eq!(bare.engine_lifecycle_support(), Some("open-source-rds-extended-support"));
    assert_eq!(bare.max_allocated_storage(), None);
    assert_eq!(bare.backup_retention_period(), Some(14));
    assert_eq!(bare.tag_list()[0].key(), Some("system"));

    let tag = Tag::builder().key("lifeboat-run").value("R1").build();
    let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("full");
    let order = order
        .db_snapshot_identifier("portal-before-release")
        .db_subnet_group_name("portal-db")
        .vpc_security_group_ids("sg-portal")
        .db_parameter_group_name("portal-mysql80")
        .deletion_protection(true)
        .enable_cloudwatch_logs_exports("error")
        .copy_tags_to_snapshot(true)
        .storage_type("io1")
        .iops(4000)
        .engine_lifecycle_support("open-source-rds-extended-support-disabled")
        .tags(tag);
    let full = order.send().await.unwrap().db_instance.unwrap();
    assert_eq!(full.db_parameter_groups()[0].db_parameter_group_name(), Some("portal-mysql80"));
    assert_eq!(ids(&full), ["sg-portal"]);
    assert_eq!((full.storage_type(), full.iops()), (Some("io1"), Some(4000)));
    assert_eq!(full.enabled_cloudwatch_logs_exports(), ["error"]);
    assert_eq!(full.tag_list().len(), 1, "the source's tags come only when none are given");
    assert_eq!(full.tag_list()[0].value(), Some("R1"));
}

#[tokio::test]
async fn only_moments_within_the_window_are_restored() {
    let world = World::with_portal();
    let order = || {
        let order = world.east.restore_db_instance_to_point_in_time().source_db_instance_identifier("portal");
        order.target_db_instance_identifier("restored")
    };
    let backups = world.east.describe_db_instance_automated_backups().db_instance_identifier("portal");
    let backups = backups.send().await.unwrap().db_instance_automated_backups.unwrap();
    let window = backups[0].restore_window().unwrap();
    // Five minutes of RDS's are a second and a quarter of the range's.
    assert_eq!(window.latest_time().unwrap().secs(), world.now().as_second() - 2);

    let late = order().restore_time(sdk_time(world.now())).send().await;
    let said = late.as_ref().unwrap_err().as_service_error().unwrap().meta().message().unwrap().to_owned();
    assert_eq!(said, "The specified instance cannot be restored to a time later than 2026-11-25T11:59:58Z.");
    assert_eq!(refusal(late), bad("InvalidParameterValue"));
    let early = order().restore_time(sdk_time(world.before(15 * 24 * 60))).send().await;
    assert_eq!(refusal(early), bad("InvalidParameterValue"));
    assert_eq!(refusal(order().send().await), bad("InvalidParameterCombination"));
    let both = order().restore_time(sdk_time(world.before(30))).use_latest_restorable_time(true).send().await;
    assert_eq!(refusal(both), bad("InvalidParameterCombination"));
    let two = order().source_dbi_resource_id("db-X").use_latest_restorable_time(true).send().await;
    assert_eq!(refusal(two), bad("InvalidParameterCombination"));
    assert_eq!(world.rds().instances(EAST).len(), 1);
}

#[tokio::test]
async fn what_a_restore_names_must_be_there() {
    let world = World::with_portal();
    let order = || {
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("restored");
        order.db_snapshot_identifier("portal-before-release")
    };
    let refused = |order: aws_sdk_rds::operation::restore_db_instance_from_db_snapshot::builders::RestoreDBInstanceFromDBSnapshotFluentBuilder| async {
        refusal(order.send().await)
    };
    assert_eq!(refused(order().db_snapshot_identifier("no")).await, missing("DBSnapshotNotFound"));
    assert_eq!(refused(order().db_subnet_group_name("no")).await, missing("DBSubnetGroupNotFoundFault"));
    assert_eq!(refused(order().db_parameter_group_name("no")).await, missing("DBParameterGroupNotFound"));
    assert_eq!(refused(order().option_group_name("no")).await, missing("OptionGroupNotFoundFault"));
    assert_eq!(refused(order().vpc_security_group_ids("sg-no")).await, bad("InvalidParameterValue"));
    assert_eq!(refused(order().db_instance_identifier("portal")).await, bad("DBInstanceAlreadyExists"));
    assert_eq!(refused(order().db_instance_identifier("9lives")).await, bad("InvalidParameterValue"));
    assert_eq!(refused(order().db_instance_identifier("a--b")).await, bad("InvalidParameterValue"));
    assert_eq!(refused(order().allocated_storage(50)).await, bad("InvalidParameterCombination"));
    assert_eq!(refused(order().storage_type("io1")).await, bad("InvalidParameterCombination"));
    assert_eq!(
        refused(order().multi_az(true).availability_zone("us-east-1a")).await,
        bad("InvalidParameterCombination")
    );
    assert_eq!(refused(order().domain("d-1")).await, (501, "NotImplemented".to_owned()));
    world.disable_key();
    assert_eq!(refused(order()).await, bad("KMSKeyNotAccessibleFault"));
    assert_eq!(world.rds().instances(EAST).len(), 1);
}

#[tokio::test]
async fn two_restores_of_one_name_make_one_instance() {
    let world = World::with_portal();
    let order = || {
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("restored");
        order.db_snapshot_identifier("portal-before-release").send()
    };
    order().await.unwrap();
    assert_eq!(refusal(order().await), bad("DBInstanceAlreadyExists"));
    assert_eq!(world.rds().instances(EAST).len(), 2);
}
