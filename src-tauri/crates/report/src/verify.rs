//! Whether an export still says, in words too, what the journal said.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Seek};

use journal::{Broken, Entry, Intact, VerifyError};
use run::{Digest, Event, Run, RunId};
use serde::Deserialize as _;
use serde_json::Value;

use crate::timeline::{absorb, recorded};
use crate::{Row, jsonl};

/// An export in JSON lines whose chain, and where it is sealed whose proofs and checkpoint, are intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What the chain holds.
    pub intact: Intact,
    /// Why what stands beside the entries, the messages above all, was not held against them; `None` when it was,
    /// and is right.
    pub unchecked: Option<String>,
}

/// Checks an export as [`journal::verify_export`] does, and that all that stands beside an entry (message, kind, mode,
/// step) or a checkpoint, which the chain doesn't cover, is what this version writes for it. An export by another
/// version may word things otherwise: then that is not checked, and said.
///
/// # Errors
/// [`VerifyError::Broken`] with the first line or entry that is broken.
pub fn verify_export(mut lines: impl BufRead + Seek) -> Result<Verified, VerifyError> {
    let intact = journal::verify_export(&mut lines)?;
    lines.rewind()?;
    let unchecked = match folded(&mut lines)?.runs {
        Ok(runs) => {
            lines.rewind()?;
            words(&mut lines, &intact, &runs)?
        }
        Err(why) => Some(why),
    };
    Ok(Verified { intact, unchecked })
}

/// Shows each line that isn't blank, with its number.
fn each(
    lines: &mut impl BufRead,
    seen: &mut dyn FnMut(u64, Value) -> Result<(), Broken>,
) -> Result<(), VerifyError> {
    for (line, text) in (1..).zip(lines.lines()) {
        let text = text?;
        if !text.trim().is_empty() {
            let value = serde_json::from_str(&text);
            seen(line, value.map_err(|why| Broken::Line { line, why: why.to_string() })?)?;
        }
    }
    Ok(())
}

/// What the entries of an export come to.
pub(crate) struct Folded {
    /// How each run stands after its last entry; or why words can't be held against the entries.
    pub(crate) runs: Result<BTreeMap<RunId, Run>, String>,
    /// What the entries keep by its content.
    pub(crate) kept: BTreeSet<Digest>,
}

pub(crate) fn folded(lines: &mut impl BufRead) -> Result<Folded, VerifyError> {
    let mut runs: BTreeMap<RunId, Option<Run>> = BTreeMap::new();
    let mut kept = BTreeSet::new();
    let mut why = None;
    each(lines, &mut |line, value| {
        if value["lifeboat"] != jsonl::VERSION {
            let version = value["lifeboat"].as_str().unwrap_or("an unknown version");
            why.get_or_insert_with(|| {
                format!("it was written by Lifeboat {version}, and this is {}", jsonl::VERSION)
            });
        }
        let id = run_of(line, &value)?;
        if value["checkpoint"].is_string() {
            return Ok(());
        }
        let told = recorded(&entry(&id, &value)).and_then(|entry| {
            kept.extend(entry.event.attachment().map(|kept| kept.digest.clone()));
            // Of a run that can't be folded every entry is still looked at.
            match why {
                None => Ok(absorb(runs.entry(id.clone()).or_default(), &id, entry).map(drop)?),
                Some(_) => Ok(()),
            }
        });
        if let Err(told) = told {
            why.get_or_insert(told.to_string());
        }
        Ok(())
    })?;
    let runs = runs.into_iter().filter_map(|(id, run)| Some((id, run?)));
    Ok(Folded { runs: why.map_or_else(|| Ok(runs.collect()), Err), kept })
}

pub(crate) fn words(
    lines: &mut impl BufRead,
    intact: &Intact,
    runs: &BTreeMap<RunId, Run>,
) -> Result<Option<String>, VerifyError> {
    let mut unchecked = None;
    let mut before = String::new();
    each(lines, &mut |line, mut value| {
        let id = run_of(line, &value)?;
        if value["checkpoint"].is_string() {
            let seal = intact.seals.iter().find(|seal| seal.run.run == id);
            let right = seal.and_then(|seal| serde_json::to_value(jsonl::checkpoint_line(seal)).ok());
            return match right.is_some_and(|right| right == value) {
                true => Ok(()),
                false => {
                    let why = "what stands beside the checkpoint is not what it says".to_owned();
                    Err(Broken::Line { line, why })
                }
            };
        }
        if let Value::Object(fields) = &mut value {
            jsonl::PROOF.iter().for_each(|name| drop(fields.remove(*name)));
        }
        let entry = entry(&id, &value);
        let seq = entry.seq;
        let Some(run) = runs.get(&id) else { return Ok(()) };
        let right = Row::new(run, entry).map_err(|why| why.to_string()).and_then(|row| {
            let left_out = (value["redacted"] == true).then_some(before.as_str());
            let line = serde_json::to_value(jsonl::line(run, &row, left_out));
            line.map_err(|why| why.to_string())
        });
        match right {
            Err(why) => drop(unchecked.get_or_insert(why)),
            Ok(right) if value != right => {
                let names = ["message", "datetime", "timestamp_desc", "mode", "step"];
                let name = names.into_iter().find(|name| value[name] != right[name]).unwrap_or("a field");
                let why = format!("its {name} is not what the entry says");
                return Err(Broken::Entry { run: id.to_string(), seq, why });
            }
            Ok(right) => before = right["datetime"].as_str().unwrap_or_default().to_owned(),
        }
        Ok(())
    })?;
    Ok(unchecked)
}

fn run_of(line: u64, value: &Value) -> Result<RunId, Broken> {
    RunId::deserialize(&value["run"]).map_err(|why| Broken::Line { line, why: why.to_string() })
}

/// The entry of a line. One that is left out counts as a note, which no other line speaks of.
fn entry(run: &RunId, value: &Value) -> Entry {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    let event = match value["redacted"] == true {
        true => serde_json::to_string(&Event::Noted { step: None, text: String::new(), tag: None })
            .unwrap_or_default(),
        false => text("entry"),
    };
    Entry {
        run: run.clone(),
        seq: value["seq"].as_u64().unwrap_or_default(),
        at: text("datetime"),
        actor: text("actor"),
        event,
        previous: text("previous"),
        hash: text("hash"),
    }
}
