//! `GetCallerIdentity`: who a signature belongs to. STS's other actions answer 501.

use std::sync::Arc;

use action::environment::PRACTICE_ACCOUNT;
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::http::Extensions;
use hyper::{Method, StatusCode, Uri};
use s3s::route::S3Route;
use s3s::{Body, HttpResponse, S3Request, S3Response, S3Result, s3_error};

use crate::faults::Trouble;

/// Who everyone is that holds the range's key.
const USER: &str = "practice";
const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
const LARGEST_FORM: usize = 8 * 1024;

/// The region and the service a request was signed for, from its `Authorization` header's credential scope.
pub(crate) fn scope(headers: &HeaderMap) -> Option<(&str, &str)> {
    let authorization = headers.get("authorization")?.to_str().ok()?;
    let scope = authorization.split("Credential=").nth(1)?.split([',', ' ']).next()?;
    let mut parts = scope.split('/').skip(2);
    Some((parts.next()?, parts.next()?))
}

/// Takes the requests that are signed for STS, after their signature was checked.
pub(crate) struct Identity(pub(crate) Arc<Trouble>);

#[async_trait::async_trait]
impl S3Route for Identity {
    fn is_match(&self, _: &Method, _: &Uri, headers: &HeaderMap, _: &mut Extensions) -> bool {
        scope(headers).is_some_and(|(_, service)| service == "sts")
    }

    async fn call(&self, req: S3Request<Body>) -> S3Result<S3Response<Body>> {
        self.0.check_expiry()?;
        let mut body = req.input;
        let form = body.store_all_limited(LARGEST_FORM).await;
        let form = form.map_err(|_| s3_error!(InvalidRequest, "the form is larger than 8 KiB"))?;
        let asked = form.split(|byte| *byte == b'&').any(|pair| pair == b"Action=GetCallerIdentity");
        if !asked {
            return Err(s3_error!(NotImplemented, "the practice range's STS answers only GetCallerIdentity"));
        }
        let answer = format!(
            "<GetCallerIdentityResponse xmlns=\"{NAMESPACE}\"><GetCallerIdentityResult>\
             <Arn>arn:aws:iam::{PRACTICE_ACCOUNT}:user/{USER}</Arn><UserId>AIDAPRACTICE</UserId>\
             <Account>{PRACTICE_ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
        );
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
        Ok(S3Response::with_headers(Body::from(answer), headers))
    }
}

/// Says in STS's words what was refused in S3's.
pub(crate) fn translate(refused: &HttpResponse, request_id: &str) -> HttpResponse {
    let xml = refused.body().bytes().unwrap_or_default();
    let xml = String::from_utf8_lossy(&xml);
    let part = |name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>")).map(|(text, _)| text)
    };
    let code = match part("Code").unwrap_or("InternalFailure") {
        "InvalidAccessKeyId" => "InvalidClientTokenId",
        "AccessDenied" => "MissingAuthenticationToken",
        "RequestTimeTooSkewed" => "RequestExpired",
        other => other,
    };
    let message = match code {
        "InvalidClientTokenId" => "The security token included in the request is invalid.",
        "SignatureDoesNotMatch" => {
            "The request signature we calculated does not match the signature you provided; check the secret key."
        }
        _ => part("Message").unwrap_or("The request was refused."),
    };
    let mut answer = query_error(code, message, request_id);
    *answer.status_mut() = if code == "ExpiredToken" { StatusCode::FORBIDDEN } else { refused.status() };
    answer
}

/// An error as AWS's query services write it. The message is XML already.
pub(crate) fn query_error(code: &str, message: &str, request_id: &str) -> HttpResponse {
    let xml = format!(
        "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    );
    let mut answer = HttpResponse::new(Body::from(xml));
    *answer.status_mut() = StatusCode::NOT_IMPLEMENTED;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    answer
}
