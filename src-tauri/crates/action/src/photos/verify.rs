//! Every key compared with what it was at a moment, whoever brought it there.

use std::pin::pin;

use futures::stream::BoxStream;
use futures::{StreamExt as _, TryStreamExt as _};

use super::body::write_line;
use super::decide::Verdict as Became;
use super::findings::{Finding, Ground};
use super::reading::{Found, Reader};
use super::survey::{Line, example};
use super::tally::{Examples, Tally, fact, place_of};
use super::{Depth, Extra, Target, Ticks, words};
use crate::plan::{Context, Example, Fact, Failure, Outcome, Sink, Verdict};

/// Photos that are read together.
const AT_ONCE: usize = 16;

/// Compares every key under the prefix with what it was at the restore point, where photos come back.
///
/// By listing, and by reading where a listing can't tell; with [`Depth`], photos that look right are read as well, and
/// so is the version that they should be.
/// Passes when no photo is missing or different and none is undecided; photos that were not there then fail it only
/// under `extra: delete`. Given the same `ties:` as the restore, undecided keys are what that says they are.
pub(crate) async fn verify(
    target: &Target,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let ground = Ground::enter(target, cx).await?.reading_all();
    let mut tally = Tally::default();
    let mut examples = Examples::default();
    let mut ticks = Ticks::new("checking photos", cx);
    let reader = Reader::new(&*cx.ports.photos, target);
    let findings: BoxStream<'_, Result<Read, Failure>> = match target.read {
        Depth::Listing => ground.findings().map_ok(|finding| (finding, Found::Alike)).boxed(),
        _ => ground.findings().map_ok(|finding| read(&reader, finding)).try_buffered(AT_ONCE).boxed(),
    };
    let mut findings = pin!(findings);
    let (mut different, mut unreadable, mut next) = (0, 0, String::new());
    while let Some((finding, found)) = findings.try_next().await? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by checking".to_owned() });
        }
        tally.add(&finding, &ground);
        if let Some((said, why)) = said(&found) {
            ticks.tick(1, 1, 0);
            match found {
                Found::Unreadable(_) => unreadable += 1,
                _ => different += 1,
            }
            write_line(&Line::new(said, &finding), evidence)?;
            if next.is_empty() {
                next = why.to_owned();
            }
            let becomes = why.to_owned();
            examples.add(1, || Example { key: finding.key.clone(), now: said.to_owned(), becomes });
            continue;
        }
        let (order, found) = match finding.verdict {
            Became::Deleted => (0, "missing since"),
            Became::Overwritten => (1, "different since"),
            Became::Undecided => (2, "undecided, last changed"),
            Became::New => (3, "new since"),
            Became::Untouched | Became::Gone => {
                ticks.tick(1, 0, 0);
                continue;
            }
        };
        ticks.tick(1, u64::from(order < 3), 0);
        write_line(&Line::new(found, &finding), evidence)?;
        examples.add(order, || example(&finding, found));
    }
    ticks.last();
    tally.check(target)?;
    let at = words::time(target.at);
    let read_wrong = different + unreadable;
    let (matched, wrong) = (tally.untouched - read_wrong, tally.deleted + tally.overwritten + different);
    let all = matched + wrong + unreadable;
    let unwanted = if target.extra == Extra::Delete { tally.new } else { 0 };
    let mut notes = Vec::new();
    if wrong > 0 {
        notes.push(format!(
            "{} not as at {at}: plan and apply `photos.restore` again, and look at what it leaves alone.",
            words::of(wrong, "photo is", "photos are")
        ));
    }
    if unreadable > 0 {
        notes.push(format!(
            "{} can't be read to be compared: {next}. Check that these credentials may read old versions \
             (s3:GetObjectVersion) and use the key they are encrypted with, then verify again.",
            words::photos(unreadable)
        ));
    }
    if tally.undecided > 0 {
        notes.push(super::plan::undecided(tally.undecided));
    }
    if unwanted > 0 {
        notes.push(format!(
            "{} not there at {at} and not hidden: plan and apply `photos.restore` again with `extra: delete`.",
            words::of(unwanted, "photo was", "photos were")
        ));
    } else if tally.new > 0 {
        notes.push(format!(
            "{} added since {at}, left as they are.",
            words::of(tally.new, "photo was", "photos were")
        ));
    }
    if !target.exclude.is_empty() {
        notes.push(super::plan::left_out(target));
    }
    notes.extend(tally.warnings(&ground));
    let passed = wrong + unreadable + tally.undecided + unwanted == 0;
    let mut headline = format!(
        "{} of {} in {} as at {at}",
        words::count(matched),
        words::of(all, "photo is", "photos are"),
        place_of(target.destination(), &target.destination_key(&target.prefix))
    );
    for (n, what) in [(unreadable, "can't be read"), (tally.undecided, "undecided"), (unwanted, "not hidden")]
    {
        if n > 0 {
            headline.push_str(&format!(", {} {what}", words::count(n)));
        }
    }
    let counts = [
        ("matched", matched),
        ("missing", tally.deleted),
        ("different", tally.overwritten + read_wrong),
        ("extra", tally.new),
        ("undecided", tally.undecided),
    ];
    let left_out = (!target.exclude.is_empty()).then(|| fact("left out", ground.excluded()));
    Ok(Outcome {
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts: counts
            .iter()
            .map(|(label, n)| fact(label, *n))
            .chain(left_out)
            .chain(reads(&reader))
            .collect(),
        outputs: counts.map(|(name, n)| (name.to_owned(), n.to_string())).into(),
        notes,
        examples: examples.chosen(),
        moments: None,
    })
}

/// A key, and what reading it came to.
type Read = (Finding, Found);

/// Reads a photo that looks right, and what it should be.
async fn read(reader: &Reader<'_>, finding: Finding) -> Result<Read, Failure> {
    let found = match (&finding.want, &finding.now, finding.verdict) {
        (Some(want), Some(now), Became::Untouched) => reader.compare(&finding.key, want, now).await?,
        _ => Found::Alike,
    };
    Ok((finding, found))
}

/// What evidence says of what was read, and why.
fn said(found: &Found) -> Option<(&'static str, &str)> {
    match found {
        Found::Alike => None,
        Found::Different => Some(("different when read", "its bytes are not those of the good version")),
        Found::Unreadable(why) => Some(("can't be read", why)),
    }
}

/// How much was read, if any was to be.
fn reads(reader: &Reader<'_>) -> Vec<Fact> {
    let (photos, bytes, archived) = reader.read();
    let mut facts = Vec::new();
    if photos > 0 {
        facts.push(Fact::new(
            "read and hashed",
            format!("{}, {}", words::photos(photos), words::bytes(bytes)),
        ));
    }
    if archived > 0 {
        facts.push(fact("archived, not read", archived));
    }
    facts
}
