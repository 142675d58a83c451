//! What a review asks of an event and of a run, each said once.

use run::{Event, How, Mark, NoteTag, Run};
use runbook::Clock;

/// What a note is for, when it says so, and its text.
pub(crate) fn tagged(event: &Event) -> Option<(NoteTag, &str)> {
    match event {
        Event::Noted { tag: Some(tag), text, .. } => Some((*tag, text)),
        _ => None,
    }
}

/// What somebody undertook to change.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Taken {
    pub(crate) what: String,
    pub(crate) owner: String,
    pub(crate) due: Option<String>,
}

/// What somebody undertook to change.
pub(crate) fn taken(event: &Event) -> Option<Taken> {
    match event {
        Event::CorrectiveAction { what, owner, due } => Some(Taken {
            what: what.clone(),
            owner: owner.clone(),
            due: due.map(|day| day.strftime("%-d %B %Y").to_string()),
        }),
        _ => None,
    }
}

/// What was done by one person alone where two are asked for, and why.
pub(crate) fn broke_glass(event: &Event) -> Option<String> {
    match event {
        Event::PlanApproved { digest, by, how: How::BrokeGlass { reason }, .. } => {
            let plan = digest.short();
            Some(format!("plan {plan} was approved by {by} alone, without a second person: {reason}"))
        }
        _ => None,
    }
}

/// Every clock of the incident, in order, with what it said if it was read off.
pub(crate) fn marks(run: &Run) -> impl Iterator<Item = (&'static str, Option<Mark>)> {
    Clock::ALL.into_iter().map(|clock| (clock.words(), run.clock(clock)))
}
