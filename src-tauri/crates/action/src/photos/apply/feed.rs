//! Where the next task comes from: the plan, without what was done before, and what was put off.

use std::collections::VecDeque;

use super::super::body::{Body, Item, Op};
use super::later::{Later, Numbered, Queue};
use super::removing::Batch;
use super::resume::Earlier;
use super::thawing::{freezes, want};
use super::work::{Step, Task};
use crate::plan::Failure;

/// So many lines are passed over at a time, so that other work on the same thread gets its turn.
const AT_A_TIME: usize = 10_000;

/// The next thing to do.
pub(crate) enum Next {
    /// A task.
    Task(Task),
    /// An item that was met for the first time, and that the plan leaves alone.
    LeftAlone(Numbered),
    /// An archived version whose thawing was asked for by an earlier application.
    Asked(Numbered),
    /// A task that failed before, and may be tried again after a pause.
    Again(Task),
    /// Many lines were passed over, and there are more.
    Breathe,
    /// Nothing now.
    Nothing,
}

/// What is still to be done.
pub(crate) struct Feed {
    body: Body,
    earlier: Earlier,
    ended: bool,
    batch: Batch,
    /// A task that was read and not given out yet.
    head: Option<Task>,
    /// Items to be tried again at the end of the plan.
    put_off: Later,
    again: Queue,
    /// Archived versions to be looked at.
    looks: VecDeque<Numbered>,
}

impl Feed {
    pub(crate) fn new(body: Body, earlier: Earlier) -> Self {
        Self {
            body,
            earlier,
            ended: false,
            batch: Batch::default(),
            head: None,
            put_off: Later::default(),
            again: Queue::default(),
            looks: VecDeque::new(),
        }
    }

    /// The items that are to be tried again at the end of the plan.
    pub(crate) fn put_off(&mut self) -> &mut Later {
        &mut self.put_off
    }

    /// Gives archived versions to look at.
    pub(crate) fn look_at(&mut self, items: VecDeque<Numbered>) {
        self.looks = items;
    }

    /// The next thing to do: in the plan's order, then what was put off.
    pub(crate) fn next(&mut self, meet: &mut dyn FnMut(&Item)) -> Result<Next, Failure> {
        if let Some(task) = self.head.take() {
            return Ok(Next::Task(task));
        }
        for _ in 0..AT_A_TIME {
            if self.ended {
                return self.after();
            }
            let n = self.body.line() + 1;
            if self.earlier.settled.contains(n) {
                self.body.pass()?;
                continue;
            }
            let Some(item) = self.body.next()? else {
                self.ended = true;
                let rest = self.batch.take();
                if !rest.is_empty() {
                    return Ok(Next::Task(Task::new(Step::Remove, rest)));
                }
                continue;
            };
            let item = Numbered { n, attempt: 0, item };
            match &item.item.op {
                Op::Undecided { .. } | Op::Blocked { .. } => return Ok(Next::LeftAlone(item)),
                Op::Remove { .. } => {
                    meet(&item.item);
                    if let Some(full) = self.batch.add(item) {
                        return Ok(Next::Task(Task::new(Step::Remove, full)));
                    }
                }
                Op::Copy { .. } | Op::Hide { .. } => {
                    meet(&item.item);
                    let freezes = want(&item).is_some_and(|want| freezes(&want.storage_class));
                    if freezes && self.earlier.asked.contains(n) {
                        return Ok(Next::Asked(item));
                    }
                    let step = if freezes { Step::Thaw } else { Step::Do };
                    return Ok(Next::Task(Task::new(step, vec![item])));
                }
            }
        }
        Ok(Next::Breathe)
    }

    /// Puts a task back that there is no room for now.
    pub(crate) fn put_back(&mut self, task: Task) {
        self.head = Some(task);
    }

    fn after(&mut self) -> Result<Next, Failure> {
        if self.again.len() == 0 && self.put_off.len() > 0 {
            self.again = self.put_off.take()?;
        }
        while let Some(item) = self.again.next()? {
            if !matches!(item.item.op, Op::Remove { .. }) {
                return Ok(Next::Again(Task::new(Step::Do, vec![item])));
            }
            if let Some(full) = self.batch.add(item) {
                return Ok(Next::Again(Task::new(Step::Remove, full)));
            }
        }
        let rest = self.batch.take();
        if !rest.is_empty() {
            return Ok(Next::Again(Task::new(Step::Remove, rest)));
        }
        Ok(match self.looks.pop_front() {
            Some(item) => Next::Task(Task::new(Step::Look, vec![item])),
            None => Next::Nothing,
        })
    }

    /// Whether there is nothing more.
    pub(crate) fn is_done(&self) -> bool {
        self.ended
            && self.head.is_none()
            && self.put_off.len() + self.again.len() == 0
            && self.looks.is_empty()
    }

    /// How many items were never met, by reading them.
    pub(crate) fn unmet(&mut self) -> u64 {
        let mut unmet = 0;
        while !self.ended {
            let settled = self.earlier.settled.contains(self.body.line() + 1);
            match self.body.next() {
                Ok(Some(item)) => {
                    let counts = matches!(item.op, Op::Copy { .. } | Op::Hide { .. } | Op::Remove { .. });
                    unmet += u64::from(counts && !settled);
                }
                _ => self.ended = true,
            }
        }
        unmet
    }
}
