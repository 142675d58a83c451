//! JSON lines: Timesketch's columns first, then the entry as it was stored.

use std::io::{self, Write};

use serde::Serialize;

use crate::Timeline;

/// The version that writes, by which its words can be checked.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// One line. `run, seq, datetime, actor, entry, previous, hash` are what [`journal::verify_export`] checks.
#[derive(Serialize)]
struct Line<'a> {
    message: &'a str,
    datetime: &'a str,
    timestamp_desc: &'a str,
    run: &'a str,
    seq: u64,
    actor: &'a str,
    mode: &'a str,
    step: Option<&'a str>,
    entry: &'a str,
    previous: &'a str,
    hash: &'a str,
    lifeboat: &'a str,
}

pub(crate) fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    for row in timeline.rows() {
        let line = Line {
            message: &row.text,
            datetime: &row.entry.at,
            timestamp_desc: row.kind,
            run: row.entry.run.as_str(),
            seq: row.entry.seq,
            actor: &row.entry.actor,
            mode: timeline.run().start().mode.word(),
            step: row.step.as_ref().map(|(id, _)| id.as_str()),
            entry: &row.entry.event,
            previous: &row.entry.previous,
            hash: &row.entry.hash,
            lifeboat: VERSION,
        };
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}
