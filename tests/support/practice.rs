//! The practice range inside the test, where the window and the command line find it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use jiff::Timestamp;
use range::data::Digest;
use range::rds::{Behind as _, Instance};
use range::{Faults, Range, RangeOptions, Scenario, Snapshot, VersionId};

/// A range with a scenario on it, and what it held before anybody restored anything.
pub(crate) struct Practice {
    pub(crate) range: Range,
    before: Vec<Snapshot>,
}

impl Practice {
    /// Starts one with the mass deletion on it and leaves word of it in the data directory `home`, as `lifeboat range` does.
    pub(crate) fn start(home: &Path) -> Self {
        Self::of(home, "mass-deletion")
    }

    /// The same with another scenario.
    pub(crate) fn of(home: &Path, scenario: &str) -> Self {
        Self::at_speed(home, scenario, None)
    }

    /// The same, so many times as fast as RDS.
    pub(crate) fn at_speed(home: &Path, scenario: &str, speed: Option<f64>) -> Self {
        let scenario = Some(Scenario::load(scenario).unwrap());
        let range = Range::start(RangeOptions { scenario, speed, ..RangeOptions::default() }).unwrap();
        fs::write(home.join("range.json"), serde_json::to_string(range.ready()).unwrap()).unwrap();
        let before = range.store().snapshot();
        Self { range, before }
    }

    /// A moment when all was well.
    pub(crate) fn all_was_well(&self) -> Timestamp {
        self.range.ready().before_damage.unwrap()
    }

    /// Makes every request wait, so that there is a middle to do something in.
    pub(crate) fn slow(&self, latency_ms: u64) {
        self.range.set_faults(Faults { latency_ms, ..Faults::default() });
    }

    /// Stops it; what another one on the same port needs is returned.
    pub(crate) fn stop(self) -> (u16, Option<Scenario>) {
        let port = self.range.endpoint().rsplit(':').next().unwrap().parse().unwrap();
        (port, Some(Scenario::load("mass-deletion").unwrap()))
    }

    /// What an instance of the Portal DB holds.
    pub(crate) fn rows(&self, instance: &Instance) -> Digest {
        let servers = self.range.servers().unwrap();
        servers.digest(servers.port(instance.database.unwrap()).unwrap()).unwrap()
    }

    /// How many photos have come back so far.
    pub(crate) fn back(&self) -> usize {
        self.range.store().snapshot().len() - self.before.len()
    }

    /// How many photos of the good moment don't read as they did then.
    pub(crate) fn lost(&self) -> usize {
        let (at, now) = (self.all_was_well(), self.range.store().snapshot());
        let now = histories(&now);
        let is_lost = |(key, was): &(&str, Vec<&Snapshot>)| {
            then(was, at).is_some_and(|then| now[key][0].is_marker || now[key][0].bytes != then.bytes)
        };
        histories(&self.before).into_iter().filter(is_lost).count()
    }

    /// Panics unless every photo of the good moment reads as it did then, each of the `lost` ones gained one version
    /// and no other key any, and no version is gone.
    #[track_caller]
    pub(crate) fn is_restored_once(&self, lost: usize) {
        let at = self.all_was_well();
        let now = self.range.store().snapshot();
        let (before, after) = (histories(&self.before), histories(&now));
        let mut restored = 0;
        for (key, was) in &before {
            let is = &after[key];
            let kept: Vec<VersionId> = is.iter().map(|entry| entry.version.clone()).collect();
            assert!(was.iter().all(|entry| kept.contains(&entry.version)), "{key}: a version is gone");
            match then(was, at) {
                Some(then) if was[0].is_marker || was[0].bytes != then.bytes => {
                    restored += 1;
                    assert_eq!(is.len(), was.len() + 1, "{key} was to come back once");
                    assert_eq!(is[0].bytes, then.bytes, "{key} has the wrong bytes");
                    assert_eq!((&is[0].attributes, &is[0].tags), (&then.attributes, &then.tags), "{key}");
                }
                _ => assert_eq!(is.len(), was.len(), "{key} was to be left alone"),
            }
        }
        assert_eq!(before.len(), after.len(), "there are keys that nobody asked for");
        assert_eq!(restored, lost, "photos that came back");
    }
}

/// The photo that a key was at a moment, of its entries, newest first.
fn then<'s>(was: &[&'s Snapshot], at: Timestamp) -> Option<&'s Snapshot> {
    was.iter().copied().find(|entry| entry.last_modified <= at).filter(|entry| !entry.is_marker)
}

/// Every key's entries, newest first.
fn histories(snapshot: &[Snapshot]) -> BTreeMap<&str, Vec<&Snapshot>> {
    let mut keys: BTreeMap<&str, Vec<&Snapshot>> = BTreeMap::new();
    for entry in snapshot {
        keys.entry(&entry.key).or_default().push(entry);
    }
    keys
}
