//! What happened in a run, in order, in words.

use std::io::Write;

use jiff::Timestamp;
use journal::Entry;
use run::{Recorded, Run, State};

use crate::{JsonLines, csv, markdown, text};

/// A run's timeline.
#[derive(Debug, Clone)]
pub struct Timeline {
    pub(crate) run: Run,
    pub(crate) rows: Vec<Row>,
}

/// One entry of the journal, in words.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The entry as it was stored.
    pub entry: Entry,
    /// What kind of event, as the journal names it.
    pub kind: &'static str,
    /// What happened, in a line.
    pub text: String,
    /// The step it is about: its id and its title.
    pub step: Option<(String, String)>,
}

/// What a timeline can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Markdown, for people.
    Markdown,
    /// CSV whose first columns are Timesketch's `message,datetime,timestamp_desc`.
    Csv,
    /// JSON lines, with everything that `lifeboat verify` needs to check the chain.
    JsonLines,
}

impl Format {
    /// Every format, with the word people type for it, which is also the file's extension.
    pub const ALL: [(&'static str, Self); 3] =
        [("md", Self::Markdown), ("csv", Self::Csv), ("jsonl", Self::JsonLines)];

    /// The file's extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Csv => "csv",
            Self::JsonLines => "jsonl",
        }
    }
}

/// Why a timeline can't be made or written.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The journal's entries can't be read.
    #[error("entry {seq} can't be read by this version: {why}. Check the journal with `lifeboat verify`.")]
    Entry {
        /// The entry.
        seq: u64,
        /// Why.
        why: serde_json::Error,
    },
    /// There are none.
    #[error("there are no entries to write; `lifeboat runs` lists the runs there are")]
    Empty,
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] journal::JournalError),
    /// They aren't a run.
    #[error(transparent)]
    Fold(#[from] run::FoldError),
    /// No PDF can be made.
    #[error("the PDF can't be made: {0}. Write it as HTML, and report this.")]
    Pdf(String),
    /// An entry that can't be left out.
    #[error(
        "entry {seq} can't be left out: {why}. Only notes can be left out; read the timeline for the numbers of their \
         entries."
    )]
    NotANote {
        /// The entry.
        seq: u64,
        /// Why not.
        why: String,
    },
    /// The checkpoint is of another state of the run.
    #[error("the run has gone on since its checkpoint was signed. Export it again.")]
    Grown,
    /// The file can't be written.
    #[error("the file can't be written: {0}. Check the folder and the free space, or choose another place.")]
    Write(#[from] std::io::Error),
}

impl Row {
    /// One entry of `run`'s journal, in words.
    ///
    /// # Errors
    /// An entry that can't be read by this version.
    pub fn new(run: &Run, entry: Entry) -> Result<Self, ReportError> {
        let recorded = recorded(&entry)?;
        Ok(row(run, entry, &recorded))
    }

    /// It as a review shows it: number, time, who, what and the step's title.
    pub(crate) fn cells(self) -> [String; 5] {
        let step = self.step.map(|(_, title)| title).unwrap_or_default();
        let at = self.entry.at.parse::<Timestamp>();
        let at = at.map_or(self.entry.at, |at| at.strftime("%Y-%m-%d %H:%M:%S").to_string());
        [self.entry.seq.to_string(), at, self.entry.actor, self.text, step]
    }
}

pub(crate) fn recorded(entry: &Entry) -> Result<Recorded, ReportError> {
    entry.recorded().map_err(|why| ReportError::Entry { seq: entry.seq, why })
}

fn row(run: &Run, entry: Entry, recorded: &Recorded) -> Row {
    let event = &recorded.event;
    let step = event.step().map(|id| {
        let title = run.runbook().step(id).map(|step| step.title.clone());
        (id.to_string(), title.unwrap_or_default())
    });
    Row { kind: text::kind(event), text: text::sentence(run, event), step, entry }
}

impl Timeline {
    /// The timeline of the run that these entries are.
    ///
    /// # Errors
    /// Entries that can't be read by this version, or that aren't a run.
    pub fn new(entries: Vec<Entry>) -> Result<Self, ReportError> {
        let recorded = entries.iter().map(recorded).collect::<Result<Vec<_>, _>>()?;
        let Some(id) = entries.first().map(|entry| entry.run.clone()) else { return Err(ReportError::Empty) };
        let run = Run::fold(id, recorded.iter().cloned())?;
        let rows =
            entries.into_iter().zip(&recorded).map(|(entry, recorded)| row(&run, entry, recorded)).collect();
        Ok(Self { rows, run })
    }

    /// The run it is of.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Its rows, oldest first.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The hash of the journal's last entry for this run.
    pub fn head(&self) -> &str {
        self.rows.last().map_or(journal::GENESIS, |row| row.entry.hash.as_str())
    }

    /// A name for a file of it, without extension.
    pub fn file_name(&self) -> String {
        text::file_name(&self.run)
    }

    /// Writes it.
    ///
    /// # Errors
    /// [`ReportError::Write`].
    pub fn write(&self, format: Format, out: &mut dyn Write) -> Result<(), ReportError> {
        match format {
            Format::Markdown => markdown::write(self, out)?,
            Format::Csv => csv::write(self, out)?,
            Format::JsonLines => self.write_json_lines(&JsonLines::default(), out)?,
        }
        Ok(())
    }

    /// How the run ended, in words.
    pub(crate) fn ending(run: &Run) -> String {
        match run.state() {
            State::Active => "not finished".to_owned(),
            State::Finished(at) => format!("finished {}", text::time(*at)),
            State::Abandoned { at, reason } => format!("abandoned {}: {reason}", text::time(*at)),
        }
    }
}
