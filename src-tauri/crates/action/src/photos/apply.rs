//! Doing what a plan says, item by item, without ever covering what is newer than the plan.

use std::collections::BTreeSet;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use serde::Serialize;

use super::applied::{Count, Kind};
use super::body::{Body, Item, Op, write_line};
use super::landed::{Landed, perform};
use super::tally::Examples;
use super::{Ticks, words};
use crate::plan::{Context, Example, Failure, Outcome, Sink, Source};
use crate::port::{PhotoStore, PortError, PortErrorKind, VersionId};

/// Requests under way together.
const AT_ONCE: usize = 16;
/// How often an item is tried whose failure may pass. The port has retried each request already.
const ROUNDS: u8 = 4;
/// Items that wait for another round at most; past that, an item that fails counts as failed at once, and applying
/// the plan again takes it up.
const WAITING: usize = 10_000;
/// So many requests in a row without an answer, or refused for their credentials, end the work: the rest would
/// fare no better.
const LOST: u32 = 8;

/// A line of evidence: one try at one item.
#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    op: &'a str,
    result: &'a str,
    attempt: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<&'a VersionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// Applies a plan. Passes only when every item of it is so now; each key that isn't is counted and named.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let body = Body::open(plan)?;
    if let Some(handoff) = body.header.ground.batch.clone() {
        return super::batch::apply(body, handoff, cx, evidence).await;
    }
    let bucket = body.header.params.bucket.clone();
    let planned = body.header.ground.versioning;
    let excluded = body.header.params.exclude.join(",");
    let store = &*cx.ports.photos;
    if store.bucket(&bucket).await?.versioning != planned {
        return Err(Failure::Refused {
            why: format!("the versioning of bucket {bucket} was changed since the plan"),
            next: "Nothing was changed. Find out who changed it, then plan again.".to_owned(),
        });
    }
    let mut work = Work {
        store,
        bucket: &bucket,
        cx,
        evidence,
        ticks: Ticks::new("bringing photos back", cx),
        count: Count::default(),
        waiting: Vec::new(),
        examples: Examples::default(),
        next: BTreeSet::new(),
        lost: 0,
    };
    work.round(&mut Feed::Plan(Box::new(body)), 1).await?;
    for attempt in 2..=ROUNDS {
        let again = std::mem::take(&mut work.waiting);
        if again.is_empty() {
            break;
        }
        work.round(&mut Feed::Again(again.into_iter()), attempt).await?;
    }
    work.ticks.last();
    let mut outcome = work.count.outcome(&work.next, work.examples);
    outcome.outputs.insert("excluded".to_owned(), excluded);
    Ok(outcome)
}

/// Where items come from: the plan, or those to be tried again.
enum Feed {
    Plan(Box<Body>),
    Again(std::vec::IntoIter<Item>),
}

impl Feed {
    fn next(&mut self) -> Result<Option<Item>, Failure> {
        match self {
            Self::Plan(body) => body.next(),
            Self::Again(items) => Ok(items.next()),
        }
    }

    /// The copies and hidings that were never met.
    fn unmet(&mut self) -> u64 {
        match self {
            Self::Plan(body) => body.left(),
            Self::Again(_) => 0,
        }
    }
}

struct Work<'a> {
    store: &'a dyn PhotoStore,
    bucket: &'a str,
    cx: &'a Context<'a>,
    evidence: Sink<'a>,
    ticks: Ticks<'a>,
    count: Count,
    waiting: Vec<Item>,
    examples: Examples<Kind>,
    /// What the failures say to do next.
    next: BTreeSet<String>,
    /// Requests in a row that found nobody, or nobody who let us in.
    lost: u32,
}

impl Work<'_> {
    /// Tries every item of `feed` once. When it has to give up it starts nothing more, but still waits for what is
    /// under way, so that nothing is done without being recorded.
    async fn round(&mut self, feed: &mut Feed, attempt: u8) -> Result<(), Failure> {
        let (store, bucket) = (self.store, self.bucket);
        let mut running = FuturesUnordered::new();
        let mut halt = None;
        let mut done = false;
        loop {
            while halt.is_none() && !done && running.len() < AT_ONCE {
                if self.cx.stopping() {
                    halt = Some(Halt::Stopped);
                    break;
                }
                match feed.next() {
                    Ok(Some(item)) if matches!(item.op, Op::Undecided { .. } | Op::Blocked { .. }) => {
                        halt = self.leave_alone(&item).err().map(Halt::Failure);
                    }
                    Ok(Some(item)) => {
                        if attempt == 1 {
                            self.meet(&item);
                        }
                        running.push(async move {
                            let landed = perform(store, bucket, &item).await;
                            (item, landed)
                        });
                    }
                    Ok(None) => done = true,
                    Err(failure) => halt = Some(Halt::Failure(failure)),
                }
            }
            let Some((item, landed)) = running.next().await else { break };
            let lost = landed.error().filter(|e| is_lost(e)).cloned();
            self.lost = if lost.is_some() { self.lost + 1 } else { 0 };
            if let Err(failure) = self.record(item, landed, attempt) {
                halt = Some(Halt::Failure(failure));
            }
            if let Some(error) = lost {
                let all = attempt == 1 && done && running.is_empty() && u64::from(self.lost) == self.met();
                if halt.is_none() && (self.lost >= LOST || all) {
                    halt = Some(Halt::Lost(error));
                }
            }
        }
        match halt {
            None => Ok(()),
            Some(halt) => Err(self.give_up(halt, feed)),
        }
    }

    fn met(&self) -> u64 {
        self.count.copies + self.count.hides
    }

    fn meet(&mut self, item: &Item) {
        match item.op {
            Op::Hide { .. } => self.count.hides += 1,
            _ => self.count.copies += 1,
        }
    }

    fn leave_alone(&mut self, item: &Item) -> Result<(), Failure> {
        let op = match item.op {
            Op::Undecided { .. } => {
                self.count.undecided += 1;
                "undecided"
            }
            _ => {
                self.count.blocked += 1;
                "blocked"
            }
        };
        self.examples.add(Kind::LeftAlone, || Example {
            key: item.key.clone(),
            now: item.was.clone(),
            becomes: item.becomes.clone(),
        });
        let line = Line {
            key: &item.key,
            op,
            result: "left alone",
            attempt: 1,
            version: None,
            etag: None,
            request_id: None,
            error: None,
        };
        write_line(&line, &mut *self.evidence)
    }

    /// Counts and writes down what came of an item; keeps it when it is worth another round.
    fn record(&mut self, item: Item, landed: Landed, attempt: u8) -> Result<(), Failure> {
        let landed = match landed {
            Landed::Again(error) if attempt == ROUNDS || self.waiting.len() >= WAITING => {
                Landed::Failed(error)
            }
            landed => landed,
        };
        let hides = matches!(item.op, Op::Hide { .. });
        let receipt = match &landed {
            Landed::Done(receipt) => Some(receipt),
            _ => None,
        };
        let line = Line {
            key: &item.key,
            op: if hides { "hide" } else { "copy" },
            result: landed.word(&item.op),
            attempt,
            version: receipt.and_then(|r| r.version.as_ref()),
            etag: receipt.and_then(|r| r.etag.as_deref()),
            request_id: landed.request_id(),
            error: landed.error().map(ToString::to_string),
        };
        let written = write_line(&line, &mut *self.evidence);
        let count = &mut self.count;
        let (kind, becomes) = match &landed {
            Landed::Done(_) => {
                *(if hides { &mut count.hidden } else { &mut count.restored }) += 1;
                count.bytes += item.op.bytes();
                self.ticks.tick(1, 0, item.op.bytes());
                (Kind::Done, item.becomes.clone())
            }
            Landed::Already(_) => {
                *(if hides { &mut count.already_hidden } else { &mut count.already_back }) += 1;
                self.ticks.tick(1, 0, 0);
                (Kind::Done, format!("{}, already so", item.becomes))
            }
            Landed::Changed(_) => {
                count.changed += 1;
                self.ticks.tick(1, 1, 0);
                (Kind::Changed, "left alone: changed since the plan".to_owned())
            }
            Landed::Failed(error) => {
                count.failed += 1;
                self.ticks.tick(1, 1, 0);
                self.next.insert(error.next.clone());
                (Kind::Failed, format!("failed: {}", error.message))
            }
            Landed::Again(_) => {
                self.waiting.push(item);
                return written;
            }
        };
        self.examples.add(kind, || Example { key: item.key, now: item.was, becomes });
        written
    }

    /// Says what is done and what is left, after everything under way has come in.
    fn give_up(&mut self, halt: Halt, feed: &mut Feed) -> Failure {
        let failure = match halt {
            Halt::Failure(failure) => return failure,
            Halt::Stopped => None,
            Halt::Lost(error) => Some(error),
        };
        let (count, waiting) = (&self.count, self.waiting.len() as u64);
        let so = count.restored + count.already_back + count.hidden + count.already_hidden;
        let left = self.met() - so - count.changed + feed.unmet();
        let again = waiting.min(left);
        let said = format!(
            "{} done, {} left{}; what is done stays, and applying the same plan again goes on from there",
            words::photos(so),
            words::count(left),
            if again > 0 { format!(" ({} failed so far)", words::count(again)) } else { String::new() }
        );
        match failure {
            None => Failure::Stopped { left: said },
            Some(error) => {
                Failure::Port(PortError { message: format!("{}; {said}", error.message), ..error })
            }
        }
    }
}

/// Why a round ends early.
enum Halt {
    Stopped,
    Lost(PortError),
    Failure(Failure),
}

/// Whether an error says that no other request would fare better.
fn is_lost(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Unreachable | PortErrorKind::Credentials)
}
