//! What the tree of entries and its signed checkpoints find, tried from outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use action::Inventory;
use jiff::Timestamp;
use journal::{
    Broken, Checkpoint, Journal, JournalError, NewEntries, Seal, SealError, Signer, TreeHead, VerifyError,
};
use run::{Event, Problem, RunId};
use rusqlite::Connection;
use rusqlite::types::Value;
use tempfile::TempDir;

const RUNS: [&str; 3] = ["20261124-031402-9f3a", "20261124-040000-0b1c", "20261125-120000-77aa"];

fn id(run: usize) -> RunId {
    RUNS[run].parse().unwrap()
}

fn signer() -> Signer {
    Signer::new(&[7; 32])
}

fn time() -> Timestamp {
    "2026-11-24T05:00:00Z".parse().unwrap()
}

struct Place {
    folder: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { path: folder.path().join("journal.db"), folder }
}

fn append(journal: &Journal, run: usize, events: &[Event]) {
    let after = journal.entries(&id(run)).unwrap().len() as u64;
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    journal.append(NewEntries { run: &id(run), after, at, actor: "Sam", events }).unwrap();
}

fn write(journal: &Journal, run: usize, text: &str) {
    append(journal, run, &[Event::Noted { step: None, text: text.to_owned(), tag: None }]);
}

fn seal(journal: &Journal, run: usize) -> Seal {
    journal.seal(&id(run), &signer(), None, time()).unwrap()
}

/// Three runs that went on side by side; after five entries the first was sealed, after eight the second.
fn sealed() -> (Place, [TreeHead; 2]) {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    for (run, text) in [(0, "one"), (1, "two"), (0, "three"), (1, "four"), (0, "five")] {
        write(&journal, run, text);
    }
    let first = seal(&journal, 0).tree;
    for (run, text) in [(1, "six"), (2, "seven"), (1, "eight")] {
        write(&journal, run, text);
    }
    let second = seal(&journal, 1).tree;
    write(&journal, 2, "nine");
    (place, [first, second])
}

/// SQL that makes the tree anew from the entries there are, as somebody with a tool would.
fn meddle(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    let all = |query: &str| -> Vec<String> {
        let mut query = connection.prepare(query).unwrap();
        query.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap()
    };
    for trigger in all("SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection.execute_batch(sql).unwrap();
}

fn with_a_new_tree(path: &Path, sql: &str) {
    meddle(path, sql);
    let connection = Connection::open(path).unwrap();
    let keep = "CREATE TABLE v AS SELECT * FROM verifier; CREATE TABLE c AS SELECT * FROM checkpoint;
                DROP TABLE leaf; DROP TABLE node; DROP TABLE verifier; DROP TABLE checkpoint; PRAGMA user_version = 3";
    connection.execute_batch(keep).unwrap();
    drop(connection);
    drop(Journal::open(path).unwrap());
    let back = "INSERT INTO verifier SELECT * FROM v; INSERT INTO checkpoint SELECT * FROM c ORDER BY number;
                DROP TABLE v; DROP TABLE c";
    Connection::open(path).unwrap().execute_batch(back).unwrap();
}

fn broken(path: &Path) -> Broken {
    match Journal::open_read_only(path).unwrap().verify() {
        Err(VerifyError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_checkpoint_names_the_runs_that_have_grown_and_holds_later() {
    let (place, heads) = sealed();
    let journal = Journal::open(&place.path).unwrap();
    assert_eq!(journal.verify().unwrap().checkpoints, 2);
    let first = journal.sealed(&id(0)).unwrap().unwrap();
    assert_eq!((first.tree, first.run.entries), (heads[0], 3));
    assert_eq!(first.run.head, journal.head(&id(0)).unwrap());
    let second = journal.sealed(&id(1)).unwrap().unwrap();
    assert_eq!((second.tree.size, second.run.entries, second.time), (8, 4, time()));
    assert_eq!(second.key, *signer().verifier());
    let says = Checkpoint::open(&second.note, &second.key).unwrap();
    let named: Vec<_> = says.runs.iter().map(|sealed| (sealed.run.as_str(), sealed.entries)).collect();
    assert_eq!(named, [(RUNS[1], 4), (RUNS[2], 1)], "the first run has not grown since it was sealed");
    // The third run has grown since, so nothing seals it.
    assert_eq!(journal.sealed(&id(2)).unwrap(), None);
    assert_eq!(journal.last_checkpoint().unwrap().unwrap(), (heads[1], signer().verifier().clone()));
    for head in heads {
        journal.holds(&head).unwrap();
    }
    // Sealing again what is sealed signs nothing.
    assert_eq!(seal(&journal, 0), first);
    assert_eq!(journal.verify().unwrap().checkpoints, 2);
}

/// The bytes that Python's `cryptography` signs for this key and text.
#[test]
fn a_checkpoint_is_the_note_that_others_would_write() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, 0, "one");
    let sealed = seal(&journal, 0);
    assert_eq!(sealed.key.to_string(), include_str!("judged.key").trim_end());
    assert_eq!(sealed.note, include_str!("judged.note"));
}

#[test]
fn an_entry_that_is_cut_off_with_its_leaf_is_missed_by_the_checkpoint() {
    let cut = "DELETE FROM entry WHERE run = '20261124-040000-0b1c' AND seq = 4";
    let (place, _) = sealed();
    meddle(&place.path, cut);
    assert!(matches!(broken(&place.path), Broken::Leaf { number: 7, why: "its entry is missing" }));
    let (place, heads) = sealed();
    with_a_new_tree(&place.path, cut);
    let why = broken(&place.path);
    assert!(matches!(why, Broken::Checkpoint { .. }), "{why}");
    assert!(Journal::open(&place.path).unwrap().holds(&heads[1]).is_err());
}

#[test]
fn a_run_that_is_dropped_whole_or_spliced_into_another_is_missed() {
    for change in [
        "DELETE FROM entry WHERE run = '20261124-031402-9f3a'",
        "DELETE FROM entry WHERE run = '20261124-040000-0b1c'",
        "UPDATE entry SET run = '20261124-050000-0000' WHERE run = '20261125-120000-77aa'",
        "UPDATE leaf SET number = -1 WHERE number = 2; UPDATE leaf SET number = 2 WHERE number = 3;
         UPDATE leaf SET number = 3 WHERE number = -1",
        "DELETE FROM checkpoint WHERE number = 0",
        "UPDATE checkpoint SET size = 4 WHERE number = 0",
        "UPDATE checkpoint SET note = replace(note, 'run 20261124-031402-9f3a 3', 'run 20261124-031402-9f3a 2')",
        "DELETE FROM verifier",
        "DELETE FROM node WHERE level = 3",
        "INSERT INTO node SELECT 9, 9, hash FROM node WHERE level = 3",
        "UPDATE node SET hash = zeroblob(32) WHERE level = 1 AND number = 1",
        "DELETE FROM leaf WHERE number = 8",
    ] {
        let (place, _) = sealed();
        meddle(&place.path, change);
        broken(&place.path);
    }
    // Those who make the tree anew still can't sign it.
    for run in &RUNS[..2] {
        let (place, _) = sealed();
        with_a_new_tree(&place.path, &format!("DELETE FROM entry WHERE run = '{run}'"));
        let why = broken(&place.path);
        assert!(matches!(why, Broken::Checkpoint { .. }), "{why}");
    }
}

#[test]
fn an_older_copy_is_found_by_what_is_remembered_and_nothing_is_signed() {
    let place = place();
    let copy = place.folder.path().join("copy.db");
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, 0, "one");
    seal(&journal, 0);
    journal.back_up(&copy).unwrap();
    write(&journal, 0, "two");
    let remembered = seal(&journal, 0).tree;
    journal.holds(&remembered).unwrap();

    let older = Journal::open(&copy).unwrap();
    older.verify().unwrap();
    let why = older.holds(&remembered).unwrap_err().to_string();
    assert!(why.contains("only 1 entries; an older copy was put in its place"), "{why}");
    // It grows again, as it did not the first time.
    write(&older, 0, "something else");
    let why = older.seal(&id(0), &signer(), Some(&remembered), time()).unwrap_err();
    assert!(matches!(why, SealError::Inconsistent(Broken::Checkpoint { size: 2, .. })), "{why}");
    assert!(why.to_string().contains("the journal's first entries are others"), "{why}");
    assert_eq!(older.verify().unwrap().checkpoints, 1);
    // Without a memory of it there is nothing to find: that is what the keychain is for.
    older.seal(&id(0), &signer(), None, time()).unwrap();
}

#[test]
fn nothing_is_signed_over_a_tree_that_the_last_checkpoint_is_not_of() {
    let (place, _) = sealed();
    meddle(&place.path, "UPDATE node SET hash = zeroblob(32) WHERE level = 3");
    let journal = Journal::open(&place.path).unwrap();
    let why = journal.seal(&id(2), &signer(), None, time()).unwrap_err();
    assert!(matches!(why, SealError::Inconsistent(Broken::Checkpoint { size: 8, .. })), "{why}");
    assert_eq!(journal.last_checkpoint().unwrap().unwrap().0.size, 8);
}

#[test]
fn a_journal_from_before_there_was_a_tree_gets_one() {
    let (place, _) = sealed();
    let older = "DROP TABLE leaf; DROP TABLE node; DROP TABLE verifier; DROP TABLE checkpoint; PRAGMA user_version = 3";
    Connection::open(&place.path).unwrap().execute_batch(older).unwrap();
    assert_eq!(Journal::open_read_only(&place.path).unwrap().sealed(&id(0)).unwrap(), None);
    let journal = Journal::open(&place.path).unwrap();
    assert_eq!(journal.verify().unwrap().entries, 9);
    write(&journal, 0, "ten");
    let sealed = seal(&journal, 0);
    assert_eq!((sealed.tree.size, sealed.run.entries), (10, 4));
    assert_eq!(journal.verify().unwrap().checkpoints, 1);
    assert!(place.path.with_extension("v3.db").exists());
}

#[test]
fn a_tree_that_lacks_a_part_stops_what_would_build_on_it() {
    let (place, _) = sealed();
    meddle(&place.path, "DELETE FROM node WHERE level = 0 AND number = 8");
    let journal = Journal::open(&place.path).unwrap();
    let event = Event::Noted { step: None, text: "ten".to_owned(), tag: None };
    let new = NewEntries { run: &id(2), after: 2, at: time(), actor: "Sam", events: &[event] };
    let why = journal.append(new).unwrap_err();
    assert!(matches!(why, JournalError::Tree { .. }), "{why}");
    assert_eq!(journal.entries(&id(2)).unwrap().len(), 2);
}

#[test]
fn sql_can_neither_change_nor_remove_nor_replace_the_tree() {
    let (place, _) = sealed();
    let connection = Connection::open(&place.path).unwrap();
    for statement in [
        "UPDATE leaf SET seq = 9",
        "DELETE FROM leaf",
        "INSERT OR REPLACE INTO leaf SELECT * FROM leaf WHERE number = 2",
        "INSERT OR REPLACE INTO leaf SELECT 9, run, seq FROM leaf WHERE number = 2",
        "INSERT INTO leaf SELECT 10, run, 99 FROM leaf WHERE number = 2",
        "UPDATE node SET hash = zeroblob(32)",
        "DELETE FROM node",
        "INSERT OR REPLACE INTO node SELECT level, number, zeroblob(32) FROM node",
        "UPDATE verifier SET key = ''",
        "DELETE FROM verifier",
        "UPDATE checkpoint SET note = ''",
        "DELETE FROM checkpoint",
        "INSERT OR REPLACE INTO checkpoint SELECT number, size, '' FROM checkpoint",
        "INSERT INTO checkpoint VALUES (2, 3, '')",
    ] {
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
    }
    Journal::open(&place.path).unwrap().verify().unwrap();
}

/// All that can be read of a journal, in whatever way it is looked up; an error as what it says.
fn all_of(path: &Path) -> Result<Vec<Vec<Value>>, String> {
    let told = |why: rusqlite::Error| why.to_string();
    let connection =
        Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(told)?;
    let mut rows = Vec::new();
    for query in [
        "SELECT * FROM entry ORDER BY run, seq",
        "SELECT * FROM attachment ORDER BY digest",
        "SELECT digest, number, data, packed <> 0 FROM piece ORDER BY digest, number",
        "SELECT * FROM inventory ORDER BY number",
        "SELECT * FROM leaf ORDER BY number",
        "SELECT run, seq, number FROM leaf ORDER BY run, seq",
        "SELECT * FROM node ORDER BY level, number",
        "SELECT * FROM verifier ORDER BY key",
        "SELECT * FROM checkpoint ORDER BY number",
    ] {
        let mut query = connection.prepare(query).map_err(told)?;
        let columns = query.column_count();
        let mut found = query.query([]).map_err(told)?;
        while let Some(row) = found.next().map_err(told)? {
            rows.push((0..columns).map(|at| row.get(at)).collect::<Result<_, _>>().map_err(told)?);
        }
    }
    Ok(rows)
}

/// A small journal with something in every table, in pages as small as they can be.
fn small(place: &Place) {
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, 0, "one");
    let evidence = journal.attach(&mut Cursor::new(b"what was done")).unwrap();
    let problem = Problem { what: "no answer".to_owned(), next: "look".to_owned() };
    let (step, digest) = (runbook::StepId("restore".to_owned()), evidence.digest.clone());
    append(&journal, 0, &[Event::ApplyFailed { step, digest, problem, evidence }]);
    write(&journal, 1, "two");
    let inventory = Inventory {
        taken: time(),
        environment: "production".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        instance: None,
        groups: Vec::new(),
        tables: BTreeMap::new(),
        bucket: None,
        gaps: Vec::new(),
    };
    journal.keep_inventory(&inventory).unwrap();
    seal(&journal, 0);
    drop(journal);
    let pages = "PRAGMA journal_mode = DELETE; PRAGMA page_size = 512; VACUUM";
    Connection::open(&place.path).unwrap().execute_batch(pages).unwrap();
}

/// Whatever byte is changed, either `verify` finds it, or all that can be read is what it was: free space within pages,
/// the header's counters and versions, and the words of triggers and comments.
#[test]
fn any_byte_of_a_journal_that_is_changed_is_found_or_says_nothing() {
    let place = place();
    small(&place);
    Journal::open_read_only(&place.path).unwrap().verify().unwrap();
    let (bytes, right) = (fs::read(&place.path).unwrap(), all_of(&place.path).unwrap());
    let found_by_verify: usize = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4)
            .map(|worker| {
                let (folder, bytes, right) = (&place.folder, &bytes, &right);
                scope.spawn(move || {
                    let path = folder.path().join(format!("{worker}.db"));
                    fs::write(&path, bytes).unwrap();
                    let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
                    let mut put = |at: usize, byte: u8| {
                        file.seek(SeekFrom::Start(at as u64)).unwrap();
                        file.write_all(&[byte]).unwrap();
                    };
                    let mut found = 0;
                    for at in (worker..bytes.len()).step_by(4) {
                        put(at, !bytes[at]);
                        if all_of(&path).is_ok_and(|all| all == *right) {
                            put(at, bytes[at]);
                            continue;
                        }
                        let verified = Journal::open_read_only(&path).map(|journal| journal.verify());
                        assert!(!matches!(verified, Ok(Ok(_))), "byte {at} was changed, and nothing found");
                        put(at, bytes[at]);
                        found += 1;
                    }
                    found
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    // What is kept is most of the file, and all of what is kept was looked at.
    let kept: usize = right
        .iter()
        .flatten()
        .map(|value| match value {
            Value::Text(text) => text.len(),
            Value::Blob(blob) => blob.len(),
            _ => 0,
        })
        .sum();
    assert!(
        found_by_verify > kept,
        "{found_by_verify} bytes of {} were found, and {kept} are kept",
        bytes.len()
    );
}

#[test]
fn any_byte_of_evidence_that_is_read_is_checked() {
    let place = place();
    small(&place);
    let journal = Journal::open_read_only(&place.path).unwrap();
    let digest = run::Digest::of(b"what was done");
    let mut read = String::new();
    journal.attachment(&digest).unwrap().read_to_string(&mut read).unwrap();
    assert_eq!(read, "what was done");
    meddle(&place.path, "UPDATE attachment SET bytes = bytes + 1");
    assert!(matches!(broken(&place.path), Broken::Attachment { seq: 2, .. }));
}
