//! What is left of a journal when the process that writes to it is killed, or the disk refuses, at any call.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on fails there")]

mod clerk;
mod disk;
mod faults;
mod kills;
mod pages;
mod windows;
