//! What became of every key since the restore point: the listing, with what it can't tell found out.

use std::sync::atomic::{AtomicU64, Ordering};

use futures::{Stream, TryStreamExt as _};
use jiff::Timestamp;

use super::decide::{self, Alike, Doubt, Then, Verdict};
use super::history::{History, whole_second};
use super::listing::histories;
use super::merge::Keyed;
use super::{Target, words};
use crate::plan::{Context, Disk, Failure};
use crate::port::{
    BucketFacts, PageMarker, PhotoStore, PortError, PortErrorKind, Version, VersionId, Versioning,
};

/// Keys that are looked at together.
const AT_ONCE: usize = 16;

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) key: String,
    pub(crate) verdict: Verdict,
    /// The photo that it was; `None` when it was none or nobody knows.
    pub(crate) want: Option<Version>,
    /// The current entry: a photo or a delete marker.
    pub(crate) now: Option<Version>,
    /// What it may have been, when undecided.
    pub(crate) candidates: Vec<Version>,
    /// When what it was stopped being current.
    pub(crate) ended: Option<Timestamp>,
    /// When its oldest entry was written.
    pub(crate) oldest: Option<Timestamp>,
    /// Whether it has an entry without a version id of its own, which an unversioned write would destroy.
    pub(crate) null: bool,
    pub(crate) doubt: Option<Doubt>,
}

impl Keyed for Finding {
    fn key(&self) -> &str {
        &self.key
    }
}

/// A bucket that can be looked at as of a moment.
pub(crate) struct Ground<'a> {
    pub(crate) target: &'a Target,
    pub(crate) facts: BucketFacts,
    store: &'a dyn PhotoStore,
    disk: &'a dyn Disk,
    /// Whether unequal entity tags can be believed to mean unequal bytes.
    md5: bool,
    /// Keys that were met and left out.
    excluded: AtomicU64,
}

impl<'a> Ground<'a> {
    /// Looks at the bucket, and refuses where no answer could be right.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the restore point is not over yet, or the bucket never kept old versions.
    pub(crate) async fn enter(target: &'a Target, cx: &Context<'a>) -> Result<Self, Failure> {
        let at = whole_second(target.at);
        let now = whole_second(cx.now);
        if at > now {
            return Err(Failure::Refused {
                why: format!(
                    "the restore point {} is in the future: it is {} now",
                    words::time(at),
                    words::time(now)
                ),
                next: "Start another run with the last moment the photos were known to be good, in UTC."
                    .to_owned(),
            });
        }
        // A copy made in this very second would count as having been there at the restore point.
        if at == now {
            return Err(Failure::Refused {
                why: format!("the restore point {} is this very second", words::time(at)),
                next: "Wait a second and try again, or give an earlier moment.".to_owned(),
            });
        }
        let store = &*cx.ports.photos;
        let facts = store.bucket(&target.bucket).await?;
        if facts.versioning == Versioning::Never {
            return Err(Failure::Refused {
                why: format!(
                    "bucket {} has never kept old versions, so what was deleted or overwritten is not in it",
                    target.bucket
                ),
                next: "Look for another copy: the replica bucket, or a recovery point of AWS Backup. Turn \
                       versioning on before anything else is written."
                    .to_owned(),
            });
        }
        let md5 = decide::tags_are_md5(&facts);
        Ok(Self { target, facts, store, disk: cx.disk, md5, excluded: AtomicU64::new(0) })
    }

    /// Reads both versions wherever entity tags differ but sizes don't, so that an object that was encrypted in its
    /// own way isn't called different.
    pub(crate) fn reading_all(self) -> Self {
        Self { md5: false, ..self }
    }

    /// How many keys were met so far that `exclude` leaves out.
    pub(crate) fn excluded(&self) -> u64 {
        self.excluded.load(Ordering::Relaxed)
    }

    /// Whether a key is none of this restore's business.
    fn leaves_out(&self, key: &str) -> bool {
        let out = self.target.exclude.iter().any(|start| key.starts_with(start));
        self.excluded.fetch_add(u64::from(out), Ordering::Relaxed);
        out
    }

    /// Every key under the prefix, in order, [`AT_ONCE`] looked at together; but for those that are left out.
    pub(crate) fn findings(&self) -> impl Stream<Item = Result<Finding, Failure>> + Send + '_ {
        histories(self.store, self.disk, &self.target.bucket, &self.target.prefix, self.target.max_in_flight)
            .try_filter(|history| std::future::ready(!self.leaves_out(&history.key)))
            .map_ok(|history| self.look(history))
            .try_buffered(AT_ONCE)
    }

    async fn look(&self, history: History) -> Result<Finding, Failure> {
        let then = decide::then(&history, self.target.at);
        let mut candidates = Vec::new();
        let settled = match then {
            Then::Absent => None,
            Then::Was(entry) => Some(entry),
            Then::Tied { group, newer } => {
                let order = newest_of(self.store, &self.target.bucket, &history, group, newer).await?;
                let settled = order.or_else(|| decide::chosen(group, self.target.ties));
                if settled.is_none() {
                    candidates = group.to_vec();
                }
                settled
            }
        };
        let want = settled.filter(|e| e.photo.is_some());
        let now = history.current();
        let verdict = if candidates.is_empty() {
            let same = match (want, now) {
                (Some(want), Some(now)) => self.same(want, now).await?,
                _ => false,
            };
            decide::verdict(want, now, same)
        } else {
            Verdict::Undecided
        };
        let place = want.and_then(|want| history.entries.iter().position(|e| e.id == want.id));
        let successor = place.and_then(|at| at.checked_sub(1)).and_then(|at| history.entries.get(at));
        Ok(Finding {
            verdict,
            want: want.cloned(),
            now: now.cloned(),
            candidates,
            ended: successor.map(|e| e.modified),
            oldest: history.entries.last().map(|e| e.modified),
            null: history.entries.iter().any(|e| e.id.0 == "null"),
            doubt: decide::doubt(&history, &then, self.target.at),
            key: history.key,
        })
    }

    async fn same(&self, want: &Version, now: &Version) -> Result<bool, Failure> {
        if want.id == now.id {
            return Ok(true);
        }
        let (Some(a), Some(b)) = (&want.photo, &now.photo) else { return Ok(false) };
        let (key, bucket) = (&want.key, &self.target.bucket);
        let bytes = match decide::alike(a, b, self.md5) {
            Alike::Yes => true,
            Alike::No => false,
            Alike::Unknown => same_bytes(self.store, bucket, key, &want.id, &now.id).await?,
        };
        Ok(bytes && self.same_description(key, &want.id, &now.id).await?)
    }

    /// Whether content type, metadata and tags are the same, as far as the credentials may ask.
    async fn same_description(&self, key: &str, a: &VersionId, b: &VersionId) -> Result<bool, PortError> {
        let read = async |version| told(self.store.described(&self.target.bucket, key, version).await);
        match (read(a).await?, read(b).await?) {
            (Some(a), Some(b)) => Ok(a == b),
            _ => Ok(true),
        }
    }
}

/// What was answered; `None` where asking again or logging in again wouldn't help.
fn told<T>(answer: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind.is_transient() || error.kind == PortErrorKind::Credentials => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether two versions of a key hold the same bytes, by reading both; what can't be read is not the same.
///
/// # Errors
/// What may go away by itself or by logging in again: then nothing is known.
pub(crate) async fn same_bytes(
    store: &dyn PhotoStore,
    bucket: &str,
    key: &str,
    a: &VersionId,
    b: &VersionId,
) -> Result<bool, PortError> {
    let read = async |version| told(store.digest(bucket, key, version).await);
    let Some(a) = read(a).await? else { return Ok(false) };
    Ok(read(b).await?.is_some_and(|b| a == b))
}

/// The newest entry of a tied second, asked of S3 by listing one entry a page from `newer` on: so its order shows
/// (facts §1.2). `None` when the storage doesn't answer one entry a page.
async fn newest_of<'h>(
    store: &dyn PhotoStore,
    bucket: &str,
    history: &History,
    group: &'h [Version],
    newer: Option<&Version>,
) -> Result<Option<&'h Version>, Failure> {
    let key = &history.key;
    let mut after = newer.map(|e| PageMarker { key: key.clone(), version: e.id.clone() });
    for _ in 0..=history.entries.len() {
        let page = store.list_versions(bucket, key, after.as_ref(), Some(1)).await?;
        let [entry] = &page.photos.iter().chain(&page.markers).collect::<Vec<_>>()[..] else {
            return Ok(None);
        };
        if entry.key != *key {
            return Ok(None);
        }
        let known = |e: &&Version| e.id == entry.id && e.photo.is_some() == entry.photo.is_some();
        if let Some(first) = group.iter().find(known) {
            return Ok(Some(first));
        }
        // Past the tied second without having met it: the order that was asked for isn't the one answered.
        if !history.entries.iter().any(|e| e.id == entry.id && e.modified > group[0].modified) {
            return Ok(None);
        }
        match page.next {
            Some(next) => after = Some(next),
            None => return Ok(None),
        }
    }
    Ok(None)
}
