//! Programs that end with the test that started them.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// A running program. It is killed when this is dropped, and when the thread that started it ends, however it ends.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    name: String,
}

impl Running {
    /// Starts `program`; `prepare` sets its arguments, environment and streams.
    pub(crate) fn start(program: impl AsRef<OsStr>, prepare: impl FnOnce(&mut Command)) -> Self {
        let program = program.as_ref();
        let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).stdin(Stdio::null());
        prepare(&mut command);
        let child = command.spawn().unwrap_or_else(|why| panic!("failed to start {name}: {why}"));
        Self { child, name }
    }

    /// The first line it prints; its standard output must be piped.
    pub(crate) fn first_line(&mut self) -> String {
        let stdout = self.child.stdout.as_mut().unwrap_or_else(|| panic!("{} has no pipe", self.name));
        let mut line = String::new();
        let read = BufReader::new(stdout).read_line(&mut line);
        match read {
            Ok(0) | Err(_) => {
                panic!("{} ended before it was ready; is it installed? (`cargo xtask setup`)", self.name)
            }
            Ok(_) => line.trim_end().to_owned(),
        }
    }

    /// Waits until it has printed `text`; its standard output must be piped.
    pub(crate) fn prints(&mut self, text: &str) {
        let stdout = self.child.stdout.as_mut().unwrap_or_else(|| panic!("{} has no pipe", self.name));
        let (mut printed, mut byte) = (Vec::new(), [0]);
        while !printed.ends_with(text.as_bytes()) {
            let read = stdout.read(&mut byte).unwrap();
            assert_eq!(
                read,
                1,
                "{} ended and had printed only {:?}",
                self.name,
                String::from_utf8_lossy(&printed)
            );
            printed.push(byte[0]);
        }
    }

    /// Waits until it accepts connections on `port` of this machine.
    pub(crate) fn wait_for_port(&mut self, port: u16) {
        wait_until(&format!("{} answers on port {port}", self.name), Duration::from_secs(30), || {
            if let Ok(Some(status)) = self.child.try_wait() {
                panic!("{} ended ({status}) before it answered on port {port}", self.name);
            }
            TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok()
        });
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Looks again and again until `done`; panics after `limit`, naming what it waited for.
pub(crate) fn wait_until(what: &str, limit: Duration, mut done: impl FnMut() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < limit, "waited {limit:?} in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Forgets what a developer's shell says of AWS, of displays and of the session bus, so that no test can reach a real
/// account or keychain.
pub(crate) fn scrub(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        let session = ["WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"];
        if text.starts_with("AWS_") || text.starts_with("LIFEBOAT_") || session.contains(&&*text) {
            command.env_remove(&name);
        }
    }
    command.env("NO_PROXY", "127.0.0.1,localhost").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
}

/// A variable of its own in the environment of programs, by which all of them and their children can be found
/// again, whoever adopted them. Those still running are killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Mark(String);

/// The name of that variable.
const MARK: &str = "BEHAVIOUR_TEST_MARK";

impl Mark {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        Self(format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    pub(crate) fn put_on(&self, command: &mut Command) {
        command.env(MARK, &self.0);
    }

    /// The marked processes whose program is `program`, or all.
    pub(crate) fn processes(&self, program: Option<&Path>) -> Vec<Pid> {
        let entry: OsString = format!("{MARK}={}", self.0).into();
        let marked = |dir: &PathBuf| {
            let environment = fs::read(dir.join("environ")).unwrap_or_default();
            environment.split(|byte| *byte == 0).any(|variable| variable == entry.as_encoded_bytes())
        };
        let is_it = |dir: &PathBuf| {
            program.is_none_or(|program| fs::read_link(dir.join("exe")).is_ok_and(|exe| exe == program))
        };
        let dirs = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        dirs.filter(marked)
            .filter(is_it)
            .filter_map(|dir| dir.file_name()?.to_str()?.parse().ok().and_then(Pid::from_raw))
            .collect()
    }

    /// Kills the marked processes whose program is `program`, or all, as `kill -9` does; returns how many.
    pub(crate) fn kill(&self, program: Option<&Path>) -> usize {
        let found = self.processes(program);
        for pid in &found {
            let _ = kill_process(*pid, Signal::KILL);
        }
        found.len()
    }
}

impl Drop for Mark {
    fn drop(&mut self) {
        self.kill(None);
    }
}
