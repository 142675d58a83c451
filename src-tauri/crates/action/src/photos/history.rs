//! The history of one key at a time, from pages that don't tell how their two lists interleave.

use std::collections::BTreeMap;

use futures::Stream;
use futures::stream;
use jiff::{Timestamp, ToSpan as _};

use crate::plan::Failure;
use crate::port::{PageMarker, PhotoStore, Version, VersionPage};

/// Every version and delete marker of one key, newest first; never empty.
///
/// Entries of one second are in this order: the current one, then photos as listed, then markers as listed. Which
/// of a photo and a marker of one second came last is *not* known (facts §1.2); [`super::decide`] deals with that.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) key: String,
    pub(crate) entries: Vec<Version>,
}

impl History {
    /// The history of `key` from its two lists, each in the listing's order.
    pub(crate) fn new(key: String, photos: Vec<Version>, markers: Vec<Version>) -> Self {
        let mut entries = photos;
        entries.extend(markers);
        for entry in &mut entries {
            entry.modified = whole_second(entry.modified);
        }
        entries.sort_by(|a, b| b.modified.cmp(&a.modified).then(b.latest.cmp(&a.latest)));
        Self { key, entries }
    }

    /// The entry that S3 calls the latest; the newest when a listing under way lost sight of it.
    pub(crate) fn current(&self) -> Option<&Version> {
        self.entries.iter().find(|e| e.latest).or(self.entries.first())
    }
}

/// The beginning of the second that `at` lies in: S3 dates versions to whole seconds (facts §1.2).
pub(crate) fn whole_second(at: Timestamp) -> Timestamp {
    let into = i64::from(at.subsec_nanosecond());
    // Before 1970 the fraction is negative: going back to the second before keeps this a floor.
    let into = if into < 0 { into + 1_000_000_000 } else { into };
    at.checked_sub(into.nanoseconds()).unwrap_or(at)
}

/// Every key's history under `prefix`, in the order of the keys' UTF-8 bytes.
///
/// Holds one page and one key's history at most: a key is given out once the listing has passed it in both lists.
/// A failed request, a listing that goes back or one that goes nowhere ends the stream with a [`Failure`].
pub(crate) fn histories<'a>(
    store: &'a dyn PhotoStore,
    bucket: &'a str,
    prefix: &'a str,
    limit: Option<u16>,
) -> impl Stream<Item = Result<History, Failure>> + Send + 'a {
    stream::try_unfold(Pages::default(), move |mut pages| async move {
        loop {
            if let Some(history) = pages.take_passed() {
                return Ok(Some((history, pages)));
            }
            if pages.ended {
                return Ok(None);
            }
            let page = store.list_versions(bucket, prefix, pages.after.as_ref(), limit).await?;
            pages.add(prefix, page)?;
        }
    })
}

/// What was listed and not yet given out.
#[derive(Debug, Default)]
struct Pages {
    held: BTreeMap<String, Lists>,
    /// Every key before this one has been listed completely.
    passed: String,
    after: Option<PageMarker>,
    ended: bool,
}

#[derive(Debug, Default)]
struct Lists {
    photos: Vec<Version>,
    markers: Vec<Version>,
}

impl Lists {
    /// Adds an entry; whether it is one that wasn't there. A repeated id takes the later answer's word.
    fn add(&mut self, entry: Version) -> bool {
        let same = |e: &Version| e.id == entry.id;
        let list = if entry.photo.is_some() { &mut self.photos } else { &mut self.markers };
        if let Some(known) = list.iter_mut().find(|e| same(e)) {
            *known = entry;
            return false;
        }
        let other = if entry.photo.is_some() { &mut self.markers } else { &mut self.photos };
        // A key has one `null` entry: when its kind changed between two pages, the later answer holds.
        other.retain(|e| e.id != entry.id);
        let list = if entry.photo.is_some() { &mut self.photos } else { &mut self.markers };
        list.push(entry);
        true
    }
}

impl Pages {
    fn take_passed(&mut self) -> Option<History> {
        let first = self.held.first_entry()?;
        if !self.ended && *first.key() >= self.passed {
            return None;
        }
        let (key, lists) = first.remove_entry();
        Some(History::new(key, lists.photos, lists.markers))
    }

    fn add(&mut self, prefix: &str, page: VersionPage) -> Result<(), Failure> {
        let mut news = false;
        let mut last: Option<String> = None;
        for entry in page.photos.into_iter().chain(page.markers) {
            if !entry.key.starts_with(prefix) || entry.key < self.passed {
                return Err(astray(&format!("it listed {:?} where that key can't be", entry.key)));
            }
            if last.as_ref().is_none_or(|last| entry.key > *last) {
                last = Some(entry.key.clone());
            }
            news |= self.held.entry(entry.key.clone()).or_default().add(entry);
        }
        let Some(next) = page.next else {
            self.ended = true;
            return Ok(());
        };
        let onwards = self.after.as_ref().is_none_or(|after| next.key > after.key);
        if !news && !onwards {
            return Err(astray("it answers the same page again and again"));
        }
        // The last key of a page may go on in the next, whichever list it was in: both lists must be past it.
        let passed = match last {
            Some(last) if last < next.key => last,
            _ => next.key.clone(),
        };
        self.passed = passed.max(std::mem::take(&mut self.passed));
        self.after = Some(next);
        Ok(())
    }
}

fn astray(what: &str) -> Failure {
    Failure::Refused {
        why: format!("the storage does not list its versions as S3 does: {what}"),
        next: "Nothing was changed. Check the S3 endpoint of this environment, then try again.".to_owned(),
    }
}
