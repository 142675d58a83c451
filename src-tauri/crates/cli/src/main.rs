//! `lifeboat`, the headless twin of the window: the same engine, journal and runbooks, in a terminal.
//!
//! Guarantee: what it does is what the window does, and is journaled alike; where nobody can answer it stops, says
//! why, and how to go on.
//!
//! Exit codes: 0 done, 1 the run failed or was refused, 2 bad usage (parameters, names and answers too), 3 interrupted
//! and resumable. Whatever isn't 0 comes with one message on standard error: what is wrong, and what to do next.

#![warn(clippy::print_stdout, clippy::print_stderr)]

mod answers;
mod connector;
mod drive;
mod exit;
mod inspect;
mod interrupts;
mod inventory;
mod keychain;
mod lint;
mod login;
mod person;
mod range;
mod review;
mod runs;
mod say;
mod terminal;
mod verify;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};

use exit::Exit;
use runbook::Role;

/// Guided disaster recovery for the Veonics Portal, in a terminal.
#[derive(Debug, Parser)]
#[command(name = "lifeboat", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check runbooks. Exits with 1 when any has an error.
    Lint {
        /// Files, or folders whose *.md files are checked.
        #[arg(required = true)]
        paths: Vec<PathBuf>,
        /// How to print what was found.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
        /// Missing or stale metadata is an error too.
        #[arg(long)]
        strict: bool,
    },
    /// Start a runbook.
    Run(Start),
    /// Go on with a run where its journal ends.
    Resume {
        /// The run's id; `lifeboat runs` lists them.
        run: run::RunId,
        #[command(flatten)]
        operator: Operator,
    },
    /// List the runs in the journal.
    Runs {
        /// How to print them.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
    /// Write a run's timeline.
    Timeline {
        /// The run's id.
        run: run::RunId,
        /// What to write.
        #[arg(long, value_enum)]
        format: TimelineFormat,
        /// Where to; the terminal when left out.
        #[arg(short, long)]
        output: Option<PathBuf>,
        /// Leave out the text of these notes, by the numbers of their entries, such as 12,17. Only with jsonl.
        #[arg(long, value_name = "ENTRIES", value_delimiter = ',')]
        leave_out: Vec<u64>,
    },
    /// Write the draft of a run's post-incident review.
    Report {
        /// The run's id.
        run: run::RunId,
        /// What to write.
        #[arg(long, value_enum)]
        format: ReportFormat,
        /// Where to; the standard output when left out.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Write what became of every photo of a plan that was applied, as CSV: restored, already so, changed, failed and why.
    Manifest {
        /// The run's id.
        run: run::RunId,
        /// The step whose plan was applied.
        step: String,
        /// Where to; the terminal when left out.
        #[arg(short, long)]
        output: Option<PathBuf>,
    },
    /// Check that a journal, an export in JSON lines or an archive is complete, in order and unchanged.
    Verify {
        /// A journal (*.db), an export (*.jsonl) or an archive (*.zip); this machine's journal when left out.
        file: Option<PathBuf>,
        /// The key that must have signed it, as `lifeboat key` prints it on the machine where it ran.
        #[arg(long)]
        key: Option<journal::Verifier>,
        /// How to print what was found.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
    /// Print the public half of the key that this machine signs its checkpoints with.
    Key {
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
    /// Copy this machine's journal to a new file, while runs go on, and check the copy.
    Backup {
        /// Where to.
        file: PathBuf,
    },
    /// Keep a dated record of how the database and the bucket are set up, for the day they are gone. Only reads.
    Inventory {
        /// The environment's name, or its file.
        #[arg(long)]
        env: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
    /// Keep the AWS keys, or the database login, of an environment in the operating system's keychain.
    #[command(subcommand)]
    Keychain(Keychain),
    /// Say who can sign in on this machine to approve a plan as the second person.
    #[command(subcommand)]
    Person(Person),
    /// Start the practice range alone, until it is stopped with Ctrl-C.
    Range {
        /// What went wrong: the name of a scenario, or a scenario's file.
        #[arg(long, default_value = "mass-deletion")]
        scenario: String,
        /// The port on this machine; 0 takes any that is free.
        #[arg(long, default_value_t = action::environment::PRACTICE_PORT)]
        port: u16,
    },
}

/// What can be done to the keys of an environment with `credentials: { keychain: NAME }`, or to its database login.
#[derive(Debug, Subcommand)]
enum Keychain {
    /// Store keys, in place of any that are there.
    ///
    /// They are asked for without being shown. Without a terminal they are read from standard input: the access key
    /// id, the secret access key and, for temporary keys, the session token, a line each; or, for a database login, the
    /// user and the password.
    Set {
        /// The environment's name, or its file.
        #[arg(long)]
        env: String,
        /// The database login (`database.login`) instead of the AWS keys.
        #[arg(long)]
        database: bool,
    },
    /// Forget the keys, or the login.
    Remove {
        /// The environment's name, or its file.
        #[arg(long)]
        env: String,
        /// The database login (`database.login`) instead of the AWS keys.
        #[arg(long)]
        database: bool,
    },
    /// Say which key, or whose login, is there. Exits with 1 when there is none.
    Status {
        /// The environment's name, or its file.
        #[arg(long)]
        env: String,
        /// The database login (`database.login`) instead of the AWS keys.
        #[arg(long)]
        database: bool,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
}

/// What can be done to a person's passphrase, of which the keychain keeps what it takes to know it again.
#[derive(Debug, Subcommand)]
enum Person {
    /// Give a person a passphrase. It is asked for without being shown; without a terminal it is a line of standard input.
    Set {
        /// Their name, as it will stand in the timeline.
        name: String,
    },
    /// Take it away.
    Remove {
        /// Their name.
        name: String,
    },
    /// Say since when they have it. Exits with 1 when they have none.
    Status {
        /// Their name.
        name: String,
        /// How to print it.
        #[arg(long, value_enum, default_value_t)]
        format: Output,
    },
}

/// What a run is started with.
#[derive(Debug, Args)]
struct Start {
    /// A runbook's id, or a file.
    runbook: String,
    /// Which of the three it is.
    #[arg(long, value_enum)]
    mode: Mode,
    /// An environment's name, or a file.
    #[arg(long)]
    env: String,
    /// A parameter's value; may be given more than once.
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = pair)]
    set: Vec<(String, String)>,
    /// When the outage began, such as 2026-11-24T03:02:00Z.
    #[arg(long)]
    outage_began: Option<jiff::Timestamp>,
    /// When it was declared; now when left out.
    #[arg(long)]
    declared: Option<jiff::Timestamp>,
    #[command(flatten)]
    operator: Operator,
}

/// Who answers, and how.
#[derive(Debug, Args)]
struct Operator {
    /// Answers for every step that needs one, as YAML: step id -> answer.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// The name of the person at this terminal; the login name when left out.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// Somebody else who takes part, and as what, such as `Dana=approver`; may be given more than once.
    #[arg(long = "person", value_name = "NAME=ROLE", value_parser = person_and_role)]
    people: Vec<(String, Role)>,
    /// How to print what happens.
    #[arg(long, value_enum, default_value_t)]
    format: Output,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Output {
    #[default]
    Human,
    Json,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Mode {
    /// The real thing.
    Incident,
    /// Real AWS, isolated targets.
    Rehearsal,
    /// Tabletop, on the practice range.
    Exercise,
}

impl From<Mode> for run::Mode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Incident => Self::Incident,
            Mode::Rehearsal => Self::Rehearsal,
            Mode::Exercise => Self::Exercise,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum TimelineFormat {
    /// Markdown, for people.
    Md,
    /// CSV, with Timesketch's columns first.
    Csv,
    /// JSON lines, which `lifeboat verify` can check.
    Jsonl,
}

impl From<TimelineFormat> for report::Format {
    fn from(format: TimelineFormat) -> Self {
        match format {
            TimelineFormat::Md => Self::Markdown,
            TimelineFormat::Csv => Self::Csv,
            TimelineFormat::Jsonl => Self::JsonLines,
        }
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ReportFormat {
    /// Markdown.
    Md,
    /// HTML: one file that needs no other.
    Html,
    /// PDF, tagged, with contents and page numbers.
    Pdf,
    /// All of these with the timeline and the evidence, and the SHA-256 of each.
    Zip,
}

impl From<ReportFormat> for report::ReviewFormat {
    fn from(format: ReportFormat) -> Self {
        match format {
            ReportFormat::Md => Self::Markdown,
            ReportFormat::Html => Self::Html,
            ReportFormat::Pdf => Self::Pdf,
            ReportFormat::Zip => Self::Zip,
        }
    }
}

/// A `NAME=VALUE` that has no `=`.
#[derive(Debug, thiserror::Error)]
#[error("write it as NAME=VALUE")]
struct NotAPair;

fn pair(text: &str) -> Result<(String, String), NotAPair> {
    let (name, value) = text.split_once('=').ok_or(NotAPair)?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Somebody and their role.
fn person_and_role(text: &str) -> Result<(String, Role), String> {
    let roles = Role::ALL.map(Role::word).join(", ");
    let wrong = || format!("write NAME=ROLE, with one of the roles {roles}");
    let (name, word) = text.split_once('=').ok_or_else(wrong)?;
    Ok((name.to_owned(), Role::of(word).ok_or_else(wrong)?))
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(why) => return exit::Error::Runtime(why).report(),
    };
    let done = runtime.block_on(async {
        match cli.command {
            Command::Lint { paths, format, strict } => lint::lint(&paths, format, strict),
            Command::Run(start) => drive::start(start).await,
            Command::Resume { run, operator } => drive::resume(&run, operator).await,
            Command::Runs { format } => runs::list(format),
            Command::Timeline { run, format, output, leave_out } => {
                let left_out = leave_out.into_iter().collect();
                inspect::timeline(&run, format.into(), output.as_deref(), left_out).await
            }
            Command::Report { run, format, output } => {
                review::report(&run, format.into(), output.as_deref()).await
            }
            Command::Manifest { run, step, output } => inspect::manifest(&run, &step, output.as_deref()),
            Command::Verify { file, key, format } => {
                verify::verify(file.as_deref(), key.as_ref(), format).await
            }
            Command::Key { format } => inspect::key(format).await,
            Command::Backup { file } => inspect::back_up(&file),
            Command::Inventory { env, format } => inventory::take(&env, format).await,
            Command::Keychain(command) => keychain::run(command).await,
            Command::Person(command) => person::run(command).await,
            Command::Range { scenario, port } => range::serve(&scenario, port).await,
        }
    });
    // A blocked read of the terminal must not keep an interrupted process alive.
    runtime.shutdown_background();
    match done {
        Ok(Exit::Done) if let Some(why) = say::failure() => exit::Error::Output(why).report(),
        Ok(exit) => exit.into(),
        Err(error) => error.report(),
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
