//! Which instance gets which name, and what that breaks.

use super::{ACTION, Ground, Item, Op, by_name};
use crate::body::{self, Header};
use crate::database::CutOver;
use crate::database::names::{self, refused};
use crate::database::provenance::said;
use crate::plan::{Context, Example, Fact, Failure, PlanSummary, Sink};
use crate::port::{Change, Instance, PortErrorKind};
use crate::words;

/// How long automated backups are kept when nobody knows how long they were: RDS's own choice in its console.
const BACKUP_DAYS: u32 = 7;

/// What has to be renamed to what.
struct Moves<'a> {
    /// The one that will hold the name.
    takes: &'a Instance,
    /// The one that makes way, and the name that it is kept under.
    makes_way: Option<(&'a Instance, String)>,
}

pub(crate) async fn plan(params: &CutOver, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let region = names::region(params.region.as_ref(), cx)?;
    names::check(&params.name)?;
    allowed(params, cx)?;
    let all = cx.ports.databases.instances(&region).await?.value;
    let moves = if params.back { back(params, &all, cx)? } else { forth(params, &all, cx)? };
    let (protect, mut warnings) = protection(params, &moves, cx);
    let name = &params.name;
    let mut items = Vec::new();
    if let Some((old, kept)) = &moves.makes_way
        && old.id != *kept
    {
        items.push(rename(old, kept));
    }
    if moves.takes.id != *name {
        items.push(rename(moves.takes, name));
    }
    let renames = items.len() as u64;
    items.push(Item {
        key: name.clone(),
        op: Op::Protect { resource_id: moves.takes.resource_id.clone(), change: protect.clone() },
        was: "as it is".to_owned(),
        becomes: words::list(&said(&protect)),
    });
    let mut notes = breaks(params, &moves, renames, &region, &mut warnings, cx).await;
    notes.insert(0, "Nothing is deleted: the other instance is kept under its new name.".to_owned());
    let headline = match (&moves.makes_way, renames) {
        (_, 0) => format!("Nothing to rename: {name} is the {} instance already", which(params)),
        (Some((old, kept)), _) if old.id != *kept => {
            format!("{} becomes {kept}, and {} becomes {name}", old.id, moves.takes.id)
        }
        _ => format!("{} becomes {name}", moves.takes.id),
    };
    let mut facts = vec![
        Fact::new("takes the name", format!("{} ({})", moves.takes.id, moves.takes.resource_id)),
        Fact::new("the name", name),
    ];
    facts.extend(moves.makes_way.iter().flat_map(|(old, kept)| {
        [
            Fact::new("makes way", format!("{} ({})", old.id, old.resource_id)),
            Fact::new("and is kept as", kept),
        ]
    }));
    facts.push(Fact::new("region", &region));
    facts.push(Fact::new("switched on afterwards", words::list(&said(&protect))));
    let examples = items.iter().filter(|item| matches!(item.op, Op::Rename { .. })).map(|item| Example {
        key: item.key.clone(),
        now: item.was.clone(),
        becomes: item.becomes.clone(),
    });
    let summary = PlanSummary {
        headline,
        facts,
        requests: renames + 1,
        notes,
        warnings,
        examples: examples.collect(),
        ..PlanSummary::default()
    };
    let ground = Ground {
        region,
        takes: moves.takes.resource_id.clone(),
        makes_way: moves.makes_way.as_ref().map(|(old, _)| old.resource_id.clone()),
        kept: moves.makes_way.as_ref().map(|(_, kept)| kept.clone()),
    };
    body::write(&Header::new(ACTION, params.clone(), ground), &items, &summary, into)?;
    Ok(summary)
}

fn which(params: &CutOver) -> &'static str {
    if params.back { "old" } else { "restored" }
}

/// A rehearsal must never rename production; on the practice range there is none.
fn allowed(params: &CutOver, cx: &Context<'_>) -> Result<(), Failure> {
    if params.instance == params.name {
        return Err(refused(
            format!("{} can't take its own name", params.name),
            "Give the restored instance, by the name that the restore gave it, as `instance:`.",
        ));
    }
    let production = cx.environment.database.as_ref().is_some_and(|is| is.instance == params.name);
    let mode = cx.origin.mode.as_str();
    let practice = mode == "exercise" && cx.environment.is_practice();
    if production && mode != "incident" && !practice {
        return Err(refused(
            format!(
                "{} is the instance of {}, and no {mode} ever renames it",
                params.name, cx.environment.name
            ),
            "Give another `name:`, or leave the names as they are. Only an incident exchanges them.",
        ));
    }
    Ok(())
}

fn rename(instance: &Instance, to: &str) -> Item {
    Item {
        key: instance.id.clone(),
        op: Op::Rename {
            resource_id: instance.resource_id.clone(),
            from: instance.id.clone(),
            to: to.to_owned(),
        },
        was: format!("{} ({})", instance.id, instance.resource_id),
        becomes: to.to_owned(),
    }
}

/// The restored instance takes the name; whoever has it makes way.
fn forth<'a>(params: &CutOver, all: &'a [Instance], cx: &Context<'_>) -> Result<Moves<'a>, Failure> {
    let (restored, holder) = (by_name(all, &params.instance), by_name(all, &params.name));
    let kept = names::kept(&params.name, &cx.origin.run);
    let aside = by_name(all, &kept);
    let takes = match (restored, holder) {
        (Some(restored), _) => restored,
        // It has the name already: an earlier try got that far.
        (None, Some(holder)) if cx.origin.made(&holder.settings.tags) => {
            return Ok(Moves { takes: holder, makes_way: aside.map(|old| (old, kept)) });
        }
        (None, _) => {
            return Err(refused(
                format!("there is no instance {}", params.instance),
                format!("Check the name; there is {}.", there_is(all)),
            ));
        }
    };
    ours(takes, cx)?;
    if takes.status != "available" {
        return Err(refused(
            format!("{} is {}, and only what is available can take over", takes.id, takes.status),
            "Wait until it is available, verify it, then plan again.",
        ));
    }
    let makes_way = match (holder, aside) {
        (Some(holder), Some(aside)) => {
            return Err(refused(
                format!("{} has the name, and {} that it would be kept under is taken", holder.id, aside.id),
                "Look at both in the RDS console. Rename the one that is in the way there, then plan again.",
            ));
        }
        (Some(holder), None) => Some((renamable(holder)?, kept)),
        // It made way in an earlier try.
        (None, aside) => aside.map(|old| (old, kept)),
    };
    Ok(Moves { takes, makes_way })
}

/// The old instance gets the name back; the restored one its own.
fn back<'a>(params: &CutOver, all: &'a [Instance], cx: &Context<'_>) -> Result<Moves<'a>, Failure> {
    let kept = names::kept(&params.name, &cx.origin.run);
    let (own, holder) = (by_name(all, &params.instance), by_name(all, &params.name));
    let old = match (by_name(all, &kept), holder) {
        (Some(old), _) => old,
        // It has the name already: an earlier try got that far, or it never lost it.
        (None, Some(holder)) if !cx.origin.made(&holder.settings.tags) && own.is_some() => {
            return Ok(Moves { takes: holder, makes_way: own.map(|own| (own, params.instance.clone())) });
        }
        (None, _) => {
            return Err(refused(
                format!("there is no {kept}, the name that this run keeps the old instance under"),
                format!(
                    "There is nothing to give the name {} back to. There is {}.",
                    params.name,
                    there_is(all)
                ),
            ));
        }
    };
    if old.status != "available" {
        return Err(refused(
            format!("{} is {}, and only what is available can take the name back", old.id, old.status),
            "Start it, or wait until it is available, then plan again.",
        ));
    }
    let makes_way = match (holder, own) {
        (Some(holder), None) => {
            ours(holder, cx)?;
            Some((renamable(holder)?, params.instance.clone()))
        }
        (Some(holder), Some(own)) => {
            return Err(refused(
                format!("{} has the name, and {} that it would go back to is taken", holder.id, own.id),
                "Look at both in the RDS console. Rename the one that is in the way there, then plan again.",
            ));
        }
        (None, own) => own.map(|own| (own, params.instance.clone())),
    };
    Ok(Moves { takes: old, makes_way })
}

fn ours(instance: &Instance, cx: &Context<'_>) -> Result<(), Failure> {
    if cx.origin.made(&instance.settings.tags) {
        return Ok(());
    }
    Err(refused(
        format!("{} was not made by this run", instance.id),
        "Only an instance that this run restored can take over, or give way. Check the name.",
    ))
}

fn renamable(instance: &Instance) -> Result<&Instance, Failure> {
    if matches!(instance.status.as_str(), "stopped" | "stopping" | "starting" | "deleting" | "renaming") {
        return Err(refused(
            format!("{} is {}, and RDS renames it only when it is available", instance.id, instance.status),
            "Start it in the RDS console, or wait until it is available or gone, then plan again.",
        ));
    }
    Ok(instance)
}

fn there_is(all: &[Instance]) -> String {
    let names: Vec<String> = all.iter().map(|is| format!("{} ({})", is.id, is.status)).collect();
    if names.is_empty() { "no instance at all in this region".to_owned() } else { words::list(&names) }
}

/// What protects the one that holds the name: deletion protection, and backups as the other one had them.
fn protection(params: &CutOver, moves: &Moves<'_>, cx: &Context<'_>) -> (Change, Vec<String>) {
    let mut warnings = Vec::new();
    let inventory = crate::database::restore::in_inventory(&params.name, cx).map(|(_, is)| &is.settings);
    let old = moves.makes_way.as_ref().map(|(old, _)| &old.settings).filter(|_| !params.back);
    let now = &moves.takes.settings;
    let known = [old, Some(now), inventory].into_iter().flatten().find(|known| known.backup_days > 0);
    let days = known.map_or(BACKUP_DAYS, |known| known.backup_days);
    if known.is_none() {
        warnings.push(format!(
            "Nobody knows for how long backups of {} were kept: they are switched on for {BACKUP_DAYS} days.",
            params.name
        ));
    }
    let change = Change {
        deletion_protection: Some(true),
        backup_days: Some(days),
        backup_window: known.and_then(|known| known.backup_window.clone()),
        ..Change::default()
    };
    (change, warnings)
}

/// What the new names break, for people to mend.
async fn breaks(
    params: &CutOver,
    moves: &Moves<'_>,
    renames: u64,
    region: &str,
    warnings: &mut Vec<String>,
    cx: &Context<'_>,
) -> Vec<String> {
    if renames == 0 {
        return Vec::new();
    }
    let name = &params.name;
    let mut notes = vec![
        format!(
            "The address that the Portal knows stays the same, because the name does. It points to the other instance \
             after about 10 min, and open connections break: restart what keeps an old address."
        ),
        "Each rename restarts its instance.".to_owned(),
        format!(
            "CloudWatch alarms and event subscriptions that name {name} watch the other instance from now on."
        ),
    ];
    let replicas = |instance: &Instance| match &instance.replicas[..] {
        [] => None,
        replicas => Some(format!(
            "The read replicas {} stay with {}, under its new name. Make new ones of {name} afterwards.",
            words::list(replicas),
            instance.id
        )),
    };
    let old = moves.makes_way.as_ref().map(|(old, _)| *old);
    warnings.extend(old.and_then(replicas));
    warnings.extend(replicas(moves.takes));
    if let Some((old, kept)) = &moves.makes_way {
        if old.status != "available" && old.id != *kept {
            warnings.push(format!(
                "{} is {}: RDS may refuse to rename it, and then nothing is changed.",
                old.id, old.status
            ));
        }
        if let Some(secret) = &old.managed_secret {
            warnings.push(format!(
                "The secret {secret} and its rotation belong to {} and stay with it as {kept}. What reads it needs \
                 the secret of {}{}.",
                old.id,
                moves.takes.id,
                moves.takes.managed_secret.as_ref().map(|own| format!(" ({own})")).unwrap_or_default()
            ));
        }
    }
    notes.push("Secrets and rotations that name the instance must be pointed to the other one.".to_owned());
    match cx.ports.databases.proxies(region, name).await {
        Ok(proxies) if proxies.is_empty() => {}
        Ok(proxies) => warnings.push(format!(
            "The proxies {} have {name} as their target: register it with them again afterwards.",
            words::list(&proxies)
        )),
        Err(error) if error.kind == PortErrorKind::NotFound => {}
        Err(error) => notes.push(format!(
            "Whether a proxy has {name} as its target is not known ({}). If one has, register {name} with it again.",
            error.message
        )),
    }
    if old.is_none() {
        notes.push(format!("There is no other {name} now: only one instance is renamed."));
    }
    notes.push(if params.back {
        "What was written meanwhile stays in the restored instance and does not come along.".to_owned()
    } else {
        "`back: true` gives the names back as they were.".to_owned()
    });
    notes
}
