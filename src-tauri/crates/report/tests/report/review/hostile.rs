//! Text that would be more than text, in every document.

use pulldown_cmark::{Event, Options, Parser, Tag};
use report::ReviewFormat;
use run::{Event as Said, Mode, NoteTag};

use super::html::elements;
use super::{bytes, pdf, text};
use crate::story::{RUNBOOK, Story, step, tagged};

const HOSTILE: [&str; 12] = [
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "</title></style></svg></table><h2>Signed</h2>",
    "' onmouseover='alert(1)",
    "[click](javascript:alert(1)) ![x](https://example.com/x.png)",
    "# A heading\n\n## Sign-off\n\n- [x] done",
    "| a | b |\n|---|---|",
    "#set page(fill: red) #read(\"/etc/passwd\") $x$ @label",
    "=cmd|' /C calc'!A0",
    "shown \u{202e}backwards\u{202c} \u{2066}apart\u{2069}",
    "\u{1b}[2J\u{7}\u{0} cleared",
    "العربية עברית 日本語 🚒 é",
];

/// A run in which everything a person may type is hostile.
fn story(text: &str) -> Story {
    let title: String = text.replace(['\n', '\0', '\u{1b}', '\u{7}'], " ");
    let source =
        RUNBOOK.replace("### Hand back", &format!("### {title} (hand back)\n```yaml step\nid: hostile\n```"));
    let source = if runbook::parse(&source, "a.md").runbook.is_some() { source } else { RUNBOOK.to_owned() };
    let mut story = Story::begin(Mode::Incident, &source);
    for tag in [NoteTag::Impact, NoteTag::WentWell, NoteTag::WentBadly] {
        story.after(5).say(text, tagged(tag, text));
    }
    let (what, owner) = (text.to_owned(), text.to_owned());
    story.say(text, Said::CorrectiveAction { what, owner, due: None });
    let file = story.keep(text);
    story.say(text, Said::Attached { step: None, name: text.into(), media: "text/plain".into(), file });
    story.say(text, Said::Skipped { step: step("stop-writers"), reason: text.into() });
    story.after(5).say(text, Said::RunAbandoned { reason: text.into() });
    story
}

/// What a document's skeleton is: every element or piece of markup, without text.
fn skeleton(markdown: &str) -> Vec<String> {
    let events = Parser::new_ext(markdown, Options::all());
    let kinds = events.filter_map(|event| match event {
        Event::Text(_) | Event::SoftBreak => None,
        Event::Start(Tag::Heading { level, .. }) => Some(format!("{level}")),
        // What stands in code is a digest or an id.
        Event::Code(_) => Some("code".to_owned()),
        other => Some(format!("{other:?}")),
    });
    kinds.collect()
}

#[test]
fn nothing_that_was_typed_is_markup() {
    let plain = story("plain");
    let markdown = skeleton(&text(&plain, ReviewFormat::Markdown));
    let names = |html: &str| -> Vec<_> {
        let all = elements(html)
            .into_iter()
            .filter(|(name, _)| !["rect", "text", "line", "circle"].contains(&name.as_str()));
        all.map(|(name, attributes)| (name, attributes.into_iter().map(|(name, _)| name).collect::<Vec<_>>()))
            .collect()
    };
    let html = names(&text(&plain, ReviewFormat::Html));
    for hostile in HOSTILE {
        let story = story(hostile);
        assert_eq!(skeleton(&text(&story, ReviewFormat::Markdown)), markdown, "{hostile}");
        assert_eq!(names(&text(&story, ReviewFormat::Html)), html, "{hostile}");
        for format in [ReviewFormat::Markdown, ReviewFormat::Html] {
            let turned = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            let obeyed = |c: char| c.is_control() && c != '\n';
            assert_eq!(text(&story, format).find(|c: char| turned(c) || obeyed(c)), None, "{hostile}");
        }
    }
}

#[test]
fn a_pdf_shows_hostile_text_as_it_is() {
    for hostile in HOSTILE {
        let shown = pdf::shown(&bytes(&story(hostile).journal, ReviewFormat::Pdf));
        assert!(shown.contains("Corrective actions"), "{hostile}\n{shown}");
    }
    let shown = pdf::shown(&bytes(&story(HOSTILE[7]).journal, ReviewFormat::Pdf));
    assert!(shown.contains("#set page(fill: red) #read(\"/etc/passwd\")"), "{shown}");
}

#[test]
fn a_note_of_ten_thousand_letters_goes_over_pages_and_is_whole() {
    let long: String = (0..1_500).map(|number| format!("w{number:04} ")).collect();
    let unbroken = "x".repeat(10_000);
    let mut story = Story::begin(Mode::Incident, RUNBOOK);
    story.say("Kim", tagged(NoteTag::Impact, &long));
    story.say("Kim", tagged(NoteTag::WentBadly, &unbroken));
    for format in [ReviewFormat::Markdown, ReviewFormat::Html] {
        let text = text(&story, format);
        assert!(text.matches(long.trim()).count() == 2 && text.contains(&unbroken));
    }
    let shown = pdf::shown(&bytes(&story.journal, ReviewFormat::Pdf));
    assert!((0..1_500).all(|number| shown.matches(&format!("w{number:04}")).count() == 2), "{shown}");
    assert!(shown.matches('x').count() >= 20_000);
}
