//! `lifeboat timeline`, `lifeboat manifest`, `lifeboat backup` and `lifeboat key`: a journal, looked at.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write};
use std::path::Path;

use action::Failure;
use engine::{Home, ManifestError, result_manifest};
use journal::{Journal, Seal};
use report::{Format, JsonLines, ReportError, Timeline};
use run::RunId;

use crate::Output;
use crate::exit::{Error, Exit};
use crate::say::{complain, say};

/// Writes a timeline. As JSON lines it is sealed first, so that it can be checked on any machine, and the texts of the
/// notes in `left_out` are not in it.
pub(crate) async fn timeline(
    run: &RunId,
    format: Format,
    output: Option<&Path>,
    left_out: BTreeSet<u64>,
) -> Result<Exit, Error> {
    if !left_out.is_empty() && format != Format::JsonLines {
        return Err(Error::Usage {
            what: "only JSON lines can leave notes out and still be checked".to_owned(),
            next: "Give `--format jsonl`.".to_owned(),
        });
    }
    let path = Home::find()?.journal();
    // Nobody is asked for the keychain's password for a run that isn't there.
    if !path.exists() || Journal::open_read_only(&path)?.head(run)? == journal::GENESIS {
        return Err(engine::EngineError::Fold(run::FoldError::Empty(run.clone())).into());
    }
    let sealed = if format == Format::JsonLines { seal(&path, run).await } else { None };
    let journal = Journal::open_read_only(&path)?;
    let timeline = Timeline::new(&journal, run)?;
    let options = JsonLines { seal: sealed.as_ref().map(|(_, seal)| seal), left_out };
    let write = |into: &mut dyn Write| match format {
        Format::JsonLines => timeline.write_json_lines(&options, &journal, into),
        _ => timeline.write(format, &journal, into),
    };
    match output {
        None => match write(&mut std::io::stdout().lock()) {
            // Whoever reads has read enough.
            Err(ReportError::Write(why)) if why.kind() == ErrorKind::BrokenPipe => {}
            other => other?,
        },
        Some(path) => {
            save(path, |file| write(file))?;
            complain!(
                "{} entries written to {}; the last has the hash {}",
                timeline.run().seq(),
                path.display(),
                timeline.head()
            );
        }
    }
    Ok(Exit::Done)
}

/// The checkpoint that seals a run, with the journal it is in. Without one the export only proves its own chain: why is
/// said.
pub(crate) async fn seal(path: &Path, run: &RunId) -> Option<(Journal, Seal)> {
    let sealed = match Journal::open(path) {
        Ok(journal) => engine::seal(&journal, run).await.map(|seal| (journal, seal)),
        Err(why) => Err(why.into()),
    };
    sealed
        .inspect_err(|why| {
            let why = why.to_string();
            let why = why.trim_end_matches('.');
            complain!(
                "No checkpoint could be signed: {why}. The export shows that no entry was changed, and not that none was \
                 cut off."
            );
        })
        .ok()
}

/// Prints the public half of this machine's key; one is made when there is none.
pub(crate) async fn key(format: Output) -> Result<Exit, Error> {
    let journal = Journal::open(&Home::find()?.journal())?;
    let key = match engine::key(&journal).await {
        Ok(key) => key,
        Err(why) => match journal.last_checkpoint()? {
            // What was signed can be checked without the keychain.
            Some((_, key)) => key,
            None => return Err(why.into()),
        },
    };
    match format {
        Output::Human => say!("{key}"),
        Output::Json => say!("{}", serde_json::json!({"name": key.name(), "key": key})),
    }
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
pub(crate) fn save<E: Into<Error>>(
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
