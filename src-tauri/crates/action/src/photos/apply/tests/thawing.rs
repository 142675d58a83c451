//! Archived versions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use super::*;
use crate::plan::Happening;
use crate::port::{Pace, PortErrorKind};

/// Hours pass with every look.
struct Hours;

#[async_trait::async_trait]
impl Pace for Hours {
    fn now(&self) -> jiff::Timestamp {
        "2026-11-24T02:10:00Z".parse().unwrap()
    }

    async fn pause(&self, _: &AtomicBool) {
        tokio::task::yield_now().await;
    }
}

/// `n` deleted photos of which every third is archived, and a plan to bring all back.
fn archived(n: usize) -> (World, String) {
    let mut world = World::new();
    world.ports.pace = Arc::new(Hours);
    let mut items = Vec::new();
    for i in 0..n {
        let key = format!("k{i:04}");
        world.fake.put(&key, key.as_bytes());
        world.fake.delete(&key);
        if i % 3 == 0 {
            let class = if i % 2 == 0 { "GLACIER" } else { "DEEP_ARCHIVE" };
            world.fake.state().keys.get_mut(&key).unwrap()[1].class = class.to_owned();
        } else if i == 1 {
            world.fake.state().keys.get_mut(&key).unwrap()[1].class = "INTELLIGENT_TIERING".to_owned();
        }
        let over = Some(VersionId(world.fake.state().keys[&key][0].id.clone()));
        items.push(item(&key, Op::Copy { want: want(&world, &key, 1), guard: Guard::Absent, over }));
    }
    let plan = plan_of(&world.target(0, Extra::Leave, Ties::Leave), items);
    (world, plan)
}

fn asked(world: &World) -> usize {
    world.fake.state().requests.keys().filter(|name| name.starts_with("thaw ")).count()
}

#[tokio::test]
async fn archived_photos_are_thawed_and_then_copied() {
    let (world, plan) = archived(100);
    let (told, said) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let mut evidence = Vec::new();
    let record = |happening: Happening| {
        told.lock().unwrap().push(happening.said);
        Ok(())
    };
    let progress = |progress: crate::plan::Progress| said.lock().unwrap().push(progress.doing);
    let cx = Context { record: &record, progress: &progress, ..world.cx() };
    let source = Box::new(io::Cursor::new(plan.clone().into_bytes()));
    let outcome = apply(source, &cx, &mut evidence).await.unwrap();
    assert_eq!((outcome.verdict, &outcome.headline[..]), (Verdict::Passed, "100 of 100 photos are back"));
    assert_eq!(asked(&world), 34);
    let lines = lines(&evidence);
    let of = |result: &str| lines.iter().filter(|line| line["result"] == result).count();
    assert_eq!((of("thaw asked"), of("restored"), of("retried")), (34, 100, 0));
    let last_other = lines.iter().rposition(|line| line["key"] == "k0098").unwrap();
    let first_thawed = lines.iter().position(|l| l["key"] == "k0000" && l["result"] == "restored").unwrap();
    assert!(last_other < first_thawed, "what isn't archived comes back meanwhile");
    assert_eq!(
        told.lock().unwrap()[..],
        ["asked S3 to thaw 34 archived photos", "archived photos can be read now, and are being copied"]
    );
    let said = said.into_inner().unwrap();
    let waiting = said.iter().find(|said| said.starts_with("waiting for")).unwrap();
    assert_eq!(
        waiting,
        "waiting for 34 archived photos; asked 2026-11-24 02:10:00 UTC; S3 needs up to 12 hours"
    );
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn waiting_goes_on_after_a_restart_and_nothing_is_asked_twice() {
    let (world, plan) = archived(60);
    // Never ready.
    {
        let mut state = world.fake.state();
        let frozen: Vec<_> = state.keys.values().map(|entries| entries[1].id.clone()).collect();
        state.thawing.extend(frozen.into_iter().map(|id| (id, u32::MAX)));
    }
    let (outcome, kept) = apply_until(&world, &plan, 300).await;
    assert!(outcome.is_none());
    survives(&world, &kept.bytes[..kept.durable]);
    let before = asked(&world);
    assert_eq!(before, 20);
    world.fake.state().requests.clear();
    let mut more = Kept::default();
    let failure = {
        let cx = world.cx();
        let mut applying = pin!(apply(Box::new(io::Cursor::new(plan.clone().into_bytes())), &cx, &mut more));
        for _ in 0..50 {
            assert!(poll!(&mut applying).is_pending());
            tokio::task::yield_now().await;
        }
        world.stop.store(true, Ordering::Relaxed);
        applying.await.unwrap_err().to_string()
    };
    world.stop.store(false, Ordering::Relaxed);
    assert!(failure.contains("40 photos done, 20 left, waiting for 20 archived photos"), "{failure}");
    assert_eq!(asked(&world), 0, "it was asked for before");
    survives(&world, &more.bytes);
    world.fake.state().thawing.values_mut().for_each(|looks| *looks = 1);
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!((outcome.verdict, &outcome.outputs["restored"][..]), (Verdict::Passed, "60"));
}

#[tokio::test]
async fn what_froze_again_or_may_not_be_thawed_is_dealt_with() {
    let (world, plan) = archived(7);
    {
        let faults = &mut world.fake.state().faults;
        faults.insert("thaw k0000".into(), vec![PortErrorKind::Denied]);
        faults.insert("thaw k0003".into(), vec![PortErrorKind::Throttled; 6]);
        faults.insert("copy k0006".into(), vec![PortErrorKind::Archived]);
        // Archived, although its class doesn't say so: in an archive tier of Intelligent-Tiering.
        faults.insert("copy k0001".into(), vec![PortErrorKind::Archived]);
    }
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.headline[..]),
        (Verdict::Failed, "6 of 7 photos are back, 1 failed")
    );
    assert_eq!(outcome.examples[0].key, "k0000");
}
