//! From a run to what the window draws of it.

use ::run::{Event, Run, State};
use report::{ReportError, Row};
use runbook::Step;

use super::{
    FileView, Pair, PersonView, PhaseView, RecoveryView, RunCard, RunState, RunView, StepDetail, StepKind,
    StepRow, StepState, TimelineRow,
};

impl RunView {
    /// A run as it stands; `head` is the hash of its last entry.
    pub fn of(run: &Run, head: String, signed: Option<String>) -> Self {
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
            operator: run.operator().to_owned(),
            approver: run.approver().map(str::to_owned),
            people: run.people().iter().map(PersonView::from).collect(),
            strict: run.is_strict(),
            break_glass: book.break_glass,
            broke_glass: run.broke_glass(),
            recovery: RecoveryView::of(run),
            files: run.files().iter().map(FileView::from).collect(),
            started: run.started().to_string(),
            ended: run.ended().map(|at| at.to_string()),
            rto: book.objectives.rto.map(|length| length.as_secs()),
            rpo: book.objectives.rpo.map(|length| length.as_secs()),
            remaining: run.remaining().as_secs(),
            parameters: start.parameters.iter().map(|(name, value)| Pair::new(name, value)).collect(),
            phases: phases.collect(),
            current: run.current().map(|step| step.id.to_string()),
            step: run.current().map(|step| StepDetail::of(run, step)),
            entries: run.seq(),
            signed,
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

impl TimelineRow {
    /// One entry of `run`'s journal. The id of a request stands apart from the words: few read it, some copy it.
    ///
    /// # Errors
    /// An entry that can't be read by this version.
    pub fn of(run: &Run, entry: journal::Entry) -> Result<Self, ReportError> {
        let request_id = entry.recorded().ok().and_then(|recorded| match recorded.event {
            Event::Happened { happening, .. } => happening.request_id,
            _ => None,
        });
        let row = Row::new(run, entry)?;
        let suffix = request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
        Ok(Self {
            seq: row.entry.seq,
            at: row.entry.at,
            actor: row.entry.actor,
            kind: row.kind.to_owned(),
            text: row.text.strip_suffix(&suffix).unwrap_or(&row.text).to_owned(),
            request_id,
            step: row.step.map(|(id, _)| id),
            hash: row.entry.hash,
        })
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
            operator: run.operator().to_owned(),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_id_stands_apart_from_the_words() {
        let run = crate::view::choice::tests::run(&[]);
        let row = |event: &str| {
            let entry = journal::Entry {
                run: run.id().clone(),
                seq: 7,
                at: "2026-11-24T03:20:11Z".to_owned(),
                actor: "lifeboat".to_owned(),
                event: event.to_owned(),
                previous: String::new(),
                hash: String::new(),
            };
            TimelineRow::of(&run, entry).map(|row| (row.kind, row.text, row.request_id))
        };
        let told = row(
            r#"{"event":"happened","step":"restore","said":"portal-b: creating","at":null,"request_id":"4c1f"}"#,
        );
        let (kind, text, id) = told.unwrap();
        assert_eq!(
            (kind.as_str(), text.as_str(), id.as_deref()),
            ("happened", "portal-b: creating", Some("4c1f"))
        );
        let (_, text, id) = row(r#"{"event":"noted","step":null,"text":"see (request 4c1f)"}"#).unwrap();
        assert!(text.ends_with("see (request 4c1f)") && id.is_none(), "{text}");
        assert!(row("{}").is_err());
    }
}
