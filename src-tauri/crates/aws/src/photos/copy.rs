//! A copy of a version (`CopyObject`), with everything that the version says of itself.
//!
//! S3 copies metadata, content type, tags and the checksum's algorithm of its own accord, and takes the storage class
//! as it is told. The rest ([`Keep`], facts §1.4) is looked up in the version first, and only where it is asked for, so
//! that the common case is one request.

use action::port::{CopyVersion, Guard, PortError, PortErrorKind, Receipt};
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::types::{MetadataDirective, StorageClass, TaggingDirective};

use super::kept::{Encryption, Kept, keeping};
use super::{NULL, Photos, at};
use crate::encoding::{bare, copy_source, quoted};
use crate::fault::Fault;

/// Where a copy comes from and goes to.
pub(super) struct Way<'a> {
    pub(super) from: (&'a str, &'a str),
    pub(super) to: (&'a str, &'a str),
    pub(super) copy: &'a CopyVersion,
}

impl<'a> Way<'a> {
    fn new(bucket: &'a str, copy: &'a CopyVersion) -> Self {
        Self {
            from: (copy.from.as_deref().unwrap_or(bucket), &copy.key),
            to: (bucket, copy.to.as_deref().unwrap_or(&copy.key)),
            copy,
        }
    }

    /// The value of `x-amz-copy-source`.
    pub(super) fn source(&self) -> String {
        copy_source(self.from.0, self.from.1, &self.copy.version.0)
    }

    /// What the source must still be. A version is never changed, but the `null` version may be replaced.
    pub(super) fn source_etag(&self) -> Option<String> {
        let replaceable = self.copy.version.0 == NULL && !self.copy.etag.is_empty();
        replaceable.then(|| quoted(&self.copy.etag))
    }

    /// A guard as `If-Match` and `If-None-Match`.
    pub(super) fn conditions(guard: &Guard) -> (Option<String>, Option<String>) {
        match guard {
            Guard::Absent => (None, Some("*".to_owned())),
            Guard::Is(etag) => (Some(quoted(etag)), None),
        }
    }
}

impl Photos {
    pub(super) async fn copy(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        let way = Way::new(bucket, copy);
        if copy.size > self.copy_whole {
            return self.copy_in_parts(&way).await;
        }
        let kept = self.kept(&way).await?;
        let (receipt, got) = self.copy_whole(&way, &kept, &copy.unless).await?;
        // Under SSE-S3 the entity tag is the content's MD5, so that another one means another encryption, or parts.
        match receipt.etag.as_deref() {
            Some(etag) if kept.encryption.is_none() && !copy.etag.is_empty() && etag != copy.etag => {
                self.under_its_own_key(&way, kept, got, etag.to_owned(), receipt).await
            }
            _ => Ok(receipt),
        }
    }

    /// One request: the receipt, and how the copy is encrypted.
    async fn copy_whole(
        &self,
        way: &Way<'_>,
        kept: &Kept,
        guard: &Guard,
    ) -> Result<(Receipt, Encryption), PortError> {
        let (is, absent) = Way::conditions(guard);
        let request = self
            .once
            .copy_object()
            .bucket(way.to.0)
            .key(way.to.1)
            .copy_source(way.source())
            .set_copy_source_if_match(way.source_etag())
            .expected_bucket_owner(&self.site.account)
            .expected_source_bucket_owner(&self.site.account)
            .metadata_directive(MetadataDirective::Copy)
            .tagging_directive(TaggingDirective::Copy)
            .storage_class(StorageClass::from(way.copy.storage_class.as_str()))
            .set_if_match(is)
            .set_if_none_match(absent);
        let request = keeping!(request, kept);
        let answer = Self::patiently(self.copy_limit(way.copy.size), request.send()).await;
        let answer = answer.map_err(|fault| self.refused("CopyObject", way.to, fault, guard))?;
        let receipt = Receipt {
            version: answer.version_id().map(|id| action::port::VersionId(id.to_owned())),
            etag: answer.copy_object_result().and_then(|result| result.e_tag()).map(bare),
            request_id: answer.request_id().map(str::to_owned),
        };
        let got = Encryption::told(
            answer.server_side_encryption(),
            answer.ssekms_key_id(),
            answer.bucket_key_enabled(),
        );
        Ok((receipt, got))
    }

    /// Copies once more, over the copy just made, when the version turns out to be encrypted otherwise than that.
    async fn under_its_own_key(
        &self,
        way: &Way<'_>,
        mut kept: Kept,
        got: Encryption,
        etag: String,
        receipt: Receipt,
    ) -> Result<Receipt, PortError> {
        let unfinished = |why: PortError| PortError {
            kind: match why.kind {
                PortErrorKind::Credentials | PortErrorKind::Changed => why.kind,
                _ => PortErrorKind::Other,
            },
            message: format!("the photo is back, but perhaps not under its own encryption: {}", why.message),
            ..why
        };
        let own = self.encryption_of(way).await.map_err(unfinished)?;
        if own.same(&got) {
            return Ok(receipt);
        }
        kept.encryption = Some(own);
        let guard = Guard::Is(etag);
        let (receipt, _) = self.copy_whole(way, &kept, &guard).await.map_err(unfinished)?;
        Ok(receipt)
    }

    /// The error of a write. With `If-Match`, a key that has no current version any more is a 404 for the key, where
    /// a version that is gone is a 404 for the version (facts §1.4).
    pub(super) fn refused(
        &self,
        operation: &'static str,
        (bucket, key): (&str, &str),
        fault: Fault,
        guard: &Guard,
    ) -> PortError {
        let vanished = matches!(guard, Guard::Is(_)) && matches!(fault.code(), "NoSuchKey" | "NotFound");
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
