//! The history of one key at a time, from pages that don't tell how their two lists interleave.

use std::collections::{BTreeMap, HashSet};

use jiff::{Timestamp, ToSpan as _};

use crate::plan::Failure;
use crate::port::{PageMarker, Version, VersionId, VersionPage};

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
    if into == 0 {
        return at;
    }
    // Before 1970 the fraction is negative: going back to the second before keeps this a floor.
    let into = if into < 0 { into + 1_000_000_000 } else { into };
    at.checked_sub(into.nanoseconds()).unwrap_or(at)
}

/// What was listed of one stretch of keys and not yet given out.
///
/// Holds no more than the keys that the listing may not be past, which is one as a rule.
#[derive(Debug, Default)]
pub(super) struct Pages {
    held: BTreeMap<String, Lists>,
    /// Every key before this one has been listed completely.
    passed: String,
    /// Where the next page begins.
    pub(super) after: Option<PageMarker>,
    /// Whether there is nothing more to list.
    pub(super) ended: bool,
}

/// The first and the last key of a page, whose keys may lie anywhere between.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) first: String,
    pub(super) last: String,
}

#[derive(Debug, Default)]
struct Lists {
    photos: Vec<Version>,
    markers: Vec<Version>,
    /// The ids of both lists, once there are many.
    ids: HashSet<VersionId>,
}

impl Lists {
    /// Up to so many entries are looked through one by one.
    const FEW: usize = 16;

    /// Adds an entry; whether it is one that wasn't there. A repeated id takes the later answer's word.
    fn add(&mut self, entry: Version) -> bool {
        let known = if self.photos.len() + self.markers.len() < Self::FEW {
            self.photos.iter().chain(&self.markers).any(|e| e.id == entry.id)
        } else {
            if self.ids.is_empty() {
                self.ids.extend(self.photos.iter().chain(&self.markers).map(|e| e.id.clone()));
            }
            !self.ids.insert(entry.id.clone())
        };
        let (list, other) = match entry.photo {
            Some(_) => (&mut self.photos, &mut self.markers),
            None => (&mut self.markers, &mut self.photos),
        };
        if known {
            if let Some(known) = list.iter_mut().find(|e| e.id == entry.id) {
                *known = entry;
                return false;
            }
            // A key has one `null` entry: when its kind changed between two pages, the later answer holds.
            other.retain(|e| e.id != entry.id);
        }
        if list.is_empty() {
            list.reserve_exact(1);
        }
        list.push(entry);
        true
    }

    fn history(self, key: String) -> History {
        History::new(key, self.photos, self.markers)
    }
}

impl Pages {
    /// Adds the next page, of which keys from `until` on are somebody else's. Gives the histories that are complete
    /// now, in the order of their keys, and what the page spans; nothing of that when the page is empty.
    ///
    /// # Errors
    /// A listing that goes back, leaves the prefix, or goes nowhere.
    pub(super) fn add(
        &mut self,
        prefix: &str,
        mut page: VersionPage,
        until: Option<&str>,
    ) -> Result<(Vec<History>, Option<Span>), Failure> {
        // Both come sorted: then this only looks.
        page.photos.sort_by(|a, b| a.key.cmp(&b.key));
        page.markers.sort_by(|a, b| a.key.cmp(&b.key));
        let first = page.photos.first().into_iter().chain(page.markers.first()).map(|e| &e.key).min();
        let last = page.photos.last().into_iter().chain(page.markers.last()).map(|e| &e.key).max();
        for key in first.into_iter().chain(last) {
            if !key.starts_with(prefix) || *key < self.passed {
                return Err(astray(&format!("it listed {key:?} where that key can't be")));
            }
        }
        let span = first.zip(last).map(|(first, last)| Span { first: first.clone(), last: last.clone() });
        let done = until.is_some_and(|until| {
            span.as_ref().is_some_and(|span| *span.last >= *until)
                || page.next.as_ref().is_some_and(|next| *next.key >= *until)
        });
        if let Some(until) = until {
            for list in [&mut page.photos, &mut page.markers] {
                list.truncate(list.partition_point(|e| *e.key < *until));
            }
        }
        let onwards = match (&page.next, &self.after) {
            (Some(next), Some(after)) => next.key > after.key,
            _ => true,
        };
        self.ended = done || page.next.is_none();
        if let Some(next) = page.next.take() {
            // The last key of a page may go on in the next, whichever list it was in: both lists must be past it.
            let passed = match &span {
                Some(span) if span.last < next.key => &span.last,
                _ => &next.key,
            };
            if *passed > self.passed {
                self.passed.clone_from(passed);
            }
            self.after = Some(next);
        }
        let (complete, news) = self.sort_out(page);
        if !news && !onwards {
            return Err(astray("it answers the same page again and again"));
        }
        Ok((complete, span))
    }

    /// Puts the entries of a sorted page to their keys. The histories of those that are passed, and whether anything
    /// was new.
    fn sort_out(&mut self, page: VersionPage) -> (Vec<History>, bool) {
        let mut complete = Vec::with_capacity(page.photos.len().max(page.markers.len()));
        let mut news = false;
        let (mut photos, mut markers) =
            (page.photos.into_iter().peekable(), page.markers.into_iter().peekable());
        loop {
            let key = match (photos.peek(), markers.peek()) {
                (Some(photo), Some(marker)) => (&photo.key).min(&marker.key).clone(),
                (Some(one), None) | (None, Some(one)) => one.key.clone(),
                (None, None) => break,
            };
            self.let_go(&key, &mut complete);
            let mut lists = self.held.remove(&key).unwrap_or_default();
            while let Some(photo) = photos.next_if(|photo| photo.key == key) {
                news |= lists.add(photo);
            }
            while let Some(marker) = markers.next_if(|marker| marker.key == key) {
                news |= lists.add(marker);
            }
            if self.is_past(&key) {
                complete.push(lists.history(key));
            } else {
                self.held.insert(key, lists);
            }
        }
        while let Some(first) = self.held.first_entry() {
            if !self.ended && *first.key() >= self.passed {
                break;
            }
            let (key, lists) = first.remove_entry();
            complete.push(lists.history(key));
        }
        (complete, news)
    }

    /// Gives out the held keys before `key` that are complete.
    fn let_go(&mut self, key: &str, complete: &mut Vec<History>) {
        while let Some(first) = self.held.first_entry() {
            if **first.key() >= *key || (!self.ended && *first.key() >= self.passed) {
                break;
            }
            let (key, lists) = first.remove_entry();
            complete.push(lists.history(key));
        }
    }

    fn is_past(&self, key: &str) -> bool {
        self.ended || *key < *self.passed
    }
}

pub(super) fn astray(what: &str) -> Failure {
    Failure::Refused {
        why: format!("the storage does not list its versions as S3 does: {what}"),
        next: "Nothing was changed. Check the S3 endpoint of this environment, then try again.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn add(pages: &mut Pages, page: VersionPage) -> Vec<(String, usize)> {
        let (complete, _) = pages.add("", page, None).unwrap();
        complete.into_iter().map(|h| (h.key, h.entries.len())).collect()
    }

    #[test]
    fn a_key_is_held_until_both_lists_are_past_it() {
        let mut pages = Pages::default();
        let of = |key: &str, n| (key.to_owned(), n);
        let taken = add(&mut pages, page(&[("a", "1"), ("b", "1")], &[("a", "2")], Some(("b", "1"))));
        assert_eq!(taken, [of("a", 2)]);
        let taken = add(&mut pages, page(&[], &[("b", "2"), ("c", "1")], Some(("c", "1"))));
        assert_eq!(taken, [of("b", 2)]);
        // A marker that names the next key doesn't let go of the last one too early.
        assert_eq!(add(&mut pages, page(&[("c", "2")], &[], Some(("d", "1")))), []);
        assert_eq!(add(&mut pages, page(&[("d", "1")], &[], None)), [of("c", 2), of("d", 1)]);
    }

    #[test]
    fn an_entry_that_comes_twice_counts_once_and_a_key_that_goes_back_is_refused() {
        let mut pages = Pages::default();
        add(&mut pages, page(&[("b", "1")], &[("b", "null")], Some(("b", "1"))));
        let taken = add(&mut pages, page(&[("b", "1"), ("b", "null"), ("c", "1")], &[], Some(("c", "1"))));
        assert_eq!(taken, [("b".to_owned(), 2)]);
        assert!(pages.add("", page(&[("b", "3")], &[], None), None).is_err());
        assert!(pages.add("x", page(&[("y", "1")], &[], None), None).is_err());
    }

    /// As many as a page has and more, each of them twice: every one is counted once, in no time.
    #[test]
    fn a_key_of_very_many_versions_is_one_history() {
        let mut pages = Pages::default();
        let ids: Vec<String> = (0..20_000).map(|n| n.to_string()).collect();
        for part in ids.chunks(1000) {
            let photos: Vec<_> = part.iter().chain(part).map(|id| ("k", &id[..])).collect();
            add(&mut pages, page(&photos, &[], Some(("k", &part[999]))));
        }
        assert_eq!(
            add(&mut pages, page(&[], &[("l", "1")], None)),
            [("k".to_owned(), 20_000), ("l".to_owned(), 1)]
        );
    }

    #[test]
    fn keys_that_are_somebody_elses_end_a_stretch() {
        for (last, next, ends) in [("b", "b", false), ("b", "c", true), ("c", "c", true), ("d", "d", true)] {
            let mut pages = Pages::default();
            let photos = page(&[("a", "1"), ("b", "1"), (last, "2")], &[], Some((next, "1")));
            let (complete, _) = pages.add("", photos, Some("c")).unwrap();
            assert_eq!(pages.ended, ends, "{last} {next}");
            let keys: Vec<_> = complete.iter().map(|h| &h.key[..]).collect();
            assert_eq!(keys, if ends { &["a", "b"][..] } else { &["a"] });
        }
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
