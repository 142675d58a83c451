//! Whether what a plan wanted is now so: after it was applied, and when nobody knows whether it was.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::TryStreamExt as _;
use serde::Serialize;

use super::apply::landed::Place;
use super::body::{Body, Item, Op, write_line};
use super::history::History;
use super::listing::histories;
use super::tally::{Examples, fact};
use super::{Ticks, batch, words};
use crate::plan::{Context, Example, Failure, Outcome, Sink, Source, Verdict};
use crate::port::{Current, PortError, Version};

/// How an item stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stands {
    /// As it was when the plan was made.
    NotYet,
    /// Neither as it was nor as it should be: somebody wrote or deleted it since.
    Changed,
    /// The plan does nothing about it.
    LeftAlone,
    /// As the plan wants it, but over something that was written since.
    Covers,
    /// As the plan wants it.
    Back,
}

impl Stands {
    fn words(self) -> &'static str {
        match self {
            Self::NotYet => "not yet",
            Self::Changed => "changed since the plan",
            Self::LeftAlone => "left alone",
            Self::Covers => "as planned, over what was written since the plan",
            Self::Back => "as planned",
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    result: &'a str,
}

/// Compares every item of the plan with its key, by walking the plan and the listing of where photos come back side by
/// side.
///
/// Passes only when each item is as planned: a key that was changed since, or that the plan left alone, is named
/// and fails it, because somebody must look at it.
pub(crate) async fn verify_plan(
    plan: Source,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let mut body = Body::open(plan)?;
    let target = body.header.params.clone();
    let handoff = body.header.ground.batch.clone();
    let place = Place { store: &*cx.ports.photos, target: &target, keep: body.header.ground.keep };
    let prefix = target.destination_key(&target.prefix);
    let mut count: BTreeMap<Stands, u64> = BTreeMap::new();
    let (mut back_photos, mut photos, mut cleared, mut clears) = (0, 0, 0, 0);
    let mut examples = Examples::default();
    let mut ticks = Ticks::new("looking whether photos are back", cx);
    let mut listed =
        pin!(histories(place.store, cx.disk, target.destination(), &prefix, target.max_in_flight));
    let mut ahead = listed.try_next().await?;
    while let Some(item) = body.next()? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by looking".to_owned() });
        }
        let key = target.destination_key(&item.key);
        while ahead.as_ref().is_some_and(|history| *history.key < *key) {
            ahead = listed.try_next().await?;
        }
        let history = ahead.as_ref().filter(|history| *history.key == *key);
        let mut stands = stands(&place, &item, history).await?;
        if stands == Stands::Back && batch::covered(handoff.as_ref(), &item, history) {
            stands = Stands::Covers;
        }
        *count.entry(stands).or_default() += 1;
        match item.op {
            Op::Hide { .. } => {}
            Op::Remove { want: None, .. } => {
                clears += 1;
                cleared += u64::from(stands == Stands::Back);
            }
            _ => {
                photos += 1;
                back_photos += u64::from(matches!(stands, Stands::Back | Stands::Covers));
            }
        }
        ticks.tick(1, u64::from(stands != Stands::Back), 0);
        write_line(&Line { key: &item.key, result: stands.words() }, evidence)?;
        examples.add(stands, || Example {
            key: item.key,
            now: stands.words().to_owned(),
            becomes: item.becomes,
        });
    }
    ticks.last();
    let of = |stands| count.get(&stands).copied().unwrap_or_default();
    let items: u64 = count.values().sum();
    let (hides, hidden) =
        (items - photos - clears, of(Stands::Back) + of(Stands::Covers) - back_photos - cleared);
    let mut parts = Vec::new();
    if photos > 0 {
        let are = if photos == 1 { "is" } else { "are" };
        parts.push(format!("{} of {} {are} back", words::count(back_photos), words::photos(photos)));
    }
    for (all, so, what) in [(hides, hidden, "hidden"), (clears, cleared, "gone")] {
        if all > 0 {
            let new = words::of(all, "new one is", "new ones are");
            parts.push(format!("{} of {new} {what}", words::count(so)));
        }
    }
    let headline =
        if items == 0 { "Nothing to check: the plan is empty".to_owned() } else { parts.join(", ") };
    let mut notes = Vec::new();
    if of(Stands::NotYet) > 0 {
        notes.push(format!(
            "{} not yet as planned: apply the same plan again, it goes on from there.",
            words::of(of(Stands::NotYet), "key is", "keys are")
        ));
    }
    if of(Stands::Changed) > 0 {
        notes.push(format!(
            "{} written or deleted since the plan by somebody else. Check that nobody is still writing; if what is \
             there now is wrong, plan again.",
            words::of(of(Stands::Changed), "key was", "keys were")
        ));
    }
    if of(Stands::Covers) > 0 {
        notes.push(format!(
            "{} as planned, but over something that was written or deleted after the plan, which S3 Batch Operations \
             covered. It is not lost: its version lies below. Ask who wrote it, and copy that version on top where it \
             is the better one.",
            words::of(of(Stands::Covers), "key is", "keys are")
        ));
    }
    if of(Stands::LeftAlone) > 0 {
        notes.push(format!(
            "{} left alone by the plan; it says why. Clear that, then plan again.",
            words::of(of(Stands::LeftAlone), "key was", "keys were")
        ));
    }
    let labels = [Stands::Back, Stands::Covers, Stands::NotYet, Stands::Changed, Stands::LeftAlone];
    let labels = labels.into_iter().filter(|stands| *stands != Stands::Covers || handoff.is_some());
    let passed = of(Stands::Back) == items;
    Ok(Outcome {
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts: labels.map(|stands| fact(stands.words(), of(stands))).collect(),
        outputs: target.left_out().into(),
        notes,
        examples: examples.chosen(),
        moments: None,
    })
}

async fn stands(place: &Place<'_>, item: &Item, history: Option<&History>) -> Result<Stands, PortError> {
    let current = history.and_then(History::current);
    let now = current.and_then(|entry| {
        let photo = entry.photo.as_ref()?;
        Some(Current { version: entry.id.clone(), etag: photo.etag.clone(), size: photo.size })
    });
    let stands = match (&item.op, &now) {
        (Op::Undecided { .. } | Op::Blocked { .. }, _) => Stands::LeftAlone,
        (Op::Remove { entries, want }, _) => {
            let there = |version: &Version| entries.iter().any(|entry| entry.version == version.id);
            match (want, current) {
                _ if history.is_some_and(|history| history.entries.iter().any(there)) => Stands::NotYet,
                (Some(want), Some(now)) if now.id == want.version => Stands::Back,
                // What was there at the restore point, if anything, was a delete marker.
                (None, now) if now.is_none_or(|now| now.photo.is_none()) => Stands::Back,
                _ => Stands::Changed,
            }
        }
        (op, now) if op.not_yet(now.as_ref()) => Stands::NotYet,
        (Op::Copy { want, .. }, Some(now)) if place.is(&item.key, want, now).await? => Stands::Back,
        (Op::Hide { .. }, None) => Stands::Back,
        _ => Stands::Changed,
    };
    Ok(stands)
}
