//! Known ways to get a restore wrong, each of which another tool was seen to take.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use action::{Failure, Verdict};
use jiff::Timestamp;
use range::{Conditions, Faults, Put, Range, RangeOptions};

use crate::restore_property::world::{Deaf, World};

struct Scene {
    range: Range,
    clock: Arc<AtomicI64>,
    at: String,
}

impl Scene {
    fn new() -> Self {
        let clock = Arc::new(AtomicI64::new(1_790_000_000));
        let ticking = Arc::clone(&clock);
        let time = Arc::new(move || Timestamp::from_second(ticking.load(Ordering::Relaxed)).unwrap());
        let range = Range::start(RangeOptions { clock: time, ..RangeOptions::default() }).unwrap();
        Self { range, clock, at: String::new() }
    }

    fn put(&self, key: &str, text: &str) {
        let put = Put { bytes: text.to_owned().into(), ..Put::default() };
        self.range.store().put(self.name(), key, put, &Conditions::default()).unwrap();
    }

    fn delete(&self, key: &str) {
        self.range.store().delete(self.name(), key, None, &Conditions::default()).unwrap();
    }

    fn name(&self) -> &str {
        &self.range.ready().bucket
    }

    /// What comes later is not to be.
    fn good_until_now(&mut self) {
        self.at = Timestamp::from_second(self.clock.load(Ordering::Relaxed)).unwrap().to_string();
        self.clock.fetch_add(5, Ordering::Relaxed);
    }

    fn params<'a>(&'a self, prefix: &'a str) -> [(&'a str, &'a str); 3] {
        [("bucket", self.name()), ("prefix", prefix), ("at", &self.at)]
    }

    /// The world after it all, with pages of so many entries.
    async fn world(&self, page: u16) -> World {
        let now = self.clock.fetch_add(5, Ordering::Relaxed) + 5;
        World::on(&self.range, page, now).await
    }

    fn read(&self, key: &str) -> Option<String> {
        let version = self.range.store().get(self.name(), key, None).ok()?;
        Some(String::from_utf8(version.object.unwrap().bytes.to_vec()).unwrap())
    }

    fn versions(&self, key: &str) -> usize {
        self.range.store().snapshot().iter().filter(|entry| entry.key == key).count()
    }
}

/// s3-pit-restore ends at the first page without a version.
#[tokio::test]
async fn a_page_of_nothing_but_delete_markers_is_not_the_end() {
    let mut scene = Scene::new();
    scene.put("p/a", "a");
    scene.put("p/z", "z");
    (0..40).for_each(|n| scene.delete(&format!("p/m{n:02}")));
    scene.good_until_now();
    (0..40).for_each(|n| scene.delete(&format!("p/n{n:02}")));
    scene.delete("p/a");
    scene.delete("p/z");
    for id in ["photos.undelete", "photos.rewind", "photos.restore"] {
        let world = scene.world(10).await;
        let restored = world.restore(id, &scene.params("p/")).await.unwrap();
        assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
        assert_eq!(scene.read("p/z").as_deref(), Some("z"), "{id}");
        assert_eq!(scene.read("p/a").as_deref(), Some("a"), "{id}");
        scene.clock.fetch_add(1, Ordering::Relaxed);
        scene.delete("p/z");
        scene.delete("p/a");
    }
}

/// s3sync copies what never changed, and leaves what was deleted and written again.
#[tokio::test]
async fn what_never_changed_is_left_and_what_was_written_again_is_not() {
    let mut scene = Scene::new();
    for key in ["p/same", "p/again", "p/touched"] {
        scene.put(key, "good");
    }
    scene.good_until_now();
    scene.delete("p/again");
    scene.put("p/again", "another");
    scene.put("p/touched", "good");
    let restored = scene.world(2).await.restore("photos.restore", &scene.params("p/")).await.unwrap();
    assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
    assert_eq!((scene.versions("p/same"), scene.versions("p/touched")), (1, 2), "nothing was to be done");
    assert_eq!((scene.read("p/again").as_deref(), scene.versions("p/again")), (Some("good"), 4));
    assert_eq!(scene.range.counts().of("CopyObject"), 1);
}

/// s3-pit-restore ends well when copies failed.
#[tokio::test]
async fn what_failed_is_never_called_passed() {
    let mut scene = Scene::new();
    let keys: Vec<String> = (0..20).map(|n| format!("p/{n:02}")).collect();
    keys.iter().for_each(|key| scene.put(key, "good"));
    scene.good_until_now();
    keys.iter().for_each(|key| scene.put(key, "bad"));
    let denied_keys = [keys[3].clone(), keys[19].clone()].into();
    scene.range.set_faults(Faults { denied_keys, ..Faults::default() });
    let restored = scene.world(1000).await.restore("photos.restore", &scene.params("p/")).await.unwrap();
    assert_eq!(restored.verdicts(), [Verdict::Failed; 2], "{restored:?}");
    let outputs = &restored.applied.outputs;
    assert_eq!((&outputs["restored"][..], &outputs["failed"][..]), ("18", "2"));
    assert!(restored.applied.examples.iter().any(|example| example.key == keys[3]), "{restored:?}");
}

/// rclone took what a listing gave it for what it had asked for, and deleted live objects.
#[tokio::test]
async fn a_listing_that_answers_something_else_is_refused_and_nothing_is_removed() {
    let mut scene = Scene::new();
    (0..10).for_each(|n| scene.put(&format!("p/{n}"), "good"));
    scene.good_until_now();
    (0..10).for_each(|n| scene.put(&format!("p/{n}"), "bad"));
    scene.put("elsewhere/live", "live");
    scene.put("z/live", "live");
    let before = scene.range.store().snapshot();
    for deaf in [Deaf::Markers, Deaf::Prefix] {
        for id in ["photos.restore", "photos.undelete", "photos.rewind"] {
            for extra in ["leave", "delete"] {
                let mut world = scene.world(5).await;
                world.deafen(deaf);
                let mut params = scene.params("p/").to_vec();
                if id == "photos.restore" {
                    params.push(("extra", extra));
                }
                let refused = world.restore(id, &params).await;
                assert!(
                    matches!(refused, Err(Failure::Refused { .. } | Failure::Port(_))),
                    "{deaf:?} {id}: {refused:?}"
                );
                assert_eq!(before, scene.range.store().snapshot(), "{deaf:?} {id}");
            }
        }
    }
}
