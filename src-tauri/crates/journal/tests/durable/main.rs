//! What is left of a journal when the process that writes to it is killed, or the disk refuses, at any call.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]
#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]

mod clerk;
mod disk;
mod faults;
mod kills;
mod pages;
mod windows;
