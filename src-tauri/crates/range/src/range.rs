//! Starting and stopping a range.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use action::Environment;
use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::faults::{Faults, Trouble};
use crate::rds::{Nothing, Rds};
use crate::scenario::{Objectives, Scenario};
use crate::seeding::{SeedError, seed};
use crate::server::Server;
use crate::store::{Clock, Store, StoreError};
use crate::versions::Versioning;

/// How a range is to start.
#[derive(Clone)]
pub struct RangeOptions {
    /// The port on 127.0.0.1; 0 is any that is free.
    pub port: u16,
    /// What it holds; `None` is the bucket alone, empty, with versions on.
    pub scenario: Option<Scenario>,
    /// Where it gets the time from.
    pub clock: Clock,
}

impl Default for RangeOptions {
    /// Any free port, an empty bucket, the wall clock.
    fn default() -> Self {
        Self { port: 0, scenario: None, clock: Arc::new(Timestamp::now) }
    }
}

/// Why a range couldn't start.
#[derive(Debug, thiserror::Error)]
pub enum RangeError {
    /// Something else listens on the port.
    #[error(
        "port {port} on this machine is in use, perhaps by another practice range; stop that, or choose another \
         port (0 is any free one)"
    )]
    PortInUse {
        /// The port asked for.
        port: u16,
    },
    /// The port can't be listened on.
    #[error("failed to listen on 127.0.0.1:{port}; choose a port above 1023 (0 is any free one)")]
    Listen {
        /// The port asked for.
        port: u16,
        /// Why.
        source: std::io::Error,
    },
    /// The bucket couldn't be made.
    #[error("failed to create the practice bucket")]
    Bucket(#[from] StoreError),
    /// The scenario couldn't be played.
    #[error("failed to set up the scenario")]
    Seed(#[from] SeedError),
    /// The server's thread couldn't be started.
    #[error("failed to start the practice range's server; close other programs and try again")]
    Thread(#[source] std::io::Error),
}

/// What others need to know of a running range, as its first line of output says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ready {
    /// Where it answers.
    pub endpoints: ReadyEndpoints,
    /// The access key id it accepts.
    pub access_key_id: String,
    /// The key that goes with it. Not a secret.
    pub secret_access_key: String,
    /// Its region.
    pub region: String,
    /// The account it answers for.
    pub account: String,
    /// The photos' bucket.
    pub bucket: String,
    /// The beginning of every photo's key.
    pub prefix: String,
    /// A moment when all was well, on a whole minute; `None` without damage.
    pub before_damage: Option<Timestamp>,
    /// What is being played; `None` on an empty range.
    pub scenario: Option<ReadyScenario>,
}

/// Where a range answers: the same address for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadyEndpoints {
    /// S3.
    pub s3: String,
    /// STS.
    pub sts: String,
}

/// The scenario as the operator is told it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadyScenario {
    /// Its name.
    pub id: String,
    /// One line.
    pub title: String,
    /// What has happened, with its times filled in.
    pub briefing: String,
    /// What the exercise is held against.
    pub objectives: Objectives,
}

/// A running range. It stops when this is dropped.
pub struct Range {
    store: Store,
    rds: Rds,
    trouble: Arc<Trouble>,
    ready: Ready,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Range {
    /// Fills the store and starts answering on 127.0.0.1, from a thread of its own.
    ///
    /// It returns when the range answers: at once when empty, a second or two with a scenario. It blocks for
    /// that long, so call it from `spawn_blocking` in async code that must not wait.
    ///
    /// # Errors
    /// A [`RangeError`].
    pub fn start(options: RangeOptions) -> Result<Self, RangeError> {
        let RangeOptions { port, scenario, clock } = options;
        let listen = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::AddrInUse => RangeError::PortInUse { port },
            _ => RangeError::Listen { port, source },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(listen)?);

        let environment = Environment::practice(&endpoint);
        let photos = environment.photos.ok_or(StoreError::NoSuchBucket)?;
        let rds = Rds::new(Arc::clone(&clock), crate::rds::SPEED, Arc::new(Nothing::default()));
        let store = Store::new(clock);
        let start = store.now();
        match &scenario {
            Some(scenario) => seed(&store, scenario, &photos.bucket, &photos.prefix, start)?,
            None => {
                store.create_bucket(&photos.bucket)?;
                store.set_versioning(&photos.bucket, Versioning::Enabled)?;
            }
        }
        let faults = scenario.as_ref().map(|scenario| scenario.faults.clone()).unwrap_or_default();
        let trouble = Arc::new(Trouble::new(faults));
        let ready = Ready {
            endpoints: ReadyEndpoints { s3: endpoint.clone(), sts: endpoint },
            access_key_id: PRACTICE_ACCESS_KEY_ID.to_owned(),
            secret_access_key: PRACTICE_SECRET_ACCESS_KEY.to_owned(),
            region: environment.region,
            account: environment.account,
            bucket: photos.bucket,
            prefix: photos.prefix,
            before_damage: scenario.as_ref().and_then(|scenario| scenario.before_damage(start)),
            scenario: scenario.map(|scenario| ReadyScenario {
                briefing: scenario.briefing(start),
                id: scenario.id,
                title: scenario.title,
                objectives: scenario.objectives,
            }),
        };

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("range")
            .enable_all()
            .build()
            .map_err(RangeError::Thread)?;
        let server = Server::new(store.clone(), rds.clone(), Arc::clone(&trouble));
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            if let Err(error) = runtime.block_on(server.serve(listener, stopped)) {
                tracing::error!(%error, "the practice range stopped answering");
            }
        };
        let thread =
            std::thread::Builder::new().name("range".to_owned()).spawn(serve).map_err(RangeError::Thread)?;
        Ok(Self { store, rds, trouble, ready, stop: Some(stop), thread: Some(thread) })
    }

    /// Its address, such as `http://127.0.0.1:9311`.
    pub fn endpoint(&self) -> &str {
        &self.ready.endpoints.s3
    }

    /// What others need to know of it.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// What it holds, for tests to read and to change behind the server's back.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its RDS: what it keeps, and the faults of it.
    pub fn rds(&self) -> &Rds {
        &self.rds
    }

    /// Replaces S3's faults in force, from the next request on.
    pub fn set_faults(&self, faults: Faults) {
        self.trouble.set(faults);
    }
}

impl Drop for Range {
    /// Stops listening, gives open requests a second, and waits for that and for what is being done behind instances.
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.rds.settle();
    }
}
