//! Versions, markers, and the one null version.

use aws_sdk_s3::types::BucketVersioningStatus::{Enabled, Suspended};
use aws_sdk_s3::types::{Delete, ObjectIdentifier};

use crate::support::{BUCKET, delete, empty, get, header, put, refusal, versioning};

#[tokio::test]
async fn a_delete_hides_and_its_marker_can_be_removed() {
    let (range, s3) = empty();
    let first = put(&s3, "a", "one").await.unwrap();
    let second = put(&s3, "a", "two").await.unwrap();
    let marker = delete(&s3, "a").await;
    let hidden = s3.get_object().bucket(BUCKET).key("a").send().await;
    assert_eq!(header(&hidden, "x-amz-delete-marker").as_deref(), Some("true"));
    assert_eq!(header(&hidden, "x-amz-version-id"), Some(marker.clone()));
    assert_eq!(refusal(hidden), (404, "NoSuchKey".to_owned()));
    let by_id = s3.get_object().bucket(BUCKET).key("a").version_id(&marker).send().await;
    assert_eq!(header(&by_id, "x-amz-delete-marker").as_deref(), Some("true"));
    assert_eq!(header(&by_id, "allow").as_deref(), Some("DELETE"));
    assert_eq!(refusal(by_id), (405, "MethodNotAllowed".to_owned()));
    let head = s3.head_object().bucket(BUCKET).key("a").version_id(&marker).send().await;
    assert_eq!(refusal(head).0, 405);
    let absent = s3.get_object().bucket(BUCKET).key("a").version_id("nothing").send().await;
    assert_eq!(refusal(absent), (404, "NoSuchVersion".to_owned()));
    assert_eq!(get(&s3, "a", Some(&first)).await, "one");

    let removed = s3.delete_object().bucket(BUCKET).key("a").version_id(&marker).send().await.unwrap();
    assert_eq!((removed.delete_marker, removed.version_id), (Some(true), Some(marker)));
    assert_eq!(get(&s3, "a", None).await, "two");
    s3.delete_object().bucket(BUCKET).key("a").version_id(&second).send().await.unwrap();
    assert_eq!(get(&s3, "a", None).await, "one");
    s3.delete_object().bucket(BUCKET).key("a").version_id(&first).send().await.unwrap();
    assert!(range.store().snapshot().is_empty());
    s3.delete_object().bucket(BUCKET).key("a").version_id(&first).send().await.unwrap();
}

#[tokio::test]
async fn null_versions_are_kept_by_enabling_and_replaced_by_suspending() {
    let (range, s3) = empty();
    s3.create_bucket().bucket("plain").send().await.unwrap();
    let written = |text: &'static str| {
        s3.put_object().bucket("plain").key("k").body(text.as_bytes().to_vec().into()).send()
    };
    let ids = || -> Vec<(String, bool, String)> {
        let held = range.store().snapshot().into_iter().filter(|v| v.bucket == "plain");
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        held.map(|v| {
            let id = if v.version.is_null() { "null" } else { "id" };
            (id.to_owned(), v.is_latest, text(&v.bytes))
        })
        .collect()
    };
    let entry = |id: &str, latest, text: &str| (id.to_owned(), latest, text.to_owned());

    assert_eq!(written("0").await.unwrap().version_id, None);
    assert_eq!(written("1").await.unwrap().version_id, None);
    assert_eq!(ids(), [entry("null", true, "1")]);
    versioning(&s3, "plain", Enabled).await;
    let stacked = written("2").await.unwrap().version_id.unwrap();
    assert_ne!(stacked, "null");
    assert_eq!(ids(), [entry("id", true, "2"), entry("null", false, "1")]);
    versioning(&s3, "plain", Suspended).await;
    assert_eq!(written("3").await.unwrap().version_id.as_deref(), Some("null"));
    assert_eq!(ids(), [entry("null", true, "3"), entry("id", false, "2")]);
    let deleted = s3.delete_object().bucket("plain").key("k").send().await.unwrap();
    assert_eq!((deleted.version_id.as_deref(), deleted.delete_marker), (Some("null"), Some(true)));
    assert_eq!(ids(), [entry("null", true, ""), entry("id", false, "2")]);
    s3.delete_object().bucket("plain").key("k").version_id("null").send().await.unwrap();
    assert_eq!(ids(), [entry("id", true, "2")]);
}

#[tokio::test]
async fn a_bucket_without_versions_deletes_for_good() {
    let (range, s3) = empty();
    s3.create_bucket().bucket("plain").send().await.unwrap();
    s3.put_object().bucket("plain").key("k").send().await.unwrap();
    let deleted = s3.delete_object().bucket("plain").key("k").send().await.unwrap();
    assert_eq!((deleted.version_id, deleted.delete_marker), (None, None));
    assert!(range.store().snapshot().is_empty());
    let again = s3.create_bucket().bucket("plain").send().await;
    assert_eq!(refusal(again), (409, "BucketAlreadyOwnedByYou".to_owned()));
    let absent = s3.head_bucket().bucket("absent").send().await;
    assert_eq!(refusal(absent).0, 404);
}

#[tokio::test]
async fn deletes_can_ask_for_the_version_they_mean() {
    let (_range, s3) = empty();
    put(&s3, "a", "one").await;
    let etag = s3.head_object().bucket(BUCKET).key("a").send().await.unwrap().e_tag.unwrap();
    let delete_if = |etag: &str| s3.delete_object().bucket(BUCKET).key("a").if_match(etag).send();
    assert_eq!(refusal(delete_if("\"other\"").await), (412, "PreconditionFailed".to_owned()));
    assert_eq!(delete_if(&etag).await.unwrap().delete_marker, Some(true));
    assert_eq!(refusal(delete_if("*").await), (412, "PreconditionFailed".to_owned()));
    let absent = s3.delete_object().bucket(BUCKET).key("none").if_match("*").send().await;
    assert_eq!(refusal(absent), (404, "NoSuchKey".to_owned()));
}

#[tokio::test]
async fn a_batch_answers_for_each_of_its_deletes() {
    let (range, s3) = empty();
    let version = put(&s3, "a", "one").await.unwrap();
    put(&s3, "b", "two").await;
    put(&s3, "c", "three").await;
    let id = |key: &str| ObjectIdentifier::builder().key(key);
    let batch = Delete::builder()
        .objects(id("a").version_id(&version).build().unwrap())
        .objects(id("b").build().unwrap())
        .objects(id("c").e_tag("\"other\"").build().unwrap())
        .objects(id("absent").build().unwrap())
        .build()
        .unwrap();
    let answer = s3.delete_objects().bucket(BUCKET).delete(batch).send().await.unwrap();
    let deleted: Vec<_> = answer.deleted().iter().map(|d| (d.key().unwrap(), d.delete_marker())).collect();
    assert_eq!(deleted, [("a", None), ("b", Some(true)), ("absent", Some(true))]);
    assert_eq!(answer.deleted()[0].version_id(), Some(version.as_str()));
    assert!(answer.deleted()[1].delete_marker_version_id().is_some());
    let [failed] = answer.errors() else { panic!("{:?}", answer.errors()) };
    assert_eq!((failed.key(), failed.code()), (Some("c"), Some("PreconditionFailed")));
    assert_eq!(range.store().snapshot().iter().filter(|v| v.is_marker).count(), 2);
}
