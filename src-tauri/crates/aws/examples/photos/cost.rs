//! What a process has cost so far.

use std::fs;

/// The ticks of a second in which Linux counts processor time for everyone who asks.
const TICKS: f64 = 100.0;

/// Seconds of processor time, in this process and in the system for it; `None` where the system doesn't tell.
pub(crate) fn cpu(pid: Option<u32>) -> Option<f64> {
    let stat = fs::read_to_string(file(pid, "stat")).ok()?;
    // The program's name comes before, in brackets, and may hold anything.
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11).map(str::parse::<f64>);
    Some((fields.next()?.ok()? + fields.next()?.ok()?) / TICKS)
}

/// The most memory that the process ever held: bytes; `None` where the system doesn't tell.
pub(crate) fn peak(pid: Option<u32>) -> Option<u64> {
    let status = fs::read_to_string(file(pid, "status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

fn file(pid: Option<u32>, name: &str) -> String {
    pid.map_or_else(|| format!("/proc/self/{name}"), |pid| format!("/proc/{pid}/{name}"))
}
