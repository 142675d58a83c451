//! Random histories on the practice range, restored through the real SDK, judged by what the range holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use action::{Action, Failure, Verdict};
use jiff::Timestamp;
use proptest::prelude::*;
use range::{Range, RangeOptions, Snapshot};

mod faults;
mod story;
pub(crate) mod world;

use story::{Bucket, KEYS, PREFIX, START, Story, bucket, play, read, story};
use world::World;

fn no_version_is_gone(before: &Bucket, after: &Bucket) {
    for entry in before.values().flatten() {
        let kept = |e: &Snapshot| Snapshot { is_latest: entry.is_latest, ..e.clone() } == *entry;
        assert!(after[&entry.key].iter().any(kept), "a version is gone: {entry:?}");
    }
}

async fn check(story: Story) {
    let clock = Arc::new(AtomicI64::new(START));
    let ticking = Arc::clone(&clock);
    let time = Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap());
    let range = Range::start(RangeOptions { clock: time, ..RangeOptions::default() }).unwrap();
    let seconds = play(&range, &clock, &story);
    let (&at, truth) = seconds.iter().nth(story.at.index(seconds.len())).unwrap();
    let world = World::on(&range, story.page, clock.load(Ordering::Relaxed)).await;
    let before = bucket(range.store());

    let prefix = if story.whole_bucket { "" } else { PREFIX };
    let at_text = Timestamp::from_second(at).unwrap().to_string();
    let mut params: BTreeMap<String, String> =
        [("bucket", &range.ready().bucket[..]), ("prefix", prefix), ("at", &at_text)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
    if story.hide_extra {
        params.insert("extra".to_owned(), "delete".to_owned());
    }
    let restore = Action::from_params("photos.restore", &params).unwrap();
    let verify = Action::from_params("photos.verify", &params).unwrap();

    let mut plan = Vec::new();
    let planned = restore.plan(&world.cx(), &mut plan).await;
    assert_eq!(before, bucket(range.store()), "planning only reads");
    let in_reach = |key: &&String| key.starts_with(prefix);
    let oldest = before.values().flatten().filter(|e| in_reach(&&e.key)).map(|e| e.last_modified).min();
    if oldest.is_none_or(|oldest| oldest.as_second() > at) {
        assert!(matches!(planned, Err(Failure::Refused { .. })), "{planned:?}");
        return;
    }
    let summary = planned.unwrap();
    assert_eq!(summary.undecided, 0, "the range tells the order of one second, an entry a page");

    let outcome = world.apply(&restore, &plan).await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    let after = bucket(range.store());
    no_version_is_gone(&before, &after);
    for key in KEYS.map(str::to_owned) {
        let (was, then, is) = (before.get(&key), truth.get(&key), after.get(&key));
        if !key.starts_with(prefix) {
            assert_eq!(was, is, "{key} is outside the prefix");
            continue;
        }
        let survives = |e: &Snapshot| {
            let same = |w: &Snapshot| {
                (&w.version, &w.etag, w.last_modified) == (&e.version, &e.etag, e.last_modified)
            };
            was.is_some_and(|entries| entries.iter().any(same))
        };
        // What was overwritten or deleted without versioning is gone for good; the plan can only say so.
        if then.and_then(|entries| entries.first()).is_some_and(|entry| !survives(entry)) {
            continue;
        }
        match read(then) {
            Some(photo) => assert_eq!(read(is), Some(photo), "{key} was a photo"),
            None if story.hide_extra => assert_eq!(read(is), None, "{key} was none"),
            None => assert_eq!(was, is, "{key} was none, and is to be left as it is"),
        }
    }
    let source = Box::new(std::io::Cursor::new(plan.clone()));
    let outcome = restore.verify(&world.cx(), source, &mut Vec::new()).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    let outcome = verify.read(&world.cx(), &mut Vec::new()).await.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");

    let outcome = world.apply(&restore, &plan).await;
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert_eq!(after, bucket(range.store()), "applying twice changes nothing");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_key_reads_as_it_did_and_no_version_is_gone(story in story()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(story));
    }
}
