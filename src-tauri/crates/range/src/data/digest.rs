//! Whether two databases hold the same rows.

use std::collections::BTreeMap;

use action::Environment;
use sha2::{Digest as _, Sha256};

use super::error::DataError;
use crate::store::hex;

/// What the Portal DB holds, table by table. Two that are equal hold the same rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Digest {
    /// By the names of the tables.
    pub tables: BTreeMap<String, TableDigest>,
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDigest {
    /// Its rows.
    pub rows: usize,
    /// The SHA-256 of its rows as text, in the order of their first column.
    pub sha256: String,
    /// The newest change, as the database writes times; `NULL` when it has no rows, empty when nothing tells.
    pub newest: String,
}

impl Digest {
    /// Reads every table through `sql`, which runs statements on the schema and gives their rows as lines.
    pub(crate) fn read(sql: impl Fn(&str) -> Result<Vec<u8>, DataError>) -> Result<Self, DataError> {
        let names = sql("SELECT table_name FROM information_schema.tables \
             WHERE table_schema = 'portal' AND table_type = 'BASE TABLE'")?;
        let known = Environment::practice("").database.map(|database| database.tables).unwrap_or_default();
        let changed = |name: &str| {
            let table = known.iter().find(|table| table.name == name);
            table.and_then(|table| table.changed.clone())
        };
        let mut tables = BTreeMap::new();
        for name in String::from_utf8_lossy(&names).lines() {
            let newest = changed(name).map_or_else(|| "''".to_owned(), |column| format!("MAX({column})"));
            let quoted = format!("portal.`{}`", name.replace('`', "``"));
            let lines = sql(&format!("SELECT {newest} FROM {quoted}; SELECT * FROM {quoted} ORDER BY 1"))?;
            let end = lines.iter().position(|byte| *byte == b'\n').map_or(lines.len(), |end| end + 1);
            let (newest, rows) = lines.split_at(end);
            let digest = TableDigest {
                rows: rows.iter().filter(|byte| **byte == b'\n').count(),
                sha256: hex(&Sha256::digest(rows)),
                newest: String::from_utf8_lossy(newest).trim().to_owned(),
            };
            tables.insert(name.to_owned(), digest);
        }
        Ok(Self { tables })
    }
}
