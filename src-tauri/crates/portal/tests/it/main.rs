//! The ports against a real MariaDB, a real PostgreSQL and a front end of the tests' own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that can't go on should say where"
)]

mod certificates;
mod front_end;
mod mariadb;
mod mariadb_tls;
mod postgres;
mod process;
mod servers;
mod sessions;
