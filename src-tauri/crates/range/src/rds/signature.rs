//! AWS Signature Version 4, which [`s3s`] checks for S3 and STS only.

use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use hmac::{Hmac, KeyInit, Mac};
use hyper::header::HeaderMap;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use super::errors::{Answer, Refused};
use super::http::Asked;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// How far a request's time may be off, in seconds.
const SKEW: i64 = 15 * 60;

/// What the `Authorization` header says.
struct Authorization<'a> {
    key_id: &'a str,
    /// Date, region, service, `aws4_request`.
    scope: &'a str,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Authorization<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let fields = header.strip_prefix(ALGORITHM)?;
        let field = |name: &str| {
            fields.split(',').find_map(|field| field.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let (key_id, scope) = field("Credential")?.split_once('/')?;
        Some(Self { key_id, scope, signed: field("SignedHeaders")?, signature: field("Signature")? })
    }
}

/// Whether the range's key signed a request, within the last quarter of an hour.
pub(crate) fn check(asked: &Asked<'_>) -> Answer<()> {
    let header = |name: &str| asked.headers.get(name).and_then(|value| value.to_str().ok());
    let authorization = header("authorization").and_then(Authorization::parse).ok_or_else(|| {
        Refused::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    })?;
    if authorization.key_id != PRACTICE_ACCESS_KEY_ID {
        let message = "The security token included in the request is invalid.";
        return Err(Refused::new(403, "InvalidClientTokenId", message));
    }
    let date = header("x-amz-date").unwrap_or_default();
    let at = DateTime::strptime("%Y%m%dT%H%M%SZ", date).ok();
    let at = at.and_then(|at| TimeZone::UTC.to_timestamp(at).ok());
    if at.is_none_or(|at| at.duration_since(Timestamp::now()).as_secs().abs() > SKEW) {
        let message =
            format!("Signature expired: {date} is more than 15 minutes off; set this machine's clock");
        return Err(Refused::new(403, "SignatureDoesNotMatch", message));
    }
    let wrong = || {
        let message = "The request signature we calculated does not match the signature you provided; check the \
                       secret key.";
        Refused::new(403, "SignatureDoesNotMatch", message)
    };
    let request = canonical(asked, authorization.signed).ok_or_else(wrong)?;
    let scope = authorization.scope;
    if !date.starts_with(scope.split('/').next().unwrap_or_default()) {
        return Err(wrong());
    }
    let text = format!("{ALGORITHM}\n{date}\n{scope}\n{}", hex(&Sha256::digest(request.as_bytes())));
    let secret = format!("AWS4{PRACTICE_SECRET_ACCESS_KEY}");
    let key = scope.split('/').try_fold(secret.into_bytes(), |key, part| {
        keyed(&key, part).map(|mac| mac.finalize().into_bytes().to_vec())
    });
    let given = unhex(authorization.signature).ok_or_else(wrong)?;
    let mac = key.and_then(|key| keyed(&key, &text)).ok_or_else(wrong)?;
    mac.verify_slice(&given).map_err(|_| wrong())
}

fn keyed(key: &[u8], text: &str) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).ok()?;
    mac.update(text.as_bytes());
    Some(mac)
}

/// The request as both sides sign it; `None` when it lacks a header that it says it signed, or `host` isn't signed.
fn canonical(asked: &Asked<'_>, signed: &str) -> Option<String> {
    let names: Vec<&str> = signed.split(';').collect();
    if !names.contains(&"host") || !names.contains(&"x-amz-date") {
        return None;
    }
    let headers: Option<String> =
        names.iter().map(|name| Some(format!("{name}:{}\n", value(asked.headers, name)?))).collect();
    let mut query: Vec<&str> =
        asked.uri.query().unwrap_or_default().split('&').filter(|q| !q.is_empty()).collect();
    query.sort_unstable();
    Some(format!(
        "{}\n{}\n{}\n{}\n{signed}\n{}",
        asked.method,
        asked.uri.path(),
        query.join("&"),
        headers?,
        hex(&Sha256::digest(asked.body)),
    ))
}

/// A header's values, trimmed, with every run of spaces made one.
fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<String> = headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ")))
        .collect::<Result<_, _>>()
        .ok()?;
    (!values.is_empty()).then(|| values.join(","))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|digit| digit.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
