//! Each event in a line that a reader of the review understands without the program.

use std::time::Duration;

use action::port::CLOCKS_DISAGREE;
use action::{Happening, Outcome, Verdict};
use jiff::Timestamp;
use run::{Digest, Event, How, Problem, Run};
use runbook::StepId;
use runbook::value::in_short;

/// An instant for people: `2026-11-24 03:14:07 UTC`.
pub(crate) fn time(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A name for a file about a run, without extension.
pub(crate) fn file_name(run: &Run) -> String {
    format!("{}-{}-{}", run.start().runbook, run.start().mode.word(), run.id())
}

/// What kind of event it is, as the journal names it.
pub(crate) fn kind(event: &Event) -> &'static str {
    match event {
        Event::RunStarted(_) => "run_started",
        Event::Resumed => "resumed",
        Event::CheckTicked { .. } => "check_ticked",
        Event::CheckUnticked { .. } => "check_unticked",
        Event::StepCompleted { .. } => "step_completed",
        Event::Decided { .. } => "decided",
        Event::WaitStarted { .. } => "wait_started",
        Event::Skipped { .. } => "skipped",
        Event::FailureFollowed { .. } => "failure_followed",
        Event::Noted { .. } => "noted",
        Event::Attached { .. } => "attached",
        Event::CorrectiveAction { .. } => "corrective_action",
        Event::Joined { .. } => "joined",
        Event::Left { .. } => "left",
        Event::HandedOver { .. } => "handed_over",
        Event::Marked { .. } => "marked",
        Event::ClockJumped { .. } => "clock_jumped",
        Event::ClockCompared { .. } => "clock_compared",
        Event::ReadStarted { .. } => "read_started",
        Event::ReadFinished { .. } => "read_finished",
        Event::ReadFailed { .. } => "read_failed",
        Event::Happened { .. } => "happened",
        Event::PlanStarted { .. } => "plan_started",
        Event::PlanReady { .. } => "plan_ready",
        Event::PlanFailed { .. } => "plan_failed",
        Event::PlanRefused { .. } => "plan_refused",
        Event::PlanApproved { .. } => "plan_approved",
        Event::ApplyStarted { .. } => "apply_started",
        Event::ApplyFinished { .. } => "apply_finished",
        Event::ApplyFailed { .. } => "apply_failed",
        Event::ApplyBrokeOff { .. } => "apply_broke_off",
        Event::VerifyStarted { .. } => "verify_started",
        Event::VerifyFinished { .. } => "verify_finished",
        Event::VerifyFailed { .. } => "verify_failed",
        Event::RunFinished => "run_finished",
        Event::RunAbandoned { .. } => "run_abandoned",
    }
}

/// What happened, in a line.
pub(crate) fn sentence(run: &Run, event: &Event) -> String {
    let title =
        |id: &StepId| run.runbook().step(id).map_or_else(|| id.to_string(), |step| step.title.clone());
    match event {
        Event::RunStarted(start) => format!(
            "{} started: {} on {} (account {}, {})",
            capitalised(start.mode.word()),
            run.runbook().title,
            start.environment.name,
            start.environment.account,
            start.environment.region
        ),
        Event::Resumed => "opened again".to_owned(),
        Event::CheckTicked { text, .. } => format!("ticked: {text}"),
        Event::CheckUnticked { text, .. } => format!("tick taken back: {text}"),
        Event::StepCompleted { step, record: None } => format!("done: {}", title(step)),
        Event::StepCompleted { step, record: Some(record) } => {
            format!("done: {}; written down: {record}", title(step))
        }
        Event::Decided { step, choice, goto } => {
            format!("{}: {choice}, so on to {}", title(step), title(goto))
        }
        Event::WaitStarted { step, until } => format!("{}: waiting until {}", title(step), time(*until)),
        Event::Skipped { step, reason } => format!("skipped {}: {reason}", title(step)),
        Event::FailureFollowed { step, goto } => format!("{} failed, so on to {}", title(step), title(goto)),
        Event::Noted { text, tag: None, .. } => format!("note: {text}"),
        Event::Noted { text, tag: Some(tag), .. } => format!("note ({}): {text}", tag.words()),
        Event::Attached { name, file, .. } => {
            format!("attached {name} ({} bytes, SHA-256 {})", file.bytes, file.digest.short())
        }
        Event::CorrectiveAction { what, owner, due } => {
            let due = due.map(|day| format!(", due {day}")).unwrap_or_default();
            format!("corrective action: {what}; {owner}{due}")
        }
        Event::Joined { person, role } => format!("{person} joined as {}", role.words()),
        Event::Left { person } => format!("{person} left"),
        Event::HandedOver { to } => format!("handed over to {to}, who is the operator from here on"),
        Event::Marked { clock, at } => format!("clock: {} at {}", clock.words(), time(*at)),
        Event::ClockJumped { seconds } if *seconds < 0 => {
            format!("this machine's clock was set back by {}", length(*seconds))
        }
        Event::ClockJumped { seconds } => format!(
            "this machine's clock went on by {} at once: the machine slept, or the clock was set",
            length(*seconds)
        ),
        Event::ClockCompared { ahead } if ahead.abs() < CLOCKS_DISAGREE => {
            "this machine's clock says the time that AWS's does again".to_owned()
        }
        Event::ClockCompared { ahead } => {
            let way = if *ahead > 0 { "ahead of" } else { "behind" };
            format!("this machine's clock is {} {way} AWS's", length(*ahead))
        }
        Event::ReadStarted { action, .. } => format!("{action} started"),
        Event::ReadFinished { outcome, .. } | Event::ApplyFinished { outcome, .. } => {
            judged("", "failed: ", outcome)
        }
        Event::ReadFailed { step, problem } => failed("could not run", &title(step), problem),
        Event::Happened { happening, .. } => happened(happening),
        Event::PlanStarted { action, .. } => format!("planning {action}"),
        Event::PlanReady { plan, summary, .. } => {
            format!("plan {} ready: {}", plan.digest.short(), summary.headline)
        }
        Event::PlanFailed { step, problem } => failed("no plan for", &title(step), problem),
        Event::PlanRefused { digest, reason, .. } => format!("plan {} refused: {reason}", digest.short()),
        Event::PlanApproved { digest, by, how, .. } => approved(digest, by, how),
        Event::ApplyStarted { digest, attempt: 1, .. } => format!("applying plan {}", digest.short()),
        Event::ApplyStarted { digest, attempt, .. } => {
            format!("applying plan {} again, attempt {attempt}", digest.short())
        }
        Event::ApplyFailed { step, problem, .. } => failed("given up:", &title(step), problem),
        Event::ApplyBrokeOff { digest, .. } => {
            format!("applying plan {} broke off; what it had done by then is kept", digest.short())
        }
        Event::VerifyStarted { digest, .. } => format!("looking again at what plan {} did", digest.short()),
        Event::VerifyFinished { outcome, .. } => judged("verified: ", "not verified: ", outcome),
        Event::VerifyFailed { step, problem, .. } => failed("could not verify", &title(step), problem),
        Event::RunFinished => "run finished".to_owned(),
        Event::RunAbandoned { reason } => format!("run abandoned: {reason}"),
    }
}

/// Who approved a plan, and what stands for it.
fn approved(digest: &Digest, by: &str, how: &How) -> String {
    let plan = digest.short();
    match how {
        How::Named => format!("plan {plan} approved by {by}"),
        How::Signed(signed) => {
            format!("plan {plan} approved by {by}, who signed in (key of {})", time(signed.since))
        }
        How::BrokeGlass { reason } => {
            format!("GLASS BROKEN: plan {plan} approved by {by} alone, without a second person: {reason}")
        }
    }
}

/// A number of seconds, in whichever direction.
fn length(seconds: i64) -> String {
    in_short(Duration::from_secs(seconds.unsigned_abs()))
}

/// What happened on the far side, when by its own word, and the request that told of it.
fn happened(happening: &Happening) -> String {
    let at = happening.at.map(|at| format!(" at {}", time(at))).unwrap_or_default();
    let request = happening.request_id.as_ref().map(|id| format!(" (request {id})")).unwrap_or_default();
    format!("{}{at}{request}", happening.said)
}

/// An outcome's headline, after a word on whether it is what the step wanted.
fn judged(passed: &str, failed: &str, outcome: &Outcome) -> String {
    let word = match outcome.verdict {
        Verdict::Passed => passed,
        Verdict::Failed => failed,
    };
    format!("{word}{}", outcome.headline)
}

fn failed(what: &str, step: &str, problem: &Problem) -> String {
    format!("{what} {step}: {}. {}", problem.what.trim_end_matches('.'), problem.next)
}

pub(crate) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// A text in which what a terminal would obey, and what would turn the reading direction around, is a blank.
pub(crate) fn plain(text: &str) -> String {
    let hidden = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().map(|letter| if hidden(letter) { ' ' } else { letter }).collect()
}
