//! CSV: Timesketch's columns first. A cell that a spreadsheet would take for a formula is defused.

use std::io::{self, Write};

use crate::Timeline;

pub(crate) fn write(timeline: &Timeline, out: &mut dyn Write) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record([
        "message",
        "datetime",
        "timestamp_desc",
        "actor",
        "mode",
        "step",
        "run",
        "seq",
        "hash",
    ])?;
    for row in timeline.rows() {
        csv.write_record([
            text(&row.text).as_str(),
            &row.entry.at,
            row.kind,
            &text(&row.entry.actor),
            timeline.run().start().mode.word(),
            &text(row.step.as_ref().map_or("", |(_, title)| title)),
            row.entry.run.as_str(),
            &row.entry.seq.to_string(),
            &row.entry.hash,
        ])?;
    }
    csv.flush()
}

/// Free text as a cell: one that begins like a formula gets an apostrophe, as spreadsheets understand it.
fn text(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}
