//! A guarded write whose answer is lost is judged by what it did.

use action::port::{CopyVersion, Guard, PortErrorKind, VersionId};

use crate::stub::{Stub, refusal, response};

fn copy(unless: Guard) -> CopyVersion {
    CopyVersion {
        key: "k".into(),
        version: VersionId("old".into()),
        storage_class: "STANDARD".into(),
        unless,
    }
}

fn head(version: &str, etag: &str) -> String {
    // HEAD's answer has a length but no body.
    format!(
        "HTTP/1.1 200 OK\r\nx-amz-request-id: HEAD1\r\nx-amz-version-id: {version}\r\netag: \"{etag}\"\r\n\
         content-length: 3\r\nconnection: close\r\n\r\n"
    )
}

/// A server where the first write answers 500, whether it worked or not, and every further one 412.
async fn after_a_lost_answer(current: &'static str, status: u16) -> Stub {
    Stub::start(move |number, request| match (number, request.split(' ').next()) {
        (0, _) => refusal(500, "InternalError", "lost"),
        (_, Some("HEAD")) if request.contains("versionId=old") => head("old", "good"),
        (_, Some("HEAD")) if current == "marker" => {
            response(404, "x-amz-delete-marker: true\r\nx-amz-version-id: m1\r\n", "")
        }
        (_, Some("HEAD")) => head("new", current),
        _ => refusal(status, if status == 404 { "NoSuchKey" } else { "PreconditionFailed" }, "in the way"),
    })
    .await
}

#[tokio::test]
async fn a_copy_that_was_done_by_the_first_attempt_is_done() {
    for (unless, status) in [(Guard::Absent, 412), (Guard::Is("bad".into()), 412)] {
        let ports = after_a_lost_answer("good", status).await.ports(2).await;
        let receipt = ports.photos.copy_version("b", &copy(unless)).await.unwrap();
        assert_eq!(receipt.version, Some(VersionId("new".into())));
        assert_eq!(receipt.etag.as_deref(), Some("good"));
        assert_eq!(receipt.request_id.as_deref(), Some("HEAD1"));
    }
}

#[tokio::test]
async fn a_photo_written_by_somebody_else_is_changed() {
    let ports = after_a_lost_answer("other", 412).await.ports(2).await;
    let error = ports.photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
}

#[tokio::test]
async fn a_guard_that_fails_at_once_is_not_looked_into() {
    let stub = Stub::start(|_, _| refusal(412, "PreconditionFailed", "in the way")).await;
    let error = stub.ports(2).await.photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
    assert_eq!(stub.heads().len(), 1);
}

#[tokio::test]
async fn a_key_that_vanished_under_a_guard_is_changed() {
    let stub = Stub::start(|_, _| refusal(404, "NoSuchKey", "gone")).await;
    let error = stub.ports(1).await.photos.copy_version("b", &copy(Guard::Is("e".into()))).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::Changed);
    let error = stub.ports(1).await.photos.copy_version("b", &copy(Guard::Absent)).await.unwrap_err();
    assert_eq!(error.kind, PortErrorKind::NotFound);
}

#[tokio::test]
async fn a_marker_that_was_put_by_the_first_attempt_is_put() {
    for status in [412, 404] {
        let ports = after_a_lost_answer("marker", status).await.ports(2).await;
        let receipt = ports.photos.put_marker("b", "k", "bad").await.unwrap();
        assert_eq!(receipt.version, Some(VersionId("m1".into())));
    }
    let ports = after_a_lost_answer("other", 412).await.ports(2).await;
    assert_eq!(ports.photos.put_marker("b", "k", "bad").await.unwrap_err().kind, PortErrorKind::Changed);
}
