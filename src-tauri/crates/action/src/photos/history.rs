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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use futures::TryStreamExt as _;

    use super::super::fake::{BUCKET, Fake};
    use super::*;
    use crate::port::PortErrorKind;

    async fn list(fake: &Arc<Fake>, prefix: &str) -> Result<Vec<History>, Failure> {
        histories(&**fake, BUCKET, prefix, None).try_collect().await
    }

    fn busy() -> Arc<Fake> {
        let fake = Fake::new();
        for round in 0..4 {
            for key in ["a", "a/b", "a b", "b", "é", "\u{10000}"] {
                fake.put(key, &[round]);
                if round % 2 == 1 || key == "b" {
                    fake.delete(key);
                }
            }
            fake.pass(i64::from(round % 2));
        }
        fake
    }

    #[tokio::test]
    async fn pages_of_every_size_give_the_same_histories() {
        let fake = busy();
        let whole = list(&fake, "").await.unwrap();
        let keys: Vec<_> = whole.iter().map(|h| &h.key[..]).collect();
        assert_eq!(keys, ["a", "a b", "a/b", "b", "é", "\u{10000}"]);
        assert_eq!(whole[3].entries.len(), 8);
        assert!(whole.iter().all(|h| h.entries.is_sorted_by(|a, b| a.modified >= b.modified)));
        for page in 1..40 {
            fake.state().page = page;
            assert_eq!(list(&fake, "").await.unwrap(), whole, "{page} a page");
            assert_eq!(list(&fake, "a").await.unwrap(), whole[..3], "{page} a page");
        }
        assert_eq!(list(&fake, "none").await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_storage_that_ignores_markers_is_refused() {
        let fake = busy();
        (fake.state().page, fake.state().ignores_markers) = (5, true);
        let failure = list(&fake, "").await.unwrap_err().to_string();
        assert!(failure.contains("again and again"), "{failure}");
    }

    #[tokio::test]
    async fn a_failed_page_ends_the_stream() {
        let fake = busy();
        fake.state().faults.insert("list ".into(), vec![PortErrorKind::Denied]);
        assert!(matches!(list(&fake, "").await, Err(Failure::Port(e)) if e.kind == PortErrorKind::Denied));
    }

    fn entry(key: &str, id: &str, photo: bool) -> Version {
        let photo = photo.then(|| crate::port::Photo::default());
        Version {
            key: key.to_owned(),
            id: crate::port::VersionId(id.to_owned()),
            modified: Timestamp::UNIX_EPOCH,
            latest: false,
            photo,
        }
    }

    fn page(photos: &[(&str, &str)], markers: &[(&str, &str)], next: Option<(&str, &str)>) -> VersionPage {
        let list = |of: &[(&str, &str)], photo| of.iter().map(|(k, id)| entry(k, id, photo)).collect();
        let marker = |(key, id): (&str, &str)| PageMarker {
            key: key.to_owned(),
            version: crate::port::VersionId(id.to_owned()),
        };
        VersionPage { photos: list(photos, true), markers: list(markers, false), next: next.map(marker) }
    }

    fn taken(pages: &mut Pages) -> Vec<(String, usize)> {
        std::iter::from_fn(|| pages.take_passed()).map(|h| (h.key, h.entries.len())).collect()
    }

    #[test]
    fn a_key_is_held_until_both_lists_are_past_it() {
        let mut pages = Pages::default();
        pages.add("", page(&[("a", "1"), ("b", "1")], &[("a", "2")], Some(("b", "1")))).unwrap();
        assert_eq!(taken(&mut pages), [("a".to_owned(), 2)]);
        pages.add("", page(&[], &[("b", "2"), ("c", "1")], Some(("c", "1")))).unwrap();
        assert_eq!(taken(&mut pages), [("b".to_owned(), 2)]);
        // A marker that names the next key doesn't let go of the last one too early.
        pages.add("", page(&[("c", "2")], &[], Some(("d", "1")))).unwrap();
        assert_eq!(taken(&mut pages), []);
        pages.add("", page(&[("d", "1")], &[], None)).unwrap();
        assert_eq!(taken(&mut pages), [("c".to_owned(), 2), ("d".to_owned(), 1)]);
    }

    #[test]
    fn an_entry_that_comes_twice_counts_once_and_a_key_that_goes_back_is_refused() {
        let mut pages = Pages::default();
        pages.add("", page(&[("b", "1")], &[("b", "null")], Some(("b", "1")))).unwrap();
        pages.add("", page(&[("b", "1"), ("b", "null"), ("c", "1")], &[], Some(("c", "1")))).unwrap();
        assert_eq!(taken(&mut pages), [("b".to_owned(), 2)]);
        assert!(pages.add("", page(&[("b", "3")], &[], None)).is_err());
        assert!(pages.add("x", page(&[("y", "1")], &[], None)).is_err());
    }

    #[test]
    fn seconds_are_floored() {
        for (at, second) in [("2026-11-24T03:14:07.999Z", 7), ("2026-11-24T03:14:07Z", 7)] {
            let at: Timestamp = at.parse().unwrap();
            assert_eq!(whole_second(at).to_string(), format!("2026-11-24T03:14:0{second}Z"));
        }
        let before: Timestamp = "1969-12-31T23:59:58.5Z".parse().unwrap();
        assert_eq!(whole_second(before).to_string(), "1969-12-31T23:59:58Z");
    }
}
