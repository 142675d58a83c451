//! What changes things is approved first and verified afterwards.

use std::collections::HashMap;

use action::Effect;

use crate::diagnostic::Code;
use crate::model::{Approval, Step, StepKind};
use crate::parse::Draft;
use crate::report::Report;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    let steps: Vec<&Step> = draft.runbook.steps().collect();
    let called = |step: &Step| match &step.kind {
        StepKind::Action { action, .. } => Some(action.clone()),
        _ => None,
    };
    let last: HashMap<String, usize> =
        steps.iter().enumerate().filter_map(|(at, step)| Some((called(step)?, at))).collect();
    for (at, (step, places)) in steps.iter().zip(&draft.places).enumerate() {
        let Some(spec) = step.action() else { continue };
        let (id, span) = (spec.id, places.of("action"));
        match (spec.effect, step.approval) {
            (Effect::Reads, None) => {}
            (Effect::Reads, Some(_)) => {
                let message = format!("{id} only reads, so it has no plan to approve");
                report.add(Code::MisplacedKey, places.of("approval"), message, "Remove `approval:`.");
            }
            (Effect::Changes | Effect::Destroys, None) => {
                let message = format!("{id} {} things, and nobody approves it", spec.effect.word());
                let hint = "Add `approval: approver` for a second person, or `approval: operator`.";
                report.add(Code::MissingApproval, span.clone(), message, hint);
            }
            (Effect::Destroys, Some(Approval::Operator)) => {
                let message = format!("{id} destroys, so a second person must approve it");
                report.add(Code::SecondPerson, places.of("approval"), message, "Write `approval: approver`.");
            }
            (Effect::Changes | Effect::Destroys, Some(_)) => {}
        }
        let verified = spec.verified_by.iter().any(|by| last.get(*by).is_some_and(|last| *last > at));
        if spec.effect != Effect::Reads && !spec.verified_by.is_empty() && !verified {
            let by = spec.verified_by.join(" or ");
            let message = format!("no step after this one verifies what {id} {}", spec.effect.word());
            report.add(
                Code::UnverifiedChange,
                span,
                message,
                format!("Add a step with `action: {by}` after it."),
            );
        }
    }
}
