//! The rules that a runbook is held to, beyond its form.

mod change;
mod flow;
mod metadata;
mod reference;
pub(crate) mod secret;

use jiff::civil::Date;

use crate::parse::Draft;
use crate::report::Report;

/// Holds a runbook to every rule but those about secrets, which need only its text.
pub(crate) fn check(draft: &Draft<'_>, today: Option<Date>, report: &mut Report) {
    metadata::check(draft, today, report);
    if draft.complete {
        reference::check(draft, report);
        flow::check(draft, report);
        change::check(draft, report);
    }
}
