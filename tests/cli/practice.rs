//! The photo runbook from its first step to its last, on a practice range of its own, and what is left of it.

use std::fs;

use serde_json::Value;

use super::{ANSWERS, Desk};
use crate::support::moto::python;
use crate::support::process::Running;

/// Prints how many keys were photos at a moment, and which of them don't read as they did then.
const JUDGE: &str = "
import datetime, sys, boto3
bucket, at = sys.argv[1], datetime.datetime.fromisoformat(sys.argv[2])
s3 = boto3.client('s3')
entries = []
for page in s3.get_paginator('list_object_versions').paginate(Bucket=bucket):
    entries += page.get('Versions', []) + page.get('DeleteMarkers', [])
then, wrong = {}, []
# A key's entries are listed newest first.
for e in sorted(reversed(entries), key=lambda e: e['LastModified']):
    if e['LastModified'] <= at:
        then[e['Key']] = e
for key, e in then.items():
    if 'ETag' not in e:
        continue
    def read(**which):
        o = s3.get_object(Bucket=bucket, Key=key, **which)
        return o['Body'].read(), o['ContentType'], o['Metadata']
    try:
        if read() != read(VersionId=e['VersionId']):
            wrong.append(key)
    except s3.exceptions.NoSuchKey:
        wrong.append(key)
print(sum('ETag' in e for e in then.values()), len(wrong), *wrong[:3])
";

struct Practice {
    desk: Desk,
    ready: Value,
    range: Running,
}

impl Practice {
    fn start() -> Self {
        let desk = Desk::new();
        let mut range = desk.lifeboat.open(&["range", "--port", "0"]);
        let ready = serde_json::from_str(&range.first_line()).unwrap();
        Self { desk, ready, range }
    }

    fn text(&self, pointer: &str) -> &str {
        self.ready.pointer(pointer).and_then(Value::as_str).unwrap()
    }

    /// How many photos there were, and how many of them aren't as they were, as boto3 sees it.
    fn judge(&self) -> (u32, u32) {
        let args = [self.text("/bucket"), self.text("/before_damage")];
        let said = python(JUDGE, &args, |command| {
            command.env("AWS_ENDPOINT_URL", self.text("/endpoints/s3"));
            command.env("AWS_ACCESS_KEY_ID", self.text("/access_key_id"));
            command.env("AWS_SECRET_ACCESS_KEY", self.text("/secret_access_key"));
            command.env("AWS_DEFAULT_REGION", self.text("/region"));
        });
        let mut numbers = said.split_whitespace().map(|n| n.parse().unwrap_or_default());
        (numbers.next().unwrap(), numbers.next().unwrap())
    }
}

#[test]
fn the_photos_come_back_and_the_timeline_says_how() {
    let practice = Practice::start();
    let desk = &practice.desk;
    let (photos, lost) = practice.judge();
    assert!(photos >= 1_900 && lost == 612, "{photos} {lost}");

    let answers = desk.file("answers.yaml", ANSWERS);
    let at = format!("restore_to={}", practice.text("/before_damage"));
    let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", "--set", &at];
    let more = ["--answers", &answers, "--as", "Sam"];
    let ran = desk.lifeboat.run(&[&args[..], &more].concat()).ended_with(0);
    assert_eq!(ran.stderr, "");
    assert!(
        ran.stdout.starts_with("EXERCISE | practice | account 000000000000 | us-east-1\n"),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("612 photos come back"), "{}", ran.stdout);
    assert_eq!(practice.judge(), (photos, 0));

    let run = desk.only_run().to_string();
    let listed = desk.lifeboat.run(&["runs", "--format", "json"]).ended_with(0);
    let listed: Value = serde_json::from_str(&listed.stdout).unwrap();
    assert_eq!((listed[0]["run"].as_str(), listed[0]["state"].as_str()), (Some(&run[..]), Some("finished")));
    assert_eq!(
        desk.lifeboat.run(&["resume", &run, "--as", "Sam"]).ended_with(1).complaint().lines().count(),
        1
    );

    exports_agree(desk, &run);
    assert!(!everything_in(desk).contains(practice.text("/secret_access_key")), "a secret is on the disk");
    drop(practice.range);
}

/// The three timelines have the same entries, and the journal's head.
fn exports_agree(desk: &Desk, run: &str) {
    let found = desk.lifeboat.run(&["verify", "--format", "json"]).ended_with(0);
    let found: Value = serde_json::from_str(&found.stdout).unwrap();
    let (entries, head) = (found["entries"].as_u64().unwrap(), found["heads"][0][1].as_str().unwrap());
    assert_eq!((found["intact"].as_bool(), found["runs"].as_u64()), (Some(true), Some(1)));
    let export = |format: &str| {
        let path = desk.path().join(format!("timeline.{format}")).to_str().unwrap().to_owned();
        let said = desk.lifeboat.run(&["timeline", run, "--format", format, "-o", &path]).ended_with(0);
        assert!(said.stderr.contains(head), "{}", said.stderr);
        let printed = desk.lifeboat.run(&["timeline", run, "--format", format]).ended_with(0).stdout;
        assert_eq!(printed, fs::read_to_string(&path).unwrap());
        (printed, path)
    };
    let (md, _) = export("md");
    assert!(md.starts_with("# Exercise: Restore badge photos\n"), "{md}");
    assert!(md.contains(&format!("| Entries | {entries} |")) && md.contains(head), "{md}");
    assert!(md.contains("| Operator | Sam |") && md.contains("| Last plan approved by | Dana |"), "{md}");
    let (csv, _) = export("csv");
    assert!(csv.starts_with("message,datetime,timestamp_desc,"), "{csv}");
    assert_eq!(csv.lines().count() as u64, entries + 1);
    assert!(csv.lines().last().unwrap().ends_with(head), "{csv}");
    let (jsonl, path) = export("jsonl");
    let lines: Vec<Value> = jsonl.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, entries);
    assert_eq!(lines[lines.len() - 1]["hash"], head);
    assert!(jsonl.lines().all(|line| line.starts_with("{\"message\":")), "{jsonl}");
    let checked = desk.lifeboat.run(&["verify", &path]).ended_with(0);
    assert!(checked.stdout.contains("is intact: 1 runs"), "{}", checked.stdout);
}

/// The bytes of every file in the data directory, as text.
fn everything_in(desk: &Desk) -> String {
    let files = fs::read_dir(desk.path()).unwrap().map(|entry| entry.unwrap().path());
    let bytes = files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}
