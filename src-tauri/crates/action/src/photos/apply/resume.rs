//! What earlier applications of the same plan have done, read back from the evidence they left.

use std::collections::HashMap;
use std::io::{BufRead as _, Read as _};

use jiff::Timestamp;

use super::count::Count;
use super::evidence::{Line, Result};
use crate::plan::{Context, Failure, Source};

/// A line is not longer than this: two keys, an error and a few ids.
const LONGEST: u64 = 64 * 1024;

/// What was done before.
#[derive(Debug, Default)]
pub(crate) struct Earlier {
    /// The items about which nothing more is to be done.
    pub(crate) settled: Lines,
    /// Those whose thawing was asked for.
    pub(crate) asked: Lines,
    /// When that was, the last time.
    pub(crate) asked_at: Option<Timestamp>,
    /// What it came to.
    pub(crate) count: Count,
}

impl Earlier {
    /// Reads what earlier applications left. A line that can't be read counts as not written: its item is done again,
    /// which is harmless.
    pub(crate) fn read(cx: &Context<'_>) -> std::result::Result<Self, Failure> {
        let mut earlier = Self::default();
        let Some(mut source) = cx.disk.earlier()? else { return Ok(earlier) };
        let mut text = Vec::new();
        while next_line(&mut source, &mut text)? {
            if cx.stopping() {
                return Err(Failure::Stopped {
                    left: "what was done before stays, and nothing was added".into(),
                });
            }
            if let Ok(line) = serde_json::from_slice::<Line<'_>>(&text) {
                earlier.add(&line);
            }
        }
        Ok(earlier)
    }

    fn add(&mut self, line: &Line<'_>) {
        let Some(n) = line.n else { return };
        if line.result == Result::ThawAsked {
            self.asked.insert(n);
            self.asked_at = self.asked_at.max(line.at);
        }
        if line.result.is_settled() && self.settled.insert(n) {
            self.count.meet(&line.op, line.shown);
            self.count.settle(line);
        }
    }
}

/// Reads one line into `text`; false at the end. Of one that is too long, only the beginning.
fn next_line(source: &mut Source, text: &mut Vec<u8>) -> std::io::Result<bool> {
    text.clear();
    source.by_ref().take(LONGEST).read_until(b'\n', text)?;
    Ok(!text.is_empty())
}

/// A set of numbers of lines, a bit each: ten million of them in little more than a megabyte.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    pages: HashMap<u64, Box<[u64; 512]>>,
}

impl Lines {
    /// Adds a number; whether it wasn't there.
    pub(crate) fn insert(&mut self, n: u64) -> bool {
        let (page, word, bit) = Self::place(n);
        let word = &mut self.pages.entry(page).or_insert_with(|| Box::new([0; 512]))[word];
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub(crate) fn contains(&self, n: u64) -> bool {
        let (page, word, bit) = Self::place(n);
        self.pages.get(&page).is_some_and(|page| page[word] & bit != 0)
    }

    fn place(n: u64) -> (u64, usize, u64) {
        (n >> 15, (n >> 6) as usize & 511, 1 << (n & 63))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_set_of_lines_is_a_set(numbers in prop::collection::vec(prop_oneof![0..200_000u64, any::<u64>()], 0..200)) {
            let (mut set, mut truth) = (Lines::default(), BTreeSet::new());
            for n in numbers {
                prop_assert_eq!(set.insert(n), truth.insert(n));
                for near in [n.wrapping_sub(1), n, n.wrapping_add(1), n ^ (1 << 15)] {
                    prop_assert_eq!(set.contains(near), truth.contains(&near));
                }
            }
        }
    }
}
