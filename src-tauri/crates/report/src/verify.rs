//! Whether an export still says, in words too, what the journal said.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use journal::{Broken, Entry, Intact, VerifyError};
use run::{Event, RunId};
use serde_json::Value;

use crate::{Timeline, jsonl};

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
pub fn verify_export(mut lines: impl BufRead) -> Result<Verified, VerifyError> {
    let mut text = String::new();
    lines.read_to_string(&mut text)?;
    let intact = journal::verify_export(text.as_bytes())?;
    let unchecked = words(&text, &intact)?;
    Ok(Verified { intact, unchecked })
}

fn words(text: &str, intact: &Intact) -> Result<Option<String>, Broken> {
    let mut runs: BTreeMap<RunId, Vec<Value>> = BTreeMap::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let broken = |why: String| Broken::Line { line, why };
        let mut value: Value = serde_json::from_str(text).map_err(|why| broken(why.to_string()))?;
        if value["lifeboat"] != jsonl::VERSION {
            let version = value["lifeboat"].as_str().unwrap_or("an unknown version");
            return Ok(Some(format!("it was written by Lifeboat {version}, and this is {}", jsonl::VERSION)));
        }
        let run: RunId =
            serde_json::from_value(value["run"].clone()).map_err(|why| broken(why.to_string()))?;
        if value["checkpoint"].is_string() {
            let seal = intact.seals.iter().find(|seal| seal.run.run == run);
            let right = seal.and_then(|seal| serde_json::to_value(jsonl::checkpoint_line(seal)).ok());
            if right.is_none_or(|right| right != value) {
                return Err(broken("what stands beside the checkpoint is not what it says".to_owned()));
            }
            continue;
        }
        if let Value::Object(fields) = &mut value {
            jsonl::PROOF.iter().for_each(|name| drop(fields.remove(*name)));
        }
        runs.entry(run).or_default().push(value);
    }
    for (id, values) in runs {
        let left_out: BTreeSet<u64> =
            values.iter().filter(|value| value["redacted"] == true).filter_map(seq).collect();
        let entries = values.iter().map(|value| entry(&id, value)).collect();
        let right = match Timeline::new(entries) {
            Ok(timeline) => jsonl::values(&timeline, &left_out).map_err(|why| why.to_string()),
            Err(why) => Err(why.to_string()),
        };
        let right = match right {
            Ok(right) => right,
            Err(why) => return Ok(Some(why)),
        };
        for (value, right) in values.iter().zip(right) {
            if *value != right {
                let names = ["message", "datetime", "timestamp_desc", "mode", "step"];
                let name = names.into_iter().find(|name| value[name] != right[name]).unwrap_or("a field");
                let (run, seq) = (id.to_string(), seq(&right).unwrap_or_default());
                return Err(Broken::Entry {
                    run,
                    seq,
                    why: format!("its {name} is not what the entry says"),
                });
            }
        }
    }
    Ok(None)
}

fn seq(value: &Value) -> Option<u64> {
    value["seq"].as_u64()
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
        seq: seq(value).unwrap_or_default(),
        at: text("datetime"),
        actor: text("actor"),
        event,
        previous: text("previous"),
        hash: text("hash"),
    }
}
