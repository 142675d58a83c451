//! From a journal to a timeline, and from a timeline to a file that others can read.
//!
//! Guarantee: a timeline has one row for every entry of the journal, in its order, and each export names the hash
//! of the last entry, so that it can be held against the journal later.

mod archive;
mod csv;
mod jsonl;
mod markdown;
mod review;
mod text;
mod timeline;
mod verify;

pub use archive::verify_archive;
pub use jsonl::JsonLines;
pub use review::{Review, ReviewFormat};
pub use timeline::{Format, ReportError, Row, Timeline};
pub use verify::{Verified, verify_export};
