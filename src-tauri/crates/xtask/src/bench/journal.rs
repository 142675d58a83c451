//! `cargo xtask bench journal`: what the journal costs beside SQLite with the same settings and nothing on top, in the same
//! run, and what a long run costs beside a short one.
//!
//! What is compared is measured in turns by one program (`report/examples/journal`), so that whatever else the machine does
//! meets both alike; the ratios are what counts. Each export is measured in a process of its own.

use std::fs;
use std::path::Path;
use std::process;

use serde_json::Value;

use super::{median, verdict};
use crate::error::Error;
use crate::process::Run;
use crate::project::Project;

/// The formats of a timeline and of a review. One that is added to those of `report` is added here. A review of a tenth of
/// the entries is written: a page of it is for people.
const FORMATS: [(&str, u64); 7] = [
    ("timeline.md", 1),
    ("timeline.csv", 1),
    ("timeline.jsonl", 1),
    ("review.md", 10),
    ("review.html", 10),
    ("review.pdf", 10),
    ("review.zip", 10),
];

/// What to measure, and how much of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Entries of the long run.
    pub(crate) entries: u64,
    /// Rounds of each; the one in the middle counts.
    pub(crate) rounds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { entries: 100_000, rounds: 3 }
    }
}

/// Builds the journal as it is shipped, and measures it.
pub(crate) fn journal(project: &Project, options: &Options) -> Result<(), Error> {
    project
        .cargo("cargo build --release --package report --example journal")
        .shown("make it compile first")?;
    let program = project.target().join("release/examples/journal");
    let folder = std::env::temp_dir().join(format!("lifeboat-bench-{}", process::id()));
    fs::create_dir(&folder).map_err(|why| Error::file("make", &folder, &why))?;
    let measured = measure(&program, &folder, options);
    fs::remove_dir_all(&folder).map_err(|why| Error::file("remove", &folder, &why))?;
    measured
}

fn measure(program: &Path, folder: &Path, options: &Options) -> Result<(), Error> {
    let file = |entries: u64| folder.join(format!("{entries}.db"));
    let mut lengths = FORMATS.map(|(_, part)| [options.entries / part, options.entries / part / 2]).concat();
    lengths.sort_unstable();
    lengths.dedup();
    for entries in lengths {
        println!("Writing a run of {entries} entries …");
        let run = Run::program(program, "journal").args(["make".as_ref(), file(entries).as_os_str()]);
        run.args([entries.to_string()]).shown("make room in the folder for temporary files")?;
    }
    let long = file(options.entries);
    let mut rounds = Vec::new();
    for round in 1..=options.rounds {
        println!("Round {round} of {} …", options.rounds);
        rounds.push(asked(program, &["round".as_ref(), long.as_os_str()])?);
    }
    let mut exports = Vec::new();
    for (format, part) in FORMATS {
        let of = |entries: u64| -> Result<Vec<Value>, Error> {
            let file = file(entries);
            let args = ["export".as_ref(), file.as_os_str(), format.as_ref()];
            (0..options.rounds).map(|_| asked(program, &args)).collect()
        };
        exports.push((format, of(options.entries / part)?, of(options.entries / part / 2)?));
    }
    print!("{}", report(options.entries, &rounds, &exports));
    Ok(())
}

fn asked(program: &Path, args: &[&std::ffi::OsStr]) -> Result<Value, Error> {
    let run = Run::program(program, "journal").args(args);
    let wrong = Error::new(format!("`{run}` gave no result"), "run it by itself to see why");
    run.asked().and_then(|text| serde_json::from_str(&text).ok()).ok_or(wrong)
}

/// The number in the middle of what the rounds say at a place.
fn middle(rounds: &[Value], place: &str) -> f64 {
    median(
        rounds.iter().map(|round| round.pointer(place).and_then(Value::as_f64).unwrap_or_default()).collect(),
    )
}

/// The middle of the ratios of two places within a round.
fn ratio(rounds: &[Value], of: &str, to: &str) -> f64 {
    let one = |round: &Value| {
        let number = |place: &str| round.pointer(place).and_then(Value::as_f64).unwrap_or_default();
        number(of) / number(to)
    };
    median(rounds.iter().map(one).collect())
}

fn report(entries: u64, rounds: &[Value], exports: &[(&str, Vec<Value>, Vec<Value>)]) -> String {
    let mut lines = vec![format!("\nmedian of {}; the long run has {entries} entries\n", rounds.len())];
    let mut row = |name: &str, place: &str, unit: &str| {
        lines.push(format!("  {name:<48}{:>14.1} {unit}", middle(rounds, place)));
    };
    row("SQLite alone, durable appends", "/appends/bare", "a second");
    row("journal, durable appends to a run that begins", "/appends/new", "a second");
    row("journal, durable appends to the long run", "/appends/long", "a second");
    for (length, of) in [("short", "a run of 1,000"), ("long", "the long run")] {
        row(&format!("{of}: to take one more entry in"), &format!("/repaints/{length}/absorb"), "µs");
        row(&format!("{of}: to hand a copy on"), &format!("/repaints/{length}/copy"), "µs");
        row(&format!("{of}: to read its last line"), &format!("/repaints/{length}/line"), "µs");
    }
    row("SQLite and SHA-256 alone, rows read and hashed", "/whole/hash", "a second");
    row("journal, entries read, checked and folded", "/whole/fold", "a second");
    row("journal, entries verified", "/whole/verify", "a second");
    lines.push(format!(
        "\n  {:<16}{:>9}{:>10}{:>12}{:>14}{:>20}",
        "export", "entries", "seconds", "size", "peak memory", "of half as many"
    ));
    for (format, long, half) in exports {
        let (size, peak, less) =
            (middle(long, "/bytes"), middle(long, "/peak_bytes"), middle(half, "/peak_bytes"));
        lines.push(format!(
            "  {format:<16}{:>9.0}{:>10.3}{:>9.1} MB{:>11.1} MB{:>17.1} MB",
            middle(long, "/entries"),
            middle(long, "/seconds"),
            size / 1e6,
            peak / 1e6,
            less / 1e6,
        ));
    }
    lines.push(String::new());
    let mut goal = |what: &str, ratio: f64, good: bool| {
        lines.push(format!("  {what}: {ratio:.2}, {}", verdict(good)));
    };
    let appends = ratio(rounds, "/appends/new", "/appends/bare");
    goal("appends beside SQLite alone, at least 0.90", appends, appends >= 0.9);
    let longer = ratio(rounds, "/appends/new", "/appends/long");
    goal("an append to the long run beside one to an empty one, at most 1.20", longer, longer <= 1.2);
    for (what, place) in [("taking an entry in", "absorb"), ("a copy", "copy"), ("a line", "line")] {
        let grown = ratio(rounds, &format!("/repaints/long/{place}"), &format!("/repaints/short/{place}"));
        // What grows with the run is a hundred times as much; what doesn't is as much but for the machine's noise.
        goal(&format!("{what}, the long run beside 1,000, at most 3"), grown, grown <= 3.0);
    }
    for (what, place) in [("folding", "/whole/fold"), ("verifying", "/whole/verify")] {
        let rate = ratio(rounds, place, "/whole/hash");
        goal(&format!("{what} beside reading and hashing, at least 0.50"), rate, rate >= 0.5);
    }
    for (format, long, half) in exports {
        let grown = middle(long, "/peak_bytes") / middle(half, "/peak_bytes");
        goal(&format!("memory for {format}, twice the entries, at most 1.10"), grown, grown <= 1.1);
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goals_are_judged_by_ratios_within_a_round() {
        let round = |bare: f64, new: f64| {
            serde_json::json!({ "appends": { "bare": bare, "new": new, "long": new },
                "whole": { "hash": 100, "fold": 40, "verify": 60 } })
        };
        // The machine got slower from round to round.
        let rounds = [round(100.0, 95.0), round(10.0, 9.5), round(1.0, 0.1)];
        let export = serde_json::json!({ "seconds": 2, "entries": 10, "bytes": 5, "peak_bytes": 7 });
        let text = report(10, &rounds, &[("timeline.csv", vec![export.clone()], vec![export])]);
        for said in [
            "appends beside SQLite alone, at least 0.90: 0.95, met",
            "folding beside reading and hashing, at least 0.50: 0.40, missed",
            "verifying beside reading and hashing, at least 0.50: 0.60, met",
            "memory for timeline.csv, twice the entries, at most 1.10: 1.00, met",
        ] {
            assert!(text.contains(said), "{text}");
        }
    }
}
