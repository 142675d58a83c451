//! Running other programs.

use std::ffi::OsStr;
use std::fmt::{self, Display};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use crate::error::Error;

/// A program with its arguments, which prints as one would type it.
#[derive(Debug)]
pub(crate) struct Run {
    command: Command,
    shown: String,
}

impl Run {
    /// `line` is split at blanks: nothing here needs quotes.
    pub(crate) fn new(line: &str) -> Self {
        let mut words = line.split_whitespace();
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words);
        Self { command, shown: line.to_owned() }
    }

    /// A program by its path, shown as `shown`.
    pub(crate) fn program(path: &Path, shown: &str) -> Self {
        Self { command: Command::new(path), shown: shown.to_owned() }
    }

    pub(crate) fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        for arg in args {
            self.shown = format!("{} {}", self.shown, arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    pub(crate) fn within(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// In the `ui` folder, and shown so.
    pub(crate) fn in_ui(mut self, dir: &Path) -> Self {
        self.shown = format!("(cd ui && {})", self.shown);
        self.within(dir)
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn without_env(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Standard output when it succeeds; `None` when it fails or isn't there. Prints nothing.
    pub(crate) fn asked(mut self) -> Option<String> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Standard output, whatever the exit code; `None` when it isn't there. Prints nothing.
    pub(crate) fn output(mut self) -> Option<String> {
        let output = self.command.stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        Some(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Runs it with this terminal as its own.
    pub(crate) fn shown(mut self, next: &str) -> Result<(), Error> {
        let status = self.command.status().map_err(|why| self.not_started(&why))?;
        if status.success() { Ok(()) } else { Err(Error::new(format!("`{self}` failed ({status})"), next)) }
    }

    /// Runs it, passing on its output as it comes and showing each line of it to `read` too.
    pub(crate) fn watched(mut self, mut read: impl FnMut(&str)) -> Result<Ended, Error> {
        let mut child = self
            .command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|why| self.not_started(&why))?;
        let broken = |why| Error::new(format!("lost `{}`: {why}", self.shown), "run it again by itself");
        if let Some(stdout) = child.stdout.take() {
            let mut stdout = BufReader::new(stdout);
            let mut line = Vec::new();
            while stdout.read_until(b'\n', &mut line).map_err(broken)? > 0 {
                let text = String::from_utf8_lossy(&line);
                print!("{text}");
                read(text.trim_end());
                line.clear();
            }
        }
        let status = child.wait().map_err(broken)?;
        Ok(if status.success() { Ended::Well } else { Ended::Badly(status.to_string()) })
    }

    /// The command itself, for what needs more than the above.
    pub(crate) fn into_command(self) -> Command {
        self.command
    }

    fn not_started(&self, why: &std::io::Error) -> Error {
        Error::new(format!("failed to start `{self}`: {why}"), "check that it is installed and on the PATH")
    }
}

impl Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Well,
    /// With this status.
    Badly(String),
}
