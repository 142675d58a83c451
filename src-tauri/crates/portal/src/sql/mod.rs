//! The rows of the Portal DB.
//!
//! One statement runs so: the server parses it (`PREPARE`), which refuses several statements in one string and tells
//! the columns' names even where there are no rows; then it runs in the text protocol, in which the server itself
//! writes out every value. Times come out as RFC 3339 in UTC, binary values as hex, everything else as the server
//! writes it. Rejected: binary results with a decoder for each type, which fails on the first type nobody thought of.
//!
//! What keeps a session from changing anything, each alone: the session and its transaction are read-only at the
//! server; [`guard`] lets only statements through that cannot end that transaction; and the login should have no right
//! but `SELECT`. What no transaction stops, such as `SELECT … INTO OUTFILE` on a server of one's own, takes rights
//! (`FILE`) that nobody has on RDS.
//!
//! Memory: rows are counted as they come, and so are their bytes ([`session::BYTES`]). One row is held whole by the
//! driver before it can be counted; the server bounds it (`max_allowed_packet`, 16 to 64 MiB by default; PostgreSQL:
//! 1 GiB a value).
//!
//! TLS: the driver trusts the Mozilla roots beside those of [`Trust`]; it has no switch for that. A certificate that
//! only a public authority signed is therefore accepted too, if it is for the host's very name.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use action::port::{Endpoint, Limits, PortError, PortErrorKind, Reading, Sql};
use async_trait::async_trait;
use futures::future::BoxFuture;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};

use crate::trust::Trust;
use failure::Failure;
use session::Session;

mod change;
mod failure;
mod guard;
mod mysql;
mod postgres;
mod session;

/// The roots of Amazon RDS in the regions of the United States (PEM).
const RDS: &str = include_str!("rds-us.pem");

/// Who signs in. The password is not shown by `Debug`, and wherever it is written it must be a keychain.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The user's name.
    pub user: String,
    /// The password.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

/// Where a login is asked for, each time a session is opened.
pub type AskLogin = Arc<dyn Fn() -> BoxFuture<'static, Result<Login, PortError>> + Send + Sync>;

/// The databases of an environment: MySQL, MariaDB or PostgreSQL.
pub struct Database {
    opener: Arc<Opener>,
}

/// Opens connections.
struct Opener {
    engine: String,
    schema: Option<String>,
    trust: Trust,
    login: AskLogin,
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// To look, and nothing else.
    Read,
    /// To change rows.
    Change,
}

/// Everything that a connection is opened with.
struct Target<'a> {
    at: &'a Endpoint,
    schema: Option<&'a str>,
    login: &'a Login,
    roots: Vec<u8>,
    purpose: Purpose,
    /// How long a statement may take.
    statement: Duration,
}

/// A connection being opened.
type Opening<'a> = BoxFuture<'a, Result<Box<dyn Connection>, sqlx::Error>>;

/// One open connection, and how its engine says things.
#[async_trait]
trait Connection: Send {
    /// Begins a transaction that sees one moment and can't write.
    fn begin_reading(&self) -> &'static str;
    /// Each gives one row, whose last column is: the version, the user, the version of TLS, the cipher.
    fn about(&self) -> [&'static str; 4];
    /// Gives the names of all base tables.
    fn tables(&self) -> &'static str;
    /// Quotes a name.
    fn quoted(&self, name: &str) -> String;
    /// Wraps a statement so that its rows come in the order of the bytes of `columns[0]`.
    fn in_order(&self, statement: &str, columns: &[String]) -> String;

    /// Has the server end every statement after `limit`, or none when it is zero.
    async fn bound(&mut self, limit: Duration) -> Result<(), sqlx::Error>;
    /// Has the server parse a statement, which must be a single one; the names of its columns.
    async fn prepare(&mut self, statement: &str) -> Result<Vec<String>, sqlx::Error>;
    /// Runs a statement for its rows.
    fn rows(&mut self, statement: String) -> BoxStream<'_, Result<Vec<Option<String>>, sqlx::Error>>;
    /// Runs a statement for what it changes: how many rows.
    async fn run(&mut self, statement: &str) -> Result<u64, sqlx::Error>;
    /// Has the engine check a table's own structure.
    async fn check(&mut self, table: &str) -> Result<Checked, sqlx::Error>;
}

/// What came of a check of a table's structure.
enum Checked {
    /// What is wrong; nothing when all is well.
    Found(Vec<String>),
    /// There is no such table.
    NoTable,
    /// The engine has no such check; why.
    NoCheck(&'static str),
}

impl Database {
    /// The databases of an environment. `engine` is RDS's word, such as `mysql`, `mariadb` or `postgres`. Nothing is
    /// read and nothing sent before a session is opened; `login` is asked then, each time.
    pub fn new(engine: &str, schema: Option<&str>, trust: Trust, login: AskLogin) -> Self {
        let (engine, schema) = (engine.to_owned(), schema.map(str::to_owned));
        Self { opener: Arc::new(Opener { engine, schema, trust, login }) }
    }
}

#[async_trait]
impl Sql for Database {
    async fn read(&self, at: &Endpoint, limits: Limits) -> Result<Box<dyn Reading>, PortError> {
        let mut session = Session::new(self.opener.clone(), at.clone(), limits);
        session.ready("connect").await?;
        Ok(Box::new(session))
    }

    async fn change(
        &self,
        at: &Endpoint,
        statements: &[String],
        limits: Limits,
    ) -> Result<Vec<u64>, PortError> {
        change::change(&self.opener, at, statements, limits).await
    }
}

impl Opener {
    /// What errors name: `portal.example.com:3306/portal`.
    fn site(&self, at: &Endpoint) -> String {
        let schema = self.schema.as_ref().map(|schema| format!("/{schema}")).unwrap_or_default();
        format!("{}:{}{schema}", at.address, at.port)
    }

    async fn open(
        &self,
        at: &Endpoint,
        limits: Limits,
        purpose: Purpose,
    ) -> Result<Box<dyn Connection>, PortError> {
        let failed = |failure: Failure| failure.at("connect", self.site(at));
        let open = match self.engine.as_str() {
            "mysql" | "mariadb" | "aurora-mysql" => mysql::open,
            "postgres" | "aurora-postgresql" => postgres::open,
            other => {
                return Err(failed(Failure::new(
                    PortErrorKind::Other,
                    format!("{other} is not an engine that Lifeboat can sign in to"),
                    "Correct `database.engine` in the environment file: mysql, mariadb or postgres.",
                )));
            }
        };
        let roots = self.trust.pem().await;
        let roots =
            roots.map_err(|why| failed(Failure::new(PortErrorKind::Unreachable, why.message, why.next)))?;
        let login = (self.login)().await?;
        let target = Target {
            at,
            schema: self.schema.as_deref(),
            login: &login,
            roots: roots.unwrap_or_else(|| RDS.as_bytes().to_vec()),
            purpose,
            statement: limits.statement,
        };
        match tokio::time::timeout(limits.connect, open(&target)).await {
            Ok(opened) => opened.map_err(|why| failed(Failure::from_sqlx(&why, at, limits))),
            Err(_) => Err(failed(Failure::new(
                PortErrorKind::Unreachable,
                format!("it did not answer within {}", crate::seconds(limits.connect)),
                "Check the network and the VPN, and that its security group lets this machine in.",
            ))),
        }
    }
}

/// `2026-11-24 03:02:00` or `2026-11-24 03:02:00+00`, which are UTC, as RFC 3339; what is no such time as it is.
fn utc(text: &str) -> String {
    let iso = text.replacen(' ', "T", 1);
    let iso = iso.strip_suffix("+00").unwrap_or(&iso);
    format!("{iso}Z").parse::<jiff::Timestamp>().map_or_else(|_| text.to_owned(), |at| at.to_string())
}

/// Bytes as lower-case hex.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_rfc_3339_and_what_is_none_as_it_is() {
        for (text, expect) in [
            ("2026-11-24 03:02:00", "2026-11-24T03:02:00Z"),
            ("2026-11-24 03:02:00.250000", "2026-11-24T03:02:00.25Z"),
            ("2026-11-24 03:02:00.25+00", "2026-11-24T03:02:00.25Z"),
            ("0000-00-00 00:00:00", "0000-00-00 00:00:00"),
            ("infinity", "infinity"),
        ] {
            assert_eq!(utc(text), expect);
        }
    }

    #[test]
    fn a_login_shows_its_user_only() {
        let login = Login { user: "lifeboat".into(), password: "hush".into() };
        assert_eq!(format!("{login:?}"), "Login { user: \"lifeboat\", .. }");
    }

    #[test]
    fn the_roots_of_rds_are_twelve_and_last_for_years() {
        let roots = crate::trust::certificates(RDS.as_bytes()).unwrap();
        assert_eq!(roots.len(), 12);
        let year_away: jiff::Timestamp = "2027-11-25T00:00:00Z".parse().unwrap();
        for root in roots {
            let (_, root) = x509_parser::parse_x509_certificate(&root).unwrap();
            let subject = root.subject().to_string();
            assert!(subject.contains("Amazon RDS us-") && root.is_ca(), "{subject}");
            root.verify_signature(None).unwrap_or_else(|why| panic!("{subject} did not sign itself: {why}"));
            assert!(root.validity().not_after.timestamp() > year_away.as_second(), "{subject} ends soon");
        }
    }
}
