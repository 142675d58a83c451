//! Every check and every test, in stages, with a count at the end.

use std::time::{Duration, Instant};

use crate::error::Error;
use crate::needs::Purpose;
use crate::process::{Ended, Run};
use crate::project::Project;
use crate::setup::{How, on_path, setup};
use crate::tally::Tally;
use crate::{types, ui};

/// Whose tests a stage counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suite {
    Rust,
    Ui,
}

/// One line of the summary.
struct Done {
    name: &'static str,
    took: Duration,
}

/// What the stages so far came to.
struct Report<'a> {
    project: &'a Project,
    done: Vec<Done>,
    rust: Tally,
    ui: Tally,
}

/// Runs everything; stops at the first stage that fails.
pub(crate) fn test(project: &Project) -> Result<(), Error> {
    let mut report = Report { project, done: Vec::new(), rust: Tally::default(), ui: Tally::default() };
    let outcome = report.stages();
    report.print(outcome.is_ok());
    outcome
}

impl Report<'_> {
    fn stages(&mut self) -> Result<(), Error> {
        let project = self.project;
        let cargo = |line: &str| project.cargo(line);
        let npm = |line: &str| Run::new(line).in_ui(&project.ui());
        self.step("setup", |report| setup(report.project, Purpose::Test, How::Install))?;
        self.stage("formatting", cargo("cargo fmt --all --check"), None)?;
        self.stage("ui types", npm("npm run check"), None)?;
        self.stage("ui build", ui::build_command(project), None)?;
        ui::built(project)?;
        self.stage("ui tests", npm("npm test"), Some(Suite::Ui))?;
        self.stage("lints", cargo("cargo clippy --workspace --all-targets -- -D warnings"), None)?;
        if on_path("cargo-deny") {
            self.stage("licences", cargo("cargo deny check licenses bans sources"), None)?;
        } else {
            println!("\nLicences were not checked against deny.toml: cargo-deny is not installed.");
        }
        // Tests start the programs too, which `cargo test` alone would not build. With all targets the features
        // are those of the tests, so that nothing is built twice.
        self.stage("build", cargo("cargo build --workspace --all-targets"), None)?;
        types::forget(&types::fresh(project))?;
        let tests = cargo("cargo test --workspace").env(types::EXPORT_DIR, types::fresh(project));
        self.stage("tests", tests, Some(Suite::Rust))?;
        self.step("generated types", |report| types::check(report.project))
    }

    /// One command, as a stage.
    fn stage(&mut self, name: &'static str, command: Run, suite: Option<Suite>) -> Result<(), Error> {
        self.step(name, |report| {
            let shown = command.to_string();
            println!("$ {shown}");
            let mut tally = Tally::default();
            let ended = command.watched(|line| tally.read(line))?;
            match suite {
                Some(Suite::Rust) => report.rust += tally,
                Some(Suite::Ui) => report.ui += tally,
                None => {}
            }
            let again = || format!("mend it, then run `{shown}` again, or all of `cargo xtask test`");
            match ended {
                Ended::Badly(status) => Err(Error::new(format!("{name} failed ({status})"), again())),
                Ended::Well if suite.is_some() && tally.passed == 0 => {
                    Err(Error::new(format!("{name} ran no test"), again()))
                }
                Ended::Well => Ok(()),
            }
        })
    }

    fn step(
        &mut self,
        name: &'static str,
        act: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        println!("\n==> {name}");
        let began = Instant::now();
        let outcome = act(self);
        self.done.push(Done { name, took: began.elapsed() });
        outcome
    }

    fn print(&self, well: bool) {
        println!();
        for (at, done) in self.done.iter().enumerate() {
            let word = if well || at + 1 < self.done.len() { "ok" } else { "FAILED" };
            println!("  {:<16} {word:<6} {:>7.1} s", done.name, done.took.as_secs_f64());
        }
        println!("\n{}", summary(self.rust, self.ui));
    }
}

/// The closing lines; the second is for programs that read them.
fn summary(rust: Tally, ui: Tally) -> String {
    let mut all = rust;
    all += ui;
    format!(
        "{} tests passed: {} Rust, {} user interface\n{} passed, {} failed, {} skipped",
        all.passed, rust.passed, ui.passed, all.passed, all.failed, all.skipped
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_summary_counts_both_suites() {
        let rust = Tally { passed: 380, failed: 1, skipped: 2 };
        let ui = Tally { passed: 32, failed: 0, skipped: 0 };
        assert_eq!(
            summary(rust, ui),
            "412 tests passed: 380 Rust, 32 user interface\n412 passed, 1 failed, 2 skipped"
        );
    }
}
