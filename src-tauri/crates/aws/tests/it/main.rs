//! The ports as their users meet them: against the practice range, against canned answers, and against a real
//! Secret Service.

#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod answers;
mod batch;
mod child;
mod databases;
mod fidelity;
mod keychain;
mod listing;
mod range;
mod removal;
mod sources;
mod stub;
mod writes;
