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
async fn a_refusal_inside_a_200_is_tried_again() {
    let stub = Stub::start(|number, _| {
        let body = match number {
            0 => "<Error><Code>SlowDown</Code><Message>m</Message></Error>",
            _ => "<CopyObjectResult><ETag>&quot;e2&quot;</ETag></CopyObjectResult>",
        };
        response(200, "content-type: application/xml\r\nx-amz-version-id: v2\r\n", body)
    })
    .await;
    let receipt = stub.ports(2).await.photos.copy_version("b", &copy(Guard::Absent)).await.unwrap();
    assert_eq!(receipt.version, Some(VersionId("v2".into())));
    assert_eq!((receipt.etag.as_deref(), receipt.request_id.as_deref()), (Some("e2"), Some("REQ1")));
    assert_eq!(stub.heads().len(), 2);
}
