//! Everything in one file: the review, the timeline and the evidence, with the SHA-256 of each.

use std::collections::BTreeSet;
use std::io::{self, Write};

use journal::Journal;
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::review::{Review, ReviewFormat};
use crate::{Format, JsonLines, ReportError, Timeline};

/// The list of what is in it.
pub(crate) const MANIFEST: &str = "MANIFEST.txt";
/// The timeline that proves itself.
pub(crate) const TIMELINE: &str = "timeline.jsonl";
/// Where the evidence is, each piece under its SHA-256.
pub(crate) const EVIDENCE: &str = "evidence/";

/// What the list of files says of them.
const SAID: &str = "# The SHA-256 of each file; `sha256sum -c MANIFEST.txt` checks them.\n\
                    # evidence/ holds plans and lists of what was done as they were: they name single photos.\n";

/// A zip that is written from front to back, and the list of what is in it.
struct Bundle<'a> {
    zip: ZipWriter<StreamWriter<&'a mut dyn Write>>,
    options: SimpleFileOptions,
    manifest: String,
}

/// Writes to a file of the zip, and hashes what it writes.
struct File<'z, 'a> {
    zip: &'z mut ZipWriter<StreamWriter<&'a mut dyn Write>>,
    hash: Sha256,
}

pub(crate) fn write(review: &Review, journal: &Journal, out: &mut dyn Write) -> Result<(), ReportError> {
    // The same run makes the same file: its files are of when the last entry was written.
    let last = jiff::tz::Offset::UTC.to_datetime(review.run.last());
    let part = |number: i8| u8::try_from(number).unwrap_or_default();
    let date = DateTime::from_date_and_time(
        u16::try_from(last.year()).unwrap_or_default(),
        part(last.month()),
        part(last.day()),
        part(last.hour()),
        part(last.minute()),
        part(last.second()),
    );
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(date.unwrap_or_default())
        // A list of what was done may be of any length, and isn't known before it is read.
        .large_file(true);
    let mut bundle = Bundle { zip: ZipWriter::new_stream(out), options, manifest: SAID.to_owned() };
    for format in [ReviewFormat::Pdf, ReviewFormat::Html, ReviewFormat::Markdown] {
        let name = format!("review.{}", format.extension());
        bundle.file(&name, &mut |file| review.write(format, journal, file))?;
    }
    let timeline = Timeline { run: review.run.clone(), head: review.head.clone() };
    bundle.file("timeline.csv", &mut |file| timeline.write(Format::Csv, journal, file))?;
    let lines = JsonLines { seal: review.seal.as_ref(), left_out: BTreeSet::new() };
    bundle.file(TIMELINE, &mut |file| timeline.write_json_lines(&lines, journal, file))?;
    let digests: BTreeSet<_> = review.evidence.iter().map(|evidence| evidence.kept.digest.clone()).collect();
    for digest in digests {
        bundle.file(&format!("{EVIDENCE}{digest}"), &mut |file| {
            io::copy(&mut journal.attachment(&digest)?, file)?;
            Ok(())
        })?;
    }
    bundle.finish()
}

impl Bundle<'_> {
    fn file(
        &mut self,
        name: &str,
        write: &mut dyn FnMut(&mut dyn Write) -> Result<(), ReportError>,
    ) -> Result<(), ReportError> {
        self.zip.start_file(name, self.options).map_err(io::Error::from)?;
        let mut file = File { zip: &mut self.zip, hash: Sha256::new() };
        write(&mut file)?;
        let digest = run::Digest::finish(file.hash);
        self.manifest.push_str(&format!("{digest}  {name}\n"));
        Ok(())
    }

    fn finish(mut self) -> Result<(), ReportError> {
        self.zip.start_file(MANIFEST, self.options).map_err(io::Error::from)?;
        self.zip.write_all(self.manifest.as_bytes())?;
        self.zip.finish().map_err(io::Error::from)?;
        Ok(())
    }
}

impl Write for File<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.zip.write(bytes)?;
        self.hash.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.zip.flush()
    }
}
