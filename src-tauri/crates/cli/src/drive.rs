//! From command to command until a run ends.

use std::io::{IsTerminal, Write};
use std::slice;
use std::sync::Arc;
use std::time::{Duration, Instant};

use action::{Outcome, Progress};
use engine::{Engine, EngineError, Home, Session, SignedApproval};
use jiff::Timestamp;
use run::{Command, Owed, Problem, Rejection, Request, Run, RunId, State, StepState, Work, second_person};
use runbook::{Role, Step};

use crate::answers::{Answers, Next};
use crate::connector::Aws;
use crate::exit::{Error, Exit};
use crate::interrupts::Interrupts;
use crate::person;
use crate::say::{complain, say};
use crate::terminal::{Asked, Terminal};
use crate::{Operator, Output, Start};

/// Starts a run and drives it.
pub(crate) async fn start(start: Start) -> Result<Exit, Error> {
    let home = Home::find()?;
    let answers = start.operator.answers.as_deref().map(Answers::read).transpose()?;
    let library = runbook::library::Library::new(&home.runbooks());
    let source = library.open(&start.runbook)?;
    // One that has errors is refused below, with all of them.
    let runbook = runbook::parse(&source.text, &source.name).runbook;
    if let (Some(answers), Some(runbook)) = (&answers, &runbook) {
        answers.check(runbook)?;
    }
    let environment = aws::environments::load(&start.env, home.path())?;
    let operator = name(&start.operator)?;
    let request = Request {
        name: source.name,
        source: source.text,
        mode: start.mode.into(),
        environment,
        parameters: start.set.into_iter().collect(),
        operator: operator.clone(),
        outage_began: start.outage_began,
        declared: start.declared.unwrap_or_else(Timestamp::now),
    };
    let request = match (&answers, std::io::stdin().is_terminal()) {
        (None, true) => Terminal::complete(request)?,
        _ => request,
    };
    let engine = Engine::open(home, Arc::new(Aws))?;
    let session = engine.start(request)?;
    join(&session, &operator, &start.operator.people)?;
    Driver::new(&engine, session, operator, answers, start.operator.format)?.drive(0).await
}

/// Goes on with a run.
pub(crate) async fn resume(id: &RunId, operator: Operator) -> Result<Exit, Error> {
    let answers = operator.answers.as_deref().map(Answers::read).transpose()?;
    let name = name(&operator)?;
    let engine = Engine::open(Home::find()?, Arc::new(Aws))?;
    let before = engine.read(id)?;
    if *before.state() != State::Active {
        return Err(Error::Refused {
            what: format!("run {id} has ended"),
            next: format!("Read what happened with `lifeboat timeline {id} --format md`."),
        });
    }
    if let Some(answers) = &answers {
        answers.check(before.runbook())?;
    }
    let session = engine.resume(id, &name)?;
    join(&session, &name, &operator.people)?;
    Driver::new(&engine, session, name, answers, operator.format)?.drive(before.seq()).await
}

/// Who is at this terminal.
fn name(operator: &Operator) -> Result<String, Error> {
    let login = || std::env::var("USER").or_else(|_| std::env::var("USERNAME")).ok();
    operator.name.clone().or_else(login).filter(|name| !name.trim().is_empty()).ok_or_else(|| Error::Usage {
        what: "nobody knows who you are".to_owned(),
        next: "Give your name with `--as NAME`: every entry of the journal names a person.".to_owned(),
    })
}

/// Says who else takes part.
fn join(session: &Session, operator: &str, people: &[(String, Role)]) -> Result<(), Error> {
    for (person, role) in people {
        session.submit(operator, &Command::Join { person: person.clone(), role: *role })?;
    }
    Ok(())
}

struct Driver<'a> {
    engine: &'a Engine,
    session: Session,
    operator: String,
    answers: Option<Answers>,
    terminal: Terminal,
    interrupts: Interrupts,
    format: Output,
    /// The key that signed that the run has ended, or why none did.
    sealed: Option<Result<String, String>>,
}

/// Why a run is left where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    /// Nobody answers; the step itself says whether it failed.
    Unanswered,
    /// What was answered, or approved, is refused.
    Refused,
}

impl<'a> Driver<'a> {
    fn new(
        engine: &'a Engine,
        session: Session,
        operator: String,
        answers: Option<Answers>,
        format: Output,
    ) -> Result<Self, Error> {
        let interrupts = Interrupts::catch().map_err(Error::Runtime)?;
        Ok(Self {
            engine,
            session,
            operator,
            answers,
            terminal: Terminal::default(),
            interrupts,
            format,
            sealed: None,
        })
    }

    /// Drives the run; `seen` entries of its journal have been shown before.
    async fn drive(mut self, seen: u64) -> Result<Exit, Error> {
        let run = self.session.run().id().clone();
        self.go_on(seen).await.map_err(|why| Error::Left { run, why: Box::new(why) })
    }

    async fn go_on(&mut self, mut seen: u64) -> Result<Exit, Error> {
        if self.format == Output::Human {
            crate::terminal::heading(&self.session.run());
        }
        loop {
            let interrupted = self.work(&mut seen).await? || self.interrupts.pending().await;
            let run = self.session.run();
            self.show(&mut seen)?;
            if *run.state() != State::Active {
                self.seal(&run).await;
            }
            if interrupted || *run.state() != State::Active {
                return Ok(self.end(&run, interrupted));
            }
            let Some(step) = run.current().cloned() else { return Ok(self.end(&run, false)) };
            let from_file = self.answers.as_mut().map(|answers| answers.next(&run, &step));
            let (command, by) = match from_file {
                Some(Next::Command(command, by)) => (command, by),
                Some(Next::Silent(why)) if !std::io::stdin().is_terminal() => {
                    return Ok(self.stuck(&run, &why, Left::Unanswered));
                }
                _ => match self.ask(&run, &step).await? {
                    Asked::Command(command, by) => (command, by),
                    Asked::Again => continue,
                    Asked::Leave => return Ok(self.end(&run, true)),
                },
            };
            let refused = matches!(command, Command::Refuse { .. });
            let actor = by.as_deref().unwrap_or(&self.operator);
            let done = match signed(&run, &step, &command) {
                None => self.session.submit(actor, &command),
                Some(approval) => match passphrase(&approval.by).await? {
                    Some(passphrase) => self.session.approve_signed(actor, approval, &passphrase).await,
                    None => return Ok(self.stuck(&run, &no_passphrase(&approval.by), Left::Unanswered)),
                },
            };
            if let Err(why) = done {
                let EngineError::Rejected(rejection) = &why else {
                    if !matches!(why, EngineError::SignIn(_)) {
                        return Err(why.into());
                    }
                    if !std::io::stdin().is_terminal() {
                        return Ok(self.stuck(&run, &why.to_string(), Left::Refused));
                    }
                    complain!("{why}");
                    continue;
                };
                if self.answers.is_some() || !std::io::stdin().is_terminal() {
                    let later = matches!(rejection, Rejection::WaitNotOver { .. });
                    let left = if later { Left::Unanswered } else { Left::Refused };
                    return Ok(self.stuck(&run, &why.to_string(), left));
                }
                complain!("{why}");
            } else if refused && self.answers.is_some() {
                self.show(&mut seen)?;
                return Ok(self.stuck(&self.session.run(), "the plan was refused", Left::Refused));
            }
        }
    }

    /// Has a checkpoint signed that says how long the run is, now that it has ended. Ctrl-C leaves it unsigned.
    async fn seal(&mut self, run: &Run) {
        let sealed = tokio::select! {
            () = self.interrupts.next() => Err("it was interrupted".to_owned()),
            sealed = engine::seal(self.engine.journal(), run.id()) => {
                sealed.map(|seal| seal.key.name().to_owned()).map_err(|why| why.to_string())
            }
        };
        self.sealed = Some(sealed.map_err(|why| why.trim_end_matches('.').to_owned()));
    }

    /// Asks the person at the terminal; Ctrl-C leaves the run where it stands.
    async fn ask(&mut self, run: &Run, step: &Step) -> Result<Asked, Error> {
        let mut terminal = std::mem::take(&mut self.terminal);
        let (run, step) = (run.clone(), step.clone());
        let asking = tokio::task::spawn_blocking(move || {
            let asked = terminal.ask(&run, &step);
            (terminal, asked)
        });
        tokio::select! {
            () = self.interrupts.next() => Ok(Asked::Leave),
            asked = asking => {
                let (terminal, asked) = asked.map_err(|why| Error::Runtime(std::io::Error::other(why)))?;
                self.terminal = terminal;
                asked
            }
        }
    }

    /// Does what the run owes. Ctrl-C asks it to stop between two items; whether it was pressed is returned.
    async fn work(&mut self, seen: &mut u64) -> Result<bool, Error> {
        let run = self.session.run();
        let Some(owed) = run.owed() else { return Ok(false) };
        self.show(seen)?;
        let meter = Meter::new(self.format, &owed);
        let progress = |progress: Progress| meter.show(&progress);
        let changed = |_: &Run| {};
        let mut work = std::pin::pin!(self.session.work(&progress, &changed));
        let mut interrupted = false;
        loop {
            tokio::select! {
                done = &mut work => {
                    meter.clear();
                    done?;
                    return Ok(interrupted);
                }
                () = self.interrupts.next() => {
                    if interrupted {
                        return Ok(true);
                    }
                    interrupted = true;
                    complain!("\nStopping after the items that are under way. Press Ctrl-C again to leave at once.");
                    self.session.stop();
                }
            }
        }
    }

    /// Prints what the journal has gained.
    fn show(&self, seen: &mut u64) -> Result<(), Error> {
        let run = self.session.run();
        for entry in self.engine.journal().entries_after(run.id(), *seen)? {
            *seen = entry.seq;
            let row = report::Row::new(&run, entry)?;
            match self.format {
                Output::Human => crate::terminal::row(&row),
                Output::Json => {
                    let line = serde_json::json!({
                        "seq": row.entry.seq, "datetime": row.entry.at, "actor": row.entry.actor,
                        "kind": row.kind, "step": row.step.as_ref().map(|(id, _)| id), "message": row.text,
                    });
                    say!("{line}");
                }
            }
        }
        Ok(())
    }

    /// The end, or where it was left.
    fn end(&self, run: &Run, interrupted: bool) -> Exit {
        let exit = match run.state() {
            State::Active if interrupted => Exit::Interrupted,
            State::Active | State::Abandoned { .. } => Exit::Failed,
            State::Finished(_) if went_wrong(run) => Exit::Failed,
            State::Finished(_) => Exit::Done,
        };
        self.last_line(run, exit, "");
        exit
    }

    /// Where the run stands because nobody can go on with it here.
    fn stuck(&self, run: &Run, why: &str, left: Left) -> Exit {
        let trouble = trouble(run);
        let exit = match (&trouble, left) {
            (Some((_, exit)), Left::Unanswered) => *exit,
            (None, Left::Unanswered) => Exit::Interrupted,
            (_, Left::Refused) => Exit::Failed,
        };
        let said: Vec<_> = trouble
            .iter()
            .map(|(text, _)| text.as_str())
            .chain([why])
            .filter(|text| !text.is_empty())
            .collect();
        self.last_line(run, exit, &said.join("\n"));
        exit
    }

    fn last_line(&self, run: &Run, exit: Exit, why: &str) {
        let state = match run.state() {
            State::Active => "active",
            State::Finished(_) => "finished",
            State::Abandoned { .. } => "abandoned",
        };
        if !why.is_empty() {
            complain!("lifeboat: {why}");
        }
        if self.format == Output::Json {
            let signed_by = self.sealed.as_ref().and_then(|sealed| sealed.as_ref().ok());
            let unsigned = self.sealed.as_ref().and_then(|sealed| sealed.as_ref().err());
            say!(
                "{}",
                serde_json::json!({
                    "run": run.id(), "state": state, "exit": exit as u8, "why": why, "signed_by": signed_by,
                    "unsigned": unsigned,
                })
            );
            return;
        }
        let id = run.id();
        if *run.state() == State::Active {
            let at = run.current().map(|step| step.title.as_str()).unwrap_or_default();
            say!("\nRun {id} stands at \"{at}\". Go on with: lifeboat resume {id}");
        } else {
            say!("\nRun {id} {state}. Its timeline: lifeboat timeline {id} --format md -o {id}.md");
            match &self.sealed {
                Some(Ok(key)) => say!("Its checkpoint is signed by {key}."),
                Some(Err(why)) => say!(
                    "No checkpoint of it could be signed: {why}. It is in the journal all the same; exporting it with \
                     `--format jsonl` tries again."
                ),
                None => {}
            }
        }
    }
}

/// An approval that the second person has to sign.
fn signed(run: &Run, step: &Step, command: &Command) -> Option<SignedApproval> {
    let Command::Approve { step: id, digest, by, typed } = command else { return None };
    let signs = run.is_strict() && second_person(step);
    let by = by.clone().filter(|_| signs)?;
    Some(SignedApproval { step: id.clone(), digest: digest.clone(), by, typed: typed.clone() })
}

/// A person's passphrase; `None` when nobody gives it.
async fn passphrase(of: &str) -> Result<Option<String>, Error> {
    let of = of.to_owned();
    let asked = tokio::task::spawn_blocking(move || person::passphrase(&of)).await;
    asked.map_err(|why| Error::Runtime(std::io::Error::other(why)))?
}

fn no_passphrase(of: &str) -> String {
    format!(
        "{of} must sign in to approve this plan; give their passphrase at a terminal, or as a line of standard input"
    )
}

/// What went wrong in the step the run stands at, what to do about it, and the exit code that goes with it.
fn trouble(run: &Run) -> Option<(String, Exit)> {
    let step = run.current()?;
    let found = |outcome: &Outcome| {
        let said = [slice::from_ref(&outcome.headline), &outcome.notes].concat();
        said.iter().map(|said| said.trim_end_matches('.')).collect::<Vec<_>>().join(". ")
    };
    let why = |problem: &Problem| format!("{}. {}", problem.what.trim_end_matches('.'), problem.next);
    let title = &step.title;
    Some(match &run.step(&step.id).work {
        Work::Failed { problem, outcome, .. } => {
            let why = problem.as_ref().map(why).or(outcome.as_deref().map(found)).unwrap_or_default();
            (format!("\"{title}\" failed: {why}"), Exit::Failed)
        }
        Work::InDoubt { applied, found: outcome, problem } => {
            let why = problem.as_ref().map(why).or(outcome.as_deref().map(found)).unwrap_or_default();
            let at = applied.since.strftime("%Y-%m-%d %H:%M:%S UTC");
            (format!("\"{title}\" was sent at {at} and interrupted: {why}"), Exit::Interrupted)
        }
        _ => return None,
    })
}

/// Whether a step that calls an action was left without being verified.
fn went_wrong(run: &Run) -> bool {
    run.runbook().steps().any(|step| matches!(run.step(&step.id).state, StepState::Failed))
}

/// How far an effect is, on one line of the terminal.
struct Meter {
    shown: bool,
    step: String,
    state: std::sync::Mutex<(Instant, Instant)>,
}

impl Meter {
    fn new(format: Output, owed: &Owed) -> Self {
        let now = Instant::now();
        let shown = format == Output::Human && std::io::stderr().is_terminal();
        Self { shown, step: owed.step().to_string(), state: std::sync::Mutex::new((now, now)) }
    }

    fn show(&self, progress: &Progress) {
        let Ok(mut state) = self.state.lock() else { return };
        if !self.shown || state.1.elapsed() < Duration::from_millis(200) {
            return;
        }
        state.1 = Instant::now();
        if let Some(why) = &progress.paused {
            let _ = write!(std::io::stderr(), "\r\x1b[K{}: paused, goes on by itself: {why}", self.step);
            return;
        }
        let seconds = state.0.elapsed().as_secs_f64().max(0.001);
        #[expect(clippy::cast_precision_loss, reason = "shown as a whole number")]
        let rate = progress.done as f64 / seconds;
        let total = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let failed =
            if progress.failed > 0 { format!(", {} failed", progress.failed) } else { String::new() };
        // A line that is soon replaced is no loss.
        let _ = write!(
            std::io::stderr(),
            "\r\x1b[K{}: {} {}{total}, {rate:.0} a second{failed}",
            self.step,
            progress.doing,
            progress.done
        );
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
