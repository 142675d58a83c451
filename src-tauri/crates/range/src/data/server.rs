//! One running mariadbd.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};

use super::binlog;
use super::error::DataError;
use super::tools::{Keeper, Tools, failed};

/// How long a database may take to answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often another port is tried when somebody else took the one that was free.
const TRIES: usize = 5;

/// What belongs to a database, running or stopped.
#[derive(Debug, Clone)]
pub(crate) struct Place(PathBuf);

impl Place {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self(folder)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.0.join("data")
    }

    /// The binary logs, which outlive the data.
    pub(crate) fn logs(&self) -> PathBuf {
        self.0.join("logs")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.0.join("sock")
    }

    fn errors(&self) -> PathBuf {
        self.0.join("errors.log")
    }
}

/// A database that runs. It is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
}

impl Server {
    /// Starts one on the data that lies in its place, with a free port, and waits until it answers.
    pub(crate) fn start(
        keeper: &Keeper,
        tools: &Tools,
        place: &Place,
        tls: &Path,
        number: u64,
    ) -> Result<Self, DataError> {
        fs::create_dir_all(place.logs()).map_err(DataError::file(place.logs()))?;
        let mut tries = 0;
        loop {
            tries += 1;
            let port = free_port().map_err(DataError::file("127.0.0.1"))?;
            let mut command = keeper.command(&tools.server);
            command.args(options(place, tls, number, port));
            let server = Self { child: keeper.spawn(command)?, port };
            match server.wait(place) {
                Err(DataError::Failed { said, .. }) if said.contains("already in use") && tries < TRIES => {}
                Err(error) => return Err(error),
                Ok(server) => return Ok(server),
            }
        }
    }

    fn wait(mut self, place: &Place) -> Result<Self, DataError> {
        let since = Instant::now();
        while UnixStream::connect(place.socket()).is_err() {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || since.elapsed() > PATIENCE {
                let said = fs::read(place.errors()).unwrap_or_default();
                return Err(failed("mariadbd", &said));
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(self)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Killed, not asked: nothing of it is needed but the logs, and those are written with every commit.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that is free now. Somebody may take it before the database does: then another is tried.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// mariadbd refuses to run as root unless it is told to.
pub(crate) fn user(folder: &Path) -> Option<&'static str> {
    fs::metadata(folder).is_ok_and(|folder| folder.uid() == 0).then_some("--user=root")
}

/// What makes a new data directory small and quick: it is deleted with the range, so nothing need survive a crash.
pub(crate) const LIGHT: [&str; 5] = [
    "--innodb-log-file-size=8M",
    "--innodb-flush-method=nosync",
    "--innodb-flush-log-at-trx-commit=0",
    "--innodb-doublewrite=0",
    "--sync-frm=0",
];

/// Where temporary tables go: a server that starts removes those of every other one in the same folder.
pub(crate) fn temporary(folder: &Path) -> String {
    format!("--tmpdir={}", folder.display())
}

fn options(place: &Place, tls: &Path, number: u64, port: u16) -> Vec<String> {
    let fixed = [
        "--bind-address=127.0.0.1",
        "--require-secure-transport=ON",
        "--skip-name-resolve",
        "--default-time-zone=+00:00",
        "--character-set-server=utf8mb4",
        "--binlog-format=ROW",
        // Whole rows, so that a log can be read without the tables.
        "--binlog-row-image=FULL",
        "--sync-binlog=0",
        "--performance-schema=OFF",
        "--innodb-buffer-pool-size=32M",
        "--innodb-autoextend-increment=1",
        "--innodb-buffer-pool-load-at-startup=OFF",
        "--key-buffer-size=1M",
        "--aria-pagecache-buffer-size=1M",
        "--max-connections=50",
        "--table-open-cache=200",
        "--open-files-limit=1000",
    ];
    let placed = [
        format!("--datadir={}", place.data().display()),
        temporary(&place.0),
        format!("--socket={}", place.socket().display()),
        format!("--log-error={}", place.errors().display()),
        format!("--pid-file={}", place.data().join("pid").display()),
        format!("--log-bin={}", place.logs().join(binlog::NAME).display()),
        format!("--ssl-cert={}", tls.join("certificate.pem").display()),
        format!("--ssl-key={}", tls.join("key.pem").display()),
        format!("--port={port}"),
        format!("--server-id={number}"),
    ];
    let fixed = fixed.into_iter().chain(LIGHT).chain(user(tls)).map(str::to_owned);
    fixed.chain(placed).collect()
}
