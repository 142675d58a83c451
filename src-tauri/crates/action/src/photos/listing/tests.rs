//! Listings of made-up buckets, by one and by many.

use std::sync::Arc;

use futures::TryStreamExt as _;
use proptest::prelude::*;

use super::super::fake::{BUCKET, Fake, MemoryDisk};
use super::*;

async fn list(fake: &Arc<Fake>, prefix: &str) -> Result<Vec<History>, Failure> {
    list_by(fake, prefix, MOST).await
}

async fn list_by(fake: &Arc<Fake>, prefix: &str, most: usize) -> Result<Vec<History>, Failure> {
    histories(&**fake, &MemoryDisk::default(), BUCKET, prefix, Some(most)).try_collect().await
}

fn busy() -> Arc<Fake> {
    let fake = Fake::new();
    for round in 0..4 {
        for key in ["a", "a/b", "a b", "b", "é", "\u{10000}"] {
            fake.put(key, &[round]);
            if round % 2 == 1 || key == "b" {
                fake.delete(key);
            }
        }
        fake.pass(i64::from(round % 2));
    }
    fake
}

#[tokio::test]
async fn pages_of_every_size_give_the_same_histories() {
    let fake = busy();
    let whole = list(&fake, "").await.unwrap();
    let keys: Vec<_> = whole.iter().map(|h| &h.key[..]).collect();
    assert_eq!(keys, ["a", "a b", "a/b", "b", "é", "\u{10000}"]);
    assert_eq!(whole[3].entries.len(), 8);
    assert!(whole.iter().all(|h| h.entries.is_sorted_by(|a, b| a.modified >= b.modified)));
    for page in 1..40 {
        fake.state().page = page;
        assert_eq!(list(&fake, "").await.unwrap(), whole, "{page} a page");
        assert_eq!(list(&fake, "a").await.unwrap(), whole[..3], "{page} a page");
    }
    assert_eq!(list(&fake, "none").await.unwrap(), []);
}

#[tokio::test]
async fn a_storage_that_ignores_markers_is_refused() {
    let fake = busy();
    (fake.state().page, fake.state().ignores_markers) = (5, true);
    let failure = list(&fake, "").await.unwrap_err().to_string();
    assert!(failure.contains("again and again"), "{failure}");
}

#[tokio::test]
async fn a_failed_page_ends_the_stream() {
    let fake = busy();
    fake.state().faults.insert("list ".into(), vec![PortErrorKind::Denied]);
    assert!(matches!(list(&fake, "").await, Err(Failure::Port(e)) if e.kind == PortErrorKind::Denied));
}

/// A bucket of two organizations of 500 photos each, a fifth of them deleted.
fn two_organizations() -> Arc<Fake> {
    let fake = Fake::new();
    for n in 0..1000 {
        let key = format!("photos/org-{:06}/{n:08}.jpg", n / 500);
        fake.put(&key, b"photo");
        if n % 5 == 0 {
            fake.delete(&key);
        }
    }
    fake
}

#[tokio::test]
async fn one_page_is_one_request_and_many_pages_are_few_more() {
    let fake = two_organizations();
    for (page, allowed) in [(2000, 1), (1200, 1), (600, 5), (100, 40), (10, 200)] {
        (fake.state().page, fake.state().lists) = (page, 0);
        assert_eq!(list(&fake, "photos/").await.unwrap().len(), 1000);
        let asked = fake.state().lists;
        assert!(asked <= allowed, "{asked} requests for {} pages", 1200_u64.div_ceil(page as u64));
        (fake.state().lists, fake.state().guesses) = (0, 1);
        assert_eq!(list(&fake, "photos/").await.unwrap().len(), 1000);
        let alone = fake.state().lists;
        assert!(alone <= 1200_u64.div_ceil(page as u64) + 3, "{alone} requests by one lister");
        fake.state().guesses = 0;
    }
}

#[tokio::test]
async fn what_is_ahead_waits_in_the_scratch_file() {
    let fake = two_organizations();
    fake.state().page = 50;
    for key in ["photos/org-000001/00000700.jpg", "photos/org-000001/00000800.jpg"] {
        let mut state = fake.state();
        let entry = &mut state.keys.get_mut(key).unwrap()[1];
        (entry.class, entry.etag) = ("DEEP_ARCHIVE".to_owned(), "not-a-digest-2".to_owned());
        let id = entry.id.clone();
        state.thawing.insert(id, 0);
    }
    let one = list_by(&fake, "", 1).await.unwrap();
    assert_eq!(list(&fake, "").await.unwrap(), one);
}

#[tokio::test]
async fn a_listing_that_is_too_fast_goes_slower_and_one_that_fails_ends() {
    let fake = two_organizations();
    fake.state().page = 20;
    let one = list_by(&fake, "photos/", 1).await.unwrap();
    let fail = |kind, times| drop(fake.state().faults.insert("page of photos/".into(), vec![kind; times]));
    fail(PortErrorKind::Throttled, 4);
    assert_eq!(list(&fake, "photos/").await.unwrap(), one);
    for kind in [PortErrorKind::Throttled, PortErrorKind::Unavailable, PortErrorKind::Denied] {
        fail(kind, 1000);
        assert!(matches!(list(&fake, "photos/").await, Err(Failure::Port(e)) if e.kind == kind), "{kind:?}");
    }
}

/// Keys of many shapes: long common beginnings, few and many characters, counters and words.
fn keys() -> impl Strategy<Value = Vec<String>> {
    let shapes = prop_oneof![
        "photos/org-[0-3]{3}/[0-9]{4}\\.jpg",
        "[a-f0-9]{1,6}",
        "[\u{1}-\u{7f}é\u{d7ff}\u{e000}\u{ffff}\u{10000}\u{10ffff}]{0,4}x",
        "(a|b)/(a|b)*",
    ];
    prop::collection::vec(shapes, 1..120)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn many_listers_find_what_one_finds(
        keys in keys(),
        deleted in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        page in 1..20usize,
        most in 2..33usize,
        faults in prop::collection::vec(0..60usize, 0..4),
        refuses in 0..5u8,
    ) {
        let fake = Fake::new();
        keys.iter().for_each(|key| drop(fake.put(key, key.as_bytes())));
        fake.pass(1);
        deleted.iter().for_each(|at| drop(fake.delete(at.get::<String>(&keys))));
        fake.state().page = page;
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            for prefix in ["", "photos/", "a"] {
                let one = list_by(&fake, prefix, 1).await.unwrap();
                prop_assert!(one.is_sorted_by(|a, b| a.key < b.key));
                fake.state().guesses = refuses;
                let many = list_by(&fake, prefix, most).await.unwrap();
                fake.state().guesses = 0;
                prop_assert_eq!(&one, &many);
                // Every one of these comes after an answer, so that there is something to slow down.
                let complaints = faults.iter().map(|_| PortErrorKind::Throttled).collect();
                fake.state().faults.insert(format!("page of {prefix}"), complaints);
                let slowed = list_by(&fake, prefix, most).await.unwrap();
                prop_assert_eq!(&one, &slowed);
            }
            Ok(())
        })?;
    }
}
