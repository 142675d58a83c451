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
//!
//! # The tree, and what is signed
//! Over all entries, in the order in which they were appended, stands an RFC 6962 Merkle tree. A leaf's data is the
//! 32-byte hash of its entry. The hashes of complete subtrees are kept, and never change.
//!
//! [`Journal::seal`] signs a checkpoint: a C2SP tlog-checkpoint in a signed note, Ed25519, whose origin is the name of the
//! key. Its extension lines are `time`, and `run ID ENTRIES HEAD` for each run that has grown since the checkpoint
//! before: so an export of a run is known to be complete, and a checkpoint grows with what happened since the last one,
//! not with the journal. No checkpoint is signed that doesn't go on from the last one. The key is kept in the OS
//! keychain only, with the last tree that it signed; its public half is in the journal.
//!
//! An export of a run carries for each entry its place in the tree and the audit path, and at the end the checkpoint.
//! [`verify_export`] needs nothing else, and the verifier key to believe it.
//!
//! # Reading
//! [`Journal::each`] shows a run page by page, and the journal can be written to between two of them; [`Journal::fold`]
//! opens one with two threads that read in turn. [`Journal::verify`] looks at the journal as it is at one moment,
//! whatever is written meanwhile: two threads follow the entries, a third one the tree, and what the two saw is compared
//! by sums of keyed hashes, so that nothing is looked up entry by entry.
//!
//! # What is found, and what can't be
//! [`Journal::verify`] finds any entry, leaf, subtree, checkpoint or evidence that was changed, removed, moved or spliced
//! into another run. Whoever can write the file can also make the chain and the tree anew, but sign them only with a
//! key of their own: every entry up to the last checkpoint is then missed by whoever has the right key, an auditor with
//! the public half or this machine with its keychain. With what the keychain remembers ([`Journal::holds`]) an older
//! copy of the journal in its place, and a journal whose checkpoints were removed, are found too. It is asked when the
//! journal is verified, when a run ends and when one is exported, not each time that the journal is opened: it may
//! take minutes. These can't be found:
//! - **Entries after the last checkpoint**, cut off or written anew: nothing outside of the file speaks of them. A
//!   checkpoint is signed when a run ends and when one is exported, so it is a run that goes on, and notes after its end.
//! - **A journal and a keychain that are both put back**, such as by restoring the whole machine: they agree. An export
//!   that was given away earlier, or a checkpoint from it, tells.
//! - **A key that was stolen**, or whoever is signed in as the operator: they can sign whatever they like. What was
//!   exported before can't be changed by that either, and two checkpoints of one key that don't go on from each
//!   other prove it.
//! - **An older export** of a run that went on: it is complete as of its checkpoint's `time`, which is this machine's
//!   clock.
//! - **What never was written down**, and whether what was written is true.
//! - **Runs where there is no keychain**: they stay unsealed, which is said where they end and where they are exported.
//! - **An inventory that is removed from the end**, and evidence that no entry speaks of: neither is in the tree. Nor are
//!   the words of SQLite's triggers: they keep programs from mistakes, not people from the file.
//!
//! # What may be left out of an export
//! A line may say `redacted` and lack its text, message, actor and time: its hash stays, so that the chain and the tree
//! still hold, and the count of such lines is in [`Intact::left_out`]. Only notes are left out by Lifeboat. Nobody can
//! see from the export that it was a note and nothing else: the hash is of the whole entry, and showing its kind would
//! need the rest of it. What was left out can be shown later, and its hash then proves it. So a redaction can hide what
//! happened from who has only the export, and never from who holds it against the journal; that there is something, and
//! where, it can't hide. The start of a run can't be left out. Rejected: a hash of its own for each field of an entry,
//! which would show the kind, at the price that no journal or export from before could be verified.

mod attachment;
mod backup;
mod chain;
mod checkpoint;
mod export;
mod inventory;
mod lock;
mod merkle;
mod note;
mod read;
mod secrets;
mod store;
mod tree;
mod verify;

pub use attachment::AttachmentReader;
pub use chain::{Entry, GENESIS};
pub use checkpoint::{Checkpoint, NotACheckpoint, Seal, SealError, SealedRun};
pub use export::verify_export;
pub use lock::{LockError, RunLock};
pub use merkle::{Hash, NotAHash};
pub use note::{NotAKey, NoteError, Signer, Verifier};
pub use secrets::{masked, masked_line};
pub use store::{Journal, JournalError, NewEntries};
pub use tree::TreeHead;
pub use verify::{Broken, Intact, VerifyError};
