//! What was deleted, overwritten or added since a moment, and what endangers the old versions.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::TryStreamExt as _;
use jiff::Timestamp;
use serde::Serialize;

use super::body::write_line;
use super::decide::{Doubt, Verdict as Became};
use super::findings::{Finding, Ground};
use super::tally::{Examples, Tally, fact, place};
use super::{Target, Ticks, words};
use crate::plan::{Context, Example, Fact, Failure, Outcome, Sink, Verdict};
use crate::port::Version;

/// A line of evidence: a key that is not as it was.
#[derive(Serialize)]
pub(super) struct Line<'a> {
    key: &'a str,
    found: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    want: Option<&'a Version>,
    #[serde(skip_serializing_if = "Option::is_none")]
    now: Option<&'a Version>,
    #[serde(skip_serializing_if = "<[Version]>::is_empty")]
    candidates: &'a [Version],
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'a str>,
}

impl<'a> Line<'a> {
    pub(super) fn new(found: &'a str, finding: &'a Finding) -> Self {
        Self {
            key: &finding.key,
            found,
            want: finding.want.as_ref(),
            now: finding.now.as_ref(),
            candidates: &finding.candidates,
            doubt: finding.doubt.map(|doubt| match doubt {
                Doubt::Unversioned => "written since without versioning",
                Doubt::OnlyMarker => "no version is left",
            }),
        }
    }
}

/// When photos were lost, by the minute.
#[derive(Default)]
struct Damage {
    minutes: BTreeMap<i64, u64>,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
}

impl Damage {
    fn add(&mut self, at: Timestamp) {
        *self.minutes.entry(at.as_second().div_euclid(60)).or_default() += 1;
        self.first = self.first.into_iter().chain([at]).min();
        self.last = self.last.into_iter().chain([at]).max();
    }

    /// First, last, and the three minutes in which most was lost.
    fn facts(&self) -> Vec<Fact> {
        let (Some(first), Some(last)) = (self.first, self.last) else { return Vec::new() };
        let mut facts =
            vec![Fact::new("first loss", words::time(first)), Fact::new("last loss", words::time(last))];
        let mut minutes: Vec<_> = self.minutes.iter().collect();
        minutes.sort_by_key(|(minute, n)| (std::cmp::Reverse(**n), **minute));
        let worst = minutes.into_iter().take(3).filter_map(|(minute, n)| {
            let at = Timestamp::from_second(minute * 60).ok()?;
            Some(format!("{} at {}", words::count(*n), at.strftime("%Y-%m-%d %H:%M UTC")))
        });
        facts.push(Fact::new("most lost in a minute", worst.collect::<Vec<_>>().join(", ")));
        facts
    }
}

/// Counts what became of every key. Passes whenever it could be counted, however bad the news.
pub(crate) async fn survey(
    target: &Target,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let ground = Ground::enter(target, cx).await?;
    let mut tally = Tally::default();
    let mut damage = Damage::default();
    let mut examples = Examples::default();
    let mut ticks = Ticks::new("comparing photos", cx);
    let mut findings = pin!(ground.findings());
    while let Some(finding) = findings.try_next().await? {
        if cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by looking".to_owned() });
        }
        tally.add(&finding, &ground);
        ticks.pass();
        let (order, found) = match finding.verdict {
            Became::Deleted => (1, "deleted"),
            Became::Overwritten => (2, "overwritten"),
            Became::New => (3, "new"),
            Became::Undecided => (0, "undecided"),
            Became::Gone if finding.doubt.is_some() => (4, "no version is left"),
            Became::Untouched | Became::Gone => continue,
        };
        if matches!(finding.verdict, Became::Deleted | Became::Overwritten) {
            finding.ended.into_iter().for_each(|at| damage.add(at));
        }
        write_line(&Line::new(found, &finding), evidence)?;
        examples.add(order, || example(&finding, found));
    }
    ticks.last();
    tally.check(target)?;
    Ok(outcome(&ground, &tally, &damage, examples.chosen()))
}

pub(super) fn example(finding: &Finding, found: &str) -> Example {
    let since = finding.now.as_ref().map(|now| format!(" {}", words::time(now.modified)));
    let becomes = match (&finding.want, finding.candidates.first()) {
        (Some(want), _) => format!("was the version of {}", words::time(want.modified)),
        (None, Some(tied)) => {
            format!("a photo and a deletion share {}", words::time(tied.modified))
        }
        (None, None) => "was no photo".to_owned(),
    };
    Example { key: finding.key.clone(), now: found.to_owned() + &since.unwrap_or_default(), becomes }
}

/// How many keys were left out, and how many of those are photos now; nothing when none were to be.
pub(super) fn left_out(ground: &Ground<'_>) -> Vec<Fact> {
    if !ground.target.excludes() {
        return Vec::new();
    }
    let mut facts = vec![
        fact("left out", ground.exclusions.met()),
        fact("left out, and there now", ground.exclusions.there()),
    ];
    if let Some(file) = ground.exclusions.file() {
        let entries = words::of(file.entries, "entry", "entries");
        facts.push(Fact::new("left out by", format!("{entries}, SHA-256 {}", file.sha256)));
    }
    facts
}

fn outcome(ground: &Ground<'_>, tally: &Tally, damage: &Damage, examples: Vec<Example>) -> Outcome {
    let lost = tally.deleted + tally.overwritten;
    let at = words::time(ground.target.at);
    let headline = if lost + tally.undecided == 0 {
        format!("No photo was deleted or overwritten since {at}")
    } else {
        format!(
            "{} deleted and {} overwritten since {at}, {} untouched",
            words::photos(tally.deleted),
            words::count(tally.overwritten),
            words::count(tally.untouched)
        )
    };
    let mut facts = vec![
        fact("deleted since", tally.deleted),
        fact("overwritten since", tally.overwritten),
        fact("new since", tally.new),
        fact("untouched", tally.untouched),
        fact("undecided", tally.undecided),
        Fact::new("to bring back", words::bytes(tally.bytes)),
    ];
    facts.extend(left_out(ground));
    facts.extend(damage.facts());
    facts.extend(tally.oldest.map(|oldest| Fact::new("oldest version", words::time(oldest))));
    let mut notes = Vec::new();
    if tally.undecided > 0 {
        notes.push(super::plan::undecided(tally.undecided));
    }
    notes.extend(tally.warnings(ground));
    notes.extend(ground.source.expiry.iter().flatten().filter_map(|rule| {
        Some(format!(
            "Lifecycle rule {} removes versions for good {} after they are replaced: what was lost before that is \
             not counted here.",
            rule.id,
            words::of(u64::from(rule.noncurrent_days?), "day", "days")
        ))
    }));
    if let Some(first) = damage.first {
        notes.push(format!(
            "The first loss after the restore point is of {}. If photos were still good after that, give a later \
             restore point; if they were bad before {at}, an earlier one.",
            words::time(first)
        ));
    } else {
        notes.push(format!("{} compared in {}.", words::of(tally.keys, "key", "keys"), place(ground.target)));
    }
    let outputs = [
        ("deleted", tally.deleted),
        ("overwritten", tally.overwritten),
        ("new", tally.new),
        ("untouched", tally.untouched),
        ("undecided", tally.undecided),
        ("bytes", tally.bytes),
    ];
    Outcome {
        verdict: Verdict::Passed,
        headline,
        facts,
        outputs: outputs.map(|(name, n)| (name.to_owned(), n.to_string())).into(),
        notes,
        examples,
        moments: None,
    }
}
