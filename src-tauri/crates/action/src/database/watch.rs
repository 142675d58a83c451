//! Watching what RDS makes of what it was asked, look by look, and writing down all that it says.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;

use super::names::refused;
use super::provenance::{remaining, said};
use super::status::{self, Meaning};
use crate::body::write_line;
use crate::plan::{Context, Failure, Happening, Progress, Sink};
use crate::port::{Answer, Change, Instance, PortError, PortErrorKind};
use crate::words;

/// So many looks in a row without an answer end the watch: some minutes, as the port retries each.
const LOST: u32 = 15;
/// So many looks may say that a new instance isn't there: some minutes, until every part of RDS knows of it.
const ABSENT: u32 = 30;
/// So many looks may say that an instance is ready and yet not as it was asked to be, before it is asked again.
const IDLE: u32 = 4;
/// How often the same change is asked for.
const TRIES: u32 = 5;

/// What came of asking for a change.
pub(super) enum Sent {
    /// RDS took it.
    Taken,
    /// Nobody knows: only a look can tell.
    Unknown,
    /// RDS can't now, because of what the instance or its name is doing; a look tells more.
    NotNow(PortError),
}

/// A watch over instances of one region.
pub(super) struct Watch<'a> {
    cx: &'a Context<'a>,
    region: &'a str,
    evidence: Sink<'a>,
    began: Timestamp,
    /// What goes on at AWS should we go away now: a clause.
    left: String,
    statuses: BTreeMap<String, String>,
    told: BTreeSet<(Timestamp, String)>,
    /// What RDS said last.
    heard: Option<String>,
    deaf: bool,
    lost: u32,
}

impl<'a> Watch<'a> {
    pub(super) fn new(cx: &'a Context<'_>, region: &'a str, evidence: Sink<'a>) -> Self {
        Self {
            cx,
            region,
            evidence,
            began: cx.ports.pace.now(),
            left: "nothing was changed".to_owned(),
            statuses: BTreeMap::new(),
            told: BTreeSet::new(),
            heard: None,
            deaf: false,
            lost: 0,
        }
    }

    /// Says what goes on at AWS should we go away now: a clause.
    pub(super) fn leaves(&mut self, left: impl Into<String>) {
        self.left = left.into();
    }

    /// When it began.
    pub(super) fn began(&self) -> Timestamp {
        self.began
    }

    /// How long it has been going on.
    pub(super) fn took(&self) -> String {
        words::span(self.began, self.cx.ports.pace.now())
    }

    pub(super) fn line(&mut self, line: &impl Serialize) -> Result<(), Failure> {
        write_line(line, &mut *self.evidence)
    }

    /// Writes something down in the journal, now.
    pub(super) fn record(
        &self,
        said: String,
        at: Option<Timestamp>,
        request_id: Option<String>,
    ) -> Result<(), Failure> {
        (self.cx.record)(Happening { said, at, request_id })
    }

    /// A request that failed for good, with what goes on without us.
    pub(super) fn fails(&self, error: PortError) -> Failure {
        Failure::Port(PortError { message: format!("{}; {}", error.message, self.left), ..error })
    }

    /// Waits before the next look, unless the operator asks to stop.
    pub(super) async fn pause(&mut self) -> Result<(), Failure> {
        if !self.cx.stopping() {
            self.cx.ports.pace.pause(self.cx.stop).await;
        }
        self.go_on()
    }

    /// Ends the work when the operator asked to stop.
    pub(super) fn go_on(&self) -> Result<(), Failure> {
        if self.cx.stopping() { Err(Failure::Stopped { left: self.left.clone() }) } else { Ok(()) }
    }

    /// Whether a failed request is worth another look.
    pub(super) fn bear(&mut self, operation: &str, on: &str, error: PortError) -> Result<(), Failure> {
        self.line(&json!({
            "op": operation, "instance": on, "result": "failed", "error": error.to_string(),
            "request_id": error.request_id,
        }))?;
        self.lost += 1;
        if error.kind.is_transient() && self.lost < LOST { Ok(()) } else { Err(self.fails(error)) }
    }

    /// Looks at one instance.
    pub(super) async fn look(&mut self, id: &str) -> Result<Option<Instance>, Failure> {
        loop {
            match self.cx.ports.databases.instance(self.region, id).await {
                Ok(Answer { value, request_id }) => {
                    self.lost = 0;
                    self.saw(id, value.as_ref(), request_id)?;
                    return Ok(value);
                }
                Err(error) => self.bear("look", id, error)?,
            }
            self.pause().await?;
        }
    }

    /// Looks at every instance of the region.
    pub(super) async fn list(&mut self) -> Result<Answer<Vec<Instance>>, Failure> {
        loop {
            match self.cx.ports.databases.instances(self.region).await {
                Ok(answer) => {
                    self.lost = 0;
                    return Ok(answer);
                }
                Err(error) => self.bear("list", self.region, error)?,
            }
            self.pause().await?;
        }
    }

    /// Writes down what a look saw, and every change of state in the journal.
    pub(super) fn saw(
        &mut self,
        id: &str,
        instance: Option<&Instance>,
        request_id: Option<String>,
    ) -> Result<(), Failure> {
        let status = instance.map_or("not there", |instance| &instance.status).to_owned();
        self.line(&json!({
            "op": "look", "instance": id, "status": status,
            "resource_id": instance.map(|instance| &instance.resource_id),
            "pending": instance.map(|instance| &instance.pending), "request_id": request_id,
        }))?;
        if self.statuses.get(id) != Some(&status) {
            let gone = instance.is_none();
            // An instance that isn't there yet, or any more, is no state to speak of unless it was seen.
            if !gone || self.statuses.contains_key(id) {
                self.record(format!("{id}: {status}"), None, request_id)?;
                self.statuses.insert(id.to_owned(), status);
            }
        }
        Ok(())
    }

    /// Writes down what RDS says happened to an instance, each thing once. Not being allowed to ask is no failure.
    pub(super) async fn events(&mut self, id: &str, since: Timestamp) -> Result<(), Failure> {
        if self.deaf {
            return Ok(());
        }
        match self.cx.ports.databases.events(self.region, id, since).await {
            Ok(Answer { value, request_id }) => {
                for event in value {
                    if self.told.insert((event.at, format!("{id}: {}", event.message))) {
                        self.line(&json!({
                            "op": "event", "instance": id, "at": event.at, "message": event.message,
                            "request_id": request_id,
                        }))?;
                        self.record(
                            format!("RDS on {id}: {}", event.message),
                            Some(event.at),
                            request_id.clone(),
                        )?;
                        self.heard = Some(event.message);
                    }
                }
            }
            Err(error) => {
                self.deaf = error.kind == PortErrorKind::Denied;
                self.line(&json!({
                    "op": "events", "instance": id, "result": "failed", "error": error.to_string(),
                    "request_id": error.request_id,
                }))?;
            }
        }
        Ok(())
    }

    /// Tells how far it is.
    pub(super) fn tell(&self, doing: &str) {
        let doing = format!("{doing} ({})", self.took());
        (self.cx.progress)(Progress { doing, done: 0, total: None, ..Progress::default() });
    }

    /// Watches until an instance is available with nothing pending, and `ready`, on two looks in a row; or until it is
    /// available and stays as it is, and not ready.
    ///
    /// # Errors
    /// [`Failure::Refused`] when it is in a state that it doesn't leave by itself, or isn't there.
    pub(super) async fn until(
        &mut self,
        id: &str,
        doing: &str,
        ready: &(dyn Fn(&Instance) -> bool + Sync),
    ) -> Result<Instance, Failure> {
        let (mut good, mut idle, mut absent) = (0, 0, 0);
        let since = self.began;
        loop {
            let now = self.look(id).await?;
            let since = now.as_ref().and_then(|instance| instance.created).map_or(since, |at| at.min(since));
            self.events(id, since).await?;
            let Some(instance) = now else {
                (good, absent) = (0, absent + 1);
                if absent >= ABSENT {
                    return Err(refused(
                        format!("{id} is not there, in spite of having been asked for"),
                        "Look for it in the RDS console: if somebody deleted it, apply the plan again.",
                    ));
                }
                self.tell(&format!("{doing} {id}"));
                self.pause().await?;
                continue;
            };
            absent = 0;
            match status::meaning(&instance.status) {
                Meaning::Stuck(next) => return Err(self.stuck(&instance, next)),
                Meaning::Available if instance.pending.is_empty() && ready(&instance) => {
                    (good, idle) = (good + 1, 0);
                    if good == 2 {
                        return Ok(instance);
                    }
                }
                Meaning::Available if instance.pending.is_empty() => {
                    (good, idle) = (0, idle + 1);
                    if idle >= IDLE {
                        return Ok(instance);
                    }
                }
                Meaning::Available | Meaning::Working => (good, idle) = (0, 0),
            }
            let doing = match (instance.status.as_str(), &instance.pending[..]) {
                ("available", []) => format!("{doing} {id}: available, looking again"),
                ("available", pending) => format!("{doing} {id}: {} still to come", words::list(pending)),
                (status, _) => format!("{status} {id}"),
            };
            self.tell(&doing);
            self.pause().await?;
        }
    }

    fn stuck(&self, instance: &Instance, next: &str) -> Failure {
        let heard = self.heard.as_ref().map(|said| format!("; RDS says: {said}")).unwrap_or_default();
        refused(format!("{} is {}{}", instance.id, instance.status, heard.trim_end_matches('.')), next)
    }

    /// Asks for a change of one instance, once.
    pub(super) async fn modify(&mut self, id: &str, change: &Change) -> Result<Sent, Failure> {
        let what = words::list(&said(change));
        let answer = self.cx.ports.databases.modify(self.region, id, change).await;
        let (result, request_id, error) = match &answer {
            Ok(answer) => ("asked", answer.request_id.clone(), None),
            Err(error) => ("failed", error.request_id.clone(), Some(error.to_string())),
        };
        self.line(&json!({
            "op": "modify", "instance": id, "change": change, "result": result, "request_id": request_id,
            "error": error,
        }))?;
        match answer {
            Ok(_) => {
                self.record(format!("{id}: asked for {what}"), None, request_id)?;
                Ok(Sent::Taken)
            }
            Err(error) if error.kind.is_transient() => {
                self.record(format!("{id}: asked for {what}, no answer"), None, request_id)?;
                self.lost += 1;
                if self.lost < LOST { Ok(Sent::Unknown) } else { Err(self.fails(error)) }
            }
            Err(error) => match error.kind {
                PortErrorKind::Busy | PortErrorKind::NotFound | PortErrorKind::Exists => {
                    Ok(Sent::NotNow(error))
                }
                _ => Err(self.fails(error)),
            },
        }
    }

    /// Asks for what of `wanted` isn't so on an available instance, and watches until it is.
    ///
    /// # Errors
    /// As [`Watch::until`]; and when RDS takes the change again and again and doesn't make it.
    pub(super) async fn settle(&mut self, mut now: Instance, wanted: &Change) -> Result<Instance, Failure> {
        let id = now.id.clone();
        let mut refusal = None;
        for _ in 0..TRIES {
            let left = remaining(wanted, &now);
            if left == Change::default() {
                return Ok(now);
            }
            self.go_on()?;
            refusal = match self.modify(&id, &left).await? {
                Sent::NotNow(error) if error.kind != PortErrorKind::Busy => return Err(self.fails(error)),
                Sent::NotNow(error) => Some(error),
                Sent::Taken | Sent::Unknown => None,
            };
            self.pause().await?;
            let so = |instance: &Instance| remaining(wanted, instance) == Change::default();
            now = self.until(&id, "setting up", &so).await?;
        }
        let left = remaining(wanted, &now);
        if left == Change::default() {
            return Ok(now);
        }
        if let Some(error) = refusal {
            return Err(self.fails(error));
        }
        Err(refused(
            format!("{id} was asked for {} and still isn't so", words::list(&said(&left))),
            "Look at its events in the RDS console, then apply the plan again.",
        ))
    }
}
