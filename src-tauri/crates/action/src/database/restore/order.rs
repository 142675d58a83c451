//! Asking for the copy and the instance, each once, whatever becomes of the answers.

use serde_json::json;

use super::source::is_copy;
use super::{RESTORED_TO, Steps};
use crate::database::From;
use crate::database::ground;
use crate::database::names::refused;
use crate::database::watch::Watch;
use crate::plan::{Context, Failure};
use crate::port::{BackupSource, CopyOrder, Instance, PortError, PortErrorKind, RestoreFrom, Snapshot};

/// So often RDS is asked for the same thing: by then it was looked for as often.
const TRIES: u32 = 4;
/// So many looks are made for what was asked for and not answered, before it is asked for again.
const LOOKS: u32 = 3;
/// So many looks in a row may say that a copy isn't there.
const ABSENT: u32 = 30;

/// How an instance came to be there.
pub(super) struct Made {
    pub(super) id: String,
    /// Whether it was there before.
    pub(super) adopted: bool,
}

/// The instance that this plan makes, made now or long ago.
///
/// # Errors
/// [`Failure::Refused`] when its name is taken by something else; [`Failure::Port`] when RDS won't make it.
pub(super) async fn instance(
    steps: &Steps,
    watch: &mut Watch<'_>,
    cx: &Context<'_>,
) -> Result<Made, Failure> {
    let target = &steps.order.target;
    let mut last = None;
    for attempt in 0..TRIES {
        // What was not answered may have been done all the same: nothing is asked for twice unlooked.
        let looks = if attempt == 0 { 1 } else { LOOKS };
        for look in 0..looks {
            if look > 0 || attempt > 0 {
                watch.tell(&format!("looking whether {target} is being made"));
                watch.pause().await?;
            }
            if let Some(id) = find(steps, watch, cx).await? {
                watch.line(&json!({"op": "restore", "instance": id, "result": "adopted"}))?;
                if attempt == 0 {
                    watch.record(format!("{id}: made by this run before, adopted"), None, None)?;
                }
                return Ok(Made { id, adopted: attempt == 0 });
            }
        }
        watch.go_on()?;
        match ask(steps, watch, cx).await? {
            None => return Ok(Made { id: target.clone(), adopted: false }),
            Some(error) => last = Some(error),
        }
    }
    Err(last.map_or_else(
        || refused(format!("{target} could not be asked for"), "Apply the plan again."),
        |error| watch.fails(error),
    ))
}

/// The instance that this plan made, under whatever name it goes by now.
async fn find(steps: &Steps, watch: &mut Watch<'_>, cx: &Context<'_>) -> Result<Option<String>, Failure> {
    let target = &steps.order.target;
    let taken = watch.look(target).await?;
    if let Some(taken) = &taken
        && steps.made(taken, cx.origin)
    {
        return Ok(Some(taken.id.clone()));
    }
    let all = watch.list().await?.value;
    if let Some(made) = all.iter().find(|instance| steps.made(instance, cx.origin)) {
        return Ok(Some(made.id.clone()));
    }
    match taken {
        None => Ok(None),
        Some(taken) => Err(refused(
            format!(
                "the name {target} was taken since the plan, by an instance that it doesn't make ({})",
                taken.status
            ),
            "Nothing was changed. Plan again: another name is found, or give one as `target:`.",
        )),
    }
}

/// Asks for the instance; the error when only a look can tell what came of it.
async fn ask(steps: &Steps, watch: &mut Watch<'_>, cx: &Context<'_>) -> Result<Option<PortError>, Failure> {
    let mut order = steps.order.clone();
    if steps.params.from == From::Latest
        && let Some(newest) = newest(steps, cx).await?
    {
        order.settings.tags.insert(RESTORED_TO.to_owned(), newest.to_string());
    }
    let (region, target) = (&steps.ground.region, &order.target);
    let answer = cx.ports.databases.restore(region, &order).await;
    let (result, request_id, why) = match &answer {
        Ok(answer) => ("asked", answer.request_id.clone(), None),
        Err(error) => ("failed", error.request_id.clone(), Some(error.to_string())),
    };
    watch.line(&json!({
        "op": "restore", "instance": target, "order": order, "result": result, "request_id": request_id, "error": why,
    }))?;
    let left = format!(
        "{target} may be in the making at AWS, and that goes on without us; applying the same plan again adopts it"
    );
    match answer {
        Ok(_) => {
            watch.leaves(left);
            watch.record(format!("{target}: asked RDS to make it"), None, request_id)?;
            Ok(None)
        }
        Err(error) if error.kind.is_transient() || error.kind == PortErrorKind::Exists => {
            watch.leaves(left);
            watch.record(format!("{target}: asked RDS to make it, no clear answer"), None, request_id)?;
            Ok(Some(error))
        }
        Err(error) if error.kind == PortErrorKind::Busy => Ok(Some(error)),
        Err(error) => Err(watch.fails(error)),
    }
}

/// The newest moment that the source can be restored to, as RDS knows it now.
async fn newest(steps: &Steps, cx: &Context<'_>) -> Result<Option<jiff::Timestamp>, Failure> {
    let RestoreFrom::Backups { source, .. } = &steps.order.from else { return Ok(None) };
    let (databases, region) = (&cx.ports.databases, &steps.ground.region);
    Ok(match source {
        BackupSource::Instance(id) => {
            databases.instance(region, id).await?.value.and_then(|is| is.latest_restorable)
        }
        BackupSource::Resource(_) | BackupSource::Replica(_) => {
            let backups = databases.automated_backups(region, &steps.params.instance).await?;
            let is_it = |backup: &&crate::port::AutomatedBackup| match source {
                BackupSource::Resource(id) => backup.resource_id == *id && backup.source_region == *region,
                BackupSource::Replica(arn) => backup.arn == *arn,
                BackupSource::Instance(_) => false,
            };
            backups.iter().find(is_it).and_then(|backup| backup.latest)
        }
    })
}

/// Sees to it that the copy is there and whole.
///
/// # Errors
/// As [`instance`]; and when the copy fails.
pub(super) async fn copy(
    order: &CopyOrder,
    steps: &Steps,
    watch: &mut Watch<'_>,
    cx: &Context<'_>,
) -> Result<(), Failure> {
    let (target, mut asked, mut absent, mut status) = (&order.target, 0, 0, String::new());
    let mut refusal = None;
    loop {
        match look(target, steps, watch, cx).await? {
            Some(copy)
                if !is_copy(order, steps.ground.moment, &copy) && ground::unfinished(&copy).is_none() =>
            {
                return Err(refused(
                    format!("the snapshot {target} is there and is no copy of {}", order.source),
                    "Nothing was changed. Find out whose it is; delete or rename nothing unasked. Then plan again in a \
                     new run.",
                ));
            }
            Some(copy) => {
                absent = 0;
                if copy.status != status {
                    watch.record(format!("snapshot {target}: {}", copy.status), None, None)?;
                    status.clone_from(&copy.status);
                }
                match copy.status.as_str() {
                    "available" => return Ok(()),
                    "failed" | "deleting" => {
                        return Err(refused(
                            format!("the copy {target} is {status}"),
                            "Delete it in the RDS console, then apply the plan again; if it fails again, look at the \
                             key it is encrypted with.",
                        ));
                    }
                    _ => watch.tell(&format!("copying {target}, {} %", copy.percent)),
                }
            }
            None if asked > 0 && absent < LOOKS => absent += 1,
            None if asked == 0 || (asked < TRIES && status.is_empty()) => {
                watch.go_on()?;
                asked += 1;
                absent = 0;
                refusal = ask_copy(order, steps, watch, cx).await?;
            }
            None if absent < ABSENT && refusal.is_none() => absent += 1,
            None => {
                if let Some(error) = refusal {
                    return Err(watch.fails(error));
                }
                return Err(refused(
                    format!("the copy {target} is not there, in spite of having been asked for"),
                    "Look for it in the RDS console, then apply the plan again.",
                ));
            }
        }
        watch.pause().await?;
    }
}

async fn look(
    target: &str,
    steps: &Steps,
    watch: &mut Watch<'_>,
    cx: &Context<'_>,
) -> Result<Option<Snapshot>, Failure> {
    loop {
        match cx.ports.databases.snapshot(&steps.ground.region, target).await {
            Ok(answer) => {
                watch.line(&json!({
                    "op": "look", "snapshot": target,
                    "status": answer.value.as_ref().map(|copy| &copy.status),
                    "percent": answer.value.as_ref().map(|copy| copy.percent), "request_id": answer.request_id,
                }))?;
                return Ok(answer.value);
            }
            Err(error) => watch.bear("look", target, error)?,
        }
        watch.pause().await?;
    }
}

/// Asks for the copy; the error when RDS was not able to, just now.
async fn ask_copy(
    order: &CopyOrder,
    steps: &Steps,
    watch: &mut Watch<'_>,
    cx: &Context<'_>,
) -> Result<Option<PortError>, Failure> {
    let answer = cx.ports.databases.copy_snapshot(&steps.ground.region, order).await;
    let (result, request_id, why) = match &answer {
        Ok(answer) => ("asked", answer.request_id.clone(), None),
        Err(error) => ("failed", error.request_id.clone(), Some(error.to_string())),
    };
    watch.line(&json!({
        "op": "copy", "snapshot": order.target, "order": order, "result": result, "request_id": request_id,
        "error": why,
    }))?;
    match answer {
        Err(error)
            if !error.kind.is_transient()
                && !matches!(error.kind, PortErrorKind::Exists | PortErrorKind::Busy) =>
        {
            Err(watch.fails(error))
        }
        Err(error) if error.kind == PortErrorKind::Busy => Ok(Some(error)),
        answer => {
            let clear = if answer.is_ok() { "" } else { ", no clear answer" };
            watch.leaves(format!(
                "the copy {} goes on at AWS without us; applying the same plan again goes on from there",
                order.target
            ));
            watch.record(
                format!("snapshot {}: asked RDS to copy it{clear}", order.target),
                None,
                request_id,
            )?;
            Ok(None)
        }
    }
}

/// What goes on at AWS while an instance is being made or set up.
pub(super) fn left(instance: &Instance) -> String {
    format!(
        "{} is there ({}) and goes on at AWS without us; applying the same plan again adopts it and goes on",
        instance.id, instance.status
    )
}
