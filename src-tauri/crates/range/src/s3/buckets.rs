//! Buckets and their settings.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::wire::{owner, timestamp};
use super::{REGION, extras};
use crate::marks::Encryption;
use crate::store::Store;
use crate::versions::Versioning;

fn exists(store: &Store, bucket: &str) -> S3Result<()> {
    store.lock().bucket(bucket)?;
    Ok(())
}

pub(super) fn create(store: &Store, input: &CreateBucketInput) -> S3Result<CreateBucketOutput> {
    store.create_bucket(&input.bucket)?;
    if let Some(ownership) = &input.object_ownership {
        store.lock().bucket_mut(&input.bucket)?.settings.ownership = Some(ownership.as_str().to_owned());
    }
    if input.object_lock_enabled_for_bucket == Some(true) {
        let mut state = store.lock();
        let bucket = state.bucket_mut(&input.bucket)?;
        bucket.versioning = Versioning::Enabled;
        let enabled = Some(ObjectLockEnabled::from_static(ObjectLockEnabled::ENABLED));
        bucket.settings.lock = Some(ObjectLockConfiguration { object_lock_enabled: enabled, rule: None });
    }
    Ok(CreateBucketOutput { location: Some(format!("/{}", input.bucket)) })
}

pub(super) fn head(store: &Store, bucket: &str) -> S3Result<HeadBucketOutput> {
    exists(store, bucket)?;
    Ok(HeadBucketOutput { bucket_region: Some(REGION.to_owned()), ..HeadBucketOutput::default() })
}

pub(super) fn list(store: &Store, input: ListBucketsInput) -> S3Result<ListBucketsOutput> {
    let state = store.lock();
    let prefix = input.prefix.as_deref().unwrap_or_default();
    let buckets = state.buckets.iter().filter(|(name, _)| name.starts_with(prefix));
    let buckets = buckets.map(|(name, bucket)| Bucket {
        bucket_region: Some(REGION.to_owned()),
        creation_date: Some(timestamp(bucket.created)),
        name: Some(name.clone()),
    });
    Ok(ListBucketsOutput {
        buckets: Some(buckets.collect()),
        owner: Some(owner()),
        prefix: input.prefix.clone(),
        ..ListBucketsOutput::default()
    })
}

/// us-east-1 is told as an empty location.
pub(super) fn location(store: &Store, bucket: &str) -> S3Result<GetBucketLocationOutput> {
    exists(store, bucket)?;
    Ok(GetBucketLocationOutput::default())
}

pub(super) fn versioning(store: &Store, bucket: &str) -> S3Result<GetBucketVersioningOutput> {
    let status = match store.lock().bucket(bucket)?.versioning {
        Versioning::Never => None,
        Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
        Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
    };
    Ok(GetBucketVersioningOutput {
        mfa_delete: None,
        status: status.map(BucketVersioningStatus::from_static),
    })
}

pub(super) fn set_versioning(
    store: &Store,
    input: &PutBucketVersioningInput,
) -> S3Result<PutBucketVersioningOutput> {
    let versioning = match input.versioning_configuration.status.as_ref().map(BucketVersioningStatus::as_str)
    {
        Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
        Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
        _ => {
            return Err(s3_error!(
                IllegalVersioningConfigurationException,
                "Status must be Enabled or Suspended"
            ));
        }
    };
    let locked = store.lock().bucket(&input.bucket)?.settings.lock.is_some();
    if locked && versioning != Versioning::Enabled {
        return Err(s3_error!(InvalidBucketState, "An Object Lock configuration is present on this bucket"));
    }
    store.set_versioning(&input.bucket, versioning)?;
    Ok(PutBucketVersioningOutput::default())
}

/// SSE-S3 unless something else was set, as on S3.
pub(super) fn encryption(store: &Store, bucket: &str) -> S3Result<GetBucketEncryptionOutput> {
    let (algorithm, key, bucket_key) = match store.lock().bucket(bucket)?.settings.encryption.clone() {
        Encryption::S3 => (ServerSideEncryption::AES256, None, false),
        Encryption::Kms { key, bucket_key } => (ServerSideEncryption::AWS_KMS, Some(key), bucket_key),
    };
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            kms_master_key_id: key,
            sse_algorithm: ServerSideEncryption::from_static(algorithm),
        }),
        bucket_key_enabled: Some(bucket_key),
    };
    let configuration = ServerSideEncryptionConfiguration { rules: vec![rule] };
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) })
}

pub(super) fn set_encryption(
    store: &Store,
    input: &PutBucketEncryptionInput,
) -> S3Result<PutBucketEncryptionOutput> {
    let rule = input.server_side_encryption_configuration.rules.first();
    let default = rule.and_then(|rule| rule.apply_server_side_encryption_by_default.as_ref());
    let asked = extras::encryption(
        default.map(|default| &default.sse_algorithm),
        default.and_then(|default| default.kms_master_key_id.as_deref()),
        rule.and_then(|rule| rule.bucket_key_enabled),
    )?;
    store.lock().bucket_mut(&input.bucket)?.settings.encryption = asked.unwrap_or_default();
    Ok(PutBucketEncryptionOutput::default())
}

pub(super) fn lifecycle(store: &Store, bucket: &str) -> S3Result<GetBucketLifecycleConfigurationOutput> {
    let rules = store.lock().bucket(bucket)?.lifecycle.clone();
    let rules = rules.ok_or_else(|| {
        s3_error!(NoSuchLifecycleConfiguration, "The lifecycle configuration does not exist")
    })?;
    Ok(GetBucketLifecycleConfigurationOutput {
        rules: Some(rules),
        ..GetBucketLifecycleConfigurationOutput::default()
    })
}

/// Keeps the rules so that a survey can read them; nothing here ever expires.
pub(super) fn set_lifecycle(
    store: &Store,
    input: PutBucketLifecycleConfigurationInput,
) -> S3Result<PutBucketLifecycleConfigurationOutput> {
    let configuration = input
        .lifecycle_configuration
        .ok_or_else(|| s3_error!(MalformedXML, "the lifecycle configuration is missing"))?;
    store.lock().bucket_mut(&input.bucket)?.lifecycle = Some(configuration.rules);
    Ok(PutBucketLifecycleConfigurationOutput::default())
}

pub(super) fn clear_lifecycle(store: &Store, bucket: &str) -> S3Result<DeleteBucketLifecycleOutput> {
    store.lock().bucket_mut(bucket)?.lifecycle = None;
    Ok(DeleteBucketLifecycleOutput::default())
}

pub(super) fn replication(store: &Store, bucket: &str) -> S3Result<GetBucketReplicationOutput> {
    let held = store.lock().bucket(bucket)?.settings.replication.clone();
    let held = held.ok_or_else(|| {
        s3_error!(ReplicationConfigurationNotFoundError, "The replication configuration was not found")
    })?;
    Ok(GetBucketReplicationOutput { replication_configuration: Some(held) })
}

/// Keeps the rules so that a survey can read them; nothing here is ever replicated.
pub(super) fn set_replication(
    store: &Store,
    input: PutBucketReplicationInput,
) -> S3Result<PutBucketReplicationOutput> {
    store.lock().bucket_mut(&input.bucket)?.settings.replication = Some(input.replication_configuration);
    Ok(PutBucketReplicationOutput::default())
}

pub(super) fn ownership(store: &Store, bucket: &str) -> S3Result<GetBucketOwnershipControlsOutput> {
    let held = store.lock().bucket(bucket)?.settings.ownership.clone().ok_or_else(|| {
        s3_error!(OwnershipControlsNotFoundError, "The bucket ownership controls were not found")
    })?;
    let rules = vec![OwnershipControlsRule { object_ownership: ObjectOwnership::from(held) }];
    Ok(GetBucketOwnershipControlsOutput { ownership_controls: Some(OwnershipControls { rules }) })
}

pub(super) fn set_ownership(
    store: &Store,
    input: &PutBucketOwnershipControlsInput,
) -> S3Result<PutBucketOwnershipControlsOutput> {
    let rule = input.ownership_controls.rules.first();
    let rule = rule.ok_or_else(|| s3_error!(MalformedXML, "ownership controls have one rule"))?;
    store.lock().bucket_mut(&input.bucket)?.settings.ownership =
        Some(rule.object_ownership.as_str().to_owned());
    Ok(PutBucketOwnershipControlsOutput::default())
}

pub(super) fn clear_ownership(store: &Store, bucket: &str) -> S3Result<DeleteBucketOwnershipControlsOutput> {
    store.lock().bucket_mut(bucket)?.settings.ownership = None;
    Ok(DeleteBucketOwnershipControlsOutput::default())
}

pub(super) fn object_lock(store: &Store, bucket: &str) -> S3Result<GetObjectLockConfigurationOutput> {
    let held = store.lock().bucket(bucket)?.settings.lock.clone().ok_or_else(|| {
        s3_error!(
            ObjectLockConfigurationNotFoundError,
            "Object Lock configuration does not exist for this bucket"
        )
    })?;
    Ok(GetObjectLockConfigurationOutput { object_lock_configuration: Some(held) })
}

pub(super) fn set_object_lock(
    store: &Store,
    input: PutObjectLockConfigurationInput,
) -> S3Result<PutObjectLockConfigurationOutput> {
    let mut state = store.lock();
    let bucket = state.bucket_mut(&input.bucket)?;
    if bucket.versioning != Versioning::Enabled {
        return Err(s3_error!(
            InvalidBucketState,
            "Versioning must be 'Enabled' on the bucket to apply Object Lock"
        ));
    }
    bucket.settings.lock = input.object_lock_configuration;
    Ok(PutObjectLockConfigurationOutput::default())
}
