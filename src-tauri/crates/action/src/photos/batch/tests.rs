//! Restores by S3 Batch Operations: each thing that may go wrong on the way, and what the operator is told.

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

use super::fake::FakeBatch;
use crate::Ports;
use crate::photos::fake::World;
use crate::photos::{By, Extra, Target, Ties};
use crate::plan::{Context, Failure, Outcome, PlanSummary, Verdict};
use crate::port::{JobState, PortErrorKind, Versioning};

/// A damaged bucket, with S3 Batch Operations beside it.
struct Bench {
    world: World,
    batch: Arc<FakeBatch>,
    before: i64,
    recorded: Mutex<Vec<String>>,
}

impl Bench {
    /// Twelve photos, eight of them deleted or overwritten, and one new.
    fn new() -> Self {
        let mut world = World::new();
        let batch = FakeBatch::new(world.fake.clone());
        world.ports = Ports { batch: batch.clone(), pace: batch.clone(), ..world.ports };
        let fake = &world.fake;
        (0..12).for_each(|i| drop(fake.put(&key(i), format!("good {i}").as_bytes())));
        let before = fake.now();
        fake.pass(100);
        (0..4).for_each(|i| drop(fake.delete(&key(i))));
        (4..8).for_each(|i| drop(fake.put(&key(i), b"encrypted")));
        fake.put("new", b"new");
        fake.pass(100);
        Self { world, batch, before, recorded: Mutex::default() }
    }

    fn target(&self, by: By) -> Target {
        Target { by, ..self.world.target(self.before, Extra::Leave, Ties::Leave) }
    }

    async fn plan(&self, target: &Target) -> (PlanSummary, String) {
        self.world.plan(target).await.unwrap()
    }

    /// Applies a plan; what it writes comes behind what earlier applications wrote.
    async fn apply(&self, plan: &str) -> Result<Outcome, Failure> {
        let mut evidence = Vec::new();
        let source = Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()));
        let record = |happening: crate::plan::Happening| {
            self.recorded.lock().unwrap().push(happening.said);
            Ok(())
        };
        let cx = Context { stop: &self.batch.stop, record: &record, ..self.world.cx() };
        let outcome = crate::photos::apply(source, &cx, &mut evidence).await;
        let mut earlier = self.world.disk.earlier.lock().unwrap();
        earlier.get_or_insert_default().extend(evidence);
        outcome
    }

    fn evidence(&self) -> String {
        let earlier = self.world.disk.earlier.lock().unwrap().clone().unwrap_or_default();
        String::from_utf8(earlier).unwrap()
    }

    fn restored(&self) -> usize {
        let good = |i: &usize| self.world.fake.read(&key(*i)) == Some(format!("good {i}").into_bytes());
        (0..12).filter(good).count()
    }
}

/// Keys with something that must be encoded.
fn key(i: usize) -> String {
    format!("photos/a+b, {i:02}%.jpg")
}

fn refused(failure: Result<Outcome, Failure>) -> String {
    match failure {
        Err(Failure::Refused { why, next }) => format!("{why}. {next}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_job_copies_what_was_approved_and_the_evidence_names_each() {
    let bench = Bench::new();
    let (summary, plan) = bench.plan(&bench.target(By::Batch)).await;
    assert_eq!(summary.headline, "8 photos come back");
    assert!(summary.warnings[0].contains("without a condition"), "{summary:?}");
    assert!(
        !summary.notes.iter().any(|note| note.contains("written after this plan is left alone")),
        "{summary:?}"
    );
    assert!(
        summary.notes.iter().any(|note| note.contains("s3://veonics-jobs/lifeboat/run-1.")),
        "{summary:?}"
    );
    let outcome = bench.apply(&plan).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert_eq!(outcome.headline, "8 of 8 photos were copied by S3 Batch Operations");
    assert_eq!((&outcome.outputs["restored"][..], &outcome.outputs["bytes"][..]), ("8", "48"));
    assert_eq!(bench.restored(), 12);
    let evidence = bench.evidence();
    let copies = |line: &&str| line.contains(r#""op":"copy","result":"restored","attempt":1,"job":"job-0""#);
    assert_eq!(evidence.lines().filter(copies).count(), 8, "{evidence}");
    let recorded = bench.recorded.lock().unwrap().join("\n");
    for said in [
        "job job-0 of 8 photos made",
        "is Suspended",
        "confirmed by the approval",
        "is Active",
        "is Complete",
    ] {
        assert!(recorded.contains(said), "{said}: {recorded}");
    }
    let verified = bench.world.verify_plan(&plan).await;
    assert_eq!((verified.verdict, &verified.headline[..]), (Verdict::Passed, "8 of 8 photos are back"));
}

#[tokio::test]
async fn only_more_copies_than_the_threshold_are_handed_over() {
    let bench = Bench::new();
    for (by, over, handed) in
        [(By::Auto, 8, false), (By::Auto, 7, true), (By::Laptop, 0, false), (By::Batch, 1000, true)]
    {
        let (_, plan) = bench.plan(&Target { batch_over: over, ..bench.target(by) }).await;
        assert_eq!(plan.contains(r#""batch":{"#), handed, "{by:?} {over}");
        assert_eq!(plan.lines().count(), 10, "{plan}");
    }
}

#[tokio::test]
async fn what_a_job_cant_copy_is_left_to_the_laptop_and_done_after_it() {
    let bench = Bench::new();
    for i in [0, 5] {
        bench.world.fake.state().keys.get_mut(&key(i)).unwrap().last_mut().unwrap().id = "null".to_owned();
    }
    bench.world.fake.state().keys.get_mut(&key(6)).unwrap().last_mut().unwrap().class =
        "STANDARD_IA".to_owned();
    let target = Target { extra: Extra::Delete, ..bench.target(By::Batch) };
    let (summary, plan) = bench.plan(&target).await;
    let note = "3 photos stay this laptop's, once the jobs are done: 1 to be hidden and 2 without a version id of its own.";
    assert!(summary.notes.iter().any(|said| said == note), "{:?}", summary.notes);
    assert!(
        summary.notes.iter().any(|said| said.contains("in 2 jobs, one for each storage class")),
        "{summary:?}"
    );
    let outcome = bench.apply(&plan).await.unwrap();
    assert_eq!(
        outcome.headline,
        "6 of 6 photos were copied by S3 Batch Operations; by this laptop: 2 of 2 photos are back, 1 of 1 new one is \
         hidden"
    );
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert_eq!((&outcome.outputs["restored"][..], &outcome.outputs["hidden"][..]), ("8", "1"));
    assert_eq!((bench.restored(), bench.world.fake.read("new")), (12, None));
    assert_eq!(bench.world.fake.state().keys[&key(6)][0].class, "STANDARD_IA");
    assert_eq!(bench.world.verify_plan(&plan).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn jobs_are_refused_where_they_would_lose_something_or_arent_set_up() {
    let why =
        |failure: Result<(PlanSummary, String), Failure>| refused(failure.map(|(_, plan)| panic!("{plan}")));
    let bench = Bench::new();
    bench.world.fake.state().versioning = Versioning::Suspended;
    let said = why(bench.world.plan(&bench.target(By::Batch)).await);
    assert!(said.contains("versioning is not on"), "{said}");
    let (_, plan) = bench.plan(&Target { batch_over: 0, ..bench.target(By::Auto) }).await;
    assert!(!plan.contains(r#""batch":{"#), "{plan}");
    assert!(plan.contains("and yet this laptop does it: versioning is not on"), "{plan}");

    let mut bench = Bench::new();
    let elsewhere = Target { target_prefix: Some("x/".to_owned()), ..bench.target(By::Batch) };
    assert!(why(bench.world.plan(&elsewhere).await).contains("another prefix"));
    bench.world.environment.photos.as_mut().unwrap().batch = None;
    let said = why(bench.world.plan(&bench.target(By::Batch)).await);
    assert!(said.contains("batch: { role: \"arn:aws:iam::000000000000:role/NAME\""), "{said}");
    let (summary, _) = bench.plan(&Target { batch_over: 7, ..bench.target(By::Auto) }).await;
    let said =
        "There are more than 7 photos to copy, and this laptop does it: environment practice doesn't say";
    assert!(summary.notes.iter().any(|note| note.starts_with(said)), "{summary:?}");
}

#[tokio::test]
async fn failed_tasks_fail_the_verdict_and_are_named() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    bench.batch.state().bad.insert(key(3));
    let outcome = bench.apply(&plan).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.headline, "7 of 8 photos were copied by S3 Batch Operations, 1 failed");
    assert_eq!(outcome.examples[0].key, key(3));
    assert_eq!(outcome.examples[0].becomes, "failed: 403 AccessDenied: Access Denied");
    assert_eq!(outcome.outputs["failed"], "1");
    let again = bench.apply(&plan).await.unwrap();
    assert_eq!((again.headline, bench.batch.state().jobs.len()), (outcome.headline, 1));
    let copies = bench.evidence().lines().filter(|line| line.contains(r#""op":"copy""#)).count();
    assert_eq!(copies, 8, "the report is in the evidence once");
    let open = |text: String| Box::new(std::io::Cursor::new(text.into_bytes())) as crate::plan::Source;
    let mut table = Vec::new();
    crate::photos::manifest::csv(open(plan), &|| Ok(open(bench.evidence())), &mut table).unwrap();
    let table = String::from_utf8(table).unwrap();
    assert_eq!(table.lines().filter(|row| row.contains(",copy,restored,")).count(), 7, "{table}");
    assert_eq!(table.lines().filter(|row| row.contains("403 AccessDenied")).count(), 1, "{table}");
}

/// Whatever breaks off, wherever: applying again goes on, and no second job is made.
#[tokio::test]
async fn a_crash_anywhere_makes_no_second_job() {
    for operation in ["find", "upload", "create", "describe", "confirm", "report"] {
        for (nth, lost) in [(0, false), (1, false), (2, false), (0, true), (1, true)] {
            let bench = Bench::new();
            let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
            // Credentials that expire end the application, however far it is.
            for _ in 0..nth {
                let kind = PortErrorKind::Credentials;
                bench.batch.state().fails.push((operation, kind));
                let failure = bench.apply(&plan).await.unwrap_err();
                assert!(matches!(failure, Failure::Paused(_)), "{failure}");
            }
            if lost {
                bench.batch.state().lost.push(operation);
            }
            let outcome = bench.apply(&plan).await.unwrap();
            assert_eq!(outcome.verdict, Verdict::Passed, "{operation} {nth} {outcome:?}");
            assert_eq!((bench.batch.state().jobs.len(), bench.restored()), (1, 12), "{operation} {nth}");
            assert_eq!(bench.world.fake.state().keys[&key(0)].len(), 3, "copied once");
            let evidence = bench.evidence();
            assert_eq!(evidence.lines().filter(|l| l.contains(r#""op":"copy""#)).count(), 8, "{evidence}");
        }
    }
}

/// Two applications at once: the second looks for jobs before the first has made one, and is slower to make its own.
#[tokio::test]
async fn a_job_that_another_application_made_meanwhile_is_taken_up() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    bench.apply(&plan).await.unwrap();
    *bench.world.disk.earlier.lock().unwrap() = None;
    bench.batch.state().early = 1;
    assert_eq!(bench.apply(&plan).await.unwrap().verdict, Verdict::Passed);
    assert_eq!(bench.batch.state().jobs.len(), 1);
    assert!(bench.evidence().contains(r#""result":"found""#), "{}", bench.evidence());
}

#[tokio::test]
async fn a_stop_says_what_goes_on_and_how_to_end_it() {
    for (state, says) in [
        (JobState::Suspended, "job job-0 waits unless confirmed, copying nothing, at AWS"),
        (JobState::Active, "job job-0 goes on at AWS, which this does not end"),
    ] {
        let bench = Bench::new();
        let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
        bench.batch.state().stop_at = Some(state);
        let Err(Failure::Stopped { left }) = bench.apply(&plan).await else { panic!("it did not stop") };
        assert!(left.contains(says), "{left}");
        assert!(left.contains("--job-id job-0 --requested-job-status Cancelled"), "{left}");
        bench.batch.stop.store(false, Ordering::Relaxed);
        bench.batch.state().stop_at = None;
        assert_eq!(bench.apply(&plan).await.unwrap().verdict, Verdict::Passed);
        assert_eq!(bench.batch.state().jobs.len(), 1);
    }
}

#[tokio::test]
async fn a_job_that_is_not_what_was_approved_is_ended_unconfirmed() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    bench.batch.state().more = 1;
    let said = refused(bench.apply(&plan).await);
    assert!(said.contains("it has 9 tasks, and the plan 8"), "{said}");
    let state = bench.batch.state();
    assert_eq!(state.jobs[0].state, JobState::Cancelled);
    assert!(!state.asked.iter().any(|asked| asked == "confirm"));
}

#[tokio::test]
async fn a_job_that_failed_is_told_of_before_another_is_made() {
    for (end, says) in
        [(JobState::Failed, "Job job-0 failed: role"), (JobState::Cancelled, "Somebody ended job job-0")]
    {
        let bench = Bench::new();
        let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
        bench.batch.state().ends = Some((end, "role can't be assumed"));
        let outcome = bench.apply(&plan).await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Failed);
        assert_eq!(outcome.headline, "0 of 8 photos were copied by S3 Batch Operations, 8 not reached");
        assert!(outcome.notes[0].starts_with(says), "{outcome:?}");
        bench.batch.state().ends = None;
        assert_eq!(bench.apply(&plan).await.unwrap().verdict, Verdict::Passed);
        assert_eq!((bench.batch.state().jobs.len(), bench.restored()), (2, 12));
    }
}

/// A job that ended while nobody looked is reported, not silently replaced.
#[tokio::test]
async fn a_job_that_somebody_ended_while_the_app_was_away_is_not_made_again_unasked() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    bench.batch.state().fails.push(("describe", PortErrorKind::Credentials));
    assert!(matches!(bench.apply(&plan).await, Err(Failure::Paused(_))));
    bench.batch.state().jobs[0].state = JobState::Cancelled;
    let outcome = bench.apply(&plan).await.unwrap();
    assert!(outcome.notes[0].starts_with("Somebody ended job job-0"), "{outcome:?}");
    assert_eq!(bench.batch.state().jobs.len(), 1);
}

#[tokio::test]
async fn what_was_written_since_and_covered_is_named_by_verification() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    bench.world.fake.pass(10);
    bench.world.fake.put(&key(1), b"a live photo");
    bench.world.fake.pass(10);
    assert_eq!(bench.apply(&plan).await.unwrap().verdict, Verdict::Passed);
    let verified = bench.world.verify_plan(&plan).await;
    assert_eq!((verified.verdict, &verified.headline[..]), (Verdict::Failed, "8 of 8 photos are back"));
    assert_eq!(verified.examples[0].key, key(1));
    assert!(verified.notes[0].contains("1 key is as planned, but over something"), "{verified:?}");
    let kept = bench.world.fake.state().keys[&key(1)][1].content.clone();
    assert_eq!(kept.as_deref(), Some(&b"a live photo"[..]), "nothing is lost");
}

#[tokio::test]
async fn a_plan_that_disagrees_with_its_header_is_refused_before_anything_is_asked() {
    let bench = Bench::new();
    let (_, plan) = bench.plan(&bench.target(By::Batch)).await;
    let cut: String =
        plan.lines().filter(|line| !line.contains("02%.jpg\",\"op\"")).map(|l| format!("{l}\n")).collect();
    assert!(matches!(bench.apply(&cut).await, Err(Failure::Plan { .. })));
    assert!(bench.batch.state().jobs.is_empty());
}
