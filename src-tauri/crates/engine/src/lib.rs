//! The loop: takes what a run owes the outside world, performs it, and journals what came of it.
//!
//! Guarantee: intent is on the disk before an effect begins and the outcome after it. When either can't be
//! written the session refuses everything from then on, loudly; opening the run again says what is in doubt.
//! This is the only crate that performs effects.

#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]

mod attach;
mod clock;
mod connect;
mod disk;
mod effect;
mod home;
mod inventory;
mod manifest;
mod seal;
mod session;
mod sign_in;

pub use attach::LARGEST;
pub use connect::{ConnectFuture, Connector};
pub use disk::Folder;
pub use home::{Home, HomeError};
pub use inventory::InventoryError;
pub use manifest::{ManifestError, has_manifest, result_manifest};
pub use seal::{Remembered, UnsealedError, hold, key, remembered, seal};
pub use session::{Engine, EngineError, Session, SignedApproval};
pub use sign_in::{SHORTEST, SignInError, sign_off, sign_up, signed_up};
