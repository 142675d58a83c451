//! A process that keeps things in a journal, and prints a line for each that was kept.

use std::collections::{BTreeMap, BTreeSet};
use std::env;
use std::io::Cursor;
use std::path::{Path, PathBuf};

use action::Inventory;
use jiff::Timestamp;
use journal::{Journal, JournalError, NewEntries, VerifyError};
use run::{Digest, Event, RunId};

use crate::disk::{self, Ended, Fault};

/// Where the clerk finds its folder, and how many steps of its day it works.
const PLACE: &str = "CLERK_PLACE";
const STEPS: &str = "CLERK_STEPS";
/// The test that is the clerk.
const CLERK: &str = "clerk::what_is_kept_is_what_was_said";

/// What the clerk does, one after the other.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    Open,
    /// So many entries at once, to one of the runs.
    Append(usize, u64),
    /// Evidence of so many bytes.
    Attach(usize),
    Inventory,
    BackUp,
    Close,
}

use Step::{Append, Attach, BackUp, Close, Inventory as Take, Open};

/// All that it does.
pub(crate) const DAY: [Step; 15] = [
    Open,
    Append(0, 1),
    Append(0, 3),
    Attach(9_000),
    Append(1, 1),
    Take,
    Append(0, 2),
    Close,
    Open,
    Append(0, 4),
    Attach(5_000),
    BackUp,
    Append(1, 2),
    Append(0, 1),
    Close,
];

/// What is in a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Kept {
    entries: BTreeMap<RunId, u64>,
    evidence: BTreeSet<Digest>,
    inventory: bool,
}

impl Kept {
    /// After so many steps of the day, on top of what there was.
    pub(crate) fn after(&self, steps: usize) -> Self {
        let mut kept = self.clone();
        for step in DAY.iter().take(steps) {
            match *step {
                Append(of, entries) => *kept.entries.entry(run(of)).or_default() += entries,
                Attach(bytes) => _ = kept.evidence.insert(Digest::of(&noise(bytes))),
                Take => kept.inventory = true,
                Open | BackUp | Close => {}
            }
        }
        kept
    }

    /// What there is, all of it whole and as it was said.
    pub(crate) fn found(journal: &Journal) -> Self {
        let intact = journal.verify().unwrap();
        let mut kept = Self::default();
        for run in journal.runs().unwrap() {
            let entries = journal.read(&run).unwrap();
            for entry in &entries {
                assert_eq!(entry.event, said(entry.seq));
            }
            kept.entries.insert(run, entries.len() as u64);
        }
        for bytes in [9_000, 5_000] {
            let digest = Digest::of(&noise(bytes));
            if journal.attachment(&digest).is_ok() {
                assert!(journal.attachment_is_whole(&digest).unwrap(), "{bytes}");
                kept.evidence.insert(digest);
            }
        }
        assert_eq!(intact.attachments, kept.evidence.len() as u64);
        let inventory = journal.inventory("production", "123456789012").unwrap();
        kept.inventory = inventory.is_some_and(|found| found == taken());
        kept
    }
}

pub(crate) fn run(number: usize) -> RunId {
    ["20261124-031402-9f3a", "20261124-031402-0001"][number].parse().unwrap()
}

/// What is said in the entry with this number.
pub(crate) fn said(seq: u64) -> Event {
    Event::Noted { step: None, text: format!("{seq} {}", "photos ".repeat(20)), tag: None }
}

fn taken() -> Inventory {
    Inventory {
        taken: Timestamp::from_second(1_700_000_000).unwrap(),
        environment: "production".to_owned(),
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        instance: None,
        groups: Vec::new(),
        tables: BTreeMap::new(),
        bucket: None,
        gaps: Vec::new(),
    }
}

/// What can't be packed any smaller.
pub(crate) fn noise(bytes: usize) -> Vec<u8> {
    let mut state = bytes as u64;
    let next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

/// Appends entries to a run where it ends.
pub(crate) fn append(journal: &Journal, of: usize, after: u64, entries: u64) -> Result<(), JournalError> {
    let events: Vec<Event> = (after + 1..=after + entries).map(said).collect();
    let at = Timestamp::from_second(1_700_000_000).unwrap();
    journal.append(NewEntries { run: &run(of), after, at, actor: "Sam", events: &events })?;
    Ok(())
}

/// The first steps of the day, each of them tried twice. The first that fails twice is the last.
fn work(folder: &Path, steps: usize) {
    let path = folder.join("journal.db");
    let mut ends = [0, 1].map(|of| {
        let journal = Journal::open_read_only(&path);
        journal.map_or(0, |journal| journal.entries(&run(of)).unwrap().len() as u64)
    });
    let mut open: Option<Journal> = None;
    for (number, step) in DAY.into_iter().enumerate().take(steps) {
        let mut attempt = |attempt: usize| -> Result<(), VerifyError> {
            match (step, &open) {
                (Open, _) => open = Some(Journal::open(&path)?),
                (Append(of, entries), Some(journal)) => {
                    let appended = append(journal, of, ends[of], entries);
                    ends[of] += if appended.is_ok() { entries } else { 0 };
                    // Nobody sees anything of what failed.
                    assert_eq!(journal.entries(&run(of))?.len() as u64, ends[of]);
                    appended?;
                }
                (Attach(bytes), Some(journal)) => _ = journal.attach(&mut Cursor::new(noise(bytes)))?,
                (Take, Some(journal)) => journal.keep_inventory(&taken())?,
                (BackUp, Some(journal)) => {
                    journal.back_up(&folder.join(format!("copy-{number}-{attempt}.db")))?;
                }
                (Close, _) => open = None,
                (step, None) => panic!("{step:?} without a journal"),
            }
            Ok(())
        };
        let tried = [1, 2].into_iter().find_map(|number| match attempt(number) {
            Ok(()) => Some(()),
            Err(why) => {
                println!("failed: {why}");
                None
            }
        });
        if tried.is_none() {
            return;
        }
        println!("done: {number}");
    }
}

/// The clerk at work in a folder, with a fault.
pub(crate) fn at_work(folder: &Path, steps: usize, fault: Fault) -> Ended {
    disk::run(CLERK, &[(PLACE, folder), (STEPS, Path::new(&steps.to_string()))], Some((folder, fault)))
}

impl Ended {
    /// How many steps were done.
    pub(crate) fn steps(&self) -> usize {
        self.said.iter().filter(|line| line.starts_with("done: ")).count()
    }

    /// What the clerk was told when something failed.
    pub(crate) fn failures(&self) -> Vec<&str> {
        self.said.iter().filter_map(|line| line.strip_prefix("failed: ")).collect()
    }
}

/// Checks what is in a folder where `before` was kept, after the clerk was at work: all that it was told is kept, what
/// it was about to keep is there whole or not at all, and the journal goes on from there. How many steps are kept.
pub(crate) fn check(folder: &Path, before: &Kept, ended: &Ended, case: &str) -> usize {
    let journal = Journal::open(&folder.join("journal.db")).unwrap_or_else(|why| panic!("{case}: {why}"));
    let found = Kept::found(&journal);
    let done = ended.steps();
    let steps = [done, done + 1].into_iter().find(|steps| found == before.after(*steps));
    let Some(steps) = steps else {
        panic!("{case}: {done} steps were done, and there is {found:#?}");
    };
    for of in [0, 1] {
        let end = found.entries.get(&run(of)).copied().unwrap_or_default();
        append(&journal, of, end, 2).unwrap_or_else(|why| panic!("{case}: {why}"));
    }
    journal.attach(&mut Cursor::new(b"afterwards")).unwrap();
    journal.verify().unwrap();
    for copy in copies(folder) {
        Journal::open_read_only(&copy).unwrap().verify().unwrap_or_else(|why| panic!("{case}: {why}"));
    }
    steps
}

/// The copies in a folder.
pub(crate) fn copies(folder: &Path) -> Vec<PathBuf> {
    let files = folder.read_dir().unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "db") && !path.ends_with("journal.db"))
        .collect()
}

#[test]
fn what_is_kept_is_what_was_said() {
    if let (Some(folder), Ok(steps)) = (env::var_os(PLACE), env::var(STEPS)) {
        return work(Path::new(&folder), steps.parse().unwrap());
    }
    let folder = disk::folder();
    work(folder.path(), DAY.len());
    let journal = Journal::open(&folder.path().join("journal.db")).unwrap();
    assert_eq!(Kept::found(&journal), Kept::default().after(DAY.len()));
}
