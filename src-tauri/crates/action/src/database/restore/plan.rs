//! What a restore would make, worked out by reading only.

use super::setup::{Setup, gathered, in_inventory};
use super::source::{self, Source};
use super::{ACTION, Ground, Item, Op, is_made};
use crate::body::{self, Header};
use crate::database::fields::FIELDS;
use crate::database::ground;
use crate::database::names::{self, refused};
use crate::database::provenance::said;
use crate::database::{From, Password, Restore};
use crate::plan::{Context, Example, Fact, Failure, PlanSummary, Sink};
use crate::port::{Change, Instance, RestoreOrder, Settings};
use crate::words;

/// So many instances this run may make of one and the same.
const MOST: u32 = 9;

pub(crate) async fn plan(params: &Restore, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let region = names::region(params.region.as_ref(), cx)?;
    if let Some(target) = &params.target {
        names::check(target)?;
    }
    let ground = ground::Ground::look(&params.instance, Some(&region), cx, None).await?;
    let source = source::choose(params, &region, &ground, cx).await?;
    let target = target(params, &region, &source, cx).await?;
    let living = ground.living().map(|(_, is)| is);
    let setup = gathered(&params.instance, &region, &ground, &source, cx).await?;
    let change = setup.all.afterwards(params.password == Password::Managed);
    let order = RestoreOrder {
        target: target.name.clone(),
        from: source.from.clone(),
        settings: setup.all.settings.clone(),
    };
    let known = living.map(|is| &is.settings);
    let was = known.or_else(|| Some(&in_inventory(&params.instance, cx)?.1.settings));
    let items = items(&order, &change, &source, &setup, was);
    let summary = summary(params, &region, &target, &source, &setup, &change, living, cx);
    let ground = Ground {
        region,
        target: target.name,
        made_from: source.made_from,
        moment: source.moment,
        newest: params.from == From::Latest,
        encrypted: source.encrypted,
        key: source.key,
    };
    body::write(&Header::new(ACTION, params.clone(), ground), &items, &summary, into)?;
    Ok(summary)
}

/// The name of the new instance.
struct Target {
    name: String,
    /// Whether this run made it already, from the same source.
    there: Option<Instance>,
}

/// A name that is free, or that this very restore has taken already.
async fn target(
    params: &Restore,
    region: &str,
    source: &Source,
    cx: &Context<'_>,
) -> Result<Target, Failure> {
    let look = async |name: &str| cx.ports.databases.instance(region, name).await.map(|answer| answer.value);
    let ours = |instance: &Instance| is_made(instance, &source.made_from, cx.origin);
    if let Some(name) = &params.target {
        return match look(name).await? {
            Some(there) if !ours(&there) => {
                let mine = cx.origin.made(&there.settings.tags);
                let whose =
                    if mine { "this run made it from something else" } else { "it is not this run's" };
                Err(refused(
                    format!("the name {name} is taken in {region} ({}), and {whose}", there.status),
                    "Give another `target:`, or leave it out. A restore never goes over what is there; cutting over \
                     gives the new instance the name.",
                ))
            }
            there => Ok(Target { name: name.clone(), there }),
        };
    }
    for n in 1..=MOST {
        let name = names::restored(&params.instance, &cx.origin.run, n);
        match look(&name).await? {
            Some(there) if !ours(&there) => {}
            there => return Ok(Target { name, there }),
        }
    }
    Err(refused(
        format!("this run has made {MOST} instances already, and each name for another is taken"),
        "Discard those that are not needed, or give a `target:`.",
    ))
}

fn items(
    order: &RestoreOrder,
    change: &Change,
    source: &Source,
    setup: &Setup,
    was: Option<&Settings>,
) -> Vec<Item> {
    let item = |key: &str, op, becomes: String| Item {
        key: key.to_owned(),
        op,
        was: "not there".to_owned(),
        becomes,
    };
    let mut items = Vec::new();
    if let Some(copy) = &source.copy {
        let becomes = format!("a copy of {}", copy.source);
        items.push(item(&copy.target, Op::Copy { order: copy.clone() }, becomes));
    }
    let becomes = format!("an instance from the {}", source.words);
    items.push(item(&order.target, Op::Restore { order: Box::new(order.clone()) }, becomes));
    let becomes = words::list(&said(change));
    items.push(Item {
        was: "as a restore leaves it".to_owned(),
        ..item(&order.target, Op::Change { change: change.clone() }, becomes)
    });
    for (setting, field) in setup.all.list.iter().zip(FIELDS) {
        items.push(setting.item(was.and_then(|was| (field.show)(was))));
    }
    items
}

#[expect(clippy::too_many_arguments, reason = "a summary is of everything that was worked out")]
fn summary(
    params: &Restore,
    region: &str,
    target: &Target,
    source: &Source,
    setup: &Setup,
    change: &Change,
    living: Option<&Instance>,
    cx: &Context<'_>,
) -> PlanSummary {
    let name = &target.name;
    let newest = params.from == From::Latest;
    let moment = source.moment.map_or_else(|| "an unknown moment".to_owned(), words::time);
    let as_of = if newest { "the newest moment there is, now " } else { "" };
    let headline = if target.there.is_some() {
        format!("{name}, which this run made already, is adopted: {} as at {moment}", params.instance)
    } else {
        format!("{name} is made in {region}: {} as at {as_of}{moment}", params.instance)
    };
    let mut facts = vec![
        Fact::new("new instance", name),
        Fact::new("region", region),
        Fact::new("made from", &source.words),
        Fact::new("goes back to", format!("{as_of}{moment}")),
    ];
    if let Some(moment) = source.moment {
        facts.push(Fact::new("older than now by", words::span(moment, cx.now)));
    }
    if let Some(copy) = &source.copy {
        facts.push(Fact::new("copied first", format!("{} to {}", copy.source, copy.target)));
    }
    let encryption = match (&source.key, source.encrypted) {
        (Some(key), _) => key.clone(),
        (None, true) => "a key that is not known".to_owned(),
        (None, false) => "not encrypted".to_owned(),
    };
    facts.push(Fact::new("encrypted with", encryption));
    facts.extend(setup.all.list.iter().map(|setting| {
        let value = setting.value.as_deref().unwrap_or(setting.default);
        let from = setting.from.as_deref().unwrap_or("a default, because nothing else is known");
        Fact::new(setting.name, format!("{value} ({from})"))
    }));
    let mut warnings = source.warnings.clone();
    if !source.encrypted {
        warnings.push(
            "The new instance is not encrypted, as its source isn't: a copy of a snapshot with a key would be."
                .to_owned(),
        );
    }
    warnings.extend(setup.warnings.iter().cloned());
    let mut notes = vec![match living {
        Some(_) => {
            format!("{} is not touched: {name} is another instance, and stays beside it.", params.instance)
        }
        None => "Nothing is deleted, and nothing that is there is changed.".to_owned(),
    }];
    match cx.origin.mode.as_str() {
        "incident" => notes.push("The Portal goes on as it is until the names are exchanged, in a later step.".to_owned()),
        mode => notes.push(format!(
            "This is {} {mode}: {name} takes nobody's place and can be discarded afterwards; until then AWS bills it.",
            if mode.starts_with('e') { "an" } else { "a" }
        )),
    }
    if newest {
        notes.push("The moment moves on until RDS is asked; the outcome says which it was.".to_owned());
    }
    if change.managed_password {
        notes.push(
            "RDS makes a new master password and keeps it in Secrets Manager; it passes through nobody's hands."
                .to_owned(),
        );
    } else {
        notes.push("The master password is the one of the backup.".to_owned());
    }
    notes.extend(setup.notes.iter().cloned());
    let shown = |what: &str, now: &str, becomes: String| Example {
        key: what.to_owned(),
        now: now.to_owned(),
        becomes,
    };
    let mut examples = vec![shown(
        name,
        target.there.as_ref().map_or("not there", |there| &there.status),
        format!("{} as at {moment}", params.instance),
    )];
    if let Some(living) = living {
        examples.push(shown(&living.id, &living.status, "left as it is".to_owned()));
    }
    PlanSummary {
        headline,
        facts,
        requests: 2 + u64::from(source.copy.is_some()),
        notes,
        warnings,
        examples,
        ..PlanSummary::default()
    }
}
