//! What an SDK error says, taken out of it: a plain value that [`crate::errors`] explains.

use std::error::Error;
use std::io;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ConnectorError, ProvideErrorMetadata, SdkError};
use aws_sdk_s3::operation::RequestId;
use aws_sdk_sts::operation::assume_role::AssumeRoleError;
use jiff::Timestamp;

/// A failed request.
#[derive(Debug, Default)]
pub(crate) struct Fault {
    /// Why there was no answer that could be read; `None` when there was one.
    pub(crate) trouble: Option<Trouble>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) request_id: Option<String>,
    /// The time on the far side.
    pub(crate) server_time: Option<Timestamp>,
    /// The region that the bucket is in, when the answer tells.
    pub(crate) bucket_region: Option<String>,
}

/// Why there was no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// Nothing listens there.
    Refused,
    /// The name isn't known.
    Name,
    /// TLS failed.
    Tls,
    /// It took too long.
    Timeout,
    /// The connection couldn't be made, or broke.
    Broken,
    /// What answered isn't AWS.
    Foreign,
    /// There were no credentials to sign with.
    Credentials(Unsigned),
    /// The request could not be made out of its parts.
    Request,
}

/// Why there were no credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unsigned {
    /// The sign-in service can't be reached.
    Unreachable,
    /// The configuration is wrong; what is wrong with it.
    Configuration(String),
    /// The login is good, but not for the role that the profile names.
    Role,
    /// It gave none: mostly an expired login.
    Refused,
}

impl Fault {
    pub(crate) fn of<E>(error: &SdkError<E>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        let mut fault = Self::default();
        let response = error.raw_response();
        if let Some(response) = response {
            fault.read(response);
        }
        match error {
            SdkError::ServiceError(service) => {
                let meta = service.err().meta();
                fault.code = meta.code().map(str::to_owned);
                fault.message = meta.message().map(str::to_owned);
                fault.request_id = meta.request_id().map(str::to_owned).or(fault.request_id);
                // Without a code, and where an answer has a body, it is not AWS that speaks.
                if fault.code.is_none() && looks_like_a_page(service.raw()) {
                    fault.trouble = Some(Trouble::Foreign);
                }
            }
            SdkError::ResponseError(_) => fault.trouble = Some(Trouble::Foreign),
            SdkError::TimeoutError(_) => fault.trouble = Some(Trouble::Timeout),
            SdkError::DispatchFailure(failure) => {
                fault.trouble = Some(match failure.as_connector_error() {
                    Some(connector) => connection(connector),
                    None => Trouble::Broken,
                });
            }
            _ => fault.trouble = Some(Trouble::Request),
        }
        if let Some(credentials) = find::<CredentialsError>(error) {
            fault.trouble = Some(Trouble::Credentials(unsigned(credentials)));
        }
        fault
    }

    fn read(&mut self, response: &HttpResponse) {
        let header = |name| response.headers().get(name).map(str::to_owned);
        self.status = Some(response.status().as_u16());
        self.request_id = header("x-amz-request-id").or_else(|| header("x-amzn-requestid"));
        self.bucket_region = header("x-amz-bucket-region");
        self.server_time = response
            .headers()
            .get("date")
            .and_then(|date| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).ok());
    }

    /// The code as a word to match on; empty when there is none.
    pub(crate) fn code(&self) -> &str {
        self.code.as_deref().unwrap_or_default()
    }

    /// Whether the answer's message has these words, where AWS gives one code to several faults.
    pub(crate) fn says(&self, words: &str) -> bool {
        self.message.as_deref().is_some_and(|message| message.contains(words))
    }
}

fn looks_like_a_page(response: &HttpResponse) -> bool {
    response.headers().get("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

/// Tells the kinds of broken connection apart. Only I/O errors have types that can be reached from here; names and
/// TLS are known by the words that hyper and rustls use.
pub(crate) fn connection(error: &ConnectorError) -> Trouble {
    if error.is_timeout() {
        return Trouble::Timeout;
    }
    match find::<io::Error>(error).map(io::Error::kind) {
        Some(io::ErrorKind::ConnectionRefused) => return Trouble::Refused,
        Some(io::ErrorKind::TimedOut) => return Trouble::Timeout,
        _ => {}
    }
    let words = words(error);
    let any = |of: &[&str]| of.iter().any(|word| words.contains(word));
    if any(&["dns error", "lookup address"]) {
        Trouble::Name
    } else if any(&["certificate", "tls", "handshake", "corrupt message", "invalidcontenttype"]) {
        Trouble::Tls
    } else {
        Trouble::Broken
    }
}

fn unsigned(error: &CredentialsError) -> Unsigned {
    match error {
        CredentialsError::ProviderTimedOut(_) => Unsigned::Unreachable,
        _ if find::<ConnectorError>(error).is_some() => Unsigned::Unreachable,
        CredentialsError::InvalidConfiguration(_) => {
            Unsigned::Configuration(error.source().map(ToString::to_string).unwrap_or_default())
        }
        _ if find::<AssumeRoleError>(error).is_some_and(|e| e.code() == Some("AccessDenied")) => {
            Unsigned::Role
        }
        // IAM Identity Center's word for it; its SDK isn't named here.
        _ if words(error).contains("forbiddenexception") => Unsigned::Role,
        _ => Unsigned::Refused,
    }
}

/// Everything that a chain of errors says, in lower case. To match on, never to show.
fn words(error: &(dyn Error + 'static)) -> String {
    let chain = std::iter::successors(Some(error), |error| (*error).source());
    chain.map(|error| error.to_string().to_lowercase() + "\n").collect()
}

fn find<'a, T: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a T> {
    std::iter::successors(Some(error), |error| (*error).source()).find_map(|error| error.downcast_ref::<T>())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::error::ErrorMetadata;

    use super::*;

    #[test]
    fn a_role_that_is_refused_is_no_expired_login() {
        let refused = |code: &str| {
            let error = AssumeRoleError::generic(ErrorMetadata::builder().code(code).message("no").build());
            unsigned(&CredentialsError::provider_error(error))
        };
        assert_eq!(refused("AccessDenied"), Unsigned::Role);
        assert_eq!(refused("ExpiredTokenException"), Unsigned::Refused);
        let forbidden = CredentialsError::provider_error(io::Error::other("ForbiddenException: No access"));
        assert_eq!(unsigned(&forbidden), Unsigned::Role);
    }
}
