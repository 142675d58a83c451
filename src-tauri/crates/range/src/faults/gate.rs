//! What stands before each of S3's operations.

use std::sync::Arc;

use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Result, s3_error};

use super::trouble::{Asked, Fate, Trouble};
use crate::s3::REGION;
use crate::sts::scope;
use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_ACCOUNT, PRACTICE_SECRET_ACCESS_KEY};

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
pub(crate) struct Gate(pub(crate) Arc<Trouble>);

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
        let fate = cx.extensions_mut().get::<Fate>().cloned().unwrap_or_default();
        let (bucket, key) = match cx.s3_path() {
            S3Path::Object { bucket, key } => (&**bucket, Some(&**key)),
            S3Path::Bucket { bucket } => (&**bucket, None),
            S3Path::Root => ("", None),
        };
        let asked = Asked {
            operation: cx.s3_op().name(),
            bucket,
            key,
            query: cx.uri().query().unwrap_or_default(),
            write: !cx.method().is_safe(),
            guarded: ["if-match", "if-none-match"].iter().any(|name| cx.headers().contains_key(*name)),
        };
        self.0.strike(&asked, &fate)
    }
}
