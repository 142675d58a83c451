//! Reading photos from beginning to end, to be sure of what a listing only says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::apply::Clock;
use super::{Depth, Target};
use crate::plan::Failure;
use crate::port::{ContentDigest, PhotoStore, PortErrorKind, Version};

/// Reads photos, no faster than it may.
pub(crate) struct Reader<'a> {
    store: &'a dyn PhotoStore,
    target: &'a Target,
    clock: Clock,
    /// When the next may be read.
    free: Mutex<Duration>,
    photos: AtomicU64,
    bytes: AtomicU64,
    archived: AtomicU64,
}

/// What reading came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// What is there holds the bytes of what should be there; or it wasn't to be read.
    Alike,
    /// It holds others.
    Different,
    /// It can't be read: why.
    Unreadable(String),
}

impl<'a> Reader<'a> {
    pub(crate) fn new(store: &'a dyn PhotoStore, target: &'a Target) -> Self {
        Self {
            store,
            target,
            clock: Clock::start(),
            free: Mutex::default(),
            photos: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            archived: AtomicU64::new(0),
        }
    }

    /// Photos and bytes that were read, and photos that could not be because they are archived.
    pub(crate) fn read(&self) -> (u64, u64, u64) {
        let [photos, bytes, archived] =
            [&self.photos, &self.bytes, &self.archived].map(|n| n.load(Ordering::Relaxed));
        (photos, bytes, archived)
    }

    /// Reads what should be there and what is there, if that was asked for this key. One version that is both is read
    /// once.
    ///
    /// # Errors
    /// What may go away by itself or by logging in again: then nothing is known.
    pub(crate) async fn compare(&self, key: &str, want: &Version, now: &Version) -> Result<Found, Failure> {
        if !self.is_asked(key) {
            return Ok(Found::Alike);
        }
        let (source, destination) = (self.target.source(), self.target.destination());
        let there_key = self.target.destination_key(key);
        let there = match self.digest(destination, &there_key, now).await? {
            Ok(there) => there,
            Err(found) => return Ok(found),
        };
        self.photos.fetch_add(1, Ordering::Relaxed);
        if want.id == now.id && !self.target.beside() {
            let whole = want.photo.as_ref().is_none_or(|photo| photo.size == there.bytes);
            return Ok(if whole { Found::Alike } else { Found::Different });
        }
        Ok(match self.digest(source, key, want).await? {
            Ok(good) if good == there => Found::Alike,
            Ok(_) => Found::Different,
            Err(found) => found,
        })
    }

    async fn digest(
        &self,
        bucket: &str,
        key: &str,
        version: &Version,
    ) -> Result<Result<ContentDigest, Found>, Failure> {
        let photo = version.photo.as_ref();
        if photo.is_some_and(|photo| photo.frozen()) {
            self.archived.fetch_add(1, Ordering::Relaxed);
            return Ok(Err(Found::Alike));
        }
        self.pace(photo.map_or(0, |photo| photo.size)).await;
        match self.store.digest(bucket, key, &version.id).await {
            Ok(digest) => {
                self.bytes.fetch_add(digest.bytes, Ordering::Relaxed);
                Ok(Ok(digest))
            }
            Err(error) if error.kind.is_transient() || error.kind == PortErrorKind::Credentials => {
                Err(error.into())
            }
            Err(error) if error.kind == PortErrorKind::Archived => {
                self.archived.fetch_add(1, Ordering::Relaxed);
                Ok(Err(Found::Alike))
            }
            Err(error) => Ok(Err(Found::Unreadable(error.what()))),
        }
    }

    /// Waits until so many bytes may be read.
    async fn pace(&self, bytes: u64) {
        let Some(most) = self.target.max_bandwidth.filter(|most| *most > 0) else { return };
        let begins = {
            let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
            let begins = (*free).max(self.clock.now());
            *free = begins + Duration::from_secs_f64(bytes as f64 / most as f64);
            begins
        };
        self.clock.until(begins).await;
    }

    fn is_asked(&self, key: &str) -> bool {
        match self.target.read {
            Depth::Listing => false,
            Depth::Sample(percent) => number(key) % 100 < u64::from(percent),
            Depth::Deep => true,
        }
    }
}

/// A number that only depends on the key, and on all of it (FNV-1a).
fn number(key: &str) -> u64 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash ^ (hash >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_about_as_large_as_was_asked() {
        let chosen =
            |percent| (0..10_000).filter(|n| number(&format!("photos/{n}.jpg")) % 100 < percent).count();
        assert_eq!((chosen(0), chosen(100)), (0, 10_000));
        assert!((800..1200).contains(&chosen(10)), "{}", chosen(10));
    }
}
