//! Pages of keys and of versions, with S3's markers, prefixes and delimiters.

use std::collections::BTreeMap;
use std::ops::Bound;

use bytes::Bytes;
use jiff::Timestamp;

use crate::store::{Bucket, State, Store, StoreError};
use crate::versions::{Attributes, History, Version, VersionId};

/// What a listing asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Query<'a> {
    /// Only keys that begin so.
    pub(crate) prefix: &'a str,
    /// Keys that share what comes before this, after the prefix, are rolled up into one entry.
    pub(crate) delimiter: Option<&'a str>,
    /// Start after this key, or after this rolled-up prefix.
    pub(crate) after_key: Option<&'a str>,
    /// Start after this version of that key, so that the rest of its versions come first.
    pub(crate) after_version: Option<&'a VersionId>,
    /// The most entries of a page.
    pub(crate) limit: usize,
}

/// One page of a listing.
#[derive(Debug, Clone)]
pub(crate) struct Page<T> {
    /// The entries, in order.
    pub(crate) entries: Vec<T>,
    /// The rolled-up prefixes, in order. They count towards the limit.
    pub(crate) prefixes: Vec<String>,
    /// The key or prefix, and the version, of the last entry, when there is more after it.
    pub(crate) next: Option<(String, Option<VersionId>)>,
}

/// A version as listings show it.
#[derive(Debug, Clone)]
pub(crate) struct Listed {
    /// Its key.
    pub(crate) key: String,
    /// Whether it is the key's current version.
    pub(crate) is_latest: bool,
    /// The version.
    pub(crate) version: Version,
}

/// Everything a test may want to know of one version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// Its bucket.
    pub bucket: String,
    /// Its key.
    pub key: String,
    /// Its id.
    pub version: VersionId,
    /// Whether it is the key's current version.
    pub is_latest: bool,
    /// Whether it is a delete marker; then all that follows but the time is empty.
    pub is_marker: bool,
    /// When it was written.
    pub last_modified: Timestamp,
    /// Its ETag, without quotes.
    pub etag: String,
    /// Its content.
    pub bytes: Bytes,
    /// What the uploader said about it: content type, metadata and so on.
    pub attributes: Attributes,
    /// Its storage class.
    pub storage_class: String,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Store {
    /// Every version of every bucket: by bucket, then key, then newest first.
    pub fn snapshot(&self) -> Vec<Snapshot> {
        let state = self.lock();
        let keys = state.buckets.iter().flat_map(|(name, bucket)| {
            bucket.keys.iter().map(move |(key, history)| (name.as_str(), key.as_str(), history))
        });
        keys.flat_map(|(bucket, key, history)| {
            history.newest_first().enumerate().map(move |(n, v)| snapshot(bucket, key, n == 0, v))
        })
        .collect()
    }
}

fn snapshot(bucket: &str, key: &str, is_latest: bool, version: &Version) -> Snapshot {
    let object = version.object.as_ref();
    Snapshot {
        bucket: bucket.to_owned(),
        key: key.to_owned(),
        version: version.id.clone(),
        is_latest,
        is_marker: object.is_none(),
        last_modified: version.last_modified,
        etag: object.map(|o| o.etag.clone()).unwrap_or_default(),
        bytes: object.map(|o| o.bytes.clone()).unwrap_or_default(),
        attributes: object.map(|o| o.attributes.clone()).unwrap_or_default(),
        storage_class: object.map(|o| o.storage_class.clone()).unwrap_or_default(),
        tags: version.tags.clone(),
    }
}

impl State {
    /// One page of a bucket's versions: by key, newest first within a key.
    ///
    /// A version to start after that is no longer there lists its key from the newest: what was shown may be
    /// shown again, but nothing is left out.
    pub(crate) fn list_versions(&self, bucket: &str, query: &Query<'_>) -> Result<Page<Listed>, StoreError> {
        let bucket = self.bucket(bucket)?;
        let mut resumed = Vec::new();
        if let (Some(key), Some(version)) = (query.after_key, query.after_version)
            && key.starts_with(query.prefix)
        {
            let rest = bucket.keys.get(key).map(|history| entries(key, history)).unwrap_or_default();
            let shown = rest.iter().position(|e| e.version.id == *version).map_or(0, |at| at + 1);
            resumed.extend(rest.into_iter().skip(shown));
        }
        Ok(bucket.list(query, resumed, entries, |entry| (entry.key.clone(), Some(entry.version.id.clone()))))
    }

    /// One page of a bucket's current objects, by key.
    pub(crate) fn list_objects(&self, bucket: &str, query: &Query<'_>) -> Result<Page<Listed>, StoreError> {
        let current = |key: &str, history: &History| {
            let latest = history.latest().filter(|version| version.object.is_some());
            let listed = latest.map(|v| Listed { key: key.to_owned(), is_latest: true, version: v.clone() });
            Vec::from_iter(listed)
        };
        Ok(self.bucket(bucket)?.list(query, Vec::new(), current, |entry| (entry.key.clone(), None)))
    }
}

fn entries(key: &str, history: &History) -> Vec<Listed> {
    let versions = history.newest_first().enumerate();
    versions.map(|(n, v)| Listed { key: key.to_owned(), is_latest: n == 0, version: v.clone() }).collect()
}

impl Bucket {
    /// Walks the keys after the marker; `resumed` are the entries that come before the first of them.
    fn list<T>(
        &self,
        query: &Query<'_>,
        resumed: Vec<T>,
        entries: impl Fn(&str, &History) -> Vec<T>,
        position: impl Fn(&T) -> (String, Option<VersionId>),
    ) -> Page<T> {
        let mut page = Page { entries: Vec::new(), prefixes: Vec::new(), next: None };
        let mut last = None;
        if query.limit == 0 {
            return page;
        }
        let full = |page: &Page<T>| page.entries.len() + page.prefixes.len() == query.limit;
        for entry in resumed {
            if full(&page) {
                page.next = last;
                return page;
            }
            last = Some(position(&entry));
            page.entries.push(entry);
        }
        let cursor = match query.after_key {
            Some(after) if after >= query.prefix => Bound::Excluded(after),
            _ => Bound::Included(query.prefix),
        };
        let mut keys = self.keys.range::<str, _>((cursor, Bound::Unbounded));
        while let Some((key, history)) = keys.next() {
            let Some(rest) = key.strip_prefix(query.prefix) else { break };
            let rolled = query.delimiter.and_then(|delimiter| {
                let at = rest.find(delimiter)? + delimiter.len();
                Some(&key[..query.prefix.len() + at])
            });
            let found = entries(key, history);
            if found.is_empty() {
                continue;
            }
            if let Some(prefix) = rolled {
                let end = format!("{prefix}{}", char::MAX);
                keys = self.keys.range::<str, _>((Bound::Excluded(end.as_str()), Bound::Unbounded));
                if query.after_key == Some(prefix) {
                    continue;
                }
                if full(&page) {
                    page.next = last;
                    return page;
                }
                page.prefixes.push(prefix.to_owned());
                last = Some((prefix.to_owned(), None));
                continue;
            }
            for entry in found {
                if full(&page) {
                    page.next = last;
                    return page;
                }
                last = Some(position(&entry));
                page.entries.push(entry);
            }
        }
        page
    }
}
