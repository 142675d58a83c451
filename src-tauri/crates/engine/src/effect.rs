//! One effect: what a run owes the outside world, done, and what came of it.

use std::fs::File;
use std::io::BufWriter;
use std::pin::pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use action::{Action, Context, Failure, Outcome, PlanSummary, Ports, Progress, Source};
use run::{Attachment, Digest, Event, Owed, Problem, Run};

use crate::session::now;
use crate::{EngineError, Session};

/// A step without a `timeout:` is stopped after this long; nobody watches a step for a week.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 3600);

impl Session {
    /// Performs one effect. Whatever goes wrong in it is an event too; an error is what keeps it from being one.
    pub(crate) async fn perform(
        &self,
        run: &Run,
        owed: Owed,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Event, EngineError> {
        let mut spool = self.spool()?;
        let done = self.attempt(run, &owed, progress, &mut spool).await;
        let mut file = match spool.into_inner() {
            Ok(file) => file,
            Err(why) => return Err(journal::JournalError::Evidence(why.into_error()).into()),
        };
        let kept = self.journal.attach(&mut file)?;
        Ok(event(owed, done, kept))
    }

    async fn attempt(
        &self,
        run: &Run,
        owed: &Owed,
        progress: &(dyn Fn(Progress) + Send + Sync),
        spool: &mut BufWriter<File>,
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
        let progress = |now: Progress| {
            progress(Progress { total: now.total.or(planned.map(|n| n.max(now.done))), ..now })
        };
        let cx = Context { ports: &ports, environment, now: now(), progress: &progress, stop: &self.stop };
        let work = async {
            Ok::<_, Problem>(match owed {
                Owed::Read { .. } => Done::Outcome(action.read(&cx, spool).await.map_err(problem)?),
                Owed::Plan { .. } => Done::Plan(action.plan(&cx, spool).await.map_err(problem)?),
                Owed::Apply { digest, .. } => {
                    Done::Outcome(action.apply(&cx, self.plan(digest)?, spool).await.map_err(problem)?)
                }
                Owed::Verify { digest, .. } => {
                    Done::Outcome(action.verify(&cx, self.plan(digest)?, spool).await.map_err(problem)?)
                }
            })
        };
        let timeout = step.and_then(|step| step.timeout).unwrap_or(LONGEST);
        self.until_done(timeout, work).await
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
            () = tokio::time::sleep(timeout) => self.stop.store(true, Ordering::Relaxed),
        }
        work.await.map_err(|problem| Problem {
            what: format!(
                "it was stopped after its timeout of {} minutes: {}",
                timeout.as_secs() / 60,
                problem.what
            ),
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
        let environment = &run.start().environment;
        let ports = self.connector.connect(environment).await?;
        let caller = ports.identity.whoami().await.map_err(|why| problem(Failure::Port(why)))?;
        if caller.account != environment.account {
            return Err(Problem {
                what: format!(
                    "these credentials belong to account {} ({}), and the environment {} is account {}; nothing else \
                     was asked or done",
                    caller.account, caller.arn, environment.name, environment.account
                ),
                next:
                    "Log in to the right account, or correct `account:` in the environment, then try again."
                        .to_owned(),
            });
        }
        Ok(known.insert(ports).clone())
    }

    fn spool(&self) -> Result<BufWriter<File>, EngineError> {
        let folder = self.home.path();
        let file = tempfile::tempfile_in(folder);
        file.map(BufWriter::new).map_err(|source| EngineError::Spool { folder: folder.to_owned(), source })
    }
}

/// What an effect gave.
enum Done {
    Outcome(Outcome),
    Plan(PlanSummary),
}

fn event(owed: Owed, done: Result<Done, Problem>, kept: Attachment) -> Event {
    match (owed, done) {
        (Owed::Plan { step, .. }, Ok(Done::Plan(summary))) => Event::PlanReady { step, plan: kept, summary },
        (Owed::Plan { step, .. }, Ok(Done::Outcome(_))) => {
            Event::PlanFailed { step, problem: unexpected("planning gave no plan") }
        }
        (Owed::Plan { step, .. }, Err(problem)) => Event::PlanFailed { step, problem },
        (Owed::Read { step, .. }, Ok(Done::Outcome(outcome))) => {
            Event::ReadFinished { step, outcome, evidence: kept }
        }
        (Owed::Read { step, .. }, done) => Event::ReadFailed { step, problem: no_outcome(done) },
        (Owed::Apply { step, digest, .. }, Ok(Done::Outcome(outcome))) => {
            Event::ApplyFinished { step, digest, outcome, evidence: kept }
        }
        (Owed::Apply { step, digest, .. }, done) => {
            Event::ApplyFailed { step, digest, problem: no_outcome(done), evidence: kept }
        }
        (Owed::Verify { step, digest, .. }, Ok(Done::Outcome(outcome))) => {
            Event::VerifyFinished { step, digest, outcome, evidence: kept }
        }
        (Owed::Verify { step, digest, .. }, done) => {
            Event::VerifyFailed { step, digest, problem: no_outcome(done) }
        }
    }
}

fn no_outcome(done: Result<Done, Problem>) -> Problem {
    done.err().unwrap_or_else(|| unexpected("it gave no outcome"))
}

fn unexpected(why: &str) -> Problem {
    Problem { what: why.to_owned(), next: "Report this: the run asked for the wrong thing.".to_owned() }
}

fn problem(failure: Failure) -> Problem {
    let (what, next) = failure.parts();
    Problem { what, next }
}
