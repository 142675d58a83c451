//! `cargo xtask bench photos`: how fast photos are surveyed and brought back, beside a client that does nothing but what
//! it must and, with `--peers`, beside tools by others, against the same server in the same run.
//!
//! What is measured are the app's own actions through the AWS SDK, built as they are shipped (`aws/examples/photos`).
//! Client and server share this machine. A goal that is missed is said to be missed.

mod measured;
mod parts;
mod peers;
mod servers;
mod table;

use std::path::PathBuf;

use crate::error::Error;
use crate::process::Run;
use crate::project::Project;
use crate::setup::on_path;
use crate::tools::{self, Tool};

/// Milliseconds that the range lets every request wait, as S3 does.
const LATENCY: u64 = 40;
/// Writes a second that S3 takes under one prefix.
const LIMIT: u64 = 3500;

/// What to measure, and how much of it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Only this; everything when `None`.
    pub(crate) only: Option<Part>,
    /// Rounds of each; the one in the middle counts.
    pub(crate) rounds: u64,
    /// Photos to bring back on the range.
    pub(crate) photos: u64,
    /// Versions to survey; three times as many are surveyed once more.
    pub(crate) versions: u64,
    /// Whether tools by others are measured too.
    pub(crate) peers: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { only: None, rounds: 3, photos: 100_000, versions: 1_000_000, peers: false }
    }
}

/// A part of the measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Copies on the range, up to S3's limit for one prefix.
    Restore,
    /// Copies on a server by others.
    Ministack,
    /// Removing delete markers.
    Undelete,
    /// Listing every version.
    Survey,
}

impl Part {
    const ALL: [Self; 4] = [Self::Restore, Self::Ministack, Self::Undelete, Self::Survey];

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Restore => "restore",
            Self::Ministack => "ministack",
            Self::Undelete => "undelete",
            Self::Survey => "survey",
        }
    }
}

/// What a part is measured with.
struct Bench<'a> {
    project: &'a Project,
    options: &'a Options,
    /// `aws/examples/photos`, built.
    program: PathBuf,
}

impl Bench<'_> {
    fn example<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Run {
        Run::program(&self.program, "photos").args(args)
    }
}

/// Builds what is needed, measures, and prints a table for each part.
pub(crate) fn photos(project: &Project, options: &Options) -> Result<(), Error> {
    let parts: Vec<Part> = options.only.map_or_else(|| Part::ALL.into(), |part| vec![part]);
    if parts.contains(&Part::Ministack) {
        tools::provide(project, Tool::Ministack)?;
    }
    if options.peers {
        tools::provide(project, Tool::Peers)?;
        for name in ["rclone", "s3sync"].iter().filter(|name| !on_path(name)) {
            println!("{name} is not measured: it is not on the PATH.");
        }
    }
    project.cargo("cargo build --release --package aws --example photos").shown("make it compile first")?;
    let program = project.target().join("release/examples/photos");
    let bench = Bench { project, options, program };
    let mut missed = 0;
    for part in parts {
        let table = match part {
            Part::Restore => parts::restore(&bench)?,
            Part::Ministack => parts::ministack(&bench)?,
            Part::Undelete => parts::undelete(&bench)?,
            Part::Survey => parts::survey(&bench)?,
        };
        print!("{table}");
        missed += table.missed();
    }
    match missed {
        0 => println!("\nEvery goal is met."),
        missed => println!("\n{missed} goals are missed."),
    }
    Ok(())
}
