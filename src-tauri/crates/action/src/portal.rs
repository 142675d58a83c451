//! The Portal's front end, seen as a customer's browser sees it.

use std::time::Duration;

use crate::ParamError;
use crate::spec::Values;

/// `portal.probe`: whether the front end answers over TLS with what it should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// The address.
    pub url: String,
    /// The status that is expected.
    pub status: u16,
    /// A text that the page must contain.
    pub contains: Option<String>,
    /// For how long to ask again until it does; once when `None`.
    pub within: Option<Duration>,
}

impl Probe {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            url: values.required("url")?.to_owned(),
            status: values.number("status")?.unwrap_or(200),
            contains: values.text("contains").map(str::to_owned),
            within: values.duration("within")?,
        })
    }
}
