//! Multipart uploads.

use s3s::dto::*;
use s3s::{S3Request, S3Result, s3_error};

use super::body;
use super::extras::{extras, set_encryption};
use super::objects::attributes;
use super::wire::{etag, owner, shown, tags_of_header, timestamp, url_encode, write_conditions};
use crate::store::{Put, Store};

pub(super) fn create(
    store: &Store,
    input: CreateMultipartUploadInput,
) -> S3Result<CreateMultipartUploadOutput> {
    let extras = extras!(store, input);
    let algorithm = input.checksum_algorithm.as_ref().map(body::algorithm).transpose()?;
    let full = input.checksum_type.as_ref().map(ChecksumType::as_str) == Some(ChecksumType::FULL_OBJECT);
    if full && matches!(algorithm, Some("SHA1" | "SHA256")) {
        return Err(s3_error!(InvalidRequest, "a checksum of the full object can't be put together of SHAs"));
    }
    let checksum = algorithm.map(|algorithm| (algorithm, !full && algorithm != "CRC64NVME"));
    let put = Put {
        extras,
        tags: input.tagging.as_deref().map(tags_of_header).transpose()?.unwrap_or_default(),
        storage_class: input.storage_class.map(|class| class.as_str().to_owned()),
        attributes: attributes!(input),
        ..Put::default()
    };
    let id = store.start_upload(&input.bucket, &input.key, put, checksum)?;
    Ok(CreateMultipartUploadOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(id),
        ..CreateMultipartUploadOutput::default()
    })
}

pub(super) async fn upload_part(
    store: &Store,
    req: S3Request<UploadPartInput>,
) -> S3Result<UploadPartOutput> {
    let input = req.input;
    if !(1..=10_000).contains(&input.part_number) {
        return Err(s3_error!(InvalidArgument, "a part number is between 1 and 10000"));
    }
    let (bytes, checksum) =
        body::receive(input.body, &req.headers, req.trailing_headers.as_ref(), input.content_length).await?;
    let part = store.put_part(&input.bucket, &input.key, &input.upload_id, input.part_number, bytes)?;
    let mut output = UploadPartOutput { e_tag: Some(etag(&part.etag)), ..UploadPartOutput::default() };
    let value = Some(checksum.value);
    match checksum.algorithm {
        "CRC32" => output.checksum_crc32 = value,
        "CRC32C" => output.checksum_crc32c = value,
        "SHA1" => output.checksum_sha1 = value,
        "SHA256" => output.checksum_sha256 = value,
        _ => output.checksum_crc64nvme = value,
    }
    Ok(output)
}

pub(super) fn complete(
    store: &Store,
    input: CompleteMultipartUploadInput,
) -> S3Result<CompleteMultipartUploadOutput> {
    let conditions = write_conditions(input.if_match.as_ref(), input.if_none_match.as_ref())?;
    let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
    if parts.is_empty() {
        return Err(s3_error!(MalformedXML, "you must specify at least one part"));
    }
    let numbered = |part: CompletedPart| {
        let number = part.part_number.ok_or_else(|| s3_error!(MalformedXML, "a part has no number"))?;
        Ok((number, part.e_tag.map(ETag::into_value)))
    };
    let parts = parts.into_iter().map(numbered).collect::<S3Result<Vec<_>>>()?;
    let (bucket, key) = (input.bucket, input.key);
    let version = store.complete_upload(&bucket, &key, &input.upload_id, &parts, &conditions)?;
    let versioning = store.lock().bucket(&bucket)?.versioning;
    let object = version.object()?;
    let mut output = CompleteMultipartUploadOutput {
        e_tag: Some(etag(&object.etag)),
        location: Some(format!("/{bucket}/{key}")),
        bucket: Some(bucket),
        key: Some(key),
        version_id: shown(versioning, &version.id),
        ..CompleteMultipartUploadOutput::default()
    };
    set_encryption!(output, &object.encryption);
    Ok(output)
}

pub(super) fn abort(
    store: &Store,
    input: &AbortMultipartUploadInput,
) -> S3Result<AbortMultipartUploadOutput> {
    store.abort_upload(&input.bucket, &input.key, &input.upload_id)?;
    Ok(AbortMultipartUploadOutput::default())
}

pub(super) fn list_parts(store: &Store, input: ListPartsInput) -> S3Result<ListPartsOutput> {
    let upload = store.upload(&input.bucket, &input.key, &input.upload_id)?;
    let after = input.part_number_marker.unwrap_or(0);
    let limit = input.max_parts.unwrap_or(1000).clamp(0, 1000);
    let rest: Vec<_> = upload.parts.iter().filter(|(number, _)| **number > after).collect();
    let shown: Vec<Part> = rest
        .iter()
        .take(usize::try_from(limit).unwrap_or(0))
        .map(|(number, part)| Part {
            e_tag: Some(etag(&part.etag)),
            last_modified: Some(timestamp(part.last_modified)),
            part_number: Some(**number),
            size: i64::try_from(part.bytes.len()).ok(),
            ..Part::default()
        })
        .collect();
    let truncated = shown.len() < rest.len() && limit > 0;
    Ok(ListPartsOutput {
        bucket: Some(input.bucket),
        key: Some(input.key),
        upload_id: Some(input.upload_id),
        is_truncated: Some(truncated),
        max_parts: Some(limit),
        next_part_number_marker: shown.last().and_then(|part| part.part_number).filter(|_| truncated),
        part_number_marker: input.part_number_marker,
        parts: Some(shown),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from(upload.storage_class)),
        ..ListPartsOutput::default()
    })
}

/// Every upload under a prefix, on one page: the range never has many.
pub(super) fn list_uploads(
    store: &Store,
    input: ListMultipartUploadsInput,
) -> S3Result<ListMultipartUploadsOutput> {
    let prefix = input.prefix.clone().unwrap_or_default();
    let encode = |text: String| if input.encoding_type.is_some() { url_encode(&text) } else { text };
    let uploads = store.uploads(&input.bucket)?.into_iter().filter(|upload| upload.key.starts_with(&prefix));
    let uploads = uploads.map(|upload| MultipartUpload {
        initiated: Some(timestamp(upload.initiated)),
        key: Some(encode(upload.key)),
        owner: Some(owner()),
        storage_class: Some(StorageClass::from(upload.storage_class)),
        upload_id: Some(upload.id),
        ..MultipartUpload::default()
    });
    Ok(ListMultipartUploadsOutput {
        uploads: Some(uploads.collect()),
        bucket: Some(input.bucket.clone()),
        is_truncated: Some(false),
        max_uploads: Some(1000),
        prefix: input.prefix.clone().map(&encode),
        encoding_type: input.encoding_type.clone(),
        ..ListMultipartUploadsOutput::default()
    })
}
