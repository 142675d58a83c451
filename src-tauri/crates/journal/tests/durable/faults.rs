//! A disk that is full, failing or read-only, at any call alone or from it on.

use std::collections::BTreeSet;

use crate::clerk::{self, DAY, Kept};
use crate::disk::{self, Fault};

/// Lets the clerk's calls fail, the first, the second and so on until none is left. What it was told.
fn at_every_call(how: &'static str, times: usize) -> BTreeSet<String> {
    let mut told = BTreeSet::new();
    let mut quiet = 0;
    // What lasts is the same wherever it begins, but for the step it begins in.
    let step = if times == 1 { 1 } else { 5 };
    for at in (0..).step_by(step) {
        let folder = disk::folder();
        let ended = clerk::at_work(folder.path(), DAY.len(), Fault { how, at, times });
        let case = format!("{how} at call {at}, {times} times");
        assert!(!ended.killed, "{case}");
        let steps = clerk::check(folder.path(), &Kept::default(), &ended, &case);
        let failures = ended.failures();
        if times == 1 {
            assert_eq!(steps, ended.steps(), "{case}: nothing that failed is kept");
        }
        told.extend(failures.iter().map(|why| why.replace(folder.path().to_str().unwrap(), "…")));
        // What SQLite does to tidy up may fail without harm; at the end nothing is left that could.
        quiet = if ended.steps() == DAY.len() && failures.is_empty() { quiet + 1 } else { 0 };
        if quiet == 40 / step {
            assert!(at > 100, "{case}");
            return told;
        }
    }
    told
}

/// The steps that a person is told to take.
fn advice(how: &str) -> &'static [&'static str] {
    match how {
        "ENOSPC" => &["Free some space"],
        "EROFS" => &["Make it writable"],
        _ => &["Look whether the disk is full or failing"],
    }
}

fn each_is_told(how: &'static str) {
    let (once, lasting) = (at_every_call(how, 1), at_every_call(how, usize::from(u16::MAX)));
    for advice in advice(how) {
        assert!(once.iter().any(|why| why.contains(advice)), "{how}: {once:#?}");
    }
    for (told, times) in [(once, "once"), (lasting, "for good")] {
        for why in told {
            assert!(
                [
                    "Free some space, then try again",
                    "Look whether the disk is full or failing, then try again",
                    "Make it writable",
                    "that the disk is neither full nor failing",
                    "Choose another with LIFEBOAT_HOME",
                    "Name another file on a disk with enough space",
                ]
                .iter()
                .any(|advice| why.contains(advice)),
                "{how}, {times}: {why}"
            );
        }
    }
}

#[test]
fn a_full_disk_loses_nothing_and_is_said_to_be_full() {
    each_is_told("ENOSPC");
}

#[test]
fn a_failing_disk_loses_nothing_and_is_said_to_fail() {
    each_is_told("EIO");
}

#[test]
fn a_disk_that_becomes_read_only_loses_nothing_and_is_said_to_be() {
    each_is_told("EROFS");
}
