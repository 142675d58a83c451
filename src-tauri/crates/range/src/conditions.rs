//! `If-Match` and its siblings, as S3 weighs them for reads, writes, deletes and the source of a copy.

use jiff::Timestamp;

use crate::store::StoreError;
use crate::versions::{Object, Version};

/// An ETag that a condition names, or any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tag {
    /// `*`: whatever there is.
    Any,
    /// An ETag, without quotes.
    Is(String),
}

impl Tag {
    fn matches(&self, object: &Object) -> bool {
        match self {
            Self::Any => true,
            Self::Is(etag) => *etag == object.etag,
        }
    }
}

/// What must hold for a request to be carried out. The default asks for nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`.
    pub matches: Option<Tag>,
    /// `If-None-Match`.
    pub none_matches: Option<Tag>,
    /// `If-Modified-Since`.
    pub modified_since: Option<Timestamp>,
    /// `If-Unmodified-Since`.
    pub unmodified_since: Option<Timestamp>,
    /// `x-amz-bypass-governance-retention`, of a removal: governance doesn't stop it.
    pub bypass_governance: bool,
}

impl Conditions {
    /// Weighs the conditions of a read: what matched wins over when it changed.
    pub(crate) fn check_read(&self, object: &Object, modified: Timestamp) -> Result<(), StoreError> {
        self.check_expected(object, modified)?;
        match &self.none_matches {
            Some(tag) if tag.matches(object) => Err(StoreError::NotModified),
            None if self.modified_since.is_some_and(|since| modified <= since) => {
                Err(StoreError::NotModified)
            }
            _ => Ok(()),
        }
    }

    /// Weighs the `x-amz-copy-source-if-*` of a copy, where "not modified" is a failure too.
    pub(crate) fn check_source(&self, object: &Object, modified: Timestamp) -> Result<(), StoreError> {
        self.check_read(object, modified).map_err(|error| match error {
            StoreError::NotModified => StoreError::PreconditionFailed("x-amz-copy-source-If-None-Match"),
            other => other,
        })
    }

    fn check_expected(&self, object: &Object, modified: Timestamp) -> Result<(), StoreError> {
        match &self.matches {
            Some(tag) if !tag.matches(object) => Err(StoreError::PreconditionFailed("If-Match")),
            None if self.unmodified_since.is_some_and(|since| modified > since) => {
                Err(StoreError::PreconditionFailed("If-Unmodified-Since"))
            }
            _ => Ok(()),
        }
    }

    /// Weighs the conditions of a write on the key's current version; a marker counts as no object.
    pub(crate) fn check_write(&self, current: Option<&Version>) -> Result<(), StoreError> {
        let object = current.and_then(|version| version.object.as_deref());
        match (&self.none_matches, object) {
            (Some(tag), Some(object)) if tag.matches(object) => {
                return Err(StoreError::PreconditionFailed("If-None-Match"));
            }
            _ => {}
        }
        match (&self.matches, object) {
            (None, _) => Ok(()),
            (Some(_), None) => Err(StoreError::NoSuchKey { marker: current.map(|v| v.id.clone()) }),
            (Some(tag), Some(object)) if tag.matches(object) => Ok(()),
            (Some(_), Some(_)) => Err(StoreError::PreconditionFailed("If-Match")),
        }
    }

    /// Weighs the condition of a delete on the key's current version.
    pub(crate) fn check_delete(&self, current: Option<&Version>) -> Result<(), StoreError> {
        let Some(tag) = &self.matches else { return Ok(()) };
        match current {
            None => Err(StoreError::NoSuchKey { marker: None }),
            Some(version) => match &version.object {
                Some(object) if tag.matches(object) => Ok(()),
                _ => Err(StoreError::PreconditionFailed("If-Match")),
            },
        }
    }
}
