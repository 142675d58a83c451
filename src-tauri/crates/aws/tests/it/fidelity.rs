//! A copy is what its version was, on every way, and under the same guard.

use action::port::{CopyVersion, Guard, Keep, PortErrorKind, VersionId};
use aws::Options;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{
    BucketVersioningStatus, ChecksumAlgorithm, ChecksumMode, ObjectCannedAcl, ObjectLockLegalHoldStatus,
    ObjectLockMode, ObjectOwnership, ServerSideEncryption, StorageClass, VersioningConfiguration,
};
use range::RangeOptions;

use crate::range::{Bench, bench, bench_with, copy};
use crate::stub::{Stub, response};

const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/1234abcd-12ab-34cd-56ef-1234567890ab";
/// More than the smallest part.
const SIZE: usize = (5 << 20) + 1000;

/// A bucket whose objects have access lists and locks.
async fn strict_bucket(bench: &Bench, name: &str) {
    let made = bench
        .client
        .create_bucket()
        .bucket(name)
        .object_lock_enabled_for_bucket(true)
        .object_ownership(ObjectOwnership::BucketOwnerPreferred);
    made.send().await.unwrap();
    let facts = bench.ports.photos.bucket(name).await.unwrap();
    assert_eq!((facts.lock, facts.acls, facts.replicated), (Some(true), Some(true), Some(false)));
}

/// A photo that says all that a photo can say.
async fn rich(bench: &Bench, bucket: &str, key: &str, size: usize) -> VersionId {
    let put = bench.client.put_object().bucket(bucket).key(key).body(ByteStream::from(vec![7; size]));
    let put = put
        .content_type("image/jpeg")
        .cache_control("max-age=3600")
        .content_disposition("attachment; filename=\"a b.jpg\"")
        .content_encoding("identity")
        .content_language("es-US")
        .expires(DateTime::from_secs(1_900_000_000))
        .metadata("badge", "42 + 1")
        .metadata("org", "north")
        .tagging("state=a%26b&sp%20ace=x%2By")
        .checksum_algorithm(ChecksumAlgorithm::Sha256)
        .storage_class(StorageClass::StandardIa)
        .server_side_encryption(ServerSideEncryption::AwsKms)
        .ssekms_key_id(KEY)
        .bucket_key_enabled(true)
        .website_redirect_location("/elsewhere")
        .acl(ObjectCannedAcl::PublicRead)
        .object_lock_mode(ObjectLockMode::Governance)
        .object_lock_retain_until_date(DateTime::from_secs(1_900_000_000))
        .object_lock_legal_hold_status(ObjectLockLegalHoldStatus::On);
    VersionId(put.send().await.unwrap().version_id().unwrap().to_owned())
}

/// Everything that S3 tells of a version, but for what no copy keeps: id, time and entity tag.
async fn told(bench: &Bench, bucket: &str, key: &str, version: &VersionId) -> String {
    let head = bench.client.head_object().bucket(bucket).key(key).version_id(&version.0);
    let head = head.checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    let mut metadata: Vec<_> = head.metadata().unwrap().iter().collect();
    metadata.sort();
    let tags = bench.client.get_object_tagging().bucket(bucket).key(key).version_id(&version.0);
    let tags = tags.send().await.unwrap();
    let acl = bench.client.get_object_acl().bucket(bucket).key(key).version_id(&version.0);
    let acl = acl.send().await.unwrap();
    let mut grants: Vec<_> = acl.grants().iter().map(|grant| format!("{grant:?}")).collect();
    grants.sort();
    format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{grants:?}",
        (
            head.content_length(),
            head.content_type(),
            head.cache_control(),
            head.content_disposition(),
            head.content_encoding(),
            head.content_language(),
            head.expires_string(),
            head.website_redirect_location(),
        ),
        (
            head.server_side_encryption(),
            head.ssekms_key_id(),
            head.bucket_key_enabled(),
            head.storage_class(),
            head.object_lock_mode(),
            head.object_lock_retain_until_date(),
            head.object_lock_legal_hold_status(),
            head.checksum_sha256().is_some(),
        ),
        metadata,
        tags.tag_set(),
    )
}

#[tokio::test]
async fn every_field_survives_every_way_of_copying_and_guards_hold_on_all() {
    let small = Options { copy_whole: 5 << 20, ..Options::default() };
    for (options, size) in [(Options::default(), 100), (small, SIZE)] {
        let bench = bench_with(RangeOptions::default(), &options).await;
        for bucket in ["here", "there"] {
            strict_bucket(&bench, bucket).await;
        }
        let photos = &bench.ports.photos;
        let good = rich(&bench, "here", "k", size).await;
        let as_it_was = told(&bench, "here", "k", &good).await;
        assert!(as_it_was.contains(KEY) && as_it_was.contains("AllUsers"), "{as_it_was}");
        let bad = bench.put("here", "k", "bad").await;
        let etag = photos.current("here", "k").await.unwrap().unwrap().etag;
        bench.put("there", "k", "bad").await;
        for (bucket, from, to, guard) in [
            ("here", None, None, Guard::Is(etag.clone())),
            ("here", None, Some("beside/k"), Guard::Absent),
            ("there", Some("here"), None, Guard::Is(etag.clone())),
            ("there", Some("here"), Some("beside/k"), Guard::Absent),
        ] {
            let copy = CopyVersion {
                from: from.map(str::to_owned),
                to: to.map(str::to_owned),
                size: size as u64,
                storage_class: "STANDARD_IA".into(),
                keep: Keep { encryption: true, acl: true, lock: true },
                ..copy("k", &good, guard)
            };
            let stale = CopyVersion { unless: Guard::Is("0123".into()), ..copy.clone() };
            let error = photos.copy_version(bucket, &stale).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Changed, "{error}");

            let receipt = photos.copy_version(bucket, &copy).await.unwrap();
            let key = to.unwrap_or("k");
            let now = photos.current(bucket, key).await.unwrap().unwrap();
            assert_eq!(
                (Some(&now.version), Some(&now.etag)),
                (receipt.version.as_ref(), receipt.etag.as_ref())
            );
            assert_eq!(told(&bench, bucket, key, &now.version).await, as_it_was, "{bucket}/{key}");
            let all = bench.range.store().snapshot();
            let written = all.iter().find(|one| one.version.to_string() == now.version.0).unwrap();
            assert!(
                written.bytes.len() == size && written.bytes.iter().all(|byte| *byte == 7),
                "{bucket}/{key}"
            );

            let error = photos.copy_version(bucket, &copy).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Changed, "the guard held twice: {error}");
            let absent = CopyVersion { unless: Guard::Absent, ..copy };
            let error = photos.copy_version(bucket, &absent).await.unwrap_err();
            assert_eq!(error.kind, PortErrorKind::Changed, "{error}");
            let begun = bench.client.list_multipart_uploads().bucket(bucket).send().await.unwrap();
            assert!(begun.uploads().is_empty(), "a copy that failed left its parts");
        }
        let (listed, _, _) = bench.list("here", "", None).await;
        assert_eq!(listed.len(), 4, "{bad}: no more was written than asked for");
        assert_eq!(listed[0].photo.as_ref().unwrap().checksum.as_deref().map(|c| &c[..6]), Some("SHA256"));
    }
}

#[tokio::test]
async fn a_copy_that_turns_out_encrypted_otherwise_is_made_again_under_its_own_key() {
    let bench = bench().await;
    bench.bucket("bucket").await;
    let photos = &bench.ports.photos;
    let put = bench.client.put_object().bucket("bucket").key("k").body(ByteStream::from_static(b"good"));
    let put =
        put.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(KEY).send().await.unwrap();
    let (good, etag) = (VersionId(put.version_id().unwrap().into()), put.e_tag().unwrap().trim_matches('"'));
    bench.client.delete_object().bucket("bucket").key("k").send().await.unwrap();
    let back = CopyVersion { etag: etag.into(), ..copy("k", &good, Guard::Absent) };
    let receipt = photos.copy_version("bucket", &back).await.unwrap();
    let head = bench.client.head_object().bucket("bucket").key("k").send().await.unwrap();
    assert_eq!(
        (head.ssekms_key_id(), head.version_id()),
        (Some(KEY), receipt.version.as_ref().map(|v| v.0.as_str()))
    );
    let (listed, _, _) = bench.list("bucket", "", None).await;
    assert_eq!(listed.len(), 3, "the first copy lies beneath");

    // Where the copy is encrypted as the version is, one is enough, whatever the tags are.
    let rule = aws_sdk_s3::types::ServerSideEncryptionByDefault::builder()
        .sse_algorithm(ServerSideEncryption::AwsKms)
        .kms_master_key_id(KEY);
    let rule = aws_sdk_s3::types::ServerSideEncryptionRule::builder()
        .apply_server_side_encryption_by_default(rule.build().unwrap());
    let default = aws_sdk_s3::types::ServerSideEncryptionConfiguration::builder().rules(rule.build());
    let default = default.build().unwrap();
    let set =
        bench.client.put_bucket_encryption().bucket("bucket").server_side_encryption_configuration(default);
    set.send().await.unwrap();
    assert_eq!(photos.bucket("bucket").await.unwrap().encryption.as_deref(), Some("aws:kms"));
    let again = CopyVersion { to: Some("beside".into()), ..back };
    photos.copy_version("bucket", &again).await.unwrap();
    assert_eq!(bench.list("bucket", "beside", None).await.0.len(), 1);
}

#[tokio::test]
async fn the_common_copy_is_one_request() {
    let stub = Stub::start(|_, _| {
        let body = "<CopyObjectResult><ETag>&quot;e1&quot;</ETag></CopyObjectResult>";
        response(200, "content-type: application/xml\r\nx-amz-version-id: v2\r\n", body)
    })
    .await;
    let plain = CopyVersion { etag: "e1".into(), ..copy("k", &VersionId("v1".into()), Guard::Absent) };
    let receipt = stub.ports(3).await.photos.copy_version("b", &plain).await.unwrap();
    assert_eq!((receipt.version, receipt.etag), (Some(VersionId("v2".into())), Some("e1".into())));
    let heads = stub.heads();
    assert_eq!(heads.len(), 1);
    assert!(!heads[0].contains("grant") && !heads[0].contains("server-side") && !heads[0].contains("lock"));
    assert!(!heads[0].contains("source-if-match"), "a version is never changed");

    // But for the null version, which is.
    let null = CopyVersion { version: VersionId("null".into()), ..plain };
    stub.ports(3).await.photos.copy_version("b", &null).await.unwrap();
    assert!(stub.heads()[1].contains("x-amz-copy-source-if-match: \"e1\""));
}

#[tokio::test]
async fn a_null_version_that_was_replaced_is_not_copied() {
    let bench = bench().await;
    bench.client.create_bucket().bucket("bucket").send().await.unwrap();
    let null = bench.put("bucket", "k", "good").await;
    let status = BucketVersioningStatus::Suspended;
    let suspended = VersioningConfiguration::builder().status(status).build();
    let set = bench.client.put_bucket_versioning().bucket("bucket").versioning_configuration(suspended);
    set.send().await.unwrap();
    let good = bench.ports.photos.current("bucket", "k").await.unwrap().unwrap();
    bench.put("bucket", "k", "bad").await;
    let back = CopyVersion { to: Some("beside".into()), etag: good.etag, ..copy("k", &null, Guard::Absent) };
    let error = bench.ports.photos.copy_version("bucket", &back).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed, "{error}");
}

#[tokio::test]
async fn part_of_a_copy_that_is_throttled_is_sent_again_and_what_fails_is_dropped() {
    let part = "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>";
    let xml = |body: &str| response(200, "content-type: application/xml\r\n", body);
    let stub = Stub::start(move |number, head| {
        let line = head.lines().next().unwrap_or_default();
        if line.starts_with("HEAD") {
            response(200, "content-type: image/jpeg\r\n", "")
        } else if line.contains("tagging") {
            xml("<Tagging><TagSet/></Tagging>")
        } else if line.contains("uploads") {
            xml("<InitiateMultipartUploadResult><UploadId>u1</UploadId></InitiateMultipartUploadResult>")
        } else if line.contains("partNumber") {
            match number {
                3 => crate::stub::refusal(503, "SlowDown", "slow"),
                _ => xml(part),
            }
        } else if line.starts_with("DELETE") {
            response(204, "", "")
        } else {
            crate::stub::refusal(503, "SlowDown", "slow")
        }
    })
    .await;
    let large = CopyVersion { size: 6 << 30, ..copy("k", &VersionId("v".into()), Guard::Absent) };
    let error = stub.ports(2).await.photos.copy_version("b", &large).await.unwrap_err();
    assert_eq!((error.kind, error.operation.as_str()), (PortErrorKind::Throttled, "CompleteMultipartUpload"));
    let heads = stub.heads();
    let asked = |what: &str| heads.iter().filter(|head| head.lines().next().unwrap().contains(what)).count();
    assert_eq!((asked("partNumber"), asked("DELETE"), heads.len()), (13, 1, 18));
    let last = heads.iter().find(|head| head.contains("bytes=5905580032-6442450943"));
    assert!(last.is_some(), "the last part is the last bytes");
    assert!(heads.iter().any(|head| head.contains("if-none-match: *")));
}
