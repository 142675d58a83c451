//! The ports that reach the Portal itself: its database over TLS, and its front end over HTTPS.
//!
//! Guarantee: nothing is sent before the far side's certificate was held against roots that are trusted here, and its
//! name against the one that was asked for. What reads the database can't change it: the server itself sees to that.
//! No error holds a password or anything out of a row.

mod clock;
mod front_end;
mod sql;
mod trust;

pub use clock::Clock;
pub use front_end::Web;
pub use sql::{AskLogin, Database, Login};
pub use trust::Trust;

/// A span of time as people read it: `15 s`.
fn seconds(span: std::time::Duration) -> String {
    format!("{} s", span.as_secs_f32())
}
