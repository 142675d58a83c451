//! PostgreSQL.
//!
//! A table's structure is checked by the extension amcheck (`verify_heapam`) where it is installed: RDS offers it, but
//! installs it nowhere by itself. Its functions take rights: a superuser's, or `EXECUTE` on them.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{BoxStream, TryStreamExt};
use sqlx::postgres::{PgColumn, PgConnectOptions, PgConnection, PgRow, PgSslMode};
use sqlx::{AssertSqlSafe, Column, ConnectOptions, Executor, Row, SqlSafeStr, Statement, TypeInfo};

use super::{Checked, Connection, Purpose, Target};

struct Wire(PgConnection);

pub(super) fn open<'a>(target: &'a Target<'a>) -> super::Opening<'a> {
    Box::pin(async move {
        // Without the passwords in `~/.pgpass`; what `PG…` variables say is said again here.
        let mut options = PgConnectOptions::new_without_pgpass()
            .host(&target.at.address)
            .port(target.at.port)
            .username(&target.login.user)
            .password(&target.login.password)
            .database(target.schema.unwrap_or(&target.login.user))
            .ssl_mode(PgSslMode::VerifyFull)
            .ssl_root_cert_from_pem(target.roots.clone())
            .application_name("lifeboat")
            .statement_cache_capacity(1)
            .disable_statement_logging();
        if target.purpose == Purpose::Read {
            options = options.options([("default_transaction_read_only", "on")]);
        }
        let mut wire = Wire(options.connect().await?);
        wire.run("SET TIME ZONE 'UTC'").await?;
        wire.run("SET bytea_output = 'hex'").await?;
        wire.bound(target.statement).await?;
        Ok(Box::new(wire) as Box<dyn Connection>)
    })
}

#[async_trait]
impl Connection for Wire {
    fn begin_reading(&self) -> &'static str {
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
    }

    fn about(&self) -> [&'static str; 4] {
        [
            "SELECT 'PostgreSQL ' || current_setting('server_version')",
            "SELECT current_user::text",
            "SELECT version FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
            "SELECT cipher FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
        ]
    }

    fn tables(&self) -> &'static str {
        "SELECT c.relname FROM pg_catalog.pg_class c WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition \
         AND c.relnamespace::regnamespace::text = ANY (current_schemas(false)::text[]) \
         AND pg_table_is_visible(c.oid)"
    }

    fn quoted(&self, name: &str) -> String {
        format!("\"{}\"", name.replace('"', "\"\""))
    }

    fn in_order(&self, statement: &str, columns: &[String]) -> String {
        let named: Vec<String> = columns.iter().map(|name| format!("p.{}", self.quoted(name))).collect();
        let rest: String = named[1..].iter().map(|column| format!(", {column}")).collect();
        let key = format!("{}::text", named[0]);
        format!("SELECT {key}{rest} FROM (\n{statement}\n) AS p ORDER BY convert_to({key}, 'UTF8')")
    }

    async fn bound(&mut self, limit: Duration) -> Result<(), sqlx::Error> {
        self.run(&format!("SET statement_timeout = {}", limit.as_millis())).await.map(|_| ())
    }

    async fn prepare(&mut self, statement: &str) -> Result<Vec<String>, sqlx::Error> {
        let statement = self.0.prepare(AssertSqlSafe(statement).into_sql_str()).await?;
        Ok(statement.columns().iter().map(|column| column.name().to_owned()).collect())
    }

    fn rows(&mut self, statement: String) -> BoxStream<'_, Result<Vec<Option<String>>, sqlx::Error>> {
        let rows = sqlx::raw_sql(AssertSqlSafe(statement)).fetch(&mut self.0);
        rows.map(|row| row.and_then(|row| texts(&row))).boxed()
    }

    async fn run(&mut self, statement: &str) -> Result<u64, sqlx::Error> {
        Ok(sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut self.0).await?.rows_affected())
    }

    async fn check(&mut self, table: &str) -> Result<Checked, sqlx::Error> {
        let schema = "SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e \
                      JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'amcheck'";
        let schema: Vec<_> = self.rows(schema.to_owned()).try_collect().await?;
        let Some(schema) = schema.into_iter().flatten().flatten().next() else {
            return Ok(Checked::NoCheck("the extension amcheck is not installed"));
        };
        let name = self.quoted(table).replace('\'', "''");
        let known = format!("SELECT to_regclass('{name}')::oid");
        let known: Vec<_> = self.rows(known).try_collect().await?;
        if known.into_iter().flatten().flatten().next().is_none() {
            return Ok(Checked::NoTable);
        }
        let found = format!(
            "SELECT 'block ' || blkno || ': ' || msg FROM {schema}.verify_heapam('{name}'::regclass)"
        );
        let found: Vec<_> = self.rows(found).try_collect().await?;
        Ok(Checked::Found(found.into_iter().flatten().flatten().collect()))
    }
}

/// Every value of a row as text.
fn texts(row: &PgRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    let text = |(at, column): (usize, &PgColumn)| {
        let Some(value) = row.try_get_unchecked::<Option<&str>, _>(at)? else { return Ok(None) };
        Ok(Some(match column.type_info().name() {
            "BYTEA" => value.trim_start_matches("\\x").to_owned(),
            "TIMESTAMP" | "TIMESTAMPTZ" => super::utc(value),
            "BOOL" => (value == "t").to_string(),
            _ => value.to_owned(),
        }))
    };
    row.columns().iter().enumerate().map(text).collect()
}
