//! Whether the name is held by the instance that the plan gives it to, and that one is protected.

use serde_json::json;

use super::{Steps, apply, by_name, by_resource};
use crate::body::write_line;
use crate::database::provenance::{remaining, said};
use crate::plan::{Context, Fact, Failure, Outcome, Sink, Source, Verdict};
use crate::port::{Change, Instance};
use crate::words;

pub(crate) async fn verify(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let all = cx.ports.databases.instances(&steps.ground.region).await?.value;
    let outcome = judge(&steps, &all);
    for resource_id in [Some(&steps.ground.takes), steps.ground.makes_way.as_ref()].into_iter().flatten() {
        let is = by_resource(&all, resource_id);
        write_line(&json!({"op": "look", "resource_id": resource_id, "is": is}), &mut *evidence)?;
    }
    Ok(outcome)
}

/// Compares what is there with what the plan wants.
pub(super) fn judge(steps: &Steps, all: &[Instance]) -> Outcome {
    let name = &steps.params.name;
    let mut wrong = Vec::new();
    let holder = by_name(all, name);
    match holder {
        None => wrong.push(format!("{name} is held by nobody, and the Portal can't reach a database")),
        Some(holder) if holder.resource_id != steps.ground.takes => {
            wrong.push(format!("{name} is still held by the other instance ({})", holder.resource_id));
        }
        Some(holder) => {
            if holder.status != "available" || !holder.pending.is_empty() {
                wrong.push(format!("{name} is {}, not yet available", holder.status));
            }
            let left = remaining(&steps.protect, holder);
            if left != Change::default() {
                wrong.push(format!("{name} lacks: {}", words::list(&said(&left))));
            }
        }
    }
    let mut facts = vec![Fact::new("holds the name", holder.map_or("nobody", |is| &is.resource_id))];
    if let (Some(resource_id), Some(kept)) = (&steps.ground.makes_way, &steps.ground.kept) {
        match by_resource(all, resource_id) {
            Some(is) if is.id == *kept => facts.push(Fact::new("kept", kept)),
            Some(is) => wrong.push(format!("the instance to be kept as {kept} is called {}", is.id)),
            None => wrong.push(format!("the instance to be kept as {kept} ({resource_id}) is not there")),
        }
    }
    if let Some(holder) = holder {
        let on = if holder.settings.deletion_protection { "on" } else { "off" };
        facts.push(Fact::new("deletion protection", on));
        facts.push(Fact::new("backups kept", format!("{} days", holder.settings.backup_days)));
        facts.extend(
            holder.endpoint.as_ref().map(|at| Fact::new("answers at", format!("{}:{}", at.address, at.port))),
        );
    }
    let passed = wrong.is_empty();
    let which = if steps.params.back { "old" } else { "restored" };
    let headline = if passed {
        format!("{name} is the {which} instance now, available and protected")
    } else {
        words::list(&wrong)
    };
    let note = if passed {
        "Its address points to it after about 10 min; restart what keeps an old one."
    } else {
        "Apply the same plan again: it goes on from there."
    };
    Outcome {
        verdict: if passed { Verdict::Passed } else { Verdict::Failed },
        headline,
        facts,
        outputs: apply::outputs(steps),
        notes: vec![note.to_owned()],
        examples: Vec::new(),
        moments: None,
    }
}
