//! A session that can only read.
//!
//! All its statements see the rows of one moment, until one fails or a table's structure is checked: what comes after
//! sees the rows of a later moment. A connection whose statement was cut off is thrown away, so that the server ends
//! it; the next call opens another.

use std::sync::Arc;
use std::time::Duration;

use action::port::{
    Endpoint, Limits, NamedPhoto, PortError, PortErrorKind, Reading, Rows, Server, TableFacts,
};
use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream, TryStreamExt};
use jiff::Timestamp;

use super::failure::Failure;
use super::{Checked, Connection, Opener, Purpose, guard};

/// The most bytes that the rows of one statement may hold.
const BYTES: usize = 64 * 1024 * 1024;
/// The most tables that a schema may have.
const TABLES: usize = 100_000;
/// How much longer than the server's own bound a statement may stay unanswered.
pub(super) const GRACE: Duration = Duration::from_secs(3);

/// See the module.
pub(super) struct Session {
    opener: Arc<Opener>,
    at: Endpoint,
    limits: Limits,
    connection: Option<Box<dyn Connection>>,
    /// One that gave photos: no more use, as it may be in the middle of them.
    streaming: Option<Box<dyn Connection>>,
    /// Whether a transaction is open.
    begun: bool,
}

/// Waits for what a statement gives, a little longer than the server lets it run.
pub(super) async fn bounded<T>(
    limit: Duration,
    work: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    tokio::time::timeout(limit + GRACE, work).await.unwrap_or_else(|_| Err(Failure::slow(limit)))
}

/// Runs a statement and gathers its rows, within the bounds of rows and bytes; not of time.
async fn gather(
    connection: &mut dyn Connection,
    statement: &str,
    bound: usize,
    explain: impl Fn(&sqlx::Error) -> Failure,
) -> Result<Rows, Failure> {
    let columns = connection.prepare(statement).await.map_err(|why| explain(&why))?;
    let (mut rows, mut bytes) = (Vec::new(), 0);
    let mut stream = connection.rows(statement.to_owned());
    while let Some(row) = stream.try_next().await.map_err(|why| explain(&why))? {
        bytes += row.iter().flatten().map(String::len).sum::<usize>();
        if rows.len() == bound {
            return Err(Failure::too_much(format!("it gives more than {bound} rows")));
        }
        if bytes > BYTES {
            return Err(Failure::too_much(format!("it gives more than {} MiB", BYTES / 1024 / 1024)));
        }
        rows.push(row);
    }
    Ok(Rows { columns, rows })
}

impl Session {
    pub(super) fn new(opener: Arc<Opener>, at: Endpoint, limits: Limits) -> Self {
        Self { opener, at, limits, connection: None, streaming: None, begun: false }
    }

    fn explain(&self) -> impl Fn(&sqlx::Error) -> Failure + Send + 'static {
        let (at, limits) = (self.at.clone(), self.limits);
        move |why| Failure::from_sqlx(why, &at, limits)
    }

    fn error(&self, operation: &str, failure: Failure) -> PortError {
        failure.at(operation, self.opener.site(&self.at))
    }

    /// An open connection, within a read-only transaction.
    pub(super) async fn ready(&mut self, operation: &str) -> Result<&mut dyn Connection, PortError> {
        self.streaming = None;
        if !self.begun {
            let mut connection = match self.connection.take() {
                Some(connection) => connection,
                None => self.opener.open(&self.at, self.limits, Purpose::Read).await?,
            };
            let explain = self.explain();
            let begin = connection.begin_reading();
            let begun = async { connection.run(begin).await.map_err(|why| explain(&why)) };
            bounded(self.limits.statement, begun).await.map_err(|why| self.error(operation, why))?;
            (self.connection, self.begun) = (Some(connection), true);
        }
        match &mut self.connection {
            Some(connection) => Ok(connection.as_mut()),
            None => Err(Failure::broken().at(operation, self.opener.site(&self.at))),
        }
    }

    /// Ends the transaction; the connection too when `spent`.
    async fn end(&mut self, spent: bool) {
        self.begun = false;
        if spent {
            self.connection = None;
        } else if let Some(connection) = &mut self.connection {
            let ended = tokio::time::timeout(GRACE, connection.run("ROLLBACK")).await;
            if !matches!(ended, Ok(Ok(_))) {
                self.connection = None;
            }
        }
    }

    /// Puts the session in order after a call.
    async fn settle<T>(&mut self, operation: &str, done: Result<T, Failure>) -> Result<T, PortError> {
        match done {
            Ok(done) => Ok(done),
            Err(failure) => {
                self.end(failure.spent).await;
                Err(self.error(operation, failure))
            }
        }
    }

    async fn collect(&mut self, operation: &str, statement: &str, bound: usize) -> Result<Rows, PortError> {
        let (explain, limit) = (self.explain(), self.limits.statement);
        let connection = self.ready(operation).await?;
        let gathered = bounded(limit, gather(connection, statement, bound, explain)).await;
        self.settle(operation, gathered).await
    }
}

#[async_trait]
impl Reading for Session {
    async fn server(&mut self) -> Result<Server, PortError> {
        let statements = self.ready("server").await?.about();
        let mut words = Vec::with_capacity(statements.len());
        for statement in statements {
            let rows = self.collect("server", statement, 1).await?;
            words.push(
                rows.rows.into_iter().next().and_then(|mut row| row.pop().flatten()).unwrap_or_default(),
            );
        }
        let [version, user, protocol, cipher] =
            <[String; 4]>::try_from(words).unwrap_or_else(|_| Default::default());
        Ok(Server { version, tls: format!("{protocol}, {cipher}"), user })
    }

    async fn query(&mut self, statement: &str) -> Result<Rows, PortError> {
        let statement = guard::reading(statement).map_err(|why| self.error("query", why))?;
        self.collect("query", statement, self.limits.rows).await
    }

    async fn table(&mut self, name: &str, changed: Option<&str>) -> Result<TableFacts, PortError> {
        let connection = self.ready("count").await?;
        let table = connection.quoted(name);
        let newest =
            changed.map_or_else(|| "NULL".to_owned(), |column| format!("MAX({})", connection.quoted(column)));
        let statement = format!("SELECT COUNT(*), {newest} FROM {table}");
        let rows = self.collect("count", &statement, 1).await?;
        let unfit = |message: String, next: &str| {
            self.error("count", Failure::new(PortErrorKind::Other, message, next))
        };
        let (count, newest) = match rows.rows.as_slice() {
            [row] if let [Some(count), newest] = row.as_slice() => (count.parse(), newest),
            _ => return Err(unfit(format!("{name} could not be counted"), "Try again.")),
        };
        let Ok(rows) = count else {
            return Err(unfit(format!("{name} could not be counted"), "Try again."));
        };
        let newest = match newest.as_deref().map(moment) {
            Some(None) => {
                return Err(unfit(
                    format!("the column {} of {name} does not hold times", changed.unwrap_or_default()),
                    "Name a column of dates or times in `database.tables` of the environment file.",
                ));
            }
            newest => newest.flatten(),
        };
        Ok(TableFacts { rows, newest })
    }

    async fn changed_between(
        &mut self,
        table: &str,
        changed: &str,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<u64, PortError> {
        let connection = self.ready("count").await?;
        let (table, column) = (connection.quoted(table), connection.quoted(changed));
        // The session's time zone is UTC, whatever the type of the column.
        let at = |at: Timestamp| at.strftime("'%Y-%m-%d %H:%M:%S%.6f'").to_string();
        let span = format!("{column} >= {} AND {column} < {}", at(from), at(until));
        let rows = self.collect("count", &format!("SELECT COUNT(*) FROM {table} WHERE {span}"), 1).await?;
        rows.single().and_then(|count| count.parse().ok()).ok_or_else(|| {
            let message = format!("the changes of {table} could not be counted");
            self.error("count", Failure::new(PortErrorKind::Other, message, "Try again."))
        })
    }

    async fn tables(&mut self) -> Result<Vec<String>, PortError> {
        let statement = self.ready("tables").await?.tables();
        let rows = self.collect("tables", statement, TABLES).await?;
        let mut names: Vec<String> =
            rows.rows.into_iter().filter_map(|row| row.into_iter().next()?).collect();
        names.sort();
        Ok(names)
    }

    async fn check(&mut self, table: &str) -> Result<Vec<String>, PortError> {
        self.ready("check").await?;
        // CHECK TABLE would end it anyway; the session stays read-only without it.
        self.end(false).await;
        let (explain, limit) = (self.explain(), self.limits.statement);
        let checked = match &mut self.connection {
            Some(connection) => {
                bounded(limit, async { connection.check(table).await.map_err(|why| explain(&why)) }).await
            }
            None => Err(Failure::broken()),
        };
        let failure = match self.settle("check", checked).await? {
            Checked::Found(found) => return Ok(found),
            Checked::NoTable => Failure::new(
                PortErrorKind::NotFound,
                format!("there is no table {table}"),
                "Check the table's name in the environment file, and that the right moment was restored.",
            ),
            Checked::NoCheck(why) => Failure::new(
                PortErrorKind::Other,
                format!("{table} has no such check: {why}"),
                "That says nothing against the table. Count its rows and look at its newest change instead.",
            ),
        };
        Err(self.error("check", failure))
    }

    async fn photos<'a>(
        &'a mut self,
        statement: &str,
    ) -> Result<BoxStream<'a, Result<NamedPhoto, PortError>>, PortError> {
        let statement = guard::reading(statement).map_err(|why| self.error("photos", why))?;
        let (explain, limit, site) = (self.explain(), self.limits.statement, self.opener.site(&self.at));
        let connection = self.ready("photos").await?;
        let prepared = bounded(limit, async {
            let columns = connection.prepare(statement).await.map_err(|why| explain(&why))?;
            if !(1..=3).contains(&columns.len()) {
                return Err(Failure::new(
                    PortErrorKind::Other,
                    format!("the query for photos gives {} columns", columns.len()),
                    "Write `database.photos` so that it gives the key, the size in bytes and the MD5.",
                ));
            }
            let wrapped = connection.in_order(statement, &columns);
            connection.prepare(&wrapped).await.map_err(|why| explain(&why))?;
            // The whole may take as long as it likes, so long as rows keep coming.
            connection.bound(Duration::ZERO).await.map_err(|why| explain(&why))?;
            Ok(wrapped)
        });
        let prepared = prepared.await;
        let wrapped = self.settle("photos", prepared).await?;
        self.begun = false;
        let Some(connection) = self.connection.take() else {
            return Err(self.error("photos", Failure::broken()));
        };
        let rows = self.streaming.insert(connection).rows(wrapped);
        let photos = stream::try_unfold((rows, explain, site), move |(mut rows, explain, site)| async move {
            let photo = match tokio::time::timeout(limit, rows.next()).await {
                Ok(None) => return Ok(None),
                Ok(Some(Ok(row))) => photo(row),
                Ok(Some(Err(why))) => Err(explain(&why)),
                Err(_) => Err(Failure::slow(limit)),
            };
            match photo {
                Ok(photo) => Ok(Some((photo, (rows, explain, site)))),
                Err(failure) => Err(failure.at("photos", site)),
            }
        });
        Ok(photos.boxed())
    }
}

/// A row of the query for photos. What is wrong with one is told without anything that it holds.
fn photo(row: Vec<Option<String>>) -> Result<NamedPhoto, Failure> {
    let unfit = |message: &str| {
        let next = "Correct `database.photos` in the environment file: the key, the size in bytes, the MD5.";
        Failure::new(PortErrorKind::Other, message.to_owned(), next)
    };
    let mut row = row.into_iter();
    let key = row.next().flatten().ok_or_else(|| unfit("a row of the query for photos has no key"))?;
    let size = row.next().flatten().map(|size| size.parse()).transpose();
    let size = size.map_err(|_| unfit("a size in the query for photos is not a whole number"))?;
    Ok(NamedPhoto { key, size, etag: row.next().flatten() })
}

/// A time as a database writes it, or a date, which is its first moment.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok().or_else(|| format!("{text}T00:00:00Z").parse().ok())
}
