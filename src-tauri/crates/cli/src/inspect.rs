//! `lifeboat timeline`, `lifeboat report` and `lifeboat verify`: a journal, looked at.

use std::fs::File;
use std::io::{BufReader, BufWriter, IsTerminal, Write};
use std::path::Path;

use action::Failure;
use engine::{Home, ManifestError, result_manifest};
use journal::{Journal, VerifyError};
use report::{Format, ReportError, Review, ReviewFormat, Timeline, Verified, verify_export};
use run::RunId;

use crate::Output;
use crate::exit::{Error, Exit};
use crate::say::{complain, say};

pub(crate) fn timeline(run: &RunId, format: Format, output: Option<&Path>) -> Result<Exit, Error> {
    let path = Home::find()?.journal();
    let entries = if path.exists() { Journal::open_read_only(&path)?.entries(run)? } else { Vec::new() };
    if entries.is_empty() {
        return Err(engine::EngineError::Fold(run::FoldError::Empty(run.clone())).into());
    }
    let timeline = Timeline::new(entries)?;
    match output {
        None => match timeline.write(format, &mut std::io::stdout().lock()) {
            // Whoever reads has read enough.
            Err(ReportError::Write(why)) if why.kind() == std::io::ErrorKind::BrokenPipe => {}
            other => other?,
        },
        Some(path) => {
            save(path, |file| timeline.write(format, file))?;
            complain!(
                "{} entries written to {}; the last has the hash {}",
                timeline.rows().len(),
                path.display(),
                timeline.head()
            );
        }
    }
    Ok(Exit::Done)
}

pub(crate) fn report(run: &RunId, format: ReviewFormat, output: Option<&Path>) -> Result<Exit, Error> {
    let none = || engine::EngineError::Fold(run::FoldError::Empty(run.clone()));
    let path = Home::find()?.journal();
    if !path.exists() {
        return Err(none().into());
    }
    let journal = Journal::open_read_only(&path)?;
    let review = match Review::new(&journal, run) {
        Err(ReportError::Empty) => return Err(none().into()),
        other => other?,
    };
    let Some(path) = output else {
        let mut out = std::io::stdout().lock();
        if matches!(format, ReviewFormat::Pdf | ReviewFormat::Zip) && out.is_terminal() {
            let what = format!("a .{} is nothing for a terminal", format.extension());
            return Err(Error::Usage { what, next: "Name a file with -o.".to_owned() });
        }
        return match review.write(format, &journal, &mut out) {
            // Whoever reads has read enough.
            Err(ReportError::Write(why)) if why.kind() == std::io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            other => Ok(other.map(|()| Exit::Done)?),
        };
    };
    save(path, |file| review.write(format, &journal, file))?;
    let entries = review.run().seq();
    complain!(
        "the review of {entries} entries is in {}; the last has the hash {}",
        path.display(),
        review.head()
    );
    Ok(Exit::Done)
}

pub(crate) fn manifest(run: &RunId, step: &str, output: Option<&Path>) -> Result<Exit, Error> {
    let path = Home::find()?.journal();
    if !path.exists() {
        return Err(engine::EngineError::Fold(run::FoldError::Empty(run.clone())).into());
    }
    let journal = Journal::open_read_only(&path)?;
    let write = |into: &mut dyn Write| result_manifest(&journal, run, &step.into(), into);
    match output {
        None => match write(&mut std::io::stdout().lock()) {
            // Whoever reads has read enough.
            Err(ManifestError::Table(why)) if is_read_enough(&why) => {}
            other => other?,
        },
        Some(path) => {
            save(path, |file| write(file))?;
            complain!("what became of every photo is in {}", path.display());
        }
    }
    Ok(Exit::Done)
}

/// Writes a file that is on the disk before anything more is said.
fn save<E: Into<Error>>(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<(), Error> {
    let failed = |source| Error::Write { path: path.to_owned(), source };
    let mut file = BufWriter::new(File::create(path).map_err(failed)?);
    write(&mut file).map_err(Into::into)?;
    file.into_inner().map_err(|why| failed(why.into_error()))?.sync_all().map_err(failed)
}

pub(crate) fn back_up(to: &Path) -> Result<Exit, Error> {
    let path = Home::find()?.journal();
    let copied = Journal::open_read_only(&path)?.back_up(to)?;
    say!(
        "{} is a copy of {}, and intact: {} runs, {} entries, {} attachments",
        to.display(),
        path.display(),
        copied.runs,
        copied.entries,
        copied.attachments
    );
    Ok(Exit::Done)
}

fn is_read_enough(why: &Failure) -> bool {
    matches!(why, Failure::Record(why) if why.kind() == std::io::ErrorKind::BrokenPipe)
}

pub(crate) fn verify(file: Option<&Path>, format: Output) -> Result<Exit, Error> {
    let path = match file {
        Some(path) => path.to_owned(),
        None => Home::find()?.journal(),
    };
    let read = |source| Error::Read { path: path.clone(), source };
    let found = if path.extension().is_some_and(|extension| extension == "jsonl") {
        verify_export(BufReader::new(File::open(&path).map_err(read)?))
    } else {
        File::open(&path).map_err(read)?;
        let intact = Journal::open_read_only(&path)?.verify();
        intact.map(|intact| Verified { intact, unchecked: None })
    };
    let broken = match &found {
        Ok(_) => None,
        Err(VerifyError::Broken(_)) => found.as_ref().err().map(ToString::to_string),
        Err(_) => {
            return Err(found
                .err()
                .map_or(Error::Refused { what: String::new(), next: String::new() }, Error::from));
        }
    };
    match (format, &found) {
        (Output::Json, found) => {
            let unchecked = found.as_ref().ok().and_then(|found| found.unchecked.as_ref());
            let found = found.as_ref().ok().map(|found| &found.intact);
            let heads = found.map(|found| &found.heads);
            say!(
                "{}",
                serde_json::json!({
                    "file": path, "intact": broken.is_none(), "broken": broken,
                    "runs": found.map(|f| f.runs), "entries": found.map(|f| f.entries),
                    "attachments": found.map(|f| f.attachments), "heads": heads, "unchecked": unchecked,
                })
            );
        }
        (Output::Human, Ok(Verified { intact: found, unchecked })) => {
            say!(
                "{} is intact: {} runs, {} entries, {} attachments",
                path.display(),
                found.runs,
                found.entries,
                found.attachments
            );
            found.heads.iter().for_each(|(run, head)| say!("{run}  {head}"));
            if let Some(why) = unchecked {
                say!("The entries are intact. The messages beside them were not checked: {why}.");
            }
        }
        (Output::Human, Err(why)) => {
            let mut stderr = std::io::stderr().lock();
            writeln!(stderr, "lifeboat: {}: {why}", path.display()).map_err(Error::Terminal)?;
        }
    }
    Ok(if broken.is_none() { Exit::Done } else { Exit::Failed })
}
