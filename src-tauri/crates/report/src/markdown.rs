//! Markdown, for the review.

use std::io::Write;

use journal::Journal;
use run::{StepState, Work};
use runbook::Clock;

use crate::text::{capitalised, plain, time};
use crate::{ReportError, Timeline};

pub(crate) fn write(timeline: &Timeline, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    let run = timeline.run();
    let start = run.start();
    let mode = start.mode.word();
    writeln!(out, "# {}: {}\n", capitalised(mode), cell(&run.runbook().title))?;
    if run.broke_glass() {
        let told = "The glass was broken: one person approved a plan alone where a second is asked for.";
        writeln!(out, "> **{told}**\n")?;
    }
    writeln!(out, "| | |\n|---|---|")?;
    let version = run.runbook().version.as_deref().unwrap_or("no version");
    let known = |at: Option<jiff::Timestamp>| at.map_or_else(|| "not known".to_owned(), time);
    for (name, value) in [
        ("Run", run.id().to_string()),
        ("Mode", mode.to_owned()),
        ("Runbook", format!("{} ({version})", start.runbook)),
        (
            "Environment",
            format!(
                "{}, account {}, {}",
                start.environment.name, start.environment.account, start.environment.region
            ),
        ),
        ("Operator", run.operator().to_owned()),
        ("Last plan approved by", run.approver().unwrap_or("nobody").to_owned()),
        ("Outage began", known(run.time_of(Clock::OutageBegan))),
        ("Declared", known(run.time_of(Clock::Declared))),
        ("Started", time(run.started())),
        ("Ended", Timeline::ending(run)),
        ("Entries", run.seq().to_string()),
        ("Head of the journal", timeline.head().to_owned()),
        ("Written by", format!("Lifeboat {}", env!("CARGO_PKG_VERSION"))),
    ] {
        writeln!(out, "| {name} | {} |", cell(&value))?;
    }
    if !start.parameters.is_empty() {
        writeln!(out, "\n## Started with\n\n| parameter | value |\n|---|---|")?;
        for (name, value) in &start.parameters {
            writeln!(out, "| {} | {} |", cell(name), cell(value))?;
        }
    }
    writeln!(out, "\n## Steps\n\n| step | result | reached | left |\n|---|---|---|---|")?;
    for step in run.runbook().steps() {
        let of = run.step(&step.id);
        let standing = run.current().is_some_and(|current| current.id == step.id);
        let result = match (&of.state, &of.work) {
            (StepState::Done, Work::Verified { outcome, .. }) => {
                format!("done, verified: {}", outcome.headline)
            }
            (StepState::Done, _) => of.chosen.clone().unwrap_or_else(|| "done".to_owned()),
            (StepState::Skipped(reason), _) => format!("skipped: {reason}"),
            (StepState::Failed, _) => "failed".to_owned(),
            (StepState::Open, _) if standing => "the run stands here".to_owned(),
            (StepState::Open, _) => "not reached".to_owned(),
        };
        let at = |at: Option<jiff::Timestamp>| at.map(time).unwrap_or_default();
        writeln!(
            out,
            "| {} | {} | {} | {} |",
            cell(&step.title),
            cell(&result),
            at(of.reached),
            at(of.left)
        )?;
    }
    writeln!(out, "\n## Timeline\n\nTimes are UTC, by the clock of the machine that wrote the journal.\n")?;
    writeln!(out, "| # | time | who | what | step |\n|---|---|---|---|---|")?;
    timeline.rows(journal, &mut |row| {
        let step = row.step.as_ref().map_or("", |(_, title)| title);
        let (seq, at, actor) = (row.entry.seq, &row.entry.at, &row.entry.actor);
        Ok(writeln!(out, "| {seq} | {at} | {} | {} | {} |", cell(actor), cell(&row.text), cell(step))?)
    })?;
    Ok(writeln!(out, "\nEntry {} has the hash `{}`.", run.seq(), timeline.head())?)
}

/// Text that stays text inside a table's cell, whatever it holds.
pub(crate) fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for letter in plain(text).chars() {
        if matches!(
            letter,
            '\\' | '`' | '|' | '<' | '>' | '[' | ']' | '*' | '_' | '#' | '!' | '&' | '~' | '$'
        ) {
            cell.push('\\');
        }
        cell.push(letter);
    }
    cell
}
