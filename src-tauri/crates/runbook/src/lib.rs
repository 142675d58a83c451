//! Reads runbooks: markdown becomes a [`Runbook`], or diagnostics that say what is wrong, where, and what to do.
//!
//! Guarantee: whatever comes in, there is either a whole runbook in which every reference and every `goto` leads
//! somewhere, or none and at least one error. Nothing panics, and the time taken grows with the size of the file,
//! which [`MAX_BYTES`] limits. Only [`library`] reads files; nothing here reads a clock.
//!
//! # What the format leaves open
//! - The first `#` is the title; a later one begins a phase, as `##` does.
//! - A `##` without a `###` under it is a step, since somebody who writes only `##` means steps. What stands
//!   between a `##` and its first `###` introduces the phase, unless there is something to do in it (a task item or
//!   a block): then it is a step with the phase's title, so that nothing is lost. The same holds for `#`.
//! - Headings inside quotes and lists, and from `####` on, are prose. Task items inside task items are checks of
//!   their own.
//! - A `$` is a `$`. Only `${` begins a reference, and `$${` is how to write `${` itself. Prose and `expect` have
//!   no references, so that commands to copy may have shell variables.
//! - A parameter is required unless it says `required: false`; its default counts as a value, and can refer to the
//!   environment only.
//! - A `goto` leads forward, so every run ends. The estimates that are held against the RTO are those of the
//!   longest way on which nothing fails.
//! - Two headings with one slug are an error and not numbered: answers and references name steps by id.
//! - What has no effect (an approval of something that has no plan) is an error: it would look like a safeguard.
//!
//! # What it stands on
//! - **pulldown-cmark** tells where in the file every piece of markdown stands.
//! - **serde-saphyr**'s parser does that for YAML. Its events are read, not its serde layer: they keep the text of
//!   every value, let more than one thing be wrong, and show an anchor before it can be multiplied.
//! - **ammonia** goes over the HTML of everything that is more than plain text, although raw HTML is refused before:
//!   one mistake must not be enough to get a script into the window.

mod diagnostic;
mod fields;
mod front_matter;
mod html;
mod incident;
pub mod library;
mod lint;
mod model;
mod outline;
mod parameter;
mod parse;
mod report;
mod section;
mod slug;
mod step_block;
mod template;
pub mod value;
mod yaml;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use incident::{Clock, Role};
pub use model::{
    Approval, Check, Choice, Objectives, OnFailure, Phase, RecordKind, Runbook, Step, StepId, StepKind,
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
