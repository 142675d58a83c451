//! Whether the instance that a plan makes is there, and every setting of it as planned.

use std::collections::BTreeMap;

use serde_json::json;

use super::{RESTORED_TO, Steps};
use crate::body::write_line;
use crate::database::fields;
use crate::database::provenance::{remaining, said};
use crate::plan::{Context, Fact, Failure, Outcome, Sink, Source, Verdict};
use crate::port::Instance;
use crate::words;

pub(crate) async fn verify(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let (region, target) = (&steps.ground.region, &steps.ground.target);
    let answer = cx.ports.databases.instance(region, target).await?;
    let mut found = answer.value.filter(|instance| steps.made(instance, cx.origin));
    if found.is_none() {
        let all = cx.ports.databases.instances(region).await?.value;
        found = all.into_iter().find(|instance| steps.made(instance, cx.origin));
    }
    let differences = found.as_ref().map(|now| differences(&steps, now)).unwrap_or_default();
    write_line(
        &json!({
            "op": "look", "instance": target, "is": found, "differences": differences,
            "request_id": answer.request_id,
        }),
        evidence,
    )?;
    let Some(now) = found else {
        return Ok(outcome(
            Verdict::Failed,
            format!("{target} is not in {region}: the plan was not carried out"),
            vec!["Apply the plan; applying it makes one instance, however often it is done.".to_owned()],
        ));
    };
    let available = now.status == "available" && now.pending.is_empty();
    let headline = match (available, differences.len() as u64) {
        (false, _) => format!("{} is {}, not yet available", now.id, now.status),
        (true, 0) => format!("{} is available in {region}, and every setting is as planned", now.id),
        (true, n) => format!(
            "{} is available in {region}, but {} not as planned",
            now.id,
            words::of(n, "setting is", "settings are")
        ),
    };
    let passed = available && differences.is_empty();
    let mut notes = differences;
    if !passed {
        notes.push("Apply the same plan again: it adopts the instance and goes on from there.".to_owned());
    }
    let mut outcome = outcome(if passed { Verdict::Passed } else { Verdict::Failed }, headline, notes);
    outcome.facts = vec![
        Fact::new("instance", &now.id),
        Fact::new("status", &now.status),
        Fact::new("encrypted with", now.kms_key.as_deref().unwrap_or("no key")),
    ];
    outcome.outputs = [("instance", now.id.clone()), ("region", region.clone())]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
    let moment = steps.restored_to(&now);
    outcome.outputs.extend(moment.map(|at| ("restored_to".to_owned(), at.to_string())));
    Ok(outcome)
}

fn outcome(verdict: Verdict, headline: String, notes: Vec<String>) -> Outcome {
    Outcome {
        verdict,
        headline,
        facts: Vec::new(),
        outputs: BTreeMap::new(),
        notes,
        examples: Vec::new(),
        moments: None,
    }
}

/// What is not as planned, in words.
pub(super) fn differences(steps: &Steps, now: &Instance) -> Vec<String> {
    let mut planned = steps.order.settings.clone();
    if steps.ground.newest {
        // Set when the instance was ordered.
        planned.tags.remove(RESTORED_TO);
    }
    // What nobody knew is applied from the change or not at all.
    let change = &steps.change;
    if change.backup_days.is_none() {
        planned.backup_days = now.settings.backup_days;
    }
    if change.monitoring.is_none() {
        planned.monitoring_seconds = now.settings.monitoring_seconds;
    }
    if change.insights.is_none() {
        planned.insights = now.settings.insights;
    }
    if change.multi_az.is_none() {
        planned.multi_az = now.settings.multi_az;
    }
    let mut found = fields::differences(&planned, &now.settings);
    if remaining(change, now).managed_password {
        found.extend(said(&crate::port::Change { managed_password: true, ..Default::default() }));
    }
    if steps.ground.encrypted && !now.encrypted {
        found.push("it is not encrypted, planned encrypted".to_owned());
    }
    if let (Some(planned), Some(is)) = (&steps.ground.key, &now.kms_key)
        && !same_key(planned, is)
    {
        found.push(format!("it is encrypted with {is}, planned {planned}"));
    }
    found
}

/// Whether two names are of the same key; an alias can't be told from here.
fn same_key(a: &str, b: &str) -> bool {
    a.contains("alias/") || a == b || a.ends_with(&format!("/{b}")) || b.ends_with(&format!("/{a}"))
}
