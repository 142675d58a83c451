//! Listings: objects in both of S3's forms, and versions.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::thaw;
use super::wire::{etag, owner, timestamp, url_encode, version_id};
use crate::listing::{Listed, Query};
use crate::store::Store;

const LARGEST_PAGE: i32 = 1000;

fn limit(asked: Option<i32>) -> S3Result<i32> {
    let asked = asked.unwrap_or(LARGEST_PAGE);
    if asked < 0 {
        return Err(s3_error!(InvalidArgument, "max-keys can't be negative"));
    }
    Ok(asked.min(LARGEST_PAGE))
}

/// How the strings of an answer are written: url-encoded when that was asked for.
fn encoder(encoding: Option<&EncodingType>) -> S3Result<fn(&str) -> String> {
    match encoding.map(EncodingType::as_str) {
        None => Ok(str::to_owned),
        Some(EncodingType::URL) => Ok(url_encode),
        Some(_) => Err(s3_error!(InvalidArgument, "encoding-type is `url` or absent")),
    }
}

fn prefixes(prefixes: &[String], encode: fn(&str) -> String) -> Option<CommonPrefixList> {
    let list: Vec<_> = prefixes.iter().map(|p| CommonPrefix { prefix: Some(encode(p)) }).collect();
    Some(list).filter(|list| !list.is_empty())
}

fn object(listed: Listed, encode: fn(&str) -> String, with_owner: bool) -> S3Result<Object> {
    let held = listed.version.object()?;
    Ok(Object {
        e_tag: Some(etag(&held.etag)),
        key: Some(encode(&listed.key)),
        last_modified: Some(timestamp(listed.version.last_modified)),
        owner: with_owner.then(owner),
        size: i64::try_from(held.bytes.len()).ok(),
        storage_class: Some(ObjectStorageClass::from(held.storage_class.clone())),
        checksum_algorithm: held
            .checksum
            .as_ref()
            .map(|checksum| vec![ChecksumAlgorithm::from_static(checksum.algorithm)]),
        ..Object::default()
    })
}

pub(super) fn objects(store: &Store, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let (max_keys, encode) = (limit(input.max_keys)?, encoder(input.encoding_type.as_ref())?);
    let delimiter = input.delimiter.as_deref().filter(|d| !d.is_empty());
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter,
        after_key: input.marker.as_deref().filter(|marker| !marker.is_empty()),
        after_version: None,
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = store.lock().list_objects(&input.bucket, &query)?;
    let contents = page.entries.into_iter().map(|entry| object(entry, encode, true));
    Ok(ListObjectsOutput {
        common_prefixes: prefixes(&page.prefixes, encode),
        is_truncated: Some(page.next.is_some()),
        // As S3: told only with a delimiter; without one it is the last key.
        next_marker: page.next.filter(|_| delimiter.is_some()).map(|(key, _)| encode(&key)),
        contents: Some(contents.collect::<S3Result<_>>()?),
        name: Some(input.bucket.clone()),
        prefix: Some(encode(query.prefix)),
        marker: Some(encode(query.after_key.unwrap_or_default())),
        max_keys: Some(max_keys),
        delimiter: delimiter.map(encode),
        encoding_type: input.encoding_type.clone(),
        ..ListObjectsOutput::default()
    })
}

pub(super) fn objects_v2(store: &Store, input: ListObjectsV2Input) -> S3Result<ListObjectsV2Output> {
    let (max_keys, encode) = (limit(input.max_keys)?, encoder(input.encoding_type.as_ref())?);
    let delimiter = input.delimiter.as_deref().filter(|d| !d.is_empty());
    let after = match &input.continuation_token {
        Some(token) => Some(untoken(token)?),
        None => input.start_after.clone().filter(|after| !after.is_empty()),
    };
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter,
        after_key: after.as_deref(),
        after_version: None,
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = store.lock().list_objects(&input.bucket, &query)?;
    let with_owner = input.fetch_owner == Some(true);
    let contents = page.entries.into_iter().map(|entry| object(entry, encode, with_owner));
    let contents = contents.collect::<S3Result<Vec<_>>>()?;
    Ok(ListObjectsV2Output {
        key_count: i32::try_from(contents.len() + page.prefixes.len()).ok(),
        common_prefixes: prefixes(&page.prefixes, encode),
        is_truncated: Some(page.next.is_some()),
        next_continuation_token: page.next.map(|(key, _)| URL_SAFE_NO_PAD.encode(key)),
        continuation_token: input.continuation_token.clone(),
        contents: Some(contents),
        name: Some(input.bucket.clone()),
        prefix: Some(encode(query.prefix)),
        max_keys: Some(max_keys),
        delimiter: delimiter.map(encode),
        encoding_type: input.encoding_type.clone(),
        start_after: input.start_after.as_deref().map(encode),
        ..ListObjectsV2Output::default()
    })
}

fn untoken(token: &str) -> S3Result<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| s3_error!(InvalidArgument, "the continuation token provided is incorrect"))
}

pub(super) fn versions(store: &Store, input: ListObjectVersionsInput) -> S3Result<ListObjectVersionsOutput> {
    let (max_keys, encode) = (limit(input.max_keys)?, encoder(input.encoding_type.as_ref())?);
    let delimiter = input.delimiter.as_deref().filter(|d| !d.is_empty());
    let after_key = input.key_marker.as_deref().filter(|marker| !marker.is_empty());
    let after_version = version_id(input.version_id_marker.clone().filter(|marker| !marker.is_empty()));
    if after_key.is_none() && after_version.is_some() {
        return Err(s3_error!(
            InvalidArgument,
            "a version-id marker cannot be specified without a key marker"
        ));
    }
    let query = Query {
        prefix: input.prefix.as_deref().unwrap_or_default(),
        delimiter,
        after_key,
        after_version: after_version.as_ref(),
        limit: usize::try_from(max_keys).unwrap_or(0),
    };
    let page = store.lock().list_versions(&input.bucket, &query)?;
    let (mut versions, mut markers) = (Vec::new(), Vec::new());
    let thawed = input.optional_object_attributes.as_ref().is_some_and(|asked| {
        asked.iter().any(|one| one.as_str() == OptionalObjectAttributes::RESTORE_STATUS)
    });
    for Listed { key, is_latest, version } in page.entries {
        let (key, id) = (Some(encode(&key)), Some(version.id.to_string()));
        let (is_latest, last_modified) = (Some(is_latest), Some(timestamp(version.last_modified)));
        let restore_status = if thawed { thaw::status(store, &version) } else { None };
        match version.object {
            Some(object) => versions.push(ObjectVersion {
                e_tag: Some(etag(&object.etag)),
                is_latest,
                key,
                last_modified,
                owner: Some(owner()),
                size: i64::try_from(object.bytes.len()).ok(),
                storage_class: Some(ObjectVersionStorageClass::from(object.storage_class.clone())),
                version_id: id,
                checksum_algorithm: object
                    .checksum
                    .as_ref()
                    .map(|checksum| vec![ChecksumAlgorithm::from_static(checksum.algorithm)]),
                checksum_type: object.checksum.as_ref().map(|checksum| {
                    ChecksumType::from_static(match checksum.is_composite() {
                        true => ChecksumType::COMPOSITE,
                        false => ChecksumType::FULL_OBJECT,
                    })
                }),
                restore_status,
            }),
            None => markers.push(DeleteMarkerEntry {
                is_latest,
                key,
                last_modified,
                owner: Some(owner()),
                version_id: id,
            }),
        }
    }
    let (next_key, next_version) = page.next.unzip();
    Ok(ListObjectVersionsOutput {
        common_prefixes: prefixes(&page.prefixes, encode),
        versions: Some(versions),
        delete_markers: Some(markers),
        is_truncated: Some(next_key.is_some()),
        next_key_marker: next_key.as_deref().map(encode),
        next_version_id_marker: next_version.flatten().map(|id| id.to_string()),
        key_marker: Some(encode(after_key.unwrap_or_default())),
        version_id_marker: Some(input.version_id_marker.unwrap_or_default()),
        name: Some(input.bucket.clone()),
        prefix: Some(encode(query.prefix)),
        max_keys: Some(max_keys),
        delimiter: delimiter.map(encode),
        encoding_type: input.encoding_type.clone(),
        ..ListObjectVersionsOutput::default()
    })
}
