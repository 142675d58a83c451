//! Whether the archive of a review still holds what was put into it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead, BufReader, Read, Seek};

use journal::{Broken, Intact, VerifyError};
use run::Digest;
use sha2::{Digest as _, Sha256};
use zip::ZipArchive;

use crate::review::{EVIDENCE, MANIFEST, TIMELINE};
use crate::verify::{Verified, folded, words};

/// The longest list of files that is read: that of some 100,000.
const LONGEST: u64 = 16_000_000;

/// Checks an archive: each file against the list in it, the timeline as [`crate::verify_export`] does, and the evidence
/// against the digests in the timeline's entries. What a checkpoint proves of the timeline it so proves of the evidence.
/// The review itself is a draft, and nothing is signed of it.
///
/// # Errors
/// [`VerifyError::Broken`] with the first file, line or entry that is broken.
pub fn verify_archive(file: impl Read + Seek) -> Result<Verified, VerifyError> {
    let mut archive = Archive(ZipArchive::new(file).map_err(|why| broken("the archive", &why))?);
    let listed = archive.listed()?;
    let names = archive.0.file_names().map(|name| name.map(Cow::into_owned));
    let names = names.collect::<Result<BTreeSet<_>, _>>().map_err(|why| broken("the archive", &why))?;
    let names: BTreeSet<_> = names.into_iter().filter(|name| name != MANIFEST).collect();
    if let Some(name) = names.iter().find(|name| !listed.contains_key(*name)) {
        return Err(broken(name, &"it is not in the list of what was put in"));
    }
    for (name, digest) in &listed {
        let found = archive.file(name).and_then(|file| sha256(file).map_err(|why| broken(name, &why)))?;
        if found.as_str() != digest {
            return Err(broken(name, &"its content was changed after it was written"));
        }
    }
    let intact = journal::verify_export(archive.file(TIMELINE)?)?;
    let folded = folded(&mut archive.file(TIMELINE)?)?;
    let unchecked = match folded.runs {
        Ok(runs) => words(&mut archive.file(TIMELINE)?, &intact, &runs)?,
        Err(why) => Some(why),
    };
    let kept: BTreeSet<_> = folded.kept.iter().map(|digest| format!("{EVIDENCE}{digest}")).collect();
    let there = names.iter().filter(|name| name.starts_with(EVIDENCE));
    if let Some(name) = there.clone().find(|name| !kept.contains(*name)) {
        return Err(broken(name, &"no entry of the timeline speaks of it"));
    }
    if let Some(name) = kept.iter().find(|name| !names.contains(*name)) {
        return Err(broken(name, &"it is missing, and an entry of the timeline speaks of it"));
    }
    for (name, digest) in listed.iter().filter(|(name, _)| name.starts_with(EVIDENCE)) {
        if name.strip_prefix(EVIDENCE) != Some(digest.as_str()) {
            return Err(broken(name, &"its content is not what its name says"));
        }
    }
    Ok(Verified { intact: Intact { attachments: there.count() as u64, ..intact }, unchecked })
}

struct Archive<R>(ZipArchive<R>);

impl<R: Read + Seek> Archive<R> {
    fn file(&mut self, name: &str) -> Result<BufReader<impl Read>, VerifyError> {
        Ok(BufReader::new(self.0.by_name(name).map_err(|why| broken(name, &why))?))
    }

    /// The SHA-256 of each file by its name, as the list in the archive has it.
    fn listed(&mut self) -> Result<BTreeMap<String, String>, VerifyError> {
        let mut text = String::new();
        let list = self.file(MANIFEST)?.take(LONGEST).read_to_string(&mut text);
        list.map_err(|why| broken(MANIFEST, &why))?;
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let entry =
            |line: &str| line.split_once("  ").map(|(digest, name)| (name.to_owned(), digest.to_owned()));
        let listed: Option<BTreeMap<_, _>> = lines.map(entry).collect();
        listed.ok_or_else(|| broken(MANIFEST, &"it is not a list of files"))
    }
}

fn sha256(mut file: impl BufRead) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    loop {
        let piece = file.fill_buf()?;
        if piece.is_empty() {
            return Ok(Digest::finish(hasher));
        }
        hasher.update(piece);
        let read = piece.len();
        file.consume(read);
    }
}

fn broken(name: &str, why: &dyn ToString) -> VerifyError {
    Broken::File { name: name.to_owned(), why: why.to_string() }.into()
}
