//! Who may approve a plan, and by what.

use action::{Effect, PlanSummary};
use runbook::{Approval, Step, StepId};

use super::{not_now, said};
use crate::same_person;
use crate::state::Work;
use crate::{Digest, Event, How, Rejection, Run, approval_text};

/// The plan that waits in a step, if it is the one that is meant.
pub(super) fn waiting<'a>(run: &'a Run, id: &StepId, asked: &Digest) -> Result<&'a PlanSummary, Rejection> {
    let waiting = match &run.step(id).work {
        Work::Planned { digest, summary, .. } if digest == asked => return Ok(summary),
        Work::Planned { digest, .. } => digest.short().to_owned(),
        _ => "none".to_owned(),
    };
    Err(Rejection::OtherPlan { asked: asked.short().to_owned(), waiting })
}

pub(super) fn approve(
    run: &Run,
    id: &StepId,
    digest: &Digest,
    by: &str,
    how: How,
    typed: Option<&str>,
) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let summary = waiting(run, id, digest)?;
    if let Some(name) = summary.typed.as_ref().filter(|name| typed.map(str::trim) != Some(name)) {
        return Err(Rejection::NotTyped(name.clone()));
    }
    let by = said(by).ok_or(Rejection::NoName)?;
    if second_person(step) {
        if let (Some(person), false) = (first_person(run, id, &by), matches!(how, How::BrokeGlass { .. })) {
            return Err(Rejection::SamePerson(person.to_owned()));
        }
        if run.is_strict() && how == How::Named {
            return Err(Rejection::NotSigned(by));
        }
    }
    match &how {
        How::BrokeGlass { .. } if !run.runbook().break_glass => return Err(Rejection::GlassStays),
        How::BrokeGlass { .. } if !second_person(step) => {
            return Err(not_now(step, "have its glass broken", "nobody else is asked for: approve the plan"));
        }
        How::Signed(signed) if !signed.is_of(&approval_text(run.id(), id, digest, &by)) => {
            return Err(Rejection::BadSignature(by));
        }
        _ => {}
    }
    let (step, digest) = (id.clone(), digest.clone());
    Ok(vec![
        Event::PlanApproved { step: step.clone(), digest: digest.clone(), by, how },
        Event::ApplyStarted { step, digest, attempt: 1 },
    ])
}

/// The one of those who can't be the second person that `by` is: who began the run, who runs it now, who asked for the
/// plan.
fn first_person<'a>(run: &'a Run, id: &StepId, by: &str) -> Option<&'a str> {
    let planner = run.step(id).planner.as_deref();
    let first = [Some(run.start().operator.as_str()), Some(run.operator()), planner];
    first.into_iter().flatten().find(|person| same_person(person, by))
}

/// Whether a step's plan needs someone other than the operator: its author says so, or its action destroys.
pub fn second_person(step: &Step) -> bool {
    step.approval == Some(Approval::Approver) || step.effect() == Some(Effect::Destroys)
}
