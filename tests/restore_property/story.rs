//! Histories of a bucket, made up at random and played on the practice range.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, Ordering};

use proptest::prelude::*;
use range::{Attributes, Conditions, Put, Range, Snapshot, Store, Versioning};

/// Keys that encoding and ordering get wrong when they can; the last two lie outside the prefix.
pub(super) const KEYS: [&str; 9] = [
    "p/plain.jpg",
    "p/plain.jpg.bak",
    "p/a b+c.jpg",
    "p/100%25 100%.jpg",
    "p//double//slash.jpg",
    "p/写真 é 👩.jpg",
    "p/q?versionId=x&y=<z>#f'\".jpg",
    "/leading.jpg",
    "other.jpg",
];
pub(super) const PREFIX: &str = "p/";
pub(super) const START: i64 = 1_790_000_000;

#[derive(Debug, Clone)]
pub(super) enum Op {
    Put { key: usize, bytes: u8, kind: u8 },
    Delete { key: usize },
    Pass { seconds: i64 },
    Versioning(Versioning),
}

pub(super) fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    prop_oneof![
        8 => (key.clone(), 0..5u8, 0..4u8).prop_map(|(key, bytes, kind)| Op::Put { key, bytes, kind }),
        5 => key.prop_map(|key| Op::Delete { key }),
        4 => (1..3i64).prop_map(|seconds| Op::Pass { seconds }),
        1 => prop_oneof![Just(Versioning::Enabled), Just(Versioning::Suspended)].prop_map(Op::Versioning),
    ]
}

#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) ops: Vec<Op>,
    /// Ops from before there was versioning.
    pub(super) unversioned: usize,
    pub(super) at: prop::sample::Index,
    pub(super) hide_extra: bool,
    pub(super) whole_bucket: bool,
    pub(super) page: u16,
}

pub(super) fn story() -> impl Strategy<Value = Story> {
    let unversioned = prop_oneof![2 => Just(0), 1 => 1..10usize];
    let at = any::<prop::sample::Index>();
    (prop::collection::vec(op(), 5..70), unversioned, at, any::<bool>(), any::<bool>(), 1..12u16).prop_map(
        |(ops, unversioned, at, hide_extra, whole_bucket, page)| Story {
            ops,
            unversioned,
            at,
            hide_extra,
            whole_bucket,
            page,
        },
    )
}

/// What a reader gets of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    attributes: Attributes,
    tags: BTreeMap<String, String>,
    storage_class: String,
}

pub(super) type Bucket = BTreeMap<String, Vec<Snapshot>>;

/// Every key's entries, newest first.
pub(super) fn bucket(store: &Store) -> Bucket {
    let mut keys = Bucket::new();
    for entry in store.snapshot() {
        keys.entry(entry.key.clone()).or_default().push(entry);
    }
    keys
}

pub(super) fn read(entries: Option<&Vec<Snapshot>>) -> Option<Read> {
    let entry = entries?.first().filter(|entry| !entry.is_marker)?;
    Some(Read {
        bytes: entry.bytes.to_vec(),
        attributes: entry.attributes.clone(),
        tags: entry.tags.clone(),
        storage_class: entry.storage_class.clone(),
    })
}

pub(super) fn put(bytes: u8, kind: u8) -> Put {
    let texts = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<BTreeMap<_, _>>()
    };
    let metadata = if kind & 1 == 0 { texts(&[]) } else { texts(&[("badge", "42"), ("lineage", "a/b")]) };
    Put {
        bytes: vec![bytes; 20 + usize::from(bytes % 2)].into(),
        attributes: Attributes {
            content_type: Some(if kind & 1 == 0 { "image/jpeg" } else { "image/png" }.to_owned()),
            cache_control: (kind & 2 != 0).then(|| "max-age=60".to_owned()),
            metadata,
            ..Attributes::default()
        },
        tags: if kind & 2 == 0 { texts(&[]) } else { texts(&[("org", "north & south"), ("state", "new")]) },
        storage_class: (kind == 3).then(|| "STANDARD_IA".to_owned()),
        ..Put::default()
    }
}

/// What happened: per second, what every key was at its end.
pub(super) fn play(range: &Range, clock: &AtomicI64, story: &Story) -> BTreeMap<i64, Bucket> {
    let (store, name) = (range.store(), range.ready().bucket.as_str());
    let mut versioning = Versioning::Never;
    let mut seconds = BTreeMap::new();
    store.set_versioning(name, versioning).unwrap();
    for (n, op) in story.ops.iter().enumerate() {
        if n == story.unversioned {
            versioning = Versioning::Enabled;
        }
        match op {
            Op::Put { key, bytes, kind } => {
                store.put(name, KEYS[*key], put(*bytes, *kind), &Conditions::default()).unwrap();
            }
            Op::Delete { key } => {
                store.delete(name, KEYS[*key], None, &Conditions::default()).unwrap();
            }
            Op::Pass { seconds } => {
                clock.fetch_add(*seconds, Ordering::Relaxed);
            }
            Op::Versioning(to) if versioning != Versioning::Never => versioning = *to,
            Op::Versioning(_) => {}
        }
        store.set_versioning(name, versioning).unwrap();
        seconds.insert(clock.load(Ordering::Relaxed), bucket(store));
    }
    store.set_versioning(name, Versioning::Enabled).unwrap();
    clock.fetch_add(1, Ordering::Relaxed);
    seconds
}
