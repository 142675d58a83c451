//! `cargo xtask`: what a newcomer and the tests run. It installs what is missing, and says what and why first.
//!
//! Guarantees: a step that fails names the command to run again; nothing is installed that is there already; a
//! second run of anything does no more than it has to.

mod bench;
mod error;
mod needs;
mod practice;
mod process;
mod project;
mod setup;
mod tally;
mod test;
mod tools;
mod types;
mod ui;

use std::env;
use std::process::ExitCode;

use error::Error;
use needs::Purpose;
use project::Project;

const USAGE: &str = "\
Usage: cargo xtask COMMAND

  practice [--scenario NAME] [--terminal]
                     build Lifeboat, start the practice range and open the window on it
                     (with no display, or with --terminal, the same runbook in this terminal);
                     NAME is mass-deletion (unless said), ransomware-overwrite, bad-migration, dropped-table,
                     instance-deleted, region-lost or portal-down
  test               run every check and every test
  setup [--for practice|test] [--dry-run]
                     only install what one of those needs (test, unless said); --dry-run only says what
  bench reconcile [--keys N]
                     compare made-up photos of a database and a bucket, 10 million a side unless said, and measure
                     it beside `sort | comm`
  bench journal [--entries N] [--rounds N]
                     append to, read, verify and export the journal of a long run, 100,000 entries unless said, and
                     measure it beside SQLite alone and beside a short run
  bench photos [--only restore|ministack|undelete|survey] [--rounds N] [--photos N] [--versions N] [--peers]
                     survey and bring back made-up photos on the practice range and on ministack, and measure it
                     beside a bare client and, with --peers, beside tools by others; 3 rounds unless said
  types              write the TypeScript types of what the window is sent

Every command first says what it is about to install, and why.";

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let command = match Command::parse(&args) {
        Ok(command) => command,
        Err(usage) => {
            eprintln!("{usage}");
            return ExitCode::from(2);
        }
    };
    match Project::find().and_then(|project| command.run(&project)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
enum Command {
    Help,
    Practice(practice::Options),
    Test,
    Bench(bench::What),
    Setup { purpose: Purpose, how: setup::How },
    Types,
}

impl Command {
    /// Reads the arguments; the error is what to print before exiting with 2.
    fn parse(args: &[&str]) -> Result<Self, Usage> {
        let (&name, rest) = args.split_first().ok_or_else(|| Usage::of("say what to do"))?;
        let mut rest = rest.iter().copied();
        let command = match name {
            "help" | "--help" | "-h" => Self::Help,
            "test" => Self::Test,
            "types" => Self::Types,
            "bench" => Self::Bench(match rest.next() {
                Some("reconcile") => {
                    let mut options = bench::reconcile::Options::default();
                    while let Some(arg) = rest.next() {
                        match arg {
                            "--keys" => options.keys = number(arg, rest.next())?,
                            _ => return Err(Usage::unknown(arg)),
                        }
                    }
                    bench::What::Reconcile(options)
                }
                Some("journal") => {
                    let mut options = bench::journal::Options::default();
                    while let Some(arg) = rest.next() {
                        match arg {
                            "--entries" => options.entries = number(arg, rest.next())?.max(2_000),
                            "--rounds" => options.rounds = number(arg, rest.next())?.max(1),
                            _ => return Err(Usage::unknown(arg)),
                        }
                    }
                    bench::What::Journal(options)
                }
                Some("photos") => {
                    let mut options = bench::photos::Options::default();
                    while let Some(arg) = rest.next() {
                        match arg {
                            "--only" => {
                                let name = value(arg, rest.next())?;
                                let part = bench::photos::Part::named(name);
                                options.only = Some(part.ok_or_else(|| Usage::unknown(name))?);
                            }
                            "--rounds" => options.rounds = number(arg, rest.next())?.max(1),
                            "--photos" => options.photos = number(arg, rest.next())?.max(1),
                            "--versions" => options.versions = number(arg, rest.next())?.max(2),
                            "--peers" => options.peers = true,
                            _ => return Err(Usage::unknown(arg)),
                        }
                    }
                    bench::What::Photos(options)
                }
                Some(other) => return Err(Usage::unknown(other)),
                None => return Err(Usage::of("say what to measure")),
            }),
            "practice" => {
                let mut options = practice::Options::default();
                while let Some(arg) = rest.next() {
                    match arg {
                        "--scenario" => options.scenario = value(arg, rest.next())?.to_owned(),
                        "--terminal" => options.place = practice::Place::Terminal,
                        _ => return Err(Usage::unknown(arg)),
                    }
                }
                Self::Practice(options)
            }
            "setup" => {
                let (mut purpose, mut how) = (Purpose::Test, setup::How::Install);
                while let Some(arg) = rest.next() {
                    match (arg, arg == "--for") {
                        ("--dry-run", _) => how = setup::How::DryRun,
                        (_, true) => {
                            purpose = match value(arg, rest.next())? {
                                "practice" => Purpose::Practice,
                                "test" => Purpose::Test,
                                other => return Err(Usage::unknown(other)),
                            }
                        }
                        _ => return Err(Usage::unknown(arg)),
                    }
                }
                Self::Setup { purpose, how }
            }
            _ => return Err(Usage::unknown(name)),
        };
        match rest.next() {
            Some(extra) => Err(Usage::unknown(extra)),
            None => Ok(command),
        }
    }

    fn run(self, project: &Project) -> Result<(), Error> {
        match self {
            Self::Help => {
                println!("{USAGE}");
                Ok(())
            }
            Self::Practice(options) => practice::practice(project, &options),
            Self::Test => test::test(project),
            Self::Bench(bench::What::Reconcile(options)) => bench::reconcile::reconcile(project, &options),
            Self::Bench(bench::What::Journal(options)) => bench::journal::journal(project, &options),
            Self::Bench(bench::What::Photos(options)) => bench::photos::photos(project, &options),
            Self::Setup { purpose, how } => setup::setup(project, purpose, how),
            Self::Types => types::write(project),
        }
    }
}

fn value<'a>(option: &str, value: Option<&'a str>) -> Result<&'a str, Usage> {
    value.ok_or_else(|| Usage::of(&format!("{option} needs a value")))
}

fn number(option: &str, text: Option<&str>) -> Result<u64, Usage> {
    let text = value(option, text)?;
    text.parse().map_err(|_| Usage::of(&format!("{option} needs a whole number, not `{text}`")))
}

/// Arguments that make no sense.
#[derive(Debug, PartialEq, Eq)]
struct Usage(String);

impl Usage {
    fn of(what: &str) -> Self {
        Self(format!("xtask: {what}\n\n{USAGE}"))
    }

    fn unknown(arg: &str) -> Self {
        Self::of(&format!("there is no `{arg}` here"))
    }
}

impl std::fmt::Display for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments() {
        let parse = |text: &str| Command::parse(&text.split_whitespace().collect::<Vec<_>>());
        assert_eq!(parse("test"), Ok(Command::Test));
        let options = practice::Options { scenario: "ransomware-overwrite".into(), ..Default::default() };
        assert_eq!(parse("practice --scenario ransomware-overwrite"), Ok(Command::Practice(options)));
        assert_eq!(
            parse("setup --for practice --dry-run"),
            Ok(Command::Setup { purpose: Purpose::Practice, how: setup::How::DryRun })
        );
        assert_eq!(
            parse("bench reconcile --keys 1000"),
            Ok(Command::Bench(bench::What::Reconcile(bench::reconcile::Options { keys: 1000 })))
        );
        assert_eq!(
            parse("bench journal --entries 20000 --rounds 1"),
            Ok(Command::Bench(bench::What::Journal(bench::journal::Options { entries: 20_000, rounds: 1 })))
        );
        let options = bench::photos::Options {
            only: Some(bench::photos::Part::Survey),
            rounds: 1,
            versions: 3_000_000,
            ..Default::default()
        };
        assert_eq!(
            parse("bench photos --only survey --rounds 1 --versions 3000000"),
            Ok(Command::Bench(bench::What::Photos(options)))
        );
        for wrong in [
            "",
            "tset",
            "test now",
            "practice --scenario",
            "practice --port 3",
            "setup --for fun",
            "bench",
            "bench sort",
            "bench photos --only everything",
            "bench reconcile --keys many",
        ] {
            let usage = parse(wrong).expect_err(wrong).to_string();
            assert!(usage.contains("Usage: cargo xtask COMMAND"), "{usage}");
        }
    }
}
