//! What a run of a runbook has to be given.

use action::ParamKind;
use serde::Serialize;

use crate::template::Template;
use crate::value::{self, ValueError};

/// One parameter of a runbook.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Parameter {
    /// Its name, as in `${name}`.
    pub name: String,
    /// Its type.
    pub kind: ParamKind,
    /// What may be chosen when `kind` is [`ParamKind::Choice`]; empty otherwise.
    pub choices: Vec<String>,
    /// The question to ask for it.
    pub prompt: Option<String>,
    /// What it is when nobody says otherwise; only the environment is referred to here.
    pub default: Option<Template>,
    /// Whether a run needs a value, its default or another; yes unless the runbook says no. An optional one
    /// without a value is the empty text.
    pub required: bool,
    /// What helps to answer the question.
    pub help: Option<String>,
}

impl Parameter {
    /// Checks a value, as typed, and gives it in its normal form.
    ///
    /// Surrounding blanks are dropped, instants become UTC with whole seconds (`2026-11-24T03:14:00Z`, a
    /// fraction is cut off), booleans `true` or `false`, database identifiers lower case. An optional
    /// parameter may be empty.
    ///
    /// # Errors
    /// What is wrong with it, and what it should be.
    pub fn check(&self, text: &str) -> Result<String, ValueError> {
        if text.trim().is_empty() && !self.required {
            return Ok(String::new());
        }
        value::check(self.kind, &self.choices, text)
    }
}
