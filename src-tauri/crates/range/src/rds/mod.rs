//! RDS and the state of KMS's keys, by region: what restores, copies, renames and deletes databases.
//!
//! Its guarantee is the range's: it answers as RDS does, or 501 with the operation or the parameter that it doesn't
//! do. States change over an accelerated clock, as RDS's do, and an instance is available no sooner than what is
//! [`Behind`] it is.
//!
//! - [`Rds`] is what a range keeps: shared by cloning, filled by the seeding code, changed over HTTP.
//! - `operations` has a file for each group of operations; `form` and `xml` are the query protocol.
//! - `course` says what happens by itself as time passes, `chores` does the work behind the instances.

mod behind;
mod chores;
mod course;
pub(crate) mod errors;
mod faults;
mod form;
mod http;
mod kms;
mod model;
mod operations;
mod region;
mod seeding;
pub(crate) mod signature;
#[cfg(test)]
mod tests;
pub(crate) mod xml;

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::store::Clock;

pub use behind::{BackupId, Behind, BehindError, DatabaseId, Nothing};
pub use faults::{Lost, RdsFaults, Refusal};
pub(crate) use http::{AnswerLost, Asked};
pub use model::{
    AutomatedBackup, Base, Instance, Key, KeyStatus, OptionGroup, ParameterGroup, Proxy, Snapshot,
    SubnetGroup,
};

use course::Chore;
pub(crate) use faults::RdsTrouble;
use model::Pace;
use region::Region;

/// The regions that the range has.
pub const REGIONS: [&str; 2] = ["us-east-1", "us-west-2"];
/// How much faster than RDS's the range's time passes, unless somebody says otherwise.
pub const SPEED: f64 = 240.0;

/// The range's RDS. Clones share it.
#[derive(Clone)]
pub struct Rds(Arc<Shared>);

struct Shared {
    account: Mutex<Account>,
    /// Told whenever work behind an instance ends.
    idle: Condvar,
    clock: Clock,
    behind: Arc<dyn Behind>,
    trouble: RdsTrouble,
}

/// What the practice account has.
struct Account {
    regions: BTreeMap<String, Region>,
    /// Work that came up and is to be begun.
    chores: Vec<Chore>,
    /// Work that was begun and has not ended.
    running: usize,
    pace: Pace,
    behind: Arc<dyn Behind>,
}

impl Account {
    fn advance(&mut self, now: Timestamp) {
        for region in self.regions.values_mut() {
            region.advance(now, &mut self.chores);
        }
    }
}

impl Rds {
    /// An RDS with nothing but each region's defaults. What takes RDS ten minutes takes ten minutes divided by
    /// `speed` of `clock`'s time.
    pub fn new(clock: Clock, speed: f64, behind: Arc<dyn Behind>) -> Self {
        let now = clock();
        let regions = REGIONS.map(|name| (name.to_owned(), Region::new(name, now))).into();
        let account = Account {
            regions,
            chores: Vec::new(),
            running: 0,
            pace: Pace(speed),
            behind: Arc::clone(&behind),
        };
        let account = Mutex::new(account);
        let trouble = RdsTrouble::default();
        Self(Arc::new(Shared { account, idle: Condvar::new(), clock, behind, trouble }))
    }

    /// Replaces the faults in force, from the next request on.
    pub fn set_faults(&self, faults: RdsFaults) {
        self.0.trouble.set(faults);
    }

    /// Waits until nothing is being done behind any instance, and nothing more is due. Blocks for seconds.
    pub fn settle(&self) {
        loop {
            self.with(|_, _| ());
            let account = self.lock();
            if account.running == 0 {
                return;
            }
            drop(self.0.idle.wait(account).unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Account> {
        self.0.account.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Brings the account up to now, looks at it or changes it, and begins the work that this brings with it.
    fn with<R>(&self, look: impl FnOnce(&mut Account, Timestamp) -> R) -> R {
        let now = (self.0.clock)();
        let mut account = self.lock();
        account.advance(now);
        let seen = look(&mut account, now);
        account.advance(now);
        let chores = std::mem::take(&mut account.chores);
        account.running += chores.len();
        drop(account);
        self.begin(chores);
        seen
    }
}
