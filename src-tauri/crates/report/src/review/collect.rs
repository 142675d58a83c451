//! The pass over a run's entries that a review is made from.

use jiff::Timestamp;
use journal::Journal;
use run::{Attachment, Event, NoteTag, Recorded, Run, RunId};
use runbook::StepId;

use crate::ReportError;
use crate::review::activity::Watch;
use crate::review::people::Parts;
use crate::review::{Review, inputs};
use crate::text::{self, time};
use crate::timeline::{absorb, recorded};

pub(crate) use crate::review::inputs::Taken;

/// Something that went otherwise than the runbook says.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Deviation {
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    /// What kind: `skipped`, `retried`.
    pub(crate) kind: &'static str,
    pub(crate) text: String,
}

/// Something that was kept by its content.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evidence {
    pub(crate) seq: u64,
    pub(crate) step: Option<StepId>,
    pub(crate) label: String,
    pub(crate) kept: Attachment,
}

/// A note, by whom and when.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Noted {
    pub(crate) at: Timestamp,
    pub(crate) by: String,
    pub(crate) text: String,
}

pub(crate) fn collect(journal: &Journal, id: &RunId) -> Result<Review, ReportError> {
    let mut run: Option<Run> = None;
    let (mut watch, mut parts, mut head) = (Watch::default(), Parts::default(), String::new());
    let (mut deviations, mut broken_glass, mut evidence) = (Vec::new(), Vec::new(), Vec::new());
    let (mut impact, mut well, mut badly, mut actions) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut approvals = Vec::new();
    journal.each(id, &mut |entry| {
        let recorded = recorded(&entry)?;
        let before = run.as_ref().map_or(recorded.at, Run::last);
        let run = absorb(&mut run, id, recorded.clone())?;
        head = entry.hash;
        watch.see(run, &recorded, before);
        parts.see(&recorded);
        let event = &recorded.event;
        broken_glass.extend(inputs::broke_glass(event));
        if let Some(kind) = deviates(event) {
            let text = text::sentence(run, event);
            deviations.push(Deviation { seq: recorded.seq, at: recorded.at, kind, text });
        }
        if let Some(kept) = event.attachment() {
            let (step, label) = (event.step().cloned(), label(event));
            evidence.push(Evidence { seq: recorded.seq, step, label, kept: kept.clone() });
        }
        if let Some((tag, text)) = inputs::tagged(event) {
            let noted = Noted { at: recorded.at, by: recorded.actor.clone(), text: text.to_owned() };
            match tag {
                NoteTag::Impact => impact.push(noted),
                NoteTag::WentWell => well.push(noted),
                NoteTag::WentBadly => badly.push(noted),
            }
        }
        if let Event::PlanApproved { step, .. } = event {
            approvals.push((recorded.at, step.clone()));
        }
        actions.extend(inputs::taken(event));
        Ok::<_, ReportError>(())
    })?;
    let run = run.ok_or(ReportError::Empty)?;
    Ok(Review {
        seal: None,
        spans: watch.finish(),
        approvals,
        parts: parts.finish(&run),
        head,
        deviations,
        broken_glass,
        evidence,
        impact,
        well,
        badly,
        actions,
        run,
    })
}

/// How an event departs from what the runbook says, if it does.
fn deviates(event: &Event) -> Option<&'static str> {
    match event {
        event if inputs::broke_glass(event).is_some() => Some("glass broken"),
        Event::Skipped { .. } => Some("skipped"),
        Event::ApplyStarted { attempt, .. } if *attempt > 1 => Some("retried"),
        Event::FailureFollowed { .. } => Some("failure followed"),
        Event::PlanRefused { .. } => Some("plan refused"),
        Event::ReadFailed { .. }
        | Event::PlanFailed { .. }
        | Event::ApplyFailed { .. }
        | Event::VerifyFailed { .. } => Some("failed"),
        Event::ApplyBrokeOff { .. } => Some("broke off"),
        Event::Resumed => Some("interrupted"),
        Event::ClockJumped { .. } | Event::ClockCompared { .. } => Some("clock"),
        Event::RunAbandoned { .. } => Some("abandoned"),
        _ => None,
    }
}

/// What something that was kept is.
fn label(event: &Event) -> String {
    if let Event::Attached { name, .. } = event {
        return format!("attached: {name}");
    }
    match event {
        Event::PlanReady { .. } => "plan",
        Event::ReadFinished { .. } | Event::VerifyFinished { .. } => "what was found",
        _ => "what was done",
    }
    .to_owned()
}

impl Noted {
    /// The note with who wrote it, and when.
    pub(crate) fn line(&self) -> String {
        format!("{} ({}, {})", self.text, self.by, time(self.at))
    }
}

impl Parts {
    /// Counts an entry for whoever made it.
    fn see(&mut self, entry: &Recorded) {
        self.entry(&entry.actor, entry.at);
        if let Event::PlanApproved { by, digest, .. } = &entry.event {
            self.approved(by, digest.short(), entry.at);
        }
    }
}
