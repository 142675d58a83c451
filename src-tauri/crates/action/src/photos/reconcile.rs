//! Whether every photo that the database names exists, and the other way round.
//!
//! Guarantee: only looks; memory stays the same however many photos there are; a photo that no row names is told of
//! and never touched.

use std::pin::pin;

use futures::{Stream, TryStreamExt as _};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::body::write_line;
use super::decide::{self, Alike};
use super::history::History;
use super::listing::histories;
use super::merge::{Keyed, Merge, Pair};
use super::reconciled::{self, Counts, Kind};
use super::tally::Examples;
use super::{Ticks, words};
use crate::ParamError;
use crate::database::session;
use crate::plan::{Context, Example, Failure, Outcome, Sink};
use crate::port::{NamedPhoto, Photo};
use crate::spec::Values;

/// How many keys are passed before progress is told again.
const TICK: u64 = 1000;

/// `photos.reconcile`: the photos of a database, and the photos of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconcile {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// The database instance whose photos are compared.
    pub instance: String,
    /// The region the instance is in; the environment's when left out.
    pub region: Option<String>,
}

impl Reconcile {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            bucket: values.required("bucket")?.to_owned(),
            prefix: values.text("prefix").unwrap_or_default().to_owned(),
            instance: values.required("instance")?.to_owned(),
            region: values.text("region").map(str::to_owned),
        })
    }
}

/// What a bucket has under one key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The key.
    pub key: String,
    /// The current photo; `None` when the key is hidden behind a delete marker.
    pub photo: Option<Photo>,
    /// Whether an older version of it is a photo.
    pub older: bool,
}

impl Keyed for Kept {
    fn key(&self) -> &str {
        &self.key
    }
}

impl From<History> for Kept {
    fn from(history: History) -> Self {
        let photo = history.current().and_then(|now| now.photo.clone());
        let photos = history.entries.iter().filter(|entry| entry.photo.is_some()).count();
        Self { older: photos > usize::from(photo.is_some()), photo, key: history.key }
    }
}

/// The photos of a database compared with those of a bucket, in one walk along both.
pub struct Comparison<'a> {
    prefix: &'a str,
    /// Whether an entity tag can be believed to be the MD5 of the content (facts §1.4).
    md5: bool,
    counts: Counts,
    examples: Examples<Kind>,
    evidence: Sink<'a>,
}

impl<'a> Comparison<'a> {
    /// A comparison of the keys that begin with `prefix`. Each photo that isn't as it should be is a line of
    /// `evidence`. `md5` says whether the bucket's entity tags are MD5s: not where KMS encrypts.
    pub fn new(prefix: &'a str, md5: bool, evidence: Sink<'a>) -> Self {
        Self { prefix, md5, counts: Counts::default(), examples: Examples::default(), evidence }
    }

    /// Walks to the end of both sides, which must be in the order of their keys' bytes. `passed` is told of every
    /// so many keys how many there were since, and how many of them are wrong; its failure ends the walk.
    ///
    /// # Errors
    /// What either side or `passed` fails with, and [`Failure::Refused`] for a side that is out of order.
    pub async fn walk(
        &mut self,
        named: impl Stream<Item = Result<NamedPhoto, Failure>> + Unpin,
        kept: impl Stream<Item = Result<Kept, Failure>> + Unpin,
        mut passed: impl FnMut(u64, u64) -> Result<(), Failure>,
    ) -> Result<&Counts, Failure> {
        let mut merge = Merge::new((named, "the database's list of photos"), (kept, "the bucket's listing"));
        let mut wrong = 0;
        let mut since = 0;
        while let Some(pair) = merge.next().await? {
            self.take(pair)?;
            since += 1;
            if since == TICK {
                let now = self.counts.missing + self.counts.different;
                passed(since, now - wrong)?;
                (since, wrong) = (0, now);
            }
        }
        self.counts.repeated = merge.repeated();
        passed(since, self.counts.missing + self.counts.different - wrong)?;
        Ok(&self.counts)
    }

    fn take(&mut self, pair: Pair<NamedPhoto, Kept>) -> Result<(), Failure> {
        match pair {
            Pair::Left(named) if !named.key.starts_with(self.prefix) => {
                self.counts.outside += 1;
                self.found(Kind::Outside, &named.key, "outside of the prefix", None, None)
            }
            Pair::Left(named) => self.missing(&named, false),
            Pair::Both(named, Kept { photo: None, older, .. }) => self.missing(&named, older),
            Pair::Both(named, Kept { photo: Some(photo), .. }) => self.both(&named, &photo),
            Pair::Right(Kept { photo: None, .. }) => Ok(()),
            Pair::Right(Kept { key, photo: Some(photo), .. }) => {
                self.counts.orphaned += 1;
                self.found(Kind::Orphaned, &key, "named by no row", None, Some(photo.size))
            }
        }
    }

    fn missing(&mut self, named: &NamedPhoto, older: bool) -> Result<(), Failure> {
        self.counts.missing += 1;
        self.counts.recoverable += u64::from(older);
        let (kind, what) = if older {
            (Kind::Recoverable, "missing, an older version exists")
        } else {
            (Kind::Lost, "missing")
        };
        self.found(kind, &named.key, what, named.size, None)
    }

    fn both(&mut self, named: &NamedPhoto, photo: &Photo) -> Result<(), Failure> {
        if named.size.is_some_and(|size| size != photo.size) {
            self.counts.different += 1;
            return self.found(Kind::Different, &named.key, "another size", named.size, Some(photo.size));
        }
        match self.checksum(named, photo) {
            Alike::Yes => {}
            Alike::No => {
                self.counts.different += 1;
                return self.found(
                    Kind::Different,
                    &named.key,
                    "another checksum",
                    named.size,
                    Some(photo.size),
                );
            }
            Alike::Unknown if named.size.is_some() => self.counts.by_size += 1,
            Alike::Unknown => self.counts.by_key += 1,
        }
        self.counts.matched += 1;
        Ok(())
    }

    /// Compares by the checksum alone. It tells only where both are plain MD5s.
    fn checksum(&self, named: &NamedPhoto, photo: &Photo) -> Alike {
        let Some(known) = named.etag.as_deref().filter(|tag| is_md5(tag)) else { return Alike::Unknown };
        if known.eq_ignore_ascii_case(&photo.etag) {
            return Alike::Yes;
        }
        if self.md5 && is_md5(&photo.etag) { Alike::No } else { Alike::Unknown }
    }

    fn found(
        &mut self,
        kind: Kind,
        key: &str,
        result: &str,
        named: Option<u64>,
        kept: Option<u64>,
    ) -> Result<(), Failure> {
        write_line(
            &json!({ "key": key, "result": result, "named_bytes": named, "kept_bytes": kept }),
            self.evidence,
        )?;
        self.examples.add(kind, || {
            let (now, becomes) = match kind {
                Kind::Lost => ("not in the bucket".to_owned(), "no version of it is left there"),
                Kind::Recoverable => ("not in the bucket".to_owned(), "an older version can be brought back"),
                Kind::Different => (differing(result, named, kept), "left as it is"),
                Kind::Outside => ("outside of the prefix".to_owned(), "not looked at"),
                Kind::Orphaned => ("named by no row".to_owned(), "left as it is"),
            };
            Example { key: key.to_owned(), now, becomes: becomes.to_owned() }
        });
        Ok(())
    }
}

fn differing(what: &str, named: Option<u64>, kept: Option<u64>) -> String {
    match (named, kept) {
        (Some(named), Some(kept)) if named != kept => {
            format!("{what}: {}, not {}", words::bytes(kept), words::bytes(named))
        }
        _ => format!("{what} than the database says"),
    }
}

/// Whether a tag looks like an MD5 in hex: a multipart upload's doesn't.
fn is_md5(tag: &str) -> bool {
    // Looking at every byte, whatever the first are, is done many at once: this is asked of each of millions.
    tag.len() == 32 && tag.bytes().fold(true, |hex, b| hex & b.is_ascii_hexdigit())
}

/// Compares the photos that the database names with those that are in the bucket.
///
/// Passes when none is missing or different. Photos that no row names don't fail it: an upload stands in the bucket
/// before its row is written, and edits leave their originals.
pub(crate) async fn reconcile(
    params: &Reconcile,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let statement = session::photos_statement(cx)?;
    let store = &*cx.ports.photos;
    let facts = store.bucket(&params.bucket).await?;
    let mut session = session::open(cx, params.region.as_deref(), &params.instance).await?;
    let named = session.photos(statement).await?.map_err(Failure::from);
    let kept = pin!(histories(store, cx.disk, &params.bucket, &params.prefix, None).map_ok(Kept::from));
    let mut ticks = Ticks::new("comparing photos with the database", cx);
    let md5 = decide::tags_are_md5(&facts);
    let mut comparison = Comparison::new(&params.prefix, md5, evidence);
    comparison
        .walk(named, kept, |keys, wrong| {
            ticks.tick(keys, wrong, 0);
            if cx.stopping() {
                return Err(Failure::Stopped { left: "nothing was changed by comparing".to_owned() });
            }
            Ok(())
        })
        .await?;
    ticks.last();
    Ok(reconciled::outcome(params, &comparison.counts, comparison.examples))
}

#[cfg(test)]
mod tests;
