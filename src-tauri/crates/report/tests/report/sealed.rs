//! Exports that prove what they are by themselves, and what may be left out of them.

use std::collections::BTreeSet;
use std::io::Cursor;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use journal::{Broken, Journal, NewEntries, Seal, Signer, VerifyError};
use report::{Format, JsonLines, ReportError, Timeline, Verified};
use run::{Event, How, RunId, Signed, approval_text};
use serde_json::Value;
use tempfile::TempDir;

use crate::world::{id, instant, note, start};

const RUNBOOK: &str = "---\nrunbook: sign\nparameters:\n  reason: { type: text, required: false }\n---\n# Move the \
                       sign\n\n### Move it\n";

fn other() -> RunId {
    "20261124-040000-0b1c".parse().unwrap()
}

fn signer() -> Signer {
    Signer::new(&[7; 32])
}

struct World {
    _folder: TempDir,
    journal: Journal,
}

impl World {
    /// Two runs that went on side by side: five entries in each, the third and the fourth of them notes.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
        let world = Self { _folder: folder, journal };
        for run in [id(), other()] {
            world.write(&run, Event::RunStarted(Box::new(start(RUNBOOK, ""))));
        }
        for text in ["the sign is loose", "Kim Doe's photo was seen", "it is up again"] {
            for run in [id(), other()] {
                world.write(&run, note(text));
            }
        }
        for run in [id(), other()] {
            world.write(&run, Event::RunFinished);
        }
        world
    }

    fn write(&self, run: &RunId, event: Event) {
        let after = self.journal.entries(run).unwrap().len() as u64;
        let at = Timestamp::from_second(1_795_000_000 + after.cast_signed()).unwrap();
        self.journal.append(NewEntries { run, after, at, actor: "Sam", events: &[event] }).unwrap();
    }

    fn seal(&self, run: &RunId) -> Seal {
        self.journal.seal(run, &signer(), None, instant("2026-11-24T05:00:00Z")).unwrap()
    }

    fn timeline(&self, run: &RunId) -> Timeline {
        Timeline::new(&self.journal, run).unwrap()
    }

    fn export(&self, run: &RunId, left_out: &[u64]) -> Result<String, ReportError> {
        let seal = self.seal(run);
        let options = JsonLines { seal: Some(&seal), left_out: left_out.iter().copied().collect() };
        let mut bytes = Vec::new();
        self.timeline(run).write_json_lines(&options, &self.journal, &mut bytes)?;
        Ok(String::from_utf8(bytes).unwrap())
    }
}

fn verify(text: &str) -> Result<Verified, VerifyError> {
    report::verify_export(Cursor::new(text))
}

#[track_caller]
fn broken(text: &str) -> Broken {
    match verify(text) {
        Err(VerifyError::Broken(broken)) => broken,
        other => panic!("{other:?}"),
    }
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

#[test]
fn an_export_proves_itself_by_the_public_key_alone() {
    let world = World::new();
    let text = world.export(&other(), &[]).unwrap();
    let Verified { intact, unchecked } = verify(&text).unwrap();
    assert_eq!((intact.runs, intact.entries, intact.left_out, unchecked), (1, 5, 0, None));
    let [seal] = &intact.seals[..] else { panic!("{:?}", intact.seals) };
    assert_eq!(seal.key, *signer().verifier());
    assert_eq!((seal.tree.size, seal.run.entries, &seal.run.run), (10, 5, &other()));
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        for field in ["message", "datetime", "timestamp_desc"] {
            assert!(value[field].as_str().is_some_and(|text| !text.is_empty()), "{line}");
        }
        value["datetime"].as_str().unwrap().parse::<Timestamp>().unwrap();
        assert!(line.starts_with("{\"message\":"), "{line}");
    }
    let last: Value = serde_json::from_str(lines(&text)[5]).unwrap();
    assert_eq!(last["timestamp_desc"], "checkpoint");
    assert_eq!(last["hash"], world.timeline(&other()).head());
    // The message of an entry that is there is worded as without a checkpoint.
    let mut plain = Vec::new();
    world.timeline(&other()).write(Format::JsonLines, &world.journal, &mut plain).unwrap();
    let plain = String::from_utf8(plain).unwrap();
    assert_eq!(verify(&plain).unwrap().intact.seals, []);
}

/// Whatever byte is changed, it is found, or the line still reads the same: the case of a hex digit in `\u001b`.
#[test]
fn any_byte_of_an_export_that_is_changed_is_found() {
    let world = World::new();
    let text = world.export(&id(), &[3]).unwrap();
    let sound = verify(&text).unwrap();
    let read = |text: &str| -> Option<Vec<Value>> {
        text.lines().map(|line| serde_json::from_str(line).ok()).collect()
    };
    let right = read(&text).unwrap();
    for (at, flip) in (0..text.len()).flat_map(|at| [(at, 0x01), (at, 0x20)]) {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= flip;
        let found = report::verify_export(Cursor::new(&bytes));
        let same = String::from_utf8(bytes).ok().and_then(|text| read(&text)).is_some_and(|all| all == right);
        // A changed version is said: the words beside the entries are then not believed either.
        let noticed = found.as_ref().map_or(true, |found| found.unchecked.is_some());
        assert!(noticed || same && found.unwrap() == sound, "byte {at} ({flip:#x}) was changed");
    }
}

#[test]
fn an_export_that_is_cut_short_anywhere_is_found() {
    let text = World::new().export(&id(), &[]).unwrap();
    for end in 0..text.len() - 1 {
        assert!(report::verify_export(Cursor::new(&text.as_bytes()[..end])).is_err(), "cut at byte {end}");
    }
    let all = lines(&text);
    let whole = all[..all.len() - 1].join("\n");
    let why = broken(&whole).to_string();
    assert!(why.contains("entry 5") && why.contains("the export was cut short"), "{why}");
    for gone in 0..all.len() {
        broken(&[&all[..gone], &all[gone + 1..]].concat().join("\n"));
    }
    // The entries with their last cut off, and the checkpoint.
    let why = broken(&[&all[..4], &all[5..]].concat().join("\n")).to_string();
    assert!(why.contains("the checkpoint has 5 entries of run") && why.contains("here are 4"), "{why}");
}

#[test]
fn lines_that_are_moved_doubled_or_from_another_run_are_found() {
    let world = World::new();
    let (text, foreign) = (world.export(&id(), &[]).unwrap(), world.export(&other(), &[]).unwrap());
    let (all, foreign) = (lines(&text), lines(&foreign));
    for at in 0..all.len() - 1 {
        let mut moved = all.clone();
        moved.swap(at, at + 1);
        broken(&moved.join("\n"));
        broken(&[&all[..=at], &all[at..]].concat().join("\n"));
        let mut spliced = all.clone();
        spliced[at] = foreign[at];
        broken(&spliced.join("\n"));
    }
    broken(&[&all[..5], &foreign[5..]].concat().join("\n"));
    broken(&[&all[..], &all[5..]].concat().join("\n"));
    broken(&[&all[..], &all[..]].concat().join("\n"));
    // Two whole exports in one file are two runs, each proven.
    let both = verify(&[&all[..], &foreign[..]].concat().join("\n")).unwrap().intact;
    assert_eq!((both.runs, both.seals.len()), (2, 2));
}

#[test]
fn a_forger_can_only_sign_with_a_key_of_their_own() {
    let world = World::new();
    let forger = Signer::new(&[8; 32]);
    let forged = World::new();
    forged.write(&id(), note("all went well"));
    let seal = forged.journal.seal(&id(), &forger, None, instant("2026-11-24T05:00:00Z")).unwrap();
    let options = JsonLines { seal: Some(&seal), left_out: BTreeSet::new() };
    let mut bytes = Vec::new();
    forged.timeline(&id()).write_json_lines(&options, &forged.journal, &mut bytes).unwrap();
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(verify(&text).unwrap().intact.seals[0].key, *forger.verifier());
    // Named as the right key, it is not believed.
    let named = text.replace(&forger.verifier().to_string(), &signer().verifier().to_string());
    let why = broken(&named).to_string();
    assert!(why.contains("line 7") && why.contains("it was not signed by the key"), "{why}");
    // Nor is the right checkpoint over other entries.
    let right = world.export(&id(), &[]).unwrap();
    broken(&[&lines(&text)[..6], &lines(&right)[5..]].concat().join("\n"));
}

/// Without its proofs an export is as one from before there were any: it says less, and that it does.
#[test]
fn an_export_without_proofs_is_no_sealed_one() {
    let world = World::new();
    let text = world.export(&id(), &[]).unwrap();
    let bare = |line: &&str| {
        let mut value: Value = serde_json::from_str(line).unwrap();
        let fields = value.as_object_mut().unwrap();
        ["leaf", "tree", "proof"].iter().for_each(|name| drop(fields.remove(*name)));
        value.to_string()
    };
    let bare: Vec<String> = lines(&text)[..5].iter().map(bare).collect();
    let found = verify(&bare.join("\n")).unwrap().intact;
    assert_eq!((found.entries, found.seals), (5, vec![]));
    let cut = verify(&bare[..4].join("\n")).unwrap().intact;
    assert_eq!((cut.entries, cut.seals), (4, vec![]), "nothing tells that it was cut off");
    for with_some in [
        [&lines(&text)[..1], &[bare[1].as_str()]].concat().join("\n"),
        [&[bare[0].as_str()], &lines(&text)[1..2]].concat().join("\n"),
        [bare.join("\n").as_str(), lines(&text)[5]].join("\n"),
    ] {
        broken(&with_some);
    }
}

#[test]
fn notes_are_left_out_and_the_rest_still_holds() {
    let world = World::new();
    let text = world.export(&id(), &[2, 3]).unwrap();
    assert!(!text.contains("loose") && !text.contains("Kim Doe"), "{text}");
    assert!(text.contains("it is up again"), "{text}");
    let Verified { intact, unchecked } = verify(&text).unwrap();
    assert_eq!((intact.entries, intact.left_out, intact.seals.len(), unchecked), (5, 2, 1, None));
    let line: Value = serde_json::from_str(lines(&text)[2]).unwrap();
    assert_eq!(line["redacted"], true);
    for gone in ["entry", "actor", "step"] {
        assert_eq!(line.get(gone), None);
    }
    // What was left out can be shown later, and its hash proves it.
    let shown = world.export(&id(), &[2]).unwrap();
    let mixed = [&lines(&text)[..2], &lines(&shown)[2..3], &lines(&text)[3..]].concat().join("\n");
    assert_eq!(verify(&mixed).unwrap().intact.left_out, 1);
    // An export that isn't sealed holds by its chain.
    let options = JsonLines { seal: None, left_out: BTreeSet::from([3]) };
    let mut bytes = Vec::new();
    world.timeline(&id()).write_json_lines(&options, &world.journal, &mut bytes).unwrap();
    let found = report::verify_export(Cursor::new(&bytes)).unwrap();
    assert_eq!((found.intact.left_out, found.unchecked), (1, None));
}

#[test]
fn only_a_note_can_be_left_out() {
    let world = World::new();
    for (seq, said) in [(1, "it is run_started"), (5, "it is run_finished"), (9, "there is no such entry")] {
        let why = world.export(&id(), &[2, seq]).unwrap_err();
        assert!(matches!(why, ReportError::NotANote { seq: found, .. } if found == seq), "{why}");
        assert!(why.to_string().contains(said), "{why}");
    }
    // The start by hand, and what a left-out line says beside its hash.
    let text = world.export(&id(), &[2, 3]).unwrap();
    let redacted = |at: usize, from: &str, to: &str| {
        let line = lines(&text)[at].replacen(from, to, 1);
        assert_ne!(line, lines(&text)[at]);
        [&lines(&text)[..at], &[line.as_str()], &lines(&text)[at + 1..]].concat().join("\n")
    };
    broken(&redacted(0, "\"previous\"", "\"redacted\":true,\"previous\""));
    broken(&redacted(2, "left out of this export", "nothing of interest"));
    broken(&redacted(2, "\"redacted\":true", "\"redacted\":true,\"entry\":\"{}\""));
    broken(&redacted(2, "\"redacted\":true", "\"redacted\":true,\"actor\":\"Eve\""));
    broken(&redacted(2, "\"redacted\":true,", ""));
    let stamp = lines(&text)[2].split("\"datetime\":\"").nth(1).unwrap()[..20].to_owned();
    broken(&redacted(2, &stamp, "2026-01-01T00:00:00Z"));
}

#[test]
fn a_run_that_has_gone_on_is_not_exported_with_an_older_checkpoint() {
    let world = World::new();
    let seal = world.seal(&id());
    world.write(&id(), note("and another thing"));
    let options = JsonLines { seal: Some(&seal), left_out: BTreeSet::new() };
    let mut bytes = Vec::new();
    let why = world.timeline(&id()).write_json_lines(&options, &world.journal, &mut bytes).unwrap_err();
    assert!(matches!(why, ReportError::Grown), "{why}");
    assert!(bytes.is_empty());
    assert_eq!(verify(&world.export(&id(), &[]).unwrap()).unwrap().intact.seals[0].run.entries, 6);
}

/// An approval that nobody signed is found in the journal and in its export, though whoever wrote it made the chain and
/// the checkpoint anew.
#[test]
fn an_approval_whose_signature_is_of_something_else_is_found() {
    let key = SigningKey::from_bytes(&[9; 32]);
    let (step, digest) = ("restore".into(), run::Digest::of(b"the plan"));
    let signed = |text: &str| {
        How::Signed(Signed {
            key: STANDARD.encode(key.verifying_key().as_bytes()),
            since: instant("2026-11-01T08:00:00Z"),
            signature: STANDARD.encode(key.sign(text.as_bytes()).to_bytes()),
        })
    };
    let right = approval_text(&id(), &step, &digest, "Dana");
    for (text, holds) in [(right.as_str(), true), ("lifeboat approval\nof something else\n", false)] {
        let world = World::new();
        let (step, digest, by, how) = (step.clone(), digest.clone(), "Dana".to_owned(), signed(text));
        world.write(&id(), Event::PlanApproved { step, digest, by, how });
        let export = world.export(&id(), &[]).unwrap();
        match (world.journal.verify(), verify(&export)) {
            (Ok(journal), Ok(export)) if holds => {
                assert_eq!([journal.approvals, export.intact.approvals], [1, 1]);
            }
            (
                Err(VerifyError::Broken(Broken::Entry { seq: 6, why, .. })),
                Err(VerifyError::Broken(Broken::Entry { seq: 6, .. })),
            ) if !holds => assert!(why.contains("signature"), "{why}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}
