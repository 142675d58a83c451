//! Behaviour tests.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::result_large_err,
    reason = "a test that cannot go on fails there"
)]

mod cli;
mod clients;
mod crash;
mod database;
mod keys;
mod ministack;
mod mistakes;
mod moto;
mod restore_property;
mod support;
mod window;
