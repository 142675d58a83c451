//! Who takes part, and who may do what.

use runbook::{Role, StepId};

use super::said;
use crate::same_person;
use crate::{Command, Event, Rejection, Run};

pub(super) fn decide(run: &Run, command: &Command) -> Result<Vec<Event>, Rejection> {
    let event = match command {
        Command::Join { person, role: Role::Operator } => {
            return Err(Rejection::OneOperator {
                person: person.clone(),
                operator: run.operator().to_owned(),
            });
        }
        Command::Join { person, role } => {
            let person = said(person).ok_or(Rejection::NoName)?;
            if run.present(&person).is_some_and(|known| known.roles.contains(role)) {
                return Ok(vec![]);
            }
            Event::Joined { person, role: *role }
        }
        Command::Leave { person } if same_person(person, run.operator()) => {
            return Err(Rejection::OperatorLeaves(run.operator().to_owned()));
        }
        Command::Leave { person } => match run.present(person) {
            Some(known) => Event::Left { person: known.name.clone() },
            None => return Err(Rejection::NotThere(person.clone())),
        },
        Command::HandOver { to } => {
            let to = said(to).ok_or(Rejection::NoName)?;
            if same_person(&to, run.operator()) {
                return Ok(vec![]);
            }
            Event::HandedOver { to }
        }
        _ => return Ok(vec![]),
    };
    Ok(vec![event])
}

/// Whether `actor` has the role that a step asks for, where that counts.
pub(super) fn may(run: &Run, step: &StepId, actor: &str) -> Result<(), Rejection> {
    let step = run.at(step)?;
    let holds = run.present(actor).is_some_and(|person| person.roles.contains(&step.role));
    if step.role == Role::Operator || !run.is_strict() || holds {
        return Ok(());
    }
    let holders = run.holders(step.role).map(|person| person.name.clone()).collect();
    Err(Rejection::OtherRole { step: step.title.clone(), role: step.role, holders })
}
