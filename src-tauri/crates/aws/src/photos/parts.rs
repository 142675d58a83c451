//! Copies of what one request can't copy: a multipart upload whose parts S3 copies itself.

use std::collections::BTreeMap;

use action::port::{PortError, Receipt, VersionId};
use aws_sdk_s3::config::Config;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::{DateTime, DateTimeFormat};
use aws_sdk_s3::types::{
    ChecksumAlgorithm, ChecksumType, CompletedMultipartUpload, CompletedPart, StorageClass,
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::copy::Way;
use super::kept::{Encryption, Kept, keeping};
use super::{Photos, at};
use crate::encoding::bare;

/// How many parts of one photo are copied at a time.
const AT_ONCE: usize = 8;
/// The smallest part that S3 takes, but for the last.
const SMALLEST: u64 = 5 << 20;
/// The part that is aimed at.
const USUAL: u64 = 512 << 20;
/// The most parts that an upload has.
const MOST: u64 = 10_000;

impl Photos {
    /// Copies a version in parts, under the same guard as in one request. Everything that S3 would copy of its own
    /// accord is looked up and said again. What was begun and not finished is dropped, so that it is not paid for.
    pub(super) async fn copy_in_parts(&self, way: &Way<'_>) -> Result<Receipt, PortError> {
        let head = self.head_of(way).await?;
        let mut kept = self.kept(way).await?;
        kept.encryption = Some(Encryption::of(&head));
        kept.redirect = head.website_redirect_location().map(str::to_owned);
        let upload = self.begin(way, &head, &kept).await?;
        let done = match self.parts(way, &upload).await {
            Ok(parts) => self.complete(way, &upload, parts).await,
            Err(error) => Err(error),
        };
        if done.is_err() {
            let (bucket, key) = way.to;
            let abort = self.client.abort_multipart_upload().bucket(bucket).key(key).upload_id(&upload);
            // Whatever comes of it, the failure is what is told.
            let _ = abort.expected_bucket_owner(&self.site.account).send().await;
        }
        done
    }

    async fn begin(&self, way: &Way<'_>, head: &HeadObjectOutput, kept: &Kept) -> Result<String, PortError> {
        let (bucket, key) = way.to;
        let tags = self.tags(way.from.0, way.from.1, &way.copy.version).await?;
        let (algorithm, kind) = checksum(head);
        let expires = head.expires_string();
        let expires = expires.and_then(|text| DateTime::from_str(text, DateTimeFormat::HttpDate).ok());
        let request = self
            .once
            .create_multipart_upload()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.site.account)
            .storage_class(StorageClass::from(way.copy.storage_class.as_str()))
            .set_content_type(head.content_type().map(str::to_owned))
            .set_cache_control(head.cache_control().map(str::to_owned))
            .set_content_disposition(head.content_disposition().map(str::to_owned))
            .set_content_encoding(head.content_encoding().map(str::to_owned))
            .set_content_language(head.content_language().map(str::to_owned))
            .set_expires(expires)
            .set_metadata(head.metadata().cloned())
            .set_tagging(Some(tagging(&tags)).filter(|tags| !tags.is_empty()))
            .set_checksum_algorithm(algorithm)
            .set_checksum_type(kind);
        let request = keeping!(request, kept);
        let answer = Self::patiently(self.limit, request.send()).await;
        let answer =
            answer.map_err(|fault| self.site.explain("CreateMultipartUpload", &at(bucket, key), fault))?;
        Ok(answer.upload_id().unwrap_or_default().to_owned())
    }

    /// Copies the parts, several at a time, and each again when it may pass: a part makes nothing that anyone sees.
    async fn parts(&self, way: &Way<'_>, upload: &str) -> Result<Vec<CompletedPart>, PortError> {
        let parts = ranges(way.copy.size, self.copy_whole).zip(1..);
        stream::iter(parts.map(|((first, last), number)| self.part(way, upload, number, first, last)))
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }

    async fn part(
        &self,
        way: &Way<'_>,
        upload: &str,
        number: i32,
        first: u64,
        last: u64,
    ) -> Result<CompletedPart, PortError> {
        let (bucket, key) = way.to;
        let limit = self.copy_limit(last - first);
        let patient = TimeoutConfig::builder()
            .operation_attempt_timeout(limit)
            .operation_timeout(limit * self.attempts)
            .build();
        let answer = self
            .client
            .upload_part_copy()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .part_number(number)
            .copy_source(way.source())
            .set_copy_source_if_match(way.source_etag())
            .copy_source_range(format!("bytes={first}-{last}"))
            .expected_bucket_owner(&self.site.account)
            .expected_source_bucket_owner(&self.site.account)
            .customize()
            .config_override(Config::builder().timeout_config(patient))
            .send()
            .await
            .map_err(|e| self.site.port_error("UploadPartCopy", &at(bucket, key), &e))?;
        let part = answer.copy_part_result();
        Ok(CompletedPart::builder()
            .part_number(number)
            .set_e_tag(part.and_then(|part| part.e_tag()).map(str::to_owned))
            .set_checksum_crc32(part.and_then(|part| part.checksum_crc32()).map(str::to_owned))
            .set_checksum_crc32_c(part.and_then(|part| part.checksum_crc32_c()).map(str::to_owned))
            .set_checksum_crc64_nvme(part.and_then(|part| part.checksum_crc64_nvme()).map(str::to_owned))
            .set_checksum_sha1(part.and_then(|part| part.checksum_sha1()).map(str::to_owned))
            .set_checksum_sha256(part.and_then(|part| part.checksum_sha256()).map(str::to_owned))
            .build())
    }

    async fn complete(
        &self,
        way: &Way<'_>,
        upload: &str,
        parts: Vec<CompletedPart>,
    ) -> Result<Receipt, PortError> {
        let (bucket, key) = way.to;
        let (is, absent) = Way::conditions(&way.copy.unless);
        let request = self
            .once
            .complete_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .expected_bucket_owner(&self.site.account)
            .multipart_upload(CompletedMultipartUpload::builder().set_parts(Some(parts)).build())
            .set_if_match(is)
            .set_if_none_match(absent);
        let answer = Self::patiently(self.copy_limit(way.copy.size), request.send()).await;
        let answer = answer
            .map_err(|fault| self.refused("CompleteMultipartUpload", way.to, fault, &way.copy.unless))?;
        Ok(Receipt {
            version: answer.version_id().map(|id| VersionId(id.to_owned())),
            etag: answer.e_tag().map(bare),
            request_id: answer.request_id().map(str::to_owned),
        })
    }
}

/// The first and last byte of each part.
fn ranges(size: u64, whole: u64) -> impl Iterator<Item = (u64, u64)> {
    let part = USUAL.min(whole).max(SMALLEST).max(size.div_ceil(MOST));
    (0..size.div_ceil(part)).map(move |n| (n * part, size.min((n + 1) * part) - 1))
}

/// Tags as `x-amz-tagging` has them.
fn tagging(tags: &BTreeMap<String, String>) -> String {
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let pairs = tags.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// The algorithm of a version's checksum, and its type where an upload in parts may have that: a digest of the whole
/// can be put together of those of its parts only where it is a CRC.
fn checksum(head: &HeadObjectOutput) -> (Option<ChecksumAlgorithm>, Option<ChecksumType>) {
    let algorithm = [
        (head.checksum_crc64_nvme(), ChecksumAlgorithm::Crc64Nvme),
        (head.checksum_crc32(), ChecksumAlgorithm::Crc32),
        (head.checksum_crc32_c(), ChecksumAlgorithm::Crc32C),
        (head.checksum_sha256(), ChecksumAlgorithm::Sha256),
        (head.checksum_sha1(), ChecksumAlgorithm::Sha1),
    ];
    let algorithm = algorithm.into_iter().find_map(|(value, algorithm)| value.map(|_| algorithm));
    let sum = matches!(algorithm, Some(ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256));
    let kind = head.checksum_type().cloned().filter(|_| algorithm.is_some() && !sum);
    (algorithm, kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_byte_once_and_are_never_too_many() {
        const TIB: u64 = 1 << 40;
        for (size, whole, parts) in [
            (5 << 30, 5 << 30, 10),
            ((5 << 30) + 1, 5 << 30, 11),
            (12 << 20, 5 << 20, 3),
            (12 << 20, 1, 3),
            (48 * TIB, 5 << 30, 10_000),
        ] {
            let all: Vec<_> = ranges(size, whole).collect();
            assert_eq!(all.len(), parts, "{size}");
            assert_eq!((all[0].0, all[parts - 1].1), (0, size - 1));
            assert!(all.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0));
            assert!(all.iter().all(|(first, last)| last - first < 5 << 30), "{size}");
        }
    }

    #[test]
    fn tags_are_encoded() {
        let tags = BTreeMap::from([("a b".into(), "c&d=e+ü".into()), ("x".into(), String::new())]);
        assert_eq!(tagging(&tags), "a%20b=c%26d%3De%2B%C3%BC&x=");
    }
}
