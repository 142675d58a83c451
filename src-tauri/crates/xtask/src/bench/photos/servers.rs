//! The servers that are measured against: the practice range, and ministack.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::Duration;
use std::{net, thread};

use serde_json::Value;

use super::measured::{Taken, cpu};
use super::{Bench, LATENCY};
use crate::error::Error;
use crate::process::Run;

/// How long a server may take to begin to answer: looks, and the pause between them.
const LOOKS: (u32, Duration) = (300, Duration::from_millis(100));

/// A practice range in a process of its own; it ends when this is dropped.
pub(super) struct Stage {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    /// Where it answers.
    pub(super) endpoint: String,
    /// A moment before the harm.
    pub(super) at: String,
    before: Value,
}

fn lost(what: &str) -> Error {
    Error::new(format!("lost {what}"), "run it again; if this repeats, start it by itself to see why")
}

impl Stage {
    /// Starts a range with so many photos that `harm` was done to, and no limit when `writes` is 0.
    pub(super) fn start(bench: &Bench<'_>, harm: &str, photos: u64, writes: u64) -> Result<Self, Error> {
        let [photos, latency, writes] = [photos, LATENCY, writes].map(|number| number.to_string());
        let mut command = bench.example(["stage", harm, &photos, &latency, &writes]).into_command();
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut child = child.map_err(|why| lost(&format!("the practice range: {why}")))?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let output = BufReader::new(output.ok_or_else(|| lost("the practice range's output"))?);
        let nothing = String::new();
        let mut stage =
            Self { child, input, output, endpoint: nothing.clone(), at: nothing, before: Value::Null };
        let ready = stage.answer()?;
        let text = |name: &str| ready[name].as_str().unwrap_or_default().to_owned();
        (stage.endpoint, stage.at) = (text("endpoint"), text("at"));
        stage.before = stage.ask("counts")?;
        Ok(stage)
    }

    fn answer(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        self.output.read_line(&mut line).ok();
        serde_json::from_str(&line).map_err(|_| lost("the practice range"))
    }

    fn ask(&mut self, what: &str) -> Result<Value, Error> {
        let input = self.input.as_mut().ok_or_else(|| lost("the practice range's input"))?;
        writeln!(input, "{what}").map_err(|why| lost(&format!("the practice range: {why}")))?;
        self.answer()
    }

    /// Adds what the range saw of a run.
    pub(super) fn seen(&mut self, taken: Taken) -> Result<Taken, Error> {
        let now = self.ask("counts")?;
        let more =
            |name: &str| now[name].as_u64().zip(self.before[name].as_u64()).map(|(now, was)| now - was);
        let server = now["cpu"].as_f64().zip(self.before["cpu"].as_f64()).map(|(now, was)| now - was);
        let (requests, slow_downs) = (more("requests"), more("slow_downs").unwrap_or_default());
        Ok(Taken { requests, slow_downs, server, ..taken })
    }

    /// Adds how many photos are not what they were.
    pub(super) fn judged(&mut self, taken: Taken) -> Result<Taken, Error> {
        Ok(Taken { lost: self.ask("lost")?["lost"].as_u64(), ..taken })
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // It ends with its input.
        self.input.take();
        let _ = self.child.wait();
    }
}

/// ministack with photos in it; it ends when this is dropped.
pub(super) struct Ministack {
    child: Child,
    pub(super) endpoint: String,
    pub(super) at: String,
}

impl Ministack {
    pub(super) fn start(bench: &Bench<'_>, photos: u64, bytes: u64) -> Result<Self, Error> {
        let free =
            TcpListener::bind((net::Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
        let address = free.map_err(|why| lost(&format!("a free port: {why}")))?;
        let program = bench.project.target().join("ministack-venv/bin/ministack");
        let command = Run::program(&program, "ministack")
            .env("GATEWAY_PORT", address.port().to_string())
            .env("BIND_HOST", "127.0.0.1");
        let child =
            command.into_command().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let child = child.map_err(|why| lost(&format!("ministack: {why}")))?;
        let mut server = Self { child, endpoint: format!("http://{address}"), at: String::new() };
        let (looks, pause) = LOOKS;
        if !(0..looks).any(|_| {
            thread::sleep(pause);
            net::TcpStream::connect(address).is_ok()
        }) {
            return Err(lost("ministack, which does not answer"));
        }
        let (photos, bytes) = (photos.to_string(), bytes.to_string());
        let seeded = bench.example(["seed", &server.endpoint, &photos, &bytes]).asked();
        let line: Option<Value> = seeded.and_then(|text| serde_json::from_str(&text).ok());
        let at = line.as_ref().and_then(|line| line["at"].as_str());
        server.at = at.ok_or_else(|| lost("ministack, while photos were put into it"))?.to_owned();
        Ok(server)
    }

    /// Processor seconds so far.
    pub(super) fn cpu(&self) -> Option<f64> {
        cpu(self.child.id())
    }

    /// Adds how many photos are not what they were.
    pub(super) fn judged(&self, bench: &Bench<'_>, taken: Taken) -> Taken {
        let told = bench.example(["lost", &self.endpoint]).asked();
        let line: Option<Value> = told.and_then(|text| serde_json::from_str(&text).ok());
        Taken { lost: line.and_then(|line| line["lost"].as_u64()), ..taken }
    }
}

impl Drop for Ministack {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
