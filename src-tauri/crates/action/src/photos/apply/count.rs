//! What applying a plan came to, in numbers and in words.

use std::collections::BTreeSet;

use super::super::tally::{Examples, fact};
use super::super::{Method, plan, words};
use super::evidence::{Line, Result};
use crate::plan::{Fact, Outcome, Verdict};

/// How many items came to what.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) restored: u64,
    pub(crate) hidden: u64,
    pub(crate) already_back: u64,
    pub(crate) already_hidden: u64,
    /// Keys whose photo is current now that what lay on top of it was removed.
    pub(crate) shown: u64,
    /// Keys of which nothing is left that is newer than the restore point, and nothing older was there.
    pub(crate) cleared: u64,
    /// Versions and delete markers that were removed.
    pub(crate) removed: u64,
    pub(crate) changed: u64,
    pub(crate) failed: u64,
    pub(crate) undecided: u64,
    pub(crate) blocked: u64,
    pub(crate) bytes: u64,
    /// Requests that were turned away because there were too many.
    pub(crate) throttled: u64,
    /// Copies, hidings, and removals that show a photo or clear a key, met so far.
    pub(crate) copies: u64,
    pub(crate) hides: u64,
    pub(crate) shows: u64,
    pub(crate) clears: u64,
}

/// The kinds of examples, in the order to show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Failed,
    Changed,
    LeftAlone,
    Done,
}

impl Count {
    /// Counts an item that is met: `op` as evidence has it, `shown` whether removing shows a photo.
    pub(crate) fn meet(&mut self, op: &str, shown: bool) {
        match (op, shown) {
            ("hide", _) => self.hides += 1,
            ("remove", true) => self.shows += 1,
            ("remove", false) => self.clears += 1,
            ("copy", _) => self.copies += 1,
            _ => {}
        }
    }

    /// Counts what came of an item.
    pub(crate) fn settle(&mut self, line: &Line<'_>) {
        self.bytes += line.bytes;
        self.removed += line.removed;
        match (line.result, &*line.op) {
            (Result::Restored, _) => self.restored += 1,
            (Result::Hidden, _) => self.hidden += 1,
            (Result::Removed, _) if line.shown => self.shown += 1,
            (Result::Removed, _) => self.cleared += 1,
            (Result::Already, "hide") => self.already_hidden += 1,
            (Result::Already, _) => self.already_back += 1,
            (Result::Changed, _) => self.changed += 1,
            (Result::LeftAlone, "undecided") => self.undecided += 1,
            (Result::LeftAlone, _) => self.blocked += 1,
            (Result::Failed, _) => self.failed += 1,
            (Result::Retried | Result::ThawAsked, _) => {}
        }
    }

    /// Items that were to be changed and were met so far.
    pub(crate) fn met(&self) -> u64 {
        self.copies + self.hides + self.shows + self.clears
    }

    /// Items that are as the plan wants them.
    pub(crate) fn so(&self) -> u64 {
        self.restored + self.already_back + self.hidden + self.already_hidden + self.shown + self.cleared
    }

    /// What applying a plan came to. `next` is what the failures say to do.
    pub(crate) fn outcome(
        &self,
        method: Method,
        next: &BTreeSet<String>,
        examples: Examples<Kind>,
    ) -> Outcome {
        let back = self.restored + self.already_back + self.shown;
        let hidden = self.hidden + self.already_hidden;
        let left_alone = self.changed + self.undecided + self.blocked;
        let mut parts = Vec::new();
        if self.copies + self.shows > 0 {
            parts.push(format!("{} of {} back", words::count(back), are(self.copies + self.shows)));
        }
        if self.hides > 0 {
            let new = words::of(self.hides, "new one is", "new ones are");
            parts.push(format!("{} of {new} hidden", words::count(hidden)));
        }
        if self.clears > 0 {
            let new = words::of(self.clears, "new one is", "new ones are");
            parts.push(format!("{} of {new} gone", words::count(self.cleared)));
        }
        if parts.is_empty() {
            let empty = self.undecided + self.blocked == 0;
            parts.push(
                if empty { "Nothing to do: the plan is empty" } else { "Nothing was changed" }.to_owned(),
            );
        }
        for (n, what) in [(left_alone, "left alone"), (self.failed, "failed")] {
            if n > 0 {
                parts.push(format!("{} {what}", words::count(n)));
            }
        }
        let headline = parts.join(", ");
        let facts = [
            ("restored", self.restored),
            ("hidden", self.hidden),
            ("visible again", self.shown),
            ("gone again", self.cleared),
            ("versions and delete markers removed", self.removed),
            ("already so", self.already_back + self.already_hidden),
            ("changed since the plan, left alone", self.changed),
            ("undecided, left alone", self.undecided),
            ("can't be changed now, left alone", self.blocked),
            ("failed", self.failed),
            ("told to slow down", self.throttled),
        ];
        let mut facts: Vec<Fact> =
            facts.iter().filter(|(_, n)| *n > 0).map(|(label, n)| fact(label, *n)).collect();
        if method == Method::Copy {
            facts.push(Fact::new("copied", words::bytes(self.bytes)));
        }
        let mut notes = Vec::new();
        if self.failed > 0 {
            notes.push(format!(
                "{} failed. Applying the same plan again tries those, and leaves the rest as it is.",
                words::photos(self.failed)
            ));
            notes.extend(next.iter().filter(|next| !next.is_empty()).take(3).cloned());
        }
        if self.changed > 0 {
            notes.push(format!(
                "{} written or deleted since the plan and left alone. Check that nobody is still writing; if what \
                 is there now is wrong, plan again.",
                if self.changed == 1 { "1 photo was".to_owned() } else { words::photos(self.changed) + " were" }
            ));
        }
        if self.undecided > 0 {
            notes.push(plan::undecided(self.undecided));
        }
        if self.blocked > 0 {
            notes.push(format!(
                "{} can't be changed now; each says why. Clear that, then plan again.",
                words::photos(self.blocked)
            ));
        }
        let passed = self.failed + left_alone == 0;
        let removes = method != Method::Copy;
        let outputs = [
            ("restored", Some(back)),
            ("hidden", (!removes).then_some(hidden)),
            ("removed", removes.then_some(self.removed)),
            ("failed", Some(self.failed)),
            ("left_alone", Some(left_alone)),
            ("bytes", (!removes).then_some(self.bytes)),
        ];
        let outputs = outputs.into_iter().filter_map(|(name, n)| Some((name.to_owned(), n?.to_string())));
        Outcome {
            verdict: if passed { Verdict::Passed } else { Verdict::Failed },
            headline,
            facts,
            outputs: outputs.collect(),
            notes,
            examples: examples.chosen(),
            moments: None,
        }
    }
}

/// `1 photo is`, `612 photos are`.
fn are(n: u64) -> String {
    format!("{} {}", words::photos(n), if n == 1 { "is" } else { "are" })
}
