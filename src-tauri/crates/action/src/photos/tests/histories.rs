//! Random histories, several writes a second, with the truth known by sequence.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::fake::{Entry, World};
use super::{Extra, Failure, Ties, Verdict, Versioning};
use crate::port::PortErrorKind;

#[derive(Debug, Clone)]
enum Op {
    /// A key, its content, and the rest that is said of it.
    Put(usize, u8, u8),
    Delete(usize),
    Pass(i64),
    Versioning(Versioning),
}

/// Keys whose order by bytes is not that of any alphabet, one the beginning of another.
pub(super) const KEYS: [&str; 6] = ["a", "a b", "a/", "ab", "é+%2F", "\u{10000}"];

fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    prop_oneof![
        8 => (key.clone(), 0..6u8, 0..2u8).prop_map(|(key, content, rest)| Op::Put(key, content, rest)),
        5 => key.prop_map(Op::Delete),
        4 => (1..3i64).prop_map(Op::Pass),
        1 => prop_oneof![Just(Versioning::Enabled), Just(Versioning::Suspended)].prop_map(Op::Versioning),
    ]
}

#[derive(Debug, Clone)]
pub(super) struct Setting {
    ops: Vec<Op>,
    /// Which of the moments that the history has is the restore point.
    pub(super) at: prop::sample::Index,
    pub(super) extra: Extra,
    pub(super) page: usize,
    pub(super) ignores_limit: bool,
    pub(super) kms: bool,
    pub(super) unversioned_at_first: bool,
    faults: Vec<(usize, usize)>,
}

pub(super) fn setting() -> impl Strategy<Value = Setting> {
    let flags =
        (prop::bool::ANY, prop::bool::weighted(0.3), prop::bool::weighted(0.2), prop::bool::weighted(0.3));
    let faults = prop::collection::vec((0..KEYS.len(), 0..3usize), 0..4);
    (prop::collection::vec(op(), 1..60), any::<prop::sample::Index>(), flags, 1..9usize, faults).prop_map(
        |(ops, at, (delete, ignores_limit, kms, unversioned_at_first), page, faults)| Setting {
            ops,
            at,
            extra: if delete { Extra::Delete } else { Extra::Leave },
            page,
            ignores_limit,
            kms,
            unversioned_at_first,
            faults,
        },
    )
}

pub(super) type Truth = BTreeMap<&'static str, Entry>;
type Keys = BTreeMap<String, Vec<Entry>>;

/// Plays the history; what each key was at the end of each second that something happened in.
pub(super) fn play(world: &World, setting: &Setting) -> BTreeMap<i64, Truth> {
    let fake = &world.fake;
    let mut truth = Truth::new();
    let mut seconds = BTreeMap::new();
    if setting.unversioned_at_first {
        fake.state().versioning = Versioning::Never;
    }
    for (n, op) in setting.ops.iter().enumerate() {
        if n == setting.ops.len() / 3 && setting.unversioned_at_first {
            fake.state().versioning = Versioning::Enabled;
        }
        match *op {
            Op::Put(key, content, rest) => {
                let rest = ["image/jpeg", "image/png"][usize::from(rest)];
                truth.insert(KEYS[key], fake.put_as(KEYS[key], &[content; 3], rest));
            }
            Op::Delete(key) => {
                let marker = fake.delete(KEYS[key]);
                // Before there was versioning, a deletion left no trace.
                match fake.state().versioning {
                    Versioning::Never => drop(truth.remove(KEYS[key])),
                    _ => drop(truth.insert(KEYS[key], marker)),
                }
            }
            Op::Pass(seconds) => fake.pass(seconds),
            Op::Versioning(to) if fake.state().versioning != Versioning::Never => {
                fake.state().versioning = to
            }
            Op::Versioning(_) => {}
        }
        seconds.insert(fake.now(), truth.clone());
    }
    if fake.state().versioning == Versioning::Never {
        fake.state().versioning = Versioning::Enabled;
    }
    fake.pass(1);
    seconds
}

/// The keys that a plan lists but leaves alone.
fn left_alone(plan: &str, op: &str) -> BTreeSet<String> {
    let lines = plan.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter(|line| line["op"] == op).map(|line| line["key"].as_str().unwrap().to_owned()).collect()
}

/// Whether the deciding second of a key holds both a photo and a marker, and the answer isn't its latest entry.
pub(super) fn tied(entries: &[Entry], at: i64) -> bool {
    let Some(first) = entries.iter().find(|e| e.modified <= at) else { return false };
    let mut second = entries.iter().filter(|e| e.modified == first.modified);
    first.seq != entries[0].seq && second.any(|e| e.content.is_some() != first.content.is_some())
}

fn nothing_lost(before: &Keys, after: &Keys) {
    for (key, entries) in before {
        for entry in entries {
            assert!(after[key].iter().any(|e| e == entry), "{key}: a version is gone: {entry:?}");
        }
    }
}

async fn check(setting: Setting) {
    let world = World::new();
    let seconds = play(&world, &setting);
    let (&at, truth) = seconds.iter().nth(setting.at.index(seconds.len())).unwrap();
    {
        let mut state = world.fake.state();
        (state.page, state.ignores_limit, state.kms) = (setting.page, setting.ignores_limit, setting.kms);
    }
    let before = world.fake.state().keys.clone();
    let target = world.target(at, setting.extra, Ties::Leave);
    let planned = world.plan(&target).await;
    let oldest = before.values().flatten().map(|e| e.modified).min();
    if oldest.is_none_or(|oldest| oldest > at) {
        assert!(matches!(planned, Err(Failure::Refused { .. })));
        return;
    }
    let (summary, plan) = planned.unwrap();
    assert_eq!(plan, world.plan(&target).await.unwrap().1, "the same bucket gives the same plan");
    assert_eq!(before, world.fake.state().keys, "planning only reads");

    for (key, operation) in &setting.faults {
        let name = format!("{} {}", ["copy", "mark", "head"][*operation], KEYS[*key]);
        world.fake.state().faults.insert(name, vec![PortErrorKind::Unavailable]);
    }
    let outcome = world.apply(&plan).await.0.unwrap();
    world.fake.state().faults.clear();
    let after = world.fake.state().keys.clone();
    nothing_lost(&before, &after);

    let (undecided, blocked) = (left_alone(&plan, "undecided"), left_alone(&plan, "blocked"));
    assert_eq!(summary.undecided, undecided.len() as u64);
    assert!(setting.ignores_limit || undecided.is_empty(), "S3's order resolves every tie");
    assert!(world.fake.state().versioning == Versioning::Suspended || blocked.is_empty());
    let all_done = undecided.is_empty() && blocked.is_empty();
    assert_eq!(outcome.verdict == Verdict::Passed, all_done, "{outcome:?}");
    for key in KEYS {
        let (was, is) = (before.get(key), after.get(key));
        if undecided.contains(key) || blocked.contains(key) {
            assert!(blocked.contains(key) || tied(&before[key], at), "{key} is not tied");
            assert_eq!(was, is, "{key} was to be left alone");
            continue;
        }
        let reads = |entry: &Entry| entry.content.clone().map(|content| (content, entry.described.clone()));
        let current = |entries: Option<&Vec<Entry>>| entries.and_then(|e| reads(&e[0]));
        let then = truth.get(key);
        let survives = then.is_none_or(|then| was.is_some_and(|entries| entries.contains(then)));
        match then.and_then(reads) {
            _ if !survives && was.is_none() => assert_eq!(is, None),
            // A write without versioning destroyed it: that can't be undone, but it is said, unless the write was
            // a deletion from before there was versioning, which leaves no trace.
            _ if !survives => {
                let warned = summary.warnings.iter().any(|w| w.contains("versioning was off"));
                let as_then = current(is) == then.and_then(reads);
                assert!(warned || as_then || setting.unversioned_at_first, "{key}: {summary:?}");
            }
            Some(content) => assert_eq!(current(is), Some(content), "{key} was a photo"),
            None if setting.extra == Extra::Delete => assert_eq!(current(is), None, "{key} was none"),
            None => assert_eq!(was, is, "{key} was none, and is to be left as it is"),
        }
    }
    let verified = world.verify(&target).await;
    assert_eq!(verified.verdict == Verdict::Passed, all_done, "{verified:?}");
    assert_eq!(world.verify_plan(&plan).await.verdict == Verdict::Passed, all_done);

    let again = world.apply(&plan).await.0.unwrap();
    assert_eq!(again.verdict, outcome.verdict);
    assert_eq!(after, world.fake.state().keys, "applying twice changes nothing");
    let (again, _) = world.plan(&target).await.unwrap();
    assert_eq!(again.requests, 0, "{again:?}");

    let chosen = world.target(at, setting.extra, Ties::Photo);
    let (summary, plan) = world.plan(&chosen).await.unwrap();
    assert_eq!(summary.undecided, 0);
    world.apply(&plan).await.0.unwrap();
    nothing_lost(&after, &world.fake.state().keys);
    let outcome = world.verify(&chosen).await;
    assert_eq!(outcome.verdict == Verdict::Passed, left_alone(&plan, "blocked").is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_key_is_as_it_was_or_named(setting in setting()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(check(setting));
    }
}
