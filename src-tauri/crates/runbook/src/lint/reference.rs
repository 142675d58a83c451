//! What values refer to, and whether they are of the type that is asked for.

use std::collections::HashMap;
use std::ops::Range;

use action::environment::US_REGIONS;
use action::spec::{self, ActionSpec, ParamSpec};
use action::{Environment, ParamKind};

use crate::diagnostic::Code;
use crate::model::{Step, StepId, StepKind, WaitFor};
use crate::parameter::Parameter;
use crate::parse::{Draft, StepPlaces};
use crate::report::Report;
use crate::template::{Part, Reference, Template};
use crate::value::{self, ValueError};

pub(super) fn check(draft: &Draft<'_>, report: &mut Report) {
    let mut scope = Scope { parameters: HashMap::new(), outputs: HashMap::new(), done: 0 };
    for placed in &draft.front.parameters {
        default(&placed.parameter, &placed.default, report);
        scope.parameters.insert(&placed.parameter.name, &placed.parameter);
    }
    for (at, step) in draft.runbook.steps().enumerate() {
        scope.outputs.entry(&step.id).or_insert((at, step.action()));
    }
    for (at, (step, places)) in draft.runbook.steps().zip(&draft.places).enumerate() {
        scope.done = at;
        check_step(step, places, &scope, report);
    }
}

/// A default can come from the environment, or is a value itself.
fn default(parameter: &Parameter, span: &Range<usize>, report: &mut Report) {
    let Some(template) = &parameter.default else { return };
    let scope = Scope { parameters: HashMap::new(), outputs: HashMap::new(), done: 0 };
    if template.references().any(|reference| !matches!(reference, Reference::Environment(_))) {
        let message = format!("the default of {} can only refer to the environment", parameter.name);
        return report.add(Code::BadReference, span.clone(), message, "Write ${env.path}, or a value.");
    }
    let choices: Vec<&str> = parameter.choices.iter().map(String::as_str).collect();
    let into =
        Slot { what: &format!("the default of {}", parameter.name), kind: parameter.kind, choices: &choices };
    value_fits(template, span, &into, &scope, report);
}

/// What can be referred to from one step.
struct Scope<'a> {
    parameters: HashMap<&'a str, &'a Parameter>,
    /// Each step's place and its action.
    outputs: HashMap<&'a StepId, (usize, Option<&'static ActionSpec>)>,
    /// How many steps are before this one.
    done: usize,
}

/// Something that takes a value of a type.
struct Slot<'a> {
    what: &'a str,
    kind: ParamKind,
    choices: &'a [&'a str],
}

fn check_step(step: &Step, places: &StepPlaces, scope: &Scope<'_>, report: &mut Report) {
    match &step.kind {
        StepKind::Action { action, with } => match spec::find(action) {
            None => {
                let known = spec::catalog().iter().map(|spec| spec.id);
                let hint = match report.nearest(action, known.clone()) {
                    Some(near) => format!("Did you mean {near}?"),
                    None => format!("The actions are: {}.", known.collect::<Vec<_>>().join(", ")),
                };
                report.add(
                    Code::UnknownAction,
                    places.of("action"),
                    format!("there is no action {action:?}"),
                    hint,
                );
            }
            Some(spec) => {
                for (name, template) in with {
                    let span = places.of(&format!("with.{name}"));
                    match spec.param(name) {
                        Some(param) => check_param(spec, param, template, &span, scope, report),
                        None => unknown_parameter(spec, name, span, report),
                    }
                }
                for param in
                    spec.params.iter().filter(|param| param.required && !with.contains_key(param.name))
                {
                    let message = format!("{} needs `{}:`", spec.id, param.name);
                    let hint = format!("Give it under `with:`. {}", param.about);
                    report.add(Code::MissingParameter, places.of("action"), message, hint);
                }
            }
        },
        StepKind::Wait(WaitFor::Until(until)) => {
            let into = Slot { what: "`until:`", kind: ParamKind::Timestamp, choices: &[] };
            value_fits(until, &places.of("wait"), &into, scope, report);
        }
        StepKind::Communicate { message, .. } => {
            for reference in message.references() {
                kind_of(reference, &places.of("communicate"), scope, report);
            }
        }
        StepKind::Manual | StepKind::Decision { .. } | StepKind::Wait(WaitFor::Duration(_)) => {}
    }
}

fn unknown_parameter(spec: &ActionSpec, name: &str, span: Range<usize>, report: &mut Report) {
    let names = spec.params.iter().map(|param| param.name);
    let hint = match report.nearest(name, names.clone()) {
        Some(near) => format!("Did you mean `{near}:`?"),
        None => format!("It takes: {}.", names.collect::<Vec<_>>().join(", ")),
    };
    report.add(Code::UnknownParameter, span, format!("{} takes no `{name}:`", spec.id), hint);
}

fn check_param(
    spec: &ActionSpec,
    param: &ParamSpec,
    template: &Template,
    span: &Range<usize>,
    scope: &Scope<'_>,
    report: &mut Report,
) {
    let what = format!("`{}:` of {}", param.name, spec.id);
    let into = Slot { what: &what, kind: param.kind, choices: param.choices };
    value_fits(template, span, &into, scope, report);
    let empty = template.sole_reference().and_then(|reference| match reference {
        Reference::Parameter(name) => scope.parameters.get(name.as_str()),
        _ => None,
    });
    if let Some(parameter) =
        empty.filter(|parameter| !parameter.required && parameter.default.is_none() && param.required)
    {
        let message = format!("{what} needs a value, and the parameter {} may be left empty", parameter.name);
        let hint = format!("Remove `required: false` from {}, or give it a default.", parameter.name);
        report.add(Code::MissingParameter, span.clone(), message, hint);
    }
}

/// Reports a value that isn't what `into` takes.
fn value_fits(
    template: &Template,
    span: &Range<usize>,
    into: &Slot<'_>,
    scope: &Scope<'_>,
    report: &mut Report,
) {
    let literals = template.parts().iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Reference(_) => None,
    });
    if let Some(region) = literals.into_iter().find_map(foreign_region) {
        let message = format!("{region} is not in the United States, and no customer data may leave it");
        let hint = format!("Use one of: {}.", US_REGIONS.join(", "));
        return report.add(Code::ForeignRegion, span.clone(), message, hint);
    }
    if let Some(text) = template.as_literal() {
        return literal_fits(text, span, into, report);
    }
    let mut fits = true;
    for reference in template.references() {
        let Some((kind, choices)) = kind_of(reference, span, scope, report) else { continue };
        let alone = template.sole_reference().is_some();
        fits &= if alone { fits_into(into, kind, choices) } else { takes_pieces(into.kind) };
        if alone && !fits {
            let message = format!(
                "{} takes {}, and {reference} is of type {}",
                into.what,
                value::wanted(into.kind),
                kind.word()
            );
            let hint = match reference {
                Reference::Parameter(name) => {
                    format!("Give {name} the type {}, or refer to another.", into.kind.word())
                }
                _ => format!("Refer to something of type {}.", into.kind.word()),
            };
            report.add(Code::IllTyped, span.clone(), message, hint);
        }
    }
    if !fits && template.sole_reference().is_none() {
        let message = format!(
            "{} takes {}, which can't be put together from pieces",
            into.what,
            value::wanted(into.kind)
        );
        report.add(Code::IllTyped, span.clone(), message, "Give one value, or one ${name}.");
    }
}

fn literal_fits(text: &str, span: &Range<usize>, into: &Slot<'_>, report: &mut Report) {
    let Err(error) = value::check(into.kind, into.choices, text) else { return };
    let code = match error {
        ValueError::Region { .. } => Code::ForeignRegion,
        _ => Code::IllTyped,
    };
    let hint = match into.kind {
        ParamKind::Choice => format!("Write one of: {}.", into.choices.join(", ")),
        kind => format!("Correct it, or refer to something of type {}.", kind.word()),
    };
    report.add(code, span.clone(), format!("{}: {error}", into.what), hint);
}

/// Whether a value of type `kind` may be given to `into`: the same type, or any for a text.
fn fits_into(into: &Slot<'_>, kind: ParamKind, choices: &[String]) -> bool {
    match (into.kind, kind) {
        (ParamKind::Choice, ParamKind::Choice) => {
            choices.iter().all(|choice| into.choices.contains(&choice.as_str()))
        }
        (ParamKind::Text, _) | (ParamKind::Prefix, ParamKind::Text) => true,
        (wanted, given) => wanted == given,
    }
}

/// Whether a value of type `kind` may be put together from text and references.
fn takes_pieces(kind: ParamKind) -> bool {
    matches!(
        kind,
        ParamKind::Text | ParamKind::Prefix | ParamKind::Bucket | ParamKind::DbInstance | ParamKind::Snapshot
    )
}

/// The type of what a reference names; `None` when it names nothing, which has been reported then.
fn kind_of<'a>(
    reference: &Reference,
    span: &Range<usize>,
    scope: &Scope<'a>,
    report: &mut Report,
) -> Option<(ParamKind, &'a [String])> {
    match reference {
        Reference::Parameter(name) => {
            if let Some(parameter) = scope.parameters.get(name.as_str()) {
                return Some((parameter.kind, &parameter.choices));
            }
            let near = report.nearest(name, scope.parameters.keys().copied());
            let hint = near.map_or_else(
                || format!("Add {name} to `parameters:` in the front matter."),
                |near| format!("Did you mean ${{{near}}}?"),
            );
            let message = format!("{reference} names a parameter that this runbook does not have");
            report.add(Code::UnknownReference, span.clone(), message, hint);
            None
        }
        Reference::Environment(path) => {
            if Environment::PATHS.contains(&path.as_str()) {
                return Some((kind_of_path(path), &[]));
            }
            let hint = match report.nearest(path, Environment::PATHS) {
                Some(near) => format!("Did you mean ${{env.{near}}}?"),
                None => format!("An environment has: {}.", Environment::PATHS.join(", ")),
            };
            let message = format!("{reference} names nothing that an environment has");
            report.add(Code::UnknownEnvPath, span.clone(), message, hint);
            None
        }
        Reference::Output { step, name } => {
            output_kind(reference, step, name, span, scope, report).map(|kind| (kind, &[][..]))
        }
    }
}

fn output_kind(
    reference: &Reference,
    step: &StepId,
    name: &str,
    span: &Range<usize>,
    scope: &Scope<'_>,
    report: &mut Report,
) -> Option<ParamKind> {
    let Some((at, spec)) = scope.outputs.get(step) else {
        let near = report.nearest(step.as_str(), scope.outputs.keys().map(|id| id.as_str()));
        let hint = near.map_or_else(
            || "Name a step before this one.".to_owned(),
            |near| format!("Did you mean {near}?"),
        );
        let message = format!("{reference} names a step that is not there");
        report.add(Code::UnknownReference, span.clone(), message, hint);
        return None;
    };
    let outputs = spec.map_or(&[][..], |spec| spec.outputs);
    let Some(output) = outputs.iter().find(|output| output.name == name) else {
        let names = outputs.iter().map(|output| output.name).collect::<Vec<_>>().join(", ");
        let hint = if names.is_empty() {
            "Only actions leave something.".to_owned()
        } else {
            format!("It leaves: {names}.")
        };
        let message = format!("the step {step} leaves nothing called {name}");
        report.add(Code::UnknownReference, span.clone(), message, hint);
        return None;
    };
    if *at >= scope.done {
        let message = format!("{reference} is not known yet here: the step {step} comes later");
        report.add(Code::EarlyReference, span.clone(), message, "Use it in a step after that one.");
        return None;
    }
    Some(output.kind)
}

/// The type of an environment's value.
fn kind_of_path(path: &str) -> ParamKind {
    match path {
        "region" => ParamKind::Region,
        "photos.bucket" | "photos.replica_bucket" => ParamKind::Bucket,
        "photos.prefix" => ParamKind::Prefix,
        "database.instance" => ParamKind::DbInstance,
        _ => ParamKind::Text,
    }
}

/// The first AWS region in a text that is not in the United States, GovCloud and its like included.
fn foreign_region(text: &str) -> Option<String> {
    const AREAS: [&str; 14] =
        ["af", "ap", "ca", "cn", "eu", "eusc", "gov", "il", "iso", "isob", "me", "mx", "sa", "us"];
    const DIRECTIONS: [&str; 10] = [
        "north",
        "south",
        "east",
        "west",
        "central",
        "northeast",
        "northwest",
        "southeast",
        "southwest",
        "de",
    ];
    let outside = |window: &[&str]| match window {
        [area, direction, number] => {
            let digit = number.len() == 1 && number.bytes().all(|byte| byte.is_ascii_digit());
            let named = AREAS.contains(area) && DIRECTIONS.contains(direction) && digit;
            named && !US_REGIONS.contains(&window.join("-").as_str())
        }
        _ => false,
    };
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-')).find_map(|word| {
        let parts: Vec<&str> = word.split('-').collect();
        let at = parts.windows(3).position(outside)?;
        let from = if parts.get(at).is_some_and(|area| *area == "gov") { at.saturating_sub(1) } else { at };
        Some(parts.get(from..at + 3)?.join("-"))
    })
}
