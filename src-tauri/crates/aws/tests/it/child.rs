//! The test binary run again in a process of its own, because variables, the AWS configuration and the session bus
//! belong to the whole process.

use std::fmt::Write as _;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use action::Environment;
use action::port::Change;
use aws::Options;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

const JOB: &str = "LIFEBOAT_TEST_JOB";
const ENVIRONMENT: &str = "LIFEBOAT_TEST_ENVIRONMENT";
/// What a job prints its result after.
const RESULT: &str = "result> ";

/// A command that does `job` in a fresh process without any `AWS_*` variable; `wrapper` goes before it.
pub(crate) fn command(wrapper: &[&str], job: &str) -> Command {
    let this = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().map(|word| word.to_string()).chain([this.to_str().unwrap().to_owned()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args([
        "--exact",
        "child::a_job_sees_no_variable_of_aws",
        "--nocapture",
        "--test-threads=1",
    ]);
    for (name, _) in std::env::vars() {
        if name.starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env(JOB, job);
    command
}

/// Connects to `environment` in a process with these variables, asks for bucket `b`, and tells how that went.
pub(crate) async fn bucket(environment: &Environment, variables: &[(&str, &str)]) -> String {
    job("bucket", environment, variables).await
}

/// Connects to `environment` in a process with these variables, does `job`, and tells how that went.
pub(crate) async fn job(job: &str, environment: &Environment, variables: &[(&str, &str)]) -> String {
    let mut command = command(&[], job);
    command.env(ENVIRONMENT, serde_json::to_string(environment).unwrap());
    command.envs(variables.iter().copied());
    tokio::task::spawn_blocking(move || result(&command.output().unwrap())).await.unwrap()
}

/// What the job printed; the whole output when it printed nothing.
pub(crate) fn result(output: &Output) -> String {
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().filter_map(|line| Some(line.split_once(RESULT)?.1)).collect();
    assert!(!lines.is_empty(), "the job printed no result:\n{text}");
    lines.join("\n")
}

/// By itself, a test of what the others stand on; with a job in its environment, what does that job.
#[tokio::test]
async fn a_job_sees_no_variable_of_aws() {
    let Ok(job) = std::env::var(JOB) else {
        let mut command = command(&[], "variables");
        command.env("AWS_GIVEN", "1");
        assert_eq!(result(&command.output().unwrap()), "AWS_GIVEN");
        return;
    };
    let told = match job.as_str() {
        "variables" => {
            let names = std::env::vars().map(|(name, _)| name);
            names.filter(|name| name.starts_with("AWS_")).collect::<Vec<_>>().join(" ")
        }
        "bucket" | "instance" => {
            let log = Log::install();
            let environment: Environment =
                serde_json::from_str(&std::env::var(ENVIRONMENT).unwrap()).unwrap();
            let told = match aws::connect(&environment, &Options { attempts: 1, ..Options::default() }).await
            {
                Err(error) => format!("connect: {error} {error:?}"),
                Ok(ports) if job == "instance" => {
                    let read = ports.databases.instance("us-east-1", "portal").await;
                    let managed = Change { managed_password: true, ..Change::default() };
                    format!("{read:?} {:?}", ports.databases.modify("us-east-1", "portal", &managed).await)
                }
                Ok(ports) => match ports.photos.bucket("b").await {
                    Ok(facts) => format!("{facts:?}"),
                    Err(error) => format!("{error} {}", serde_json::to_string(&error).unwrap()),
                },
            };
            // Secrets of the tests begin with this word.
            let log = log.0.lock().unwrap();
            let shown: Vec<&str> = log.lines().filter(|line| line.contains("hush")).collect();
            format!("{told}\nlogged {} lines, secrets in {shown:?}", log.lines().count())
        }
        "keychain" => crate::keychain::round_trip().await,
        "keychain status" => format!("{:?}", aws::keychain::status().await),
        "keychain use" => crate::keychain::store_and_load().await,
        other => panic!("no such job: {other}"),
    };
    for line in told.lines() {
        println!("{RESULT}{line}");
    }
}

/// Everything that is logged down to `DEBUG`.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl Log {
    fn install() -> Self {
        let log = Self::default();
        tracing::subscriber::set_global_default(log.clone()).unwrap();
        log
    }
}

impl Visit for Log {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        write!(self.0.lock().unwrap(), " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::DEBUG
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        span.record(&mut self.clone());
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut self.clone());
        self.0.lock().unwrap().push('\n');
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
