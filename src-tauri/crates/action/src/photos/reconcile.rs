//! Whether every photo that the database names exists, and the other way round.

use serde::{Deserialize, Serialize};

use crate::ParamError;
use crate::spec::Values;

/// `photos.reconcile`: the photos of a database, and the photos of a bucket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reconcile {
    /// The bucket.
    pub bucket: String,
    /// Only keys that begin with this.
    pub prefix: String,
    /// The database instance whose photos are compared.
    pub instance: String,
    /// The region the instance is in; the environment's when left out.
    pub region: Option<String>,
}

impl Reconcile {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            bucket: values.required("bucket")?.to_owned(),
            prefix: values.text("prefix").unwrap_or_default().to_owned(),
            instance: values.required("instance")?.to_owned(),
            region: values.text("region").map(str::to_owned),
        })
    }
}
