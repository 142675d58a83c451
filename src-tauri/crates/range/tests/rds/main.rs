//! The range's RDS and KMS as the AWS SDKs see them, over a clock that the tests advance.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "these are tests, whose helpers clippy doesn't know as such"
)]

mod backups;
mod changes;
mod descriptions;
mod refusals;
mod restores;
mod snapshots;
mod support;
