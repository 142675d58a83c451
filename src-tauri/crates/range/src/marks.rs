//! What S3 does not copy of its own accord: encryption, access lists, locks, and the thawing of archived versions.

use jiff::{SignedDuration, Timestamp};
use s3s::dto::{
    Grant, ObjectLockConfiguration, ObjectLockRetentionMode, ObjectOwnership, ReplicationConfiguration,
};

use crate::store::{State, Store, StoreError};
use crate::versions::{Version, VersionId};

/// How an object is encrypted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Encryption {
    /// With S3's own keys (SSE-S3): its ETag is the content's MD5.
    #[default]
    S3,
    /// With a key of KMS (SSE-KMS): its ETag is anything.
    Kms {
        /// The key's ARN.
        key: String,
        /// Whether S3 asks KMS less often.
        bucket_key: bool,
    },
}

/// What is asked of an object besides its content and what it says of itself.
#[derive(Debug, Clone, Default)]
pub struct Extras {
    /// The bucket's default when `None`.
    pub encryption: Option<Encryption>,
    /// Where a website sends who asks for it.
    pub redirect: Option<String>,
    /// Its access list and its locks.
    pub marks: Marks,
}

/// What can change of a version after it was written. Most have none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Marks {
    /// The access list; empty is a private one.
    pub grants: Vec<Grant>,
    /// Object Lock's retention.
    pub retention: Option<Retention>,
    /// Object Lock's legal hold.
    pub held: bool,
    /// The thawing of an archived version that was asked for.
    pub thaw: Option<Thaw>,
}

/// Object Lock's retention of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// Governance, which a header overrules; otherwise compliance, which nothing does.
    pub governance: bool,
    /// When it ends.
    pub until: Timestamp,
}

/// A readable copy of an archived version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thaw {
    /// From when on it can be read.
    pub ready: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// A bucket's settings besides versioning and lifecycle.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) encryption: Encryption,
    /// As S3 has it for new buckets: no access lists. `None` after the controls were deleted.
    pub(crate) ownership: Option<String>,
    pub(crate) lock: Option<ObjectLockConfiguration>,
    pub(crate) replication: Option<ReplicationConfiguration>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encryption: Encryption::S3,
            ownership: Some(ObjectOwnership::BUCKET_OWNER_ENFORCED.to_owned()),
            lock: None,
            replication: None,
        }
    }
}

impl Settings {
    /// Refuses what the bucket has not been set up for.
    pub(crate) fn admit(&self, marks: &Marks) -> Result<(), StoreError> {
        if !marks.grants.is_empty()
            && self.ownership.as_deref() == Some(ObjectOwnership::BUCKET_OWNER_ENFORCED)
        {
            return Err(StoreError::NoAcls);
        }
        if (marks.held || marks.retention.is_some()) && self.lock.is_none() {
            return Err(StoreError::NoLock);
        }
        Ok(())
    }

    /// The retention that a new object gets when it asks for none.
    pub(crate) fn default_retention(&self, now: Timestamp) -> Option<Retention> {
        let default = self.lock.as_ref()?.rule.as_ref()?.default_retention.as_ref()?;
        let days = default.days.unwrap_or_default() + 365 * default.years.unwrap_or_default();
        let until = now.checked_add(SignedDuration::from_hours(24 * i64::from(days))).ok()?;
        let mode = default.mode.as_ref().map(ObjectLockRetentionMode::as_str);
        Some(Retention { governance: mode == Some(ObjectLockRetentionMode::GOVERNANCE), until })
    }
}

impl Version {
    /// Refuses to hand out bytes that S3 would have in an archive.
    ///
    /// # Errors
    /// [`StoreError::Archived`].
    pub fn readable(&self, now: Timestamp) -> Result<(), StoreError> {
        let thawed = || self.thaw(now).is_some_and(|thaw| thaw.ready <= now);
        if self.archived() && !thawed() { Err(StoreError::Archived) } else { Ok(()) }
    }

    /// Whether it lies in an archive, thawed or not.
    pub fn archived(&self) -> bool {
        let class = self.object.as_ref().map(|object| object.storage_class.as_str());
        matches!(class, Some("GLACIER" | "DEEP_ARCHIVE"))
    }

    /// The thawing that is under way or has not run out.
    pub fn thaw(&self, now: Timestamp) -> Option<Thaw> {
        self.marks.as_ref().and_then(|marks| marks.thaw).filter(|thaw| now < thaw.until)
    }

    /// Refuses to be removed while it is locked.
    pub(crate) fn removable(&self, now: Timestamp, bypass: bool) -> Result<(), StoreError> {
        let Some(marks) = &self.marks else { return Ok(()) };
        let retained = marks.retention.is_some_and(|r| now < r.until && !(r.governance && bypass));
        if marks.held || retained { Err(StoreError::Locked) } else { Ok(()) }
    }
}

impl Store {
    /// How long thawing takes, whatever the tier: hours on S3, and here what a rehearsal can wait for.
    pub fn set_thaw_time(&self, time: SignedDuration) {
        self.lock().thaw_time = Some(time);
    }

    /// Changes a version's marks in place, if `change` allows it.
    ///
    /// # Errors
    /// As [`Store::get`]; [`StoreError::IsDeleteMarker`]; whatever `change` says.
    pub fn mark(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&VersionId>,
        change: impl FnOnce(&mut Marks) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.read(bucket, key, version)?.object()?;
        let settings = state.bucket(bucket)?.settings.clone();
        let history = state.bucket_mut(bucket)?.keys.get_mut(key);
        let held = history.and_then(|h| h.get_mut(version)).ok_or(StoreError::NoSuchVersion)?;
        let mut marks = held.marks.as_deref().cloned().unwrap_or_default();
        change(&mut marks)?;
        settings.admit(&marks)?;
        held.marks = (marks != Marks::default()).then(|| Box::new(marks));
        Ok(())
    }

    /// Begins to thaw an archived version for so many days, or prolongs it. Gives whether it could be read already.
    ///
    /// # Errors
    /// As [`Store::mark`]; [`StoreError::NotArchived`], [`StoreError::Thawing`].
    pub fn thaw(
        &self,
        bucket: &str,
        key: &str,
        version: Option<&VersionId>,
        days: i32,
    ) -> Result<bool, StoreError> {
        let now = self.now();
        let found = self.get(bucket, key, version)?;
        found.object()?;
        if !found.archived() {
            return Err(StoreError::NotArchived);
        }
        let before = found.thaw(now);
        let time = self.lock().thaw_time.unwrap_or(SignedDuration::from_secs(10));
        let ready = match before {
            Some(thaw) if now < thaw.ready => return Err(StoreError::Thawing),
            Some(thaw) => thaw.ready,
            None => now.checked_add(time).unwrap_or(Timestamp::MAX),
        };
        let from = ready.max(now);
        let until =
            from.checked_add(SignedDuration::from_hours(24 * i64::from(days))).unwrap_or(Timestamp::MAX);
        let thaw = Thaw { ready, until: next_midnight(until) };
        self.mark(bucket, key, Some(&found.id), |marks| {
            marks.thaw = Some(thaw);
            Ok(())
        })?;
        Ok(before.is_some())
    }
}

/// S3 counts the days of a thawed copy to the end of the last one, in UTC.
fn next_midnight(at: Timestamp) -> Timestamp {
    const DAY: i64 = 86_400;
    Timestamp::from_second((at.as_second().div_euclid(DAY) + 1) * DAY).unwrap_or(at)
}

impl State {
    /// How a new object is encrypted, and the ETag that it gets: under KMS's keys S3 doesn't tell the MD5.
    pub(crate) fn encrypt(
        &mut self,
        bucket: &str,
        asked: Option<Encryption>,
        etag: String,
    ) -> Result<(Encryption, String), StoreError> {
        let encryption = match asked {
            Some(asked) => asked,
            None => self.bucket(bucket)?.settings.encryption.clone(),
        };
        let etag = match &encryption {
            Encryption::S3 => etag,
            Encryption::Kms { .. } => {
                let salt = self.new_id().to_string();
                let plain = crate::store::md5_hex(format!("{salt}{etag}").as_bytes());
                match etag.split_once('-') {
                    Some((_, parts)) => format!("{plain}-{parts}"),
                    None => plain,
                }
            }
        };
        Ok((encryption, etag))
    }
}
