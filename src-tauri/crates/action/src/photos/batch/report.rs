//! A job's completion report, read into the evidence.

use futures::TryStreamExt as _;
use serde::Serialize;

use super::outcome::Came;
use super::watch::{Known, Watch};
use crate::body::write_line;
use crate::plan::{Example, Failure, Progress};
use crate::port::{JobState, TaskResult, VersionId};

/// A line of evidence: one task of a job, in the shape of a copy made by this machine.
#[derive(Serialize)]
struct Line<'a> {
    key: &'a str,
    op: &'static str,
    result: &'static str,
    attempt: u8,
    job: &'a str,
    /// The version that was copied; the report doesn't tell which one the copy is.
    from: &'a VersionId,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a str>,
}

/// So many rows are told of at once.
const TICK: u64 = 10_000;

/// Reads the report of a job that has ended. Lines that an earlier application wrote aren't written again.
pub(super) async fn read(watch: &mut Watch<'_>, known: &Known, came: &mut Came) -> Result<(), Failure> {
    let mut written = watch.written(&known.id);
    let (rows, failed) = loop {
        let (mut rows, mut failed) = (0, 0);
        let mut examples = Vec::new();
        let port = watch.port;
        let report = port.report(&watch.handoff.bucket, &watch.handoff.key("report"), &known.id).await;
        let ended = match report {
            Err(error) => Err(error),
            Ok(mut tasks) => loop {
                match tasks.try_next().await {
                    Err(error) => break Err(error),
                    Ok(None) => break Ok(()),
                    Ok(Some(task)) => {
                        rows += 1;
                        if let Some(why) = &task.failed {
                            failed += 1;
                            if examples.len() < Came::EXAMPLES {
                                examples.push(Example {
                                    key: task.key.clone(),
                                    now: format!("not copied by job {}", known.id),
                                    becomes: format!("failed: {why}"),
                                });
                            }
                        }
                        if rows > written {
                            write(watch, &known.id, &task)?;
                            written = rows;
                        }
                        if rows.is_multiple_of(TICK) {
                            watch.go_on()?;
                            tell(watch, known, rows, failed);
                        }
                    }
                }
            },
        };
        watch.evidence().flush()?;
        match ended {
            Ok(()) => {
                came.examples.append(&mut examples);
                break (rows, failed);
            }
            Err(error) => watch.bear("report", error).await?,
        }
    };
    came.copied += rows - failed;
    came.failed += failed;
    let job = known.job.as_ref();
    match job.map(|job| job.state) {
        Some(JobState::Complete) => {
            came.unreported += known.share.photos.saturating_sub(rows);
            if failed == 0 && rows == known.share.photos {
                came.bytes += known.share.bytes;
            }
        }
        state => {
            let state = state.unwrap_or(JobState::Unknown);
            let why = job.and_then(|job| job.why.clone()).unwrap_or_else(|| "S3 gives no reason".to_owned());
            came.gone.push((known.id.clone(), state, why));
        }
    }
    Ok(())
}

fn write(watch: &mut Watch<'_>, job: &str, task: &TaskResult) -> Result<(), Failure> {
    let line = Line {
        key: &task.key,
        op: "copy",
        result: if task.failed.is_some() { "failed" } else { "restored" },
        attempt: 1,
        job,
        from: &task.version,
        error: task.failed.as_deref(),
    };
    write_line(&line, watch.evidence())
}

fn tell(watch: &Watch<'_>, known: &Known, done: u64, failed: u64) {
    let (doing, total) = ("reading what the job did".to_owned(), Some(known.share.photos));
    (watch.cx.progress)(Progress { doing, done, total, failed, bytes: 0, paused: None });
}
