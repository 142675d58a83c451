//! What comparing the photos of a database with those of a bucket came to, in numbers and in words.

use super::reconcile::Reconcile;
use super::tally::{Examples, fact, place_of};
use super::words;
use crate::plan::{Fact, Outcome, Verdict};

/// How many photos are where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Counts {
    /// Named by the database and in the bucket, and alike as far as can be told.
    pub matched: u64,
    /// Of those, how many were compared by size alone: one side has no MD5 of them.
    pub by_size: u64,
    /// Of those, how many were compared by nothing but their key: the database keeps no more.
    pub by_key: u64,
    /// Named by the database and not in the bucket.
    pub missing: u64,
    /// Of those, how many have an older version in the bucket.
    pub recoverable: u64,
    /// In the bucket, named by no row.
    pub orphaned: u64,
    /// Of another size or checksum than the database says.
    pub different: u64,
    /// Named by the database, with a key that the bucket was not listed for.
    pub outside: u64,
    /// Rows that name a photo that another row names too.
    pub repeated: u64,
}

impl Counts {
    fn named(&self) -> u64 {
        self.matched + self.missing + self.different
    }

    fn keys(&self) -> u64 {
        self.named() + self.orphaned + self.outside
    }
}

/// The kinds of examples, in the order to show them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Lost,
    Recoverable,
    Different,
    Outside,
    Orphaned,
}

/// What comparing came to.
pub(crate) fn outcome(params: &Reconcile, counts: &Counts, examples: Examples<Kind>) -> Outcome {
    let place = place_of(&params.bucket, &params.prefix);
    let named = counts.named();
    let headline = match (named, counts.missing, counts.different) {
        (0, ..) => format!("The database names no photo in {place}"),
        (_, 0, 0) => {
            format!("{} the database names {} in {place}", that(named), if named == 1 { "is" } else { "are" })
        }
        (_, 0, n) => format!(
            "{} of {} the database names {} different in {place}",
            words::count(n),
            that(named),
            if n == 1 { "is" } else { "are" }
        ),
        (_, n, different) => {
            let and = if different > 0 {
                format!(", {} different", words::count(different))
            } else {
                String::new()
            };
            format!(
                "{} of {} the database names {} missing from {place}{and}",
                words::count(n),
                that(named),
                if n == 1 { "is" } else { "are" }
            )
        }
    };
    let outputs = [
        ("matched", counts.matched),
        ("missing", counts.missing),
        ("orphaned", counts.orphaned),
        ("different", counts.different),
    ];
    let mut facts: Vec<Fact> = outputs.iter().map(|(label, n)| fact(label, *n)).collect();
    let more = [
        ("missing, an older version exists", counts.recoverable),
        ("outside of the prefix, not looked at", counts.outside),
        ("rows that name a photo again", counts.repeated),
        ("keys in all", counts.keys()),
    ];
    facts.extend(more.iter().filter(|(_, n)| *n > 0).map(|(label, n)| fact(label, *n)));
    Outcome {
        verdict: if named > 0 && counts.missing + counts.different == 0 {
            Verdict::Passed
        } else {
            Verdict::Failed
        },
        headline,
        facts,
        outputs: outputs.map(|(name, n)| (name.to_owned(), n.to_string())).into(),
        notes: notes(params, counts),
        examples: examples.chosen(),
        moments: None,
    }
}

fn that(n: u64) -> String {
    format!("{} that", words::photos(n))
}

fn notes(params: &Reconcile, counts: &Counts) -> Vec<String> {
    let mut notes = Vec::new();
    if counts.named() == 0 {
        notes.push(format!(
            "Check that {} is the right instance, that its rows came back, and that the prefix is the Portal's.",
            params.instance
        ));
    }
    if counts.recoverable > 0 {
        notes.push(format!(
            "{} an older version in the bucket: plan `photos.restore` with `named_by: {}` to bring back those that the \
             database names and no others.",
            words::of(counts.recoverable, "missing photo has", "missing photos have"),
            params.instance
        ));
    }
    let lost = counts.missing - counts.recoverable;
    if lost > 0 {
        notes.push(format!(
            "{} no version left in the bucket: look in the replica bucket or in AWS Backup.",
            words::of(lost, "missing photo has", "missing photos have")
        ));
    }
    if counts.different > 0 {
        notes.push(format!(
            "{} not what the database says: compare its versions, and bring back the right one with `photos.restore`.",
            words::of(counts.different, "photo is", "photos are")
        ));
    }
    if counts.orphaned > 0 {
        notes.push(format!(
            "{} in the bucket and named by no row: left as they are. Uploads of the time that was lost are among them.",
            words::of(counts.orphaned, "photo is", "photos are")
        ));
    }
    if counts.outside > 0 {
        notes.push(format!(
            "{} outside of {} and not looked at: reconcile again with the prefix that covers them.",
            words::of(
                counts.outside,
                "photo that the database names is",
                "photos that the database names are"
            ),
            place_of(&params.bucket, &params.prefix)
        ));
    }
    if counts.repeated > 0 {
        notes.push(format!(
            "{} a photo that another row names too; each photo is counted once.",
            words::of(counts.repeated, "row names", "rows name")
        ));
    }
    if counts.by_size > 0 {
        notes.push(format!(
            "{} compared by size alone: the database or S3 has no MD5 of them.",
            words::of(counts.by_size, "photo was", "photos were")
        ));
    }
    if counts.by_key > 0 {
        notes.push(format!(
            "{} compared by key alone: the database keeps neither size nor MD5 of them.",
            words::of(counts.by_key, "photo was", "photos were")
        ));
    }
    notes
}
