//! `cargo xtask bench`: how fast the parts are whose speed decides how long a restore takes.

pub(crate) mod journal;
pub(crate) mod photos;
pub(crate) mod reconcile;

/// What to measure.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Comparing the photos of a database with those of a bucket.
    Reconcile(reconcile::Options),
    /// Keeping, reading and exporting what happened.
    Journal(journal::Options),
    /// Bringing photos back.
    Photos(photos::Options),
}

/// The one in the middle.
fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// The word for whether a goal was reached.
fn verdict(good: bool) -> &'static str {
    if good { "met" } else { "missed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_in_the_middle_counts() {
        assert_eq!([median(vec![3.0, 1.0, 2.0]), median(vec![5.0])], [2.0, 5.0]);
    }
}
