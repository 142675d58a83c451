//! One effect: what a run owes the outside world, done, and what came of it.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use action::port::{Caller, PortError, PortErrorKind};
use action::{
    Action, Context, Environment, Failure, Happening, Inventory, Origin, Outcome, PlanSummary, Ports,
    Progress, Source,
};
use journal::JournalError;
use run::{Attachment, Digest, Event, Owed, Problem, Run, Work};
use runbook::value::in_short;

use crate::connect::own;
use crate::disk::{self, Evidence, Folder};
use crate::session::{LIFEBOAT, now};
use crate::{EngineError, Session};

/// A step without a `timeout:` is stopped after this long; nobody watches a step for a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

impl Session {
    /// Performs one effect. Whatever goes wrong in it is an event too; an error is what keeps it from being one.
    pub(crate) async fn perform(
        &self,
        run: &Run,
        owed: Owed,
        ledger: Option<&Path>,
        progress: &(dyn Fn(Progress) + Send + Sync),
        changed: &(dyn Fn(&Run) + Send + Sync),
    ) -> Result<Event, EngineError> {
        let mut evidence = match (&owed, ledger) {
            (Owed::Plan { .. }, _) => self.evidence(Evidence::plan),
            (_, None) => self.evidence(Evidence::passing),
            (_, Some(ledger)) => self.evidence(|_| Evidence::ledger(ledger)),
        }?;
        let done = self.attempt(run, &owed, progress, changed, ledger, &mut evidence).await;
        let mut file = evidence.into_file().map_err(JournalError::Evidence)?;
        Ok(event(owed, done, || self.journal.attach(&mut file))?)
    }

    async fn attempt(
        &self,
        run: &Run,
        owed: &Owed,
        progress: &(dyn Fn(Progress) + Send + Sync),
        changed: &(dyn Fn(&Run) + Send + Sync),
        ledger: Option<&Path>,
        spool: &mut Evidence,
    ) -> Result<Done, Problem> {
        let step = run.runbook().step(owed.step());
        let action = match step.map(|step| &step.kind) {
            Some(runbook::StepKind::Action { action, .. }) => Action::from_params(action, owed.params()),
            _ => return Err(unexpected("the step calls no action")),
        }
        .map_err(|why| unexpected(&why.to_string()))?;
        let environment = &run.start().environment;
        let ports = self.ports(run).await?;
        // A plan is read as it is carried out: only its summary says how much there is in it.
        let planned = run.step(owed.step()).work.applied().map(|applied| applied.summary.requests);
        // Where nothing counts up, such as a wait for AWS, "0 of 6" would say that nothing happens.
        let planned = |done: u64| planned.filter(|_| done > 0).map(|all| all.max(done));
        let progress =
            |now: Progress| progress(Progress { total: now.total.or_else(|| planned(now.done)), ..now });
        let origin = Origin { run: run.id().to_string(), mode: run.start().mode.word().to_owned() };
        let inventory = if action.asks_for_inventory() { self.inventory(environment)? } else { None };
        let record = |happening: Happening| {
            let event = Event::Happened { step: owed.step().clone(), happening };
            self.record(LIFEBOAT, &[event]).map(|run| changed(&run)).map_err(|why| {
                self.breaks(&why);
                Failure::Record(io::Error::other(why.to_string()))
            })
        };
        let disk = match ledger {
            Some(ledger) => Folder::with_ledger(self.home.path(), ledger),
            None => Folder::new(self.home.path()),
        };
        let cx = Context {
            ports: &ports,
            environment,
            origin: &origin,
            inventory: inventory.as_ref(),
            record: &record,
            disk: &disk,
            now: now(),
            progress: &progress,
            stop: &self.stop,
        };
        let work = async {
            let done = match owed {
                Owed::Read { .. } => action.read(&cx, spool).await.map(Done::Outcome),
                Owed::Plan { .. } => action.plan(&cx, spool).await.map(Done::Plan),
                Owed::Apply { digest, .. } => {
                    self.apply(&action, &cx, digest, spool).await?.map(Done::Outcome)
                }
                Owed::Verify { digest, .. } => {
                    action.verify(&cx, self.plan(digest)?, spool).await.map(Done::Outcome)
                }
            };
            // New credentials may be there by the next time, and belong to another account.
            if matches!(&done, Err(Failure::Port(why)) if why.kind == PortErrorKind::Credentials) {
                *self.ports.lock().await = None;
            }
            done.map_err(problem)
        };
        let timeout = step.and_then(|step| step.timeout).unwrap_or(LONGEST);
        self.until_done(timeout, work).await
    }

    /// Applies a plan, and takes it up again after each thing that keeps it from going on and passes: a network that is
    /// away, credentials that have expired.
    async fn apply(
        &self,
        action: &Action,
        cx: &Context<'_>,
        digest: &Digest,
        evidence: &mut Evidence,
    ) -> Result<Result<Outcome, Failure>, Problem> {
        let mut ports = cx.ports.clone();
        loop {
            let cx = Context { ports: &ports, now: now(), ..*cx };
            let why = match action.apply(&cx, self.plan(digest)?, evidence).await {
                Err(Failure::Paused(why)) if !cx.stopping() => why,
                done => return Ok(done),
            };
            if let Err(why) = evidence.flush() {
                return Ok(Err(Failure::Record(why)));
            }
            match self.wait(&cx, why).await {
                Ok(again) => ports = again,
                Err(failure) => return Ok(Err(failure)),
            }
        }
    }

    /// Waits until the outside world can be reached again, with credentials of the right account. What keeps it from
    /// that is told, and written down once.
    async fn wait(&self, cx: &Context<'_>, why: PortError) -> Result<Ports, Failure> {
        let said = |said: String| Happening { said, at: None, request_id: why.request_id.clone() };
        (cx.record)(said(format!("paused: {}", why.what())))?;
        let mut paused = format!("{}. {}", why.what(), why.next);
        loop {
            (cx.progress)(Progress {
                doing: "waiting to go on".to_owned(),
                paused: Some(paused),
                ..Progress::default()
            });
            cx.ports.pace.pause(cx.stop).await;
            if cx.stopping() {
                return Err(Failure::Stopped { left: format!("it was paused, because {}", why.what()) });
            }
            *self.ports.lock().await = None;
            match own(&*self.connector, cx.environment).await {
                Ok((ports, caller)) => {
                    self.compare_clocks(&caller)
                        .map_err(|why| Failure::Record(io::Error::other(why.to_string())))?;
                    (cx.record)(said("goes on where it was paused".to_owned()))?;
                    return Ok(self.ports.lock().await.insert(ports).clone());
                }
                Err(problem) => paused = format!("{}. {}", problem.what, problem.next),
            }
        }
    }

    /// What was known of the environment in peacetime.
    fn inventory(&self, environment: &Environment) -> Result<Option<Inventory>, Problem> {
        self.journal.inventory(&environment.name, &environment.account).map_err(|why| Problem {
            what: why.to_string(),
            next: "Nothing was done. Run `lifeboat verify`, then try again.".to_owned(),
        })
    }

    /// Waits for `work`, and asks it to stop when its time is up.
    async fn until_done(
        &self,
        timeout: Duration,
        work: impl Future<Output = Result<Done, Problem>>,
    ) -> Result<Done, Problem> {
        let mut work = pin!(work);
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(timeout) => {}
        }
        let asked = self.stop.swap(true, Ordering::Relaxed);
        let done = work.await;
        // What comes next has a time of its own.
        self.stop.store(asked, Ordering::Relaxed);
        done.map_err(|problem| Problem {
            what: format!("it was stopped after its timeout of {}: {}", in_short(timeout), problem.what),
            next: problem.next,
        })
    }

    /// The body of a plan, if it still is what its digest says.
    fn plan(&self, digest: &Digest) -> Result<Source, Problem> {
        let broken = |what: String| Problem {
            what,
            next: "Nothing was done. Run `lifeboat verify`, and make the plan again.".to_owned(),
        };
        match self.journal.attachment_is_whole(digest) {
            Ok(true) => {}
            Ok(false) => {
                return Err(broken(format!("the plan {} was changed after it was made", digest.short())));
            }
            Err(why) => return Err(broken(why.to_string())),
        }
        let body = self.journal.attachment(digest).map_err(|why| broken(why.to_string()))?;
        Ok(Box::new(body))
    }

    /// The outside world, once it is known that it belongs to the account the run is bound to.
    async fn ports(&self, run: &Run) -> Result<Ports, Problem> {
        let mut known = self.ports.lock().await;
        if let Some(ports) = known.as_ref() {
            return Ok(ports.clone());
        }
        let (ports, caller) = own(&*self.connector, &run.start().environment).await?;
        self.compare_clocks(&caller).map_err(|why| unexpected(&why.to_string()))?;
        Ok(known.insert(ports).clone())
    }

    /// Writes down when AWS's clock says another time than this machine's, by which the journal is dated.
    fn compare_clocks(&self, caller: &Caller) -> Result<(), EngineError> {
        let Some(event) = self.clock.compare(caller.ahead) else { return Ok(()) };
        self.record(LIFEBOAT, &[event]).map(drop)
    }

    /// Where the evidence of an effect is written that may have to go on where it broke off.
    pub(crate) fn ledger(&self, run: &Run, owed: &Owed) -> Option<PathBuf> {
        match owed {
            Owed::Apply { digest, .. } | Owed::Verify { digest, .. } => {
                Some(disk::ledger(&self.home.ledgers(), run.id(), digest))
            }
            _ => None,
        }
    }

    /// Records what a plan's application that broke off with its process had written down, unless that is known.
    pub(crate) fn keep_what_broke_off(
        &self,
        run: &Run,
        owed: &Owed,
        ledger: Option<&Path>,
    ) -> Result<(), EngineError> {
        let (Owed::Verify { step, digest, .. }, Some(ledger)) = (owed, ledger) else { return Ok(()) };
        if !matches!(run.step(step).work, Work::InDoubt { .. }) || !ledger.exists() {
            return Ok(());
        }
        let mut file =
            self.evidence(|_| Evidence::ledger(ledger))?.into_file().map_err(JournalError::Evidence)?;
        let evidence = self.journal.attach(&mut file)?;
        if evidence.bytes > 0 && !run.step(step).attachments.iter().any(|(_, known)| *known == evidence) {
            let (step, digest) = (step.clone(), digest.clone());
            self.record(LIFEBOAT, &[Event::ApplyBrokeOff { step, digest, evidence }])?;
        }
        Ok(())
    }

    pub(crate) fn evidence(
        &self,
        made: impl FnOnce(&Path) -> io::Result<Evidence>,
    ) -> Result<Evidence, EngineError> {
        let folder = self.home.path();
        made(folder).map_err(|source| EngineError::Spool { folder: folder.to_owned(), source })
    }
}

/// What an effect gave.
enum Done {
    Outcome(Outcome),
    Plan(PlanSummary),
}

/// The event that tells of it; what it speaks of is kept, and nothing else.
fn event(
    owed: Owed,
    done: Result<Done, Problem>,
    keep: impl FnOnce() -> Result<Attachment, JournalError>,
) -> Result<Event, JournalError> {
    Ok(match (owed, done) {
        (Owed::Plan { step, .. }, Ok(Done::Plan(summary))) => {
            Event::PlanReady { step, plan: keep()?, summary }
        }
        (Owed::Plan { step, .. }, Ok(Done::Outcome(_))) => {
            Event::PlanFailed { step, problem: unexpected("planning gave no plan") }
        }
        (Owed::Plan { step, .. }, Err(problem)) => Event::PlanFailed { step, problem },
        (Owed::Read { step, .. }, Ok(Done::Outcome(outcome))) => {
            Event::ReadFinished { step, outcome, evidence: keep()? }
        }
        (Owed::Read { step, .. }, done) => Event::ReadFailed { step, problem: no_outcome(done) },
        (Owed::Apply { step, digest, .. }, Ok(Done::Outcome(outcome))) => {
            Event::ApplyFinished { step, digest, outcome, evidence: keep()? }
        }
        (Owed::Apply { step, digest, .. }, done) => {
            Event::ApplyFailed { step, digest, problem: no_outcome(done), evidence: keep()? }
        }
        (Owed::Verify { step, digest, .. }, Ok(Done::Outcome(outcome))) => {
            Event::VerifyFinished { step, digest, outcome, evidence: keep()? }
        }
        (Owed::Verify { step, digest, .. }, done) => {
            Event::VerifyFailed { step, digest, problem: no_outcome(done) }
        }
    })
}

fn no_outcome(done: Result<Done, Problem>) -> Problem {
    done.err().unwrap_or_else(|| unexpected("it gave no outcome"))
}

fn unexpected(why: &str) -> Problem {
    Problem { what: why.to_owned(), next: "Report this: the run asked for the wrong thing.".to_owned() }
}

pub(crate) fn problem(failure: Failure) -> Problem {
    let (what, next) = failure.parts();
    Problem { what, next }
}
