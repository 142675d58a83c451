//! Failed requests in words for the person who must act on them.

use action::environment::US_REGIONS;
use action::port::{PortError, PortErrorKind};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;

use crate::credentials::Source;
use crate::fault::{Fault, Trouble, Unsigned};
use crate::words::{printable, span, tidy};

/// Where requests go and as whom, for advice about them.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) source: Source,
    /// `s3` or `sts`.
    pub(crate) service: &'static str,
    pub(crate) endpoint: Option<String>,
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Site {
    pub(crate) fn port_error<E>(
        &self,
        operation: &'static str,
        target: &str,
        error: &SdkError<E>,
    ) -> PortError
    where
        E: std::error::Error + ProvideErrorMetadata + 'static,
    {
        self.explain(operation, target, Fault::of(error))
    }

    pub(crate) fn explain(&self, operation: &'static str, target: &str, fault: Fault) -> PortError {
        let (kind, message, next) = match &fault.trouble {
            Some(trouble) => self.no_answer(trouble, &fault),
            None => self
                .credentials(&fault)
                .or_else(|| self.region(&fault))
                .or_else(|| self.denied(operation, &fault))
                .or_else(|| absent(operation, &fault))
                .or_else(|| state(operation, &fault))
                .unwrap_or_else(|| other(&fault)),
        };
        PortError {
            kind,
            operation: operation.to_owned(),
            target: printable(target),
            message,
            request_id: fault.request_id,
            next,
        }
    }

    fn address(&self) -> String {
        match &self.endpoint {
            Some(url) => url.clone(),
            None => format!("{}.{}.amazonaws.com", self.service, self.region),
        }
    }

    fn no_answer(&self, trouble: &Trouble, fault: &Fault) -> Explained {
        let address = self.address();
        let check = match &self.endpoint {
            Some(_) => format!("Check `endpoints.{}` in the environment file, then try again.", self.service),
            None => "Check this machine's network, VPN and proxy, then try again.".to_owned(),
        };
        let unreachable = |message, next| (PortErrorKind::Unreachable, message, next);
        match trouble {
            Trouble::Refused if self.source == Source::Practice => unreachable(
                format!("the practice range is not running at {address}"),
                "Start it with `cargo xtask practice` or `lifeboat range`, then try again.".to_owned(),
            ),
            Trouble::Refused => unreachable(format!("nothing listens at {address}"), check),
            Trouble::Name => unreachable(format!("the name in {address} was not found"), check),
            Trouble::Tls => unreachable(
                format!("no secure connection (TLS) to {address} could be made"),
                "Check this machine's clock, and whether a proxy stands in the way, then try again."
                    .to_owned(),
            ),
            Trouble::Timeout => unreachable(format!("{address} did not answer in time"), check),
            Trouble::Broken => unreachable(format!("the connection to {address} broke"), check),
            Trouble::Foreign => unreachable(
                format!(
                    "what answered at {address} is not {}{}",
                    self.service.to_uppercase(),
                    fault.status.map(|s| format!(" (status {s})")).unwrap_or_default()
                ),
                match &self.endpoint {
                    Some(_) => check,
                    None => {
                        "Open a web page to see whether the network wants a sign-in first, then try again."
                            .to_owned()
                    }
                },
            ),
            Trouble::Credentials(Unsigned::Unreachable) => unreachable(
                "the service that the credentials come from did not answer".to_owned(),
                "Check this machine's network, VPN and proxy, then try again.".to_owned(),
            ),
            Trouble::Credentials(Unsigned::Configuration(why)) => (
                PortErrorKind::Credentials,
                format!("the credentials' configuration is wrong: {}", tidy(why)),
                "Correct the profile in the AWS configuration of this machine, then try again.".to_owned(),
            ),
            Trouble::Credentials(Unsigned::Role) => (
                PortErrorKind::Credentials,
                "the login is good, but may not take the role that its profile names".to_owned(),
                "Ask an administrator to let you take that role, or name another profile.".to_owned(),
            ),
            Trouble::Credentials(Unsigned::Refused) => (
                PortErrorKind::Credentials,
                match &self.source {
                    Source::Profile { name, sso: true } => {
                        format!("the login of profile {name} has expired, or was never made")
                    }
                    Source::Profile { name, .. } => format!("profile {name} gives no credentials"),
                    _ => "there are no credentials to sign with".to_owned(),
                },
                self.source.renew(),
            ),
            Trouble::Request => (
                PortErrorKind::Other,
                "the request could not be made".to_owned(),
                "Check the bucket's name and the endpoints in the environment file.".to_owned(),
            ),
        }
    }

    fn credentials(&self, fault: &Fault) -> Option<Explained> {
        let message = match fault.code() {
            "ExpiredToken" | "ExpiredTokenException" | "TokenRefreshRequired" => {
                "the credentials have expired"
            }
            "InvalidAccessKeyId" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
                "the access key is not known"
            }
            // STS's word for a clock that is off.
            "SignatureDoesNotMatch" if fault.says("Signature expired") || fault.says("Signature not yet") => {
                return Some(clock(fault, Timestamp::now()));
            }
            "SignatureDoesNotMatch" => "the secret key does not belong to the access key",
            "InvalidToken" => "the session token is not valid",
            "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture" => {
                return Some(clock(fault, Timestamp::now()));
            }
            // An answer to HEAD has no body, so no code.
            "" | "BadRequest" if fault.status == Some(400) => {
                "the request was refused without a reason; expired credentials are the usual one"
            }
            _ => return None,
        };
        Some((PortErrorKind::Credentials, message.to_owned(), self.source.renew()))
    }

    fn region(&self, fault: &Fault) -> Option<Explained> {
        let elsewhere = matches!(
            fault.code(),
            "PermanentRedirect" | "TemporaryRedirect" | "AuthorizationHeaderMalformed" | "IncorrectEndpoint"
        );
        if !elsewhere && !matches!(fault.status, Some(301 | 302 | 307 | 308)) {
            return None;
        }
        let expected = || {
            let (_, rest) = fault.message.as_deref()?.split_once("expecting '")?;
            rest.split('\'').next().map(str::to_owned)
        };
        let there = fault.bucket_region.clone().or_else(expected).map(|region| printable(&region));
        let (message, next) = match there {
            Some(there) if US_REGIONS.contains(&there.as_str()) => (
                format!("the bucket is in {there}, not in {}", self.region),
                format!("Write `region: {there}` in the environment file, or check the bucket's name."),
            ),
            Some(there) => (
                format!("the bucket is in {there}, not in {}", self.region),
                "Check the bucket's name: no customer data may be outside the United States.".to_owned(),
            ),
            None => (
                format!("the bucket is not in {}", self.region),
                "Check `region:` and the bucket's name in the environment file.".to_owned(),
            ),
        };
        Some((PortErrorKind::Other, message, next))
    }

    fn denied(&self, operation: &str, fault: &Fault) -> Option<Explained> {
        let code = fault.code();
        if code.starts_with("KMS.") || code.starts_with("Kms") {
            return Some((
                PortErrorKind::Denied,
                format!("the key that encrypts the photo can't be used ({code})"),
                "Ask whoever owns the KMS key to enable it and to allow kms:Decrypt and kms:GenerateDataKey."
                    .to_owned(),
            ));
        }
        let denied =
            matches!(code, "AccessDenied" | "AccessDeniedException" | "Forbidden" | "AllAccessDisabled");
        if !(denied || code.is_empty() && matches!(fault.status, Some(401 | 403))) {
            return None;
        }
        let text = fault.message.as_deref().unwrap_or_default();
        let named = text
            .split_once("not authorized to perform: ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .filter(|action| action.contains(':') && action.len() < 60);
        let needed = printable(named.unwrap_or(permission(operation)));
        let message = if text.contains("explicit deny") {
            format!("a policy forbids {needed}")
        } else {
            format!("the credentials may not do this: it takes {needed}")
        };
        let next = if self.service == "s3" {
            format!(
                "Ask an administrator to allow it, and check that the bucket belongs to account {}.",
                self.account
            )
        } else {
            "Ask an administrator to allow it.".to_owned()
        };
        Some((PortErrorKind::Denied, message, next))
    }
}

type Explained = (PortErrorKind, String, String);

/// The permissions that an operation takes (IAM's names, which differ from the operations').
fn permission(operation: &str) -> &'static str {
    match operation {
        "GetBucketVersioning" => "s3:GetBucketVersioning",
        "GetBucketEncryption" => "s3:GetEncryptionConfiguration",
        "GetBucketLifecycleConfiguration" => "s3:GetLifecycleConfiguration",
        "ListObjectVersions" => "s3:ListBucketVersions",
        "HeadObject" => "s3:GetObject and s3:ListBucket",
        "GetObject" => "s3:GetObjectVersion (and kms:Decrypt when the bucket is encrypted with a KMS key)",
        "CopyObject" => {
            "s3:GetObjectVersion, s3:GetObjectVersionTagging, s3:PutObject and s3:PutObjectTagging (and kms:Decrypt \
             and kms:GenerateDataKey when the bucket is encrypted with a KMS key)"
        }
        "DeleteObject" => "s3:DeleteObject",
        _ => "a permission that the policy lacks",
    }
}

fn clock(fault: &Fault, now: Timestamp) -> Explained {
    let off = match fault.server_time.map(|there| now.as_second() - there.as_second()) {
        Some(seconds) if seconds.abs() >= 60 => {
            let way = if seconds > 0 { "fast" } else { "slow" };
            format!("this machine's clock is {} {way}", span(seconds.unsigned_abs()))
        }
        _ => "this machine's clock is wrong".to_owned(),
    };
    (PortErrorKind::Other, off, "Set the clock (turn on network time), then try again.".to_owned())
}

fn absent(operation: &str, fault: &Fault) -> Option<Explained> {
    let (message, next) = match fault.code() {
        "NoSuchBucket" => (
            "there is no such bucket",
            "Check the bucket's name, and `region:` and `account:` in the environment file.",
        ),
        "NoSuchVersion" => (
            "that version is gone",
            "Make the plan again: a lifecycle rule or a person has removed the version since.",
        ),
        // The version asked for is a delete marker.
        "MethodNotAllowed" if operation == "GetObject" => {
            ("that version is a delete marker, so there is nothing to read", "Make the plan again.")
        }
        "NoSuchKey" | "NotFound" => {
            ("there is no such photo", "Make the plan again: the bucket has changed since.")
        }
        "" if fault.status == Some(404) => {
            ("there is nothing of that name", "Check the names in the environment file.")
        }
        _ => return None,
    };
    Some((PortErrorKind::NotFound, message.to_owned(), next.to_owned()))
}

fn state(operation: &str, fault: &Fault) -> Option<Explained> {
    let code = fault.code();
    let status = fault.status.unwrap_or_default();
    let (kind, message, next) = match code {
        "PreconditionFailed" | "ConditionalRequestConflict" | "OperationAborted" => (
            PortErrorKind::Changed,
            "the photo was written to since the plan was made",
            "Nothing was covered. Make the plan again to see what is there now.",
        ),
        "" if status == 412 => (
            PortErrorKind::Changed,
            "the photo was written to since the plan was made",
            "Nothing was covered. Make the plan again to see what is there now.",
        ),
        "InvalidObjectState" | "ObjectNotInActiveTierError" => (
            PortErrorKind::Archived,
            "the version is archived and must be thawed first",
            "Ask S3 to restore the archived version (RestoreObject), wait until it is there, then try again.",
        ),
        "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "TooManyRequests"
        | "TooManyRequestsException" => (
            PortErrorKind::Unavailable,
            "too many requests at once, in spite of retries",
            "Wait a minute, then try again.",
        ),
        "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "RequestTimeout"
        | "RequestTimeoutException" => (
            PortErrorKind::Unavailable,
            "the service failed, in spite of retries",
            "Look at the AWS Health Dashboard, wait a minute, then try again.",
        ),
        "NotImplemented" => (
            PortErrorKind::Other,
            "what answers doesn't offer this",
            "Use AWS, or an emulator that does; check `endpoints:` in the environment file.",
        ),
        "InvalidRequest" if operation == "CopyObject" && fault.says("larger than the maximum") => (
            PortErrorKind::Other,
            "the photo is over 5 GB, which can't be copied in one request",
            "Copy this version by hand: `aws s3api` with a multipart copy.",
        ),
        _ if status == 429 || status >= 500 => (
            PortErrorKind::Unavailable,
            "the service failed, in spite of retries",
            "Look at the AWS Health Dashboard, wait a minute, then try again.",
        ),
        _ => return None,
    };
    Some((kind, message.to_owned(), next.to_owned()))
}

fn other(fault: &Fault) -> Explained {
    let message = match (fault.code(), fault.message.as_deref(), fault.status) {
        ("", _, Some(status)) => format!("the answer was status {status}, without a reason"),
        ("", _, None) => "there was no answer".to_owned(),
        (code, None, _) => tidy(code),
        (code, Some(text), _) => format!("{}: {}", tidy(code), tidy(text)),
    };
    (
        PortErrorKind::Other,
        message,
        "Show this to whoever looks after the AWS account; the request's id lets AWS Support find it."
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_clock_says_how_wrong() {
        let now: Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
        for (there, words) in [
            ("2026-11-24T11:40:00Z", "this machine's clock is 20 min fast"),
            ("2026-11-24T15:05:30Z", "this machine's clock is 3 h 5 min slow"),
            ("2026-11-14T12:00:00Z", "this machine's clock is 10 days fast"),
            ("2026-11-24T12:00:10Z", "this machine's clock is wrong"),
        ] {
            let fault = Fault { server_time: there.parse().ok(), ..Fault::default() };
            assert_eq!(clock(&fault, now).1, words);
        }
    }
}
