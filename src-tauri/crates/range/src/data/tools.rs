//! The programs of MariaDB: where they are, and the thread that starts them.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;

use super::error::DataError;

/// Where each program is that the databases need.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tools {
    pub(crate) server: PathBuf,
    pub(crate) install: PathBuf,
    pub(crate) backup: PathBuf,
    pub(crate) binlog: PathBuf,
    pub(crate) client: PathBuf,
    setpriv: PathBuf,
}

/// MariaDB isn't installed, or not all of it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "MariaDB is not installed on this machine (no {}), so no database answers behind the instances of this range; \
     its API does. `cargo xtask practice` installs MariaDB",
    .0.join(", ")
)]
pub struct Missing(pub Vec<&'static str>);

impl Tools {
    /// Looks on the PATH, and where Debian keeps servers.
    pub(crate) fn find() -> Result<Self, Missing> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        Self::find_in(&std::env::split_paths(&path).chain(["/usr/sbin".into()]).collect::<Vec<_>>())
    }

    fn find_in(folders: &[PathBuf]) -> Result<Self, Missing> {
        let mut missing = Vec::new();
        let mut find = |name: &'static str| {
            let found = folders.iter().map(|folder| folder.join(name)).find(|path| path.is_file());
            found.unwrap_or_else(|| {
                missing.push(name);
                PathBuf::new()
            })
        };
        let tools = Self {
            server: find("mariadbd"),
            install: find("mariadb-install-db"),
            backup: find("mariadb-backup"),
            binlog: find("mariadb-binlog"),
            client: find("mariadb"),
            setpriv: find("setpriv"),
        };
        if missing.is_empty() { Ok(tools) } else { Err(Missing(missing)) }
    }
}

/// Starts programs that the kernel kills when the range ends, even when that was killed itself.
///
/// `setpriv --pdeathsig` ties a program to the *thread* that started it, not to the process: started from a thread of
/// a pool, a database would die when that thread has had nothing to do for a while. So all of them are started from
/// one thread, which lives exactly as long as this.
pub(crate) struct Keeper {
    setpriv: PathBuf,
    orders: Mutex<Option<mpsc::Sender<Order>>>,
}

type Order = (Command, mpsc::Sender<io::Result<Child>>);

impl Keeper {
    pub(crate) fn new(tools: &Tools) -> io::Result<Self> {
        let (orders, inbox) = mpsc::channel::<Order>();
        let work = move || {
            for (mut command, answer) in inbox {
                let _ = answer.send(command.spawn());
            }
        };
        thread::Builder::new().name("range-databases".to_owned()).spawn(work)?;
        Ok(Self { setpriv: tools.setpriv.clone(), orders: Mutex::new(Some(orders)) })
    }

    /// A command that will be killed with the range, in UTC and without the user's own settings.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(&self.setpriv);
        command.args(["--pdeathsig", "KILL", "--"]).arg(program).arg("--no-defaults");
        command.env("TZ", "UTC").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    pub(crate) fn spawn(&self, command: Command) -> Result<Child, DataError> {
        let program = name_of(&command);
        let (answer, spawned) = mpsc::channel();
        match &*self.orders.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(orders) => drop(orders.send((command, answer))),
            None => return Err(DataError::Stopping),
        }
        let child = spawned.recv().map_err(|_| DataError::Stopping)?;
        child.map_err(|source| DataError::Start { program, source })
    }

    /// Runs a command to its end, and returns its output.
    pub(crate) fn run(&self, mut command: Command, input: &[u8]) -> Result<Vec<u8>, DataError> {
        let program = name_of(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.spawn(command)?;
        let stdin = child.stdin.take();
        // Fed from the side, because it may answer before it has read everything. What it didn't want to read, it
        // says why.
        let output = thread::scope(|scope| {
            scope.spawn(move || stdin.map(|mut stdin| stdin.write_all(input)));
            child.wait_with_output()
        });
        let output = output.map_err(|source| DataError::Start { program: program.clone(), source })?;
        if output.status.success() { Ok(output.stdout) } else { Err(failed(&program, &output.stderr)) }
    }

    /// Starts nothing any more, and lets the kernel kill what still runs.
    pub(crate) fn close(&self) {
        self.orders.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// A failure with the last words of a program.
pub(crate) fn failed(program: &str, said: &[u8]) -> DataError {
    let said = String::from_utf8_lossy(said);
    let last: Vec<&str> = said.trim().lines().rev().take(5).collect();
    let said: Vec<&str> = last.into_iter().rev().map(str::trim).collect();
    DataError::Failed { program: program.to_owned(), said: said.join(" / ") }
}

/// The name of the program that a command of [`Keeper::command`] starts.
fn name_of(command: &Command) -> String {
    let program = command.get_args().nth(3).map(Path::new).and_then(Path::file_name);
    program.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["mariadbd", "mariadb", "mariadb-install-db", "mariadb-binlog", "setpriv"] {
            std::fs::write(folder.path().join(name), "").unwrap();
        }
        let missing = Tools::find_in(&[folder.path().to_owned()]).unwrap_err();
        assert_eq!(missing, Missing(vec!["mariadb-backup"]));
        assert!(missing.to_string().contains("(no mariadb-backup)"), "{missing}");
        std::fs::write(folder.path().join("mariadb-backup"), "").unwrap();
        let tools = Tools::find_in(&["/nowhere".into(), folder.path().to_owned()]).unwrap();
        assert_eq!(tools.client, folder.path().join("mariadb"));
    }
}
