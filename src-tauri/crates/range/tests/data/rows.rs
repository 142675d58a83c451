//! The rows fit the photos, the environment's checks, and the story.

use std::collections::{BTreeMap, BTreeSet};

use action::Environment;
use jiff::Timestamp;
use range::Range;
use range::rds::Behind as _;

use crate::support::{AWAY, DOWN, HOME, MIGRATED, bases, play, primary, restored, rows};

/// The photos that the bucket showed at a moment: key, bytes, MD5.
fn bucket(range: &Range, at: Timestamp) -> BTreeSet<[String; 3]> {
    let mut newest = BTreeMap::new();
    // Newest first within a key.
    for version in range.store().snapshot().into_iter().filter(|version| version.last_modified <= at) {
        newest.entry(version.key.clone()).or_insert(version);
    }
    let there = newest.into_values().filter(|version| !version.is_marker);
    there.map(|version| [version.key, version.bytes.len().to_string(), version.etag]).collect()
}

fn named(port: u16) -> BTreeSet<[String; 3]> {
    let photos = Environment::practice("").database.unwrap().photos.unwrap();
    rows(port, &photos).into_iter().map(|row| row.try_into().unwrap()).collect()
}

#[test]
fn photos_are_those_of_the_bucket_at_every_moment() {
    let range = &*MIGRATED;
    let servers = range.servers().unwrap();
    let primary = primary(range);
    let start = *range.database_digests().keys().last().unwrap();
    let now = named(primary);
    assert!((1900..2000).contains(&now.len()), "{}", now.len());
    assert!(now.iter().any(|[key, ..]| key.contains("写真")));
    assert_eq!(now, bucket(range, start));
    // Two days ago, in the middle of the window: some photos have come, gone and changed since.
    let (taken, oldest) = bases(range)[0];
    let (database, port) = restored(range, oldest, None);
    let then = named(port);
    servers.stop(database);
    assert_ne!(then, now);
    assert_eq!(then, bucket(range, taken));
    let lineage = rows(primary, "SELECT COUNT(*) FROM photos WHERE original_id IS NOT NULL");
    assert!(lineage[0][0].parse::<u32>().unwrap() > 300, "{lineage:?}");
}

#[test]
fn the_checks_pass_before_the_damage_and_one_fails_after_it() {
    let range = &*MIGRATED;
    let checks = Environment::practice("").database.unwrap().checks;
    let failing = |port: u16| {
        let failed = checks.iter().filter(|check| rows(port, &check.query)[0][0] != check.expect);
        failed.map(|check| check.name.as_str()).collect::<Vec<_>>()
    };
    let servers = range.servers().unwrap();
    let primary = primary(range);
    assert_eq!(failing(primary), ["printed card records without a badge number"]);
    let (database, port) = restored(range, bases(range)[0].1, range.ready().before_damage);
    assert_eq!(failing(port), [""; 0]);
    let counts = rows(port, "SELECT state, COUNT(*) FROM card_records GROUP BY state ORDER BY state");
    servers.stop(database);
    let counts: Vec<u32> = counts.iter().map(|row| row[1].parse().unwrap()).collect();
    assert_eq!(counts.len(), 4);
    assert!(counts.iter().sum::<u32>() > 20_000 && counts.iter().all(|count| *count > 500), "{counts:?}");
}

#[test]
fn something_was_committed_in_each_of_the_last_ninety_minutes() {
    let range = &*MIGRATED;
    let servers = range.servers().unwrap();
    let (_, base) = *bases(range).last().unwrap();
    let (database, port) = restored(range, base, None);
    let newest = rows(port, "SELECT UNIX_TIMESTAMP(MAX(changed_at)) FROM card_records");
    servers.stop(database);
    let taken = bases(range).last().unwrap().0;
    assert!(taken.as_second() - newest[0][0].parse::<i64>().unwrap() <= 120, "the snapshot is fresh");
    let digests = range.database_digests();
    let start = *digests.keys().last().unwrap();
    let last = &digests[&start].tables["card_records"].newest;
    let last: jiff::civil::DateTime = last.parse().unwrap();
    let last = jiff::tz::TimeZone::UTC.to_timestamp(last).unwrap();
    assert!(start.duration_since(last).as_secs() <= 120, "{last}");
}

#[test]
fn an_obliterated_organization_is_among_what_a_restore_brings_back() {
    let range = &*DOWN;
    let obliteration = Environment::practice("").database.unwrap().obliteration.unwrap();
    let left = |at: Timestamp| {
        let (database, port) = restored(range, bases(range)[0].1, Some(at));
        let count = |statement: &String| {
            let statement = statement.replace(":organization", "'ORG-1007'");
            rows(port, &statement)[0][0].parse::<u32>().unwrap()
        };
        let left: Vec<u32> = obliteration.count.iter().map(count).collect();
        let orphans = rows(port, &Environment::practice("").database.unwrap().checks[0].query);
        assert_eq!(orphans, [["0"]]);
        range.servers().unwrap().stop(database);
        left
    };
    let back = left(range.ready().before_damage.unwrap());
    assert!(back[0] > 50 && back[1] > 500 && back[2] == 3 && back[3] == 1, "{back:?}");
    let latest = range.rds().automated_backups(HOME)[0].latest.unwrap();
    assert_eq!(left(latest), [0; 4]);
    assert!(!range.store().snapshot().iter().any(|version| version.key.contains("cedar-clinic")));
}

#[test]
fn a_lost_region_leaves_what_lies_in_the_other() {
    let range = play("region-lost");
    let rds = range.rds();
    assert_eq!((rds.instances(HOME).len(), rds.instances(AWAY).len()), (0, 0));
    assert_eq!(rds.snapshots(AWAY).len(), 1);
    let backups = rds.automated_backups(AWAY);
    let [backups] = backups.as_slice() else { panic!("{backups:?}") };
    assert_eq!(backups.source_region, HOME);
    assert!(range.ready().before_damage.unwrap() < backups.latest.unwrap());
}

#[test]
fn a_dropped_table_is_missing_and_the_others_go_on() {
    let range = play("dropped-table");
    let digests = range.database_digests();
    let (before, now) = (range.ready().before_damage.unwrap(), *digests.keys().last().unwrap());
    assert!(digests[&before].tables.contains_key("photos") && !digests[&now].tables.contains_key("photos"));
    assert!(digests[&now].tables["card_records"].newest > digests[&before].tables["card_records"].newest);
}
