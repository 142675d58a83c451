//! Whether an export still says, in words too, what the journal said.

use std::collections::BTreeMap;
use std::io::BufRead;

use journal::{Broken, Entry, Intact, VerifyError};
use run::RunId;
use serde_json::Value;

use crate::{Format, Timeline, jsonl};

/// An export in JSON lines whose chain is intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// What the chain holds.
    pub intact: Intact,
    /// Why what stands beside the entries, the messages above all, was not held against them; `None` when it was,
    /// and is right.
    pub unchecked: Option<String>,
}

/// Checks the chain of an export as [`journal::verify_export`] does, and that all that stands beside an entry
/// (message, kind, mode, step), which the chain doesn't cover, is what this version writes for it. An export by
/// another version may word things otherwise: then that is not checked, and said.
///
/// # Errors
/// [`VerifyError::Broken`] with the first line or entry that is broken.
pub fn verify_export(mut lines: impl BufRead) -> Result<Verified, VerifyError> {
    let mut text = String::new();
    lines.read_to_string(&mut text)?;
    let intact = journal::verify_export(text.as_bytes())?;
    let unchecked = words(&text)?;
    Ok(Verified { intact, unchecked })
}

fn words(text: &str) -> Result<Option<String>, Broken> {
    let mut runs: BTreeMap<RunId, Vec<(u64, Value)>> = BTreeMap::new();
    for (line, text) in (1..).zip(text.lines()).filter(|(_, text)| !text.trim().is_empty()) {
        let value: Value =
            serde_json::from_str(text).map_err(|why| Broken::Line { line, why: why.to_string() })?;
        if value["lifeboat"] != jsonl::VERSION {
            let version = value["lifeboat"].as_str().unwrap_or("an unknown version");
            return Ok(Some(format!("it was written by Lifeboat {version}, and this is {}", jsonl::VERSION)));
        }
        runs.entry(run(&value, line)?).or_default().push((line, value));
    }
    for (id, lines) in runs {
        let entries = lines.iter().map(|(_, value)| entry(&id, value)).collect();
        let timeline = match Timeline::new(entries) {
            Ok(timeline) => timeline,
            Err(why) => return Ok(Some(why.to_string())),
        };
        let mut written = Vec::new();
        if let Err(why) = timeline.write(Format::JsonLines, &mut written) {
            return Ok(Some(why.to_string()));
        }
        for ((line, value), right) in lines.iter().zip(written.split(|byte| *byte == b'\n')) {
            let right: Value = serde_json::from_slice(right).unwrap_or_default();
            if *value != right {
                let names = ["message", "datetime", "timestamp_desc", "mode", "step"];
                let name = names.into_iter().find(|name| value[name] != right[name]).unwrap_or("a field");
                let (run, seq) = (id.to_string(), right["seq"].as_u64().unwrap_or(*line));
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

fn run(value: &Value, line: u64) -> Result<RunId, Broken> {
    serde_json::from_value(value["run"].clone()).map_err(|why| Broken::Line { line, why: why.to_string() })
}

fn entry(run: &RunId, value: &Value) -> Entry {
    let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
    Entry {
        run: run.clone(),
        seq: value["seq"].as_u64().unwrap_or_default(),
        at: text("datetime"),
        actor: text("actor"),
        event: text("entry"),
        previous: text("previous"),
        hash: text("hash"),
    }
}
