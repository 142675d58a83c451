//! What applying a plan came to, in numbers and in words.

use std::collections::BTreeSet;

use super::tally::{Examples, fact};
use super::words;
use crate::plan::{Fact, Outcome, Verdict};

/// How many items came to what.
#[derive(Debug, Default)]
pub(crate) struct Count {
    pub(crate) restored: u64,
    pub(crate) hidden: u64,
    pub(crate) already_back: u64,
    pub(crate) already_hidden: u64,
    pub(crate) changed: u64,
    pub(crate) failed: u64,
    pub(crate) undecided: u64,
    pub(crate) blocked: u64,
    pub(crate) bytes: u64,
    /// Copies and hidings met so far.
    pub(crate) copies: u64,
    pub(crate) hides: u64,
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
    /// What applying a plan came to. `next` is what the failures say to do.
    pub(crate) fn outcome(&self, next: &BTreeSet<String>, examples: Examples<Kind>) -> Outcome {
        let back = self.restored + self.already_back;
        let hidden = self.hidden + self.already_hidden;
        let left_alone = self.changed + self.undecided + self.blocked;
        let items = self.copies + self.hides + self.undecided + self.blocked;
        let mut headline = match (self.copies, self.hides) {
            _ if items == 0 => "Nothing to do: the plan is empty".to_owned(),
            (0, 0) => "Nothing was changed".to_owned(),
            (0, _) => String::new(),
            (copies, _) => format!("{} of {} back", words::count(back), are(copies)),
        };
        if self.hides > 0 {
            let comma = if headline.is_empty() { "" } else { ", " };
            let new = words::of(self.hides, "new one is", "new ones are");
            headline.push_str(&format!("{comma}{} of {new} hidden", words::count(hidden)));
        }
        for (n, what) in [(left_alone, "left alone"), (self.failed, "failed")] {
            if n > 0 {
                headline.push_str(&format!(", {} {what}", words::count(n)));
            }
        }
        let facts = [
            ("restored", self.restored),
            ("hidden", self.hidden),
            ("already so", self.already_back + self.already_hidden),
            ("changed since the plan, left alone", self.changed),
            ("undecided, left alone", self.undecided),
            ("can't be changed now, left alone", self.blocked),
            ("failed", self.failed),
        ];
        let mut facts: Vec<Fact> =
            facts.iter().filter(|(_, n)| *n > 0).map(|(label, n)| fact(label, *n)).collect();
        facts.push(Fact::new("copied", words::bytes(self.bytes)));
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
            notes.push(super::plan::undecided(self.undecided));
        }
        if self.blocked > 0 {
            notes.push(format!(
                "{} can't be changed now; each says why. Clear that, then plan again.",
                words::photos(self.blocked)
            ));
        }
        let passed = self.failed + left_alone == 0;
        let outputs = [
            ("restored", back),
            ("hidden", hidden),
            ("failed", self.failed),
            ("left_alone", left_alone),
            ("bytes", self.bytes),
        ];
        Outcome {
            verdict: if passed { Verdict::Passed } else { Verdict::Failed },
            headline,
            facts,
            outputs: outputs.map(|(name, n)| (name.to_owned(), n.to_string())).into(),
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
