//! The S3 API over a [`Store`]: one line an operation here, the work in the modules beneath.
//!
//! What isn't listed answers 501 `NotImplemented`.

mod body;
mod buckets;
mod copy;
mod extras;
mod list;
mod multipart;
mod objects;
mod thaw;
mod wire;

use s3s::dto::*;
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::store::Store;

/// The region of every bucket here.
pub(crate) const REGION: &str = "us-east-1";

/// Answers S3's operations from a store.
pub(crate) struct Api {
    pub(crate) store: Store,
}

type Answer<T> = S3Result<S3Response<T>>;

fn ok<T>(output: S3Result<T>) -> Answer<T> {
    output.map(S3Response::new)
}

#[async_trait::async_trait]
impl S3 for Api {
    async fn create_bucket(&self, req: S3Request<CreateBucketInput>) -> Answer<CreateBucketOutput> {
        ok(buckets::create(&self.store, &req.input))
    }
    async fn head_bucket(&self, req: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        ok(buckets::head(&self.store, &req.input.bucket))
    }
    async fn list_buckets(&self, req: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        ok(buckets::list(&self.store, req.input))
    }
    async fn get_bucket_location(
        &self,
        req: S3Request<GetBucketLocationInput>,
    ) -> Answer<GetBucketLocationOutput> {
        ok(buckets::location(&self.store, &req.input.bucket))
    }
    async fn get_bucket_versioning(
        &self,
        req: S3Request<GetBucketVersioningInput>,
    ) -> Answer<GetBucketVersioningOutput> {
        ok(buckets::versioning(&self.store, &req.input.bucket))
    }
    async fn put_bucket_versioning(
        &self,
        req: S3Request<PutBucketVersioningInput>,
    ) -> Answer<PutBucketVersioningOutput> {
        ok(buckets::set_versioning(&self.store, &req.input))
    }
    async fn get_bucket_encryption(
        &self,
        req: S3Request<GetBucketEncryptionInput>,
    ) -> Answer<GetBucketEncryptionOutput> {
        ok(buckets::encryption(&self.store, &req.input.bucket))
    }
    async fn get_bucket_lifecycle_configuration(
        &self,
        req: S3Request<GetBucketLifecycleConfigurationInput>,
    ) -> Answer<GetBucketLifecycleConfigurationOutput> {
        ok(buckets::lifecycle(&self.store, &req.input.bucket))
    }
    async fn put_bucket_lifecycle_configuration(
        &self,
        req: S3Request<PutBucketLifecycleConfigurationInput>,
    ) -> Answer<PutBucketLifecycleConfigurationOutput> {
        ok(buckets::set_lifecycle(&self.store, req.input))
    }
    async fn delete_bucket_lifecycle(
        &self,
        req: S3Request<DeleteBucketLifecycleInput>,
    ) -> Answer<DeleteBucketLifecycleOutput> {
        ok(buckets::clear_lifecycle(&self.store, &req.input.bucket))
    }
    async fn get_bucket_replication(
        &self,
        req: S3Request<GetBucketReplicationInput>,
    ) -> Answer<GetBucketReplicationOutput> {
        ok(buckets::replication(&self.store, &req.input.bucket))
    }
    async fn get_object_lock_configuration(
        &self,
        req: S3Request<GetObjectLockConfigurationInput>,
    ) -> Answer<GetObjectLockConfigurationOutput> {
        ok(buckets::object_lock(&self.store, &req.input.bucket))
    }

    async fn put_bucket_encryption(
        &self,
        req: S3Request<PutBucketEncryptionInput>,
    ) -> Answer<PutBucketEncryptionOutput> {
        ok(buckets::set_encryption(&self.store, &req.input))
    }
    async fn put_bucket_replication(
        &self,
        req: S3Request<PutBucketReplicationInput>,
    ) -> Answer<PutBucketReplicationOutput> {
        ok(buckets::set_replication(&self.store, req.input))
    }
    async fn get_bucket_ownership_controls(
        &self,
        req: S3Request<GetBucketOwnershipControlsInput>,
    ) -> Answer<GetBucketOwnershipControlsOutput> {
        ok(buckets::ownership(&self.store, &req.input.bucket))
    }
    async fn put_bucket_ownership_controls(
        &self,
        req: S3Request<PutBucketOwnershipControlsInput>,
    ) -> Answer<PutBucketOwnershipControlsOutput> {
        ok(buckets::set_ownership(&self.store, &req.input))
    }
    async fn delete_bucket_ownership_controls(
        &self,
        req: S3Request<DeleteBucketOwnershipControlsInput>,
    ) -> Answer<DeleteBucketOwnershipControlsOutput> {
        ok(buckets::clear_ownership(&self.store, &req.input.bucket))
    }
    async fn put_object_lock_configuration(
        &self,
        req: S3Request<PutObjectLockConfigurationInput>,
    ) -> Answer<PutObjectLockConfigurationOutput> {
        ok(buckets::set_object_lock(&self.store, req.input))
    }
    async fn get_object_acl(&self, req: S3Request<GetObjectAclInput>) -> Answer<GetObjectAclOutput> {
        ok(extras::acl(&self.store, req.input))
    }
    async fn put_object_acl(&self, req: S3Request<PutObjectAclInput>) -> Answer<PutObjectAclOutput> {
        ok(extras::set_acl(&self.store, req.input))
    }
    async fn get_object_retention(
        &self,
        req: S3Request<GetObjectRetentionInput>,
    ) -> Answer<GetObjectRetentionOutput> {
        ok(extras::retained(&self.store, req.input))
    }
    async fn put_object_retention(
        &self,
        req: S3Request<PutObjectRetentionInput>,
    ) -> Answer<PutObjectRetentionOutput> {
        ok(extras::retain(&self.store, req.input))
    }
    async fn get_object_legal_hold(
        &self,
        req: S3Request<GetObjectLegalHoldInput>,
    ) -> Answer<GetObjectLegalHoldOutput> {
        ok(extras::held(&self.store, req.input))
    }
    async fn put_object_legal_hold(
        &self,
        req: S3Request<PutObjectLegalHoldInput>,
    ) -> Answer<PutObjectLegalHoldOutput> {
        ok(extras::hold(&self.store, req.input))
    }
    async fn restore_object(&self, req: S3Request<RestoreObjectInput>) -> Answer<RestoreObjectOutput> {
        thaw::begin(&self.store, req.input)
    }

    async fn put_object(&self, req: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        ok(objects::put(&self.store, req).await)
    }
    async fn get_object(&self, req: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        ok(objects::get(&self.store, &req.input))
    }
    async fn head_object(&self, req: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        ok(objects::head(&self.store, &req.input))
    }
    async fn delete_object(&self, req: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        ok(objects::delete(&self.store, req.input))
    }
    async fn delete_objects(&self, req: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        ok(objects::delete_many(&self.store, req.input))
    }
    async fn get_object_tagging(
        &self,
        req: S3Request<GetObjectTaggingInput>,
    ) -> Answer<GetObjectTaggingOutput> {
        ok(objects::tags(&self.store, req.input))
    }
    async fn put_object_tagging(
        &self,
        req: S3Request<PutObjectTaggingInput>,
    ) -> Answer<PutObjectTaggingOutput> {
        ok(objects::set_tags(&self.store, req.input))
    }
    async fn copy_object(&self, req: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        ok(copy::copy(&self.store, req))
    }

    async fn list_objects(&self, req: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        ok(list::objects(&self.store, req.input))
    }
    async fn list_objects_v2(&self, req: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        ok(list::objects_v2(&self.store, req.input))
    }
    async fn list_object_versions(
        &self,
        req: S3Request<ListObjectVersionsInput>,
    ) -> Answer<ListObjectVersionsOutput> {
        ok(list::versions(&self.store, req.input))
    }

    async fn create_multipart_upload(
        &self,
        req: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        ok(multipart::create(&self.store, req.input))
    }
    async fn upload_part(&self, req: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        ok(multipart::upload_part(&self.store, req).await)
    }
    async fn upload_part_copy(&self, req: S3Request<UploadPartCopyInput>) -> Answer<UploadPartCopyOutput> {
        ok(copy::part(&self.store, &req.input))
    }
    async fn complete_multipart_upload(
        &self,
        req: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        ok(multipart::complete(&self.store, req.input))
    }
    async fn abort_multipart_upload(
        &self,
        req: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        ok(multipart::abort(&self.store, &req.input))
    }
    async fn list_parts(&self, req: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        ok(multipart::list_parts(&self.store, req.input))
    }
    async fn list_multipart_uploads(
        &self,
        req: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        ok(multipart::list_uploads(&self.store, req.input))
    }
}
