//! What became of keys that come back somewhere else than where their good versions lie.

use futures::{Stream, TryStreamExt as _, stream};

use super::super::Target;
use super::super::decide::{self, Alike};
use super::super::history::History;
use super::super::merge::{Keyed, Merge, Pair};
use super::{AT_ONCE, Finding, Ground, Place, same_bytes_at, same_description};
use crate::plan::Failure;
use crate::port::Version;

/// Refuses a place to restore into that lies among what is restored.
pub(super) fn check(target: &Target) -> Result<(), Failure> {
    let Some(start) = &target.target_prefix else { return Ok(()) };
    let among = start.starts_with(&target.prefix) || target.prefix.starts_with(start);
    if target.source() != target.destination() || !among || *start == target.prefix {
        return Ok(());
    }
    Err(Failure::Refused {
        why: format!(
            "photos would come back under {start:?}, among those that they are taken from, under {:?}",
            target.prefix
        ),
        next: "Give another `target_prefix`, of which neither begins with the other, or another `target_bucket`."
            .to_owned(),
    })
}

/// A key as it is where photos come back.
struct There {
    /// The key that its good versions have.
    key: String,
    history: History,
}

impl Keyed for There {
    fn key(&self) -> &str {
        &self.key
    }
}

/// What became of every key, as it is seen where photos come back: `deleted` is what isn't there, `overwritten` what is
/// another photo there, `new` what is there and shouldn't be.
pub(super) fn findings<'g>(
    ground: &'g Ground<'_>,
) -> impl Stream<Item = Result<Finding, Failure>> + Send + 'g {
    let target = ground.target;
    let good = ground.listed(target.source(), &target.prefix);
    let good = good.try_filter(|history| std::future::ready(!ground.exclusions.meets(&history.key)));
    let good = super::in_order(good, |history| ground.look(history));
    let start = target.target_prefix.as_deref().unwrap_or(&target.prefix);
    let there = ground.listed(target.destination(), start).map_ok(move |history| {
        let key = match history.key.strip_prefix(start) {
            Some(rest) if start != target.prefix => format!("{}{rest}", target.prefix),
            _ => history.key.clone(),
        };
        There { key, history }
    });
    let there = there.try_filter(|there| {
        let out = ground.exclusions.holds(&there.key);
        if out {
            ground.exclusions.sees(&there.key, &there.history);
        }
        std::future::ready(!out)
    });
    let sides = (Box::pin(good), "the listing of the good versions");
    let merge = Merge::new(sides, (Box::pin(there), "the listing of where photos come back"));
    let pairs =
        stream::try_unfold(merge, async |mut merge| Ok(merge.next().await?.map(|pair| (pair, merge))));
    pairs.map_ok(|pair| judge(ground, pair)).try_buffered(AT_ONCE)
}

async fn judge(ground: &Ground<'_>, pair: Pair<Finding, There>) -> Result<Finding, Failure> {
    let (finding, there) = match pair {
        Pair::Left(finding) => (Some(finding), None),
        Pair::Both(finding, there) => (Some(finding), Some(there)),
        Pair::Right(there) => (None, Some(there)),
    };
    let now = there.as_ref().and_then(|there| there.history.current()).cloned();
    let null = there.as_ref().is_some_and(|there| there.history.entries.iter().any(|e| e.id.0 == "null"));
    let key = there.map(|there| there.key);
    let mut finding = finding.unwrap_or_else(|| Finding {
        key: key.unwrap_or_default(),
        verdict: decide::Verdict::Gone,
        want: None,
        now: None,
        newer: Vec::new(),
        candidates: Vec::new(),
        ended: None,
        oldest: None,
        null,
        doubt: None,
    });
    if finding.candidates.is_empty() {
        let same = match (&finding.want, &now) {
            (Some(want), Some(now)) => same(ground, want, now).await?,
            _ => false,
        };
        finding.verdict = decide::verdict(finding.want.as_ref(), now.as_ref(), same);
    }
    (finding.now, finding.null) = (now, null);
    Ok(finding)
}

/// Whether what is there is the same photo, by the listings or by reading both.
async fn same(ground: &Ground<'_>, want: &Version, now: &Version) -> Result<bool, Failure> {
    let (Some(a), Some(b)) = (&want.photo, &now.photo) else { return Ok(false) };
    let source = Place { bucket: ground.target.source(), key: &want.key, version: &want.id };
    let there = Place { bucket: ground.target.destination(), key: &now.key, version: &now.id };
    let bytes = match decide::alike(a, b, ground.md5) {
        Alike::Yes => true,
        Alike::No => false,
        Alike::Unknown => same_bytes_at(ground.store, source, there).await?,
    };
    Ok(bytes && same_description(ground.store, source, there).await?)
}
