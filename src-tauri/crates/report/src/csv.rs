//! CSV: Timesketch's columns first. A cell that a spreadsheet would take for a formula is defused.

use std::io::{self, Write};

use csv::{Error, ErrorKind, Writer};
use journal::Journal;

use crate::{ReportError, Timeline};

pub(crate) fn write(timeline: &Timeline, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    let mut csv = Writer::from_writer(out);
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
    ])
    .map_err(io_error)?;
    timeline.rows(journal, &mut |row| {
        let written = csv.write_record([
            text(&row.text).as_str(),
            &row.entry.at,
            row.kind,
            &text(&row.entry.actor),
            timeline.run().start().mode.word(),
            &text(row.step.as_ref().map_or("", |(_, title)| title)),
            row.entry.run.as_str(),
            &row.entry.seq.to_string(),
            &row.entry.hash,
        ]);
        Ok(written.map_err(io_error)?)
    })?;
    Ok(csv.flush()?)
}

/// What the writer said; the csv crate's own conversion loses its kind, and with it that a pipe was closed.
fn io_error(error: Error) -> io::Error {
    match error.into_kind() {
        ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// What makes a spreadsheet take a cell for a formula; some take the wide forms for the narrow ones.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Free text as a cell: one that begins like a formula, even after blanks that a spreadsheet may drop, gets an
/// apostrophe, as spreadsheets understand it.
fn text(cell: &str) -> String {
    let blank = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '\u{feff}';
    let formula = cell.starts_with(['\t', '\r', '\n']) || cell.trim_start_matches(blank).starts_with(FORMULA);
    if formula { format!("'{cell}") } else { cell.to_owned() }
}
