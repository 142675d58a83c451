//! `lifeboat verify`: whether a journal, or an export of one, still says what was written.

use std::fs::File;
use std::io::{BufReader, Write};
use std::path::Path;

use engine::{Home, Remembered, UnsealedError};
use journal::{Broken, Intact, Journal, Verifier, VerifyError};
use report::{Verified, verify_archive, verify_export};

use crate::Output;
use crate::exit::{Error, Exit};
use crate::say::say;

/// What was found, and in sentences what it proves and what not.
struct Found {
    verified: Verified,
    said: Vec<String>,
}

pub(crate) async fn verify(
    file: Option<&Path>,
    key: Option<&Verifier>,
    format: Output,
) -> Result<Exit, Error> {
    let home = Home::find().map(|home| home.journal());
    let path = match file {
        Some(path) => path.to_owned(),
        None => home.as_ref().map_err(Clone::clone)?.clone(),
    };
    let read = |source| Error::Read { path: path.clone(), source };
    let home = home.ok();
    let file = File::open(&path).map_err(read)?;
    let is = |ending: &str| path.extension().is_some_and(|extension| extension == ending);
    let found = if is("jsonl") || is("zip") {
        let verified = if is("zip") { verify_archive(file) } else { verify_export(BufReader::new(file)) };
        match verified {
            Ok(verified) => export(verified, home.as_deref(), key).await,
            Err(why) => Err(why),
        }
    } else {
        let own = home.is_some_and(|home| {
            home == path
                || home
                    .canonicalize()
                    .ok()
                    .is_some_and(|home| path.canonicalize().is_ok_and(|path| path == home))
        });
        journal(&path, own, key).await
    };
    // What is broken was found; anything else kept it from being looked at.
    let found = match found {
        Ok(found) => Ok(found),
        Err(why @ VerifyError::Broken(_)) => Err(why.to_string()),
        Err(why) => return Err(why.into()),
    };
    match (format, &found) {
        (Output::Json, Ok(found)) => say!("{}", json(&path, None, Some(found))),
        (Output::Json, Err(why)) => say!("{}", json(&path, Some(why), None)),
        (Output::Human, Ok(found)) => print(&path, found),
        (Output::Human, Err(why)) => {
            let mut stderr = std::io::stderr().lock();
            writeln!(stderr, "lifeboat: {}: {why}", path.display()).map_err(Error::Terminal)?;
        }
    }
    Ok(if found.is_ok() { Exit::Done } else { Exit::Failed })
}

fn json(path: &Path, broken: Option<&str>, found: Option<&Found>) -> serde_json::Value {
    let intact = found.map(|found| &found.verified.intact);
    let seals = intact.map(|intact| {
        let seal = |seal: &journal::Seal| {
            serde_json::json!({
                "run": seal.run.run, "entries": seal.run.entries, "tree": seal.tree.size, "root": seal.tree.root,
                "time": seal.time, "key": seal.key,
            })
        };
        intact.seals.iter().map(seal).collect::<Vec<_>>()
    });
    serde_json::json!({
        "file": path, "intact": broken.is_none(), "broken": broken,
        "runs": intact.map(|f| f.runs), "entries": intact.map(|f| f.entries),
        "attachments": intact.map(|f| f.attachments), "approvals": intact.map(|f| f.approvals), "heads": intact.map(|f| &f.heads),
        "unchecked": found.and_then(|found| found.verified.unchecked.as_ref()),
        "left_out": intact.map(|f| f.left_out), "checkpoints": intact.map(|f| f.checkpoints), "seals": seals,
        "notes": found.map(|found| &found.said),
    })
}

fn print(path: &Path, found: &Found) {
    let Found { verified: Verified { intact, unchecked }, said } = found;
    say!(
        "{} is intact: {} runs, {} entries, {} attachments",
        path.display(),
        intact.runs,
        intact.entries,
        intact.attachments
    );
    intact.heads.iter().for_each(|(run, head)| say!("{run}  {head}"));
    if intact.approvals > 0 {
        say!(
            "{} approvals were signed, and each signature is by the key that its entry names. Whose key that is was told to \
             the machine where it ran.",
            intact.approvals
        );
    }
    if let Some(why) = unchecked {
        say!("The entries are intact. The messages beside them were not checked: {why}.");
    }
    said.iter().for_each(|said| say!("{said}"));
}

/// An export, its signatures held against the key that was given, or else this machine's.
async fn export(
    verified: Verified,
    home: Option<&Path>,
    key: Option<&Verifier>,
) -> Result<Found, VerifyError> {
    let Intact { runs, seals, left_out, .. } = &verified.intact;
    let mut said = Vec::new();
    if *left_out > 0 {
        said.push(format!(
            "{left_out} entries are left out: they are in their places, and what they say is not known. Only notes may be \
             left out; that these are notes is the word of whoever exported them."
        ));
    }
    if seals.len() < *runs {
        if let Some(key) = key {
            let why = format!("it is not signed by {key}: it has no checkpoint of every run");
            return Err(Broken::Line { line: 1, why }.into());
        }
        said.push(
            "There is no signed checkpoint: this shows that no entry was changed, left out or moved within what is here, \
             and neither that none was cut off at the end nor who wrote them."
                .to_owned(),
        );
    }
    let own = match (key, home) {
        (None, Some(home)) if !seals.is_empty() => engine::remembered(home).await.ok().flatten(),
        _ => None,
    };
    for seal in seals {
        let (entries, run, signer) = (seal.run.entries, &seal.run.run, &seal.key);
        let proven = format!(
            "All {entries} entries of run {run} are here, in order and unchanged, as signed {}",
            seal.time
        );
        said.push(match (key, &own) {
            (Some(key), _) if key != signer => {
                let why = format!("run {run} was signed by {signer}, and not by {key}");
                return Err(Broken::Line { line: 1, why }.into());
            }
            (Some(key), _) => format!("{proven} by the key {key}."),
            (None, Some(own)) if own.key == *signer => format!("{proven} by this machine's own key {signer}."),
            _ => format!(
                "{proven}, but only by the key that the export itself names: anybody can sign with a key of their own. Get \
                 the key from `lifeboat key` on the machine where it ran, and give it with `--key`. It names {signer}"
            ),
        });
    }
    Ok(Found { verified, said })
}

/// A journal, and if it is this machine's own, what the keychain remembers of it.
async fn journal(path: &Path, own: bool, key: Option<&Verifier>) -> Result<Found, VerifyError> {
    let journal = Journal::open_read_only(path)?;
    let intact = journal.verify()?;
    let newest = journal.last_checkpoint()?;
    let mut said = Vec::new();
    match (&newest, key) {
        (Some((tree, signer)), Some(key)) if signer != key => {
            let why = format!("it was signed by {signer}, and not by {key}");
            return Err(Broken::Checkpoint { size: tree.size, why }.into());
        }
        (None, Some(key)) => {
            return Err(Broken::Checkpoint { size: 0, why: format!("there is none by {key}") }.into());
        }
        (Some((tree, signer)), _) => said.push(format!(
            "{} signed checkpoints hold; the newest is over the first {} entries, by {signer}.",
            intact.checkpoints, tree.size
        )),
        (None, None) => {}
    }
    if own {
        said.extend(held(&journal, engine::remembered(path).await, newest.is_some())?);
    }
    Ok(Found { verified: Verified { intact, unchecked: None }, said })
}

/// What comes of holding a journal against the keychain.
fn held(
    journal: &Journal,
    remembered: Result<Option<Remembered>, UnsealedError>,
    signed: bool,
) -> Result<Option<String>, VerifyError> {
    Ok(match remembered {
        Ok(Some(remembered)) => {
            engine::hold(journal, &remembered)?;
            remembered.last.map(|last| {
                format!("It goes on from the {} entries that the keychain remembers: no older copy was put in its place.", last.size)
            })
        }
        Ok(None) if signed => Some(
            "The keychain remembers no checkpoint of a journal in this place: should an older copy of it have been put \
             here, it would not show."
                .to_owned(),
        ),
        Ok(None) => None,
        Err(why) => Some(format!(
            "It was not held against the keychain ({}): should an older copy have been put in its place, it would not show.",
            why.to_string().trim_end_matches('.')
        )),
    })
}
