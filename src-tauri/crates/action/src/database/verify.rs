//! Whether a restored database holds what it should, and how much was lost.
//!
//! The achieved RPO is the time from the recovered moment to the outage (facts §6), both to the whole second. The
//! recovered moment is the one that the restore was asked for: a quiet table is no loss. It is held against the
//! newest change in the rows, which can't be later. When no moment was asked for, the newest change is all that is
//! known to be there. Rows count as lost when the source has more of them than the restored database, of those changed
//! before the outage: from the recovered moment on, and before it, where there should be none. A row that was changed
//! again later, or removed, isn't seen.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::json;

use super::beside::{Beside, Known};
use super::{Verify, session};
use crate::body::write_line;
use crate::environment::{Check, Table};
use crate::photos::whole_second;
use crate::plan::{Context, Example, Fact, Failure, Outcome, Progress, Sink, Verdict};
use crate::port::{Limits, PortError, PortErrorKind, Reading, TableFacts};
use crate::words;

/// Tables that are shown; all are in the evidence.
const SHOWN: usize = 12;
/// A newest change that is this much older than the recovered moment is worth a word: seconds.
const QUIET: i64 = 3600;

const AGAIN: &str =
    "Don't cut over. Restore another moment or from another backup, and keep the instances that are there.";
const LOOK: &str = "Don't cut over before somebody who knows the Portal has looked at what failed; if the damage began \
                    earlier than was thought, restore an earlier moment.";

/// What is wrong, in a line, and what was found and expected.
struct Wrong {
    said: String,
    example: Example,
}

/// What was seen so far.
#[derive(Default)]
struct Report {
    wrong: Vec<Wrong>,
    next: BTreeSet<&'static str>,
    notes: Vec<String>,
}

impl Report {
    fn wrong(&mut self, what: &str, is: impl Into<String>, should: impl Into<String>, next: &'static str) {
        let (now, becomes) = (is.into(), should.into());
        self.wrong.push(Wrong {
            said: format!("{what}: {now}"),
            example: Example { key: what.to_owned(), now, becomes },
        });
        self.next.insert(next);
    }
}

/// One table of the restored database.
struct Seen {
    table: Table,
    facts: Option<TableFacts>,
    findings: Vec<String>,
    known: Option<Known>,
    /// Rows that the source has from the time that was lost.
    lost: Option<u64>,
}

/// From when to when what was written is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Loss {
    recovered: Timestamp,
    incident: Timestamp,
}

impl Loss {
    fn seconds(self) -> u64 {
        u64::try_from(self.incident.duration_since(self.recovered).as_secs()).unwrap_or_default()
    }
}

/// Looks at every table and runs every check of the environment.
///
/// Passes when every table is there and sound, none is empty that wasn't, every check gives what it must, and nothing
/// in it is newer than the moment that was asked for.
pub(crate) async fn verify(
    params: &Verify,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let database = session::described(cx)?;
    let region = params.region.as_deref();
    let (instance, endpoint) = session::found(cx, region, &params.instance).await?;
    let mut restored = cx.ports.sql.read(&endpoint, Limits::default()).await?;
    let server = restored.server().await?;
    let (version, tls) = (words::bounded(&server.version), words::bounded(&server.tls));
    write_line(&json!({ "instance": instance.id, "server": version, "tls": tls }), evidence)?;
    let mut report = Report::default();
    let mut beside = Beside::open(params.source.as_deref(), region, &instance, cx, &mut report.notes).await;
    let mut tables = database.tables.clone();
    if tables.is_empty() {
        let mut names: BTreeSet<String> = restored.tables().await?.into_iter().collect();
        names.extend(beside.tables(&mut report.notes).await);
        tables.extend(names.into_iter().map(|name| Table { name, changed: None }));
    }
    let mut steps = Steps { cx, done: 0, total: (2 * tables.len() + database.checks.len()) as u64 };
    let mut seen = Vec::new();
    for table in tables {
        steps.next("counting rows")?;
        seen.push(look(table, &mut *restored, &mut report).await?);
    }
    if seen.iter().all(|seen| seen.facts.is_none()) {
        report.wrong("tables", "none is there", "the Portal's tables", AGAIN);
    }
    let newest = seen.iter().filter_map(|seen| seen.facts.as_ref()?.newest).max().map(whole_second);
    let incident = whole_second(params.outage.unwrap_or(cx.now));
    let loss = params.at.map(whole_second).or(newest).map(|recovered| Loss { recovered, incident });
    for seen in &mut seen {
        steps.next("comparing tables")?;
        compare(seen, loss, &mut *restored, &mut beside, &mut report).await?;
        write_line(&line(seen), evidence)?;
    }
    let mut good = 0;
    for check in &database.checks {
        steps.next("running checks")?;
        good += u64::from(run(check, &mut *restored, &mut report, evidence).await?);
    }
    if database.checks.is_empty() {
        report.notes.push("The environment names no checks: add them under `database.checks`.".to_owned());
    }
    hold_against(params, loss, newest, &mut report);
    let mut facts = vec![Fact::new("server", version), Fact::new("connection", tls)];
    facts.extend(beside.words(cx.now).map(|words| Fact::new("compared with", words)));
    facts.extend(loss.map(|loss| Fact::new("achieved RPO", words::length(loss.seconds()))));
    facts.extend(newest.map(|newest| Fact::new("newest change", words::time(newest))));
    let total = database.checks.len() as u64;
    facts.push(Fact::new("checks", format!("{} of {} passed", words::count(good), words::count(total))));
    Ok(outcome(params, loss, newest, &seen, facts, report))
}

/// Tells how far it is, and stops when asked to.
struct Steps<'a> {
    cx: &'a Context<'a>,
    done: u64,
    total: u64,
}

impl Steps<'_> {
    fn next(&mut self, doing: &str) -> Result<(), Failure> {
        if self.cx.stopping() {
            return Err(Failure::Stopped { left: "nothing was changed by looking".to_owned() });
        }
        let (done, total) = (self.done, Some(self.total));
        (self.cx.progress)(Progress { doing: doing.to_owned(), done, total, ..Progress::default() });
        self.done += 1;
        Ok(())
    }
}

/// What was answered. An error that says something of this one question is kept; one after which no other would be
/// answered, or that hides what is there, ends the work.
fn told<T>(answer: Result<T, PortError>, about: &str) -> Result<Result<T, PortError>, Failure> {
    match answer {
        Err(error)
            if error.kind.is_transient()
                || matches!(error.kind, PortErrorKind::Credentials | PortErrorKind::Limit) =>
        {
            Err(Failure::Port(PortError { message: format!("{about}: {}", error.message), ..error }))
        }
        answer => Ok(answer),
    }
}

fn table_named(name: &str) -> String {
    format!("table {}", words::bounded(name))
}

async fn look(table: Table, restored: &mut dyn Reading, report: &mut Report) -> Result<Seen, Failure> {
    let about = table_named(&table.name);
    let mut seen = Seen { table, facts: None, findings: Vec::new(), known: None, lost: None };
    match told(restored.table(&seen.table.name, seen.table.changed.as_deref()).await, &about)? {
        Ok(facts) => seen.facts = Some(facts),
        // What is missing is told of once it is known who has it.
        Err(error) if error.kind == PortErrorKind::NotFound => return Ok(seen),
        Err(error) => {
            report.wrong(&about, words::bounded(&error.message), "readable", LOOK);
            report.notes.push(error.next);
            return Ok(seen);
        }
    }
    match told(restored.check(&seen.table.name).await, &about)? {
        Ok(findings) => seen.findings = findings.iter().take(8).map(|text| words::bounded(text)).collect(),
        Err(error) => {
            let note =
                format!("The structure of the tables was not checked: {}", words::bounded(&error.message));
            if !report.notes.contains(&note) {
                report.notes.push(note);
            }
        }
    }
    if !seen.findings.is_empty() {
        report.wrong(&about, format!("damaged: {}", words::list(&seen.findings)), "sound", AGAIN);
    }
    Ok(seen)
}

async fn compare(
    seen: &mut Seen,
    loss: Option<Loss>,
    restored: &mut dyn Reading,
    beside: &mut Beside<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    let (name, changed) = (&seen.table.name, seen.table.changed.as_deref());
    let about = table_named(name);
    seen.known = beside.table(name, changed, &mut report.notes).await;
    let elsewhere = seen
        .known
        .as_ref()
        .map(|known| format!("{} in {}", words::of(known.facts.rows, "row", "rows"), known.whose));
    let Some(facts) = &seen.facts else {
        if !report.wrong.iter().any(|wrong| wrong.example.key == about) {
            let should = elsewhere.unwrap_or_else(|| "named by the environment".to_owned());
            report.wrong(&about, "missing", should, AGAIN);
        }
        return Ok(());
    };
    if let Some(elsewhere) = elsewhere.filter(|_| facts.rows == 0)
        && seen.known.as_ref().is_some_and(|known| known.facts.rows > 0)
    {
        report.wrong(&about, "empty", elsewhere, AGAIN);
    }
    let Some(Loss { recovered, incident }) = loss else { return Ok(()) };
    let mut more = async |from, until| {
        told(beside.more_than(restored, &seen.table, (from, until), &mut report.notes).await, &about)
    };
    let lacking = more(Timestamp::UNIX_EPOCH, recovered).await?.ok().flatten();
    let since = if recovered < incident { more(recovered, incident).await?.ok().flatten() } else { Some(0) };
    seen.lost = lacking.zip(since).map(|(lacking, since)| lacking + since);
    if let Some(lacking) = lacking.filter(|lacking| *lacking > 0) {
        report.notes.push(format!(
            "{about} lacks {} from before the restored moment: a few may have been under way then, many mean that it is \
             older than was asked for.",
            words::of(lacking, "row", "rows")
        ));
    }
    Ok(())
}

async fn run(
    check: &Check,
    restored: &mut dyn Reading,
    report: &mut Report,
    evidence: Sink<'_>,
) -> Result<bool, Failure> {
    let about = format!("check \"{}\"", check.name);
    let (gave, good, error) = match told(restored.query(&check.query).await, &about)? {
        Ok(rows) => match rows.single().map(str::trim) {
            Some(value) => (words::bounded(value), value == check.expect.trim(), None),
            None => ("no single value".to_owned(), false, None),
        },
        Err(error) => (words::bounded(&error.message), false, Some(error.next)),
    };
    let result = if good { "ok" } else { "failed" };
    let line = json!({ "check": check.name, "expected": check.expect, "gave": gave, "result": result });
    write_line(&line, evidence)?;
    if !good {
        report.wrong(&about, format!("gave {gave}"), format!("{} expected", check.expect), LOOK);
        report.notes.extend(error);
    }
    Ok(good)
}

fn line(seen: &Seen) -> serde_json::Value {
    let facts = seen.facts.as_ref();
    json!({
        "table": seen.table.name,
        "rows": facts.map(|facts| facts.rows),
        "newest": facts.and_then(|facts| facts.newest),
        "compared_with": seen.known.as_ref().map(|known| &known.whose),
        "rows_there": seen.known.as_ref().map(|known| known.facts.rows),
        "newest_there": seen.known.as_ref().and_then(|known| known.facts.newest),
        "lost": seen.lost,
        "findings": seen.findings,
    })
}

/// The moment that was asked for against what the rows say.
fn hold_against(params: &Verify, loss: Option<Loss>, newest: Option<Timestamp>, report: &mut Report) {
    if let (Some(at), Some(newest)) = (params.at.map(whole_second), newest) {
        if newest > at {
            report.wrong(
                "newest change",
                format!("{}, after the moment that was asked for", words::time(newest)),
                format!("{} at the latest", words::time(at)),
                "Don't cut over. It isn't the moment that was asked for: find out what it was restored from, and restore \
                 again.",
            );
        } else if at.duration_since(newest).as_secs() >= QUIET {
            report.notes.push(format!(
                "The newest change in it is {} older than the moment that it was restored to. If the Portal was in use \
                 then, something is lacking.",
                words::span(newest, at)
            ));
        }
    }
    match loss {
        None => report.notes.push(
            "Nothing tells how much is lost: give `at`, or name the tables' `changed` columns in the environment."
                .to_owned(),
        ),
        Some(loss) if params.outage.is_none() => report.notes.push(format!(
            "No outage was given: what is lost is counted to now, {}.",
            words::time(loss.incident)
        )),
        Some(loss) if loss.recovered > loss.incident => report.notes.push(format!(
            "The restored moment is {} after the outage began: what did the damage may be in it.",
            words::span(loss.incident, loss.recovered)
        )),
        Some(_) => {}
    }
}

fn outcome(
    params: &Verify,
    loss: Option<Loss>,
    newest: Option<Timestamp>,
    seen: &[Seen],
    mut facts: Vec<Fact>,
    report: Report,
) -> Outcome {
    let rows = seen.iter().filter_map(|seen| seen.facts.as_ref()).map(|facts| facts.rows).sum::<u64>();
    facts.push(Fact::new("rows", words::count(rows)));
    facts.extend(by_table(seen));
    let mut outputs = BTreeMap::from([("rows".to_owned(), rows.to_string())]);
    outputs.extend(loss.map(|loss| ("achieved_rpo".to_owned(), words::duration(loss.seconds()))));
    outputs.extend(newest.map(|newest| ("newest".to_owned(), newest.to_string())));
    let mut notes: Vec<String> = report.next.iter().map(|next| (*next).to_owned()).collect();
    notes.extend(report.notes);
    let passed = report.wrong.is_empty();
    let headline = match report.wrong.as_slice() {
        [] => good(params, loss),
        [only] => format!("{} is not what it should be: {}", params.instance, only.said),
        [first, rest @ ..] => format!(
            "{} is not what it should be: {}; and {} more",
            params.instance,
            first.said,
            words::of(rest.len() as u64, "problem", "problems")
        ),
    };
    Outcome {
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts,
        outputs,
        notes,
        examples: report.wrong.into_iter().take(8).map(|wrong| wrong.example).collect(),
        moments: None,
    }
}

fn good(params: &Verify, loss: Option<Loss>) -> String {
    let Some(loss) = loss else {
        return "The restored database passes its checks; nothing tells how much is lost".to_owned();
    };
    let lost = match loss.seconds() {
        0 => "nothing is lost".to_owned(),
        seconds if params.at.is_some() => format!("{} are lost", words::length(seconds)),
        seconds => format!("at most {} are lost", words::length(seconds)),
    };
    format!("The restored database holds everything up to {}: {lost}", words::time(loss.recovered))
}

/// A fact for each table, those that lost something first.
fn by_table(seen: &[Seen]) -> Vec<Fact> {
    let mut told: Vec<(u64, Fact)> = seen.iter().filter_map(of_table).collect();
    told.sort_by_key(|(lost, _)| std::cmp::Reverse(*lost));
    let more = told.len().saturating_sub(SHOWN);
    let mut facts: Vec<Fact> = told.into_iter().take(SHOWN).map(|(_, fact)| fact).collect();
    if more > 0 {
        let more = words::of(more as u64, "table", "tables");
        facts.push(Fact::new("and more", format!("{more} in the evidence")));
    }
    facts
}

fn of_table(seen: &Seen) -> Option<(u64, Fact)> {
    let facts = seen.facts.as_ref()?;
    let mut said = words::of(facts.rows, "row", "rows");
    if let Some(newest) = facts.newest {
        said.push_str(&format!(", newest {}", words::time(newest)));
    }
    let fewer = seen.known.as_ref().map_or(0, |known| known.facts.rows.saturating_sub(facts.rows));
    let lost = match (seen.lost, &seen.known) {
        (Some(lost), _) => {
            said.push_str(&format!("; {} lost", words::of(lost, "row", "rows")));
            lost
        }
        (None, Some(known)) if fewer > 0 => {
            said.push_str(&format!("; {} fewer than in {}", words::of(fewer, "row", "rows"), known.whose));
            fewer
        }
        _ => 0,
    };
    Some((lost, Fact::new(&words::bounded(&seen.table.name), said)))
}

#[cfg(test)]
mod tests;
