//! Who answers for a runbook, what it has to achieve, and whether anybody has looked at it lately.

use jiff::civil::Date;

use crate::diagnostic::Code;
use crate::parse::Draft;
use crate::report::Report;

pub(super) fn check(draft: &Draft<'_>, today: Option<Date>, report: &mut Report) {
    let front = &draft.front;
    let mut missing = |code, message: &str, hint: &str| report.add(code, front.span.clone(), message, hint);
    if front.owner.is_none() {
        missing(Code::MissingOwner, "nobody answers for this runbook", "Add `owner:` to the front matter.");
    }
    if front.objectives.rto.is_none() {
        let hint = "Add `objectives: { rto: 24h, rpo: 4h }` to the front matter.";
        missing(Code::MissingRto, "there is no recovery time objective", hint);
    }
    if front.objectives.rpo.is_none() {
        let hint = "Add `objectives: { rto: 24h, rpo: 4h }` to the front matter.";
        missing(Code::MissingRpo, "there is no recovery point objective", hint);
    }
    let Some((reviewed, span)) = &front.reviewed else {
        let hint = "Review it, then add `reviewed:` with the day to the front matter.";
        return missing(Code::MissingReview, "nothing says when this runbook was reviewed", hint);
    };
    let Some(today) = today else { return };
    let due = reviewed.saturating_add(jiff::Span::new().years(1));
    if due < today {
        let message = format!("the last review, of {reviewed}, is more than a year old");
        let hint = "Follow it once in an exercise, put right what is wrong, and change the day.";
        report.add(Code::StaleReview, span.clone(), message, hint);
    } else if *reviewed > today {
        let message = format!("the last review, of {reviewed}, has not happened yet");
        report.add(Code::FutureReview, span.clone(), message, "Give the day of the last review.");
    }
}
