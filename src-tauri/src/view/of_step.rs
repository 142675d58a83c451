//! From a step of a run to what the window draws of it.

use engine::has_manifest;
use run::{Applied, Problem, Run, Stage, Work};
use runbook::{OnFailure, RecordKind, Role, Step, WaitFor};

use super::{
    ActionView, AttachmentView, CheckView, ChoiceView, MessageView, OptionView, Pair, PlanValue, ProblemText,
    StepDetail, StepKind, StepState, WaitView, WorkView,
};

impl StepKind {
    pub(super) fn of(step: &Step) -> Self {
        match step.kind {
            runbook::StepKind::Manual => Self::Manual,
            runbook::StepKind::Action { .. } => Self::Action,
            runbook::StepKind::Decision { .. } => Self::Decision,
            runbook::StepKind::Wait(_) => Self::Wait,
            runbook::StepKind::Communicate { .. } => Self::Communicate,
        }
    }
}

impl StepState {
    pub(super) fn of(run: &Run, step: &Step) -> Self {
        let of = run.step(&step.id);
        match of.state {
            run::StepState::Done => return Self::Done,
            run::StepState::Skipped(_) => return Self::Skipped,
            run::StepState::Failed => return Self::Attention,
            run::StepState::Open => {}
        }
        if run.current().is_some_and(|current| current.id == step.id) {
            return match of.work {
                Work::Failed { .. } | Work::InDoubt { .. } => Self::Attention,
                _ if run.owed().is_some() => Self::Working,
                _ => Self::Current,
            };
        }
        // What is neither done nor ahead of the current step was led past.
        let behind = match run.current() {
            Some(current) => step.line < current.line,
            None => true,
        };
        if behind { Self::Passed } else { Self::Ahead }
    }
}

impl StepDetail {
    /// A step as it stands in a run.
    pub fn of(run: &Run, step: &Step) -> Self {
        let of = run.step(&step.id);
        let book = run.runbook();
        let title = |id| book.step(id).map(|step| step.title.clone()).unwrap_or_default();
        let current = run.current().is_some_and(|current| current.id == step.id);
        let moves = if current { run.moves() } else { run::Moves::default() };
        let options = match &step.kind {
            runbook::StepKind::Decision { options } => options
                .iter()
                .map(|option| OptionView { label: option.label.clone(), leads_to: title(&option.goto) })
                .collect(),
            _ => Vec::new(),
        };
        Self {
            id: step.id.to_string(),
            number: 1 + book.steps().take_while(|other| other.id != step.id).count(),
            title: step.title.clone(),
            phase: book.phase_of(&step.id).map(|phase| phase.title.clone()).unwrap_or_default(),
            kind: StepKind::of(step),
            effect: step.effect(),
            state: StepState::of(run, step),
            html: step.html.clone(),
            role: Some(step.role.words().to_owned()),
            holders: holders(run, step),
            second_person: run::second_person(step),
            estimate: step.estimate.map(|length| length.as_secs()),
            expect: step.expect.clone(),
            if_it_fails: match &step.on_failure {
                OnFailure::Stop => format!("Stop.{}", owner(run)),
                OnFailure::GoTo(id) => format!("Go on to \"{}\".", title(id)),
            },
            checks: (0..)
                .zip(&step.checks)
                .map(|(number, check)| CheckView {
                    html: check.html.clone(),
                    text: check.text.clone(),
                    ticked_at: of.ticks.get(&number).map(|tick| tick.at.to_string()),
                    ticked_by: of.ticks.get(&number).map(|tick| tick.by.clone()),
                })
                .collect(),
            record: step.record.map(|kind| {
                match kind {
                    RecordKind::Text => "text",
                    RecordKind::Number => "number",
                    RecordKind::Time => "time",
                    RecordKind::File => "file",
                }
                .to_owned()
            }),
            recorded: of.record.clone(),
            action: action(run, step),
            options,
            chosen: of.chosen.clone(),
            wait: wait(run, step),
            message: message(run, step),
            skipped: match &of.state {
                run::StepState::Skipped(reason) => Some(reason.clone()),
                _ => None,
            },
            moves: moves.all,
            blocked: moves.blocked,
        }
    }
}

fn owner(run: &Run) -> String {
    run.runbook().owner.as_ref().map(|owner| format!(" Call the {owner}.")).unwrap_or_default()
}

fn wait(run: &Run, step: &Step) -> Option<WaitView> {
    let runbook::StepKind::Wait(wait) = &step.kind else { return None };
    let of = run.step(&step.id).wait.as_ref();
    Some(WaitView {
        text: match wait {
            WaitFor::Duration(length) => format!("{} minutes", length.as_secs().div_ceil(60)),
            WaitFor::Until(template) => {
                format!("until {}", run.fill(step, template).unwrap_or_else(|why| why.to_string()))
            }
        },
        began: of.map(|wait| wait.began.to_string()),
        ends: of.map(|wait| wait.until.to_string()),
    })
}

fn message(run: &Run, step: &Step) -> Option<MessageView> {
    let runbook::StepKind::Communicate { audience, message } = &step.kind else { return None };
    let text = run.fill(step, message).unwrap_or_else(|_| message.to_string());
    Some(MessageView { audience: audience.clone(), text })
}

fn action(run: &Run, step: &Step) -> Option<ActionView> {
    let spec = step.action()?;
    let of = run.step(&step.id);
    let runbook::StepKind::Action { with, .. } = &step.kind else { return None };
    let asked = of.params.iter().map(|(name, value)| Pair::new(name, value));
    let ahead = with.iter().map(|(name, template)| {
        Pair::new(name, &run.fill(step, template).unwrap_or_else(|_| template.to_string()))
    });
    let params: Vec<_> = if of.params.is_empty() { ahead.collect() } else { asked.collect() };
    Some(ActionView {
        id: spec.id.to_owned(),
        about: spec.about.to_owned(),
        choice: ChoiceView::of(run, step, &params),
        values: PlanValue::all_of(run, step, &params),
        params,
        work: WorkView::of(&of.work),
        manifest: has_manifest(spec.id) && of.attachments.iter().any(|(label, _)| *label != "plan"),
        attachments: of
            .attachments
            .iter()
            .map(|(label, attachment)| AttachmentView {
                label: (*label).to_owned(),
                digest: attachment.digest.to_string(),
                bytes: attachment.bytes,
            })
            .collect(),
    })
}

impl WorkView {
    fn of(work: &Work) -> Self {
        match work {
            Work::Idle => Self::Idle,
            Work::Reading { since } => Self::Reading { since: since.to_string() },
            Work::Planning { since } => Self::Planning { since: since.to_string() },
            Work::Planned { at, digest, summary } => {
                Self::Planned { digest: digest.to_string(), summary: summary.clone(), at: at.to_string() }
            }
            Work::Applying(Applied { since, digest, summary, by, attempt }) => Self::Applying {
                since: since.to_string(),
                digest: digest.to_string(),
                summary: summary.clone(),
                approved_by: by.clone(),
                attempt: *attempt,
            },
            Work::Verifying { applied, outcome } => {
                Self::Verifying { since: applied.since.to_string(), applied: outcome.as_deref().cloned() }
            }
            Work::InDoubt { applied, found, problem } => Self::InDoubt {
                since: applied.since.to_string(),
                digest: applied.digest.to_string(),
                checking: found.is_none() && problem.is_none(),
                found: found.as_deref().cloned(),
                problem: problem.as_ref().map(ProblemText::from),
            },
            Work::Failed { at, stage, problem, outcome, .. } => Self::Failed {
                stage: Stage::word(*stage).to_owned(),
                at: at.to_string(),
                problem: problem.as_ref().map(ProblemText::from),
                outcome: outcome.as_deref().cloned(),
            },
            Work::Verified { at, outcome, applied } => Self::Verified {
                at: at.to_string(),
                outcome: outcome.as_ref().clone(),
                applied: applied.as_deref().cloned(),
            },
        }
    }
}

impl From<&Problem> for ProblemText {
    fn from(problem: &Problem) -> Self {
        Self { what: problem.what.clone(), next: problem.next.clone() }
    }
}

/// Who may do a step that is for one role, where that counts: nobody yet when it is empty.
fn holders(run: &Run, step: &Step) -> Option<Vec<String>> {
    let counts = run.is_strict() && step.role != Role::Operator;
    counts.then(|| run.holders(step.role).map(|person| person.name.clone()).collect())
}
