//! What a command leads to, or why it is refused.

mod approve;
mod people;
mod record;

use std::collections::BTreeMap;
use std::time::Duration;

use action::{Action, Effect};
use jiff::Timestamp;
use runbook::{OnFailure, RecordKind, Step, StepId, StepKind, WaitFor};

use crate::state::{Applied, Stage, Work, action_of};
use crate::{Command, Event, How, Rejection, Run, State};

pub use approve::second_person;

/// What `command`, asked by `actor` at `now`, leads to. Pure: it records nothing and does nothing.
///
/// # Errors
/// A [`Rejection`] that says what to do instead.
pub fn decide(run: &Run, actor: &str, command: &Command, now: Timestamp) -> Result<Vec<Event>, Rejection> {
    if actor.trim().is_empty() {
        return Err(Rejection::NoName);
    }
    if *run.state() != State::Active && !record::is_always(command) {
        return Err(Rejection::Ended);
    }
    if let (false, Some(_), Some(current)) = (beside(command), run.owed(), run.current()) {
        return Err(Rejection::Busy(current.title.clone()));
    }
    match command {
        Command::Note { .. } | Command::Attach { .. } | Command::Correct { .. } | Command::Mark { .. } => {
            record::decide(run, command, now)
        }
        Command::Abandon { reason } => {
            let reason = said(reason).ok_or(Rejection::NoReason)?;
            Ok(vec![Event::RunAbandoned { reason }])
        }
        Command::Tick { step, check } => tick(run, step, *check, true),
        Command::Untick { step, check } => tick(run, step, *check, false),
        Command::Complete { step, record } => {
            people::may(run, step, actor)?;
            complete(run, step, record.as_deref(), now)
        }
        Command::Decide { step, choice } => {
            people::may(run, step, actor)?;
            choose(run, step, choice)
        }
        Command::StartWait { step } => start_wait(run, step, now),
        Command::Read { step } => read(run, step),
        Command::Plan { step, with } => plan(run, step, with),
        Command::Approve { step, digest, by, typed } => {
            let by = by.as_deref().unwrap_or(actor);
            approve::approve(run, step, digest, by, How::Named, typed.as_deref())
        }
        Command::ApproveSigned { step, digest, by, signed, typed } => {
            approve::approve(run, step, digest, by, How::Signed(signed.clone()), typed.as_deref())
        }
        Command::BreakGlass { step, digest, reason, typed } => {
            let how = How::BrokeGlass { reason: said(reason).ok_or(Rejection::NoReason)? };
            approve::approve(run, step, digest, actor, how, typed.as_deref())
        }
        Command::Join { .. } | Command::Leave { .. } | Command::HandOver { .. } => {
            people::decide(run, command)
        }
        Command::Refuse { step, digest, reason } => {
            run.at(step)?;
            approve::waiting(run, step, digest)?;
            let reason = said(reason).ok_or(Rejection::NoReason)?;
            Ok(vec![Event::PlanRefused { step: step.clone(), digest: digest.clone(), reason }])
        }
        Command::ApplyAgain { step } => apply_again(run, step),
        Command::CheckAgain { step } => check_again(run, step),
        Command::FollowFailure { step } => follow_failure(run, step),
        Command::Skip { step, reason } => {
            run.at(step)?;
            let reason = said(reason).ok_or(Rejection::NoReason)?;
            Ok(run.on_to_next(step, Event::Skipped { step: step.clone(), reason }))
        }
    }
}

/// Whether a command may be given while an action is at work: it doesn't touch where the run stands.
fn beside(command: &Command) -> bool {
    let of_people =
        matches!(command, Command::Join { .. } | Command::Leave { .. } | Command::HandOver { .. });
    of_people
        || record::is_always(command)
        || matches!(command, Command::Tick { .. } | Command::Untick { .. })
}

impl Run {
    fn find(&self, step: &StepId) -> Result<&Step, Rejection> {
        self.runbook().step(step).ok_or_else(|| Rejection::NoSuchStep(step.clone()))
    }

    /// The step, if the run stands at it.
    fn at(&self, id: &StepId) -> Result<&Step, Rejection> {
        let step = self.find(id)?;
        match self.current() {
            Some(current) if current.id == *id => Ok(step),
            Some(current) => {
                Err(Rejection::NotCurrent { asked: step.title.clone(), current: current.title.clone() })
            }
            None => Err(Rejection::Ended),
        }
    }

    /// `event`, and the end of the run when no step follows.
    fn on_to_next(&self, step: &StepId, event: Event) -> Vec<Event> {
        let last = self.runbook().next_after(step).is_none();
        if last { vec![event, Event::RunFinished] } else { vec![event] }
    }

    /// An action step's parameters with every reference filled in.
    pub(crate) fn params(&self, step: &Step) -> Result<BTreeMap<String, String>, Rejection> {
        let StepKind::Action { with, .. } = &step.kind else { return Ok(BTreeMap::new()) };
        let mut params = BTreeMap::new();
        for (name, template) in with {
            match self.fill(step, template) {
                Ok(value) => drop(params.insert(name.clone(), value)),
                Err(_) if self.does_without(step, name, template) => {}
                Err(why) => return Err(why),
            }
        }
        // An optional parameter that was left empty is as good as one that isn't there.
        params.retain(|_, value| !value.is_empty());
        Ok(params)
    }

    /// Whether a step that only reads may leave out a parameter: an optional one, told by a step that was skipped or
    /// failed. Such a step then looks at more, and harms nothing.
    fn does_without(&self, step: &Step, name: &str, template: &runbook::Template) -> bool {
        let left = |reference: &runbook::Reference| match reference {
            runbook::Reference::Output { step, .. } => {
                matches!(self.step(step).state, crate::StepState::Skipped(_) | crate::StepState::Failed)
            }
            _ => false,
        };
        let spec = action_of(step).and_then(action::spec::find);
        let optional = spec.and_then(|spec| spec.param(name)).is_some_and(|param| !param.required);
        let reads = step.effect() == Some(action::Effect::Reads);
        optional && reads && template.references().any(left)
    }

    /// A text of the runbook with its references filled in.
    ///
    /// # Errors
    /// A reference that has no value yet, or never will in this run.
    pub fn fill(&self, step: &Step, template: &runbook::Template) -> Result<String, Rejection> {
        let environment = self.start().environment.paths();
        let text = template.render(&|reference| match reference {
            runbook::Reference::Parameter(name) => self.start().parameters.get(name).cloned(),
            runbook::Reference::Environment(path) => environment.get(path).cloned(),
            runbook::Reference::Output { step, name } => self.output(step, name).map(str::to_owned),
        });
        text.map_err(|missing| Rejection::Unknown { step: step.title.clone(), what: missing.to_string() })
    }
}

fn said(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

fn tick(run: &Run, id: &StepId, check: usize, on: bool) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let Some(item) = step.checks.get(check) else {
        let checks = step.checks.len();
        return Err(Rejection::NoSuchCheck {
            step: step.title.clone(),
            check: check.saturating_add(1),
            checks,
        });
    };
    let (step, text) = (id.clone(), item.text.clone());
    Ok(match (run.step(id).ticks.contains_key(&check), on) {
        (false, true) => vec![Event::CheckTicked { step, check, text }],
        (true, false) => vec![Event::CheckUnticked { step, check, text }],
        _ => vec![],
    })
}

/// Whether everything a person has to do in a step before leaving it is done.
fn checks_done(run: &Run, step: &Step) -> Result<(), Rejection> {
    match run.step(&step.id).unticked(step) {
        0 => Ok(()),
        left => Err(Rejection::ChecksLeft { step: step.title.clone(), left }),
    }
}

fn complete(run: &Run, id: &StepId, record: Option<&str>, now: Timestamp) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let of = run.step(id);
    match &step.kind {
        StepKind::Decision { options } => {
            let options = options.iter().map(|option| option.label.clone()).collect();
            return Err(Rejection::NoSuchChoice { step: step.title.clone(), choice: String::new(), options });
        }
        StepKind::Action { .. } if !matches!(of.work, Work::Verified { .. }) => {
            return Err(Rejection::NotVerified(step.title.clone()));
        }
        StepKind::Wait(_) => match &of.wait {
            None => return Err(not_now(step, "be completed", "its wait has not begun; begin it first")),
            Some(wait) if now < wait.until => {
                return Err(Rejection::WaitNotOver { step: step.title.clone(), until: wait.until });
            }
            Some(_) => {}
        },
        StepKind::Action { .. } | StepKind::Manual | StepKind::Communicate { .. } => {}
    }
    checks_done(run, step)?;
    let record = written(step, record)?;
    // A step that asks for the time asks when it was, not when that was written down.
    let said = record.as_ref().filter(|_| step.record == Some(RecordKind::Time));
    let at = said.and_then(|time| time.parse().ok()).unwrap_or(now);
    let marked = match step.clock {
        Some(clock) => Some(record::mark(run, clock, at, now)?),
        None => None,
    };
    let done = run.on_to_next(id, Event::StepCompleted { step: id.clone(), record });
    Ok(marked.into_iter().chain(done).collect())
}

/// What was written down, checked against what the step asks for.
fn written(step: &Step, record: Option<&str>) -> Result<Option<String>, Rejection> {
    let record = record.and_then(said);
    let Some(kind) = step.record else { return Ok(record) };
    let what = match kind {
        RecordKind::Text => "what you saw",
        RecordKind::Number => "a number",
        RecordKind::Time => "a time with its offset, such as 2026-11-24T03:14:00Z",
        RecordKind::File => "the path of a file",
    };
    let Some(value) = record else { return Err(Rejection::RecordNeeded { step: step.title.clone(), what }) };
    let good = match kind {
        RecordKind::Text | RecordKind::File => true,
        RecordKind::Number => value.replace([',', '_'], "").parse::<f64>().is_ok_and(f64::is_finite),
        RecordKind::Time => value.parse::<Timestamp>().is_ok(),
    };
    if good { Ok(Some(value)) } else { Err(Rejection::RecordWrong { step: step.title.clone(), value, what }) }
}

fn choose(run: &Run, id: &StepId, choice: &str) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let StepKind::Decision { options } = &step.kind else {
        return Err(not_now(step, "be decided", "it is not a decision"));
    };
    checks_done(run, step)?;
    let Some(option) = options.iter().find(|option| option.label == choice) else {
        let options = options.iter().map(|option| option.label.clone()).collect();
        return Err(Rejection::NoSuchChoice { step: step.title.clone(), choice: choice.to_owned(), options });
    };
    Ok(vec![Event::Decided { step: id.clone(), choice: choice.to_owned(), goto: option.goto.clone() }])
}

fn start_wait(run: &Run, id: &StepId, now: Timestamp) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let StepKind::Wait(wait) = &step.kind else { return Err(not_now(step, "wait", "it is not a wait")) };
    if run.step(id).wait.is_some() {
        return Ok(vec![]);
    }
    let until = match wait {
        WaitFor::Duration(length) => later(now, *length),
        WaitFor::Until(template) => {
            let text = run.fill(step, template)?;
            let unknown = |_| Rejection::Unknown {
                step: step.title.clone(),
                what: "the instant to wait for".to_owned(),
            };
            text.parse().map_err(unknown)?
        }
    };
    Ok(vec![Event::WaitStarted { step: id.clone(), until }])
}

fn later(now: Timestamp, length: Duration) -> Timestamp {
    now.checked_add(length).unwrap_or(Timestamp::MAX)
}

/// The action of a step with its parameters, checked.
fn action(
    run: &Run,
    step: &Step,
    with: &BTreeMap<String, String>,
) -> Result<(String, BTreeMap<String, String>), Rejection> {
    let Some(action) = action_of(step) else { return Err(not_now(step, "be run", "it calls no action")) };
    let mut params = run.params(step)?;
    for (name, value) in with {
        let spec = action::spec::find(action).and_then(|spec| spec.param(name));
        if spec.is_none_or(|param| !param.at_planning) {
            return Err(not_now(step, "be planned with that", "its action doesn't let that be chosen now"));
        }
        params.insert(name.clone(), value.clone());
    }
    Action::from_params(action, &params)?;
    Ok((action.to_owned(), params))
}

fn read(run: &Run, id: &StepId) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    if step.effect().is_some_and(|effect| effect != Effect::Reads) {
        return Err(not_now(step, "just be run", "it changes things: plan it first"));
    }
    let (action, params) = action(run, step, &BTreeMap::new())?;
    Ok(vec![Event::ReadStarted { step: id.clone(), action, params }])
}

fn plan(run: &Run, id: &StepId, with: &BTreeMap<String, String>) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    if step.effect() == Some(Effect::Reads) {
        return Err(not_now(step, "be planned", "it only reads: run it"));
    }
    if matches!(run.step(id).work, Work::Verified { .. }) {
        return Err(not_now(step, "be planned", "it is done and verified"));
    }
    let (action, params) = action(run, step, with)?;
    Ok(vec![Event::PlanStarted { step: id.clone(), action, params }])
}

/// The plan that was approved and whose work isn't known to be done.
pub(crate) fn again(work: &Work) -> Option<&Applied> {
    match work {
        Work::InDoubt { applied, .. } => Some(applied),
        Work::Failed { applied, stage: Stage::Apply | Stage::Verify, .. } => applied.as_ref(),
        _ => None,
    }
}

fn apply_again(run: &Run, id: &StepId) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    match &run.step(id).work {
        Work::InDoubt { found: None, .. } => {
            Err(not_now(step, "go on", "nobody has looked yet how far it got; check it first"))
        }
        work => match again(work) {
            Some(Applied { digest, attempt, .. }) => Ok(vec![Event::ApplyStarted {
                step: id.clone(),
                digest: digest.clone(),
                attempt: attempt + 1,
            }]),
            None => Err(not_now(step, "go on", "it has no approved plan that stopped half way")),
        },
    }
}

fn check_again(run: &Run, id: &StepId) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    match again(&run.step(id).work) {
        Some(applied) => Ok(vec![Event::VerifyStarted { step: id.clone(), digest: applied.digest.clone() }]),
        None => Err(not_now(step, "be checked", "it has done nothing that could be")),
    }
}

fn follow_failure(run: &Run, id: &StepId) -> Result<Vec<Event>, Rejection> {
    let step = run.at(id)?;
    let OnFailure::GoTo(goto) = &step.on_failure else {
        return Err(not_now(step, "go on elsewhere", "the runbook says to stop when it fails"));
    };
    if !may_have_failed(run, step) {
        return Err(not_now(step, "go on elsewhere", "it has not failed"));
    }
    Ok(vec![Event::FailureFollowed { step: id.clone(), goto: goto.clone() }])
}

/// Whether a person may say that a step has failed: an action must have, or nobody can tell how far it got.
pub(crate) fn may_have_failed(run: &Run, step: &Step) -> bool {
    !step.is_action() || matches!(run.step(&step.id).work, Work::Failed { .. } | Work::InDoubt { .. })
}

fn not_now(step: &Step, asked: &'static str, why: &'static str) -> Rejection {
    Rejection::NotNow { step: step.title.clone(), asked, why }
}
