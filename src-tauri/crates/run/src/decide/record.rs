//! What may be written down at any time, even after the end: notes, evidence, corrective actions, clocks.

use jiff::{SignedDuration, Timestamp};
use runbook::Clock;

use super::said;
use crate::{Command, Event, Rejection, Run};

/// How far in the future a clock may lie that somebody reads off: theirs need not be this machine's.
const AHEAD: SignedDuration = SignedDuration::from_secs(60);

/// Whether a command only writes something down.
pub(super) fn is_always(command: &Command) -> bool {
    matches!(
        command,
        Command::Note { .. } | Command::Attach { .. } | Command::Correct { .. } | Command::Mark { .. }
    )
}

pub(super) fn decide(run: &Run, command: &Command, now: Timestamp) -> Result<Vec<Event>, Rejection> {
    if let Command::Note { step: Some(step), .. } | Command::Attach { step: Some(step), .. } = command {
        run.find(step)?;
    }
    let event = match command {
        Command::Note { step, text, tag } => {
            Event::Noted { step: step.clone(), text: said(text).ok_or(Rejection::NoText)?, tag: *tag }
        }
        Command::Attach { step, name, media, file } => {
            let (name, media) = (said(name).ok_or(Rejection::NoText)?, media.clone());
            Event::Attached { step: step.clone(), name, media, file: file.clone() }
        }
        Command::Correct { what, owner, due } => Event::CorrectiveAction {
            what: said(what).ok_or(Rejection::NoText)?,
            owner: said(owner).ok_or(Rejection::NoOwner)?,
            due: *due,
        },
        Command::Mark { clock, at } => mark(run, *clock, *at, now)?,
        _ => return Ok(vec![]),
    };
    Ok(vec![event])
}

/// What a clock says, if it can be so: not in the future, and nothing before the outage began.
pub(super) fn mark(run: &Run, clock: Clock, at: Timestamp, now: Timestamp) -> Result<Event, Rejection> {
    if at.duration_since(now) > AHEAD {
        return Err(Rejection::ClockAhead { clock, at });
    }
    let of = |clock| run.time_of(clock).map(|at| (clock, at));
    let against = match clock {
        Clock::OutageBegan => {
            let known = Clock::ALL.into_iter().filter(|other| *other != clock).filter_map(of);
            known.min_by_key(|(_, at)| *at).filter(|(_, first)| at > *first)
        }
        _ => of(Clock::OutageBegan).filter(|(_, began)| at < *began),
    };
    match against {
        None => Ok(Event::Marked { clock, at }),
        Some((other, known)) => Err(Rejection::ClockOrder { clock, at, other, known }),
    }
}
