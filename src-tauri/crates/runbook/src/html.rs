//! Prose as HTML that can't load, run or style anything, and as plain text.
//!
//! Two walls: raw HTML never gets past the outline (it is an error), and whatever the renderer makes of the
//! rest goes through ammonia with a short list of tags, so that a mistake in the first is caught by the second.

use std::collections::{HashMap, HashSet};

use ammonia::{Builder, UrlRelative};
use pulldown_cmark::{Event, TagEnd, html};

const TAGS: [&str; 24] = [
    "p",
    "br",
    "hr",
    "em",
    "strong",
    "del",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
];

/// Renders prose; made once and used for every step.
pub(crate) struct Renderer {
    cleaner: Builder<'static>,
}

impl Renderer {
    pub(crate) fn new() -> Self {
        let mut cleaner = Builder::empty();
        cleaner
            .tags(HashSet::from(TAGS))
            .tag_attributes(HashMap::from([
                ("a", HashSet::from(["href", "title"])),
                ("ol", HashSet::from(["start"])),
            ]))
            .clean_content_tags(HashSet::from(["script", "style"]))
            .url_schemes(HashSet::from(["http", "https", "mailto"]))
            .url_relative(UrlRelative::Deny)
            .link_rel(Some("noopener noreferrer"));
        Self { cleaner }
    }

    /// Sanitised HTML of `events`.
    pub(crate) fn html(&self, events: Vec<Event<'_>>) -> String {
        if events.iter().all(|event| matches!(event, Event::Text(_))) {
            return events.iter().map(|event| escaped(event)).collect();
        }
        let mut unsafe_html = String::new();
        html::push_html(&mut unsafe_html, events.into_iter());
        self.cleaner.clean(&unsafe_html).to_string().trim().to_owned()
    }
}

/// Most checks are a line of plain text: escaping is all they need, and is much quicker.
fn escaped(event: &Event<'_>) -> String {
    let Event::Text(text) = event else { return String::new() };
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// Plain text of `events`: a line for each paragraph, item and row.
pub(crate) fn text(events: &[Event<'_>]) -> String {
    let mut text = String::new();
    for event in events {
        match event {
            Event::Text(piece) | Event::Code(piece) => text.push_str(piece),
            Event::SoftBreak => text.push(' '),
            Event::HardBreak => text.push('\n'),
            Event::End(TagEnd::TableCell) => text.push(' '),
            Event::Start(tag) if is_block(&tag.to_end()) => new_line(&mut text),
            Event::End(end) if is_block(end) => new_line(&mut text),
            _ => {}
        }
    }
    text.trim().to_owned()
}

fn new_line(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.truncate(text.trim_end_matches(' ').len());
        text.push('\n');
    }
}

fn is_block(end: &TagEnd) -> bool {
    let inline = [TagEnd::Emphasis, TagEnd::Strong, TagEnd::Strikethrough, TagEnd::Link, TagEnd::Image];
    !inline.contains(end) && *end != TagEnd::TableCell
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Options, Parser};

    use super::*;

    fn render(markdown: &str) -> String {
        Renderer::new().html(Parser::new_ext(markdown, Options::all()).collect())
    }

    #[test]
    fn prose_is_rendered() {
        let html = render("A *b* **c** ~~d~~ `e` [f](https://example.com).\n\n1. x\n\n| h |\n|---|\n| c |\n");
        for piece in ["<em>b</em>", "<strong>c</strong>", "<code>e</code>", "<li>x</li>", "<td>c</td>"] {
            assert!(html.contains(piece), "{html}");
        }
        assert!(html.contains(r#"<a href="https://example.com" rel="noopener noreferrer">f</a>"#), "{html}");
    }

    #[test]
    fn nothing_hostile_is_left() {
        for markdown in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "[a](javascript:alert(1))",
            "[a](JaVaScRiPt:alert(1))",
            "[a](&#106;avascript:alert(1))",
            "<javascript:alert(1)>",
            "[a](data:text/html,<script>)",
            "[a](vbscript:x) [b](file:///etc/passwd) [c](//evil.example) [d](../x)",
            "![a](data:image/svg+xml,<svg/onload=alert(1)>)",
            "![a](https://evil.example/pixel.png)",
            "<iframe src=https://evil.example></iframe>",
            "<a href=\"https://x.example\" onclick=\"alert(1)\">x</a>",
            "<style>*{background:url(https://evil.example)}</style>",
            "<svg><script>alert(1)</script></svg><math><mi//xlink:href=\"data:x\">",
            "<form action=https://evil.example><input><button>x</button></form>",
            "<base href=https://evil.example><link rel=stylesheet href=//evil.example><meta http-equiv=refresh>",
        ] {
            assert_harmless(&render(markdown));
        }
    }

    /// Only the tags and attributes that are meant to be, and links only to the web and to mail.
    fn assert_harmless(html: &str) {
        for tag in html.split('<').skip(1).map(|tag| tag.split('>').next().unwrap().trim_start_matches('/')) {
            let (name, mut rest) = tag.split_once(' ').unwrap_or((tag, ""));
            assert!(TAGS.contains(&name), "<{name}> in {html}");
            while let Some((attribute, value)) = rest.split_once("=\"") {
                let (value, after) = value.split_once('"').unwrap();
                rest = after;
                match attribute.trim() {
                    "href" => {
                        assert!(["http:", "https:", "mailto:"].iter().any(|s| value.starts_with(s)), "{html}")
                    }
                    other => assert!(["title", "start", "rel"].contains(&other), "{other} in {html}"),
                }
            }
        }
    }

    #[test]
    fn text_has_a_line_for_each_block() {
        let events: Vec<_> = Parser::new("Put *it*\ndown.\n\n- a `b`\n- c\n").collect();
        assert_eq!(text(&events), "Put it down.\na b\nc");
    }
}
