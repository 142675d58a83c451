//! Behaviour of the whole crate, in one binary.

#[cfg(test)]
mod format;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod rules;
#[cfg(test)]
mod shipped;

use jiff::civil::Date;
use runbook::{Options, Parsed};

const TODAY: Date = jiff::civil::date(2026, 11, 24);

/// Reads `source` as `runbook.md` on [`TODAY`].
fn lint(source: &str) -> Parsed {
    runbook::parse_with(source, &Options { name: "runbook.md".into(), today: Some(TODAY), strict: false })
}
