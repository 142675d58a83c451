//! From a run to what the window draws of it.

use ::run::{Run, State};
use runbook::Step;

use super::{Pair, PhaseView, RunCard, RunState, RunView, StepDetail, StepKind, StepRow, StepState};

impl RunView {
    /// A run as it stands; `head` is the hash of its last entry.
    pub fn of(run: &Run, head: String) -> Self {
        let (start, book) = (run.start(), run.runbook());
        let mut numbers = 1..;
        let phases = book.phases.iter().filter(|phase| !phase.steps.is_empty());
        let phases = phases.map(|phase| PhaseView {
            title: phase.title.clone(),
            steps: phase
                .steps
                .iter()
                .zip(&mut numbers)
                .map(|(step, number)| row(run, step, number))
                .collect(),
        });
        Self {
            id: run.id().to_string(),
            mode: start.mode,
            state: RunState::of(run),
            title: book.title.clone(),
            version: book.version.clone(),
            environment: start.environment.name.clone(),
            account: start.environment.account.clone(),
            region: start.environment.region.clone(),
            operator: start.operator.clone(),
            approver: run.approver().map(str::to_owned),
            outage_began: start.outage_began.map(|at| at.to_string()),
            declared: start.declared.to_string(),
            started: run.started().to_string(),
            ended: match run.state() {
                State::Active => None,
                State::Finished(at) | State::Abandoned { at, .. } => Some(at.to_string()),
            },
            rto: book.objectives.rto.map(|length| length.as_secs()),
            rpo: book.objectives.rpo.map(|length| length.as_secs()),
            remaining: run.remaining().as_secs(),
            parameters: start.parameters.iter().map(|(name, value)| Pair::new(name, value)).collect(),
            phases: phases.collect(),
            current: run.current().map(|step| step.id.to_string()),
            step: run.current().map(|step| StepDetail::of(run, step)),
            entries: run.seq(),
            head,
            working: run.owed().is_some(),
        }
    }
}

impl Pair {
    pub(super) fn new(name: &str, value: &str) -> Self {
        Self { name: name.to_owned(), value: value.to_owned() }
    }
}

impl RunState {
    fn of(run: &Run) -> Self {
        match run.state() {
            State::Active => Self::Active,
            State::Finished(_) => Self::Finished,
            State::Abandoned { .. } => Self::Abandoned,
        }
    }
}

impl RunCard {
    /// A run in the library.
    pub fn of(run: &Run) -> Self {
        let left =
            run.runbook().steps().filter(|step| run.step(&step.id).state == ::run::StepState::Open).count();
        let steps = run.runbook().steps().count();
        Self {
            id: run.id().to_string(),
            title: run.runbook().title.clone(),
            mode: Some(run.start().mode),
            environment: run.start().environment.name.clone(),
            operator: run.start().operator.clone(),
            started: run.started().to_string(),
            last: run.last().to_string(),
            state: RunState::of(run),
            at: run.current().map(|step| step.title.clone()),
            done: steps - left,
            steps,
            problem: None,
        }
    }

    /// A run whose entries can't be read.
    pub fn unreadable(id: &::run::RunId, problem: &str) -> Self {
        Self {
            id: id.to_string(),
            title: id.to_string(),
            mode: None,
            environment: String::new(),
            operator: String::new(),
            started: String::new(),
            last: String::new(),
            state: RunState::Active,
            at: None,
            done: 0,
            steps: 0,
            problem: Some(problem.to_owned()),
        }
    }
}

fn row(run: &Run, step: &Step, number: usize) -> StepRow {
    StepRow {
        id: step.id.to_string(),
        number,
        title: step.title.clone(),
        kind: StepKind::of(step),
        effect: step.effect(),
        state: StepState::of(run, step),
        estimate: step.estimate.map(|length| length.as_secs()),
    }
}
