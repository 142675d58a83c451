//! Several processes that write to one journal at once.

use std::env;
use std::path::Path;
use std::thread;

use journal::{Journal, JournalError};
use rusqlite::Connection;

use crate::clerk::{self, append};
use crate::disk;

/// Where a window finds the journal, and to which run it writes.
const PLACE: &str = "WINDOW_PLACE";
const RUN: &str = "WINDOW_RUN";
/// How many entries a window writes, one after the other.
const ENTRIES: u64 = 100;

/// Two windows that write to these runs at once. How many entries each of them was told it wrote, and whether it was told
/// that the run went on elsewhere.
fn two(folder: &Path, runs: [&str; 2]) -> [(u64, bool); 2] {
    let test = "windows::windows_that_write_to_runs_of_their_own_keep_everything";
    thread::scope(|scope| {
        let both = runs.map(|run| {
            scope.spawn(move || {
                let ended = disk::run(test, &[(PLACE, folder), (RUN, Path::new(run))], None);
                let count = |what: &str| ended.said.iter().filter(|line| *line == what).count();
                (count("kept") as u64, count("behind") == 1)
            })
        });
        both.map(|window| window.join().unwrap())
    })
}

fn window(path: &Path, run: usize) {
    let journal = Journal::open(path).unwrap();
    for after in 0..ENTRIES {
        match append(&journal, run, after, 1) {
            Ok(()) => println!("kept"),
            Err(JournalError::Behind { .. }) => return println!("behind"),
            Err(why) => panic!("{why}"),
        }
    }
}

#[test]
fn windows_that_write_to_runs_of_their_own_keep_everything() {
    if let (Some(path), Ok(run)) = (env::var_os(PLACE), env::var(RUN)) {
        return window(Path::new(&path), run.parse().unwrap());
    }
    let folder = disk::folder();
    let path = folder.path().join("journal.db");
    assert_eq!(two(&path, ["0", "1"]), [(ENTRIES, false); 2]);
    let intact = Journal::open(&path).unwrap().verify().unwrap();
    assert_eq!((intact.runs, intact.entries), (2, 2 * ENTRIES));
}

#[test]
fn of_windows_that_write_to_one_run_one_goes_on_alone() {
    let folder = disk::folder();
    let path = folder.path().join("journal.db");
    let told = two(&path, ["0", "0"]);
    let kept: u64 = told.iter().map(|(kept, _)| kept).sum();
    assert!(told.iter().filter(|(_, behind)| *behind).count() == 1 && kept == ENTRIES, "{told:?}");
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.read(&clerk::run(0)).unwrap().len() as u64, ENTRIES);
    journal.verify().unwrap();
}

/// The journal waits ten seconds for others; then it says so.
#[test]
fn a_journal_that_others_hold_is_said_to_be_busy() {
    let folder = disk::folder();
    let path = folder.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let why = append(&journal, 0, 0, 1).unwrap_err();
    assert!(matches!(why, JournalError::Busy { .. }), "{why}");
    assert!(journal.runs().unwrap().is_empty());
    other.execute_batch("ROLLBACK").unwrap();
    append(&journal, 0, 0, 1).unwrap();
}

#[test]
fn windows_that_open_a_new_journal_at_once_all_get_it() {
    for _ in 0..30 {
        let folder = disk::folder();
        let path = folder.path().join("journal.db");
        thread::scope(|scope| {
            let windows = [0; 6].map(|_| scope.spawn(|| Journal::open(&path).map(drop)));
            for window in windows {
                window.join().unwrap().unwrap();
            }
        });
    }
}
