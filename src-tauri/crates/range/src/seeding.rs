//! Writing history: ninety days of badge photos, and then what the scenario says went wrong.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::thread;

use bytes::Bytes;
use jiff::{SignedDuration, Timestamp};

use crate::conditions::Conditions;
use crate::portrait::Studio;
use crate::scenario::{Offset, Scenario, Step};
use crate::store::{Put, Store, StoreError};
use crate::versions::{Attributes, Versioning};

/// Why a range couldn't be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A photo couldn't be drawn.
    #[error("failed to draw a practice photo; this is a defect of the practice range, please report it")]
    Portrait(#[from] image::ImageError),
    /// The store refused.
    #[error("failed to store a practice photo")]
    Store(#[from] StoreError),
    /// A time fell out of range.
    #[error("failed to date the practice photos; check this machine's clock")]
    Time(#[from] jiff::Error),
    /// A step strikes more photos than there are.
    #[error("step {step} strikes {count} photos and only {there} are there to strike; lower its `count:`")]
    TooFew {
        /// The step, from 1.
        step: usize,
        /// How many it strikes.
        count: usize,
        /// How many there are.
        there: usize,
    },
}

/// The oldest photos are from before the bucket kept versions.
const OLDEST: SignedDuration = SignedDuration::from_hours(-100 * 24);
const VERSIONED: SignedDuration = SignedDuration::from_hours(-90 * 24);
/// Nothing the seed writes is newer.
const NEWEST: SignedDuration = SignedDuration::from_hours(-3);
const FIRST_BADGE: u64 = 100_000;

/// A photo that is to be drawn: its key and the versions it will have.
struct Sitter {
    n: usize,
    key: String,
    badge: u64,
    editions: usize,
}

/// Numbers that look random and follow from `n` alone, one for each `purpose`.
fn hash(n: usize, purpose: u64) -> u64 {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Whether `n` is among `percent` of a hundred.
fn among(n: usize, purpose: u64, percent: u64) -> bool {
    hash(n, purpose) % 100 < percent
}

/// Fills `bucket` as the scenario says, as of `start`.
pub(crate) fn seed(
    store: &Store,
    scenario: &Scenario,
    bucket: &str,
    prefix: &str,
    start: Timestamp,
) -> Result<(), SeedError> {
    let Scenario { seed, .. } = scenario;
    store.at(start.checked_add(OLDEST)?).create_bucket(bucket)?;
    let sitters: Vec<_> = (0..seed.photos).map(|n| sitter(n, prefix, &seed.organisations)).collect();
    let drawn = draw(&sitters)?;
    // One photo in fifty is from before versions were kept.
    let (old, new): (Vec<_>, Vec<_>) = sitters.iter().zip(drawn).partition(|(sitter, _)| sitter.n % 50 == 7);
    for (sitter, photos) in old {
        write(store, bucket, sitter, photos, start)?;
    }
    store.set_versioning(bucket, Versioning::Enabled)?;
    for (sitter, photos) in new {
        write(store, bucket, sitter, photos, start)?;
    }
    for (n, step) in scenario.damage.iter().enumerate() {
        play(store, bucket, prefix, scenario, n, start)?;
        tracing::debug!(?step, "played a step of the scenario");
    }
    Ok(())
}

fn sitter(n: usize, prefix: &str, organisations: &[String]) -> Sitter {
    let badge = FIRST_BADGE + 7 * n as u64;
    // Larger organisations come first.
    let share = hash(n, 1) % 100;
    let organisation = &organisations[(share * share) as usize * organisations.len() / 10_000];
    // Names as people upload them, so that whatever encodes a key is put to the test.
    let name = match n % 40 {
        3 => format!("{badge} retake.jpg"),
        11 => format!("{badge}+visitor.jpg"),
        19 => format!("100% {badge}.jpg"),
        27 => format!("año {badge}.jpg"),
        35 => format!("写真-{badge}.jpg"),
        _ => format!("{badge}.jpg"),
    };
    // About 15 % were edited, up to three times.
    let editions = if among(n, 2, 15) { 2 + (hash(n, 3) % 3) as usize } else { 1 };
    Sitter { n, key: format!("{prefix}org-{organisation}/{name}"), badge, editions }
}

/// Draws every version of every photo, on all the cores there are.
fn draw(sitters: &[Sitter]) -> Result<Vec<Vec<Bytes>>, SeedError> {
    let studio = Studio::new();
    let draw = |sitter: &Sitter| {
        let photo = |edition| Ok(Bytes::from(studio.photo(sitter.n, sitter.badge, edition)?));
        (0..sitter.editions).map(photo).collect::<Result<Vec<_>, SeedError>>()
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let share = sitters.len().div_ceil(cores).max(1);
    thread::scope(|scope| {
        let workers: Vec<_> = sitters
            .chunks(share)
            .map(|chunk| scope.spawn(|| chunk.iter().map(draw).collect::<Result<Vec<_>, _>>()))
            .collect();
        let mut drawn = Vec::with_capacity(sitters.len());
        for worker in workers {
            match worker.join() {
                Ok(photos) => drawn.extend(photos?),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        Ok(drawn)
    })
}

fn photo(sitter: &Sitter, edition: usize, bytes: Bytes) -> Put {
    let mut metadata = BTreeMap::from([("record".to_owned(), sitter.badge.to_string())]);
    let lineage = if edition == 0 { "original".to_owned() } else { format!("edit-{edition}") };
    metadata.insert("lineage".to_owned(), lineage);
    metadata.insert("stamp".to_owned(), format!("{:016x}", hash(sitter.n, 100 + edition as u64)));
    let state = ["new", "approved", "printed", "inactive"][(hash(sitter.n, 4) % 4) as usize];
    Put {
        bytes,
        attributes: Attributes {
            content_type: Some("image/jpeg".to_owned()),
            cache_control: among(sitter.n, 5, 30).then(|| "private, max-age=3600".to_owned()),
            metadata,
            ..Attributes::default()
        },
        tags: if among(sitter.n, 6, 25) {
            [("state".to_owned(), state.to_owned())].into()
        } else {
            [].into()
        },
        storage_class: among(sitter.n, 7, 2).then(|| "STANDARD_IA".to_owned()),
        checksum: None,
    }
}

/// Writes a photo's versions in order; 3 % were then deleted for good reason, and some of those came back.
fn write(
    store: &Store,
    bucket: &str,
    sitter: &Sitter,
    photos: Vec<Bytes>,
    start: Timestamp,
) -> Result<(), SeedError> {
    let versioned = store.lock().bucket(bucket)?.versioning == Versioning::Enabled;
    let (from, to) = if versioned { (VERSIONED, NEWEST) } else { (OLDEST, VERSIONED) };
    let deleted = versioned && among(sitter.n, 8, 3);
    let returned = deleted && among(sitter.n, 9, 20);
    let events = photos.len() + usize::from(deleted) + usize::from(returned);
    // Each event has its own slice of the time there is, so that they keep their order.
    let slice = (to - from) / i32::try_from(events).unwrap_or(i32::MAX);
    let moment = |event: usize| -> Result<Timestamp, jiff::Error> {
        let into = slice.as_secs().unsigned_abs().max(1);
        let seconds = hash(sitter.n, 50 + event as u64) % into;
        let begin = from + slice * i32::try_from(event).unwrap_or(i32::MAX);
        start.checked_add(begin + SignedDuration::from_secs(seconds as i64))
    };
    let none = Conditions::default();
    let first = photos.first().cloned().unwrap_or_default();
    for (edition, bytes) in photos.into_iter().enumerate() {
        store.at(moment(edition)?).put(bucket, &sitter.key, photo(sitter, edition, bytes), &none)?;
    }
    if deleted {
        store.at(moment(events - 1 - usize::from(returned))?).delete(bucket, &sitter.key, None, &none)?;
    }
    if returned {
        store.at(moment(events - 1)?).put(bucket, &sitter.key, photo(sitter, 0, first), &none)?;
    }
    Ok(())
}

/// Carries out one step of the damage.
fn play(
    store: &Store,
    bucket: &str,
    prefix: &str,
    scenario: &Scenario,
    n: usize,
    start: Timestamp,
) -> Result<(), SeedError> {
    let none = Conditions::default();
    let moment = |at: Offset, over: Option<Offset>, nth: usize, count: usize| {
        let over = over.map_or(SignedDuration::ZERO, |over| over.0);
        let passed = over.as_secs() * nth as i64 / count.max(1) as i64;
        start.checked_add(at.0 + SignedDuration::from_secs(passed))
    };
    let strike = |count: usize, organisations: &[String]| {
        let mut keys = live(store, bucket, prefix, organisations);
        keys.sort_by_key(|key| key.bytes().fold(n as u64, |h, b| hash(usize::from(b), h)));
        let there = keys.len();
        if there < count {
            return Err(SeedError::TooFew { step: n + 1, count, there });
        }
        keys.truncate(count);
        Ok(keys)
    };
    match &scenario.damage[n] {
        Step::Delete(step) => {
            for (nth, key) in strike(step.count, &step.organisations)?.iter().enumerate() {
                let at = moment(step.at, step.over, nth, step.count)?;
                store.at(at).delete(bucket, key, None, &none)?;
            }
        }
        Step::Overwrite(step) => {
            for (nth, key) in strike(step.count, &step.organisations)?.iter().enumerate() {
                let at = moment(step.at, step.over, nth, step.count)?;
                let words = (0..200 + nth % 150).map(|word| hash(nth * 1000 + word, 11).to_le_bytes());
                let put = Put {
                    bytes: words.flatten().collect(),
                    attributes: Attributes {
                        content_type: Some(step.content_type.clone()),
                        ..Attributes::default()
                    },
                    ..Put::default()
                };
                store.at(at).put(bucket, key, put, &none)?;
            }
        }
        Step::Note(step) => {
            let put = Put {
                bytes: Bytes::copy_from_slice(step.text.as_bytes()),
                attributes: Attributes {
                    content_type: Some("text/plain; charset=utf-8".to_owned()),
                    ..Attributes::default()
                },
                ..Put::default()
            };
            store.at(moment(step.at, None, 0, 1)?).put(bucket, &step.key, put, &none)?;
        }
        Step::Upload(step) => {
            let organisations = Some(&step.organisations).filter(|named| !named.is_empty());
            let organisations = organisations.unwrap_or(&scenario.seed.organisations);
            let taken = scenario.seed.photos + 1000 * (n + 1);
            let new: Vec<_> = (0..step.count)
                .map(|nth| Sitter { editions: 1, ..sitter(taken + nth, prefix, organisations) })
                .collect();
            for (nth, (sitter, mut photos)) in new.iter().zip(draw(&new)?).enumerate() {
                let at = moment(step.at, step.over, nth, step.count)?;
                let bytes = photos.pop().unwrap_or_default();
                store.at(at).put(bucket, &sitter.key, photo(sitter, 0, bytes), &none)?;
            }
        }
    }
    Ok(())
}

/// The photos that are there to be struck.
fn live(store: &Store, bucket: &str, prefix: &str, organisations: &[String]) -> Vec<String> {
    let state = store.lock();
    let Ok(held) = state.bucket(bucket) else { return Vec::new() };
    let of = |key: &str| {
        let folder = key.strip_prefix(prefix).and_then(|rest| rest.strip_prefix("org-"));
        let folder = folder.and_then(|rest| rest.split_once('/')).map(|(folder, _)| folder);
        folder.is_some_and(|name| organisations.is_empty() || organisations.iter().any(|o| o == name))
    };
    let live = held.keys.iter().filter(|(key, history)| {
        history.latest().is_some_and(|version| version.object.is_some()) && of(key.as_str())
    });
    live.map(|(key, _)| key.clone()).collect()
}
