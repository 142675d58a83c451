//! Every key's history, listed by many at once whatever the keys look like, and given out in the order of the keys.
//!
//! One lister begins at the beginning. As soon as its first page says that there is more, others look what comes after
//! keys further on, and each of them lists on from the first key that it found: nothing is assumed about delimiters
//! or names. Idle listers take a part of what is likely the largest stretch left. Guarantee: a stretch ends where the
//! next one was seen to begin, never where it was guessed to, so a storage that answers a guess wrongly costs time and
//! no key. What is listed ahead waits, compressed, in a scratch file: memory stays the same however much is listed.

use std::collections::{BTreeSet, VecDeque};

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, FuturesUnordered};
use futures::{Stream, StreamExt as _, TryStreamExt as _};

use super::history::{History, Pages, Span, astray};
use crate::plan::{Disk, Failure};
use crate::port::{PageMarker, PhotoStore, PortError, PortErrorKind, VersionId, VersionPage};

mod spill;
mod split;
mod window;

use spill::{Scratch, Spilled};
use split::{Alphabet, Stretch};
use window::Window;

/// Pages asked for together at most.
const MOST: usize = 32;
/// A page that failed so often in a row, although others came, is given up.
const TRIES: u8 = 5;
/// So many guesses may find nothing new, fewer in a small bucket, and one more for so many pages that did.
const GUESSES: (u64, u64) = (16, 8);
/// Histories that wait in memory for whoever takes them, at most; more of them wait in the scratch file.
const WAITING: usize = 4000;

/// Every key's history under `prefix`, in the order of the keys' UTF-8 bytes; `most` pages are asked for together at
/// most.
///
/// A failed request, a listing that goes back or one that goes nowhere ends the stream with a [`Failure`]. Requests
/// that came too fast are sent again, fewer at once.
pub(crate) fn histories<'a>(
    store: &'a dyn PhotoStore,
    disk: &'a dyn Disk,
    bucket: &'a str,
    prefix: &'a str,
    most: Option<usize>,
) -> impl Stream<Item = Result<History, Failure>> + Send + 'a {
    let most = most.unwrap_or(MOST).clamp(1, MOST);
    let listing = Box::new(Listing::new(store, disk, bucket, prefix, most));
    stream::try_unfold(listing, |mut listing| async move {
        let histories: Option<Vec<History>> = listing.next().await?;
        Ok::<_, Failure>(histories.map(|histories| (histories, listing)))
    })
    .map_ok(|histories| stream::iter(histories.into_iter().map(Ok)))
    .try_flatten()
}

/// What a request was for.
enum Ask {
    /// The next page of this range.
    Next(u64),
    /// What comes after this key, which need not exist.
    Beyond(String),
}

struct Answer {
    ask: Ask,
    /// The window's epoch when it was asked.
    epoch: u64,
    page: Result<VersionPage, PortError>,
}

/// Keys next to each other that one lister goes through.
struct Range {
    id: u64,
    /// Its first key; `None` for the range that begins at the beginning.
    first: Option<String>,
    /// The first key of the next range.
    until: Option<String>,
    pages: Pages,
    asked: bool,
    /// How often in a row its next page failed.
    failed: u8,
    /// Keys and entries of its last page.
    last: Option<Span>,
    /// After this key there is likely nothing until the next range.
    empty_from: Option<String>,
    /// So many bytes into a key, keys of this range and the one beside it were seen to part.
    parted: Option<usize>,
    live: Vec<History>,
    spilled: Spilled,
}

impl Range {
    fn new(id: u64, first: Option<String>, until: Option<String>) -> Self {
        Self {
            id,
            first,
            until,
            pages: Pages::default(),
            asked: false,
            failed: 0,
            last: None,
            empty_from: None,
            parted: None,
            live: Vec::new(),
            spilled: Spilled::default(),
        }
    }

    /// Whether it has already listed `key`, or says that it isn't there.
    fn reached(&self, key: &str) -> bool {
        self.pages.ended || self.last.as_ref().is_some_and(|span| *span.last >= *key)
    }
}

struct Listing<'a> {
    store: &'a dyn PhotoStore,
    bucket: &'a str,
    prefix: &'a str,
    scratch: Scratch<'a>,
    /// In the order of their keys, from the one that is given out now; never empty until the end.
    ranges: VecDeque<Range>,
    made: u64,
    running: FuturesUnordered<BoxFuture<'a, Answer>>,
    /// What is being asked for by [`Ask::Beyond`].
    probes: BTreeSet<String>,
    window: Window,
    /// Whether the storage doesn't answer what comes after a key of our choosing: then there is one lister.
    alone: bool,
    alphabet: Alphabet,
    /// Pages that were of use.
    useful: u64,
    /// Guesses that found nothing new.
    useless: u64,
}

impl<'a> Listing<'a> {
    fn new(
        store: &'a dyn PhotoStore,
        disk: &'a dyn Disk,
        bucket: &'a str,
        prefix: &'a str,
        most: usize,
    ) -> Self {
        Self {
            store,
            bucket,
            prefix,
            scratch: Scratch::new(disk),
            ranges: VecDeque::from([Range::new(0, None, None)]),
            made: 1,
            running: FuturesUnordered::new(),
            probes: BTreeSet::new(),
            window: Window::new(most),
            alone: most == 1,
            alphabet: Alphabet::default(),
            useful: 0,
            useless: 0,
        }
    }

    /// The next histories; `None` at the end.
    async fn next(&mut self) -> Result<Option<Vec<History>>, Failure> {
        loop {
            self.ask();
            // What has come in meanwhile is taken at once, so that as much as may be is under way all the time.
            for _ in 0..self.running.len() {
                let Some(Some(answer)) = self.running.next().now_or_never() else { break };
                self.take(answer)?;
                self.ask();
            }
            let Some(front) = self.ranges.front_mut() else { return Ok(None) };
            if !front.live.is_empty() {
                return Ok(Some(std::mem::take(&mut front.live)));
            }
            if let Some(histories) = front.spilled.read(&mut self.scratch)? {
                return Ok(Some(histories));
            }
            if front.pages.ended {
                self.ranges.pop_front();
                continue;
            }
            let Some(answer) = self.running.next().await else {
                return Err(astray("it gave no answer"));
            };
            self.take(answer)?;
        }
    }

    /// Asks for as much as may be under way: pages of the first keys first, then what lies further on.
    fn ask(&mut self) {
        let mut room = self.window.size().saturating_sub(self.running.len());
        for at in 0..self.ranges.len() {
            if room == 0 {
                return;
            }
            let range = &mut self.ranges[at];
            if !range.asked && !range.pages.ended {
                range.asked = true;
                let (id, after) = (range.id, range.pages.after.clone());
                self.send(Ask::Next(id), after);
                room -= 1;
            }
        }
        let guesses = (GUESSES.0 + self.useful / GUESSES.1).min(2 + self.useful).saturating_sub(self.useless);
        while room > 0 && !self.alone && (self.probes.len() as u64) < guesses {
            let Some(key) = self.split() else { return };
            let after = PageMarker { key: key.clone(), version: VersionId(String::new()) };
            self.probes.insert(key.clone());
            self.send(Ask::Beyond(key), Some(after));
            room -= 1;
        }
    }

    fn send(&self, ask: Ask, after: Option<PageMarker>) {
        let (store, bucket, prefix, epoch) = (self.store, self.bucket, self.prefix, self.window.epoch());
        self.running.push(
            async move {
                let page = store.list_versions(bucket, prefix, after.as_ref(), None).await;
                Answer { ask, epoch, page }
            }
            .boxed(),
        );
    }

    /// A key in what is likely the largest stretch that one lister has before it.
    fn split(&self) -> Option<String> {
        let stretches = self.ranges.iter().filter(|range| !range.pages.ended).filter_map(|range| {
            let span = range.last.as_ref()?;
            let probe = self
                .probes
                .range::<str, _>((std::ops::Bound::Excluded(&*span.last), std::ops::Bound::Unbounded));
            let ends = [range.until.as_ref(), range.empty_from.as_ref(), probe.into_iter().next()];
            let until = ends.into_iter().flatten().filter(|end| **end > span.last).min().map(String::as_str);
            Some(Stretch { span, until, prefix: self.prefix.len(), parted: range.parted })
        });
        let mut largest: Option<(f64, String)> = None;
        for stretch in stretches {
            let pages = stretch.pages(&self.alphabet);
            if pages >= split::WORTH
                && largest.as_ref().is_none_or(|(most, _)| pages > *most)
                && let Some(key) = stretch.split(&self.alphabet)
            {
                largest = Some((pages, key));
            }
        }
        largest.map(|(_, key)| key)
    }

    fn take(&mut self, answer: Answer) -> Result<(), Failure> {
        let Answer { ask, epoch, page } = answer;
        match page {
            Ok(page) => {
                self.window.grow();
                match ask {
                    Ask::Next(id) => self.add(id, page),
                    Ask::Beyond(key) => {
                        self.probes.remove(&key);
                        self.found(&key, page)
                    }
                }
            }
            Err(error) => self.failed(ask, epoch, error),
        }
    }

    /// Asks for it again when requests came too fast; without what is only a guess where the storage won't have it.
    fn failed(&mut self, ask: Ask, epoch: u64, error: PortError) -> Result<(), Failure> {
        let too_fast = match error.kind {
            PortErrorKind::Throttled => {
                self.window.shrink(epoch);
                true
            }
            PortErrorKind::Unavailable => self.window.shrink(epoch),
            _ => false,
        };
        match ask {
            Ask::Beyond(key) => {
                self.probes.remove(&key);
                self.alone |= !too_fast;
                Ok(())
            }
            Ask::Next(id) => {
                let Some(range) = self.ranges.iter_mut().find(|range| range.id == id) else { return Ok(()) };
                range.failed += 1;
                if !too_fast || range.failed >= TRIES {
                    return Err(error.into());
                }
                range.asked = false;
                Ok(())
            }
        }
    }

    fn add(&mut self, id: u64, page: VersionPage) -> Result<(), Failure> {
        let Some(at) = self.ranges.iter().position(|range| range.id == id) else { return Ok(()) };
        let range = &mut self.ranges[at];
        (range.asked, range.failed) = (false, 0);
        self.useful += 1;
        let (histories, span) = range.pages.add(self.prefix, page, range.until.as_deref())?;
        range.last = span.or(range.last.take());
        for pair in histories.windows(2) {
            self.alphabet.learn(&pair[0].key, &pair[1].key);
        }
        if at == 0 && range.spilled.is_empty() && range.live.len() < WAITING {
            range.live.extend(histories);
        } else {
            for history in &histories {
                range.spilled.add(history, &mut self.scratch)?;
            }
            if range.pages.ended {
                range.spilled.flush(&mut self.scratch)?;
            }
        }
        Ok(())
    }

    /// Makes a range of its own of what was found after `key`.
    fn found(&mut self, key: &str, page: VersionPage) -> Result<(), Failure> {
        let keys = || page.photos.iter().chain(&page.markers).map(|entry| &entry.key);
        if keys().any(|found| **found <= *key || !found.starts_with(self.prefix)) {
            self.alone = true;
            return Ok(());
        }
        let holder = |ranges: &VecDeque<Range>, key: &str| {
            let after = ranges.partition_point(|r| r.first.as_ref().is_none_or(|first| **first <= *key));
            after.checked_sub(1)
        };
        // Between this key and the first that was found there is nothing, likely.
        let first = keys().min().cloned();
        // The newest entry of a key comes first. A storage that leaves it out here (moto does) can't be asked like this.
        let mut entries = page.photos.iter().chain(&page.markers);
        if first.is_some() && !entries.any(|entry| Some(&entry.key) == first.as_ref() && entry.latest) {
            self.alone = true;
            return Ok(());
        }
        let mut empty_from = None;
        if let Some(range) = holder(&self.ranges, key).and_then(|at| self.ranges.get_mut(at))
            && range.empty_from.as_ref().is_none_or(|empty| **empty > *key)
        {
            empty_from =
                range.empty_from.replace(key.to_owned()).filter(|empty| Some(empty) > first.as_ref());
        }
        self.useless += 1;
        let Some(first) = first else { return Ok(()) };
        let Some(at) = holder(&self.ranges, &first) else { return Ok(()) };
        let range = &mut self.ranges[at];
        if range.reached(&first) {
            return Ok(());
        }
        self.useless -= 1;
        let mut new = Range::new(self.made, Some(first.clone()), range.until.replace(first.clone()));
        let parted = range.last.as_ref().map(|span| split::common(&span.last, &first));
        (range.parted, new.parted, new.empty_from) = (parted, parted, empty_from);
        self.made += 1;
        let id = new.id;
        self.ranges.insert(at + 1, new);
        self.add(id, page)
    }
}

#[cfg(test)]
mod tests;
