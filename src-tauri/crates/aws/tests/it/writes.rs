//! Guarded writes, where they meet other writes.

use action::port::{CopyVersion, Guard, Keep, PortErrorKind, VersionId};

use crate::stub::{Stub, refusal, response};

fn copy(unless: Guard) -> CopyVersion {
    CopyVersion {
        from: None,
        to: None,
        size: 1,
        etag: String::new(),
        keep: Keep::default(),
        key: "k".into(),
        version: VersionId("old".into()),
        storage_class: "STANDARD".into(),
        unless,
    }
}

#[tokio::test]
async fn a_guard_that_fails_is_not_tried_again() {
    for (status, code) in [(412, "PreconditionFailed"), (409, "ConditionalRequestConflict")] {
        let stub = Stub::start(move |_, _| refusal(status, code, "in the way")).await;
        let photos = stub.ports(3).await.photos;
        let error = photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
        assert_eq!((error.kind, error.kind.is_transient()), (PortErrorKind::Changed, false));
        let error = photos.put_marker("b", "k", "e").await.unwrap_err();
        assert_eq!(error.kind, PortErrorKind::Changed);
        assert_eq!(stub.heads().len(), 2);
    }
}

#[tokio::test]
async fn a_key_that_vanished_under_a_guard_is_changed() {
    let stub = Stub::start(|_, _| refusal(404, "NoSuchKey", "gone")).await;
    let photos = stub.ports(1).await.photos;
    let error = photos.copy_version("b", &copy(Guard::Is("e".into()))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
    let error = photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);

    let stub = Stub::start(|_, _| refusal(404, "NoSuchVersion", "gone")).await;
    let error = stub.ports(1).await.photos.copy_version("b", &copy(Guard::Is("e".into()))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
}

#[tokio::test]
async fn what_changes_photos_is_sent_once() {
    let slow = || refusal(503, "SlowDown", "Please reduce your request rate.");
    let inside = || {
        let body = "<Error><Code>SlowDown</Code><Message>m</Message></Error>";
        response(200, "content-type: application/xml\r\n", body)
    };
    for (answer, kind) in [
        (slow(), PortErrorKind::Throttled),
        (inside(), PortErrorKind::Throttled),
        (refusal(429, "TooManyRequests", "m"), PortErrorKind::Throttled),
        (refusal(500, "InternalError", "m"), PortErrorKind::Unavailable),
        (String::new(), PortErrorKind::Unreachable),
    ] {
        let stub = Stub::start(move |_, _| answer.clone()).await;
        let photos = stub.ports(3).await.photos;
        let error = photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
        assert_eq!((error.kind, error.kind.is_transient()), (kind, true), "{error}");
        assert_eq!(photos.put_marker("b", "k", "e").await.unwrap_err().kind, kind);
        let entries = [("k".to_owned(), VersionId("v".into()))];
        assert_eq!(photos.remove_versions("b", &entries).await.unwrap_err().kind, kind);
        assert_eq!(stub.heads().len(), 3);
    }
}

#[tokio::test]
async fn a_storm_of_refused_copies_takes_no_retry_from_a_listing() {
    let stub = Stub::start(|_, head| match head.contains("x-amz-copy-source") {
        true => refusal(503, "SlowDown", "Please reduce your request rate."),
        false => response(200, "content-type: application/xml\r\n", "<ListVersionsResult/>"),
    })
    .await;
    let photos = stub.ports(2).await.photos;
    // The SDK's bucket of retries holds 500, and a retry takes 5.
    for _ in 0..150 {
        photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
    }
    photos.list_versions("b", "", None, None).await.unwrap();
    assert_eq!(stub.heads().len(), 151);
}
