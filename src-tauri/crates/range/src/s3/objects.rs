//! Putting, getting, deleting and tagging objects.

use std::collections::BTreeMap;
use std::ops::Range;

use bytes::Bytes;
use s3s::dto::{Range as ByteRange, *};
use s3s::{Body, S3Error, S3Request, S3Result, s3_error};

use super::extras::{extras, mode, set_encryption};
use super::wire::{
    conditions, etag, shown, tags_of_header, tags_of_set, timestamp, version_id, write_conditions,
};
use super::{body, thaw};
use crate::conditions::{Conditions, Tag as Expected};
use crate::store::{Put, Store};
use crate::versions::{Attributes, Version, Versioning};

/// The attributes of any input that has S3's six headers and metadata.
macro_rules! attributes {
    ($input:expr) => {
        $crate::versions::Attributes {
            content_type: $input.content_type.map(|m| m.to_string()),
            cache_control: $input.cache_control,
            content_disposition: $input.content_disposition,
            content_encoding: $input.content_encoding,
            content_language: $input.content_language,
            expires: $input.expires.as_ref().map($crate::s3::wire::from_timestamp).transpose()?,
            metadata: $input.metadata.unwrap_or_default().into_iter().collect(),
        }
    };
}
pub(super) use attributes;

/// Tells an object's checksum in any output that has S3's five fields for it.
macro_rules! set_checksum {
    ($output:expr, $object:expr) => {
        if let Some(checksum) = &$object.checksum {
            let value = Some(checksum.value.clone());
            match checksum.algorithm {
                "CRC32" => $output.checksum_crc32 = value,
                "CRC32C" => $output.checksum_crc32c = value,
                "SHA1" => $output.checksum_sha1 = value,
                "SHA256" => $output.checksum_sha256 = value,
                _ => $output.checksum_crc64nvme = value,
            }
            let kind = match checksum.is_composite() {
                true => ChecksumType::COMPOSITE,
                false => ChecksumType::FULL_OBJECT,
            };
            $output.checksum_type = Some(ChecksumType::from_static(kind));
        }
    };
}
pub(super) use set_checksum;

pub(super) async fn put(store: &Store, req: S3Request<PutObjectInput>) -> S3Result<PutObjectOutput> {
    let input = req.input;
    let extras = extras!(store, input);
    let conditions = write_conditions(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let (bytes, checksum) =
        body::receive(input.body, &req.headers, req.trailing_headers.as_ref(), input.content_length).await?;
    let put = Put {
        bytes,
        tags: input.tagging.as_deref().map(tags_of_header).transpose()?.unwrap_or_default(),
        storage_class: input.storage_class.map(|class| class.as_str().to_owned()),
        checksum: Some(checksum),
        attributes: attributes!(input),
        extras,
    };
    let version = store.put(&input.bucket, &input.key, put, &conditions)?;
    let versioning = store.lock().bucket(&input.bucket)?.versioning;
    let object = version.object()?;
    let mut output = PutObjectOutput {
        e_tag: Some(etag(&object.etag)),
        version_id: shown(versioning, &version.id),
        ..PutObjectOutput::default()
    };
    set_checksum!(output, object);
    set_encryption!(output, &object.encryption);
    Ok(output)
}

struct Found {
    version: Version,
    versioning: Versioning,
    range: Range<usize>,
    content_range: Option<String>,
}

fn find(
    store: &Store,
    (bucket, key, version): (&str, &str, Option<String>),
    conditions: &Conditions,
    range: Option<&ByteRange>,
    part: Option<i32>,
) -> S3Result<Found> {
    if part.is_some() {
        return Err(s3_error!(NotImplemented, "the practice range doesn't read by partNumber; use Range"));
    }
    let version = store.get(bucket, key, version_id(version).as_ref())?;
    let versioning = store.lock().bucket(bucket)?.versioning;
    let object = version.object()?;
    conditions.check_read(object, version.last_modified)?;
    let length = object.bytes.len();
    let (range, content_range) = match range {
        None => (0..length, None),
        Some(asked) => {
            let part = asked.check(length as u64)?;
            let text = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            let index = |at: u64| usize::try_from(at).map_err(S3Error::internal_error);
            (index(part.start)?..index(part.end)?, Some(text))
        }
    };
    Ok(Found { version, versioning, range, content_range })
}

/// Fills the fields that GetObject and HeadObject share.
macro_rules! describe {
    ($store:expr, $output:ty, $found:expr, $checksums:expr) => {{
        let found = $found;
        let object = found.version.object()?;
        let Attributes {
            content_type,
            cache_control,
            content_disposition,
            content_encoding,
            content_language,
            expires,
            metadata,
        } = object.attributes.clone();
        let mut output = <$output>::default();
        output.accept_ranges = Some("bytes".to_owned());
        output.content_length = i64::try_from(found.range.len()).ok();
        output.content_range = found.content_range.clone();
        let content_type = content_type.unwrap_or_else(|| "binary/octet-stream".to_owned());
        output.content_type = Some(content_type.parse().map_err(S3Error::internal_error)?);
        output.cache_control = cache_control;
        output.content_disposition = content_disposition;
        output.content_encoding = content_encoding;
        output.content_language = content_language;
        output.expires = expires.map(timestamp);
        output.metadata = Some(metadata.into_iter().collect());
        output.e_tag = Some(etag(&object.etag));
        output.last_modified = Some(timestamp(found.version.last_modified));
        set_encryption!(output, &object.encryption);
        output.website_redirect_location = object.redirect.clone();
        output.restore = thaw::header($store, &found.version)?;
        if let Some(marks) = &found.version.marks {
            output.object_lock_mode = marks.retention.map(|r| ObjectLockMode::from_static(mode(r)));
            output.object_lock_retain_until_date = marks.retention.map(|r| timestamp(r.until));
            let on = || ObjectLockLegalHoldStatus::from_static(ObjectLockLegalHoldStatus::ON);
            output.object_lock_legal_hold_status = marks.held.then(on);
        }
        output.version_id = shown(found.versioning, &found.version.id);
        // As S3: STANDARD goes without saying.
        if object.storage_class != StorageClass::STANDARD {
            output.storage_class = Some(StorageClass::from(object.storage_class.clone()));
        }
        if $checksums && found.content_range.is_none() {
            set_checksum!(output, object);
        }
        output
    }};
}

pub(super) fn get(store: &Store, input: &GetObjectInput) -> S3Result<GetObjectOutput> {
    let conditions = conditions(
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
        input.if_modified_since.as_ref(),
        input.if_unmodified_since.as_ref(),
    )?;
    let at = (input.bucket.as_str(), input.key.as_str(), input.version_id.clone());
    let found = find(store, at, &conditions, input.range.as_ref(), input.part_number)?;
    let object = found.version.object()?;
    found.version.readable(store.now())?;
    let mut output = describe!(store, GetObjectOutput, &found, input.checksum_mode.is_some());
    let bytes: Bytes = object.bytes.slice(found.range.clone());
    output.body = Some(StreamingBlob::from(Body::from(bytes)));
    output.tag_count = i32::try_from(found.version.tags.len()).ok().filter(|count| *count > 0);
    Ok(output)
}

pub(super) fn head(store: &Store, input: &HeadObjectInput) -> S3Result<HeadObjectOutput> {
    let conditions = conditions(
        input.if_match.as_ref(),
        input.if_none_match.as_ref(),
        input.if_modified_since.as_ref(),
        input.if_unmodified_since.as_ref(),
    )?;
    let at = (input.bucket.as_str(), input.key.as_str(), input.version_id.clone());
    let found = find(store, at, &conditions, input.range.as_ref(), input.part_number)?;
    Ok(describe!(store, HeadObjectOutput, &found, input.checksum_mode.is_some()))
}

pub(super) fn delete(store: &Store, input: DeleteObjectInput) -> S3Result<DeleteObjectOutput> {
    if input.if_match_last_modified_time.is_some() || input.if_match_size.is_some() {
        return Err(s3_error!(NotImplemented, "x-amz-if-match-* are for directory buckets only"));
    }
    let mut conditions = conditions(input.if_match.as_ref(), None, None, None)?;
    conditions.bypass_governance = input.bypass_governance_retention == Some(true);
    let version = version_id(input.version_id);
    let deleted = store.delete(&input.bucket, &input.key, version.as_ref(), &conditions)?;
    Ok(DeleteObjectOutput {
        delete_marker: deleted.marker.then_some(true),
        version_id: deleted.version.map(|id| id.to_string()),
        ..DeleteObjectOutput::default()
    })
}

/// Up to 1,000 deletes, each on its own: 200 with an error for each that failed.
pub(super) fn delete_many(store: &Store, input: DeleteObjectsInput) -> S3Result<DeleteObjectsOutput> {
    store.lock().bucket(&input.bucket)?;
    if input.delete.objects.is_empty() || input.delete.objects.len() > 1000 {
        return Err(s3_error!(MalformedXML, "a request names between 1 and 1000 objects"));
    }
    let (mut done, mut failed) = (Vec::new(), Vec::new());
    let bypass_governance = input.bypass_governance_retention == Some(true);
    for object in input.delete.objects {
        let asked = object.version_id.clone();
        let expected = object.e_tag.map(|tag| match tag.value() {
            "*" => Expected::Any,
            value => Expected::Is(value.to_owned()),
        });
        let conditions = Conditions { matches: expected, bypass_governance, ..Conditions::default() };
        let version = version_id(object.version_id);
        match store.delete(&input.bucket, &object.key, version.as_ref(), &conditions) {
            Ok(deleted) => done.push(DeletedObject {
                delete_marker: deleted.marker.then_some(true),
                delete_marker_version_id: deleted.version.filter(|_| deleted.marker).map(|id| id.to_string()),
                key: Some(object.key),
                version_id: asked,
            }),
            Err(error) => {
                let error = S3Error::from(error);
                failed.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: asked,
                });
            }
        }
    }
    let quiet = input.delete.quiet == Some(true);
    Ok(DeleteObjectsOutput {
        deleted: (!quiet).then_some(done),
        errors: Some(failed).filter(|failed| !failed.is_empty()),
        ..DeleteObjectsOutput::default()
    })
}

pub(super) fn tags(store: &Store, input: GetObjectTaggingInput) -> S3Result<GetObjectTaggingOutput> {
    let version = store.get(&input.bucket, &input.key, version_id(input.version_id).as_ref())?;
    version.object()?;
    let versioning = store.lock().bucket(&input.bucket)?.versioning;
    let tag = |(key, value)| Tag { key: Some(key), value: Some(value) };
    Ok(GetObjectTaggingOutput {
        version_id: shown(versioning, &version.id),
        tag_set: version.tags.into_iter().map(tag).collect(),
    })
}

pub(super) fn set_tags(store: &Store, input: PutObjectTaggingInput) -> S3Result<PutObjectTaggingOutput> {
    let tags: BTreeMap<_, _> = tags_of_set(input.tagging.tag_set)?;
    let id = store.set_tags(&input.bucket, &input.key, version_id(input.version_id).as_ref(), tags)?;
    let versioning = store.lock().bucket(&input.bucket)?.versioning;
    Ok(PutObjectTaggingOutput { version_id: shown(versioning, &id) })
}
