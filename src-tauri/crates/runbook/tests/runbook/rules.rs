//! Each rule with what breaks it and what keeps it, and each finding as people read it.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use runbook::{Code, Severity};

use crate::{TODAY, lint};

const HEAD: &str = "---\nowner: Sam\nreviewed: 2026-11-01\nobjectives: { rto: 24h, rpo: 4h }\n---\n# T\n";

const PARAMETERS: &str = "---\nowner: Sam\nreviewed: 2026-11-01\nobjectives: { rto: 24h, rpo: 4h }\nparameters:\n  \
                          bucket: { type: bucket }\n  at: { type: timestamp }\n  how: { type: choice, choices: [leave] }\n  \
                          words: { type: text }\n  some: { type: bucket, required: false }\n---\n# T\n";

/// A step with a block.
fn step(title: &str, block: &str) -> String {
    format!("### {title}\n```yaml step\n{block}\n```\n")
}

fn head(steps: &[(&str, &str)]) -> String {
    steps.iter().fold(HEAD.to_owned(), |source, (title, block)| source + &step(title, block))
}

fn with_parameters(steps: &[(&str, &str)]) -> String {
    steps.iter().fold(PARAMETERS.to_owned(), |source, (title, block)| source + &step(title, block))
}

fn front(keys: &str) -> String {
    format!("---\n{keys}\n---\n# T\n### A\n")
}

const SURVEY: &str = "action: photos.survey\nwith: { bucket: photos, at: \"2026-11-24T03:14:00Z\" }";
const RESTORE: &str =
    "action: photos.restore\napproval: approver\nwith: { bucket: photos, at: \"2026-11-24T03:14:00Z\" }";
const VERIFY: &str = "action: photos.verify\nwith: { bucket: photos, at: \"2026-11-24T03:14:00Z\" }";

/// A rule, a source that breaks it, and a source that is close to that and doesn't.
fn cases() -> Vec<(Code, String, String)> {
    let text = |body: &str| format!("{HEAD}### A\n{body}\n");
    let prefix =
        |value: &str| head(&[("A", &format!("{SURVEY}\n").replace("at:", &format!("prefix: {value}, at:")))]);
    let survey =
        |with: &str| with_parameters(&[("A", &format!("action: photos.survey\nwith: {{ {with} }}"))]);
    let secret = |name: &str| text(&format!("{name}: hunter{}", 2));
    let at = "at: \"${at}\"";
    vec![
        (Code::TooLarge, "x".repeat(runbook::MAX_BYTES + 1), text("x")),
        (Code::TooDeep, text(&format!("{}x", "- ".repeat(50))), text(&format!("{}x", "- ".repeat(5)))),
        (Code::TooMany, text(&"a <b>\n".repeat(300)), text("a")),
        (Code::Yaml, head(&[("A", "expect: [1")]), head(&[("A", "expect: \"[1\"")])),
        (Code::YamlTab, head(&[("A", "wait:\n\tfor: 5m")]), head(&[("A", "wait:\n  for: 5m")])),
        (Code::YamlAnchor, head(&[("A", "expect: &a b\nid: *a")]), head(&[("A", "expect: \"&a *b\"")])),
        (Code::DuplicateKey, head(&[("A", "id: a\nid: b")]), head(&[("A", "id: a")])),
        (Code::UnknownKey, head(&[("A", "estimat: 5m")]), head(&[("A", "estimate: 5m")])),
        (Code::MisplacedKey, head(&[("A", "approval: approver")]), head(&[("A", "role: approver")])),
        (
            Code::MissingKey,
            head(&[("A", "communicate: { audience: all }")]),
            head(&[("A", "communicate: { audience: all, message: x }")]),
        ),
        (Code::BadValue, head(&[("A", "estimate: soon")]), head(&[("A", "estimate: 1h30m")])),
        (Code::OpenFrontMatter, "---\nowner: Sam\n# T\n### A\n".into(), HEAD.to_owned() + "### A\n"),
        (Code::OpenFence, text("```yaml step\nid: x"), text("```yaml step\nid: x\n```")),
        (Code::BlockInfo, text("```yml step\nid: x\n```"), text("```yaml\nstep: x\n```")),
        (
            Code::MisplacedBlock,
            text("> ```yaml step\n> id: x\n> ```"),
            text("> quoted\n\n```yaml step\nid: x\n```"),
        ),
        (
            Code::SecondBlock,
            text("```yaml step\nid: x\n```\n```yaml step\nid: y\n```"),
            text("```yaml step\nid: x\n```\n```yaml\nid: y\n```"),
        ),
        (
            Code::SecondKind,
            head(&[("A", "wait: { for: 5m }\ncommunicate: { audience: a, message: b }")]),
            head(&[("A", "wait: { for: 5m }")]),
        ),
        (Code::NoSteps, HEAD.replace("# T\n", "Just words.\n"), HEAD.to_owned()),
        (Code::RawHtml, text("<b>now</b>"), text("`<b>`, a < b, &lt;b&gt;")),
        (
            Code::RemoteImage,
            text("![x](https://example.com/x.png)"),
            text("![x](x.png) [x](https://example.com/x.png)"),
        ),
        (Code::UnknownAction, head(&[("A", "action: photos.surwey")]), head(&[("A", SURVEY)])),
        (
            Code::UnknownParameter,
            survey(&format!("bukket: a, bucket: photos, {at}")),
            survey(&format!("bucket: photos, {at}")),
        ),
        (Code::MissingParameter, survey(at), survey(&format!("bucket: photos, {at}"))),
        (
            Code::MissingParameter,
            survey(&format!("bucket: \"${{some}}\", {at}")),
            survey(&format!("bucket: \"${{bucket}}\", {at}")),
        ),
        (Code::IllTyped, survey("bucket: Photos!, at: \"${at}\""), survey("bucket: photos, at: \"${at}\"")),
        (
            Code::IllTyped,
            survey("bucket: photos, at: \"${bucket}\""),
            survey("bucket: \"${env.photos.bucket}\", at: \"${at}\""),
        ),
        (
            Code::IllTyped,
            survey("bucket: photos, at: \"2026-11-24\""),
            survey("bucket: photos, at: 2026-11-24T03:14:00-05:00"),
        ),
        (
            Code::IllTyped,
            survey(&format!("bucket: photos, {at}, ties: guess")),
            survey(&format!("bucket: photos, {at}, ties: \"${{how}}\"")),
        ),
        (
            Code::IllTyped,
            survey("bucket: photos, at: \"${at}!\""),
            survey(&format!("bucket: \"${{bucket}}-2\", {at}")),
        ),
        (
            Code::IllTyped,
            head(&[("A", "wait: { until: soon }")]),
            with_parameters(&[("A", "wait: { until: \"${at}\" }")]),
        ),
        (
            Code::IllTyped,
            front("parameters: { a: { type: integer, default: x } }"),
            front("parameters: { a: { type: integer, default: 3 } }"),
        ),
        (Code::ForeignRegion, prefix("backup-eu-west-1/"), prefix("backup-us-west-2/")),
        (
            Code::ForeignRegion,
            front("parameters: { r: { type: region, default: us-gov-west-1 } }"),
            front("parameters: { r: { type: region, default: us-west-1 } }"),
        ),
        (Code::BadReference, prefix("\"${a b}\""), prefix("\"$${a b}\"")),
        (
            Code::BadReference,
            front("parameters: { a: { type: text }, b: { type: text, default: \"${a}\" } }"),
            front("parameters: { b: { type: text, default: \"${env.region}\" } }"),
        ),
        (
            Code::UnknownReference,
            survey(&format!("bucket: \"${{buckets}}\", {at}")),
            survey(&format!("bucket: \"${{bucket}}\", {at}")),
        ),
        (
            Code::UnknownReference,
            head(&[("A", SURVEY), ("B", "communicate: { audience: a, message: \"${steps.a.lost}\" }")]),
            head(&[("A", SURVEY), ("B", "communicate: { audience: a, message: \"${steps.a.deleted}\" }")]),
        ),
        (
            Code::UnknownEnvPath,
            survey(&format!("bucket: \"${{env.photo.bucket}}\", {at}")),
            survey(&format!("bucket: \"${{env.photos.bucket}}\", {at}")),
        ),
        (
            Code::EarlyReference,
            head(&[("B", "communicate: { audience: a, message: \"${steps.a.deleted}\" }"), ("A", SURVEY)]),
            head(&[("A", SURVEY), ("B", "communicate: { audience: a, message: \"${steps.a.deleted}\" }")]),
        ),
        (Code::DuplicateStep, text("### A"), text("### B")),
        (
            Code::UnknownStep,
            head(&[("A", "on_failure: c"), ("B", "id: b")]),
            head(&[("A", "on_failure: b"), ("B", "id: b")]),
        ),
        (
            Code::UnreachableStep,
            head(&[("A", "decision: { \"yes\": c }"), ("B", ""), ("C", "")]),
            head(&[("A", "decision: { \"yes\": c, \"no\": b }"), ("B", ""), ("C", "")]),
        ),
        (
            Code::Cycle,
            head(&[("A", ""), ("B", "decision: { again: a, on: c }"), ("C", "")]),
            head(&[("A", ""), ("B", "decision: { on: c }"), ("C", "")]),
        ),
        (Code::Cycle, head(&[("A", "on_failure: a")]), head(&[("A", "on_failure: stop")])),
        (
            Code::EmptyDecision,
            head(&[("A", "decision: {}"), ("B", "")]),
            head(&[("A", "decision: { \"yes\": b }"), ("B", "")]),
        ),
        (
            Code::MissingApproval,
            head(&[("A", &RESTORE.replace("approval: approver\n", "")), ("V", VERIFY)]),
            head(&[("A", RESTORE), ("V", VERIFY)]),
        ),
        (
            Code::UnverifiedChange,
            head(&[("V", VERIFY), ("A", RESTORE)]),
            head(&[("A", RESTORE), ("V", VERIFY)]),
        ),
        (Code::Secret, secret("password"), text("password: ${env.portal.url}")),
        (
            Code::OverRto,
            head(&[("A", "estimate: 20h"), ("B", "wait: { for: 5h }")]),
            head(&[
                ("A", "decision: { x: b, y: c }\nestimate: 20h"),
                ("B", "decision: { z: d }\nestimate: 4h"),
                ("C", "estimate: 4h"),
                ("D", ""),
            ]),
        ),
        (Code::MissingOwner, front("title: T"), front("owner: Sam")),
        (Code::MissingRto, front("objectives: { rpo: 1h }"), front("objectives: { rto: 1h }")),
        (Code::MissingRpo, front("objectives: { rto: 1h }"), front("objectives: { rpo: 1h }")),
        (Code::MissingReview, front("title: T"), front("reviewed: 2026-01-01")),
        (Code::StaleReview, front("reviewed: 2025-11-23"), front("reviewed: 2025-11-24")),
        (Code::FutureReview, front("reviewed: 2026-11-25"), front("reviewed: 2026-11-24")),
    ]
}

/// Rules that text alone can't break: bytes, the library, and an effect that no action of this version has.
const ELSEWHERE: [Code; 5] =
    [Code::NotUtf8, Code::Unreadable, Code::DuplicateRunbook, Code::OverridesShipped, Code::SecondPerson];

#[test]
fn each_rule_finds_what_breaks_it_and_nothing_else() {
    for (code, bad, good) in cases() {
        let shown = &bad[..bad.len().min(400)];
        let parsed = lint(&bad);
        let found: Vec<_> = parsed.diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
        assert!(found.contains(&code), "{code} is not among {found:?} in\n{shown}");
        assert_eq!(
            parsed.runbook.is_none(),
            parsed.diagnostics.iter().any(runbook::Diagnostic::is_error),
            "{shown}"
        );
        let parsed = lint(&good);
        assert!(
            parsed.diagnostics.iter().all(|d| d.code != code),
            "{code} in\n{good}\n{:?}",
            parsed.diagnostics
        );
        assert!(parsed.runbook.is_some(), "{code}:\n{good}\n{:?}", parsed.diagnostics);
    }
}

#[test]
fn every_rule_has_a_case() {
    let covered: BTreeSet<Code> = cases().into_iter().map(|(code, _, _)| code).chain(ELSEWHERE).collect();
    let left: Vec<_> = Code::ALL.iter().filter(|code| !covered.contains(code)).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn findings_read_well() {
    let mut shown = String::new();
    for (code, bad, _) in cases() {
        let parsed = lint(&bad);
        let first = parsed.diagnostics.iter().find(|diagnostic| diagnostic.code == code).unwrap();
        writeln!(shown, "{first}").unwrap();
    }
    insta::assert_snapshot!(shown);
}

#[test]
fn metadata_is_a_warning_unless_strict() {
    let source = "# T\n## Do it\n";
    let parsed = runbook::lint(source.as_bytes(), "t.md", false, TODAY);
    assert!(parsed.runbook.is_some());
    assert!(parsed.diagnostics.iter().all(|diagnostic| diagnostic.severity == Severity::Warning));
    let parsed = runbook::lint(source.as_bytes(), "t.md", true, TODAY);
    assert!(parsed.runbook.is_none());
    assert_eq!(parsed.diagnostics.len(), 4);
}

#[test]
fn findings_are_json_with_their_place() {
    let parsed = lint(&head(&[("Ä", "rôle: x")]));
    let json = serde_json::to_value(&parsed.diagnostics).unwrap();
    let expected = serde_json::json!([{
        "file": "runbook.md", "line": 9, "column": 1, "end_line": 9, "end_column": 5, "severity": "error",
        "code": "unknown-key", "message": "a step block has no key `rôle:`", "hint": "Did you mean `role:`?"
    }]);
    assert_eq!(json, expected);
}

#[test]
fn bytes_that_are_no_text_are_refused_where_they_begin() {
    let parsed = runbook::lint(b"# T\n\xC3\xA9\xFF", "t.md", false, TODAY);
    assert_eq!(parsed.runbook, None);
    let shown = parsed.diagnostics[0].to_string();
    assert!(shown.starts_with("t.md:2:2: error[not-utf8]: "), "{shown}");
}
