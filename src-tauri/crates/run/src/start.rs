//! From what a person asks for to a run that may start.

use std::collections::BTreeMap;

use action::Environment;
use action::environment::EnvironmentError;
use jiff::Timestamp;
use runbook::{Diagnostic, Reference, Runbook};

use crate::{FORMAT, Mode, Start};

/// What a person asks for when starting a run.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// The name of the runbook's file, for diagnostics.
    pub name: String,
    /// The runbook's text.
    pub source: String,
    /// The mode.
    pub mode: Mode,
    /// The environment.
    pub environment: Environment,
    /// Values for parameters, as typed; those left out get their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Who runs it.
    pub operator: String,
    /// When the outage began, if that is known.
    pub outage_began: Option<Timestamp>,
    /// When it was declared.
    pub declared: Timestamp,
}

/// Why a run can't start. Nothing was recorded.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum StartError {
    /// The runbook has errors.
    #[error("{}", runbook_errors(name, diagnostics))]
    Runbook {
        /// Its file.
        name: String,
        /// What lint says, errors and warnings.
        diagnostics: Vec<Diagnostic>,
    },
    /// The environment can't be used.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The mode and the environment don't go together.
    #[error("{}", mode_error(*mode, environment))]
    Mode {
        /// The mode.
        mode: Mode,
        /// The environment's name.
        environment: String,
    },
    /// The operator has no name.
    #[error("say who runs it: every entry of the journal names a person (`--as NAME`)")]
    NoOperator,
    /// Parameters that have neither a value nor a default.
    #[error("the runbook needs {}; give {} (`--set {}=VALUE`)", names.join(", "), if names.len() == 1 { "it" } else { "them" }, names.first().map_or("NAME", String::as_str))]
    Missing {
        /// Their names.
        names: Vec<String>,
    },
    /// A parameter that the runbook doesn't have.
    #[error("the runbook has no parameter {name:?}; it has{}", list(known))]
    Unknown {
        /// Its name.
        name: String,
        /// Those it has.
        known: Vec<String>,
    },
    /// A value that a parameter can't take.
    #[error("{name}: {why}")]
    Value {
        /// The parameter.
        name: String,
        /// What is wrong, and what to write instead.
        why: String,
    },
    /// The outage is said to have begun after it was declared.
    #[error("the outage began at {began}, after it was declared at {declared}; correct one of the two")]
    Declared {
        /// When it began.
        began: Timestamp,
        /// When it was declared.
        declared: Timestamp,
    },
}

fn list(known: &[String]) -> String {
    if known.is_empty() { " none".to_owned() } else { format!(": {}", known.join(", ")) }
}

fn runbook_errors(name: &str, diagnostics: &[Diagnostic]) -> String {
    let errors = diagnostics.iter().filter(|d| d.is_error()).count();
    let first =
        diagnostics.iter().find(|d| d.is_error()).map(|d| format!(" The first: {d}")).unwrap_or_default();
    format!(
        "the runbook {name} has {errors} error(s) and can't be run; see them with `lifeboat lint`.{first}"
    )
}

fn mode_error(mode: Mode, environment: &str) -> String {
    match mode {
        Mode::Exercise => format!(
            "an exercise may not touch {environment}: it has endpoints outside this machine. Use --env practice, or \
             another mode"
        ),
        Mode::Incident | Mode::Rehearsal => format!(
            "{environment} is the practice range, which holds no real photos; use --mode exercise, or another \
             environment for {}",
            if mode == Mode::Incident { "an incident" } else { "a rehearsal" }
        ),
    }
}

impl Request {
    /// Checks everything that can be checked before a run begins.
    ///
    /// # Errors
    /// The first thing that is wrong, with what to do.
    pub fn check(self) -> Result<Start, StartError> {
        let parsed = runbook::parse(&self.source, &self.name);
        let Some(runbook) = parsed.runbook else {
            return Err(StartError::Runbook { name: self.name, diagnostics: parsed.diagnostics });
        };
        self.environment.check()?;
        if !self.mode.allows(&self.environment) {
            return Err(StartError::Mode { mode: self.mode, environment: self.environment.name });
        }
        if self.operator.trim().is_empty() {
            return Err(StartError::NoOperator);
        }
        if let Some(began) = self.outage_began.filter(|began| *began > self.declared) {
            return Err(StartError::Declared { began, declared: self.declared });
        }
        let parameters = values(&runbook, &self.environment, &self.parameters)?;
        Ok(Start {
            format: FORMAT,
            lifeboat: env!("CARGO_PKG_VERSION").to_owned(),
            mode: self.mode,
            runbook: runbook.id,
            source: self.source,
            environment: self.environment,
            parameters,
            operator: self.operator.trim().to_owned(),
            outage_began: self.outage_began,
            declared: self.declared,
        })
    }
}

/// A parameter's default in an environment; `None` when it has none, or none there.
pub fn default_in(parameter: &runbook::Parameter, environment: &Environment) -> Option<String> {
    let paths = environment.paths();
    let template = parameter.default.as_ref()?;
    let filled = template.render(&|reference| match reference {
        Reference::Environment(path) => paths.get(path).cloned(),
        Reference::Parameter(_) | Reference::Output { .. } => None,
    });
    filled.ok()
}

fn values(
    runbook: &Runbook,
    environment: &Environment,
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, StartError> {
    let known = || runbook.parameters.iter().map(|p| p.name.clone()).collect();
    if let Some(name) = given.keys().find(|name| runbook.parameters.iter().all(|p| p.name != **name)) {
        return Err(StartError::Unknown { name: name.clone(), known: known() });
    }
    let mut values = BTreeMap::new();
    let mut names = Vec::new();
    for parameter in &runbook.parameters {
        let name = parameter.name.clone();
        match given.get(&name).cloned().or_else(|| default_in(parameter, environment)) {
            Some(text) => {
                let value = parameter.check(&text);
                let value =
                    value.map_err(|why| StartError::Value { name: name.clone(), why: why.to_string() })?;
                values.insert(name, value);
            }
            None if parameter.required => names.push(name),
            None => {
                values.insert(name, String::new());
            }
        }
    }
    if names.is_empty() { Ok(values) } else { Err(StartError::Missing { names }) }
}
