//! Counting tests in what test runners print.

use std::ops::AddAssign;

/// How many tests there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    pub(crate) skipped: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Tally {
    /// Adds what `line` says. Lines that count nothing are ignored. Understood are cargo's
    /// (`test result: ok. 3 passed; 0 failed; 1 ignored; …`), vitest's (`Tests  1 failed | 31 passed (32)`) and
    /// TAP's as Node prints it (`# pass 31`, `ℹ fail 1`).
    pub(crate) fn read(&mut self, line: &str) {
        let line = without_colours(line);
        let words: Vec<&str> = line
            .split(|c: char| c.is_whitespace() || ";|().".contains(c))
            .filter(|word| !word.is_empty())
            .collect();
        match words.as_slice() {
            ["test", "result:", counts @ ..] | ["Tests", counts @ ..] => {
                for pair in counts.windows(2) {
                    self.add(pair[1], pair[0]);
                }
            }
            ["#" | "ℹ", word, count] => self.add(word, count),
            _ => {}
        }
    }

    fn add(&mut self, word: &str, count: &str) {
        let Ok(count) = count.parse::<u64>() else { return };
        match word {
            "passed" | "pass" => self.passed += count,
            "failed" | "fail" => self.failed += count,
            "ignored" | "skipped" | "todo" => self.skipped += count,
            _ => {}
        }
    }
}

/// `line` without terminal escapes.
fn without_colours(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        if c == '\u{1b}' {
            chars.by_ref().find(|c| c.is_ascii_alphabetic());
        } else {
            plain.push(c);
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tally(lines: &str) -> Tally {
        let mut tally = Tally::default();
        lines.lines().for_each(|line| tally.read(line));
        tally
    }

    #[test]
    fn cargo_adds_up() {
        let printed = "running 4 tests\ntest passed ... ok\n\
            test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s\n\
            test result: \u{1b}[31mFAILED\u{1b}[0m. 10 passed; 2 failed; 0 ignored; 0 measured; 7 filtered out";
        assert_eq!(tally(printed), Tally { passed: 13, failed: 2, skipped: 1 });
    }

    #[test]
    fn vitest_counts_tests_and_not_files() {
        let printed = "\u{1b}[2m Test Files \u{1b}[22m 1 failed | 4 passed (5)\n\
            \u{1b}[2m      Tests \u{1b}[22m \u{1b}[31m1 failed\u{1b}[39m | \u{1b}[32m31 passed\u{1b}[39m | 2 skipped (34)";
        assert_eq!(tally(printed), Tally { passed: 31, failed: 1, skipped: 2 });
    }

    #[test]
    fn tap_and_node() {
        assert_eq!(
            tally("# tests 5\n# pass 4\n# fail 1\n# skipped 0"),
            Tally { passed: 4, failed: 1, skipped: 0 }
        );
        assert_eq!(tally("ℹ pass 7\nℹ fail 0"), Tally { passed: 7, failed: 0, skipped: 0 });
    }

    #[test]
    fn prose_counts_nothing() {
        assert_eq!(tally("3 passed\nTests are fun\n# heading\ntest result: pending"), Tally::default());
    }
}
