//! The photo port over a history that another client made.

use action::Environment;
use action::port::{
    CopyVersion, Guard, Keep, PageMarker, PortErrorKind, Ports, Version, VersionId, Versioning,
};
use aws::Options;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
use range::{Range, RangeOptions};
use sha2::{Digest, Sha256};

/// Keys that encoding gets wrong when it can.
const KEYS: [&str; 9] = [
    "photos/a+b c.jpg",
    "photos/100%25.jpg",
    "photos/100%.jpg",
    "photos/ü/写真 👩.jpg",
    "photos/q?versionId=x&y=z#f.jpg",
    "photos/semi;colon,comma'quote\"<tag>&amp;.jpg",
    "photos//double//slash.jpg",
    "photos/~tilde_under-dash.dot!star*(paren)",
    "photos/plus%2Bplus.jpg",
];

pub(crate) struct Bench {
    pub(crate) ports: Ports,
    pub(crate) client: Client,
    pub(crate) range: Range,
}

/// The ports of an empty practice range, and a client of its own to make a history with.
pub(crate) async fn bench() -> Bench {
    bench_with(RangeOptions::default(), &Options::default()).await
}

pub(crate) async fn bench_with(range: RangeOptions, options: &Options) -> Bench {
    let range = Range::start(range).unwrap();
    let ready = range.ready();
    let credentials = Credentials::new(&ready.access_key_id, &ready.secret_access_key, None, None, "test");
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new(ready.region.clone()))
        .credentials_provider(credentials)
        .endpoint_url(range.endpoint())
        .force_path_style(true);
    let ports = aws::connect(&Environment::practice(range.endpoint()), options).await.unwrap();
    Bench { ports, client: Client::from_conf(config.build()), range }
}

impl Bench {
    pub(crate) async fn bucket(&self, name: &str) {
        self.client.create_bucket().bucket(name).send().await.unwrap();
        let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
        self.client
            .put_bucket_versioning()
            .bucket(name)
            .versioning_configuration(enabled)
            .send()
            .await
            .unwrap();
    }

    pub(crate) async fn put(&self, bucket: &str, key: &str, body: &str) -> VersionId {
        let put =
            self.client.put_object().bucket(bucket).key(key).body(ByteStream::from(body.as_bytes().to_vec()));
        let put = put.content_type("image/jpeg").metadata("badge", "42").tagging("org=north");
        VersionId(put.send().await.unwrap().version_id().unwrap_or("null").to_owned())
    }

    pub(crate) async fn list(
        &self,
        bucket: &str,
        prefix: &str,
        limit: Option<u16>,
    ) -> (Vec<Version>, Vec<Version>, u32) {
        let (mut photos, mut markers, mut pages) = (Vec::new(), Vec::new(), 0);
        let mut after: Option<PageMarker> = None;
        loop {
            let page = self.ports.photos.list_versions(bucket, prefix, after.as_ref(), limit).await.unwrap();
            photos.extend(page.photos);
            markers.extend(page.markers);
            pages += 1;
            assert!(pages < 100, "the listing goes round in circles");
            after = page.next;
            if after.is_none() {
                return (photos, markers, pages);
            }
        }
    }

    async fn body(&self, bucket: &str, key: &str) -> String {
        let answer = self.client.get_object().bucket(bucket).key(key).send().await.unwrap();
        assert_eq!(answer.content_type(), Some("image/jpeg"));
        assert_eq!(answer.metadata().unwrap().get("badge").map(String::as_str), Some("42"));
        String::from_utf8(answer.body.collect().await.unwrap().to_vec()).unwrap()
    }
}

pub(crate) fn copy(key: &str, version: &VersionId, unless: Guard) -> CopyVersion {
    CopyVersion {
        from: None,
        to: None,
        size: 1,
        etag: String::new(),
        keep: Keep::default(),
        key: key.into(),
        version: version.clone(),
        storage_class: "STANDARD".into(),
        unless,
    }
}

#[tokio::test]
async fn every_kind_of_key_comes_back() {
    let bench = bench().await;
    let bucket = "history-keys";
    bench.bucket(bucket).await;
    let photos = &bench.ports.photos;
    for key in KEYS {
        let good = bench.put(bucket, key, &format!("good {key}")).await;
        let bad = bench.put(bucket, key, "bad").await;

        let current = photos.current(bucket, key).await.unwrap().unwrap();
        assert_eq!((&current.version, current.size), (&bad, 3), "{key}");
        let receipt =
            photos.copy_version(bucket, &copy(key, &good, Guard::Is(current.etag.clone()))).await.unwrap();
        assert_eq!(bench.body(bucket, key).await, format!("good {key}"));
        let restored = photos.current(bucket, key).await.unwrap().unwrap();
        assert_eq!(Some(&restored.version), receipt.version.as_ref(), "{key}");
        assert_eq!(Some(&restored.etag), receipt.etag.as_ref(), "{key}");
        assert!(receipt.request_id.is_some());

        let stale = photos.copy_version(bucket, &copy(key, &good, Guard::Is(current.etag))).await;
        assert_eq!(stale.unwrap_err().kind, PortErrorKind::Changed, "{key}");

        let digest = photos.digest(bucket, key, &good).await.unwrap();
        let body = format!("good {key}");
        assert_eq!(digest.bytes, body.len() as u64);
        let expected: String = Sha256::digest(body.as_bytes()).iter().map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest.sha256, expected, "{key}");
    }
    let mut expected: Vec<&str> = KEYS.to_vec();
    expected.sort_unstable();
    for limit in [None, Some(1), Some(2), Some(7)] {
        let (listed, markers, pages) = bench.list(bucket, "", limit).await;
        let mut keys: Vec<&str> = listed.iter().map(|version| version.key.as_str()).collect();
        assert_eq!((keys.len(), markers.len()), (3 * KEYS.len(), 0));
        keys.dedup();
        assert_eq!(keys, expected, "{limit:?}");
        assert_eq!(pages, limit.map_or(1, |limit| 27_u32.div_ceil(limit.into())), "{limit:?}");
        assert!(listed.chunks(3).all(|of_key| of_key[0].latest && !of_key[1].latest && !of_key[2].latest));
    }
}

#[tokio::test]
async fn deleted_photos_come_back_and_markers_go_on_top() {
    let bench = bench().await;
    let bucket = "history-markers";
    bench.bucket(bucket).await;
    let photos = &bench.ports.photos;
    let good = bench.put(bucket, "photos/1.jpg", "good").await;
    let marker = bench.client.delete_object().bucket(bucket).key("photos/1.jpg").send().await.unwrap();
    bench.put(bucket, "other/2.jpg", "other").await;

    assert_eq!(photos.current(bucket, "photos/1.jpg").await, Ok(None));
    assert_eq!(photos.current(bucket, "photos/never.jpg").await, Ok(None));
    let (listed, markers, _) = bench.list(bucket, "photos/", None).await;
    assert_eq!((listed.len(), markers.len()), (1, 1));
    assert!(markers[0].latest && !listed[0].latest);
    assert_eq!(Some(markers[0].id.0.as_str()), marker.version_id());
    let photo = listed[0].photo.as_ref().unwrap();
    assert_eq!((photo.size, photo.storage_class.as_str()), (4, "STANDARD"));
    assert_eq!(listed[0].modified.subsec_nanosecond(), 0);

    let back = copy("photos/1.jpg", &good, Guard::Absent);
    photos.copy_version(bucket, &back).await.unwrap();
    assert_eq!(bench.body(bucket, "photos/1.jpg").await, "good");
    assert_eq!(photos.copy_version(bucket, &back).await.unwrap_err().kind, PortErrorKind::Changed);

    let current = photos.current(bucket, "photos/1.jpg").await.unwrap().unwrap();
    let stale = photos.put_marker(bucket, "photos/1.jpg", "0123").await.unwrap_err();
    assert_eq!(stale.kind, PortErrorKind::Changed, "{stale}");
    let receipt = photos.put_marker(bucket, "photos/1.jpg", &current.etag).await.unwrap();
    assert!(receipt.version.is_some() && receipt.etag.is_none());
    assert_eq!(photos.current(bucket, "photos/1.jpg").await, Ok(None));
    let (listed, markers, _) = bench.list(bucket, "photos/", None).await;
    assert_eq!((listed.len(), markers.len()), (2, 2), "no version is gone");

    let gone = VersionId("00000000-0000-4000-8000-000000000000".into());
    assert!(photos.digest(bucket, "photos/1.jpg", &gone).await.is_err());
    assert!(photos.digest(bucket, "photos/1.jpg", &markers[0].id).await.is_err());
}

#[tokio::test]
async fn null_versions_are_versions() {
    let bench = bench().await;
    let bucket = "history-null";
    bench.client.create_bucket().bucket(bucket).send().await.unwrap();
    let photos = &bench.ports.photos;
    assert_eq!(photos.bucket(bucket).await.unwrap().versioning, Versioning::Never);
    let null = bench.put(bucket, "k", "before versioning").await;
    assert_eq!(null.0, "null");
    let enabled = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    bench
        .client
        .put_bucket_versioning()
        .bucket(bucket)
        .versioning_configuration(enabled)
        .send()
        .await
        .unwrap();
    bench.put(bucket, "k", "after").await;
    let (listed, _, _) = bench.list(bucket, "", None).await;
    assert_eq!(listed.iter().map(|version| version.id == null).collect::<Vec<_>>(), [false, true]);
    let current = photos.current(bucket, "k").await.unwrap().unwrap();
    photos.copy_version(bucket, &copy("k", &null, Guard::Is(current.etag))).await.unwrap();
    assert_eq!(bench.body(bucket, "k").await, "before versioning");
    assert_eq!(photos.digest(bucket, "k", &null).await.unwrap().bytes, 17);
}

#[tokio::test]
async fn the_bucket_and_the_caller_are_told() {
    let bench = bench().await;
    let bucket = "history-facts";
    bench.bucket(bucket).await;
    let facts = bench.ports.photos.bucket(bucket).await.unwrap();
    assert_eq!(facts.versioning, Versioning::Enabled);
    assert_eq!(facts.expiry, Some(Vec::new()));
    let caller = bench.ports.identity.whoami().await.unwrap();
    assert_eq!(caller.region, "us-east-1");
    assert_eq!(caller.account, action::environment::PRACTICE_ACCOUNT);
    assert!(caller.ahead.is_some_and(|ahead| ahead.abs() < 5), "{caller:?}");
    let error = bench.ports.photos.bucket("no-such-bucket").await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
    let error = bench.ports.photos.list_versions("no-such-bucket", "", None, None).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound, "{error}");
}

#[tokio::test]
async fn a_bucket_of_another_account_refuses() {
    let bench = bench().await;
    let mut environment = Environment::practice(bench.range.endpoint());
    environment.account = "123456789012".to_owned();
    environment.photos = None;
    let ports = aws::connect(&environment, &Options::default()).await.unwrap();
    let bucket = &bench.range.ready().bucket;
    let error = ports.photos.bucket(bucket).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Denied, "{error}");
    assert!(error.next.contains("belongs to account 123456789012"), "{error}");
}
