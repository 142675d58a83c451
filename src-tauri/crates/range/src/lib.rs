//! The practice range: S3 with its Batch Operations, RDS, STS and KMS on loopback, in memory, with versions, history, damage and faults.
//!
//! Exercises and tests run the app's own code against it: nothing is mocked above the socket. Its guarantee is
//! that it answers as S3 does or says that it can't: what it doesn't do is 501, never a made-up success. It
//! listens on 127.0.0.1 only, accepts one key pair, checks every signature, and forgets everything when it stops.
//!
//! The HTTP side is [`s3s`], which parses and signs S3's whole API from the same model as the SDKs; what is here is
//! what it leaves open: the meaning of versions. It is pinned to `=0.14.1` because 0.15 wants a newer compiler than
//! the workspace's, and because its generated types change between releases.
//!
//! - [`Range`] starts one and stops it when dropped; [`Ready`] is what others need to know of it.
//! - [`Store`] is what it holds, for tests that judge without S3.
//! - [`data`] has the real databases behind instances: MariaDB, where it is installed.
//! - [`Scenario`] is what is played, [`Faults`] what goes wrong meanwhile.

mod certificate;
mod conditions;
pub mod control;
pub mod data;
mod faults;
mod front_end;
mod listing;
mod marks;
mod portrait;
mod range;
pub mod rds;
mod s3;
pub mod scenario;
mod seeding;
mod server;
mod store;
mod sts;
mod uploads;
mod versions;

pub use conditions::{Conditions, Tag};
pub use faults::{CopyError, CopyFault, Counts, Faults, RACER, Rate, Strike, Trick, Window};
pub use front_end::FrontEndError;
pub use listing::Snapshot;
pub use marks::{Encryption, Extras, Marks, Retention, Thaw};
pub use range::{Range, RangeError, RangeOptions, Ready, ReadyDatabase, ReadyEndpoints, ReadyScenario};
pub use scenario::{Scenario, ScenarioError};
pub use seeding::SeedError;
pub use store::{Clock, Copying, Deleted, Put, Store, StoreError};
pub use uploads::{Part, Upload};
pub use versions::{Attributes, Checksum, Object, Version, VersionId, Versioning};
