//! What a copy loses unless it is asked for by name (facts §1.4): looked up in the version that is copied.

use action::port::PortError;
use aws_sdk_s3::error::ProvideErrorMetadata;
use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    Grant, ObjectLockLegalHoldStatus, ObjectLockMode, Permission, ServerSideEncryption, Type,
};
use jiff::Timestamp;

use super::copy::Way;
use super::{Photos, at};
use crate::fault::Fault;

/// What the copy is to get besides what S3 copies.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// `None` is the destination's default.
    pub(super) encryption: Option<Encryption>,
    pub(super) redirect: Option<String>,
    pub(super) grants: Grants,
    pub(super) retention: Option<(ObjectLockMode, DateTime)>,
    pub(super) held: bool,
}

/// How a version is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Encryption {
    pub(super) algorithm: ServerSideEncryption,
    pub(super) key: Option<String>,
    pub(super) bucket_key: Option<bool>,
}

/// An access list, as the `x-amz-grant-*` headers have it. Empty is a private one.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Grants {
    pub(super) full: Option<String>,
    pub(super) read: Option<String>,
    pub(super) read_acp: Option<String>,
    pub(super) write_acp: Option<String>,
}

/// Asks for [`Kept`] in a request that makes an object: `CopyObject` or `CreateMultipartUpload`.
macro_rules! keeping {
    ($request:expr, $kept:expr) => {{
        let (mut request, kept): (_, &$crate::photos::kept::Kept) = ($request, $kept);
        if let Some(encryption) = &kept.encryption {
            request = request
                .server_side_encryption(encryption.algorithm.clone())
                .set_ssekms_key_id(encryption.key.clone())
                .set_bucket_key_enabled(encryption.bucket_key);
        }
        if let Some((mode, until)) = &kept.retention {
            request = request.object_lock_mode(mode.clone()).object_lock_retain_until_date(*until);
        }
        if kept.held {
            request = request.object_lock_legal_hold_status(aws_sdk_s3::types::ObjectLockLegalHoldStatus::On);
        }
        request
            .set_website_redirect_location(kept.redirect.clone())
            .set_grant_full_control(kept.grants.full.clone())
            .set_grant_read(kept.grants.read.clone())
            .set_grant_read_acp(kept.grants.read_acp.clone())
            .set_grant_write_acp(kept.grants.write_acp.clone())
    }};
}
pub(super) use keeping;

impl Encryption {
    /// As an answer tells it. What says nothing is from before S3 encrypted everything, which can't be had any more:
    /// its copy is under S3's own keys.
    pub(super) fn told(
        algorithm: Option<&ServerSideEncryption>,
        key: Option<&str>,
        bucket_key: Option<bool>,
    ) -> Self {
        let algorithm = algorithm.cloned().unwrap_or(ServerSideEncryption::Aes256);
        let with_key = algorithm != ServerSideEncryption::Aes256;
        Self {
            algorithm,
            key: key.filter(|_| with_key).map(str::to_owned),
            bucket_key: bucket_key.filter(|on| *on && with_key),
        }
    }

    pub(super) fn of(head: &HeadObjectOutput) -> Self {
        Self::told(head.server_side_encryption(), head.ssekms_key_id(), head.bucket_key_enabled())
    }

    /// Whether it is the same protection. A bucket key is only a way to ask KMS less often.
    pub(super) fn same(&self, other: &Self) -> bool {
        (&self.algorithm, &self.key) == (&other.algorithm, &other.key)
    }
}

impl Photos {
    /// Looks up what the copy is to keep: nothing is sent when nothing is.
    pub(super) async fn kept(&self, way: &Way<'_>) -> Result<Kept, PortError> {
        let keep = way.copy.keep;
        let mut kept = Kept::default();
        if keep.encryption {
            let head = self.head_of(way).await?;
            kept.encryption = Some(Encryption::of(&head));
            kept.redirect = head.website_redirect_location().map(str::to_owned);
        }
        if keep.acl {
            kept.grants = self.grants(way).await?;
        }
        if keep.lock {
            kept.retention = self.retention(way).await?;
            kept.held = self.held(way).await?;
        }
        Ok(kept)
    }

    pub(super) async fn encryption_of(&self, way: &Way<'_>) -> Result<Encryption, PortError> {
        Ok(Encryption::of(&self.head_of(way).await?))
    }

    pub(super) async fn head_of(&self, way: &Way<'_>) -> Result<HeadObjectOutput, PortError> {
        let (bucket, key) = way.from;
        let checksums = aws_sdk_s3::types::ChecksumMode::Enabled;
        let head = self.head(bucket, key).version_id(&way.copy.version.0).checksum_mode(checksums).send();
        head.await.map_err(|e| self.site.port_error("HeadObject", &at(bucket, key), &e))
    }

    async fn grants(&self, way: &Way<'_>) -> Result<Grants, PortError> {
        let (bucket, key) = way.from;
        let asked = self
            .client
            .get_object_acl()
            .bucket(bucket)
            .key(key)
            .version_id(&way.copy.version.0)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await
            .map_err(|e| self.site.port_error("GetObjectAcl", &at(bucket, key), &e))?;
        let owner = asked.owner().and_then(|owner| owner.id());
        Ok(Grants::of(asked.grants(), owner))
    }

    /// The retention that still has time to run.
    async fn retention(&self, way: &Way<'_>) -> Result<Option<(ObjectLockMode, DateTime)>, PortError> {
        let (bucket, key) = way.from;
        let asked = self
            .client
            .get_object_retention()
            .bucket(bucket)
            .key(key)
            .version_id(&way.copy.version.0)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        let answer = match asked {
            Ok(answer) => answer,
            Err(error) if unlocked(error.code()) => return Ok(None),
            Err(error) => {
                return Err(self.site.explain("GetObjectRetention", &at(bucket, key), Fault::of(&error)));
            }
        };
        let running = |until: &DateTime| until.secs() > Timestamp::now().as_second();
        let retention = answer.retention();
        let mode = retention.and_then(|r| r.mode()).map(|mode| ObjectLockMode::from(mode.as_str()));
        Ok(mode.zip(retention.and_then(|r| r.retain_until_date()).copied().filter(running)))
    }

    async fn held(&self, way: &Way<'_>) -> Result<bool, PortError> {
        let (bucket, key) = way.from;
        let asked = self
            .client
            .get_object_legal_hold()
            .bucket(bucket)
            .key(key)
            .version_id(&way.copy.version.0)
            .expected_bucket_owner(&self.site.account)
            .send()
            .await;
        match asked {
            Ok(answer) => {
                let status = answer.legal_hold().and_then(|hold| hold.status());
                Ok(status == Some(&ObjectLockLegalHoldStatus::On))
            }
            Err(error) if unlocked(error.code()) => Ok(false),
            Err(error) => Err(self.site.explain("GetObjectLegalHold", &at(bucket, key), Fault::of(&error))),
        }
    }
}

/// Whether an answer says that there is no lock: none on the version, or none in its bucket.
fn unlocked(code: Option<&str>) -> bool {
    matches!(
        code,
        Some("NoSuchObjectLockConfiguration" | "ObjectLockConfigurationNotFoundError" | "InvalidRequest")
    )
}

impl Grants {
    /// Headers that make the same list. A list that only gives its owner full control is what a copy gets anyway.
    fn of(grants: &[Grant], owner: Option<&str>) -> Self {
        let mut list = Self::default();
        let private = |grant: &Grant| {
            grant.permission() == Some(&Permission::FullControl)
                && owner.is_some()
                && grant.grantee().and_then(|grantee| grantee.id()) == owner
        };
        if grants.iter().all(private) {
            return list;
        }
        for grant in grants {
            let Some(grantee) = grant.grantee() else { continue };
            let who = match grantee.r#type() {
                Type::Group => grantee.uri().map(|uri| format!("uri=\"{uri}\"")),
                Type::AmazonCustomerByEmail => {
                    grantee.email_address().map(|mail| format!("emailAddress=\"{mail}\""))
                }
                _ => grantee.id().map(|id| format!("id=\"{id}\"")),
            };
            let to = match grant.permission() {
                Some(Permission::FullControl) => &mut list.full,
                Some(Permission::Read) => &mut list.read,
                Some(Permission::ReadAcp) => &mut list.read_acp,
                Some(Permission::WriteAcp) => &mut list.write_acp,
                // WRITE is for buckets.
                _ => continue,
            };
            let Some(who) = who else { continue };
            *to = Some(to.take().map_or_else(|| who.clone(), |before| format!("{before}, {who}")));
        }
        list
    }
}
