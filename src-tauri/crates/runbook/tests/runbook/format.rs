//! What a source becomes.

use std::time::Duration;

use runbook::{Approval, OnFailure, RecordKind, Role, Runbook, StepId, StepKind, WaitFor};

fn read(source: &str) -> Runbook {
    let parsed = runbook::parse(source, "docs/power-cut.md");
    parsed.runbook.unwrap_or_else(|| panic!("{source}\n{:?}", parsed.diagnostics))
}

/// Each phase with its steps: `Phase: id (number of checks), …`
fn shape(source: &str) -> Vec<String> {
    let steps = |phase: &runbook::Phase| {
        let steps: Vec<_> =
            phase.steps.iter().map(|step| format!("{} ({})", step.id, step.checks.len())).collect();
        format!("{}: {}", phase.title, steps.join(", "))
    };
    read(source).phases.iter().map(steps).collect()
}

#[test]
fn any_markdown_with_headings_is_a_runbook() {
    for (source, expected) in [
        ("# T\n\nintro\n\n## P\n\nwhy\n\n### A\n- [ ] x\n\n### B\n", &["P: a (1), b (0)"][..]),
        ("# T\n### A\n### B\n## P\n### C\n", &[": a (0), b (0)", "P: c (0)"]),
        (
            "# T\n## Do this\n- [ ] x\n- [ ] y\n## And that\n",
            &["Do this: do-this (2)", "And that: and-that (0)"],
        ),
        ("## P\n- [ ] first\n### A\n", &["P: p (1), a (0)"]),
        ("# Unplug it\n- [ ] x\n", &[": unplug-it (1)"]),
        ("# T\n- [ ] before\n## P\n", &[": t (1)", "P: p (0)"]),
        ("# T\n## P\n### A\n# Part two\n## Q\n### B\n", &["P: a (0)", "Part two: ", "Q: b (0)"]),
        ("Title\n=====\n\nPhase\n-----\n\n### A\n", &["Phase: a (0)"]),
        ("### A\n#### Not a step\n\n> ## Nor this\n", &[": a (0)"]),
        ("## 🔥\n##\n", &["🔥: step-1 (0)", ": step-2 (0)"]),
        ("\u{feff}# T\r\n## A\r\n- [ ] x\r\n", &["A: a (1)"]),
    ] {
        assert_eq!(shape(source), expected, "{source}");
    }
}

#[test]
fn a_title_comes_from_the_front_matter_the_heading_or_the_file() {
    for (source, title, id) in [
        ("---\ntitle: Power, back\nrunbook: power\n---\n# Other\n## A\n", "Power, back", "power"),
        ("---\ntitle: Power, back\n---\n## A\n", "Power, back", "power-back"),
        ("# Bring *power* back\n## A\n", "Bring power back", "bring-power-back"),
        ("## A\n", "power-cut", "power-cut"),
    ] {
        let runbook = read(source);
        assert_eq!((runbook.title.as_str(), runbook.id.as_str()), (title, id));
    }
}

#[test]
fn every_key_arrives() {
    let source = r#"---
runbook: all
title: All
version: 1.10
owner: Sam
reviewed: 2026-11-01
systems: [a, b]
objectives: { rto: 24h, rpo: 90m }
csf: RC.RP-01
parameters:
  bucket: { type: bucket, default: "${env.photos.bucket}", prompt: Which, help: Ask }
  at: { type: timestamp }
  how: { type: choice, choices: [leave, delete], default: leave, required: false }
---
# All
Before all.
## One
Before one.
### Ask
First *look*.
```yaml step
id: ask
decision:
  "yes": pause
  no: tell
role: approver
estimate: 5m
expect: An answer.
on_failure: tell
```
### Pause
```yaml step
wait:
  for: 1h
```
### Until
```yaml step
wait: { until: "${at}" }
```
### Restore
- [ ] a `b`
```yaml step
action: photos.restore
with:
  bucket: ${bucket}
  at: ${at}
approval: approver
timeout: 8h
record: number
```
Then wait.
### Verify
```yaml step
action: photos.verify
with: { bucket: photos, at: 2026-11-24T03:14:00Z }
```
### Tell
```yaml step
communicate:
  audience: All
  message: |
    ${steps.restore.restored} are back.
```
"#;
    let runbook = read(source);
    assert_eq!(runbook.version.as_deref(), Some("1.10"));
    assert_eq!(runbook.objectives.rpo, Some(Duration::from_secs(5_400)));
    assert_eq!((runbook.systems.len(), runbook.csf.as_slice()), (2, &["RC.RP-01".to_owned()][..]));
    assert_eq!(runbook.introduction, "<p>Before all.</p>");
    assert_eq!(runbook.phases[0].introduction, "<p>Before one.</p>");
    let [bucket, at, how] = runbook.parameters.as_slice() else { panic!("{:?}", runbook.parameters) };
    assert_eq!(
        (bucket.required, bucket.prompt.as_deref(), bucket.help.as_deref()),
        (true, Some("Which"), Some("Ask"))
    );
    assert_eq!((at.required, how.required, how.choices.len()), (true, false, 2));
    assert_eq!(at.check("2026-11-23T22:14:00-05:00").unwrap(), "2026-11-24T03:14:00Z");
    assert_eq!((how.check(" ").unwrap(), how.check("leave").unwrap()), (String::new(), "leave".to_owned()));
    assert!(how.check("keep").is_err() && bucket.check("").is_err());

    let step = |id: &str| runbook.step(&StepId::from(id)).unwrap();
    let ask = step("ask");
    assert_eq!((ask.line, ask.role, ask.estimate), (19, Role::Approver, Some(Duration::from_secs(300))));
    assert_eq!((ask.html.as_str(), ask.text.as_str()), ("<p>First <em>look</em>.</p>", "First look."));
    assert_eq!(ask.on_failure, OnFailure::GoTo("tell".into()));
    let StepKind::Decision { options } = &ask.kind else { panic!("{:?}", ask.kind) };
    let options: Vec<_> =
        options.iter().map(|option| (option.label.as_str(), option.goto.as_str())).collect();
    assert_eq!(options, [("yes", "pause"), ("no", "tell")]);
    assert_eq!(step("pause").kind, StepKind::Wait(WaitFor::Duration(Duration::from_secs(3_600))));
    let restore = step("restore");
    assert_eq!((restore.approval, restore.record), (Some(Approval::Approver), Some(RecordKind::Number)));
    assert_eq!(
        (restore.checks[0].html.as_str(), restore.checks[0].text.as_str()),
        ("a <code>b</code>", "a b")
    );
    assert_eq!(restore.text, "Then wait.");
    assert_eq!(restore.effect(), Some(action::Effect::Changes));
    assert_eq!(runbook.next_after(&restore.id).unwrap().id.as_str(), "verify");
    assert_eq!(runbook.next_after(&"tell".into()), None);
    assert_eq!(runbook.phase_of(&restore.id).unwrap().title, "One");
    let json = serde_json::to_value(&runbook).unwrap();
    assert_eq!(json["objectives"], serde_json::json!({ "rto": 86_400, "rpo": 5_400 }));
    let kinds: Vec<_> = runbook.steps().map(|step| serde_json::to_value(&step.kind).unwrap()).collect();
    assert_eq!(kinds[1], serde_json::json!({ "kind": "wait", "duration": 3_600 }));
    assert_eq!(kinds[2], serde_json::json!({ "kind": "wait", "until": "${at}" }));
    assert_eq!(kinds[5]["message"], "${steps.restore.restored} are back.\n");
}

#[test]
fn other_fenced_blocks_stay_in_the_prose() {
    let runbook = read("## A\n```sh\naws s3 ls s3://${bucket} <file\n```\n");
    let step = runbook.steps().next().unwrap();
    assert_eq!(step.html, "<pre><code>aws s3 ls s3://${bucket} &lt;file\n</code></pre>");
    assert_eq!(step.kind, StepKind::Manual);
}
