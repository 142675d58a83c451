//! A practice range with a great many photos, in a process of its own, which tells what it was asked and what it holds.

use std::error::Error;
use std::io::{self, BufRead as _, Write as _};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp, ToSpan as _};
use range::{Attributes, Conditions, Faults, Put, Range, RangeOptions, Rate, Store, Version};
use serde_json::{Value, json};

use crate::cost;

/// Photos that differ: every key has one of them, so that a million keys take no more room than their histories.
const PHOTOS: usize = 100;

/// What has happened to the photos.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Harm {
    /// Seven of ten were overwritten, three deleted.
    Mixed,
    /// All were deleted.
    Deleted,
    /// All were overwritten.
    Overwritten,
}

/// Serves until its input ends, and answers each line of it: `counts` with what it was asked and what it cost,
/// `lost` with how many photos are not what they were before the harm.
pub(crate) fn serve(args: &[String]) -> Result<(), Box<dyn Error>> {
    let [harm, keys, latency, writes] = args else { return Err("stage HARM KEYS LATENCY WRITES".into()) };
    let harm = match harm.as_str() {
        "mixed" => Harm::Mixed,
        "deleted" => Harm::Deleted,
        "overwritten" => Harm::Overwritten,
        _ => return Err("the harm is mixed, deleted or overwritten".into()),
    };
    let (keys, writes): (usize, u32) = (keys.parse()?, writes.parse()?);
    let range = Range::start(RangeOptions::default())?;
    let now = range.store().now();
    let stage = Stage { store: range.store(), bucket: range.ready().bucket.clone(), keys };
    let good = stage.photos(now.checked_sub(3.hours())?, "good")?;
    stage.fill(&good, harm, now.checked_sub(1.hour())?)?;
    let rate = (writes > 0).then(|| Rate { writes, ..Rate::default() });
    range.set_faults(Faults { latency_ms: latency.parse()?, rate, ..Faults::default() });
    let at = now.checked_sub(SignedDuration::from_hours(2))?;
    say(&json!({ "endpoint": range.endpoint(), "at": at, "peak_bytes": cost::peak(None) }))?;
    for line in io::stdin().lock().lines() {
        match line?.as_str() {
            "counts" => {
                let counts = range.counts();
                say(&json!({
                    "requests": counts.requests.values().sum::<u64>(),
                    "by_operation": counts.requests,
                    "slow_downs": counts.answered(503),
                    "cpu": cost::cpu(None),
                    "peak_bytes": cost::peak(None),
                }))?;
            }
            "lost" => say(&json!({ "lost": stage.lost(&good) }))?,
            _ => return Err("ask for counts or lost".into()),
        }
    }
    Ok(())
}

fn say(what: &Value) -> io::Result<()> {
    let mut out = io::stdout().lock();
    writeln!(out, "{what}")?;
    out.flush()
}

/// The key of a photo: all of them in one prefix.
fn key(n: usize) -> String {
    format!("photos/org-1/{n:08}.jpg")
}

struct Stage<'a> {
    store: &'a Store,
    bucket: String,
    keys: usize,
}

impl Stage<'_> {
    /// Photos to share, written at a time under keys that are removed again.
    fn photos(&self, at: Timestamp, kind: &str) -> Result<Vec<Version>, Box<dyn Error>> {
        let store = self.store.at(at);
        let mut photos = Vec::with_capacity(PHOTOS);
        for n in 0..PHOTOS {
            let attributes =
                Attributes { content_type: Some("image/jpeg".to_owned()), ..Attributes::default() };
            let put = Put { bytes: format!("{kind} photo {n}").into(), attributes, ..Put::default() };
            let version = store.put(&self.bucket, kind, put, &Conditions::default())?;
            store.delete(&self.bucket, kind, Some(&version.id), &Conditions::default())?;
            photos.push(version);
        }
        Ok(photos)
    }

    fn fill(&self, good: &[Version], harm: Harm, harmed: Timestamp) -> Result<(), Box<dyn Error>> {
        let before = self.store.at(harmed.checked_sub(2.hours())?);
        let after = self.store.at(harmed);
        let bad = self.photos(harmed, "bad")?;
        for n in 0..self.keys {
            let key = key(n);
            before.share(&self.bucket, &key, &good[n % PHOTOS])?;
            match harm {
                Harm::Mixed if n % 10 >= 7 => {
                    drop(after.delete(&self.bucket, &key, None, &Conditions::default())?)
                }
                Harm::Deleted => drop(after.delete(&self.bucket, &key, None, &Conditions::default())?),
                Harm::Mixed | Harm::Overwritten => {
                    drop(after.share(&self.bucket, &key, &bad[n % PHOTOS])?);
                }
            }
        }
        Ok(())
    }

    /// How many photos are not what they were.
    fn lost(&self, good: &[Version]) -> usize {
        let is_back = |n: &usize| {
            let current = self.store.get(&self.bucket, &key(*n), None).ok();
            let objects = current.and_then(|version| version.object).zip(good[n % PHOTOS].object.as_ref());
            objects.is_some_and(|(is, was)| Arc::ptr_eq(&is, was) || is.etag == was.etag)
        };
        (0..self.keys).filter(|n| !is_back(n)).count()
    }
}
