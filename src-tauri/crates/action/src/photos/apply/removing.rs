//! Removing what lies on top of versions, many keys with one request.

use super::super::body::{Entry, Op};
use super::landed::{Landed, Place};
use super::later::Numbered;
use crate::port::{PortError, PortErrorKind, Receipt, Removed, VersionId};

/// S3 takes so many entries in one request (facts §1.1).
const MOST: usize = 1000;

/// Items that are removed together. A key's entries are never spread over two requests, unless it has more than one
/// request takes.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    items: Vec<Numbered>,
    entries: usize,
}

impl Batch {
    /// Adds an item; gives those before it when they are full.
    pub(crate) fn add(&mut self, item: Numbered) -> Option<Vec<Numbered>> {
        let more = entries(&item).len();
        let full = (self.entries > 0 && self.entries + more > MOST).then(|| self.take());
        self.entries += more;
        self.items.push(item);
        full
    }

    /// Takes what is there.
    pub(crate) fn take(&mut self) -> Vec<Numbered> {
        self.entries = 0;
        std::mem::take(&mut self.items)
    }
}

fn entries(item: &Numbered) -> &[Entry] {
    match &item.item.op {
        Op::Remove { entries, .. } => entries,
        _ => &[],
    }
}

impl Place<'_> {
    /// Removes what the items say; what came of each. Nothing is looked at: what was written since the plan isn't in
    /// it, and stays on top.
    pub(crate) async fn remove(&self, items: &[Numbered]) -> Vec<Landed> {
        let all: Vec<(usize, (String, VersionId))> = items
            .iter()
            .enumerate()
            .flat_map(|(place, item)| {
                entries(item).iter().map(move |e| (place, (item.item.key.clone(), e.version.clone())))
            })
            .collect();
        let (of, all): (Vec<usize>, Vec<(String, VersionId)>) = all.into_iter().unzip();
        let mut refused: Vec<(u64, Option<PortError>)> = vec![(0, None); items.len()];
        let (mut request, mut broken) = (None, None);
        // One after the other: a key that takes several requests loses its newest entries first.
        for (of, entries) in of.chunks(MOST).zip(all.chunks(MOST)) {
            let removed = match broken.take() {
                None => self.store.remove_versions(self.target.destination(), entries).await,
                Some(error) => Err(error),
            };
            let Removed { request_id, refused: these } = match removed {
                Ok(removed) => removed,
                Err(error) => {
                    for place in of {
                        note(&mut refused[*place], error.clone());
                    }
                    broken = Some(error);
                    continue;
                }
            };
            request = request_id;
            for one in these {
                if let Some(place) = of.get(one.place) {
                    note(&mut refused[*place], one.error);
                }
            }
        }
        let landed = |((n, error), item): ((u64, Option<PortError>), &Numbered)| match error {
            None => Landed::Done(Receipt { version: None, etag: None, request_id: request.clone() }),
            Some(error) => match Landed::of(error) {
                Landed::Failed(error, _) => {
                    Landed::Failed(error, (entries(item).len() as u64).saturating_sub(n))
                }
                landed => landed,
            },
        };
        refused.into_iter().zip(items).map(landed).collect()
    }
}

/// Counts a refusal. The one that won't go away by itself is kept before one that may.
fn note((n, kept): &mut (u64, Option<PortError>), error: PortError) {
    *n += 1;
    let passing = |error: &PortError| error.kind.is_transient() || error.kind == PortErrorKind::Credentials;
    if kept.as_ref().is_none_or(|kept| passing(kept) && !passing(&error)) {
        *kept = Some(error);
    }
}
