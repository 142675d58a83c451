//! Every entry in words, in order, and what can't be told.

use std::io::{self, Write};

use action::Verdict;
use journal::NewEntries;
use report::{Format, ReportError, Row, Timeline};
use run::{Digest, Event};

use crate::world::{
    RUNBOOK, digest, every_kind, everything, id, instant, note, notes, outcome, start, timeline, written,
};

#[test]
fn every_kind_of_event_is_told_in_a_line() {
    let timeline = everything();
    let rows = timeline.rows();
    assert_eq!(rows.len(), every_kind().len());
    for (seq, ((event, kind, text), row)) in (1..).zip(every_kind().into_iter().zip(&rows)) {
        assert_eq!((row.entry.seq, row.kind, row.text.as_str()), (seq, kind, text));
        let tag = serde_json::to_value(&event).unwrap()["event"].as_str().unwrap().to_owned();
        assert_eq!(row.kind, tag, "a row's kind is the journal's name for it");
        let step = row.step.as_ref().map(|(step, _)| step.as_str());
        assert_eq!(step, event.step().map(|step| step.as_str()));
    }
    let mut kinds: Vec<_> = rows.iter().map(|row| row.kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds.len(), 36, "a new kind of event needs its line here");
}

/// What was not as it should be must not read as if it had been.
#[test]
fn bad_news_reads_as_bad_news() {
    let step = || "restore".into();
    let evidence = || run::Attachment { digest: digest(), bytes: 4 };
    let found = || outcome(Verdict::Failed, "600 of 612 photos are back");
    for (event, told) in [
        (
            Event::ReadFinished { step: step(), outcome: found(), evidence: evidence() },
            "failed: 600 of 612 photos are back",
        ),
        (
            Event::ApplyFinished { step: step(), digest: digest(), outcome: found(), evidence: evidence() },
            "failed: 600 of 612 photos are back",
        ),
        (
            Event::VerifyFinished { step: step(), digest: digest(), outcome: found(), evidence: evidence() },
            "not verified: 600 of 612 photos are back",
        ),
    ] {
        let timeline =
            timeline(&[("Sam", Event::RunStarted(Box::new(start(RUNBOOK, "")))), ("lifeboat", event)]);
        assert_eq!(timeline.rows()[1].text, told);
    }
}

#[test]
fn an_attempt_after_the_first_says_so_and_a_step_that_is_gone_keeps_its_id() {
    let timeline = timeline(&[
        ("Sam", Event::RunStarted(Box::new(start(RUNBOOK, "")))),
        ("Sam", Event::ApplyStarted { step: "restore".into(), digest: digest(), attempt: 3 }),
        ("Sam", Event::Skipped { step: "gone".into(), reason: "no".into() }),
    ]);
    assert_eq!(timeline.rows()[1].text, "applying plan 64879f7d again, attempt 3");
    assert_eq!(timeline.rows()[2].text, "skipped gone: no");
    assert_eq!(timeline.rows()[2].step, Some(("gone".into(), String::new())));
}

#[test]
fn a_row_by_itself_is_the_row_of_the_timeline() {
    let timeline = everything();
    for row in timeline.rows() {
        assert_eq!(Row::new(timeline.timeline.run(), row.entry.clone()).unwrap(), row);
    }
}

#[test]
fn every_format_names_the_last_hash_and_times_in_utc() {
    let timeline = everything();
    let head = timeline.rows().last().unwrap().entry.hash.clone();
    assert_eq!((timeline.timeline.head(), head.len()), (head.as_str(), 64));
    for (word, format) in Format::ALL {
        assert_eq!(format.extension(), word);
        let text = written(&timeline, format);
        assert!(text.contains(&head), "{word}");
        for row in timeline.rows() {
            assert!(text.contains(&row.entry.at), "{word}: {}", row.entry.at);
        }
        assert!(text.ends_with('\n'), "{word}");
    }
    assert_eq!(timeline.rows()[0].entry.at, "2026-11-24T03:14:02.5Z");
    assert_eq!(timeline.timeline.file_name(), "restore-badge-photos-exercise-20261124-031402-9f3a");
}

#[test]
fn what_is_no_run_has_no_timeline_and_says_what_to_do() {
    let begun = notes("", "Sam", &[]);
    let other = "20261124-040000-0b1c".parse().unwrap();
    let none = Timeline::new(&begun.journal, &other).unwrap_err();
    assert!(matches!(none, ReportError::Empty), "{none}");
    assert!(none.to_string().contains("`lifeboat runs`"), "{none}");

    // What a later version may write.
    let (run, at, actor, event) = (id(), "2026-11-24T03:14:03.5Z", "Sam", "{\"event\":\"beamed_up\"}");
    let content = (run.as_str(), 2, at, actor, event, begun.timeline.head());
    let hash = Digest::of(&serde_json::to_vec(&content).unwrap()).to_string();
    let insert =
        "INSERT INTO entry (run, seq, at, actor, event, previous, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let (run, seq, at, actor, event, previous) = content;
    let file = rusqlite::Connection::open(begun.journal.path()).unwrap();
    file.execute(insert, (run, seq, at, actor, event, previous, hash)).unwrap();
    let unknown = Timeline::new(&begun.journal, &id()).unwrap_err();
    assert!(matches!(unknown, ReportError::Entry { seq: 2, .. }), "{unknown}");
    assert!(unknown.to_string().contains("`lifeboat verify`"), "{unknown}");
    let entry = begun.journal.entry(&id(), 2).unwrap().unwrap();
    let row = Row::new(begun.timeline.run(), entry);
    assert!(matches!(row, Err(ReportError::Entry { seq: 2, .. })));
    // It isn't of the run as it was folded, and is not written.
    written(&begun, Format::Csv);

    let new = NewEntries { run: &other, after: 0, at: instant(at), actor, events: &[note("x")] };
    begun.journal.append(new).unwrap();
    let headless = Timeline::new(&begun.journal, &other).unwrap_err();
    assert!(matches!(headless, ReportError::Fold(_)), "{headless}");
    assert!(headless.to_string().contains(other.as_str()), "{headless}");
}

/// A disk that takes so many bytes.
struct Small(usize);

impl Write for Small {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(self.0);
        self.0 -= taken;
        if taken == 0 { Err(io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_full_disk_is_told_whatever_was_being_written() {
    let timeline = notes("", "Sam", &["again and again"; 200]);
    for (word, format) in Format::ALL {
        let whole = written(&timeline, format).len();
        for room in [0, 1, whole / 2, whole - 1] {
            let why = timeline.write(format, &mut Small(room)).unwrap_err();
            // Who writes into a pipe has to know that it was closed.
            assert!(
                matches!(&why, ReportError::Write(why) if why.kind() == io::ErrorKind::StorageFull),
                "{word}: {why:?}"
            );
            assert!(why.to_string().contains("free space"), "{word}: {why}");
        }
        timeline.write(format, &mut Small(whole)).unwrap();
    }
}

/// How much was asked to be written at once, at most.
#[derive(Default)]
struct Largest(usize);

impl Write for Largest {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 = self.0.max(bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_long_run_is_written_piece_by_piece() {
    let texts: Vec<String> = (0..500).map(|n| format!("call {n}, {}", "again and ".repeat(20))).collect();
    let timeline = notes("", "Sam", &texts.iter().map(String::as_str).collect::<Vec<_>>());
    for (word, format) in Format::ALL {
        let mut largest = Largest::default();
        timeline.write(format, &mut largest).unwrap();
        let whole = written(&timeline, format).len();
        assert!(whole > 100_000 && largest.0 <= 16 * 1024, "{word}: {} of {whole} at once", largest.0);
    }
}
