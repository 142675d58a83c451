//! The far side: a bucket whose photos were all deleted, and which can be made to wait.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use action::port::*;
use action::{Environment, Ports};
use async_trait::async_trait;
use engine::{ConnectFuture, Connector};
use jiff::Timestamp;
use run::Problem;
use tokio::sync::Semaphore;

type Hook = Box<dyn Fn(&str) + Send + Sync>;

pub(crate) struct Far {
    /// How many photos there were.
    photos: usize,
    back: Mutex<BTreeSet<String>>,
    calls: Mutex<Vec<String>>,
    hook: Mutex<Option<Hook>>,
    /// Copies wait here once they are to be held; each says that it has come.
    held: AtomicBool,
    come: Semaphore,
    go: Semaphore,
    /// How long a copy takes, in milliseconds.
    slow: AtomicU64,
    pub(crate) connections: AtomicU64,
    pub(crate) account: Mutex<&'static str>,
    /// What the next listing fails with.
    pub(crate) fault: Mutex<Option<PortErrorKind>>,
    /// What every copy fails with from the sixth on, and every look at a photo then.
    pub(crate) cut: Mutex<Option<PortErrorKind>>,
    pub(crate) unreachable: AtomicBool,
    /// How far this machine's clock is ahead of the far side's, in seconds.
    pub(crate) ahead: AtomicI64,
    /// What every error quotes.
    pub(crate) words: Mutex<String>,
}

impl Far {
    pub(crate) fn new(photos: usize) -> Arc<Self> {
        Arc::new(Self {
            photos,
            back: Mutex::default(),
            calls: Mutex::default(),
            hook: Mutex::default(),
            held: AtomicBool::new(false),
            come: Semaphore::new(0),
            go: Semaphore::new(0),
            slow: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            account: Mutex::new("000000000000"),
            fault: Mutex::default(),
            cut: Mutex::default(),
            unreachable: AtomicBool::new(false),
            ahead: AtomicI64::new(1),
            words: Mutex::default(),
        })
    }

    /// What was asked so far, by operation.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.calls.lock().unwrap().iter().filter(|call| *call == operation).count()
    }

    pub(crate) fn all_calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    pub(crate) fn back(&self) -> usize {
        self.back.lock().unwrap().len()
    }

    /// Called at the beginning of every request.
    pub(crate) fn at_each(&self, hook: impl Fn(&str) + Send + Sync + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    pub(crate) fn hold(&self) {
        self.held.store(true, Ordering::SeqCst);
    }

    /// Waits until a copy is held.
    pub(crate) async fn is_held(&self) {
        self.come.acquire().await.unwrap().forget();
    }

    pub(crate) fn release(&self) {
        self.held.store(false, Ordering::SeqCst);
        self.go.add_permits(10_000);
    }

    pub(crate) fn slow(&self, milliseconds: u64) {
        self.slow.store(milliseconds, Ordering::SeqCst);
    }

    fn is_cut(&self, operation: &str) -> Result<(), PortError> {
        let kind = *self.cut.lock().unwrap();
        kind.filter(|_| self.back() >= 5).map_or(Ok(()), |kind| Err(self.error(kind, operation)))
    }

    fn called(&self, operation: &str) {
        self.calls.lock().unwrap().push(operation.to_owned());
        if let Some(hook) = &*self.hook.lock().unwrap() {
            hook(operation);
        }
    }

    fn error(&self, kind: PortErrorKind, operation: &str) -> PortError {
        PortError {
            kind,
            operation: operation.to_owned(),
            target: "photos".to_owned(),
            message: format!("{kind:?}{}", self.words.lock().unwrap()),
            request_id: None,
            next: "Log in.".to_owned(),
        }
    }
}

#[async_trait]
impl PhotoStore for Far {
    async fn bucket(&self, _: &str) -> Result<BucketFacts, PortError> {
        self.called("bucket");
        let encryption = Some("AES256".to_owned());
        Ok(BucketFacts {
            versioning: Versioning::Enabled,
            encryption,
            expiry: Some(vec![]),
            lock: Some(false),
            acls: Some(false),
            replicated: Some(false),
        })
    }

    async fn list_versions(
        &self,
        _: &str,
        _: &str,
        _: Option<&PageMarker>,
        _: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        self.called("list");
        if let Some(kind) = self.fault.lock().unwrap().take() {
            return Err(self.error(kind, "ListObjectVersions"));
        }
        let mut page = VersionPage { photos: vec![], markers: vec![], next: None };
        let back = self.back.lock().unwrap();
        for number in 0..self.photos {
            let key = format!("photos/{number:05}.jpg");
            let is_back = back.contains(&key);
            if is_back {
                page.photos.push(photo(&key, "back", "2026-11-24T03:20:00Z", true));
            }
            page.photos.push(photo(&key, "good", "2026-11-01T00:00:00Z", false));
            page.markers
                .push(Version { photo: None, ..photo(&key, "marker", "2026-11-24T02:30:00Z", !is_back) });
        }
        Ok(page)
    }

    async fn copy_version(&self, _: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        self.called("copy");
        if self.held.load(Ordering::SeqCst) {
            self.come.add_permits(1);
            self.go.acquire().await.unwrap().forget();
        }
        let slow = self.slow.load(Ordering::SeqCst);
        if slow > 0 {
            tokio::time::sleep(Duration::from_millis(slow)).await;
        }
        self.is_cut("CopyObject")?;
        if !self.back.lock().unwrap().insert(copy.key.clone()) {
            return Err(self.error(PortErrorKind::Changed, "CopyObject"));
        }
        let request_id = Some("R1".to_owned());
        Ok(Receipt { version: Some(VersionId("back".to_owned())), etag: Some(etag(&copy.key)), request_id })
    }

    async fn put_marker(&self, _: &str, _: &str, _: &str) -> Result<Receipt, PortError> {
        self.called("mark");
        Err(self.error(PortErrorKind::Denied, "DeleteObject"))
    }

    async fn remove_versions(&self, _: &str, _: &[(String, VersionId)]) -> Result<Removed, PortError> {
        unimplemented!("no run here removes anything")
    }

    async fn thaw(
        &self,
        _: &str,
        _: &str,
        _: &VersionId,
        _: Tier,
        _: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        unimplemented!("nothing here is archived")
    }

    async fn thawing(&self, _: &str, _: &str, _: &VersionId) -> Result<Thawing, PortError> {
        unimplemented!("nothing here is archived")
    }

    async fn current(&self, _: &str, key: &str) -> Result<Option<Current>, PortError> {
        self.called("head");
        self.is_cut("HeadObject")?;
        let back = self.back.lock().unwrap().contains(key);
        Ok(back.then(|| Current { version: VersionId("back".to_owned()), etag: etag(key), size: 9 }))
    }

    async fn digest(&self, _: &str, _: &str, _: &VersionId) -> Result<ContentDigest, PortError> {
        self.called("get");
        Ok(ContentDigest { sha256: "0".repeat(64), bytes: 9 })
    }

    async fn described(&self, _: &str, _: &str, _: &VersionId) -> Result<String, PortError> {
        self.called("describe");
        Ok("image/jpeg".to_owned())
    }
}

fn etag(key: &str) -> String {
    key.bytes().map(|byte| format!("{byte:02x}")).collect::<String>()[..32].to_owned()
}

fn photo(key: &str, id: &str, at: &str, latest: bool) -> Version {
    let photo = Photo { etag: etag(key), size: 9, storage_class: "STANDARD".to_owned(), ..Photo::default() };
    Version {
        key: key.to_owned(),
        id: VersionId(id.to_owned()),
        modified: at.parse().unwrap(),
        latest,
        photo: Some(photo),
    }
}

#[async_trait]
impl Identity for Far {
    async fn whoami(&self) -> Result<Caller, PortError> {
        self.called("whoami");
        let account = (*self.account.lock().unwrap()).to_owned();
        let arn = format!("arn:aws:iam::{account}:user/sam");
        let ahead = Some(self.ahead.load(Ordering::SeqCst));
        Ok(Caller { account, arn, region: "us-east-1".to_owned(), ahead })
    }
}

#[async_trait]
impl Pace for Far {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn pause(&self, _: &AtomicBool) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Connects to a [`Far`].
pub(crate) struct Way(pub(crate) Arc<Far>);

impl Connector for Way {
    fn connect<'a>(&'a self, _: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move {
            self.0.connections.fetch_add(1, Ordering::SeqCst);
            if self.0.unreachable.load(Ordering::SeqCst) {
                let what = "profile veonics-dr is not there".to_owned();
                return Err(Problem { what, next: "Choose another.".to_owned() });
            }
            Ok(Ports { pace: self.0.clone(), ..Ports::of_photos(self.0.clone(), self.0.clone()) })
        })
    }
}
