//! `lifeboat verify` names what was changed behind its back.

use std::fs;

use super::Desk;
use crate::support::moto::python;

const RUNBOOK: &str = "---
runbook: three-steps
title: Three steps
---
# Three steps

## All

### One

### Two

### Three
";

/// What goes through a runbook of three manual steps: four entries, and the end.
pub(super) fn three_steps(desk: &Desk) -> Vec<String> {
    desk.file("runbooks/three-steps.md", RUNBOOK);
    let answers =
        desk.file("answers.yaml", "one: { done: true }\ntwo: { done: true }\nthree: { done: true }\n");
    let args = ["run", "three-steps", "--mode", "exercise", "--env", "practice", "--as", "Sam", "--answers"];
    args.into_iter().map(str::to_owned).chain([answers]).collect()
}

/// A finished run of three manual steps.
fn finished() -> (Desk, String) {
    let desk = Desk::new();
    let args = three_steps(&desk);
    desk.lifeboat.run(&args.iter().map(String::as_str).collect::<Vec<_>>()).ended_with(0);
    let run = desk.only_run().to_string();
    (desk, run)
}

/// Does SQL to the journal as somebody with a tool would, its triggers out of the way.
fn meddle(desk: &Desk, sql: &str) {
    let script = "
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for (name,) in db.execute(\"select name from sqlite_master where type = 'trigger'\").fetchall():
    db.execute(f'drop trigger {name}')
assert db.execute(sys.argv[2]).rowcount == 1
db.commit()
";
    python(script, &[desk.journal().to_str().unwrap(), sql], |_| {});
}

#[test]
fn a_changed_journal_is_named_by_entry() {
    for (sql, named) in [
        ("update entry set actor = 'Mallory' where seq = 3", "entry 3"),
        ("update entry set event = replace(event, 'two', 'one') where seq = 3", "entry 3"),
        ("update entry set at = '2026-01-01T00:00:00Z' where seq = 1", "entry 1"),
        ("delete from entry where seq = 2", "entry 3"),
        ("update entry set hash = previous where seq = 4", "entry 4"),
    ] {
        let (desk, run) = finished();
        desk.lifeboat.run(&["verify"]).ended_with(0);
        meddle(&desk, sql);
        let found = desk.lifeboat.run(&["verify"]).ended_with(1);
        let said = found.complaint();
        assert!(said.contains(&format!("{named} of run {run} is broken")), "{sql}: {said}");
        assert!(said.contains("Keep the file as it is"), "{said}");
        let timeline = desk.lifeboat.run(&["timeline", &run, "--format", "md"]).ended_with(1);
        assert!(timeline.complaint().contains(named) && timeline.stdout.is_empty(), "{sql}: {timeline:?}");
        let listed = desk.lifeboat.run(&["runs"]).ended_with(0);
        assert!(listed.stdout.contains(named), "{sql}: {}", listed.stdout);
    }
}

#[test]
fn a_changed_export_is_named_by_entry() {
    let (desk, run) = finished();
    let path = desk.path().join("timeline.jsonl").to_str().unwrap().to_owned();
    desk.lifeboat.run(&["timeline", &run, "--format", "jsonl", "-o", &path]).ended_with(0);
    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = whole.lines().collect();
    let without = |n: usize| [&lines[..n - 1], &lines[n..]].concat().join("\n");
    let changed = |n: usize, from: &str, to: &str| {
        let mut lines = lines.clone();
        let line = lines[n - 1].replace(from, to);
        assert_ne!(line, lines[n - 1]);
        lines[n - 1] = &line;
        lines.join("\n")
    };
    for (text, named) in [
        (changed(2, "\"actor\":\"Sam\"", "\"actor\":\"Mallory\""), "entry 2"),
        (changed(3, "\\\"two\\\"", "\\\"one\\\""), "entry 3"),
        (without(3), "entry 4"),
        (without(1), "entry 2"),
        (changed(4, "{\"message\"", "{message"), "line 4"),
        (String::new(), "line 1"),
    ] {
        let altered = desk.file("altered.jsonl", &text);
        let found = desk.lifeboat.run(&["verify", &altered]).ended_with(1);
        assert!(found.complaint().contains(named), "{named}: {}", found.stderr);
    }
    desk.lifeboat.run(&["verify", &path]).ended_with(0);
}
