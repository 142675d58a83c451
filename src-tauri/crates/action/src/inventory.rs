//! What is known of the Portal in peacetime, so that a restore knows it when the Portal is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::port::{BucketFacts, Group, Instance, TableFacts};

/// A dated record of how the Portal DB and the photos' bucket are set up. It holds no secret and no badge holder's
/// data: settings, names of groups, counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// When it was taken.
    pub taken: Timestamp,
    /// The environment it is of.
    pub environment: String,
    /// The account it is of.
    pub account: String,
    /// The region it is of.
    pub region: String,
    /// The instance of the Portal DB; `None` when the environment names none.
    pub instance: Option<Instance>,
    /// The groups that the instance names.
    pub groups: Vec<Group>,
    /// The tables, when the database could be signed in to.
    pub tables: BTreeMap<String, TableFacts>,
    /// The photos' bucket; `None` when the environment names none.
    pub bucket: Option<BucketFacts>,
    /// What could not be looked at, and why.
    pub gaps: Vec<String>,
}
