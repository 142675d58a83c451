//! Whether an export in JSON lines still says what the journal said; on any machine.

use std::collections::BTreeSet;
use std::io::BufRead;

use run::{Digest, RunId};
use serde::Deserialize;

use crate::chain::{Chain, Stored};
use crate::checkpoint::{Checkpoint, Seal};
use crate::merkle::{self, Hash};
use crate::note::Verifier;
use crate::tree::{self, TreeHead};
use crate::verify::{self, Broken, Intact, VerifyError};

/// What an exported line has of its entry, or the signed checkpoint that ends a run.
#[derive(Deserialize)]
struct Line {
    run: RunId,
    hash: String,
    seq: Option<u64>,
    datetime: Option<String>,
    actor: Option<String>,
    entry: Option<String>,
    previous: Option<String>,
    /// That the entry's text is left out.
    #[serde(default)]
    redacted: bool,
    leaf: Option<u64>,
    tree: Option<u64>,
    proof: Option<Vec<Hash>>,
    checkpoint: Option<String>,
    key: Option<Verifier>,
}

/// Checks an export in JSON lines, where each line has at least `run`, `seq`, `datetime`, `actor`, `entry` (the event as
/// it was stored), `previous` and `hash`, and where it was sealed also `leaf`, `tree` and `proof`: the number of its
/// leaf, the size of the tree and the audit path. A line may say `redacted` and lack `entry`. After the last entry of a
/// sealed run comes a line with the `checkpoint`, as a signed note, and the `key` that signed it. Whether that is the
/// right key is for the caller to say, from [`Intact::seals`].
///
/// # Errors
/// [`VerifyError::Broken`] with the first line that can't be read or entry that is broken.
pub fn verify_export(lines: impl BufRead) -> Result<Intact, VerifyError> {
    let mut export = Export::default();
    for (number, text) in (1..).zip(lines.lines()) {
        let text = text?;
        if text.trim().is_empty() {
            continue;
        }
        let broken = |why: String| Broken::Line { line: number, why };
        let line: Line = serde_json::from_str(&text).map_err(|why| broken(why.to_string()))?;
        export.line(line, &broken)?;
    }
    Ok(export.end()?)
}

/// An export as far as it was read.
#[derive(Default)]
struct Export {
    chain: Chain,
    /// The run whose entries are being read.
    run: Option<RunId>,
    /// The runs that were read before, each of them whole.
    over: BTreeSet<RunId>,
    /// The tree that the entries of this run lead to.
    tree: Option<TreeHead>,
    /// The last leaf of this run.
    leaf: Option<u64>,
    seals: Vec<Seal>,
    left_out: u64,
    approvals: u64,
}

impl Export {
    fn line(&mut self, line: Line, broken: &dyn Fn(String) -> Broken) -> Result<(), Broken> {
        if line.checkpoint.is_some() {
            return self.seal(line, broken);
        }
        let missing = |name: &str| broken(format!("missing field `{name}`"));
        let seq = line.seq.ok_or_else(|| missing("seq"))?;
        let previous = line.previous.ok_or_else(|| missing("previous"))?;
        let fault = |why: &str| Broken::Entry { run: line.run.to_string(), seq, why: why.to_owned() };
        if self.run.as_ref() != Some(&line.run) {
            self.ends()?;
            if self.over.contains(&line.run) {
                return Err(fault("its run was in the export before"));
            }
            self.run = Some(line.run.clone());
        }
        if line.redacted {
            let (last, end) = self.chain.end_of(line.run.as_str());
            if line.entry.is_some() {
                return Err(fault("it is there, and said to be left out"));
            } else if seq == 1 {
                return Err(fault("the start of a run can't be left out"));
            } else if seq != last + 1 {
                return Err(fault("an entry before it is missing"));
            } else if previous != end {
                return Err(fault("it does not hang on the entry before it"));
            } else if line.hash.parse::<Digest>().is_err() {
                return Err(fault("its hash is none"));
            }
            self.left_out += 1;
            let (run, at, actor, event) = (line.run.as_str(), "", "", "");
            self.chain.add(&Stored { run, seq, at, actor, event, previous: &previous, hash: &line.hash })?;
        } else {
            let at = line.datetime.ok_or_else(|| missing("datetime"))?;
            let actor = line.actor.ok_or_else(|| missing("actor"))?;
            let event = line.entry.ok_or_else(|| missing("entry"))?;
            let (run, hash) = (line.run.as_str(), line.hash.as_str());
            let (at, actor, event, previous) = (&*at, &*actor, &*event, &*previous);
            let entry = Stored { run, seq, at, actor, event, previous, hash };
            self.chain.follow(&entry)?;
            self.approvals += u64::from(verify::event(&entry)?.1);
        }
        match (line.tree, line.leaf, line.proof) {
            (None, None, None) if self.tree.is_none() => Ok(()),
            (Some(size), Some(leaf), Some(proof)) if self.tree.is_some() || seq == 1 => {
                let root = merkle::climb(leaf, size, tree::leaf(&line.hash), &proof);
                let tree = TreeHead { size, root: root.ok_or_else(|| fault("its proof is not one"))? };
                if self.tree.is_some_and(|before| before != tree) {
                    return Err(fault("it is not in the tree that the entries before it are in"));
                }
                if self.leaf.is_some_and(|before| before >= leaf) {
                    return Err(fault("it stands before an earlier entry in the tree"));
                }
                (self.tree, self.leaf) = (Some(tree), Some(leaf));
                Ok(())
            }
            _ => Err(fault("it lacks the proof that others have, or the others lack it")),
        }
    }

    /// The checkpoint after the entries of a run.
    fn seal(&mut self, line: Line, broken: &dyn Fn(String) -> Broken) -> Result<(), Broken> {
        let (Some(note), Some(key)) = (line.checkpoint, line.key) else {
            return Err(broken("missing field `key`".to_owned()));
        };
        let checkpoint = Checkpoint::open(&note, &key).map_err(broken)?;
        let (entries, head) = self.chain.end_of(line.run.as_str());
        if self.run.as_ref() != Some(&line.run) {
            return Err(broken("it is the checkpoint of another run than the one before it".to_owned()));
        }
        let Some(run) = checkpoint.runs.into_iter().find(|sealed| sealed.run == line.run) else {
            return Err(broken("the checkpoint does not say how long the run is".to_owned()));
        };
        if run.entries != entries {
            let (run, of) = (&run.run, run.entries);
            return Err(broken(format!(
                "the checkpoint has {of} entries of run {run}, and here are {entries}"
            )));
        }
        if run.head != head || line.hash != head {
            return Err(broken("the checkpoint has another last entry".to_owned()));
        }
        if self.tree != Some(checkpoint.tree) {
            return Err(broken("the entries are not those of the checkpoint".to_owned()));
        }
        self.seals.push(Seal { note, key, tree: checkpoint.tree, time: checkpoint.time, run });
        self.tree = None;
        self.ends()
    }

    /// The entries of a run are over.
    fn ends(&mut self) -> Result<(), Broken> {
        let Some(run) = self.run.take() else { return Ok(()) };
        if self.tree.is_some() {
            let seq = self.chain.end_of(run.as_str()).0;
            let why =
                "the checkpoint that its proof leads to is missing: the export was cut short".to_owned();
            return Err(Broken::Entry { run: run.to_string(), seq, why });
        }
        self.leaf = None;
        self.over.insert(run);
        Ok(())
    }

    fn end(mut self) -> Result<Intact, Broken> {
        self.ends()?;
        if self.chain.entries() == 0 {
            return Err(Broken::Line { line: 1, why: "there is no entry in it".to_owned() });
        }
        Ok(Intact { seals: self.seals, left_out: self.left_out, ..Intact::of(self.chain, self.approvals) })
    }
}
