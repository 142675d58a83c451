//! What a step finds out: one message, the run stays, and goes on when it is put right.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::thread;

use jiff::Timestamp;
use range::{Conditions, Put, Range, RangeOptions, Snapshot, Versioning};
use run::State;

use super::{ANSWERS, Desk};
use crate::support::cli::Ran;
use crate::support::process::free_port;

/// A small range with a photo that was deleted, and a desk whose `practice` it is.
struct Scene {
    desk: Desk,
    range: Range,
    answers: String,
    /// A moment before the deletion.
    good: Timestamp,
    before: Vec<Snapshot>,
}

impl Scene {
    fn new() -> Self {
        Self::on(0)
    }

    fn on(port: u16) -> Self {
        let start = Timestamp::now().as_second() - 3_600;
        let clock = Arc::new(AtomicI64::new(start));
        let ticking = Arc::clone(&clock);
        let time = Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap());
        let range = Range::start(RangeOptions { port, clock: time, ..RangeOptions::default() }).unwrap();
        let (store, bucket) = (range.store(), range.ready().bucket.as_str());
        for key in ["photos/a.jpg", "photos/b.jpg"] {
            let put = Put { bytes: key.as_bytes().to_vec().into(), ..Put::default() };
            store.put(bucket, key, put, &Conditions::default()).unwrap();
        }
        clock.store(start + 1_800, Ordering::Relaxed);
        store.delete(bucket, "photos/a.jpg", None, &Conditions::default()).unwrap();
        clock.store(start + 3_600, Ordering::Relaxed);
        let desk = Desk::new();
        desk.file("range.json", &serde_json::to_string(range.ready()).unwrap());
        let answers = desk.file("answers.yaml", ANSWERS);
        let before = store.snapshot();
        Self { desk, range, answers, good: Timestamp::from_second(start + 900).unwrap(), before }
    }

    /// An environment like `practice`, its text changed.
    fn environment(&self, name: &str, from: &str, to: &str) {
        let endpoint = self.range.endpoint();
        let text = format!(
            "environment: {name}\nregion: us-east-1\naccount: \"000000000000\"\ncredentials: {{ practice: true }}\n\
             endpoints: {{ s3: \"{endpoint}\", sts: \"{endpoint}\" }}\n\
             photos: {{ bucket: veonics-photos, prefix: photos/ }}\n"
        );
        assert!(text.contains(from));
        self.desk.file(&format!("environments/{name}.yaml"), &text.replace(from, to));
    }

    /// Changes the text of an environment.
    fn amend(&self, name: &str, from: &str, to: &str) {
        let file = format!("environments/{name}.yaml");
        let text = fs::read_to_string(self.desk.path().join(&file)).unwrap();
        self.desk.file(&file, &text.replace(from, to));
    }

    /// With keys in its environment that nothing may repeat.
    fn with_secrets(mut self) -> Self {
        for (name, value) in SECRETS {
            self.desk.lifeboat = self.desk.lifeboat.env(name, value);
        }
        self
    }

    fn run(&self, environment: &str, at: Timestamp) -> Ran {
        let at = format!("restore_to={at}");
        let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", environment, "--set", &at];
        self.desk.lifeboat.run(&[&args[..], &["--answers", &self.answers, "--as", "Sam"]].concat())
    }

    fn resume(&self) -> Ran {
        let run = self.desk.only_run().to_string();
        self.desk.lifeboat.run(&["resume", &run, "--answers", &self.answers, "--as", "Sam"])
    }

    /// The run failed at the step `title`, says `words`, stands there, and nothing was done to a photo.
    #[track_caller]
    fn failed_at(&self, ran: Ran, title: &str, words: &[&str]) {
        let ran = ran.ended_with(1);
        let said = ran.complaint();
        assert!(said.starts_with(&format!("\"{title}\" failed: ")), "{said}");
        assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
        assert_eq!(said.lines().count(), 1, "{said}");
        let run = self.desk.run();
        assert_eq!((run.state(), &run.current().unwrap().title[..]), (&State::Active, title));
        assert!(ran.stdout.contains(&format!("Go on with: lifeboat resume {}", run.id())), "{}", ran.stdout);
        assert_eq!(self.range.store().snapshot(), self.before);
        self.desk.lifeboat.run(&["verify"]).ended_with(0);
    }

    /// It was put right: the run goes on to its end, and the photo is back.
    #[track_caller]
    fn goes_on(&self) {
        let ran = self.resume().ended_with(0);
        assert_eq!(ran.stderr, "");
        assert_eq!(self.range.store().snapshot().len(), self.before.len() + 1);
    }
}

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

const SECRETS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE12"),
    ("AWS_SECRET_ACCESS_KEY", "hush/hush+secret"),
    ("AWS_SESSION_TOKEN", "hush/hush+token"),
];

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
            assert!(!said.contains("Go on with"), "{said}");
            scene.run("practice", scene.good).ended_with(0);
        } else {
            begun += 1;
            let run = scene.desk.only_run();
            assert!(said.ends_with(&format!("Go on with: lifeboat resume {run}")), "{said}");
            scene.desk.lifeboat.run(&["verify"]).ended_with(0);
            scene.goes_on_from_doubt();
        }
        scene.desk.lifeboat.run(&["verify"]).ended_with(0);
        assert_eq!(scene.range.store().snapshot().len(), scene.before.len() + 1);
    }
    assert!(begun > 4, "{begun}");
}

impl Scene {
    /// As [`Scene::goes_on`], for a run that may have been doing something when it stopped.
    fn goes_on_from_doubt(&self) {
        let again =
            ANSWERS.replace("{ approve: true, by: Dana }", "{ approve: true, by: Dana, again: true }");
        let answers = self.desk.file("again.yaml", &again);
        let run = self.desk.only_run().to_string();
        self.desk.lifeboat.run(&["resume", &run, "--answers", &answers, "--as", "Sam"]).ended_with(0);
    }
}
