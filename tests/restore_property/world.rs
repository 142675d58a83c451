//! What actions work with here: an S3 on this machine through the real SDK, asked for small pages.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use action::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, PageMarker, PhotoStore, PortError, Ports, Receipt,
    Removed, Thawing, Tier, VersionId, VersionPage,
};
use action::{Action, Context, Environment, Failure, Origin, Outcome, Verdict};
use async_trait::async_trait;
use engine::Folder;
use jiff::Timestamp;
use range::Range;

/// What a listing doesn't heed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deaf {
    Nothing,
    /// Where the page is to begin.
    Markers,
    /// What keys are to begin with.
    Prefix,
}

/// Asks for small pages, so that keys straddle them.
pub(crate) struct SmallPages {
    pub(crate) photos: Arc<dyn PhotoStore>,
    pub(crate) page: Option<u16>,
    pub(crate) deaf: Deaf,
}

#[async_trait]
impl PhotoStore for SmallPages {
    async fn bucket(&self, bucket: &str) -> Result<BucketFacts, PortError> {
        self.photos.bucket(bucket).await
    }

    async fn list_versions(
        &self,
        bucket: &str,
        prefix: &str,
        after: Option<&PageMarker>,
        limit: Option<u16>,
    ) -> Result<VersionPage, PortError> {
        let after = after.filter(|_| self.deaf != Deaf::Markers);
        let prefix = if self.deaf == Deaf::Prefix { "" } else { prefix };
        self.photos.list_versions(bucket, prefix, after, limit.or(self.page)).await
    }

    async fn copy_version(&self, bucket: &str, copy: &CopyVersion) -> Result<Receipt, PortError> {
        self.photos.copy_version(bucket, copy).await
    }

    async fn put_marker(&self, bucket: &str, key: &str, etag: &str) -> Result<Receipt, PortError> {
        self.photos.put_marker(bucket, key, etag).await
    }

    async fn remove_versions(
        &self,
        bucket: &str,
        entries: &[(String, VersionId)],
    ) -> Result<Removed, PortError> {
        self.photos.remove_versions(bucket, entries).await
    }

    async fn thaw(
        &self,
        bucket: &str,
        key: &str,
        version: &VersionId,
        tier: Tier,
        days: Option<u32>,
    ) -> Result<Option<String>, PortError> {
        self.photos.thaw(bucket, key, version, tier, days).await
    }

    async fn thawing(&self, bucket: &str, key: &str, version: &VersionId) -> Result<Thawing, PortError> {
        self.photos.thawing(bucket, key, version).await
    }

    async fn current(&self, bucket: &str, key: &str) -> Result<Option<Current>, PortError> {
        self.photos.current(bucket, key).await
    }

    async fn digest(&self, bucket: &str, key: &str, version: &VersionId) -> Result<ContentDigest, PortError> {
        self.photos.digest(bucket, key, version).await
    }

    async fn described(&self, bucket: &str, key: &str, version: &VersionId) -> Result<String, PortError> {
        self.photos.described(bucket, key, version).await
    }
}

pub(crate) struct World {
    environment: Environment,
    pub(crate) ports: Ports,
    origin: Origin,
    now: Timestamp,
    stop: AtomicBool,
    disk: Folder,
}

impl World {
    /// On the practice range.
    pub(crate) async fn on(range: &Range, page: u16, now: i64) -> Self {
        let now = Timestamp::from_second(now).unwrap();
        Self::of(Environment::practice(range.endpoint()), Some(page), now).await
    }

    /// In an environment on this machine.
    pub(crate) async fn of(environment: Environment, page: Option<u16>, now: Timestamp) -> Self {
        let ports = aws::connect(&environment, &aws::Options::default()).await.unwrap();
        let photos = Arc::new(SmallPages { photos: ports.photos, page, deaf: Deaf::Nothing });
        let ports = Ports { photos, ..ports };
        let origin = Origin { run: "run-1".to_owned(), mode: "exercise".to_owned() };
        let disk = Folder::new(&std::env::temp_dir());
        Self { environment, ports, origin, now, stop: AtomicBool::new(false), disk }
    }

    /// From now on its listing doesn't heed something.
    pub(crate) fn deafen(&mut self, deaf: Deaf) {
        let photos = Arc::clone(&self.ports.photos);
        self.ports.photos = Arc::new(SmallPages { photos, page: None, deaf });
    }

    /// Plans, applies and verifies an action.
    pub(crate) async fn restore(&self, id: &str, params: &[(&str, &str)]) -> Result<Restored, Failure> {
        let params = params.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let action = Action::from_params(id, &params).unwrap();
        let mut plan = Vec::new();
        action.plan(&self.cx(), &mut plan).await?;
        let applied = self.apply(&action, &plan).await;
        let source = Box::new(std::io::Cursor::new(plan));
        let verified = action.verify(&self.cx(), source, &mut Vec::new()).await?;
        Ok(Restored { applied, verified })
    }

    pub(crate) fn cx(&self) -> Context<'_> {
        Context {
            ports: &self.ports,
            environment: &self.environment,
            origin: &self.origin,
            inventory: None,
            record: &|_| Ok(()),
            disk: &self.disk,
            now: self.now,
            progress: &|_| {},
            stop: &self.stop,
        }
    }

    pub(crate) async fn apply(&self, action: &Action, plan: &[u8]) -> Outcome {
        let source = Box::new(std::io::Cursor::new(plan.to_vec()));
        action.apply(&self.cx(), source, &mut Vec::new()).await.unwrap()
    }
}

/// What a restore came to.
#[derive(Debug)]
pub(crate) struct Restored {
    pub(crate) applied: Outcome,
    pub(crate) verified: Outcome,
}

impl Restored {
    /// What both outcomes say.
    pub(crate) fn verdicts(&self) -> [Verdict; 2] {
        [self.applied.verdict, self.verified.verdict]
    }
}
