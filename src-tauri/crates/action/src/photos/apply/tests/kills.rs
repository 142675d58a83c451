//! Killed anywhere, and applied again with what survived.

use std::collections::BTreeMap;

use super::super::evidence::Line;
use super::*;
use crate::port::PortErrorKind;

/// A bucket in which every second photo of `n` was deleted and the others overwritten, and a plan to undo it.
async fn damaged(n: usize) -> (World, String) {
    let world = World::new();
    let fake = &world.fake;
    (0..n).for_each(|i| drop(fake.put(&format!("k{i:04}"), format!("good {i}").as_bytes())));
    let before = fake.now();
    fake.pass(100);
    for i in 0..n {
        let key = format!("k{i:04}");
        drop(if i % 2 == 0 { fake.delete(&key) } else { fake.put(&key, b"encrypted") });
    }
    fake.pass(100);
    let target = world.target(before, Extra::Leave, Ties::Leave);
    let plan = world.plan(&target).await.unwrap().1;
    (world, plan)
}

fn as_it_was(world: &World, n: usize) {
    let state = world.fake.state();
    for i in 0..n {
        let entries = &state.keys[&format!("k{i:04}")];
        assert_eq!(entries[0].content.as_deref(), Some(format!("good {i}").as_bytes()));
        assert_eq!(entries.len(), 3, "one copy, and all that was there: {entries:?}");
    }
}

/// The keys that lines speak of as settled.
fn settled(evidence: &[u8]) -> Vec<String> {
    let lines = evidence.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let lines = lines.map(|line| serde_json::from_slice::<Line<'_>>(line).unwrap());
    lines.filter(|line| line.result.is_settled()).map(|line| line.key.into_owned()).collect()
}

#[derive(Debug, Clone)]
struct Killing {
    photos: usize,
    /// After how many polls each application is killed, and whether what wasn't flushed survives as well.
    kills: Vec<(usize, bool)>,
    faults: Vec<(usize, PortErrorKind)>,
    lost_answers: bool,
}

fn killing() -> impl Strategy<Value = Killing> {
    use PortErrorKind::*;
    let kind = prop_oneof![Just(Unavailable), Just(Throttled), Just(Unreachable), Just(Changed)];
    (
        1..60usize,
        prop::collection::vec((1..80usize, any::<bool>()), 0..5),
        prop::collection::vec((0..60usize, kind), 0..20),
        prop::bool::weighted(0.2),
    )
        .prop_map(|(photos, kills, faults, lost_answers)| Killing {
            photos,
            kills,
            faults,
            lost_answers,
        })
}

async fn check(killing: Killing) {
    let Killing { photos, kills, faults, lost_answers } = killing;
    let (world, plan) = damaged(photos).await;
    {
        let mut state = world.fake.state();
        state.lost_answers = lost_answers;
        for (key, kind) in faults {
            let faults = state.faults.entry(format!("copy k{key:04}")).or_default();
            // Fewer than make it fail, unless it is only told to slow down.
            if faults.len() < 3 {
                faults.push(kind);
            }
        }
    }
    for (polls, all) in kills {
        let done: Vec<String> = settled(world.disk.earlier.lock().unwrap().as_deref().unwrap_or_default());
        world.fake.state().requests.clear();
        let (_, kept) = apply_until(&world, &plan, polls).await;
        for key in done {
            let asked = world.fake.state().requests.get(&format!("copy {key}")).copied();
            assert_eq!(asked, None, "{key} was done and known to be");
        }
        survives(&world, if all { &kept.bytes } else { &kept.bytes[..kept.durable] });
    }
    world.fake.state().lost_answers = false;
    let (outcome, kept) = apply_until(&world, &plan, usize::MAX).await;
    let outcome = outcome.unwrap().unwrap();
    assert_eq!(kept.durable, kept.bytes.len(), "nothing is said before it is durable");
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert_eq!(outcome.outputs["restored"], photos.to_string());
    as_it_was(&world, photos);
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
    survives(&world, &kept.bytes);
    let all = world.disk.earlier.lock().unwrap().clone().unwrap();
    let mut times = BTreeMap::new();
    settled(&all).into_iter().for_each(|key| *times.entry(key).or_insert(0) += 1);
    assert_eq!(times.len(), photos);
    assert!(times.values().all(|n| *n == 1), "each is settled once: {times:?}");
    world.fake.state().requests.clear();
    let again = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!((again.verdict, &again.outputs), (outcome.verdict, &outcome.outputs));
    assert!(world.fake.state().requests.is_empty(), "{:?}", world.fake.state().requests);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_kill_costs_nothing_but_a_look(killing in killing()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(check(killing));
    }
}

#[tokio::test]
async fn what_is_done_becomes_durable_about_once_a_second() {
    let (world, plan) = damaged(400).await;
    // Killed after every so many answers, with what was flushed by then.
    for polls in (1..).step_by(3) {
        let (outcome, kept) = apply_until(&world, &plan, polls).await;
        if outcome.is_some() {
            break;
        }
        // The clock of these tests goes on by 5 ms whenever it is looked at, at least twice for an answer.
        let at_risk = lines(&kept.bytes[kept.durable..]).len();
        assert!(at_risk <= 100, "{at_risk} lines are not durable");
        survives(&world, &kept.bytes[..kept.durable]);
    }
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!(outcome.outputs["restored"], "400");
    as_it_was(&world, 400);
}

#[tokio::test]
async fn evidence_that_cannot_be_read_costs_a_look_and_no_more() {
    let (world, plan) = damaged(20).await;
    let (outcome, kept) = apply_until(&world, &plan, usize::MAX).await;
    assert_eq!(outcome.unwrap().unwrap().verdict, Verdict::Passed);
    let mut text = String::from_utf8(kept.bytes).unwrap();
    text = text.replacen("restored", "re\u{0}tored", 3).replacen("\"n\":5,", "\"n\":99999,", 1);
    text.push_str("{\"n\":3}\n[]\nnot json at all\n\n");
    survives(&world, text.as_bytes());
    let writes = world.fake.state().writes;
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert_eq!(world.fake.state().writes, writes);
    as_it_was(&world, 20);
}

/// The network goes away, then the credentials expire, in the middle of the work.
#[tokio::test]
async fn what_is_lost_pauses_the_work_and_it_goes_on_from_there() {
    let (world, plan) = damaged(120).await;
    for kind in [PortErrorKind::Unreachable, PortErrorKind::Credentials] {
        let mut kept = Kept::default();
        let failure = {
            let cx = world.cx();
            let mut applying =
                pin!(apply(Box::new(io::Cursor::new(plan.as_bytes().to_vec())), &cx, &mut kept));
            for _ in 0..4 {
                assert!(poll!(&mut applying).is_pending());
                tokio::task::yield_now().await;
            }
            world.fake.state().down = Some(kind);
            applying.await.unwrap_err()
        };
        assert!(matches!(&failure, Failure::Paused(error) if error.kind == kind), "{failure:?}");
        assert!(failure.to_string().contains("what is done stays"), "{failure}");
        assert!(!lines(&kept.bytes).iter().any(|line| line["result"] == "failed"));
        survives(&world, &kept.bytes[..kept.durable]);
        world.fake.state().down = None;
    }
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!(outcome.headline, "120 of 120 photos are back");
    as_it_was(&world, 120);
}

/// One photo whose request is never answered is not the network.
#[tokio::test]
async fn one_photo_that_is_never_answered_fails_alone() {
    let (world, plan) = damaged(1).await;
    world.fake.state().faults.insert("copy k0000".into(), vec![PortErrorKind::Unreachable; 99]);
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!((outcome.verdict, &outcome.outputs["failed"][..]), (Verdict::Failed, "1"));
}

/// A client that doesn't back off left 8,250 of 10,000 objects unrestored.
#[tokio::test]
async fn being_told_to_slow_down_loses_nothing() {
    let (world, plan) = damaged(50).await;
    for i in (0..50).step_by(5) {
        world.fake.state().faults.insert(format!("copy k{i:04}"), vec![PortErrorKind::Throttled; 6]);
    }
    let outcome = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    as_it_was(&world, 50);
    let (world, plan) = damaged(5).await;
    world.fake.state().down = Some(PortErrorKind::Throttled);
    let failure = apply_until(&world, &plan, usize::MAX).await.0.unwrap().unwrap_err();
    assert!(failure.to_string().contains("0 photos done, 5 left"), "{failure}");
    assert!(matches!(failure, Failure::Port(error) if error.kind == PortErrorKind::Throttled));
}
