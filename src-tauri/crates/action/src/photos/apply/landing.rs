//! What is made of the answers: counted, written down, tried again, waited for.

use std::time::Duration;

use super::super::body::Op;
use super::count::Kind;
use super::evidence::{Line, Result as Word};
use super::feed::Feed;
use super::landed::Landed;
use super::later::Numbered;
use super::limit::Answer;
use super::waiting::pause;
use super::work::{LOST, PATIENCE, ROUNDS, SILENCE, SLOWER, Step, Task, Work, example, is_lost, op, shows};
use crate::plan::Failure;
use crate::port::{PortError, PortErrorKind};

impl Work<'_> {
    /// Counts and writes down what came of a task's items; keeps those that are worth another try.
    pub(super) fn land(
        &mut self,
        feed: &mut Feed,
        task: Task,
        landed: Vec<Landed>,
        took: Duration,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let Task { step, items, slowed } = task;
        let answer = self.answer(&landed, now);
        self.limit(step).end(took, answer);
        let (mut slower, mut again, mut written) = (Vec::new(), Vec::new(), Ok(()));
        for (mut item, landed) in items.into_iter().zip(landed) {
            let landed = self.last_try(&item, landed);
            let wrote = self.write(&item, &landed, now);
            written = written.and(wrote);
            match landed {
                Landed::Again(error) if error.kind == PortErrorKind::Throttled => slower.push(item),
                Landed::Again(_) => {
                    item.attempt += 1;
                    again.push(item);
                }
                Landed::Asked(request) => {
                    self.frozen.asked_at = Some(self.cx.ports.pace.now());
                    self.asked.0 += 1;
                    self.asked.1 = self.asked.1.take().or(request);
                    let kept = match step {
                        Step::Look => Ok(self.frozen.hold(item)),
                        _ => self.frozen.put(self.cx.disk, &item),
                    };
                    written = written.and(kept);
                }
                Landed::Frozen(None) => self.frozen.hold(item),
                Landed::Frozen(Some(_)) => {
                    item.attempt += 1;
                    self.waiting.push(now, Task::new(Step::Thaw, vec![item]));
                }
                Landed::Thawed => {
                    self.thawed += 1;
                    self.waiting.push(now, Task::new(Step::Do, vec![item]));
                }
                Landed::Done(_) | Landed::Already(_) | Landed::Changed(_) | Landed::Failed(..) => {}
            }
        }
        if !slower.is_empty() {
            self.count.throttled += 1;
            let task = Task { step, items: slower, slowed: slowed.saturating_add(1) };
            self.waiting.push(now + task.pause(), task);
        }
        written.and(self.try_again(feed, step, again, now))
    }

    /// What the answer says about the pace; notes how long nothing useful was answered.
    fn answer(&mut self, landed: &[Landed], now: Duration) -> Answer {
        let errors = || landed.iter().filter_map(Landed::error).filter(|error| passes(error));
        let Some(error) = errors().next() else {
            (self.fruitless, self.lost, self.fruitful) = (0, 0, now);
            return Answer::Taken;
        };
        let slow = errors().any(|error| error.kind == PortErrorKind::Throttled);
        if errors().count() < landed.len() {
            (self.fruitless, self.lost, self.fruitful) = (0, 0, now);
        } else {
            self.fruitless += 1;
            self.lost = if is_lost(error) { self.lost + 1 } else { 0 };
        }
        if self.fruitless >= LOST {
            self.hold = now + pause("", (self.fruitless - LOST + 1).min(32) as u8, SLOWER.0, SLOWER.1);
        }
        let silent = now.saturating_sub(self.fruitful);
        let lost = self.lost >= LOST && (error.kind == PortErrorKind::Credentials || silent >= SILENCE);
        if lost || silent >= PATIENCE {
            self.suspect = Some(error.clone());
        }
        match error.kind {
            // Others would be refused as well, however few there are.
            PortErrorKind::Credentials => Answer::Taken,
            _ if slow => Answer::Throttled,
            _ => Answer::Lost,
        }
    }

    /// Calls an item failed that was tried often enough; unless it looks as if nobody had been there to answer.
    fn last_try(&mut self, item: &Numbered, landed: Landed) -> Landed {
        match landed {
            Landed::Again(error) if error.kind == PortErrorKind::Throttled => Landed::Again(error),
            Landed::Again(error) | Landed::Frozen(Some(error)) if item.attempt + 1 >= ROUNDS => {
                if is_lost(&error) && self.lost >= u32::from(ROUNDS) {
                    self.suspect = Some(error.clone());
                    return Landed::Again(error);
                }
                Landed::Failed(error, 0)
            }
            landed => landed,
        }
    }

    /// Keeps items for another try: soon after their first, later at the end of the plan.
    fn try_again(
        &mut self,
        feed: &mut Feed,
        step: Step,
        items: Vec<Numbered>,
        now: Duration,
    ) -> Result<(), Failure> {
        let (soon, later): (Vec<_>, Vec<_>) =
            items.into_iter().partition(|item| item.attempt <= 1 || matches!(step, Step::Thaw | Step::Look));
        if !soon.is_empty() {
            let task = Task::new(step, soon);
            self.waiting.push(now + task.pause(), task);
        }
        later.iter().try_for_each(|item| feed.put_off().push(self.cx.disk, item))
    }

    /// Counts what came of an item and writes it down.
    fn write(&mut self, item: &Numbered, landed: &Landed, now: Duration) -> Result<(), Failure> {
        let silent = match landed {
            Landed::Again(error) => error.kind == PortErrorKind::Throttled,
            Landed::Frozen(None) | Landed::Thawed => true,
            _ => false,
        };
        if silent {
            return Ok(());
        }
        let word = landed.word(&item.item.op);
        let receipt = match landed {
            Landed::Done(receipt) => Some(receipt),
            _ => None,
        };
        let removed = match (&item.item.op, landed) {
            (Op::Remove { entries, .. }, Landed::Done(_)) => entries.len() as u64,
            (_, Landed::Failed(_, removed)) => *removed,
            _ => 0,
        };
        let done = matches!(landed, Landed::Done(_));
        let line = Line {
            n: Some(item.n),
            key: item.item.key.as_str().into(),
            op: op(&item.item.op).into(),
            result: word,
            attempt: item.attempt.saturating_add(1),
            version: receipt.and_then(|r| r.version.as_ref()).map(|version| version.0.as_str().into()),
            etag: receipt.and_then(|r| r.etag.as_deref()).map(Into::into),
            request_id: landed.request_id().map(Into::into),
            bytes: if done { item.item.op.bytes() } else { 0 },
            removed,
            shown: shows(&item.item.op),
            at: matches!(landed, Landed::Asked(_)).then(|| self.cx.ports.pace.now()),
            error: landed.error().map(|error| error.to_string().into()),
        };
        self.evidence.write(&line)?;
        if word.is_passing() {
            return Ok(());
        }
        self.count.settle(&line);
        self.telling.count(now, matches!(word, Word::Failed | Word::Changed), line.bytes);
        if let Landed::Failed(error, _) = landed {
            self.next.insert(error.next.clone());
        }
        let (kind, becomes) = match landed {
            Landed::Already(_) => (Kind::Done, format!("{}, already so", item.item.becomes)),
            Landed::Changed(_) => (Kind::Changed, "left alone: changed since the plan".to_owned()),
            Landed::Failed(error, _) => (Kind::Failed, format!("failed: {}", error.message)),
            _ => (Kind::Done, item.item.becomes.clone()),
        };
        self.examples.add(kind, || example(&item.item, becomes));
        Ok(())
    }
}

/// Whether an error says nothing of the item it is about.
fn passes(error: &PortError) -> bool {
    error.kind.is_transient() || error.kind == PortErrorKind::Credentials
}
