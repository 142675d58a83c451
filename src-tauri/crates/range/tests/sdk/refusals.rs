//! Who may ask, who is told what, and trouble on purpose.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_s3::operation::RequestId;
use range::{CopyError, CopyFault, Faults, Range, RangeError, RangeOptions, Window};

use crate::support::{BUCKET, client_with, empty, get, put, refusal, source};

#[tokio::test]
async fn only_the_key_of_the_range_opens_it() {
    let (range, s3) = empty();
    put(&s3, "k", "x").await;
    let ready = range.ready();
    let wrong = client_with(&range, &ready.access_key_id, "wrong", "us-east-1");
    let code = refusal(wrong.list_buckets().send().await);
    assert_eq!(code, (403, "SignatureDoesNotMatch".to_owned()));
    let code = refusal(wrong.put_object().bucket(BUCKET).key("k").send().await);
    assert_eq!(code, (403, "SignatureDoesNotMatch".to_owned()));
    let unknown = client_with(&range, "AKIAUNKNOWN", &ready.secret_access_key, "us-east-1");
    let code = refusal(unknown.list_buckets().send().await);
    assert_eq!(code, (403, "InvalidAccessKeyId".to_owned()));
    let abroad = client_with(&range, &ready.access_key_id, &ready.secret_access_key, "eu-west-1");
    let code = refusal(abroad.get_object().bucket(BUCKET).key("k").send().await);
    assert_eq!(code, (400, "AuthorizationHeaderMalformed".to_owned()));
    assert_eq!(range.store().snapshot().len(), 1);
}

#[tokio::test]
async fn a_bucket_of_another_owner_is_refused() {
    let (_range, s3) = empty();
    put(&s3, "k", "x").await;
    let get = |owner: &str| s3.get_object().bucket(BUCKET).key("k").expected_bucket_owner(owner).send();
    get("000000000000").await.unwrap();
    assert_eq!(refusal(get("123456789012").await), (403, "AccessDenied".to_owned()));
}

#[tokio::test]
async fn every_answer_has_its_own_request_id() {
    let (_range, s3) = empty();
    let mut ids = HashSet::new();
    for n in 0..50 {
        let answer = s3.put_object().bucket(BUCKET).key(format!("k{n}")).send().await.unwrap();
        assert!(ids.insert(answer.request_id().unwrap().to_owned()));
    }
}

fn sts(range: &Range, id: &str, secret: &str) -> aws_sdk_sts::Client {
    let config = aws_sdk_sts::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .endpoint_url(range.endpoint())
        .build();
    aws_sdk_sts::Client::from_conf(config)
}

#[tokio::test]
async fn sts_tells_who_a_key_belongs_to() {
    let (range, _s3) = empty();
    let (id, secret) = (&range.ready().access_key_id, &range.ready().secret_access_key);
    let identity = sts(&range, id, secret).get_caller_identity().send().await.unwrap();
    assert_eq!(identity.account(), Some("000000000000"));
    assert_eq!(identity.arn(), Some("arn:aws:iam::000000000000:user/practice"));
    assert!(identity.user_id().is_some() && identity.request_id().is_some());
    let wrong = sts(&range, id, "wrong").get_caller_identity().send().await;
    assert_eq!(refusal(wrong), (403, "SignatureDoesNotMatch".to_owned()));
    let unknown = sts(&range, "AKIAUNKNOWN", secret).get_caller_identity().send().await;
    assert_eq!(refusal(unknown), (403, "InvalidClientTokenId".to_owned()));
    let other = sts(&range, id, secret).get_session_token().send().await;
    assert_eq!(refusal(other), (501, "NotImplemented".to_owned()));
    range.set_faults(Faults { expired: Some(Window::default()), ..Faults::default() });
    let expired = sts(&range, id, secret).get_caller_identity().send().await;
    assert_eq!(refusal(expired), (403, "ExpiredToken".to_owned()));
}

#[tokio::test]
async fn faults_strike_what_they_name_and_nothing_else() {
    let (range, s3) = empty();
    let id = put(&s3, "k", "x").await.unwrap();
    put(&s3, "never", "x").await;
    let copies = Some(CopyFault { every: 3, error: CopyError::SlowDown });
    range.set_faults(Faults { copies, denied_keys: ["never".to_owned()].into(), ..Faults::default() });
    let mut codes = Vec::new();
    for _ in 0..6 {
        let copy =
            s3.copy_object().bucket(BUCKET).key("k").copy_source(source(BUCKET, "k", Some(&id))).send().await;
        codes.push(if copy.is_ok() { (200, String::new()) } else { refusal(copy) });
    }
    let (fine, slow) = ((200, String::new()), (503, "SlowDown".to_owned()));
    assert_eq!(codes, [fine.clone(), fine.clone(), slow.clone(), fine.clone(), fine, slow]);
    assert_eq!(range.store().snapshot().iter().filter(|v| v.key == "k").count(), 5);
    for _ in 0..3 {
        let denied = s3.copy_object().bucket(BUCKET).key("never").copy_source(source(BUCKET, "k", Some(&id)));
        assert_eq!(refusal(denied.send().await), (403, "AccessDenied".to_owned()));
    }
    range.set_faults(Faults::default());
    assert_eq!(get(&s3, "never", None).await, "x");
}

#[tokio::test]
async fn latency_holds_each_request_up() {
    let (range, s3) = empty();
    put(&s3, "k", "x").await;
    range.set_faults(Faults { latency_ms: 150, ..Faults::default() });
    let began = Instant::now();
    get(&s3, "k", None).await;
    assert!(began.elapsed() >= Duration::from_millis(150));
}

#[tokio::test]
async fn a_stopped_range_is_gone_and_its_port_is_free() {
    let (range, s3) = empty();
    put(&s3, "k", "x").await;
    let port: u16 = range.endpoint().rsplit(':').next().unwrap().parse().unwrap();
    let taken = Range::start(RangeOptions { port, ..RangeOptions::default() });
    assert!(matches!(taken, Err(RangeError::PortInUse { .. })));
    drop(range);
    assert!(s3.list_buckets().send().await.is_err());
    Range::start(RangeOptions { port, ..RangeOptions::default() }).unwrap();
}
