"""Writes photos into a bucket, then deletes and overwrites them: BUCKET. Prints the moment in between."""
import datetime, sys, time

import boto3

bucket = sys.argv[1]
s3 = boto3.client("s3")
s3.create_bucket(Bucket=bucket)
s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def put(key, text):
    s3.put_object(Bucket=bucket, Key=key, Body=text.encode(), ContentType="image/jpeg", Metadata={"badge": "42"})


def delete(key):
    s3.delete_object(Bucket=bucket, Key=key)


def next_second():
    """Waits until every later write is of a later second; gives the second before."""
    now = int(time.time())
    while int(time.time()) == now:
        time.sleep(0.01)
    return now


gone = [f"p/gone/{n:03}" for n in range(220)] + ["p/gone/a b+c%25.jpg", "p/gone/写真 👩.jpg"]
over = [f"p/over/{n}" for n in range(3)]
kept = [f"p/kept/{n}" for n in range(3)]
for key in gone + over + kept + ["p/again", "elsewhere/live"]:
    put(key, f"good {key}")
put("p/old", "long gone")
delete("p/old")
at = next_second()

for key in gone + ["p/again", "elsewhere/live"]:
    delete(key)
next_second()
delete(gone[0])
for key in over + ["p/again", "p/new"]:
    put(key, "bad")
next_second()
print(datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat().replace("+00:00", "Z"))
