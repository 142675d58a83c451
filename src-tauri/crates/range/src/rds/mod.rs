//! RDS in the practice range: what is behind its instances.

mod behind;

pub use behind::{BackupId, Behind, BehindError, DatabaseId, Nothing};
