//! Programs that run beside a test and end with it.

use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A program that is killed when this is dropped, and when the test dies.
pub(crate) struct Running {
    pub(crate) pid: u32,
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Running {
    /// Starts `setpriv --pdeathsig KILL ARGS…`.
    pub(crate) fn start(args: &[String]) -> Self {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).args(args);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let (stop, stopped) = channel();
        let (started, pid) = channel();
        // The signal comes when the thread that started the program ends, so one stays for it.
        let keeper = std::thread::spawn(move || {
            let mut child = command.spawn().unwrap();
            started.send(child.id()).unwrap();
            let _ = stopped.recv();
            child.kill().unwrap();
            child.wait().unwrap();
        });
        Self { pid: pid.recv().unwrap(), stop: Some(stop), keeper: Some(keeper) }
    }

    /// Waits until something listens at a port.
    pub(crate) fn listens(&self, port: u16) {
        wait_until("the server listens", || TcpStream::connect(("127.0.0.1", port)).is_ok());
    }

    pub(crate) fn signal(&self, name: &str) {
        done(Command::new("kill").args([format!("-{name}"), self.pid.to_string()]));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.stop.take());
        let _ = self.keeper.take().map(JoinHandle::join);
    }
}

/// Looks again until something holds; a minute at most.
pub(crate) fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() {
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Runs a program to its end; what it printed.
pub(crate) fn done(command: &mut Command) -> String {
    let output = command.stdin(Stdio::null()).output().unwrap_or_else(|why| panic!("{command:?}: {why}"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn is_root() -> bool {
    done(Command::new("id").arg("-u")).trim() == "0"
}
