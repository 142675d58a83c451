"""`damage BUCKET REPLICA`: writes photos into a bucket that is replicated, then takes some away for good, and prints the
moment before. `look BUCKET`: what is read of each key, and whether its checksum is there and right."""
import base64, datetime, hashlib, json, sys, time

import boto3

s3 = boto3.client("s3")


def damage(bucket, replica):
    for name in (bucket, replica):
        s3.create_bucket(Bucket=name)
        s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    rule = {
        "ID": "all", "Status": "Enabled", "Priority": 1, "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "Destination": {"Bucket": f"arn:aws:s3:::{replica}"},
    }
    role = "arn:aws:iam::000000000000:role/replication"
    s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration={"Role": role, "Rules": [rule]})
    keys = [f"p/{n:03}.jpg" for n in range(40)]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=f"good {key}".encode(), ChecksumAlgorithm="SHA256")
    while len(s3.list_object_versions(Bucket=replica).get("Versions", [])) < len(keys):
        time.sleep(0.05)
    at = int(time.time()) + 1
    while time.time() < at + 1:
        time.sleep(0.01)
    for key in keys[:20]:
        for version in s3.list_object_versions(Bucket=bucket, Prefix=key)["Versions"]:
            s3.delete_object(Bucket=bucket, Key=key, VersionId=version["VersionId"])
    for key in keys[20:30]:
        s3.delete_object(Bucket=bucket, Key=key)
    print(datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat().replace("+00:00", "Z"))


def look(bucket):
    found = {}
    for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
        o = s3.get_object(Bucket=bucket, Key=entry["Key"], ChecksumMode="ENABLED")
        body = o["Body"].read()
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        found[entry["Key"]] = [body.decode(), o.get("ChecksumSHA256") == checksum]
    print(json.dumps(found))


{"damage": damage, "look": look}[sys.argv[1]](*sys.argv[2:])
