//! What a restore would do to every key, worked out by reading only.

use std::pin::pin;

use futures::stream::{self, BoxStream};
use futures::{StreamExt as _, TryStreamExt as _};

use super::body::{self, Item, Op, Want};
use super::decide::Verdict;
use super::findings::{Finding, Ground};
use super::merge::{Merge, Pair};
use super::tally::{Examples, Tally, fact, place};
use super::{Extra, Target, Ticks, words};
use crate::database::session;
use crate::plan::{Context, Example, Fact, Failure, PlanSummary, Sink};
use crate::port::{Guard, NamedPhoto, Version, Versioning};

/// The largest object that one `CopyObject` takes: 5 GB, which S3 counts as 5 GiB (facts §1.4).
const LARGEST_COPY: u64 = 5 * 1024 * 1024 * 1024;

/// The kinds of examples, in the order to show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Undecided,
    Blocked,
    Deleted,
    Overwritten,
    Hidden,
    New,
}

#[derive(Default)]
struct Planned {
    copies: u64,
    hidden: u64,
    blocked: u64,
    bytes: u64,
    /// Keys that are left alone because the database names no photo there, or because one is there.
    passed: u64,
    /// Photos that the database names, that are not there and were not at the restore point.
    lost: u64,
}

/// Works out what to do about every key; with `named_by`, about those alone that the database names and that have no
/// photo now.
pub(crate) async fn plan(target: &Target, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let ground = Ground::enter(target, cx).await?;
    let mut session = None;
    let named: BoxStream<'_, Result<NamedPhoto, Failure>> = match &target.named_by {
        Some(id) => {
            let session = session.insert(session::open(cx, None, id).await?);
            session.photos(session::photos_statement(cx)?).await?.map_err(Failure::from).boxed()
        }
        None => stream::empty().boxed(),
    };
    body::write_header(target, ground.facts.versioning, into)?;
    let mut tally = Tally::default();
    let mut planned = Planned::default();
    let mut examples = Examples::default();
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
        ticks.tick(1, 0, 0);
        if !wanted {
            planned.passed += 1;
            tally.pass(&finding);
            continue;
        }
        tally.add(&finding, &ground);
        planned.lost += u64::from(target.named_by.is_some() && finding.verdict == Verdict::Gone);
        let Some((kind, item)) = item(&finding, target.extra, ground.facts.versioning) else {
            if finding.verdict == Verdict::New {
                examples.add(Kind::New, || Example {
                    key: finding.key.clone(),
                    now: added(&finding),
                    becomes: "left as it is".to_owned(),
                });
            }
            continue;
        };
        match kind {
            Kind::Deleted | Kind::Overwritten => planned.copies += 1,
            Kind::Hidden => planned.hidden += 1,
            Kind::Blocked => planned.blocked += 1,
            Kind::Undecided | Kind::New => {}
        }
        planned.bytes += item.op.bytes();
        body::write_line(&item, into)?;
        examples.add(kind, || Example { key: item.key, now: item.was, becomes: item.becomes });
    }
    ticks.last();
    tally.check(target)?;
    let summary = summary(&ground, &tally, &planned, examples.chosen());
    body::write_summary(&summary, into)?;
    Ok(summary)
}

/// What the plan does about a key; `None` when there is nothing to do.
fn item(finding: &Finding, extra: Extra, versioning: Versioning) -> Option<(Kind, Item)> {
    let key = finding.key.clone();
    let line = |op, was, becomes: String| Item { key: key.clone(), op, was, becomes };
    let now = finding.now.as_ref()?;
    if finding.verdict == Verdict::Undecided {
        let at = finding.candidates.first().map(|e| words::time(e.modified)).unwrap_or_default();
        let becomes = format!("left alone: a photo and a deletion share {at}");
        let op = Op::Undecided { candidates: finding.candidates.clone() };
        return Some((Kind::Undecided, line(op, is(now), becomes)));
    }
    if finding.verdict == Verdict::New {
        let photo = now.photo.as_ref().filter(|_| extra == Extra::Delete)?;
        if let Some(why) = unversioned(finding, versioning) {
            let op = Op::Blocked { want: want(now)?, why: why.to_owned() };
            return Some((Kind::Blocked, line(op, added(finding), format!("left alone: {why}"))));
        }
        let op = Op::Hide { version: now.id.clone(), etag: photo.etag.clone(), size: photo.size };
        return Some((Kind::Hidden, line(op, added(finding), "hidden behind a delete marker".to_owned())));
    }
    let (kind, guard) = match (finding.verdict, &now.photo) {
        (Verdict::Deleted, _) => (Kind::Deleted, Guard::Absent),
        (Verdict::Overwritten, Some(photo)) => (Kind::Overwritten, Guard::Is(photo.etag.clone())),
        _ => return None,
    };
    let good = finding.want.as_ref()?;
    let want = want(good)?;
    let was =
        if kind == Kind::Deleted { is(now) } else { format!("overwritten {}", words::time(now.modified)) };
    if let Some(why) = obstacle(&want).or(unversioned(finding, versioning)) {
        let op = Op::Blocked { want, why: why.to_owned() };
        return Some((Kind::Blocked, line(op, was, format!("left alone: {why}"))));
    }
    let becomes = format!("the version of {}", words::time(good.modified));
    Some((kind, line(Op::Copy { want, guard, over: Some(now.id.clone()) }, was, becomes)))
}

fn want(version: &Version) -> Option<Want> {
    let photo = version.photo.as_ref()?;
    Some(Want {
        version: version.id.clone(),
        etag: photo.etag.clone(),
        size: photo.size,
        storage_class: photo.storage_class.clone(),
    })
}

fn is(now: &Version) -> String {
    let what = if now.photo.is_some() { "photo of" } else { "deleted" };
    format!("{what} {}", words::time(now.modified))
}

fn added(finding: &Finding) -> String {
    let at = finding.now.as_ref().map(|now| words::time(now.modified)).unwrap_or_default();
    format!("added {at}")
}

/// Why a version can't be copied by one request now.
fn obstacle(want: &Want) -> Option<&'static str> {
    match want.storage_class.as_str() {
        "GLACIER" | "DEEP_ARCHIVE" => Some("it is in an archive, and must be restored from there first"),
        _ if want.size > LARGEST_COPY => Some("it is over 5 GB, too large for one copy"),
        _ => None,
    }
}

/// Why nothing may be put on top of a key: without versioning that destroys its version `null`.
fn unversioned(finding: &Finding, versioning: Versioning) -> Option<&'static str> {
    let destroys = versioning != Versioning::Enabled && finding.null;
    destroys.then_some("versioning is suspended, so writing would destroy its version `null`")
}

fn summary(ground: &Ground<'_>, tally: &Tally, planned: &Planned, examples: Vec<Example>) -> PlanSummary {
    let target = ground.target;
    let at = words::time(target.at);
    let headline = match (planned.copies, planned.hidden) {
        (0, 0) if tally.undecided + planned.blocked > 0 => {
            format!("No photo comes back: {}", left_alone(tally.undecided, planned.blocked))
        }
        (0, 0) if planned.lost > 0 => {
            format!("No photo comes back: {} not there at {at}", were(planned.lost))
        }
        (0, 0) => match &target.named_by {
            Some(instance) => format!("Nothing to do: every photo that {instance} names is there"),
            None => format!("Nothing to do: every photo is as it was at {at}"),
        },
        (0, hidden) => format!("{} hidden, none comes back", new_ones(hidden)),
        (copies, 0) => comes_back(copies),
        (copies, hidden) => format!("{}, {} hidden", comes_back(copies), new_ones(hidden)),
    };
    let left =
        if target.extra == Extra::Delete { "new since then" } else { "new since then, left as they are" };
    let mut facts = vec![
        fact("deleted since", tally.deleted),
        fact("overwritten since", tally.overwritten),
        fact("untouched", tally.untouched),
        fact(left, tally.new),
    ];
    if tally.undecided > 0 {
        facts.push(fact("undecided, left alone", tally.undecided));
    }
    if planned.blocked > 0 {
        facts.push(fact("can't be changed now, left alone", planned.blocked));
    }
    if let Some(instance) = &target.named_by {
        facts.retain(|fact| fact.value != "0");
        facts.push(fact("there, or not named: left as they are", planned.passed));
        facts.push(Fact::new("named by", instance));
    }
    if !target.exclude.is_empty() {
        facts.push(fact("left out", ground.excluded()));
    }
    facts.push(Fact::new("to copy", words::bytes(planned.bytes)));
    let mut notes = vec!["Nothing is deleted. No version is removed.".to_owned()];
    if planned.hidden > 0 {
        notes.push(format!(
            "{} behind a delete marker; removing the marker shows the photo again.",
            if planned.hidden == 1 { "1 photo is hidden" } else { "New photos are hidden" }
        ));
    }
    notes.push(super::batch::GUARDED.to_owned());
    let mut warnings = Vec::new();
    if tally.undecided > 0 {
        warnings.push(undecided(tally.undecided));
    }
    if planned.blocked > 0 {
        warnings.push(format!(
            "{} can't be changed now and {} left alone; each says why in the plan. Clear that, then plan again.",
            words::photos(planned.blocked),
            if planned.blocked == 1 { "is" } else { "are" }
        ));
    }
    warnings.extend(tally.warnings(ground));
    if !target.exclude.is_empty() {
        notes.push(left_out(target));
    }
    if let Some(instance) = &target.named_by {
        notes.push(format!("Only photos that {instance} names and that are not there come back."));
    }
    if planned.lost > 0 {
        warnings.push(format!(
            "{} named by the database but not there at {at}, so this can't bring {} back. Plan again with a later \
             moment, or look in the replica bucket or in AWS Backup.",
            were(planned.lost),
            if planned.lost == 1 { "it" } else { "them" }
        ));
    }
    if planned.copies + planned.hidden + tally.undecided + planned.blocked == 0 {
        notes = vec![format!("{} compared in {}.", words::of(tally.keys, "key", "keys"), place(target))];
    }
    PlanSummary {
        headline,
        facts,
        bytes: planned.bytes,
        requests: planned.copies + planned.hidden,
        notes,
        warnings,
        examples,
        breakdowns: Vec::new(),
        undecided: tally.undecided,
        typed: None,
    }
}

/// What `exclude` leaves as it is.
pub(super) fn left_out(target: &Target) -> String {
    format!("Keys that begin with {} are left as they are.", words::list(&target.exclude))
}

fn comes_back(n: u64) -> String {
    format!("{} {} back", words::photos(n), if n == 1 { "comes" } else { "come" })
}

fn were(n: u64) -> String {
    words::of(n, "photo was", "photos were")
}

fn new_ones(n: u64) -> String {
    format!("{} {}", words::of(n, "new photo", "new photos"), if n == 1 { "is" } else { "are" })
}

/// `3 undecided and 2 that can't be changed now`.
fn left_alone(undecided: u64, blocked: u64) -> String {
    let parts = [(undecided, "undecided"), (blocked, "that can't be changed now")];
    let said = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", words::count(*n)));
    said.collect::<Vec<_>>().join(" and ")
}

/// What to do about keys that S3 can't decide.
pub(crate) fn undecided(n: u64) -> String {
    format!(
        "{} undecided and left alone: a photo and a deletion share the deciding second, and S3 doesn't tell \
         which came last. If they should be photos, plan and verify with `ties: photo`; if not, with \
         `ties: deleted`.",
        if n == 1 { "1 key is".to_owned() } else { format!("{} keys are", words::count(n)) }
    )
}
