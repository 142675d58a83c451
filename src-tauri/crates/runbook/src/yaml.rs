//! YAML with the place of every key and value, and without anything that makes YAML dangerous.
//!
//! The events of the parser under serde-saphyr are read instead of its serde layer: they keep each scalar's text
//! as it was written (`version: 1.10` stays `1.10`) and let more than one thing be wrong. An anchor, an alias or
//! a tag is refused where it stands, so there is nothing that an alias could multiply.

use std::ops::Range;

use serde_saphyr::granit_parser::{self as granit, Event, Parser, ScalarStyle};

use crate::diagnostic::Code;
use crate::report::Report;

/// As deep as lists and mappings may be nested.
const DEPTH: usize = 16;

/// A text taken out of a source, perhaps piece by piece, that remembers where each piece stood.
#[derive(Debug, Default)]
pub(crate) struct Excerpt {
    pub(crate) text: String,
    pieces: Vec<(usize, usize)>,
}

impl Excerpt {
    pub(crate) fn push(&mut self, text: &str, offset: usize) {
        self.pieces.push((self.text.len(), offset));
        self.text.push_str(text);
    }

    /// The offset in the source of an offset in the text.
    fn offset(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(start, _)| *start <= at).saturating_sub(1);
        self.pieces.get(piece).map_or(at, |(start, offset)| offset + at.saturating_sub(*start))
    }

    fn range(&self, span: granit::Span) -> Range<usize> {
        let byte = |marker: granit::Marker| {
            let by_character = || self.text.char_indices().nth(marker.index()).map(|(at, _)| at);
            marker.byte_offset().or_else(by_character).unwrap_or(self.text.len()).min(self.text.len())
        };
        let start = self.offset(byte(span.start));
        start..self.offset(byte(span.end)).max(start)
    }
}

/// A value and where it stands in the source.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) value: Value,
    pub(crate) span: Range<usize>,
}

#[derive(Debug)]
pub(crate) enum Value {
    Null,
    Scalar(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_span: Range<usize>,
    pub(crate) value: Node,
}

impl Node {
    /// Its text; `None` when it is a list or a mapping, or nothing at all.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for a message.
    pub(crate) fn what(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Scalar(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }
}

/// A list or a mapping that isn't finished yet.
enum Open {
    List(Vec<Node>, usize),
    Map(Vec<Entry>, Option<(String, Range<usize>)>, usize),
}

/// Reads one YAML document. `None` when it can't be read, which has been reported then.
pub(crate) fn read(excerpt: &Excerpt, report: &mut Report) -> Option<Node> {
    let options = granit::options! {
        emit_comments: false,
        disallow_directives: true,
        emit_unresolved_aliases: true,
        flow_nesting_limit: DEPTH,
        block_nesting_limit: DEPTH,
    };
    let mut builder = Builder { report, open: Vec::new(), root: None, documents: 0 };
    for event in Parser::new_from_str_with_options(&excerpt.text, options) {
        match event {
            Ok((event, span)) => builder.take(event, excerpt.range(span))?,
            Err(error) => {
                let at = excerpt.range(granit::Span::empty(*error.marker()));
                broken(excerpt, &error, at, builder.report);
                return None;
            }
        }
    }
    let end = excerpt.offset(excerpt.text.len());
    Some(builder.root.unwrap_or(Node { value: Value::Null, span: end..end }))
}

fn broken(excerpt: &Excerpt, error: &granit::ScanError, at: Range<usize>, report: &mut Report) {
    let line = excerpt.text.lines().nth(error.marker().line().saturating_sub(1)).unwrap_or_default();
    if let Some(tab) = tab_in_indentation(&excerpt.text) {
        let at = excerpt.offset(tab);
        let message = "YAML is indented with a tab here";
        let hint = "Use spaces: YAML does not allow tabs for indentation.";
        return report.add(Code::YamlTab, at..at + 1, message, hint);
    }
    let info = error.info();
    if info.contains("nesting") || info.contains("limit") {
        let message =
            format!("YAML is nested more than {DEPTH} deep here, or has a key that is far too long");
        return report.add(Code::TooDeep, at, message, "Nothing in a runbook needs that; make it flat.");
    }
    let hint = if line.contains("${") && line.contains(['{', '[']) {
        "Inside { } or [ ], put a value with ${…} in double quotes."
    } else {
        "Check the indentation, and put a text with a colon, a brace or a quote in it in double quotes."
    };
    report.add(Code::Yaml, at, format!("this is not YAML: {info}"), hint);
}

fn tab_in_indentation(text: &str) -> Option<usize> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|line| {
        let indent = line.bytes().take_while(|byte| matches!(byte, b' ' | b'\t'));
        let tab = indent.into_iter().position(|byte| byte == b'\t').map(|tab| at + tab);
        at += line.len();
        tab
    })
}

struct Builder<'r> {
    report: &'r mut Report,
    open: Vec<Open>,
    root: Option<Node>,
    documents: usize,
}

impl Builder<'_> {
    /// Takes the next event; `None` when nothing more should be read.
    fn take(&mut self, event: Event<'_>, span: Range<usize>) -> Option<()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                self.plain(anchor, tag.is_some(), &span)?;
                let null =
                    style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Scalar(text.into_owned()) };
                self.place(Node { value, span })
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.plain(anchor, tag.is_some(), &span)?;
                self.begin(Open::List(Vec::new(), span.start), &span)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.plain(anchor, tag.is_some(), &span)?;
                self.begin(Open::Map(Vec::new(), None, span.start), &span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop()? {
                    Open::List(items, start) => {
                        let end = items.last().map_or(span.end, |item| item.span.end);
                        Node { value: Value::List(items), span: start..end.max(start) }
                    }
                    Open::Map(entries, _, start) => {
                        let end = entries.last().map_or(span.end, |entry| entry.value.span.end);
                        Node { value: Value::Map(entries), span: start..end.max(start) }
                    }
                };
                self.place(node)
            }
            Event::Alias(_) | Event::UnresolvedAlias(_) => self.plain(1, false, &span),
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let hint = "Remove the line of dashes, and what follows it.";
                    self.report.add(Code::Yaml, span, "a second YAML document begins here", hint);
                    return None;
                }
                Some(())
            }
            _ => Some(()),
        }
    }

    /// Refuses whatever has an anchor or a tag.
    fn plain(&mut self, anchor: usize, tag: bool, span: &Range<usize>) -> Option<()> {
        if anchor == 0 && !tag {
            return Some(());
        }
        let message = "anchors (&), aliases (*) and tags (!) are not allowed here";
        let hint = "Write the value out; put a text that begins with one of these in double quotes.";
        self.report.add(Code::YamlAnchor, span.clone(), message, hint);
        None
    }

    fn begin(&mut self, open: Open, span: &Range<usize>) -> Option<()> {
        self.key_must_be_text(span)?;
        self.open.push(open);
        Some(())
    }

    /// A list or a mapping can't be a key.
    fn key_must_be_text(&mut self, span: &Range<usize>) -> Option<()> {
        if matches!(self.open.last(), Some(Open::Map(_, None, _))) {
            let hint = "Put a key with a brace or a bracket in it in double quotes.";
            self.report.add(Code::Yaml, span.clone(), "a key must be a text", hint);
            return None;
        }
        Some(())
    }

    fn place(&mut self, node: Node) -> Option<()> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(items, _)) => items.push(node),
            Some(Open::Map(entries, key, _)) => match key.take() {
                None => {
                    let text = match node.value {
                        Value::Scalar(text) => text,
                        _ => String::new(),
                    };
                    *key = Some((text, node.span));
                }
                Some((key, key_span)) => entries.push(Entry { key, key_span, value: node }),
            },
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> (Option<Node>, Vec<Code>) {
        let mut excerpt = Excerpt::default();
        excerpt.push(text, 0);
        let mut report = Report::default();
        let node = read(&excerpt, &mut report);
        (node, report.finish(text, "f", false).iter().map(|d| d.code).collect())
    }

    #[test]
    fn values_keep_their_text_and_place() {
        let text = "version: 1.10\nwhen: 2026-11-01\n\"yes\": { to: [a, 'b'] }\nnone:\n";
        let (node, found) = codes(text);
        assert_eq!(found, []);
        let Some(Node { value: Value::Map(entries), .. }) = node else { panic!("a mapping") };
        let keys: Vec<_> = entries.iter().map(|entry| &text[entry.key_span.clone()]).collect();
        assert_eq!(keys, ["version", "when", "\"yes\"", "none"]);
        assert_eq!(entries[0].value.text(), Some("1.10"));
        assert_eq!(&text[entries[1].value.span.clone()], "2026-11-01");
        assert_eq!(entries[3].value.what(), "nothing");
    }

    #[test]
    fn what_makes_yaml_dangerous_is_refused() {
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n";
        for (text, code) in [
            (bomb, Code::YamlAnchor),
            ("a: *nowhere\n", Code::YamlAnchor),
            ("a: !!binary x\n", Code::YamlAnchor),
            ("a: 1\n\tb: 2\n", Code::YamlTab),
            ("a: [1\n", Code::Yaml),
            ("{a: b}: c\n", Code::Yaml),
            ("a: 1\n--- \nb: 2\n", Code::Yaml),
            ("%YAML 1.2\n---\na: 1\n", Code::Yaml),
        ] {
            let (node, found) = codes(text);
            assert!(node.is_none(), "{text}");
            assert_eq!(found, [code], "{text}");
        }
    }

    #[test]
    fn depth_is_limited() {
        for text in ["[".repeat(10_000), "- ".repeat(10_000), "{a: ".repeat(10_000)] {
            let (node, found) = codes(&text);
            assert!(node.is_none());
            assert_eq!(found, [Code::TooDeep], "{}", &text[..8]);
        }
    }

    #[test]
    fn pieces_lead_back_to_the_source() {
        let mut excerpt = Excerpt::default();
        excerpt.push("a: 1\n", 10);
        excerpt.push("b: 2\n", 25);
        let mut report = Report::default();
        let Some(Node { value: Value::Map(entries), .. }) = read(&excerpt, &mut report) else {
            panic!("a mapping")
        };
        assert_eq!(entries[1].key_span, 25..26);
        assert_eq!(entries[1].value.span, 28..29);
    }
}
