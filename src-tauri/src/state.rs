//! What the window's process holds: the engine, and the runs that are open here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use action::{Environment, Progress};
use engine::{ConnectFuture, Connector, Engine, Home, Session};
use run::{Problem, Run, RunId};
use tauri::{AppHandle, Emitter};

use crate::problem::ProblemText;
use crate::view::{ProgressView, RunView};

/// Everything the commands work on.
pub(crate) struct App {
    /// The engine.
    pub(crate) engine: Engine,
    /// The environment to offer first, as it was given when the window was opened.
    pub(crate) environment: Option<String>,
    open: Mutex<HashMap<RunId, Arc<Session>>>,
}

impl App {
    /// The state of a window over the journal in `home`.
    ///
    /// # Errors
    /// A journal that can't be opened or made.
    pub(crate) fn open(home: Home, environment: Option<String>) -> Result<Self, engine::EngineError> {
        let engine = Engine::open(home, Arc::new(Aws))?;
        Ok(Self { engine, environment, open: Mutex::default() })
    }

    /// The session of a run that is open here.
    pub(crate) fn session(&self, run: &RunId) -> Option<Arc<Session>> {
        self.sessions().get(run).cloned()
    }

    /// The session of a run that is open here, to go on with. One that is broken is closed: opening the run anew says
    /// what is in doubt.
    pub(crate) fn sound_session(&self, run: &RunId) -> Option<Arc<Session>> {
        let mut sessions = self.sessions();
        sessions.retain(|id, session| id != run || !session.is_broken());
        sessions.get(run).cloned()
    }

    /// Keeps a session open.
    pub(crate) fn keep(&self, session: Session) -> Arc<Session> {
        let session = Arc::new(session);
        self.sessions().insert(session.run().id().clone(), Arc::clone(&session));
        session
    }

    /// A run that is open here and at work right now.
    pub(crate) fn working(&self) -> Option<Run> {
        let sessions = self.sessions();
        let mut runs = sessions.values().filter(|session| !session.is_broken()).map(|session| session.run());
        runs.find(|run| run.owed().is_some())
    }

    /// What the window is sent of a run.
    ///
    /// # Errors
    /// A journal that can't be read.
    pub(crate) fn view(&self, run: &Run) -> Result<RunView, ProblemText> {
        let journal = self.engine.journal();
        let sealed = if run.ended().is_some() { journal.sealed(run.id())? } else { None };
        let signed = sealed.map(|seal| seal.key.name().to_owned());
        let mut view = RunView::of(run, journal.head(run.id())?, signed);
        view.working &= !self.session(run.id()).is_some_and(|session| session.is_broken());
        Ok(view)
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<RunId, Arc<Session>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what a run owes in the background, and tells the window of every change.
pub(crate) fn work(app: &AppHandle, session: &Arc<Session>) {
    let run = session.run();
    let Some(owed) = run.owed() else { return };
    let (app, session) = (app.clone(), Arc::clone(session));
    let pace = Mutex::new(Pace::new(run.id(), owed.step().to_string()));
    tauri::async_runtime::spawn(async move {
        let progress = |progress: Progress| {
            let shown = pace.lock().unwrap_or_else(PoisonError::into_inner).measure(progress);
            if let Some(shown) = shown {
                send(&app, "progress", shown);
            }
        };
        let changed = |run: &Run| tell(&app, run);
        if let Err(why) = session.work(&progress, &changed).await {
            tell(&app, &session.run());
            send(&app, "problem", ProblemText::from(why));
        }
        seal(&app, &session.run());
    });
}

/// Signs a checkpoint in the background once a run has ended, and tells the window whether that could be done. Without one
/// an export proves its own chain only, and `lifeboat verify` says so of it.
pub(crate) fn seal(app: &AppHandle, run: &Run) {
    use tauri::Manager;
    if run.ended().is_none() {
        return;
    }
    let (app, run) = (app.clone(), run.clone());
    tauri::async_runtime::spawn(async move {
        match engine::seal(app.state::<App>().engine.journal(), run.id()).await {
            // It may have been written to meanwhile.
            Ok(_) => tell(&app, &app.state::<App>().session(run.id()).map_or(run, |session| session.run())),
            Err(why) => {
                let why = why.to_string();
                let what = format!("How the run ended could not be signed: {}.", why.trim_end_matches('.'));
                let next = "It is signed when it is exported: see to the keychain, then export it.";
                send(&app, "problem", ProblemText::new(what, next));
            }
        }
    });
}

/// Tells the window how a run stands.
pub(crate) fn tell(app: &AppHandle, run: &Run) {
    use tauri::Manager;
    match app.state::<App>().view(run) {
        Ok(view) => send(app, "run", view),
        Err(problem) => send(app, "problem", problem),
    }
}

fn send(app: &AppHandle, event: &str, payload: impl serde::Serialize + Clone) {
    if let Err(why) = app.emit(event, payload) {
        tracing::warn!(%why, event, "the window did not hear");
    }
}

/// The engine's way to AWS.
struct Aws;

impl Connector for Aws {
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move {
            aws::connect(environment, &aws::Options::default()).await.map_err(|why| Problem {
                what: why.to_string(),
                next: "Then try again: nothing was asked or done.".to_owned(),
            })
        })
    }
}

/// Works out rates, and keeps the window from being told more often than it can draw.
struct Pace {
    run: String,
    step: String,
    doing: String,
    began: Instant,
    before: u64,
    told: Option<Instant>,
}

impl Pace {
    const OFTEN: Duration = Duration::from_millis(100);

    fn new(run: &RunId, step: String) -> Self {
        let run = run.to_string();
        Self { run, step, doing: String::new(), began: Instant::now(), before: 0, told: None }
    }

    fn measure(&mut self, now: Progress) -> Option<ProgressView> {
        let Progress { doing, done, total, failed, bytes, paused } = now;
        if doing != self.doing || done < self.before {
            (self.began, self.before, self.told) = (Instant::now(), done, None);
            self.doing.clone_from(&doing);
        }
        let last = total == Some(done);
        if self.told.is_some_and(|told| told.elapsed() < Self::OFTEN) && !last {
            return None;
        }
        self.told = Some(Instant::now());
        let seconds = self.began.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate is shown to three digits")]
        let rate = if seconds < 0.2 { 0.0 } else { (done - self.before) as f64 / seconds };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "an estimate in whole seconds"
        )]
        let left = total
            .filter(|_| rate > 0.0)
            .map(|total| (total.saturating_sub(done) as f64 / rate).ceil() as u64);
        let (run, step) = (self.run.clone(), self.step.clone());
        Some(ProgressView { run, step, doing, done, total, failed, bytes, rate, left, paused })
    }
}
