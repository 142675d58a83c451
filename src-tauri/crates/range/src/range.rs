//! Starting and stopping a range.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, TcpListener};
use std::sync::Arc;
use std::thread::JoinHandle;

use action::Environment;
use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY, Photos};
use jiff::Timestamp;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::control::Control;
use crate::data::{self, DataError, Digest, Missing, Servers, Tools};
use crate::faults::{Counts, Faults, Trouble};
use crate::front_end::{FrontEnd, FrontEndError};
use crate::rds::{Behind, Nothing, Rds, SPEED};
use crate::scenario::{Objectives, Scenario};
use crate::seeding::{PhotoEvent, SeedError, seed};
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
    /// How much faster than RDS's its time passes; the scenario's own, or else [`SPEED`], when `None`.
    pub speed: Option<f64>,
}

impl Default for RangeOptions {
    /// Any free port, an empty bucket, the wall clock.
    fn default() -> Self {
        Self { port: 0, scenario: None, clock: Arc::new(Timestamp::now), speed: None }
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
    /// The database couldn't be set up.
    #[error("failed to set up the practice database")]
    Data(#[from] DataError),
    /// The front end couldn't be set up.
    #[error("failed to set up the practice Portal's front end")]
    FrontEnd(#[from] FrontEndError),
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
    /// The Portal DB; `None` when the scenario has photos alone.
    pub database: Option<ReadyDatabase>,
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
    /// RDS.
    pub rds: String,
    /// KMS.
    pub kms: String,
    /// S3 Control: S3 Batch Operations.
    pub s3control: String,
    /// The Portal's front end, over TLS.
    pub portal: String,
}

/// The Portal DB of a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReadyDatabase {
    /// The identifier of its instance, living or not.
    pub instance: String,
    /// The region that its instance is in, or was.
    pub region: String,
    /// Whether a real database answers behind each instance.
    pub answers: bool,
    /// Why none does, and how to have it; `None` when one does.
    pub note: Option<String>,
    /// When it was first damaged.
    pub outage: Option<Timestamp>,
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
    /// The runbook to follow.
    pub runbook: String,
    /// What the exercise is held against.
    pub objectives: Objectives,
}

/// Fills the bucket, and tells what the Portal did to photos itself.
fn fill(
    store: &Store,
    scenario: Option<&Scenario>,
    photos: &Photos,
    start: Timestamp,
) -> Result<Vec<PhotoEvent>, RangeError> {
    let Some(scenario) = scenario else {
        store.create_bucket(&photos.bucket)?;
        store.set_versioning(&photos.bucket, Versioning::Enabled)?;
        return Ok(Vec::new());
    };
    Ok(seed(store, scenario, &photos.bucket, &photos.prefix, start)?)
}

/// A running range. It stops when this is dropped.
pub struct Range {
    store: Store,
    rds: Rds,
    control: Control,
    servers: Option<Servers>,
    digests: BTreeMap<Timestamp, Digest>,
    trouble: Arc<Trouble>,
    ready: Ready,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Range {
    /// Fills the store and starts answering on 127.0.0.1, from a thread of its own.
    ///
    /// It returns when the range answers: at once when empty, a second or two with photos, ten seconds with a
    /// database. It blocks for that long, so call it from `spawn_blocking` in async code that must not wait.
    ///
    /// # Errors
    /// A [`RangeError`].
    pub fn start(options: RangeOptions) -> Result<Self, RangeError> {
        let RangeOptions { port, scenario, clock, speed } = options;
        let listen = |source: std::io::Error| match source.kind() {
            std::io::ErrorKind::AddrInUse => RangeError::PortInUse { port },
            _ => RangeError::Listen { port, source },
        };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(listen)?;
        listener.set_nonblocking(true).map_err(listen)?;
        let endpoint = format!("http://{}", listener.local_addr().map_err(listen)?);

        let environment = Environment::practice(&endpoint);
        let photos = environment.photos.ok_or(StoreError::NoSuchBucket)?;
        let store = Store::new(Arc::clone(&clock));
        let start = store.now();
        if let Some(batch) = &photos.batch {
            store.create_bucket(&batch.bucket)?;
        }
        let database = scenario.as_ref().and_then(|scenario| scenario.database.as_ref());
        let found = database.map(|database| (Tools::find(), database.certificate));
        let note = found.as_ref().and_then(|(tools, _)| tools.as_ref().err().map(Missing::to_string));
        // Installing an empty database takes as long as drawing the photos.
        let (events, servers) = std::thread::scope(|scope| {
            let servers = found.and_then(|(tools, signed_by)| Some((tools.ok()?, signed_by)));
            let servers = servers.map(|(tools, by)| scope.spawn(move || Servers::start(tools, by.into())));
            let events = fill(&store, scenario.as_ref(), &photos, start);
            (events, servers.map(|servers| servers.join()))
        });
        let events = events?;
        let servers = match servers {
            Some(Ok(servers)) => Some(servers?),
            Some(Err(_)) => return Err(RangeError::Data(DataError::Stopping)),
            None => None,
        };
        let behind: Arc<dyn Behind> = match &servers {
            Some(servers) => Arc::new(servers.clone()),
            None => Arc::new(Nothing::default()),
        };
        let rds =
            Rds::new(clock, speed.or(database.and_then(|database| database.speed)).unwrap_or(SPEED), behind);
        let digests = match (&scenario, database) {
            (Some(scenario), Some(database)) => {
                data::seed(servers.as_ref(), scenario, database, &events, start, &rds)?
            }
            _ => BTreeMap::new(),
        };
        let has_database = database.is_some();
        let faults = scenario.as_ref().map(|scenario| scenario.faults.clone()).unwrap_or_default();
        let trouble = Arc::new(Trouble::new(faults, store.clone()));
        let ready = Ready {
            endpoints: ReadyEndpoints {
                s3: endpoint.clone(),
                sts: endpoint.clone(),
                rds: endpoint.clone(),
                kms: endpoint.clone(),
                s3control: endpoint.clone(),
                portal: endpoint.replacen("http://", "https://", 1),
            },
            access_key_id: PRACTICE_ACCESS_KEY_ID.to_owned(),
            secret_access_key: PRACTICE_SECRET_ACCESS_KEY.to_owned(),
            region: environment.region,
            account: environment.account,
            bucket: photos.bucket,
            prefix: photos.prefix,
            before_damage: scenario.as_ref().and_then(|scenario| scenario.before_damage(start)),
            database: database.map(|_| ReadyDatabase {
                instance: data::INSTANCE.to_owned(),
                region: data::HOME.to_owned(),
                answers: servers.is_some(),
                note,
                outage: scenario.as_ref().and_then(|scenario| scenario.outage(start)),
            }),
            scenario: scenario.map(|scenario| ReadyScenario {
                briefing: scenario.briefing(start),
                id: scenario.id,
                title: scenario.title,
                runbook: scenario.runbook,
                objectives: scenario.objectives,
            }),
        };

        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("range")
            .enable_all()
            .build()
            .map_err(RangeError::Thread)?;
        let portal = rds.clone();
        let is_up = move || !has_database || portal.serves_anywhere(data::INSTANCE);
        let front_end = FrontEnd::new(Arc::new(is_up), start)?;
        let control = Control::new(store.clone());
        let trouble_of = Arc::clone(&trouble);
        let server = Server::new(store.clone(), rds.clone(), control.clone(), front_end, trouble_of);
        let (stop, stopped) = oneshot::channel();
        let serve = move || {
            if let Err(error) = runtime.block_on(server.serve(listener, stopped)) {
                tracing::error!(%error, "the practice range stopped answering");
            }
        };
        let thread =
            std::thread::Builder::new().name("range".to_owned()).spawn(serve).map_err(RangeError::Thread)?;
        let (stop, thread) = (Some(stop), Some(thread));
        Ok(Self { store, rds, control, servers, digests, trouble, ready, stop, thread })
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

    /// Its S3 Batch Operations: the jobs, and the faults of them.
    pub fn control(&self) -> &Control {
        &self.control
    }

    /// Its databases; `None` when the scenario has none, or MariaDB isn't installed.
    pub fn servers(&self) -> Option<&Servers> {
        self.servers.as_ref()
    }

    /// What the Portal DB held at some moments, for tests to hold a restore against: exactly the rows that were
    /// committed before each, as the live database had them when its history had come that far.
    pub fn database_digests(&self) -> &BTreeMap<Timestamp, Digest> {
        &self.digests
    }

    /// Replaces S3's faults in force, from the next request on.
    pub fn set_faults(&self, faults: Faults) {
        self.trouble.set(faults);
    }

    /// What it was asked and what it answered so far.
    pub fn counts(&self) -> Counts {
        self.trouble.counts()
    }
}

impl Drop for Range {
    /// Stops listening, gives open requests a second, waits for that and for what is being done behind instances, and
    /// ends the databases.
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        self.rds.settle();
        if let Some(servers) = &self.servers {
            servers.shut_down();
        }
    }
}
