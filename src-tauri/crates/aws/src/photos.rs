//! The badge photos in S3: what reads. What writes is in [`crate::writes`].

use action::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, ExpiryRule, PageMarker, Photo, PhotoStore, PortError,
    PortErrorKind, Receipt, Removed, Thawing, Tier, Version, VersionId, VersionPage, Versioning,
};
use async_trait::async_trait;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder;
use aws_sdk_s3::operation::list_object_versions::ListObjectVersionsOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    BucketVersioningStatus, EncodingType, ExpirationStatus, LifecycleRule, ServerSideEncryptionConfiguration,
};
use aws_sdk_s3::{Client, operation::RequestId};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::encoding::{bare, listed};
use crate::errors::Site;
use crate::fault::{Fault, Trouble};

/// What S3 calls a version that was written without versioning.
const NULL: &str = "null";

/// How often a download that breaks off is begun again.
const DOWNLOADS: u32 = 3;

pub(crate) struct Photos {
    pub(crate) client: Client,
    pub(crate) site: Site,
    /// The time limits of copies.
    pub(crate) copying: TimeoutConfig,
}

#[async_trait]
impl PhotoStore for Photos {
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError> {
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
        Ok(BucketFacts {
            versioning,
            encryption: self.encryption(bucket).await?,
            expiry: self.expiry(bucket).await?,
            lock: None,
            acls: None,
            replicated: None,
        })
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        // Markers are sent as plain text; the SDK encodes them into the query like every other parameter.
        let answer = self
            .client
            .list_object_versions()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .encoding_type(EncodingType::Url)
            .prefix(prefix)
            .set_key_marker(after.map(|marker| marker.key.clone()))
            .set_version_id_marker(after.map(|m| m.version.0.clone()).filter(|version| !version.is_empty()))
            .set_max_keys(limit.map(i32::from))
            .send()
            .await
            .map_err(|e| self.site.port_error("ListObjectVersions", bucket, &e))?;
        page(&answer, after).map_err(|message| PortError {
            kind: PortErrorKind::Other,
            operation: "ListObjectVersions".to_owned(),
            target: bucket.to_owned(),
            message: message.to_owned(),
            request_id: answer.request_id().map(str::to_owned),
            next:
                "A listing that can't be trusted is not used. Try again; if this repeats, show it to whoever \
                   looks after the AWS account."
                    .to_owned(),
        })
    }

    async fn copy_version(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        self.copy(bucket, copy).await
    }

    async fn put_marker(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        self.hide(bucket, key, etag).await
    }

    async fn remove_versions(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        self.remove(bucket, entries).await
    }

    async fn thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: Tier,
        days: u32,
    ) -> Result<Option<String>, PortError> {
        self.ask_to_thaw(bucket, key, version, tier, days).await
    }

    async fn thawing(&self, bucket: &str, key: &str, version: &VersionId) -> Result<Thawing, PortError> {
        self.look_at_thawing(bucket, key, version).await
    }

    async fn current(&self, bucket: &str, key: &str) -> Result<Option<Current>, PortError> {
        match self.head(bucket, key).send().await {
            Ok(head) => Ok(Some(Current {
                version: VersionId(head.version_id().unwrap_or(NULL).to_owned()),
                etag: bare(head.e_tag().unwrap_or_default()),
                size: head.content_length().and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
            })),
            Err(error) => match error.raw_response().map(|response| response.status().as_u16()) {
                // No such key, or its current version is a delete marker.
                Some(404) => Ok(None),
                _ => Err(self.site.port_error("HeadObject", &at(bucket, key), &error)),
            },
        }
    }

    async fn digest(&self, bucket: &str, key: &str, version: &VersionId) -> Result<ContentDigest, PortError> {
        let mut tries = 1;
        loop {
            let answer = self
                .client
                .get_object()
                .bucket(bucket)
                .key(key)
                .version_id(&version.0)
                .expected_bucket_owner(&self.site.account)
                .send()
                .await
                .map_err(|e| self.site.port_error("GetObject", &at(bucket, key), &e))?;
            let request_id = answer.request_id().map(str::to_owned);
            let mut body = answer.body;
            let (mut sha, mut bytes) = (Sha256::new(), 0_u64);
            let whole = loop {
                match body.next().await {
                    Some(Ok(chunk)) => {
                        bytes += chunk.len() as u64;
                        sha.update(&chunk);
                    }
                    Some(Err(_)) => break false,
                    None => break true,
                }
            };
            if whole {
                return Ok(ContentDigest { sha256: hex(&sha.finalize()), bytes });
            }
            if tries == DOWNLOADS {
                let fault = Fault { trouble: Some(Trouble::Broken), request_id, ..Fault::default() };
                return Err(self.site.explain("GetObject", &at(bucket, key), fault));
            }
            tries += 1;
        }
    }

    async fn described(&self, bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError> {
        self.description(bucket, key, version).await
    }
}

impl Photos {
    /// Asks about a key without reading it.
    pub(crate) fn head(&self, bucket: &str, key: &str) -> HeadObjectFluentBuilder {
        self.client.head_object().bucket(bucket).key(key).expected_bucket_owner(&self.site.account)
    }

    async fn encryption(&self, bucket: &str) -> Result<Option<String>, PortError> {
        let asked = self
            .client
            .get_bucket_encryption()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(Some(algorithm(answer.server_side_encryption_configuration()))),
            Err(error) => {
                let fault = Fault::of(&error);
                if fault.code() == "ServerSideEncryptionConfigurationNotFoundError" {
                    return Ok(Some(algorithm(None)));
                }
                self.unless_unasked("GetBucketEncryption", bucket, fault).map_or(Ok(None), Err)
            }
        }
    }

    async fn expiry(&self, bucket: &str) -> Result<Option<Vec<ExpiryRule>>, PortError> {
        let asked = self
            .client
            .get_bucket_lifecycle_configuration()
            .bucket(bucket)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        match asked {
            Ok(answer) => Ok(Some(answer.rules().iter().filter_map(expiry_rule).collect())),
            Err(error) => {
                let fault = Fault::of(&error);
                if fault.code() == "NoSuchLifecycleConfiguration" {
                    return Ok(Some(Vec::new()));
                }
                self.unless_unasked("GetBucketLifecycleConfiguration", bucket, fault).map_or(Ok(None), Err)
            }
        }
    }

    /// The error of a question that must be answered: `None` when the credentials may not ask it or an emulator
    /// doesn't offer it, because nothing depends on it.
    fn unless_unasked(&self, operation: &'static str, bucket: &str, fault: Fault) -> Option<PortError> {
        let unoffered = fault.code() == "NotImplemented" || fault.status == Some(501);
        let error = self.site.explain(operation, bucket, fault);
        (!unoffered && error.kind != PortErrorKind::Denied).then_some(error)
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

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key for an error's target.
pub(crate) fn at(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
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

/// Reads one page. An entry without its key or time, or a page that doesn't lead on, spoils the whole page.
fn page(answer: &ListObjectVersionsOutput, after: Option<&PageMarker>) -> Result<VersionPage, &'static str> {
    // A server that doesn't say that it encoded didn't.
    let encoded = answer.encoding_type() == Some(&EncodingType::Url);
    let plain = |key: Option<&str>| {
        let key = key.ok_or("the listing has an entry without a key")?;
        if encoded {
            listed(key).ok_or("the listing has a key that is not UTF-8")
        } else {
            Ok(key.to_owned())
        }
    };
    let id = |version: Option<&str>| VersionId(version.unwrap_or(NULL).to_owned());
    let mut photos = Vec::with_capacity(answer.versions().len());
    for entry in answer.versions() {
        photos.push(Version {
            key: plain(entry.key())?,
            id: id(entry.version_id()),
            modified: second(entry.last_modified())?,
            latest: entry.is_latest().unwrap_or_default(),
            photo: Some(Photo {
                etag: bare(entry.e_tag().unwrap_or_default()),
                size: entry.size().and_then(|n| u64::try_from(n).ok()).unwrap_or_default(),
                storage_class: entry.storage_class().map_or("STANDARD", |class| class.as_str()).to_owned(),
                checksum: None,
                thawed: false,
            }),
        });
    }
    let mut markers = Vec::with_capacity(answer.delete_markers().len());
    for entry in answer.delete_markers() {
        markers.push(Version {
            key: plain(entry.key())?,
            id: id(entry.version_id()),
            modified: second(entry.last_modified())?,
            latest: entry.is_latest().unwrap_or_default(),
            photo: None,
        });
    }
    let next = match answer.is_truncated().unwrap_or_default() {
        false => None,
        true => Some(PageMarker {
            key: plain(answer.next_key_marker()).map_err(|_| "the listing breaks off without a next page")?,
            version: VersionId(answer.next_version_id_marker().unwrap_or_default().to_owned()),
        }),
    };
    if next.is_some() && next.as_ref() == after {
        return Err("the listing doesn't move on: a page leads to itself");
    }
    Ok(VersionPage { photos, markers, next })
}

fn second(time: Option<&DateTime>) -> Result<Timestamp, &'static str> {
    let time = time.ok_or("the listing has an entry without a time")?;
    Timestamp::from_second(time.secs()).map_err(|_| "the listing has an impossible time")
}
