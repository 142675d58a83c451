//! Renaming, one step at a time, each decided by what is there now.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Rename, Steps, by_name, by_resource, verify};
use crate::database::names::refused;
use crate::database::status::{self, Meaning};
use crate::database::watch::{Sent, Watch};
use crate::plan::{Context, Fact, Failure, Outcome, Sink, Source};
use crate::port::{Answer, Change, Instance};

/// So often a rename is asked for that RDS took and doesn't make, or was too busy for.
const TRIES: u32 = 5;
/// So many looks may see an instance unchanged after its rename was asked for, before it is asked for again.
const IDLE: u32 = 6;
/// So many looks in a row may not see an instance at all while it changes its name.
const ABSENT: u32 = 30;
/// So many looks may find an instance too busy to be renamed.
const BUSY: u32 = 90;

/// Applies a plan. Passes only when the name is held by the right instance, available and protected.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let name = &steps.params.name;
    let mut watch = Watch::new(cx, &steps.ground.region, evidence);
    watch.go_on()?;
    for (n, rename) in steps.renames.iter().enumerate() {
        if n > 0 && rename.to == *name {
            watch.leaves(format!(
                "{name} is held by nobody now, and the Portal can't reach a database; applying the same plan again \
                 goes on from there"
            ));
        }
        carry_out(rename, &steps, &mut watch).await?;
    }
    watch.leaves(format!(
        "{name} has its new instance, and what protects it is not switched on yet; applying the same plan again does it"
    ));
    let holder = watch.until(name, "waiting for", &|_| true).await?;
    watch.settle(holder, &steps.protect).await?;
    let took = watch.took();
    let all = watch.list().await?.value;
    let mut outcome = verify::judge(&steps, &all);
    outcome.facts.push(Fact::new("watched for", took));
    watch.line(&json!({"op": "judge", "headline": outcome.headline, "notes": outcome.notes}))?;
    Ok(outcome)
}

/// Sees to it that one instance has its new name.
async fn carry_out(rename: &Rename, steps: &Steps, watch: &mut Watch<'_>) -> Result<(), Failure> {
    let (mut asked, mut idle, mut absent, mut busy) = (0, 0, 0, 0);
    let mut refusal = None;
    let moving = format!("renaming {} to {}", rename.from, rename.to);
    loop {
        let Answer { value: all, request_id } = watch.list().await?;
        let now = by_resource(&all, &rename.resource_id);
        watch.saw(now.map_or(rename.from.as_str(), |is| &is.id), now, request_id)?;
        let Some(now) = now else {
            absent += 1;
            if absent >= ABSENT || (asked == 0 && absent >= 3) {
                return Err(gone(rename, steps, &all));
            }
            watch.tell(&moving);
            watch.pause().await?;
            continue;
        };
        absent = 0;
        watch.events(&now.id, watch.began()).await?;
        if now.id == rename.to {
            return Ok(());
        }
        if let Some(other) = by_name(&all, &rename.to) {
            return Err(refused(
                format!(
                    "the name {} is held by {} ({}), which this plan knows nothing of{}",
                    rename.to,
                    other.resource_id,
                    other.status,
                    orphan(steps, &all)
                ),
                "Look at it in the RDS console and rename it there if it is in the way; then apply the plan again.",
            ));
        }
        if now.id != rename.from {
            return Err(refused(
                format!(
                    "{} is called {} now: somebody renamed it since the plan{}",
                    rename.from,
                    now.id,
                    orphan(steps, &all)
                ),
                "Find out who and why, then plan again.",
            ));
        }
        if matches!(now.status.as_str(), "stopped" | "stopping" | "deleting") {
            let Meaning::Stuck(next) = status::meaning(&now.status) else { continue };
            return Err(refused(format!("{} is {}{}", now.id, now.status, orphan(steps, &all)), next));
        }
        let working = status::meaning(&now.status) == Meaning::Working || !now.pending.is_empty();
        if working {
            busy += 1;
        } else if asked > 0 && idle < IDLE {
            idle += 1;
        } else if asked < TRIES {
            watch.go_on()?;
            (asked, idle) = (asked + 1, 0);
            let change = Change { rename: Some(rename.to.clone()), ..Change::default() };
            refusal = match watch.modify(&now.id, &change).await? {
                Sent::NotNow(error) => {
                    busy += 1;
                    Some(error)
                }
                Sent::Taken | Sent::Unknown => {
                    let until = if rename.to == steps.params.name {
                        format!(", and until then {} is held by nobody", rename.to)
                    } else {
                        String::new()
                    };
                    watch.leaves(format!(
                        "{} is being renamed to {} at AWS, and that goes on without us{until}; applying the same plan \
                         again goes on from there",
                        rename.from, rename.to
                    ));
                    None
                }
            };
        } else {
            busy = BUSY;
        }
        if busy >= BUSY {
            return Err(refused(
                format!(
                    "{} was asked to become {} and is {} under its old name{}{}",
                    now.id,
                    rename.to,
                    now.status,
                    refusal.map(|error| format!(" ({})", error.what())).unwrap_or_default(),
                    orphan(steps, &all)
                ),
                "Look at its events in the RDS console, then apply the plan again.",
            ));
        }
        watch.tell(&moving);
        watch.pause().await?;
    }
}

/// That an instance of the plan is gone.
fn gone(rename: &Rename, steps: &Steps, all: &[Instance]) -> Failure {
    refused(
        format!("{} ({}) is not there any more{}", rename.from, rename.resource_id, orphan(steps, all)),
        "Look for it in the RDS console under either name. If it is gone, plan again.",
    )
}

/// Says so when the name that the Portal knows is held by nobody.
fn orphan(steps: &Steps, all: &[Instance]) -> String {
    match by_name(all, &steps.params.name) {
        Some(_) => String::new(),
        None => {
            format!("; {} is held by nobody now, and the Portal can't reach a database", steps.params.name)
        }
    }
}

/// The values for later steps.
pub(super) fn outputs(steps: &Steps) -> BTreeMap<String, String> {
    let kept = steps.ground.kept.clone().map(|kept| ("kept".to_owned(), kept));
    [("instance".to_owned(), steps.params.name.clone())].into_iter().chain(kept).collect()
}
