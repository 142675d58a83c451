//! Runs longer than a page, read and verified while others write.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use action::Environment;
use jiff::Timestamp;
use journal::{Broken, Journal, JournalError, NewEntries, VerifyError};
use run::{Event, FoldError, Mode, Request, Run, RunId};
use rusqlite::Connection;
use tempfile::TempDir;

const LONG: u64 = 2_500;

fn id(of: u8) -> RunId {
    format!("20261124-031402-00{of:02x}").parse().unwrap()
}

fn start() -> Event {
    let request = Request {
        name: "restore".to_owned(),
        source: "# Restore\n\n### Look\n".to_owned(),
        mode: Mode::Exercise,
        environment: Environment::practice("http://127.0.0.1:9311"),
        parameters: BTreeMap::new(),
        operator: "Sam".to_owned(),
        outage_began: None,
        declared: Timestamp::UNIX_EPOCH,
    };
    Event::RunStarted(Box::new(request.check().unwrap()))
}

fn append(journal: &Journal, run: &RunId, after: u64, events: &[Event]) {
    let at = Timestamp::from_second(1_795_000_000).unwrap();
    journal.append(NewEntries { run, after, at, actor: "Sam", events }).unwrap();
}

/// A start, where there is none yet, and notes.
fn write(journal: &Journal, run: &RunId, after: u64, count: u64) {
    let event = |seq| match seq {
        1 => start(),
        _ => Event::Noted { step: None, text: format!("note {seq}"), tag: None },
    };
    append(journal, run, after, &(after + 1..=after + count).map(event).collect::<Vec<_>>());
}

/// A journal of two long runs that went on side by side.
fn long() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    for after in (0..LONG).step_by(100) {
        write(&journal, &id(1), after, 100);
        write(&journal, &id(2), after, 100);
    }
    (folder, path)
}

/// Changes the file beneath its triggers.
fn meddle(path: &PathBuf, change: &str) {
    let file = Connection::open(path).unwrap();
    file.execute_batch("DROP TRIGGER entry_no_update; DROP TRIGGER entry_no_delete").unwrap();
    file.execute_batch(change).unwrap();
}

#[test]
fn every_entry_is_seen_once_and_in_order() {
    let (_folder, path) = long();
    let journal = Journal::open(&path).unwrap();
    for after in [0, 1, 1_023, 1_024, 1_025, 2_047, 2_048, LONG - 1, LONG, LONG + 1] {
        let seqs: Vec<_> =
            journal.entries_after(&id(2), after).unwrap().into_iter().map(|entry| entry.seq).collect();
        assert!(seqs.iter().copied().eq(after + 1..=LONG), "after {after}: {} entries", seqs.len());
    }
    assert_eq!(journal.read(&id(1)).unwrap().len(), 2_500);
    assert_eq!(journal.verify().unwrap().entries, 2 * LONG);
}

/// Why a run can't be folded.
#[derive(Debug)]
enum Why {
    Journal(JournalError),
    Fold(FoldError),
}

impl From<JournalError> for Why {
    fn from(why: JournalError) -> Self {
        Self::Journal(why)
    }
}

impl From<FoldError> for Why {
    fn from(why: FoldError) -> Self {
        Self::Fold(why)
    }
}

/// A run is told the same in one piece and in pages.
#[test]
fn a_run_of_any_length_is_folded_whole() {
    let folder = tempfile::tempdir().unwrap();
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    assert!(matches!(journal.fold::<Why>(&id(3)), Err(Why::Fold(FoldError::Empty(_)))));
    let mut length = 0;
    for next in [1, 2, 1_023, 1_024, 1_025, 2_048, 2_049, 3_500, 9_000] {
        write(&journal, &id(3), length, next - length);
        length = next;
        let run = journal.fold::<Why>(&id(3)).unwrap();
        assert_eq!(run, Run::fold(id(3), journal.read(&id(3)).unwrap()).unwrap());
        assert_eq!(run.seq(), length);
    }
    // A start in the middle is no run, wherever the middle is.
    append(&journal, &id(3), length, &[start()]);
    write(&journal, &id(3), length + 1, 4_000);
    assert!(matches!(journal.fold::<Why>(&id(3)), Err(Why::Fold(FoldError::Misplaced { seq: 9_001, .. }))));
}

#[test]
fn what_is_broken_is_found_at_either_side_of_a_page() {
    let (folder, whole) = long();
    for seq in [1, 2, 1_023, 1_024, 1_025, 1_026, 2_048, 2_049, LONG] {
        for change in [
            "UPDATE entry SET actor = 'Eve'",
            "UPDATE entry SET previous = hash",
            "DELETE FROM entry",
            "UPDATE entry SET event = '{}'",
        ] {
            let path = folder.path().join("changed.db");
            fs::copy(&whole, &path).unwrap();
            meddle(&path, &format!("{change} WHERE seq = {seq} AND run = '{}'", id(2)));
            let journal = Journal::open(&path).unwrap();
            match journal.verify() {
                Err(VerifyError::Broken(Broken::Entry { run, seq: found, .. })) => {
                    // A missing one is missed by the one after it.
                    assert!(run == id(2).as_str() && found.abs_diff(seq) <= 1, "{change}: {seq}, {found}");
                }
                Err(VerifyError::Broken(Broken::Leaf { number, .. }))
                    if change.starts_with("DELETE") && seq == LONG =>
                {
                    assert_eq!(number, 2 * LONG - 1, "the last one is missed by its leaf");
                }
                other => panic!("{change} at {seq}: {other:?}"),
            }
            if seq != LONG || !change.starts_with("DELETE") {
                assert!(matches!(journal.read(&id(2)), Err(JournalError::Entry { .. })), "{change} at {seq}");
                let why = journal.fold::<Why>(&id(2)).unwrap_err();
                assert!(
                    matches!(why, Why::Journal(JournalError::Entry { .. })),
                    "{change} at {seq}: {why:?}"
                );
            }
            assert_eq!(journal.read(&id(1)).unwrap().len(), 2_500, "another run is not");
        }
    }
}

#[test]
fn a_last_entry_far_beyond_the_others_is_not_waited_for() {
    let (_folder, path) = long();
    meddle(&path, &format!("UPDATE entry SET seq = 1 << 62 WHERE seq = {LONG}"));
    let journal = Journal::open(&path).unwrap();
    assert!(matches!(journal.fold::<Why>(&id(2)), Err(Why::Journal(JournalError::Entry { .. }))));
    assert!(matches!(journal.read(&id(2)), Err(JournalError::Entry { .. })));
    assert!(matches!(journal.entry(&id(2), LONG), Err(JournalError::Entry { .. })));
    assert!(matches!(journal.verify(), Err(VerifyError::Broken(Broken::Entry { .. }))));
}

#[test]
fn whoever_has_seen_enough_is_shown_no_more() {
    let (_folder, path) = long();
    let journal = Journal::open(&path).unwrap();
    for enough in [1, 1_024, 1_025, 2_400] {
        let mut seen = 0;
        let stopped = journal.each(&id(1), &mut |entry| {
            seen = entry.seq;
            if seen == enough { Err(JournalError::Unfinished { path: path.clone() }) } else { Ok(()) }
        });
        assert!(matches!(stopped, Err(JournalError::Unfinished { .. })) && seen == enough);
    }
    // What is shown may ask the journal for more.
    journal
        .each(&id(1), &mut |entry| {
            journal.entry(&entry.run, entry.seq).map(|same| assert_eq!(same, Some(entry)))
        })
        .unwrap();
}

#[test]
fn a_journal_is_intact_while_it_is_written_to() {
    let (_folder, path) = long();
    // Another window, and this one.
    let (other, mine) = (Journal::open(&path).unwrap(), Journal::open(&path).unwrap());
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        for (of, journal) in [(1, &other), (2, &mine)] {
            let done = &done;
            scope.spawn(move || {
                for after in LONG.. {
                    write(journal, &id(of), after, 1);
                    // So that the other gets its turn.
                    thread::sleep(Duration::from_millis(2));
                    if done.load(Ordering::Relaxed) {
                        break;
                    }
                }
            });
        }
        let mut before = 2 * LONG;
        let mut grew = 0;
        while grew < 5 {
            let entries = match mine.verify() {
                Ok(intact) => intact.entries,
                Err(why) => {
                    done.store(true, Ordering::Relaxed);
                    panic!("{why}");
                }
            };
            grew += u32::from(entries > before);
            before = entries;
        }
        done.store(true, Ordering::Relaxed);
    });
}
