//! moto, an S3 and an RDS by others, and boto3, a client by others: restores are checked against both.

use std::path::Path;
use std::process::{Command, Stdio};

use action::Environment;

use super::paths;
use super::process::{Running, free_port, scrub};

/// A running moto server, with nothing in it.
#[derive(Debug)]
pub(crate) struct Moto {
    port: u16,
    _server: Running,
}

/// What moto takes for credentials: anything.
pub(crate) const CREDENTIALS: [(&str, &str); 3] = [
    ("AWS_ACCESS_KEY_ID", "testing"),
    ("AWS_SECRET_ACCESS_KEY", "testing"),
    ("AWS_DEFAULT_REGION", "us-east-1"),
];

/// The account that moto answers for.
pub(crate) const ACCOUNT: &str = "123456789012";

impl Moto {
    /// Starts one on a free port of this machine; returns when it answers.
    pub(crate) fn start() -> Self {
        let port = free_port();
        // Its own script has the path of its Python in it: through Python it works from anywhere.
        let mut server = Running::start(paths::tool("moto-venv/bin/python"), |command| {
            scrub(command);
            // Listings of several pages without thousands of keys, which moto is slow with.
            command.env("MOTO_S3_DEFAULT_MAX_KEYS", "200");
            command.args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()]);
            command.stdout(Stdio::null()).stderr(Stdio::null());
        });
        server.wait_for_port(port);
        Self { port, _server: server }
    }

    /// The environment that it is.
    pub(crate) fn environment(&self) -> Environment {
        let mut environment = Environment::practice(&self.endpoint());
        ACCOUNT.clone_into(&mut environment.account);
        // The role of its jobs is one of the practice range's account.
        environment.photos.as_mut().unwrap().batch = None;
        environment
    }

    /// Its address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a script in a Python that has boto3, which finds this server by itself; `args` are its `sys.argv[1:]`.
    /// Returns what it prints; panics with its traceback when it fails.
    #[track_caller]
    pub(crate) fn python(&self, script: &str, args: &[&str]) -> String {
        python(script, args, |command| {
            command.env("AWS_ENDPOINT_URL", self.endpoint()).envs(CREDENTIALS);
        })
    }
}

/// Runs a script in a Python that has boto3, against whatever `prepare` points it at.
#[track_caller]
pub(crate) fn python(script: &str, args: &[&str], prepare: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(paths::tool("moto-venv/bin/python"));
    scrub(&mut command);
    command.arg("-c").arg(script).args(args).stdin(Stdio::null());
    // No developer's profile is read.
    let nothing = Path::new("/dev/null");
    command.env("AWS_CONFIG_FILE", nothing).env("AWS_SHARED_CREDENTIALS_FILE", nothing);
    prepare(&mut command);
    let output = command.output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "the script failed ({}):\n{errors}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
