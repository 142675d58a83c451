use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::database::rows_fake::{Databases, Db};
use crate::photos::fake::{BUCKET, World};
use crate::photos::{Extra, Ties};
use crate::plan::Verdict;
use crate::port::PortErrorKind;

fn named(key: &str, size: Option<u64>, etag: Option<&str>) -> NamedPhoto {
    NamedPhoto { key: key.to_owned(), size, etag: etag.map(str::to_owned) }
}

/// A bucket and a database that agree on `p/a` and `p/b`, by key, size and MD5.
fn world() -> (World, Arc<Databases>) {
    let (world, databases) = Databases::world();
    let mut photos = Vec::new();
    for key in ["p/a", "p/b"] {
        let entry = world.fake.put(key, key.as_bytes());
        photos.push(named(key, Some(3), Some(&entry.etag.to_uppercase())));
    }
    databases.add("restored", &[], Db { photos, ..Db::default() });
    (world, databases)
}

fn params() -> Reconcile {
    Reconcile {
        bucket: BUCKET.to_owned(),
        prefix: "p/".to_owned(),
        instance: "restored".to_owned(),
        region: None,
    }
}

async fn run(world: &World) -> (Result<Outcome, Failure>, String) {
    let mut evidence = Vec::new();
    let outcome = reconcile(&params(), &world.cx(), &mut evidence).await;
    (outcome, String::from_utf8(evidence).unwrap())
}

fn names(databases: &Databases, photo: NamedPhoto) {
    databases.with("restored", |_, of| {
        of.photos.push(photo);
        of.photos.sort();
    });
}

fn counts(outcome: &Outcome) -> [&str; 4] {
    ["matched", "missing", "orphaned", "different"].map(|name| &outcome.outputs[name][..])
}

#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let (world, _) = world();
    let (params, cx) = (params(), world.cx());
    is_send(&reconcile(&params, &cx, &mut Vec::new()));
}

#[tokio::test]
async fn two_that_agree_pass() {
    let (world, _) = world();
    let (outcome, evidence) = run(&world).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.verdict, counts(&outcome)), (Verdict::Passed, ["2", "0", "0", "0"]));
    assert_eq!(outcome.headline, "2 photos that the database names are in p/ in bucket photos");
    assert_eq!((outcome.notes.len(), evidence.as_str()), (0, ""));
}

#[tokio::test]
async fn each_kind_is_counted_and_told_of() {
    let (world, databases) = world();
    world.fake.delete("p/b");
    world.fake.put("p/orphan", b"x");
    world.fake.put("p/was", b"x");
    world.fake.delete("p/was");
    world.fake.put("q/other", b"x");
    world.fake.put("p/resized", b"xx");
    world.fake.put("p/rewritten", b"yyy");
    names(&databases, named("p/gone", Some(1), None));
    names(&databases, named("p/resized", Some(3), None));
    names(&databases, named("p/rewritten", Some(3), Some(&"0".repeat(32))));
    names(&databases, named("q/other", None, None));
    names(&databases, named("p/a", Some(3), None));
    let (outcome, evidence) = run(&world).await;
    let outcome = outcome.unwrap();
    assert_eq!((outcome.verdict, counts(&outcome)), (Verdict::Failed, ["1", "2", "1", "2"]));
    assert_eq!(
        outcome.headline,
        "2 of 5 photos that the database names are missing from p/ in bucket photos, 2 different"
    );
    let lines: Vec<_> = evidence.lines().collect();
    let expected = [
        (r#""p/b""#, "missing, an older version exists"),
        (r#""p/gone""#, "missing"),
        (r#""p/orphan""#, "named by no row"),
        (r#""p/resized""#, "another size"),
        (r#""p/rewritten""#, "another checksum"),
        (r#""q/other""#, "outside of the prefix"),
    ];
    assert_eq!(lines.len(), expected.len(), "{evidence}");
    for (line, (key, result)) in lines.iter().zip(expected) {
        assert!(line.contains(key) && line.contains(&format!("\"result\":\"{result}\"")), "{line}");
    }
    let notes = outcome.notes.join("\n");
    for part in [
        "1 missing photo has an older version in the bucket: plan `photos.restore` with `named_by: restored`",
        "1 missing photo has no version left in the bucket",
        "2 photos are not what the database says",
        "1 photo is in the bucket and named by no row: left as they are",
        "1 photo that the database names is outside of p/ in bucket photos",
        "1 row names a photo that another row names too",
    ] {
        assert!(notes.contains(part), "{part}: {notes}");
    }
    let shown: Vec<_> = outcome.examples.iter().map(|example| &example.key[..]).collect();
    assert_eq!(shown, ["p/gone", "p/b", "p/resized", "p/rewritten", "q/other", "p/orphan"]);
    assert!(outcome.examples[2].now.contains("another size: 2 bytes, not 3 bytes"));
    assert_eq!(world.fake.state().writes, 0);
}

#[tokio::test]
async fn checksums_are_compared_only_where_both_are_md5s() {
    for (tag, kms, different, by_size) in [
        (Some("0".repeat(32)), false, "1", 0),
        (Some("0".repeat(32)), true, "0", 1),
        (Some("0".repeat(32) + "-2"), false, "0", 1),
        (Some("z".repeat(32)), false, "0", 1),
        (None, false, "0", 1),
    ] {
        let (world, databases) = world();
        world.fake.state().kms = kms;
        world.fake.put("p/c", b"ccc");
        names(&databases, named("p/c", Some(3), tag.as_deref()));
        let outcome = run(&world).await.0.unwrap();
        assert_eq!(outcome.outputs["different"], different, "{tag:?} {kms}");
        let said = outcome.notes.iter().any(|note| note.starts_with("1 photo was compared by size alone"));
        assert_eq!(said, by_size == 1, "{outcome:?}");
    }
    let (world, databases) = world();
    databases.with("restored", |_, of| of.photos.iter_mut().for_each(|p| (p.size, p.etag) = (None, None)));
    let outcome = run(&world).await.0.unwrap();
    assert!(outcome.notes[0].starts_with("2 photos were compared by key alone"), "{outcome:?}");
}

#[tokio::test]
async fn a_database_that_names_nothing_does_not_pass() {
    let (world, databases) = world();
    databases.with("restored", |_, of| of.photos.clear());
    let outcome = run(&world).await.0.unwrap();
    assert_eq!((outcome.verdict, counts(&outcome)), (Verdict::Failed, ["0", "0", "2", "0"]));
}

#[tokio::test]
async fn a_list_out_of_order_a_fault_and_a_stop_end_it() {
    let (world, databases) = world();
    databases.with("restored", |_, of| of.photos.reverse());
    let failure = run(&world).await.0.unwrap_err().to_string();
    assert!(
        failure.contains("the database's list of photos is out of order: \"p/a\" came after \"p/b\""),
        "{failure}"
    );
    databases.with("restored", |_, of| {
        of.photos.reverse();
        of.faults.insert("row".to_owned(), PortErrorKind::Limit);
    });
    let failure = run(&world).await.0.unwrap_err();
    assert!(matches!(failure, Failure::Port(error) if error.kind == PortErrorKind::Limit));
    databases.with("restored", |_, of| of.faults.clear());
    world.stop.store(true, Ordering::Relaxed);
    assert!(matches!(run(&world).await.0, Err(Failure::Stopped { .. })));
    let mut world = world;
    world.environment.database.as_mut().unwrap().photos = None;
    assert!(run(&world).await.0.unwrap_err().to_string().contains("does not say which photos"));
}

#[tokio::test]
async fn a_restore_by_name_brings_back_only_what_is_named_and_missing() {
    let (world, databases) = world();
    let fake = &world.fake;
    fake.put("p/unnamed", b"x");
    fake.put("p/overwritten", b"good");
    let before = fake.now();
    fake.pass(100);
    for key in ["p/b", "p/unnamed"] {
        fake.delete(key);
    }
    fake.put("p/overwritten", b"bad");
    fake.put("p/later", b"x");
    fake.delete("p/later");
    fake.pass(100);
    for key in ["p/overwritten", "p/never", "p/later", "q/elsewhere"] {
        names(&databases, named(key, None, None));
    }
    let mut target = world.target(before, Extra::Delete, Ties::Leave);
    target.prefix = "p/".to_owned();
    target.named_by = Some("restored".to_owned());
    let (summary, plan) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "1 photo comes back");
    assert!(plan.lines().next().unwrap().contains(r#""named_by":"restored""#), "{plan}");
    assert_eq!(plan.lines().count(), 3, "{plan}");
    let facts: Vec<_> = summary.facts.iter().map(|fact| format!("{}: {}", fact.label, fact.value)).collect();
    assert_eq!(
        facts,
        [
            "deleted since: 1",
            "there, or not named: left as they are: 3",
            "named by: restored",
            "to copy: 3 bytes",
            "requests: 1",
            "time: about 1 s",
            "cost: under 0.01 USD"
        ]
    );
    assert!(
        summary.warnings.iter().any(|w| w.starts_with("2 photos were named by the database but not there"))
    );
    assert_eq!(world.apply(&plan).await.0.unwrap().headline, "1 of 1 photo is back");
    assert_eq!((fake.read("p/b").unwrap(), fake.read("p/unnamed")), (b"p/b".to_vec(), None));
    assert_eq!(fake.read("p/overwritten").unwrap(), b"bad");
    assert_eq!(world.verify_plan(&plan).await.verdict, Verdict::Passed);
    let (summary, _) = world.plan(&target).await.unwrap();
    assert!(summary.headline.starts_with("No photo comes back: 2 photos were not there at"), "{summary:?}");
    databases.with("restored", |_, of| of.photos.retain(|p| !p.key.contains("er")));
    databases.with("restored", |_, of| of.photos.retain(|p| p.key != "p/never"));
    let (summary, _) = world.plan(&target).await.unwrap();
    assert_eq!(summary.headline, "Nothing to do: every photo that restored names is there");
}
