//! The photo actions on a bucket in memory: each thing that may go wrong, and random histories.

use std::sync::atomic::Ordering;

use super::fake::World;
use super::{Depth, Extra, Ties};
use crate::plan::{Failure, Verdict};
use crate::port::{ExpiryRule, PortErrorKind, Versioning};

mod histories;

/// A bucket in which `n` photos were deleted, `m` overwritten and one added, with the moment before.
fn damaged(n: usize, m: usize) -> (World, i64) {
    let world = World::new();
    let fake = &world.fake;
    for i in 0..n + m + 1 {
        fake.put(&format!("k{i:04}"), format!("good {i}").as_bytes());
    }
    let before = fake.now();
    fake.pass(100);
    (0..n).for_each(|i| drop(fake.delete(&format!("k{i:04}"))));
    (n..n + m).for_each(|i| drop(fake.put(&format!("k{i:04}"), b"encrypted")));
    fake.put("new", b"new");
    fake.pass(100);
    (world, before)
}

fn refused(failure: Failure) -> String {
    match failure {
        Failure::Refused { why, next } => {
            assert!(next.ends_with('.') && !why.ends_with('.'), "{why}. {next}");
            why
        }
        other => panic!("{other}"),
    }
}

#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let world = World::new();
    let target = world.target(0, Extra::Leave, Ties::Leave);
    let cx = world.cx();
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    is_send(&super::plan(&target, &cx, &mut a));
    is_send(&super::survey(&target, &cx, &mut b));
    is_send(&super::apply(Box::new(std::io::empty()), &cx, &mut c));
    is_send(&super::verify_plan(Box::new(std::io::empty()), &cx, &mut Vec::new()));
}

#[tokio::test]
async fn a_mass_deletion_is_undone() {
    let (world, before) = damaged(3, 2);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let survey = world.survey(&target).await.unwrap();
    assert_eq!(
        survey.headline,
        "3 photos deleted and 2 overwritten since 1970-01-12 13:46:40 UTC, 1 untouched"
    );
    assert_eq!((&survey.outputs["deleted"][..], &survey.outputs["new"][..]), ("3", "1"));
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "5 photos come back");
    assert_eq!((summary.requests, summary.bytes, summary.undecided), (5, 30, 0));
    assert_eq!(summary.examples.len(), 6);
    assert_eq!(summary.warnings, Vec::<String>::new());
    assert_eq!(world.verify_plan(&plan).await.headline, "0 of 5 photos are back");
    let (outcome, evidence) = world.apply(&plan).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.verdict, &outcome.headline[..]), (Verdict::Passed, "5 of 5 photos are back"));
    assert_eq!(evidence.lines().filter(|l| l.contains("\"request_id\":\"R2\"")).count(), 5);
    assert_eq!(world.fake.read("k0000").unwrap(), b"good 0");
    assert_eq!(world.fake.read("new").unwrap(), b"new");
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
    assert_eq!(
        world.verify(&target).await.headline,
        "6 of 6 photos are in bucket photos as at 1970-01-12 13:46:40 UTC"
    );
    let (summary, _) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "Nothing to do: every photo is as it was at 1970-01-12 13:46:40 UTC");
}

/// Photos of an organization that was obliterated stay gone, and nothing is called wrong about it.
#[tokio::test]
async fn what_is_excluded_is_left_as_it_is_and_counted() {
    let (world, before) = damaged(3, 2);
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    target.exclude = vec!["k0000".to_owned(), "k0003".to_owned(), "k9".to_owned()];
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "3 photos come back");
    assert!(summary.facts.iter().any(|fact| fact.label == "left out" && fact.value == "2"), "{summary:?}");
    let note = "Keys that begin with k0000, k0003 and k9 are left as they are.";
    assert!(summary.notes.iter().any(|said| said == note), "{summary:?}");
    assert!(!plan.lines().any(|line| line.contains("\"key\":\"k0000\"")), "{plan}");
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, outcome.outputs["excluded"].as_str()), (Verdict::Passed, "k0000,k0003,k9"));
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
    assert!(world.fake.state().keys["k0000"][0].content.is_none(), "it is still deleted");
    let verified = world.verify(&target).await;
    assert_eq!(
        (verified.verdict, verified.outputs["missing"].as_str()),
        (Verdict::Passed, "0"),
        "{verified:?}"
    );
    target.exclude.clear();
    assert_eq!(world.verify(&target).await.outputs["missing"], "1");
}

#[tokio::test]
async fn new_photos_are_hidden_when_asked() {
    let (world, before) = damaged(1, 1);
    let target = world.target(before, Extra::Delete, Ties::Leave);
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "2 photos come back, 1 new photo is hidden");
    let outcome = world.verify(&target).await;
    assert_eq!((outcome.verdict, &outcome.outputs["extra"][..]), (Verdict::Failed, "1"));
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!(outcome.headline, "2 of 2 photos are back, 1 of 1 new one is hidden");
    assert_eq!(world.fake.read("new"), None);
    assert_eq!(world.verify(&target).await.verdict, Verdict::Passed);
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, world.fake.state().writes), (Verdict::Passed, 3));
}

#[tokio::test]
async fn what_cannot_be_answered_is_refused() {
    let (world, before) = damaged(1, 0);
    let now = world.fake.now();
    for (at, why) in [
        (now + 1, "in the future"),
        (now, "this very second"),
        (before - 1, "is before the oldest version in bucket photos"),
    ] {
        let target = world.target(at, Extra::Leave, Ties::Leave);
        assert!(refused(world.plan(&target).await.unwrap_err()).contains(why), "{why}");
        assert!(refused(world.survey(&target).await.unwrap_err()).contains(why), "{why}");
    }
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    target.prefix = "elsewhere/".to_owned();
    assert!(refused(world.plan(&target).await.unwrap_err()).contains("nothing in elsewhere/"));
    world.fake.state().versioning = Versioning::Never;
    assert!(refused(world.plan(&target).await.unwrap_err()).contains("never kept old versions"));
}

#[tokio::test]
async fn a_photo_written_after_the_plan_is_left_alone() {
    let (world, before) = damaged(2, 3);
    let target = world.target(before, Extra::Delete, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    world.fake.put("k0000", b"newer");
    world.fake.put("k0002", b"newer");
    world.fake.delete("k0003");
    world.fake.put("new", b"newer");
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(outcome.headline, "2 of 5 photos are back, 0 of 1 new one is hidden, 4 left alone");
    for key in ["k0000", "k0002", "new"] {
        assert_eq!(world.fake.read(key).unwrap(), b"newer");
    }
    assert_eq!(world.fake.read("k0003"), None);
    let outcome = world.verify_plan(&plan).await;
    assert_eq!((outcome.verdict, &outcome.facts[2].value[..]), (Verdict::Failed, "4"));
}

#[tokio::test]
async fn failures_are_named_and_lose_nothing_else() {
    let (world, before) = damaged(30, 0);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    {
        let faults = &mut world.fake.state().faults;
        faults.insert("copy k0003".into(), vec![PortErrorKind::Unavailable; 3]);
        faults.insert("copy k0004".into(), vec![PortErrorKind::Unreachable; 99]);
        faults.insert("copy k0005".into(), vec![PortErrorKind::Denied]);
        faults.insert("copy k0006".into(), vec![PortErrorKind::Changed]);
    }
    let (outcome, evidence) = world.apply(&plan).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.headline, "28 of 30 photos are back, 2 failed");
    let failed: Vec<_> = outcome.examples[..2].iter().map(|e| &e.key[..]).collect();
    assert_eq!(failed, ["k0005", "k0004"]);
    assert_eq!(evidence.matches("\"result\":\"retried\"").count(), 3 + 3 + 1);
    world.fake.state().faults.clear();
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, &outcome.outputs["restored"][..]), (Verdict::Passed, "30"));
    assert_eq!(world.fake.state().writes, 30);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_not_a_second_copy() {
    let (world, before) = damaged(5, 5);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    for kms in [false, true] {
        world.fake.state().kms = kms;
        world.fake.state().lost_answers = true;
        let (_, plan) = world.plan(&target).await.unwrap();
        let outcome = world.apply(&plan).await.0.unwrap();
        assert_eq!((outcome.verdict, world.fake.state().writes), (Verdict::Passed, 10), "{kms}");
        assert_eq!(world.verify(&target).await.verdict, Verdict::Passed);
    }
}

#[tokio::test]
async fn copies_under_kms_are_compared_by_their_bytes() {
    let (world, before) = damaged(2, 2);
    world.fake.state().kms = true;
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    for _ in 0..2 {
        assert_eq!(world.apply(&plan).await.0.unwrap().verdict, Verdict::Passed);
        assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
        assert_eq!(world.verify(&target).await.verdict, Verdict::Passed);
    }
    assert_eq!(world.fake.state().writes, 4);
    assert!(world.plan(&target).await.unwrap().0.headline.starts_with("Nothing to do"));
}

#[tokio::test]
async fn work_ends_early_when_nobody_answers() {
    let (world, before) = damaged(100, 0);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    for kind in [PortErrorKind::Unreachable, PortErrorKind::Credentials] {
        world.fake.state().down = Some(kind);
        let (outcome, evidence) = world.apply(&plan).await;
        let failure = outcome.unwrap_err();
        assert!(matches!(&failure, Failure::Paused(error) if error.kind == kind), "{failure:?}");
        let said = failure.to_string();
        assert!(said.contains("0 photos done, 100 left"), "{said}");
        assert!(evidence.lines().count() < 40);
    }
    let (world, before) = damaged(3, 0);
    let (_, plan) = world.plan(&world.target(before, Extra::Leave, Ties::Leave)).await.unwrap();
    world.fake.state().down = Some(PortErrorKind::Credentials);
    assert!(
        matches!(world.apply(&plan).await.0, Err(Failure::Paused(e)) if e.kind == PortErrorKind::Credentials)
    );
    world.fake.state().down = Some(PortErrorKind::Unavailable);
    assert_eq!(world.apply(&plan).await.0.unwrap().headline, "0 of 3 photos are back, 3 failed");
}

#[tokio::test]
async fn stopping_says_what_is_left() {
    let (world, before) = damaged(40, 0);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    world.stop.store(true, Ordering::Relaxed);
    let failure = world.apply(&plan).await.0.unwrap_err();
    assert!(failure.to_string().contains("0 photos done, 40 left; what is done stays"), "{failure}");
    assert!(matches!(world.plan(&target).await, Err(Failure::Stopped { .. })));
    assert_eq!(world.fake.state().writes, 0);
}

#[tokio::test]
async fn a_broken_plan_changes_nothing() {
    let (world, before) = damaged(1, 0);
    let (_, plan) = world.plan(&world.target(before, Extra::Leave, Ties::Leave)).await.unwrap();
    let other = plan.replace("\"format\":1", "\"format\":9");
    assert!(matches!(world.apply(&other).await.0, Err(Failure::Plan { line: 1, .. })));
    world.fake.state().versioning = Versioning::Suspended;
    assert!(refused(world.apply(&plan).await.0.unwrap_err()).contains("versioning"));
    assert_eq!(world.fake.state().writes, 0);
}

#[tokio::test]
async fn what_cannot_be_copied_is_left_alone_with_its_reason() {
    let (world, before) = damaged(3, 0);
    for (key, class) in [("k0000", "DEEP_ARCHIVE"), ("k0001", "GLACIER_IR")] {
        world.fake.state().keys.get_mut(key).unwrap()[1].class = class.to_owned();
    }
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "2 photos come back");
    assert!(summary.warnings[0].starts_with("1 photo can't be changed now and is left alone"));
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, &outcome.outputs["left_alone"][..]), (Verdict::Failed, "1"));
    assert_eq!(world.fake.state().keys["k0001"][0].class, "GLACIER_IR");
    assert_eq!(&world.verify(&target).await.outputs["missing"][..], "1");
}

#[tokio::test]
async fn lifecycle_and_lost_versions_are_warned_of() {
    let (world, before) = damaged(1, 0);
    let fake = &world.fake;
    fake.delete("hidden-for-good");
    fake.pass(1);
    let rule = |id: &str, noncurrent_days| ExpiryRule {
        id: id.to_owned(),
        prefix: String::new(),
        noncurrent_days,
        current_days: None,
    };
    fake.state().expiry = vec![rule("tidy", Some(30)), rule("other", None)];
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let warnings = world.plan(&target).await.unwrap().0.warnings;
    assert_eq!(warnings.len(), 2, "{warnings:?}");
    assert!(warnings[0].contains("rule tidy removes replaced versions for good after 30 days"));
    assert!(warnings[0].contains("on 1970-02-12"), "{}", warnings[0]);
    assert!(warnings[1].starts_with("1 key was deleted since then and no version of it is left"));
}

/// Listings say what the storage wrote down, reading says what it gives.
#[tokio::test]
async fn a_deep_verification_reads_both_and_names_what_differs() {
    let (world, before) = damaged(3, 2);
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    let (_, plan) = world.plan(&target).await.unwrap();
    world.apply(&plan).await.0.unwrap();
    // Rotten behind the same entity tag; and one that may not be read.
    world.fake.state().keys.get_mut("k0001").unwrap()[0].content = Some(b"rot! 1".to_vec());
    assert_eq!(world.verify(&target).await.verdict, Verdict::Passed);
    target.read = Depth::Deep;
    target.max_bandwidth = Some(10);
    let outcome = world.verify(&target).await;
    assert_eq!(outcome.headline, "5 of 6 photos are in bucket photos as at 1970-01-12 13:46:40 UTC");
    assert_eq!((outcome.verdict, &outcome.outputs["different"][..]), (Verdict::Failed, "1"));
    assert_eq!(outcome.examples[0].key, "k0001");
    // Five copies and what they are of; one that was never touched.
    let read = outcome.facts.iter().find(|fact| fact.label == "read and hashed").unwrap();
    assert_eq!(read.value, "6 photos, 66 bytes");
    world.fake.state().faults.insert("get k0003".into(), vec![PortErrorKind::Denied]);
    let outcome = world.verify(&target).await;
    assert_eq!(
        outcome.headline,
        "4 of 6 photos are in bucket photos as at 1970-01-12 13:46:40 UTC, 1 can't be read"
    );
    assert!(outcome.notes.iter().any(|note| note.contains("s3:GetObjectVersion")), "{outcome:?}");
    target.read = Depth::Sample(0);
    assert_eq!(world.verify(&target).await.verdict, Verdict::Passed);
}
