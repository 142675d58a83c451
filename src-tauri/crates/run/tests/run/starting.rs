//! What a run may start with.

use std::collections::BTreeMap;

use action::Environment;
use run::{Mode, Request, StartError, default_in};

use crate::world::{EVERYTHING, emulator, everything, first, instant, production, request};

/// A runbook with these parameters, one per line.
fn asking(parameters: &str) -> String {
    let lines: String = parameters.lines().map(|line| format!("  {}\n", line.trim())).collect();
    format!("---\nparameters:\n{lines}---\n# Asking\n\n### One\n")
}

fn given(source: &str, values: &[(&str, &str)]) -> Request {
    let parameters = values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Request { parameters: parameters.collect(), ..request(source) }
}

fn why(request: Request) -> String {
    request.check().unwrap_err().to_string()
}

#[test]
fn a_start_keeps_all_it_was_asked_with() {
    let asked = Request {
        operator: "  Sam ".into(),
        outage_began: Some(instant("2026-11-24T02:30:00Z")),
        ..everything()
    };
    let start = asked.clone().check().unwrap();
    assert_eq!((start.runbook.as_str(), start.operator.as_str()), ("everything", "Sam"));
    assert_eq!((start.source.as_str(), start.mode), (EVERYTHING, Mode::Exercise));
    assert_eq!((start.environment, start.declared), (asked.environment, asked.declared));
    assert_eq!(start.outage_began, asked.outage_began);
    let want =
        [("at", "2026-11-24T02:00:00Z"), ("bucket", "veonics-photos"), ("reopen", "2026-11-24T06:00:00Z")];
    assert_eq!(start.parameters, want.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

#[test]
fn a_mode_keeps_to_its_environments() {
    let practice = Environment::practice("http://127.0.0.1:9311");
    for (environment, exercise, real) in
        [(practice, true, false), (emulator(), true, true), (production(), false, true)]
    {
        for (mode, allowed) in [(Mode::Exercise, exercise), (Mode::Rehearsal, real), (Mode::Incident, real)] {
            let environment = environment.clone();
            let name = environment.name.clone();
            match (Request { mode, environment, ..everything() }.check(), allowed) {
                (Ok(start), true) => assert_eq!((start.mode, start.environment.name), (mode, name)),
                (Err(StartError::Mode { mode: told, environment }), false) => {
                    assert_eq!((told, environment), (mode, name));
                }
                (other, _) => panic!("{mode:?} on {name}: {other:?}"),
            }
        }
    }
    let real = why(Request { environment: production(), ..everything() });
    assert!(real.contains("production") && real.contains("--env practice"), "{real}");
    for (mode, word) in [(Mode::Incident, "an incident"), (Mode::Rehearsal, "a rehearsal")] {
        let practice = why(Request { mode, ..everything() });
        assert!(practice.contains("--mode exercise") && practice.contains(word), "{practice}");
    }
}

#[test]
fn an_environment_that_is_wrong_is_named_before_anything_else_is_asked() {
    let foreign = Environment { region: "eu-west-1".into(), ..production() };
    let asked =
        Request { environment: foreign, mode: Mode::Exercise, operator: String::new(), ..everything() };
    let why = why(asked);
    assert!(why.contains("eu-west-1") && why.contains("us-east-1"), "{why}");
}

#[test]
fn a_runbook_with_errors_does_not_start_and_its_first_error_is_told() {
    let source = first("action: photos.vanish");
    let why = why(request(&source));
    assert!(why.contains("runbook.md has 1 error(s)") && why.contains("`lifeboat lint`"), "{why}");
    assert!(why.contains("unknown-action"), "a warning is not told as the reason: {why}");
}

#[test]
fn the_operator_has_a_name_and_the_times_are_in_order() {
    let nobody = why(Request { operator: " \t".into(), ..everything() });
    assert!(nobody.contains("--as NAME"), "{nobody}");
    let late = Some(instant("2026-11-24T03:00:01Z"));
    let late = why(Request { outage_began: late, ..everything() });
    assert!(late.contains("correct one of the two"), "{late}");
    let same = Some(everything().declared);
    Request { outage_began: same, ..everything() }.check().unwrap();
}

#[test]
fn parameters_that_are_missing_are_all_named() {
    let two = asking("a: { type: text }\nb: { type: integer }\nc: { type: text, required: false }");
    let both = why(request(&two));
    assert_eq!(both, "the runbook needs a, b; give them (`--set a=VALUE`)");
    let one = why(given(&two, &[("a", "x")]));
    assert_eq!(one, "the runbook needs b; give it (`--set b=VALUE`)");
    let start = given(&two, &[("a", "x"), ("b", "7")]).check().unwrap();
    assert_eq!(start.parameters["c"], "", "an optional one is empty");
}

#[test]
fn a_parameter_nobody_asked_for_is_refused_with_those_there_are() {
    let some = why(given(&asking("a: { type: text }\nb: { type: text }"), &[("c", "x")]));
    assert_eq!(some, "the runbook has no parameter \"c\"; it has: a, b");
    let none = why(given("# Bare\n\n### One\n", &[("c", "x")]));
    assert_eq!(none, "the runbook has no parameter \"c\"; it has none");
}

#[test]
fn a_value_is_checked_by_its_type_and_kept_in_its_normal_form() {
    for (kind, typed, kept) in [
        ("text", " hello ", Some("hello")),
        ("integer", "007", Some("7")),
        ("integer", "seven", None),
        ("boolean", "TRUE", Some("true")),
        ("boolean", "yes", None),
        ("choice, choices: [leave, delete]", "delete", Some("delete")),
        ("choice, choices: [leave, delete]", "keep", None),
        ("timestamp", "2026-11-24T04:14:00+01:00", Some("2026-11-24T03:14:00Z")),
        ("timestamp", "2026-11-24T03:14:00", None),
        ("timestamp", "yesterday", None),
        ("duration", "1h30m", Some("1h30m")),
        ("duration", "90", None),
        ("bucket", "veonics-photos", Some("veonics-photos")),
        ("bucket", "Veonics Photos", None),
        ("region", "us-west-2", Some("us-west-2")),
        ("region", "eu-central-1", None),
        ("db_instance", "Portal", Some("portal")),
        ("snapshot", "9", None),
        ("text", "  ", None),
    ] {
        let source = asking(&format!("value: {{ type: {kind} }}"));
        match (given(&source, &[("value", typed)]).check(), kept) {
            (Ok(start), Some(kept)) => assert_eq!(start.parameters["value"], kept, "{kind}: {typed}"),
            (Err(StartError::Value { name, why }), None) => {
                assert_eq!(name, "value");
                assert!(!why.is_empty(), "{kind}: {typed}");
            }
            (other, _) => panic!("{kind}: {typed}: {other:?}"),
        }
    }
}

#[test]
fn a_default_comes_from_the_environment_unless_a_value_is_given() {
    let source = asking("bucket: { type: bucket, default: \"${env.photos.bucket}\" }");
    let start = request(&source).check().unwrap();
    assert_eq!(start.parameters["bucket"], "veonics-photos");
    let start = given(&source, &[("bucket", "another-one")]).check().unwrap();
    assert_eq!(start.parameters["bucket"], "another-one");
    let bare = Environment { photos: None, ..emulator() };
    let missing = why(Request { environment: bare.clone(), ..request(&source) });
    assert!(missing.contains("--set bucket=VALUE"), "{missing}");

    let runbook = runbook::parse(&source, "runbook.md").runbook.unwrap();
    assert_eq!(default_in(&runbook.parameters[0], &emulator()).as_deref(), Some("veonics-photos"));
    assert_eq!(default_in(&runbook.parameters[0], &bare), None);
    let wrong = Environment::practice("http://127.0.0.1:9311");
    let photos =
        wrong.photos.clone().map(|photos| action::environment::Photos { bucket: "No".into(), ..photos });
    let wrong = why(Request { environment: Environment { photos, ..wrong }, ..request(&source) });
    assert!(wrong.starts_with("bucket: \"No\" is not"), "a default is checked as well: {wrong}");
}

#[test]
fn a_start_survives_json() {
    let start = everything().check().unwrap();
    let json = serde_json::to_string(&start).unwrap();
    assert_eq!(serde_json::from_str::<run::Start>(&json).unwrap(), start);
    assert_eq!(BTreeMap::from_iter(start.parameters).len(), 3);
}
