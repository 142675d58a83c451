//! What only RDS answers (facts §2.10).

use action::port::PortErrorKind::{Busy, Denied, Exists, NoRoom, NotFound, Other};

use super::Explained;
use crate::fault::Fault;
use crate::words::tidy;

/// The permissions that an operation takes. A restore also takes `iam:PassRole` where a role is named, and its groups
/// must be allowed as resources.
pub(super) fn permission(operation: &str) -> &'static str {
    match operation {
        "DescribeDBInstances" => "rds:DescribeDBInstances",
        "DescribeDBSnapshots" => "rds:DescribeDBSnapshots",
        "DescribeDBInstanceAutomatedBackups" => "rds:DescribeDBInstanceAutomatedBackups",
        "DescribeDBSubnetGroups" => "rds:DescribeDBSubnetGroups",
        "DescribeDBParameterGroups" => "rds:DescribeDBParameterGroups",
        "DescribeOptionGroups" => "rds:DescribeOptionGroups",
        "DescribeDBProxies" => "rds:DescribeDBProxies",
        "DescribeDBProxyTargets" => "rds:DescribeDBProxyTargets",
        "DescribeEvents" => "rds:DescribeEvents",
        "RestoreDBInstanceToPointInTime" => {
            "rds:RestoreDBInstanceToPointInTime and rds:AddTagsToResource on the new instance and on its subnet, \
             parameter and option groups"
        }
        "RestoreDBInstanceFromDBSnapshot" => {
            "rds:RestoreDBInstanceFromDBSnapshot and rds:AddTagsToResource on the snapshot, the new instance and its \
             subnet, parameter and option groups"
        }
        "CopyDBSnapshot" => {
            "rds:CopyDBSnapshot and rds:AddTagsToResource (and kms:CreateGrant, kms:DescribeKey and kms:Decrypt when \
             the snapshot is encrypted)"
        }
        "ModifyDBInstance" => {
            "rds:ModifyDBInstance (and iam:PassRole for enhanced monitoring; secretsmanager:CreateSecret and \
             secretsmanager:TagResource for a managed password)"
        }
        "DeleteDBInstance" => "rds:DeleteDBInstance",
        _ => "a permission that the policy lacks",
    }
}

pub(super) fn explain(operation: &str, fault: &Fault) -> Option<Explained> {
    let (kind, message, next) = match fault.code() {
        "DBInstanceNotFound" => (
            NotFound,
            "there is no instance of that name in this region",
            "Check the identifier and the region. If it was deleted, its retained backups and its snapshots may be \
             left: `database.survey` lists them.",
        ),
        "DBSnapshotNotFound" | "DBClusterSnapshotNotFoundFault" => (
            NotFound,
            "there is no such snapshot in this region",
            "Check the identifier and the region. A snapshot that another account shares goes by its ARN.",
        ),
        "DBInstanceAutomatedBackupNotFound" => (
            NotFound,
            "there are no automated backups of it in this region",
            "Restore from a snapshot, or from backups replicated to another region: `database.survey` lists both.",
        ),
        "DBSubnetGroupNotFoundFault" => (
            NotFound,
            "the subnet group is not in this region",
            "Make it again in this region, from the infrastructure's code or as the inventory has it, or name another.",
        ),
        "DBParameterGroupNotFound" => (
            NotFound,
            "the parameter group is not in this region",
            "Make it again in this region, from the infrastructure's code or as the inventory has it, or name another.",
        ),
        "OptionGroupNotFoundFault" => (
            NotFound,
            "the option group is not in this region",
            "Make it again in this region, from the infrastructure's code or as the inventory has it, or name another.",
        ),
        "DBSecurityGroupNotFound" => (
            NotFound,
            "a security group is not in this region",
            "Make it again in this region's VPC, or name another.",
        ),
        "CertificateNotFound" => (
            NotFound,
            "that certificate authority is not offered in this region",
            "Name one that is (`aws rds describe-certificates`), and check that the Portal trusts it.",
        ),
        "DBInstanceAlreadyExists" => (
            Exists,
            "the name is taken by another instance",
            "Look whose it is. If its tag `lifeboat:run` names this run, it is the one that is wanted; otherwise give \
             another name.",
        ),
        "DBSnapshotAlreadyExists" => (
            Exists,
            "the name is taken by another snapshot",
            "Look at it. If it is a copy of the same snapshot, use it; otherwise give another name.",
        ),
        "InvalidDBInstanceState" => (
            Busy,
            "the instance is busy, or not available",
            "Wait until its status is `available`, then try again.",
        ),
        "InvalidDBSnapshotState" => (
            Busy,
            "the snapshot is not in a state that allows this",
            "Wait until its status is `available`, or take another.",
        ),
        "InvalidDBInstanceAutomatedBackupState" => (
            Busy,
            "the automated backups are not in a state that allows this",
            "Wait until they are active or retained, or restore from a snapshot.",
        ),
        "InstanceQuotaExceeded" => (
            NoRoom,
            "the account has as many instances as its quota allows",
            "Delete instances that tests left behind, or ask AWS for more in Service Quotas.",
        ),
        "StorageQuotaExceeded" => (
            NoRoom,
            "the account has as much database storage as its quota allows",
            "Delete instances that tests left behind, or ask AWS for more in Service Quotas.",
        ),
        "SnapshotQuotaExceeded" => (
            NoRoom,
            "the account has as many manual snapshots in this region as its quota allows",
            "Delete snapshots that are no longer needed, or ask AWS for more in Service Quotas.",
        ),
        "SharedSnapshotQuotaExceeded" => (
            NoRoom,
            "the snapshot is shared with as many accounts as its quota allows",
            "Take the share from an account that no longer needs it.",
        ),
        "DBInstanceAutomatedBackupQuotaExceeded" => (
            NoRoom,
            "the region keeps as many automated backups as its quota allows",
            "Delete retained backups that are no longer needed, or ask AWS for more in Service Quotas.",
        ),
        "TenantDatabaseQuotaExceeded" => (
            NoRoom,
            "the instance would have more tenant databases than its quota allows",
            "Ask AWS for more in Service Quotas.",
        ),
        "InsufficientDBInstanceCapacity" => (
            NoRoom,
            "AWS has no room for an instance of this class in the zone just now",
            "Try again in a few minutes. If it stays so, choose another class, or a subnet group with more zones.",
        ),
        "KMSKeyNotAccessibleFault" => (
            Denied,
            "the encryption key can't be used: it is disabled, about to be deleted, in another region, or not allowed \
             to these credentials",
            "Ask whoever owns the key to enable it, or to cancel its deletion, and to allow kms:DescribeKey, \
             kms:CreateGrant and kms:Decrypt.",
        ),
        "AuthorizationNotFound" => (
            Denied,
            "RDS may not use a group that is named",
            "Check that the security groups belong to the VPC of the subnet group.",
        ),
        "InvalidRestoreFault" => (
            Other,
            "RDS can't restore from this backup to where the instance would be",
            "Name a subnet group that is in a VPC, and check what is restored from.",
        ),
        "PointInTimeRestoreNotEnabled" => (
            Other,
            "the instance keeps no automated backups, so there is no moment to go back to",
            "Restore from a snapshot: `database.survey` lists them.",
        ),
        "InvalidVPCNetworkStateFault" => (
            Other,
            "the subnet group no longer covers the zones that it must",
            "Repair the subnet group, or name another.",
        ),
        "InvalidSubnet" | "DBSubnetGroupDoesNotCoverEnoughAZs" => (
            Other,
            "the subnet group does not have working subnets in two zones",
            "Add subnets in at least two zones to it, or name another.",
        ),
        "NetworkTypeNotSupported" => (
            Other,
            "the subnet group does not have the network type (IPv4 or dual) that is asked for",
            "Name a subnet group that has it.",
        ),
        "StorageTypeNotSupported" => {
            (Other, "the storage type can't be had for this instance", "Choose `gp3`, and try again.")
        }
        "ProvisionedIopsNotAvailableInAZFault" => (
            Other,
            "provisioned IOPS can't be had in the zone",
            "Choose `gp3`, or a subnet group with other zones.",
        ),
        "VpcEncryptionControlViolationException" => (
            Other,
            "the VPC demands encryption in transit, which this instance class lacks",
            "Choose a class on Nitro, such as one of the db.m6g or later.",
        ),
        "InvalidDBCapacityReservationState" | "DBCapacityReservationNotFound" => {
            (NoRoom, "the capacity reservation can't be used", "Check the reservation, or try without it.")
        }
        "InvalidParameterValue"
        | "InvalidParameterCombination"
        | "MissingParameter"
        | "ValidationError"
        | "InvalidParameter" => return Some(invalid(operation, fault)),
        _ => return None,
    };
    Some((kind, message.to_owned(), next.to_owned()))
}

/// A request that RDS finds fault with: its own words are the only ones that say with what.
fn invalid(operation: &str, fault: &Fault) -> Explained {
    let words = tidy(fault.message.as_deref().unwrap_or("it does not say which"));
    let lower = words.to_lowercase();
    if operation == "DeleteDBInstance" && lower.contains("protect") {
        return (
            Other,
            "deletion protection is on".to_owned(),
            "Nothing was deleted. Take the protection off only if this really is what a rehearsal made."
                .to_owned(),
        );
    }
    let next = if ["restore time", "restoretime", "restorable", "restored to a time"]
        .iter()
        .any(|it| lower.contains(it))
    {
        "Choose a moment inside the restore window: `database.survey` shows it, in UTC."
    } else if operation.starts_with("Describe") {
        "Check the name that was given."
    } else {
        "Nothing was changed. Correct what it names, then make the plan again."
    };
    (Other, format!("RDS does not accept a value: {words}"), next.to_owned())
}
