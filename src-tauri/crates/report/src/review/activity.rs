//! What a run was busy with, and for how long.

use jiff::Timestamp;
use run::{Event, Recorded, Run, Work};
use runbook::{StepId, StepKind};

/// What a run was busy with at a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Activity {
    /// A person was at it.
    Person,
    /// An action read, planned, applied or verified.
    Action,
    /// A plan waited for approval.
    Approval,
    /// The runbook told to wait.
    Wait,
    /// It had failed, was interrupted or in doubt.
    Trouble,
}

impl Activity {
    /// All of them, in the order to show them.
    pub(crate) const ALL: [Self; 5] = [Self::Person, Self::Action, Self::Approval, Self::Wait, Self::Trouble];

    /// The words that people see.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Person => "people at work",
            Self::Action => "action at work",
            Self::Approval => "waiting for approval",
            Self::Wait => "waiting as the runbook says",
            Self::Trouble => "failed or interrupted",
        }
    }
}

/// A length of time in which one thing went on at one step.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Span {
    pub(crate) step: StepId,
    pub(crate) activity: Activity,
    pub(crate) from: Timestamp,
    pub(crate) to: Timestamp,
}

/// Follows a run entry by entry.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    spans: Vec<Span>,
    open: Option<Span>,
}

impl Watch {
    /// Takes in how the run stands after `entry`; `before` is when the entry before it was written.
    pub(crate) fn see(&mut self, run: &Run, entry: &Recorded, before: Timestamp) {
        // Nobody was there between the last entry and the reopening, whatever seemed to go on.
        if matches!(entry.event, Event::Resumed)
            && let Some(mut open) = self.open.take()
        {
            let (step, busy) = (open.step.clone(), open.activity == Activity::Action);
            open.to = if busy { before } else { entry.at };
            self.spans.push(open);
            if busy {
                self.push(Span { step, activity: Activity::Trouble, from: before, to: entry.at });
            }
        }
        let now = run.current().map(|step| (step.id.clone(), activity(run, &step.id)));
        match (&mut self.open, now) {
            (Some(open), Some((step, activity))) if open.step == step && open.activity == activity => {
                open.to = entry.at;
            }
            (open, now) => {
                let from = entry.at;
                let next = now.map(|(step, activity)| Span { step, activity, from, to: from });
                if let Some(mut done) = std::mem::replace(open, next) {
                    done.to = entry.at;
                    self.push(done);
                }
            }
        }
    }

    /// All spans, oldest first.
    pub(crate) fn finish(mut self) -> Vec<Span> {
        if let Some(open) = self.open.take() {
            self.push(open);
        }
        self.spans
    }

    /// Keeps a span, if it took any time; a clock that was set back leaves none.
    fn push(&mut self, span: Span) {
        if span.to > span.from {
            self.spans.push(span);
        }
    }
}

fn activity(run: &Run, step: &StepId) -> Activity {
    let of = run.step(step);
    match &of.work {
        Work::Reading { .. } | Work::Planning { .. } | Work::Applying(_) | Work::Verifying { .. } => {
            Activity::Action
        }
        Work::Planned { .. } => Activity::Approval,
        Work::InDoubt { .. } | Work::Failed { .. } => Activity::Trouble,
        Work::Idle | Work::Verified { .. } => {
            let waits = run.runbook().step(step).is_some_and(|step| matches!(step.kind, StepKind::Wait(_)));
            if waits && of.wait.is_some() { Activity::Wait } else { Activity::Person }
        }
    }
}
