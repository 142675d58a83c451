//! Writing history: ninety days of badge photos, and then what the scenario says went wrong.

use std::sync::Arc;

use bytes::Bytes;
use image::ImageError;
use jiff::{SignedDuration, Timestamp};

use crate::conditions::Conditions;
use crate::marks::Extras;
use crate::portrait::Studio;
use crate::scenario::{Harm, Offset, Scenario, Step};
use crate::store::{Put, Store, StoreError};
use crate::versions::{Attributes, Object, Versioning};

/// Why a range couldn't be filled.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// A photo couldn't be drawn.
    #[error("failed to draw a practice photo; this is a defect of the practice range, please report it")]
    Portrait(#[from] ImageError),
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

/// What the Portal itself did to a photo, as its database has it too.
#[derive(Debug, Clone)]
pub(crate) struct PhotoEvent {
    /// When.
    pub(crate) at: Timestamp,
    /// The card that it is of.
    pub(crate) n: usize,
    /// Whose: a place in the scenario's organisations.
    pub(crate) organisation: usize,
    /// Its key.
    pub(crate) key: String,
    /// The bytes and the MD5 of what was uploaded; `None` when it was deleted.
    pub(crate) photo: Option<(usize, String)>,
}

/// The oldest photos are from before the bucket kept versions.
const OLDEST: SignedDuration = SignedDuration::from_hours(-100 * 24);
const VERSIONED: SignedDuration = SignedDuration::from_hours(-90 * 24);
/// Nothing the seed writes is newer.
const NEWEST: SignedDuration = SignedDuration::from_hours(-3);

/// Fills `bucket` as the scenario says, as of `start`, and tells what the Portal did itself, in the order of time.
pub(crate) fn seed(
    store: &Store,
    scenario: &Scenario,
    bucket: &str,
    prefix: &str,
    start: Timestamp,
) -> Result<Vec<PhotoEvent>, SeedError> {
    let studio = Studio::new()?;
    let mut seeder = Seeder { store, studio, scenario, bucket, prefix, start, events: Vec::new() };
    store.at(start.checked_add(OLDEST)?).create_bucket(bucket)?;
    // One photo in fifty is from before versions were kept.
    let is_old = |n: &usize| n % 50 == 7;
    for n in (0..scenario.seed.photos).filter(is_old) {
        seeder.write_history(n, OLDEST, VERSIONED, false)?;
    }
    store.set_versioning(bucket, Versioning::Enabled)?;
    for n in (0..scenario.seed.photos).filter(|n| !is_old(n)) {
        // 3 % were deleted for good reason.
        seeder.write_history(n, VERSIONED, NEWEST, among(n, 8, 3))?;
    }
    for (n, step) in scenario.damage.iter().enumerate() {
        seeder.play(n, step)?;
    }
    for harm in scenario.database.iter().flat_map(|database| &database.damage) {
        if let Harm::Obliterate(harm) = harm {
            let folder = format!("{prefix}org-{}/", harm.organisation);
            store.lock().bucket_mut(bucket)?.keys.retain(|key, _| !key.starts_with(&folder));
        }
    }
    seeder.events.sort_by(|a, b| (a.at, &a.key).cmp(&(b.at, &b.key)));
    Ok(seeder.events)
}

/// Numbers that look random and follow from `n` alone, others for each `purpose`.
pub(crate) fn hash(n: usize, purpose: u64) -> u64 {
    let mut x = (n as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ purpose.wrapping_mul(0xD1B5_4A32_D192_ED03);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// Whether `n` is among `percent` of a hundred.
pub(crate) fn among(n: usize, purpose: u64, percent: u64) -> bool {
    hash(n, purpose) % 100 < percent
}

pub(crate) fn badge(n: usize) -> u64 {
    100_000 + 7 * n as u64
}

/// Which of so many organisations card `n` belongs to: larger ones come first.
pub(crate) fn organisation(n: usize, organisations: usize) -> usize {
    let share = hash(n, 1) % 100;
    (share * share) as usize * organisations / 10_000
}

/// Spreads `count` events from `at` over a time.
fn spread(at: Offset, over: Option<Offset>, nth: usize, count: usize) -> SignedDuration {
    let over = over.map_or(0, |over| over.0.as_secs());
    at.0 + SignedDuration::from_secs(over * nth as i64 / count.max(1) as i64)
}

struct Seeder<'a> {
    store: &'a Store,
    studio: Studio,
    scenario: &'a Scenario,
    bucket: &'a str,
    prefix: &'a str,
    start: Timestamp,
    /// What the Portal did itself so far.
    events: Vec<PhotoEvent>,
}

impl Seeder<'_> {
    /// The key of photo `n`, in one of those organisations.
    fn key(&self, n: usize, organisations: &[String]) -> String {
        let organisation = &organisations[organisation(n, organisations.len())];
        let badge = badge(n);
        // Names as people upload them, so that whatever encodes a key is put to the test.
        let name = match n % 40 {
            3 => format!("{badge} retake.jpg"),
            11 => format!("{badge}+visitor.jpg"),
            19 => format!("100% {badge}.jpg"),
            27 => format!("año {badge}.jpg"),
            35 => format!("写真-{badge}.jpg"),
            _ => format!("{badge}.jpg"),
        };
        format!("{}org-{organisation}/{name}", self.prefix)
    }

    fn photo(&self, n: usize, edition: usize) -> Put {
        let lineage = if edition == 0 { "original".to_owned() } else { format!("edit-{edition}") };
        let state = ["new", "approved", "printed", "inactive"][(hash(n, 4) % 4) as usize];
        let metadata = [
            ("record", badge(n).to_string()),
            ("lineage", lineage),
            ("stamp", format!("{:016x}", hash(n, 100 + edition as u64))),
        ];
        Put {
            bytes: self.studio.photo(n, badge(n), edition).into(),
            attributes: Attributes {
                content_type: Some("image/jpeg".to_owned()),
                cache_control: among(n, 5, 30).then(|| "private, max-age=3600".to_owned()),
                metadata: metadata.map(|(name, value)| (name.to_owned(), value)).into(),
                ..Attributes::default()
            },
            tags: among(n, 6, 25).then(|| ("state".to_owned(), state.to_owned())).into_iter().collect(),
            storage_class: among(n, 7, 2).then(|| "STANDARD_IA".to_owned()),
            checksum: None,
            extras: Extras::default(),
        }
    }

    fn put(&self, at: SignedDuration, key: &str, put: Put) -> Result<Arc<Object>, SeedError> {
        let at = self.start.checked_add(at)?;
        let version = self.store.at(at).put(self.bucket, key, put, &Conditions::default())?;
        Ok(Arc::clone(version.object()?))
    }

    fn delete(&self, at: SignedDuration, key: &str) -> Result<(), SeedError> {
        let at = self.start.checked_add(at)?;
        self.store.at(at).delete(self.bucket, key, None, &Conditions::default())?;
        Ok(())
    }

    /// Uploads or deletes as the Portal does, which has it in its database too.
    fn as_portal(
        &mut self,
        at: SignedDuration,
        n: usize,
        key: &str,
        put: Option<Put>,
    ) -> Result<(), SeedError> {
        let folder = key.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix("org-"));
        let folder = folder.and_then(|rest| rest.split_once('/')).map(|(folder, _)| folder);
        let organisations = &self.scenario.seed.organisations;
        let organisation = organisations.iter().position(|name| Some(name.as_str()) == folder);
        let photo = match put {
            Some(put) => {
                let bytes = put.bytes.len();
                Some((bytes, self.put(at, key, put)?.etag.clone()))
            }
            None => {
                self.delete(at, key)?;
                None
            }
        };
        self.events.push(PhotoEvent {
            at: self.start.checked_add(at)?,
            n,
            organisation: organisation.unwrap_or_default(),
            key: key.to_owned(),
            photo,
        });
        Ok(())
    }

    /// Writes photo `n` between two times: 15 % were edited, up to three times; a fifth of the deleted came back.
    fn write_history(
        &mut self,
        n: usize,
        from: SignedDuration,
        to: SignedDuration,
        deleted: bool,
    ) -> Result<(), SeedError> {
        let editions = if among(n, 2, 15) { 2 + (hash(n, 3) % 3) as usize } else { 1 };
        let returned = deleted && among(n, 9, 20);
        let events = editions + usize::from(deleted) + usize::from(returned);
        // Each event has its own slice of the time there is, so that they keep their order.
        let slice = (to - from).as_secs() / events as i64;
        let moment = |event: usize| {
            let into = hash(n, 50 + event as u64) % slice.unsigned_abs().max(1);
            from + SignedDuration::from_secs(slice * event as i64 + into as i64)
        };
        let key = self.key(n, &self.scenario.seed.organisations);
        for edition in 0..editions {
            self.as_portal(moment(edition), n, &key, Some(self.photo(n, edition)))?;
        }
        if deleted {
            self.as_portal(moment(editions), n, &key, None)?;
        }
        if returned {
            self.as_portal(moment(editions + 1), n, &key, Some(self.photo(n, 0)))?;
        }
        Ok(())
    }

    /// Carries out step `n` of the damage.
    fn play(&mut self, n: usize, step: &Step) -> Result<(), SeedError> {
        match step {
            Step::Delete(step) => {
                for (nth, key) in self.pick(n, step.count, &step.organisations)?.iter().enumerate() {
                    self.delete(spread(step.at, step.over, nth, step.count), key)?;
                }
            }
            Step::Overwrite(step) => {
                for (nth, key) in self.pick(n, step.count, &step.organisations)?.iter().enumerate() {
                    let words = (0..200 + nth % 150).map(|word| hash(nth * 1000 + word, 11).to_le_bytes());
                    let put = plain(words.flatten().collect(), &step.content_type);
                    self.put(spread(step.at, step.over, nth, step.count), key, put)?;
                }
            }
            Step::Note(step) => {
                let put = plain(step.text.clone().into(), "text/plain; charset=utf-8");
                self.put(step.at.0, &step.key, put)?;
            }
            Step::Upload(step) => {
                let own = &step.organisations;
                let organisations = if own.is_empty() { &self.scenario.seed.organisations } else { own };
                // Badges that the seed doesn't have.
                let first = self.scenario.seed.photos + 1000 * (n + 1);
                for nth in 0..step.count {
                    let key = self.key(first + nth, organisations);
                    let at = spread(step.at, step.over, nth, step.count);
                    self.as_portal(at, first + nth, &key, Some(self.photo(first + nth, 0)))?;
                }
            }
        }
        Ok(())
    }

    /// The keys that step `n` strikes, of those that are there.
    fn pick(&self, n: usize, count: usize, organisations: &[String]) -> Result<Vec<String>, SeedError> {
        let of = |key: &str| {
            let folder = key.strip_prefix(self.prefix).and_then(|rest| rest.strip_prefix("org-"));
            let folder = folder.and_then(|rest| rest.split_once('/')).map(|(folder, _)| folder);
            folder.is_some_and(|name| organisations.is_empty() || organisations.iter().any(|o| o == name))
        };
        let state = self.store.lock();
        let keys = state.bucket(self.bucket)?.keys.iter();
        let live = keys.filter(|(_, history)| history.latest().is_some_and(|v| v.object.is_some()));
        let mut keys: Vec<_> = live.map(|(key, _)| key.clone()).filter(|key| of(key)).collect();
        keys.sort_by_cached_key(|key| key.bytes().fold(n as u64, |sum, byte| hash(usize::from(byte), sum)));
        if keys.len() < count {
            return Err(SeedError::TooFew { step: n + 1, count, there: keys.len() });
        }
        keys.truncate(count);
        Ok(keys)
    }
}

fn plain(bytes: Bytes, content_type: &str) -> Put {
    let attributes = Attributes { content_type: Some(content_type.to_owned()), ..Attributes::default() };
    Put { bytes, attributes, ..Put::default() }
}
