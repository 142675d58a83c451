//! What plans say, method by method, before anything is done.

use std::io::Write as _;

use std::sync::Arc;

use async_trait::async_trait;
use proptest::prelude::*;
use serde_json::Value;

use super::super::fake::{BUCKET, Entry, Fake, World};
use super::super::{Method, Target, Thaw};
use super::histories::{KEYS, play, setting, tied};
use super::{Extra, Failure, Ties, Versioning, damaged, refused};
use crate::plan::PlanSummary;
use crate::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, PageMarker, PhotoStore, PortError, Receipt, Removed,
    Thawing, Tier, VersionId, VersionPage,
};

fn items(plan: &str) -> Vec<Value> {
    let lines = plan.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    lines.filter(|line| line.get("op").is_some()).collect()
}

fn fact<'s>(summary: &'s PlanSummary, label: &str) -> &'s str {
    let found = summary.facts.iter().find(|fact| fact.label == label);
    &found.unwrap_or_else(|| panic!("no {label} in {summary:?}")).value
}

fn rows(summary: &PlanSummary, by: &str) -> Vec<(String, u64, u64)> {
    let found = summary.breakdowns.iter().find(|breakdown| breakdown.by == by);
    let found = found.unwrap_or_else(|| panic!("nothing by {by} in {summary:?}"));
    found.rows.iter().map(|row| (row.name.clone(), row.count, row.bytes)).collect()
}

fn row(name: &str, count: u64, bytes: u64) -> (String, u64, u64) {
    (name.to_owned(), count, bytes)
}

/// Carries out the removals of a plan, as S3 would.
async fn remove(world: &World, plan: &str) {
    let mut entries = Vec::new();
    for item in items(plan).iter().filter(|item| item["op"] == "remove") {
        for entry in item["entries"].as_array().unwrap() {
            let id = VersionId(entry["version"].as_str().unwrap().to_owned());
            entries.push((item["key"].as_str().unwrap().to_owned(), id));
        }
    }
    world.fake.remove_versions(BUCKET, &entries).await.unwrap();
}

#[tokio::test]
async fn a_plan_is_counted_in_several_ways() {
    let world = World::new();
    for (key, content) in
        [("photos/a/1", "good"), ("photos/a/2", "good"), ("photos/b/1", "better"), ("photos/c", "1")]
    {
        world.fake.put(key, content.as_bytes());
    }
    let before = world.fake.now();
    world.fake.pass(10);
    world.fake.delete("photos/a/1");
    world.fake.put("photos/a/2", b"bad");
    world.fake.delete("photos/b/1");
    world.fake.put("photos/d/new", b"new!!");
    world.fake.state().keys.get_mut("photos/b/1").unwrap()[1].class = "GLACIER_IR".to_owned();
    world.fake.pass(10);
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    target.prefix = "photos/".to_owned();
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(
        rows(&summary, "what is done"),
        [
            row("not there, copied back", 2, 10),
            row("new, left as it is", 1, 5),
            row("overwritten, copied on top", 1, 4),
        ]
    );
    assert_eq!(rows(&summary, "organization"), [row("photos/a/", 2, 8), row("photos/b/", 1, 6)]);
    assert_eq!(rows(&summary, "storage class"), [row("STANDARD", 2, 8), row("GLACIER_IR", 1, 6)]);
    assert_eq!((fact(&summary, "time"), fact(&summary, "cost")), ("about 1 s", "under 0.01 USD"));
    assert_eq!((fact(&summary, "requests"), &summary.typed), ("3", &None));
    assert!(
        plan.lines().next().unwrap().contains("\"keep\":{\"encryption\":false,\"acl\":false,\"lock\":false}")
    );
}

#[tokio::test]
async fn archived_photos_are_thawed_within_the_objective() {
    let (world, before) = damaged(3, 0);
    for (key, class) in [("k0000", "DEEP_ARCHIVE"), ("k0001", "GLACIER"), ("k0002", "GLACIER_IR")] {
        world.fake.state().keys.get_mut(key).unwrap()[1].class = class.to_owned();
    }
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "3 photos come back");
    assert!(
        summary.warnings[0]
            .starts_with("2 photos are archived: thawing them by the Standard tier takes 9 to 12 hours")
    );
    assert_eq!(
        fact(&summary, "archived"),
        "1 photo of 6 bytes in Flexible Retrieval, 1 photo of 6 bytes in Deep Archive"
    );
    assert_eq!(fact(&summary, "time"), "about 1 s, after 9 to 12 hours of thawing");
    assert!(items(&plan).iter().all(|item| item["op"] == "copy"));
    target.thaw.tier = Tier::Bulk;
    let why = refused(world.plan(&target).await.unwrap_err());
    assert_eq!(why, "thawing 2 photos takes up to 48 hours, and the restore may take 1 d");
    target.thaw.beyond_rto = true;
    assert!(world.plan(&target).await.is_ok());
    target.thaw = Thaw { tier: Tier::Expedited, ..Thaw::default() };
    assert!(refused(world.plan(&target).await.unwrap_err()).contains("the Expedited tier doesn't reach"));
    world.fake.state().keys.get_mut("k0000").unwrap()[1].class = "STANDARD".to_owned();
    let (summary, _) = world.plan(&target).await.unwrap();
    assert_eq!(fact(&summary, "time"), "about 1 s, after a few minutes of thawing");
}

#[tokio::test]
async fn undelete_removes_the_markers_and_nothing_else() {
    let (world, before) = damaged(2, 1);
    world.fake.delete("k0000");
    world.fake.put("k0001", b"again");
    world.fake.delete("k0001");
    world.fake.pass(10);
    let target = Target { method: Method::Undelete, ..world.target(before, Extra::Leave, Ties::Leave) };
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "1 photo comes back, 2 delete markers are removed for good");
    assert_eq!((summary.requests, summary.bytes, summary.typed.as_deref()), (1, 0, Some(BUCKET)));
    let items = items(&plan);
    let ops: Vec<_> = items.iter().map(|i| (i["key"].as_str().unwrap(), i["op"].as_str().unwrap())).collect();
    assert_eq!(ops, [("k0000", "remove"), ("k0001", "blocked"), ("k0002", "blocked")]);
    assert_eq!(items[0]["entries"].as_array().unwrap().len(), 2);
    assert!(items[2]["why"].as_str().unwrap().contains("`photos.restore` does"));
    remove(&world, &plan).await;
    assert_eq!(world.fake.read("k0000").unwrap(), b"good 0");
    assert_eq!(world.fake.read("k0002").unwrap(), b"encrypted");
}

/// A write without versioning leaves no trace of what it replaced: what it wrote may be all that is left.
#[tokio::test]
async fn rewind_keeps_what_may_be_all_that_is_left_of_a_photo() {
    let (world, before) = damaged(1, 0);
    world.fake.state().versioning = Versioning::Suspended;
    world.fake.put("only", b"the only one");
    world.fake.put("k0001", b"over a good one");
    world.fake.state().versioning = Versioning::Enabled;
    world.fake.pass(10);
    let target = Target { method: Method::Rewind, ..world.target(before, Extra::Leave, Ties::Leave) };
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(fact(&summary, "can't be changed now, left alone"), "2", "{summary:?}");
    remove(&world, &plan).await;
    assert_eq!(world.fake.read("only").unwrap(), b"the only one");
    assert_eq!(world.fake.read("k0001").unwrap(), b"over a good one");
    assert_eq!(world.fake.read("k0000").unwrap(), b"good 0");
}

#[tokio::test]
async fn rewind_says_what_it_destroys() {
    let (world, before) = damaged(2, 1);
    world.fake.pass(10);
    let mut target = Target { method: Method::Rewind, ..world.target(before, Extra::Leave, Ties::Leave) };
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "3 photos come back, 4 versions are removed for good");
    assert_eq!(fact(&summary, "photos to remove for good"), "2, 12 bytes");
    assert!(
        summary.notes[0].contains("2 versions of photos and 2 delete markers. It is the evidence"),
        "{summary:?}"
    );
    remove(&world, &plan).await;
    assert_eq!((world.fake.read("k0002").unwrap(), world.fake.read("new")), (b"good 2".to_vec(), None));
    assert!(!world.fake.state().keys.contains_key("new"));
    target.prefix = "k".to_owned();
    assert_eq!(world.plan(&target).await.unwrap().0.typed.as_deref(), Some("k"));

    world.fake.state().lock = true;
    assert!(refused(world.plan(&target).await.unwrap_err()).contains("Object Lock is on"));
    target.method = Method::Undelete;
    assert!(world.plan(&target).await.is_ok(), "markers are not locked");
    world.fake.state().lock = false;
    world.fake.state().versioning = Versioning::Suspended;
    for method in [Method::Undelete, Method::Rewind] {
        target.method = method;
        assert!(
            refused(world.plan(&target).await.unwrap_err()).contains("versioning of bucket photos is not on")
        );
    }
}

#[tokio::test]
async fn photos_come_back_beside() {
    let world = World::new();
    let fake = &world.fake;
    for key in ["a/gone", "a/kept", "a/odd", "a/out", "a/same"] {
        fake.put(key, key.as_bytes());
    }
    let before = fake.now();
    fake.pass(10);
    fake.delete("a/gone");
    fake.put("a/new", b"new");
    fake.put("b/same", b"a/same");
    fake.put("b/odd", b"another");
    fake.put("b/alone", b"alone");
    fake.put("b/out", b"out");
    fake.put("b/kept", b"kept");
    let marker = fake.delete("b/kept");
    fake.pass(10);
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    (target.prefix, target.target_prefix) = ("a/".to_owned(), Some("b/".to_owned()));
    target.exclude = vec!["a/out".to_owned()];
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "3 photos come back");
    assert!(summary.notes[1].contains("are read in a/ in bucket photos and copied into b/ in bucket photos"));
    let items = items(&plan);
    let said: Vec<_> = items.iter().map(|i| (i["key"].as_str().unwrap(), i["guard"].to_string())).collect();
    let odd = fake.state().keys["b/odd"][0].etag.clone();
    let there = format!("{{\"is\":\"{odd}\"}}");
    let absent = "\"absent\"".to_owned();
    assert_eq!(said, [("a/gone", absent.clone()), ("a/kept", absent), ("a/odd", there)]);
    assert_eq!((&items[0]["over"], items[1]["over"].as_str()), (&Value::Null, Some(&marker.id[..])));
    assert!(items[0]["becomes"].as_str().unwrap().ends_with("as b/gone"));
    assert_eq!((fact(&summary, "left out"), fact(&summary, "left out, and there now")), ("1", "1"));
    assert_eq!((fact(&summary, "new since then, left as they are"), fact(&summary, "untouched")), ("1", "1"));
    target.extra = Extra::Delete;
    let hides = world.plan(&target).await.unwrap().1;
    assert!(hides.contains("\"key\":\"a/alone\",\"op\":\"hide\""), "{hides}");
    for (prefix, start) in [("", "b/"), ("a/b/", "a/")] {
        (target.prefix, target.target_prefix) = (prefix.to_owned(), Some(start.to_owned()));
        assert!(
            refused(world.plan(&target).await.unwrap_err()).contains("among those that they are taken from")
        );
    }
}

/// A replica beside the bucket that it was made of.
struct Two {
    bucket: Arc<Fake>,
    replica: Arc<Fake>,
}

impl Two {
    fn of(&self, bucket: &str) -> &Fake {
        if bucket == BUCKET { &self.bucket } else { &self.replica }
    }
}

#[async_trait]
impl PhotoStore for Two {
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError> {
        self.of(bucket).bucket(bucket).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        self.of(bucket).list_versions(bucket, prefix, after, limit).await
    }

    async fn copy_version(&self, _: &str, _: &CopyVersion) -> Result<Receipt, PortError> {
        unreachable!("planning only reads")
    }

    async fn put_marker(&self, _: &str, _: &str, _: &str) -> Result<Receipt, PortError> {
        unreachable!("planning only reads")
    }

    async fn remove_versions(&self, _: &str, _: &[(String, VersionId)]) -> Result<Removed, PortError> {
        unreachable!("planning only reads")
    }

    async fn thaw(
        &self,
        _: &str,
        _: &str,
        _: &VersionId,
        _: Tier,
        _: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        unreachable!("planning only reads")
    }

    async fn thawing(&self, _: &str, _: &str, _: &VersionId) -> Result<Thawing, PortError> {
        unreachable!("planning only reads")
    }

    async fn current(&self, bucket: &str, key: &str) -> Result<Option<Current>, PortError> {
        self.of(bucket).current(bucket, key).await
    }

    async fn digest(&self, bucket: &str, key: &str, version: &VersionId) -> Result<ContentDigest, PortError> {
        self.of(bucket).digest(bucket, key, version).await
    }

    async fn described(&self, bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError> {
        self.of(bucket).described(bucket, key, version).await
    }
}

/// What was removed for good here is still in the replica, or in what AWS Backup restored: that one never had to keep
/// old versions.
#[tokio::test]
async fn photos_come_back_from_another_bucket() {
    for (versioning, kms) in
        [(Versioning::Enabled, false), (Versioning::Enabled, true), (Versioning::Never, false)]
    {
        let mut world = World::new();
        let replica = Fake::new();
        replica.state().versioning = versioning;
        for key in ["a", "b", "c", "d"] {
            let good = replica.put(key, key.as_bytes());
            // The same bytes under another entity tag, as KMS gives them.
            let here = world.fake.put(key, key.as_bytes());
            if kms {
                world.fake.state().keys.get_mut(key).unwrap()[0].etag = format!("{:032x}", here.seq);
                (world.fake.state().kms, replica.state().kms) = (true, true);
            }
            assert_eq!(good.etag, here.etag);
        }
        world.fake.pass(10);
        replica.pass(10);
        world.fake.state().keys.remove("a");
        world.fake.put("b", b"encrypted");
        world.fake.delete("c");
        world.fake.pass(10);
        let mut target = world.target(world.fake.now() - 15, Extra::Leave, Ties::Leave);
        target.source_bucket = Some("replica".to_owned());
        world.ports.photos = Arc::new(Two { bucket: world.fake.clone(), replica: replica.clone() });
        let (summary, plan) = world.plan(&target).await.unwrap();
        assert_eq!(summary.headline, "3 photos come back", "{plan}");
        let found = items(&plan);
        let said: Vec<_> = found.iter().map(|i| (i["key"].as_str().unwrap(), i["over"].is_null())).collect();
        assert_eq!(said, [("a", true), ("b", false), ("c", false)]);
        for item in &found {
            let version = item["version"].as_str().unwrap();
            let of = &replica.state().keys[item["key"].as_str().unwrap()][0].id;
            assert_eq!(version, of, "the version is the replica's");
        }
        let survey = world.survey(&target).await.unwrap();
        assert_eq!((&survey.outputs["deleted"][..], &survey.outputs["untouched"][..]), ("2", "1"));
    }
}

#[tokio::test]
async fn what_a_file_lists_is_left_out_and_proven() {
    let (world, before) = damaged(3, 2);
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(b"# gone\nk0000\nk0003*\n").unwrap();
    let mut target = world.target(before, Extra::Leave, Ties::Leave);
    target.exclude_file = Some(file.path().to_str().unwrap().to_owned());
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "3 photos come back");
    assert_eq!(rows(&summary, "left out by exclusion"), [row("k0003", 1, 9), row("single keys", 1, 0)]);
    let header: Value = serde_json::from_str(plan.lines().next().unwrap()).unwrap();
    assert_eq!(header["exclusions"]["entries"], 2);
    let digest = header["exclusions"]["sha256"].as_str().unwrap();
    assert_eq!(fact(&summary, "left out by"), format!("2 entries, SHA-256 {digest}"));
    let survey = world.survey(&target).await.unwrap();
    assert!(survey.facts.iter().any(|fact| fact.label == "left out, and there now" && fact.value == "1"));
    let verified = world.verify(&target).await;
    assert!(verified.facts.iter().any(|fact| fact.label == "left out" && fact.value == "2"), "{verified:?}");
    drop(file);
    assert!(refused(world.plan(&target).await.unwrap_err()).contains("the list of what is left out"));
}

/// Whether what a key was may have been destroyed without a trace.
fn doubted(entries: &[Entry], at: i64) -> bool {
    let unversioned = entries.iter().any(|entry| entry.id == "null" && entry.modified > at);
    // Of one second, a listing tells which entry is current and not which is the oldest.
    let Some(oldest) = entries.last().map(|entry| entry.modified).filter(|oldest| *oldest > at) else {
        return unversioned;
    };
    let second = entries.iter().skip(usize::from(entries.len() > 1)).filter(|entry| entry.modified == oldest);
    unversioned || second.into_iter().any(|entry| entry.content.is_none())
}

async fn plans_hold(setting: super::histories::Setting, excluded: usize) {
    let world = World::new();
    let seconds = play(&world, &setting);
    let (&at, truth) = seconds.iter().nth(setting.at.index(seconds.len())).unwrap();
    {
        let mut state = world.fake.state();
        (state.page, state.ignores_limit, state.kms) = (setting.page, setting.ignores_limit, setting.kms);
    }
    let out = KEYS[excluded];
    for method in [Method::Copy, Method::Undelete, Method::Rewind] {
        let mut target = Target { method, ..world.target(at, setting.extra, Ties::Leave) };
        target.exclude = vec![out.to_owned()];
        let before = world.fake.state().keys.clone();
        let planned = world.plan(&target).await;
        assert_eq!(before, world.fake.state().keys, "planning only reads");
        let (_, plan) = match planned {
            Ok(planned) => planned,
            Err(Failure::Refused { .. }) => continue,
            Err(other) => panic!("{other}"),
        };
        assert!(items(&plan).iter().all(|item| !item["key"].as_str().unwrap().starts_with(out)), "{plan}");
        let alone = Target { max_in_flight: Some(1), ..target };
        assert_eq!(items(&plan), items(&world.plan(&alone).await.unwrap().1), "one lister finds the same");
        if method == Method::Copy {
            continue;
        }
        remove(&world, &plan).await;
        let after = world.fake.state().keys.clone();
        let left: Vec<_> = items(&plan).into_iter().filter(|item| item["op"] != "remove").collect();
        for key in KEYS {
            let (was, is) = (before.get(key), after.get(key));
            let alone = left.iter().any(|item| item["key"] == key);
            if alone || key.starts_with(out) {
                assert_eq!(was, is, "{key} was to be left alone");
                assert!(
                    !alone
                        || method == Method::Undelete
                        || tied(&before[key], at)
                        || doubted(&before[key], at)
                );
                continue;
            }
            // What a write without versioning destroyed is warned of, and nobody can bring it back.
            let destroyed = |then: &Entry| was.is_some_and(|entries| !entries.contains(then));
            if method == Method::Undelete && truth.get(key).is_some_and(destroyed) {
                continue;
            }
            let then = truth.get(key).filter(|then| was.is_some_and(|entries| entries.contains(then)));
            if method == Method::Rewind && was.is_some_and(|entries| doubted(entries, at)) {
                assert_eq!(was, is, "{key} may be all that is left");
            } else if method == Method::Rewind {
                assert!(is.is_none_or(|entries| entries.iter().all(|e| e.modified <= at)), "{key}");
                assert!(
                    is.map(|entries| &entries[0]) == then || setting.unversioned_at_first || then.is_none()
                );
            } else if let Some(content) = then.and_then(|then| then.content.clone()) {
                assert_eq!(is.and_then(|entries| entries[0].content.clone()), Some(content), "{key}");
            } else {
                assert_eq!(was, is, "{key} was no photo");
            }
        }
        world.fake.state().keys = before;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_plan_touches_what_is_left_out_or_older(setting in setting(), excluded in 0..KEYS.len()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(plans_hold(setting, excluded));
    }
}
