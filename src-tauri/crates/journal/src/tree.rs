//! The Merkle tree over the journal's entries, in the order in which they were appended.
//!
//! A leaf's data is its entry's 32-byte hash, so that an entry whose text is left out still has its place. The hashes
//! of complete subtrees are kept: none ever changes, so that appending adds two rows for each entry on the whole, and a
//! root or a path, of today's tree or of any before it, takes a few rows for each doubling of the tree.

use std::hash::{BuildHasher as _, RandomState};

use run::{Digest, RunId};
use rusqlite::{Connection, OptionalExtension as _, Row, Rows, params};

use crate::merkle::{self, Hash};
use crate::store::{Journal, JournalError, at};
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

    /// Three times the journal as it is at one moment, whatever is written to it from here on.
    pub(crate) fn snapshots(&self) -> Result<[Self; 3], JournalError> {
        let at = at(self.path());
        loop {
            let mut sizes = [None; 3];
            let mut snapshots = Vec::new();
            for found in &mut sizes {
                let snapshot = Self::open_read_only(self.path())?;
                {
                    let connection = snapshot.connection();
                    connection.execute_batch("BEGIN").map_err(&at)?;
                    // That a table is looked for is what begins it.
                    if is_there(&connection).map_err(&at)? {
                        *found = Some(size(&connection).map_err(&at)?);
                    }
                }
                snapshots.push(snapshot);
            }
            if let (true, Ok(snapshots)) = (sizes.iter().all(|size| *size == sizes[0]), snapshots.try_into())
            {
                return Ok(snapshots);
            }
        }
    }

    /// An entry somewhere in the middle of all, in the order of run and number, where there is a tree to find it by.
    pub(crate) fn middle(&self) -> Result<Option<(String, u64)>, JournalError> {
        let connection = self.connection();
        let select = "SELECT run, seq FROM leaf ORDER BY run, seq LIMIT 1 OFFSET ?1";
        let middle = is_there(&connection).and_then(|there| match there {
            true => {
                let middle = (size(&connection)? / 2).cast_signed();
                let key = |row: &Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()));
                connection.query_row(select, [middle], key).optional()
            }
            false => Ok(None),
        });
        middle.map_err(at(self.path()))
    }

    /// Holds the parts of the tree against each other, and sums up its leaves: run, number and hash. `None` where there is
    /// no tree.
    pub(crate) fn verify_tree(&self, keys: &RandomState) -> Result<Option<Sum>, VerifyError> {
        let connection = self.connection();
        if !is_there(&connection).map_err(at(self.path()))? {
            return Ok(None);
        }
        match whole(&connection, keys).map_err(at(self.path()))? {
            Ok(sum) => Ok(Some(sum)),
            Err((number, why)) => Err(Broken::Leaf { number, why }.into()),
        }
    }

    /// The first leaf that is not the leaf of its entry, where the two were found to differ.
    pub(crate) fn fault_of_leaves(&self, entries: u64) -> Result<Broken, VerifyError> {
        let fault = fault_of_leaves(&self.connection()).map_err(at(self.path()))?;
        let (number, why) = fault.unwrap_or((entries, "there are entries without a leaf"));
        Ok(Broken::Leaf { number, why })
    }
}

/// What is in a set, whatever its order: the sum of hashes with keys that nobody who made the set could know.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sum {
    count: u64,
    hashes: u64,
}

impl Sum {
    pub(crate) fn and(self, other: Self) -> Self {
        let hashes = self.hashes.wrapping_add(other.hashes);
        Self { count: self.count + other.count, hashes }
    }

    pub(crate) fn add(&mut self, hash: u64) {
        self.count += 1;
        self.hashes = self.hashes.wrapping_add(hash);
    }
}

/// A leaf, and what is wrong with it or above it.
type Fault = (u64, &'static str);

/// The sum of the leaves when they, what finds them by their entries, and the subtrees fit together.
fn whole(connection: &Connection, keys: &RandomState) -> rusqlite::Result<Result<Sum, Fault>> {
    let (mut sum, mut by_number, mut by_entry) = (Sum::default(), Sum::default(), Sum::default());
    let mut query = connection.prepare("SELECT number, run, seq FROM leaf NOT INDEXED ORDER BY number")?;
    let mut rows = query.query([])?;
    let found = subtrees(connection, &mut |number, hash| {
        let Some(row) = rows.next()? else { return Ok(false) };
        let (run, seq) = (row.get_ref(1)?.as_str()?, row.get::<_, i64>(2)?.cast_unsigned());
        by_number.add(keys.hash_one((run, seq, number)));
        sum.add(keys.hash_one((run, seq, hash)));
        Ok(row.get::<_, i64>(0)?.cast_unsigned() == number)
    })?;
    if let Some(fault) = found {
        return Ok(Err(fault));
    }
    if rows.next()?.is_some() {
        return Ok(Err((by_number.count, "its hash is missing")));
    }
    // By the index, which lookups go by, and where it must say the same.
    let by_index = "SELECT run, seq, number FROM leaf INDEXED BY sqlite_autoindex_leaf_1 ORDER BY run, seq";
    let mut query = connection.prepare(by_index)?;
    let mut rows = query.query([])?;
    let (mut last_run, mut last) = (String::new(), 0);
    while let Some(row) = rows.next()? {
        let (run, seq) = (row.get_ref(0)?.as_str()?, row.get::<_, i64>(1)?.cast_unsigned());
        let number = row.get::<_, i64>(2)?.cast_unsigned();
        by_entry.add(keys.hash_one((run, seq, number)));
        if run != last_run {
            run.clone_into(&mut last_run);
        } else if number <= last {
            return Ok(Err((number, "it stands before a leaf of an earlier entry of its run")));
        }
        last = number;
    }
    let found = by_entry == by_number;
    Ok(if found { Ok(sum) } else { Err((by_number.count, "leaves are not found by their entries")) })
}

fn fault_of_leaves(connection: &Connection) -> rusqlite::Result<Option<Fault>> {
    let mut query = connection.prepare(
        "SELECT leaf.number, entry.hash, node.hash FROM leaf
         LEFT JOIN entry ON entry.run = leaf.run AND entry.seq = leaf.seq
         LEFT JOIN node ON node.level = 0 AND node.number = leaf.number ORDER BY leaf.number",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let number = row.get::<_, i64>(0)?.cast_unsigned();
        let (entry, node): (Option<String>, Option<[u8; 32]>) = (row.get(1)?, row.get(2)?);
        match (entry, node) {
            (None, _) => return Ok(Some((number, "its entry is missing"))),
            (Some(entry), node) if node != Some(leaf(&entry).0) => {
                return Ok(Some((number, "it is not the leaf of its entry")));
            }
            _ => {}
        }
    }
    Ok(None)
}

/// More levels than a tree can have.
const LEVELS: u32 = 64;

/// A level of the tree, as far as it was read.
struct Level<'q> {
    rows: Rows<'q>,
    /// A subtree on the left whose sibling is still to come.
    left: Option<Hash>,
}

impl Level<'_> {
    /// Whether the next subtree is this one.
    fn is_next(&mut self, number: u64, hash: Hash) -> rusqlite::Result<bool> {
        let Some(row) = self.rows.next()? else { return Ok(false) };
        Ok(row.get::<_, i64>(0)?.cast_unsigned() == number && Hash(row.get(1)?) == hash)
    }
}

/// Holds every subtree against what is below it, and shows every leaf; `seen` says whether it belongs there.
fn subtrees(
    connection: &Connection,
    seen: &mut dyn FnMut(u64, Hash) -> rusqlite::Result<bool>,
) -> rusqlite::Result<Option<Fault>> {
    let select = "SELECT number, hash FROM node WHERE level = ?1 ORDER BY number";
    let mut leaves = connection.prepare(select)?;
    let mut leaves = leaves.query([0])?;
    let mut queries = (1..LEVELS).map(|_| connection.prepare(select)).collect::<Result<Vec<_>, _>>()?;
    let levels = (1..LEVELS).zip(&mut queries).map(|(level, query)| query.query([level]));
    let mut levels =
        levels.map(|rows| Ok(Level { rows: rows?, left: None })).collect::<rusqlite::Result<Vec<_>>>()?;
    let (mut size, mut left) = (0, None);
    while let Some(row) = leaves.next()? {
        let (mut number, mut hash) = (row.get::<_, i64>(0)?.cast_unsigned(), Hash(row.get(1)?));
        if number != size {
            return Ok(Some((size, "its hash is missing")));
        }
        if !seen(number, hash)? {
            return Ok(Some((number, "it is missing, or a leaf before it is")));
        }
        size += 1;
        let mut waiting = &mut left;
        for (height, level) in (1..).zip(&mut levels) {
            let Some(left) = waiting.take() else { break };
            (number, hash) = (number / 2, Hash::of_two(left, hash));
            if !level.is_next(number, hash)? {
                return Ok(Some((number << height, "a subtree over it is not what is below it")));
            }
            waiting = &mut level.left;
        }
        *waiting = Some(hash);
    }
    for level in &mut levels {
        if level.rows.next()?.is_some() {
            return Ok(Some((size, "there are subtrees over no entries")));
        }
    }
    let more = "SELECT count(*) FROM node WHERE level < 0 OR level >= ?1";
    let more = connection.query_row(more, [LEVELS], |row| row.get::<_, i64>(0))?;
    Ok((more > 0).then_some((size, "there are subtrees over no entries")))
}
