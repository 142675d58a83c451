//! Who may ask, and trouble on purpose.

use std::collections::HashSet;

use aws_sdk_rds::config::retry::RetryConfig;
use aws_sdk_rds::operation::RequestId;
use range::rds::{Lost, RdsFaults, Refusal};

use crate::support::{EAST, World, bad, client_with, instance, refusal};

fn refuse(operation: &str, code: &str, status: u16, times: Option<u32>) -> RdsFaults {
    let refusal =
        Refusal { operation: operation.to_owned(), code: code.to_owned(), status, message: None, times };
    RdsFaults { refuse: vec![refusal], ..RdsFaults::default() }
}

#[tokio::test]
async fn only_the_key_of_the_range_opens_it() {
    let world = World::with_portal();
    let ready = world.range.ready();
    let with = |id: &str, secret: &str| client_with(&world.range, id, secret, EAST, RetryConfig::disabled());
    let wrong = with(&ready.access_key_id, "wrong");
    let answer = refusal(wrong.describe_db_instances().send().await);
    assert_eq!(answer, (403, "SignatureDoesNotMatch".to_owned()));
    let delete = wrong.delete_db_instance().db_instance_identifier("portal").skip_final_snapshot(true);
    assert_eq!(refusal(delete.send().await), (403, "SignatureDoesNotMatch".to_owned()));
    let unknown = with("AKIAUNKNOWN", &ready.secret_access_key);
    let answer = refusal(unknown.describe_db_instances().send().await);
    assert_eq!(answer, (403, "InvalidClientTokenId".to_owned()));
    assert!(world.east.describe_db_instances().send().await.is_ok());
}

#[tokio::test]
async fn what_the_range_does_not_do_it_says() {
    let world = World::with_portal();
    let other = world.east.describe_db_clusters().send().await;
    assert_eq!(refusal(other), (501, "NotImplemented".to_owned()));
    let parameter = world.east.modify_db_instance().db_instance_identifier("portal").db_port_number(3307);
    assert_eq!(refusal(parameter.send().await), (501, "NotImplemented".to_owned()));
}

#[tokio::test]
async fn every_answer_and_every_refusal_has_its_own_request_id() {
    let world = World::with_portal();
    let mut ids = HashSet::new();
    for _ in 0..20 {
        let answer = world.east.describe_db_instances().send().await.unwrap();
        assert!(ids.insert(answer.request_id().unwrap().to_owned()));
        let refused = world.east.describe_db_instances().db_instance_identifier("gone").send().await;
        assert!(ids.insert(refused.unwrap_err().request_id().unwrap().to_owned()));
    }
}

#[tokio::test]
async fn an_operation_is_refused_as_often_as_asked_for() {
    let world = World::with_portal();
    let order = || {
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("restored");
        order.db_snapshot_identifier("portal-before-release").send()
    };
    let codes = [
        "InsufficientDBInstanceCapacity",
        "KMSKeyNotAccessibleFault",
        "InstanceQuotaExceeded",
        "StorageQuotaExceeded",
        "InvalidVPCNetworkStateFault",
        "InvalidSubnet",
        "DBSubnetGroupDoesNotCoverEnoughAZs",
        "InvalidRestoreFault",
        "StorageTypeNotSupported",
        "ProvisionedIopsNotAvailableInAZFault",
        "VpcEncryptionControlViolationException",
    ];
    for code in codes {
        world.rds().set_faults(refuse("RestoreDBInstanceFromDBSnapshot", code, 400, None));
        assert_eq!(refusal(order().await), bad(code));
        assert_eq!(refusal(order().await), bad(code));
    }
    assert!(world.east.describe_db_instances().send().await.is_ok());
    assert_eq!(world.rds().instances(EAST).len(), 1);
    world.rds().set_faults(refuse("*", "Throttling", 400, Some(2)));
    assert_eq!(refusal(order().await), bad("Throttling"));
    assert_eq!(refusal(world.east.describe_db_instances().send().await), bad("Throttling"));
    order().await.unwrap();
}

#[tokio::test]
async fn throttled_requests_are_sent_again_by_the_sdk() {
    let world = World::with_portal();
    let ready = world.range.ready();
    let retries = RetryConfig::standard().with_initial_backoff(std::time::Duration::from_millis(1));
    let patient = client_with(&world.range, &ready.access_key_id, &ready.secret_access_key, EAST, retries);
    world.rds().set_faults(refuse("DescribeDBInstances", "Throttling", 400, Some(2)));
    assert_eq!(patient.describe_db_instances().send().await.unwrap().db_instances().len(), 1);
}

#[tokio::test]
async fn an_answer_that_gets_lost_leaves_what_was_done() {
    let world = World::with_portal();
    let lost = Lost { operation: "RestoreDBInstanceFromDBSnapshot".to_owned(), times: Some(1) };
    world.rds().set_faults(RdsFaults { answer_lost: vec![lost], ..RdsFaults::default() });
    let order = || {
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier("restored");
        order.db_snapshot_identifier("portal-before-release").send()
    };
    let error = order().await.unwrap_err();
    assert!(error.raw_response().is_none(), "the connection broke before any answer: {error:?}");
    assert_eq!(instance(&world.east, "restored").await.unwrap().db_instance_status(), Some("creating"));
    assert_eq!(refusal(order().await), bad("DBInstanceAlreadyExists"));
}

#[tokio::test]
async fn new_instances_end_in_the_state_that_is_asked_for() {
    let world = World::with_portal();
    let ends = [
        "failed",
        "incompatible-restore",
        "incompatible-network",
        "insufficient-capacity",
        "inaccessible-encryption-credentials",
        "restore-error",
        "storage-full",
    ];
    for end in ends {
        world.rds().set_faults(RdsFaults { new_instances_end: Some(end.to_owned()), ..RdsFaults::default() });
        let order = world.east.restore_db_instance_from_db_snapshot().db_instance_identifier(end);
        order.db_snapshot_identifier("portal-before-release").send().await.unwrap();
        let states = world.states(&world.east, end, 700).await;
        assert_eq!((states.first().unwrap().as_str(), states.last().unwrap().as_str()), ("creating", end));
        assert!(!states.contains(&"available".to_owned()));
        let delete = world.east.delete_db_instance().db_instance_identifier(end).skip_final_snapshot(true);
        delete.send().await.unwrap();
    }
}

#[test]
fn faults_are_read_from_a_file() {
    let faults: RdsFaults = serde_saphyr::from_str(
        "refuse:\n- { operation: RestoreDBInstanceToPointInTime, code: InstanceQuotaExceeded, times: 1 }\n\
         answer_lost:\n- { operation: ModifyDBInstance }\nnew_instances_end: storage-full\n",
    )
    .unwrap();
    assert_eq!(faults.refuse[0].status, 400);
    assert_eq!(
        (faults.answer_lost[0].times, faults.new_instances_end.as_deref()),
        (None, Some("storage-full"))
    );
}
