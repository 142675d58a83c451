//! What became of every key since the restore point: the listing, with what it can't tell found out.

use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{self, BoxStream, FuturesOrdered};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use jiff::Timestamp;

use super::decide::{self, Alike, Doubt, Then, Verdict};
use super::exclusions::Exclusions;
use super::history::{History, whole_second};
use super::listing::histories;
use super::merge::Keyed;
use super::{Method, Target, words};
use crate::plan::{Context, Disk, Failure};
use crate::port::{
    BucketFacts, PageMarker, PhotoStore, PortError, PortErrorKind, Version, VersionId, Versioning,
};

mod beside;

/// Keys that are looked at together.
const AT_ONCE: usize = 16;

/// What became of one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The key, as it is where the good versions lie.
    pub(crate) key: String,
    pub(crate) verdict: Verdict,
    /// The photo that it was; `None` when it was none or nobody knows.
    pub(crate) want: Option<Version>,
    /// The entry that is current where photos come back: a photo or a delete marker.
    pub(crate) now: Option<Version>,
    /// What is newer than the restore point, newest first, where the method removes it.
    pub(crate) newer: Vec<Version>,
    /// What it may have been, when undecided.
    pub(crate) candidates: Vec<Version>,
    /// When what it was stopped being current.
    pub(crate) ended: Option<Timestamp>,
    /// When its oldest entry was written; `None` when it isn't where the good versions lie.
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
    /// Of the bucket that photos come back in.
    pub(crate) facts: BucketFacts,
    /// Of the bucket that the good versions lie in: the same, as a rule.
    pub(crate) source: BucketFacts,
    pub(crate) store: &'a dyn PhotoStore,
    pub(crate) exclusions: Exclusions,
    disk: &'a dyn Disk,
    /// The environment, when it doesn't say what S3 Batch Operations needs.
    pub(crate) without_jobs: Option<&'a str>,
    /// Whether unequal entity tags can be believed to mean unequal bytes.
    md5: bool,
}

impl<'a> Ground<'a> {
    /// Looks at the bucket, and refuses where no answer could be right.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the restore point is not over yet, the bucket never kept old versions, or what is to
    /// be left out can't be known.
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
        beside::check(target)?;
        let exclusions = Exclusions::read(target, cx.disk)?;
        let store = &*cx.ports.photos;
        let facts = store.bucket(target.destination()).await?;
        let source = match target.source() == target.destination() {
            true => facts.clone(),
            false => store.bucket(target.source()).await?,
        };
        if source.versioning == Versioning::Never && target.source_bucket.is_none() {
            return Err(Failure::Refused {
                why: format!(
                    "bucket {} has never kept old versions, so what was deleted or overwritten is not in it",
                    target.source()
                ),
                next: "Look for another copy: the replica bucket, or a recovery point of AWS Backup. Turn \
                       versioning on before anything else is written."
                    .to_owned(),
            });
        }
        let md5 = decide::tags_are_md5(&facts) && decide::tags_are_md5(&source);
        let jobs = cx.environment.photos.as_ref().and_then(|photos| photos.batch.as_ref());
        let without_jobs = jobs.is_none().then_some(&*cx.environment.name);
        Ok(Self { target, facts, source, store, exclusions, disk: cx.disk, without_jobs, md5 })
    }

    /// Reads both versions wherever entity tags differ but sizes don't, so that an object that was encrypted in its
    /// own way isn't called different.
    pub(crate) fn reading_all(self) -> Self {
        Self { md5: false, ..self }
    }

    /// Every key under the prefix, in order, [`AT_ONCE`] looked at together; but for those that are left out.
    pub(crate) fn findings(&self) -> BoxStream<'_, Result<Finding, Failure>> {
        match self.target.beside() {
            true => beside::findings(self).boxed(),
            false => self.in_place().boxed(),
        }
    }

    /// The history of every key under `prefix` of `bucket`.
    fn listed<'g>(
        &'g self,
        bucket: &'g str,
        prefix: &'g str,
    ) -> impl Stream<Item = Result<History, Failure>> + Send + 'g {
        histories(self.store, self.disk, bucket, prefix, self.target.max_in_flight)
    }

    /// What became of every key where it is.
    fn in_place(&self) -> impl Stream<Item = Result<Finding, Failure>> + Send + '_ {
        let listed = self.listed(self.target.source(), &self.target.prefix);
        let wanted = listed.try_filter(|history| {
            let out = self.exclusions.meets(&history.key);
            if out {
                self.exclusions.sees(&history.key, history);
            }
            std::future::ready(!out)
        });
        in_order(wanted, |history| self.look(history))
    }

    /// What the key was and is; asks the storage only where the listing doesn't tell.
    fn look(&self, history: History) -> Looked<'_> {
        let at = self.target.at;
        match decide::then(&history, at) {
            Then::Tied { .. } => Looked::Later(self.settle(history).boxed()),
            Then::Absent => Looked::Now(self.found(history, None, false)),
            Then::Was(entry) => {
                let want = history.entries.iter().position(|e| std::ptr::eq(e, entry));
                self.compare(history, want)
            }
        }
    }

    /// Compares what a key was, if that is known, with what it is.
    fn compare(&self, history: History, was: Option<usize>) -> Looked<'_> {
        let was_photo = was.and_then(|at| history.entries.get(at)).filter(|e| e.photo.is_some());
        let same = match (was_photo, history.current()) {
            (Some(want), Some(now)) => self.alike(want, now),
            _ => Some(false),
        };
        match same {
            Some(same) => Looked::Now(self.found(history, was, same)),
            None => Looked::Later(
                async move {
                    let want = was.and_then(|at| history.entries.get(at));
                    let same = match want.zip(history.current()) {
                        Some((want, now)) => self.same(want, now).await?,
                        None => false,
                    };
                    Ok(self.found(history, was, same))
                }
                .boxed(),
            ),
        }
    }

    /// Asks for the order of a tied second.
    async fn settle(&self, history: History) -> Result<Finding, Failure> {
        let settled = match decide::then(&history, self.target.at) {
            Then::Tied { group, newer } => {
                let bucket = self.target.source();
                let order = newest_of(self.store, bucket, &history, group, newer).await?;
                let settled = order.or_else(|| decide::chosen(group, self.target.ties));
                settled
                    .and_then(|settled| history.entries.iter().position(|e| std::ptr::eq(e, settled)))
                    .ok_or_else(|| group.to_vec())
            }
            _ => Err(Vec::new()),
        };
        match settled {
            Ok(was) => match self.compare(history, Some(was)) {
                Looked::Now(finding) => Ok(finding),
                Looked::Later(finding) => finding.await,
            },
            Err(candidates) => {
                let mut finding = self.found(history, None, false);
                (finding.verdict, finding.candidates) = (Verdict::Undecided, candidates);
                Ok(finding)
            }
        }
    }

    /// What became of a key whose entry `was` was current; `same` when that and the current one are alike.
    fn found(&self, history: History, was: Option<usize>, same: bool) -> Finding {
        let doubt = decide::doubt(&history, &decide::then(&history, self.target.at), self.target.at);
        let want = was.filter(|at| history.entries.get(*at).is_some_and(|e| e.photo.is_some()));
        let successor = want.and_then(|at| at.checked_sub(1)).and_then(|at| history.entries.get(at));
        let at = whole_second(self.target.at);
        let newer = match self.target.method {
            Method::Copy => Vec::new(),
            _ => history.entries.iter().take_while(|e| e.modified > at).cloned().collect(),
        };
        let (now, was) = (history.current(), want.and_then(|at| history.entries.get(at)));
        Finding {
            verdict: decide::verdict(was, now, same),
            want: was.cloned(),
            now: now.cloned(),
            newer,
            candidates: Vec::new(),
            ended: successor.map(|e| e.modified),
            oldest: history.entries.last().map(|e| e.modified),
            null: history.entries.iter().any(|e| e.id.0 == "null"),
            doubt,
            key: history.key,
        }
    }

    /// Whether two versions of a key are the same; `None` when the listing doesn't tell.
    fn alike(&self, want: &Version, now: &Version) -> Option<bool> {
        if want.id == now.id {
            return Some(true);
        }
        // Whatever is newer goes, with the same bytes or not; what comes back beside is compared with what is there.
        if self.target.method == Method::Rewind || self.target.beside() {
            return Some(false);
        }
        let (Some(a), Some(b)) = (&want.photo, &now.photo) else { return Some(false) };
        (decide::alike(a, b, self.md5) == Alike::No).then_some(false)
    }

    async fn same(&self, want: &Version, now: &Version) -> Result<bool, Failure> {
        let (Some(a), Some(b)) = (&want.photo, &now.photo) else { return Ok(false) };
        let place = |version| Place { bucket: self.target.source(), key: &want.key, version };
        let (want, now) = (place(&want.id), place(&now.id));
        let bytes = match decide::alike(a, b, self.md5) {
            Alike::Yes => true,
            Alike::No => false,
            Alike::Unknown => same_bytes(self.store, want, now).await?,
        };
        Ok(bytes && same_description(self.store, want, now).await?)
    }
}

/// What looking at a key gave, or will give.
#[expect(clippy::large_enum_variant, reason = "nearly all are of the large kind, and each is moved once")]
enum Looked<'g> {
    Now(Finding),
    Later(BoxFuture<'g, Result<Finding, Failure>>),
}

/// Looks at every history, at [`AT_ONCE`] of them together; in their order. Those that need no request, which is nearly
/// all of them, go straight through.
fn in_order<'g>(
    histories: impl Stream<Item = Result<History, Failure>> + Send + 'g,
    look: impl Fn(History) -> Looked<'g> + Send + 'g,
) -> impl Stream<Item = Result<Finding, Failure>> + Send + 'g {
    type Later<'g> = FuturesOrdered<BoxFuture<'g, Result<Finding, Failure>>>;
    let state = (Box::pin(histories.fuse()), look, Later::new());
    stream::try_unfold(state, async |(mut histories, look, mut later)| {
        while later.len() < AT_ONCE {
            let Some(history) = histories.try_next().await? else { break };
            match look(history) {
                Looked::Now(finding) if later.is_empty() => {
                    return Ok(Some((finding, (histories, look, later))));
                }
                Looked::Now(finding) => later.push_back(std::future::ready(Ok(finding)).boxed()),
                Looked::Later(finding) => later.push_back(finding),
            }
        }
        Ok(later.try_next().await?.map(|finding| (finding, (histories, look, later))))
    })
}

/// One version of a key, wherever it is.
#[derive(Clone, Copy)]
struct Place<'p> {
    bucket: &'p str,
    key: &'p str,
    version: &'p VersionId,
}

/// What was answered; `None` where asking again or logging in again wouldn't help.
fn told<T>(answer: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind.is_transient() || error.kind == PortErrorKind::Credentials => Err(error),
        Err(_) => Ok(None),
    }
}

/// Whether two versions hold the same bytes, by reading both; what can't be read is not the same.
///
/// # Errors
/// What may go away by itself or by logging in again: then nothing is known.
async fn same_bytes(store: &dyn PhotoStore, a: Place<'_>, b: Place<'_>) -> Result<bool, PortError> {
    let read = async |of: Place<'_>| told(store.digest(of.bucket, of.key, of.version).await);
    let Some(a) = read(a).await? else { return Ok(false) };
    Ok(read(b).await?.is_some_and(|b| a == b))
}

/// Whether content type, metadata and tags are the same, as far as the credentials may ask.
async fn same_description(store: &dyn PhotoStore, a: Place<'_>, b: Place<'_>) -> Result<bool, PortError> {
    let read = async |of: Place<'_>| told(store.described(of.bucket, of.key, of.version).await);
    match (read(a).await?, read(b).await?) {
        (Some(a), Some(b)) => Ok(a == b),
        _ => Ok(true),
    }
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
