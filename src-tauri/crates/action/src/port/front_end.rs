//! The Portal's front end, and the passing of time.

use std::sync::atomic::AtomicBool;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;

use super::PortError;

/// Asks the Portal's front end for a page, over TLS only.
#[async_trait]
pub trait FrontEnd: Send + Sync {
    /// Gets a page. A redirect is not followed: it is what was answered. At most 1 MiB of the body is read.
    ///
    /// # Errors
    /// [`super::PortErrorKind::Unreachable`] for no answer, a name that isn't known, or a certificate that doesn't fit
    /// or is out of date; the message says which.
    async fn get(&self, url: &str, limit: Duration) -> Result<Page, PortError>;
}

/// What the front end answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The HTTP status.
    pub status: u16,
    /// Where it redirects to.
    pub location: Option<String>,
    /// The body, as text, up to 1 MiB.
    pub body: String,
    /// The version of TLS, such as `TLSv1.3`.
    pub tls: String,
    /// When its certificate ends.
    pub certificate_ends: Timestamp,
    /// Who issued its certificate.
    pub issuer: String,
    /// From the first packet to the last byte.
    pub took: Duration,
}

/// The passing of time, for actions that wait for something far away.
#[async_trait]
pub trait Pace: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;

    /// Waits before the next look: 15 to 30 s at AWS, jittered so that laptops don't ask in step (facts §2.7); a
    /// fraction of a second at an emulator on this machine. Ends early when `stop` is set.
    async fn pause(&self, stop: &AtomicBool);
}
