//! The range as the AWS SDKs see it, judged against its store.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "these are tests, whose helpers clippy doesn't know as such"
)]

mod copies;
mod faults;
mod fidelity;
mod listings;
mod multipart;
mod objects;
mod refusals;
mod scenarios;
mod support;
mod versions;
