//! Deleting what a rehearsal or an exercise made, and only that.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Discard;
use super::names::{self, refused};
use super::watch::{Sent, Watch};
use crate::body::{self, Header, write_line};
use crate::plan::{Context, Example, Fact, Failure, Origin, Outcome, PlanSummary, Sink, Source, Verdict};
use crate::port::{Change, Instance, PortErrorKind};
use crate::words;

/// The action that these plans are of.
const ACTION: &str = "database.discard";
/// So often it is asked for.
const TRIES: u32 = 5;
/// So many looks may see an instance as it was after its deletion was asked for, before it is asked for again.
const IDLE: u32 = 6;

/// What a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ground {
    region: String,
}

/// What a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// Deletes an instance, its deletion protection switched off first if it is on.
    Delete { resource_id: String, unprotect: bool },
}

type Body = body::Body<Discard, Ground, Op>;

/// A plan that was read back.
struct Steps {
    region: String,
    id: String,
    resource_id: String,
    unprotect: bool,
}

impl Steps {
    fn read(plan: Source) -> Result<Self, Failure> {
        let mut body = Body::open(ACTION, plan)?;
        let Some(item) = body.next()? else {
            return Err(body.off("the plan deletes nothing".to_owned()));
        };
        if body.next()?.is_some() {
            return Err(body.off("the plan deletes more than one instance".to_owned()));
        }
        let Op::Delete { resource_id, unprotect } = item.op;
        Ok(Self { region: body.header.ground.region, id: item.key, resource_id, unprotect })
    }
}

/// Refuses whatever isn't a thing of this very run, made in a rehearsal or an exercise.
fn allowed(instance: &Instance, cx: &Context<'_>) -> Result<(), Failure> {
    let tags = &instance.settings.tags;
    let id = &instance.id;
    let production = cx.environment.database.as_ref().is_some_and(|is| is.instance == *id);
    let why = if production {
        format!("{id} is the instance of {}", cx.environment.name)
    } else if !cx.origin.made(tags) {
        let by = tags.get(Origin::RUN).map(|run| format!(", but by run {run}")).unwrap_or_default();
        format!("{id} was not made by this run{by}")
    } else if !matches!(tags.get(Origin::MODE).map(String::as_str), Some("rehearsal" | "exercise"))
        || cx.origin.mode == "incident"
    {
        format!("{id} was not made by a rehearsal or an exercise")
    } else {
        return Ok(());
    };
    Err(refused(
        format!("{why}, and is not deleted"),
        "Nothing was changed. If it must go, somebody has to delete it in the RDS console.",
    ))
}

pub(crate) async fn plan(params: &Discard, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let region = names::region(params.region.as_ref(), cx)?;
    let id = &params.instance;
    let Some(instance) = cx.ports.databases.instance(&region, id).await?.value else {
        return Err(refused(
            format!("there is no instance {id} in {region}"),
            "If it was discarded already, there is nothing to do; otherwise check its name.",
        ));
    };
    allowed(&instance, cx)?;
    let protected = instance.settings.deletion_protection;
    let mut warnings =
        vec![format!("{id} and its automated backups are deleted for good, without a final snapshot.")];
    if protected {
        warnings.push("Its deletion protection is on, and is switched off first.".to_owned());
    }
    if !instance.replicas.is_empty() {
        warnings.push(format!(
            "Its read replicas {} stay, each on its own from then on.",
            words::list(&instance.replicas)
        ));
    }
    let item = body::Item {
        key: id.clone(),
        op: Op::Delete { resource_id: instance.resource_id.clone(), unprotect: protected },
        was: instance.status.clone(),
        becomes: "deleted for good".to_owned(),
    };
    let made_by = |name: &str| instance.settings.tags.get(name).cloned().unwrap_or_default();
    let summary = PlanSummary {
        headline: format!("{id} is deleted for good"),
        facts: vec![
            Fact::new("instance", format!("{id} ({})", instance.resource_id)),
            Fact::new("region", &region),
            Fact::new("made by", format!("run {}, {}", made_by(Origin::RUN), made_by(Origin::MODE))),
            Fact::new("status", &instance.status),
        ],
        requests: 1 + u64::from(protected),
        notes: vec!["No other instance, no manual snapshot and no copy is touched.".to_owned()],
        warnings,
        examples: vec![Example { key: id.clone(), now: item.was.clone(), becomes: item.becomes.clone() }],
        typed: Some(id.clone()),
        ..PlanSummary::default()
    };
    let ground = Ground { region };
    body::write(&Header::new(ACTION, params.clone(), ground), &[item], &summary, into)?;
    Ok(summary)
}

/// Applies a plan. Passes only when the instance is gone.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let id = &steps.id;
    let mut watch = Watch::new(cx, &steps.region, evidence);
    watch.go_on()?;
    let (mut asked, mut idle, mut gone) = (0, 0, 0);
    loop {
        let now = watch.look(id).await?;
        let Some(now) = now.filter(|now| now.resource_id == steps.resource_id) else {
            gone += 1;
            if gone == 2 {
                watch.record(format!("{id}: gone"), None, None)?;
                let again = watch.look(id).await?;
                return Ok(outcome(&steps, again.as_ref(), asked > 0));
            }
            watch.pause().await?;
            continue;
        };
        gone = 0;
        if now.status == "deleting" {
            watch.leaves(format!("{id} is being deleted at AWS, and that goes on without us"));
        } else if asked == 0 || idle >= IDLE {
            allowed(&now, cx)?;
            if asked >= TRIES {
                return Err(refused(
                    format!("{id} was asked to be deleted and is still {}", now.status),
                    "Look at it in the RDS console, then apply the plan again.",
                ));
            }
            watch.go_on()?;
            (asked, idle) = (asked + 1, 0);
            ask(&steps, &now, &mut watch, cx).await?;
        } else {
            idle += 1;
        }
        watch.tell(&format!("deleting {id}"));
        watch.pause().await?;
    }
}

/// Asks for the deletion, the protection first; a look tells what came of it.
async fn ask(steps: &Steps, now: &Instance, watch: &mut Watch<'_>, cx: &Context<'_>) -> Result<(), Failure> {
    let id = &steps.id;
    if now.settings.deletion_protection {
        if !steps.unprotect {
            return Err(refused(
                format!("somebody switched on the deletion protection of {id} since the plan"),
                "Find out who and why, then plan again.",
            ));
        }
        let change = Change { deletion_protection: Some(false), ..Change::default() };
        match watch.modify(id, &change).await? {
            Sent::Taken => {}
            Sent::Unknown | Sent::NotNow(_) => return Ok(()),
        }
    }
    let answer = cx.ports.databases.delete(&steps.region, id).await;
    let (result, request_id, why) = match &answer {
        Ok(answer) => ("asked", answer.request_id.clone(), None),
        Err(error) => ("failed", error.request_id.clone(), Some(error.to_string())),
    };
    watch.line(&json!({
        "op": "delete", "instance": id, "result": result, "request_id": request_id, "error": why,
    }))?;
    match answer {
        Ok(_) => watch.record(format!("{id}: asked RDS to delete it"), None, request_id),
        Err(error)
            if error.kind.is_transient()
                || matches!(error.kind, PortErrorKind::Busy | PortErrorKind::NotFound) =>
        {
            watch.record(format!("{id}: asked RDS to delete it, no clear answer"), None, request_id)
        }
        Err(error) => Err(watch.fails(error)),
    }
}

pub(crate) async fn verify(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let steps = Steps::read(plan)?;
    let answer = cx.ports.databases.instance(&steps.region, &steps.id).await?;
    write_line(
        &json!({"op": "look", "instance": steps.id, "is": answer.value, "request_id": answer.request_id}),
        evidence,
    )?;
    Ok(outcome(&steps, answer.value.as_ref(), true))
}

fn outcome(steps: &Steps, now: Option<&Instance>, asked: bool) -> Outcome {
    let id = &steps.id;
    let there = now.filter(|now| now.resource_id == steps.resource_id);
    let (verdict, headline) = match there {
        None if asked => (Verdict::Passed, format!("{id} is gone")),
        None => (Verdict::Passed, format!("{id} was gone already")),
        Some(there) => (Verdict::Failed, format!("{id} is still there ({})", there.status)),
    };
    let mut notes = Vec::new();
    if there.is_some() {
        notes.push("Apply the same plan again: it goes on from there.".to_owned());
    } else if let Some(other) = now {
        notes
            .push(format!("Another instance is called {id} now ({}); it was left alone.", other.resource_id));
    }
    Outcome {
        verdict,
        headline,
        facts: vec![Fact::new("instance", format!("{id} ({})", steps.resource_id))],
        outputs: BTreeMap::new(),
        notes,
        examples: Vec::new(),
        moments: None,
    }
}
