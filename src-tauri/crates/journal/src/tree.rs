//! The Merkle tree over the journal's entries, in the order in which they were appended.
//!
//! A leaf's data is its entry's 32-byte hash, so that an entry whose text is left out still has its place. The hashes
//! of complete subtrees are kept: none ever changes, so that appending adds two rows for each entry on the whole, and a
//! root or a path, of today's tree or of any before it, takes a few rows for each doubling of the tree.

use run::{Digest, RunId};
use rusqlite::{Connection, OptionalExtension as _, params};

use crate::merkle::{self, Hash};
use crate::store::{Journal, at};
use crate::verify::{Broken, VerifyError};

/// How many entries the first ones were, and the root of their tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TreeHead {
    /// How many.
    pub size: u64,
    /// Their root.
    pub root: Hash,
}

/// The leaf that an entry with this hash is.
pub(crate) fn leaf(hash: &str) -> Hash {
    let byte = |at: usize| hash.get(at * 2..at * 2 + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok());
    let bytes: Option<Vec<u8>> = hash.parse::<Digest>().ok().and_then(|_| (0..32).map(byte).collect());
    // A hash that isn't one is found by the chain; it has its leaf all the same.
    Hash::of_leaf(bytes.as_deref().unwrap_or(hash.as_bytes()))
}

/// Whether there is a tree: a journal that is only read may be of a version that had none.
pub(crate) fn is_there(connection: &Connection) -> rusqlite::Result<bool> {
    let there = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'leaf'";
    connection.query_row(there, [], |row| Ok(row.get::<_, i64>(0)? > 0))
}

/// How many leaves it has.
pub(crate) fn size(connection: &Connection) -> rusqlite::Result<u64> {
    let mut last = connection.prepare_cached("SELECT coalesce(max(number) + 1, 0) FROM leaf")?;
    last.query_row([], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))
}

/// Adds the leaf of an entry at the end: its number is the size of the tree.
pub(crate) fn plant(
    connection: &Connection,
    number: u64,
    run: &str,
    seq: u64,
    hash: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO leaf (number, run, seq) VALUES (?1, ?2, ?3)")?
        .execute(params![number.cast_signed(), run, seq.cast_signed()])?;
    let mut insert =
        connection.prepare_cached("INSERT INTO node (level, number, hash) VALUES (?1, ?2, ?3)")?;
    let (mut level, mut at, mut hash) = (0, number, leaf(hash));
    loop {
        insert.execute(params![level, at.cast_signed(), hash.0])?;
        if at % 2 == 0 {
            return Ok(());
        }
        hash = Hash::of_two(node(connection, level, at - 1)?, hash);
        (level, at) = (level + 1, at / 2);
    }
}

/// Adds the leaves of the entries from before there was a tree: by run, then by number, for nothing tells in which order
/// runs went on side by side.
pub(crate) fn plant_all(connection: &Connection) -> rusqlite::Result<()> {
    let mut query = connection.prepare("SELECT run, seq, hash FROM entry ORDER BY run, seq")?;
    let mut rows = query.query([])?;
    let mut number = 0;
    while let Some(row) = rows.next()? {
        let (run, seq, hash): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        plant(connection, number, &run, seq.cast_unsigned(), &hash)?;
        number += 1;
    }
    Ok(())
}

fn node(connection: &Connection, level: u32, number: u64) -> rusqlite::Result<Hash> {
    connection
        .prepare_cached("SELECT hash FROM node WHERE level = ?1 AND number = ?2")?
        .query_row(params![level, number.cast_signed()], |row| row.get(0).map(Hash))
}

/// The root of the first `size` entries.
pub(crate) fn root(connection: &Connection, size: u64) -> rusqlite::Result<Hash> {
    merkle::root(size, &mut |level, number| node(connection, level, number))
}

/// The number of an entry's leaf.
pub(crate) fn number_of(connection: &Connection, run: &RunId, seq: u64) -> rusqlite::Result<Option<u64>> {
    connection
        .prepare_cached("SELECT number FROM leaf WHERE run = ?1 AND seq = ?2")?
        .query_row(params![run.as_str(), seq.cast_signed()], |row| Ok(row.get::<_, i64>(0)?.cast_unsigned()))
        .optional()
}

/// The audit path of a leaf in the tree of the first `size` entries.
pub(crate) fn path(connection: &Connection, number: u64, size: u64) -> rusqlite::Result<Vec<Hash>> {
    merkle::path(number, size, &mut |level, number| node(connection, level, number))
}

impl Journal {
    /// Tells whether the journal's first entries are those of a tree that was seen before.
    ///
    /// # Errors
    /// [`VerifyError::Broken`] when they are not: the journal was changed, or an older copy is in its place.
    pub fn holds(&self, head: &TreeHead) -> Result<(), VerifyError> {
        let connection = self.connection();
        let at = at(self.path());
        let fails = |why: String| Err(Broken::Checkpoint { size: head.size, why }.into());
        let size = if is_there(&connection).map_err(&at)? { size(&connection).map_err(&at)? } else { 0 };
        if size < head.size {
            return fails(format!(
                "the journal has only {size} entries; an older copy was put in its place, or its end was cut off"
            ));
        }
        match root(&connection, head.size) {
            Ok(root) if root == head.root => Ok(()),
            Ok(_) | Err(rusqlite::Error::QueryReturnedNoRows) => {
                fails("the journal's first entries are others".to_owned())
            }
            Err(why) => Err(at(why).into()),
        }
    }

    /// Holds every leaf and every subtree against the entries, of which there are `entries`.
    pub(crate) fn verify_tree(&self, entries: u64) -> Result<(), VerifyError> {
        let connection = self.connection();
        let at = at(self.path());
        if !is_there(&connection).map_err(&at)? {
            return Ok(());
        }
        let found = leaves(&connection, entries).and_then(|fault| match fault {
            None => subtrees(&connection, entries),
            fault => Ok(fault),
        });
        match found.map_err(&at)? {
            None => Ok(()),
            Some((number, why)) => Err(Broken::Leaf { number, why }.into()),
        }
    }
}

/// A leaf, and what is wrong with it or above it.
type Fault = (u64, &'static str);

fn leaves(connection: &Connection, entries: u64) -> rusqlite::Result<Option<Fault>> {
    let mut query = connection.prepare(
        "SELECT leaf.number, entry.hash, node.hash FROM leaf
         LEFT JOIN entry ON entry.run = leaf.run AND entry.seq = leaf.seq
         LEFT JOIN node ON node.level = 0 AND node.number = leaf.number ORDER BY leaf.number",
    )?;
    let mut rows = query.query([])?;
    let mut next = 0;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?.cast_unsigned();
        let (entry, node): (Option<String>, Option<[u8; 32]>) = (row.get(1)?, row.get(2)?);
        let why = match (entry, node) {
            _ if number != next => "a leaf before it is missing",
            (None, _) => "its entry is missing",
            (_, None) => "its hash is missing",
            (Some(entry), Some(node)) if leaf(&entry).0 != node => "it is not the leaf of its entry",
            _ => {
                next += 1;
                continue;
            }
        };
        return Ok(Some((number, why)));
    }
    if next != entries {
        return Ok(Some((next, "there are entries without a leaf")));
    }
    // By the index, which lookups go by, and where it must say the same.
    let mut query = connection.prepare("SELECT run, seq, number FROM leaf ORDER BY run, seq")?;
    let mut rows = query.query([])?;
    let mut last: Option<(String, i64, i64)> = None;
    let mut count = 0;
    while let Some(row) = rows.next()? {
        let this: (String, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let before = last.filter(|last| last.0 == this.0);
        if before.is_some_and(|last| last.2 >= this.2) {
            return Ok(Some((
                this.2.cast_unsigned(),
                "it stands before a leaf of an earlier entry of its run",
            )));
        }
        count += 1;
        last = Some(this);
    }
    let whole: String = connection.query_row("PRAGMA integrity_check(leaf)", [], |row| row.get(0))?;
    Ok((count != entries || whole != "ok").then_some((count, "leaves are not found by their entries")))
}

fn subtrees(connection: &Connection, entries: u64) -> rusqlite::Result<Option<Fault>> {
    let select = "SELECT number, hash FROM node WHERE level = ?1 ORDER BY number";
    let (mut below, mut above) = (connection.prepare(select)?, connection.prepare(select)?);
    let mut level = 0_u32;
    while entries >> level > 0 {
        let mut parents = above.query([level + 1])?;
        let mut children = below.query([level])?;
        let (mut next, mut left) = (0, None);
        while let Some(row) = children.next()? {
            let (number, hash) = (row.get::<_, i64>(0)?.cast_unsigned(), Hash(row.get(1)?));
            if number != next {
                return Ok(Some((next << level, "a subtree over it is missing")));
            }
            next += 1;
            left = match left {
                None => Some(hash),
                Some(left) => {
                    let right = match parents.next()? {
                        Some(row) => {
                            row.get::<_, i64>(0)?.cast_unsigned() == number / 2
                                && Hash(row.get(1)?) == Hash::of_two(left, hash)
                        }
                        None => false,
                    };
                    if !right {
                        return Ok(Some((
                            (number - 1) << level,
                            "a subtree over it is not what is below it",
                        )));
                    }
                    None
                }
            };
        }
        if next != entries >> level || parents.next()?.is_some() {
            return Ok(Some((next << level, "the subtrees over it are not those of the entries")));
        }
        level += 1;
    }
    let more = "SELECT count(*) FROM node WHERE level >= ?1 OR level < 0";
    let more = connection.query_row(more, [level], |row| row.get::<_, i64>(0))?;
    Ok((more > 0).then_some((entries, "there are subtrees over no entries")))
}
