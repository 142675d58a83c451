//! The shipped scenarios, judged by what the store holds.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use range::{Faults, Range, RangeOptions, Scenario, ScenarioError, Snapshot, scenario};

const START: &str = "2026-11-24T10:00:30.5Z";

fn play(name: &str) -> (Range, BTreeMap<String, Vec<Snapshot>>) {
    let start: Timestamp = START.parse().unwrap();
    let scenario = Some(Scenario::load(name).unwrap());
    let range = Range::start(RangeOptions { scenario, clock: Arc::new(move || start), port: 0 }).unwrap();
    let mut keys: BTreeMap<String, Vec<Snapshot>> = BTreeMap::new();
    for version in range.store().snapshot() {
        keys.entry(version.key.clone()).or_default().push(version);
    }
    (range, keys)
}

/// What a key was at a moment: its newest version then.
fn at(versions: &[Snapshot], moment: Timestamp) -> Option<&Snapshot> {
    versions.iter().find(|v| v.last_modified <= moment)
}

#[test]
fn the_seed_is_ninety_days_of_distinct_photos() {
    let (range, keys) = play("mass-deletion");
    let start: Timestamp = START.parse().unwrap();
    let before = range.ready().before_damage.unwrap();
    let age = |v: &Snapshot| start.duration_since(v.last_modified);
    let seeded: Vec<_> = keys.values().flatten().filter(|v| v.last_modified <= before).collect();
    assert!(seeded.iter().all(|v| age(v) >= SignedDuration::from_hours(3)));
    assert!(seeded.iter().any(|v| age(v) > SignedDuration::from_hours(80 * 24)));
    let originals: Vec<_> = keys.values().map(|versions| versions.last().unwrap()).collect();
    assert_eq!(originals.iter().filter(|v| v.last_modified <= before).count(), 2000);
    let distinct: HashSet<_> = originals.iter().map(|v| &v.etag).collect();
    assert_eq!(distinct.len(), originals.len());
    for photo in keys.values().flatten().filter(|v| !v.is_marker) {
        assert!(photo.bytes.starts_with(&[0xFF, 0xD8]) && photo.bytes.ends_with(&[0xFF, 0xD9]));
        assert_eq!(photo.attributes.content_type.as_deref(), Some("image/jpeg"));
        assert!((1000..8000).contains(&photo.bytes.len()), "{}", photo.bytes.len());
    }
    let edited = keys.values().filter(|vs| vs.iter().filter(|v| !v.is_marker).count() > 1).count();
    assert!((240..400).contains(&edited), "{edited}");
    let gone = keys.values().filter(|vs| at(vs, before).is_some_and(|v| v.is_marker)).count();
    assert!((25..90).contains(&gone), "{gone}");
    let null = keys.values().flatten().filter(|v| v.version.is_null()).count();
    assert_eq!(null, 40);
    assert!(keys.values().flatten().any(|v| !v.tags.is_empty()));
    for odd in [" ", "+", "%", "写", "ñ", "&"] {
        assert!(keys.keys().any(|key| key.contains(odd)), "{odd}");
    }
}

#[test]
fn the_clean_up_script_deleted_612_and_nothing_else() {
    let (range, keys) = play("mass-deletion");
    let before = range.ready().before_damage.unwrap();
    assert_eq!(before.to_string(), "2026-11-24T09:19:00Z");
    let (mut deleted, mut untouched, mut new) = (0, 0, 0);
    for versions in keys.values() {
        match (at(versions, before), &versions[0]) {
            (Some(good), now) if good.version == now.version => untouched += 1,
            (Some(good), now) => {
                assert!(now.is_marker && !good.is_marker);
                deleted += 1;
            }
            (None, now) => {
                assert!(!now.is_marker);
                new += 1;
            }
        }
    }
    assert_eq!((deleted, untouched, new), (612, 1388, 7));
}

#[test]
fn ransomware_overwrote_some_deleted_others_and_left_a_note() {
    let (range, keys) = play("ransomware-overwrite");
    let before = range.ready().before_damage.unwrap();
    let (mut overwritten, mut deleted, mut new) = (0, 0, Vec::new());
    for (key, versions) in &keys {
        match (at(versions, before), &versions[0]) {
            (Some(good), now) if good.version == now.version => {}
            (Some(_), now) if now.is_marker => deleted += 1,
            (Some(_), now) => {
                assert_eq!(now.attributes.content_type.as_deref(), Some("application/octet-stream"));
                overwritten += 1;
            }
            (None, _) => new.push(key.as_str()),
        }
    }
    assert_eq!(deleted, 90);
    assert!((390..=480).contains(&overwritten), "{overwritten}");
    assert_eq!(new.len(), 6);
    assert!(new.contains(&"photos/READ_ME_TO_RECOVER.txt"));
}

#[test]
fn a_scenario_is_the_same_each_time() {
    assert_eq!(play("mass-deletion").1, play("mass-deletion").1);
}

#[test]
fn the_ready_line_has_what_others_need() {
    let (range, _) = play("mass-deletion");
    let ready = serde_json::to_value(range.ready()).unwrap();
    for path in [
        "/endpoints/s3",
        "/endpoints/sts",
        "/endpoints/rds",
        "/endpoints/kms",
        "/access_key_id",
        "/secret_access_key",
        "/region",
    ] {
        assert!(ready.pointer(path).unwrap().is_string(), "{path}");
    }
    assert_eq!(ready["account"], "000000000000");
    assert_eq!((&ready["bucket"], &ready["prefix"]), (&"veonics-photos".into(), &"photos/".into()));
    assert_eq!(ready["before_damage"], "2026-11-24T09:19:00Z");
    assert!(ready["database"].is_null());
    assert!(ready["endpoints"]["portal"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    assert_eq!(ready["scenario"]["runbook"], "restore-badge-photos");
    assert_eq!(ready["scenario"]["id"], "mass-deletion");
    let briefing = ready["scenario"]["briefing"].as_str().unwrap();
    assert!(briefing.contains("good at 2026-11-24 09:19 UTC"), "{briefing}");
    let empty = Range::start(RangeOptions::default()).unwrap();
    assert!(empty.ready().scenario.is_none() && empty.store().snapshot().is_empty());
}

#[test]
fn every_shipped_scenario_plays() {
    for name in scenario::names() {
        let scenario = Scenario::load(name).unwrap();
        assert_eq!(scenario.id, name);
        // Those with a database are played in tests/data.
        if scenario.database.is_none() {
            Range::start(RangeOptions { scenario: Some(scenario), ..RangeOptions::default() }).unwrap();
        }
    }
}

#[test]
fn a_database_section_says_what_is_wrong_with_it() {
    let text = std::fs::read_to_string(
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../runbooks/exercises/portal-down.yaml"),
    );
    let text = text.unwrap();
    for (from, to, says) in [
        ("kind: automated", "kind: daily", "portal-down.yaml:"),
        ("kind: automated, at: -160h", "kind: manual, at: -160h", "older than the oldest automated one"),
        ("at: -160h", "at: -200h", "seven days"),
        ("at: -58m", "at: -3h", "within the two hours"),
        ("at: -58m", "at: -29m", "not in the order"),
        ("organisation: cedar-clinic", "organisation: nobody", "organisation \"nobody\""),
        ("database:", "database:\n  cards: 0", "between 1 and 200000"),
        ("database:", "database:\n  speed: 0", "more than 0"),
    ] {
        let changed = text.replace(from, to);
        assert_ne!(changed, text);
        let message = Scenario::parse(&changed, Path::new("portal-down.yaml")).unwrap_err().to_string();
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_good_moment_lies_within_what_is_left_of_a_deleted_instance() {
    let start: Timestamp = START.parse().unwrap();
    let deleted = Scenario::load("instance-deleted").unwrap();
    // Deleted at 09:30:30: the logs up to 09:30 were put away.
    assert_eq!(deleted.outage(start).unwrap().to_string(), "2026-11-24T09:30:30.5Z");
    assert_eq!(deleted.before_damage(start).unwrap().to_string(), "2026-11-24T09:29:00Z");
    let migration = Scenario::load("bad-migration").unwrap();
    assert!(
        migration.briefing(start).contains("since\n2026-11-24 09:20:30 UTC"),
        "{}",
        migration.briefing(start)
    );
    assert_eq!(migration.before_damage(start).unwrap().to_string(), "2026-11-24T09:19:00Z");
}

const SMALL: &str = "id: small
title: Small
briefing: At ${before_damage}.
objectives: { rto: 1h, rpo: 1h }
seed: { photos: 10, organisations: [one] }
damage:
  - delete: { at: -10m, count: 2 }
faults: { latency_ms: 1, copies: { every: 2, error: InternalError }, denied_keys: [photos/x] }
";

#[test]
fn a_file_can_have_faults_and_says_where_it_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("small.yaml");
    std::fs::write(&path, SMALL).unwrap();
    let scenario = Scenario::load(path.to_str().unwrap()).unwrap();
    assert_ne!(scenario.faults, Faults::default());
    let parse = |from: &str, to: &str| {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL);
        Scenario::parse(&text, Path::new("small.yaml")).unwrap_err().to_string()
    };
    for (from, to, says) in [
        ("photos: 10", "photo: 10", "small.yaml:5:9: "),
        ("count: 2", "count: two", "small.yaml:7:"),
        ("-10m", "soon", "\"soon\" is not a time such as -40m"),
        ("-10m", "10m", "is not within the two hours before the start"),
        ("-10m", "-3h", "is not within the two hours before the start"),
        ("- delete", "- destroy", "small.yaml:7:"),
        ("count: 2", "count: 2, organisations: [two]", "organisation \"two\""),
        ("photos: 10", "photos: 0", "between 1 and 50000"),
        ("InternalError", "Slow", "small.yaml:8:"),
    ] {
        let message = parse(from, to);
        assert!(message.contains(says), "{message}");
    }
    assert!(matches!(Scenario::load("nothing"), Err(ScenarioError::Unknown { .. })));
    assert!(matches!(Scenario::load("./nothing.yaml"), Err(ScenarioError::Read { .. })));
    let greedy = Scenario::parse(&SMALL.replace("count: 2", "count: 200"), &path).unwrap();
    let error =
        Range::start(RangeOptions { scenario: Some(greedy), ..RangeOptions::default() }).err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert!(cause.contains("step 1 strikes 200 photos"), "{cause}");
}
