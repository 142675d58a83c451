//! The verbs of recovery: what each action takes, what it would do (a plan), how it does it, and how it is
//! checked afterwards, over the ports in [`port`].
//!
//! Guarantee: planning, reading and verifying only read; applying performs exactly the plan that it is given,
//! and applying it a second time changes nothing. No SDK, no clock and no disk are named here.

#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]

use std::collections::BTreeMap;

mod body;
pub mod database;
pub mod environment;
pub mod inventory;
pub mod photos;
pub mod plan;
pub mod port;
pub mod portal;
pub mod preflight;
pub mod spec;
mod words;

pub use environment::Environment;
pub use inventory::Inventory;
pub use plan::{
    Breakdown, Context, Disk, Example, Fact, Failure, Happening, Moments, Origin, Outcome, PlanSummary,
    Point, Progress, Row, Sink, Source, Verdict, Window,
};
pub use port::Ports;
pub use spec::{ActionSpec, Effect, OutputSpec, ParamKind, ParamSpec};

/// An action with its parameters read and checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `aws.preflight`
    Preflight(preflight::Preflight),
    /// `photos.survey`
    Survey(photos::Target),
    /// `photos.restore`, `photos.undelete` or `photos.rewind`, by the target's method
    Restore(photos::Target),
    /// `photos.verify`
    Verify(photos::Target),
    /// `photos.reconcile`
    Reconcile(photos::Reconcile),
    /// `database.survey`
    DatabaseSurvey(database::Survey),
    /// `database.restore`
    DatabaseRestore(database::Restore),
    /// `database.verify`
    DatabaseVerify(database::Verify),
    /// `database.cut_over`
    CutOver(database::CutOver),
    /// `database.discard`
    Discard(database::Discard),
    /// `database.obliterate`
    Obliterate(database::Obliterate),
    /// `portal.probe`
    Probe(portal::Probe),
}

/// Why an action can't be made from a step's parameters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// This build has no such action.
    #[error("there is no action {id}; this version knows {}", known())]
    UnknownAction {
        /// The id that was asked for.
        id: String,
    },
    /// A parameter that is needed has no value.
    #[error("{action} needs `{name}:`; give it under `with:`")]
    Missing {
        /// The action.
        action: &'static str,
        /// The parameter.
        name: &'static str,
    },
    /// A value that the parameter can't take.
    #[error("{action} can't use {value:?} for `{name}:`; it takes {wanted}")]
    Value {
        /// The action.
        action: &'static str,
        /// The parameter.
        name: &'static str,
        /// The value.
        value: String,
        /// What it takes instead.
        wanted: &'static str,
    },
    /// A parameter that the action doesn't take.
    #[error("{action} takes no `{name}:`; remove it")]
    Unknown {
        /// The action.
        action: &'static str,
        /// The parameter.
        name: String,
    },
}

fn known() -> String {
    spec::catalog().iter().map(|a| a.id).collect::<Vec<_>>().join(", ")
}

impl Action {
    /// The action `id` with `params`, as a step's `with:` gives them once their references are filled in.
    ///
    /// # Errors
    /// An unknown action, or a parameter that is missing, unknown or of the wrong type.
    pub fn from_params(id: &str, params: &BTreeMap<String, String>) -> Result<Self, ParamError> {
        let spec = spec::find(id).ok_or_else(|| ParamError::UnknownAction { id: id.to_owned() })?;
        let params = spec::Values::check(spec, params)?;
        match spec.id {
            "aws.preflight" => preflight::Preflight::from_values(&params).map(Self::Preflight),
            "photos.survey" => photos::Target::from_values(&params).map(Self::Survey),
            "photos.restore" | "photos.undelete" | "photos.rewind" => {
                photos::Target::from_values(&params).map(Self::Restore)
            }
            "photos.verify" => photos::Target::from_values(&params).map(Self::Verify),
            "photos.reconcile" => photos::Reconcile::from_values(&params).map(Self::Reconcile),
            "database.survey" => database::Survey::from_values(&params).map(Self::DatabaseSurvey),
            "database.restore" => database::Restore::from_values(&params).map(Self::DatabaseRestore),
            "database.verify" => database::Verify::from_values(&params).map(Self::DatabaseVerify),
            "database.cut_over" => database::CutOver::from_values(&params).map(Self::CutOver),
            "database.discard" => database::Discard::from_values(&params).map(Self::Discard),
            "database.obliterate" => database::Obliterate::from_values(&params).map(Self::Obliterate),
            "portal.probe" => portal::Probe::from_values(&params).map(Self::Probe),
            other => Err(ParamError::UnknownAction { id: other.to_owned() }),
        }
    }

    /// Performs an action whose effect is [`Effect::Reads`], with what it saw written to `evidence`.
    ///
    /// # Errors
    /// A [`Failure`] when there is no outcome to speak of; an outcome that is bad news is not an error.
    pub async fn read(&self, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
        match self {
            Self::Preflight(preflight) => preflight.run(cx, evidence).await,
            Self::Survey(target) => photos::survey(target, cx, evidence).await,
            Self::Verify(target) => photos::verify(target, cx, evidence).await,
            Self::DatabaseSurvey(survey) => database::survey(survey, cx, evidence).await,
            Self::Reconcile(params) => photos::reconcile(params, cx, evidence).await,
            Self::DatabaseVerify(params) => database::verify(params, cx, evidence).await,
            Self::Probe(params) => portal::probe(params, cx, evidence).await,
            Self::Restore(_)
            | Self::DatabaseRestore(_)
            | Self::CutOver(_)
            | Self::Discard(_)
            | Self::Obliterate(_) => Err(Self::misused("it changes things: it needs a plan")),
        }
    }

    /// Works out what an action that changes things would do, writing the plan's body to `body`. Only reads.
    ///
    /// # Errors
    /// A [`Failure`] when there is no plan; nothing has been changed.
    pub async fn plan(&self, cx: &Context<'_>, body: Sink<'_>) -> Result<PlanSummary, Failure> {
        match self {
            Self::Restore(target) => photos::plan(target, cx, body).await,
            Self::DatabaseRestore(restore) => database::restore::plan(restore, cx, body).await,
            Self::CutOver(cut_over) => database::cut_over::plan(cut_over, cx, body).await,
            Self::Discard(discard) => database::discard::plan(discard, cx, body).await,
            Self::Obliterate(params) => database::obliterate::plan(params, cx, body).await,
            _ => Err(Self::misused("only reads: it has no plan")),
        }
    }

    /// Does what the plan says, and nothing else; each item's result goes to `evidence`.
    ///
    /// # Errors
    /// A [`Failure`] when it had to give up. What was done until then is in `evidence`; applying again goes on.
    pub async fn apply(
        &self,
        cx: &Context<'_>,
        plan: Source,
        evidence: Sink<'_>,
    ) -> Result<Outcome, Failure> {
        match self {
            Self::Restore(_) => photos::apply(plan, cx, evidence).await,
            Self::DatabaseRestore(_) => database::restore::apply(plan, cx, evidence).await,
            Self::CutOver(_) => database::cut_over::apply(plan, cx, evidence).await,
            Self::Discard(_) => database::discard::apply(plan, cx, evidence).await,
            Self::Obliterate(_) => database::obliterate::apply(plan, cx, evidence).await,
            _ => Err(Self::misused("only reads: nothing to apply")),
        }
    }

    /// Looks whether what the plan wanted is now so. Only reads.
    ///
    /// # Errors
    /// A [`Failure`] when it could not be looked at.
    pub async fn verify(
        &self,
        cx: &Context<'_>,
        plan: Source,
        evidence: Sink<'_>,
    ) -> Result<Outcome, Failure> {
        match self {
            Self::Restore(_) => photos::verify_plan(plan, cx, evidence).await,
            Self::DatabaseRestore(_) => database::restore::verify(plan, cx, evidence).await,
            Self::CutOver(_) => database::cut_over::verify(plan, cx, evidence).await,
            Self::Discard(_) => database::discard::verify(plan, cx, evidence).await,
            Self::Obliterate(_) => database::obliterate::verify_plan(plan, cx, evidence).await,
            _ => Err(Self::misused("only reads: it has no plan")),
        }
    }

    /// Whether it looks at what was known of the Portal in peacetime.
    pub fn asks_for_inventory(&self) -> bool {
        !matches!(self, Self::Survey(_) | Self::Restore(_) | Self::Verify(_) | Self::Probe(_))
    }

    fn misused(why: &str) -> Failure {
        Failure::Refused {
            why: why.to_owned(),
            next: "Report this: the run asked for the wrong thing.".to_owned(),
        }
    }
}
