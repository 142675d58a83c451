//! Timesketch's columns first, read back by a reader that isn't ours.

use report::Format;

use crate::world::{Told, everything, notes, written};

fn rows(timeline: &Told) -> Vec<Vec<String>> {
    let text = written(timeline, Format::Csv);
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|record| record.unwrap().iter().map(str::to_owned).collect()).collect()
}

#[test]
fn timesketch_finds_its_columns_first() {
    let timeline = everything();
    let rows = rows(&timeline);
    let columns = ["message", "datetime", "timestamp_desc", "actor", "mode", "step", "run", "seq", "hash"];
    assert_eq!(rows[0], columns);
    assert_eq!(
        rows[1],
        [
            "Exercise started: Restore badge photos on practice (account 000000000000, us-east-1)",
            "2026-11-24T03:14:02.5Z",
            "run_started",
            "Sam",
            "exercise",
            "",
            "20261124-031402-9f3a",
            "1",
            timeline.rows()[0].entry.hash.as_str(),
        ]
    );
    assert_eq!(rows.len(), timeline.rows().len() + 1);
    for (row, entry) in rows[1..].iter().zip(timeline.rows()) {
        assert_eq!(row[1].parse::<jiff::Timestamp>().unwrap().to_string(), row[1], "RFC 3339 in UTC");
        assert_eq!((&row[7], &row[8]), (&entry.entry.seq.to_string(), &entry.entry.hash));
    }
    assert_eq!(rows[2][5], "Stop | writers", "the title, for people");
}

#[test]
fn a_cell_stays_one_cell_whatever_it_holds() {
    let texts =
        ["a,b", "say \"no\"", "line\nbreak", "carriage\r\nreturn", "semi;colon", "\"", "\",\"", "ünï 🔥"];
    let timeline = notes("", "Sam, \"the\" lead", &texts);
    let rows = rows(&timeline);
    assert_eq!(rows.len(), texts.len() + 2);
    for (text, row) in texts.iter().zip(&rows[2..]) {
        assert_eq!((row.len(), &row[0]), (9, &format!("note: {text}")));
        assert_eq!(row[3], "Sam, \"the\" lead");
    }
}

#[test]
fn no_cell_is_a_formula() {
    for begin in ["=", "+", "-", "@", "\t", "\r", "\n", " =", "\u{feff}=", "\u{a0}@", "＝", "＋", "－", "＠"]
    {
        let text = format!("{begin}HYPERLINK(\"http://example.com\")");
        // The operator's name is the only text that begins a cell as it was typed, besides a title.
        let timeline = notes("", &text, &["x"]);
        let cell = &rows(&timeline)[2][3];
        assert_eq!(cell, &format!("'{text}"), "{begin:?}");
    }
    let rows = rows(&notes("", "Sam O'Neil-Smith", &["=1+1"]));
    assert_eq!(rows[2][3], "Sam O'Neil-Smith", "a name stays as it is");
    assert_eq!(rows[2][0], "note: =1+1");
}

#[test]
fn a_title_that_begins_like_a_formula_is_defused_too() {
    let source = crate::world::RUNBOOK.replace("### Restore\n", "### =cmd|' /C calc'!A0\n");
    let step = runbook::parse(&source, "runbook.md").runbook.unwrap().steps().nth(1).unwrap().id.clone();
    let timeline = crate::world::timeline(&[
        ("Sam", run::Event::RunStarted(Box::new(crate::world::start(&source, "")))),
        ("Sam", run::Event::Noted { step: Some(step), text: "x".into(), tag: None }),
    ]);
    assert_eq!(rows(&timeline)[2][5], "'=cmd|' /C calc'!A0");
}
