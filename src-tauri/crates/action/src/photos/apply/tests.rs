//! Applying plans: killed anywhere, paused, removing, thawing, into another bucket.

use std::future::Future;
use std::io::{self, Write};
use std::pin::pin;

use futures::poll;
use proptest::prelude::*;

use super::super::body::{Entry, Item, Op, Want};
use super::super::fake::World;
use super::super::{Extra, Method, Target, Ties};
use super::*;
use crate::plan::Verdict;
use crate::port::{Guard, VersionId};

mod beside;
mod kills;
mod removing;
mod thawing;

/// Evidence of which only what was flushed survives.
#[derive(Default)]
struct Kept {
    bytes: Vec<u8>,
    durable: usize,
}

impl Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bytes.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.durable = self.bytes.len();
        Ok(())
    }
}

/// What an application came to; `None` when it was killed.
async fn apply_until(world: &World, plan: &str, polls: usize) -> (Option<Result<Outcome, Failure>>, Kept) {
    let mut kept = Kept::default();
    let outcome = {
        let cx = world.cx();
        let source = Box::new(io::Cursor::new(plan.as_bytes().to_vec()));
        let applying = apply(source, &cx, &mut kept);
        until(applying, polls).await
    };
    (outcome, kept)
}

async fn until<F: Future>(future: F, polls: usize) -> Option<F::Output> {
    let mut future = pin!(future);
    for _ in 0..polls {
        if let std::task::Poll::Ready(output) = poll!(&mut future) {
            return Some(output);
        }
        tokio::task::yield_now().await;
    }
    None
}

/// Adds what survived to what the next application finds.
fn survives(world: &World, kept: &[u8]) {
    let mut earlier = world.disk.earlier.lock().unwrap();
    earlier.get_or_insert_default().extend_from_slice(kept);
}

/// A plan with these items, in the order of their keys.
fn plan_of(target: &Target, mut items: Vec<Item>) -> String {
    items.sort_by(|a, b| a.key.cmp(&b.key));
    let header = serde_json::json!({
        "action": "photos.restore", "format": 1, "params": target, "versioning": "enabled", "keep": crate::port::Keep::default(),
    });
    let mut text = format!("{header}\n");
    for item in items {
        text.push_str(&format!("{}\n", serde_json::to_string(&item).unwrap()));
    }
    let summary = serde_json::json!({ "summary": crate::PlanSummary::default() });
    text + &format!("{summary}\n")
}

fn item(key: &str, op: Op) -> Item {
    Item { key: key.to_owned(), op, was: "deleted".to_owned(), becomes: "the good version".to_owned() }
}

/// What brings back the photo of `key` that lies at `place` in its history.
fn want(world: &World, key: &str, place: usize) -> Want {
    let entry = world.fake.state().keys[key][place].clone();
    Want {
        version: VersionId(entry.id),
        etag: entry.etag,
        size: entry.content.map_or(0, |content| content.len() as u64),
        storage_class: entry.class,
    }
}

fn lines(evidence: &[u8]) -> Vec<serde_json::Value> {
    evidence
        .split(|b| *b == b'\n')
        .filter(|l| !l.is_empty())
        .map(|l| serde_json::from_slice(l).unwrap())
        .collect()
}
