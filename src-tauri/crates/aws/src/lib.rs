//! The ports of [`action::port`] over AWS: S3 for the photos, RDS and KMS for the Portal DB, STS for the account
//! check; and those of the Portal itself, with what an environment says of them.
//!
//! [`connect`] turns an [`action::Environment`] into [`action::port::Ports`]. This is the only crate that names
//! the AWS SDKs, so that the rest builds and tests in seconds.
//!
//! # Guarantees
//! - **The environment alone decides.** Region, endpoints and credentials are those that its file names. The
//!   SDK's default chain is never asked, so a stray `AWS_PROFILE`, `AWS_ENDPOINT_URL` or instance role can't
//!   redirect a run. Credentials that are missing or expired are an error that says what to do, not a search for
//!   others.
//! - **Every S3 request names the bucket's expected owner**, so that a bucket of the same name in another account
//!   refuses.
//! - **Only [`action::port::PhotoStore::remove_versions`] removes a version** of a bucket that keeps versions: the
//!   other deletion names none, so it adds a marker. That the bucket does keep them is for the caller to check first
//!   ([`action::port::BucketFacts`]).
//! - **Copies, markers and removals of photos are sent once**, by a client of their own: the engine that sends thousands
//!   of them says how fast and how often.
//! - **No request leaves the United States**: RDS and KMS are asked in the region that the call names, and a region
//!   outside [`action::environment::US_REGIONS`] is refused before anything is sent.
//! - **A change of the Portal DB is sent once**, and again only when AWS says that it was not looked at (throttling, a
//!   wrong clock). A lost answer is [`action::port::PortErrorKind::Unreachable`]: the caller looks before it asks
//!   again, for a restore that is repeated blindly would find its own name taken.
//! - **No secret is in an error, a `Debug` or a log line** at `DEBUG` or above. At `TRACE` the SDK shows requests
//!   with their headers, session tokens included: subscribers must never let `TRACE` of `aws_*` through.
//!
//! # Time limits
//! A request without an answer becomes [`action::port::PortErrorKind::Unreachable`] within [`Options::limit`]
//! (30 s), connecting included; a copy, which S3 answers only when it is done, within [`Options::copy_limit`].
//!
//! `HTTPS_PROXY` and its kin are heeded on the way to AWS, never on the way to an endpoint on this machine.
//!
//! # Dependencies worth a word
//! `aws-types` and
//! `aws-credential-types` are the SDK's own vocabulary, needed to read a profile before it is used and to tell a
//! failed login from a failed request. `aws-smithy-http-client` makes the client that goes past proxies.
//! `aws-smithy-runtime-api` and `quick-xml` read pages of a listing, which take the SDK's own reader three times as
//! long. `csv` reads the completion reports of S3 Batch Operations. `percent-encoding` is for S3's two ways of encoding
//! keys.

mod batch;
mod connect;
mod credentials;
#[expect(clippy::result_large_err, reason = "the port's error is what it is: large, and rare")]
mod databases;
mod description;
mod encoding;
pub mod environments;
mod errors;
mod fault;
mod identity;
pub mod keychain;
mod photos;
mod reach;
mod words;

pub use connect::{ConnectError, Options, connect};
