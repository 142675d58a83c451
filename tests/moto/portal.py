"""Makes a Portal DB with all that it needs. Prints, as JSON, what a restore has to say again."""
import json

import boto3

rds, ec2 = boto3.client("rds"), boto3.client("ec2")

vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
subnets = [
    ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"]["SubnetId"]
    for n, zone in enumerate("ab")
]
security = ec2.create_security_group(GroupName="portal", Description="portal", VpcId=vpc)["GroupId"]
rds.create_db_subnet_group(DBSubnetGroupName="portal-subnets", DBSubnetGroupDescription="portal", SubnetIds=subnets)
rds.create_db_parameter_group(
    DBParameterGroupName="portal-parameters", DBParameterGroupFamily="mysql8.0", Description="portal"
)
rds.create_option_group(
    OptionGroupName="portal-options", EngineName="mysql", MajorEngineVersion="8.0", OptionGroupDescription="portal"
)
rds.create_db_instance(
    DBInstanceIdentifier="portal", Engine="mysql", EngineVersion="8.0.39", DBInstanceClass="db.m6g.large",
    AllocatedStorage=500, StorageType="gp3", Iops=12000, StorageThroughput=500, MaxAllocatedStorage=1000,
    MasterUsername="admin", MasterUserPassword="of-no-use-anywhere", Port=3307, MultiAZ=True,
    DBSubnetGroupName="portal-subnets", VpcSecurityGroupIds=[security], DBParameterGroupName="portal-parameters",
    OptionGroupName="portal-options", DeletionProtection=True, EnableIAMDatabaseAuthentication=True,
    EnableCloudwatchLogsExports=["error", "slowquery"], CopyTagsToSnapshot=True, AutoMinorVersionUpgrade=False,
    BackupRetentionPeriod=14, PreferredBackupWindow="07:00-07:30", PreferredMaintenanceWindow="sun:05:00-sun:06:00",
    StorageEncrypted=True, Tags=[{"Key": "team", "Value": "portal"}],
)
rds.create_db_snapshot(DBSnapshotIdentifier="portal-final", DBInstanceIdentifier="portal")
print(json.dumps({"security": security, "vpc": vpc}))
