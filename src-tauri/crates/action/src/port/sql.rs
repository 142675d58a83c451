//! The rows of the Portal DB, over TLS.

use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use super::{Endpoint, PortError};

/// Opens the Portal DB. The login, the schema's name and the roots that its certificate is held against are the
/// environment's; a certificate that doesn't fit is refused, and nothing is ever sent in plain text.
#[async_trait]
pub trait Sql: Send + Sync {
    /// A session that can only read: the server itself refuses every write in it (a read-only transaction), and ends
    /// every statement that takes longer than `limits.statement`.
    ///
    /// # Errors
    /// [`super::PortErrorKind::Unreachable`] for no answer or a certificate that doesn't fit,
    /// [`super::PortErrorKind::Credentials`] for a login that is refused, [`super::PortErrorKind::Denied`] for rights
    /// that lack.
    async fn read(&self, at: &Endpoint, limits: Limits) -> Result<Box<dyn Reading>, PortError>;

    /// Runs statements in one transaction and commits it; the rows that each changed. When one fails, everything is
    /// rolled back. Only `database.obliterate` calls this.
    async fn change(
        &self,
        at: &Endpoint,
        statements: &[String],
        limits: Limits,
    ) -> Result<Vec<u64>, PortError>;
}

/// What a session may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How long connecting may take.
    pub connect: Duration,
    /// How long one statement may take.
    pub statement: Duration,
    /// How many rows one statement may give, but for [`Reading::photos`], which streams.
    pub rows: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: Duration::from_secs(15), statement: Duration::from_secs(300), rows: 1000 }
    }
}

/// An open session that can only read.
#[async_trait]
pub trait Reading: Send {
    /// What the far side says of itself and of the connection.
    async fn server(&mut self) -> Result<Server, PortError>;

    /// Runs one statement. More than [`Limits::rows`] rows, or a statement that outlasts [`Limits::statement`], is an
    /// error that says so: nothing is cut off silently.
    async fn query(&mut self, statement: &str) -> Result<Rows, PortError>;

    /// How many rows a table has, and the newest value of `changed`, as UTC. The names are quoted here: they may
    /// hold any character. A table that isn't there is [`super::PortErrorKind::NotFound`].
    async fn table(&mut self, name: &str, changed: Option<&str>) -> Result<TableFacts, PortError>;

    /// How many rows of a table have a `changed` at or after `from` and before `until`. The names are quoted here, and
    /// moments are compared as UTC. A table that isn't there is [`super::PortErrorKind::NotFound`].
    async fn changed_between(
        &mut self,
        table: &str,
        changed: &str,
        from: jiff::Timestamp,
        until: jiff::Timestamp,
    ) -> Result<u64, PortError>;

    /// Every base table of the schema, in order.
    async fn tables(&mut self) -> Result<Vec<String>, PortError>;

    /// Has the engine check a table's own structure (MySQL's `CHECK TABLE`); what it finds wrong, empty when all is
    /// well. An engine that has no such check answers [`super::PortErrorKind::Other`].
    async fn check(&mut self, table: &str) -> Result<Vec<String>, PortError>;

    /// The photos that the database names, streamed in the order of their keys' bytes. `statement` gives a key, and
    /// then, when it has more columns, a size in bytes and an entity tag or MD5; it is wrapped so that it comes in
    /// order. [`Limits::statement`] bounds the wait for each row, not the whole.
    async fn photos<'a>(
        &'a mut self,
        statement: &str,
    ) -> Result<BoxStream<'a, Result<NamedPhoto, PortError>>, PortError>;
}

/// What a database server says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Server {
    /// Its version, as it gives it.
    pub version: String,
    /// The protocol and the cipher of the connection, such as `TLSv1.3, TLS_AES_256_GCM_SHA384`.
    pub tls: String,
    /// Who is signed in.
    pub user: String,
}

/// What a statement gave, as text; `None` is NULL.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The columns' names.
    pub columns: Vec<String>,
    /// The rows.
    pub rows: Vec<Vec<Option<String>>>,
}

impl Rows {
    /// The one value of a result of one row and one column.
    pub fn single(&self) -> Option<&str> {
        match self.rows.as_slice() {
            [row] if row.len() == 1 => row[0].as_deref(),
            _ => None,
        }
    }
}

/// How full a table is, and how fresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFacts {
    /// Its rows.
    pub rows: u64,
    /// Its newest change.
    pub newest: Option<jiff::Timestamp>,
}

/// A photo as the database knows it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct NamedPhoto {
    /// The key in S3.
    pub key: String,
    /// Its size in bytes, when the database keeps it.
    pub size: Option<u64>,
    /// Its entity tag or MD5 in hex, when the database keeps it.
    pub etag: Option<String>,
}
