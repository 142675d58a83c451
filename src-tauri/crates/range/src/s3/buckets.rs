//! Buckets and their settings.

use s3s::dto::*;
use s3s::{S3Result, s3_error};

use super::REGION;
use super::wire::{owner, timestamp};
use crate::store::Store;
use crate::versions::Versioning;

fn exists(store: &Store, bucket: &str) -> S3Result<()> {
    store.lock().bucket(bucket)?;
    Ok(())
}

pub(super) fn create(store: &Store, input: &CreateBucketInput) -> S3Result<CreateBucketOutput> {
    if input.object_lock_enabled_for_bucket == Some(true) {
        return Err(s3_error!(NotImplemented, "the practice range has no object lock"));
    }
    store.create_bucket(&input.bucket)?;
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
    store.set_versioning(&input.bucket, versioning)?;
    Ok(PutBucketVersioningOutput::default())
}

/// SSE-S3, which every bucket has by default.
pub(super) fn encryption(store: &Store, bucket: &str) -> S3Result<GetBucketEncryptionOutput> {
    exists(store, bucket)?;
    let rule = ServerSideEncryptionRule {
        apply_server_side_encryption_by_default: Some(ServerSideEncryptionByDefault {
            kms_master_key_id: None,
            sse_algorithm: ServerSideEncryption::from_static(ServerSideEncryption::AES256),
        }),
        bucket_key_enabled: Some(false),
    };
    let configuration = ServerSideEncryptionConfiguration { rules: vec![rule] };
    Ok(GetBucketEncryptionOutput { server_side_encryption_configuration: Some(configuration) })
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
    exists(store, bucket)?;
    Err(s3_error!(ReplicationConfigurationNotFoundError, "The replication configuration was not found"))
}

pub(super) fn object_lock(store: &Store, bucket: &str) -> S3Result<GetObjectLockConfigurationOutput> {
    exists(store, bucket)?;
    Err(s3_error!(
        ObjectLockConfigurationNotFoundError,
        "Object Lock configuration does not exist for this bucket"
    ))
}
