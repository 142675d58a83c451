//! `lifeboat`, as people start it.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::paths;
use super::process::{Running, scrub, wait_until};
use super::session::Session;

/// `lifeboat` with a data directory of its own.
#[derive(Debug, Clone)]
pub(crate) struct Lifeboat {
    home: PathBuf,
    environment: Vec<(String, String)>,
    wrapper: Vec<String>,
}

/// How one ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Lifeboat {
    pub(crate) fn at(home: &Path) -> Self {
        Self { home: home.to_owned(), environment: Vec::new(), wrapper: Vec::new() }
    }

    /// The same with a variable in its environment. A developer's own `AWS_*` never reach it.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same in a login session of its own.
    pub(crate) fn inside(mut self, session: &Session) -> Self {
        let mut command = Command::new("lifeboat");
        session.enter(&mut command);
        let text = |text: &OsStr| text.to_str().unwrap().to_owned();
        self.environment
            .extend(command.get_envs().filter_map(|(name, value)| Some((text(name), text(value?)))));
        self
    }

    /// The same on a disk where no file grows beyond `kilobytes`, which is as near to a full one as a test gets
    /// without mounting one.
    pub(crate) fn on_full_disk(&self, kilobytes: u32) -> Self {
        // bash counts in 1,024 bytes. The signal that goes with the limit would end it before it can say anything.
        let script = format!("trap '' XFSZ; ulimit -f {kilobytes}; exec \"$0\" \"$@\"");
        Self { wrapper: ["bash", "-c", &script].map(str::to_owned).into(), ..self.clone() }
    }

    /// Runs it to its end, with nothing on standard input.
    pub(crate) fn run(&self, args: &[&str]) -> Ran {
        let program = paths::program("lifeboat");
        let mut command = match self.wrapper.split_first() {
            Some((wrapper, more)) => {
                let mut command = Command::new(wrapper);
                command.args(more).arg(program);
                command
            }
            None => Command::new(program),
        };
        self.prepare(&mut command, args);
        let output = command.stdin(Stdio::null()).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Runs it to its end with `input` on standard input.
    pub(crate) fn run_with(&self, input: &str, args: &[&str]) -> Ran {
        let mut opened = self.open(args);
        opened.child().stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Self::finish(opened, Duration::from_secs(60))
    }

    /// Starts it, to be killed in the middle; its output is dropped.
    pub(crate) fn start(&self, args: &[&str]) -> Running {
        Running::start(paths::program("lifeboat"), |command| {
            self.prepare(command, args);
            command.stdout(Stdio::null()).stderr(Stdio::null());
        })
    }

    /// Starts it with all its streams piped; [`Lifeboat::finish`] ends it.
    pub(crate) fn open(&self, args: &[&str]) -> Running {
        Running::start(paths::program("lifeboat"), |command| {
            self.prepare(command, args);
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        })
    }

    /// Waits for the end of one that was opened.
    pub(crate) fn finish(mut opened: Running, limit: Duration) -> Ran {
        let child = opened.child();
        wait_until("lifeboat has ended", limit, || child.try_wait().unwrap().is_some());
        let status = child.wait().unwrap();
        let (mut stdout, mut stderr) = (String::new(), String::new());
        // One that the test took away is left empty.
        child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut stdout).unwrap());
        child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut stderr).unwrap());
        Ran { code: status.code().unwrap_or(-1), stdout, stderr }
    }

    /// Makes `command` one of its own.
    pub(crate) fn prepare(&self, command: &mut Command, args: &[&str]) {
        scrub(command);
        command.args(args).current_dir(paths::root()).env("LIFEBOAT_HOME", &self.home);
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
    }
}

impl Ran {
    /// Itself if it ended with `code`; otherwise panics with what it said.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self
    }

    /// What it says went wrong: the one message on its standard error.
    #[track_caller]
    pub(crate) fn complaint(&self) -> &str {
        let one = self.stderr.matches("lifeboat: ").count() == 1;
        assert!(one, "not one message\n--- stdout\n{}\n--- stderr\n{}", self.stdout, self.stderr);
        self.stderr.split_once("lifeboat: ").unwrap().1.trim_end()
    }
}
