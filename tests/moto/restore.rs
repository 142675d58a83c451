//! The photo runbook by the command line on moto, judged by boto3.
//!
//! moto heeds no condition on a copy (`If-Match`, `If-None-Match`) and no expected bucket owner, and keeps keys as they
//! are where `encoding-type=url` was asked for: what those are for is tested on the practice range.

use serde_json::{Value, json};

use crate::cli::{ANSWERS, Desk};
use crate::support::moto::{ACCOUNT, CREDENTIALS, Moto};

const HISTORY: &str = include_str!("history.py");
const JUDGE: &str = include_str!("judge.py");
const BUCKET: &str = "veonics-photos";

/// What boto3 finds: the last line is the counts, those before say what is wrong.
fn judge(moto: &Moto, was: &str) -> (Value, String) {
    let said = moto.python(JUDGE, &[BUCKET, was]);
    let (wrong, counts) = said.trim_end().rsplit_once('\n').unwrap();
    (serde_json::from_str(counts).unwrap(), wrong.to_owned())
}

#[test]
fn boto3_reads_every_photo_as_it_was() {
    let moto = Moto::start();
    let mut desk = Desk::new();
    let was = desk.path().join("was.json").to_str().unwrap().to_owned();
    let at = moto.python(HISTORY, &[BUCKET, &was]).trim_end().to_owned();
    let (damaged, _) = judge(&moto, &was);
    assert!(damaged["wrong"].as_u64().unwrap() > 150, "{damaged}");

    let endpoint = moto.endpoint();
    let environment = format!(
        "environment: moto\nregion: us-east-1\naccount: \"{ACCOUNT}\"\ncredentials: {{ environment: true }}\n\
         endpoints: {{ s3: \"{endpoint}\", sts: \"{endpoint}\", rds: \"{endpoint}\", kms: \"{endpoint}\" }}\n\
         photos: {{ bucket: {BUCKET}, prefix: photos/ }}\n"
    );
    desk.file("environments/moto.yaml", &environment);
    for (name, value) in CREDENTIALS {
        desk.lifeboat = desk.lifeboat.env(name, value);
    }
    let answers = desk.file("answers.yaml", ANSWERS);
    let at = format!("restore_to={at}");
    let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "moto", "--set", &at];
    let ran = desk.lifeboat.run(&[&args[..], &["--answers", &answers, "--as", "Sam"]].concat());
    let (counts, wrong) = judge(&moto, &was);
    assert_eq!(ran.code, 0, "{wrong}\n{}\n{}", ran.stdout, ran.stderr);
    assert_eq!(counts["wrong"], json!(0), "{wrong}\n{}", ran.stdout);
    assert!(damaged["wrong"] == counts["restored"], "{counts}");
    desk.lifeboat.run(&["verify"]).ended_with(0);
}
