//! MySQL and MariaDB.
//!
//! Time: MySQL's `max_execution_time` bounds `SELECT` only (and makes `SLEEP` return early instead of failing),
//! MariaDB's `max_statement_time` every statement. What neither ends is given up on this side.
//!
//! `CHECK TABLE` takes part in no transaction (it commits what is open), and neither engine counts it among the
//! statements that a read-only session refuses: it runs in one, seen with MariaDB 10.11, and MySQL's list of those
//! statements (`CF_DISALLOW_IN_RO_TRANS`) does not hold it. It may mark a damaged MyISAM or Aria table as crashed,
//! and InnoDB may stop the server at a damaged page: it is for restored instances, not for one in service.

use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{BoxStream, TryStreamExt};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlDatabaseError, MySqlRow, MySqlSslMode};
use sqlx::{
    AssertSqlSafe, Column, ConnectOptions, Executor, MySql, Row, SqlSafeStr, Statement, Type, TypeInfo,
};

use super::{Checked, Connection, Purpose, Target};

struct Wire(MySqlConnection);

/// `ER_UNKNOWN_SYSTEM_VARIABLE`.
const UNKNOWN_VARIABLE: u16 = 1193;

pub(super) fn open<'a>(target: &'a Target<'a>) -> super::Opening<'a> {
    Box::pin(async move {
        let mut options = MySqlConnectOptions::new()
            .host(&target.at.address)
            .port(target.at.port)
            .username(&target.login.user)
            .password(&target.login.password)
            .ssl_mode(MySqlSslMode::VerifyIdentity)
            .ssl_ca_from_pem(target.roots.clone())
            .statement_cache_capacity(0)
            // Statements mean here what they mean to the Portal.
            .pipes_as_concat(false)
            .no_engine_substitution(false)
            .timezone("+00:00".to_owned())
            .disable_statement_logging();
        if let Some(schema) = target.schema {
            options = options.database(schema);
        }
        let mut wire = Wire(options.connect().await?);
        if target.purpose == Purpose::Read {
            wire.run("SET SESSION TRANSACTION READ ONLY").await?;
        }
        wire.bound(target.statement).await?;
        Ok(Box::new(wire) as Box<dyn Connection>)
    })
}

#[async_trait]
impl Connection for Wire {
    fn begin_reading(&self) -> &'static str {
        "START TRANSACTION READ ONLY, WITH CONSISTENT SNAPSHOT"
    }

    fn about(&self) -> [&'static str; 4] {
        [
            "SELECT VERSION()",
            "SELECT CURRENT_USER()",
            "SHOW SESSION STATUS LIKE 'Ssl_version'",
            "SHOW SESSION STATUS LIKE 'Ssl_cipher'",
        ]
    }

    fn tables(&self) -> &'static str {
        "SHOW FULL TABLES WHERE Table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')"
    }

    fn quoted(&self, name: &str) -> String {
        format!("`{}`", name.replace('`', "``"))
    }

    fn in_order(&self, statement: &str, columns: &[String]) -> String {
        let named: Vec<String> = columns.iter().map(|name| format!("p.{}", self.quoted(name))).collect();
        let key = format!("CONVERT({} USING utf8mb4)", named[0]);
        let rest: String = named[1..].iter().map(|column| format!(", {column}")).collect();
        // Sorting looks at the first 1,024 bytes (max_sort_length), which is as long as a key of S3 can be.
        format!("SELECT {key}{rest} FROM (\n{statement}\n) AS p ORDER BY CAST({key} AS BINARY)")
    }

    async fn bound(&mut self, limit: Duration) -> Result<(), sqlx::Error> {
        let millis = limit.as_millis();
        let maria = format!("SET SESSION max_statement_time = {}.{:03}", millis / 1000, millis % 1000);
        match self.run(&maria).await {
            Err(sqlx::Error::Database(told))
                if told.try_downcast_ref::<MySqlDatabaseError>().map(MySqlDatabaseError::number)
                    == Some(UNKNOWN_VARIABLE) =>
            {
                self.run(&format!("SET SESSION max_execution_time = {millis}")).await?;
            }
            other => {
                other?;
            }
        }
        Ok(())
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
        let statement = format!("CHECK TABLE {}", self.quoted(table));
        let rows: Vec<_> = self.rows(statement).try_collect().await?;
        let mut found = Vec::new();
        for row in rows {
            // Table, Op, Msg_type, Msg_text.
            let [_, _, Some(kind), Some(text)] = row.as_slice() else { continue };
            match (kind.as_str(), text.as_str()) {
                ("status", "OK" | "Table is already up to date") => {}
                // The only sign of it, in either engine.
                (_, text) if text.contains("doesn't support check") => {
                    return Ok(Checked::NoCheck("its storage engine can't be checked"));
                }
                (_, text) if text.contains("doesn't exist") => return Ok(Checked::NoTable),
                (kind, text) => found.push(format!("{kind}: {text}")),
            }
        }
        Ok(Checked::Found(found))
    }
}

/// Every value of a row as text.
fn texts(row: &MySqlRow) -> Result<Vec<Option<String>>, sqlx::Error> {
    let text = |(at, column): (usize, &sqlx::mysql::MySqlColumn)| {
        let Some(value) = row.try_get_unchecked::<Option<&[u8]>, _>(at)? else { return Ok(None) };
        let kind = column.type_info();
        // Of strings and blobs alike, `binary` is the collation of those that hold no text.
        let binary = <[u8] as Type<MySql>>::compatible(kind) && !<str as Type<MySql>>::compatible(kind);
        Ok(Some(match kind.name() {
            "BIT" => value.iter().fold(0_u64, |bits, byte| bits << 8 | u64::from(*byte)).to_string(),
            "GEOMETRY" => super::hex(value),
            "DATETIME" | "TIMESTAMP" => super::utc(&String::from_utf8_lossy(value)),
            _ if binary => super::hex(value),
            _ => String::from_utf8_lossy(value).into_owned(),
        }))
    };
    row.columns().iter().enumerate().map(text).collect()
}
