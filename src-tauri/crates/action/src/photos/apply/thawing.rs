//! Archived versions: asked for early, looked at now and then, copied once they can be read.
//!
//! Thawing takes hours to days, across restarts of the app: asking again is harmless, and the evidence tells what was
//! asked for. S3 thaws in no order that one could count on, but about in that in which it was asked, each storage
//! class for itself: so only the next ones of each class are looked at, and those behind them wait in a file.

use std::collections::{BTreeMap, VecDeque};

use jiff::Timestamp;

use super::super::body::{Op, Want};
use super::super::words;
use super::feed::Feed;
use super::landed::{Landed, Place};
use super::later::{Later, Numbered, Queue};
use super::work::Work;
use crate::plan::{Disk, Failure, Happening};
use crate::port::{Thawing, Tier};

/// So many of a class are looked at together while they are still frozen, and at most.
const LOOKS: (usize, usize) = (16, 1024);

/// What is being thawed, by storage class.
#[derive(Default)]
pub(crate) struct Frozen {
    classes: BTreeMap<String, Class>,
    /// When thawing was asked for, the last time.
    pub(crate) asked_at: Option<Timestamp>,
}

#[derive(Default)]
struct Class {
    later: Later,
    queue: Queue,
    /// Those that were looked at and are not thawed yet.
    held: VecDeque<Numbered>,
    /// How many are looked at in the next turn.
    looks: usize,
}

impl Class {
    fn len(&self) -> u64 {
        self.later.len() + self.queue.len() + self.held.len() as u64
    }
}

impl Frozen {
    /// Nothing yet; an earlier application of the plan asked at `asked_at`.
    pub(crate) fn asked(asked_at: Option<Timestamp>) -> Self {
        Self { asked_at, ..Self::default() }
    }

    pub(crate) fn len(&self) -> u64 {
        self.classes.values().map(Class::len).sum()
    }

    /// Puts away one whose thawing was asked for.
    pub(crate) fn put(&mut self, disk: &dyn Disk, item: &Numbered) -> Result<(), Failure> {
        let class = want(item).map(|want| want.storage_class.clone()).unwrap_or_default();
        self.classes.entry(class).or_default().later.push(disk, item)
    }

    /// Keeps one that was looked at and isn't thawed yet.
    pub(crate) fn hold(&mut self, item: Numbered) {
        let class = want(&item).map(|want| want.storage_class.clone()).unwrap_or_default();
        let class = self.classes.entry(class).or_default();
        class.looks = 0;
        class.held.push_back(item);
    }

    /// The next ones to look at: more of a class when all of its last were thawed.
    pub(crate) fn turn(&mut self) -> Result<VecDeque<Numbered>, Failure> {
        let mut turn = VecDeque::new();
        for class in self.classes.values_mut() {
            class.looks = (class.looks * 2).clamp(LOOKS.0, LOOKS.1);
            for _ in 0..class.looks {
                if let Some(item) = class.held.pop_front() {
                    turn.push_back(item);
                    continue;
                }
                if class.queue.len() == 0 && class.later.len() > 0 {
                    class.queue = class.later.take()?;
                }
                let Some(item) = class.queue.next()? else { break };
                turn.push_back(item);
            }
        }
        Ok(turn)
    }

    /// `waiting for 120 archived photos; asked 2026-11-24 02:10:00 UTC; S3 needs up to 12 hours`
    pub(crate) fn waiting(&self, tier: Tier) -> String {
        let asked = self.asked_at.map(|at| format!("; asked {}", words::time(at))).unwrap_or_default();
        let slowest =
            self.classes.iter().filter(|(_, class)| class.len() > 0).map(|(class, _)| takes(class, tier));
        let slowest = slowest.max().map(|(_, said)| format!("; S3 needs up to {said}")).unwrap_or_default();
        format!("waiting for {}{asked}{slowest}", archived(self.len()))
    }
}

/// `1 archived photo`, `120 archived photos`.
pub(crate) fn archived(n: u64) -> String {
    words::of(n, "archived photo", "archived photos")
}

/// How long thawing takes at most, in minutes and in words (facts §1.5).
fn takes(class: &str, tier: Tier) -> (u32, &'static str) {
    match (class, tier) {
        ("DEEP_ARCHIVE", Tier::Bulk) => (48 * 60, "48 hours"),
        ("DEEP_ARCHIVE", _) | (_, Tier::Bulk) => (12 * 60, "12 hours"),
        (_, Tier::Standard) => (5 * 60, "5 hours"),
        (_, Tier::Expedited) => (5, "5 minutes"),
    }
}

/// The archived version that an item brings back.
pub(crate) fn want(item: &Numbered) -> Option<&Want> {
    match &item.item.op {
        Op::Copy { want, .. } => Some(want),
        _ => None,
    }
}

/// Whether a version of this storage class has to be thawed before it can be read.
pub(crate) fn freezes(class: &str) -> bool {
    matches!(class, "GLACIER" | "DEEP_ARCHIVE")
}

impl Work<'_> {
    /// Waits for what is frozen and copies it, when everything else is done. It may take days: stopping in between is
    /// fine.
    pub(super) async fn thaw(&mut self, feed: &mut Feed) -> Result<(), Failure> {
        let tier = self.place.target.thaw.tier;
        if let (asked @ 1.., request_id) = std::mem::take(&mut self.asked) {
            let said = format!("asked S3 to thaw {}", archived(asked));
            (self.cx.record)(Happening { said, at: self.frozen.asked_at, request_id })?;
        }
        let mut told = false;
        while self.frozen.len() > 0 {
            self.thawed = 0;
            feed.look_at(self.frozen.turn()?);
            self.run(feed).await?;
            if self.thawed > 0 && !told {
                told = true;
                let said = "archived photos can be read now, and are being copied".to_owned();
                (self.cx.record)(Happening { said, at: Some(self.cx.ports.pace.now()), request_id: None })?;
                self.telling.say("copying photos that were thawed");
            }
            if self.thawed == 0 && self.frozen.len() > 0 {
                self.telling.say(&self.frozen.waiting(tier));
                self.cx.ports.pace.pause(self.cx.stop).await;
                if self.cx.stopping() {
                    return Err(self.stop(feed));
                }
            }
        }
        Ok(())
    }
}

impl Place<'_> {
    /// Asks for the thawing of the version that an item brings back.
    pub(crate) async fn thaw(&self, item: &Numbered) -> Landed {
        let Some(want) = want(item) else { return Landed::Thawed };
        let (bucket, thaw) = (self.target.source(), &self.target.thaw);
        let days = (want.storage_class != "INTELLIGENT_TIERING").then_some(thaw.days);
        match self.store.thaw(bucket, &item.item.key, &want.version, thaw.tier, days).await {
            Ok(request) => Landed::Asked(request),
            Err(error) => Landed::of(error),
        }
    }

    /// Looks whether it is thawed.
    pub(crate) async fn look_at_thawing(&self, item: &Numbered) -> Landed {
        let Some(want) = want(item) else { return Landed::Thawed };
        match self.store.thawing(self.target.source(), &item.item.key, &want.version).await {
            Ok(Thawing::Ready(_)) => Landed::Thawed,
            Ok(Thawing::Asked) => Landed::Frozen(None),
            // Nobody asked, or it froze again because it was not copied within the days asked for.
            Ok(Thawing::Frozen) => self.thaw(item).await,
            Err(error) => Landed::of(error),
        }
    }
}
