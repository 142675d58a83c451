//! One item of a plan, done; and what came of it.

use super::body::{Item, Op, Want};
use super::findings::same_bytes;
use crate::port::{CopyVersion, Current, Guard, Keep, PhotoStore, PortError, PortErrorKind, Receipt};

/// What came of one item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Landed {
    /// It was done.
    Done(Receipt),
    /// It was so already: by an earlier try whose answer was lost, or by an earlier application of the plan.
    Already(Option<String>),
    /// The key was written or deleted since the plan: left alone.
    Changed(Option<String>),
    /// It may succeed if tried again.
    Again(PortError),
    /// It failed.
    Failed(PortError),
}

impl Landed {
    /// The word that evidence uses.
    pub(crate) fn word(&self, op: &Op) -> &'static str {
        match (self, op) {
            (Self::Done(_), Op::Hide { .. }) => "hidden",
            (Self::Done(_), _) => "restored",
            (Self::Already(_), _) => "already",
            (Self::Changed(_), _) => "changed",
            (Self::Again(_), _) => "retried",
            (Self::Failed(_), _) => "failed",
        }
    }

    pub(crate) fn error(&self) -> Option<&PortError> {
        match self {
            Self::Again(error) | Self::Failed(error) => Some(error),
            _ => None,
        }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Done(receipt) => receipt.request_id.as_deref(),
            Self::Already(id) | Self::Changed(id) => id.as_deref(),
            Self::Again(error) | Self::Failed(error) => error.request_id.as_deref(),
        }
    }
}

/// Does what an item says, under its guard. Items that are left alone must not come here.
pub(crate) async fn perform(store: &dyn PhotoStore, bucket: &str, item: &Item) -> Landed {
    let key = &item.key;
    let sent = match &item.op {
        Op::Copy { want, guard, .. } => {
            // The same bytes with another description: the guard can't tell them apart, so it is looked at first.
            if matches!(guard, Guard::Is(etag) if *etag == want.etag) {
                match store.current(bucket, key).await {
                    Ok(Some(now)) if !item.op.not_yet(Some(&now)) && now.etag == want.etag => {
                        return Landed::Already(None);
                    }
                    Ok(_) => {}
                    Err(error) => return failed(error),
                }
            }
            let copy = CopyVersion {
                from: None,
                key: key.clone(),
                to: None,
                version: want.version.clone(),
                storage_class: want.storage_class.clone(),
                size: want.size,
                etag: want.etag.clone(),
                unless: guard.clone(),
                keep: Keep::default(),
            };
            store.copy_version(bucket, &copy).await
        }
        Op::Hide { etag, .. } => store.put_marker(bucket, key, etag).await,
        Op::Remove { .. } | Op::Undecided { .. } | Op::Blocked { .. } => return Landed::Changed(None),
    };
    match sent {
        Ok(receipt) => Landed::Done(receipt),
        // S3 answers 412 when the guard fails, but 404 when it names an ETag and the key is hidden (facts §1.4).
        Err(error) if matches!(error.kind, PortErrorKind::Changed | PortErrorKind::NotFound) => {
            match look(store, bucket, item, error).await {
                Ok(landed) => landed,
                Err(error) => failed(error),
            }
        }
        Err(error) => failed(error),
    }
}

fn failed(error: PortError) -> Landed {
    if error.kind.is_transient() { Landed::Again(error) } else { Landed::Failed(error) }
}

/// Finds out what stood in the way.
async fn look(
    store: &dyn PhotoStore,
    bucket: &str,
    item: &Item,
    refused: PortError,
) -> Result<Landed, PortError> {
    let now = store.current(bucket, &item.key).await?;
    let request = refused.request_id.clone();
    let guard_holds = item.op.not_yet(now.as_ref());
    let so_already = match (&item.op, &now) {
        (Op::Copy { want, .. }, Some(now)) if !guard_holds => is(store, bucket, &item.key, want, now).await?,
        (Op::Hide { .. }, None) => true,
        _ => false,
    };
    Ok(match refused.kind {
        _ if so_already => Landed::Already(request),
        // Nothing stands in the way, so what wasn't found is the version to copy.
        PortErrorKind::NotFound if guard_holds => Landed::Failed(PortError {
            message: "the version to bring back is not there any more".to_owned(),
            next: "Plan again to see what is left; look in the replica bucket or in AWS Backup.".to_owned(),
            ..refused
        }),
        // Another write was under way (409) and came to nothing.
        _ if guard_holds => Landed::Again(refused),
        _ => Landed::Changed(request),
    })
}

/// Whether the current version holds the bytes that are wanted. Copies of multipart uploads get another entity
/// tag, as does everything under KMS, so then both are read.
pub(crate) async fn is(
    store: &dyn PhotoStore,
    bucket: &str,
    key: &str,
    want: &Want,
    now: &Current,
) -> Result<bool, PortError> {
    if now.version == want.version {
        return Ok(true);
    }
    if now.size != want.size {
        return Ok(false);
    }
    if now.etag == want.etag && !want.etag.contains('-') {
        return Ok(true);
    }
    same_bytes(store, bucket, key, &want.version, &now.version).await
}
