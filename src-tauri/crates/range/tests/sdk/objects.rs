//! Putting and getting: ranges, conditions, checksums, tags, settings of the bucket.

use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{
    BucketLifecycleConfiguration, ChecksumAlgorithm, ChecksumMode, ExpirationStatus, LifecycleRule,
    LifecycleRuleFilter, NoncurrentVersionExpiration, ServerSideEncryption, Tag, Tagging,
};

use crate::support::{BUCKET, empty, frozen, get, header, put, refusal};

#[tokio::test]
async fn ranges_are_slices() {
    let (_range, s3) = empty();
    put(&s3, "k", "0123456789").await;
    for (range, slice, told) in [
        ("bytes=2-4", "234", "bytes 2-4/10"),
        ("bytes=7-", "789", "bytes 7-9/10"),
        ("bytes=-3", "789", "bytes 7-9/10"),
    ] {
        let got = s3.get_object().bucket(BUCKET).key("k").range(range).send().await.unwrap();
        assert_eq!(got.content_range.as_deref(), Some(told));
        assert_eq!(got.body.collect().await.unwrap().to_vec(), slice.as_bytes());
    }
    let beyond = s3.get_object().bucket(BUCKET).key("k").range("bytes=10-").send().await;
    assert_eq!(refusal(beyond), (416, "InvalidRange".to_owned()));
}

#[tokio::test]
async fn reads_and_writes_are_conditional() {
    let (_range, s3) = frozen("2026-11-24T10:00:00.999Z");
    put(&s3, "k", "x").await;
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    let written: jiff::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    assert_eq!(head.last_modified, Some(DateTime::from_secs(written.as_second())), "whole seconds");
    let etag = head.e_tag.unwrap();
    let get = || s3.get_object().bucket(BUCKET).key("k");
    assert_eq!(refusal(get().if_match("\"other\"").send().await).0, 412);
    assert_eq!(refusal(get().if_none_match(&etag).send().await).0, 304);
    get().if_match(&etag).send().await.unwrap();
    let put = || s3.put_object().bucket(BUCKET).key("k");
    assert_eq!(refusal(put().if_none_match("*").send().await), (412, "PreconditionFailed".to_owned()));
    assert_eq!(refusal(put().if_match("\"other\"").send().await), (412, "PreconditionFailed".to_owned()));
    put().if_match(&etag).send().await.unwrap();
    s3.put_object().bucket(BUCKET).key("new").if_none_match("*").send().await.unwrap();
    let absent = s3.put_object().bucket(BUCKET).key("absent").if_match(&etag).send().await;
    assert_eq!(refusal(absent), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn checksums_are_checked_kept_and_told() {
    let (_range, s3) = empty();
    let put = || s3.put_object().bucket(BUCKET).key("k").body(b"photo".to_vec().into());
    let wrong = put().checksum_sha256("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=").send().await;
    assert_eq!(refusal(wrong), (400, "BadDigest".to_owned()));
    let wrong = put().content_md5("AAAAAAAAAAAAAAAAAAAAAA==").send().await;
    assert_eq!(refusal(wrong), (400, "BadDigest".to_owned()));
    for algorithm in [ChecksumAlgorithm::Crc32C, ChecksumAlgorithm::Sha1, ChecksumAlgorithm::Sha256] {
        put().checksum_algorithm(algorithm).send().await.unwrap();
        let got = s3.get_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled).send().await;
        // Collecting the body makes the SDK check it.
        assert_eq!(got.unwrap().body.collect().await.unwrap().to_vec(), b"photo");
    }
    let head =
        s3.head_object().bucket(BUCKET).key("k").checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert!(head.checksum_sha256.is_some());
}

#[tokio::test]
async fn a_stream_of_unknown_content_arrives_whole() {
    let (_range, s3) = empty();
    let file = tempfile::NamedTempFile::new().unwrap();
    let text = "photo ".repeat(50_000);
    std::fs::write(file.path(), &text).unwrap();
    let body = aws_sdk_s3::primitives::ByteStream::from_path(file.path()).await.unwrap();
    s3.put_object().bucket(BUCKET).key("k").body(body).send().await.unwrap();
    assert_eq!(get(&s3, "k", None).await, text);
}

#[tokio::test]
async fn tags_belong_to_a_version() {
    let (_range, s3) = empty();
    let old = put(&s3, "k", "old").await.unwrap();
    put(&s3, "k", "new").await;
    let tag = Tag::builder().key("state").value("printed").build().unwrap();
    let tagging = Tagging::builder().tag_set(tag).build().unwrap();
    s3.put_object_tagging().bucket(BUCKET).key("k").version_id(&old).tagging(tagging).send().await.unwrap();
    let of_old = s3.get_object_tagging().bucket(BUCKET).key("k").version_id(&old).send().await.unwrap();
    assert_eq!(of_old.tag_set[0].value, "printed");
    assert_eq!(of_old.version_id, Some(old));
    assert!(s3.get_object_tagging().bucket(BUCKET).key("k").send().await.unwrap().tag_set.is_empty());
}

#[tokio::test]
async fn settings_are_told_as_s3_tells_them() {
    let (_range, s3) = empty();
    let encryption = s3.get_bucket_encryption().bucket(BUCKET).send().await.unwrap();
    let rules = encryption.server_side_encryption_configuration.unwrap().rules;
    let default = rules[0].apply_server_side_encryption_by_default.as_ref().unwrap();
    assert_eq!(default.sse_algorithm, ServerSideEncryption::Aes256);
    let location = s3.get_bucket_location().bucket(BUCKET).send().await.unwrap().location_constraint;
    assert_eq!(location.unwrap().as_str(), "", "us-east-1 has no name here");
    let none = s3.get_bucket_replication().bucket(BUCKET).send().await;
    assert_eq!(refusal(none), (404, "ReplicationConfigurationNotFoundError".to_owned()));
    let none = s3.get_object_lock_configuration().bucket(BUCKET).send().await;
    assert_eq!(refusal(none), (404, "ObjectLockConfigurationNotFoundError".to_owned()));
    let none = s3.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await;
    assert_eq!(refusal(none), (404, "NoSuchLifecycleConfiguration".to_owned()));

    let expiration = NoncurrentVersionExpiration::builder().noncurrent_days(30).build();
    let rule = LifecycleRule::builder()
        .id("old-versions")
        .status(ExpirationStatus::Enabled)
        .filter(LifecycleRuleFilter::builder().prefix("photos/").build())
        .noncurrent_version_expiration(expiration)
        .build()
        .unwrap();
    let rules = BucketLifecycleConfiguration::builder().rules(rule.clone()).build().unwrap();
    let put = s3.put_bucket_lifecycle_configuration().bucket(BUCKET).lifecycle_configuration(rules);
    put.send().await.unwrap();
    let held = s3.get_bucket_lifecycle_configuration().bucket(BUCKET).send().await.unwrap();
    assert_eq!(held.rules(), [rule]);
}

#[tokio::test]
async fn what_the_range_does_not_do_is_refused() {
    let (_range, s3) = empty();
    let policy = s3.get_bucket_policy().bucket(BUCKET).send().await;
    assert_eq!(refusal(policy), (501, "NotImplemented".to_owned()));
    let dsse =
        s3.put_object().bucket(BUCKET).key("k").server_side_encryption(ServerSideEncryption::AwsKmsDsse);
    assert_eq!(refusal(dsse.send().await), (501, "NotImplemented".to_owned()));
    let own = s3.put_object().bucket(BUCKET).key("k").sse_customer_algorithm("AES256");
    let own = own.sse_customer_key("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=").sse_customer_key_md5("x");
    assert_eq!(refusal(own.send().await), (501, "NotImplemented".to_owned()));
    let absent = s3.get_object().bucket(BUCKET).key("absent").send().await;
    assert!(header(&absent, "x-amz-request-id").is_some());
    assert_eq!(refusal(absent), (404, "NoSuchKey".to_owned()));
    let absent = s3.list_objects_v2().bucket("absent").send().await;
    assert_eq!(refusal(absent), (404, "NoSuchBucket".to_owned()));
}
