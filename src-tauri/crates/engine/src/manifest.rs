//! What became of every photo, as a table that a spreadsheet reads.

use std::io::{self, Write};

use action::{Failure, Source};
use journal::{Journal, JournalError};
use run::{Digest, Event, FoldError, RunId};
use runbook::StepId;

/// Why there is no such table.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// The journal can't be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// There is no such run.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// No plan for photos was applied in the step.
    #[error("no plan for photos was applied in step {step} of this run. {}", next(.others))]
    None {
        /// The step.
        step: StepId,
        /// Steps in which one was.
        others: Vec<StepId>,
    },
    /// The plan can't be read back, or the table can't be written.
    #[error("{}", .0)]
    Table(#[from] Box<Failure>),
}

fn next(others: &[StepId]) -> String {
    match others {
        [] => "There is none in any of its steps.".to_owned(),
        others => {
            let names: Vec<_> = others.iter().map(StepId::as_str).collect();
            format!("Name one in which there was: {}.", names.join(", "))
        }
    }
}

/// Writes what became of each item of the plan that was applied last in a step, as CSV: see
/// [`action::photos::manifest::csv`].
///
/// # Errors
/// [`ManifestError::None`] when no plan for photos was applied there; a journal that can't be read.
pub fn result_manifest(
    journal: &Journal,
    run: &RunId,
    step: &StepId,
    into: &mut dyn Write,
) -> Result<(), ManifestError> {
    let entries = journal.read(run)?;
    if entries.is_empty() {
        return Err(FoldError::Empty(run.clone()).into());
    }
    let mut photos: Vec<StepId> = Vec::new();
    let mut last = None;
    let mut planned = false;
    for entry in &entries {
        match &entry.event {
            Event::PlanStarted { step: at, action, .. } if at == step => planned = has_manifest(action),
            Event::ApplyFinished { step: at, digest, evidence, .. }
            | Event::ApplyFailed { step: at, digest, evidence, .. }
            | Event::ApplyBrokeOff { step: at, digest, evidence }
                if at == step && planned =>
            {
                last = Some((digest.clone(), evidence.digest.clone()));
            }
            Event::PlanStarted { step: at, action, .. } if has_manifest(action) && !photos.contains(at) => {
                photos.push(at.clone());
            }
            _ => {}
        }
    }
    let Some((plan, evidence)) = last else {
        return Err(ManifestError::None { step: step.clone(), others: photos });
    };
    let open = |digest: &Digest| -> io::Result<Source> {
        Ok(Box::new(journal.attachment(digest).map_err(io::Error::other)?))
    };
    let plan = open(&plan).map_err(|why| Box::new(Failure::Record(why)))?;
    action::photos::manifest::csv(plan, &|| open(&evidence), into).map_err(Box::new)?;
    Ok(())
}

/// Whether an action's plans can be written as such a table, once they were applied.
pub fn has_manifest(action: &str) -> bool {
    matches!(action, "photos.restore" | "photos.undelete" | "photos.rewind")
}
