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

const DELETED: &str = "
import datetime, sys, boto3
at = datetime.datetime.fromisoformat(sys.argv[2])
for page in boto3.client('s3').get_paginator('list_object_versions').paginate(Bucket=sys.argv[1]):
    for marker in page.get('DeleteMarkers', []):
        if marker['IsLatest'] and marker['LastModified'] > at:
            print(marker['Key'])
";

const LISTED: &str = "
import sys, boto3
for page in boto3.client('s3').get_paginator('list_objects_v2').paginate(Bucket=sys.argv[1], Prefix=sys.argv[2]):
    for photo in page.get('Contents', []):
        print(photo['Key'])
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

    /// Asks boto3.
    fn ask(&self, script: &str, args: &[&str]) -> String {
        python(script, args, |command| {
            command.env("AWS_ENDPOINT_URL", self.text("/endpoints/s3"));
            command.env("AWS_ACCESS_KEY_ID", self.text("/access_key_id"));
            command.env("AWS_SECRET_ACCESS_KEY", self.text("/secret_access_key"));
            command.env("AWS_DEFAULT_REGION", self.text("/region"));
        })
    }

    /// The keys that were deleted since all was well.
    fn deleted(&self) -> Vec<String> {
        self.ask(DELETED, &[self.text("/bucket"), self.text("/before_damage")])
            .lines()
            .map(str::to_owned)
            .collect()
    }

    /// The keys of photos that begin with `prefix`.
    fn listed(&self, prefix: &str) -> Vec<String> {
        self.ask(LISTED, &[self.text("/bucket"), prefix]).lines().map(str::to_owned).collect()
    }

    /// How many photos there were, and how many of them aren't as they were, as boto3 sees it.
    fn judge(&self) -> (u32, u32) {
        let args = [self.text("/bucket"), self.text("/before_damage")];
        let said = self.ask(JUDGE, &args);
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
    let table = desk.lifeboat.run(&["manifest", &run, "restore"]).ended_with(0).stdout;
    assert_eq!(table.lines().count(), 613, "{table}");
    assert!(table.starts_with("key,action,result,"), "{table}");
    assert_eq!(table.lines().filter(|row| row.contains(",copy,restored,")).count(), 612);
    let none = desk.lifeboat.run(&["manifest", &run, "survey"]).ended_with(1);
    assert!(none.complaint().contains("Name one in which there was: restore."), "{}", none.complaint());
    assert!(!desk.path().join("ledgers").read_dir().unwrap().any(|_| true), "it is in the journal");
    assert!(!everything_in(desk).contains(practice.text("/secret_access_key")), "a secret is on the disk");
    drop(practice.range);
}

const UNDELETE: &str = r#"
stop-writers: { done: true }
only-deletions: { choose: "yes" }
obliteration: { done: true, by: Dana }
undelete: { approve: true, by: Dana, typed: TYPED, with: { exclude_file: "REGISTER" } }
look: { done: true, record: "ten photos, from three organizations", by: Dana }
deletions: { done: true }
permission: { done: true }
service-back: { done: true, record: "2026-11-24T09:40:00Z" }
close: { done: true }
"#;

/// Markers are removed, a thousand a request; what the register of obliterations lists stays gone.
#[test]
fn deleted_photos_are_shown_again_but_for_those_that_were_obliterated() {
    let practice = Practice::start();
    let desk = &practice.desk;
    let (photos, lost) = practice.judge();
    let gone = practice.deleted();
    let (whole, prefix) = (&gone[0], gone[1].rsplit_once('/').unwrap().0);
    let left_out = gone.iter().filter(|key| *key == whole || key.starts_with(&format!("{prefix}/"))).count();
    assert!(left_out > 1 && left_out < gone.len(), "{left_out} of {}", gone.len());
    let register = desk.file("register.txt", &format!("# obliterated\r\n{whole}\r\n\r\n{prefix}/\r\n"));
    let answers = UNDELETE.replace("REGISTER", &register).replace("TYPED", "photos/");
    let answers = desk.file("answers.yaml", &answers);
    let at = format!("restore_to={}", practice.text("/before_damage"));
    let args = ["run", "undelete-badge-photos", "--mode", "exercise", "--env", "practice", "--set", &at];
    let ran = desk.lifeboat.run(&[&args[..], &["--answers", &answers, "--as", "Sam"]].concat()).ended_with(0);
    assert_eq!(practice.judge(), (photos, u32::try_from(left_out).unwrap()), "{}", ran.stdout);
    let still = practice.deleted();
    assert!(still.iter().all(|key| key == whole || key.starts_with(prefix)), "{still:?}");
    let table =
        desk.lifeboat.run(&["manifest", &desk.only_run().to_string(), "undelete"]).ended_with(0).stdout;
    assert_eq!(table.lines().count(), lost as usize - left_out + 1, "{table}");
    assert!(!table.contains(whole), "what was obliterated is none of its business");
}

/// As a rehearsal on the real bucket does, which touches no photo.
#[test]
fn photos_come_back_beside_what_is_there() {
    let practice = Practice::start();
    let desk = &practice.desk;
    let before = practice.judge();
    let answers = desk.file("answers.yaml", ANSWERS);
    let at = format!("restore_to={}", practice.text("/before_damage"));
    let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", "--set", &at];
    let more = ["--set", "target_prefix=rehearsal/", "--answers", &answers, "--as", "Sam"];
    let ran = desk.lifeboat.run(&[&args[..], &more].concat());
    let ran = ran.ended_with(0);
    assert_eq!(practice.judge(), before, "{}", ran.stdout);
    let beside = practice.listed("rehearsal/");
    assert_eq!(beside.len(), before.0 as usize, "{}", ran.stdout);
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
    let copy = desk.path().join("copy.db").to_str().unwrap().to_owned();
    let said = desk.lifeboat.run(&["backup", &copy]).ended_with(0).stdout;
    assert!(said.contains(&format!("intact: 1 runs, {entries} entries")), "{said}");
    desk.lifeboat.run(&["verify", &copy]).ended_with(0);
    let again = desk.lifeboat.run(&["backup", &copy]).ended_with(1);
    assert!(again.complaint().contains("Name another file"), "{}", again.complaint());
}

/// The bytes of every file in the data directory, as text.
fn everything_in(desk: &Desk) -> String {
    let files = fs::read_dir(desk.path()).unwrap().map(|entry| entry.unwrap().path());
    let bytes = files.filter(|path| path.is_file()).flat_map(|path| fs::read(path).unwrap());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}
