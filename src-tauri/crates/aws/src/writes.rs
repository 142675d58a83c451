//! The two writes: a copy of a version, and a delete marker. Neither removes a version.
//!
//! When the network swallows an answer, the next attempt can find the first one's work in its way, and be told that
//! the photo has changed. Whose work it is shows only in the photo itself, so the caller looks, as `photos.restore`
//! does.

use action::port::{CopyVersion, Guard, PortError, PortErrorKind, Receipt, VersionId};
use aws_sdk_s3::config::Config;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::types::{MetadataDirective, StorageClass, TaggingDirective};

use crate::encoding::{bare, copy_source, quoted};
use crate::fault::Fault;
use crate::photos::{Photos, at};

impl Photos {
    /// Copies a version over its own key (`CopyObject`), keeping metadata and tags. The copy gets the bucket's
    /// default encryption and a private ACL (facts §1.4).
    pub(crate) async fn copy(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
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
        let (request, guarded) = match &copy.unless {
            Guard::Absent => (request.if_none_match("*"), false),
            Guard::Is(etag) => (request.if_match(quoted(etag)), true),
        };
        let patient = Config::builder().timeout_config(self.copying.clone());
        let answer = request
            .customize()
            .config_override(patient)
            .send()
            .await
            .map_err(|e| self.refused("CopyObject", bucket, &copy.key, Fault::of(&e), guarded))?;
        Ok(Receipt {
            version: answer.version_id().map(|id| VersionId(id.to_owned())),
            etag: answer.copy_object_result().and_then(|result| result.e_tag()).map(bare),
            request_id: answer.request_id().map(str::to_owned),
        })
    }

    /// Puts a delete marker on a key (`DeleteObject` without a version, so that nothing is removed while the
    /// bucket is versioned), if its current version still has the entity tag.
    pub(crate) async fn hide(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        let answer = self
            .client
            .delete_object()
            .bucket(bucket)
            .key(key)
            .expected_bucket_owner(&self.site.account)
            .if_match(quoted(etag))
            .send()
            .await
            .map_err(|e| self.refused("DeleteObject", bucket, key, Fault::of(&e), true))?;
        Ok(Receipt {
            version: answer.version_id().map(|id| VersionId(id.to_owned())),
            etag: None,
            request_id: answer.request_id().map(str::to_owned),
        })
    }

    /// The error of a write. With `If-Match`, a key that has no current version any more is a 404 for the key, where
    /// a version that is gone is a 404 for the version (facts §1.4).
    fn refused(
        &self,
        operation: &'static str,
        bucket: &str,
        key: &str,
        fault: Fault,
        if_match: bool,
    ) -> PortError {
        let vanished = if_match && matches!(fault.code(), "NoSuchKey" | "NotFound");
        let error = self.site.explain(operation, &at(bucket, key), fault);
        match vanished {
            false => error,
            true => PortError {
                kind: PortErrorKind::Changed,
                message: "the photo was deleted since the plan was made".to_owned(),
                next: "Nothing was covered. Make the plan again to see what is there now.".to_owned(),
                ..error
            },
        }
    }
}
