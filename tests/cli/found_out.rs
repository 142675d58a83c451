//! What a step finds out: one message, the run stays, and goes on when it is put right.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use range::Versioning;

use super::scene::Scene;
use crate::support::process::free_port;

const PREFLIGHT: &str = "Check the way in";
const SURVEY: &str = "Survey the loss";

#[test]
fn credentials_of_another_account() {
    let scene = Scene::new();
    scene.environment("other", "000000000000", "123456789012");
    let words = [
        "these credentials belong to account 000000000000 (arn:",
        "the environment other is account 123456789012; nothing else was asked or done",
        "Log in to the right account, or correct `account:` in the environment",
    ];
    scene.failed_at(scene.run("other", scene.good), PREFLIGHT, &words);
    scene.failed_at(scene.resume(), PREFLIGHT, &words);
}

#[test]
fn an_endpoint_that_cannot_be_reached() {
    let mut scene = Scene::new();
    let (there, port) = (scene.range.endpoint().to_owned(), free_port());
    let nowhere = format!("http://127.0.0.1:{port}");
    scene.environment("gone", &there, &nowhere);
    let words =
        [&format!("the practice range is not running at {nowhere}")[..], "`lifeboat range`, then try again"];
    scene.failed_at(scene.run("gone", scene.good), PREFLIGHT, &words);
    let back = Scene::on(port);
    (scene.range, scene.before) = (back.range, back.before);
    scene.goes_on();
}

#[test]
fn an_endpoint_that_cannot_be_reached_with_keys_of_ones_own() {
    let scene = Scene::new().with_secrets();
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    scene.environment("gone", "practice: true", "environment: true");
    scene.amend("gone", scene.range.endpoint(), &nowhere);
    let words =
        [&format!("nothing listens at {nowhere}")[..], "Check `endpoints.sts` in the environment file"];
    scene.failed_at(scene.run("gone", scene.good), PREFLIGHT, &words);
}

/// Answers every request as AWS does when the credentials have expired.
fn expired() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let mut length = 0;
            let mut line = String::new();
            while stream.read_line(&mut line).unwrap_or_default() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let _ = std::io::copy(&mut std::io::Read::take(&mut stream, length), &mut std::io::sink());
            let body = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
                        <Code>ExpiredToken</Code><Message>The security token included in the request is expired\
                        </Message></Error><RequestId>1f2e</RequestId></ErrorResponse>";
            let head = "HTTP/1.1 403 Forbidden\r\nx-amzn-RequestId: 1f2e\r\nContent-Type: text/xml\r\nConnection: close\r\n";
            let _ = write!(stream.get_mut(), "{head}Content-Length: {}\r\n\r\n{body}", body.len());
        }
    });
    endpoint
}

#[test]
fn credentials_that_have_expired() {
    let scene = Scene::new().with_secrets();
    scene.environment("late", "practice: true", "environment: true");
    scene.amend("late", scene.range.endpoint(), &expired());
    let words = ["the credentials have expired (request 1f2e)", "Set fresh AWS_ACCESS_KEY_ID"];
    let ran = scene.run("late", scene.good);
    let told = format!("{}{}", ran.stdout, ran.stderr);
    scene.failed_at(ran, PREFLIGHT, &words);
    let journal = fs::read(scene.desk.journal()).unwrap();
    let written = String::from_utf8_lossy(&journal);
    assert!(!told.contains("hush") && !written.contains("hush"), "{told}");
}

#[test]
fn no_credentials_at_all() {
    for (credentials, words) in [
        ("environment: true", ["AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", "set them"]),
        (
            "profile: nobody",
            ["profile nobody is not in the AWS configuration", "aws configure sso --profile nobody"],
        ),
    ] {
        let mut scene = Scene::new();
        scene.environment("bare", "practice: true", credentials);
        for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
            scene.desk.lifeboat = scene.desk.lifeboat.env(name, "/dev/null");
        }
        scene.failed_at(scene.run("bare", scene.good), PREFLIGHT, &words);
    }
}

#[test]
fn a_bucket_without_versions() {
    let scene = Scene::new();
    let bucket = scene.range.ready().bucket.clone();
    scene.range.store().set_versioning(&bucket, Versioning::Never).unwrap();
    let words = [
        "Bucket veonics-photos has never kept old versions: what is deleted or overwritten is gone",
        "Look for another copy: the replica bucket, or a recovery point of AWS Backup",
    ];
    scene.failed_at(scene.run("practice", scene.good), PREFLIGHT, &words);
    scene.range.store().set_versioning(&bucket, Versioning::Enabled).unwrap();
    scene.goes_on();
}

#[test]
fn a_moment_that_cannot_be_gone_back_to() {
    for (hours, words) in [
        (24, ["is in the future: it is ", "Start another run with the last moment"]),
        (
            -24,
            [
                "is before the oldest version in photos/ in bucket veonics-photos, of ",
                "Start another run with a later moment",
            ],
        ),
    ] {
        let scene = Scene::new();
        let at = scene.good.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap();
        scene.failed_at(scene.run("practice", at), SURVEY, &words);
        scene.failed_at(scene.resume(), SURVEY, &words);
    }
}

#[test]
fn a_full_disk_under_the_journal() {
    // From no room for a journal to some for all but the last entries.
    let mut begun = 0;
    for kilobytes in [0, 4, 16, 40, 64, 100, 140, 180, 260, 340] {
        let scene = Scene::new();
        let small = scene.desk.lifeboat.on_full_disk(kilobytes);
        let at = format!("restore_to={}", scene.good);
        let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", "--set", &at];
        let ran =
            small.run(&[&args[..], &["--answers", &scene.answers, "--as", "Sam"]].concat()).ended_with(1);
        let said = ran.complaint();
        assert!(
            said.contains("journal.db can't be written: disk I/O error. Look whether the disk is full"),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
        if ran.stdout.is_empty() {
            scene.desk.lifeboat.run(&["runs"]).ended_with(0);
            assert!(!said.contains("To go on"), "{said}");
            scene.run("practice", scene.good).ended_with(0);
        } else {
            begun += 1;
            let run = scene.desk.only_run();
            assert!(said.ends_with(&format!("To go on: lifeboat resume {run}")), "{said}");
            scene.desk.lifeboat.run(&["verify"]).ended_with(0);
            scene.goes_on_from_doubt();
        }
        scene.desk.lifeboat.run(&["verify"]).ended_with(0);
        assert_eq!(scene.range.store().snapshot().len(), scene.before.len() + 1);
    }
    assert!(begun > 4, "{begun}");
}
