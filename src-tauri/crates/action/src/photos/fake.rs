//! A bucket in memory that keeps S3's rules, for tests: pages, markers, `null` versions, guards, and faults.

use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Extra, Target, Ties};
use crate::plan::{Context, Disk, Failure, Origin, Outcome, PlanSummary, Source};
use crate::port::*;
use crate::{Environment, Ports};

pub(crate) const BUCKET: &str = "photos";

/// One version or marker; `seq` tells the true order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: u64,
    pub(crate) id: String,
    pub(crate) modified: i64,
    pub(crate) content: Option<Vec<u8>>,
    pub(crate) etag: String,
    pub(crate) class: String,
    /// Content type, metadata and tags.
    pub(crate) described: String,
}

#[derive(Debug)]
pub(crate) struct State {
    /// Newest first.
    pub(crate) keys: BTreeMap<String, Vec<Entry>>,
    pub(crate) versioning: Versioning,
    pub(crate) expiry: Vec<ExpiryRule>,
    pub(crate) page: usize,
    /// Answers full pages, whatever the limit: ties can't be resolved then.
    pub(crate) ignores_limit: bool,
    /// Answers the first page whatever the marker.
    pub(crate) ignores_markers: bool,
    /// What it does when asked for what comes after a key of the asker's choosing: 0 answers, 1 refuses, 2 answers the
    /// first page, 3 answers that there is nothing, 4 leaves out the first entry.
    pub(crate) guesses: u8,
    /// Copies get an entity tag of their own, as under KMS.
    pub(crate) kms: bool,
    /// Object Lock is on.
    pub(crate) lock: bool,
    /// Archived versions whose thawing was asked for, and how many looks it still takes.
    pub(crate) thawing: HashMap<String, u32>,
    /// What the next requests about `operation key` fail with.
    pub(crate) faults: HashMap<String, Vec<PortErrorKind>>,
    /// What every write fails with, after it was done.
    pub(crate) lost_answers: bool,
    /// How far this machine's clock is ahead.
    pub(crate) ahead: Option<i64>,
    /// What every write fails with, and every look at one key.
    pub(crate) down: Option<PortErrorKind>,
    pub(crate) writes: u64,
    /// Pages that were asked for.
    pub(crate) lists: u64,
    /// Requests about one key, by `operation key`.
    pub(crate) requests: HashMap<String, u32>,
    seq: u64,
}

/// A bucket and its clock.
#[derive(Debug)]
pub(crate) struct Fake {
    pub(crate) state: Mutex<State>,
    pub(crate) now: AtomicI64,
}

impl Fake {
    pub(crate) fn new() -> Arc<Self> {
        let state = State {
            keys: BTreeMap::new(),
            versioning: Versioning::Enabled,
            expiry: Vec::new(),
            page: 1000,
            ignores_limit: false,
            ignores_markers: false,
            guesses: 0,
            kms: false,
            lock: false,
            thawing: HashMap::new(),
            faults: HashMap::new(),
            lost_answers: false,
            ahead: None,
            down: None,
            writes: 0,
            lists: 0,
            requests: HashMap::new(),
            seq: 0,
        };
        Arc::new(Self { state: Mutex::new(state), now: AtomicI64::new(1_000_000) })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn now(&self) -> i64 {
        self.now.load(Ordering::Relaxed)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.now.fetch_add(seconds, Ordering::Relaxed);
    }

    pub(crate) fn put(&self, key: &str, content: &[u8]) -> Entry {
        self.put_as(key, content, "image/jpeg")
    }

    pub(crate) fn put_as(&self, key: &str, content: &[u8], described: &str) -> Entry {
        self.state().write(self.now(), key, Some(content.to_vec()), "STANDARD", described)
    }

    pub(crate) fn delete(&self, key: &str) -> Entry {
        self.state().write(self.now(), key, None, "", "")
    }

    /// Copies a version on top of its key, whatever is current.
    pub(crate) fn copy_over(&self, key: &str, version: &str, class: &str) {
        let mut state = self.state();
        let source = state.keys[key].iter().find(|entry| entry.id == version).cloned().unwrap();
        state.write(self.now(), key, source.content, class, &source.described);
    }

    /// What a reader of `key` gets now.
    pub(crate) fn read(&self, key: &str) -> Option<Vec<u8>> {
        self.state().keys.get(key).and_then(|entries| entries[0].content.clone())
    }
}

fn etag(content: &[u8]) -> String {
    sha256(content)[..32].to_owned()
}

fn sha256(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl State {
    fn write(
        &mut self,
        now: i64,
        key: &str,
        content: Option<Vec<u8>>,
        class: &str,
        described: &str,
    ) -> Entry {
        self.seq += 1;
        let seq = self.seq;
        let enabled = self.versioning == Versioning::Enabled;
        // Ids in no order that follows time.
        let id = if enabled { format!("{:08x}", (seq as u32).reverse_bits()) } else { "null".to_owned() };
        let etag = content.as_deref().map(etag).unwrap_or_default();
        let entry = Entry {
            seq,
            id,
            modified: now,
            content,
            etag,
            class: class.to_owned(),
            described: described.to_owned(),
        };
        let entries = self.keys.entry(key.to_owned()).or_default();
        if !enabled {
            entries.retain(|e| e.id != "null");
        }
        if entry.content.is_some() || self.versioning != Versioning::Never {
            entries.insert(0, entry.clone());
        }
        if entries.is_empty() {
            self.keys.remove(key);
        }
        entry
    }

    fn current(&self, key: &str) -> Option<&Entry> {
        self.keys.get(key).map(|entries| &entries[0]).filter(|e| e.content.is_some())
    }

    fn fault(&mut self, operation: &str, key: &str) -> Result<(), PortError> {
        let name = format!("{operation} {key}");
        *self.requests.entry(name.clone()).or_default() += 1;
        if let Some(kind) = self.faults.get_mut(&name).and_then(Vec::pop) {
            return Err(error(kind, operation, key));
        }
        match self.down {
            Some(kind) if matches!(operation, "copy" | "mark" | "head" | "thaw" | "thawing") => {
                Err(error(kind, operation, key))
            }
            _ => Ok(()),
        }
    }
}

fn error(kind: PortErrorKind, operation: &str, key: &str) -> PortError {
    PortError {
        kind,
        operation: operation.to_owned(),
        target: key.to_owned(),
        message: format!("{kind:?}"),
        request_id: Some("R1".to_owned()),
        next: "Try again.".to_owned(),
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

#[async_trait]
impl PhotoStore for Fake {
    async fn bucket(&self, _bucket: &str) -> Result<BucketFacts, PortError> {
        let state = self.state();
        let encryption = Some(if state.kms { "aws:kms" } else { "AES256" }.to_owned());
        Ok(BucketFacts {
            versioning: state.versioning,
            encryption,
            expiry: Some(state.expiry.clone()),
            lock: Some(state.lock),
            acls: Some(false),
            replicated: Some(false),
        })
    }

    async fn list_versions(
        &self,
        _bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        let mut state = self.state();
        state.fault("list", prefix)?;
        state.lists += 1;
        if after.is_some() {
            state.fault("page of", prefix)?;
        }
        let guessed = after.is_some_and(|after| after.version.0.is_empty());
        let after = match state.guesses {
            1 if guessed => return Err(error(PortErrorKind::Denied, "list", prefix)),
            2 if guessed => None,
            3 if guessed => {
                return Ok(VersionPage { photos: Vec::new(), markers: Vec::new(), next: None });
            }
            _ => after,
        };
        let limit = limit.filter(|_| !state.ignores_limit).map_or(state.page, usize::from);
        let all: Vec<(usize, &String, &Entry)> = state
            .keys
            .iter()
            .filter(|(key, _)| key.starts_with(prefix))
            .flat_map(|(key, entries)| entries.iter().enumerate().map(move |(n, e)| (n, key, e)))
            .collect();
        let start = match after.filter(|_| !state.ignores_markers) {
            None => 0,
            Some(after) => {
                let exact = all.iter().position(|(_, k, e)| **k == after.key && e.id == after.version.0);
                exact.map_or_else(|| all.partition_point(|(_, k, _)| **k <= after.key), |at| at + 1)
            }
        };
        let start = if guessed && state.guesses == 4 { (start + 1).min(all.len()) } else { start };
        let mut page = VersionPage { photos: Vec::new(), markers: Vec::new(), next: None };
        for (n, key, entry) in all.iter().skip(start).take(limit) {
            let photo = entry.content.as_ref().map(|content| Photo {
                etag: entry.etag.clone(),
                size: content.len() as u64,
                storage_class: entry.class.clone(),
                checksum: None,
                thawed: state.thawing.get(&entry.id) == Some(&0),
            });
            let list = if photo.is_some() { &mut page.photos } else { &mut page.markers };
            list.push(Version {
                key: (*key).clone(),
                id: VersionId(entry.id.clone()),
                modified: at(entry.modified),
                latest: *n == 0,
                photo,
            });
        }
        if start + limit < all.len() {
            let (_, key, entry) = all[start + limit - 1];
            page.next = Some(PageMarker { key: key.clone(), version: VersionId(entry.id.clone()) });
        }
        Ok(page)
    }

    async fn copy_version(&self, _bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        // Gives other requests a chance to come between.
        tokio::task::yield_now().await;
        let mut state = self.state();
        let key = &copy.key;
        state.fault("copy", key)?;
        let source = state.keys.get(key).and_then(|e| e.iter().find(|e| e.id == copy.version.0)).cloned();
        let source = source.filter(|e| e.content.is_some());
        let source = source.ok_or_else(|| error(PortErrorKind::NotFound, "copy", key))?;
        if matches!(&source.class[..], "GLACIER" | "DEEP_ARCHIVE")
            && state.thawing.get(&source.id) != Some(&0)
        {
            return Err(error(PortErrorKind::Archived, "copy", key));
        }
        let key = copy.to.as_ref().unwrap_or(key);
        match (&copy.unless, state.current(key)) {
            (Guard::Absent, None) => {}
            (Guard::Is(_), None) => return Err(error(PortErrorKind::NotFound, "copy", key)),
            (Guard::Is(etag), Some(now)) if *etag == now.etag => {}
            _ => return Err(error(PortErrorKind::Changed, "copy", key)),
        }
        state.writes += 1;
        let made = state.write(self.now(), key, source.content, &copy.storage_class, &source.described);
        let mut tag = made.etag.clone();
        if state.kms {
            tag = format!("{:032x}", made.seq);
            state.keys.get_mut(key).unwrap()[0].etag.clone_from(&tag);
        }
        if state.lost_answers {
            return Err(error(PortErrorKind::Unavailable, "copy", key));
        }
        Ok(Receipt { version: Some(VersionId(made.id)), etag: Some(tag), request_id: Some("R2".to_owned()) })
    }

    async fn put_marker(&self, _bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        let mut state = self.state();
        state.fault("mark", key)?;
        if state.current(key).is_none_or(|now| now.etag != etag) {
            return Err(error(PortErrorKind::Changed, "mark", key));
        }
        state.writes += 1;
        let made = state.write(self.now(), key, None, "", "");
        Ok(Receipt { version: Some(VersionId(made.id)), etag: None, request_id: Some("R3".to_owned()) })
    }

    async fn remove_versions(
        &self,
        _bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        tokio::task::yield_now().await;
        let mut state = self.state();
        state.fault("remove", "")?;
        if let Some(kind) = state.down {
            return Err(error(kind, "remove", ""));
        }
        let mut refused = Vec::new();
        for (place, (key, version)) in entries.iter().enumerate() {
            if let Err(error) = state.fault("remove", key) {
                refused.push(Refused { place, error });
                continue;
            }
            state.writes += 1;
            if let Some(history) = state.keys.get_mut(key) {
                history.retain(|entry| entry.id != version.0);
                if history.is_empty() {
                    state.keys.remove(key);
                }
            }
        }
        if state.lost_answers {
            return Err(error(PortErrorKind::Unavailable, "remove", ""));
        }
        Ok(Removed { request_id: Some("R4".to_owned()), refused })
    }

    async fn thaw(
        &self,
        _bucket: &str,
        key: &str,
        version: &VersionId,
        _tier: Tier,
        days: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        let mut state = self.state();
        state.fault("thaw", key)?;
        let entry = state.keys.get(key).and_then(|entries| entries.iter().find(|e| e.id == version.0));
        let tiered = entry.is_some_and(|entry| entry.class == "INTELLIGENT_TIERING");
        assert_ne!(tiered, days.is_some(), "S3 takes days but for Intelligent-Tiering");
        state.thawing.entry(version.0.clone()).or_insert(3);
        Ok(Some("R5".to_owned()))
    }

    async fn thawing(&self, _bucket: &str, key: &str, version: &VersionId) -> Result<Thawing, PortError> {
        let mut state = self.state();
        state.fault("thawing", key)?;
        Ok(match state.thawing.get_mut(&version.0) {
            None => Thawing::Frozen,
            Some(0) => Thawing::Ready(None),
            Some(looks) => {
                *looks -= 1;
                Thawing::Asked
            }
        })
    }

    async fn current(&self, _bucket: &str, key: &str) -> Result<Option<Current>, PortError> {
        let mut state = self.state();
        state.fault("head", key)?;
        Ok(state.current(key).map(|e| Current {
            version: VersionId(e.id.clone()),
            etag: e.etag.clone(),
            size: e.content.as_ref().map_or(0, |c| c.len() as u64),
        }))
    }

    async fn digest(
        &self,
        _bucket: &str,
        key: &str,
        version: &VersionId,
    ) -> Result<ContentDigest, PortError> {
        let mut state = self.state();
        state.fault("get", key)?;
        let entry = state.keys.get(key).and_then(|e| e.iter().find(|e| e.id == version.0));
        let content = entry.and_then(|e| e.content.as_ref());
        let content = content.ok_or_else(|| error(PortErrorKind::NotFound, "get", key))?;
        Ok(ContentDigest { sha256: sha256(content), bytes: content.len() as u64 })
    }

    async fn described(&self, _bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError> {
        let state = self.state();
        let entry = state.keys.get(key).and_then(|e| e.iter().find(|e| e.id == version.0));
        entry.map(|e| e.described.clone()).ok_or_else(|| error(PortErrorKind::NotFound, "get", key))
    }
}

#[async_trait]
impl Identity for Fake {
    async fn whoami(&self) -> Result<Caller, PortError> {
        self.state().fault("whoami", "")?;
        Ok(Caller {
            account: "000000000000".to_owned(),
            arn: "arn:aws:iam::000000000000:user/sam".to_owned(),
            region: "us-east-1".to_owned(),
            ahead: self.state().ahead,
        })
    }
}

/// Runs actions on a [`Fake`].
pub(crate) struct World {
    pub(crate) fake: Arc<Fake>,
    pub(crate) environment: Environment,
    pub(crate) stop: AtomicBool,
    pub(crate) ports: Ports,
    pub(crate) origin: Origin,
    pub(crate) disk: MemoryDisk,
}

/// A disk that forgets.
#[derive(Debug, Default)]
pub(crate) struct MemoryDisk {
    /// What an earlier application of the plan left.
    pub(crate) earlier: Mutex<Option<Vec<u8>>>,
}

impl Disk for MemoryDisk {
    fn scratch(&self) -> io::Result<File> {
        tempfile::tempfile()
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        Ok(Box::new(io::BufReader::new(File::open(path)?)))
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        let left = self.earlier.lock().unwrap().clone();
        Ok(left.map(|left| Box::new(io::Cursor::new(left)) as Source))
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let fake = Fake::new();
        Self {
            ports: Ports::of_photos(fake.clone(), fake.clone()),
            origin: Origin { run: "run-1".to_owned(), mode: "exercise".to_owned() },
            environment: Environment::practice("http://127.0.0.1:9311"),
            stop: AtomicBool::new(false),
            disk: MemoryDisk::default(),
            fake,
        }
    }

    pub(crate) fn target(&self, second: i64, extra: Extra, ties: Ties) -> Target {
        Target { extra, ties, ..Target::new(BUCKET, "", at(second)) }
    }

    pub(crate) fn cx(&self) -> Context<'_> {
        Context {
            ports: &self.ports,
            environment: &self.environment,
            origin: &self.origin,
            inventory: None,
            record: &|_| Ok(()),
            disk: &self.disk,
            now: at(self.fake.now()),
            progress: &|_| {},
            stop: &self.stop,
        }
    }

    pub(crate) async fn plan(&self, target: &Target) -> Result<(PlanSummary, String), Failure> {
        let mut body = Vec::new();
        let summary = super::plan(target, &self.cx(), &mut body).await?;
        Ok((summary, String::from_utf8(body).unwrap()))
    }

    pub(crate) async fn apply(&self, plan: &str) -> (Result<Outcome, Failure>, String) {
        let mut evidence = Vec::new();
        let source = Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()));
        let outcome = super::apply(source, &self.cx(), &mut evidence).await;
        (outcome, String::from_utf8(evidence).unwrap())
    }

    pub(crate) async fn verify_plan(&self, plan: &str) -> Outcome {
        let source = Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()));
        super::verify_plan(source, &self.cx(), &mut Vec::new()).await.unwrap()
    }

    pub(crate) async fn verify(&self, target: &Target) -> Outcome {
        super::verify(target, &self.cx(), &mut Vec::new()).await.unwrap()
    }

    pub(crate) async fn survey(&self, target: &Target) -> Result<Outcome, Failure> {
        super::survey(target, &self.cx(), &mut Vec::new()).await
    }
}
