//! How a bucket is protected, as far as the credentials may ask.

use action::port::{BucketFacts, ExpiryRule, PortError, PortErrorKind, Versioning};
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::types::{
    BucketVersioningStatus, ExpirationStatus, LifecycleRule, ObjectLockEnabled, ObjectOwnership,
    OwnershipControlsRule, ReplicationRuleStatus, ServerSideEncryptionConfiguration,
};

use super::Photos;
use crate::fault::Fault;

impl Photos {
    /// Asks for everything that the port wants to know of a bucket.
    pub(super) async fn facts(&self, bucket: &str) -> Result<BucketFacts, PortError> {
        let asked = self
            .client
            .get_bucket_versioning()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let status = match asked {
            Ok(answer) => answer.status().cloned(),
            Err(error) => match error.raw_response().and_then(motos_versioning) {
                Some(status) => status,
                None => return Err(self.site.port_error("GetBucketVersioning", bucket, &error)),
            },
        };
        let versioning = match status {
            Some(BucketVersioningStatus::Enabled) => Versioning::Enabled,
            Some(BucketVersioningStatus::Suspended) => Versioning::Suspended,
            _ => Versioning::Never,
        };
        let (encryption, expiry, lock, acls, replicated) = tokio::try_join!(
            self.encryption(bucket),
            self.expiry(bucket),
            self.lock(bucket),
            self.acls(bucket),
            self.replicated(bucket),
        )?;
        Ok(BucketFacts { versioning, encryption, expiry, lock, acls, replicated })
    }

    async fn encryption(&self, bucket: &str) -> Result<Option<String>, PortError> {
        let asked = self
            .client
            .get_bucket_encryption()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let read = asked.map(|answer| algorithm(answer.server_side_encryption_configuration()));
        let unset = ("ServerSideEncryptionConfigurationNotFoundError", algorithm(None));
        self.unless_unasked("GetBucketEncryption", bucket, read, unset)
    }

    async fn expiry(&self, bucket: &str) -> Result<Option<Vec<ExpiryRule>>, PortError> {
        let asked = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let read = asked.map(|answer| answer.rules().iter().filter_map(expiry_rule).collect());
        let unset = ("NoSuchLifecycleConfiguration", Vec::new());
        self.unless_unasked("GetBucketLifecycleConfiguration", bucket, read, unset)
    }

    async fn lock(&self, bucket: &str) -> Result<Option<bool>, PortError> {
        let asked = self
            .client
            .get_object_lock_configuration()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let read = asked.map(|answer| {
            let on = answer.object_lock_configuration().and_then(|lock| lock.object_lock_enabled());
            on == Some(&ObjectLockEnabled::Enabled)
        });
        let unset = ("ObjectLockConfigurationNotFoundError", false);
        self.unless_unasked("GetObjectLockConfiguration", bucket, read, unset)
    }

    async fn acls(&self, bucket: &str) -> Result<Option<bool>, PortError> {
        let asked = self
            .client
            .get_bucket_ownership_controls()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let enforced =
            |rule: &OwnershipControlsRule| *rule.object_ownership() == ObjectOwnership::BucketOwnerEnforced;
        let read = asked.map(|answer| {
            let rules = answer.ownership_controls().map(|controls| controls.rules()).unwrap_or_default();
            !rules.iter().any(enforced)
        });
        // A bucket from before there were such controls: its objects have access lists.
        let unset = ("OwnershipControlsNotFoundError", true);
        self.unless_unasked("GetBucketOwnershipControls", bucket, read, unset)
    }

    async fn replicated(&self, bucket: &str) -> Result<Option<bool>, PortError> {
        let asked = self
            .client
            .get_bucket_replication()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let read = asked.map(|answer| {
            let rules = answer.replication_configuration().map(|c| c.rules()).unwrap_or_default();
            rules.iter().any(|rule| *rule.status() == ReplicationRuleStatus::Enabled)
        });
        let unset = ("ReplicationConfigurationNotFoundError", false);
        self.unless_unasked("GetBucketReplication", bucket, read, unset)
    }

    /// What was read in an answer; what goes with the code that says that nothing is set up; `None` when the credentials
    /// may not ask it or an emulator doesn't offer it, because nothing depends on it.
    #[expect(clippy::result_large_err, reason = "the port's error is what it is: large, and rare")]
    fn unless_unasked<T, E>(
        &self,
        operation: &'static str,
        bucket: &str,
        read: Result<T, SdkError<E>>,
        (code, unset): (&str, T),
    ) -> Result<Option<T>, PortError>
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        let fault = match read {
            Ok(read) => return Ok(Some(read)),
            Err(error) => Fault::of(&error),
        };
        if fault.code() == code {
            return Ok(Some(unset));
        }
        let unoffered = fault.code() == "NotImplemented" || fault.status == Some(501);
        let error = self.site.explain(operation, bucket, fault);
        if unoffered || error.kind == PortErrorKind::Denied { Ok(None) } else { Err(error) }
    }
}

/// The answer to `GetBucketVersioning` of moto, a stand-in for AWS, whose outermost element has another name than
/// S3's (`VersioningConfiguration`), so that the SDK doesn't know it. `None` when it is not that.
fn motos_versioning(response: &HttpResponse) -> Option<Option<BucketVersioningStatus>> {
    let body = std::str::from_utf8(response.body().bytes()?).ok()?;
    let (_, inside) = body.split_once("<GetBucketVersioningResponse")?;
    let status = inside.split_once("<Status>").and_then(|(_, rest)| rest.split('<').next());
    (response.status().as_u16() == 200).then(|| status.map(BucketVersioningStatus::from))
}

fn algorithm(configuration: Option<&ServerSideEncryptionConfiguration>) -> String {
    configuration
        .and_then(|c| c.rules().first())
        .and_then(|rule| rule.apply_server_side_encryption_by_default())
        .map_or("none", |default| default.sse_algorithm().as_str())
        .to_owned()
}

/// A rule that is on and removes or hides something after a number of days. Filters by tag or size only narrow a
/// rule, and are left out: the warning is then for more keys than it need be, never for fewer.
fn expiry_rule(rule: &LifecycleRule) -> Option<ExpiryRule> {
    let days = |days: Option<i32>| days.and_then(|n| u32::try_from(n).ok());
    let noncurrent_days = days(rule.noncurrent_version_expiration().and_then(|e| e.noncurrent_days()));
    let current_days = days(rule.expiration().and_then(|e| e.days()));
    if *rule.status() != ExpirationStatus::Enabled || (noncurrent_days.is_none() && current_days.is_none()) {
        return None;
    }
    let filter = rule.filter();
    #[expect(deprecated, reason = "rules written before filters existed still carry their prefix there")]
    let prefix = filter
        .and_then(|f| f.prefix().or_else(|| f.and().and_then(|and| and.prefix())))
        .or_else(|| rule.prefix());
    Some(ExpiryRule {
        id: rule.id().unwrap_or_default().to_owned(),
        prefix: prefix.unwrap_or_default().to_owned(),
        noncurrent_days,
        current_days,
    })
}
