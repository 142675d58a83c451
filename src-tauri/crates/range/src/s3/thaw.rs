//! `RestoreObject`, and how answers tell of it.

use hyper::StatusCode;
use s3s::dto::*;
use s3s::{S3Response, S3Result, s3_error};

use super::wire::{timestamp, version_id};
use crate::store::Store;
use crate::versions::Version;

/// 202 when it begins, 200 when it could be read already and now can be for longer.
pub(super) fn begin(store: &Store, input: RestoreObjectInput) -> S3Result<S3Response<RestoreObjectOutput>> {
    let asked = input.restore_request.unwrap_or_default();
    if asked.output_location.is_some() || asked.select_parameters.is_some() || asked.type_.is_some() {
        return Err(s3_error!(NotImplemented, "the practice range doesn't select from archives"));
    }
    let version = version_id(input.version_id);
    let found = store.get(&input.bucket, &input.key, version.as_ref())?;
    let class = &found.object()?.storage_class;
    let days = match (asked.days, class == StorageClass::INTELLIGENT_TIERING) {
        // Nothing lies in its archive tiers here.
        (None, true) => 1,
        (Some(days), false) if days > 0 => days,
        _ => {
            return Err(s3_error!(
                MalformedXML,
                "Days must be a positive number, and none in Intelligent-Tiering"
            ));
        }
    };
    let tier = asked.glacier_job_parameters.map(|job| job.tier).or(asked.tier);
    if tier.as_ref().map(Tier::as_str) == Some(Tier::EXPEDITED) && class == StorageClass::DEEP_ARCHIVE {
        return Err(s3_error!(InvalidArgument, "Retrieval option is not supported by this storage class"));
    }
    let before = store.thaw(&input.bucket, &input.key, version.as_ref(), days)?;
    let status = if before { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok(S3Response::with_status(RestoreObjectOutput::default(), status))
}

/// The `x-amz-restore` header.
pub(super) fn header(store: &Store, version: &Version) -> S3Result<Option<String>> {
    let now = store.now();
    let Some(thaw) = version.thaw(now) else { return Ok(None) };
    if now < thaw.ready {
        return Ok(Some("ongoing-request=\"true\"".to_owned()));
    }
    let mut date = Vec::new();
    timestamp(thaw.until)
        .format(TimestampFormat::HttpDate, &mut date)
        .map_err(s3s::S3Error::internal_error)?;
    Ok(Some(format!("ongoing-request=\"false\", expiry-date=\"{}\"", String::from_utf8_lossy(&date))))
}

/// The same in a listing.
pub(super) fn status(store: &Store, version: &Version) -> Option<RestoreStatus> {
    let now = store.now();
    let thaw = version.thaw(now)?;
    let ready = thaw.ready <= now;
    Some(RestoreStatus {
        is_restore_in_progress: Some(!ready),
        restore_expiry_date: ready.then(|| timestamp(thaw.until)),
    })
}
