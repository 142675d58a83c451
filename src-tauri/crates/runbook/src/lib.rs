//! Reads runbooks: markdown becomes a [`Runbook`], or diagnostics that say what is wrong, where, and what to do.

mod diagnostic;
mod fields;
mod front_matter;
mod html;
pub mod library;
mod lint;
mod model;
mod outline;
mod parameter;
mod parse;
mod report;
mod slug;
mod step_block;
mod template;
pub mod value;
mod yaml;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use model::{
    Approval, Check, Choice, Objectives, OnFailure, Phase, RecordKind, Role, Runbook, Step, StepId, StepKind,
    WaitFor,
};
pub use parameter::Parameter;
pub use parse::{MAX_BYTES, Options, Parsed, parse_bytes, parse_with};
pub use template::{MissingValue, Part, Reference, Template, TemplateError};
pub use value::ValueError;

use jiff::civil::Date;

/// Reads a runbook from a file called `name`, without looking at how old its review is.
pub fn parse(source: &str, name: &str) -> Parsed {
    parse_with(source, &Options { name: name.to_owned(), ..Options::default() })
}

/// Reads a runbook from the bytes of a file called `name`, as it is on the day `today`.
pub fn lint(bytes: &[u8], name: &str, strict: bool, today: Date) -> Parsed {
    parse_bytes(bytes, &Options { name: name.to_owned(), today: Some(today), strict })
}
