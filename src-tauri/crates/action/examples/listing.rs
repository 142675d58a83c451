//! Surveys made-up buckets by the code of `photos.survey`: how long listing takes, how many requests, how much memory.
//!
//! `listing LAYOUT ENTRIES MILLISECONDS many|one` prints a line of JSON. Layouts: `orgs` (2,000 photos of each), `hex`
//! (no structure at all), `skewed` (few large organizations), `flat` (a counter). Pages come after so many
//! milliseconds; with `one`, the storage refuses to list from keys of the asker's choosing, so that there is one lister.

#![expect(clippy::result_large_err, reason = "the errors of ports are what they are")]

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use action::photos::Target;
use action::plan::{Context, Disk, Origin, Source};
use action::port::*;
use action::{Action, Environment};
use async_trait::async_trait;
use jiff::Timestamp;

/// Of so many keys, one was deleted.
const DELETED: u64 = 10;
/// When all was written; a second later, what was deleted was.
const WRITTEN: i64 = 1_700_000_000;

#[derive(Clone, Copy)]
enum Layout {
    Orgs,
    Hex,
    Skewed,
    Flat,
}

/// A bucket of keys that are made when they are listed; they are in order as their numbers are.
struct Made {
    layout: Layout,
    keys: u64,
    latency: Duration,
    one: bool,
    requests: AtomicU64,
    /// Requests that were under way when another began, summed.
    beside: AtomicU64,
    running: AtomicU64,
}

impl Made {
    fn key(&self, n: u64) -> String {
        match self.layout {
            Layout::Orgs => format!("photos/org-{:06}/{n:08}.jpg", n / 2000),
            Layout::Hex => format!("{:016x}", n * (u64::MAX / self.keys)),
            Layout::Skewed => format!("photos/{}/{n:09}.jpg", n.max(1).ilog2() + 10),
            Layout::Flat => format!("photos/IMG_{n:012}.JPG"),
        }
    }

    /// The number of the first key after `key`.
    fn after(&self, key: &str) -> u64 {
        let (mut low, mut high) = (0, self.keys);
        while low < high {
            let middle = low + (high - low) / 2;
            if *self.key(middle) <= *key { low = middle + 1 } else { high = middle }
        }
        low
    }
}

fn no(operation: &str) -> PortError {
    PortError {
        kind: PortErrorKind::Denied,
        operation: operation.to_owned(),
        target: String::new(),
        message: "this is made up".to_owned(),
        request_id: None,
        next: "Don't.".to_owned(),
    }
}

#[async_trait]
impl PhotoStore for Made {
    async fn bucket(&self, _: &str) -> Result<BucketFacts, PortError> {
        Ok(BucketFacts {
            versioning: Versioning::Enabled,
            encryption: Some("AES256".to_owned()),
            expiry: Some(Vec::new()),
            lock: Some(false),
            acls: Some(false),
            replicated: Some(false),
        })
    }

    async fn list_versions(
        &self,
        _: &str,
        _: &str,
        after: Option<&PageMarker>,
        _: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.beside.fetch_add(self.running.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        tokio::time::sleep(self.latency).await;
        self.running.fetch_sub(1, Ordering::Relaxed);
        if self.one && after.is_some_and(|after| after.version.0.is_empty()) {
            return Err(no("list"));
        }
        let mut page = VersionPage { photos: Vec::with_capacity(1000), markers: Vec::new(), next: None };
        let mut n = after.map_or(0, |after| self.after(&after.key));
        while n < self.keys && page.photos.len() + page.markers.len() < 999 {
            let (key, deleted) = (self.key(n), n.is_multiple_of(DELETED));
            let id = |m: u64| {
                VersionId(format!("{:032x}", u128::from(n.wrapping_mul(m)).pow(1) * 0x9e37_79b9_7f4a_7c15))
            };
            let at = |second| Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH);
            if deleted {
                let (id, modified) = (id(7), at(WRITTEN + 2));
                page.markers.push(Version { key: key.clone(), id, modified, latest: true, photo: None });
            }
            let photo = Some(Photo {
                etag: format!("{:032x}", u128::from(n) * 0x9e37_79b9_7f4a_7c15_1234_5678),
                size: 50_000,
                storage_class: "STANDARD".to_owned(),
                checksum: Some("CRC64NVME FULL_OBJECT".to_owned()),
                thawed: false,
            });
            page.photos.push(Version { key, id: id(3), modified: at(WRITTEN), latest: !deleted, photo });
            n += 1;
        }
        if n < self.keys
            && let Some(last) = page.photos.last()
        {
            page.next = Some(PageMarker { key: last.key.clone(), version: last.id.clone() });
        }
        Ok(page)
    }

    async fn copy_version(&self, _: &str, _: &CopyVersion) -> Result<Receipt, PortError> {
        Err(no("copy"))
    }

    async fn put_marker(&self, _: &str, _: &str, _: &str) -> Result<Receipt, PortError> {
        Err(no("mark"))
    }

    async fn remove_versions(&self, _: &str, _: &[(String, VersionId)]) -> Result<Removed, PortError> {
        Err(no("remove"))
    }

    async fn thaw(
        &self,
        _: &str,
        _: &str,
        _: &VersionId,
        _: Tier,
        _: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        Err(no("thaw"))
    }

    async fn thawing(&self, _: &str, _: &str, _: &VersionId) -> Result<Thawing, PortError> {
        Err(no("thawing"))
    }

    async fn current(&self, _: &str, _: &str) -> Result<Option<Current>, PortError> {
        Err(no("head"))
    }

    async fn digest(&self, _: &str, _: &str, _: &VersionId) -> Result<ContentDigest, PortError> {
        Err(no("get"))
    }

    async fn described(&self, _: &str, _: &str, _: &VersionId) -> Result<String, PortError> {
        Err(no("head"))
    }
}

#[async_trait]
impl Identity for Made {
    async fn whoami(&self) -> Result<Caller, PortError> {
        Err(no("whoami"))
    }
}

/// The system's folder for what is temporary.
struct Temporary;

impl Disk for Temporary {
    fn scratch(&self) -> io::Result<File> {
        tempfile::tempfile()
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        Ok(Box::new(io::BufReader::new(File::open(path)?)))
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        Ok(None)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let usage = "usage: listing orgs|hex|skewed|flat ENTRIES MILLISECONDS many|one";
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [layout, entries, latency, how] = &args[..] else { return Err(usage.into()) };
    let layout = match &layout[..] {
        "orgs" => Layout::Orgs,
        "hex" => Layout::Hex,
        "skewed" => Layout::Skewed,
        "flat" => Layout::Flat,
        _ => return Err(usage.into()),
    };
    let entries: u64 = entries.parse()?;
    let made = Arc::new(Made {
        layout,
        keys: entries * DELETED / (DELETED + 1),
        latency: Duration::from_millis(latency.parse()?),
        one: how == "one",
        requests: AtomicU64::new(0),
        beside: AtomicU64::new(0),
        running: AtomicU64::new(0),
    });
    let cx = Context {
        ports: &Ports::of_photos(made.clone(), made.clone()),
        environment: &Environment::practice("http://127.0.0.1:9311"),
        origin: &Origin { run: "listing".to_owned(), mode: "exercise".to_owned() },
        inventory: None,
        record: &|_| Ok(()),
        disk: &Temporary,
        now: Timestamp::from_second(WRITTEN + 1000)?,
        progress: &|_| {},
        stop: &AtomicBool::new(false),
    };
    let prefix = if matches!(layout, Layout::Hex) { "" } else { "photos/" };
    let survey = Action::Survey(Target::new("made-up", prefix, Timestamp::from_second(WRITTEN + 1)?));
    let began = Instant::now();
    let outcome = survey.read(&cx, &mut io::sink()).await?;
    let seconds = began.elapsed().as_secs_f64();
    let requests = made.requests.load(Ordering::Relaxed);
    let line = serde_json::json!({
        "seconds": seconds,
        "requests": requests,
        "beside": made.beside.load(Ordering::Relaxed) / requests,
        "peak_bytes": peak(),
        "deleted": outcome.outputs["deleted"],
        "untouched": outcome.outputs["untouched"],
    });
    println!("{line}");
    Ok(())
}

/// The most memory that this process ever held, where the system tells.
fn peak() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}
