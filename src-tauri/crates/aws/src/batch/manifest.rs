//! Storing a manifest, in parts where it is large.

use std::fs::File;
use std::io::{Read as _, Seek as _};

use action::port::{PortError, PortErrorKind, Uploaded};
use aws_sdk_s3::config::Config;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart, ServerSideEncryption};

use super::Jobs;
use crate::encoding::bare;
use crate::photos::at;

/// The bytes of a part: 10,000 of them hold more rows than a job may have.
const PART: u64 = 8 * 1024 * 1024;

impl Jobs {
    /// Stores a manifest (`PutObject`, or a multipart upload), encrypted with S3's own keys: jobs can't read one that
    /// is encrypted with KMS (facts §1.9).
    pub(super) async fn store_manifest(
        &self,
        bucket: &str,
        key: &str,
        mut file: File,
    ) -> Result<Uploaded, PortError> {
        let unread = |error: std::io::Error| PortError {
            kind: PortErrorKind::Other,
            operation: "PutObject".to_owned(),
            target: at(bucket, key),
            message: format!("the manifest could not be read on this machine: {error}"),
            request_id: None,
            next: "Free some disk space, then apply the plan again.".to_owned(),
        };
        let size = file.metadata().map_err(unread)?.len();
        file.rewind().map_err(unread)?;
        if size > PART {
            return self.store_parts(bucket, key, file, &unread).await;
        }
        let mut content = Vec::new();
        file.read_to_end(&mut content).map_err(unread)?;
        let answer = self
            .s3
            .put_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.store.account)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .content_type("text/csv")
            .body(ByteStream::from(content))
            .customize()
            .config_override(Config::builder().timeout_config(self.storing.clone()))
            .send()
            .await
            .map_err(|error| self.store.port_error("PutObject", &at(bucket, key), &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Uploaded { etag: answer.e_tag().map(bare).unwrap_or_default(), request_id })
    }

    async fn store_parts(
        &self,
        bucket: &str,
        key: &str,
        file: File,
        unread: &(dyn Fn(std::io::Error) -> PortError + Send + Sync),
    ) -> Result<Uploaded, PortError> {
        let target = at(bucket, key);
        let begun = self
            .s3
            .create_multipart_upload()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.store.account)
            .server_side_encryption(ServerSideEncryption::Aes256)
            .content_type("text/csv")
            .send()
            .await
            .map_err(|error| self.store.port_error("CreateMultipartUpload", &target, &error))?;
        let upload = begun.upload_id().unwrap_or_default();
        let stored = self.store_each(bucket, key, upload, file, unread).await;
        if stored.is_err() {
            // Best effort: parts that are left cost a little, and a lifecycle rule takes them.
            let abort = self.s3.abort_multipart_upload().bucket(bucket).key(key).upload_id(upload);
            let _ = abort.expected_bucket_owner(&self.store.account).send().await;
        }
        stored
    }

    async fn store_each(
        &self,
        bucket: &str,
        key: &str,
        upload: &str,
        mut file: File,
        unread: &(dyn Fn(std::io::Error) -> PortError + Send + Sync),
    ) -> Result<Uploaded, PortError> {
        let target = at(bucket, key);
        let mut parts = Vec::new();
        loop {
            let mut content = Vec::new();
            (&mut file).take(PART).read_to_end(&mut content).map_err(unread)?;
            if content.is_empty() {
                break;
            }
            let number = i32::try_from(parts.len() + 1).unwrap_or(i32::MAX);
            let part = self
                .s3
                .upload_part()
                .bucket(bucket)
                .key(key)
                .upload_id(upload)
                .part_number(number)
                .expected_bucket_owner(&self.store.account)
                .body(ByteStream::from(content))
                .customize()
                .config_override(Config::builder().timeout_config(self.storing.clone()))
                .send()
                .await
                .map_err(|error| self.store.port_error("UploadPart", &target, &error))?;
            let etag = part.e_tag().map(str::to_owned);
            let crc = part.checksum_crc32().map(str::to_owned);
            let done = CompletedPart::builder().part_number(number).set_e_tag(etag).set_checksum_crc32(crc);
            parts.push(done.build());
        }
        let whole = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let answer = self
            .s3
            .complete_multipart_upload()
            .bucket(bucket)
            .key(key)
            .upload_id(upload)
            .expected_bucket_owner(&self.store.account)
            .multipart_upload(whole)
            .send()
            .await
            .map_err(|error| self.store.port_error("CompleteMultipartUpload", &target, &error))?;
        let request_id = answer.request_id().map(str::to_owned);
        Ok(Uploaded { etag: answer.e_tag().map(bare).unwrap_or_default(), request_id })
    }
}
