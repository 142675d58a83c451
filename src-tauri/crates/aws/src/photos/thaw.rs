//! Archived versions: a readable copy is asked for, and looked at until it is there.

use action::port::{self, PortError, Thawing, VersionId};
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{GlacierJobParameters, RestoreRequest, StorageClass, Tier};

use super::{Photos, at};
use crate::fault::Fault;

impl Photos {
    /// Asks for a readable copy of an archived version (`RestoreObject`). That it is under way already, or that there is
    /// nothing to thaw, is as good: [`Photos::look_at_thawing`] tells.
    pub(super) async fn ask_to_thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: port::Tier,
        days: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        let tier = match tier {
            port::Tier::Standard => Tier::Standard,
            port::Tier::Bulk => Tier::Bulk,
            port::Tier::Expedited => Tier::Expedited,
        };
        let job = GlacierJobParameters::builder().tier(tier).build().ok();
        let days = days.map(|days| i32::try_from(days).unwrap_or(i32::MAX));
        let asked = self
            .client
            .restore_object()
            .bucket(bucket)
            .key(key)
            .version_id(&version.0)
            .expected_bucket_owner(&self.site.account)
            .restore_request(RestoreRequest::builder().set_days(days).set_glacier_job_parameters(job).build())
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(answer.request_id().map(str::to_owned)),
            Err(error) => {
                let fault = Fault::of(&error);
                match fault.code() {
                    "RestoreAlreadyInProgress" | "ObjectAlreadyInActiveTierError" | "InvalidObjectState" => {
                        Ok(fault.request_id)
                    }
                    _ => Err(self.site.explain("RestoreObject", &at(bucket, key), fault)),
                }
            }
        }
    }

    /// Whether a version is thawed yet (the `x-amz-restore` of `HeadObject`).
    pub(super) async fn look_at_thawing(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
    ) -> Result<Thawing, PortError> {
        let head = self.head(bucket, key).version_id(&version.0).send().await;
        let head = head.map_err(|e| self.site.port_error("HeadObject", &at(bucket, key), &e))?;
        Ok(match head.restore() {
            None if archived(&head) => Thawing::Frozen,
            // It never froze, or was thawed for good.
            None => Thawing::Ready(None),
            Some(told) if told.contains("ongoing-request=\"true\"") => Thawing::Asked,
            Some(told) => {
                let until = told.split_once("expiry-date=\"").and_then(|(_, rest)| rest.split('"').next());
                let parser = jiff::fmt::rfc2822::DateTimeParser::new();
                Thawing::Ready(until.and_then(|until| parser.parse_timestamp(until).ok()))
            }
        })
    }
}

fn archived(head: &HeadObjectOutput) -> bool {
    let class = head.storage_class();
    matches!(class, Some(StorageClass::Glacier | StorageClass::DeepArchive))
        || head.archive_status().is_some()
}
