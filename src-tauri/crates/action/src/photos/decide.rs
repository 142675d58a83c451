//! What a key was at a moment, and what became of it. Pure: no requests, no clock.

use jiff::Timestamp;

use super::Ties;
use super::history::{History, whole_second};
use crate::port::{Photo, Version};

/// What a key was at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Then<'a> {
    /// Nothing of it is that old.
    Absent,
    /// This entry was current: a photo, or the delete marker that hid the key.
    Was(&'a Version),
    /// A photo and a marker share the deciding second and neither is current: the listing can't say which came
    /// last. These are that second's entries; `newer` is one that came after all of them.
    Tied { group: &'a [Version], newer: Option<&'a Version> },
}

/// What `history` says its key was at the end of the second of `at`.
///
/// The newest entry dated that second or earlier. S3 keeps whole seconds, so a write later in that same second
/// counts as before `at`. Within a second the current entry is the newest, and each list alone is in order; only
/// a photo and a marker of one second are a tie (facts §1.2).
pub(crate) fn then(history: &History, at: Timestamp) -> Then<'_> {
    let at = whole_second(at);
    let start = history.entries.partition_point(|e| e.modified > at);
    let Some(first) = history.entries.get(start) else { return Then::Absent };
    let rest = &history.entries[start..];
    let group = &rest[..rest.partition_point(|e| e.modified == first.modified)];
    let mixed = group.iter().any(|e| e.photo.is_some() != first.photo.is_some());
    if mixed && !first.latest {
        let newer = start.checked_sub(1).and_then(|at| history.entries.get(at));
        return Then::Tied { group, newer };
    }
    Then::Was(first)
}

/// The entry of a tie that `ties` says came last; `None` to leave it undecided.
pub(crate) fn chosen(group: &[Version], ties: Ties) -> Option<&Version> {
    match ties {
        Ties::Leave => None,
        Ties::Photo => group.iter().find(|e| e.photo.is_some()),
        Ties::Deleted => group.iter().find(|e| e.photo.is_none()),
    }
}

/// Whether two versions hold the same bytes, as far as a listing tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Alike {
    /// They do.
    Yes,
    /// They don't.
    No,
    /// Their entity tags don't tell: they must be read.
    Unknown,
}

/// Compares two photos by size and entity tag.
///
/// Equal tags of the same size mean equal bytes, unless the tag is of a multipart upload. Unequal tags mean
/// unequal bytes only when both are MD5s: not for multipart uploads, and not under KMS (facts §1.4), so not
/// unless `md5` says that tags can be believed.
pub(crate) fn alike(a: &Photo, b: &Photo, md5: bool) -> Alike {
    if a.size != b.size {
        return Alike::No;
    }
    if a.etag.contains('-') || b.etag.contains('-') {
        return Alike::Unknown;
    }
    match (a.etag == b.etag, md5) {
        (true, _) => Alike::Yes,
        (false, true) => Alike::No,
        (false, false) => Alike::Unknown,
    }
}

/// What became of a key since the restore point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Verdict {
    /// It is the photo that it was.
    Untouched,
    /// It was a photo and is gone.
    Deleted,
    /// It was another photo.
    Overwritten,
    /// It is a photo and was none: added since, or deleted then and written again.
    New,
    /// It neither was nor is a photo.
    Gone,
    /// Nobody can say what it was.
    Undecided,
}

/// Why the history may not tell everything about a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Doubt {
    /// It was written since while versioning was off or suspended; such a write destroys the `null` version that
    /// was there, and leaves no trace of it (facts §1.2).
    Unversioned,
    /// All that is left of it is a deletion made since: if it hid a photo, that was removed for good.
    OnlyMarker,
}

/// The reason to doubt what `history` says about `at`, if there is one.
pub(crate) fn doubt(history: &History, then: &Then<'_>, at: Timestamp) -> Option<Doubt> {
    let at = whole_second(at);
    if history.entries.iter().any(|e| e.id.0 == "null" && e.modified > at) {
        return Some(Doubt::Unversioned);
    }
    let oldest_is_marker = history.entries.last().is_some_and(|e| e.photo.is_none());
    (matches!(then, Then::Absent) && oldest_is_marker).then_some(Doubt::OnlyMarker)
}

/// What became of a key that was `want` (`None`: no photo) and is `now`; `same` when those hold the same bytes.
pub(crate) fn verdict(want: Option<&Version>, now: Option<&Version>, same: bool) -> Verdict {
    match (want, now.is_some_and(|now| now.photo.is_some())) {
        (Some(_), true) if same => Verdict::Untouched,
        (Some(_), true) => Verdict::Overwritten,
        (Some(_), false) => Verdict::Deleted,
        (None, true) => Verdict::New,
        (None, false) => Verdict::Gone,
    }
}
