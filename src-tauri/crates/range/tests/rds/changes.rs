//! Changes of instances: renaming, settings, deleting.

use crate::support::{EAST, World, bad, instance, missing, refusal};

#[tokio::test]
async fn a_rename_moves_the_instance_from_the_old_name_to_the_new() {
    let world = World::with_portal();
    let resource = world.resource_id();
    let change = world.east.modify_db_instance().db_instance_identifier("portal");
    let change = change.new_db_instance_identifier("portal-old").apply_immediately(true);
    let answer = change.send().await.unwrap().db_instance.unwrap();
    let pending = answer.pending_modified_values().unwrap();
    assert_eq!(pending.db_instance_identifier(), Some("portal-old"));
    assert_eq!(answer.db_instance_status(), Some("available"), "RDS takes a moment to begin");
    // The name that it gets is taken already, and the one that it has still is.
    for taken in ["portal", "portal-old"] {
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier(taken);
        let order = order.db_snapshot_identifier("portal-before-release").send().await;
        assert_eq!(refusal(order), bad("DBInstanceAlreadyExists"));
    }
    let states = world.states(&world.east, "portal", 100).await;
    assert_eq!(states, ["available", "renaming", "DBInstanceNotFound"]);
    let states = world.states(&world.east, "portal-old", 100).await;
    assert_eq!(states, ["rebooting", "available"]);
    let renamed = instance(&world.east, "portal-old").await.unwrap();
    assert_eq!(renamed.dbi_resource_id(), Some(resource.as_str()));
    assert_eq!(renamed.tag_list()[0].key(), Some("system"));
    let pending = renamed.pending_modified_values();
    assert!(pending.is_none_or(|pending| pending.db_instance_identifier().is_none()));
    let backups = world.east.describe_db_instance_automated_backups().db_instance_identifier("portal-old");
    assert_eq!(backups.send().await.unwrap().db_instance_automated_backups().len(), 1);
}

#[tokio::test]
async fn a_name_that_is_taken_is_refused() {
    let world = World::with_portal();
    let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("restored");
    order.db_snapshot_identifier("portal-before-release").send().await.unwrap();
    let change = |id: &str, new: &str| {
        let change = world.east.modify_db_instance().db_instance_identifier(id);
        change.new_db_instance_identifier(new).apply_immediately(true).send()
    };
    assert_eq!(refusal(change("restored", "portal-x").await), bad("InvalidDBInstanceState"));
    world.pass(601);
    assert_eq!(refusal(change("restored", "portal").await), bad("DBInstanceAlreadyExists"));
    assert_eq!(refusal(change("gone", "x").await), missing("DBInstanceNotFound"));
}

#[tokio::test]
async fn changes_wait_for_the_maintenance_window_unless_told_otherwise() {
    let world = World::with_portal();
    let change = || world.east.modify_db_instance().db_instance_identifier("portal").multi_az(false);
    change().send().await.unwrap();
    world.pass(1200);
    let portal = instance(&world.east, "portal").await.unwrap();
    assert_eq!(portal.multi_az(), Some(true));
    assert_eq!(portal.pending_modified_values().unwrap().multi_az(), Some(false));
    change().apply_immediately(true).send().await.unwrap();
    let states = world.states(&world.east, "portal", 100).await;
    assert_eq!(states, ["available", "modifying", "available"]);
    let portal = instance(&world.east, "portal").await.unwrap();
    assert_eq!(portal.multi_az(), Some(false));
    assert_eq!(portal.pending_modified_values().and_then(|pending| pending.multi_az()), None);
}

#[tokio::test]
async fn what_a_restore_cannot_set_is_set_afterwards() {
    let world = World::with_portal();
    let change = || world.east.modify_db_instance().db_instance_identifier("portal").apply_immediately(true);
    assert_eq!(refusal(change().monitoring_interval(60).send().await), bad("InvalidParameterCombination"));
    assert_eq!(refusal(change().monitoring_interval(7).send().await), bad("InvalidParameterValue"));
    assert_eq!(refusal(change().backup_retention_period(36).send().await), bad("InvalidParameterValue"));
    assert_eq!(
        refusal(change().performance_insights_retention_period(31).send().await),
        bad("InvalidParameterCombination")
    );
    let answer = change()
        .deletion_protection(false)
        .backup_retention_period(21)
        .preferred_backup_window("08:00-08:30")
        .preferred_maintenance_window("mon:05:00-mon:06:00")
        .max_allocated_storage(700)
        .enable_performance_insights(true)
        .performance_insights_retention_period(31)
        .monitoring_interval(60)
        .monitoring_role_arn("arn:aws:iam::000000000000:role/monitoring");
    let now = answer.send().await.unwrap().db_instance.unwrap();
    assert_eq!((now.deletion_protection(), now.backup_retention_period()), (Some(false), Some(21)));
    assert_eq!(now.preferred_backup_window(), Some("08:00-08:30"));
    assert_eq!(now.preferred_maintenance_window(), Some("mon:05:00-mon:06:00"));
    assert_eq!((now.max_allocated_storage(), now.monitoring_interval()), (Some(700), Some(60)));
    assert_eq!(now.performance_insights_retention_period(), Some(31));
    let states = world.states(&world.east, "portal", 100).await;
    assert_eq!(states, ["available", "configuring-enhanced-monitoring", "available"]);

    change().manage_master_user_password(true).send().await.unwrap();
    world.pass(120);
    let secret = instance(&world.east, "portal").await.unwrap().master_user_secret.unwrap();
    assert!(
        secret
            .secret_arn()
            .unwrap()
            .starts_with("arn:aws:secretsmanager:us-east-1:000000000000:secret:rds!db-")
    );
}

#[tokio::test]
async fn a_protected_instance_is_not_deleted() {
    let world = World::with_portal();
    let delete = || world.east.delete_db_instance().db_instance_identifier("portal");
    assert_eq!(refusal(delete().skip_final_snapshot(true).send().await), bad("InvalidParameterCombination"));
    let change = world.east.modify_db_instance().db_instance_identifier("portal").deletion_protection(false);
    change.apply_immediately(true).send().await.unwrap();
    assert_eq!(refusal(delete().send().await), bad("InvalidParameterCombination"));
    let answer = delete().final_db_snapshot_identifier("portal-final").send().await.unwrap();
    assert_eq!(answer.db_instance.unwrap().db_instance_status(), Some("deleting"));
    assert_eq!(refusal(delete().skip_final_snapshot(true).send().await), bad("InvalidDBInstanceState"));
    let states = world.states(&world.east, "portal", 200).await;
    assert_eq!(states, ["deleting", "DBInstanceNotFound"]);
    assert!(world.rds().automated_backups(EAST).is_empty(), "they go with it by default");
    let last =
        world.east.describe_db_snapshots().db_snapshot_identifier("portal-final").send().await.unwrap();
    assert_eq!(last.db_snapshots()[0].status(), Some("available"));
}

#[tokio::test]
async fn a_reboot_restarts() {
    let world = World::with_portal();
    world.east.reboot_db_instance().db_instance_identifier("portal").send().await.unwrap();
    let again = world.east.reboot_db_instance().db_instance_identifier("portal").send().await;
    assert_eq!(refusal(again), bad("InvalidDBInstanceState"));
    assert_eq!(world.states(&world.east, "portal", 100).await, ["rebooting", "available"]);
}
