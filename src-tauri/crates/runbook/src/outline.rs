//! Markdown as a list of sections: a heading and what stands under it, its checks and its block taken out.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use crate::diagnostic::Code;
use crate::report::Report;
use crate::section::Section;
use crate::yaml::Excerpt;

/// As deep as lists, quotes and emphasis may be nested.
const DEPTH: usize = 32;

/// The most that may stand under one heading, in bytes. It bounds what the HTML of a step can cost.
const SECTION_BYTES: usize = 64 * 1024;

/// Reads the sections of `source` from the byte `from` on. `None` when it is nested too deeply to go on.
pub(crate) fn read<'a>(source: &'a str, from: usize, report: &mut Report) -> Option<Vec<Section<'a>>> {
    let body = source.get(from..).unwrap_or_default();
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    if let Some(at) = too_many_quotes(body) {
        too_deep(report, from + at..from + at + 1);
        return None;
    }
    let mut outline = Outline {
        source,
        report,
        sections: vec![Section { span: from..from, ..Section::default() }],
        open: Vec::new(),
    };
    for (event, span) in Parser::new_ext(body, options).into_offset_iter() {
        outline.take(event, span.start + from..span.end + from);
        if outline.open.len() > DEPTH {
            let at = outline.open.last().map_or(from, |open| open.at);
            too_deep(outline.report, at..at + 1);
            return None;
        }
    }
    too_long(&outline.sections, source.len(), outline.report);
    outline.sections.iter_mut().for_each(Section::tidy);
    Some(outline.sections)
}

fn too_deep(report: &mut Report, span: Range<usize>) {
    let message = format!("lists, quotes or emphasis are nested more than {DEPTH} deep here");
    report.add(Code::TooDeep, span, message, "Nobody can follow that at 3 am; make it flat.");
}

fn too_long(sections: &[Section<'_>], end: usize, report: &mut Report) {
    let ends = sections.iter().skip(1).map(|next| next.span.start).chain([end]);
    for (section, end) in sections.iter().zip(ends) {
        if end.saturating_sub(section.span.start) > SECTION_BYTES {
            let message = format!("more than {SECTION_BYTES} bytes stand under this heading");
            let hint = "Divide it into steps that can be followed one by one.";
            report.add(Code::TooLarge, section.span.clone(), message, hint);
        }
    }
}

/// Where a line begins with more `>` than any quote needs: telling that first keeps the parser quick.
fn too_many_quotes(body: &str) -> Option<usize> {
    let mut at = 0;
    for line in body.split_inclusive('\n') {
        let start = line.bytes().take_while(|byte| matches!(byte, b'>' | b' ' | b'\t'));
        if start.filter(|byte| *byte == b'>').take(DEPTH + 1).count() > DEPTH {
            return Some(at);
        }
        at += line.len();
    }
    None
}

/// Something that has begun and not ended.
struct Open {
    what: What,
    at: usize,
}

enum What {
    /// Rendered as it is.
    Plain,
    /// An item of a list, which is a check when a box comes first in it.
    Item,
    /// A heading that begins a section.
    Heading,
    /// The task item with this number.
    Check(usize),
    /// The step block.
    Block,
    /// Left out, what is in it too.
    Nothing,
    /// Left out, but not what is in it.
    Transparent,
}

struct Outline<'a, 'r> {
    source: &'a str,
    report: &'r mut Report,
    /// Never empty: the first stands for what comes before the first heading.
    sections: Vec<Section<'a>>,
    open: Vec<Open>,
}

impl<'a> Outline<'a, '_> {
    fn take(&mut self, event: Event<'a>, span: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, span),
            Event::End(end) => self.end(end),
            Event::Html(_) => {}
            Event::InlineHtml(_) => self.raw_html(span),
            Event::TaskListMarker(_) => self.begin_check(),
            other => self.emit(other, span),
        }
    }

    fn start(&mut self, tag: Tag<'a>, span: Range<usize>) {
        let what = match &tag {
            Tag::Heading { level, .. } if self.open.is_empty() && *level <= HeadingLevel::H3 => {
                self.begin_section(*level, &span);
                What::Heading
            }
            Tag::HtmlBlock => {
                self.raw_html(span.clone());
                What::Nothing
            }
            Tag::Image { dest_url, .. } => {
                self.image(dest_url, &span);
                What::Transparent
            }
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => self.fence(info, &span),
            Tag::Item => What::Item,
            _ => What::Plain,
        };
        if matches!(what, What::Plain | What::Item) {
            self.emit(Event::Start(tag), span.clone());
        }
        self.open.push(Open { what, at: span.start });
    }

    fn end(&mut self, end: TagEnd) {
        let Some(open) = self.open.pop() else { return };
        if matches!(open.what, What::Plain | What::Item) {
            self.emit(Event::End(end), open.at..open.at);
        }
    }

    /// Makes a check of the item that a box has just been found in, with what has begun in it since.
    fn begin_check(&mut self) {
        let Some(item) = self.open.iter().rposition(|open| matches!(open.what, What::Item)) else { return };
        let Some(section) = self.sections.last_mut() else { return };
        let outer = self.open.iter().take(item).rev().find_map(|open| match open.what {
            What::Check(number) => Some(number),
            _ => None,
        });
        let around = match outer {
            Some(number) => section.checks.get_mut(number),
            None => Some(&mut section.prose),
        };
        let Some(around) = around else { return };
        let Some(begun) = around.iter().rposition(|event| matches!(event, Event::Start(Tag::Item))) else {
            return;
        };
        let begun = around.split_off(begun);
        section.checks.push(begun.into_iter().skip(1).collect());
        let number = section.checks.len() - 1;
        if let Some(open) = self.open.get_mut(item) {
            open.what = What::Check(number);
        }
    }

    /// Puts an event where it belongs: into the heading, a check, the block or the prose.
    fn emit(&mut self, event: Event<'a>, span: Range<usize>) {
        let inside = self
            .open
            .iter()
            .rev()
            .find(|open| !matches!(open.what, What::Plain | What::Item | What::Transparent));
        let Some(section) = self.sections.last_mut() else { return };
        match inside.map(|open| &open.what) {
            Some(What::Nothing) => {}
            Some(What::Heading) => match event {
                Event::Text(text) | Event::Code(text) => section.title.push_str(&text),
                Event::SoftBreak | Event::HardBreak => section.title.push(' '),
                _ => {}
            },
            Some(What::Check(number)) => {
                if let Some(check) = section.checks.get_mut(*number) {
                    check.push(event);
                }
            }
            Some(What::Block) => {
                if let (Event::Text(text), Some(block)) = (event, &mut section.block) {
                    block.push(&text, span.start);
                }
            }
            _ => section.prose.push(event),
        }
    }

    fn begin_section(&mut self, level: HeadingLevel, span: &Range<usize>) {
        let heading = self.source.get(span.clone()).unwrap_or_default();
        let end = span.start + heading.trim_end().len();
        self.sections.push(Section { level: level as u8, span: span.start..end, ..Section::default() });
    }

    fn fence(&mut self, info: &CowStr<'a>, span: &Range<usize>) -> What {
        let words: Vec<String> = info.split_whitespace().take(3).map(str::to_lowercase).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        if self.open.is_empty() && !self.is_closed(span) {
            let hint = "End it with a line of its own that holds the same three backticks.";
            self.report.add(
                Code::OpenFence,
                first_line(self.source, span),
                "the block that begins here never ends",
                hint,
            );
        }
        let like_step =
            matches!(words.as_slice(), ["yaml" | "yml", "step" | "steps", ..] | ["step" | "steps", ..]);
        if info.trim() != "yaml step" {
            if like_step {
                let message = format!("{:?} is not how a step block begins", info.trim());
                let hint = "Write ```yaml step, in lower case and with nothing after it.";
                self.report.add(Code::BlockInfo, first_line(self.source, span), message, hint);
            }
            return What::Plain;
        }
        let line = first_line(self.source, span);
        if !self.open.is_empty() {
            let hint = "Put it at the margin, after the list or the quote.";
            self.report.add(
                Code::MisplacedBlock,
                line,
                "a step block can't stand inside a list or a quote",
                hint,
            );
            return What::Nothing;
        }
        let Some(section) = self.sections.last_mut() else { return What::Nothing };
        if section.block.is_some() {
            let hint = "Give the second one a ### heading of its own, or join the two.";
            self.report.add(Code::SecondBlock, line, "this step already has a block", hint);
            return What::Nothing;
        }
        section.block = Some(Excerpt::default());
        What::Block
    }

    /// Whether a fenced block at the margin has its last line.
    fn is_closed(&self, span: &Range<usize>) -> bool {
        let block = self.source.get(span.clone()).unwrap_or_default().trim();
        let Some(mark) = block.chars().next() else { return false };
        let opening = block.chars().take_while(|c| *c == mark).count();
        let last = block.lines().skip(1).last().unwrap_or_default().trim();
        last.chars().count() >= opening && last.chars().all(|c| c == mark)
    }

    fn raw_html(&mut self, span: Range<usize>) {
        let hint = "Write it in markdown; to show it as it is, put it in backticks or a fenced block.";
        let span = first_line(self.source, &span);
        self.report.add(Code::RawHtml, span, "HTML is not allowed in a runbook", hint);
    }

    fn image(&mut self, url: &str, span: &Range<usize>) {
        let scheme = url.split_once(':').is_some_and(|(scheme, _)| !scheme.contains(['/', '#', '?']));
        if scheme || url.starts_with("//") {
            let message = "an image from elsewhere is not allowed: a runbook must work with no network";
            let hint = "Say in words what it shows, or link to it.";
            self.report.add(Code::RemoteImage, span.clone(), message, hint);
        }
    }
}

/// The first line of a span.
fn first_line(source: &str, span: &Range<usize>) -> Range<usize> {
    let text = source.get(span.clone()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    span.start..span.start + line.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::html;

    fn sections(source: &str) -> (Vec<Section<'_>>, Vec<Code>) {
        let mut report = Report::default();
        let sections = read(source, 0, &mut report).unwrap_or_default();
        (sections, report.finish(source, "f", false).iter().map(|d| d.code).collect())
    }

    #[test]
    fn sections_have_prose_checks_and_a_block() {
        let source = "intro\n# T\n## P\n### S *one*\nDo it.\n- [ ] a\n- [x] **b**\n\n- c\n\n```yaml step\nid: x\n```\n\n```sh\nls\n```\n> ### no\n";
        let (found, codes) = sections(source);
        assert_eq!(codes, []);
        let shape: Vec<_> = found.iter().map(|s| (s.level, s.title.as_str())).collect();
        assert_eq!(shape, [(0, ""), (1, "T"), (2, "P"), (3, "S one")]);
        let step = &found[3];
        assert_eq!(&source[step.span.clone()], "### S *one*");
        let checks: Vec<_> = step.checks.iter().map(|check| html::text(check)).collect();
        assert_eq!(checks, ["a", "b"]);
        assert_eq!(html::text(&step.prose), "Do it.\nc\nls\nno");
        assert_eq!(step.block.as_ref().map(|block| block.text.as_str()), Some("id: x\n"));
    }

    #[test]
    fn nested_tasks_are_checks_of_their_own() {
        let (found, _) = sections("### S\n- [ ] a\n  - [ ] b\n  - c\n- [ ] d\n");
        let checks: Vec<_> = found[1].checks.iter().map(|check| html::text(check)).collect();
        assert_eq!(checks, ["a\nc", "b", "d"]);
        assert!(found[1].prose.is_empty(), "{:?}", found[1].prose);
    }

    #[test]
    fn what_may_not_be_there_is_named() {
        for (source, code) in [
            ("<b>x</b>\n", Code::RawHtml),
            ("a <!-- b -->\n", Code::RawHtml),
            ("<script>\nalert(1)\n</script>\n", Code::RawHtml),
            ("![a](https://example.com/a.png)\n", Code::RemoteImage),
            ("![a](data:image/png;base64,AA==)\n", Code::RemoteImage),
            ("![a][b]\n\n[b]: //example.com/a.png\n", Code::RemoteImage),
            ("### S\n```yaml step\nid: x\n", Code::OpenFence),
            ("### S\n```sh\nls\n", Code::OpenFence),
            ("### S\n```yml step\nid: x\n```\n", Code::BlockInfo),
            ("### S\n```step\nid: x\n```\n", Code::BlockInfo),
            ("### S\n- a\n\n  ```yaml step\n  id: x\n  ```\n", Code::MisplacedBlock),
            ("### S\n```yaml step\nid: x\n```\n```yaml step\nid: y\n```\n", Code::SecondBlock),
            (&">".repeat(40), Code::TooDeep),
            (&format!("{}x\n", "* ".repeat(40)), Code::TooDeep),
        ] {
            let (_, codes) = sections(source);
            assert_eq!(codes.first(), Some(&code), "{source}");
        }
        for source in
            ["![a](here.png)\n", "`<b>`\n", "```yaml\nstep: 1\n```\n", "~~~~sh\n```\n~~~~\n", "a < b\n"]
        {
            assert_eq!(sections(source).1, [], "{source}");
        }
    }
}
