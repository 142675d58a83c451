//! Why a command is refused, in words that say what to do instead.

use action::ParamError;
use jiff::Timestamp;
use runbook::{Clock, Role, StepId};

/// Why a command is refused. Nothing was recorded and nothing was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The run has ended.
    #[error("the run has ended; notes can still be added")]
    Ended,
    /// There is no such step.
    #[error("this runbook has no step {0}")]
    NoSuchStep(StepId),
    /// The run stands elsewhere.
    #[error("the run stands at \"{current}\", not at \"{asked}\"; go on from there")]
    NotCurrent {
        /// The title of the step that was asked for.
        asked: String,
        /// The title of the step the run stands at.
        current: String,
    },
    /// An action is at work.
    #[error("\"{0}\" is at work; wait until it is done, or stop it")]
    Busy(String),
    /// The step has no such check.
    #[error("\"{step}\" has {checks} checks, and no check {check}")]
    NoSuchCheck {
        /// The step's title.
        step: String,
        /// The check, from 1.
        check: usize,
        /// How many it has.
        checks: usize,
    },
    /// Checks are left.
    #[error("{} of \"{step}\" not ticked yet; tick {} first, or skip the step with a reason", checks(*.left), if *.left == 1 { "it" } else { "them" })]
    ChecksLeft {
        /// The step's title.
        step: String,
        /// How many.
        left: usize,
    },
    /// Something has to be written down.
    #[error("\"{step}\" asks you to write down {what}; do that first")]
    RecordNeeded {
        /// The step's title.
        step: String,
        /// What.
        what: &'static str,
    },
    /// What was written down isn't what the step asks for.
    #[error("{value:?} is not {what}, which \"{step}\" asks for")]
    RecordWrong {
        /// The step's title.
        step: String,
        /// What was written.
        value: String,
        /// What is asked for.
        what: &'static str,
    },
    /// The action isn't verified.
    #[error("\"{0}\" is not verified yet, so it can't be called done; run it, or skip it with a reason")]
    NotVerified(String),
    /// The digest is not the plan's.
    #[error("the plan that waits for approval is {waiting}, not {asked}; read it again before approving")]
    OtherPlan {
        /// What was asked for, in short.
        asked: String,
        /// What waits, in short.
        waiting: String,
    },
    /// The same person can't do both: run the runbook or ask for the plan, and approve it.
    #[error("this plan must be approved by someone other than {0}; ask a second person and give their name")]
    SamePerson(String),
    /// A second person's name alone is not enough.
    #[error(
        "{0} must sign in to approve this plan: it is no exercise. Ask them for their passphrase on this laptop"
    )]
    NotSigned(String),
    /// The signature is not theirs, or not of this plan.
    #[error("what {0} signed is not this plan; sign in again")]
    BadSignature(String),
    /// The runbook does not let one person go on alone.
    #[error(
        "this runbook says `break_glass: false`, or nothing of it: a second person must approve; ask one"
    )]
    GlassStays,
    /// The step asks for somebody with another role.
    #[error("\"{step}\" is for the {}; {}", role.words(), holders_next(*.role, .holders))]
    OtherRole {
        /// The step's title.
        step: String,
        /// The role.
        role: Role,
        /// Who has it.
        holders: Vec<String>,
    },
    /// There is one operator.
    #[error("a run has one operator, and it is {operator}; hand the run over to {person} instead")]
    OneOperator {
        /// Who was to join as one.
        person: String,
        /// Who is.
        operator: String,
    },
    /// The operator can't leave.
    #[error("{0} runs this; hand the run over to somebody first")]
    OperatorLeaves(String),
    /// Nobody of that name is there.
    #[error("{0} does not take part in this run, or has left")]
    NotThere(String),
    /// A clock lies in the future.
    #[error("\"{}\" can't be at {at}: that is still to come; correct the time", clock.words())]
    ClockAhead {
        /// The clock.
        clock: Clock,
        /// What it is said to have said.
        at: Timestamp,
    },
    /// Something can't have come before the outage.
    #[error("\"{}\" can't be at {at} when \"{}\" was at {known}; correct one of the two", clock.words(), other.words())]
    ClockOrder {
        /// The clock.
        clock: Clock,
        /// What it is said to have said.
        at: Timestamp,
        /// The one that it can't be so with.
        other: Clock,
        /// What that said.
        known: Timestamp,
    },
    /// A corrective action has no owner.
    #[error("say who will do it: a corrective action has an owner")]
    NoOwner,
    /// What will be gone was not typed.
    #[error("this plan destroys {0}: type exactly that to approve it")]
    NotTyped(String),
    /// A name is missing.
    #[error("say who you are: every entry of the journal names a person")]
    NoName,
    /// A reason is missing.
    #[error("give a reason: it goes into the journal for the review")]
    NoReason,
    /// A note is empty.
    #[error("the note is empty; write something, or close it")]
    NoText,
    /// A decision has no such option.
    #[error("\"{step}\" has no choice {choice:?}; choose one of: {}", options.join(", "))]
    NoSuchChoice {
        /// The step's title.
        step: String,
        /// What was chosen.
        choice: String,
        /// What can be.
        options: Vec<String>,
    },
    /// A wait isn't over.
    #[error("\"{step}\" waits until {until}; skip it with a reason to go on earlier")]
    WaitNotOver {
        /// The step's title.
        step: String,
        /// When it ends.
        until: Timestamp,
    },
    /// The command doesn't fit where the step stands.
    #[error("\"{step}\" can't {asked} now: {why}")]
    NotNow {
        /// The step's title.
        step: String,
        /// What was asked.
        asked: &'static str,
        /// Why it can't.
        why: &'static str,
    },
    /// A `${reference}` has no value.
    #[error(
        "\"{step}\" needs {what}, which is not known in this run; skip the step with a reason, or start a run that gives it"
    )]
    Unknown {
        /// The step's title.
        step: String,
        /// What is missing.
        what: String,
    },
    /// The action can't take its parameters.
    #[error(transparent)]
    Param(#[from] ParamError),
}

fn holders_next(role: Role, holders: &[String]) -> String {
    match holders {
        [] => format!("nobody is: say who the {} is, then have them do it", role.words()),
        holders => format!("have {} do it", holders.join(" or ")),
    }
}

fn checks(left: usize) -> String {
    if left == 1 { "1 check".to_owned() } else { format!("{left} checks") }
}
