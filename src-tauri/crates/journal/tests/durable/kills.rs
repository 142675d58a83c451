//! Killed, or without power, at every call that writes.

use std::fs;
use std::path::Path;

use journal::Journal;
use rusqlite::Connection;

use crate::clerk::{self, DAY, Kept};
use crate::disk::{self, Fault};

/// Kills the clerk at its first call, its second and so on until it comes to the end of so many steps, in a folder that is
/// made ready before; afterwards that is looked at.
fn at_every_call(
    how: &'static str,
    steps: usize,
    before: &Kept,
    ready: &dyn Fn(&Path),
    after: &dyn Fn(&Path, &str),
) {
    for at in 0.. {
        let folder = disk::folder();
        ready(folder.path());
        let ended = clerk::at_work(folder.path(), steps, Fault { how, at, times: 1 });
        let case = format!("{how} at call {at}");
        clerk::check(folder.path(), before, &ended, &case);
        after(folder.path(), &case);
        if !ended.killed {
            assert!(ended.steps() == steps && at > 20, "{case}: {ended:?}");
            return;
        }
    }
}

fn all_day(how: &'static str) {
    at_every_call(how, DAY.len(), &Kept::default(), &|_| {}, &|_, _| {});
}

#[test]
fn a_process_that_is_killed_before_any_call_loses_nothing_it_acknowledged() {
    all_day("before");
}

#[test]
fn a_process_that_is_killed_in_the_middle_of_any_write_loses_nothing_it_acknowledged() {
    all_day("torn");
}

#[test]
fn a_machine_that_loses_power_before_any_call_loses_nothing_it_acknowledged() {
    all_day("power");
}

/// Whatever stops a journal's way to the present version, it gets there the next time, and stays beside it as it was.
#[test]
fn a_journal_that_is_being_brought_forward_loses_nothing() {
    let (version, older) = (
        |path: &Path| -> i64 {
            let connection = Connection::open(path).unwrap();
            connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
        },
        [
            (3, "DROP TABLE leaf; DROP TABLE node; DROP TABLE verifier; DROP TABLE checkpoint"),
            (2, "ALTER TABLE piece DROP COLUMN packed"),
            (1, "DROP TABLE inventory"),
        ],
    );
    let made = disk::folder();
    let path = made.path().join("journal.db");
    let journal = Journal::open(&path).unwrap();
    let before = Kept::default().after(3);
    clerk::append(&journal, 0, 0, 4).unwrap();
    drop(journal);
    let newest = version(&path);
    for (number, change) in older {
        let back = format!("{change}; PRAGMA user_version = {number}");
        Connection::open(&path).unwrap().execute_batch(&back).unwrap();
        let as_it_was = fs::read(&path).unwrap();
        for how in ["before", "torn", "power"] {
            let ready = |folder: &Path| fs::write(folder.join("journal.db"), &as_it_was).unwrap();
            let after = |folder: &Path, case: &str| {
                assert_eq!(version(&folder.join("journal.db")), newest, "{case}");
                let copy = folder.join(format!("journal.v{number}.db"));
                assert_eq!(clerk::copies(folder), std::slice::from_ref(&copy), "{case}");
                assert_eq!(version(&copy), number, "{case}");
                assert_eq!(Journal::open_read_only(&copy).unwrap().verify().unwrap().entries, 4, "{case}");
            };
            at_every_call(how, 2, &before, &ready, &after);
        }
    }
}
