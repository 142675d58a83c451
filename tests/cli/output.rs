//! What is printed may have nowhere to go.

use std::fs::OpenOptions;
use std::process::Stdio;
use std::time::Duration;

use run::Event;

use super::Desk;
use super::tampering::three_steps;
use crate::support::cli::{Lifeboat, Ran};
use crate::support::paths;
use crate::support::process::Running;

const LONG: Duration = Duration::from_secs(60);

/// Runs it with a standard output that takes nothing: a pipe that nobody reads, or a full disk.
fn unheard(desk: &Desk, args: &[&str], full: bool) -> Ran {
    let mut running = Running::start(paths::program("lifeboat"), |command| {
        desk.lifeboat.prepare(command, args);
        command.stderr(Stdio::piped());
        match full {
            true => command.stdout(OpenOptions::new().write(true).open("/dev/full").unwrap()),
            false => command.stdout(Stdio::piped()),
        };
    });
    drop(running.child().stdout.take());
    Lifeboat::finish(running, LONG)
}

#[test]
fn a_run_goes_on_when_nobody_reads_what_it_prints() {
    let desk = Desk::new();
    let args = three_steps(&desk);
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    assert_eq!(unheard(&desk, &args, false).ended_with(0).stderr, "");
    assert!(matches!(desk.events()[..], [.., Event::RunFinished]));
    for args in [&["runs"][..], &["runs", "--format", "json"], &["verify"], &["lint", "runbooks"], &["help"]]
    {
        let ran = unheard(&desk, args, false);
        assert!(!ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
    }
    let run = desk.only_run().to_string();
    for format in ["md", "csv", "jsonl"] {
        unheard(&desk, &["timeline", &run, "--format", format], false).ended_with(0);
    }
}

#[test]
fn output_that_does_not_fit_on_the_disk_is_no_success() {
    let desk = Desk::new();
    let args = three_steps(&desk);
    let ran = unheard(&desk, &args.iter().map(String::as_str).collect::<Vec<_>>(), true).ended_with(1);
    assert!(ran.complaint().contains("the output can't be written: No space left"), "{}", ran.stderr);
    assert!(matches!(desk.events()[..], [.., Event::RunFinished]));
    let run = desk.only_run().to_string();
    for args in [&["runs", "--format", "json"][..], &["verify"], &["timeline", &run, "--format", "csv"]] {
        let ran = unheard(&desk, args, true).ended_with(1);
        assert!(ran.complaint().contains("No space left"), "{args:?}: {}", ran.stderr);
    }
}
