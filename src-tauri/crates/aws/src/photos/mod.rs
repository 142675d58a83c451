//! The badge photos in S3.
//!
//! Two clients share the work. What only reads, or may be asked twice, goes through one that sends again what may
//! pass. Copies, markers and removals go through the other, which sends once: how often and how fast is for the engine
//! to say, and a storm of refused copies takes no retry from anything else (facts §1.13).
//!
//! When the network swallows the answer to a write, the next attempt can find the first one's work in its way, and be
//! told that the photo has changed. Whose work it is shows only in the photo itself, so the caller looks, as
//! `photos.restore` does.

use std::time::Duration;

use action::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, PageMarker, PhotoStore, PortError, Receipt, Removed,
    Thawing, Tier, VersionId, VersionPage,
};
use async_trait::async_trait;
use aws_sdk_s3::operation::RequestId;
use aws_sdk_s3::operation::head_object::builders::HeadObjectFluentBuilder;
use aws_sdk_s3::{Client, error::ProvideErrorMetadata, error::SdkError};
use futures::future::FutureExt as _;
use sha2::{Digest, Sha256};

use crate::encoding::bare;
use crate::errors::Site;
use crate::fault::{Fault, Trouble};

mod copy;
mod facts;
mod kept;
mod listing;
mod parts;
mod removal;
mod thaw;

/// What S3 calls a version that was written without versioning.
const NULL: &str = "null";

/// How often a download that breaks off is begun again.
const DOWNLOADS: u32 = 3;

pub(crate) struct Photos {
    /// Sends again what may pass.
    pub(crate) client: Client,
    /// Sends once, and waits for as long as it is told by [`Photos::patiently`].
    pub(crate) once: Client,
    pub(crate) site: Site,
    /// How long a write may take.
    pub(crate) limit: Duration,
    /// How long a copy may take, and a second for each [`A_SECOND`] besides.
    pub(crate) copy_limit: Duration,
    /// The most bytes that one request copies.
    pub(crate) copy_whole: u64,
    /// How often a part of a copy is sent before it counts as failed.
    pub(crate) attempts: u32,
}

/// The bytes that S3 copies in a second, at its slowest.
const A_SECOND: u64 = 20_000_000;

#[async_trait]
impl PhotoStore for Photos {
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError> {
        self.facts(bucket).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        self.page(bucket, prefix, after, limit).await
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
        days: Option<u32>,
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

    /// How long a copy of so many bytes may take.
    fn copy_limit(&self, bytes: u64) -> Duration {
        self.copy_limit + Duration::from_secs(bytes / A_SECOND)
    }

    /// Waits for an answer that comes once or not at all. One timer around the whole is cheaper than the SDK's three.
    async fn patiently<T, E>(
        limit: Duration,
        sent: impl Future<Output = Result<T, SdkError<E>>> + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        E: std::error::Error + ProvideErrorMetadata + Send + 'static,
    {
        match tokio::time::timeout(limit, apart(sent)).await {
            Ok(answer) => answer.map_err(|error| Fault::of(&error)),
            Err(_) => Err(Fault { trouble: Some(Trouble::Timeout), ..Fault::default() }),
        }
    }
}

/// Has whichever core is free do the work, so that hundreds of requests that one task waits for don't share one.
/// Dropped, it stops as if it were done here.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> T {
    let (work, done) = work.remote_handle();
    tokio::spawn(work);
    done.await
}

/// Bytes in hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A key for an error's target.
pub(crate) fn at(bucket: &str, key: &str) -> String {
    format!("{bucket}/{key}")
}
