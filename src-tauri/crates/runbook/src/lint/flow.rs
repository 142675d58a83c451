//! Where steps lead: ids, gotos, what can be reached, and how long it takes.

use std::collections::HashMap;
use std::ops::Range;
use std::time::Duration;

use crate::diagnostic::Code;
use crate::model::{OnFailure, Step, StepId, StepKind, WaitFor};
use crate::parse::{Draft, StepPlaces};
use crate::report::Report;
use crate::value;

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    let steps: Vec<&Step> = draft.runbook.steps().collect();
    let mut index: HashMap<&StepId, usize> = HashMap::new();
    for (at, step) in steps.iter().enumerate() {
        let Some(first) = index.get(&step.id).copied() else {
            index.insert(&step.id, at);
            continue;
        };
        let line = steps.get(first).map_or(0, |first| first.line);
        let message = format!("the step {} is already there, in line {line}", step.id);
        let hint = "Give one of them an `id:` of its own in its block, or another heading.";
        report.add(
            Code::DuplicateStep,
            draft.places.get(at).map(|p| p.of("id")).unwrap_or_default(),
            message,
            hint,
        );
    }
    let mut good = true;
    let mut ways = Vec::with_capacity(steps.len());
    for (at, (step, places)) in steps.iter().zip(&draft.places).enumerate() {
        let mut targets = Vec::new();
        for (goto, span) in gotos(step, places) {
            match index.get(goto) {
                Some(target) if *target > at => targets.push(*target),
                Some(_) => {
                    let back = if *goto == step.id {
                        "itself".to_owned()
                    } else {
                        format!("the earlier step {goto}")
                    };
                    let message = format!("the step {} leads back to {back}", step.id);
                    let hint = "A run only goes forward, so that it ends. Lead to a later step.";
                    report.add(Code::Cycle, span, message, hint);
                    good = false;
                }
                None => {
                    let near = report.nearest(goto.as_str(), index.keys().map(|id| id.as_str()));
                    let hint = near.map_or_else(
                        || "Give the id of a later step: its `id:`, or its heading in lower case with hyphens.".to_owned(),
                        |near| format!("Did you mean {near}?"),
                    );
                    report.add(Code::UnknownStep, span, format!("there is no step {goto}"), hint);
                    good = false;
                }
            }
        }
        ways.push(targets);
    }
    if good && index.len() == steps.len() {
        unreachable(draft, &steps, &ways, report);
    }
    over_rto(draft, &steps, &index, report);
}

/// The steps that a step names, and where it does.
fn gotos<'a>(step: &'a Step, places: &StepPlaces) -> Vec<(&'a StepId, Range<usize>)> {
    let mut gotos = Vec::new();
    if let StepKind::Decision { options } = &step.kind {
        gotos.extend(
            options.iter().map(|option| (&option.goto, places.of(&format!("decision.{}", option.label)))),
        );
    }
    if let OnFailure::GoTo(goto) = &step.on_failure {
        gotos.push((goto, places.of("on_failure")));
    }
    gotos
}

fn unreachable(draft: &Draft<'_>, steps: &[&Step], ways: &[Vec<usize>], report: &mut Report) {
    let mut reached = vec![false; steps.len() + 1];
    reached[..1].fill(true);
    for (at, (step, targets)) in steps.iter().zip(ways).enumerate() {
        if !reached.get(at).copied().unwrap_or_default() {
            let message = format!("no way leads to the step {}", step.id);
            let hint =
                "A decision before it jumps over it: let one of its answers lead here, or remove the step.";
            let span = draft.places.get(at).map(|places| places.heading.clone()).unwrap_or_default();
            report.add(Code::UnreachableStep, span, message, hint);
            continue;
        }
        let next = (!matches!(step.kind, StepKind::Decision { .. })).then_some(at + 1);
        for target in targets.iter().copied().chain(next) {
            if let Some(reached) = reached.get_mut(target) {
                *reached = true;
            }
        }
    }
}

/// The longest way through the runbook, when nothing fails, against the objective.
fn over_rto(draft: &Draft<'_>, steps: &[&Step], index: &HashMap<&StepId, usize>, report: &mut Report) {
    let Some(rto) = draft.runbook.objectives.rto else { return };
    let mut left = vec![Duration::ZERO; steps.len() + 1];
    for (at, step) in steps.iter().enumerate().rev() {
        let from = |target: usize| left.get(target).copied().unwrap_or_default();
        let after = match &step.kind {
            StepKind::Decision { options } => options
                .iter()
                .filter_map(|option| index.get(&option.goto).copied().filter(|target| *target > at))
                .map(from)
                .max()
                .unwrap_or_default(),
            _ => from(at + 1),
        };
        let own = match step.kind {
            StepKind::Wait(WaitFor::Duration(length)) => step.estimate.unwrap_or(length),
            _ => step.estimate.unwrap_or_default(),
        };
        if let Some(left) = left.get_mut(at) {
            *left = own.saturating_add(after);
        }
    }
    let total = left.first().copied().unwrap_or_default();
    if total > rto {
        let (total, rto) = (value::in_short(total), value::in_short(rto));
        let message = format!("the estimates add up to {total}, and the RTO is {rto}");
        let hint = "Make it shorter, or agree on another objective with the owner.";
        report.add(Code::OverRto, draft.front.rto_span.clone(), message, hint);
    }
}
