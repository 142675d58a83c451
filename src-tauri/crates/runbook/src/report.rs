//! Collects what is wrong, by byte offset, and turns it into diagnostics with lines and columns.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::slug;

/// As many diagnostics as anybody reads.
const SHOWN: usize = 200;
/// As many findings as get a guess at what was meant: guessing looks at every name there is.
const GUESSED: usize = 20;
/// As many as are kept while reading, so that a hostile file can't fill the memory with them.
const KEPT: usize = 2_000;

/// What has been found so far.
#[derive(Debug, Default)]
pub(crate) struct Report {
    found: Vec<Found>,
    dropped: usize,
}

#[derive(Debug)]
struct Found {
    code: Code,
    span: Range<usize>,
    message: String,
    hint: String,
}

impl Report {
    /// Notes one thing that is wrong, and what to do about it.
    pub(crate) fn add(
        &mut self,
        code: Code,
        span: Range<usize>,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        if self.found.len() < KEPT {
            self.found.push(Found { code, span, message: message.into(), hint: hint.into() });
        } else {
            self.dropped += 1;
        }
    }

    /// The one of `known` that `word` was probably meant to be. Only the first findings get a guess:
    /// that keeps a file full of mistakes quick.
    pub(crate) fn nearest<'k>(
        &self,
        word: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) -> Option<&'k str> {
        if self.found.len() < GUESSED { slug::nearest(word, known) } else { None }
    }

    /// Everything found, by position, at most [`SHOWN`] and one that says how many more there are.
    pub(crate) fn finish(mut self, source: &str, file: &str, strict: bool) -> Vec<Diagnostic> {
        self.hide_secrets(source);
        self.found.sort_by_key(|found| (found.span.start, found.code));
        let more = self.found.len().saturating_sub(SHOWN) + self.dropped;
        // An error beyond the last one shown must still be one, so errors go first when there are too many.
        if more > 0 {
            self.found.sort_by_key(|found| found.code.severity());
            self.found.truncate(SHOWN);
            self.found.sort_by_key(|found| found.span.start);
        }
        if let Some(last) = self.found.last().filter(|_| more > 0) {
            self.found.push(Found {
                code: Code::TooMany,
                span: last.span.clone(),
                message: format!("{more} more findings are not listed"),
                hint: "Put the ones above right first, then lint again.".to_owned(),
            });
        }
        let mut lines = Lines::new(source);
        let severity = |code: Code| if strict { Severity::Error } else { code.severity() };
        let diagnostic = |found: Found| {
            let (line, column) = lines.place(found.span.start);
            let (end_line, end_column) = lines.place(found.span.end.max(found.span.start));
            Diagnostic {
                file: file.to_owned(),
                line,
                column,
                end_line,
                end_column,
                severity: severity(found.code),
                code: found.code,
                message: found.message,
                hint: Some(found.hint).filter(|hint| !hint.is_empty()),
            }
        };
        self.found.into_iter().map(diagnostic).collect()
    }

    /// A secret in the file must not get into a message through another finding that quotes it.
    fn hide_secrets(&mut self, source: &str) {
        let secrets = self.found.iter().filter(|found| found.code == Code::Secret);
        let secrets: Vec<&str> =
            secrets.filter_map(|found| source.get(found.span.clone())).take(50).collect();
        let secrets: Vec<&str> = secrets.into_iter().filter(|secret| !secret.is_empty()).collect();
        for found in self.found.iter_mut().filter(|found| found.code != Code::Secret) {
            for secret in &secrets {
                if found.message.contains(secret) || found.hint.contains(secret) {
                    found.message = found.message.replace(secret, "…");
                    found.hint = found.hint.replace(secret, "…");
                }
            }
        }
    }
}

/// Lines and columns of byte offsets, quick when they are asked for in order.
struct Lines<'a> {
    source: &'a str,
    starts: Vec<usize>,
    last: (usize, usize, usize),
}

impl<'a> Lines<'a> {
    fn new(source: &'a str) -> Self {
        let starts = source.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at + 1);
        Self { source, starts: std::iter::once(0).chain(starts).collect(), last: (0, 0, 0) }
    }

    /// The line and the column of a byte offset, both from 1; columns count characters.
    fn place(&mut self, offset: usize) -> (usize, usize) {
        let offset = offset.min(self.source.len());
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        let (last_line, last_offset, last_column) = self.last;
        let (from, before) =
            if last_line == line && last_offset <= offset { (last_offset, last_column) } else { (start, 0) };
        let text = self.source.as_bytes().get(from..offset).unwrap_or_default();
        // Every byte of a character but its first has the form 10xxxxxx.
        let column = before + text.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        self.last = (line, offset, column);
        (line, column + 1)
    }
}

/// The line of a byte offset, from 1, for each of many that are asked for in order.
pub(crate) struct LineCounter<'a> {
    source: &'a [u8],
    line: usize,
    offset: usize,
}

impl<'a> LineCounter<'a> {
    pub(crate) fn new(source: &'a str) -> Self {
        Self { source: source.as_bytes(), line: 1, offset: 0 }
    }

    pub(crate) fn line(&mut self, offset: usize) -> usize {
        let passed = self.source.get(self.offset..offset).unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.offset = self.offset.max(offset);
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters() {
        let source = "aé\nb\n\nüx";
        let mut lines = Lines::new(source);
        let places: Vec<_> = source.char_indices().map(|(at, _)| lines.place(at)).collect();
        assert_eq!(places, [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (4, 1), (4, 2)]);
        assert_eq!(lines.place(999), (4, 3));
        assert_eq!(lines.place(1), (1, 2));
    }

    #[test]
    fn the_list_ends_and_says_so() {
        let mut report = Report::default();
        report.add(Code::MissingOwner, 0..0, "no owner", "");
        (0..5_000).for_each(|at| report.add(Code::RawHtml, at..at + 1, "html", ""));
        let found = report.finish(&"x".repeat(5_000), "f.md", false);
        assert_eq!(found.len(), 201);
        let last = found.last().unwrap();
        assert_eq!((last.code, last.message.as_str()), (Code::TooMany, "4801 more findings are not listed"));
    }

    #[test]
    fn no_finding_quotes_a_secret() {
        let source = "x: hunter22";
        let mut report = Report::default();
        report.add(Code::Secret, 3..11, "a password", "");
        report.add(Code::IllTyped, 3..11, "\"hunter22\" is not a bucket", "not hunter22");
        let shown = report.finish(source, "f.md", false).iter().map(ToString::to_string).collect::<String>();
        assert!(!shown.contains("hunter22"), "{shown}");
    }
}
