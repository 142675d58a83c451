//! S3 Batch Operations in memory, over the bucket of the other tests: a job goes one state further each time it is
//! looked at.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use jiff::Timestamp;

use crate::photos::fake::Fake;
use crate::port::*;

/// A job, and what was asked for.
#[derive(Debug, Clone)]
pub(super) struct Held {
    pub(super) order: JobOrder,
    pub(super) state: JobState,
    pub(super) done: Vec<TaskResult>,
}

#[derive(Debug, Default)]
pub(super) struct Jobs {
    pub(super) objects: BTreeMap<String, String>,
    pub(super) jobs: Vec<Held>,
    /// The operations whose next answers get lost after they were carried out.
    pub(super) lost: Vec<&'static str>,
    /// The operations that fail with this, once each.
    pub(super) fails: Vec<(&'static str, PortErrorKind)>,
    /// Keys that can't be copied.
    pub(super) bad: BTreeSet<String>,
    /// The state that jobs end in instead of `Complete`, and why.
    pub(super) ends: Option<(JobState, &'static str)>,
    /// Jobs count so many tasks more than there are.
    pub(super) more: u64,
    /// What happens when a job goes from one state to the next: the operator asks to stop.
    pub(super) stop_at: Option<JobState>,
    /// How many listings don't show what there is: it is made only after them.
    pub(super) early: usize,
    /// What was asked for, in order.
    pub(super) asked: Vec<String>,
}

/// S3 Batch Operations.
pub(super) struct FakeBatch {
    pub(super) fake: Arc<Fake>,
    pub(super) state: Mutex<Jobs>,
    pub(super) stop: AtomicBool,
}

impl FakeBatch {
    pub(super) fn new(fake: Arc<Fake>) -> Arc<Self> {
        Arc::new(Self { fake, state: Mutex::default(), stop: AtomicBool::new(false) })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, Jobs> {
        self.state.lock().unwrap()
    }

    fn ask(&self, operation: &'static str) -> Result<MutexGuard<'_, Jobs>, PortError> {
        let mut state = self.state();
        state.asked.push(operation.to_owned());
        match state.fails.iter().position(|(name, _)| *name == operation) {
            Some(at) => Err(error(state.fails.remove(at).1, operation)),
            None => Ok(state),
        }
    }

    fn copy(&self, order: &JobOrder, manifest: &str, bad: &BTreeSet<String>) -> Vec<TaskResult> {
        let rows = manifest.lines().map(|row| {
            let [_, key, version] = row.split(',').collect::<Vec<_>>()[..] else { panic!("{row}") };
            let key = decode(key);
            let failed = if bad.contains(&key) {
                Some("403 AccessDenied: Access Denied".to_owned())
            } else {
                self.fake.copy_over(&key, version, &order.storage_class);
                None
            };
            TaskResult { key, version: VersionId(version.to_owned()), failed }
        });
        rows.collect()
    }
}

fn decode(key: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = key.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            bytes.push(u8::from_str_radix(std::str::from_utf8(&tail[..2]).unwrap(), 16).unwrap());
            rest = &tail[2..];
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).unwrap()
}

fn error(kind: PortErrorKind, operation: &str) -> PortError {
    PortError {
        kind,
        operation: operation.to_owned(),
        target: "a job".to_owned(),
        message: format!("{kind:?}"),
        request_id: Some("B1".to_owned()),
        next: "Try again.".to_owned(),
    }
}

fn answer<T>(state: &mut Jobs, operation: &'static str, value: T) -> Result<Answer<T>, PortError> {
    match state.lost.iter().position(|name| *name == operation) {
        Some(at) => {
            state.lost.remove(at);
            Err(error(PortErrorKind::Unreachable, operation))
        }
        None => Ok(Answer { value, request_id: Some("B2".to_owned()) }),
    }
}

fn number(id: &str) -> usize {
    id.strip_prefix("job-").unwrap().parse().unwrap()
}

#[async_trait]
impl BatchJobs for FakeBatch {
    async fn check(&self, _: &str) -> Result<(), PortError> {
        self.ask("check").map(drop)
    }

    async fn upload(&self, _: &str, key: &str, mut file: File) -> Result<Uploaded, PortError> {
        let mut text = String::new();
        std::io::Seek::rewind(&mut file).unwrap();
        file.read_to_string(&mut text).unwrap();
        let mut state = self.ask("upload")?;
        let etag = format!("etag of {} bytes", text.len());
        state.objects.insert(key.to_owned(), text);
        answer(&mut state, "upload", ()).map(|_| Uploaded { etag, request_id: None })
    }

    async fn find(&self, start: &str) -> Result<Vec<Listed>, PortError> {
        let mut state = self.ask("find")?;
        if state.early > 0 {
            state.early -= 1;
            return Ok(Vec::new());
        }
        let of = |(n, held): (usize, &Held)| Listed {
            id: format!("job-{n}"),
            description: held.order.description.clone(),
            state: held.state,
        };
        let found = state.jobs.iter().enumerate().map(of);
        Ok(found.filter(|job| job.description.starts_with(start)).collect())
    }

    async fn create(&self, order: &JobOrder) -> Result<Answer<String>, PortError> {
        assert!(order.token.len() <= 64 && order.description.len() <= 256, "{order:?}");
        let mut state = self.ask("create")?;
        let known = state.jobs.iter().position(|held| held.order.token == order.token);
        let id = match known {
            Some(known) if state.jobs[known].order != *order => {
                return Err(error(PortErrorKind::Exists, "create"));
            }
            Some(known) => known,
            None => {
                state.jobs.push(Held { order: order.clone(), state: JobState::New, done: Vec::new() });
                state.jobs.len() - 1
            }
        };
        answer(&mut state, "create", format!("job-{id}"))
    }

    async fn describe(&self, id: &str) -> Result<Answer<Job>, PortError> {
        let mut state = self.ask("describe")?;
        let held = state.jobs[number(id)].clone();
        let manifest = state.objects[&held.order.manifest].clone();
        let next = match held.state {
            JobState::New => JobState::Preparing,
            JobState::Preparing => JobState::Suspended,
            JobState::Ready => JobState::Active,
            JobState::Active => match state.ends {
                Some((state, _)) => state,
                None => JobState::Completing,
            },
            JobState::Completing => JobState::Complete,
            other => other,
        };
        if next == JobState::Completing && held.state == JobState::Active {
            let bad = state.bad.clone();
            let done = self.copy(&held.order, &manifest, &bad);
            state.jobs[number(id)].done = done;
        }
        state.jobs[number(id)].state = next;
        if state.stop_at == Some(next) {
            self.stop.store(true, Ordering::Relaxed);
        }
        let done = &state.jobs[number(id)].done;
        let failed = done.iter().filter(|task| task.failed.is_some()).count() as u64;
        let job = Job {
            state: next,
            tasks: (next > JobState::Preparing).then_some(manifest.lines().count() as u64 + state.more),
            succeeded: done.len() as u64 - failed,
            failed,
            why: state.ends.filter(|(end, _)| *end == next).map(|(_, why)| why.to_owned()),
            manifest: Some(held.order.manifest),
            target: Some(held.order.target),
        };
        answer(&mut state, "describe", job)
    }

    async fn confirm(&self, id: &str) -> Result<Answer<()>, PortError> {
        let mut state = self.ask("confirm")?;
        if state.jobs[number(id)].state != JobState::Suspended {
            return Err(error(PortErrorKind::Busy, "confirm"));
        }
        state.jobs[number(id)].state = JobState::Ready;
        answer(&mut state, "confirm", ())
    }

    async fn cancel(&self, id: &str, _: &str) -> Result<Answer<()>, PortError> {
        let mut state = self.ask("cancel")?;
        state.jobs[number(id)].state = JobState::Cancelled;
        answer(&mut state, "cancel", ())
    }

    async fn report(
        &self,
        _: &str,
        _: &str,
        id: &str,
    ) -> Result<BoxStream<'_, Result<TaskResult, PortError>>, PortError> {
        let mut state = self.ask("report")?;
        let mut rows: Vec<_> = state.jobs[number(id)].done.iter().cloned().map(Ok).collect();
        if answer(&mut state, "report", ()).is_err() {
            rows.truncate(1);
            rows.push(Err(error(PortErrorKind::Unreachable, "report")));
        }
        Ok(stream::iter(rows).boxed())
    }
}

#[async_trait]
impl Pace for FakeBatch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
    async fn pause(&self, _: &AtomicBool) {}
}
