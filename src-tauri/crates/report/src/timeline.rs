//! What happened in a run, in order, in words.

use std::io::Write;

use jiff::Timestamp;
use journal::{Entry, Journal};
use run::{FoldError, Recorded, Run, RunId, State};

use crate::{JsonLines, csv, markdown, text};

/// A run's timeline.
///
/// It holds how the run stands; its entries are read again when they are written, so that a long run takes no more memory
/// than a short one.
#[derive(Debug, Clone)]
pub struct Timeline {
    pub(crate) run: Run,
    pub(crate) head: String,
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
    Fold(#[from] FoldError),
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
        let event = recorded(&entry)?.event;
        let step = event.step().map(|id| {
            let title = run.runbook().step(id).map(|step| step.title.clone());
            (id.to_string(), title.unwrap_or_default())
        });
        Ok(Self { kind: text::kind(&event), text: text::sentence(run, &event), step, entry })
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

/// The entry after those that `run` is folded from, folded into it too.
pub(crate) fn absorb<'r>(
    run: &'r mut Option<Run>,
    id: &RunId,
    recorded: Recorded,
) -> Result<&'r mut Run, FoldError> {
    match run {
        None => Ok(run.insert(Run::fold(id.clone(), [recorded])?)),
        Some(run) => {
            run.absorb(recorded)?;
            Ok(run)
        }
    }
}

/// Shows each entry of a run, in words. What was written since it was folded is not part of it.
pub(crate) fn rows(
    run: &Run,
    journal: &Journal,
    seen: &mut dyn FnMut(Row) -> Result<(), ReportError>,
) -> Result<(), ReportError> {
    journal.each(run.id(), &mut |entry| match entry.seq <= run.seq() {
        true => seen(Row::new(run, entry)?),
        false => Ok(()),
    })
}

impl Timeline {
    /// The timeline of a run of a journal.
    ///
    /// # Errors
    /// Entries that can't be read by this version, or that aren't a run.
    pub fn new(journal: &Journal, id: &RunId) -> Result<Self, ReportError> {
        let (mut run, mut head) = (None, String::new());
        journal.each(id, &mut |entry| {
            absorb(&mut run, id, recorded(&entry)?)?;
            head = entry.hash;
            Ok::<_, ReportError>(())
        })?;
        Ok(Self { run: run.ok_or(ReportError::Empty)?, head })
    }

    /// The run it is of.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Shows its rows, oldest first. `journal` is the one that it was made of.
    ///
    /// # Errors
    /// Entries that can't be read; what `seen` says.
    pub fn rows(
        &self,
        journal: &Journal,
        seen: &mut dyn FnMut(Row) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        rows(&self.run, journal, seen)
    }

    /// The hash of the last of the journal's entries that it is made of.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// A name for a file of it, without extension.
    pub fn file_name(&self) -> String {
        text::file_name(&self.run)
    }

    /// Writes it. `journal` is the one that it was made of.
    ///
    /// # Errors
    /// What can't be read or written.
    pub fn write(&self, format: Format, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
        match format {
            Format::Markdown => markdown::write(self, journal, out),
            Format::Csv => csv::write(self, journal, out),
            Format::JsonLines => self.write_json_lines(&JsonLines::default(), journal, out),
        }
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
