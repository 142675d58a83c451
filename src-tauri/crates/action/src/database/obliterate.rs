//! Removing organizations again that were obliterated and that a restore brought back.
//!
//! Guarantee: only an instance that this run made is touched; what runs is exactly the statements that the plan lists,
//! all in one transaction; plans and evidence hold ids, statements and counts, never a name.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Obliterate, session};
use crate::body::{self, Body, Header, write_line};
use crate::environment::Obliteration;
use crate::plan::{Context, Example, Fact, Failure, Outcome, PlanSummary, Progress, Sink, Source, Verdict};
use crate::port::{Endpoint, Instance, Limits, Reading};
use crate::words;

const ACTION: &str = "database.obliterate";
/// What stands for the organization's id in the environment's statements.
const PLACE: &str = ":organization";
/// The longest id that is taken.
const LONGEST: usize = 128;

/// What a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ground {
    /// `DbiResourceId`: the instance of that name may be another by the time that the plan is applied.
    resource_id: String,
}

/// What is left of one organization, and what removes it. The item's key is the organization's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Op {
    /// What there is of it.
    counts: Vec<Count>,
    /// The statements that will run, in this order; none when there is nothing of it.
    remove: Vec<String>,
}

/// A statement that counts, and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Count {
    statement: String,
    rows: u64,
}

type Item = body::Item<Op>;
type Plan = Header<Obliterate, Ground>;

fn refused(why: impl Into<String>, next: &str) -> Failure {
    Failure::Refused { why: why.into(), next: next.to_owned() }
}

/// Counts what is left of each organization, and lists the statements that remove it.
pub(crate) async fn plan(
    params: &Obliterate,
    cx: &Context<'_>,
    into: Sink<'_>,
) -> Result<PlanSummary, Failure> {
    let statements = statements(cx)?;
    let ids = ids(params)?;
    let (instance, endpoint) = own(params, cx).await?;
    let mut session = cx.ports.sql.read(&endpoint, Limits::default()).await?;
    let mut items = Vec::new();
    let total = Some(ids.len() as u64);
    for (done, id) in ids.iter().enumerate() {
        going(cx, "looking for obliterated organizations", done as u64, total)?;
        let mut counts = Vec::new();
        for statement in &statements.count {
            let statement = with(statement, id);
            counts.push(Count { rows: count(&mut *session, &statement).await?, statement });
        }
        let rows: u64 = counts.iter().map(|count| count.rows).sum();
        let remove = match rows {
            0 => Vec::new(),
            _ => statements.remove.iter().map(|statement| with(statement, id)).collect(),
        };
        let (was, becomes) = match rows {
            0 => ("not there".to_owned(), "nothing to do"),
            rows => (words::of(rows, "row", "rows"), "removed for good"),
        };
        let op = Op { counts, remove };
        items.push(Item { key: id.clone(), op, was, becomes: becomes.to_owned() });
    }
    let summary = summary(params, &items);
    let header = Plan::new(ACTION, params.clone(), Ground { resource_id: instance.resource_id });
    body::write(&header, &items, &summary, into)?;
    Ok(summary)
}

/// Runs the plan's statements in one transaction. Run again, they find nothing more to remove.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let (header, items) = Body::<Obliterate, Ground, Op>::open(ACTION, plan)?.all()?;
    let (instance, endpoint) = same(&header, cx).await?;
    let all: Vec<(&str, &String)> =
        items.iter().flat_map(|item| item.op.remove.iter().map(|text| (item.key.as_str(), text))).collect();
    let total = Some(all.len() as u64);
    going(cx, "removing organizations", 0, total)?;
    let statements: Vec<String> = all.iter().map(|(_, text)| (*text).clone()).collect();
    let changed = match statements.as_slice() {
        [] => Vec::new(),
        statements => cx.ports.sql.change(&endpoint, statements, Limits::default()).await?,
    };
    for ((organization, statement), rows) in all.iter().zip(&changed) {
        let line = json!({ "organization": organization, "statement": statement, "rows": rows });
        write_line(&line, evidence)?;
    }
    let removed: u64 = changed.iter().sum();
    let organizations = items.iter().filter(|item| !item.op.remove.is_empty()).count() as u64;
    let headline = match (organizations, removed) {
        (0, _) => "Nothing to do: the plan is empty".to_owned(),
        (_, 0) => format!("Nothing was left to remove from {}", instance.id),
        _ => format!(
            "{} of {} removed from {}",
            words::of(removed, "row", "rows"),
            words::of(organizations, "organization", "organizations"),
            instance.id
        ),
    };
    Ok(Outcome {
        verdict: Verdict::Passed,
        headline,
        facts: vec![
            Fact::new("organizations", words::count(organizations)),
            Fact::new("rows removed", words::count(removed)),
        ],
        outputs: BTreeMap::from([("removed".to_owned(), removed.to_string())]),
        notes: Vec::new(),
        examples: examples(&items),
        moments: None,
    })
}

/// Counts again: nothing of any organization of the plan may be there.
pub(crate) async fn verify_plan(
    plan: Source,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let (header, items) = Body::<Obliterate, Ground, Op>::open(ACTION, plan)?.all()?;
    let (instance, endpoint) = same(&header, cx).await?;
    let mut session = cx.ports.sql.read(&endpoint, Limits::default()).await?;
    let (mut left, mut examples) = (0, Vec::new());
    let total = Some(items.len() as u64);
    for (done, item) in items.iter().enumerate() {
        going(cx, "looking whether organizations are gone", done as u64, total)?;
        let mut rows = 0;
        for Count { statement, .. } in &item.op.counts {
            rows += count(&mut *session, statement).await?;
        }
        write_line(&json!({ "organization": item.key, "rows": rows }), evidence)?;
        if rows > 0 {
            left += 1;
            let now = words::of(rows, "row", "rows");
            examples.push(Example { key: item.key.clone(), now, becomes: "should be gone".to_owned() });
        }
    }
    examples.truncate(8);
    let all = items.len() as u64;
    let mut notes = Vec::new();
    if left > 0 {
        notes.push(
            "Apply the same plan again. If rows stay, the environment's `obliteration.remove` does not cover what its \
             `obliteration.count` counts: have them corrected, and keep the instance out of service until then."
                .to_owned(),
        );
    }
    Ok(Outcome {
        verdict: if left == 0 { Verdict::Passed } else { Verdict::Failed },
        headline: format!(
            "{} of {} {} gone from {}",
            words::count(all - left),
            words::of(all, "organization", "organizations"),
            if all == 1 { "is" } else { "are" },
            instance.id
        ),
        facts: vec![
            Fact::new("gone", words::count(all - left)),
            Fact::new("still there", words::count(left)),
        ],
        outputs: BTreeMap::new(),
        notes,
        examples,
        moments: None,
    })
}

/// The environment's statements, each of which must be about one organization.
fn statements<'a>(cx: &Context<'a>) -> Result<&'a Obliteration, Failure> {
    let name = &cx.environment.name;
    let statements = session::described(cx)?.obliteration.as_ref();
    let statements = statements.filter(|all| !all.count.is_empty() && !all.remove.is_empty());
    let statements = statements.ok_or_else(|| {
        refused(
            format!("environment {name} does not say how an organization is found and removed"),
            "Add `count` and `remove` under `database.obliteration` in the environment, then plan again.",
        )
    })?;
    match statements.count.iter().chain(&statements.remove).find(|text| !text.contains(PLACE)) {
        Some(text) => Err(refused(
            format!(
                "a statement of environment {name} is not about one organization: {}",
                words::bounded(text)
            ),
            "Put `:organization` where the organization's id belongs, then plan again.",
        )),
        None => Ok(statements),
    }
}

/// The ids, each once and in order. What no id looks like is refused, and not only quoted.
fn ids(params: &Obliterate) -> Result<BTreeSet<String>, Failure> {
    if params.organizations.is_empty() {
        return Err(refused("no organization is named", "Give the ids from the register of obliterations."));
    }
    let odd = |c: char| c.is_control() || matches!(c, '\'' | '"' | '`' | '\\');
    match params.organizations.iter().find(|id| id.chars().count() > LONGEST || id.contains(odd)) {
        Some(id) => Err(refused(
            format!("{:?} can't be the id of an organization", words::bounded(id)),
            "Give ids as the register of obliterations has them, separated by commas: at most 128 characters, without \
             quotes and backslashes.",
        )),
        None => Ok(params.organizations.iter().cloned().collect()),
    }
}

/// A statement about one organization. The id holds nothing that could end the literal: [`ids`] saw to that.
fn with(statement: &str, id: &str) -> String {
    statement.replace(PLACE, &format!("'{id}'"))
}

/// The instance, if this run made it.
async fn own(params: &Obliterate, cx: &Context<'_>) -> Result<(Instance, Endpoint), Failure> {
    let (instance, endpoint) = session::found(cx, params.region.as_deref(), &params.instance).await?;
    if !cx.origin.made(&instance.settings.tags) {
        return Err(refused(
            format!("instance {} was not made by this run", instance.id),
            "Give the instance that this run restored: nothing is removed from any other.",
        ));
    }
    Ok((instance, endpoint))
}

/// The instance that the plan is of, and no other of the same name.
async fn same(header: &Plan, cx: &Context<'_>) -> Result<(Instance, Endpoint), Failure> {
    let (instance, endpoint) = own(&header.params, cx).await?;
    if instance.resource_id != header.ground.resource_id {
        return Err(refused(
            format!("instance {} is another one than when the plan was made", instance.id),
            "Nothing was changed. Plan again.",
        ));
    }
    Ok((instance, endpoint))
}

async fn count(session: &mut dyn Reading, statement: &str) -> Result<u64, Failure> {
    let rows = session.query(statement).await?;
    rows.single().and_then(|value| value.trim().parse().ok()).ok_or_else(|| {
        refused(
            format!("a statement that should count rows gave no whole number: {}", words::bounded(statement)),
            "Nothing was changed. Correct `database.obliteration.count` in the environment: each gives one number.",
        )
    })
}

fn going(cx: &Context<'_>, doing: &str, done: u64, total: Option<u64>) -> Result<(), Failure> {
    if cx.stopping() {
        return Err(Failure::Stopped { left: "nothing was changed".to_owned() });
    }
    (cx.progress)(Progress { doing: doing.to_owned(), done, total, ..Progress::default() });
    Ok(())
}

fn examples(items: &[Item]) -> Vec<Example> {
    let (there, gone): (Vec<_>, Vec<_>) = items.iter().partition(|item| !item.op.remove.is_empty());
    let shown = there.into_iter().chain(gone).take(8);
    shown
        .map(|item| Example { key: item.key.clone(), now: item.was.clone(), becomes: item.becomes.clone() })
        .collect()
}

fn summary(params: &Obliterate, items: &[Item]) -> PlanSummary {
    let instance = &params.instance;
    let back = items.iter().filter(|item| !item.op.remove.is_empty()).count() as u64;
    let rows: u64 = items.iter().flat_map(|item| &item.op.counts).map(|count| count.rows).sum();
    let requests = items.iter().map(|item| item.op.remove.len() as u64).sum();
    let asked = words::of(items.len() as u64, "organization", "organizations");
    let headline = match back {
        0 => format!("Nothing to do: {asked} looked for in {instance}, none came back"),
        back => format!(
            "{} of {asked} came back: {} will be removed from {instance}",
            words::count(back),
            words::of(rows, "row", "rows")
        ),
    };
    let mut notes = vec![format!("Only {instance} is touched, which this run made.")];
    let mut warnings = Vec::new();
    if back > 0 {
        notes.push(
            "All of it happens in one transaction: should one statement fail, nothing is removed.".to_owned(),
        );
        notes.push(
            "Photos in the bucket stay: reconcile afterwards, and have orphaned ones seen to.".to_owned(),
        );
        warnings.push("What is removed can't be brought back except by another restore.".to_owned());
    }
    let mut facts = vec![
        Fact::new("organizations looked for", words::count(items.len() as u64)),
        Fact::new("came back", words::count(back)),
        Fact::new("rows", words::count(rows)),
    ];
    // The approver sees every statement, once: those of the first organization, with its id.
    let first = items.iter().find(|item| !item.op.remove.is_empty());
    let statements = first.map(|item| item.op.remove.as_slice()).unwrap_or_default();
    facts.extend(statements.iter().map(|text| Fact::new("will run", text)));
    if back > 1 {
        facts.push(Fact::new("will run", format!("the same for {} more", words::count(back - 1))));
    }
    PlanSummary {
        headline,
        facts,
        requests,
        notes,
        warnings,
        examples: examples(items),
        typed: (back > 0).then(|| instance.clone()),
        ..PlanSummary::default()
    }
}

#[cfg(test)]
mod tests;
