//! Photos that come back somewhere else than where they were.

use super::*;
use crate::plan::Verdict;

/// Deleted and overwritten photos under `photos/`, and a plan to bring them back under `rehearsal/`.
fn damaged(n: usize) -> (World, String) {
    let world = World::new();
    let mut items = Vec::new();
    for i in 0..n {
        let key = format!("photos/k{i:04}");
        world.fake.put(&key, key.as_bytes());
        drop(if i % 2 == 0 { world.fake.delete(&key) } else { world.fake.put(&key, b"encrypted") });
        items.push(item(&key, Op::Copy { want: want(&world, &key, 1), guard: Guard::Absent, over: None }));
    }
    let mut target = world.target(0, Extra::Leave, Ties::Leave);
    target.prefix = "photos/".to_owned();
    target.target_prefix = Some("rehearsal/".to_owned());
    let plan = plan_of(&target, items);
    (world, plan)
}

#[tokio::test]
async fn they_come_back_beside_and_what_was_there_stays() {
    let (world, plan) = damaged(20);
    let before = world.fake.state().keys.clone();
    // Somebody else's, written there since the plan; and one that is the photo already.
    world.fake.put("rehearsal/k0003", b"mine");
    world.fake.put("rehearsal/k0004", b"photos/k0004");
    assert_eq!(world.verify_plan(&plan).await.headline, "1 of 20 photos are back");
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!(outcome.headline, "19 of 20 photos are back, 1 left alone");
    for (key, entries) in before {
        assert_eq!(world.fake.state().keys[&key], entries, "{key} is not touched");
        let there = world.fake.read(&key.replace("photos/", "rehearsal/")).unwrap();
        let mine = key.ends_with("k0003");
        assert_eq!(there, if mine { b"mine" } else { key.as_bytes() });
    }
    let verified = world.verify_plan(&plan).await;
    assert_eq!((verified.verdict, &verified.headline[..]), (Verdict::Failed, "19 of 20 photos are back"));
    let again = world.apply(&plan).await.0.unwrap();
    assert_eq!(again.headline, outcome.headline);
    assert_eq!(world.fake.state().writes, 18);
}

/// Under KMS, copies have entity tags of their own: then both are read.
#[tokio::test]
async fn copies_beside_are_compared_by_their_bytes() {
    let (world, plan) = damaged(6);
    world.fake.state().kms = true;
    world.fake.state().lost_answers = true;
    let outcome = world.apply(&plan).await.0.unwrap();
    assert_eq!((outcome.verdict, world.fake.state().writes), (Verdict::Passed, 6));
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
}
