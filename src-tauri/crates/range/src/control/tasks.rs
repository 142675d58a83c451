//! The tasks of a job: read from the manifest, carried out on the store.

use super::{BatchFaults, Order};
use crate::conditions::Conditions;
use crate::marks::Extras;
use crate::store::{Copying, Store, StoreError};
use crate::versions::VersionId;

/// One line of a manifest, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The bucket.
    pub bucket: String,
    /// The key, as the manifest has it.
    pub encoded: String,
    /// The version; `None` is the current one.
    pub version: Option<String>,
    /// What came of it; `None` until it was carried out.
    pub came: Option<Came>,
}

/// What came of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Came {
    /// The HTTP status.
    pub status: u16,
    /// The error's code; empty when it succeeded.
    pub code: String,
    /// What it says.
    pub message: String,
}

/// A manifest that was read.
pub(super) struct Manifest(pub(super) Vec<Task>);

impl Manifest {
    /// Reads a manifest, if it is the one that was asked for.
    pub(super) fn read(store: &Store, order: &Order) -> Result<Self, (&'static str, String)> {
        let place = &order.manifest;
        let unread =
            |why: String| ("ManifestNotFound", format!("the manifest {} can't be read: {why}", place.key));
        let held = store.get(&place.bucket, &place.key, None).map_err(|error| unread(error.to_string()))?;
        let object = held.object().map_err(|error| unread(error.to_string()))?;
        if object.etag != order.etag {
            return Err(("ManifestETagMismatch", format!("the ETag of {} is not {}", place.key, order.etag)));
        }
        let text = std::str::from_utf8(&object.bytes).map_err(|error| unread(error.to_string()))?;
        let mut tasks = Vec::new();
        for (line, row) in text.lines().enumerate() {
            let fields: Vec<&str> = row.split(',').map(|field| field.trim_matches('"')).collect();
            let (bucket, encoded, version) = match (&fields[..], order.versions) {
                ([bucket, key], false) => (bucket, key, None),
                ([bucket, key, version], true) if !version.is_empty() => {
                    (bucket, key, Some((*version).to_owned()))
                }
                _ => {
                    return Err((
                        "InvalidManifest",
                        format!("line {} of the manifest is not as its fields say", line + 1),
                    ));
                }
            };
            tasks.push(Task {
                bucket: (*bucket).to_owned(),
                encoded: (*encoded).to_owned(),
                version,
                came: None,
            });
        }
        if tasks.is_empty() {
            return Err(("InvalidManifest", "the manifest has no line".to_owned()));
        }
        Ok(Self(tasks))
    }
}

impl Task {
    /// The key, decoded.
    pub fn key(&self) -> String {
        let pair = format!("key={}", self.encoded);
        form_urlencoded::parse(pair.as_bytes()).next().map(|(_, key)| key.into_owned()).unwrap_or_default()
    }

    pub(super) fn perform(&mut self, store: &Store, order: &Order, faults: &BatchFaults) {
        let key = self.key();
        let came = |status, code: &str, message: &str| Came {
            status,
            code: code.to_owned(),
            message: message.to_owned(),
        };
        if let Some(code) = faults.failing_keys.get(&key) {
            self.came = Some(came(403, code, "a fault of the practice range"));
            return;
        }
        let version = self.version.clone().map(VersionId::from);
        let copy = Copying {
            bucket: &self.bucket,
            key: &key,
            version: version.as_ref(),
            conditions: Conditions::default(),
            attributes: None,
            tags: None,
            storage_class: order.storage_class.clone(),
            checksum: None,
            extras: Extras::default(),
        };
        self.came = Some(match store.copy(copy, &order.target, &key, &Conditions::default()) {
            Ok(_) => came(200, "", "Successful"),
            Err(error) => {
                let (status, code) = match &error {
                    StoreError::NoSuchBucket => (404, "NoSuchBucket"),
                    StoreError::NoSuchKey { .. } => (404, "NoSuchKey"),
                    StoreError::NoSuchVersion => (404, "NoSuchVersion"),
                    StoreError::Archived => (403, "InvalidObjectState"),
                    _ => (400, "InvalidRequest"),
                };
                came(status, code, &error.to_string())
            }
        });
    }
}
