//! The journal's guarantees, tried from outside.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use action::Inventory;
use jiff::Timestamp;
use journal::{Broken, Journal, JournalError, LockError, NewEntries, RunLock, VerifyError, verify_export};
use run::{Attachment, Event, RunId};
use rusqlite::Connection;
use tempfile::TempDir;

struct Place {
    _folder: TempDir,
    path: PathBuf,
}

fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    Place { path: folder.path().join("journal.db"), _folder: folder }
}

fn id() -> RunId {
    "20261124-031402-9f3a".parse().unwrap()
}

fn note(text: &str) -> Event {
    Event::Noted { step: None, text: text.to_owned(), tag: None }
}

fn write(journal: &Journal, run: &RunId, after: u64, texts: &[&str]) -> Result<u64, JournalError> {
    let events: Vec<_> = texts.iter().map(|text| note(text)).collect();
    let at = Timestamp::from_millisecond(1_700_000_000_123).unwrap();
    let entries = journal.append(NewEntries { run, after, at, actor: "Sam", events: &events })?;
    Ok(entries.last().map_or(after, |entry| entry.seq))
}

/// A journal of three entries, whose file is then changed beneath the triggers.
fn tampered(change: &str) -> Place {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["one", "two", "three"]).unwrap();
    drop(journal);
    let connection = Connection::open(&place.path).unwrap();
    let triggers: Vec<String> = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for trigger in triggers {
        connection.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    connection.execute_batch(change).unwrap();
    place
}

#[test]
fn what_was_appended_is_read_back_in_order() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    let last = write(&journal, &id(), 0, &["one", "two"]).unwrap();
    assert_eq!(write(&journal, &id(), last, &["three"]).unwrap(), 3);
    drop(journal);
    let journal = Journal::open(&place.path).unwrap();
    let entries = journal.read(&id()).unwrap();
    assert_eq!(entries.iter().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(entries[2].event, note("three"));
    assert_eq!(journal.entries_after(&id(), 1).unwrap().len(), 2);
    assert_eq!(journal.head(&id()).unwrap(), journal.entries(&id()).unwrap()[2].hash);
    assert_eq!(journal.runs().unwrap(), [id()]);
    let intact = journal.verify().unwrap();
    assert_eq!((intact.runs, intact.entries), (1, 3));
}

fn inventory(class: &str) -> Inventory {
    Inventory {
        taken: Timestamp::from_second(1_700_000_000).unwrap(),
        environment: "production".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        instance: None,
        groups: Vec::new(),
        tables: BTreeMap::new(),
        bucket: None,
        gaps: vec![class.to_owned()],
    }
}

#[test]
fn the_newest_inventory_of_an_account_counts_and_none_is_lost() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    assert_eq!(journal.inventory("production", "123456789012").unwrap(), None);
    for class in ["db.m6g.large", "db.m6g.xlarge"] {
        journal.keep_inventory(&inventory(class)).unwrap();
    }
    let elsewhere = Inventory { account: "999999999999".to_owned(), ..inventory("db.t4g.micro") };
    journal.keep_inventory(&elsewhere).unwrap();
    drop(journal);
    let journal = Journal::open(&place.path).unwrap();
    assert_eq!(journal.inventory("production", "123456789012").unwrap(), Some(inventory("db.m6g.xlarge")));
    assert_eq!(journal.inventory("rehearsal", "123456789012").unwrap(), None);
    journal.verify().unwrap();
    let connection = Connection::open(&place.path).unwrap();
    for change in ["UPDATE inventory SET body = '{}'", "DELETE FROM inventory"] {
        let why = connection.execute_batch(change).unwrap_err();
        assert!(why.to_string().contains("append-only"), "{why}");
    }
}

#[test]
fn an_inventory_that_was_changed_beneath_is_found_and_not_used() {
    let place = place();
    Journal::open(&place.path).unwrap().keep_inventory(&inventory("db.m6g.large")).unwrap();
    let change = "DROP TRIGGER inventory_no_update; UPDATE inventory SET body = replace(body, 'm6g', 't4g')";
    Connection::open(&place.path).unwrap().execute_batch(change).unwrap();
    let journal = Journal::open(&place.path).unwrap();
    let why = journal.inventory("production", "123456789012").unwrap_err();
    assert!(why.to_string().contains("record 1 of the inventory"), "{why}");
    assert!(why.to_string().contains("Take it again with `lifeboat inventory`"), "{why}");
    assert!(matches!(journal.verify(), Err(VerifyError::Journal(JournalError::Inventory { .. }))));
}

/// A journal from before there were inventories is migrated when it is opened, and can be checked before that.
#[test]
fn a_journal_of_an_earlier_version_goes_on() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["one"]).unwrap();
    let [old, new] = [&b"evidence as it was given"[..], b"evidence of today"];
    let old = journal.attach(&mut Cursor::new(old)).unwrap().digest;
    drop(journal);
    let connection = Connection::open(&place.path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE inventory; DROP TABLE leaf; DROP TABLE node; DROP TABLE verifier; DROP TABLE checkpoint;
             DROP TRIGGER piece_no_update;
             UPDATE piece SET data = CAST('evidence as it was given' AS BLOB);
             ALTER TABLE piece DROP COLUMN packed; PRAGMA user_version = 1",
        )
        .unwrap();
    drop(connection);
    let journal = Journal::open_read_only(&place.path).unwrap();
    assert_eq!(journal.verify().unwrap().entries, 1);
    assert!(journal.attachment_is_whole(&old).unwrap());
    let copy = place.path.with_extension("v1.db");
    assert!(!copy.exists());
    let journal = Journal::open(&place.path).unwrap();
    let as_it_was = fs::read(&copy).unwrap();
    let copied = Journal::open_read_only(&copy).unwrap();
    assert_eq!(copied.verify().unwrap(), journal.verify().unwrap());
    let tables: i64 =
        Connection::open(&copy).unwrap().query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap();
    assert_eq!(tables, 1, "as it was before");
    journal.keep_inventory(&inventory("db.m6g.large")).unwrap();
    let new = journal.attach(&mut Cursor::new(new)).unwrap().digest;
    assert_eq!(journal.verify().unwrap().entries, 1);
    for digest in [old, new] {
        assert!(journal.attachment_is_whole(&digest).unwrap());
    }
    drop(journal);
    Journal::open(&place.path).unwrap();
    assert_eq!(fs::read(&copy).unwrap(), as_it_was, "one copy, made once");
}

/// Where the copy finds no place, nothing is changed: the version before can go on with it.
#[test]
fn a_journal_that_cannot_be_copied_is_not_brought_forward() {
    let place = place();
    drop(Journal::open(&place.path).unwrap());
    let version = || -> i64 {
        let connection = Connection::open(&place.path).unwrap();
        connection.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    let older = "DROP TABLE leaf; DROP TABLE node; DROP TABLE verifier; DROP TABLE checkpoint;
                 ALTER TABLE piece DROP COLUMN packed; PRAGMA user_version = 2";
    Connection::open(&place.path).unwrap().execute_batch(older).unwrap();
    let part = place.path.with_file_name(format!("journal.v2.db.{}.part", std::process::id()));
    fs::create_dir(&part).unwrap();
    let why = Journal::open(&place.path).unwrap_err();
    assert!(matches!(why, JournalError::CopyBefore { .. }), "{why}");
    assert!(why.to_string().contains("Nothing was changed"), "{why}");
    assert_eq!(version(), 2);
    fs::remove_dir(&part).unwrap();
    Journal::open(&place.path).unwrap();
    assert_eq!(version(), 4);
}

#[test]
fn a_copy_is_whole_while_others_write_and_replaces_nothing() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["first"]).unwrap();
    let folder = place.path.parent().unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = Journal::open(&place.path).unwrap();
            for after in 1.. {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                write(&other, &id(), after, &["meanwhile"]).unwrap();
            }
        });
        for n in 0..20 {
            let to = folder.join(format!("copy-{n}.db"));
            let copied = Journal::open_read_only(&place.path).unwrap().back_up(&to).unwrap();
            assert!(copied.entries >= 1);
            let entries = Journal::open_read_only(&to).unwrap().entries(&id()).unwrap();
            assert_eq!(entries[..], journal.entries(&id()).unwrap()[..entries.len()]);
        }
        stop.store(true, Ordering::Relaxed);
    });
    let taken = folder.join("copy-0.db");
    let before = fs::read(&taken).unwrap();
    let why = journal.back_up(&taken).unwrap_err().to_string();
    assert!(why.contains("can't be copied") && why.contains("Name another file"), "{why}");
    assert_eq!(fs::read(&taken).unwrap(), before);
    let why = journal.back_up(&folder.join("nowhere/copy.db")).unwrap_err();
    assert!(matches!(why, VerifyError::Journal(JournalError::Copy { .. })), "{why}");
    let left = fs::read_dir(folder)
        .unwrap()
        .filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
    assert_eq!(left.count(), 0);
}

/// A plan of ten million lines has to fit on a laptop.
#[test]
fn what_repeats_takes_little_room() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    let lines: String =
        (0..40_000).map(|n| format!("{{\"key\":\"photos/{n:08}.jpg\",\"op\":\"copy\"}}\n")).collect();
    let kept = journal.attach(&mut Cursor::new(&lines)).unwrap();
    assert_eq!(kept.bytes, lines.len() as u64);
    let packed: u64 = Connection::open(&place.path)
        .unwrap()
        .query_row("SELECT sum(length(data)) FROM piece", [], |row| row.get::<_, i64>(0))
        .unwrap()
        .cast_unsigned();
    assert!(packed * 5 < kept.bytes, "{packed} of {}", kept.bytes);
}

#[test]
fn sql_can_neither_change_nor_remove_nor_replace() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["one", "two"]).unwrap();
    journal.attach(&mut Cursor::new(b"evidence")).unwrap();
    let connection = Connection::open(&place.path).unwrap();
    for statement in [
        "UPDATE entry SET actor = 'Eve'",
        "DELETE FROM entry",
        "INSERT OR REPLACE INTO entry SELECT run, seq, at, 'Eve', event, previous, hash FROM entry WHERE seq = 2",
        "INSERT INTO entry SELECT run, 9, at, actor, event, previous, hash FROM entry WHERE seq = 2",
        "UPDATE attachment SET bytes = 0",
        "DELETE FROM attachment",
        "INSERT OR REPLACE INTO attachment SELECT digest, 0 FROM attachment",
        "UPDATE piece SET data = x'00'",
        "DELETE FROM piece",
        "INSERT OR REPLACE INTO piece SELECT digest, number, x'00' FROM piece",
    ] {
        assert!(connection.execute_batch(statement).is_err(), "{statement}");
    }
    journal.verify().unwrap();
    assert_eq!(journal.read(&id()).unwrap()[1].actor, "Sam");
}

#[test]
fn of_two_writers_one_loses_cleanly() {
    let place = place();
    let (one, other) = (Journal::open(&place.path).unwrap(), Journal::open(&place.path).unwrap());
    write(&one, &id(), 0, &["one"]).unwrap();
    write(&other, &id(), 1, &["two"]).unwrap();
    let lost = write(&one, &id(), 1, &["late", "later"]);
    assert!(matches!(lost, Err(JournalError::Behind { after: 1, .. })), "{lost:?}");
    assert_eq!(one.read(&id()).unwrap().len(), 2);
}

#[test]
fn the_first_broken_entry_is_named() {
    for (change, at, why) in [
        ("UPDATE entry SET event = replace(event, 'two', 'TWO') WHERE seq = 2", 2, "changed after"),
        ("UPDATE entry SET at = '2026-01-01T00:00:00Z' WHERE seq = 1", 1, "changed after"),
        ("UPDATE entry SET actor = 'Eve' WHERE seq = 3", 3, "changed after"),
        ("DELETE FROM entry WHERE seq = 2", 3, "missing"),
        ("DELETE FROM entry WHERE seq = 1", 2, "missing"),
        ("UPDATE entry SET hash = previous WHERE seq = 2", 2, "changed after"),
        ("UPDATE entry SET previous = hash WHERE seq = 2", 2, "hang"),
    ] {
        let place = tampered(change);
        let journal = Journal::open_read_only(&place.path).unwrap();
        match journal.verify() {
            Err(VerifyError::Broken(Broken::Entry { seq, why: found, .. })) => {
                assert_eq!(seq, at, "{change}");
                assert!(found.contains(why), "{change}: {found}");
            }
            other => panic!("{change}: {other:?}"),
        }
        assert!(matches!(journal.read(&id()), Err(JournalError::Entry { seq, .. }) if seq == at), "{change}");
    }
}

#[test]
fn an_attachment_is_kept_once_and_read_back_whole() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    let content: Vec<u8> = (0..700_000_u32).map(|n| n.to_le_bytes()[0] ^ n.to_le_bytes()[1]).collect();
    let kept = journal.attach(&mut Cursor::new(&content)).unwrap();
    assert_eq!(journal.attach(&mut Cursor::new(&content)).unwrap(), kept);
    assert_eq!(kept.bytes, 700_000);
    let mut read = Vec::new();
    journal.attachment(&kept.digest).unwrap().read_to_end(&mut read).unwrap();
    assert!(read == content);
    assert!(journal.attachment_is_whole(&kept.digest).unwrap());
    assert_eq!(journal.verify().unwrap().attachments, 1);
    let none = journal.attachment(&run::Digest::of(b"something else"));
    assert!(matches!(none, Err(JournalError::NoAttachment { .. })));
    let empty = journal.attach(&mut Cursor::new(b"")).unwrap();
    assert!(journal.attachment_is_whole(&empty.digest).unwrap());
}

#[test]
fn broken_evidence_is_named_with_its_entry() {
    for (change, why) in [
        ("UPDATE piece SET data = x'00'", "changed after"),
        ("DELETE FROM piece; DELETE FROM attachment", "missing"),
    ] {
        let place = tampered("");
        let journal = Journal::open(&place.path).unwrap();
        let evidence: Attachment = journal.attach(&mut Cursor::new(b"evidence")).unwrap();
        let problem = run::Problem { what: String::new(), next: String::new() };
        let step = runbook::StepId("restore".to_owned());
        let event = Event::ApplyFailed { step, digest: evidence.digest.clone(), problem, evidence };
        let new =
            NewEntries { run: &id(), after: 3, at: Timestamp::UNIX_EPOCH, actor: "Sam", events: &[event] };
        journal.append(new).unwrap();
        drop(journal);
        Connection::open(&place.path).unwrap().execute_batch(change).unwrap();
        match Journal::open_read_only(&place.path).unwrap().verify() {
            Err(VerifyError::Broken(Broken::Attachment { seq: 4, why: found, .. })) => {
                assert!(found.contains(why))
            }
            other => panic!("{change}: {other:?}"),
        }
    }
}

#[test]
fn a_full_disk_keeps_nothing_of_what_did_not_fit() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["one"]).unwrap();
    journal.limit_pages().unwrap();
    let long = "x".repeat(200_000);
    assert!(matches!(write(&journal, &id(), 1, &["two", &long]), Err(JournalError::Full { .. })));
    // What can't be packed any smaller.
    let mut state = 1_u64;
    let noise = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    });
    let noise: Vec<u8> = noise.take(200_000).collect();
    assert!(matches!(journal.attach(&mut Cursor::new(noise)), Err(JournalError::Full { .. })));
    drop(journal);
    let journal = Journal::open(&place.path).unwrap();
    assert_eq!(journal.read(&id()).unwrap().len(), 1);
    journal.verify().unwrap();
}

#[test]
fn a_file_that_is_no_journal_is_refused() {
    let place = place();
    std::fs::File::create(&place.path).unwrap().write_all(&[7; 8192]).unwrap();
    assert!(matches!(Journal::open(&place.path), Err(JournalError::Damaged { .. })));
    assert!(Journal::open_read_only(&place.path.with_extension("none")).is_err());
    let unfinished = place.path.with_extension("empty");
    std::fs::write(&unfinished, "").unwrap();
    let error = Journal::open_read_only(&unfinished).unwrap_err();
    assert!(matches!(error, JournalError::Unfinished { .. }), "{error}");
    assert!(Journal::open(&unfinished).unwrap().runs().unwrap().is_empty());
    assert!(Journal::open_read_only(&unfinished).is_ok());
}

#[test]
fn one_process_at_a_time_goes_on_with_a_run() {
    let folder = tempfile::tempdir().unwrap();
    let held = RunLock::take(folder.path(), &id()).unwrap();
    assert!(matches!(RunLock::take(folder.path(), &id()), Err(LockError::Held(_))));
    drop(held);
    RunLock::take(folder.path(), &id()).unwrap();
}

#[test]
fn an_export_is_checked_like_the_journal() {
    let place = place();
    let journal = Journal::open(&place.path).unwrap();
    write(&journal, &id(), 0, &["one", "two"]).unwrap();
    let lines: Vec<String> = journal
        .entries(&id())
        .unwrap()
        .iter()
        .map(|e| {
            serde_json::json!({
                "message": "x", "run": e.run, "seq": e.seq, "datetime": e.at, "actor": e.actor, "entry": e.event,
                "previous": e.previous, "hash": e.hash,
            })
            .to_string()
        })
        .collect();
    let whole = lines.join("\n");
    assert_eq!(verify_export(whole.as_bytes()).unwrap().entries, 2);
    let changed = whole.replace("Sam", "Eve");
    assert!(matches!(
        verify_export(changed.as_bytes()),
        Err(VerifyError::Broken(Broken::Entry { seq: 1, .. }))
    ));
    assert!(matches!(
        verify_export(lines[1].as_bytes()),
        Err(VerifyError::Broken(Broken::Entry { seq: 2, .. }))
    ));
    assert!(matches!(verify_export(&b"{\n"[..]), Err(VerifyError::Broken(Broken::Line { line: 1, .. }))));
    assert!(matches!(verify_export(&b""[..]), Err(VerifyError::Broken(Broken::Line { .. }))));
}
