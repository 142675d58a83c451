//! What a person may do now, for whoever draws buttons or asks at a terminal.

use action::Effect;
use runbook::{OnFailure, Step, StepKind};
use serde::{Deserialize, Serialize};

use crate::decide::{again, may_have_failed};
use crate::state::{Stage, Work};
use crate::{Run, State};

/// One thing that a person may do with the step a run stands at; each goes with one [`crate::Command`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ts_rs::TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Move {
    /// `complete`: done, go on.
    Complete,
    /// `read`: perform an action that only reads.
    Read,
    /// `plan`: work out what would be done.
    Plan,
    /// `approve` the plan, and do it.
    Approve,
    /// `refuse` the plan, with a reason.
    Refuse,
    /// `plan` again.
    PlanAgain,
    /// `plan` again, undecided keys taken as photos (`with: { ties: photo }`).
    TiesPhoto,
    /// `plan` again, undecided keys taken as deleted (`with: { ties: deleted }`).
    TiesDeleted,
    /// `apply_again`: go on with the plan that was approved.
    ApplyAgain,
    /// `check_again`: look once more at what was done.
    CheckAgain,
    /// `decide`.
    Decide,
    /// `start_wait`.
    StartWait,
    /// `follow_failure`: go where the runbook says to go when this step fails.
    FollowFailure,
    /// `skip`, with a reason.
    Skip,
}

/// What a person may do with the step a run stands at.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Moves {
    /// Everything that fits where the step stands, the one to take first.
    pub all: Vec<Move>,
    /// What has to be done before the first of them: `Tick 2 more checks.`
    pub blocked: Option<String>,
}

impl Run {
    /// What a person may do now; nothing while an action is at work or once the run has ended.
    pub fn moves(&self) -> Moves {
        let Some(step) = self.current().filter(|_| self.state == State::Active) else {
            return Moves::default();
        };
        if self.owed().is_some() {
            return Moves::default();
        }
        let mut all = self.own_moves(step);
        if may_have_failed(self, step) && matches!(step.on_failure, OnFailure::GoTo(_)) {
            all.push(Move::FollowFailure);
        }
        all.push(Move::Skip);
        let blocked =
            matches!(all.first(), Some(Move::Complete | Move::Decide)).then(|| self.blocked(step)).flatten();
        Moves { all, blocked }
    }

    fn own_moves(&self, step: &Step) -> Vec<Move> {
        let of = self.step(&step.id);
        match &step.kind {
            StepKind::Manual | StepKind::Communicate { .. } => vec![Move::Complete],
            StepKind::Decision { .. } => vec![Move::Decide],
            StepKind::Wait(_) if of.wait.is_none() => vec![Move::StartWait],
            StepKind::Wait(_) => vec![Move::Complete],
            StepKind::Action { .. } if step.effect() == Some(Effect::Reads) => match of.work {
                Work::Verified { .. } => vec![Move::Complete, Move::Read],
                _ => vec![Move::Read],
            },
            StepKind::Action { .. } => match &of.work {
                Work::Planned { summary, .. } if summary.undecided > 0 => {
                    vec![Move::Approve, Move::TiesPhoto, Move::TiesDeleted, Move::Refuse, Move::PlanAgain]
                }
                Work::Planned { .. } => vec![Move::Approve, Move::Refuse, Move::PlanAgain],
                Work::InDoubt { found: Some(_), .. } => vec![Move::ApplyAgain, Move::CheckAgain, Move::Plan],
                Work::InDoubt { .. } => vec![Move::CheckAgain, Move::Plan],
                Work::Failed { stage: Stage::Verify, problem: Some(_), .. } => {
                    vec![Move::CheckAgain, Move::ApplyAgain, Move::Plan]
                }
                Work::Failed { .. } if again(&of.work).is_some() => {
                    vec![Move::ApplyAgain, Move::CheckAgain, Move::Plan]
                }
                Work::Verified { .. } => vec![Move::Complete],
                _ => vec![Move::Plan],
            },
        }
    }

    fn blocked(&self, step: &Step) -> Option<String> {
        match self.step(&step.id).unticked(step) {
            0 => None,
            1 => Some("Tick 1 more check.".to_owned()),
            left => Some(format!("Tick {left} more checks.")),
        }
    }
}
