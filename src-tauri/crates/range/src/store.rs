//! The range's memory: buckets, keys, versions and the clock. It knows S3's rules and nothing of HTTP.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use jiff::{Timestamp, ToSpan as _};
use s3s::crypto::Checksum as _;
use s3s::dto::LifecycleRules;

use crate::conditions::Conditions;
use crate::uploads::Upload;
use crate::versions::{Attributes, Checksum, History, Object, Version, VersionId, Versioning};

/// Where a [`Store`] gets the time from.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Buckets in memory, behind one lock. Cloning shares them.
///
/// Every change takes its time from the clock of the handle it is made through: [`Store::at`] gives a handle
/// whose clock stands still, which is how history is written.
#[derive(Clone)]
pub struct Store {
    state: Arc<Mutex<State>>,
    clock: Clock,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) buckets: BTreeMap<String, Bucket>,
    pub(crate) uploads: HashMap<String, Upload>,
    ids: u64,
}

pub(crate) struct Bucket {
    pub(crate) created: Timestamp,
    pub(crate) versioning: Versioning,
    pub(crate) lifecycle: Option<LifecycleRules>,
    pub(crate) keys: BTreeMap<String, History>,
}

/// Why the store refused, each with what S3 says about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// There is no such bucket.
    #[error("the specified bucket does not exist; create it first")]
    NoSuchBucket,
    /// The bucket is there already.
    #[error("the bucket you tried to create already exists, and you own it; use it or choose another name")]
    BucketAlreadyOwnedByYou,
    /// The key has no current object.
    #[error("the specified key does not exist; list its versions if it may have been deleted")]
    NoSuchKey {
        /// The delete marker that hides it, if one does.
        marker: Option<VersionId>,
    },
    /// The key has no version of that id.
    #[error("the specified version does not exist; list the key's versions for those that do")]
    NoSuchVersion,
    /// The version is a delete marker, which has no content.
    #[error("the specified version is a delete marker, which can only be deleted; ask for another version")]
    IsDeleteMarker {
        /// When the marker was written.
        last_modified: Timestamp,
    },
    /// A condition of the request doesn't hold.
    #[error("at least one of the pre-conditions you specified did not hold ({0}); read the key again")]
    PreconditionFailed(&'static str),
    /// `If-None-Match` held on a read: nothing newer.
    #[error("the object has not changed; use the copy you have")]
    NotModified,
    /// An object copied onto itself with nothing changed.
    #[error(
        "this copy request is illegal because it is trying to copy an object to itself without changing the \
         object's metadata, storage class, website redirect location or encryption attributes; name a version"
    )]
    SelfCopy,
    /// A copy's source was a delete marker, named by its id.
    #[error(
        "the source of a copy request may not specifically refer to a delete marker by version id; name a \
         version that is an object"
    )]
    CopyOfMarker,
    /// The object's bytes are in an archive.
    #[error("the operation is not valid for the object's storage class; restore it from the archive first")]
    Archived,
    /// There is no such multipart upload.
    #[error("the specified multipart upload does not exist; it may have been completed or aborted")]
    NoSuchUpload,
    /// A part that was to be assembled isn't there, or its ETag differs.
    #[error("part {0} could not be found, or its ETag is another; upload it again")]
    InvalidPart(i32),
    /// Parts weren't named in ascending order.
    #[error("the list of parts was not in ascending order; order it by part number")]
    InvalidPartOrder,
    /// A part other than the last is under 5 MiB.
    #[error("part {0} is smaller than 5 MiB and is not the last; upload larger parts")]
    EntityTooSmall(i32),
}

/// What is to be stored.
#[derive(Debug, Clone, Default)]
pub struct Put {
    /// The content.
    pub bytes: Bytes,
    /// What the uploader says about it.
    pub attributes: Attributes,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
    /// Its storage class, `STANDARD` when `None`.
    pub storage_class: Option<String>,
    /// Its checksum, computed by whoever received the bytes.
    pub checksum: Option<Checksum>,
}

/// What to copy, and what to change on the way.
#[derive(Debug, Clone)]
pub struct Copying<'a> {
    /// The source's bucket.
    pub bucket: &'a str,
    /// The source's key.
    pub key: &'a str,
    /// The source's version; the current one when `None`.
    pub version: Option<&'a VersionId>,
    /// What the source must be.
    pub conditions: Conditions,
    /// `Some` replaces the attributes (`REPLACE`), `None` copies them.
    pub attributes: Option<Attributes>,
    /// `Some` replaces the tags (`REPLACE`), `None` copies them.
    pub tags: Option<BTreeMap<String, String>>,
    /// The copy's storage class, which S3 doesn't copy.
    pub storage_class: Option<String>,
}

/// What a delete did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deleted {
    /// The marker that was made or the version that was removed; `None` in a bucket without versions.
    pub version: Option<VersionId>,
    /// Whether that is a delete marker.
    pub marker: bool,
}

impl Store {
    /// An empty store on the given clock.
    pub fn new(clock: Clock) -> Self {
        Self { state: Arc::default(), clock }
    }

    /// A handle to the same buckets whose changes are dated `at`.
    #[must_use]
    pub fn at(&self, at: Timestamp) -> Self {
        Self { state: Arc::clone(&self.state), clock: Arc::new(move || at) }
    }

    /// The time a change made now would get: the clock's, in whole seconds.
    pub fn now(&self) -> Timestamp {
        let now = (self.clock)();
        now.checked_sub(i64::from(now.subsec_nanosecond()).nanoseconds()).unwrap_or(now)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic while holding the lock can't leave a history half-changed: each change is one insertion.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Creates a bucket, without versions.
    ///
    /// # Errors
    /// [`StoreError::BucketAlreadyOwnedByYou`].
    pub fn create_bucket(&self, bucket: &str) -> Result<(), StoreError> {
        let created = self.now();
        let mut state = self.lock();
        if state.buckets.contains_key(bucket) {
            return Err(StoreError::BucketAlreadyOwnedByYou);
        }
        let new =
            Bucket { created, versioning: Versioning::Never, lifecycle: None, keys: BTreeMap::default() };
        state.buckets.insert(bucket.to_owned(), new);
        Ok(())
    }

    /// Turns versions on or off; once on, they can only be suspended.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn set_versioning(&self, bucket: &str, versioning: Versioning) -> Result<(), StoreError> {
        self.lock().bucket_mut(bucket)?.versioning = versioning;
        Ok(())
    }

    /// Stores an object and returns its version, when `conditions` hold of the key's current object.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], [`StoreError::PreconditionFailed`]; [`StoreError::NoSuchKey`] when an ETag
    /// must match and there is no object.
    pub fn put(
        &self,
        bucket: &str,
        key: &str,
        put: Put,
        conditions: &Conditions,
    ) -> Result<Version, StoreError> {
        let object = Object {
            etag: md5_hex(&put.bytes),
            bytes: put.bytes,
            attributes: put.attributes,
            storage_class: put.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
            checksum: put.checksum,
        };
        let now = self.now();
        let mut state = self.lock();
        state.check_destination(bucket, key, conditions)?;
        state.write(bucket, key, now, Some(Arc::new(object)), put.tags)
    }

    /// Stores under a key what a version holds, and shares it: a million keys can have a hundred photos.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`].
    pub fn share(&self, bucket: &str, key: &str, held: &Version) -> Result<Version, StoreError> {
        let now = self.now();
        self.lock().write(bucket, key, now, held.object.clone(), held.tags.clone())
    }

    /// Copies an object, its bytes shared, when `copy.conditions` hold of the source and `conditions` of the
    /// destination. Returns the source's version and the new one.
    ///
    /// # Errors
    /// As [`Store::get`] of the source and [`Store::put`]; [`StoreError::SelfCopy`],
    /// [`StoreError::CopyOfMarker`], [`StoreError::Archived`].
    pub fn copy(
        &self,
        copy: Copying<'_>,
        bucket: &str,
        key: &str,
        conditions: &Conditions,
    ) -> Result<(Version, Version), StoreError> {
        let now = self.now();
        let mut state = self.lock();
        state.bucket(bucket)?;
        let source = state.read(copy.bucket, copy.key, copy.version)?.clone();
        let object = source.object().map_err(|_| StoreError::CopyOfMarker)?;
        object.readable()?;
        copy.conditions.check_source(object, source.last_modified)?;
        let changed = copy.attributes.is_some() || copy.storage_class.is_some();
        if copy.version.is_none() && (copy.bucket, copy.key) == (bucket, key) && !changed {
            return Err(StoreError::SelfCopy);
        }
        state.check_destination(bucket, key, conditions)?;
        let object = Object {
            bytes: object.bytes.clone(),
            // A copy is stored in one piece, so a multipart ETag doesn't survive it.
            etag: if object.etag.contains('-') { md5_hex(&object.bytes) } else { object.etag.clone() },
            attributes: copy.attributes.unwrap_or_else(|| object.attributes.clone()),
            storage_class: copy.storage_class.unwrap_or_else(|| "STANDARD".to_owned()),
            checksum: object.checksum.clone(),
        };
        let tags = copy.tags.unwrap_or_else(|| source.tags.clone());
        // What is equal is shared.
        let object =
            source.object.clone().filter(|held| **held == object).unwrap_or_else(|| Arc::new(object));
        let new = state.write(bucket, key, now, Some(object), tags)?;
        Ok((source, new))
    }

    /// Deletes a key, by adding a marker where versions are kept, or one version of it for ever.
    ///
    /// Deleting what isn't there succeeds, as on S3. Conditions are about the key's current version.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`]; [`StoreError::PreconditionFailed`] and [`StoreError::NoSuchKey`] when
    /// `conditions` ask for an object.
    pub fn delete(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&VersionId>,
        conditions: &Conditions,
    ) -> Result<Deleted, StoreError> {
        let now = self.now();
        let mut state = self.lock();
        let held = state.bucket(bucket)?;
        conditions.check_delete(held.keys.get(key).and_then(History::latest))?;
        let versioning = held.versioning;
        if version.is_none() && versioning != Versioning::Never {
            let marker = state.write(bucket, key, now, None, BTreeMap::new())?;
            return Ok(Deleted { version: Some(marker.id), marker: true });
        }
        let null = VersionId::null();
        let keys = &mut state.bucket_mut(bucket)?.keys;
        let removed = keys.get_mut(key).and_then(|history| history.remove(version.unwrap_or(&null)));
        if keys.get(key).is_some_and(History::is_empty) {
            keys.remove(key);
        }
        Ok(Deleted { version: version.cloned(), marker: removed.is_some_and(|v| v.object.is_none()) })
    }

    /// The current version of a key, or the one of that id. The id of a marker gives the marker.
    ///
    /// # Errors
    /// [`StoreError::NoSuchBucket`], [`StoreError::NoSuchKey`], [`StoreError::NoSuchVersion`].
    pub fn get(&self, bucket: &str, key: &str, version: Option<&VersionId>) -> Result<Version, StoreError> {
        self.lock().read(bucket, key, version).cloned()
    }

    /// Replaces the tags of a key's current version, or of the one of that id, and returns its id.
    ///
    /// # Errors
    /// As [`Store::get`]; [`StoreError::IsDeleteMarker`].
    pub fn set_tags(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&VersionId>,
        tags: BTreeMap<String, String>,
    ) -> Result<VersionId, StoreError> {
        let mut state = self.lock();
        state.read(bucket, key, version)?.object()?;
        let history = state.bucket_mut(bucket)?.keys.get_mut(key);
        let held = history.and_then(|h| h.get_mut(version)).ok_or(StoreError::NoSuchVersion)?;
        held.tags = tags;
        Ok(held.id.clone())
    }
}

impl State {
    pub(crate) fn bucket(&self, bucket: &str) -> Result<&Bucket, StoreError> {
        self.buckets.get(bucket).ok_or(StoreError::NoSuchBucket)
    }

    pub(crate) fn bucket_mut(&mut self, bucket: &str) -> Result<&mut Bucket, StoreError> {
        self.buckets.get_mut(bucket).ok_or(StoreError::NoSuchBucket)
    }

    fn read(&self, bucket: &str, key: &str, version: Option<&VersionId>) -> Result<&Version, StoreError> {
        let history = self.bucket(bucket)?.keys.get(key);
        match version {
            Some(id) => history.and_then(|h| h.get(id)).ok_or(StoreError::NoSuchVersion),
            None => match history.and_then(History::latest) {
                Some(version) if version.object.is_some() => Ok(version),
                marker => Err(StoreError::NoSuchKey { marker: marker.map(|v| v.id.clone()) }),
            },
        }
    }

    pub(crate) fn check_destination(
        &self,
        bucket: &str,
        key: &str,
        conditions: &Conditions,
    ) -> Result<(), StoreError> {
        conditions.check_write(self.bucket(bucket)?.keys.get(key).and_then(History::latest))
    }

    pub(crate) fn write(
        &mut self,
        bucket: &str,
        key: &str,
        at: Timestamp,
        object: Option<Arc<Object>>,
        tags: BTreeMap<String, String>,
    ) -> Result<Version, StoreError> {
        let id = match self.bucket(bucket)?.versioning {
            Versioning::Enabled => self.new_id(),
            Versioning::Never | Versioning::Suspended => VersionId::null(),
        };
        let version = Version { id, last_modified: at, object, tags };
        self.bucket_mut(bucket)?.keys.entry(key.to_owned()).or_default().push(version.clone());
        Ok(version)
    }

    /// An id that none was given before.
    pub(crate) fn new_id(&mut self) -> VersionId {
        self.ids += 1;
        VersionId::given(self.ids)
    }
}

/// The MD5 of some bytes in hexadecimal: the ETag of an object that was stored in one piece.
pub(crate) fn md5_hex(bytes: &[u8]) -> String {
    hex(s3s::crypto::Md5::checksum(bytes).as_ref())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}
