//! A practice range with a few photos, a data directory, and somebody who answers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use action::Environment;
use engine::{ConnectFuture, Connector, Engine, Home, Session};
use jiff::Timestamp;
use journal::{Journal, NewEntries};
use range::{Conditions, Copying, Extras, Put, Range, RangeOptions};
use run::{Command, Event, Mode, Move, Recorded, Request, Run, RunId, Work};
use runbook::{RecordKind, StepKind};
use tempfile::TempDir;

const BEFORE: &str = "2026-03-01T10:00:00Z";
const AT: &str = "2026-03-01T11:00:00Z";
const AFTER: &str = "2026-03-01T12:00:00Z";

/// One key of a plan, and the version that comes back.
pub(super) type Item = (String, String);

/// Every key's history, newest first: a marker, or the photo's content.
type Photos = BTreeMap<String, Vec<Option<Vec<u8>>>>;

pub(super) struct World {
    range: Range,
    _home: TempDir,
    engine: Engine,
}

struct Aws;

impl Connector for Aws {
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move { Ok(aws::connect(environment, &aws::Options::default()).await.unwrap()) })
    }
}

impl World {
    /// Four photos deleted, two overwritten, one new and one untouched since [`AT`].
    pub(super) fn new() -> Self {
        let range = Range::start(RangeOptions::default()).unwrap();
        let bucket = range.ready().bucket.clone();
        let (before, after) = (range.store().at(instant(BEFORE)), range.store().at(instant(AFTER)));
        let put = |text: &str| Put { bytes: text.as_bytes().to_vec().into(), ..Put::default() };
        let always = Conditions::default();
        for n in 0..7 {
            before.put(&bucket, &format!("photos/{n}.jpg"), put(&format!("good {n}")), &always).unwrap();
        }
        for n in 0..4 {
            after.delete(&bucket, &format!("photos/{n}.jpg"), None, &always).unwrap();
        }
        for n in 4..6 {
            after.put(&bucket, &format!("photos/{n}.jpg"), put("garbage"), &always).unwrap();
        }
        after.put(&bucket, "photos/new.jpg", put("new"), &always).unwrap();
        let home = tempfile::tempdir().unwrap();
        let engine = Engine::open(Home::at(home.path()), Arc::new(Aws)).unwrap();
        Self { range, _home: home, engine }
    }

    fn environment(&self) -> Environment {
        Environment::practice(self.range.endpoint())
    }

    pub(super) fn journal(&self) -> &Journal {
        self.engine.journal()
    }

    pub(super) fn start(&self) -> Session {
        let source = runbook::library::Library::new(Path::new("none")).open("restore-badge-photos").unwrap();
        let request = Request {
            name: source.name,
            source: source.text,
            mode: Mode::Exercise,
            environment: self.environment(),
            parameters: BTreeMap::from([("restore_to".to_owned(), AT.to_owned())]),
            operator: "Sam".to_owned(),
            outage_began: None,
            declared: instant(AFTER),
        };
        self.engine.start(request).unwrap()
    }

    pub(super) fn resume(&self, id: &RunId) -> Session {
        self.engine.resume(id, "Sam").unwrap()
    }

    pub(super) fn entries(&self, id: &RunId) -> Vec<Recorded> {
        self.journal().read(id).unwrap()
    }

    /// What the recorded run's plan brings back, in its order.
    pub(super) fn plan(&self, entries: &[Recorded]) -> Vec<Item> {
        let plan = entries.iter().find_map(|entry| match &entry.event {
            Event::PlanReady { plan, .. } => Some(plan),
            _ => None,
        });
        let body =
            std::io::read_to_string(self.journal().attachment(&plan.unwrap().digest).unwrap()).unwrap();
        let lines = body.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
        let copies = lines.filter(|line| line["op"] == "copy");
        copies.map(|line| (text(&line, "key"), text(&line, "version"))).collect()
    }

    /// The journal of another world up to a cut, with the endpoint of this one.
    pub(super) fn replay(&self, recorded: &Self, entries: &[Recorded]) -> RunId {
        let id = recorded.journal().runs().unwrap().remove(0);
        for entry in entries {
            let mut event = entry.event.clone();
            if let Some(kept) = event.attachment() {
                let mut content = Vec::new();
                std::io::copy(&mut recorded.journal().attachment(&kept.digest).unwrap(), &mut content)
                    .unwrap();
                self.journal().attach(&mut std::io::Cursor::new(content)).unwrap();
            }
            if let Event::RunStarted(start) = &mut event {
                start.environment = self.environment();
            }
            let (after, at, actor) = (entry.seq - 1, entry.at, entry.actor.as_str());
            self.journal().append(NewEntries { run: &id, after, at, actor, events: &[event] }).unwrap();
        }
        id
    }

    /// Does what a process did before it died.
    pub(super) fn bring_back(&self, items: &[Item]) {
        let bucket = &self.range.ready().bucket;
        for (key, version) in items {
            let good = self.range.store().snapshot().into_iter();
            let good = good.map(|entry| entry.version).find(|id| id.to_string() == *version).unwrap();
            let copying = Copying {
                bucket,
                key,
                version: Some(&good),
                conditions: Conditions::default(),
                attributes: None,
                tags: None,
                storage_class: None,
                checksum: None,
                extras: Extras::default(),
            };
            self.range.store().copy(copying, bucket, key, &Conditions::default()).unwrap();
        }
    }

    pub(super) fn photos(&self) -> Photos {
        let mut photos = Photos::new();
        for entry in self.range.store().snapshot() {
            let content = (!entry.is_marker).then(|| entry.bytes.to_vec());
            photos.entry(entry.key).or_default().push(content);
        }
        photos
    }
}

/// Answers everything until the run ends.
pub(super) async fn drive(session: &Session) {
    for _ in 0..300 {
        session.work(&|_| {}, &|_| {}).await.unwrap();
        let Some(command) = answer(&session.run()) else { return };
        session.submit("Sam", &command).unwrap();
    }
    panic!("the run does not end: {:?}", session.run().current());
}

/// What somebody who follows the runbook says where a run stands.
fn answer(run: &Run) -> Option<Command> {
    let at = run.current()?;
    let (step, of) = (at.id.clone(), run.step(&at.id));
    if let Some(check) = (0..at.checks.len()).find(|check| !of.ticks.contains_key(check)) {
        return Some(Command::Tick { step, check });
    }
    Some(match run.moves().all[0] {
        Move::Complete => {
            let record = at.record.map(|kind| match kind {
                RecordKind::Time => AFTER.to_owned(),
                RecordKind::Number => "10".to_owned(),
                RecordKind::Text | RecordKind::File => "as expected".to_owned(),
            });
            Command::Complete { step, record }
        }
        Move::Decide => {
            let StepKind::Decision { options } = &at.kind else { panic!("{at:?}") };
            Command::Decide { step, choice: options[0].label.clone() }
        }
        Move::Read => Command::Read { step },
        Move::Plan => Command::Plan { step, with: BTreeMap::new() },
        Move::Approve => {
            let Work::Planned { digest, .. } = &of.work else { panic!("{of:?}") };
            Command::Approve { step, digest: digest.clone(), by: Some("Dana".to_owned()), typed: None }
        }
        Move::ApplyAgain => Command::ApplyAgain { step },
        other => panic!("{other:?} in {of:?}"),
    })
}

fn instant(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn text(line: &serde_json::Value, name: &str) -> String {
    line[name].as_str().unwrap().to_owned()
}
