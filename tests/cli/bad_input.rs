//! What is refused before it starts: one message, nothing in the journal.

use super::{ANSWERS, Desk};
use crate::support::cli::Ran;

const GOOD: [&str; 8] =
    ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", "--as", "Sam"];
const AT: [&str; 2] = ["--set", "restore_to=2026-11-01T00:00:00Z"];
const RUNBOOK: &str = "---\nrunbook: mine\ntitle: Mine\n---\n# Mine\n\n## All\n\n### One\n";
const ENVIRONMENT: &str = "environment: mine\nregion: us-east-1\naccount: \"123456789012\"\n\
                           credentials: { environment: true }\nphotos: { bucket: b, prefix: p/ }\n";

/// The arguments of a good start, `from` replaced.
fn but(from: &'static str, to: &'static str) -> Vec<&'static str> {
    GOOD.iter().chain(&AT).map(|arg| if *arg == from { to } else { *arg }).collect()
}

/// The arguments of a good start, and more.
fn and<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&GOOD, &AT[..], more].concat()
}

/// Refused with one message that holds `words`, and no run was begun.
#[track_caller]
fn refused(desk: &Desk, args: &[&str], code: i32, words: &[&str]) -> Ran {
    let ran = desk.lifeboat.run(args).ended_with(code);
    let said = ran.complaint();
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
    // A diagnostic has its hint on a line of its own.
    let lines = 1 + usize::from(said.contains("\n  hint: "));
    assert_eq!((said.lines().count(), ran.stdout.as_str()), (lines, ""), "{ran:?}");
    assert_eq!(desk.runs(), []);
    ran
}

#[test]
fn runbooks_that_cannot_be_used() {
    let desk = Desk::new();
    let missing = ["there is no runbook \"restore-bagde-photos\"", "did you mean restore-badge-photos?"];
    refused(&desk, &but("restore-badge-photos", "restore-bagde-photos"), 1, &missing);
    refused(
        &desk,
        &but("restore-badge-photos", "no/such.md"),
        1,
        &["can't read no/such.md", "check the path"],
    );
    for (name, text, words) in [
        ("front.md", RUNBOOK.replace("title: Mine", "title: [Mine"), ["front.md:", "error"]),
        ("unknown.md", RUNBOOK.replace("title: Mine", "titel: Mine"), ["unknown.md:3:1: error", "titel"]),
        ("step.md", format!("{RUNBOOK}\n```yaml step\nid: [one\n```\n"), ["step.md:1", "error"]),
        (
            "action.md",
            format!("{RUNBOOK}\n```yaml step\naction: photos.restroe\n```\n"),
            ["action.md:12", "photos.restroe"],
        ),
        ("empty.md", String::new(), ["empty.md:1:1: error", "lifeboat lint"]),
    ] {
        let path = desk.file(name, &text);
        let args = ["run", &path, "--mode", "exercise", "--env", "practice", "--as", "Sam"];
        refused(&desk, &args, 1, &words);
    }
}

#[test]
fn environments_that_cannot_be_used() {
    let desk = Desk::new();
    let there = ["there is no environment nowhere in ", "; there are: practice"];
    refused(&desk, &but("practice", "nowhere"), 1, &there);
    for (from, to, words) in [
        ("region: us-east-1", "region: [us-east-1", ["mine.yaml:", "correct the file"]),
        ("region:", "regoin:", ["mine.yaml:2:1: unknown field `regoin`", "correct the file"]),
        ("us-east-1", "eu-west-1", ["region eu-west-1 is not in the United States", "use us-east-1"]),
        ("\"123456789012\"", "\"12345\"", ["is not 12 digits", "write it in quotes"]),
        ("environment: mine", "environment: other", ["says `environment: other`", "make the two agree"]),
        ("{ environment: true }", "{ environment: false }", ["names none", "give `{ profile: NAME }`"]),
        (
            "photos:",
            "endpoints: { s3: \"http://s3.example.com\" }\nphotos:",
            ["could be read on the way", "use https://"],
        ),
        ("", "", ["an exercise may not touch mine", "Use --env practice"]),
    ] {
        desk.file("environments/mine.yaml", &ENVIRONMENT.replacen(from, to, 1));
        refused(&desk, &but("practice", "mine"), 1, &words);
    }
    refused(&desk, &but("exercise", "incident"), 1, &["which holds no real photos", "use --mode exercise"]);
    let secret = ENVIRONMENT.replace("environment: true", "secret_access_key: hush-hush");
    desk.file("environments/mine.yaml", &secret);
    let ran = refused(&desk, &but("practice", "mine"), 1, &["mine.yaml:4:"]);
    assert!(!ran.stderr.contains("hush-hush"), "{}", ran.stderr);
    desk.file("range.json", "{ \"endpoints\": ");
    refused(&desk, &and(&[]), 1, &["range.json:1:", "start the range again"]);
}

#[test]
fn command_lines_that_cannot_be_used() {
    let desk = Desk::new();
    let missing = ["the runbook needs restore_to", "`--set restore_to=VALUE`"];
    refused(&desk, &GOOD, 2, &missing);
    let set = |value: &'static str| [&GOOD[..], &["--set", value]].concat();
    refused(&desk, &set("restore_to=yesterday"), 2, &["restore_to: ", "yesterday", "2026-11-"]);
    refused(&desk, &set("restore_too=2026-11-01T00:00:00Z"), 2, &["has no parameter \"restore_too\""]);
    let mut anonymous = Desk::new();
    anonymous.lifeboat = anonymous.lifeboat.env("USER", "").env("USERNAME", "");
    let nobody = ["run", "restore-badge-photos", "--mode", "exercise", "--env", "practice", AT[0], AT[1]];
    refused(&anonymous, &nobody, 2, &["nobody knows who you are", "`--as NAME`"]);

    let answers = |desk: &Desk, text: &str, words: &[&str]| {
        let path = desk.file("answers.yaml", text);
        refused(desk, &and(&["--answers", &path]), 2, words);
    };
    answers(&desk, "restore: { aprove: true }", &["answers.yaml", "aprove", "such as `restore: "]);
    answers(&desk, "restore: [", &["answers.yaml", "such as `restore: "]);
    let typo = ANSWERS.replace("deletions:", "deletion:");
    answers(
        &desk,
        &typo,
        &["name steps that restore-badge-photos does not have: deletion", "Correct the ids"],
    );
    refused(
        &desk,
        &and(&["--answers", "no/such.yaml"]),
        2,
        &["no/such.yaml can't be read", "Check the path"],
    );

    // What clap refuses, in its own form.
    for args in [
        &["run", "restore-badge-photos"][..],
        &but("exercise", "drill"),
        &set("restore_to"),
        &and(&["--outage-began", "yesterday"]),
        &["resume", "not a run"],
        &["timeline", "20261124-145140-38cc", "--format", "docx"],
        &[],
    ] {
        let ran = desk.lifeboat.run(args).ended_with(2);
        assert!(ran.stderr.contains("Usage: lifeboat") || ran.stderr.contains("--help"), "{}", ran.stderr);
        assert_eq!((desk.runs(), ran.stdout.as_str()), (vec![], ""));
    }
}

#[test]
fn runs_that_are_not_there() {
    let desk = Desk::new();
    let none = desk.lifeboat.run(&["runs"]).ended_with(0);
    assert!(none.stdout.starts_with("There are no runs yet"), "{}", none.stdout);
    for args in [
        &["timeline", "20261124-145140-38cc", "--format", "md"][..],
        &["resume", "20261124-145140-38cc", "--as", "Sam"],
    ] {
        refused(&desk, args, 1, &["run 20261124-145140-38cc has no entries", "`lifeboat runs`"]);
    }
    refused(&Desk::new(), &["backup", "copy.db"], 1, &["journal.db can't be used", "Check that the file"]);
    refused(&desk, &["verify", "no/such.jsonl"], 1, &["no/such.jsonl can't be read", "Check the path"]);
    let text = desk.file("notes.db", "This is no journal, however long it may be. ".repeat(20).as_str());
    refused(&desk, &["verify", &text], 1, &["notes.db is no journal, or damaged", "Keep the file as it is"]);
    let scenario = desk.file("mine.yaml", "id: [");
    refused(&desk, &["range", "--scenario", &scenario, "--port", "0"], 1, &["mine.yaml:1:"]);
    refused(&desk, &["range", "--scenario", "mine"], 1, &["no scenario is called \"mine\"", "mass-deletion"]);
}
