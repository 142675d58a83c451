//! What S3 says of a bucket and its history, read exactly.

use action::port::{BucketFacts, ExpiryRule, PageMarker, Version, VersionId, Versioning};

use crate::stub::{Stub, refusal, response};

fn xml(body: &str) -> String {
    response(200, "content-type: application/xml\r\n", body)
}

#[tokio::test]
async fn a_page_is_read_and_the_next_is_asked_for() {
    let stub = Stub::start(|number, _| match number {
        0 => xml(
            "<ListVersionsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>\
             <NextKeyMarker>photos/a%2Bb+%C3%BC.jpg</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker>\
             <DeleteMarker><Key>photos/a%2Bb+%C3%BC.jpg</Key><VersionId>null</VersionId><IsLatest>true</IsLatest>\
             <LastModified>2026-11-23T02:41:07.000Z</LastModified></DeleteMarker>\
             <Version><Key>photos/a%2Bb+%C3%BC.jpg</Key><VersionId>v1</VersionId><IsLatest>false</IsLatest>\
             <LastModified>2026-11-23T01:10:00.987Z</LastModified><ETag>&quot;abc-2&quot;</ETag><Size>7</Size>\
             <ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>\
             <RestoreStatus><IsRestoreInProgress>false</IsRestoreInProgress>\
             <RestoreExpiryDate>2026-12-01T00:00:00.000Z</RestoreExpiryDate></RestoreStatus>\
             <StorageClass>DEEP_ARCHIVE</StorageClass></Version></ListVersionsResult>",
        ),
        _ => xml("<ListVersionsResult><IsTruncated>false</IsTruncated></ListVersionsResult>"),
    })
    .await;
    let photos = stub.ports(1).await.photos;
    let page = photos.list_versions("b", "photos/a+", None, Some(2)).await.unwrap();
    let key = "photos/a+b ü.jpg";
    let next = PageMarker { key: key.into(), version: VersionId("v1".into()) };
    assert_eq!(page.next.as_ref(), Some(&next));
    let [Version { id, modified, latest: true, photo: None, .. }] = &page.markers[..] else {
        panic!("{page:?}")
    };
    assert_eq!((id.0.as_str(), modified.to_string().as_str()), ("null", "2026-11-23T02:41:07Z"));
    let [Version { key: listed, modified, latest: false, photo: Some(photo), .. }] = &page.photos[..] else {
        panic!("{page:?}")
    };
    assert_eq!((listed.as_str(), modified.to_string().as_str()), (key, "2026-11-23T01:10:00Z"));
    assert_eq!((photo.etag.as_str(), photo.size, photo.storage_class.as_str()), ("abc-2", 7, "DEEP_ARCHIVE"));
    assert_eq!((photo.checksum.as_deref(), photo.thawed), (Some("CRC64NVME FULL_OBJECT"), true));

    assert_eq!(photos.list_versions("b", "photos/a+", Some(&next), None).await.unwrap().next, None);
    let heads = stub.heads();
    let asked =
        |number: usize, what: &str| assert!(heads[number].contains(what), "{what}: {}", heads[number]);
    for what in
        ["prefix=photos%2Fa%2B", "encoding-type=url", "max-keys=2", "object-attributes: RestoreStatus"]
    {
        asked(0, what);
    }
    for what in ["key-marker=photos%2Fa%2Bb%20%C3%BC.jpg", "version-id-marker=v1"] {
        asked(1, what);
    }
    assert!(!heads[0].contains("key-marker") && !heads[1].contains("max-keys"));
}

#[tokio::test]
async fn a_listing_that_cannot_be_trusted_is_refused() {
    let entry = |of: &str| format!("<ListVersionsResult><Version>{of}</Version></ListVersionsResult>");
    let time = "<LastModified>2026-11-23T01:10:00.000Z</LastModified>";
    for (body, words) in [
        (
            "<ListVersionsResult><IsTruncated>true</IsTruncated></ListVersionsResult>".to_owned(),
            "without a next page",
        ),
        (
            "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
             <NextVersionIdMarker>v</NextVersionIdMarker></ListVersionsResult>"
                .to_owned(),
            "leads to itself",
        ),
        (entry("<Key>k</Key>"), "without a time"),
        (entry(time), "without a key"),
        (
            "<ListVersionsResult><EncodingType>url</EncodingType><DeleteMarker><Key>%FF</Key>\
             <LastModified>2026-11-23T01:10:00.000Z</LastModified></DeleteMarker></ListVersionsResult>"
                .to_owned(),
            "not UTF-8",
        ),
    ] {
        let answer = xml(&body);
        let stub = Stub::start(move |_, _| answer.clone()).await;
        let after = PageMarker { key: "k".into(), version: VersionId("v".into()) };
        let error = stub.ports(1).await.photos.list_versions("b", "", Some(&after), None).await.unwrap_err();
        assert!(error.message.contains(words), "{error}");
        assert_eq!(error.request_id.as_deref(), Some("REQ1"));
    }
}

#[tokio::test]
async fn protections_are_told_as_far_as_they_may_be_asked() {
    let versioning = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    let encryption = "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>\
                      aws:kms</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>\
                      </ServerSideEncryptionConfiguration>";
    let rule = |id: &str, status: &str, rest: &str| {
        format!("<Rule><ID>{id}</ID><Status>{status}</Status>{rest}</Rule>")
    };
    let noncurrent =
        "<NoncurrentVersionExpiration><NoncurrentDays>30</NoncurrentDays></NoncurrentVersionExpiration>";
    let lifecycle = format!(
        "<LifecycleConfiguration>{}{}{}{}</LifecycleConfiguration>",
        rule("old", "Enabled", &format!("<Filter><Prefix>photos/</Prefix></Filter>{noncurrent}")),
        rule("off", "Disabled", noncurrent),
        rule(
            "hide",
            "Enabled",
            "<Filter><And><Prefix>tmp/</Prefix></And></Filter><Expiration><Days>1</Days></Expiration>"
        ),
        rule("thaw", "Enabled", "<Prefix>x</Prefix>"),
    );
    let lock =
        "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled></ObjectLockConfiguration>";
    let owners = |who: &str| {
        xml(&format!(
            "<OwnershipControls><Rule><ObjectOwnership>{who}</ObjectOwnership></Rule></OwnershipControls>"
        ))
    };
    let replication = "<ReplicationConfiguration><Role>r</Role><Rule><Status>Enabled</Status><Destination><Bucket>\
                       arn:aws:s3:::b2</Bucket></Destination></Rule></ReplicationConfiguration>";
    let expected = |encryption: Option<&str>, expiry, others: [Option<bool>; 3]| BucketFacts {
        versioning: Versioning::Suspended,
        encryption: encryption.map(str::to_owned),
        expiry,
        lock: others[0],
        acls: others[1],
        replicated: others[2],
    };
    let rules = vec![
        ExpiryRule {
            id: "old".into(),
            prefix: "photos/".into(),
            noncurrent_days: Some(30),
            current_days: None,
        },
        ExpiryRule { id: "hide".into(), prefix: "tmp/".into(), noncurrent_days: None, current_days: Some(1) },
    ];
    let denied = || refusal(403, "AccessDenied", "Access Denied");
    let unoffered = || refusal(501, "NotImplemented", "no");
    let none = |code: &str| refusal(404, code, "none");
    // Encryption, lifecycle, lock, ownership, replication.
    for (answers, facts) in [
        (
            [xml(encryption), xml(&lifecycle), xml(lock), owners("BucketOwnerPreferred"), xml(replication)],
            expected(Some("aws:kms"), Some(rules), [Some(true); 3]),
        ),
        ([denied(), denied(), denied(), denied(), denied()], expected(None, None, [None; 3])),
        (
            [
                none("ServerSideEncryptionConfigurationNotFoundError"),
                none("NoSuchLifecycleConfiguration"),
                none("ObjectLockConfigurationNotFoundError"),
                owners("BucketOwnerEnforced"),
                none("ReplicationConfigurationNotFoundError"),
            ],
            expected(Some("none"), Some(Vec::new()), [Some(false); 3]),
        ),
        (
            [denied(), denied(), denied(), none("OwnershipControlsNotFoundError"), denied()],
            expected(None, None, [None, Some(true), None]),
        ),
        ([unoffered(), unoffered(), unoffered(), unoffered(), unoffered()], expected(None, None, [None; 3])),
    ] {
        let stub = Stub::start(move |_, head| {
            let asked = head.lines().next().unwrap_or_default();
            let words = ["encryption", "lifecycle", "object-lock", "ownershipControls", "replication"];
            match words.iter().position(|word| asked.contains(word)) {
                Some(at) => answers[at].clone(),
                None => xml(versioning),
            }
        })
        .await;
        assert_eq!(stub.ports(1).await.photos.bucket("b").await.unwrap(), facts);
    }
}

#[tokio::test]
async fn motos_versioning_is_read() {
    for (status, versioning) in [("<Status>Enabled</Status>", Versioning::Enabled), ("", Versioning::Never)] {
        let answer =
            xml(&format!("<GetBucketVersioningResponse xmlns=\"x\">{status}</GetBucketVersioningResponse>"));
        let stub = Stub::start(move |_, head| {
            if head.contains("?versioning") {
                answer.clone()
            } else {
                refusal(403, "AccessDenied", "Access Denied")
            }
        })
        .await;
        assert_eq!(stub.ports(1).await.photos.bucket("b").await.unwrap().versioning, versioning);
    }
}

#[tokio::test]
async fn a_download_that_breaks_off_is_begun_again() {
    let cut = || response(200, "", "whole").replace("content-length: 5", "content-length: 9");
    let stub =
        Stub::start(move |number, _| if number == 0 { cut() } else { response(200, "", "whole") }).await;
    let digest = stub.ports(1).await.photos.digest("b", "k", &VersionId("v".into())).await.unwrap();
    assert_eq!(digest.bytes, 5);
    assert_eq!(digest.sha256, "5d5766cf2d78701614200418ee1450690d9af12c84d52545e4802f001ad53099");

    let stub = Stub::start(move |_, _| cut()).await;
    let error = stub.ports(1).await.photos.digest("b", "k", &VersionId("v".into())).await.unwrap_err();
    assert_eq!(error.kind, action::port::PortErrorKind::Unreachable);
    assert_eq!(stub.heads().len(), 3);
}
