//! ministack, another S3 by others: restores are checked against it as well.

use std::process::Stdio;

use action::Environment;

use super::moto::CREDENTIALS;
use super::paths;
use super::process::{Running, free_port, scrub};

/// A running ministack, with nothing in it.
#[derive(Debug)]
pub(crate) struct Ministack {
    port: u16,
    _server: Running,
}

impl Ministack {
    /// The account that it answers for.
    const ACCOUNT: &'static str = "000000000000";

    /// Starts one on a free port of this machine; returns when it answers.
    pub(crate) fn start() -> Self {
        let port = free_port();
        let mut server = Running::start(paths::tool("ministack-venv/bin/python"), |command| {
            scrub(command);
            command.env("GATEWAY_PORT", port.to_string()).env("BIND_HOST", "127.0.0.1");
            command.args(["-m", "ministack"]).stdout(Stdio::null()).stderr(Stdio::null());
        });
        server.wait_for_port(port);
        Self { port, _server: server }
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The environment that it is.
    pub(crate) fn environment(&self) -> Environment {
        Environment { account: Self::ACCOUNT.to_owned(), ..Environment::practice(&self.endpoint()) }
    }

    /// Runs a script in a Python that has boto3, which finds this server by itself.
    #[track_caller]
    pub(crate) fn python(&self, script: &str, args: &[&str]) -> String {
        super::moto::python(script, args, |command| {
            command.env("AWS_ENDPOINT_URL", self.endpoint()).envs(CREDENTIALS);
        })
    }
}
