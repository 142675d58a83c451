//! A run that is open here.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use action::{Ports, Progress, Verdict};
use jiff::Timestamp;
use journal::{Journal, JournalError, LockError, NewEntries, RunLock};
use run::{
    Command, Digest, Event, FoldError, Owed, Rejection, Request, Run, RunId, StartError, State, decide,
};
use runbook::StepId;

use crate::clock::Clock;
use crate::sign_in::{SignInError, sign};
use crate::{Connector, Home};

/// Who the journal names for what the program did by itself.
pub(crate) const LIFEBOAT: &str = "lifeboat";

/// Starts runs and opens them again.
pub struct Engine {
    home: Home,
    pub(crate) journal: Arc<Journal>,
    pub(crate) connector: Arc<dyn Connector>,
}

/// Why something was not done. Nothing was done that is not in the journal.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The run can't start.
    #[error(transparent)]
    Start(#[from] StartError),
    /// The journal can't be used.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The run is open elsewhere.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// The journal's entries aren't a run.
    #[error(transparent)]
    Fold(#[from] FoldError),
    /// The command is refused.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// An earlier write failed, or an effect was left in the middle.
    #[error(
        "this run stopped when what happened could not be written down: {0} Close it, then open it again: it will say \
         what is in doubt."
    )]
    Stopped(String),
    /// The second person can't sign in.
    #[error(transparent)]
    SignIn(#[from] SignInError),
    /// There is nothing in a file.
    #[error("{0} is empty, so there is nothing to keep; choose another file")]
    Empty(String),
    /// A file is too large to keep.
    #[error(
        "{name} has {bytes} bytes, and at most {} are kept; attach the part that matters",
        crate::attach::LARGEST
    )]
    TooLarge {
        /// What it is called.
        name: String,
        /// How many bytes it has.
        bytes: usize,
    },
    /// A file for evidence can't be made.
    #[error(
        "no file for evidence can be made in {folder}: {source}. Free some disk space, then close the run and open it \
         again."
    )]
    Spool {
        /// Where.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl Engine {
    /// An engine over the journal in `home`.
    ///
    /// # Errors
    /// A journal that can't be opened or made.
    pub fn open(home: Home, connector: Arc<dyn Connector>) -> Result<Self, EngineError> {
        let journal = Arc::new(Journal::open(&home.journal())?);
        Ok(Self { home, journal, connector })
    }

    /// The journal, to read.
    pub fn journal(&self) -> &Journal {
        &self.journal
    }

    /// The data directory.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// Starts a run.
    ///
    /// # Errors
    /// A request that can't start; a journal that can't be written.
    pub fn start(&self, request: Request) -> Result<Session, EngineError> {
        let start = request.check()?;
        let now = now();
        let mut salt =
            [std::process::id().to_be_bytes().as_slice(), Timestamp::now().to_string().as_bytes()].concat();
        let mut id = RunId::new(now, &salt);
        while self.journal.runs()?.contains(&id) {
            salt.push(0);
            id = RunId::new(now, &salt);
        }
        let lock = RunLock::take(&self.home.locks(), &id)?;
        let actor = start.operator.clone();
        let events = [Event::RunStarted(Box::new(start))];
        let entries = self.journal.append(NewEntries {
            run: &id,
            after: 0,
            at: now,
            actor: &actor,
            events: &events,
        })?;
        let run = Run::fold(id, entries)?;
        Ok(self.session(run, lock))
    }

    /// Opens a run where its journal ends. If it has not ended, that it was opened is recorded, and whatever was
    /// going on in another process is no longer: see [`Run::owed`].
    ///
    /// # Errors
    /// A run that isn't there, can't be read, or is open elsewhere.
    pub fn resume(&self, id: &RunId, actor: &str) -> Result<Session, EngineError> {
        let actor = actor.trim();
        if actor.is_empty() {
            return Err(Rejection::NoName.into());
        }
        // Before the lock, which leaves a file behind.
        if self.journal.head(id)? == journal::GENESIS {
            return Err(FoldError::Empty(id.clone()).into());
        }
        let lock = RunLock::take(&self.home.locks(), id)?;
        let run = self.read(id)?;
        let session = self.session(run, lock);
        if *session.run().state() == State::Active {
            session.record(actor, &[Event::Resumed])?;
        }
        // A journal that was cut just before its last entry: every step is done, and only the end is missing.
        let run = session.run();
        if *run.state() == State::Active && run.current().is_none() {
            session.record(LIFEBOAT, &[Event::RunFinished])?;
        }
        Ok(session)
    }

    /// A run as its journal has it, to look at.
    ///
    /// # Errors
    /// A run that isn't there or can't be read.
    pub fn read(&self, id: &RunId) -> Result<Run, EngineError> {
        self.journal.fold(id)
    }

    fn session(&self, run: Run, lock: RunLock) -> Session {
        Session {
            home: self.home.clone(),
            journal: Arc::clone(&self.journal),
            connector: Arc::clone(&self.connector),
            run: Mutex::new(run),
            broken: Mutex::new(None),
            ports: tokio::sync::Mutex::new(None),
            working: tokio::sync::Mutex::new(()),
            clock: Clock::new(now()),
            stop: AtomicBool::new(false),
            _lock: lock,
        }
    }
}

/// Which plan a second person approves.
#[derive(Debug, Clone)]
pub struct SignedApproval {
    /// The step.
    pub step: StepId,
    /// The plan's digest.
    pub digest: Digest,
    /// Who approves.
    pub by: String,
    /// The name of what will be gone, typed, for a plan that destroys something.
    pub typed: Option<String>,
}

/// A run that is open here, and nowhere else. Commands may be submitted while an effect is being performed.
pub struct Session {
    pub(crate) home: Home,
    pub(crate) journal: Arc<Journal>,
    pub(crate) connector: Arc<dyn Connector>,
    run: Mutex<Run>,
    broken: Mutex<Option<String>>,
    pub(crate) ports: tokio::sync::Mutex<Option<Ports>>,
    working: tokio::sync::Mutex<()>,
    pub(crate) clock: Clock,
    pub(crate) stop: AtomicBool,
    _lock: RunLock,
}

impl Session {
    /// The run as it stands.
    pub fn run(&self) -> Run {
        self.lock().clone()
    }

    /// Decides a command and records what it leads to. What the run then owes, [`Session::work`] does.
    ///
    /// # Errors
    /// [`EngineError::Rejected`]; a journal that can't be written.
    pub fn submit(&self, actor: &str, command: &Command) -> Result<Run, EngineError> {
        let mut run = self.lock();
        self.sound()?;
        let now = now();
        let events = decide(&run, actor.trim(), command, now)?;
        // A request to stop is for what was asked before it; nothing that may still hear it is at work.
        if run.owed().is_none() {
            self.stop.store(false, Ordering::Relaxed);
        }
        self.append(&mut run, actor.trim(), now, &events)?;
        Ok(run.clone())
    }

    /// Approves a plan under the second person's signature, which their passphrase makes.
    ///
    /// # Errors
    /// [`EngineError::SignIn`]; and as [`Session::submit`].
    pub async fn approve_signed(
        &self,
        actor: &str,
        approval: SignedApproval,
        passphrase: &str,
    ) -> Result<Run, EngineError> {
        let SignedApproval { step, digest, by, typed } = approval;
        let by = by.trim().to_owned();
        let text = run::approval_text(self.lock().id(), &step, &digest, &by);
        let signed = sign(&by, passphrase, &text).await?;
        self.submit(actor, &Command::ApproveSigned { step, digest, by, signed, typed })
    }

    /// Performs what the run owes until it owes nothing, and records each outcome. `progress` is told how far an
    /// effect is; `changed` is called after every entry. A second call while one works waits for its turn.
    ///
    /// Dropping the future in the middle of an effect leaves nobody to say how far it got: the session refuses
    /// everything from then on, as after a failed write, and opening the run again looks first.
    ///
    /// # Errors
    /// Only what keeps outcomes from being recorded: what goes wrong in an effect is itself an outcome.
    pub async fn work(
        &self,
        progress: &(dyn Fn(Progress) + Send + Sync),
        changed: &(dyn Fn(&Run) + Send + Sync),
    ) -> Result<(), EngineError> {
        let _turn = self.working.lock().await;
        loop {
            self.sound()?;
            let run = self.run();
            let Some(owed) = run.owed() else { return Ok(()) };
            let ledger = self.ledger(&run, &owed);
            self.keep_what_broke_off(&run, &owed, ledger.as_deref())?;
            let applies = matches!(owed, Owed::Apply { .. });
            let midway = Midway(self);
            let event = self
                .perform(&run, owed, ledger.as_deref().filter(|_| applies), progress, changed)
                .await
                .inspect_err(|why| self.breaks(why))?;
            std::mem::forget(midway);
            let over = match &event {
                Event::ApplyFinished { .. } => true,
                Event::VerifyFinished { outcome, .. } => outcome.verdict == Verdict::Passed,
                _ => false,
            };
            changed(&self.record(LIFEBOAT, &[event])?);
            if over {
                // It is in the journal; one that stays behind takes room and does no harm.
                let _ = ledger.map(std::fs::remove_file);
            }
        }
    }

    /// Asks what is being performed, or about to be, to stop between two items, and holds until the next command.
    /// What it leaves behind is recorded.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// Records what happened.
    pub(crate) fn record(&self, actor: &str, events: &[Event]) -> Result<Run, EngineError> {
        let mut run = self.lock();
        self.append(&mut run, actor, now(), events)?;
        Ok(run.clone())
    }

    fn append(&self, run: &mut Run, actor: &str, at: Timestamp, events: &[Event]) -> Result<(), EngineError> {
        if events.is_empty() {
            return Ok(());
        }
        if let Some(jump) = self.clock.look(at) {
            self.write(run, LIFEBOAT, at, &[jump])?;
        }
        self.write(run, actor, at, events)
    }

    fn write(&self, run: &mut Run, actor: &str, at: Timestamp, events: &[Event]) -> Result<(), EngineError> {
        let new = NewEntries { run: &run.id().clone(), after: run.seq(), at, actor, events };
        let entries = self.journal.append(new).inspect_err(|why| self.breaks(why))?;
        for entry in entries {
            run.absorb(entry)?;
        }
        Ok(())
    }

    /// From now on nothing goes on: what happened could not be written down.
    pub(crate) fn breaks(&self, why: &impl ToString) {
        let mut broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.get_or_insert_with(|| why.to_string());
    }

    /// Whether what happened could not be written down, so that nothing goes on until the run is opened again.
    pub fn is_broken(&self) -> bool {
        self.sound().is_err()
    }

    fn sound(&self) -> Result<(), EngineError> {
        let broken = self.broken.lock().unwrap_or_else(PoisonError::into_inner);
        broken.as_ref().map_or(Ok(()), |why| Err(EngineError::Stopped(why.clone())))
    }

    fn lock(&self) -> MutexGuard<'_, Run> {
        self.run.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An effect that has begun. Dropped when nobody waits for it any more, or it panics.
struct Midway<'a>(&'a Session);

impl Drop for Midway<'_> {
    fn drop(&mut self) {
        self.0.breaks(&"it was left in the middle of an action.");
    }
}

/// The time, to the millisecond.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
