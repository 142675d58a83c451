//! Listings: every page size gives the same, and encoded keys come back whole.

use std::collections::BTreeSet;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::EncodingType;

use crate::support::{BUCKET, delete, empty, frozen, get, put};

/// What S3 writes under `encoding-type=url`, read back: `+` is a space.
fn decode(text: &str) -> String {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        match byte {
            b'+' => out.push(b' '),
            b'%' => {
                let hex = [bytes.next().unwrap(), bytes.next().unwrap()];
                out.push(u8::from_str_radix(std::str::from_utf8(&hex).unwrap(), 16).unwrap());
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8(out).unwrap()
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Entry {
    Version { key: String, id: String, latest: bool },
    Marker { key: String, id: String, latest: bool },
    Prefix(String),
}

/// Every page of a listing of versions; within a page versions come first, then markers, then prefixes.
async fn pages(s3: &Client, prefix: &str, delimiter: Option<&str>, limit: i32) -> Vec<Vec<Entry>> {
    let mut pages = Vec::new();
    let (mut key, mut version) = (None, None);
    loop {
        let request = s3.list_object_versions().bucket(BUCKET).prefix(prefix).max_keys(limit);
        let request = request.set_delimiter(delimiter.map(str::to_owned)).encoding_type(EncodingType::Url);
        let page = request.set_key_marker(key).set_version_id_marker(version).send().await.unwrap();
        let versions = page.versions().iter().map(|v| Entry::Version {
            key: decode(v.key().unwrap()),
            id: v.version_id().unwrap().to_owned(),
            latest: v.is_latest().unwrap(),
        });
        let markers = page.delete_markers().iter().map(|v| Entry::Marker {
            key: decode(v.key().unwrap()),
            id: v.version_id().unwrap().to_owned(),
            latest: v.is_latest().unwrap(),
        });
        let prefixes = page.common_prefixes().iter().map(|p| Entry::Prefix(decode(p.prefix().unwrap())));
        let entries: Vec<_> = versions.chain(markers).chain(prefixes).collect();
        assert!(entries.len() <= limit as usize);
        pages.push(entries);
        if page.is_truncated() != Some(true) {
            assert_eq!(page.next_key_marker(), None);
            return pages;
        }
        assert_eq!(pages.last().unwrap().len(), limit as usize, "a page before the last is full");
        key = page.next_key_marker().map(decode);
        version = page.next_version_id_marker().map(str::to_owned);
    }
}

async fn history(s3: &Client) {
    for key in ["a", "p/b b", "p/b+b", "p/b%41", "p/q/c", "p/q/d", "p/ünï", "z"] {
        for n in 0..3 {
            put(s3, key, &n.to_string()).await;
        }
        delete(s3, key).await;
        if key != "p/b+b" {
            put(s3, key, "back").await;
        }
    }
    delete(s3, "p/q/c").await;
    delete(s3, "p/q/c").await;
}

#[tokio::test]
async fn every_page_size_lists_the_same_versions() {
    let (range, s3) = frozen("2026-11-24T10:00:00Z");
    history(&s3).await;
    let truth: Vec<_> = range
        .store()
        .snapshot()
        .into_iter()
        .map(|v| {
            let (key, id, latest) = (v.key, v.version.to_string(), v.is_latest);
            if v.is_marker { Entry::Marker { key, id, latest } } else { Entry::Version { key, id, latest } }
        })
        .collect();
    let at = |entry: &Entry| truth.iter().position(|known| known == entry).unwrap();
    for limit in 1..=truth.len() as i32 + 1 {
        let mut seen = Vec::new();
        for mut page in pages(&s3, "", None, limit).await {
            // An answer lists versions and markers apart: only pages of one tell their order.
            page.sort_by_key(|entry| at(entry));
            seen.extend(page);
        }
        assert_eq!(seen, truth, "pages of {limit}");
    }
}

#[tokio::test]
async fn every_page_size_rolls_up_the_same_prefixes() {
    let (_range, s3) = empty();
    history(&s3).await;
    for (prefix, rolled) in [("", vec!["p/"]), ("p/", vec!["p/q/"]), ("p/q/", vec![]), ("p/b", vec![])] {
        let whole: BTreeSet<_> = pages(&s3, prefix, Some("/"), 1000).await.into_iter().flatten().collect();
        let prefixes: Vec<_> = whole
            .iter()
            .filter_map(|entry| match entry {
                Entry::Prefix(prefix) => Some(prefix.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(prefixes, rolled);
        for limit in 1..=whole.len() as i32 {
            let paged: Vec<_> = pages(&s3, prefix, Some("/"), limit).await.into_iter().flatten().collect();
            assert_eq!(paged.len(), whole.len(), "nothing twice, in pages of {limit} under {prefix:?}");
            assert_eq!(BTreeSet::from_iter(paged), whole, "pages of {limit} under {prefix:?}");
        }
    }
}

#[tokio::test]
async fn a_version_deleted_between_pages_loses_no_other() {
    let (_range, s3) = empty();
    let ids = [put(&s3, "k", "1").await, put(&s3, "k", "2").await, put(&s3, "k", "3").await];
    let newest = ids[2].clone().unwrap();
    let page = s3.list_object_versions().bucket(BUCKET).max_keys(1).send().await.unwrap();
    assert_eq!(page.next_version_id_marker(), Some(newest.as_str()));
    s3.delete_object().bucket(BUCKET).key("k").version_id(&newest).send().await.unwrap();
    let rest = s3.list_object_versions().bucket(BUCKET).key_marker("k").version_id_marker(&newest);
    let rest = rest.send().await.unwrap();
    assert_eq!(rest.versions().len(), 2);
}

#[tokio::test]
async fn current_objects_list_alike_in_both_forms() {
    let (_range, s3) = empty();
    history(&s3).await;
    let current = ["a", "p/b b", "p/b%41", "p/q/d", "p/ünï", "z"];
    for limit in 1..=7 {
        let mut pages = s3.list_objects_v2().bucket(BUCKET).max_keys(limit).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            keys.extend(page.unwrap().contents.unwrap_or_default().into_iter().map(|o| o.key.unwrap()));
        }
        assert_eq!(keys, current, "pages of {limit}");
        let (mut keys, mut marker) = (Vec::new(), None);
        loop {
            let request = s3.list_objects().bucket(BUCKET).max_keys(limit).set_marker(marker);
            let page = request.encoding_type(EncodingType::Url).send().await.unwrap();
            keys.extend(page.contents().iter().map(|o| decode(o.key().unwrap())));
            if page.is_truncated() != Some(true) {
                break;
            }
            marker = keys.last().cloned();
        }
        assert_eq!(keys, current, "pages of {limit}");
    }
    let listed = s3.list_objects_v2().bucket(BUCKET).prefix("p/").delimiter("/").send().await.unwrap();
    assert_eq!(listed.key_count, Some(4));
    assert_eq!(listed.common_prefixes()[0].prefix(), Some("p/q/"));
    let after = s3.list_objects_v2().bucket(BUCKET).start_after("p/q/c").send().await.unwrap();
    assert_eq!(after.contents()[0].key(), Some("p/q/d"));
}

#[tokio::test]
async fn keys_are_encoded_only_when_asked_and_as_s3_does() {
    let (_range, s3) = empty();
    let keys = ["a b.jpg", "a+b.jpg", "a%2Bb.jpg", "é/写真.jpg", "q?&=#.jpg", "<x>'\".jpg"];
    for key in keys {
        put(&s3, key, key).await;
        assert_eq!(get(&s3, key, None).await, key);
    }
    let sorted = BTreeSet::from(keys);
    let plain = s3.list_object_versions().bucket(BUCKET).send().await.unwrap();
    assert!(plain.versions().iter().map(|v| v.key().unwrap()).eq(sorted.iter().copied()));
    let encoded = s3.list_object_versions().bucket(BUCKET).encoding_type(EncodingType::Url).prefix("a ");
    let encoded = encoded.send().await.unwrap();
    assert_eq!(encoded.prefix(), Some("a+"), "a space is `+`, as on S3");
    assert_eq!(encoded.versions()[0].key(), Some("a+b.jpg"));
    let plus = s3.list_objects_v2().bucket(BUCKET).encoding_type(EncodingType::Url).prefix("a+");
    assert_eq!(plus.send().await.unwrap().contents()[0].key(), Some("a%2Bb.jpg"));
}
