//! The real databases behind the range, judged by their rows. They need MariaDB: `cargo xtask setup` installs it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "these are tests, whose helpers clippy doesn't know as such"
)]

mod ending;
mod front_end;
mod restores;
mod rows;
mod support;
