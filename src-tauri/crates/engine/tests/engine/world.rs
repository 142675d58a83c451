//! A data directory, an engine over it, and a far side.

use std::collections::BTreeMap;
use std::sync::Arc;

use action::Environment;
use engine::{Engine, EngineError, Home, Session};
use journal::Journal;
use run::{Command, Digest, Event, Mode, Problem, Request, Run, RunId, Stage, Work};
use runbook::StepId;
use rusqlite::Connection;
use tempfile::TempDir;

use crate::far::{Far, Way};

const RUNBOOK: &str = r#"# Restore

### Restore
```yaml step
id: restore
action: photos.restore
with: { bucket: photos, at: "2026-11-24T02:00:00Z" }
approval: approver
timeout: 1s
```

### Verify
```yaml step
id: verify
action: photos.verify
with: { bucket: photos, at: "2026-11-24T02:00:00Z" }
```
"#;

pub(crate) struct World {
    pub(crate) far: Arc<Far>,
    pub(crate) engine: Engine,
    folder: TempDir,
}

impl World {
    pub(crate) fn new(photos: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let far = Far::new(photos);
        let engine = Engine::open(Home::at(folder.path()), Arc::new(Way(far.clone()))).unwrap();
        Self { far, engine, folder }
    }

    /// Another process over the same data directory.
    pub(crate) fn another(&self) -> Engine {
        Engine::open(self.home(), Arc::new(Way(self.far.clone()))).unwrap()
    }

    pub(crate) fn home(&self) -> Home {
        Home::at(self.folder.path())
    }

    pub(crate) fn request(&self) -> Request {
        Request {
            name: "runbook.md".into(),
            source: RUNBOOK.into(),
            mode: Mode::Exercise,
            environment: Environment::practice("http://127.0.0.1:9311"),
            parameters: BTreeMap::new(),
            operator: "Sam".into(),
            outage_began: None,
            declared: "2026-11-24T03:00:00Z".parse().unwrap(),
        }
    }

    /// A run without a timeout.
    pub(crate) fn start(&self) -> Session {
        let mut request = self.request();
        request.source = request.source.replace("timeout: 1s\n", "");
        self.engine.start(request).unwrap()
    }

    /// A run whose plan waits for approval.
    pub(crate) async fn planned(&self) -> Session {
        let session = self.start();
        plan(&session).await;
        session
    }

    /// The file of the journal, to meddle with.
    pub(crate) fn file(&self) -> Connection {
        Connection::open(self.home().journal()).unwrap()
    }

    /// From now on no entry can be written.
    pub(crate) fn refuse_entries(&self) {
        refuse_entries(&self.file());
    }

    pub(crate) fn accept_entries(&self) {
        self.file().execute_batch("DROP TRIGGER refused").unwrap();
    }

    /// The kinds of the run's entries, as the disk has them.
    pub(crate) fn kinds(&self, id: &RunId) -> Vec<String> {
        kinds(&self.home(), id)
    }
}

pub(crate) fn refuse_entries(file: &Connection) {
    let refused = "CREATE TRIGGER refused BEFORE INSERT ON entry BEGIN SELECT raise(ABORT, 'no more'); END";
    file.execute_batch(refused).unwrap();
}

pub(crate) fn kinds(home: &Home, id: &RunId) -> Vec<String> {
    let entries = Journal::open_read_only(&home.journal()).unwrap().entries(id).unwrap();
    let kind = |event: &str| {
        let event: Event = serde_json::from_str(event).unwrap();
        serde_json::to_value(event).unwrap()["event"].as_str().unwrap().to_owned()
    };
    entries.iter().map(|entry| kind(&entry.event)).collect()
}

pub(crate) fn restore() -> StepId {
    "restore".into()
}

pub(crate) async fn work(session: &Session) -> Result<(), EngineError> {
    session.work(&|_| {}, &|_| {}).await
}

pub(crate) fn plan_command() -> Command {
    Command::Plan { step: restore(), with: BTreeMap::new() }
}

/// Asks for a plan, and waits for it.
pub(crate) async fn plan(session: &Session) {
    session.submit("Sam", &plan_command()).unwrap();
    work(session).await.unwrap();
    assert!(waiting(&session.run()).is_some(), "{:?}", session.run().step(&restore()).work);
}

pub(crate) fn waiting(run: &Run) -> Option<Digest> {
    match &run.step(&restore()).work {
        Work::Planned { digest, .. } => Some(digest.clone()),
        _ => None,
    }
}

pub(crate) fn approve_command(session: &Session) -> Command {
    let digest = waiting(&session.run()).unwrap();
    Command::Approve { step: restore(), digest, by: Some("Dana".into()), typed: None }
}

pub(crate) fn approve(session: &Session) {
    session.submit("Sam", &approve_command(session)).unwrap();
}

pub(crate) fn verified(session: &Session) -> bool {
    matches!(session.run().step(&restore()).work, Work::Verified { .. })
}

/// What went wrong with the step, and in what.
pub(crate) fn failed(session: &Session) -> (Stage, Problem) {
    match &session.run().step(&restore()).work {
        Work::Failed { stage, problem: Some(problem), .. } => (*stage, problem.clone()),
        work => panic!("{work:?}"),
    }
}
