//! What a new instance is made from.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::database::ground::{Ground, Reach, Region, called, copied_first, in_words, unfinished, usable};
use crate::database::names::{self, refused};
use crate::database::{From, Restore};
use crate::plan::{Context, Failure};
use crate::port::{BackupSource, CopyOrder, RestoreFrom, Settings, Snapshot, SnapshotKind};
use crate::words;

/// What a new instance is made from, and what is known of that.
pub(super) struct Source {
    pub(super) from: RestoreFrom,
    /// The copy that has to be made first.
    pub(super) copy: Option<CopyOrder>,
    /// The moment that is gone back to; for the newest one, as it was known at planning.
    pub(super) moment: Option<Timestamp>,
    /// In words: `automated backups of portal, us-east-1`.
    pub(super) words: String,
    /// What the backup or the snapshot knows of the settings, and what it is called.
    pub(super) settings: Option<(String, Settings)>,
    pub(super) encrypted: bool,
    /// The key that the new instance is encrypted with.
    pub(super) key: Option<String>,
    pub(super) resource_id: Option<String>,
    pub(super) warnings: Vec<String>,
    /// What tells this source and moment from any other, as the value of a tag.
    pub(super) made_from: String,
}

/// Finds what the parameters ask for.
///
/// # Errors
/// [`Failure::Refused`] when there is no such thing, or it can't be used: why, and what there is.
pub(super) async fn choose(
    params: &Restore,
    region: &str,
    ground: &Ground,
    cx: &Context<'_>,
) -> Result<Source, Failure> {
    match params.from {
        From::Snapshot => snapshot(params, region, ground, cx).await,
        From::PointInTime | From::Latest => backups(params, region, ground, cx).await,
    }
}

async fn backups(
    params: &Restore,
    region: &str,
    ground: &Ground,
    cx: &Context<'_>,
) -> Result<Source, Failure> {
    let here = ground.region(region).ok_or_else(|| nothing(params, region, ground))?;
    if let Err(error) = &here.backups
        && here.living().is_none()
    {
        return Err(error.clone().into());
    }
    let at = (params.from == From::PointInTime).then_some(params.at).flatten();
    if params.from == From::PointInTime && at.is_none() {
        return Err(refused(
            "`at:` is not given, and a restore to a point in time needs one",
            "Give the moment to go back to as `at:`, or `from: latest` for the newest one there is.",
        ));
    }
    let reaches = here.reaches();
    let found = reaches.iter().find(|reach| at.is_none_or(|at| reach.contains(at)));
    let Some(reach) = found else {
        return Err(match at {
            Some(at) if !reaches.is_empty() => outside(at, &reaches, here, cx),
            _ => nothing(params, region, ground),
        });
    };
    let mut warnings = Vec::new();
    if at.is_some() && reach.earliest.is_none() {
        warnings.push(format!(
            "How far back the {} reach is not known: these credentials may not ask. RDS refuses a moment that is too \
             old, and nothing is made then.",
            reach.words
        ));
    }
    let mut key = reach.key.clone();
    if let Some(named) = &reach.key {
        let (warning, arn) = usable(region, named, &format!("the {}", reach.words), cx).await?;
        warnings.extend(warning);
        key = Some(arn);
    }
    let settings = reach.backup.as_ref().map(|backup| {
        let words = match reach.source {
            BackupSource::Replica(_) => "the replicated backups",
            _ => "the retained backups",
        };
        (words.to_owned(), backup.settings.clone())
    });
    let moment = at.unwrap_or(reach.latest);
    let newest = if at.is_none() { "newest as of " } else { "" };
    Ok(Source {
        made_from: format!("backups of {} at {newest}{moment}", reach.resource_id),
        from: RestoreFrom::Backups { source: reach.source.clone(), at },
        copy: None,
        moment: Some(moment),
        words: reach.words.clone(),
        settings,
        encrypted: reach.encrypted,
        key,
        resource_id: Some(reach.resource_id.clone()),
        warnings,
    })
}

/// That a moment lies outside every window: what the windows are, and what is nearest.
fn outside(at: Timestamp, reaches: &[Reach], here: &Region, cx: &Context<'_>) -> Failure {
    let spans: Vec<String> =
        reaches.iter().map(|reach| format!("the {} reach {}", reach.words, reach.span())).collect();
    let edges = reaches.iter().flat_map(|reach| reach.earliest.into_iter().chain([reach.latest]));
    let nearest = edges.min_by_key(|edge| edge.duration_since(at).abs());
    let snapshots = here.snapshots.as_deref().unwrap_or_default();
    let before = snapshots.iter().filter(|s| unfinished(s).is_none()).filter_map(|s| Some((s.taken?, s)));
    let before = before.filter(|(taken, _)| *taken <= at).max_by_key(|(taken, _)| *taken);
    let mut next = match nearest {
        Some(nearest) => format!("The nearest moment is {}: give it as `at:`", words::time(nearest)),
        None => "Give a moment that lies in them as `at:`".to_owned(),
    };
    if let Some((taken, snapshot)) = before {
        next.push_str(&format!(
            ", or go back to the {} of {} with `from: snapshot`",
            in_words(snapshot),
            words::time(taken)
        ));
    }
    let future = if at > cx.now { ", which lies in the future," } else { "" };
    refused(format!("{}{future} can't be gone back to: {}", words::time(at), spans.join("; ")), next + ".")
}

fn nothing(params: &Restore, region: &str, ground: &Ground) -> Failure {
    refused(
        format!(
            "no automated backups of {} are in {region}; there is {}",
            params.instance,
            ground.what_there_is()
        ),
        "Check the name of the instance; choose another `region:`, or a snapshot with `from: snapshot`.",
    )
}

async fn snapshot(
    params: &Restore,
    region: &str,
    ground: &Ground,
    cx: &Context<'_>,
) -> Result<Source, Failure> {
    let Some(wanted) = &params.snapshot else {
        return Err(refused(
            "`snapshot:` is not given",
            format!("Give the snapshot as `snapshot:`; there is {}.", ground.what_there_is()),
        ));
    };
    let snapshot = find(wanted, region, ground, cx).await?;
    let words = in_words(&snapshot);
    if let Some(why) = unfinished(&snapshot) {
        return Err(refused(
            format!("the {words} can't be used: it is {why}"),
            "Wait until it is available and plan again, or choose another.",
        ));
    }
    if snapshot.instance != params.instance {
        return Err(refused(
            format!("the {words} is of {}, not of {}", snapshot.instance, params.instance),
            "Choose a snapshot of the right instance, or correct `instance:`.",
        ));
    }
    let elsewhere = snapshot.region != region;
    if elsewhere && copied_first(&snapshot) {
        return Err(refused(
            format!("the {words} is shared and encrypted, and can only be copied within {}", snapshot.region),
            format!(
                "Restore it into {} (`region: {}`), or copy it there first.",
                snapshot.region, snapshot.region
            ),
        ));
    }
    let mut warnings = Vec::new();
    if let Some(key) = &snapshot.kms_key {
        warnings.extend(usable(&snapshot.region, key, &format!("the {words}"), cx).await?.0);
    }
    let (mut from, mut copy, mut key) =
        (RestoreFrom::Snapshot(called(&snapshot).to_owned()), None, snapshot.kms_key.clone());
    if elsewhere || copied_first(&snapshot) {
        key = copy_key(&snapshot, region, &words, &mut warnings, cx).await?;
        let target = copy_name(&snapshot, cx);
        from = RestoreFrom::Snapshot(target.clone());
        copy = Some(CopyOrder {
            source: snapshot.arn.clone(),
            source_region: snapshot.region.clone(),
            target,
            kms_key: key.clone(),
            tags: cx.origin.tags(),
        });
    }
    let knows = Settings {
        engine: snapshot.engine.clone(),
        engine_version: snapshot.engine_version.clone(),
        allocated_gib: snapshot.allocated_gib,
        // A group of another region has only its name in common.
        option_group: snapshot.option_group.clone().filter(|_| !elsewhere),
        tags: BTreeMap::new(),
        ..Settings::default()
    };
    Ok(Source {
        made_from: snapshot.arn.clone(),
        from,
        copy,
        moment: snapshot.taken,
        words,
        settings: Some(("the snapshot".to_owned(), knows)),
        encrypted: snapshot.encrypted,
        key,
        resource_id: snapshot.resource_id,
        warnings,
    })
}

/// The key that a copy is encrypted with: the environment's for the region.
async fn copy_key(
    snapshot: &Snapshot,
    region: &str,
    words: &str,
    warnings: &mut Vec<String>,
    cx: &Context<'_>,
) -> Result<Option<String>, Failure> {
    if !snapshot.encrypted {
        return Ok(None);
    }
    let configured = cx.environment.database.as_ref().and_then(|database| database.keys.get(region));
    let Some(key) = configured else {
        return Err(refused(
            format!(
                "the {words} must be copied first, and no key is known to encrypt the copy in {region} with"
            ),
            format!(
                "Give the key under `database.keys` of the environment (`{region}: KEY`){}.",
                if snapshot.region == region {
                    String::new()
                } else {
                    format!(", or restore into {} with `region:`", snapshot.region)
                }
            ),
        ));
    };
    let (warning, arn) = usable(region, key, "a copy encrypted with it", cx).await?;
    warnings.extend(warning);
    Ok(Some(arn))
}

/// The name of a copy: of this run, and of this moment.
fn copy_name(snapshot: &Snapshot, cx: &Context<'_>) -> String {
    let taken = snapshot.taken.map(|at| at.strftime("%Y%m%d-%H%M%S").to_string()).unwrap_or_default();
    let taken = if taken.is_empty() { "copy".to_owned() } else { taken };
    format!("{}-{taken}-copy-{}", snapshot.instance, names::suffix(&cx.origin.run))
}

/// Looks for a snapshot where the instance is made, then everywhere else.
async fn find(wanted: &str, region: &str, ground: &Ground, cx: &Context<'_>) -> Result<Snapshot, Failure> {
    // An ARN names its region: arn:aws:rds:us-west-2:123456789012:snapshot:NAME.
    let of_arn = wanted.strip_prefix("arn:").and_then(|rest| rest.split(':').nth(2)).map(str::to_owned);
    let mut places = match &of_arn {
        Some(of_arn) => vec![names::region(Some(of_arn), cx)?],
        None => vec![region.to_owned()],
    };
    for other in &ground.regions {
        if !places.contains(&other.name) {
            places.push(other.name.clone());
        }
    }
    let mut silent = None;
    for place in places {
        let known = ground.region(&place).and_then(|region| region.snapshots.as_ref().ok());
        let known = known.into_iter().flatten().find(|s| s.id == wanted || s.arn == wanted);
        if let Some(known) = known {
            return Ok(known.clone());
        }
        match cx.ports.databases.snapshot(&place, wanted).await {
            Ok(answer) => {
                if let Some(found) = answer.value {
                    return Ok(found);
                }
            }
            Err(error) => silent = Some(error),
        }
    }
    if let Some(error) = silent {
        return Err(error.into());
    }
    let shared =
        if of_arn.is_some() { "" } else { " A snapshot that another account shares is named by its ARN." };
    Err(refused(
        format!("there is no snapshot {wanted}; there is {}", ground.what_there_is()),
        format!("Check its name.{shared}"),
    ))
}

/// Whether a snapshot is the copy that an order asks for, whoever asked.
pub(super) fn is_copy(order: &CopyOrder, moment: Option<Timestamp>, snapshot: &Snapshot) -> bool {
    snapshot.id == order.target && snapshot.kind == SnapshotKind::Manual && snapshot.taken == moment
}
