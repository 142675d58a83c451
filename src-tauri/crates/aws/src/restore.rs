//! The two writes: a copy of a version, and a delete marker. Neither removes a version.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use action::port::{CopyVersion, Guard, PortError, PortErrorKind, Receipt, VersionId};
use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{Config, ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::types::{MetadataDirective, StorageClass, TaggingDirective};

use crate::encoding::{bare, copy_source, quoted};
use crate::fault::Fault;
use crate::photos::{NULL, Photos, at};

impl Photos {
    /// Copies a version over its own key (`CopyObject`), keeping metadata and tags. The copy gets the bucket's
    /// default encryption and a private ACL (facts §1.4).
    pub(crate) async fn copy(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        const OPERATION: &str = "CopyObject";
        let sent = Sent::default();
        let request = self
            .client
            .copy_object()
            .bucket(bucket)
            .key(&copy.key)
            .copy_source(copy_source(bucket, &copy.key, &copy.version.0))
            .expected_bucket_owner(&self.site.account)
            .expected_source_bucket_owner(&self.site.account)
            .metadata_directive(MetadataDirective::Copy)
            .tagging_directive(TaggingDirective::Copy)
            .storage_class(StorageClass::from(copy.storage_class.as_str()));
        let request = match &copy.unless {
            Guard::Absent => request.if_none_match("*"),
            Guard::Is(etag) => request.if_match(quoted(etag)),
        };
        let answer = request
            .customize()
            .config_override(Config::builder().timeout_config(self.copying.clone()))
            .interceptor(sent.clone())
            .send()
            .await;
        let error = match answer {
            Ok(answer) => {
                return Ok(Receipt {
                    version: answer.version_id().map(|id| VersionId(id.to_owned())),
                    etag: answer.copy_object_result().and_then(|result| result.e_tag()).map(bare),
                    request_id: answer.request_id().map(str::to_owned),
                });
            }
            Err(error) => error,
        };
        let fault = Fault::of(&error);
        // `If-Match` on a key that has no current version any more is a 404 for the key, not for the version.
        let vanished = matches!(copy.unless, Guard::Is(_)) && fault.code() == "NoSuchKey";
        let mut error = self.site.explain(OPERATION, &at(bucket, &copy.key), fault);
        if vanished {
            error.kind = PortErrorKind::Changed;
            error.message =
                "the photo was deleted since the plan was made, or its old version is gone".to_owned();
        }
        if error.kind == PortErrorKind::Changed
            && sent.times() > 1
            && let Some(receipt) = self.already_copied(bucket, copy).await
        {
            return Ok(receipt);
        }
        Err(error)
    }

    /// Whether the key's current version already is what the copy would have made: then an earlier attempt, whose
    /// answer was lost, did it. Told by entity tag and length; where they can't tell (a multipart source, KMS) the
    /// answer is no, and the key is reported as changed.
    async fn already_copied(&self, bucket: &str, copy: &CopyVersion) -> Option<Receipt> {
        let head = |version: Option<String>| {
            self.client
                .head_object()
                .bucket(bucket)
                .key(&copy.key)
                .expected_bucket_owner(&self.site.account)
                .set_version_id(version)
                .send()
        };
        let wanted = head(Some(copy.version.0.clone())).await.ok()?;
        let current = head(None).await.ok()?;
        let same = wanted.e_tag().is_some()
            && wanted.e_tag() == current.e_tag()
            && wanted.content_length() == current.content_length();
        same.then(|| Receipt {
            version: Some(VersionId(current.version_id().unwrap_or(NULL).to_owned())),
            etag: current.e_tag().map(bare),
            request_id: current.request_id().map(str::to_owned),
        })
    }

    /// Puts a delete marker on a key (`DeleteObject` without a version, so that nothing is removed while the
    /// bucket is versioned), if its current version still has the entity tag.
    pub(crate) async fn hide(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        let sent = Sent::default();
        let answer = self
            .client
            .delete_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.site.account)
            .if_match(quoted(etag))
            .customize()
            .interceptor(sent.clone())
            .send()
            .await;
        let error = match answer {
            Ok(answer) => {
                return Ok(Receipt {
                    version: answer.version_id().map(|id| VersionId(id.to_owned())),
                    etag: None,
                    request_id: answer.request_id().map(str::to_owned),
                });
            }
            Err(error) => error,
        };
        let fault = Fault::of(&error);
        let vanished = matches!(fault.code(), "NoSuchKey" | "NotFound");
        let mut error = self.site.explain("DeleteObject", &at(bucket, key), fault);
        if vanished {
            error.kind = PortErrorKind::Changed;
            error.message = "the photo was deleted since the plan was made".to_owned();
        }
        if error.kind == PortErrorKind::Changed
            && sent.times() > 1
            && let Some(receipt) = self.already_hidden(bucket, key).await
        {
            return Ok(receipt);
        }
        Err(error)
    }

    /// Whether the key's current version is a delete marker; S3 says so, and which, in its 404.
    async fn already_hidden(&self, bucket: &str, key: &str) -> Option<Receipt> {
        let head = self.client.head_object().bucket(bucket).key(key);
        let error = head.expected_bucket_owner(&self.site.account).send().await.err()?;
        let headers = error.raw_response()?.headers();
        let marker = headers.get("x-amz-delete-marker") == Some("true");
        marker.then(|| Receipt {
            version: headers.get("x-amz-version-id").map(|id| VersionId(id.to_owned())),
            etag: None,
            request_id: headers.get("x-amz-request-id").map(str::to_owned),
        })
    }
}

/// Counts the attempts at one request. Only after a second can a guard have been tripped by the first.
#[derive(Debug, Clone, Default)]
struct Sent(Arc<AtomicU32>);

impl Sent {
    fn times(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Intercept for Sent {
    fn name(&self) -> &'static str {
        "Sent"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}
