//! What the range's RDS keeps: instances, snapshots, automated backups, and what a restore names besides.

mod backups;
mod instance;
mod surroundings;

use action::environment::PRACTICE_ACCOUNT;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

pub(super) use backups::kind_word;
pub use backups::{AutomatedBackup, Base, Snapshot};
pub use instance::Instance;
pub(super) use instance::{Due, Effect, Pending};
pub(super) use surroundings::Event;
pub use surroundings::{Key, KeyStatus, OptionGroup, ParameterGroup, Proxy, SubnetGroup};

/// How much faster than RDS's the range's time passes: what takes RDS ten minutes takes it ten minutes by this.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace(pub(super) f64);

impl Pace {
    /// How long it takes here what takes RDS so many seconds.
    pub(super) fn of(self, seconds: u32) -> SignedDuration {
        SignedDuration::try_from_secs_f64(f64::from(seconds) / self.0.max(f64::MIN_POSITIVE))
            .unwrap_or(SignedDuration::from_secs(i64::from(seconds)))
    }

    /// How far the newest restorable moment lags behind: RDS ships the logs every five minutes.
    pub(super) fn lag(self) -> SignedDuration {
        self.of(300)
    }
}

/// The ARN of one of RDS's things.
pub(super) fn arn(region: &str, account: &str, kind: &str, name: &str) -> String {
    format!("arn:aws:rds:{region}:{account}:{kind}:{name}")
}

/// The ARN of a thing of the practice account.
pub(super) fn own_arn(region: &str, kind: &str, name: &str) -> String {
    arn(region, PRACTICE_ACCOUNT, kind, name)
}

/// An identifier as RDS makes them: 26 letters and digits that `of` decides.
pub(super) fn made_id(prefix: &str, of: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let digest = Sha256::digest(of.as_bytes());
    let letters = digest.iter().take(26).map(|byte| char::from(LETTERS[usize::from(byte % 32)]));
    prefix.chars().chain(letters).collect()
}

/// A moment without its fraction of a second, as RDS gives the ends of a restore window.
pub(super) fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The version of an engine that its groups go by: `8.0` of MySQL 8.0.39, `16` of PostgreSQL 16.4.
pub(super) fn major_version(engine: &str, version: &str) -> String {
    let parts = if engine == "postgres" { 1 } else { 2 };
    version.split('.').take(parts).collect::<Vec<_>>().join(".")
}
