"""Compares a bucket with what its keys were before it was damaged: BUCKET FILE. Prints what is wrong, and counts."""
import hashlib, json, sys

import boto3

bucket, path = sys.argv[1:]
s3 = boto3.client("s3")
before = json.load(open(path))
was, versions = before["was"], before["versions"]

now = {}
for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
    for e in page.get("Versions", []) + page.get("DeleteMarkers", []):
        now.setdefault(e["Key"], []).append(e["VersionId"])


def read(key):
    try:
        o = s3.get_object(Bucket=bucket, Key=key)
    except s3.exceptions.NoSuchKey:
        return None
    tags = s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    return {
        "Body": hashlib.sha256(o["Body"].read()).hexdigest(),
        "ContentType": o["ContentType"],
        "Metadata": o["Metadata"],
        "Tagging": {tag["Key"]: tag["Value"] for tag in tags},
    }


wrong, untouched, one_more = [], 0, 0
for key, ids in versions.items():
    if set(ids) - set(now.get(key, [])):
        wrong.append(f"a version of {key!r} is gone")
    gained = len(now.get(key, [])) - len(ids)
    if key in was:
        is_ = read(key)
        if is_ != was[key]:
            wrong.append(f"{key!r} reads {is_} and was {was[key]}")
        if gained > 1:
            wrong.append(f"{key!r} gained {gained} versions")
        one_more += gained
    elif gained:
        wrong.append(f"{key!r} was no photo and was touched")
    untouched += gained == 0
if set(now) - set(versions):
    wrong.append(f"there are keys that never were: {set(now) - set(versions)}")
print("\n".join(wrong[:20]))
print(json.dumps({"wrong": len(wrong), "was": len(was), "restored": one_more, "untouched": untouched}))
