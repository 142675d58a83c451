//! `cargo xtask bench reconcile`: how long comparing the photos of a database with those of a bucket takes, beside
//! `sort | comm` on the same keys in the same run.
//!
//! Both sides' keys are given to `sort` in order already, which is quicker for it than any other order. The comparison
//! has its keys' making in its time, and compares sizes and checksums too; `comm` compares the lines alone.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{self, Stdio};
use std::time::Instant;

use serde_json::Value;

use super::{median, verdict};
use crate::error::Error;
use crate::process::Run;
use crate::project::Project;

/// Rounds of each; the one in the middle counts.
const ROUNDS: usize = 3;
/// What the comparison may hold in memory at most: bytes.
const MEMORY: u64 = 200_000_000;

/// What to compare.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Keys of each side.
    pub(crate) keys: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { keys: 10_000_000 }
    }
}

/// How many keys are on both sides, on the left alone and on the right alone.
type Counts = [u64; 3];

/// Builds the comparison as it is shipped, and measures both.
pub(crate) fn reconcile(project: &Project, options: &Options) -> Result<(), Error> {
    let build = "cargo build --release --package action --example reconcile";
    project.cargo(build).shown("make it compile first")?;
    let program = project.target().join("release/examples/reconcile");
    let folder = Folder::new()?;
    let [left, right, sorted_left, sorted_right] =
        ["database", "bucket", "database.sorted", "bucket.sorted"].map(|name| folder.0.join(name));
    let keys = options.keys.to_string();
    println!("Writing {keys} keys a side to {} …", folder.0.display());
    Run::program(&program, "reconcile")
        .args(["write", &keys])
        .args([&left, &right])
        .shown("make room in the folder for temporary files, or ask for fewer with --keys")?;
    let [mut ours, mut making, mut theirs, mut comms] = [const { Vec::new() }; 4];
    let mut peak = 0;
    for round in 1..=ROUNDS {
        println!("Round {round} of {ROUNDS} …");
        let answer = compare(&program, &keys)?;
        let number = |name: &str| answer[name].as_u64().unwrap_or_default();
        ours.push(answer["seconds"].as_f64().unwrap_or_default());
        making.push(answer["making"].as_f64().unwrap_or_default());
        let different = number("different");
        peak = peak.max(number("peak_bytes"));
        let sort = sort(&left, &sorted_left)? + sort(&right, &sorted_right)?;
        let (comm, counts) = comm(&sorted_left, &sorted_right, options.keys)?;
        theirs.push(sort + comm);
        comms.push(comm);
        let found = [number("matched") + different, number("missing"), number("orphaned")];
        if found != counts {
            return Err(Error::new(
                format!(
                    "the comparison counts {found:?} (both, database only, bucket only), comm {counts:?}"
                ),
                "one of them is wrong: compare with fewer keys (--keys 1000) to see where",
            ));
        }
        println!(
            "  both {}, only in the database {}, only in the bucket {}, different {different}",
            found[0], found[1], found[2]
        );
    }
    let (ours, theirs, comm) = (median(ours), median(theirs), median(comms));
    println!("\n{keys} keys a side, median of {ROUNDS}\n");
    println!("  {:<34}{:>9}{:>12}", "", "time", "ours is");
    println!("  {:<34}{ours:>8.2}s", "photos.reconcile");
    println!("  {:<34}{:>8.2}s", "  of that, making the keys", median(making));
    for (name, time) in [("LC_ALL=C sort, sort, comm", theirs), ("comm alone, on sorted files", comm)] {
        println!("  {name:<34}{time:>8.2}s{:>11.2}x", ours / time);
    }
    println!("\n  peak memory of photos.reconcile: {:.1} MB", peak as f64 / 1e6);
    println!("  no slower than sort | comm: {}", verdict(ours <= theirs));
    println!("  under {} MB: {}", MEMORY / 1_000_000, verdict(peak > 0 && peak < MEMORY));
    Ok(())
}

fn compare(program: &Path, keys: &str) -> Result<Value, Error> {
    let wrong = || Error::new("`reconcile compare` gave no result", "run it by itself to see why");
    let text = Run::program(program, "reconcile").args(["compare", keys]).asked().ok_or_else(wrong)?;
    serde_json::from_str(&text).map_err(|_| wrong())
}

fn plain(name: &str) -> process::Command {
    let mut command = process::Command::new(name);
    command.env("LC_ALL", "C").stdin(Stdio::null());
    command
}

fn failed(name: &str, why: impl std::fmt::Display) -> Error {
    Error::new(
        format!("`{name}` failed: {why}"),
        "check that it is installed, and that there is room for its files",
    )
}

/// Seconds that sorting takes.
fn sort(from: &Path, into: &Path) -> Result<f64, Error> {
    let began = Instant::now();
    let status = plain("sort").arg("-o").arg(into).arg(from).status().map_err(|why| failed("sort", why))?;
    if status.success() { Ok(began.elapsed().as_secs_f64()) } else { Err(failed("sort", status)) }
}

/// Seconds that comparing sorted files takes, and what it counts: the lines of one file alone are read, and those of
/// both are the rest.
fn comm(left: &Path, right: &Path, keys: u64) -> Result<(f64, Counts), Error> {
    let began = Instant::now();
    let fails = |why: std::io::Error| failed("comm", why);
    let mut child =
        plain("comm").arg("-3").arg(left).arg(right).stdout(Stdio::piped()).spawn().map_err(fails)?;
    let [mut only_left, mut only_right] = [0, 0];
    if let Some(stdout) = child.stdout.take() {
        for line in BufReader::new(stdout).split(b'\n') {
            *(if line.map_err(fails)?.starts_with(b"\t") { &mut only_right } else { &mut only_left }) += 1;
        }
    }
    let status = child.wait().map_err(fails)?;
    if !status.success() {
        return Err(failed("comm", status));
    }
    Ok((began.elapsed().as_secs_f64(), [keys - only_left, only_left, only_right]))
}

/// A folder for temporary files that is gone when this is.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Result<Self, Error> {
        let path = std::env::temp_dir().join(format!("lifeboat-bench-{}", process::id()));
        fs::create_dir(&path).map_err(|why| Error::file("make", &path, &why))?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(why) = fs::remove_dir_all(&self.0) {
            eprintln!("xtask: failed to remove {}: {why}", self.0.display());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_and_comm_count_what_is_on_either_side() {
        let folder = Folder::new().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.0.join(name);
            fs::write(&path, text).unwrap();
            path
        };
        let (a, b) = (file("a", "c\nb\na\n"), file("b", "d\nb\nc\n"));
        sort(&a, &a).unwrap();
        sort(&b, &b).unwrap();
        assert_eq!(comm(&a, &b, 3).unwrap().1, [2, 1, 1]);
    }
}
