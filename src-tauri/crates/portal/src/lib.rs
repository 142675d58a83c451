//! The ports that reach the Portal itself: its database over TLS, and its front end over HTTPS.

mod clock;

pub use clock::Clock;
