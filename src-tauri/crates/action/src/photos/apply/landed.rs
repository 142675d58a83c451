//! One item of a plan, done; and what came of it.

use super::super::Target;
use super::super::body::{Item, Op, Want};
use super::evidence::Result as Word;
use crate::port::{
    CopyVersion, Current, Guard, Keep, PhotoStore, PortError, PortErrorKind, Receipt, VersionId,
};

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
    /// It is archived: it has to be thawed, or to be waited for.
    Frozen(Option<PortError>),
    /// Its thawing was asked for.
    Asked(Option<String>),
    /// It is thawed.
    Thawed,
    /// It failed. So many of its entries were removed all the same.
    Failed(PortError, u64),
}

impl Landed {
    /// What evidence calls it.
    pub(crate) fn word(&self, op: &Op) -> Word {
        match (self, op) {
            (Self::Done(_), Op::Hide { .. }) => Word::Hidden,
            (Self::Done(_), Op::Remove { .. }) => Word::Removed,
            (Self::Done(_), _) => Word::Restored,
            (Self::Already(_), _) => Word::Already,
            (Self::Changed(_), _) => Word::Changed,
            (Self::Asked(_), _) => Word::ThawAsked,
            (Self::Again(_) | Self::Frozen(_) | Self::Thawed, _) => Word::Retried,
            (Self::Failed(..), _) => Word::Failed,
        }
    }

    pub(crate) fn error(&self) -> Option<&PortError> {
        match self {
            Self::Again(error) | Self::Failed(error, _) => Some(error),
            Self::Frozen(error) => error.as_ref(),
            _ => None,
        }
    }

    pub(crate) fn request_id(&self) -> Option<&str> {
        match self {
            Self::Done(receipt) => receipt.request_id.as_deref(),
            Self::Already(id) | Self::Changed(id) | Self::Asked(id) => id.as_deref(),
            _ => self.error()?.request_id.as_deref(),
        }
    }

    /// What an error means for the item it is about.
    pub(crate) fn of(error: PortError) -> Self {
        match error.kind {
            kind if kind.is_transient() => Self::Again(error),
            // What lies to be tried again once there are new credentials, not what was refused for good.
            PortErrorKind::Credentials => Self::Again(error),
            PortErrorKind::Archived => Self::Frozen(Some(error)),
            _ => Self::Failed(error, 0),
        }
    }
}

/// Where photos come from and where they go.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) store: &'a dyn PhotoStore,
    pub(crate) target: &'a Target,
    /// What copies have to be given besides what S3 copies of its own accord.
    pub(crate) keep: Keep,
}

impl Place<'_> {
    /// Does what an item says, under its guard. Items that are left alone, and removals, must not come here.
    pub(crate) async fn perform(&self, item: &Item) -> Landed {
        let (source, to) = (self.target.source(), self.target.destination());
        let key = self.target.destination_key(&item.key);
        let sent = match &item.op {
            Op::Copy { want, guard, .. } => {
                // The same bytes with another description: the guard can't tell them apart, so it is looked at first.
                if matches!(guard, Guard::Is(etag) if *etag == want.etag) {
                    match self.store.current(to, &key).await {
                        Ok(Some(now)) if !item.op.not_yet(Some(&now)) && now.etag == want.etag => {
                            return Landed::Already(None);
                        }
                        Ok(_) => {}
                        Err(error) => return Landed::of(error),
                    }
                }
                let copy = CopyVersion {
                    from: (source != to).then(|| source.to_owned()),
                    key: item.key.clone(),
                    to: (*key != item.key).then(|| key.clone().into_owned()),
                    version: want.version.clone(),
                    storage_class: want.storage_class.clone(),
                    size: want.size,
                    etag: want.etag.clone(),
                    unless: guard.clone(),
                    keep: self.keep,
                };
                self.store.copy_version(to, &copy).await
            }
            Op::Hide { etag, .. } => self.store.put_marker(to, &key, etag).await,
            Op::Remove { .. } | Op::Undecided { .. } | Op::Blocked { .. } => return Landed::Changed(None),
        };
        match sent {
            Ok(receipt) => Landed::Done(receipt),
            // S3 answers 412 when the guard fails, but 404 when it names an ETag and the key is hidden (facts §1.4).
            Err(error) if matches!(error.kind, PortErrorKind::Changed | PortErrorKind::NotFound) => {
                self.look(item, &key, error).await.unwrap_or_else(Landed::of)
            }
            Err(error) => Landed::of(error),
        }
    }

    /// Finds out what stood in the way.
    async fn look(&self, item: &Item, key: &str, refused: PortError) -> Result<Landed, PortError> {
        let now = self.store.current(self.target.destination(), key).await?;
        let request = refused.request_id.clone();
        let guard_holds = item.op.not_yet(now.as_ref());
        let so_already = match (&item.op, &now) {
            (Op::Copy { want, .. }, Some(now)) if !guard_holds => self.is(&item.key, want, now).await?,
            (Op::Hide { .. }, None) => true,
            _ => false,
        };
        Ok(match refused.kind {
            _ if so_already => Landed::Already(request),
            // Nothing stands in the way, so what wasn't found is the version to copy.
            PortErrorKind::NotFound if guard_holds => {
                let error = PortError {
                    message: "the version to bring back is not there any more".to_owned(),
                    next: "Plan again to see what is left; look in the replica bucket or in AWS Backup."
                        .to_owned(),
                    ..refused
                };
                Landed::Failed(error, 0)
            }
            // Another write was under way (409) and came to nothing.
            _ if guard_holds => Landed::Again(refused),
            _ => Landed::Changed(request),
        })
    }

    /// Whether what is current where the photo of `key` comes back holds the bytes that are wanted. Copies of multipart
    /// uploads get another entity tag, as does everything under KMS, so then both are read.
    pub(crate) async fn is(&self, key: &str, want: &Want, now: &Current) -> Result<bool, PortError> {
        if !self.target.beside() && now.version == want.version {
            return Ok(true);
        }
        if now.size != want.size {
            return Ok(false);
        }
        if now.etag == want.etag && !want.etag.contains('-') {
            return Ok(true);
        }
        self.reads_alike(key, &want.version, &now.version).await
    }

    /// Whether a version of `key` and one of what it comes back as hold the same bytes, by reading both; what can't be
    /// read is not the same.
    pub(crate) async fn reads_alike(
        &self,
        key: &str,
        source: &VersionId,
        destination: &VersionId,
    ) -> Result<bool, PortError> {
        let wanted = told(self.store.digest(self.target.source(), key, source).await)?;
        let Some(wanted) = wanted else { return Ok(false) };
        let (bucket, key) = (self.target.destination(), self.target.destination_key(key));
        let there = told(self.store.digest(bucket, &key, destination).await)?;
        Ok(there.is_some_and(|there| there == wanted))
    }
}

/// What was answered; `None` where asking again or logging in again wouldn't help.
fn told<T>(answer: Result<T, PortError>) -> Result<Option<T>, PortError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if error.kind.is_transient() || error.kind == PortErrorKind::Credentials => Err(error),
        Err(_) => Ok(None),
    }
}
