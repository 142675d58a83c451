//! Encryption, access lists, locks and archives, with S3's refusals.

use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketVersioningStatus, Delete, GlacierJobParameters, ObjectCannedAcl, ObjectIdentifier,
    ObjectLockLegalHold, ObjectLockLegalHoldStatus, ObjectLockMode, ObjectLockRetention,
    ObjectLockRetentionMode, ObjectOwnership, OwnershipControls, OwnershipControlsRule, RestoreRequest,
    ServerSideEncryption, StorageClass, Tier, VersioningConfiguration,
};
use jiff::SignedDuration;

use crate::support::{BUCKET, empty, put, refusal};

#[tokio::test]
async fn an_etag_under_kms_is_no_md5_and_a_copy_takes_the_default() {
    let (_range, s3) = empty();
    let body = ByteStream::from_static(b"text");
    let kms = s3.put_object().bucket(BUCKET).key("k").body(body);
    let kms = kms.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id("abc");
    let kms = kms.send().await.unwrap();
    assert_eq!(kms.ssekms_key_id(), Some("arn:aws:kms:us-east-1:000000000000:key/abc"));
    put(&s3, "plain", "text").await;
    let plain = s3.head_object().bucket(BUCKET).key("plain").send().await.unwrap();
    assert_ne!(kms.e_tag(), plain.e_tag());

    let copied = s3.copy_object().bucket(BUCKET).key("c").copy_source(format!("{BUCKET}/k"));
    let copied = copied.send().await.unwrap();
    assert_eq!(copied.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    assert_eq!(copied.copy_object_result().unwrap().e_tag(), plain.e_tag());
}

#[tokio::test]
async fn access_lists_are_refused_until_the_bucket_has_them() {
    let (_range, s3) = empty();
    put(&s3, "k", "text").await;
    let public = || s3.put_object_acl().bucket(BUCKET).key("k").acl(ObjectCannedAcl::PublicRead).send();
    assert_eq!(refusal(public().await), (400, "AccessControlListNotSupported".to_owned()));
    let rule = OwnershipControlsRule::builder().object_ownership(ObjectOwnership::ObjectWriter).build();
    let controls = OwnershipControls::builder().rules(rule.unwrap()).build().unwrap();
    s3.put_bucket_ownership_controls().bucket(BUCKET).ownership_controls(controls).send().await.unwrap();
    public().await.unwrap();
    let acl = s3.get_object_acl().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(acl.grants().len(), 2);
    s3.copy_object().bucket(BUCKET).key("c").copy_source(format!("{BUCKET}/k")).send().await.unwrap();
    let acl = s3.get_object_acl().bucket(BUCKET).key("c").send().await.unwrap();
    assert_eq!(acl.grants().len(), 1, "a copy is private");
    s3.delete_bucket_ownership_controls().bucket(BUCKET).send().await.unwrap();
    let none = s3.get_bucket_ownership_controls().bucket(BUCKET).send().await;
    assert_eq!(refusal(none), (404, "OwnershipControlsNotFoundError".to_owned()));
}

#[tokio::test]
async fn a_lock_holds_until_it_is_lifted_or_overruled() {
    let (_range, s3) = empty();
    put(&s3, "k", "text").await;
    let until = DateTime::from_secs(4_000_000_000);
    let asked = s3.get_object_retention().bucket(BUCKET).key("k").send().await;
    assert_eq!(refusal(asked), (400, "InvalidRequest".to_owned()));
    s3.create_bucket().bucket("locked").object_lock_enabled_for_bucket(true).send().await.unwrap();
    let suspended = VersioningConfiguration::builder().status(BucketVersioningStatus::Suspended).build();
    let suspended = s3.put_bucket_versioning().bucket("locked").versioning_configuration(suspended).send();
    assert_eq!(refusal(suspended.await), (409, "InvalidBucketState".to_owned()));

    let governed = s3.put_object().bucket("locked").key("k").body(ByteStream::from_static(b"x"));
    let governed = governed.object_lock_mode(ObjectLockMode::Governance).object_lock_retain_until_date(until);
    let version = governed.send().await.unwrap().version_id.unwrap();
    let past = ObjectLockRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .retain_until_date(DateTime::from_secs(1));
    let past = s3.put_object_retention().bucket("locked").key("k").retention(past.build()).send().await;
    assert_eq!(refusal(past), (400, "InvalidArgument".to_owned()));
    let shorter = ObjectLockRetention::builder()
        .mode(ObjectLockRetentionMode::Governance)
        .retain_until_date(DateTime::from_secs(3_900_000_000))
        .build();
    let shorten = || s3.put_object_retention().bucket("locked").key("k").retention(shorter.clone());
    assert_eq!(refusal(shorten().send().await), (403, "AccessDenied".to_owned()));
    shorten().bypass_governance_retention(true).send().await.unwrap();

    let object = || ObjectIdentifier::builder().key("k").version_id(&version).build().unwrap();
    let many = || {
        s3.delete_objects()
            .bucket("locked")
            .delete(Delete::builder().objects(object()).quiet(true).build().unwrap())
    };
    let refused = many().send().await.unwrap();
    assert_eq!((refused.deleted().len(), refused.errors()[0].code()), (0, Some("AccessDenied")));
    let hold = |status| ObjectLockLegalHold::builder().status(status).build();
    let set = |status| s3.put_object_legal_hold().bucket("locked").key("k").legal_hold(hold(status)).send();
    set(ObjectLockLegalHoldStatus::On).await.unwrap();
    let overruled = many().bypass_governance_retention(true).send().await.unwrap();
    assert_eq!(overruled.errors().len(), 1, "a legal hold is not overruled");
    set(ObjectLockLegalHoldStatus::Off).await.unwrap();
    s3.delete_object().bucket("locked").key("k").send().await.unwrap();
    let overruled = many().bypass_governance_retention(true).send().await.unwrap();
    assert_eq!(overruled.errors().len(), 0);
    let gone = s3.head_object().bucket("locked").key("k").version_id(&version).send().await;
    assert_eq!(gone.unwrap_err().raw_response().unwrap().status().as_u16(), 404);
}

#[tokio::test]
async fn thawing_is_asked_for_waited_for_and_prolonged() {
    let (range, s3) = empty();
    let cold = s3.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"x"));
    cold.storage_class(StorageClass::DeepArchive).send().await.unwrap();
    put(&s3, "warm", "x").await;
    let ask = |key: &str, tier: Tier| {
        let job = GlacierJobParameters::builder().tier(tier).build().unwrap();
        let request = RestoreRequest::builder().days(1).glacier_job_parameters(job).build();
        s3.restore_object().bucket(BUCKET).key(key).restore_request(request).send()
    };
    assert_eq!(refusal(ask("warm", Tier::Bulk).await), (403, "InvalidObjectState".to_owned()));
    assert_eq!(refusal(ask("k", Tier::Expedited).await), (400, "InvalidArgument".to_owned()));
    range.store().set_thaw_time(SignedDuration::from_hours(1));
    ask("k", Tier::Bulk).await.unwrap();
    assert_eq!(refusal(ask("k", Tier::Bulk).await), (409, "RestoreAlreadyInProgress".to_owned()));
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert_eq!(head.restore(), Some("ongoing-request=\"true\""));

    range.store().set_thaw_time(SignedDuration::ZERO);
    let cold = s3.put_object().bucket(BUCKET).key("k").body(ByteStream::from_static(b"x"));
    cold.storage_class(StorageClass::Glacier).send().await.unwrap();
    ask("k", Tier::Expedited).await.unwrap();
    ask("k", Tier::Standard).await.unwrap();
    let head = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap();
    assert!(head.restore().unwrap().starts_with("ongoing-request=\"false\", expiry-date=\""));
    s3.get_object().bucket(BUCKET).key("k").send().await.unwrap();
}
