//! Bringing photos back by removing what lies on top of them.

use super::*;
use crate::port::PortErrorKind;

/// `n` photos, each hidden by `markers` delete markers; and a plan to remove these.
fn hidden(n: usize, markers: usize) -> (World, String) {
    let world = World::new();
    let mut items = Vec::new();
    for i in 0..n {
        let key = format!("k{i:05}");
        world.fake.put(&key, key.as_bytes());
        (0..markers).for_each(|_| drop(world.fake.delete(&key)));
        items.push(removal(&world, &key, markers));
    }
    let target = Target { method: Method::Undelete, ..world.target(0, Extra::Leave, Ties::Leave) };
    (world, plan_of(&target, items))
}

/// Removes the `n` newest entries of a key.
fn removal(world: &World, key: &str, n: usize) -> Item {
    let history = world.fake.state().keys[key].clone();
    let entries = history[..n].iter().map(|entry| Entry {
        version: VersionId(entry.id.clone()),
        modified: jiff::Timestamp::from_second(entry.modified).unwrap(),
        size: None,
    });
    let entries = entries.collect();
    let want = history.get(n).map(|_| want(world, key, n));
    item(key, Op::Remove { entries, want })
}

fn batches(world: &World) -> u32 {
    world.fake.state().requests.get("remove ").copied().unwrap_or_default()
}

#[tokio::test]
async fn markers_are_removed_a_thousand_at_a_time() {
    let (world, plan) = hidden(2500, 1);
    assert_eq!(world.verify_plan(&plan).await.headline, "0 of 2,500 photos are back");
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, &outcome.headline[..]), (Verdict::Passed, "2,500 of 2,500 photos are back"));
    let outputs = ["restored", "removed", "failed", "left_alone"].map(|name| &outcome.outputs[name][..]);
    assert_eq!(outputs, ["2500", "2500", "0", "0"]);
    assert!(!outcome.outputs.contains_key("hidden"));
    assert_eq!(batches(&world), 3);
    assert!(world.fake.state().keys.values().all(|entries| entries.len() == 1));
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn the_entries_of_a_key_stay_together() {
    let (world, plan) = hidden(5, 400);
    assert_eq!(world.apply(&plan).await.0.unwrap().outputs["removed"], "2000");
    assert_eq!(batches(&world), 3, "two keys a request");
    let (world, plan) = hidden(1, 2500);
    assert_eq!(world.apply(&plan).await.0.unwrap().outputs["removed"], "2500");
    assert_eq!(batches(&world), 3);
}

#[tokio::test]
async fn rewinding_removes_what_is_newer_and_nothing_else() {
    let world = World::new();
    let fake = &world.fake;
    fake.put("a", b"good");
    fake.put("a", b"bad");
    fake.delete("a");
    fake.put("a", b"worse");
    fake.put("new", b"new");
    let items = vec![removal(&world, "a", 3), removal(&world, "new", 1)];
    let target = Target { method: Method::Rewind, ..world.target(0, Extra::Leave, Ties::Leave) };
    let plan = plan_of(&target, items);
    // Written since the plan: it isn't in it, and stays on top.
    fake.put("a", b"live");
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!(outcome.headline, "1 of 1 photo is back, 1 of 1 new one is gone");
    assert_eq!(outcome.outputs["removed"], "4");
    assert_eq!(world.fake.read("a").unwrap(), b"live");
    assert_eq!(world.fake.state().keys["a"].len(), 2);
    assert!(!world.fake.state().keys.contains_key("new"));
    let verified = world.verify_plan(&plan).await;
    assert_eq!(
        (verified.verdict, &verified.headline[..]),
        (Verdict::Failed, "0 of 1 photo is back, 1 of 1 new one is gone")
    );
    assert!(verified.notes[0].starts_with("1 key was written or deleted since the plan"), "{verified:?}");
}

#[tokio::test]
async fn what_is_refused_is_named_and_never_green() {
    let (world, plan) = hidden(30, 2);
    {
        let faults = &mut world.fake.state().faults;
        faults.insert("remove k00003".into(), vec![PortErrorKind::Denied; 2]);
        faults.insert("remove k00004".into(), vec![PortErrorKind::Unavailable; 3]);
        faults.insert("remove k00005".into(), vec![PortErrorKind::Throttled; 9]);
        faults.insert("remove k00006".into(), vec![PortErrorKind::Denied]);
    }
    let (outcome, evidence) = world.apply(&plan).await;
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.verdict, &outcome.headline[..]),
        (Verdict::Failed, "28 of 30 photos are back, 2 failed")
    );
    assert_eq!(outcome.outputs["removed"], "57", "one of the two markers of k00006 is gone");
    let failed: Vec<_> = outcome.examples[..2].iter().map(|e| &e.key[..]).collect();
    assert_eq!(failed, ["k00003", "k00006"]);
    assert!(evidence.lines().any(|line| line.contains("\"key\":\"k00003\"") && line.contains("Denied")));
    assert_eq!(world.verify_plan(&plan).await.headline, "28 of 30 photos are back");
}

#[tokio::test]
async fn a_removal_that_is_killed_or_unanswered_goes_on() {
    for polls in 1..12 {
        let (world, plan) = hidden(3000, 1);
        world.fake.state().faults.insert("remove ".into(), vec![PortErrorKind::Unreachable]);
        let (outcome, kept) = apply_until(&world, &plan, polls).await;
        survives(&world, &kept.bytes[..kept.durable]);
        world.fake.state().lost_answers = outcome.is_none();
        let (_, kept) = apply_until(&world, &plan, 4).await;
        survives(&world, &kept.bytes[..kept.durable]);
        world.fake.state().lost_answers = false;
        let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
        assert_eq!((outcome.verdict, &outcome.outputs["restored"][..]), (Verdict::Passed, "3000"));
        assert!(world.fake.state().keys.values().all(|entries| entries.len() == 1));
    }
}
