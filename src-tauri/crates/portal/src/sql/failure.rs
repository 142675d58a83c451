//! What went wrong with a database, in words. Never a password, and nothing out of a row: of the server's messages only
//! those are passed on that speak of names, rights and statements.

use std::time::Duration;

use action::port::{Endpoint, Limits, PortError, PortErrorKind};
use sqlx::error::DatabaseError;
use sqlx::mysql::MySqlDatabaseError;

use crate::trust;

/// A failure, before it is said where and at what.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Failure {
    pub(super) kind: PortErrorKind,
    pub(super) message: String,
    pub(super) next: String,
    /// Whether the connection is of no more use.
    pub(super) spent: bool,
}

const SLOW: &str = "Nothing was changed. Make the query look at fewer rows, or look at an index: it must not hold up the database.";

impl Failure {
    pub(super) fn new(kind: PortErrorKind, message: String, next: impl Into<String>) -> Self {
        Self { kind, message, next: next.into(), spent: false }
    }

    /// No answer in time: the server may still be at it.
    pub(super) fn slow(limit: Duration) -> Self {
        let message = format!("it took longer than {} and was ended", crate::seconds(limit));
        Self { spent: true, ..Self::new(PortErrorKind::Limit, message, SLOW) }
    }

    /// More than may be: the rest is still coming.
    pub(super) fn too_much(message: String) -> Self {
        let next = "Nothing was kept of it. Make the query give fewer rows, such as a count.";
        Self { spent: true, ..Self::new(PortErrorKind::Limit, message, next) }
    }

    pub(super) fn broken() -> Self {
        let (message, next) = trust::unreachable(&std::io::ErrorKind::ConnectionReset.into(), "");
        Self { spent: true, ..Self::new(PortErrorKind::Unreachable, message, next) }
    }

    pub(super) fn at(self, operation: &str, site: String) -> PortError {
        PortError {
            kind: self.kind,
            operation: operation.to_owned(),
            target: site,
            message: self.message,
            request_id: None,
            next: self.next,
        }
    }

    pub(super) fn from_sqlx(error: &sqlx::Error, at: &Endpoint, limits: Limits) -> Self {
        match error {
            sqlx::Error::Database(told) => told_by_server(told.as_ref(), limits),
            sqlx::Error::Io(why) => {
                let (message, next) = match trust::tls_error(why) {
                    Some(tls) => trust::explain(tls, &at.address),
                    None => trust::unreachable(why, &at.address),
                };
                Self { spent: true, ..Self::new(PortErrorKind::Unreachable, message, next) }
            }
            sqlx::Error::Tls(why) => {
                let (message, next) = match why.downcast_ref::<rustls::Error>() {
                    Some(tls) => trust::explain(tls, &at.address),
                    None => (
                        format!("TLS is not to be had ({why})"),
                        "The login was not sent. Have TLS switched on at the server.".to_owned(),
                    ),
                };
                Self { spent: true, ..Self::new(PortErrorKind::Unreachable, message, next) }
            }
            // What these say may quote what was received.
            _ => {
                let message = "what it answers can't be understood".to_owned();
                let next = "Check that the address and the port are the database's, and that its engine is the \
                            environment's.";
                Self { spent: true, ..Self::new(PortErrorKind::Unreachable, message, next) }
            }
        }
    }
}

/// An error that the server reports, by its number (MySQL, MariaDB) or its SQLSTATE.
fn told_by_server(told: &dyn DatabaseError, limits: Limits) -> Failure {
    use PortErrorKind::{Busy, Credentials, Denied, Limit, NotFound, Other, Unavailable};
    let state = told.code().unwrap_or_default();
    let number = told.try_downcast_ref::<MySqlDatabaseError>().map_or(0, MySqlDatabaseError::number);
    let kind = match (number, state.as_ref()) {
        (1045 | 1698 | 1251 | 1820 | 1862 | 3118 | 3955 | 4151, _) | (_, "28000" | "28P01") => Credentials,
        (1044 | 1129 | 1130 | 1142 | 1143 | 1227 | 1290 | 1370 | 1792 | 1836, _)
        | (_, "42501" | "25001" | "25006") => Denied,
        (1049 | 1051 | 1146, _) | (_, "42P01" | "3D000" | "3F000") => NotFound,
        (1969 | 3024, _) | (0, "57014") => Limit,
        (1040 | 1203 | 1205 | 1213 | 1226, _) | (0, "40001" | "40P01" | "55P03" | "53300") => Busy,
        (1053 | 1077 | 1317 | 1927, _) | (0, "57P01" | "57P02" | "57P03") => Unavailable,
        _ => Other,
    };
    if kind == Limit {
        return Failure { spent: false, ..Failure::slow(limits.statement) };
    }
    // 23000 at MySQL can quote a value; these two only name a constraint.
    let names_only = matches!(number, 1451 | 1452)
        || (number == 0 && state.starts_with("23"))
        || state.starts_with("42")
        || kind != Other;
    let code = if number == 0 { state.into_owned() } else { number.to_string() };
    let message = if names_only {
        format!("the server says: {} (error {code})", told.message().trim_end_matches('.'))
    } else {
        format!("the server gives error {code}")
    };
    let next = match kind {
        Credentials => {
            "Store the login again with `lifeboat keychain set --env ENVIRONMENT --database`; after a restore it is \
             the one that the backup held."
        }
        Denied if matches!(number, 1792 | 1836) || code.starts_with("25") => {
            "Nothing was changed: in this session the server only lets read. Correct the statement."
        }
        Denied if number == 1290 => "The server itself only lets read; use the primary instance.",
        Denied => "Have the user granted that right, as the database's administrator, then try again.",
        NotFound => "Check the name in the environment file, and that the right moment was restored.",
        Busy => "Wait until the others that use the database are done, then try again.",
        Unavailable => "Look at the instance's status and events, then try again.",
        _ if number == 1046 => "Write `database.schema` into the environment file.",
        _ => "Correct the statement in the environment file; the code is explained in the server's manual.",
    };
    Failure { spent: kind == Unavailable, ..Failure::new(kind, message, next) }
}
