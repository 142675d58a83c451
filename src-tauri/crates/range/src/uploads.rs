//! Multipart uploads: parts kept aside until they are completed into one version.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use jiff::Timestamp;

use crate::conditions::Conditions;
use crate::marks::Extras;
use crate::store::{Put, State, Store, StoreError, md5_hex};
use crate::versions::{Attributes, Checksum, Object, Version};

const SMALLEST_PART: usize = 5 * 1024 * 1024;

/// A multipart upload that has been started.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its id.
    pub id: String,
    /// The bucket it is for.
    pub bucket: String,
    /// The key it is for.
    pub key: String,
    /// When it was started; the object it becomes is dated so.
    pub initiated: Timestamp,
    /// The storage class it asked for.
    pub storage_class: String,
    /// What has been uploaded, by part number.
    pub parts: BTreeMap<i32, Part>,
    /// The algorithm of its checksum, and whether that is of the parts' checksums.
    pub checksum: Option<(&'static str, bool)>,
    attributes: Attributes,
    tags: BTreeMap<String, String>,
    extras: Extras,
}

/// One uploaded part.
#[derive(Debug, Clone)]
pub struct Part {
    /// Its content.
    pub bytes: Bytes,
    /// Its ETag, without quotes.
    pub etag: String,
    /// When it was uploaded.
    pub last_modified: Timestamp,
}

impl Store {
    /// Starts an upload; `put`'s bytes and checksum are ignored.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn start_upload(
        &self,
        bucket: &str,
        key: &str,
        put: Put,
        checksum: Option<(&'static str, bool)>,
    ) -> Result<String, StoreError> {
        let initiated = self.now();
        let mut state = self.lock();
        state.bucket(bucket)?.settings.admit(&put.extras.marks)?;
        let id = state.new_id().to_string();
        let upload = Upload {
            id: id.clone(),
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            initiated,
            storage_class: put.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
            parts: BTreeMap::new(),
            attributes: put.attributes,
            tags: put.tags,
            checksum,
            extras: put.extras,
        };
        state.uploads.insert(id.clone(), upload);
        Ok(id)
    }

    /// Keeps a part, in place of an earlier one of the same number.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUpload`].
    pub fn put_part(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        number: i32,
        bytes: Bytes,
    ) -> Result<Part, StoreError> {
        let part = Part { etag: md5_hex(&bytes), bytes, last_modified: self.now() };
        self.lock().upload_mut(bucket, key, id)?.parts.insert(number, part.clone());
        Ok(part)
    }

    /// Drops an upload and its parts.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUpload`].
    pub fn abort_upload(&self, bucket: &str, key: &str, id: &str) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.upload_mut(bucket, key, id)?;
        state.uploads.remove(id);
        Ok(())
    }

    /// An upload as it stands.
    ///
    /// # Errors
    /// [`StoreError::NoSuchUpload`].
    pub fn upload(&self, bucket: &str, key: &str, id: &str) -> Result<Upload, StoreError> {
        self.lock().upload_mut(bucket, key, id).cloned()
    }

    /// A bucket's uploads, by key and then by when they were started.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn uploads(&self, bucket: &str) -> Result<Vec<Upload>, StoreError> {
        let state = self.lock();
        state.bucket(bucket)?;
        let mut uploads: Vec<_> = state.uploads.values().filter(|u| u.bucket == bucket).cloned().collect();
        uploads.sort_by(|a, b| (&a.key, a.initiated, &a.id).cmp(&(&b.key, b.initiated, &b.id)));
        Ok(uploads)
    }

    /// Makes one version of the parts named, in that order, each by number and ETag (which may be left out).
    ///
    /// # Errors
    /// [`StoreError::NoSuchUpload`], [`StoreError::InvalidPart`], [`StoreError::InvalidPartOrder`],
    /// [`StoreError::EntityTooSmall`]; for `conditions`, as [`Store::put`]. The upload stays.
    pub fn complete_upload(
        &self,
        bucket: &str,
        key: &str,
        id: &str,
        parts: &[(i32, Option<String>)],
        conditions: &Conditions,
    ) -> Result<Version, StoreError> {
        let mut state = self.lock();
        state.check_destination(bucket, key, conditions)?;
        let upload = state.upload_mut(bucket, key, id)?.clone();
        if !parts.is_sorted_by(|a, b| a.0 < b.0) {
            return Err(StoreError::InvalidPartOrder);
        }
        let mut bytes = BytesMut::new();
        let mut etags = Vec::new();
        for (n, (number, etag)) in parts.iter().enumerate() {
            let part = upload.parts.get(number).ok_or(StoreError::InvalidPart(*number))?;
            if etag.as_ref().is_some_and(|etag| *etag != part.etag) {
                return Err(StoreError::InvalidPart(*number));
            }
            if n + 1 < parts.len() && part.bytes.len() < SMALLEST_PART {
                return Err(StoreError::EntityTooSmall(*number));
            }
            bytes.extend_from_slice(&part.bytes);
            etags.extend_from_slice(&digest(&part.etag));
        }
        let bytes = bytes.freeze();
        let checksum = upload.checksum.map(|(algorithm, composite)| match composite {
            false => Checksum::of(algorithm, &bytes),
            true => {
                let parts = parts.iter().filter_map(|(number, _)| upload.parts.get(number));
                let parts: Vec<_> = parts.map(|part| Checksum::of(algorithm, &part.bytes).value).collect();
                Checksum::composite(algorithm, parts.iter().map(String::as_str))
            }
        });
        let etag = format!("{}-{}", md5_hex(&etags), parts.len());
        let (encryption, etag) = state.encrypt(bucket, upload.extras.encryption, etag)?;
        let object = Object {
            bytes,
            etag,
            attributes: upload.attributes,
            storage_class: upload.storage_class,
            checksum,
            encryption,
            redirect: upload.extras.redirect,
        };
        let (object, marks) = (Some(Arc::new(object)), upload.extras.marks);
        let version = state.write_marked(bucket, key, upload.initiated, object, upload.tags, marks)?;
        state.uploads.remove(id);
        Ok(version)
    }
}

impl State {
    fn upload_mut(&mut self, bucket: &str, key: &str, id: &str) -> Result<&mut Upload, StoreError> {
        self.bucket(bucket)?;
        let upload = self.uploads.get_mut(id).filter(|u| u.bucket == bucket && u.key == key);
        upload.ok_or(StoreError::NoSuchUpload)
    }
}

/// The 16 bytes that an MD5 in hexadecimal stands for.
fn digest(hex: &str) -> Vec<u8> {
    let digits: Vec<_> = hex.chars().filter_map(|c| c.to_digit(16)).collect();
    digits.chunks_exact(2).filter_map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}
