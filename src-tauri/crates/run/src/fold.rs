//! From a journal to a run.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use runbook::{Clock, Role, StepId};

use crate::same_person;
use crate::state::{Applied, Kept, Stage, StepRun, StepState, Tick, Wait, Work};
use crate::{Attachment, Digest, Event, FORMAT, How, Problem, Recorded, Run, RunId, State};
use action::{Outcome, Verdict};

/// Why a journal's entries aren't a run.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    /// There are none.
    #[error("run {0} has no entries; `lifeboat runs` lists the runs there are")]
    Empty(RunId),
    /// The first isn't the start, or a later one is.
    #[error("entry {seq} of run {run} is out of place; check the journal with `lifeboat verify`")]
    Misplaced {
        /// The run.
        run: RunId,
        /// The entry.
        seq: u64,
    },
    /// It was written by a later Lifeboat.
    #[error(
        "run {run} was written in format {format}, and this version reads {FORMAT}; open it with Lifeboat {lifeboat} or later"
    )]
    Later {
        /// The run.
        run: RunId,
        /// Its format.
        format: u32,
        /// Who wrote it.
        lifeboat: String,
    },
    /// The runbook that was kept can't be read any more.
    #[error(
        "the runbook kept in run {run} can't be read by this version: {why}; open it with Lifeboat {lifeboat}"
    )]
    Runbook {
        /// The run.
        run: RunId,
        /// The first error in it.
        why: String,
        /// Who wrote it.
        lifeboat: String,
    },
}

impl Run {
    /// The run that these entries, from the first on, add up to.
    ///
    /// # Errors
    /// No entries, entries out of place, or written by a later version.
    pub fn fold(id: RunId, entries: impl IntoIterator<Item = Recorded>) -> Result<Self, FoldError> {
        let mut entries = entries.into_iter();
        let Some(first) = entries.next() else { return Err(FoldError::Empty(id)) };
        let mut run = Self::begin(id, first)?;
        for entry in entries {
            run.absorb(entry)?;
        }
        Ok(run)
    }

    /// A run that has only started.
    fn begin(id: RunId, first: Recorded) -> Result<Self, FoldError> {
        let (1, Event::RunStarted(start)) = (first.seq, first.event) else {
            return Err(FoldError::Misplaced { run: id, seq: first.seq });
        };
        if start.format > FORMAT {
            return Err(FoldError::Later { run: id, format: start.format, lifeboat: start.lifeboat });
        }
        // Reviews that have gone stale since don't matter.
        let parsed = runbook::parse(&start.source, &start.runbook);
        let Some(runbook) = parsed.runbook.map(Arc::new) else {
            let error = parsed.diagnostics.into_iter().find(|d| d.is_error());
            let why = error.map(|d| d.message).unwrap_or_default();
            return Err(FoldError::Runbook { run: id, why, lifeboat: start.lifeboat });
        };
        let current = runbook.steps().next().map(|step| step.id.clone());
        let mut run = Self {
            id,
            start: *start,
            runbook,
            started: first.at,
            last: first.at,
            seq: 1,
            state: State::Active,
            current: None,
            steps: BTreeMap::new(),
            approver: None,
            operator: String::new(),
            people: Vec::new(),
            clocks: BTreeMap::new(),
            held: Duration::ZERO,
            holding: None,
            broke_glass: false,
            files: Vec::new(),
        };
        let operator = run.start.operator.clone();
        run.handed_over(&operator, first.at);
        run.marked(Clock::Declared, run.start.declared);
        if let Some(began) = run.start.outage_began {
            run.marked(Clock::OutageBegan, began);
        }
        run.stand_at(current, first.at);
        Ok(run)
    }

    /// Takes one more entry in.
    ///
    /// # Errors
    /// An entry whose number isn't the next, or a second start.
    pub fn absorb(&mut self, entry: Recorded) -> Result<(), FoldError> {
        let Recorded { seq, at, actor, event } = entry;
        if seq != self.seq + 1 || matches!(event, Event::RunStarted(_)) {
            return Err(FoldError::Misplaced { run: self.id.clone(), seq });
        }
        self.seq = seq;
        self.last = at;
        self.apply(at, actor, event);
        self.hold(at);
        Ok(())
    }

    fn apply(&mut self, at: Timestamp, actor: String, event: Event) {
        match event {
            Event::RunStarted(_)
            | Event::Noted { .. }
            | Event::ClockJumped { .. }
            | Event::ClockCompared { .. }
            | Event::CorrectiveAction { .. }
            | Event::Happened { .. } => {}
            Event::Joined { person, role } => self.joined(&person, role, at),
            Event::Left { person } => self.left(&person, at),
            Event::HandedOver { to } => self.handed_over(&to, at),
            Event::Marked { clock, at: said } => self.marked(clock, said),
            Event::Attached { step, name, media, file } => {
                self.files.push(Kept { step, name, media, file });
            }
            Event::Resumed => self.interrupted(),
            Event::CheckTicked { step, check, .. } => {
                self.of(&step).ticks.insert(check, Tick { at, by: actor });
            }
            Event::CheckUnticked { step, check, .. } => {
                self.of(&step).ticks.remove(&check);
            }
            Event::StepCompleted { step, record } => {
                self.of(&step).record = record;
                let next = self.runbook.next_after(&step).map(|step| step.id.clone());
                self.leave(&step, StepState::Done, next, at);
            }
            Event::Decided { step, choice, goto } => {
                self.of(&step).chosen = Some(choice);
                self.leave(&step, StepState::Done, Some(goto), at);
            }
            Event::WaitStarted { step, until } => self.of(&step).wait = Some(Wait { began: at, until }),
            Event::Skipped { step, reason } => {
                let next = self.runbook.next_after(&step).map(|step| step.id.clone());
                self.leave(&step, StepState::Skipped(reason), next, at);
            }
            Event::FailureFollowed { step, goto } => self.leave(&step, StepState::Failed, Some(goto), at),
            Event::ReadStarted { step, params, .. } => self.set(&step, params, Work::Reading { since: at }),
            Event::ReadFinished { step, outcome, evidence } => {
                self.keep(&step, "what was found", evidence);
                if outcome.verdict == Verdict::Passed {
                    self.found_right(&step, at);
                }
                self.of(&step).work = judged(at, Stage::Read, None, outcome, None);
            }
            Event::ReadFailed { step, problem } => {
                self.of(&step).work = failed(at, Stage::Read, None, problem, None);
            }
            Event::PlanStarted { step, params, .. } => {
                self.of(&step).planner = Some(actor);
                self.set(&step, params, Work::Planning { since: at });
            }
            Event::PlanReady { step, plan, summary } => {
                let digest = plan.digest.clone();
                self.keep(&step, "plan", plan);
                self.of(&step).work = Work::Planned { at, digest, summary };
            }
            Event::PlanFailed { step, problem } => {
                self.of(&step).work = failed(at, Stage::Plan, None, problem, None);
            }
            Event::PlanRefused { step, .. } => self.of(&step).work = Work::Idle,
            Event::PlanApproved { step, digest, by, how } => {
                self.broke_glass |= matches!(how, How::BrokeGlass { .. });
                self.approved(&step, &digest, at, by);
            }
            Event::ApplyStarted { step, attempt, .. } => {
                self.restore_started(&step, at);
                self.sent(&step, at, attempt);
            }
            Event::ApplyFinished { step, outcome, evidence, .. } => {
                self.keep(&step, "what was done", evidence);
                self.data_available(&step, at);
                self.applied(&step, outcome);
            }
            Event::ApplyFailed { step, problem, evidence, .. } => {
                self.keep(&step, "what was done", evidence);
                let of = self.of(&step);
                let applied = of.work.applied().cloned();
                of.work = failed(at, Stage::Apply, applied, problem, None);
            }
            Event::ApplyBrokeOff { step, evidence, .. } => self.keep(&step, "what was done", evidence),
            Event::VerifyStarted { step, .. } => self.looked_at_again(&step),
            Event::VerifyFinished { step, outcome, evidence, .. } => {
                self.keep(&step, "what was found", evidence);
                if outcome.verdict == Verdict::Passed {
                    self.found_right(&step, at);
                }
                self.verified(&step, at, outcome);
            }
            Event::VerifyFailed { step, problem, .. } => {
                let of = self.of(&step);
                of.work = match std::mem::take(&mut of.work) {
                    Work::InDoubt { applied, found, .. } => {
                        Work::InDoubt { applied, found, problem: Some(problem) }
                    }
                    Work::Verifying { applied, outcome } => {
                        failed(at, Stage::Verify, Some(applied), problem, outcome)
                    }
                    work => failed(at, Stage::Verify, work.applied().cloned(), problem, None),
                };
            }
            Event::RunFinished => {
                self.read_off(Clock::StoodDown, at);
                self.state = State::Finished(at);
                self.current = None;
            }
            Event::RunAbandoned { reason } => {
                self.read_off(Clock::StoodDown, at);
                self.state = State::Abandoned { at, reason };
                self.current = None;
            }
        }
    }

    fn of(&mut self, step: &StepId) -> &mut StepRun {
        self.steps.entry(step.clone()).or_default()
    }

    fn set(&mut self, step: &StepId, params: BTreeMap<String, String>, work: Work) {
        let of = self.of(step);
        of.params = params;
        of.work = work;
    }

    fn keep(&mut self, step: &StepId, label: &'static str, attachment: Attachment) {
        self.of(step).attachments.push((label, attachment));
    }

    fn leave(&mut self, step: &StepId, state: StepState, next: Option<StepId>, at: Timestamp) {
        let of = self.of(step);
        of.state = state;
        of.left = Some(at);
        self.stand_at(next, at);
    }

    fn stand_at(&mut self, step: Option<StepId>, at: Timestamp) {
        if let Some(step) = &step {
            self.of(step).reached = Some(at);
        }
        self.current = step;
    }

    /// Whatever was going on in another process has stopped: reading and planning can simply be asked for
    /// again; what was being applied is in doubt; what was being verified still is owed.
    fn interrupted(&mut self) {
        let Some(step) = self.current.clone() else { return };
        let of = self.of(&step);
        of.work = match std::mem::take(&mut of.work) {
            Work::Reading { .. } | Work::Planning { .. } => Work::Idle,
            Work::Applying(applied) => Work::InDoubt { applied, found: None, problem: None },
            // Look again: what was found, or why it couldn't be, may be hours old.
            Work::InDoubt { applied, .. } => Work::InDoubt { applied, found: None, problem: None },
            work => work,
        };
    }

    fn approved(&mut self, step: &StepId, digest: &Digest, at: Timestamp, by: String) {
        self.approver = Some(by.clone());
        if !same_person(&by, &self.operator) {
            self.joined(&by, Role::Approver, at);
        }
        let of = self.of(step);
        if let Work::Planned { summary, .. } = &mut of.work {
            let summary = std::mem::take(summary);
            of.work = Work::Applying(Applied { since: at, digest: digest.clone(), summary, by, attempt: 1 });
        }
    }

    fn sent(&mut self, step: &StepId, at: Timestamp, attempt: u32) {
        let of = self.of(step);
        if let Some(applied) = of.work.applied().cloned() {
            of.work = Work::Applying(Applied { since: at, attempt, ..applied });
        }
    }

    fn applied(&mut self, step: &StepId, outcome: Outcome) {
        let of = self.of(step);
        if let Some(applied) = of.work.applied().cloned() {
            of.work = Work::Verifying { applied, outcome: Some(Box::new(outcome)) };
        }
    }

    /// What is in doubt stays so until somebody has seen how far it got.
    fn looked_at_again(&mut self, step: &StepId) {
        let of = self.of(step);
        of.work = match std::mem::take(&mut of.work) {
            Work::InDoubt { applied, .. } => Work::InDoubt { applied, found: None, problem: None },
            Work::Failed { applied: Some(applied), done, .. } => Work::Verifying { applied, outcome: done },
            work => work,
        };
    }

    /// An action that was in doubt is done if all it wanted is so; otherwise a person has to say what now.
    fn verified(&mut self, step: &StepId, at: Timestamp, found: Outcome) {
        let of = self.of(step);
        of.work = match std::mem::take(&mut of.work) {
            Work::InDoubt { applied, .. } if found.verdict == Verdict::Failed => {
                Work::InDoubt { applied, found: Some(Box::new(found)), problem: None }
            }
            Work::Verifying { applied, outcome } => judged(at, Stage::Verify, Some(applied), found, outcome),
            _ => judged(at, Stage::Verify, None, found, None),
        };
    }
}

impl Work {
    /// The plan that was approved, while it matters.
    pub fn applied(&self) -> Option<&Applied> {
        match self {
            Self::Applying(applied) | Self::InDoubt { applied, .. } | Self::Verifying { applied, .. } => {
                Some(applied)
            }
            Self::Failed { applied, .. } => applied.as_ref(),
            _ => None,
        }
    }
}

fn judged(
    at: Timestamp,
    stage: Stage,
    applied: Option<Applied>,
    outcome: Outcome,
    done: Option<Box<Outcome>>,
) -> Work {
    let outcome = Box::new(outcome);
    match outcome.verdict {
        Verdict::Passed => Work::Verified { at, outcome, applied: done },
        Verdict::Failed => Work::Failed { at, stage, applied, problem: None, outcome: Some(outcome), done },
    }
}

fn failed(
    at: Timestamp,
    stage: Stage,
    applied: Option<Applied>,
    problem: Problem,
    done: Option<Box<Outcome>>,
) -> Work {
    Work::Failed { at, stage, applied, problem: Some(problem), outcome: None, done }
}
