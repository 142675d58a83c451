//! The draft of a post-incident review, made of nothing but what the journal says.
//!
//! Guarantee: everything in it comes from the run's entries, and every writer writes the same sections in the same
//! order. It holds what people did and what was counted; the keys of photos, and with them the names of badge
//! holders, are in the evidence alone, which it lists by digest.

mod activity;
mod bundle;
mod clocks;
mod collect;
mod csf;
mod html;
mod inputs;
mod markdown;
mod paint;
mod pdf;
mod people;
mod picture;
mod sections;
mod summary;
mod svg;

pub(crate) use bundle::{EVIDENCE, MANIFEST, TIMELINE};

use std::io::Write;

use jiff::Timestamp;
use journal::{Journal, Seal};
use run::{Mode, Run, RunId, State};
use runbook::StepId;

use crate::review::activity::Span;
use crate::review::collect::{Deviation, Evidence, Noted, Taken};
use crate::review::people::Part;
use crate::text::{capitalised, file_name};
use crate::timeline::rows;
use crate::{ReportError, Row};

/// The draft of a review of one run.
///
/// It holds what is told once: who took part, what deviated, what was kept. The entries themselves are read again when
/// they are written, so that a long run takes no more memory than a short one.
#[derive(Debug, Clone)]
pub struct Review {
    run: Run,
    head: String,
    spans: Vec<Span>,
    approvals: Vec<(Timestamp, StepId)>,
    parts: Vec<Part>,
    deviations: Vec<Deviation>,
    broken_glass: Vec<String>,
    evidence: Vec<Evidence>,
    impact: Vec<Noted>,
    well: Vec<Noted>,
    badly: Vec<Noted>,
    actions: Vec<Taken>,
    pub(crate) seal: Option<Seal>,
}

/// What a review can be written as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewFormat {
    /// Markdown.
    Markdown,
    /// HTML: one file that needs no other, and runs nothing.
    Html,
    /// PDF, tagged, with contents and page numbers.
    Pdf,
    /// All of these with the timeline and the evidence, in one file.
    Zip,
}

impl ReviewFormat {
    /// Every format, with the word people type for it, which is also the file's extension.
    pub const ALL: [(&'static str, Self); 4] =
        [("md", Self::Markdown), ("html", Self::Html), ("pdf", Self::Pdf), ("zip", Self::Zip)];

    /// The file's extension.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Zip => "zip",
        }
    }
}

impl Review {
    /// The review of a run of a journal.
    ///
    /// # Errors
    /// Entries that can't be read by this version, or that aren't a run.
    pub fn new(journal: &Journal, run: &RunId) -> Result<Self, ReportError> {
        collect::collect(journal, run)
    }

    /// With the checkpoint that seals its run: the timeline in the archive then proves itself.
    #[must_use]
    pub fn sealed(self, seal: Option<Seal>) -> Self {
        Self { seal, ..self }
    }

    /// The run it is of.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// The hash of the last of the journal's entries that it is made of.
    pub fn head(&self) -> &str {
        &self.head
    }

    /// A name for a file of it, without extension.
    pub fn file_name(&self) -> String {
        format!("review-{}", file_name(&self.run))
    }

    /// Writes it. `journal` is the one that it was made of.
    ///
    /// # Errors
    /// What can't be read or written.
    pub fn write(
        &self,
        format: ReviewFormat,
        journal: &Journal,
        out: &mut dyn Write,
    ) -> Result<(), ReportError> {
        match format {
            ReviewFormat::Markdown => markdown::write(self, journal, out),
            ReviewFormat::Html => html::write(self, journal, out),
            ReviewFormat::Pdf => pdf::write(self, journal, out),
            ReviewFormat::Zip => bundle::write(self, journal, out),
        }
    }

    /// Its title: `Post-incident review: Restore badge photos`.
    pub(crate) fn title(&self) -> String {
        let kind = match self.run.start().mode {
            Mode::Incident => "Post-incident review",
            Mode::Rehearsal => "Rehearsal review",
            Mode::Exercise => "Exercise review",
        };
        format!("{kind}: {}", self.run.runbook().title)
    }

    /// What must be seen before anything else: the mode, broken glass, and that a run hasn't ended.
    pub(crate) fn banners(&self) -> Vec<Banner> {
        let mode = self.run.start().mode;
        let text = match mode {
            Mode::Incident => "This was the real thing: real systems, real data.",
            Mode::Rehearsal => "A tested restore: real AWS, isolated targets. There was no incident.",
            Mode::Exercise => {
                "A tabletop exercise on the practice range. No real system was touched, and no real data."
            }
        };
        let mut banners = vec![Banner {
            word: capitalised(mode.word()),
            text: text.to_owned(),
            tone: BannerTone::Mode(mode),
        }];
        banners.extend(self.broken_glass.iter().map(|text| Banner {
            word: "Glass broken".to_owned(),
            text: text.clone(),
            tone: BannerTone::Alarm,
        }));
        if *self.run.state() == State::Active {
            let text = format!("This is how the run stood after entry {}. It goes on.", self.run.seq());
            banners.push(Banner { word: "Not ended".to_owned(), text, tone: BannerTone::Plain });
        }
        banners
    }

    /// Shows each of its entries, in words.
    fn rows(
        &self,
        journal: &Journal,
        seen: &mut dyn FnMut(Row) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        rows(&self.run, journal, seen)
    }
}

/// What must be seen first.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Banner {
    pub(crate) word: String,
    pub(crate) text: String,
    pub(crate) tone: BannerTone,
}

/// How a banner looks; the word says the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BannerTone {
    Mode(Mode),
    Alarm,
    Plain,
}
