//! What actions work with here: the practice range through the real SDK, asked for small pages.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use action::port::{
    BucketFacts, ContentDigest, CopyVersion, Current, PageMarker, PhotoStore, PortError, Ports, Receipt,
    Removed, Thawing, Tier, VersionId, VersionPage,
};
use action::{Action, Context, Environment, Origin, Outcome};
use async_trait::async_trait;
use engine::Folder;
use jiff::Timestamp;
use range::Range;

/// Asks for small pages, so that keys straddle them.
pub(super) struct SmallPages {
    photos: Arc<dyn PhotoStore>,
    page: u16,
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
        self.photos.list_versions(bucket, prefix, after, limit.or(Some(self.page))).await
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
        days: u32,
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

pub(super) struct World {
    environment: Environment,
    pub(super) ports: Ports,
    origin: Origin,
    now: Timestamp,
    stop: AtomicBool,
    disk: Folder,
}

impl World {
    pub(super) async fn on(range: &Range, page: u16, now: i64) -> Self {
        let environment = Environment::practice(range.endpoint());
        let ports = aws::connect(&environment, &aws::Options::default()).await.unwrap();
        let photos = Arc::new(SmallPages { photos: ports.photos, page });
        let ports = Ports { photos, ..ports };
        let now = Timestamp::from_second(now).unwrap();
        let origin = Origin { run: "run-1".to_owned(), mode: "exercise".to_owned() };
        let disk = Folder::new(&std::env::temp_dir());
        Self { environment, ports, origin, now, stop: AtomicBool::new(false), disk }
    }

    pub(super) fn cx(&self) -> Context<'_> {
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

    pub(super) async fn apply(&self, action: &Action, plan: &[u8]) -> Outcome {
        let source = Box::new(std::io::Cursor::new(plan.to_vec()));
        action.apply(&self.cx(), source, &mut Vec::new()).await.unwrap()
    }
}
