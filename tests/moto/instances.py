"""Prints, as JSON, what boto3 sees in a region: REGION."""
import json, sys

import boto3

rds = boto3.client("rds", region_name=sys.argv[1])


def tags(list):
    return {tag["Key"]: tag["Value"] for tag in list}


def seen(i):
    keys = [
        "DBInstanceStatus", "Engine", "EngineVersion", "DBInstanceClass", "AllocatedStorage", "StorageType", "Iops",
        "StorageThroughput", "MaxAllocatedStorage", "MultiAZ", "PubliclyAccessible", "DeletionProtection",
        "IAMDatabaseAuthenticationEnabled", "EnabledCloudwatchLogsExports", "CopyTagsToSnapshot",
        "AutoMinorVersionUpgrade", "BackupRetentionPeriod", "PreferredBackupWindow", "PreferredMaintenanceWindow",
        "StorageEncrypted",
    ]
    return {key: i.get(key) for key in keys} | {
        "Port": i["Endpoint"]["Port"],
        "SubnetGroup": i["DBSubnetGroup"]["DBSubnetGroupName"] if "DBSubnetGroup" in i else None,
        "SecurityGroups": [group["VpcSecurityGroupId"] for group in i["VpcSecurityGroups"]],
        "ParameterGroups": [group["DBParameterGroupName"] for group in i["DBParameterGroups"]],
        "OptionGroups": [group["OptionGroupName"] for group in i["OptionGroupMemberships"]],
        "Tags": tags(i["TagList"]),
    }


print(json.dumps({
    "instances": {i["DBInstanceIdentifier"]: seen(i) for i in rds.describe_db_instances()["DBInstances"]},
    "snapshots": {s["DBSnapshotIdentifier"]: tags(s["TagList"]) for s in rds.describe_db_snapshots()["DBSnapshots"]},
}))
