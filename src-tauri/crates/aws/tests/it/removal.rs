//! Versions that are removed for good, archived ones that are thawed, and keys that strain both.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use action::port::{CopyVersion, Guard, PortErrorKind, Thawing, Tier, VersionId};
use aws::Options;
use aws_sdk_s3::primitives::{ByteStream, DateTime};
use aws_sdk_s3::types::{ObjectLockMode, StorageClass};
use jiff::{SignedDuration, Timestamp};
use range::RangeOptions;

use crate::range::{Bench, bench, bench_with, copy};
use crate::stub::{Stub, refusal, response};

#[tokio::test]
async fn locked_versions_stay_and_the_rest_goes() {
    let bench = bench().await;
    let made = bench.client.create_bucket().bucket("bucket").object_lock_enabled_for_bucket(true);
    made.send().await.unwrap();
    let mut entries = Vec::new();
    for n in 0..5 {
        let key = format!("k{n}");
        let put = bench.client.put_object().bucket("bucket").key(&key).body(ByteStream::from_static(b"x"));
        let put = match n {
            1 => put
                .object_lock_mode(ObjectLockMode::Compliance)
                .object_lock_retain_until_date(DateTime::from_secs(1_900_000_000)),
            _ => put,
        };
        let id = put.send().await.unwrap().version_id().unwrap().to_owned();
        if n == 3 {
            let on = aws_sdk_s3::types::ObjectLockLegalHoldStatus::On;
            let hold = aws_sdk_s3::types::ObjectLockLegalHold::builder().status(on).build();
            bench
                .client
                .put_object_legal_hold()
                .bucket("bucket")
                .key(&key)
                .legal_hold(hold)
                .send()
                .await
                .unwrap();
        }
        entries.push((key, VersionId(id)));
    }
    let marker = bench.client.delete_object().bucket("bucket").key("k1").send().await.unwrap();
    entries.push(("k1".into(), VersionId(marker.version_id().unwrap().into())));
    entries.push(("never".into(), VersionId("00000000-0000-4000-8000-000000000000".into())));
    let removed = bench.ports.photos.remove_versions("bucket", &entries).await.unwrap();
    assert!(removed.request_id.is_some());
    assert_eq!(removed.refused.iter().map(|refused| refused.place).collect::<Vec<_>>(), [1, 3]);
    for refused in &removed.refused {
        assert_eq!(refused.error.kind, PortErrorKind::Denied);
        assert!(refused.error.to_string().contains("Object Lock protects this version"), "{}", refused.error);
    }
    let (listed, markers, _) = bench.list("bucket", "", None).await;
    let left: Vec<_> = listed.iter().map(|version| version.key.as_str()).collect();
    assert_eq!((left, markers.len()), (vec!["k1", "k3"], 0));
    assert!(bench.ports.photos.remove_versions("bucket", &entries).await.unwrap().refused.len() == 2);
}

#[tokio::test]
async fn a_refusal_of_what_was_not_asked_for_counts_nothing_as_removed() {
    let refused = |key: &str, version: &str, code: &str, message: &str| {
        let body = format!(
            "<DeleteResult><Error><Key>{key}</Key>{version}<Code>{code}</Code><Message>{message}</Message></Error>\
             </DeleteResult>"
        );
        response(200, "content-type: application/xml\r\n", &body)
    };
    let entries = [("a".to_owned(), VersionId("null".into())), ("a&b".to_owned(), VersionId("v".into()))];
    let mfa = "Mfa Authentication must be used for this request";
    for (answer, place, kind, words) in [
        (refused("a", "", "SlowDown", "slow"), Some(0), PortErrorKind::Throttled, "faster than"),
        (
            refused("a&amp;b", "<VersionId>v</VersionId>", "AccessDenied", mfa),
            Some(1),
            PortErrorKind::Denied,
            "MFA Delete",
        ),
        (
            refused("other", "<VersionId>v</VersionId>", "InternalError", "x"),
            None,
            PortErrorKind::Other,
            "not asked for",
        ),
    ] {
        let stub = Stub::start(move |_, _| answer.clone()).await;
        let removed = stub.ports(3).await.photos.remove_versions("b", &entries).await;
        let error = match (place, removed) {
            (Some(place), Ok(removed)) => {
                assert_eq!((removed.refused.len(), removed.refused[0].place), (1, place));
                removed.refused[0].error.clone()
            }
            (None, Err(error)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(error.kind, kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(stub.heads().len(), 1);
        assert!(stub.heads()[0].contains("<Quiet>true</Quiet>"));
    }
    let stub = Stub::start(|_, _| refusal(403, "AccessDenied", "Mfa Authentication must be used")).await;
    let error = stub.ports(1).await.photos.remove_versions("b", &entries).await.unwrap_err();
    assert!(error.to_string().contains("Nothing was removed"), "{error}");
}

struct Cold {
    bench: Bench,
    now: Arc<AtomicI64>,
}

impl Cold {
    /// A bucket on a clock that moves when it is told to, where thawing takes an hour.
    async fn new() -> Self {
        let now = Arc::new(AtomicI64::new(1_790_000_000));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap());
        let options = RangeOptions { clock, ..RangeOptions::default() };
        let bench = bench_with(options, &Options::default()).await;
        bench.range.store().set_thaw_time(SignedDuration::from_hours(1));
        bench.bucket("bucket").await;
        Self { bench, now }
    }

    fn pass(&self, hours: i64) {
        self.now.fetch_add(hours * 3600, Ordering::Relaxed);
    }

    async fn put(&self, key: &str, class: StorageClass) -> VersionId {
        let put =
            self.bench.client.put_object().bucket("bucket").key(key).body(ByteStream::from_static(b"cold"));
        VersionId(put.storage_class(class).send().await.unwrap().version_id().unwrap().to_owned())
    }
}

#[tokio::test]
async fn an_archived_version_is_thawed_before_it_is_copied() {
    let cold = Cold::new().await;
    let photos = &cold.bench.ports.photos;
    for class in [StorageClass::Glacier, StorageClass::DeepArchive] {
        let key = class.as_str();
        let good = cold.put(key, class.clone()).await;
        let back = CopyVersion { storage_class: key.into(), ..copy(key, &good, Guard::Absent) };
        let back = CopyVersion { to: Some(format!("back/{key}")), ..back };
        let error = photos.copy_version("bucket", &back).await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Archived, "{error}");
        assert_eq!(photos.thawing("bucket", key, &good).await, Ok(Thawing::Frozen));

        assert!(photos.thaw("bucket", key, &good, Tier::Bulk, Some(2)).await.unwrap().is_some());
        assert_eq!(photos.thawing("bucket", key, &good).await, Ok(Thawing::Asked));
        assert!(
            photos.thaw("bucket", key, &good, Tier::Bulk, Some(2)).await.unwrap().is_some(),
            "asking again is no error"
        );
        let thawed =
            async |key: &str| cold.bench.list("bucket", key, None).await.0[0].photo.clone().unwrap().thawed;
        assert!(!thawed(key).await);
        assert_eq!(photos.copy_version("bucket", &back).await.unwrap_err().kind, PortErrorKind::Archived);

        cold.pass(2);
        let Ok(Thawing::Ready(Some(until))) = photos.thawing("bucket", key, &good).await else {
            panic!("{key}")
        };
        assert!(
            until.as_second() > cold.now.load(Ordering::Relaxed) + 46 * 3600
                && until.as_second() % 86_400 == 0
        );
        assert!(thawed(key).await);
        photos.copy_version("bucket", &back).await.unwrap();
        assert_eq!(photos.digest("bucket", key, &good).await.unwrap().bytes, 4);

        cold.pass(24 * 4);
        assert_eq!(photos.thawing("bucket", key, &good).await, Ok(Thawing::Frozen));
        assert!(!thawed(key).await);
    }
    let good = cold.put("deep", StorageClass::DeepArchive).await;
    let error = photos.thaw("bucket", "deep", &good, Tier::Expedited, Some(1)).await.unwrap_err();
    assert!(error.next.contains("Deep Archive has no expedited one"), "{error}");
    let warm = cold.put("warm", StorageClass::StandardIa).await;
    photos.thaw("bucket", "warm", &warm, Tier::Standard, Some(1)).await.unwrap();
    assert_eq!(photos.thawing("bucket", "warm", &warm).await, Ok(Thawing::Ready(None)));
    let tiered = cold.put("tiered", StorageClass::IntelligentTiering).await;
    assert!(photos.thaw("bucket", "tiered", &tiered, Tier::Standard, Some(1)).await.is_err());
    photos.thaw("bucket", "tiered", &tiered, Tier::Standard, None).await.unwrap();
}

#[tokio::test]
async fn thawing_that_there_is_no_room_for_says_what_to_ask_for_instead() {
    let code = "GlacierExpeditedRetrievalNotAvailable";
    let stub = Stub::start(move |_, _| refusal(503, code, "Try again later")).await;
    let photos = stub.ports(1).await.photos;
    let error = photos.thaw("b", "k", &VersionId("v".into()), Tier::Expedited, Some(1)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NoRoom);
    assert!(error.next.contains("standard tier"), "{error}");
}

/// Keys of every byte that S3 allows, and of as many as it allows.
fn keys() -> Vec<String> {
    let mut keys: Vec<String> = (1..0x80_u8).map(|byte| format!("one/{}x", char::from(byte))).collect();
    keys.push((1..0x80_u8).map(char::from).collect());
    keys.push("photos/ü/写真 👩🏽‍🚒\u{85}\u{2028}\u{feff}\u{fffd}.jpg".to_owned());
    keys.push("\u{ffff}\u{fffe}".to_owned());
    keys.push("👩".repeat(256));
    keys.push("%41".repeat(341) + "+");
    for plain in
        ["a+b c", "a%2Bb", "%", "%%%", "/", "//", "a//b/", "?versionId=x&y#z", " x ", "\\", "&amp;<x>"]
    {
        keys.push(plain.to_owned());
    }
    assert!(keys.iter().all(|key| key.len() <= 1024) && keys.iter().any(|key| key.len() == 1024));
    keys
}

#[tokio::test]
async fn keys_of_every_byte_go_through_copy_thaw_removal_and_listing() {
    let cold = Cold::new().await;
    let (bench, photos) = (&cold.bench, &cold.bench.ports.photos);
    let keys = keys();
    let mut goods = Vec::new();
    for key in &keys {
        let good = cold.put(key, StorageClass::Glacier).await;
        assert!(
            photos.thaw("bucket", key, &good, Tier::Standard, Some(1)).await.unwrap().is_some(),
            "{key:?}"
        );
        goods.push(good);
    }
    cold.pass(2);
    let mut markers = Vec::new();
    for (key, good) in keys.iter().zip(&goods) {
        assert!(matches!(photos.thawing("bucket", key, good).await, Ok(Thawing::Ready(Some(_)))), "{key:?}");
        let etag = photos.current("bucket", key).await.unwrap().unwrap().etag;
        let marker = photos.put_marker("bucket", key, &etag).await.unwrap();
        markers.push((key.clone(), marker.version.unwrap()));
        let back = CopyVersion { etag, ..copy(key, good, Guard::Absent) };
        photos.copy_version("bucket", &back).await.unwrap();
    }
    let mut sorted = keys.clone();
    sorted.sort();
    let (listed, hidden, _) = bench.list("bucket", "", Some(7)).await;
    let mut seen: Vec<_> = listed.iter().map(|version| version.key.clone()).collect();
    assert_eq!((seen.len(), hidden.len()), (2 * keys.len(), keys.len()));
    seen.dedup();
    assert_eq!(seen, sorted);

    assert_eq!(photos.remove_versions("bucket", &markers).await.unwrap().refused, []);
    assert_eq!(bench.list("bucket", "", None).await.1.len(), 0);
    let rest: Vec<_> = listed.into_iter().map(|version| (version.key, version.id)).collect();
    assert_eq!(photos.remove_versions("bucket", &rest).await.unwrap().refused, []);
    let (listed, hidden, _) = bench.list("bucket", "", None).await;
    assert_eq!((listed.len(), hidden.len()), (0, 0));
}

#[tokio::test]
async fn a_key_of_nothing_but_spaces_is_beyond_the_sdk_and_is_said_to_be() {
    let stub = Stub::start(|_, _| response(200, "", "")).await;
    let blank = copy(" ", &VersionId("v".into()), Guard::Absent);
    let error = stub.ports(1).await.photos.copy_version("b", &blank).await.unwrap_err();
    assert_eq!((error.kind, error.message.as_str()), (PortErrorKind::Other, "the request could not be made"));
    assert!(error.next.contains("nothing but spaces"), "{error}");
}
