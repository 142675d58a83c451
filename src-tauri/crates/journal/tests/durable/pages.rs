//! A file of which something was lost: what is read from it is right, or an error.

use std::fs;
use std::io::{Cursor, Read as _};
use std::path::Path;

use journal::Journal;
use run::Digest;
use rusqlite::Connection;

use crate::clerk::{self, noise};
use crate::disk;

const PAGE: usize = 4096;
const EVIDENCE: [usize; 2] = [3_000, 12_000];

/// A journal as it lies on the disk.
fn made(path: &Path) -> Vec<u8> {
    let journal = Journal::open(path).unwrap();
    for after in (0..30).step_by(3) {
        clerk::append(&journal, 0, after, 3).unwrap();
        clerk::append(&journal, 1, after, 3).unwrap();
    }
    for bytes in EVIDENCE {
        journal.attach(&mut Cursor::new(noise(bytes))).unwrap();
    }
    drop(journal);
    fs::read(path).unwrap()
}

/// Reads all there is. What isn't right is an error, which says what to do; what it says where not all is right.
fn looked_at(path: &Path, case: &str) -> Option<String> {
    let told = |why: &dyn std::fmt::Display| {
        let why = why.to_string();
        let advice = [
            "`lifeboat verify`",
            "Keep the file as it is",
            "Check that the file",
            "Start a run",
            "later version",
        ];
        assert!(advice.iter().any(|advice| why.contains(advice)), "{case}: {why}");
        why
    };
    let journal = match Journal::open(path) {
        Ok(journal) => journal,
        Err(why) => return Some(told(&why)),
    };
    let mut wrong = None;
    for of in [0, 1] {
        match journal.read(&clerk::run(of)) {
            Ok(entries) => {
                assert!(entries.iter().all(|entry| entry.event == clerk::said(entry.seq)), "{case}");
                if entries.len() != 30 {
                    wrong = Some(format!("run {of} has {} entries", entries.len()));
                }
            }
            Err(why) => wrong = Some(told(&why)),
        }
    }
    for content in EVIDENCE.map(noise) {
        let mut read = Vec::new();
        match journal.attachment(&Digest::of(&content)).map(|mut reader| reader.read_to_end(&mut read)) {
            Ok(Ok(_)) => assert!(read == content, "{case}"),
            Ok(Err(why)) => wrong = Some(why.to_string()),
            Err(why) => wrong = Some(told(&why)),
        }
    }
    match journal.verify() {
        Ok(intact) => {
            assert_eq!((intact.entries, intact.attachments), (60, 2), "{case}: {wrong:?}");
            assert_eq!(wrong, None, "{case}: it is said to be intact");
            None
        }
        Err(why) => Some(told(&why)),
    }
}

/// Whatever is read is what was written, wherever the disk has lost something.
#[test]
fn a_page_that_was_lost_is_found_and_nothing_wrong_is_read() {
    let folder = disk::folder();
    let whole = made(&folder.path().join("made.db"));
    let path = folder.path().join("journal.db");
    let look = |bytes: &[u8], case: &str| {
        for file in ["journal.db", "journal.db-wal", "journal.db-shm"] {
            let _ = fs::remove_file(folder.path().join(file));
        }
        fs::write(&path, bytes).unwrap();
        looked_at(&path, case)
    };
    assert_eq!(look(&whole, "as it was"), None);
    for page in 0..whole.len() / PAGE {
        let begins = page * PAGE;
        let mut lost = whole.clone();
        lost[begins..begins + PAGE].fill(0);
        let case = format!("page {} is empty", page + 1);
        let why = look(&lost, &case).unwrap_or_else(|| panic!("{case}"));
        let named = ["not a database", " page ", "the attachment"].iter().any(|what| why.contains(what));
        // A page of the list of tables itself: SQLite can't even begin to look for it.
        let unlisted = |path: &Path| {
            let checked = Connection::open(path).unwrap().query_row("PRAGMA quick_check(1)", [], |_| Ok(()));
            checked.is_err() && why.contains("malformed")
        };
        assert!(named || unlisted(&path), "{case}: {why}");
        // A file of which nothing is left is a journal that nobody wrote to yet.
        if page > 0 {
            let case = format!("page {} and what is behind it are gone", page + 1);
            assert!(look(&whole[..begins], &case).is_some(), "{case}");
        }
        for at in (0..PAGE).step_by(353) {
            let mut changed = whole.clone();
            changed[begins + at] ^= 0xff;
            look(&changed, &format!("byte {at} of page {}", page + 1));
        }
    }
}
