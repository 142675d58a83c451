//! What people read.

use super::*;

#[test]
fn a_wrong_clock_says_how_wrong() {
    let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    for (there, words) in [
        ("2026-11-24T11:40:00Z", "this machine's clock is 20 min fast"),
        ("2026-11-24T15:05:30Z", "this machine's clock is 3 h 5 min slow"),
        ("2026-11-14T12:00:00Z", "this machine's clock is 10 days fast"),
        ("2026-11-24T12:00:10Z", "this machine's clock is wrong"),
    ] {
        let fault = Fault { server_time: there.parse().ok(), ..Fault::default() };
        assert_eq!(clock(&fault, now).1, words);
    }
}

/// What people read for every code that RDS and KMS are known to answer a request of ours with.
#[test]
fn rds_and_kms_refusals_read_well() {
    const INSTANCE: &str = "DescribeDBInstances";
    const RESTORE: &str = "RestoreDBInstanceToPointInTime";
    const DELETE: &str = "DeleteDBInstance";
    let table = [
        ("rds", INSTANCE, "DBInstanceNotFound", ""),
        ("rds", "DescribeDBSnapshots", "DBSnapshotNotFound", ""),
        ("rds", RESTORE, "DBInstanceAutomatedBackupNotFound", ""),
        ("rds", RESTORE, "DBSubnetGroupNotFoundFault", ""),
        ("rds", RESTORE, "DBParameterGroupNotFound", ""),
        ("rds", RESTORE, "OptionGroupNotFoundFault", ""),
        ("rds", RESTORE, "DBSecurityGroupNotFound", ""),
        ("rds", RESTORE, "CertificateNotFound", ""),
        ("rds", RESTORE, "DBInstanceAlreadyExists", ""),
        ("rds", "CopyDBSnapshot", "DBSnapshotAlreadyExists", ""),
        ("rds", RESTORE, "InvalidDBInstanceState", ""),
        ("rds", RESTORE, "InvalidDBSnapshotState", ""),
        ("rds", RESTORE, "InvalidDBInstanceAutomatedBackupState", ""),
        ("rds", RESTORE, "InstanceQuotaExceeded", ""),
        ("rds", RESTORE, "StorageQuotaExceeded", ""),
        ("rds", "CopyDBSnapshot", "SnapshotQuotaExceeded", ""),
        ("rds", "CopyDBSnapshot", "SharedSnapshotQuotaExceeded", ""),
        ("rds", DELETE, "DBInstanceAutomatedBackupQuotaExceeded", ""),
        ("rds", RESTORE, "TenantDatabaseQuotaExceeded", ""),
        ("rds", RESTORE, "InsufficientDBInstanceCapacity", ""),
        ("rds", RESTORE, "KMSKeyNotAccessibleFault", ""),
        ("rds", RESTORE, "AuthorizationNotFound", ""),
        ("rds", RESTORE, "InvalidRestoreFault", ""),
        ("rds", RESTORE, "PointInTimeRestoreNotEnabled", ""),
        ("rds", RESTORE, "InvalidVPCNetworkStateFault", ""),
        ("rds", RESTORE, "InvalidSubnet", ""),
        ("rds", RESTORE, "DBSubnetGroupDoesNotCoverEnoughAZs", ""),
        ("rds", RESTORE, "NetworkTypeNotSupported", ""),
        ("rds", RESTORE, "StorageTypeNotSupported", ""),
        ("rds", RESTORE, "ProvisionedIopsNotAvailableInAZFault", ""),
        ("rds", RESTORE, "VpcEncryptionControlViolationException", ""),
        ("rds", RESTORE, "DBCapacityReservationNotFound", ""),
        (
            "rds",
            RESTORE,
            "InvalidParameterValue",
            "The specified restore time is before the restorable window.",
        ),
        (
            "rds",
            RESTORE,
            "InvalidParameterCombination",
            "DB Instance class db.t2.micro does not support encryption at rest.",
        ),
        (
            "rds",
            DELETE,
            "InvalidParameterCombination",
            "Cannot delete protected DB Instance, please disable deletion protection and try again.",
        ),
        ("rds", INSTANCE, "InvalidParameterValue", "Invalid database identifier: a--b"),
        ("rds", INSTANCE, "AccessDenied", ""),
        ("rds", RESTORE, "AccessDenied", ""),
        ("rds", "RestoreDBInstanceFromDBSnapshot", "AccessDenied", ""),
        ("rds", "CopyDBSnapshot", "AccessDenied", ""),
        ("rds", "ModifyDBInstance", "AccessDenied", ""),
        (
            "rds",
            DELETE,
            "AccessDenied",
            "User: arn:aws:iam::1:user/u is not authorized to perform: rds:DeleteDBInstance on resource: x with an explicit deny in a permissions boundary",
        ),
        ("rds", INSTANCE, "ThrottlingException", "Rate exceeded"),
        ("rds", INSTANCE, "InternalFailure", ""),
        ("rds", INSTANCE, "ExpiredToken", ""),
        ("rds", RESTORE, "DomainNotFoundFault", "Domain d-1 was not found."),
        ("kms", "DescribeKey", "NotFoundException", ""),
        ("kms", "DescribeKey", "DisabledException", ""),
        ("kms", "DescribeKey", "KMSInvalidStateException", ""),
        ("kms", "DescribeKey", "InvalidArnException", ""),
        ("kms", "DescribeKey", "DependencyTimeoutException", ""),
        ("kms", "DescribeKey", "AccessDeniedException", ""),
    ];
    let mut read = String::new();
    for (service, operation, code, message) in table {
        let site = Site {
            source: Source::Practice,
            service,
            endpoint: None,
            region: "us-east-1".to_owned(),
            account: "123456789012".to_owned(),
        };
        let fault = Fault {
            status: Some(400),
            code: Some(code.to_owned()),
            message: Some(message.to_owned()).filter(|message| !message.is_empty()),
            ..Fault::default()
        };
        let error = site.explain(operation, "portal", fault);
        read += &format!("{code}, {:?}\n  {error}\n", error.kind);
    }
    insta::assert_snapshot!(read);
}
