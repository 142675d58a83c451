//! No database outlives its range.

use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use range::rds::Behind as _;

use crate::support::{HOME, primary, small, start};

fn answers(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

fn one() -> (range::Range, u16) {
    let range = start(small("bad-migration", "  replicated: true", "  replicated: false"));
    let port = primary(&range);
    assert!(answers(port));
    (range, port)
}

#[test]
fn a_range_that_is_dropped_takes_its_databases_with_it() {
    let (range, port) = one();
    let servers = range.servers().unwrap().clone();
    let backup = range.rds().snapshots(HOME)[0].backup.unwrap();
    drop(range);
    assert!(!answers(port));
    // Whoever still holds them can't start any more.
    assert!(servers.restore(backup, None).unwrap_err().to_string().contains("is stopping"));
}

const CHILD: &str = "LIFEBOAT_TEST_RANGE_TO_BE_KILLED";

/// The other process of the next test: a range that waits to be killed.
#[test]
fn the_range_that_is_killed() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let (_range, port) = one();
    std::fs::write(&path, port.to_string()).unwrap();
    std::thread::park_timeout(Duration::from_secs(120));
}

#[test]
fn a_range_that_is_killed_takes_its_databases_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("port");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "ending::the_range_that_is_killed"])
        .env(CHILD, &path)
        .env("TMPDIR", folder.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let port = until(|| std::fs::read_to_string(&path).ok()?.parse().ok());
    assert!(answers(port));
    child.kill().unwrap();
    child.wait().unwrap();
    until(|| (!answers(port)).then_some(()));
}

/// Asks until there is an answer, for a minute.
#[track_caller]
fn until<T>(look: impl Fn() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(since.elapsed() < Duration::from_secs(60));
        std::thread::yield_now();
    }
}
