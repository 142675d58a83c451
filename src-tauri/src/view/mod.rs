//! What the window is sent: everything it draws, worked out here so that the UI folds nothing.
//!
//! Times are RFC 3339 in UTC. Lengths of time are whole seconds. HTML was rendered and sanitised in Rust.

mod choice;
mod library;
mod of_run;
mod of_step;
mod people;
mod planning;
mod run;
mod step;

pub use choice::ChoiceView;
pub use library::{
    CheckedValue, EnvironmentCard, LibraryView, ParameterView, ProblemView, RunCard, RunbookCard,
    ScenarioView, StartForm, StartRequest,
};
pub use people::{ClockView, FileView, LostView, PersonView, RecoveryView};
pub use planning::PlanValue;
pub use run::{
    AttachmentPage, CloseAsked, Exported, Pair, PhaseView, ProgressView, RunState, RunView, StepRow,
    TimelineRow,
};
pub use step::{
    ActionView, AttachmentView, CheckView, MessageView, OptionView, ProblemText, StepDetail, StepKind,
    StepState, WaitView, WorkView,
};
