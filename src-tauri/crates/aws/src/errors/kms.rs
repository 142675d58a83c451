//! What only KMS answers. It is asked for the state of keys, and for nothing else.

use action::port::PortErrorKind;

use super::Explained;
use crate::fault::Fault;

/// What asking takes.
pub(super) const PERMISSION: &str = "kms:DescribeKey";

pub(super) fn explain(fault: &Fault) -> Option<Explained> {
    let (kind, message, next) = match fault.code() {
        "NotFoundException" => (
            PortErrorKind::NotFound,
            "there is no such key in this region",
            "Check the key's ARN and its region. What a deleted key encrypted can't be read again: look for a copy \
             under another key.",
        ),
        "DisabledException" => (
            PortErrorKind::Other,
            "the key is disabled",
            "Ask whoever owns the key to enable it (kms:EnableKey), then try again.",
        ),
        "KMSInvalidStateException" => (
            PortErrorKind::Other,
            "the key is in a state that does not allow this: mostly, it is about to be deleted",
            "Ask whoever owns the key to cancel its deletion (kms:CancelKeyDeletion) and to enable it (kms:EnableKey), \
             today.",
        ),
        "InvalidArnException" => (
            PortErrorKind::Other,
            "that is no key of this region",
            "Check the key's ARN: its region must be the one that is asked.",
        ),
        "DependencyTimeoutException" | "KMSInternalException" => (
            PortErrorKind::Unavailable,
            "the service failed, in spite of retries",
            "Look at the AWS Health Dashboard, wait a minute, then try again.",
        ),
        _ => return None,
    };
    Some((kind, message.to_owned(), next.to_owned()))
}
