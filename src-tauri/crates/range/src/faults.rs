//! Trouble on purpose: slowness, throttling, and keys that never work.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};
use serde::Deserialize;

use crate::s3::REGION;
use crate::sts::scope;
use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_ACCOUNT, PRACTICE_SECRET_ACCESS_KEY};

/// What goes wrong, and how often. The default is nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Faults {
    /// Milliseconds that each request waits before it is looked at.
    #[serde(default)]
    pub latency_ms: u64,
    /// Copies that fail; the same request succeeds when it is sent again.
    #[serde(default)]
    pub copies: Option<CopyFault>,
    /// Keys whose every request is refused with 403 `AccessDenied`, for ever. Listings still show them,
    /// and a batch delete or a copy of them to another key is let through.
    #[serde(default)]
    pub denied_keys: BTreeSet<String>,
}

/// Which copies fail, and with what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyFault {
    /// Each `every`th `CopyObject` fails: 1 is all of them, 0 none.
    pub every: u64,
    /// The error.
    pub error: CopyError,
}

/// The errors a copy can be made to fail with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum CopyError {
    /// 503, which S3 answers when requests come too fast.
    SlowDown,
    /// 500.
    InternalError,
}

/// The faults in force, and how many copies have been asked for.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    faults: RwLock<Faults>,
    copies: AtomicU64,
}

impl Trouble {
    pub(crate) fn new(faults: Faults) -> Self {
        Self { faults: RwLock::new(faults), copies: AtomicU64::new(0) }
    }

    pub(crate) fn set(&self, faults: Faults) {
        *self.faults.write().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    pub(crate) fn latency(&self) -> Duration {
        Duration::from_millis(self.faults.read().unwrap_or_else(PoisonError::into_inner).latency_ms)
    }

    fn strike(&self, operation: &str, key: Option<&str>) -> S3Result<()> {
        let faults = self.faults.read().unwrap_or_else(PoisonError::into_inner);
        if key.is_some_and(|key| faults.denied_keys.contains(key)) {
            return Err(s3_error!(AccessDenied, "Access Denied (a fault of the practice range)"));
        }
        let Some(fault) = faults.copies.as_ref().filter(|f| operation == "CopyObject" && f.every > 0) else {
            return Ok(());
        };
        let nth = self.copies.fetch_add(1, Ordering::Relaxed) + 1;
        if !nth.is_multiple_of(fault.every) {
            return Ok(());
        }
        Err(match fault.error {
            CopyError::SlowDown => s3_error!(SlowDown, "Please reduce your request rate."),
            CopyError::InternalError => {
                s3_error!(InternalError, "We encountered an internal error. Please try again.")
            }
        })
    }
}

/// Knows the one key pair of the range.
pub(crate) struct Keys;

#[async_trait::async_trait]
impl S3Auth for Keys {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        if access_key == PRACTICE_ACCESS_KEY_ID {
            return Ok(PRACTICE_SECRET_ACCESS_KEY.into());
        }
        Err(s3_error!(
            InvalidAccessKeyId,
            "The AWS Access Key Id you provided does not exist in our records; the practice range knows only \
             {PRACTICE_ACCESS_KEY_ID}"
        ))
    }
}

/// Stands before each operation: signed, for the owner it expects, and struck by no fault.
pub(crate) struct Gate(pub(crate) std::sync::Arc<Trouble>);

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, cx: &mut S3AccessContext<'_>) -> S3Result<()> {
        if cx.credentials().is_none() {
            return Err(s3_error!(AccessDenied, "Access Denied: the request is not signed"));
        }
        if let Some((region, _)) = scope(cx.headers())
            && region != REGION
        {
            return Err(s3_error!(
                AuthorizationHeaderMalformed,
                "The authorization header is malformed; the region '{region}' is wrong; expecting '{REGION}'"
            ));
        }
        for header in ["x-amz-expected-bucket-owner", "x-amz-source-expected-bucket-owner"] {
            if cx.headers().get(header).is_some_and(|owner| owner.as_bytes() != PRACTICE_ACCOUNT.as_bytes()) {
                return Err(s3_error!(
                    AccessDenied,
                    "Access Denied: the bucket's owner is {PRACTICE_ACCOUNT}"
                ));
            }
        }
        let key = match cx.s3_path() {
            S3Path::Object { key, .. } => Some(&**key),
            _ => None,
        };
        self.0.strike(cx.s3_op().name(), key)
    }
}
