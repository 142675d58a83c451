//! Between the store's types and the wire's: errors, times, ETags, tags, url-encoding.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use hyper::header::{ALLOW, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, LAST_MODIFIED};
use jiff::Timestamp;
use s3s::dto::{self, ETag, ETagCondition, Owner, TimestampFormat};
use s3s::{S3Error, S3ErrorCode, S3Result, s3_error};

use crate::conditions::{Conditions, Tag};
use crate::store::StoreError;
use crate::versions::{VersionId, Versioning};

const DELETE_MARKER: HeaderName = HeaderName::from_static("x-amz-delete-marker");
const VERSION_ID: HeaderName = HeaderName::from_static("x-amz-version-id");

impl From<StoreError> for S3Error {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NoSuchBucket => S3ErrorCode::NoSuchBucket,
            StoreError::BucketAlreadyOwnedByYou => S3ErrorCode::BucketAlreadyOwnedByYou,
            StoreError::NoSuchKey { .. } => S3ErrorCode::NoSuchKey,
            StoreError::NoSuchVersion => S3ErrorCode::NoSuchVersion,
            StoreError::IsDeleteMarker { .. } => S3ErrorCode::MethodNotAllowed,
            StoreError::PreconditionFailed(_) => S3ErrorCode::PreconditionFailed,
            StoreError::NotModified => S3ErrorCode::NotModified,
            StoreError::SelfCopy | StoreError::CopyOfMarker | StoreError::NoLock => {
                S3ErrorCode::InvalidRequest
            }
            StoreError::Archived | StoreError::NotArchived => S3ErrorCode::InvalidObjectState,
            StoreError::Thawing => S3ErrorCode::RestoreAlreadyInProgress,
            StoreError::Locked => S3ErrorCode::AccessDenied,
            StoreError::NoAcls => S3ErrorCode::AccessControlListNotSupported,
            StoreError::NoSuchUpload => S3ErrorCode::NoSuchUpload,
            StoreError::InvalidPart(_) => S3ErrorCode::InvalidPart,
            StoreError::InvalidPartOrder => S3ErrorCode::InvalidPartOrder,
            StoreError::EntityTooSmall(_) => S3ErrorCode::EntityTooSmall,
        };
        let mut answer = Self::with_message(code, error.to_string());
        let mut headers = HeaderMap::new();
        match &error {
            StoreError::NoSuchKey { marker: Some(id) } => {
                headers.insert(DELETE_MARKER, HeaderValue::from_static("true"));
                if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
                    headers.insert(VERSION_ID, id);
                }
            }
            StoreError::IsDeleteMarker { last_modified } => {
                headers.insert(DELETE_MARKER, HeaderValue::from_static("true"));
                headers.insert(ALLOW, HeaderValue::from_static("DELETE"));
                let mut date = Vec::new();
                if timestamp(*last_modified).format(TimestampFormat::HttpDate, &mut date).is_ok()
                    && let Ok(date) = HeaderValue::from_bytes(&date)
                {
                    headers.insert(LAST_MODIFIED, date);
                }
            }
            _ => {}
        }
        if !headers.is_empty() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/xml"));
            answer.set_headers(headers);
        }
        answer
    }
}

pub(super) fn timestamp(at: Timestamp) -> dto::Timestamp {
    let since = Duration::from_secs(u64::try_from(at.as_second()).unwrap_or_default());
    (SystemTime::UNIX_EPOCH + since).into()
}

pub(super) fn from_timestamp(at: &dto::Timestamp) -> S3Result<Timestamp> {
    let mut text = Vec::new();
    at.format(TimestampFormat::DateTime, &mut text).map_err(S3Error::internal_error)?;
    let text = String::from_utf8(text).map_err(S3Error::internal_error)?;
    text.parse().map_err(|_| s3_error!(InvalidArgument, "a time in the request is out of range"))
}

pub(super) fn etag(etag: &str) -> ETag {
    ETag::Strong(etag.to_owned())
}

fn tag(condition: &ETagCondition) -> Tag {
    match condition {
        ETagCondition::Any => Tag::Any,
        ETagCondition::ETag(etag) => Tag::Is(etag.value().to_owned()),
    }
}

pub(super) fn conditions(
    matches: Option<&ETagCondition>,
    none_matches: Option<&ETagCondition>,
    modified_since: Option<&dto::Timestamp>,
    unmodified_since: Option<&dto::Timestamp>,
) -> S3Result<Conditions> {
    Ok(Conditions {
        matches: matches.map(tag),
        none_matches: none_matches.map(tag),
        modified_since: modified_since.map(from_timestamp).transpose()?,
        unmodified_since: unmodified_since.map(from_timestamp).transpose()?,
        bypass_governance: false,
    })
}

/// The conditions of a write: an ETag, or `*` to say that there must be no object yet.
pub(super) fn write_conditions(
    matches: Option<&ETagCondition>,
    none_matches: Option<&ETagCondition>,
) -> S3Result<Conditions> {
    if none_matches.is_some_and(|condition| !condition.is_any()) {
        return Err(s3_error!(NotImplemented, "If-None-Match of a write takes only `*`"));
    }
    conditions(matches, none_matches, None, None)
}

/// The same, of a request whose fields are not in its typed input: `CopyObject`.
pub(super) fn write_conditions_of(headers: &HeaderMap) -> S3Result<Conditions> {
    let read = |name: &str| -> S3Result<Option<ETagCondition>> {
        let Some(value) = headers.get(name) else { return Ok(None) };
        let parsed = ETagCondition::parse_http_header(value.as_bytes());
        parsed.map(Some).map_err(|_| s3_error!(InvalidArgument, "{name} is neither an ETag nor `*`"))
    };
    write_conditions(read("if-match")?.as_ref(), read("if-none-match")?.as_ref())
}

/// A version id to answer with: none in a bucket that never kept versions.
pub(super) fn shown(versioning: Versioning, id: &VersionId) -> Option<String> {
    (versioning != Versioning::Never).then(|| id.to_string())
}

pub(super) fn version_id(id: Option<String>) -> Option<VersionId> {
    id.map(VersionId::from)
}

/// Tags as the `x-amz-tagging` header has them: `a=1&b=2`, url-encoded.
pub(super) fn tags_of_header(header: &str) -> S3Result<BTreeMap<String, String>> {
    let decode = |text: &str| {
        let text = text.replace('+', " ");
        url_decode(&text).ok_or_else(|| s3_error!(InvalidArgument, "x-amz-tagging is not url-encoded"))
    };
    let pairs = header.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            Ok((decode(key)?, decode(value)?))
        })
        .collect()
}

pub(super) fn tags_of_set(set: Vec<dto::Tag>) -> S3Result<BTreeMap<String, String>> {
    if set.len() > 10 {
        return Err(s3_error!(InvalidTag, "object tags cannot be greater than 10"));
    }
    set.into_iter()
        .map(|tag| match (tag.key, tag.value) {
            (Some(key), Some(value)) => Ok((key, value)),
            _ => Err(s3_error!(MalformedXML, "a tag has no key or no value")),
        })
        .collect()
}

pub(super) fn owner() -> Owner {
    Owner { display_name: None, id: Some(action::environment::PRACTICE_ACCOUNT.to_owned()) }
}

/// Encodes as S3 does under `encoding-type=url`: a space is `+`, and `/` stays.
pub(super) fn url_encode(text: &str) -> String {
    use std::fmt::Write as _;
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' | b'/' => {
                out.push(char::from(byte));
            }
            b' ' => out.push('+'),
            _ => {
                let _ = write!(out, "%{byte:02X}");
            }
        }
        out
    })
}

fn url_decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let high = char::from(bytes.next()?).to_digit(16)?;
        let low = char::from(bytes.next()?).to_digit(16)?;
        out.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(out).ok()
}
