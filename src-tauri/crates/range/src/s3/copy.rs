//! Copying objects, whole or as a part of a multipart upload.

use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::body;
use super::extras::{extras, set_encryption};
use super::objects::{attributes, set_checksum};
use super::wire::{conditions, etag, shown, tags_of_header, timestamp, version_id, write_conditions_of};
use crate::store::{Copying, Store, StoreError};
use crate::versions::Checksum;

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
    let extras = extras!(store, input);
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
        checksum: input.checksum_algorithm.as_ref().map(body::algorithm).transpose()?,
        extras,
    };
    let (source, new) = store.copy(copy, &input.bucket, &input.key, &destination)?;
    let state = store.lock();
    let object = new.object()?;
    let mut result = CopyObjectResult {
        e_tag: Some(etag(&object.etag)),
        last_modified: Some(timestamp(new.last_modified)),
        ..CopyObjectResult::default()
    };
    set_checksum!(result, object);
    let mut output = CopyObjectOutput {
        copy_object_result: Some(result),
        copy_source_version_id: shown(state.bucket(from_bucket)?.versioning, &source.id),
        version_id: shown(state.bucket(&input.bucket)?.versioning, &new.id),
        ..CopyObjectOutput::default()
    };
    set_encryption!(output, &object.encryption);
    Ok(output)
}

pub(super) fn part(store: &Store, input: &UploadPartCopyInput) -> S3Result<UploadPartCopyOutput> {
    let (bucket, key, version) = source(&input.copy_source)?;
    let found = store.get(bucket, key, version_id(version).as_ref())?;
    let object = found.object().map_err(|_| StoreError::CopyOfMarker)?;
    found.readable(store.now())?;
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
    let upload = store.upload(&input.bucket, &input.key, &input.upload_id)?;
    let checksum = upload.checksum.map(|(algorithm, _)| Checksum::of(algorithm, &bytes));
    let part = store.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, bytes)?;
    let mut result = CopyPartResult {
        e_tag: Some(etag(&part.etag)),
        last_modified: Some(timestamp(part.last_modified)),
        ..CopyPartResult::default()
    };
    if let Some(Checksum { algorithm, value }) = checksum {
        match algorithm {
            "CRC32" => result.checksum_crc32 = Some(value),
            "CRC32C" => result.checksum_crc32c = Some(value),
            "SHA1" => result.checksum_sha1 = Some(value),
            "SHA256" => result.checksum_sha256 = Some(value),
            _ => result.checksum_crc64nvme = Some(value),
        }
    }
    let versioning = store.lock().bucket(bucket)?.versioning;
    Ok(UploadPartCopyOutput {
        copy_part_result: Some(result),
        copy_source_version_id: shown(versioning, &found.id),
        ..UploadPartCopyOutput::default()
    })
}
