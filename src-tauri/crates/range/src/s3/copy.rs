//! Copying objects, whole or as a part of a multipart upload.

use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::objects::{attributes, only_sse_s3, sse};
use super::wire::{conditions, etag, shown, tags_of_header, timestamp, version_id, write_conditions_of};
use crate::store::{Copying, Store, StoreError};

fn source(source: &CopySource) -> S3Result<(&str, &str, Option<String>)> {
    match source {
        CopySource::Bucket { bucket, key, version_id } => {
            Ok((bucket, key, version_id.as_deref().map(str::to_owned)))
        }
        _ => Err(s3_error!(NotImplemented, "the practice range copies from buckets, not access points")),
    }
}

pub(super) fn copy(store: &Store, req: S3Request<CopyObjectInput>) -> S3Result<CopyObjectOutput> {
    let input = req.input;
    only_sse_s3(input.server_side_encryption.as_ref(), input.sse_customer_algorithm.is_some())?;
    let destination = write_conditions_of(&req.headers)?;
    let (from_bucket, from_key, version) = source(&input.copy_source)?;
    let version = version_id(version);
    let replace = |directive: Option<&str>| match directive {
        None | Some("COPY") => Ok(false),
        Some("REPLACE") => Ok(true),
        Some(_) => Err(s3_error!(InvalidArgument, "a directive is COPY or REPLACE")),
    };
    let replace_attributes = replace(input.metadata_directive.as_ref().map(MetadataDirective::as_str))?;
    let replace_tags = replace(input.tagging_directive.as_ref().map(TaggingDirective::as_str))?;
    let tags = input.tagging.as_deref().map(tags_of_header).transpose()?.unwrap_or_default();
    let copy = Copying {
        bucket: from_bucket,
        key: from_key,
        version: version.as_ref(),
        conditions: conditions(
            input.copy_source_if_match.as_ref(),
            input.copy_source_if_none_match.as_ref(),
            input.copy_source_if_modified_since.as_ref(),
            input.copy_source_if_unmodified_since.as_ref(),
        )?,
        attributes: if replace_attributes { Some(attributes!(input)) } else { None },
        tags: replace_tags.then_some(tags),
        storage_class: input.storage_class.as_ref().map(|class| class.as_str().to_owned()),
    };
    let (source, new) = store.copy(copy, &input.bucket, &input.key, &destination)?;
    let state = store.lock();
    Ok(CopyObjectOutput {
        copy_object_result: Some(CopyObjectResult {
            e_tag: Some(etag(&new.object()?.etag)),
            last_modified: Some(timestamp(new.last_modified)),
            ..CopyObjectResult::default()
        }),
        copy_source_version_id: shown(state.bucket(from_bucket)?.versioning, &source.id),
        server_side_encryption: sse(),
        version_id: shown(state.bucket(&input.bucket)?.versioning, &new.id),
        ..CopyObjectOutput::default()
    })
}

pub(super) fn part(store: &Store, input: &UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    let (bucket, key, version) = source(&input.copy_source)?;
    let found = store.get(bucket, key, version_id(version).as_ref())?;
    let object = found.object().map_err(|_| StoreError::CopyOfMarker)?;
    object.readable()?;
    let conditions = conditions(
        input.copy_source_if_match.as_ref(),
        input.copy_source_if_none_match.as_ref(),
        input.copy_source_if_modified_since.as_ref(),
        input.copy_source_if_unmodified_since.as_ref(),
    )?;
    conditions.check_source(object, found.last_modified)?;
    let bytes = match &input.copy_source_range {
        None => object.bytes.clone(),
        Some(range) => {
            let wrong = || s3_error!(InvalidArgument, "x-amz-copy-source-range must be bytes=first-last");
            let length = object.bytes.len();
            let (first, last) =
                range.strip_prefix("bytes=").and_then(|r| r.split_once('-')).ok_or_else(wrong)?;
            let first: usize = first.parse().map_err(|_| wrong())?;
            let last: usize = last.parse().map_err(|_| wrong())?;
            if first > last || last >= length {
                return Err(s3_error!(InvalidRange, "the range is not within the {length} bytes there are"));
            }
            object.bytes.slice(first..=last)
        }
    };
    let part = store.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, bytes)?;
    let versioning = store.lock().bucket(bucket)?.versioning;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(CopyPartResult {
            e_tag: Some(etag(&part.etag)),
            last_modified: Some(timestamp(part.last_modified)),
            ..CopyPartResult::default()
        }),
        copy_source_version_id: shown(versioning, &found.id),
        server_side_encryption: sse(),
        ..UploadPartCopyOutput::default()
    })
}
