//! Keys with every byte that S3 allows, from the listing to the proof.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use action::Verdict;
use jiff::Timestamp;
use range::{Conditions, Put, Range, RangeOptions};

use crate::restore_property::world::World;

/// Every character of one byte but NUL, those whose further bytes take every value, and the longest key there is.
fn keys() -> BTreeSet<String> {
    let ascii = ('\u{1}'..='\u{7f}').map(|c| format!("p/{:02x} {c} end", c as u32));
    let wide =
        ('\u{80}'..='\u{ff}').chain(['ࠀ', '写', '\u{d7ff}', '\u{fffe}', '\u{ffff}', '👩', '\u{10ffff}']);
    let planes = (1..=16u32).filter_map(|plane| char::from_u32(plane << 16));
    let wide = wide.chain(planes).map(|c| format!("p/{c}{c}"));
    let odd = ["p/", "p//", "p/./a", "p/../b", "p/ ", "p/%2F%00%zz", "p/+ +", "p/&amp;<a>\"'\r\n", "p/null"];
    let longest = [format!("p/{}", "é".repeat(511)), format!("p/{}", "x".repeat(1022))];
    ascii.chain(wide).chain(odd.map(str::to_owned)).chain(longest).collect()
}

async fn comes_back(id: &str) {
    let clock = Arc::new(AtomicI64::new(1_790_000_000));
    let ticking = Arc::clone(&clock);
    let time = Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap());
    let range = Range::start(RangeOptions { clock: time, ..RangeOptions::default() }).unwrap();
    let (store, name) = (range.store(), &range.ready().bucket[..]);
    let at = Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap().to_string();
    let keys = keys();
    assert!(keys.iter().map(String::len).max() == Some(1024));
    let put = |key: &str, bytes: Vec<u8>| {
        store.put(name, key, Put { bytes: bytes.into(), ..Put::default() }, &Conditions::default()).unwrap();
    };
    // Some of them have no bytes.
    let good = |n: usize, key: &str| if n.is_multiple_of(5) { Vec::new() } else { key.as_bytes().to_vec() };
    keys.iter().enumerate().for_each(|(n, key)| put(key, good(n, key)));
    clock.fetch_add(2, Ordering::Relaxed);
    for (n, key) in keys.iter().enumerate() {
        if id == "photos.undelete" || n.is_multiple_of(2) {
            store.delete(name, key, None, &Conditions::default()).unwrap();
        } else {
            put(key, b"bad".to_vec());
        }
    }
    clock.fetch_add(2, Ordering::Relaxed);
    let world = World::on(&range, 7, clock.load(Ordering::Relaxed)).await;
    let restored = world.restore(id, &[("bucket", name), ("prefix", "p/"), ("at", &at)]).await.unwrap();
    assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
    assert_eq!(restored.applied.outputs["restored"], keys.len().to_string());
    let now = store.snapshot().into_iter().filter(|entry| entry.is_latest && !entry.is_marker);
    let now: BTreeMap<String, Vec<u8>> = now.map(|entry| (entry.key, entry.bytes.to_vec())).collect();
    let was = keys.iter().enumerate().map(|(n, key)| (key.clone(), good(n, key))).collect();
    assert_eq!(now, was);
}

#[tokio::test]
async fn every_key_is_copied_back() {
    comes_back("photos.restore").await;
}

#[tokio::test]
async fn every_key_is_undeleted() {
    comes_back("photos.undelete").await;
}

#[tokio::test]
async fn every_key_is_rewound() {
    comes_back("photos.rewind").await;
}
