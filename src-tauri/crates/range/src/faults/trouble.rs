//! The faults in force, and what has been asked for under them.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use s3s::{HttpResponse, S3Result, s3_error};

use super::answers::{Rest, in_halves};
use super::rate::Buckets;
use super::{CopyError, Counts, Faults, RACER, Trick, Window};
use crate::conditions::Conditions;
use crate::store::{Put, Store};

/// What is to become of a request's connection and answer: set at the gate, carried out by the server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fate(Arc<OnceLock<Trick>>);

/// What a request asks for, as far as faults look at it.
pub(super) struct Asked<'a> {
    pub(super) operation: &'a str,
    pub(super) bucket: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) query: &'a str,
    pub(super) write: bool,
    pub(super) guarded: bool,
}

/// The faults in force, and how much has been asked for.
pub(crate) struct Trouble {
    store: Store,
    start: Timestamp,
    faults: RwLock<Arc<Faults>>,
    copies: AtomicU64,
    counts: Mutex<Counts>,
    /// How often each request came, by a hash of what it is; only kept while something strikes by shares.
    seen: Mutex<HashMap<u64, u64>>,
    buckets: Mutex<Buckets>,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Trouble {
    pub(crate) fn new(faults: Faults, store: Store) -> Self {
        Self {
            start: store.now(),
            store,
            faults: RwLock::new(Arc::new(faults)),
            copies: AtomicU64::new(0),
            counts: Mutex::default(),
            seen: Mutex::default(),
            buckets: Mutex::default(),
        }
    }

    /// Replaces the faults; what strikes by shares begins anew.
    pub(crate) fn set(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(faults);
        lock(&self.seen).clear();
        *lock(&self.buckets) = Buckets::default();
    }

    fn faults(&self) -> Arc<Faults> {
        Arc::clone(&self.faults.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn counts(&self) -> Counts {
        lock(&self.counts).clone()
    }

    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.faults().latency_ms)
    }

    fn within(&self, window: Option<&Window>) -> bool {
        let Some(Window { from, until }) = window else { return false };
        let passed = self.store.now().duration_since(self.start);
        from.is_none_or(|from| from.0 <= passed) && until.is_none_or(|until| passed < until.0)
    }

    /// Whether nothing answers now.
    pub(crate) fn is_outage(&self) -> bool {
        self.within(self.faults().outage.as_ref())
    }

    /// Refuses who comes with credentials that have expired.
    pub(crate) fn check_expiry(&self) -> S3Result<()> {
        if self.within(self.faults().expired.as_ref()) {
            return Err(s3_error!(ExpiredToken, "The provided token has expired."));
        }
        Ok(())
    }

    /// Counts a request, and refuses it or decides what becomes of it.
    pub(super) fn strike(&self, asked: &Asked<'_>, fate: &Fate) -> S3Result<()> {
        lock(&self.counts).ask(asked.operation);
        self.check_expiry()?;
        let faults = self.faults();
        if asked.key.is_some_and(|key| faults.denied_keys.contains(key)) {
            return Err(s3_error!(AccessDenied, "Access Denied (a fault of the practice range)"));
        }
        if let Some(rate) = &faults.rate {
            let key = asked.key.unwrap_or_default();
            let prefix =
                format!("{}/{}", asked.bucket, key.rsplit_once('/').map_or("", |(prefix, _)| prefix));
            if !lock(&self.buckets).take(rate, &prefix, asked.write, Instant::now()) {
                return Err(refusal(CopyError::SlowDown));
            }
        }
        if let Some(fault) = faults.copies.as_ref().filter(|f| asked.operation == "CopyObject" && f.every > 0)
        {
            let nth = self.copies.fetch_add(1, Ordering::Relaxed) + 1;
            if nth.is_multiple_of(fault.every) {
                return Err(refusal(fault.error));
            }
        }
        self.draw(&faults, asked, fate)
    }

    /// Draws lots for what strikes by shares.
    fn draw(&self, faults: &Faults, asked: &Asked<'_>, fate: &Fate) -> S3Result<()> {
        if faults.strikes.is_empty() {
            return Ok(());
        }
        let mut identity = DefaultHasher::new();
        (faults.seed, asked.operation, asked.bucket, asked.key).hash(&mut identity);
        if asked.operation.starts_with("List") {
            asked.query.hash(&mut identity);
        }
        let nth = {
            let mut seen = lock(&self.seen);
            let times = seen.entry(identity.finish()).or_default();
            *times += 1;
            *times
        };
        for (n, strike) in faults.strikes.iter().enumerate() {
            let mut lot = identity.clone();
            (nth, n).hash(&mut lot);
            // 53 bits are what a float holds exactly.
            let lot = (lot.finish() >> 11) as f64 / (1_u64 << 53) as f64;
            let meant = strike.operation == "*" || strike.operation == asked.operation;
            if !meant || lot >= strike.share {
                continue;
            }
            match strike.with {
                Trick::Race => self.race(asked, nth)?,
                Trick::SlowDown => return Err(refusal(CopyError::SlowDown)),
                Trick::InternalError => return Err(refusal(CopyError::InternalError)),
                trick => {
                    let _ = fate.0.set(trick);
                    return if trick == Trick::Reset { Err(s3_error!(InternalError)) } else { Ok(()) };
                }
            }
        }
        Ok(())
    }

    /// Writes a live version under a key that a guarded write is about to reach.
    fn race(&self, asked: &Asked<'_>, nth: u64) -> S3Result<()> {
        let Some(key) = asked.key.filter(|_| asked.guarded && asked.write) else { return Ok(()) };
        let put = Put { bytes: format!("{RACER}{nth}").into(), ..Put::default() };
        self.store.put(asked.bucket, key, put, &Conditions::default())?;
        lock(&self.counts).races += 1;
        Ok(())
    }

    /// The answer as it is to be sent; `None` when the connection is to be reset instead. The connection is to be
    /// reset too when the answer's body fails.
    pub(crate) async fn fulfil(&self, fate: &Fate, answer: HttpResponse) -> Option<HttpResponse> {
        let rest = match fate.0.get() {
            Some(Trick::Reset | Trick::AnswerLost) => return None,
            Some(Trick::SlowBody(ms)) => Rest::Late(Duration::from_millis(*ms)),
            Some(Trick::TruncatedBody) => Rest::Lost,
            _ => return Some(answer),
        };
        in_halves(answer, rest).await.ok()
    }

    /// Whether the answer's body is going to break off.
    pub(crate) fn breaks_off(fate: &Fate) -> bool {
        fate.0.get() == Some(&Trick::TruncatedBody)
    }

    /// Counts what was answered; `None` is a connection that was reset.
    pub(crate) fn count(&self, status: Option<u16>) {
        let mut counts = lock(&self.counts);
        match status {
            Some(status) => *counts.answers.entry(status).or_default() += 1,
            None => counts.resets += 1,
        }
    }
}

fn refusal(error: CopyError) -> s3s::S3Error {
    match error {
        CopyError::SlowDown => s3_error!(SlowDown, "Please reduce your request rate."),
        CopyError::InternalError => {
            s3_error!(InternalError, "We encountered an internal error. Please try again.")
        }
    }
}
