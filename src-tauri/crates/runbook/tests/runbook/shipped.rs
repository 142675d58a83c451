//! The shipped runbooks.

use std::fmt::Write as _;
use std::time::Duration;

use runbook::library::SHIPPED;
use runbook::{OnFailure, Runbook, StepKind};

use crate::TODAY;

fn shipped() -> impl Iterator<Item = (&'static str, Runbook)> {
    SHIPPED.into_iter().map(|(id, text)| {
        let parsed = runbook::lint(text.as_bytes(), &format!("{id}.md"), true, TODAY);
        assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
        (id, parsed.runbook.unwrap())
    })
}

#[test]
fn they_are_clean_even_under_strict() {
    for (id, runbook) in shipped() {
        assert_eq!(runbook.id, id);
        assert!(runbook.estimate() <= Duration::from_secs(24 * 3_600));
    }
}

#[test]
fn their_steps_are_these() {
    for (id, runbook) in shipped() {
        insta::assert_snapshot!(id, outline(&runbook));
    }
}

#[test]
fn every_step_says_what_success_looks_like() {
    for (id, runbook) in shipped() {
        for step in runbook.steps() {
            let asks = matches!(step.kind, StepKind::Decision { .. });
            assert!(asks || step.expect.is_some(), "{id}: {}", step.id);
            assert!(step.estimate.is_some(), "{id}: {}", step.id);
        }
    }
}

#[test]
fn obliterated_data_is_looked_for_before_anything_is_restored() {
    for (id, runbook) in shipped() {
        let at = |step: &str| runbook.steps().position(|other| other.id.as_str() == step).unwrap();
        let register = at("obliteration");
        let restore = at(match id {
            "restore-on-premises" => "files",
            "undelete-badge-photos" => "undelete",
            _ => "restore",
        });
        assert!(register < restore, "{id}");
        assert!(!runbook.step(&"obliteration".into()).unwrap().checks.is_empty());
    }
}

fn outline(runbook: &Runbook) -> String {
    let mut outline = String::new();
    for phase in &runbook.phases {
        writeln!(outline, "{}", phase.title).unwrap();
        for step in &phase.steps {
            let kind = match &step.kind {
                StepKind::Manual => "manual".to_owned(),
                StepKind::Action { action, with } => {
                    format!("{action} {with:?}", with = with.keys().collect::<Vec<_>>())
                }
                StepKind::Decision { options } => options
                    .iter()
                    .map(|o| format!("{} -> {}", o.label, o.goto))
                    .collect::<Vec<_>>()
                    .join(", "),
                StepKind::Wait(_) => "wait".to_owned(),
                StepKind::Communicate { audience, .. } => format!("tell: {audience}"),
            };
            let effect = step.effect().map(|effect| format!(" [{}]", effect.word())).unwrap_or_default();
            let role = step.role.word();
            let checks = step.checks.len();
            writeln!(outline, "  {} ({role}, {checks} checks){effect}: {kind}", step.id).unwrap();
            if let OnFailure::GoTo(goto) = &step.on_failure {
                writeln!(outline, "    if it fails: {goto}").unwrap();
            }
        }
    }
    outline
}
