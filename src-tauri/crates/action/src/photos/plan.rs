//! What a restore would do to every key, worked out by reading only.

use std::pin::pin;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use super::body::{self, Entry, Item, Op, Want};
use super::decide::Verdict;
use super::findings::{Finding, Ground};
use super::merge::{Merge, Pair};
use super::planned::{Kind, Planned};
use super::tally::{Examples, Tally};
use super::{Extra, Method, Target, Ticks, summary, words};
use crate::database::session;
use crate::plan::{Context, Example, Failure, PlanSummary, Sink};
use crate::port::{Guard, Keep, NamedPhoto, Version, Versioning};

pub(crate) use summary::{left_out, undecided};

/// Examples of each kind.
const EXAMPLES: usize = 10;
/// Examples of all kinds.
const SHOWN: usize = 40;

/// Works out what to do about every key; with `named_by`, about those alone that the database names and that have no
/// photo now.
pub(crate) async fn plan(target: &Target, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let ground = Ground::enter(target, cx).await?;
    check(&ground)?;
    let mut session = None;
    let named: BoxStream<'_, Result<NamedPhoto, Failure>> = match &target.named_by {
        Some(id) => {
            let session = session.insert(session::open(cx, None, id).await?);
            session.photos(session::photos_statement(cx)?).await?.map_err(Failure::from).boxed()
        }
        None => stream::empty().boxed(),
    };
    body::write_header(target, stands_on(&ground), into)?;
    let mut tally = Tally::default();
    let mut planned = Planned::new(target, cx);
    let mut examples = Examples::up_to(EXAMPLES, SHOWN);
    let mut ticks = Ticks::new("comparing photos", cx);
    let findings = pin!(ground.findings());
    let mut pairs = Merge::new((named, "the database's list of photos"), (findings, "the bucket's listing"));
    while let Some(pair) = pairs.next().await? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed, and there is no plan".to_owned() });
        }
        let (wanted, finding) = match pair {
            Pair::Left(named) => {
                planned.lost += u64::from(named.key.starts_with(&target.prefix));
                continue;
            }
            Pair::Both(_, finding) => (finding.now.as_ref().is_none_or(|now| now.photo.is_none()), finding),
            Pair::Right(finding) => (target.named_by.is_none(), finding),
        };
        ticks.pass();
        if !wanted {
            planned.passed += 1;
            tally.pass(&finding);
            continue;
        }
        tally.add(&finding, &ground);
        planned.lost += u64::from(target.named_by.is_some() && finding.verdict == Verdict::Gone);
        match item(&finding, &ground) {
            Some((kind, item)) => {
                planned.add(kind, &item, &finding);
                body::write_line(&item, into)?;
                examples.add(kind, || Example { key: item.key, now: item.was, becomes: item.becomes });
            }
            None if finding.verdict == Verdict::New => {
                planned.leave(&finding);
                examples.add(Kind::New, || Example {
                    key: finding.key.clone(),
                    now: added(&finding),
                    becomes: "left as it is".to_owned(),
                });
            }
            None => {}
        }
    }
    ticks.last();
    tally.check(target)?;
    planned.check(target)?;
    let summary = summary::of(&ground, &tally, planned, examples.chosen());
    body::write_summary(&summary, into)?;
    Ok(summary)
}

/// Refuses a method that this bucket doesn't bear.
fn check(ground: &Ground<'_>) -> Result<(), Failure> {
    let (target, facts) = (ground.target, &ground.facts);
    let refused = |why: String, next: &str| Err(Failure::Refused { why, next: next.to_owned() });
    if target.method == Method::Copy {
        return Ok(());
    }
    if facts.versioning != Versioning::Enabled {
        return refused(
            format!(
                "versioning of bucket {} is not on, so what is removed may be all that there is",
                target.bucket
            ),
            "Restore with `photos.restore`, which removes nothing.",
        );
    }
    if target.beside() {
        return refused(
            "removing versions brings photos back where they were, and nowhere else".to_owned(),
            "Restore with `photos.restore`, or leave out the other bucket and prefix.",
        );
    }
    if target.method == Method::Rewind && facts.lock == Some(true) {
        return refused(
            format!("Object Lock is on in bucket {}, so versions may refuse to be removed", target.bucket),
            "Restore with `photos.restore`, which puts the good versions on top.",
        );
    }
    Ok(())
}

/// What has to be known of the bucket to carry the plan out.
fn stands_on(ground: &Ground<'_>) -> body::Ground {
    let facts = &ground.facts;
    body::Ground {
        versioning: facts.versioning,
        keep: Keep {
            encryption: facts.encryption.as_deref() != Some("AES256"),
            acl: facts.acls == Some(true),
            lock: ground.target.lock,
        },
        batch: None,
        exclusions: ground.exclusions.file().cloned(),
    }
}

/// What the plan does about a key; `None` when there is nothing to do.
fn item(finding: &Finding, ground: &Ground<'_>) -> Option<(Kind, Item)> {
    let line = |op, was, becomes: String| Item { key: finding.key.clone(), op, was, becomes };
    if finding.verdict == Verdict::Undecided {
        let at = finding.candidates.first().map(|e| words::time(e.modified)).unwrap_or_default();
        let becomes = format!("left alone: a photo and a deletion share {at}");
        let op = Op::Undecided { candidates: finding.candidates.clone() };
        return Some((Kind::Undecided, line(op, was(finding), becomes)));
    }
    match ground.target.method {
        Method::Copy if finding.verdict == Verdict::New => hidden(finding, ground, line),
        Method::Copy => copied(finding, ground, line),
        Method::Undelete => undeleted(finding, line),
        Method::Rewind => rewound(finding, line),
    }
}

fn copied(
    finding: &Finding,
    ground: &Ground<'_>,
    line: impl Fn(Op, String, String) -> Item,
) -> Option<(Kind, Item)> {
    let now = finding.now.as_ref();
    let (kind, guard) = match (finding.verdict, now.and_then(|now| now.photo.as_ref())) {
        (Verdict::Deleted, _) => (Kind::Deleted, Guard::Absent),
        (Verdict::Overwritten, Some(photo)) => (Kind::Overwritten, Guard::Is(photo.etag.clone())),
        _ => return None,
    };
    let good = finding.want.as_ref()?;
    let want = want(good)?;
    if let Some(why) = unversioned(finding, ground.facts.versioning) {
        let op = Op::Blocked { want, why: why.to_owned() };
        return Some((Kind::Blocked, line(op, was(finding), format!("left alone: {why}"))));
    }
    let frozen = good.photo.as_ref().is_some_and(crate::port::Photo::frozen);
    let of = words::time(good.modified);
    let becomes = match (frozen, ground.target.destination_key(&finding.key)) {
        (true, _) => format!("the version of {of}, once it is thawed"),
        (false, key) if *key != *finding.key => format!("the version of {of}, as {key}"),
        _ => format!("the version of {of}"),
    };
    let over = now.map(|now| now.id.clone());
    Some((kind, line(Op::Copy { want, guard, over }, was(finding), becomes)))
}

fn hidden(
    finding: &Finding,
    ground: &Ground<'_>,
    line: impl Fn(Op, String, String) -> Item,
) -> Option<(Kind, Item)> {
    let now = finding.now.as_ref()?;
    let photo = now.photo.as_ref().filter(|_| ground.target.extra == Extra::Delete)?;
    if let Some(why) = unversioned(finding, ground.facts.versioning) {
        let op = Op::Blocked { want: want(now)?, why: why.to_owned() };
        return Some((Kind::Blocked, line(op, added(finding), format!("left alone: {why}"))));
    }
    let op = Op::Hide { version: now.id.clone(), etag: photo.etag.clone(), size: photo.size };
    Some((Kind::Hidden, line(op, added(finding), "hidden behind a delete marker".to_owned())))
}

/// Removes the markers that hide a photo, when there is nothing else on top of it.
fn undeleted(finding: &Finding, line: impl Fn(Op, String, String) -> Item) -> Option<(Kind, Item)> {
    if !matches!(finding.verdict, Verdict::Deleted | Verdict::Overwritten) {
        return None;
    }
    let good = finding.want.as_ref()?;
    let want = want(good)?;
    let markers_only = finding.newer.iter().all(|entry| entry.photo.is_none());
    if finding.newer.is_empty() || !markers_only {
        let why = "it was overwritten: removing delete markers doesn't bring the good version back, \
                   `photos.restore` does";
        let op = Op::Blocked { want, why: why.to_owned() };
        return Some((Kind::Blocked, line(op, was(finding), format!("left alone: {why}"))));
    }
    let becomes = format!("the version of {} again, with its date and its tags", words::time(good.modified));
    let op = Op::Remove { entries: entries(&finding.newer), want: Some(want) };
    Some((Kind::Undeleted, line(op, was(finding), becomes)))
}

/// Removes whatever is newer than the restore point; but what may be all that is left of a photo stays.
fn rewound(finding: &Finding, line: impl Fn(Op, String, String) -> Item) -> Option<(Kind, Item)> {
    if finding.newer.is_empty() {
        return None;
    }
    if finding.doubt.is_some() {
        let why = "what it was may have been destroyed without a trace, so what there is of it is kept";
        let kept = finding.want.as_ref().or(finding.now.as_ref()).and_then(want)?;
        let op = Op::Blocked { want: kept, why: why.to_owned() };
        return Some((Kind::Blocked, line(op, was(finding), format!("left alone: {why}"))));
    }
    let want = finding.want.as_ref().and_then(want);
    let becomes = match &finding.want {
        Some(good) => format!("the version of {} again", words::time(good.modified)),
        None => "no photo, as it was".to_owned(),
    };
    let kind = if want.is_some() { Kind::Rewound } else { Kind::Emptied };
    Some((kind, line(Op::Remove { entries: entries(&finding.newer), want }, was(finding), becomes)))
}

fn entries(of: &[Version]) -> Vec<Entry> {
    let entry = |version: &Version| Entry {
        version: version.id.clone(),
        modified: version.modified,
        size: version.photo.as_ref().map(|photo| photo.size),
    };
    of.iter().map(entry).collect()
}

fn want(version: &Version) -> Option<Want> {
    let photo = version.photo.as_ref()?;
    Some(Want {
        version: version.id.clone(),
        etag: photo.etag.clone(),
        size: photo.size,
        storage_class: photo.storage_class.clone(),
        checksum: photo.checksum.clone(),
    })
}

/// What a key is now.
fn was(finding: &Finding) -> String {
    let Some(now) = &finding.now else { return "not there".to_owned() };
    let what = match (&now.photo, finding.verdict) {
        (None, _) => "deleted",
        (Some(_), Verdict::Overwritten) => "overwritten",
        (Some(_), Verdict::New) => "added",
        (Some(_), _) => "photo of",
    };
    format!("{what} {}", words::time(now.modified))
}

fn added(finding: &Finding) -> String {
    let at = finding.now.as_ref().map(|now| words::time(now.modified)).unwrap_or_default();
    format!("added {at}")
}

/// Why nothing may be put on top of a key: without versioning that destroys its version `null`.
fn unversioned(finding: &Finding, versioning: Versioning) -> Option<&'static str> {
    let destroys = versioning != Versioning::Enabled && finding.null;
    destroys.then_some("versioning is not on, so writing would destroy its version `null`")
}
