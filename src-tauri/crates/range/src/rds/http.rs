//! From a signed request to an answer.

use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, StatusCode, Uri};
use s3s::{Body, HttpRequest, HttpResponse};

use super::errors::{Answer, NAMESPACE, Refused};
use super::form::Form;
use super::operations::{self, Call};
use super::xml::Xml;
use super::{Rds, kms, signature};

/// The largest request that is read.
const LARGEST: usize = 256 * 1024;

/// The request was carried out and its answer is to get lost: the connection breaks.
#[derive(Debug, thiserror::Error)]
#[error("the answer got lost (a fault of the practice range)")]
pub(crate) struct AnswerLost;

/// Which of the two is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Service {
    Rds,
    Kms,
}

/// What of a request matters.
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
}

impl Rds {
    /// Whether requests signed for a service go here.
    pub(crate) fn serves(service: &str) -> bool {
        matches!(service, "rds" | "kms")
    }

    /// Answers a request that is signed for `service` in `region`.
    pub(crate) async fn answer(
        &self,
        request: HttpRequest,
        (region, service): (&str, &str),
        request_id: &str,
    ) -> Result<HttpResponse, AnswerLost> {
        let service = if service == "kms" { Service::Kms } else { Service::Rds };
        let (parts, mut body) = request.into_parts();
        let Ok(body) = body.store_all_limited(LARGEST).await else {
            let refused = Refused::new(413, "RequestEntityTooLarge", "the request is larger than 256 KiB");
            return Ok(refuse(service, &refused, request_id));
        };
        let asked = Asked { method: &parts.method, uri: &parts.uri, headers: &parts.headers, body: &body };
        if let Err(refused) = signature::check(&asked) {
            return Ok(refuse(service, &refused, request_id));
        }
        let (operation, answer) = match service {
            Service::Rds => {
                let form = Form::parse(&body);
                let operation = form.owned("Action").unwrap_or_default();
                let answer = self.rds(region, &operation, &form, request_id);
                (operation, answer)
            }
            Service::Kms => {
                let target = parts.headers.get("x-amz-target").and_then(|target| target.to_str().ok());
                let operation =
                    target.and_then(|target| target.strip_prefix("TrentService.")).unwrap_or_default();
                (operation.to_owned(), self.kms(region, operation, &body))
            }
        };
        match answer {
            Ok(_) if self.0.trouble.loses(&operation) => Err(AnswerLost),
            Ok(text) => Ok(respond(service, StatusCode::OK, text)),
            Err(refused) => Ok(refuse(service, &refused, request_id)),
        }
    }

    pub(super) fn rds(&self, region: &str, name: &str, form: &Form, request_id: &str) -> Answer<String> {
        self.0.trouble.refuses(name)?;
        let operation = operations::find(name)?;
        operation.check(form)?;
        let end = self.0.trouble.new_instances_end();
        let mut xml = Xml::new();
        self.with(|account, now| {
            check_region(account, region)?;
            let mut call = Call { account, region, form, now, end: end.as_deref() };
            let mut outcome = Ok(());
            xml.within_namespace(&format!("{name}Response"), NAMESPACE, |xml| {
                if operation.answers {
                    xml.within(&format!("{name}Result"), |xml| outcome = (operation.run)(&mut call, xml));
                } else {
                    outcome = (operation.run)(&mut call, xml);
                }
                xml.within("ResponseMetadata", |xml| xml.text("RequestId", request_id));
            });
            outcome
        })?;
        Ok(xml.finish())
    }

    fn kms(&self, region: &str, operation: &str, body: &[u8]) -> Answer<String> {
        self.0.trouble.refuses(operation)?;
        if operation != "DescribeKey" {
            let message = format!("the practice range's KMS answers only DescribeKey, not {operation}");
            return Err(Refused::new(501, "NotImplemented", message));
        }
        self.with(|account, _| {
            check_region(account, region)?;
            kms::describe_key(account, region, body)
        })
    }
}

fn check_region(account: &super::Account, region: &str) -> Answer<()> {
    match account.regions.get(region) {
        None => Err(Refused::no_region(region)),
        Some(known) if known.lost => {
            let message = format!("{region} is out of reach (the scenario of the practice range)");
            Err(Refused::new(503, "ServiceUnavailable", message))
        }
        Some(_) => Ok(()),
    }
}

fn refuse(service: Service, refused: &Refused, request_id: &str) -> HttpResponse {
    let (status, text) = match service {
        Service::Rds => (refused.status, refused.xml(request_id)),
        // KMS has one status for all that the caller did wrong.
        Service::Kms if refused.status < 500 => (400, kms::error(refused)),
        Service::Kms => (refused.status, kms::error(refused)),
    };
    respond(service, StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST), text)
}

fn respond(service: Service, status: StatusCode, text: String) -> HttpResponse {
    let kind = match service {
        Service::Rds => "text/xml",
        Service::Kms => "application/x-amz-json-1.1",
    };
    let mut response = HttpResponse::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}
