//! JSON lines, which `lifeboat verify` and Timesketch read.

use std::io::Cursor;

use journal::{Broken, VerifyError, verify_export};
use report::Format;
use serde_json::Value;

use crate::world::{everything, id, notes, written};

#[test]
fn timesketch_finds_its_fields_first() {
    let timeline = everything();
    let text = written(&timeline, Format::JsonLines);
    for (line, row) in text.lines().zip(timeline.rows()) {
        let fields = ["{\"message\":", ",\"datetime\":", ",\"timestamp_desc\":"];
        let places: Vec<_> = fields.iter().map(|field| line.find(field).unwrap()).collect();
        assert!(places[0] == 0 && places.is_sorted(), "{line}");
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["message"], row.text.as_str());
        assert_eq!(value["timestamp_desc"], row.kind);
        assert_eq!(value["mode"], "exercise");
        assert_eq!(value["step"].as_str(), row.step.as_ref().map(|(id, _)| id.as_str()));
        let event: Value = serde_json::from_str(value["entry"].as_str().unwrap()).unwrap();
        assert_eq!(event["event"], row.kind, "the entry is as it was stored");
    }
    assert_eq!(text.lines().count(), timeline.rows().len());
}

#[test]
fn an_export_is_verified_as_the_journal_is() {
    let timeline = everything();
    let text = written(&timeline, Format::JsonLines);
    let intact = verify_export(text.as_bytes()).unwrap();
    assert_eq!(intact.entries, timeline.rows().len() as u64);
    assert_eq!(intact.heads, [(id(), timeline.timeline.head().to_owned())]);
}

#[test]
fn a_line_that_was_changed_removed_or_moved_is_named() {
    let text = written(&everything(), Format::JsonLines);
    let lines: Vec<&str> = text.lines().collect();
    let joined = |lines: &[&str]| lines.join("\n");
    let changed = text.replacen("called Dana", "called Eve", 2);
    let removed = joined(&[&lines[..4], &lines[5..]].concat());
    let mut moved = lines.clone();
    moved.swap(6, 7);
    for (case, text, at) in [("changed", changed, 4), ("removed", removed, 6), ("moved", joined(&moved), 8)] {
        match verify_export(text.as_bytes()) {
            Err(VerifyError::Broken(Broken::Entry { seq, .. })) => assert_eq!(seq, at, "{case}"),
            other => panic!("{case}: {other:?}"),
        }
    }
    let doubled = joined(&[&lines[..2], &lines[1..]].concat());
    assert!(verify_export(doubled.as_bytes()).is_err());
}

#[test]
fn words_that_an_entry_does_not_say_are_named() {
    let text = written(&everything(), Format::JsonLines);
    assert_eq!(report::verify_export(Cursor::new(&text)).unwrap().unchecked, None);
    for (name, from, to) in [
        ("message", "\"message\":\"", "\"message\":\"not "),
        ("timestamp_desc", "\"timestamp_desc\":\"", "\"timestamp_desc\":\"x"),
        ("mode", "\"mode\":\"exercise\"", "\"mode\":\"incident\""),
    ] {
        let lines = text.lines().enumerate();
        let forged: Vec<_> = lines
            .map(|(at, line)| if at == 4 { line.replacen(from, to, 1) } else { line.to_owned() })
            .collect();
        let forged = forged.join("\n");
        verify_export(forged.as_bytes()).unwrap();
        match report::verify_export(Cursor::new(&forged)) {
            Err(VerifyError::Broken(Broken::Entry { seq, why, .. })) => {
                assert_eq!((seq, why), (5, format!("its {name} is not what the entry says")));
            }
            other => panic!("{name}: {other:?}"),
        }
    }
}

#[test]
fn the_words_of_another_version_are_not_judged() {
    let text = written(&everything(), Format::JsonLines);
    let version = format!("\"lifeboat\":\"{}\"", env!("CARGO_PKG_VERSION"));
    let other =
        text.replace(&version, "\"lifeboat\":\"9.0.0\"").replace("\"message\":\"", "\"message\":\"so ");
    let unchecked = report::verify_export(Cursor::new(&other)).unwrap().unchecked.unwrap();
    assert!(unchecked.contains("Lifeboat 9.0.0"), "{unchecked}");
}

#[test]
fn an_entry_is_one_line_whatever_it_holds() {
    let texts =
        ["line\nbreak", "a \"quote\"", "back\\slash", "\u{0}\u{1b}[31m", "\u{2028}", "{\"a\":1}", "🔥"];
    let timeline = notes("why\nnot", "Sam\tO'Neil", &texts);
    let text = written(&timeline, Format::JsonLines);
    assert_eq!(text.split('\n').count(), texts.len() + 2);
    for (line, text) in text.lines().skip(1).zip(texts) {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["message"], format!("note: {text}"));
        assert_eq!(value["actor"], "Sam\tO'Neil");
    }
    verify_export(text.as_bytes()).unwrap();
}
