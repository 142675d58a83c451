//! Which changes are sent again.
//!
//! The SDK's standard mode repeats a request after a broken connection, a timeout and any 5xx. For a change that is
//! wrong: the first one may have been made, its answer lost, and the second is then told that the name is taken, or
//! that the instance is busy. So a change is repeated only when the answer says that it was refused unseen, which
//! throttling and a wrong clock do. Everything else comes back as [`action::port::PortErrorKind::Unreachable`], and
//! the caller looks at what there is before it sends anything again.

use std::fmt::Debug;
use std::marker::PhantomData;

use aws_sdk_rds::config::interceptors::InterceptorContext;
use aws_sdk_rds::config::retry::{ClassifyRetry, RetryAction};
use aws_sdk_rds::error::ProvideErrorMetadata;

/// The codes of answers to requests that were not looked at.
pub(super) const UNSEEN: [&str; 8] = [
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "TooManyRequestsException",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "InvalidSignatureException",
];

/// Forbids a retry unless the answer is one of [`UNSEEN`]; `E` is the operation's error.
#[derive(Debug)]
pub(super) struct OnlyUnseen<E>(PhantomData<E>);

impl<E> Default for OnlyUnseen<E> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E> ClassifyRetry for OnlyUnseen<E>
where
    E: std::error::Error + ProvideErrorMetadata + Send + Sync + 'static,
{
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else { return RetryAction::NoActionIndicated };
        let code = error.as_operation_error().and_then(|e| e.downcast_ref::<E>()).and_then(|e| e.code());
        match code {
            // The SDK's own classifiers decide.
            Some(code) if UNSEEN.contains(&code) => RetryAction::NoActionIndicated,
            _ => RetryAction::RetryForbidden,
        }
    }

    fn name(&self) -> &'static str {
        "changes are sent again only when they were not looked at"
    }
}
