//! Multipart uploads, from bytes and from other objects.

use aws_sdk_s3::Client;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};

use crate::support::{BUCKET, empty, put, refusal, source};

const MIB: usize = 1024 * 1024;

async fn complete(s3: &Client, id: &str, parts: &[(i32, &str)]) -> Result<String, (u16, String)> {
    let parts = parts.iter().map(|(n, etag)| CompletedPart::builder().part_number(*n).e_tag(*etag).build());
    let upload = CompletedMultipartUpload::builder().set_parts(Some(parts.collect())).build();
    let request =
        s3.complete_multipart_upload().bucket(BUCKET).key("big").upload_id(id).multipart_upload(upload);
    let answer = request.send().await;
    if answer.is_err() {
        return Err(refusal(answer));
    }
    Ok(answer.unwrap().e_tag.unwrap())
}

async fn upload_part(s3: &Client, id: &str, number: i32, bytes: Vec<u8>) -> String {
    let part = s3.upload_part().bucket(BUCKET).key("big").upload_id(id).part_number(number);
    part.body(bytes.into()).send().await.unwrap().e_tag.unwrap()
}

#[tokio::test]
async fn parts_become_one_object_with_a_counted_etag() {
    let (range, s3) = empty();
    let small = put(&s3, "tail", "0123456789").await.unwrap();
    let start = s3.create_multipart_upload().bucket(BUCKET).key("big").content_type("image/jpeg");
    let id = start.metadata("lineage", "original").tagging("a=b").send().await.unwrap().upload_id.unwrap();
    let first = upload_part(&s3, &id, 1, vec![1; 5 * MIB]).await;
    let copied = s3.upload_part_copy().bucket(BUCKET).key("big").upload_id(&id).part_number(3);
    let copied = copied.copy_source(source(BUCKET, "tail", Some(&small))).copy_source_range("bytes=2-4");
    let copied = copied.send().await.unwrap();
    assert_eq!(copied.copy_source_version_id, Some(small));
    let last = copied.copy_part_result.unwrap().e_tag.unwrap();

    let listed = s3.list_parts().bucket(BUCKET).key("big").upload_id(&id).max_parts(1).send().await.unwrap();
    assert_eq!((listed.is_truncated, listed.next_part_number_marker.as_deref()), (Some(true), Some("1")));
    let uploads = s3.list_multipart_uploads().bucket(BUCKET).send().await.unwrap();
    assert_eq!(uploads.uploads()[0].upload_id(), Some(id.as_str()));

    let wrong = complete(&s3, &id, &[(3, &last), (1, &first)]).await;
    assert_eq!(wrong, Err((400, "InvalidPartOrder".to_owned())));
    let wrong = complete(&s3, &id, &[(1, "\"other\""), (3, &last)]).await;
    assert_eq!(wrong, Err((400, "InvalidPart".to_owned())));
    let etag = complete(&s3, &id, &[(1, &first), (3, &last)]).await.unwrap();
    assert!(etag.ends_with("-2\""), "{etag}");
    let held = range.store().snapshot().into_iter().find(|v| v.key == "big").unwrap();
    assert_eq!(format!("\"{}\"", held.etag), etag);
    assert_eq!(held.bytes.len(), 5 * MIB + 3);
    assert_eq!(&held.bytes[5 * MIB..], b"234");
    assert_eq!(held.attributes.metadata["lineage"], "original");
    assert_eq!(held.tags["a"], "b");
    let again = complete(&s3, &id, &[(1, &first)]).await;
    assert_eq!(again, Err((404, "NoSuchUpload".to_owned())));

    let copy = s3.copy_object().bucket(BUCKET).key("big").copy_source(source(
        BUCKET,
        "big",
        Some(&held.version.to_string()),
    ));
    let copy = copy.send().await.unwrap().copy_object_result.unwrap().e_tag.unwrap();
    assert!(!copy.contains('-'), "a copy is stored in one piece: {copy}");
}

#[tokio::test]
async fn small_parts_and_lost_uploads_are_refused() {
    let (range, s3) = empty();
    let start = s3.create_multipart_upload().bucket(BUCKET).key("big").send().await.unwrap();
    let id = start.upload_id.unwrap();
    let first = upload_part(&s3, &id, 1, vec![1; 10]).await;
    let second = upload_part(&s3, &id, 2, vec![2; 10]).await;
    let small = complete(&s3, &id, &[(1, &first), (2, &second)]).await;
    assert_eq!(small, Err((400, "EntityTooSmall".to_owned())));
    s3.abort_multipart_upload().bucket(BUCKET).key("big").upload_id(&id).send().await.unwrap();
    let lost = s3.list_parts().bucket(BUCKET).key("big").upload_id(&id).send().await;
    assert_eq!(refusal(lost), (404, "NoSuchUpload".to_owned()));
    assert!(range.store().snapshot().is_empty());
}
