//! The journal: append-only, hash-chained, one SQLite file, with evidence kept by its content.
//!
//! Guarantee: an entry that was returned by [`Journal::append`] survives a power cut; none can be changed or
//! removed through SQL, and a file that was changed beneath SQL is found by [`Journal::verify`]. Of two
//! processes that write to one run, one loses cleanly ([`JournalError::Behind`]) and nothing of it is kept. What
//! [`Journal::append`] refuses nobody gets to see, with one exception that no journal can help: where the disk took all of
//! it and then failed to make sure of it (fsync), and so did whatever came afterwards, it may be there when the journal is
//! opened again; whole, never in part. Opening a run therefore always goes by what is there.
//!
//! Each run is a chain of its own: an entry's hash is the SHA-256 of the JSON array
//! `[run, seq, at, actor, event, previous]`, where `event` is the stored text and `previous` the hash before it
//! (64 zeros for the first).
//!
//! Text that looks like a secret is masked before it is stored, in entries here and in evidence by whoever writes it
//! ([`masked_line`]).
//!
//! Beside the runs lie the inventories: dated records of how the Portal is set up, each with its own SHA-256.

mod attachment;
mod backup;
mod chain;
mod inventory;
mod lock;
mod secrets;
mod store;
mod verify;

pub use attachment::AttachmentReader;
pub use chain::{Entry, GENESIS};
pub use lock::{LockError, RunLock};
pub use secrets::{masked, masked_line};
pub use store::{Journal, JournalError, NewEntries};
pub use verify::{Broken, Intact, VerifyError, verify_export};
