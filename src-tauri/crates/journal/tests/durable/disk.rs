//! A disk on which things go wrong: `shim.c` preloaded into a process that is this test program once more.

use std::env;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use tempfile::TempDir;

/// What goes wrong.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// As `shim.c` has it.
    pub(crate) how: &'static str,
    /// At which call.
    pub(crate) at: usize,
    /// At how many calls, that one included.
    pub(crate) times: usize,
}

/// How a process ended, and what it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) killed: bool,
    pub(crate) said: Vec<String>,
}

static SHIM: LazyLock<(TempDir, PathBuf)> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let (source, built) = (folder.path().join("shim.c"), folder.path().join("shim.so"));
    fs::write(&source, include_str!("shim.c")).unwrap();
    let mut cc = Command::new("cc");
    cc.args(["-O1", "-shared", "-fPIC", "-o"]).args([&built, &source]).arg("-ldl");
    let output = cc.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, built)
});

/// A folder in memory, where there is one: what a process leaves behind when it is killed is the same there, and syncing
/// takes no time.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Runs a test of this program by itself, with `told` as environment and a fault among what it does beneath a folder.
pub(crate) fn run(test: &str, told: &[(&str, &Path)], fault: Option<(&Path, Fault)>) -> Ended {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--exact", "--nocapture"]).envs(told.iter().copied());
    if let Some((under, Fault { how, at, times })) = fault {
        command.env("LD_PRELOAD", &SHIM.1).env("FAULT_UNDER", under).env("FAULT_HOW", how);
        command.env("FAULT_AT", at.to_string()).env("FAULT_FOR", times.to_string());
    }
    let output = command.output().unwrap();
    let killed = output.status.signal() == Some(9);
    let said = String::from_utf8(output.stdout).unwrap();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(killed || output.status.success(), "{fault:?}: {}\n{said}\n{complaint}", output.status);
    Ended { killed, said: said.lines().map(str::to_owned).collect() }
}
