//! The two writes: a copy of a version, and a delete marker. Neither removes a version.
//!
//! When the network swallows an answer, the next attempt can find the first one's work in its way, and be told that
//! the photo has changed. Whose work it is shows only in the photo itself, so the caller looks, as `photos.restore`
//! does.

use action::port::{
    self, CopyVersion, Guard, PortError, PortErrorKind, Receipt, Refused, Removed, Thawing, VersionId,
};
use aws_sdk_s3::config::Config;
use aws_sdk_s3::error::BuildError;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::types::{
    Delete, GlacierJobParameters, MetadataDirective, ObjectIdentifier, RestoreRequest, StorageClass,
    TaggingDirective, Tier,
};

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

    /// Removes versions for good (`DeleteObjects`).
    pub(crate) async fn remove(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        let wrong = |error: BuildError| PortError {
            kind: PortErrorKind::Other,
            operation: "DeleteObjects".to_owned(),
            target: bucket.to_owned(),
            message: error.to_string(),
            request_id: None,
            next: "Report this: the request could not be made.".to_owned(),
        };
        let mut objects = Vec::with_capacity(entries.len());
        for (key, version) in entries {
            let object = ObjectIdentifier::builder().key(key).version_id(&version.0).build();
            objects.push(object.map_err(wrong)?);
        }
        let delete = Delete::builder().set_objects(Some(objects)).quiet(true).build().map_err(wrong)?;
        let answer = self
            .client
            .delete_objects()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .delete(delete)
            .send()
            .await
            .map_err(|e| self.site.port_error("DeleteObjects", bucket, &e))?;
        let request_id = answer.request_id().map(str::to_owned);
        let refused = answer.errors().iter().filter_map(|refused| {
            let is = |(key, version): &(String, VersionId)| {
                Some(key.as_str()) == refused.key() && Some(version.0.as_str()) == refused.version_id()
            };
            let place = entries.iter().position(is)?;
            let fault = Fault {
                code: refused.code().map(str::to_owned),
                message: refused.message().map(str::to_owned),
                request_id: request_id.clone(),
                ..Fault::default()
            };
            let target = at(bucket, &entries[place].0);
            Some(Refused { place, error: self.site.explain("DeleteObjects", &target, fault) })
        });
        Ok(Removed { refused: refused.collect(), request_id: request_id.clone() })
    }

    /// Asks for a readable copy of an archived version (`RestoreObject`).
    pub(crate) async fn ask_to_thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: port::Tier,
        days: u32,
    ) -> Result<Option<String>, PortError> {
        let tier = match tier {
            port::Tier::Standard => Tier::Standard,
            port::Tier::Bulk => Tier::Bulk,
            port::Tier::Expedited => Tier::Expedited,
        };
        let job = GlacierJobParameters::builder().tier(tier).build().ok();
        let days = i32::try_from(days).unwrap_or(i32::MAX);
        let asked = self
            .client
            .restore_object()
            .bucket(bucket)
            .key(key)
            .version_id(&version.0)
            .expected_bucket_owner(&self.site.account)
            .restore_request(RestoreRequest::builder().days(days).set_glacier_job_parameters(job).build())
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(answer.request_id().map(str::to_owned)),
            Err(error) => {
                let fault = Fault::of(&error);
                match fault.code() {
                    "RestoreAlreadyInProgress" | "ObjectAlreadyInActiveTierError" => Ok(fault.request_id),
                    _ => Err(self.site.explain("RestoreObject", &at(bucket, key), fault)),
                }
            }
        }
    }

    /// Whether a version is thawed yet (the `x-amz-restore` of `HeadObject`).
    pub(crate) async fn look_at_thawing(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
    ) -> Result<Thawing, PortError> {
        let head = self.head(bucket, key).version_id(&version.0).send().await;
        let head = head.map_err(|e| self.site.port_error("HeadObject", &at(bucket, key), &e))?;
        Ok(match head.restore() {
            None => Thawing::Frozen,
            Some(told) if told.contains("ongoing-request=\"true\"") => Thawing::Asked,
            Some(told) => {
                let until = told.split_once("expiry-date=\"").and_then(|(_, rest)| rest.split('"').next());
                let parser = jiff::fmt::rfc2822::DateTimeParser::new();
                Thawing::Ready(until.and_then(|until| parser.parse_timestamp(until).ok()))
            }
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
