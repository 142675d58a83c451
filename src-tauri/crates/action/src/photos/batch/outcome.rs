//! What a plan that was handed to S3 Batch Operations came to.

use super::Handoff;
use crate::photos::tally::fact;
use crate::photos::{Target, words};
use crate::plan::{Example, Outcome, Verdict};
use crate::port::JobState;

/// What came of the jobs.
#[derive(Debug, Default)]
pub(super) struct Came {
    pub(super) copied: u64,
    pub(super) failed: u64,
    /// Tasks of jobs that are complete, of which their reports don't tell.
    pub(super) unreported: u64,
    /// Bytes of the jobs all of whose tasks succeeded.
    pub(super) bytes: u64,
    /// Jobs that failed or were ended by somebody: their ids, and why.
    pub(super) gone: Vec<(String, JobState, String)>,
    pub(super) examples: Vec<Example>,
}

impl Came {
    /// How many failed tasks of a job are named.
    pub(super) const EXAMPLES: usize = 8;

    /// Whether every job ran to its end.
    pub(super) fn ended_well(&self) -> bool {
        self.gone.is_empty()
    }

    /// The outcome of the whole plan. `rest` is what this machine did, and `left` how many items it left undone because
    /// a job failed.
    pub(super) fn outcome(
        self,
        handoff: &Handoff,
        target: &Target,
        rest: Option<Outcome>,
        left: u64,
    ) -> Outcome {
        let planned = handoff.photos();
        let missing = planned - planned.min(self.copied + self.failed);
        let mut headline = format!(
            "{} of {} copied by S3 Batch Operations",
            words::count(self.copied),
            words::of(planned, "photo was", "photos were")
        );
        for (n, what) in [(self.failed, "failed"), (missing, "not reached")] {
            if n > 0 {
                headline.push_str(&format!(", {} {what}", words::count(n)));
            }
        }
        let mut notes = self.notes(missing);
        if left > 0 {
            notes.push(format!(
                "{} for this laptop was not begun, because a job failed.",
                words::of(left, "item", "items")
            ));
        }
        let mut facts = vec![fact("copied by S3 Batch Operations", self.copied)];
        if self.failed > 0 {
            facts.push(fact("failed there", self.failed));
        }
        let mut passed = self.gone.is_empty() && self.failed + missing + left == 0;
        let mut examples = self.examples;
        let mut outputs = [
            ("restored", self.copied),
            ("hidden", 0),
            ("failed", self.failed + missing),
            ("left_alone", left),
            ("bytes", self.bytes),
        ]
        .map(|(name, n)| (name.to_owned(), n.to_string()))
        .into_iter()
        .collect::<std::collections::BTreeMap<_, _>>();
        if let Some(rest) = rest {
            headline.push_str(&format!("; by this laptop: {}", rest.headline));
            passed &= rest.verdict == Verdict::Passed;
            facts.extend(rest.facts);
            notes.extend(rest.notes);
            examples.extend(rest.examples);
            for (name, value) in rest.outputs {
                let sum = |mine: &String| Some(mine.parse::<u64>().ok()? + value.parse::<u64>().ok()?);
                match outputs.get(&name).and_then(sum) {
                    Some(sum) => outputs.insert(name, sum.to_string()),
                    None => outputs.insert(name, value),
                };
            }
        }
        outputs.extend(target.left_out());
        examples.truncate(Self::EXAMPLES);
        let verdict = if passed { Verdict::Passed } else { Verdict::Failed };
        Outcome { verdict, headline, facts, outputs, notes, examples, moments: None }
    }

    fn notes(&self, missing: u64) -> Vec<String> {
        let mut notes = Vec::new();
        for (id, state, why) in &self.gone {
            notes.push(match state {
                JobState::Cancelled => format!(
                    "Somebody ended job {id}: {why}. Ask them why; then applying the same plan again makes another job."
                ),
                _ => format!(
                    "Job {id} failed: {why}. Correct that (the role's permissions, the bucket of the manifest); then \
                     applying the same plan again makes another job."
                ),
            });
        }
        if self.failed > 0 {
            notes.push(format!(
                "{} failed in S3 Batch Operations; the evidence says why for each. Correct that, then plan again: what \
                 is back is left out, and the rest may be few enough for `by: laptop`.",
                words::of(self.failed, "copy", "copies")
            ));
        }
        if self.unreported > 0 {
            notes.push(format!(
                "The completion report doesn't tell of {}. Verifying the plan says whether they are back.",
                words::photos(self.unreported)
            ));
        } else if missing > 0 && !self.gone.is_empty() {
            notes.push("What was copied stays. Verifying the plan says which photos are back.".to_owned());
        }
        notes.push(
            "S3 Batch Operations copies without a condition. Verifying the plan names each photo that somebody wrote \
             since and that lies under a copy now."
                .to_owned(),
        );
        notes
    }
}
