//! A login session of its own: private XDG folders, a session bus and an unlocked keychain.

use std::fs::{self, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::{Mark, Running};

/// What programs of the session must be told, and the programs that serve it. The folders outlive it, so that what
/// the window keeps for itself is there when it is opened again.
#[derive(Debug)]
pub(crate) struct Session {
    folder: PathBuf,
    bus: String,
    // Last, so that everything that was started in the session goes before its bus does.
    mark: Mark,
    _keychain: Running,
    _bus: Running,
}

impl Session {
    /// Starts one that keeps its files in `folder`.
    pub(crate) fn start(folder: &Path) -> Self {
        let mark = Mark::new();
        for name in ["data", "config", "cache", "runtime"] {
            let path = folder.join(name);
            fs::create_dir_all(&path).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
        }
        let mut bus = Running::start("dbus-daemon", |command| {
            command
                .args(["--session", "--nofork", "--nopidfile", "--print-address=1"])
                .stdout(Stdio::piped());
            command.stderr(Stdio::null());
            dress(command, folder, None);
            mark.put_on(command);
        });
        let address = bus.first_line();
        let mut keychain = Running::start("gnome-keyring-daemon", |command| {
            command.args(["--foreground", "--unlock", "--components=secrets"]).stdin(Stdio::piped());
            command.stdout(Stdio::null()).stderr(Stdio::null());
            dress(command, folder, Some(&address));
            mark.put_on(command);
        });
        // It unlocks when its standard input ends.
        keychain.child().stdin.take().unwrap().write_all(b"only for tests").unwrap();
        Self { folder: folder.to_owned(), bus: address, mark, _keychain: keychain, _bus: bus }
    }

    /// Puts `command` into the session.
    pub(crate) fn enter(&self, command: &mut Command) {
        dress(command, &self.folder, Some(&self.bus));
        self.mark.put_on(command);
    }

    /// The mark on everything that was started in it.
    pub(crate) fn mark(&self) -> &Mark {
        &self.mark
    }
}

fn dress(command: &mut Command, folder: &Path, bus: Option<&str>) {
    for (name, below) in [
        ("XDG_DATA_HOME", "data"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_RUNTIME_DIR", "runtime"),
    ] {
        command.env(name, folder.join(below));
    }
    match bus {
        Some(address) => command.env("DBUS_SESSION_BUS_ADDRESS", address),
        None => command.env_remove("DBUS_SESSION_BUS_ADDRESS"),
    };
}
