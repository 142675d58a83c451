//! The jobs of a plan: found or made, confirmed, and watched until they have ended.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::BufRead as _;

use serde::Deserialize;
use serde_json::{Value, json};

use super::outcome::Came;
use super::{Handoff, Share};
use crate::body::write_line;
use crate::photos::words;
use crate::plan::{Context, Failure, Happening, Progress, Sink};
use crate::port::{BatchJobs, Job, JobOrder, JobState, Listed, PortError, PortErrorKind};

/// So many requests in a row without an answer end the watch: some minutes, as the port retries each.
const LOST: u32 = 15;
/// How often the same job is asked for whose answer got lost.
const TRIES: u32 = 5;

/// A job of the plan.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) share: Share,
    pub(super) name: String,
    pub(super) id: String,
    manifest: String,
    /// As it was seen last.
    pub(super) job: Option<Job>,
}

impl Known {
    fn state(&self) -> Option<JobState> {
        self.job.as_ref().map(|job| job.state)
    }
}

/// What earlier applications of the plan wrote down of its jobs.
#[derive(Debug, Default)]
pub(super) struct Earlier {
    /// Jobs of which the operator was told that they failed or were cancelled.
    given_up: BTreeSet<String>,
    /// How many lines of each job's report are in the evidence.
    lines: BTreeMap<String, u64>,
}

/// A watch over the jobs of a plan.
pub(super) struct Watch<'a> {
    pub(super) cx: &'a Context<'a>,
    pub(super) port: &'a dyn BatchJobs,
    pub(super) handoff: &'a Handoff,
    target: &'a str,
    evidence: Sink<'a>,
    earlier: Earlier,
    known: Vec<Known>,
    lost: u32,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        handoff: &'a Handoff,
        target: &'a str,
        cx: &'a Context<'_>,
        evidence: Sink<'a>,
    ) -> Result<Self, Failure> {
        Ok(Self {
            cx,
            port: &*cx.ports.batch,
            handoff,
            target,
            evidence,
            earlier: Earlier::read(cx)?,
            known: Vec::new(),
            lost: 0,
        })
    }

    /// The jobs, in the order of their shares.
    pub(super) fn jobs(&self) -> Vec<Known> {
        self.known.clone()
    }

    /// How many lines of a job's report are in the evidence already.
    pub(super) fn written(&self, id: &str) -> u64 {
        self.earlier.lines.get(id).copied().unwrap_or_default()
    }

    /// Takes up the jobs that an earlier application made, but for those of which the operator knows that they came to
    /// nothing.
    pub(super) async fn adopt(&mut self) -> Result<(), Failure> {
        let listed = self.list().await?;
        for share in &self.handoff.shares {
            self.take_up_newest(share, &listed)?;
        }
        Ok(())
    }

    /// Takes up the newest job of a share, unless there is none, or it is one that came to nothing.
    fn take_up_newest(&mut self, share: &Share, listed: &[Listed]) -> Result<bool, Failure> {
        let Some((attempt, found)) = newest(self.handoff, share, listed) else { return Ok(false) };
        let gone = matches!(found.state, JobState::Failed | JobState::Cancelled);
        if gone && self.earlier.given_up.contains(&found.id) {
            return Ok(false);
        }
        self.take_up(share, attempt, &found.id, "found", None)?;
        Ok(true)
    }

    async fn list(&mut self) -> Result<Vec<Listed>, Failure> {
        loop {
            match self.port.find(&self.handoff.start()).await {
                Ok(listed) => {
                    self.lost = 0;
                    return Ok(listed);
                }
                Err(error) => self.bear("list", error).await?,
            }
        }
    }

    fn take_up(
        &mut self,
        share: &Share,
        attempt: u32,
        id: &str,
        how: &str,
        request_id: Option<String>,
    ) -> Result<(), Failure> {
        let name = self.handoff.name(share, attempt);
        self.line(json!({
            "key": name, "op": "job", "result": how, "job": id, "photos": share.photos, "request_id": request_id,
        }))?;
        let photos = words::photos(share.photos);
        self.record(format!("S3 Batch Operations: job {id} of {photos} {how}"), request_id)?;
        let manifest = self.handoff.key(&format!("{name}.csv"));
        let (share, id) = (share.clone(), id.to_owned());
        self.known.push(Known { share, name, id, manifest, job: None });
        Ok(())
    }

    /// Makes the job of a share, unless there is one.
    pub(super) async fn begin(&mut self, share: &Share, manifest: File) -> Result<(), Failure> {
        if self.known.iter().any(|job| job.share == *share) {
            return Ok(());
        }
        let listed = self.list().await?;
        // Another application of this plan may have made it meanwhile.
        if self.take_up_newest(share, &listed)? {
            return Ok(());
        }
        let attempt = newest(self.handoff, share, &listed).map_or(1, |(attempt, _)| attempt + 1);
        let name = self.handoff.name(share, attempt);
        let key = self.handoff.key(&format!("{name}.csv"));
        self.tell_doing("storing the manifest");
        let uploaded = loop {
            self.go_on()?;
            match self.port.upload(&self.handoff.bucket, &key, manifest.try_clone()?).await {
                Ok(uploaded) => break uploaded,
                Err(error) => self.bear("manifest", error).await?,
            }
        };
        self.lost = 0;
        self.line(json!({
            "key": key, "op": "manifest", "result": "stored", "etag": uploaded.etag, "photos": share.photos,
            "request_id": uploaded.request_id,
        }))?;
        let order = JobOrder {
            description: format!("lifeboat {name}"),
            token: name,
            bucket: self.handoff.bucket.clone(),
            report: self.handoff.key("report"),
            manifest: key,
            etag: uploaded.etag,
            target: self.target.to_owned(),
            storage_class: share.storage_class.clone(),
            role: self.handoff.role.clone(),
            tags: self.cx.origin.tags(),
        };
        self.create(share, attempt, &order).await
    }

    async fn create(&mut self, share: &Share, attempt: u32, order: &JobOrder) -> Result<(), Failure> {
        let mut asked = 0;
        loop {
            self.go_on()?;
            asked += 1;
            let error = match self.port.create(order).await {
                Ok(made) => {
                    self.lost = 0;
                    return self.take_up(share, attempt, &made.value, "made", made.request_id);
                }
                Err(error) => error,
            };
            // The answer got lost, or another application of this plan was faster.
            let doubtful = error.kind == PortErrorKind::Exists || error.kind.is_transient();
            if !doubtful || asked >= TRIES {
                return Err(self.fails(error));
            }
            self.bear_any("create", error).await?;
            let listed = self.list().await?;
            if let Some((attempt, found)) =
                newest(self.handoff, share, &listed).filter(|(found, _)| *found == attempt)
            {
                return self.take_up(share, attempt, &found.id, "found", None);
            }
        }
    }

    /// Looks at the jobs again and again, lets those begin that wait for it, and writes down every change of state.
    pub(super) async fn until_ended(&mut self) -> Result<(), Failure> {
        loop {
            for place in 0..self.known.len() {
                if !self.known[place].state().is_some_and(JobState::ended) {
                    self.look(place).await?;
                }
            }
            if self.known.iter().all(|job| job.state().is_some_and(JobState::ended)) {
                return Ok(());
            }
            self.progress();
            self.pause().await?;
        }
    }

    async fn look(&mut self, place: usize) -> Result<(), Failure> {
        let known = self.known[place].clone();
        let seen = loop {
            self.go_on()?;
            match self.port.describe(&known.id).await {
                Ok(seen) => break seen,
                Err(error) => self.bear("look", error).await?,
            }
        };
        self.lost = 0;
        let job = seen.value;
        self.known[place].job = Some(job.clone());
        if known.state() != Some(job.state) {
            let why = job.why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
            self.line(json!({
                "key": known.name, "op": "job", "result": job.state.word(), "job": known.id,
                "tasks": job.tasks, "succeeded": job.succeeded, "failed": job.failed,
                "error": job.why, "request_id": seen.request_id,
            }))?;
            let said = format!("S3 Batch Operations: job {} is {}{why}", known.id, job.state.word());
            self.record(said, seen.request_id)?;
        }
        if job.state == JobState::Suspended { self.confirm(&known, &job).await } else { Ok(()) }
    }

    /// Lets a job begin that is what was approved; ends one that isn't.
    async fn confirm(&mut self, known: &Known, job: &Job) -> Result<(), Failure> {
        let other = if job.tasks != Some(known.share.photos) {
            let tasks = job.tasks.map_or("no".to_owned(), words::count);
            Some(format!("it has {tasks} tasks, and the plan {}", words::count(known.share.photos)))
        } else if job.target.as_deref().is_some_and(|target| target != self.target) {
            Some(format!("it copies to another bucket than {}", self.target))
        } else if job.manifest.as_ref().is_some_and(|manifest| *manifest != known.manifest) {
            Some(format!("it has another manifest than {}", known.manifest))
        } else {
            None
        };
        if let Some(why) = other {
            let cancelled = self.port.cancel(&known.id, "not what was approved").await;
            let request_id = cancelled.as_ref().ok().and_then(|answer| answer.request_id.clone());
            self.line(json!({
                "key": known.name, "op": "job", "result": "cancelled", "job": known.id, "error": why,
                "request_id": request_id,
            }))?;
            self.record(
                format!("S3 Batch Operations: job {} is not confirmed: {why}", known.id),
                request_id,
            )?;
            return Err(Failure::Refused {
                why: format!("job {} is not what was approved: {why}", known.id),
                next: "It was not confirmed, so it copied nothing. Find out who changed the manifest, then plan again."
                    .to_owned(),
            });
        }
        self.go_on()?;
        match self.port.confirm(&known.id).await {
            Ok(answer) => {
                self.lost = 0;
                self.line(json!({
                    "key": known.name, "op": "job", "result": "confirmed", "job": known.id,
                    "request_id": answer.request_id,
                }))?;
                let said =
                    format!("S3 Batch Operations: job {} confirmed by the approval of the plan", known.id);
                self.record(said, answer.request_id)
            }
            // The next look tells: an earlier word may have come through.
            Err(error) if error.kind == PortErrorKind::Busy => Ok(()),
            Err(error) => self.bear("confirm", error).await,
        }
    }

    /// Writes down, for the next application, which jobs the operator is told of that came to nothing.
    pub(super) fn tell(&mut self, came: &Came) -> Result<(), Failure> {
        for (id, _, why) in &came.gone {
            self.line(json!({ "key": "", "op": "job", "result": "given up", "job": id, "error": why }))?;
        }
        Ok(())
    }

    fn progress(&self) {
        let jobs = || self.known.iter().filter_map(|known| known.job.as_ref());
        let waiting = jobs().find(|job| !job.state.ended()).map_or("", |job| job.state.word());
        (self.cx.progress)(Progress {
            doing: format!("S3 Batch Operations: {waiting}"),
            done: jobs().map(|job| job.succeeded + job.failed).sum(),
            total: Some(self.handoff.photos()),
            failed: jobs().map(|job| job.failed).sum(),
            bytes: 0,
            paused: None,
        });
    }

    fn tell_doing(&self, doing: &str) {
        let doing = doing.to_owned();
        (self.cx.progress)(Progress { doing, done: 0, total: None, failed: 0, bytes: 0, paused: None });
    }

    /// Writes a line of evidence, durably.
    fn line(&mut self, line: Value) -> Result<(), Failure> {
        write_line(&line, &mut *self.evidence)?;
        Ok(self.evidence.flush()?)
    }

    /// The evidence, for what isn't worth a line of its own on the disk.
    pub(super) fn evidence(&mut self) -> Sink<'_> {
        &mut *self.evidence
    }

    fn record(&self, said: String, request_id: Option<String>) -> Result<(), Failure> {
        (self.cx.record)(Happening { said, at: None, request_id })
    }

    /// Whether a failed request is worth another try, after a pause.
    pub(super) async fn bear(&mut self, operation: &str, error: PortError) -> Result<(), Failure> {
        if error.kind.is_transient() { self.bear_any(operation, error).await } else { Err(self.fails(error)) }
    }

    async fn bear_any(&mut self, operation: &str, error: PortError) -> Result<(), Failure> {
        self.line(json!({
            "key": self.handoff.id, "op": operation, "result": "retried", "error": error.to_string(),
            "request_id": error.request_id,
        }))?;
        self.lost += 1;
        if self.lost >= LOST {
            return Err(self.fails(error));
        }
        self.pause().await
    }

    /// A request that can't be repeated, with what goes on without us.
    fn fails(&self, error: PortError) -> Failure {
        let pauses = error.kind.is_transient() || error.kind == PortErrorKind::Credentials;
        let error = PortError { message: format!("{}; {}", error.message, self.left()), ..error };
        if pauses { Failure::Paused(error) } else { Failure::Port(error) }
    }

    async fn pause(&mut self) -> Result<(), Failure> {
        if !self.cx.stopping() {
            self.cx.ports.pace.pause(self.cx.stop).await;
        }
        self.go_on()
    }

    /// Ends the watch when the operator asked to stop.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        if self.cx.stopping() { Err(Failure::Stopped { left: self.left() }) } else { Ok(()) }
    }

    /// What goes on at AWS should we go away now, and how to end that too: a clause.
    pub(super) fn left(&self) -> String {
        let (account, region) = (&self.cx.environment.account, &self.cx.environment.region);
        let going: Vec<&Known> =
            self.known.iter().filter(|known| !known.state().is_some_and(JobState::ended)).collect();
        let Some(first) = going.first() else {
            return match self.known.first() {
                None => "no job was made, and nothing was copied".to_owned(),
                Some(_) => "the jobs have ended; applying the same plan again reads what they did".to_owned(),
            };
        };
        let ids: Vec<&str> = going.iter().map(|known| known.id.as_str()).collect();
        let verb = if ids.len() == 1 { "job" } else { "jobs" };
        let begun = |known: &&&Known| {
            !matches!(known.state(), None | Some(JobState::New | JobState::Preparing | JobState::Suspended))
        };
        let goes_on = match going.iter().find(begun) {
            Some(_) => format!("{verb} {} at AWS, which this does not end", go_on(&ids)),
            None => format!("{verb} {} at AWS", wait(&ids)),
        };
        format!(
            "{goes_on} (S3 console, {region}, Batch Operations); applying the same plan again goes on from there. To \
             end it instead: `aws s3control update-job-status --region {region} --account-id {account} --job-id {} \
             --requested-job-status Cancelled`",
            first.id
        )
    }
}

fn go_on(ids: &[&str]) -> String {
    format!("{} {} on", words::list(ids), if ids.len() == 1 { "goes" } else { "go" })
}

fn wait(ids: &[&str]) -> String {
    format!(
        "{} {} unless confirmed, copying nothing,",
        words::list(ids),
        if ids.len() == 1 { "waits" } else { "wait" }
    )
}

/// The newest attempt at a share that S3 knows of.
fn newest<'l>(handoff: &Handoff, share: &Share, listed: &'l [Listed]) -> Option<(u32, &'l Listed)> {
    let attempts = listed.iter().filter_map(|job| Some((handoff.attempt(share, &job.description)?, job)));
    attempts.max_by_key(|(attempt, _)| *attempt)
}

impl Earlier {
    fn read(cx: &Context<'_>) -> Result<Self, Failure> {
        /// What matters of a line of evidence.
        #[derive(Deserialize)]
        struct Line {
            op: Option<String>,
            result: Option<String>,
            job: Option<String>,
        }
        let mut earlier = Self::default();
        let Some(source) = cx.disk.earlier()? else { return Ok(earlier) };
        for line in source.lines() {
            let Ok(Line { op: Some(op), result, job: Some(job) }) = serde_json::from_str(&line?) else {
                continue;
            };
            match (op.as_str(), result.as_deref()) {
                ("job", Some("given up")) => drop(earlier.given_up.insert(job)),
                ("copy", _) => *earlier.lines.entry(job).or_default() += 1,
                _ => {}
            }
        }
        Ok(earlier)
    }
}
