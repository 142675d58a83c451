"""Writes a history into a bucket and then damages it: BUCKET FILE. Prints the moment in between.

FILE gets what every key was at that moment, by what was written and not by what S3 says of it.
"""
import datetime, hashlib, json, sys, time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlencode

import boto3
from botocore.config import Config

bucket, path = sys.argv[1:]
s3 = boto3.client("s3", config=Config(max_pool_connections=8))
s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})

HARD = [
    "photos/a b+c.jpg", "photos/100%25 100%.jpg", "photos//double//slash.jpg", "photos/写真 é 👩.jpg",
    "photos/q?versionId=x&y=<z>#f'\".jpg", "photos/plus+and%2Bplus.jpg", "photos/~tilde;semi=colon,.jpg",
    "photos/plain.jpg", "photos/plain.jpg.bak",
]
# With two or three entries each, they fill several pages.
MANY = [f"photos/org-{n % 7}/{n:04}.jpg" for n in range(250)]
BELOW = HARD + MANY
OUTSIDE = ["elsewhere/a.jpg", "photo.jpg"]


def photo(key, turn):
    """What a key is written as, the first, second… time."""
    seed = f"{key} {turn}".encode()
    return {
        "Body": b"\xff\xd8" + hashlib.sha256(seed).digest() * (1 + len(key) % 3),
        "ContentType": ["image/jpeg", "image/png", "application/octet-stream"][turn % 3],
        "Metadata": {} if turn == 1 else {"badge": str(len(key)), "turn": str(turn)},
        "Tagging": {} if turn == 2 else {"org": "north + south", "turn": f"no. {turn}"},
    }


def put(key, photo):
    s3.put_object(Bucket=bucket, Key=key, **{**photo, "Tagging": urlencode(photo["Tagging"])})


def delete(key):
    s3.delete_object(Bucket=bucket, Key=key)


def each(do, keys):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(do, keys))


was = {}


def write(turn, keys):
    was.update({key: photo(key, turn) for key in keys})
    each(lambda key: put(key, photo(key, turn)), keys)


def next_second():
    """Waits until every later write is of a later second; gives the second before."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.01)
    return now


write(0, BELOW + OUTSIDE)
write(1, BELOW[::2])
# Gone before that moment, and so not to come back.
for key in MANY[5::50]:
    delete(key)
    was.pop(key)
at = next_second()

each(delete, [key for n, key in enumerate(BELOW) if n % 3 == 0])
each(lambda key: put(key, photo(key, 2)), [key for n, key in enumerate(BELOW) if n % 3 == 1 and key in was])
# The same bytes, called something else.
for key in MANY[20:24]:
    put(key, {**was[key], "ContentType": "text/plain"})
for key in MANY[26:30:2]:
    put(key, {**was[key], "Tagging": {"org": "nobody"}})
# Deleted and written again, and deleted twice.
put(HARD[0], photo(HARD[0], 2))
delete(HARD[3])
# New, one of them where a photo was long gone.
for key in ["photos/new.jpg", "photos/neu ä+b.jpg", MANY[55]]:
    put(key, photo(key, 2))
# None of our business.
put(OUTSIDE[0], photo(OUTSIDE[0], 2))
delete(OUTSIDE[1])
next_second()

read = {key: {**p, "Body": hashlib.sha256(p["Body"]).hexdigest()} for key, p in was.items()}
versions = {}
for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
    for e in page.get("Versions", []) + page.get("DeleteMarkers", []):
        versions.setdefault(e["Key"], []).append(e["VersionId"])
with open(path, "w") as file:
    json.dump({"was": {k: v for k, v in read.items() if k.startswith("photos/")}, "versions": versions}, file)
print(datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat().replace("+00:00", "Z"))
