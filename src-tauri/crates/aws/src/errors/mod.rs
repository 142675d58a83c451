//! Failed requests in words for the person who must act on them.
//!
//! What every service may answer is explained here, and what only one does in [`s3`], [`rds`], [`kms`] and [`s3control`].

use action::port::{PortError, PortErrorKind};
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use jiff::Timestamp;

use crate::credentials::Source;
use crate::fault::{Fault, Trouble, Unsigned};
use crate::words::{printable, span, tidy};

mod kms;
mod rds;
mod s3;
mod s3control;

/// Where requests go and as whom, for advice about them.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) source: Source,
    /// `s3`, `sts`, `rds`, `kms` or `s3control`.
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
                .or_else(|| self.elsewhere(&fault))
                .or_else(|| self.denied(operation, &fault))
                .or_else(|| match self.service {
                    "rds" => rds::explain(operation, &fault),
                    "kms" => kms::explain(&fault),
                    "s3control" => s3control::explain(operation, &fault),
                    _ => s3::explain(operation, &fault),
                })
                .or_else(|| state(&fault))
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
            None if self.service == "s3control" => {
                format!("{}.s3-control.{}.amazonaws.com", self.account, self.region)
            }
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
                match self.service {
                    "s3" => "Check the bucket's name and the endpoints in the environment file; a key of nothing but \
                             spaces has to be done by hand."
                        .to_owned(),
                    _ => "Check the names that were given, and the endpoints in the environment file."
                        .to_owned(),
                },
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

    /// Whether S3 says that the bucket is in another region.
    fn elsewhere(&self, fault: &Fault) -> Option<Explained> {
        if self.service == "s3" { s3::elsewhere(&self.region, fault) } else { None }
    }

    /// The permissions that an operation takes (IAM's names, which differ from the operations').
    fn permission(&self, operation: &str) -> &'static str {
        match self.service {
            "rds" => rds::permission(operation),
            "kms" => kms::PERMISSION,
            "s3control" => s3control::permission(operation),
            _ => s3::permission(operation),
        }
    }

    fn denied(&self, operation: &str, fault: &Fault) -> Option<Explained> {
        let code = fault.code();
        let denied = matches!(
            code,
            "AccessDenied" | "AccessDeniedException" | "Forbidden" | "AllAccessDisabled" | "NotAuthorized"
        );
        if !(denied || code.is_empty() && matches!(fault.status, Some(401 | 403))) {
            return None;
        }
        if self.service == "s3"
            && let Some(explained) = s3::protected(operation, fault)
        {
            return Some(explained);
        }
        let text = fault.message.as_deref().unwrap_or_default();
        let named = text
            .split_once("not authorized to perform: ")
            .and_then(|(_, rest)| rest.split_whitespace().next())
            .filter(|action| action.contains(':') && action.len() < 60);
        let needed = printable(named.unwrap_or_else(|| self.permission(operation)));
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

/// What a service that is overloaded or broken says.
fn state(fault: &Fault) -> Option<Explained> {
    let status = fault.status.unwrap_or_default();
    let (kind, message, next) = match fault.code() {
        "SlowDown"
        | "SlowDownRead"
        | "SlowDownWrite"
        | "Throttling"
        | "ThrottlingException"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "TooManyRequests"
        | "TooManyRequestsException" => (
            PortErrorKind::Throttled,
            "requests come faster than the service takes them",
            "Wait a minute, then try again.",
        ),
        "InternalError"
        | "InternalFailure"
        | "ServiceUnavailable"
        | "RequestTimeout"
        | "RequestTimeoutException" => (
            PortErrorKind::Unavailable,
            "the service failed",
            "Look at the AWS Health Dashboard, wait a minute, then try again.",
        ),
        "NotImplemented" => (
            PortErrorKind::Other,
            "what answers doesn't offer this",
            "Use AWS, or an emulator that does; check `endpoints:` in the environment file.",
        ),
        "" if status == 404 => (
            PortErrorKind::NotFound,
            "there is nothing of that name",
            "Check the names in the environment file.",
        ),
        // An answer to HEAD has no body, so no code: 503 is S3's way of saying that it is too much.
        _ if status == 429 || status == 503 && fault.code().is_empty() => (
            PortErrorKind::Throttled,
            "requests come faster than the service takes them",
            "Wait a minute, then try again.",
        ),
        _ if status >= 500 => (
            PortErrorKind::Unavailable,
            "the service failed",
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
mod tests;
