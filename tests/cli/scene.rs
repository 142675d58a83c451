//! A small practice range in this process, and a desk beside it.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use range::{Conditions, Put, Range, RangeOptions, Snapshot};
use run::State;

use super::{ANSWERS, Desk};
use crate::support::cli::Ran;

/// Keys of AWS that nothing may repeat.
const SECRETS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE12"),
    ("AWS_SECRET_ACCESS_KEY", "hush/hush+secret"),
    ("AWS_SESSION_TOKEN", "hush/hush+token"),
];

/// A small range with a photo that was deleted, and a desk whose `practice` it is.
pub(crate) struct Scene {
    pub(crate) desk: Desk,
    pub(crate) range: Range,
    pub(crate) answers: String,
    /// A moment before the deletion.
    pub(crate) good: Timestamp,
    pub(crate) before: Vec<Snapshot>,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::on(0)
    }

    pub(crate) fn on(port: u16) -> Self {
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
    pub(crate) fn environment(&self, name: &str, from: &str, to: &str) {
        let endpoint = self.range.endpoint();
        let text = format!(
            "environment: {name}\nregion: us-east-1\naccount: \"000000000000\"\ncredentials: {{ practice: true }}\n\
             endpoints: {{ s3: \"{endpoint}\", rds: \"{endpoint}\", sts: \"{endpoint}\", kms: \"{endpoint}\" }}\n\
             photos: {{ bucket: veonics-photos, prefix: photos/ }}\n"
        );
        assert!(text.contains(from));
        self.desk.file(&format!("environments/{name}.yaml"), &text.replace(from, to));
    }

    /// Changes the text of an environment.
    pub(crate) fn amend(&self, name: &str, from: &str, to: &str) {
        let file = format!("environments/{name}.yaml");
        let text = fs::read_to_string(self.desk.path().join(&file)).unwrap();
        self.desk.file(&file, &text.replace(from, to));
    }

    /// With keys in its environment that nothing may repeat.
    pub(crate) fn with_secrets(mut self) -> Self {
        for (name, value) in SECRETS {
            self.desk.lifeboat = self.desk.lifeboat.env(name, value);
        }
        self
    }

    pub(crate) fn run(&self, environment: &str, at: Timestamp) -> Ran {
        let at = format!("restore_to={at}");
        let args = ["run", "restore-badge-photos", "--mode", "exercise", "--env", environment, "--set", &at];
        self.desk.lifeboat.run(&[&args[..], &["--answers", &self.answers, "--as", "Sam"]].concat())
    }

    pub(crate) fn resume(&self) -> Ran {
        let run = self.desk.only_run().to_string();
        self.desk.lifeboat.run(&["resume", &run, "--answers", &self.answers, "--as", "Sam"])
    }

    /// The run failed at the step `title`, says `words`, stands there, and nothing was done to a photo.
    #[track_caller]
    pub(crate) fn failed_at(&self, ran: Ran, title: &str, words: &[&str]) {
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
    pub(crate) fn goes_on(&self) {
        let ran = self.resume().ended_with(0);
        assert_eq!(ran.stderr, "");
        assert_eq!(self.range.store().snapshot().len(), self.before.len() + 1);
    }

    /// As [`Scene::goes_on`], for a run that may have been doing something when it stopped.
    pub(crate) fn goes_on_from_doubt(&self) {
        let again =
            ANSWERS.replace("{ approve: true, by: Dana }", "{ approve: true, by: Dana, again: true }");
        let answers = self.desk.file("again.yaml", &again);
        let run = self.desk.only_run().to_string();
        self.desk.lifeboat.run(&["resume", &run, "--answers", &answers, "--as", "Sam"]).ended_with(0);
    }
}
