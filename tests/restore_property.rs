//! Random histories on the practice range, restored through the real SDK, judged by what the range holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};

use action::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, PageMarker, PhotoStore, PortError, Ports, Receipt,
    Removed, Thawing, Tier, VersionId, VersionPage,
};
use action::{Action, Context, Environment, Failure, Origin, Outcome, Verdict};
use async_trait::async_trait;
use engine::Folder;
use jiff::Timestamp;
use proptest::prelude::*;
use range::{Attributes, Conditions, Put, Range, RangeOptions, Snapshot, Store, Versioning};

/// Keys that encoding and ordering get wrong when they can; the last two lie outside the prefix.
const KEYS: [&str; 9] = [
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
const PREFIX: &str = "p/";
const START: i64 = 1_790_000_000;

#[derive(Debug, Clone)]
enum Op {
    Put { key: usize, bytes: u8, kind: u8 },
    Delete { key: usize },
    Pass { seconds: i64 },
    Versioning(Versioning),
}

fn op() -> impl Strategy<Value = Op> {
    let key = 0..KEYS.len();
    prop_oneof![
        8 => (key.clone(), 0..5u8, 0..4u8).prop_map(|(key, bytes, kind)| Op::Put { key, bytes, kind }),
        5 => key.prop_map(|key| Op::Delete { key }),
        4 => (1..3i64).prop_map(|seconds| Op::Pass { seconds }),
        1 => prop_oneof![Just(Versioning::Enabled), Just(Versioning::Suspended)].prop_map(Op::Versioning),
    ]
}

#[derive(Debug, Clone)]
struct Story {
    ops: Vec<Op>,
    /// Ops from before there was versioning.
    unversioned: usize,
    at: prop::sample::Index,
    hide_extra: bool,
    whole_bucket: bool,
    page: u16,
}

fn story() -> impl Strategy<Value = Story> {
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
struct Read {
    bytes: Vec<u8>,
    attributes: Attributes,
    tags: BTreeMap<String, String>,
    storage_class: String,
}

type Bucket = BTreeMap<String, Vec<Snapshot>>;

/// Every key's entries, newest first.
fn bucket(store: &Store) -> Bucket {
    let mut keys = Bucket::new();
    for entry in store.snapshot() {
        keys.entry(entry.key.clone()).or_default().push(entry);
    }
    keys
}

fn read(entries: Option<&Vec<Snapshot>>) -> Option<Read> {
    let entry = entries?.first().filter(|entry| !entry.is_marker)?;
    Some(Read {
        bytes: entry.bytes.to_vec(),
        attributes: entry.attributes.clone(),
        tags: entry.tags.clone(),
        storage_class: entry.storage_class.clone(),
    })
}

fn put(bytes: u8, kind: u8) -> Put {
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
fn play(range: &Range, clock: &AtomicI64, story: &Story) -> BTreeMap<i64, Bucket> {
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

/// Asks for small pages, so that keys straddle them.
struct SmallPages {
    photos: Arc<dyn PhotoStore>,
    page: u16,
}

#[async_trait]
impl PhotoStore for SmallPages {
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError> {
        self.photos.bucket(bucket).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        self.photos.list_versions(bucket, prefix, after, limit.or(Some(self.page))).await
    }

    async fn copy_version(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        self.photos.copy_version(bucket, copy).await
    }

    async fn put_marker(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        self.photos.put_marker(bucket, key, etag).await
    }

    async fn remove_versions(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        self.photos.remove_versions(bucket, entries).await
    }

    async fn thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: Tier,
        days: u32,
    ) -> Result<Option<String>, PortError> {
        self.photos.thaw(bucket, key, version, tier, days).await
    }

    async fn thawing(&self, bucket: &str, key: &str, version: &VersionId) -> Result<Thawing, PortError> {
        self.photos.thawing(bucket, key, version).await
    }

    async fn current(&self, bucket: &str, key: &str) -> Result<Option<Current>, PortError> {
        self.photos.current(bucket, key).await
    }

    async fn digest(&self, bucket: &str, key: &str, version: &VersionId) -> Result<ContentDigest, PortError> {
        self.photos.digest(bucket, key, version).await
    }

    async fn described(&self, bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError> {
        self.photos.described(bucket, key, version).await
    }
}

struct World {
    environment: Environment,
    ports: Ports,
    origin: Origin,
    now: Timestamp,
    stop: AtomicBool,
    disk: Folder,
}

impl World {
    async fn on(range: &Range, page: u16, now: i64) -> Self {
        let environment = Environment::practice(range.endpoint());
        let ports = aws::connect(&environment, &aws::Options::default()).await.unwrap();
        let photos = Arc::new(SmallPages { photos: ports.photos, page });
        let ports = Ports { photos, ..ports };
        let now = Timestamp::from_second(now).unwrap();
        let origin = Origin { run: "run-1".to_owned(), mode: "exercise".to_owned() };
        let disk = Folder::new(&std::env::temp_dir());
        Self { environment, ports, origin, now, stop: AtomicBool::new(false), disk }
    }

    fn cx(&self) -> Context<'_> {
        Context {
            ports: &self.ports,
            environment: &self.environment,
            origin: &self.origin,
            inventory: None,
            record: &|_| Ok(()),
            disk: &self.disk,
            now: self.now,
            progress: &|_| {},
            stop: &self.stop,
        }
    }

    async fn apply(&self, action: &Action, plan: &[u8]) -> Outcome {
        let source = Box::new(std::io::Cursor::new(plan.to_vec()));
        action.apply(&self.cx(), source, &mut Vec::new()).await.unwrap()
    }
}

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
