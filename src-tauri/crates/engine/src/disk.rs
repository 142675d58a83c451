//! What actions may use of this machine: files without a name, files that a person named, and what an earlier
//! application of a plan left.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use action::{Disk, Source};
use journal::masked_line;
use run::{Digest, RunId};

/// A folder to work in.
#[derive(Debug, Clone)]
pub struct Folder {
    path: PathBuf,
    ledger: Option<PathBuf>,
}

impl Folder {
    /// Works in `path`, and knows of no earlier application.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), ledger: None }
    }

    /// Works in `path`, where earlier applications of a plan left their evidence in `ledger`.
    pub(crate) fn with_ledger(path: &Path, ledger: &Path) -> Self {
        Self { path: path.to_owned(), ledger: Some(ledger.to_owned()) }
    }
}

impl Disk for Folder {
    fn scratch(&self) -> io::Result<File> {
        tempfile::tempfile_in(&self.path)
    }

    fn open(&self, path: &str) -> io::Result<Source> {
        Ok(Box::new(BufReader::new(File::open(path)?)))
    }

    fn earlier(&self) -> io::Result<Option<Source>> {
        let Some(path) = &self.ledger else { return Ok(None) };
        let file = File::open(path)?;
        let whole = whole_lines(&file)?;
        Ok((whole > 0).then(|| Box::new(BufReader::new(file.take(whole))) as Source))
    }
}

/// Evidence or a plan while it is being written. Flushing makes it durable.
pub(crate) struct Evidence {
    file: BufWriter<File>,
    durable: bool,
    /// A line of evidence, until it ends and what looks like a secret in it is masked; `None` for a plan.
    line: Option<Vec<u8>>,
}

impl Evidence {
    /// A plan. It is of no use to anybody once making it broke off.
    pub(crate) fn plan(folder: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile_in(folder)?), durable: false, line: None })
    }

    /// Evidence that is of no use to anybody once the effect that writes it broke off.
    pub(crate) fn passing(folder: &Path) -> io::Result<Self> {
        Ok(Self { line: Some(Vec::new()), ..Self::plan(folder)? })
    }

    /// Evidence of applying a plan, behind that of earlier applications. A last line that broke off is taken away.
    pub(crate) fn ledger(path: &Path) -> io::Result<Self> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path)?;
        let whole = whole_lines(&file)?;
        file.set_len(whole)?;
        file.seek(SeekFrom::Start(whole))?;
        Ok(Self { file: BufWriter::new(file), durable: true, line: Some(Vec::new()) })
    }

    /// The file, with everything in it.
    pub(crate) fn into_file(mut self) -> io::Result<File> {
        self.end_line()?;
        self.file.into_inner().map_err(io::IntoInnerError::into_error)
    }

    fn end_line(&mut self) -> io::Result<()> {
        let Some(line) = &mut self.line else { return Ok(()) };
        match str::from_utf8(line) {
            Ok(text) => self.file.write_all(masked_line(text).as_bytes())?,
            Err(_) => self.file.write_all(line)?,
        }
        line.clear();
        Ok(())
    }
}

impl Write for Evidence {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Some(line) = &mut self.line else { return self.file.write(bytes) };
        // Up to the end of a line at a time: whoever writes comes again with the rest.
        let end = bytes.iter().position(|byte| *byte == b'\n');
        line.extend(&bytes[..end.unwrap_or(bytes.len())]);
        let Some(end) = end else { return Ok(bytes.len()) };
        self.end_line()?;
        self.file.write_all(b"\n")?;
        Ok(end + 1)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()?;
        if self.durable { self.file.get_ref().sync_data() } else { Ok(()) }
    }
}

/// Where the evidence of applying a plan is kept until it is in the journal.
pub(crate) fn ledger(ledgers: &Path, run: &RunId, plan: &Digest) -> PathBuf {
    ledgers.join(format!("{run}-{plan}.jsonl"))
}

/// How many bytes of a file are lines that end.
fn whole_lines(mut file: &File) -> io::Result<u64> {
    const PIECE: u64 = 64 * 1024;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut piece = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(PIECE);
        file.seek(SeekFrom::Start(start))?;
        piece.clear();
        file.take(end - start).read_to_end(&mut piece)?;
        if let Some(at) = piece.iter().rposition(|byte| *byte == b'\n') {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_broke_off_is_taken_away_and_what_is_written_comes_behind_the_rest() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledgers/a.jsonl");
        let mut evidence = Evidence::ledger(&path).unwrap();
        evidence.write_all(format!("one\ntwo\n{}", "x".repeat(200_000)).as_bytes()).unwrap();
        evidence.flush().unwrap();
        drop(evidence);
        let earlier = || {
            let source = Folder::with_ledger(folder.path(), &path).earlier().unwrap();
            source.map(|source| io::read_to_string(source).unwrap())
        };
        assert_eq!(earlier().as_deref(), Some("one\ntwo\n"));
        let mut evidence = Evidence::ledger(&path).unwrap();
        evidence.write_all(b"three\n").unwrap();
        let mut file = evidence.into_file().unwrap();
        file.rewind().unwrap();
        assert_eq!(io::read_to_string(file).unwrap(), "one\ntwo\nthree\n");
        assert_eq!(earlier().as_deref(), Some("one\ntwo\nthree\n"));
    }

    #[test]
    fn nothing_written_is_nothing_earlier() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.jsonl");
        let mut evidence = Evidence::ledger(&path).unwrap();
        evidence.write_all(b"half a li").unwrap();
        drop(evidence.into_file().unwrap());
        assert!(Folder::with_ledger(folder.path(), &path).earlier().unwrap().is_none());
        assert!(Folder::new(folder.path()).earlier().unwrap().is_none());
    }
}
