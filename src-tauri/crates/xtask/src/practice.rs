//! Builds Lifeboat, starts the practice range and opens the window on it.

use std::env;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::error::Error;
use crate::needs::Purpose;
use crate::process::Run;
use crate::project::Project;
use crate::setup::{How, on_path, setup};
use crate::ui;

/// What to practise, and where.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// A scenario's name or file, as `lifeboat range` takes it.
    pub(crate) scenario: String,
    pub(crate) place: Place,
}

impl Default for Options {
    fn default() -> Self {
        Self { scenario: "mass-deletion".to_owned(), place: Place::Window }
    }
}

/// Where the runbook is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In the window, if there is a display.
    Window,
    /// In this terminal.
    Terminal,
}

/// Does it all; returns when the window is closed or the run in the terminal has ended.
pub(crate) fn practice(project: &Project, options: &Options) -> Result<(), Error> {
    setup(project, Purpose::Practice, How::Install)?;
    ui::build(project)?;
    println!("Building Lifeboat. The first time takes several minutes.");
    project.cargo("cargo build --workspace").shown("look at the compiler's messages above")?;

    let range = Range::start(project, &options.scenario)?;
    println!("\n{}", range.briefing);
    match options.place {
        Place::Window if has_display() => {
            println!("Opening the window. The practice range stops when it is closed.");
            Run::program(&project.program("lifeboat-desktop"), "lifeboat-desktop")
                .args(["--env", "practice"])
                .within(project.root())
                .shown("look at the messages above; `cargo xtask practice --terminal` needs no window")
        }
        place => {
            if place == Place::Window {
                println!(
                    "There is no display (DISPLAY and WAYLAND_DISPLAY are not set), so there can be no window. \
                     The same runbook follows in this terminal."
                );
            }
            Run::program(&project.program("lifeboat"), "lifeboat")
                .args(["run", &range.runbook, "--mode", "exercise", "--env", "practice"])
                .within(project.root())
                .shown("`lifeboat runs` lists it; `lifeboat resume RUN` goes on while a range is running")
        }
    }
}

fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// A running `lifeboat range`. It is stopped when this is dropped.
struct Range {
    child: Child,
    briefing: String,
    /// The runbook that its scenario is for.
    runbook: String,
}

impl Range {
    fn start(project: &Project, scenario: &str) -> Result<Self, Error> {
        println!("Starting the practice range ({scenario}).");
        let program = project.program("lifeboat");
        // Where there is setpriv, the range cannot outlive this program, whatever ends it.
        let run = if on_path("setpriv") {
            Run::program(Path::new("setpriv"), "setpriv").args(["--pdeathsig", "TERM", "--"]).args([&program])
        } else {
            Run::program(&program, "lifeboat")
        };
        let mut command = run.args(["range", "--scenario", scenario]).within(project.root()).into_command();
        let failed = |what: String| {
            Error::new(
                format!("the practice range did not start: {what}"),
                "read its own message above, if any",
            )
        };
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| failed(why.to_string()))?;
        let stdout = child.stdout.take().ok_or_else(|| failed("it has no output".to_owned()))?;
        let mut range = Self { child, briefing: String::new(), runbook: String::new() };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        stdout.read_line(&mut line).map_err(|why| failed(why.to_string()))?;
        if line.is_empty() {
            return Err(failed("it ended before it was ready".to_owned()));
        }
        (range.briefing, range.runbook) = read(&line)
            .ok_or_else(|| failed(format!("its first line is not the JSON it should be: {}", line.trim())))?;
        // Whatever else it prints must not fill the pipe.
        thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
        Ok(range)
    }
}

impl Drop for Range {
    fn drop(&mut self) {
        // Asked first, so that it can clean up behind itself. The shell's own `kill`: a bare Debian has no other.
        let asked = Run::new("sh -c").args([format!("kill -TERM {}", self.child.id())]).asked();
        for _ in 0..30 {
            if asked.is_none() || !matches!(self.child.try_wait(), Ok(None)) {
                break;
            }
            thread::sleep(Duration::from_millis(100));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What to tell the operator, and the runbook to follow, from the first line of `lifeboat range`.
fn read(ready: &str) -> Option<(String, String)> {
    let ready: Value = serde_json::from_str(ready).ok()?;
    let endpoint = ready["endpoints"]["s3"].as_str()?;
    let mut text = String::new();
    if let (Some(title), Some(briefing)) =
        (ready["scenario"]["title"].as_str(), ready["scenario"]["briefing"].as_str())
    {
        let _ = writeln!(text, "{title}\n\n{}\n", briefing.trim_end());
    }
    if let Some(moment) = ready["before_damage"].as_str() {
        let _ = writeln!(text, "The moment before the damage: {moment}");
    }
    if let Some(moment) = ready["database"]["outage"].as_str() {
        let _ = writeln!(text, "The moment the database was damaged: {moment}");
    }
    let _ = writeln!(text, "The practice range answers at {endpoint}, on this machine only.");
    let runbook = ready["scenario"]["runbook"].as_str().unwrap_or("restore-badge-photos");
    let _ = writeln!(text, "The runbook to follow is {runbook}.");
    Some((text, runbook.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_briefing_is_told_with_its_moment() {
        let ready = r#"{"endpoints":{"s3":"http://127.0.0.1:9311"},"before_damage":"2026-11-24T02:40:00Z",
            "database":{"outage":"2026-11-24T02:41:07Z"},"scenario":{"title":"Photos deleted","runbook":"restore-portal","briefing":"A script ran.\nIt was stopped.\n"}}"#;
        let (briefing, runbook) = read(ready).unwrap();
        assert_eq!(
            briefing,
            "Photos deleted\n\nA script ran.\nIt was stopped.\n\n\
             The moment before the damage: 2026-11-24T02:40:00Z\n\
             The moment the database was damaged: 2026-11-24T02:41:07Z\n\
             The practice range answers at http://127.0.0.1:9311, on this machine only.\n\
             The runbook to follow is restore-portal.\n"
        );
        assert_eq!(runbook, "restore-portal");
    }

    #[test]
    fn an_empty_range_has_no_briefing_and_nonsense_is_refused() {
        let (briefing, runbook) =
            read(r#"{"endpoints":{"s3":"http://127.0.0.1:1"},"before_damage":null,"scenario":null}"#)
                .unwrap();
        assert!(briefing.starts_with("The practice range answers at http://127.0.0.1:1, "), "{briefing}");
        assert_eq!(runbook, "restore-badge-photos");
        assert_eq!(read("error: port in use"), None);
    }
}
