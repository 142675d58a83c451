//! Running a program and measuring what it takes.

use std::fs;
use std::io::Read as _;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::error::Error;
use crate::process::Run;

/// How often a running program is asked for its memory.
const LOOK: Duration = Duration::from_millis(50);
/// The ticks of a second in which Linux counts processor time for everyone who asks.
const TICKS: f64 = 100.0;

/// What one run took.
#[derive(Debug, Clone, Default)]
pub(super) struct Taken {
    /// Seconds of the work itself.
    pub(super) seconds: f64,
    /// Seconds of planning before it.
    pub(super) planned: f64,
    /// Photos, markers or versions that it was about.
    pub(super) items: u64,
    /// Requests sent, where the server counts.
    pub(super) requests: Option<u64>,
    /// Requests answered with 503.
    pub(super) slow_downs: u64,
    /// Photos that are not what they were.
    pub(super) lost: Option<u64>,
    /// Processor seconds, the system's for it included.
    pub(super) cpu: f64,
    /// Processor seconds of the server.
    pub(super) server: Option<f64>,
    /// The most memory held: bytes.
    pub(super) peak: u64,
    /// Why it has no result.
    pub(super) failed: Option<String>,
}

impl Taken {
    /// From what `aws/examples/photos` prints.
    pub(super) fn from_example(line: &Value, items: u64) -> Self {
        let number = |name: &str| line[name].as_f64().unwrap_or_default();
        Self {
            seconds: number("seconds"),
            planned: number("planned"),
            items,
            cpu: number("cpu"),
            peak: line["peak_bytes"].as_u64().unwrap_or_default(),
            failed: (line["verdict"].as_str().unwrap_or("passed") != "passed")
                .then(|| line["headline"].as_str().unwrap_or("it did not pass").to_owned()),
            ..Self::default()
        }
    }

    /// Photos, markers or versions a second.
    pub(super) fn rate(&self) -> f64 {
        if self.failed.is_some() { 0.0 } else { self.items as f64 / self.seconds.max(1e-9) }
    }

    /// The same with the planning, which tools by others do in one go with the work.
    pub(super) fn whole_rate(&self) -> f64 {
        Self { seconds: self.planned + self.seconds, ..self.clone() }.rate()
    }
}

/// Runs one of ours, which prints what it took as a line of JSON.
pub(super) fn example(run: Run, items: u64) -> Result<Taken, Error> {
    let shown = run.to_string();
    let mut command = run.into_command();
    let output = command.stdin(Stdio::null()).stderr(Stdio::piped()).output();
    let output = output.map_err(|why| not_started(&shown, &why))?;
    let text = String::from_utf8_lossy(&output.stdout);
    match text.lines().last().and_then(|line| serde_json::from_str(line).ok()) {
        Some(line) if output.status.success() => Ok(Taken::from_example(&line, items)),
        _ => Ok(Taken { failed: Some(last_line(&output.stderr)), items, ..Taken::default() }),
    }
}

/// Runs a program by others and measures it from outside.
pub(super) fn stranger(run: Run, items: u64) -> Result<Taken, Error> {
    let shown = run.to_string();
    let mut command = run.into_command();
    let (before, began) = (children(), Instant::now());
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
    let mut child = child.map_err(|why| not_started(&shown, &why))?;
    let errors = child.stderr.take().map(|mut stderr| {
        thread::spawn(move || {
            let mut text = Vec::new();
            let _ = stderr.read_to_end(&mut text);
            text
        })
    });
    let mut peak = 0;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|why| not_started(&shown, &why))? {
            break status;
        }
        peak = peak.max(memory(child.id()).unwrap_or_default());
        thread::sleep(LOOK);
    };
    let seconds = began.elapsed().as_secs_f64();
    let errors = errors.and_then(|thread| thread.join().ok()).unwrap_or_default();
    let failed = (!status.success()).then(|| last_line(&errors));
    Ok(Taken { seconds, items, cpu: children() - before, peak, failed, ..Taken::default() })
}

fn not_started(shown: &str, why: &std::io::Error) -> Error {
    Error::new(format!("failed to run `{shown}`: {why}"), "check that it is installed")
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    let line = text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it said nothing");
    line.chars().take(160).collect()
}

/// Processor seconds of all programs that ran to their end so far.
fn children() -> f64 {
    processor("self", 13).unwrap_or_default()
}

/// Processor seconds of a running program.
pub(super) fn cpu(pid: u32) -> Option<f64> {
    processor(&pid.to_string(), 11)
}

/// The sum of a field of `/proc/…/stat`, counted behind the program's name, and the next.
fn processor(pid: &str, field: usize) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(field).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / TICKS)
}

fn memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_has_no_rate() {
        let line =
            serde_json::json!({ "seconds": 2.0, "planned": 2.0, "verdict": "passed", "peak_bytes": 7 });
        let taken = Taken::from_example(&line, 10);
        assert_eq!((taken.rate(), taken.whole_rate(), taken.peak), (5.0, 2.5, 7));
        let line = serde_json::json!({ "seconds": 2.0, "verdict": "failed", "headline": "3 photos failed" });
        let taken = Taken::from_example(&line, 10);
        assert_eq!((taken.rate(), taken.failed.as_deref()), (0.0, Some("3 photos failed")));
    }

    #[test]
    fn a_program_is_measured_from_outside() {
        let taken = stranger(Run::new("true"), 3).unwrap();
        assert!(taken.failed.is_none() && taken.seconds > 0.0);
        assert!(stranger(Run::new("false"), 3).unwrap().failed.is_some());
    }
}
