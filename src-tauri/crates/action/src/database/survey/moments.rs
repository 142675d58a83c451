//! The windows and the points of a survey, for its picture and its facts.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::Report;
use crate::body::write_line;
use crate::database::ground::{Key, called, copied_first, in_words, unfinished};
use crate::plan::{Fact, Failure, Point, Sink, Window};
use crate::port::{Instance, Snapshot};
use crate::words;

/// So many snapshots are listed among the facts; the picture has all of them.
const LISTED: usize = 12;

/// What is known of the keys, by region and name.
pub(super) type Keys = BTreeMap<(String, String), Key>;

impl Report<'_> {
    /// Looks at every key that something is encrypted with.
    pub(super) async fn keys(&mut self, evidence: Sink<'_>) -> Result<Keys, Failure> {
        let mut keys = Keys::new();
        for region in &self.ground.regions {
            let instance = region.living().and_then(|is| is.kms_key.as_ref());
            let backups = region.backups.iter().flatten().filter_map(|backup| backup.kms_key.as_ref());
            let snapshots =
                region.snapshots.iter().flatten().filter_map(|snapshot| snapshot.kms_key.as_ref());
            for key in instance.into_iter().chain(backups).chain(snapshots) {
                let place = (region.name.clone(), key.clone());
                if keys.contains_key(&place) {
                    continue;
                }
                let found = Key::look(&region.name, key, self.cx).await?;
                let (fact, danger) = match &found {
                    Key::Good(state) => (state.state.clone(), None),
                    Key::Bad(why, next) => (why.clone(), Some(format!("In {}, {why}. {next}", region.name))),
                    Key::Unknown(why) => (format!("not known: {why}"), None),
                };
                write_line(
                    &json!({"seen": "key", "region": region.name, "key": key, "is": fact}),
                    &mut *evidence,
                )?;
                self.facts.push(Fact::new(&format!("key {key}"), fact));
                self.notes.extend(danger);
                keys.insert(place, found);
            }
        }
        Ok(keys)
    }

    /// The spans that can be gone back to; those whose key can't be used are left out, with a note.
    pub(super) fn windows(&mut self, keys: &Keys) {
        for region in &self.ground.regions {
            for reach in region.reaches() {
                let lost = self.loses(reach.latest);
                let of = format!("{} (its newest moment loses {lost})", reach.span());
                self.facts.push(Fact::new(&reach.words, of));
                let key = reach.key.as_ref().and_then(|key| keys.get(&(region.name.clone(), key.clone())));
                if let Some(Key::Bad(why, _)) = key {
                    self.notes.push(format!("The {} can't be used: {why}.", reach.words));
                    continue;
                }
                let earliest = match (reach.earliest, region.living()) {
                    (Some(earliest), _) => earliest,
                    (None, Some(is)) => {
                        self.notes.push(format!(
                            "How far back the {} reach is not known; by its settings it is {}.",
                            reach.words,
                            words::of(is.settings.backup_days.into(), "day", "days")
                        ));
                        by_settings(is, reach.latest)
                    }
                    (None, None) => continue,
                };
                self.moments.windows.push(Window {
                    earliest,
                    latest: reach.latest,
                    of: reach.words,
                    with: with("point_in_time", &region.name),
                });
            }
        }
    }

    /// The snapshots, each with its age and what would be lost.
    pub(super) fn points(&mut self, keys: &Keys) {
        let all = self.ground.regions.iter().flat_map(|region| region.snapshots.iter().flatten());
        let mut all: Vec<&Snapshot> = all.collect();
        all.sort_by_key(|snapshot| std::cmp::Reverse(snapshot.taken));
        let (mut listed, mut unfinished) = (0, 0);
        for snapshot in all {
            let key = snapshot.kms_key.as_ref();
            let key = key.and_then(|key| keys.get(&(snapshot.region.clone(), key.clone())));
            let hindered = self.hindered(snapshot, key);
            let Some(at) = snapshot.taken else {
                unfinished += 1;
                self.facts.push(Fact::new(&in_words(snapshot), hindered.unwrap_or_default()));
                continue;
            };
            let loses = self.loses(at);
            listed += 1;
            if listed <= LISTED {
                let mut value =
                    format!("{}, {} old, loses {loses}", words::time(at), words::span(at, self.cx.now));
                value.push_str(if snapshot.encrypted { ", encrypted" } else { ", not encrypted" });
                if let Some(why) = &hindered {
                    value.push_str(&format!("; {why}"));
                }
                self.facts.push(Fact::new(&in_words(snapshot), value));
            }
            let mut with = with("snapshot", &snapshot.region);
            with.insert("snapshot".to_owned(), called(snapshot).to_owned());
            self.moments.points.push(Point { at, of: in_words(snapshot), loses, hindered, with });
        }
        if listed > LISTED {
            let more = words::of((listed - LISTED) as u64, "older snapshot", "older snapshots");
            self.facts.push(Fact::new("and", more));
        }
        if unfinished > 0 {
            self.notes.push(format!(
                "{} still being made: wait for {}, or choose another.",
                words::of(unfinished, "snapshot is", "snapshots are"),
                if unfinished == 1 { "it" } else { "them" }
            ));
        }
    }

    fn hindered(&self, snapshot: &Snapshot, key: Option<&Key>) -> Option<String> {
        if let Some(why) = unfinished(snapshot) {
            return Some(why);
        }
        if let Some(Key::Bad(why, _)) = key {
            return Some(why.clone());
        }
        let keys = self.cx.environment.database.as_ref().map(|database| &database.keys);
        let keyless = keys.is_none_or(|keys| !keys.contains_key(&snapshot.region));
        (copied_first(snapshot) && keyless).then(|| {
            format!(
                "shared and encrypted, so it is copied first, and `database.keys` has no key for {}",
                snapshot.region
            )
        })
    }
}

/// The oldest moment that an instance keeps backups of, going by its settings.
fn by_settings(is: &Instance, latest: Timestamp) -> Timestamp {
    let kept = latest - SignedDuration::from_hours(24 * i64::from(is.settings.backup_days));
    is.created.map_or(kept, |created| created.max(kept))
}

fn with(from: &str, region: &str) -> BTreeMap<String, String> {
    [("from", from), ("region", region)].map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}
