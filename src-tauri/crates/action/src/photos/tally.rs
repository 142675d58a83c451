//! Counts over findings, what they say together, and a few of them to show.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::decide::{Doubt, Verdict};
use super::findings::{Finding, Ground};
use super::history::whole_second;
use super::{Target, words};
use crate::plan::{Example, Fact, Failure};
use crate::port::{ExpiryRule, Versioning};

/// How many keys are what, and the moments that matter.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) keys: u64,
    pub(crate) untouched: u64,
    pub(crate) deleted: u64,
    pub(crate) overwritten: u64,
    pub(crate) new: u64,
    pub(crate) undecided: u64,
    /// Bytes of the photos that were deleted or overwritten.
    pub(crate) bytes: u64,
    pub(crate) oldest: Option<Timestamp>,
    unversioned: u64,
    only_marker: u64,
    /// By lifecycle rule, the first time at which it takes a version that is wanted back.
    deadlines: BTreeMap<usize, Timestamp>,
}

impl Tally {
    pub(crate) fn add(&mut self, finding: &Finding, ground: &Ground<'_>) {
        self.keys += 1;
        match finding.verdict {
            Verdict::Untouched => self.untouched += 1,
            Verdict::Deleted => self.deleted += 1,
            Verdict::Overwritten => self.overwritten += 1,
            Verdict::New => self.new += 1,
            Verdict::Gone => {}
            Verdict::Undecided => self.undecided += 1,
        }
        match finding.doubt {
            Some(Doubt::Unversioned) => self.unversioned += 1,
            Some(Doubt::OnlyMarker) => self.only_marker += 1,
            _ => {}
        }
        self.oldest = self.oldest.into_iter().chain(finding.oldest).min();
        if matches!(finding.verdict, Verdict::Deleted | Verdict::Overwritten) {
            let photo = finding.want.as_ref().and_then(|want| want.photo.as_ref());
            self.bytes += photo.map_or(0, |photo| photo.size);
            self.note_deadlines(finding, ground.source.expiry.as_deref().unwrap_or_default());
        }
    }

    /// Counts a key that the restore is not about.
    pub(crate) fn pass(&mut self, finding: &Finding) {
        self.keys += 1;
        self.oldest = self.oldest.into_iter().chain(finding.oldest).min();
    }

    fn note_deadlines(&mut self, finding: &Finding, rules: &[ExpiryRule]) {
        for (at, rule) in rules.iter().enumerate().filter(|(_, r)| finding.key.starts_with(&r.prefix)) {
            let Some(takes) =
                finding.ended.zip(rule.noncurrent_days).and_then(|(ended, days)| expiry(ended, days))
            else {
                continue;
            };
            self.deadlines.entry(at).and_modify(|first| *first = takes.min(*first)).or_insert(takes);
        }
    }

    /// Refuses a restore point at which nothing was there: the wrong prefix, or the wrong moment.
    pub(crate) fn check(&self, target: &Target) -> Result<(), Failure> {
        let place = place(target);
        let Some(oldest) = self.oldest else {
            return Err(Failure::Refused {
                why: format!("there is nothing in {place}, and never was as far as S3 remembers"),
                next: "Check the bucket and the prefix.".to_owned(),
            });
        };
        if oldest > whole_second(target.at) {
            return Err(Failure::Refused {
                why: format!(
                    "the restore point {} is before the oldest version in {place}, of {}",
                    words::time(target.at),
                    words::time(oldest)
                ),
                next: "Start another run with a later moment; what was there before that is not in this bucket any more."
                    .to_owned(),
            });
        }
        Ok(())
    }

    /// What endangers the old versions, and what the history can't tell. Says nothing of the present time, so
    /// that the same bucket gives the same words.
    pub(crate) fn warnings(&self, ground: &Ground<'_>) -> Vec<String> {
        let mut warnings = Vec::new();
        if ground.facts.versioning == Versioning::Suspended {
            warnings.push(
                "Versioning is suspended: each write destroys the version `null` that it replaces. Turn \
                 versioning on, wait 15 minutes, then plan again."
                    .to_owned(),
            );
        }
        match &ground.source.expiry {
            None => warnings.push(
                "These credentials may not read the lifecycle rules: ask whether one removes old versions."
                    .to_owned(),
            ),
            Some(rules) => warnings.extend(rules.iter().enumerate().filter_map(|(at, rule)| {
                let (days, first) = (rule.noncurrent_days?, self.deadlines.get(&at)?);
                Some(format!(
                    "Lifecycle rule {} removes replaced versions for good after {}: the first that is wanted \
                     back on {}. Have the rule switched off until the photos are back.",
                    rule.id,
                    words::of(u64::from(days), "day", "days"),
                    first.strftime("%Y-%m-%d")
                ))
            })),
        }
        if self.unversioned > 0 {
            warnings.push(format!(
                "{} written since then while versioning was off or suspended: a version from before that may \
                 have been destroyed without a trace. Compare these with another copy.",
                keys_were(self.unversioned)
            ));
        }
        if self.only_marker > 0 {
            warnings.push(format!(
                "{} deleted since then and no version of it is left, if there was one: it was removed for good, \
                 by a lifecycle rule or by hand. Look in the replica bucket or in AWS Backup.",
                keys_were(self.only_marker)
            ));
        }
        warnings
    }
}

/// When a rule removes a version that stopped being current at `ended`: `days` later, at the next midnight UTC
/// (facts §1.7).
fn expiry(ended: Timestamp, days: u32) -> Option<Timestamp> {
    const DAY: i64 = 24 * 60 * 60;
    let due = ended.as_second() + i64::from(days) * DAY;
    let midnight = due.checked_add(DAY - 1)?.div_euclid(DAY) * DAY;
    Timestamp::from_second(midnight).ok()
}

fn keys_were(n: u64) -> String {
    format!("{} {}", words::of(n, "key", "keys"), if n == 1 { "was" } else { "were" })
}

/// `photos/ in bucket veonics-photos`.
pub(crate) fn place(target: &Target) -> String {
    place_of(target.source(), &target.prefix)
}

/// As [`place`].
pub(crate) fn place_of(bucket: &str, prefix: &str) -> String {
    match prefix {
        "" => format!("bucket {bucket}"),
        prefix => format!("{prefix} in bucket {bucket}"),
    }
}

/// A fact whose value is a count.
pub(crate) fn fact(label: &str, n: u64) -> Fact {
    Fact::new(label, words::count(n))
}

/// A few examples, some of every kind.
#[derive(Debug)]
pub(crate) struct Examples<K: Ord> {
    kinds: BTreeMap<K, Vec<Example>>,
    each: usize,
    most: usize,
}

impl<K: Ord> Default for Examples<K> {
    fn default() -> Self {
        Self::up_to(Self::SHOWN, Self::SHOWN)
    }
}

impl<K: Ord> Examples<K> {
    const SHOWN: usize = 8;

    /// At most `each` of a kind, and `most` of all.
    pub(crate) fn up_to(each: usize, most: usize) -> Self {
        Self { kinds: BTreeMap::new(), each, most }
    }

    /// Notes an example, unless there are enough of its kind.
    pub(crate) fn add(&mut self, kind: K, example: impl FnOnce() -> Example) {
        let of_kind = self.kinds.entry(kind).or_default();
        if of_kind.len() < self.each {
            of_kind.push(example());
        }
    }

    /// Takes one of each kind in turn, so that every kind is there; kinds in their order.
    pub(crate) fn chosen(self) -> Vec<Example> {
        let mut share = vec![0; self.kinds.len()];
        let mut left = self.most;
        for round in 0..self.each {
            for (share, of_kind) in share.iter_mut().zip(self.kinds.values()) {
                if of_kind.len() > round && left > 0 {
                    *share += 1;
                    left -= 1;
                }
            }
        }
        self.kinds.into_values().zip(share).flat_map(|(of_kind, n)| of_kind.into_iter().take(n)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifecycle_takes_at_the_next_midnight() {
        let on = |ended: &str, days| expiry(ended.parse().unwrap(), days).unwrap().to_string();
        assert_eq!(on("2026-11-24T02:41:07Z", 30), "2026-12-25T00:00:00Z");
        assert_eq!(on("2026-11-24T00:00:00Z", 1), "2026-11-25T00:00:00Z");
    }

    #[test]
    fn examples_show_every_kind() {
        let mut examples = Examples::default();
        let of = |kind: char| Example { key: kind.to_string(), now: String::new(), becomes: String::new() };
        for kind in ['a'; 20].into_iter().chain(['b', 'c']) {
            examples.add(kind, || of(kind));
        }
        let keys: String = examples.chosen().into_iter().map(|e| e.key).collect();
        assert_eq!(keys, "aaaaaabc");
    }
}
