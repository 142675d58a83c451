//! Answers from a file, so that a whole run can be scripted.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use run::{Command, Move, Run, Work};
use runbook::{Step, StepId};
use serde::Deserialize;

/// Step id -> answer.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    path: PathBuf,
    answers: BTreeMap<StepId, Answer>,
    /// Steps whose action was asked to read or to plan: once, so that what fails is not asked for ever.
    asked: BTreeSet<StepId>,
    again: BTreeMap<StepId, u32>,
}

/// The answer to one step.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Answer {
    /// Done: every check is ticked.
    done: bool,
    /// What the step asks to write down.
    record: Option<String>,
    /// The option of a decision.
    choose: Option<String>,
    /// Whether the plan is approved.
    approve: Option<bool>,
    /// Why the plan is refused, when `approve: false`.
    reason: Option<String>,
    /// Who approves or refuses an action's plan, or who did a manual step; the operator when left out.
    by: Option<String>,
    /// The name of what will be gone, for a plan that destroys something.
    typed: Option<String>,
    /// Values that replace the step's own when the plan is made, such as `ties: photo`.
    with: BTreeMap<String, String>,
    /// Why one person approves a plan alone, where the runbook lets the glass be broken.
    break_glass: Option<String>,
    /// Whether to go on with the approved plan when it stopped half way.
    again: bool,
    /// Leave the step undone, for this reason.
    skip: Option<String>,
}

/// Why the answers can't be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswersError {
    #[error("the answers {} can't be read: {source}. Check the path.", path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("the answers {} are not right: {why}. Write step id -> answer, such as `restore: {{ approve: true, by: Dana }}`.", path.display())]
    Shape { path: PathBuf, why: String },
    #[error("the answers {} name steps that {runbook} does not have: {}. Correct the ids.", path.display(), unknown.join(", "))]
    Steps { path: PathBuf, runbook: String, unknown: Vec<String> },
}

/// What a file says to the step a run stands at.
pub(crate) enum Next {
    /// Do this, as this person.
    Command(Command, Option<String>),
    /// It says nothing that fits; why, unless the step itself says what is wrong.
    Silent(String),
}

impl Answers {
    pub(crate) fn read(path: &Path) -> Result<Self, AnswersError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| AnswersError::Read { path: path.to_owned(), source })?;
        let answers =
            serde_saphyr::from_str_with_options(&text, serde_saphyr::options! { with_snippet: false })
                .map_err(|why| AnswersError::Shape { path: path.to_owned(), why: why.to_string() })?;
        Ok(Self { path: path.to_owned(), answers, ..Self::default() })
    }

    /// Refuses answers to steps that the runbook doesn't have: a typo must not leave a step unanswered.
    pub(crate) fn check(&self, runbook: &runbook::Runbook) -> Result<(), AnswersError> {
        let unknown: Vec<_> =
            self.answers.keys().filter(|id| runbook.step(id).is_none()).map(ToString::to_string).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        Err(AnswersError::Steps { path: self.path.clone(), runbook: runbook.id.clone(), unknown })
    }

    /// What it says to where the run stands.
    pub(crate) fn next(&mut self, run: &Run, step: &Step) -> Next {
        let id = step.id.clone();
        let none = Answer::default();
        let answer = self.answers.get(&id).unwrap_or(&none);
        // What else is asked of an action than to approve it, the operator asks.
        let by = answer.by.clone().filter(|_| !step.is_action());
        if let Some(reason) = &answer.skip {
            return Next::Command(Command::Skip { step: id, reason: reason.clone() }, by);
        }
        let unticked = (0..step.checks.len()).find(|check| !run.step(&id).ticks.contains_key(check));
        if let (true, Some(check)) = (answer.done, unticked) {
            return Next::Command(Command::Tick { step: id, check }, by);
        }
        let silent = |what: &str| {
            Next::Silent(format!("{} says nothing to \"{}\": {what}", self.path.display(), step.title))
        };
        match run.moves().all.first() {
            Some(Move::Complete)
                if answer.done || (step.is_action() && unticked.is_none() && step.record.is_none()) =>
            {
                Next::Command(Command::Complete { step: id, record: answer.record.clone() }, by)
            }
            Some(Move::Complete) => silent("answer `done: true` when it is done"),
            Some(Move::Decide) => match &answer.choose {
                Some(choice) => Next::Command(Command::Decide { step: id, choice: choice.clone() }, by),
                None => silent("answer `choose: …`"),
            },
            Some(Move::StartWait) => Next::Command(Command::StartWait { step: id }, by),
            Some(Move::Read) if self.asked.insert(id.clone()) => {
                Next::Command(Command::Read { step: id }, by)
            }
            Some(Move::Plan) if self.asked.insert(id.clone()) => {
                Next::Command(Command::Plan { step: id, with: answer.with.clone() }, by)
            }
            // It has failed, or its plan was refused.
            Some(Move::Read | Move::Plan) => Next::Silent(String::new()),
            Some(Move::Approve) => approval(run, id, answer)
                .unwrap_or_else(|| silent("answer `approve: true` or `approve: false`")),
            Some(first @ (Move::ApplyAgain | Move::CheckAgain)) if answer.again => {
                let tries = self.again.entry(id.clone()).or_default();
                *tries += 1;
                if *tries > 3 {
                    return Next::Silent(format!(
                        "\"{}\" was gone on with three times and is still not done",
                        step.title
                    ));
                }
                let command = match first {
                    Move::CheckAgain => Command::CheckAgain { step: id },
                    _ => Command::ApplyAgain { step: id },
                };
                Next::Command(command, by)
            }
            Some(Move::ApplyAgain | Move::CheckAgain) => {
                silent("answer `again: true` to go on with the approved plan")
            }
            _ => silent("it needs a person"),
        }
    }
}

fn approval(run: &Run, step: StepId, answer: &Answer) -> Option<Next> {
    let Work::Planned { digest, .. } = &run.step(&step).work else { return None };
    let (digest, by) = (digest.clone(), answer.by.clone());
    if let Some(reason) = answer.break_glass.clone() {
        return Some(Next::Command(
            Command::BreakGlass { step, digest, reason, typed: answer.typed.clone() },
            None,
        ));
    }
    Some(if answer.approve? {
        Next::Command(Command::Approve { step, digest, by, typed: answer.typed.clone() }, None)
    } else {
        let reason = answer.reason.clone().unwrap_or_else(|| "refused by the answers".to_owned());
        Next::Command(Command::Refuse { step, digest, reason }, by)
    })
}
