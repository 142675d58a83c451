//! Every method, on S3s that others wrote, judged by boto3.

use action::{Environment, Verdict};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::restore_property::world::{Restored, World};
use crate::support::moto::Moto;

const METHODS: &str = include_str!("methods.py");
const LOOK: &str = include_str!("look.py");
const REPLICA: &str = include_str!("replica.py");
const BUCKET: &str = "veonics-photos";

/// A bucket that was damaged, on somebody's S3.
pub(crate) struct Damaged<'a> {
    /// Runs a script in a Python that has boto3.
    pub(crate) python: &'a dyn Fn(&str, &[&str]) -> String,
    pub(crate) environment: Environment,
}

impl Damaged<'_> {
    /// Restores with a method; what boto3 sees before and after.
    async fn restore(
        &self,
        id: &str,
        more: &[(&str, &str)],
    ) -> (Map<String, Value>, Restored, Map<String, Value>) {
        let at = (self.python)(METHODS, &[BUCKET]);
        let look = || serde_json::from_str::<Map<String, Value>>(&(self.python)(LOOK, &[BUCKET])).unwrap();
        let before = look();
        let world = World::of(self.environment.clone(), None, Timestamp::now()).await;
        let params = [("bucket", BUCKET), ("prefix", "p/"), ("at", at.trim_end())];
        let restored = world.restore(id, &[&params[..], more].concat()).await.unwrap();
        (before, restored, look())
    }

    /// `photos.restore` in place.
    pub(crate) async fn is_copied_back(&self) {
        let (before, restored, after) = self.restore("photos.restore", &[]).await;
        assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
        assert_eq!(restored.applied.outputs["restored"], "226");
        for (key, was) in &before {
            let (is, copied) = (&after[key], !key.starts_with("p/kept/"));
            if !key.starts_with("p/") || matches!(&key[..], "p/old" | "p/new") {
                assert_eq!(was, is, "{key}");
                continue;
            }
            assert_eq!(is["reads"], good(key), "{key}");
            assert_eq!(is["DeleteMarkers"], was["DeleteMarkers"], "{key}");
            assert_eq!(count(is), count(was) + usize::from(copied), "{key}");
            for version in was["Versions"].as_array().unwrap() {
                assert!(is["Versions"].as_array().unwrap().contains(version), "{key}: a version is gone");
            }
        }
        assert_eq!(before.len(), after.len());
    }

    /// `photos.undelete`: the markers go, and nothing else does.
    pub(crate) async fn is_undeleted(&self) {
        let (before, restored, after) = self.restore("photos.undelete", &[]).await;
        // What was overwritten is named, and left.
        assert_eq!(restored.verdicts(), [Verdict::Failed; 2], "{restored:?}");
        assert_eq!(restored.applied.outputs["restored"], "222", "{restored:?}");
        assert_eq!(restored.applied.outputs["failed"], "0");
        for (key, was) in &before {
            let mut expected = was.clone();
            if key.starts_with("p/gone/") {
                (expected["DeleteMarkers"], expected["reads"]) = (json!([]), good(key));
            }
            assert_eq!(after[key], expected, "{key}");
        }
        assert_eq!(before.len(), after.len());
    }

    /// `photos.rewind`: all that is newer goes, and nothing else does.
    pub(crate) async fn is_rewound(&self) {
        let (before, restored, after) = self.restore("photos.rewind", &[]).await;
        assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
        for (key, was) in &before {
            if !key.starts_with("p/") || key.starts_with("p/kept/") || key == "p/old" {
                assert_eq!(Some(was), after.get(key), "{key}");
            } else if key == "p/new" {
                assert_eq!(after.get(key), None);
            } else {
                let is = &after[key];
                assert_eq!((&is["reads"], count(is)), (&good(key), 1), "{key}");
                assert_eq!(is["DeleteMarkers"], json!([]), "{key}");
                assert!(was["Versions"].as_array().unwrap().contains(&is["Versions"][0]), "{key}");
            }
        }
        assert_eq!(before.len(), after.len() + 1);
    }

    /// `photos.restore` under another prefix: what is there stays as it is.
    pub(crate) async fn is_copied_beside(&self) {
        let beside = [("target_prefix", "beside/")];
        let (before, restored, after) = self.restore("photos.restore", &beside).await;
        assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
        assert_eq!(restored.applied.outputs["restored"], "229", "{restored:?}");
        for (key, was) in &before {
            assert_eq!(Some(was), after.get(key), "{key}");
            let copy = key.strip_prefix("p/").and_then(|rest| after.get(&format!("beside/{rest}")));
            if !key.starts_with("p/") || matches!(&key[..], "p/old" | "p/new") {
                assert_eq!(copy, None, "{key}");
            } else {
                let copy = copy.unwrap();
                assert_eq!((&copy["reads"], count(copy)), (&good(key), 1), "{key}");
            }
        }
        assert_eq!(after.len(), before.len() + 229);
    }
}

/// Photos whose versions were all removed come back from the replica, with their checksums.
pub(crate) async fn is_brought_back_from_a_replica(of: &Damaged<'_>) {
    let at = (of.python)(REPLICA, &["damage", BUCKET, "replica"]);
    let look = || (of.python)(REPLICA, &["look", BUCKET]);
    let before: Map<String, Value> = serde_json::from_str(&look()).unwrap();
    assert_eq!(before.len(), 10);
    let world = World::of(of.environment.clone(), None, Timestamp::now()).await;
    let params = [("bucket", BUCKET), ("source_bucket", "replica"), ("prefix", "p/"), ("at", at.trim_end())];
    let restored = world.restore("photos.restore", &params).await.unwrap();
    assert_eq!(restored.verdicts(), [Verdict::Passed; 2], "{restored:?}");
    assert_eq!(restored.applied.outputs["restored"], "30", "{restored:?}");
    let after: Map<String, Value> = serde_json::from_str(&look()).unwrap();
    assert_eq!(after.len(), 40);
    for (key, is) in &after {
        assert_eq!(*is, json!([format!("good {key}"), true]), "{key}");
    }
}

fn good(key: &str) -> Value {
    json!([format!("good {key}"), "image/jpeg", "42"])
}

fn count(of: &Value) -> usize {
    of["Versions"].as_array().unwrap().len()
}

macro_rules! on_moto {
    ($($name:ident: $check:ident),+) => {$(
        #[tokio::test]
        async fn $name() {
            let moto = Moto::start();
            let environment = moto.environment();
            let python = |script: &str, args: &[&str]| moto.python(script, args);
            Damaged { python: &python, environment }.$check().await;
        }
    )+};
}

on_moto! {
    boto3_reads_what_was_copied_back: is_copied_back,
    boto3_reads_what_was_undeleted: is_undeleted,
    boto3_reads_what_was_rewound: is_rewound,
    boto3_reads_what_was_copied_beside: is_copied_beside
}
