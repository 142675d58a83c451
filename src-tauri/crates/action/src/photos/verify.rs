//! Every key compared with what it was at a moment, whoever brought it there.

use std::pin::pin;

use futures::TryStreamExt as _;

use super::body::write_line;
use super::decide::Verdict as Became;
use super::findings::Ground;
use super::survey::{Line, example};
use super::tally::{Examples, Tally, fact, place};
use super::{Extra, Target, Ticks, words};
use crate::plan::{Context, Failure, Outcome, Sink, Verdict};

/// Compares every key under the prefix with what it was at the restore point.
///
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
    let mut findings = pin!(ground.findings());
    while let Some(finding) = findings.try_next().await? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by checking".to_owned() });
        }
        tally.add(&finding, &ground);
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
    let wrong = tally.deleted + tally.overwritten;
    let all = tally.untouched + wrong;
    let unwanted = if target.extra == Extra::Delete { tally.new } else { 0 };
    let mut notes = Vec::new();
    if wrong > 0 {
        notes.push(format!(
            "{} not as at {at}: plan and apply `photos.restore` again, and look at what it leaves alone.",
            words::of(wrong, "photo is", "photos are")
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
    if target.excludes() {
        notes.push(super::plan::left_out(target));
    }
    notes.extend(tally.warnings(&ground));
    let passed = wrong + tally.undecided + unwanted == 0;
    let mut headline = format!(
        "{} of {} in {} as at {at}",
        words::count(tally.untouched),
        words::of(all, "photo is", "photos are"),
        place(target)
    );
    for (n, what) in [(tally.undecided, "undecided"), (unwanted, "not hidden")] {
        if n > 0 {
            headline.push_str(&format!(", {} {what}", words::count(n)));
        }
    }
    let counts = [
        ("matched", tally.untouched),
        ("missing", tally.deleted),
        ("different", tally.overwritten),
        ("extra", tally.new),
        ("undecided", tally.undecided),
    ];
    let left_out = super::survey::left_out(&ground);
    Ok(Outcome {
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts: counts.iter().map(|(label, n)| fact(label, *n)).chain(left_out).collect(),
        outputs: counts.map(|(name, n)| (name.to_owned(), n.to_string())).into(),
        notes,
        examples: examples.chosen(),
        moments: None,
    })
}
