//! CopyObject: by version, onto itself, under conditions, with and without its metadata and tags.

use std::collections::HashMap;

use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::operation::copy_object::builders::CopyObjectFluentBuilder;
use aws_sdk_s3::operation::copy_object::{CopyObjectError, CopyObjectOutput};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{MetadataDirective, StorageClass, TaggingDirective};

use crate::support::{BUCKET, delete, empty, frozen, get, put, refusal, source};

type Copied = Result<CopyObjectOutput, SdkError<CopyObjectError>>;

fn copy(s3: &aws_sdk_s3::Client, key: &str, version: Option<&str>) -> CopyObjectFluentBuilder {
    s3.copy_object().bucket(BUCKET).key(key).copy_source(source(BUCKET, key, version))
}

fn failed(copied: Copied) -> (u16, String) {
    refusal(copied)
}

#[tokio::test]
async fn an_old_version_is_brought_back_on_top_with_everything_it_had() {
    let (range, s3) = empty();
    let keys = ["plain", "a b+c%41.jpg", "ünï/写真.jpg", "q?x=1&y#z"];
    for key in keys {
        let good = s3.put_object().bucket(BUCKET).key(key).body(b"good".to_vec().into());
        let good = good.content_type("image/jpeg").cache_control("private").metadata("lineage", "original");
        let good = good.content_language("en").content_disposition("inline").tagging("state=new&a%20b=c%2Bd");
        let good = good.expires(DateTime::from_secs(2_000_000_000)).send().await.unwrap();
        put(&s3, key, "bad").await;
        let id = good.version_id.unwrap();
        let copied = copy(&s3, key, Some(&id)).send().await.unwrap();
        assert_eq!(copied.copy_source_version_id.as_deref(), Some(id.as_str()));
        let new = copied.version_id.unwrap();
        assert_eq!(copied.copy_object_result.unwrap().e_tag, good.e_tag);
        assert_eq!(get(&s3, key, None).await, "good");
        let held = range.store().snapshot();
        let of = |version: &str| held.iter().find(|v| v.version.to_string() == version).unwrap();
        assert_eq!(of(&new).attributes, of(&id).attributes);
        assert_eq!(of(&new).attributes.content_type.as_deref(), Some("image/jpeg"));
        assert_eq!(of(&new).attributes.expires.unwrap().as_second(), 2_000_000_000);
        assert_eq!(of(&new).tags, of(&id).tags);
        assert_eq!(of(&new).tags["a b"], "c+d");
        assert_eq!(of(&new).bytes.as_ptr(), of(&id).bytes.as_ptr(), "copies share their bytes");
    }
}

#[tokio::test]
async fn directives_replace_what_they_name() {
    let (range, s3) = empty();
    let put = s3.put_object().bucket(BUCKET).key("k").metadata("old", "1").tagging("old=1");
    let id = put.storage_class(StorageClass::StandardIa).send().await.unwrap().version_id.unwrap();
    let replaced = copy(&s3, "k", Some(&id))
        .metadata_directive(MetadataDirective::Replace)
        .set_metadata(Some(HashMap::from([("new".to_owned(), "2".to_owned())])))
        .content_type("text/plain")
        .tagging_directive(TaggingDirective::Replace)
        .tagging("new=2")
        .storage_class(StorageClass::StandardIa);
    replaced.send().await.unwrap();
    let latest = range.store().snapshot().remove(0);
    assert_eq!(latest.attributes.metadata.into_iter().collect::<Vec<_>>(), [("new".into(), "2".into())]);
    assert_eq!(latest.attributes.content_type.as_deref(), Some("text/plain"));
    assert_eq!(latest.tags.into_iter().collect::<Vec<_>>(), [("new".into(), "2".into())]);
    assert_eq!(latest.storage_class, "STANDARD_IA");
    copy(&s3, "k", Some(&id)).send().await.unwrap();
    assert_eq!(range.store().snapshot()[0].storage_class, "STANDARD", "S3 doesn't copy the storage class");
}

#[tokio::test]
async fn a_copy_onto_itself_needs_a_version_or_a_change() {
    let (_range, s3) = empty();
    let id = put(&s3, "k", "x").await.unwrap();
    assert_eq!(failed(copy(&s3, "k", None).send().await), (400, "InvalidRequest".to_owned()));
    copy(&s3, "k", Some(&id)).send().await.unwrap();
    copy(&s3, "k", None).metadata_directive(MetadataDirective::Replace).send().await.unwrap();
    copy(&s3, "k", None).storage_class(StorageClass::StandardIa).send().await.unwrap();
}

#[tokio::test]
async fn nothing_is_copied_over_what_was_not_expected() {
    let (range, s3) = empty();
    let good = put(&s3, "k", "good").await.unwrap();
    let one = || copy(&s3, "k", Some(&good));
    let precondition = (412, "PreconditionFailed".to_owned());
    assert_eq!(failed(one().if_none_match("*").send().await), precondition);
    let bad = s3.put_object().bucket(BUCKET).key("k").body(b"bad".to_vec().into()).send().await.unwrap();
    let bad = bad.e_tag.unwrap();
    put(&s3, "k", "newer").await;
    assert_eq!(failed(one().if_match(&bad).send().await), precondition);
    let held = range.store().snapshot().len();
    delete(&s3, "k").await;
    assert_eq!(failed(one().if_match(&bad).send().await), (404, "NoSuchKey".to_owned()));
    assert_eq!(range.store().snapshot().len(), held + 1, "a refused copy writes nothing");
    one().if_none_match("*").send().await.unwrap();
    let etag = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap().e_tag.unwrap();
    one().if_match(etag).send().await.unwrap();
    assert_eq!(failed(one().if_none_match("\"x\"").send().await), (501, "NotImplemented".to_owned()));
}

#[tokio::test]
async fn the_source_can_be_held_to_conditions_too() {
    let (_range, s3) = frozen("2026-11-24T10:00:00Z");
    let good = put(&s3, "k", "good").await.unwrap();
    let etag = s3.head_object().bucket(BUCKET).key("k").send().await.unwrap().e_tag.unwrap();
    let written: jiff::Timestamp = "2026-11-24T10:00:00Z".parse().unwrap();
    let at = |offset: i64| DateTime::from_secs(written.as_second() + offset);
    let one = || copy(&s3, "k", Some(&good));
    let precondition = (412, "PreconditionFailed".to_owned());
    assert_eq!(failed(one().copy_source_if_match("\"other\"").send().await), precondition);
    assert_eq!(failed(one().copy_source_if_none_match(&etag).send().await), precondition);
    assert_eq!(failed(one().copy_source_if_modified_since(at(0)).send().await), precondition);
    assert_eq!(failed(one().copy_source_if_unmodified_since(at(-1)).send().await), precondition);
    let both = one().copy_source_if_match(&etag).copy_source_if_unmodified_since(at(-1));
    both.send().await.unwrap();
    one().copy_source_if_modified_since(at(-1)).send().await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_read_cannot_be_copied() {
    let (_range, s3) = empty();
    put(&s3, "k", "x").await;
    let marker = delete(&s3, "k").await;
    assert_eq!(failed(copy(&s3, "k", Some("nothing")).send().await), (404, "NoSuchVersion".to_owned()));
    assert_eq!(failed(copy(&s3, "k", None).send().await), (404, "NoSuchKey".to_owned()));
    assert_eq!(failed(copy(&s3, "k", Some(&marker)).send().await), (400, "InvalidRequest".to_owned()));
    let cold = s3.put_object().bucket(BUCKET).key("cold").storage_class(StorageClass::DeepArchive);
    let cold = cold.send().await.unwrap().version_id.unwrap();
    assert_eq!(failed(copy(&s3, "cold", Some(&cold)).send().await), (403, "InvalidObjectState".to_owned()));
    let read = s3.get_object().bucket(BUCKET).key("cold").send().await;
    assert_eq!(refusal(read), (403, "InvalidObjectState".to_owned()));
}
