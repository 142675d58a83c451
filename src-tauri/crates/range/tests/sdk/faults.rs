//! What goes wrong on purpose: each knob, seen through the SDK.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use aws_sdk_s3::error::DisplayErrorContext;
use aws_sdk_s3::types::{Delete, ObjectIdentifier};
use jiff::Timestamp;
use range::{Counts, Faults, RACER, Range, RangeOptions, Rate, Strike, Trick, Window};

use crate::support::{BUCKET, client, empty, get, put, refusal, source};

fn strike(operation: &str, share: f64, with: Trick) -> Strike {
    Strike { operation: operation.to_owned(), share, with }
}

fn strikes(operation: &str, share: f64, with: Trick) -> Faults {
    Faults { strikes: vec![strike(operation, share, with)], ..Faults::default() }
}

/// Copies a key's first version onto it, each of the keys so many times, and gives what became of each: `ok` or a code.
async fn copies(s3: &aws_sdk_s3::Client, keys: &[(String, String)], times: usize) -> Vec<String> {
    let mut ends = Vec::new();
    for _ in 0..times {
        for (key, id) in keys {
            let copy = s3.copy_object().bucket(BUCKET).key(key).copy_source(source(BUCKET, key, Some(id)));
            let copied = copy.send().await;
            ends.push(if copied.is_ok() { "ok".to_owned() } else { refusal(copied).1 });
        }
    }
    ends
}

async fn some_keys(s3: &aws_sdk_s3::Client, count: usize) -> Vec<(String, String)> {
    let mut keys = Vec::new();
    for n in 0..count {
        let key = format!("photos/org-1/{n}.jpg");
        let id = put(s3, &key, "x").await.unwrap();
        keys.push((key, id));
    }
    keys
}

fn served(counts: &Counts) -> u64 {
    counts.answers.values().sum()
}

#[tokio::test]
async fn a_share_of_an_operation_fails_and_the_seed_says_which() {
    let (range, s3) = empty();
    let keys = some_keys(&s3, 20).await;
    let mut runs = Vec::new();
    for seed in [1, 1, 2] {
        let faults = Faults {
            seed,
            strikes: vec![
                strike("CopyObject", 0.2, Trick::SlowDown),
                strike("CopyObject", 0.2, Trick::InternalError),
                strike("GetObject", 1.0, Trick::InternalError),
            ],
            ..Faults::default()
        };
        range.set_faults(faults);
        runs.push(copies(&s3, &keys, 5).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
    for code in ["SlowDown", "InternalError"] {
        let struck = runs[0].iter().filter(|end| *end == code).count();
        assert!((8..36).contains(&struck), "{code}: {struck} of 100");
    }
    let get = s3.get_object().bucket(BUCKET).key(&keys[0].0).send().await;
    assert_eq!(refusal(get), (500, "InternalError".to_owned()));
    assert!(s3.head_object().bucket(BUCKET).key(&keys[0].0).send().await.is_ok());
}

#[tokio::test]
async fn lots_do_not_depend_on_the_order_of_requests() {
    let (range, s3) = empty();
    let mut keys = some_keys(&s3, 20).await;
    range.set_faults(strikes("*", 0.3, Trick::SlowDown));
    let ends = copies(&s3, &keys, 1).await;
    range.set_faults(strikes("*", 0.3, Trick::SlowDown));
    keys.reverse();
    let mut backwards = copies(&s3, &keys, 1).await;
    backwards.reverse();
    assert_eq!(ends, backwards);
    assert!(ends.iter().any(|end| end == "ok") && ends.iter().any(|end| end == "SlowDown"));
}

#[tokio::test]
async fn a_prefix_takes_so_many_writes_and_reads_a_second() {
    let (range, s3) = empty();
    let keys = some_keys(&s3, 5).await;
    // Less than one a minute comes back.
    let rate = Rate { writes: 0, reads: 0, burst: Some(3) };
    range.set_faults(Faults { rate: Some(rate), ..Faults::default() });
    let before = range.counts();
    let slow = "SlowDown";
    assert_eq!(copies(&s3, &keys, 1).await, ["ok", "ok", "ok", slow, slow]);
    for n in 0..4 {
        let head = s3.head_object().bucket(BUCKET).key(&keys[0].0).send().await;
        assert_eq!(head.is_ok(), n < 3, "reads have a bucket of their own");
    }
    put(&s3, "photos/org-2/1.jpg", "another prefix").await;
    let after = range.counts();
    assert_eq!(after.answered(503) - before.answered(503), 3);
    assert_eq!(after.of("CopyObject"), 5);
    assert_eq!(served(&after) - served(&before), 10);
}

#[tokio::test]
async fn a_connection_is_reset_before_or_after_the_work() {
    let (range, s3) = empty();
    let keys = some_keys(&s3, 2).await;
    let versions = || range.store().snapshot().len();
    for (trick, more) in [(Trick::Reset, 0), (Trick::AnswerLost, 2)] {
        let before = versions();
        range.set_faults(strikes("CopyObject", 1.0, trick));
        for (key, id) in &keys {
            let copy = s3.copy_object().bucket(BUCKET).key(key).copy_source(source(BUCKET, key, Some(id)));
            let error = copy.send().await.unwrap_err();
            assert!(error.raw_response().is_none(), "{}", DisplayErrorContext(&error));
        }
        assert_eq!(versions() - before, more);
    }
    assert_eq!(range.counts().resets, 4);
    range.set_faults(Faults::default());
    assert_eq!(copies(&s3, &keys, 1).await, ["ok", "ok"]);
}

#[tokio::test]
async fn bodies_come_late_or_not_to_their_end() {
    let (range, s3) = empty();
    let text = "0123456789".repeat(1000);
    put(&s3, "k", &text).await;
    range.set_faults(strikes("GetObject", 1.0, Trick::SlowBody(30)));
    let began = std::time::Instant::now();
    assert_eq!(get(&s3, "k", None).await, text);
    assert!(began.elapsed().as_millis() >= 30);
    range.set_faults(strikes("*", 1.0, Trick::TruncatedBody));
    let answer = s3.get_object().bucket(BUCKET).key("k").send().await;
    if let Ok(answer) = answer {
        assert!(answer.body.collect().await.is_err());
    }
    assert!(s3.list_object_versions().bucket(BUCKET).send().await.is_err(), "half a page is no page");
    range.set_faults(Faults::default());
    assert_eq!(get(&s3, "k", None).await, text);
}

#[tokio::test]
async fn an_outage_breaks_every_connection_and_ends_by_the_ranges_clock() {
    let seconds = Arc::new(AtomicI64::new(1_790_000_000));
    let clock = Arc::clone(&seconds);
    let clock = Arc::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap());
    let range = Range::start(RangeOptions { clock, ..RangeOptions::default() }).unwrap();
    let s3 = client(&range);
    let works = async || s3.list_buckets().send().await.is_ok();
    let window: Window = serde_saphyr::from_str("{ from: 10s, until: 20s }").unwrap();
    range.set_faults(Faults { outage: Some(window), ..Faults::default() });
    let mut seen = Vec::new();
    for _ in 0..3 {
        seen.push(works().await);
        seconds.fetch_add(10, Ordering::Relaxed);
    }
    assert_eq!(seen, [true, false, true]);
    let always = Some(Window::default());
    range.set_faults(Faults { outage: always, ..Faults::default() });
    assert!(!works().await && !works().await, "neither the open connection nor a new one");
    range.set_faults(Faults::default());
    assert!(works().await);
    assert!(range.counts().resets >= 3);
}

#[tokio::test]
async fn credentials_that_expired_are_refused_by_s3_until_told_otherwise() {
    let (range, s3) = empty();
    range.set_faults(Faults { expired: Some(Window::default()), ..Faults::default() });
    let put_it = || s3.put_object().bucket(BUCKET).key("k").send();
    assert_eq!(refusal(put_it().await), (400, "ExpiredToken".to_owned()));
    assert_eq!(refusal(s3.list_buckets().send().await), (400, "ExpiredToken".to_owned()));
    range.set_faults(Faults::default());
    put_it().await.unwrap();
}

#[tokio::test]
async fn a_live_write_lands_just_before_every_guarded_one() {
    let (range, s3) = empty();
    let keys = some_keys(&s3, 1).await;
    let (key, id) = &keys[0];
    range.set_faults(strikes("*", 1.0, Trick::Race));
    let copy = |etag: &str| {
        let copy = s3.copy_object().bucket(BUCKET).key(key).copy_source(source(BUCKET, key, Some(id)));
        let etag = etag.to_owned();
        copy.customize()
            .mutate_request(move |r| drop(r.headers_mut().insert("if-match", etag.clone())))
            .send()
    };
    let etag = s3.head_object().bucket(BUCKET).key(key).send().await.unwrap().e_tag.unwrap();
    assert_eq!(refusal(copy(&etag).await), (412, "PreconditionFailed".to_owned()));
    assert!(get(&s3, key, None).await.starts_with(RACER));
    let marker = s3.delete_object().bucket(BUCKET).key(key).if_match(etag).send().await;
    assert_eq!(refusal(marker), (412, "PreconditionFailed".to_owned()));
    let new = s3.put_object().bucket(BUCKET).key("new").if_none_match("*").send().await;
    assert_eq!(refusal(new), (412, "PreconditionFailed".to_owned()));
    assert_eq!(range.counts().races, 3);
    // What has no guard meets no race.
    assert_eq!(copies(&s3, &keys, 1).await, ["ok"]);
    let identifier = ObjectIdentifier::builder().key(key).build().unwrap();
    let delete = Delete::builder().objects(identifier).build().unwrap();
    s3.delete_objects().bucket(BUCKET).delete(delete).send().await.unwrap();
    assert_eq!(range.counts().races, 3);
}

#[test]
fn faults_are_read_from_a_scenario() {
    let faults: Faults = serde_saphyr::from_str(
        "seed: 7
rate: { writes: 100 }
strikes:
  - { operation: CopyObject, share: 0.01, with: SlowDown }
  - { share: 0.5, with: { SlowBody: 20 } }
outage: { from: 2m, until: 3m }
expired: { from: 5m }
",
    )
    .unwrap();
    assert_eq!(faults.rate, Some(Rate { writes: 100, ..Rate::default() }));
    assert_eq!(
        faults.strikes,
        [strike("CopyObject", 0.01, Trick::SlowDown), strike("*", 0.5, Trick::SlowBody(20))]
    );
    assert!(faults.outage.is_some() && faults.expired.is_some());
    assert!(serde_saphyr::from_str::<Faults>("strike: []").is_err());
}
