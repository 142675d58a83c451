//! Making the instance that a plan says, and setting it up.

use std::collections::BTreeMap;

use super::order::{self, left};
use super::{Steps, verify};
use crate::database::provenance::{remaining, said};
use crate::database::watch::Watch;
use crate::plan::{Context, Fact, Failure, Outcome, Sink, Source, Verdict};
use crate::words;

/// Applies a plan. Passes only when the instance is available and set up as planned.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let mut watch = Watch::new(cx, &steps.ground.region, evidence);
    watch.go_on()?;
    if let Some(copy) = &steps.copy
        && !is_made(&steps, &mut watch, cx).await?
    {
        order::copy(copy, &steps, &mut watch, cx).await?;
    }
    let made = order::instance(&steps, &mut watch, cx).await?;
    watch.leaves(format!(
        "{} is being made at AWS, and that goes on without us; applying the same plan again adopts it and goes on",
        made.id
    ));
    let fresh = watch.until(&made.id, "making", &|_| true).await?;
    watch.leaves(left(&fresh));
    let changed = said(&remaining(&steps.change, &fresh));
    let now = watch.settle(fresh, &steps.change).await?;
    let moment = steps.restored_to(&now);
    let took = watch.took();
    let differences = verify::differences(&steps, &now);
    let to = moment.map(|at| format!(", restored to {}", words::time(at))).unwrap_or_default();
    let mut headline = format!("{} is available in {}{to}", now.id, steps.ground.region);
    if !made.adopted {
        headline.push_str(&format!(", after {took}"));
    }
    if !differences.is_empty() {
        headline.push_str(&format!(
            ", but {} not as planned",
            words::of(differences.len() as u64, "setting is", "settings are")
        ));
    }
    let mut facts = vec![
        Fact::new("instance", &now.id),
        Fact::new("region", &steps.ground.region),
        Fact::new("made", if made.adopted { "before, and adopted now" } else { "now" }),
        Fact::new("watched for", took),
    ];
    facts.extend(
        now.endpoint.as_ref().map(|at| Fact::new("answers at", format!("{}:{}", at.address, at.port))),
    );
    facts.extend(moment.map(|at| Fact::new("restored to", words::time(at))));
    facts.push(Fact::new("encrypted with", now.kms_key.as_deref().unwrap_or("no key")));
    if !changed.is_empty() {
        facts.push(Fact::new("set afterwards", words::list(&changed)));
    }
    let mut notes = differences;
    notes.push(
        "Available is not warm: RDS fetches each block when it is first read, so the first queries are slow."
            .to_owned(),
    );
    let mut outputs: BTreeMap<String, String> =
        [("instance", now.id.clone()), ("region", steps.ground.region.clone())]
            .map(|(name, value)| (name.to_owned(), value))
            .into();
    outputs.extend(moment.map(|at| ("restored_to".to_owned(), at.to_string())));
    Ok(Outcome {
        verdict: if notes.len() == 1 { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts,
        outputs,
        notes,
        examples: Vec::new(),
        moments: None,
    })
}

/// Whether the instance is there already, so that the copy has served its purpose.
async fn is_made(steps: &Steps, watch: &mut Watch<'_>, cx: &Context<'_>) -> Result<bool, Failure> {
    Ok(watch.list().await?.value.iter().any(|instance| steps.made(instance, cx.origin)))
}
