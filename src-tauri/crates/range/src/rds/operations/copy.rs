//! Copying snapshots, also from another region.

use action::port::SnapshotKind;

use super::super::errors::{Answer, Refused};
use super::super::model::{KeyStatus, Snapshot};
use super::super::xml::Xml;
use super::{Call, settings, snapshots};

pub(super) const PARAMS: &[&str] = &[
    "SourceDBSnapshotIdentifier",
    "TargetDBSnapshotIdentifier",
    "KmsKeyId",
    "Tags",
    "CopyTags",
    "PreSignedUrl",
    "OptionGroupName",
    "SourceRegion",
];

/// How long a copy takes RDS, in seconds.
const COPY: u32 = 480;

pub(super) fn copy(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now, ends) = (call.form, call.now, call.after(COPY));
    let source_id = form.required("SourceDBSnapshotIdentifier")?;
    let id =
        settings::identifier("TargetDBSnapshotIdentifier", form.required("TargetDBSnapshotIdentifier")?)?;
    let (from, source) = find(call, source_id)?;
    if source.status(now) != "available" {
        let message = format!("The snapshot {source_id} is not available: it is {}.", source.status(now));
        return Err(Refused::new(400, "InvalidDBSnapshotState", message));
    }
    let across = from != call.region;
    if let Some(key) = &source.kms_key {
        check_source_key(call, key)?;
    }
    let region = call.region_mut()?;
    snapshots::check_free(region, &id)?;
    let kms_key = match (form.text("KmsKeyId"), &source.kms_key) {
        (Some(key), _) => Some(region.usable_key(key)?),
        (None, Some(_)) if across => {
            let message = "KmsKeyId is required to copy an encrypted snapshot from another region: a key of the \
                           region that it is copied to.";
            return Err(Refused::value(message));
        }
        (None, same) => same.clone(),
    };
    if let Some(name) = form.text("OptionGroupName") {
        settings::check_option_group(region, name)?;
    }
    let copied = form.truth("CopyTags")?.unwrap_or_default().then(|| source.tags.clone());
    let mut copy = Snapshot {
        id: id.clone(),
        kind: SnapshotKind::Manual,
        owner: action::environment::PRACTICE_ACCOUNT.to_owned(),
        kms_key,
        tags: form.tags().or(copied).unwrap_or_default(),
        restorable_by: Vec::new(),
        source: across.then(|| (from.clone(), source.arn(&from))),
        making: (now, ends),
        ..source
    };
    if across {
        let default = settings::default_option_group(&copy.settings);
        copy.settings.option_group = Some(form.owned("OptionGroupName").unwrap_or(default));
    }
    region.snapshots.push(copy);
    let message = format!("Started the copy of snapshot {source_id} from region {from}");
    region.say_snapshot(now, &id, message, "creation");
    let message = format!("Finished the copy of snapshot {source_id} from region {from}");
    region.say_snapshot(ends, &id, message, "creation");
    snapshots::write(call, xml, &id)
}

/// The source and its region: the one of its ARN, or this one.
fn find(call: &Call<'_>, id: &str) -> Answer<(String, Snapshot)> {
    let of_arn = id.strip_prefix("arn:aws:rds:").and_then(|rest| rest.split(':').next());
    let name = of_arn.unwrap_or(call.region);
    let region = call.account.regions.get(name).ok_or_else(|| Refused::no_snapshot(id))?;
    if region.lost {
        let message = format!("The source region {name} can't be reached.");
        return Err(Refused::new(503, "ServiceUnavailable", message));
    }
    Ok((name.to_owned(), region.snapshot(id)?.clone()))
}

/// The source's key must be usable too, wherever it lies.
fn check_source_key(call: &Call<'_>, arn: &str) -> Answer<()> {
    let mut keys = call.account.regions.values().flat_map(|region| &region.keys);
    match keys.find(|key| key.arn == arn) {
        Some(key) if key.status == KeyStatus::Enabled => Ok(()),
        _ => Err(Refused::key(arn)),
    }
}
