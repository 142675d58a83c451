//! JSON lines: Timesketch's columns first, then the entry as it was stored, and what proves that it is.

use std::collections::BTreeSet;
use std::io::{self, Write};

use journal::{Hash, Journal, Seal};
use run::{Event, Run};
use serde::Serialize;

use crate::timeline::recorded;
use crate::{ReportError, Row, Timeline, text};

/// The version that writes, by which its words can be checked.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One line. `run, seq, datetime, actor, entry, previous, hash` and the proof are what [`journal::verify_export`]
/// checks. One that is left out lacks `actor`, `step` and `entry`, and its `datetime` is that of the line before: nobody
/// could check them.
#[derive(Serialize)]
pub(crate) struct Line<'a> {
    message: &'a str,
    datetime: &'a str,
    timestamp_desc: &'a str,
    run: &'a str,
    seq: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    mode: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<Option<&'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    entry: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<bool>,
    previous: &'a str,
    hash: &'a str,
    lifeboat: &'a str,
    #[serde(flatten)]
    proof: Option<Proof>,
}

/// The fields of a line that lead from its entry to the root of the checkpoint's tree.
#[derive(Serialize)]
struct Proof {
    leaf: u64,
    tree: u64,
    proof: Vec<Hash>,
}

/// The names of a proof's fields, which [`journal::verify_export`] has checked.
pub(crate) const PROOF: [&str; 3] = ["leaf", "tree", "proof"];

/// The last line of a run that is sealed.
#[derive(Serialize)]
pub(crate) struct CheckpointLine<'a> {
    message: String,
    datetime: String,
    timestamp_desc: &'static str,
    run: &'a str,
    hash: &'a str,
    checkpoint: &'a str,
    key: String,
    lifeboat: &'static str,
}

/// What is written beside the entries, and what is not written of them.
#[derive(Clone, Default)]
pub struct JsonLines<'a> {
    /// The checkpoint that seals the run.
    pub seal: Option<&'a Seal>,
    /// The entries whose text is left out. Only notes can be: see [`Timeline::write_json_lines`].
    pub left_out: BTreeSet<u64>,
}

impl Timeline {
    /// Writes it as JSON lines, sealed and with entries left out as `options` say. What is left out is the text of notes
    /// only: they are what people write freely, and nothing that was done to the Portal is in them. Whoever reads the
    /// export can see that there is an entry, but not that it is a note: for that they have the word of who exported it.
    ///
    /// # Errors
    /// What can't be read or written. Nothing is written when an entry can't be left out or the checkpoint is not of this
    /// state of the run.
    pub fn write_json_lines(
        &self,
        options: &JsonLines<'_>,
        journal: &Journal,
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        for seq in &options.left_out {
            self.can_leave_out(*seq, journal)?;
        }
        if options.seal.is_some_and(|seal| seal.run.entries != self.run.seq() || seal.run.head != self.head) {
            return Err(ReportError::Grown);
        }
        let mut before = String::new();
        self.rows(journal, &mut |row| {
            let left_out = options.left_out.contains(&row.entry.seq).then_some(before.as_str());
            let mut line = line(&self.run, &row, left_out);
            if let Some(seal) = options.seal {
                let tree = seal.tree.size;
                let (leaf, proof) = journal.proof(&row.entry.run, row.entry.seq, tree)?;
                line.proof = Some(Proof { leaf, tree, proof });
            }
            write_line(&line, out)?;
            if left_out.is_none() {
                before = row.entry.at;
            }
            Ok(())
        })?;
        if let Some(seal) = options.seal {
            write_line(&checkpoint_line(seal), out)?;
        }
        Ok(())
    }

    fn can_leave_out(&self, seq: u64, journal: &Journal) -> Result<(), ReportError> {
        let entry = match (1..=self.run.seq()).contains(&seq) {
            true => journal.entry(self.run.id(), seq)?,
            false => None,
        };
        let why = match entry.map(|entry| recorded(&entry)).transpose()?.map(|recorded| recorded.event) {
            Some(Event::Noted { .. } | Event::Attached { .. }) => return Ok(()),
            Some(event) => format!("it is {}", text::kind(&event)),
            None => "there is no such entry".to_owned(),
        };
        Err(ReportError::NotANote { seq, why })
    }
}

fn write_line(line: &impl Serialize, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

/// The line of an entry; of one that is left out when the time of the line before is given.
pub(crate) fn line<'a>(run: &'a Run, row: &'a Row, left_out: Option<&'a str>) -> Line<'a> {
    let entry = &row.entry;
    let line = Line {
        message: &row.text,
        datetime: &entry.at,
        timestamp_desc: row.kind,
        run: entry.run.as_str(),
        seq: entry.seq,
        actor: Some(&entry.actor),
        mode: run.start().mode.word(),
        step: Some(row.step.as_ref().map(|(id, _)| id.as_str())),
        entry: Some(&entry.event),
        redacted: None,
        previous: &entry.previous,
        hash: &entry.hash,
        lifeboat: VERSION,
        proof: None,
    };
    match left_out {
        None => line,
        Some(datetime) => Line {
            message: "left out of this export",
            datetime,
            timestamp_desc: "redacted",
            actor: None,
            step: None,
            entry: None,
            redacted: Some(true),
            ..line
        },
    }
}

pub(crate) fn checkpoint_line(seal: &Seal) -> CheckpointLine<'_> {
    CheckpointLine {
        message: format!(
            "signed by {}: the {} entries of this run, among {} of the journal",
            seal.key.name(),
            seal.run.entries,
            seal.tree.size
        ),
        datetime: seal.time.to_string(),
        timestamp_desc: "checkpoint",
        run: seal.run.run.as_str(),
        hash: &seal.run.head,
        checkpoint: &seal.note,
        key: seal.key.to_string(),
        lifeboat: VERSION,
    }
}
