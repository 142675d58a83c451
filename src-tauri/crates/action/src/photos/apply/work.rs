//! The loop that keeps as many requests under way as the bucket bears, and what is made of their answers.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::pin::pin;
use std::time::Duration;

use futures::StreamExt as _;
use futures::future::{Either, select};
use futures::stream::FuturesUnordered;

use super::super::body::{Item, Op};
use super::super::tally::Examples;
use super::super::words;
use super::clock::Clock;
use super::count::{Count, Kind};
use super::evidence::{Evidence, Line, Result as Word};
use super::feed::{Feed, Next};
use super::landed::{Landed, Place};
use super::later::Numbered;
use super::limit::{Limit, Room};
use super::resume::Earlier;
use super::telling::Telling;
use super::thawing::Frozen;
use super::waiting::{Waiting, pause};
use crate::plan::{Context, Example, Failure, Outcome, Sink};
use crate::port::{PortError, PortErrorKind};

/// How often an item is tried whose failure may pass. Being told to slow down doesn't count.
pub(super) const ROUNDS: u8 = 4;
/// Tasks that wait for their pause to end at most: no more are begun until then.
const WAITING: usize = 1000;
/// So many requests in a row without a useful answer, and nothing more is sent for a while; when nobody answered, or
/// let us in, the work ends: the rest would fare no better.
pub(super) const LOST: u32 = 8;
/// For how long nobody must have answered.
pub(super) const SILENCE: Duration = Duration::from_secs(5);
/// After so long without one useful answer the work ends, although there are answers.
pub(super) const PATIENCE: Duration = Duration::from_secs(600);
/// The pauses before trying again: the first, and the longest.
const AGAIN: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(16));
pub(super) const SLOWER: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
/// How long a request to stop is not looked at.
const ATTENTION: Duration = Duration::from_millis(500);

/// What S3 promises for one prefix: changes and requests to thaw, a second (facts §1.3, §1.5).
const CHANGES: f64 = 3500.0;
const THAWS: f64 = 1000.0;
/// Entries of one removal: each counts as a change.
const ENTRIES: f64 = 1000.0;

/// What is done about items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// Their photo is copied, or they are hidden.
    Do,
    /// What lies on top is removed.
    Remove,
    /// Their thawing is asked for.
    Thaw,
    /// Their thawing is looked at.
    Look,
}

/// One request: about one item, or about many that are removed together.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) step: Step,
    pub(super) items: Vec<Numbered>,
    /// How often it was told to slow down.
    pub(super) slowed: u8,
}

impl Task {
    pub(super) fn new(step: Step, items: Vec<Numbered>) -> Self {
        Self { step, items, slowed: 0 }
    }

    /// For how long it waits before it is sent again.
    pub(super) fn pause(&self) -> Duration {
        let Some(first) = self.items.first() else { return Duration::ZERO };
        let key = &first.item.key;
        match self.slowed {
            0 => pause(key, first.attempt, AGAIN.0, AGAIN.1),
            n => pause(key, n, SLOWER.0, SLOWER.1),
        }
    }
}

/// Sends what a task says.
async fn send(place: Place<'_>, clock: &Clock, task: Task) -> (Task, Vec<Landed>, Duration) {
    let began = clock.now();
    let landed = match (task.step, &task.items[..]) {
        (Step::Remove, items) => place.remove(items).await,
        (Step::Do, [item]) => vec![place.perform(&item.item).await],
        (Step::Thaw, [item]) => vec![place.thaw(item).await],
        (Step::Look, [item]) => vec![place.look_at_thawing(item).await],
        (_, items) => items.iter().map(|_| Landed::Changed(None)).collect(),
    };
    let took = clock.now().saturating_sub(began);
    (task, landed, took)
}

/// Why the work ends early.
enum Halt {
    Stopped,
    /// Nobody answers, or lets us in; or there is no end to being turned away.
    Lost(PortError),
    Failure(Failure),
}

pub(super) struct Work<'a> {
    pub(super) place: Place<'a>,
    pub(super) cx: &'a Context<'a>,
    pub(super) clock: &'a Clock,
    pub(super) evidence: Evidence<'a>,
    pub(super) telling: Telling<'a>,
    pub(super) count: Count,
    pub(super) examples: Examples<Kind>,
    /// What the failures say to do next.
    pub(super) next: BTreeSet<String>,
    changes: Limit,
    removals: Limit,
    thaws: Limit,
    pub(super) waiting: Waiting,
    pub(super) frozen: Frozen,
    /// Whether a look at what is frozen found something thawed.
    pub(super) thawed: u64,
    /// How many were asked to be thawed now, and the id of the first request.
    pub(super) asked: (u64, Option<String>),
    /// Requests in a row without a useful answer, and those of them that found nobody, or nobody who let us in.
    pub(super) fruitless: u32,
    pub(super) lost: u32,
    /// Someone must look whether anybody still answers.
    pub(super) suspect: Option<PortError>,
    /// When the last useful answer came.
    pub(super) fruitful: Duration,
    /// Nothing is sent before this.
    pub(super) hold: Duration,
    /// When there is room for the task that is next.
    paced: Option<Duration>,
    /// Whether what waited long enough lacks room.
    blocked: bool,
}

impl<'a> Work<'a> {
    pub(super) fn new(
        place: Place<'a>,
        cx: &'a Context<'a>,
        clock: &'a Clock,
        evidence: Sink<'a>,
        earlier: &mut Earlier,
    ) -> Self {
        let most = place.target.max_in_flight;
        let count = std::mem::take(&mut earlier.count);
        Self {
            place,
            cx,
            clock,
            evidence: Evidence::new(evidence),
            telling: Telling::new("bringing photos back", cx, &count),
            count,
            examples: Examples::default(),
            next: BTreeSet::new(),
            changes: Limit::new(most, CHANGES),
            removals: Limit::new(most, CHANGES / ENTRIES),
            thaws: Limit::new(most, THAWS),
            waiting: Waiting::default(),
            frozen: Frozen::asked(earlier.asked_at),
            thawed: 0,
            asked: (0, None),
            fruitless: 0,
            lost: 0,
            suspect: None,
            fruitful: clock.now(),
            hold: Duration::ZERO,
            paced: None,
            blocked: false,
        }
    }

    pub(super) fn limit(&mut self, step: Step) -> &mut Limit {
        match step {
            Step::Do => &mut self.changes,
            Step::Remove => &mut self.removals,
            Step::Thaw | Step::Look => &mut self.thaws,
        }
    }

    /// Does all that `feed` has. When it has to give up it starts nothing more, but still waits for what is under way,
    /// so that nothing is done without being recorded.
    pub(super) async fn run(&mut self, feed: &mut Feed) -> Result<(), Failure> {
        let (place, clock) = (self.place, self.clock);
        let mut running = FuturesUnordered::new();
        let mut halt = None;
        loop {
            while halt.is_none() {
                if self.cx.stopping() {
                    halt = Some(Halt::Stopped);
                    break;
                }
                match self.next(feed) {
                    Ok(Next::Task(task)) => {
                        self.limit(task.step).begin(clock.now());
                        running.push(send(place, clock, task));
                    }
                    Ok(Next::Breathe) => tokio::task::yield_now().await,
                    Ok(_) => break,
                    Err(failure) => halt = Some(Halt::Failure(failure)),
                }
            }
            let now = clock.now();
            let ready = if halt.is_none() { self.ready(feed) } else { None };
            if running.is_empty() && ready.is_none() {
                break;
            }
            let due = ready.into_iter().chain(self.evidence.due()).min();
            let landed = match due.map(|due| due.min(now + ATTENTION)) {
                None => running.next().await,
                Some(due) if running.is_empty() => {
                    clock.until(due).await;
                    None
                }
                Some(due) => match select(running.next(), pin!(clock.until(due))).await {
                    Either::Left((landed, _)) => landed,
                    Either::Right(_) => None,
                },
            };
            let now = clock.now();
            let mut written = self.evidence.keep_up(now);
            if let Some((task, landed, took)) = landed {
                written = self.land(feed, task, landed, took).and(written);
            }
            if let Err(failure) = written {
                halt = Some(Halt::Failure(failure));
            }
            if let Some(error) = self.suspect.take().filter(|_| halt.is_none()) {
                halt = self.confirm(error).await.map(Halt::Lost);
            }
        }
        self.evidence.flush(clock.now())?;
        match halt {
            None => Ok(()),
            Some(halt) => Err(self.give_up(halt, feed)),
        }
    }

    /// When something that waits may go on; `None` when nothing waits but for answers.
    fn ready(&self, feed: &Feed) -> Option<Duration> {
        let waiting = self.waiting.due().filter(|_| !self.blocked).into_iter().chain(self.paced).min();
        if self.hold > self.clock.now() && (self.waiting.len() > 0 || !feed.is_done()) {
            return Some(self.hold);
        }
        waiting
    }

    /// The next task to send, if there is room for it.
    fn next(&mut self, feed: &mut Feed) -> Result<Next, Failure> {
        let now = self.clock.now();
        (self.paced, self.blocked) = (None, false);
        if self.hold > now {
            return Ok(Next::Nothing);
        }
        let (changes, removals, thaws) = (&self.changes, &self.removals, &self.thaws);
        let paced = Cell::new(None);
        let has_room = |task: &Task| {
            let room = match task.step {
                Step::Do => changes.room(now),
                Step::Remove => removals.room(now),
                Step::Thaw | Step::Look => thaws.room(now),
            };
            if let Room::At(moment) = room {
                paced.set(Some(moment));
            }
            room == Room::Free
        };
        if let Some(task) = self.waiting.take(now, has_room) {
            return Ok(Next::Task(task));
        }
        self.paced = paced.take();
        self.blocked = self.waiting.due().is_some_and(|due| due <= now);
        if self.blocked {
            return Ok(Next::Nothing);
        }
        while self.waiting.len() < WAITING {
            let count = &mut self.count;
            match feed.next(&mut |item| meet(count, item))? {
                Next::Task(task) if has_room(&task) => return Ok(Next::Task(task)),
                Next::Task(task) => {
                    self.paced = paced.get();
                    feed.put_back(task);
                    break;
                }
                Next::Again(task) => self.waiting.push(now + task.pause(), task),
                Next::LeftAlone(item) => {
                    let line = left_alone(&item);
                    self.count.settle(&line);
                    self.examples.add(Kind::LeftAlone, || example(&item.item, item.item.becomes.clone()));
                    self.evidence.write(&line)?;
                }
                Next::Asked(item) => self.frozen.put(self.cx.disk, &item)?,
                other => return Ok(other),
            }
        }
        Ok(Next::Nothing)
    }

    /// Looks whether nobody answers any more, when several requests in a row weren't answered: then why.
    async fn confirm(&mut self, error: PortError) -> Option<PortError> {
        if error.kind != PortErrorKind::Unreachable {
            return Some(error);
        }
        let key = self.place.target.destination_key(&error.target).into_owned();
        match self.place.store.current(self.place.target.destination(), &key).await {
            Err(error) if is_lost(&error) => Some(error),
            _ => {
                (self.lost, self.fruitful) = (0, self.clock.now());
                None
            }
        }
    }

    /// Says what is done and what is left, after everything under way has come in.
    fn give_up(&mut self, halt: Halt, feed: &mut Feed) -> Failure {
        let error = match halt {
            Halt::Failure(failure) => return failure,
            Halt::Stopped => None,
            Halt::Lost(error) => Some(error),
        };
        let so = self.count.so();
        let left = self.count.met() - so - self.count.changed + feed.unmet();
        let again = (self.waiting.items() + feed.put_off().len() + self.count.failed).min(left);
        let mut said = format!("{} done, {} left", words::photos(so), words::count(left));
        if again > 0 {
            said.push_str(&format!(" ({} failed so far)", words::count(again)));
        }
        if self.frozen.len() > 0 {
            said.push_str(&format!(", {}", self.frozen.waiting(self.place.target.thaw.tier)));
        }
        said.push_str("; what is done stays, and applying the same plan again goes on from there");
        let Some(error) = error else { return Failure::Stopped { left: said } };
        let lost = is_lost(&error);
        let error = PortError { message: format!("{}; {said}", error.message), ..error };
        if lost { Failure::Paused(error) } else { Failure::Port(error) }
    }

    /// Stops because somebody asked to.
    pub(super) fn stop(&mut self, feed: &mut Feed) -> Failure {
        self.give_up(Halt::Stopped, feed)
    }

    /// What all of it came to.
    pub(super) fn outcome(mut self) -> Outcome {
        self.telling.last();
        self.count.outcome(self.place.target.method, &self.next, self.examples)
    }
}

/// Whether an error says that no other request would fare better.
pub(super) fn is_lost(error: &PortError) -> bool {
    matches!(error.kind, PortErrorKind::Unreachable | PortErrorKind::Credentials)
}

fn meet(count: &mut Count, item: &Item) {
    count.meet(op(&item.op), shows(&item.op));
}

/// What evidence calls what is done about an item.
pub(crate) fn op(op: &Op) -> &'static str {
    match op {
        Op::Copy { .. } => "copy",
        Op::Hide { .. } => "hide",
        Op::Remove { .. } => "remove",
        Op::Undecided { .. } => "undecided",
        Op::Blocked { .. } => "blocked",
    }
}

/// Whether a photo is current once it is done by removing.
pub(super) fn shows(op: &Op) -> bool {
    matches!(op, Op::Remove { want: Some(_), .. })
}

fn left_alone(item: &Numbered) -> Line<'_> {
    let why = match &item.item.op {
        Op::Blocked { why, .. } => Some(why.as_str().into()),
        _ => None,
    };
    Line {
        n: Some(item.n),
        key: item.item.key.as_str().into(),
        op: op(&item.item.op).into(),
        result: Word::LeftAlone,
        attempt: 1,
        error: why,
        ..Line::default()
    }
}

pub(super) fn example(item: &Item, becomes: String) -> Example {
    Example { key: item.key.clone(), now: item.was.clone(), becomes }
}
