//! Photos that a job's copy covers although the plan never saw them.

use super::Handoff;
use crate::photos::body::{Item, Op};
use crate::photos::history::{History, whole_second};

/// Whether something lies under the copy that the plan didn't know: written or deleted after the plan was made, and
/// before the job came to this key. Other copies of the same photo don't count.
pub(crate) fn covered(handoff: Option<&Handoff>, item: &Item, history: Option<&History>) -> bool {
    let (Some(handoff), Some(history), Op::Copy { want, over, .. }) = (handoff, history, &item.op) else {
        return false;
    };
    let Some(copy) = history.current().filter(|now| now.id != want.version) else { return false };
    let is_copy = |etag: &str| etag == want.etag || copy.photo.as_ref().is_some_and(|p| p.etag == etag);
    let above = over.as_ref().map(|seen| history.entries.iter().position(|entry| entry.id == *seen));
    history.entries.iter().enumerate().any(|(place, entry)| {
        let later = match above {
            Some(Some(seen)) => place < seen,
            // What the plan saw is gone, or it saw nothing: only the time tells.
            _ => entry.modified >= whole_second(handoff.planned),
        };
        later && entry.id != copy.id && !entry.photo.as_ref().is_some_and(|photo| is_copy(&photo.etag))
    })
}
