//! S3 Batch Operations over the SDK and the practice range: the port, and whole restores that are handed over.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Seek as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use action::port::{JobOrder, JobState, Pace, PortErrorKind, Ports, TaskResult};
use action::{
    Action, Context, Disk, Environment, Failure, Happening, Origin, Outcome, PlanSummary, Source, Verdict,
};
use async_trait::async_trait;
use aws::Options;
use futures::TryStreamExt as _;
use jiff::{Timestamp, ToSpan as _};
use range::control::BatchFaults;
use range::rds::{Lost, Refusal};
use range::{Conditions, Put, Range, RangeOptions, Versioning};

const BUCKET: &str = "veonics-photos";
const JOBS: &str = "veonics-jobs";

/// A range, ports on it, and what applications of a plan leave behind.
struct Bench {
    range: Range,
    environment: Environment,
    ports: Ports,
    origin: Origin,
    stop: AtomicBool,
    earlier: Mutex<Vec<u8>>,
    recorded: Mutex<Vec<String>>,
}

/// Looks again at once: jobs go on as they are looked at.
struct AtOnce;

#[async_trait]
impl Pace for AtOnce {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
    async fn pause(&self, _: &AtomicBool) {}
}

impl Disk for Bench {
    fn scratch(&self) -> io::Result<File> {
        tempfile::tempfile()
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        Ok(Box::new(BufReader::new(File::open(path)?)))
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        let left = self.earlier.lock().unwrap().clone();
        Ok((!left.is_empty()).then(|| Box::new(Cursor::new(left)) as Source))
    }
}

fn key(n: usize) -> String {
    format!("photos/ü+a b,\"{n:03}\"%2F.jpg")
}

impl Bench {
    async fn new() -> Self {
        let range = Range::start(RangeOptions::default()).unwrap();
        let environment = Environment::practice(range.endpoint());
        let options = Options { attempts: 1, ..Options::default() };
        let ports = aws::connect(&environment, &options).await.unwrap();
        let ports = Ports { pace: Arc::new(AtOnce), ..ports };
        let origin = Origin { run: "20261124-031402-9f3a".into(), mode: "exercise".into() };
        Self {
            range,
            environment,
            ports,
            origin,
            stop: AtomicBool::new(false),
            earlier: Mutex::default(),
            recorded: Mutex::default(),
        }
    }

    /// `n` photos an hour ago, each of which was deleted or overwritten half an hour ago; the moment between.
    fn damage(&self, n: usize) -> Timestamp {
        let at = |minutes: i64| Timestamp::now().checked_sub(minutes.minutes()).unwrap();
        let (good, bad) = (self.range.store().at(at(60)), self.range.store().at(at(30)));
        let put = |text: String| Put { bytes: text.into_bytes().into(), ..Put::default() };
        for i in 0..n {
            good.put(BUCKET, &key(i), put(format!("good {i}")), &Conditions::default()).unwrap();
            if i % 2 == 0 {
                bad.delete(BUCKET, &key(i), None, &Conditions::default()).unwrap();
            } else {
                bad.put(BUCKET, &key(i), put("bad".to_owned()), &Conditions::default()).unwrap();
            }
        }
        at(45)
    }

    fn action(&self, at: Timestamp, more: &[(&str, &str)]) -> Action {
        let at = at.to_string();
        let params = [("bucket", BUCKET), ("prefix", "photos/"), ("at", &at), ("by", "batch")];
        let params = params.into_iter().chain(more.iter().copied());
        let params: BTreeMap<_, _> =
            params.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Action::from_params("photos.restore", &params).unwrap()
    }

    fn cx(&self) -> Context<'_> {
        Context {
            ports: &self.ports,
            environment: &self.environment,
            origin: &self.origin,
            inventory: None,
            record: &|_| Ok(()),
            disk: self,
            now: Timestamp::now(),
            progress: &|_| {},
            stop: &self.stop,
        }
    }

    async fn plan(&self, action: &Action) -> Result<(PlanSummary, Vec<u8>), Failure> {
        let mut body = Vec::new();
        let summary = action.plan(&self.cx(), &mut body).await?;
        Ok((summary, body))
    }

    /// Applies a plan, as one that comes after those before.
    async fn apply(&self, action: &Action, plan: &[u8]) -> Result<Outcome, Failure> {
        let record = |happening: Happening| {
            self.recorded.lock().unwrap().push(happening.said);
            Ok(())
        };
        let cx = Context { record: &record, ..self.cx() };
        let mut evidence = Vec::new();
        let outcome = action.apply(&cx, Box::new(Cursor::new(plan.to_vec())), &mut evidence).await;
        self.earlier.lock().unwrap().extend(evidence);
        outcome
    }

    async fn verify(&self, action: &Action, plan: &[u8]) -> Outcome {
        let source = Box::new(Cursor::new(plan.to_vec()));
        action.verify(&self.cx(), source, &mut Vec::new()).await.unwrap()
    }

    fn back(&self, n: usize) -> usize {
        let text = |i: usize| {
            let version = self.range.store().get(BUCKET, &key(i), None).ok()?;
            String::from_utf8(version.object?.bytes.to_vec()).ok()
        };
        (0..n).filter(|i| text(*i) == Some(format!("good {i}"))).count()
    }

    fn evidence(&self) -> String {
        String::from_utf8(self.earlier.lock().unwrap().clone()).unwrap()
    }
}

fn manifest(rows: &str) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(rows.as_bytes()).unwrap();
    file
}

fn order(etag: &str) -> JobOrder {
    JobOrder {
        description: "lifeboat test.1".into(),
        token: "test.1".into(),
        bucket: JOBS.into(),
        manifest: "lifeboat/m.csv".into(),
        etag: etag.into(),
        report: "lifeboat/report".into(),
        target: BUCKET.into(),
        storage_class: "STANDARD_IA".into(),
        role: "arn:aws:iam::000000000000:role/practice-batch".into(),
        tags: [("lifeboat:run".to_owned(), "test".to_owned())].into(),
    }
}

/// The states that a job goes through as it is looked at, confirmed where it waits.
async fn watched(bench: &Bench, id: &str) -> Vec<JobState> {
    let mut states = Vec::new();
    loop {
        let job = bench.ports.batch.describe(id).await.unwrap().value;
        if states.last() != Some(&job.state) {
            states.push(job.state);
        }
        if job.state == JobState::Suspended {
            bench.ports.batch.confirm(id).await.unwrap();
        }
        if job.state.ended() {
            return states;
        }
    }
}

#[tokio::test]
async fn a_restore_is_handed_over_confirmed_carried_out_and_told_of() {
    let bench = Bench::new().await;
    let at = bench.damage(20);
    let action = bench.action(at, &[]);
    let (summary, plan) = bench.plan(&action).await.unwrap();
    assert!(summary.warnings[0].contains("without a condition"), "{summary:?}");
    let outcome = bench.apply(&action, &plan).await.unwrap();
    assert_eq!(outcome.headline, "20 of 20 photos were copied by S3 Batch Operations", "{outcome:?}");
    assert_eq!((outcome.verdict, bench.back(20)), (Verdict::Passed, 20));
    let evidence = bench.evidence();
    assert_eq!(evidence.matches(r#""op":"copy","result":"restored""#).count(), 20, "{evidence}");
    assert!(evidence.contains(&serde_json::to_string(&key(7)).unwrap()), "{evidence}");
    let job = &bench.range.control().jobs()[0];
    assert!(job.order.confirmation_required);
    assert_eq!(job.order.storage_class.as_deref(), Some("STANDARD"));
    assert_eq!(job.order.report_bucket, JOBS);
    let recorded = bench.recorded.lock().unwrap().join("\n");
    for state in ["made", "Preparing", "Suspended", "confirmed", "Active", "Completing", "Complete"] {
        assert!(recorded.contains(state), "{state}: {recorded}");
    }
    assert_eq!(bench.verify(&action, &plan).await.verdict, Verdict::Passed);
    let (summary, _) = bench.plan(&action).await.unwrap();
    assert!(summary.headline.starts_with("Nothing to do"), "{summary:?}");
}

/// Answers that get lost, and credentials that expire, at every request: one job, every photo, every line once.
#[tokio::test]
async fn whatever_is_lost_on_the_way_there_is_one_job() {
    for operation in ["CreateJob", "ListJobs", "DescribeJob", "UpdateJobStatus"] {
        for crash in [false, true] {
            let bench = Bench::new().await;
            let at = bench.damage(6);
            let action = bench.action(at, &[]);
            let (_, plan) = bench.plan(&action).await.unwrap();
            let lost = Lost { operation: operation.to_owned(), times: Some(1) };
            let refusal = Refusal {
                operation: operation.to_owned(),
                code: "ExpiredToken".to_owned(),
                status: 400,
                message: None,
                times: Some(1),
            };
            let (refuse, answer_lost) = if crash { (vec![refusal], vec![]) } else { (vec![], vec![lost]) };
            bench.range.control().set_faults(BatchFaults { refuse, answer_lost, ..BatchFaults::default() });
            if crash {
                let failure = bench.apply(&action, &plan).await.unwrap_err();
                assert!(matches!(failure, Failure::Paused(_)), "{operation}: {failure}");
            }
            let outcome = bench.apply(&action, &plan).await.unwrap();
            assert_eq!((outcome.verdict, bench.back(6)), (Verdict::Passed, 6), "{operation} {outcome:?}");
            assert_eq!(bench.range.control().jobs().len(), 1, "{operation}");
            assert_eq!(bench.evidence().matches(r#""op":"copy""#).count(), 6, "{operation}");
        }
    }
}

#[tokio::test]
async fn two_applications_at_once_make_one_job() {
    let bench = Bench::new().await;
    let at = bench.damage(6);
    let action = bench.action(at, &[]);
    let (_, plan) = bench.plan(&action).await.unwrap();
    let (one, two) = tokio::join!(bench.apply(&action, &plan), bench.apply(&action, &plan));
    assert_eq!((one.unwrap().verdict, two.unwrap().verdict), (Verdict::Passed, Verdict::Passed));
    assert_eq!(bench.range.control().jobs().len(), 1);
}

#[tokio::test]
async fn failed_tasks_are_named_and_fail_the_verdict() {
    let bench = Bench::new().await;
    let at = bench.damage(10);
    let action = bench.action(at, &[]);
    let (_, plan) = bench.plan(&action).await.unwrap();
    let failing_keys = [(key(4), "AccessDenied".to_owned())].into();
    bench.range.control().set_faults(BatchFaults { failing_keys, slow: 2, ..BatchFaults::default() });
    let outcome = bench.apply(&action, &plan).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.headline, "9 of 10 photos were copied by S3 Batch Operations, 1 failed");
    assert_eq!(outcome.examples[0].key, key(4));
    assert!(outcome.examples[0].becomes.contains("403 AccessDenied"), "{outcome:?}");
    assert_eq!(bench.verify(&action, &plan).await.verdict, Verdict::Failed);
}

#[tokio::test]
async fn a_job_that_fails_halfway_says_why_and_applying_again_makes_another() {
    let bench = Bench::new().await;
    let at = bench.damage(10);
    let action = bench.action(at, &[]);
    let (_, plan) = bench.plan(&action).await.unwrap();
    let jobs_fail = Some("the role may not write".to_owned());
    bench.range.control().set_faults(BatchFaults { jobs_fail, ..BatchFaults::default() });
    let outcome = bench.apply(&action, &plan).await.unwrap();
    assert_eq!(outcome.headline, "5 of 10 photos were copied by S3 Batch Operations, 5 not reached");
    assert!(outcome.notes[0].contains("failed: JobFailed: the role may not write"), "{outcome:?}");
    bench.range.control().set_faults(BatchFaults::default());
    assert_eq!(bench.apply(&action, &plan).await.unwrap().verdict, Verdict::Passed);
    assert_eq!((bench.range.control().jobs().len(), bench.back(10)), (2, 10));
}

#[tokio::test]
async fn a_live_photo_that_is_covered_stays_below_and_is_named() {
    let bench = Bench::new().await;
    let at = bench.damage(4);
    let action = bench.action(at, &[]);
    let (_, plan) = bench.plan(&action).await.unwrap();
    let live = Put { bytes: "live".into(), ..Put::default() };
    let live = bench.range.store().put(BUCKET, &key(2), live, &Conditions::default()).unwrap();
    assert_eq!(bench.apply(&action, &plan).await.unwrap().verdict, Verdict::Passed);
    let verified = bench.verify(&action, &plan).await;
    assert_eq!((verified.verdict, verified.examples[0].key.clone()), (Verdict::Failed, key(2)));
    assert!(verified.examples[0].now.contains("over what was written since"), "{verified:?}");
    assert!(bench.range.store().get(BUCKET, &key(2), Some(&live.id)).is_ok());
}

#[tokio::test]
async fn a_stopped_run_leaves_the_job_to_go_on_and_takes_it_up_again() {
    let bench = Bench::new().await;
    let at = bench.damage(4);
    let action = bench.action(at, &[]);
    let (_, plan) = bench.plan(&action).await.unwrap();
    bench.stop.store(true, Ordering::Relaxed);
    assert!(matches!(bench.apply(&action, &plan).await, Err(Failure::Stopped { .. })));
    bench.stop.store(false, Ordering::Relaxed);
    assert_eq!(bench.apply(&action, &plan).await.unwrap().verdict, Verdict::Passed);
}

#[tokio::test]
async fn an_environment_without_jobs_or_with_a_wrong_bucket_makes_no_plan() {
    let mut bench = Bench::new().await;
    let at = bench.damage(2);
    let action = bench.action(at, &[]);
    bench.environment.photos.as_mut().unwrap().batch.as_mut().unwrap().bucket = "not-there".to_owned();
    let Err(Failure::Port(error)) = bench.plan(&action).await else { panic!("it planned") };
    assert_eq!(error.kind, PortErrorKind::NotFound);
    assert!(error.next.contains("`photos.batch.bucket`"), "{error}");
    bench.environment.photos.as_mut().unwrap().batch = None;
    let failure = bench.plan(&action).await.unwrap_err().to_string();
    assert!(failure.contains("batch: { role: \"arn:aws:iam::000000000000:role/NAME\""), "{failure}");
}

#[tokio::test]
async fn a_manifest_that_is_another_by_now_fails_the_job() {
    let bench = Bench::new().await;
    let batch = &bench.ports.batch;
    let stored = batch.upload(JOBS, "lifeboat/m.csv", manifest("b,k,v\n")).await.unwrap();
    let id = batch.create(&order(&stored.etag)).await.unwrap().value;
    batch.upload(JOBS, "lifeboat/m.csv", manifest("b,other,v\n")).await.unwrap();
    assert_eq!(watched(&bench, &id).await, [JobState::Preparing, JobState::Failing, JobState::Failed]);
    let job = batch.describe(&id).await.unwrap().value;
    assert!(job.why.as_deref().unwrap().contains("ManifestETagMismatch"), "{job:?}");
    let tasks: Vec<TaskResult> =
        batch.report(JOBS, "lifeboat/report", &id).await.unwrap().try_collect().await.unwrap();
    assert!(tasks.is_empty());
}

#[tokio::test]
async fn a_token_is_one_job_and_another_order_with_it_is_refused() {
    let bench = Bench::new().await;
    let batch = &bench.ports.batch;
    let one = batch.create(&order("e")).await.unwrap().value;
    assert_eq!(batch.create(&order("e")).await.unwrap().value, one);
    let other = batch.create(&order("f")).await.unwrap_err();
    assert_eq!(other.kind, PortErrorKind::Exists, "{other}");
    let found = batch.find("lifeboat test.").await.unwrap();
    assert_eq!((found.len(), &found[0].id, found[0].state), (1, &one, JobState::New));
    assert!(batch.find("lifeboat other.").await.unwrap().is_empty());
    let early = batch.confirm(&one).await.unwrap_err();
    assert_eq!(early.kind, PortErrorKind::Busy, "{early}");
    batch.cancel(&one, "a test").await.unwrap();
    let job = batch.describe(&one).await.unwrap().value;
    assert_eq!((job.state, job.why.as_deref()), (JobState::Cancelled, Some("a test")));
    assert_eq!(batch.describe("nobody").await.unwrap_err().kind, PortErrorKind::NotFound);
}

#[tokio::test]
async fn what_s3_control_refuses_is_said_in_words_with_what_to_do() {
    let bench = Bench::new().await;
    let batch = &bench.ports.batch;
    let role = "arn:aws:iam::999999999999:role/x".to_owned();
    let refused = batch.create(&JobOrder { role, ..order("e") }).await.unwrap_err();
    assert!(refused.message.starts_with("S3 Batch Operations refuses the job: "), "{refused}");
    assert!(refused.next.contains("`photos.batch`"), "{refused}");
    let refusal = |code: &str, status| Refusal {
        operation: "*".to_owned(),
        code: code.to_owned(),
        status,
        message: None,
        times: None,
    };
    for (code, status, kind, says) in [
        ("AccessDenied", 403, PortErrorKind::Denied, "iam:PassRole"),
        ("InternalServiceException", 500, PortErrorKind::Unavailable, "the service failed"),
        ("ExpiredToken", 400, PortErrorKind::Credentials, "expired"),
    ] {
        let refuse = vec![refusal(code, status)];
        bench.range.control().set_faults(BatchFaults { refuse, ..BatchFaults::default() });
        let error = batch.create(&order("e")).await.unwrap_err();
        assert_eq!((error.kind, error.message.contains(says)), (kind, true), "{error}");
    }
}

/// A manifest of more than one part is stored whole, under the ETag that the job is given.
#[tokio::test]
async fn a_large_manifest_is_stored_in_parts_and_read_to_its_end() {
    let bench = Bench::new().await;
    bench.range.store().set_versioning(BUCKET, Versioning::Enabled).unwrap();
    let put = Put { bytes: "good".into(), ..Put::default() };
    let good = bench.range.store().put(BUCKET, "k", put, &Conditions::default()).unwrap();
    let mut file = tempfile::tempfile().unwrap();
    let row = format!("{BUCKET},{},{}\n", "x".repeat(1000), good.id);
    let rows = 9 * 1024 * 1024 / row.len();
    file.write_all(row.repeat(rows).as_bytes()).unwrap();
    writeln!(file, "{BUCKET},k,{}", good.id).unwrap();
    file.rewind().unwrap();
    let batch = &bench.ports.batch;
    let stored = batch.upload(JOBS, "lifeboat/m.csv", file).await.unwrap();
    assert!(stored.etag.ends_with("-2"), "{}", stored.etag);
    let id = batch.create(&order(&stored.etag)).await.unwrap().value;
    assert_eq!(watched(&bench, &id).await.last(), Some(&JobState::Complete));
    let report = batch.report(JOBS, "lifeboat/report", &id).await.unwrap();
    let tasks: Vec<TaskResult> = report.try_collect().await.unwrap();
    assert_eq!(tasks.len(), rows + 1);
    assert_eq!((&tasks[0].key[..], &tasks[0].failed), ("k", &None), "what succeeded comes first");
    assert_eq!(tasks[1].failed.as_deref().map(|why| why.starts_with("404 NoSuchVersion")), Some(true));
    assert_eq!(
        bench.range.store().get(BUCKET, "k", None).unwrap().object.unwrap().storage_class,
        "STANDARD_IA"
    );
}
