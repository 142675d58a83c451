//! Markdown that says what was typed, and nothing else.

use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use report::Format;

use crate::world::{Told, everything, notes, written};

/// The cells of every table as they are read; anything in them but text is refused.
fn cells(markdown: &str) -> Vec<String> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_MATH
        | Options::ENABLE_TASKLISTS;
    let (mut cells, mut inside) = (Vec::new(), false);
    for event in Parser::new_ext(markdown, options) {
        match event {
            Event::Start(Tag::TableCell) => {
                inside = true;
                cells.push(String::new());
            }
            Event::End(TagEnd::TableCell) => inside = false,
            Event::Text(text) if inside => cells.last_mut().unwrap().push_str(&text),
            other if inside => panic!("{other:?} in the cell that begins {:?}", cells.last().unwrap()),
            _ => {}
        }
    }
    cells
}

/// What a cell shows of a text.
fn shown(text: &str) -> String {
    let hidden = |c: char| c.is_control() || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    text.replace(hidden, " ").trim_matches(' ').to_owned()
}

/// The texts in the timeline's table, and the people.
fn told(timeline: &Told) -> Vec<(String, String)> {
    let markdown = written(timeline, Format::Markdown);
    let (_, table) = markdown.split_once("## Timeline").unwrap();
    let cells = cells(table);
    let rows: Vec<_> = cells.chunks(5).skip(1).collect();
    assert_eq!(rows.len(), timeline.rows().len(), "{table}");
    rows.iter().map(|row| (row[3].clone(), row[2].clone())).collect()
}

#[test]
fn the_review_finds_who_where_when_and_the_hash() {
    let timeline = everything();
    let text = written(&timeline, Format::Markdown);
    assert!(text.starts_with("# Exercise: Restore badge photos\n\n| | |\n|---|---|\n"), "{text}");
    for line in [
        "| Run | 20261124-031402-9f3a |",
        "| Mode | exercise |",
        "| Runbook | restore-badge-photos (1.0.0) |",
        "| Environment | practice, account 000000000000, us-east-1 |",
        "| Operator | Ana |",
        "| Last plan approved by | Dana |",
        "| Outage began | 2026-11-24 02:00:00 UTC |",
        "| Declared | 2026-11-24 03:00:00 UTC |",
        "| Started | 2026-11-24 03:14:02 UTC |",
        "| Ended | abandoned 2026-11-24 03:14:39 UTC: false alarm |",
        "| Entries | 38 |",
        "| reason |  |",
        "Times are UTC, by the clock of the machine that wrote the journal.",
        "| 1 | 2026-11-24T03:14:02.5Z | Sam | Exercise started: Restore badge photos on practice (account \
         000000000000, us-east-1) |  |",
        "| 4 | 2026-11-24T03:14:05.5Z | Sam | note: called Dana |  |",
        "| 26 | 2026-11-24T03:14:27.5Z | Sam | skipped Settle: no time | Settle |",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    assert!(text.ends_with(&format!("\nEntry 38 has the hash `{}`.\n", timeline.timeline.head())), "{text}");
    assert_eq!(text.matches(timeline.timeline.head()).count(), 2);
}

#[test]
fn each_step_says_how_it_was_left() {
    let text = written(&everything(), Format::Markdown);
    for row in [
        "| Stop \\| writers | done | 2026-11-24 03:14:02 UTC | 2026-11-24 03:14:06 UTC |",
        "| Restore | failed | 2026-11-24 03:14:06 UTC | 2026-11-24 03:14:24 UTC |",
        "| Customers? | no | 2026-11-24 03:14:24 UTC | 2026-11-24 03:14:25 UTC |",
        "| Settle | skipped: no time | 2026-11-24 03:14:25 UTC | 2026-11-24 03:14:27 UTC |",
        "| Tell | done | 2026-11-24 03:14:27 UTC | 2026-11-24 03:14:28 UTC |",
    ] {
        assert!(text.lines().any(|found| found == row), "{row}\n{text}");
    }
    let begun = written(&notes("", "Sam", &[]), Format::Markdown);
    for line in [
        "| Ended | not finished |",
        "| Last plan approved by | nobody |",
        "| Stop \\| writers | the run stands here | 2026-11-24 03:14:02 UTC |  |",
        "| Restore | not reached |  |  |",
    ] {
        assert!(begun.lines().any(|found| found == line), "{line}\n{begun}");
    }
}

#[test]
fn a_text_stays_text() {
    let texts = [
        "a | b",
        "| --- |",
        "`code` and ``more``",
        "<script>alert(1)</script>",
        "<!-- hidden -->",
        "<https://example.com>",
        "[click](javascript:alert(1))",
        "![x](https://example.com/x.png)",
        "[^1] [x]: y",
        "**bold** __bold__ *it* _it_ ~~gone~~ ~gone~",
        "# not a heading",
        "&lt;b&gt; &amp; &#124;",
        "back\\slash \\| \\\\|",
        "ends with \\",
        "$x^2$ and $$y$$",
        "line\nbreak\r\nand\ttab",
        "\u{1b}[2J\u{7} cleared\u{7f}\u{85}",
        "- [ ] a task",
        "shown \u{202e}backwards\u{202c}",
    ];
    let timeline = notes("`a` | <b>", "Sam <sam|x>", &texts);
    for (text, (told, who)) in texts.iter().zip(told(&timeline).into_iter().skip(1)) {
        assert_eq!(told, shown(&format!("note: {text}")));
        assert_eq!(who, "Sam <sam|x>");
    }
    let markdown = written(&timeline, Format::Markdown);
    assert!(cells(&markdown).contains(&"`a` | <b>".to_owned()), "{markdown}");
    assert!(!markdown.contains(|c: char| c.is_control() && c != '\n'), "a terminal would obey it");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_typed_is_what_is_read(
        texts in prop::collection::vec("([\\\\|`*_~<>&\\[\\]()!#$:/ \n\r\t.x-]|\\PC|\\p{Cc}){0,24}", 1..12),
    ) {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        let timeline = notes("", "Sam", &texts);
        for (text, (told, _)) in texts.iter().zip(told(&timeline).into_iter().skip(1)) {
            prop_assert_eq!(told, shown(&format!("note: {text}")));
        }
    }
}
