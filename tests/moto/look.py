"""Prints what a bucket holds: BUCKET. For each key what is read, and the ids of its versions and markers."""
import json, sys

import boto3

bucket = sys.argv[1]
s3 = boto3.client("s3")
found = {}
for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
    for kind in ["Versions", "DeleteMarkers"]:
        for e in page.get(kind, []):
            of = found.setdefault(e["Key"], {"Versions": [], "DeleteMarkers": [], "reads": None})
            of[kind].append(e["VersionId"])
for key, of in found.items():
    try:
        o = s3.get_object(Bucket=bucket, Key=key)
        of["reads"] = [o["Body"].read().decode(), o["ContentType"], o["Metadata"].get("badge")]
    except s3.exceptions.NoSuchKey:
        pass
    of["Versions"].sort()
    of["DeleteMarkers"].sort()
print(json.dumps(found))
