//! The Portal's front end as customers see it: one page over TLS, or the maintenance page.

use std::convert::Infallible;
use std::sync::Arc;

use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, StatusCode};
use jiff::Timestamp;
use rustls::pki_types::PrivateKeyDer;
use s3s::{Body, HttpResponse};
use tokio_rustls::TlsAcceptor;

use crate::certificate::{Authority, Certificate};

/// Answers whether the Portal works.
pub(crate) type IsUp = Arc<dyn Fn() -> bool + Send + Sync>;

/// Why the front end can't answer.
#[derive(Debug, thiserror::Error)]
pub enum FrontEndError {
    /// Its certificate couldn't be made.
    #[error("failed to make a certificate for the practice Portal; this is a defect, please report it")]
    Certificate(#[from] rcgen::Error),
    /// Its certificate couldn't be used.
    #[error("failed to set up TLS for the practice Portal; this is a defect, please report it")]
    Tls(#[from] rustls::Error),
}

/// The front end: how it answers, and over what.
pub(crate) struct FrontEnd {
    pub(crate) tls: TlsAcceptor,
    is_up: IsUp,
}

/// The first byte of every TLS connection; no HTTP request begins with it.
pub(crate) const HANDSHAKE: u8 = 0x16;

impl FrontEnd {
    pub(crate) fn new(is_up: IsUp, now: Timestamp) -> Result<Self, FrontEndError> {
        let Certificate { certificate, key } = Certificate::new(Authority::Practice, now)?;
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(Self { tls: Arc::new(config).into(), is_up })
    }

    pub(crate) fn answer(&self, request: &Request<Incoming>) -> Result<HttpResponse, Infallible> {
        let (status, text) = match (request.method(), request.uri().path()) {
            (&Method::GET | &Method::HEAD, "/") if (self.is_up)() => {
                (StatusCode::OK, "Sign in to see your card records.")
            }
            (&Method::GET | &Method::HEAD, "/") => {
                (StatusCode::SERVICE_UNAVAILABLE, "The Veonics Portal is down for maintenance")
            }
            _ => (StatusCode::NOT_FOUND, "There is nothing here."),
        };
        let title = if status == StatusCode::OK { "Veonics Portal" } else { "Maintenance" };
        let page = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\
             <body><h1>{title}</h1><p>{text}</p></body></html>\n"
        );
        let mut response = HttpResponse::new(Body::from(page));
        *response.status_mut() = status;
        let html = HeaderValue::from_static("text/html; charset=utf-8");
        response.headers_mut().insert(CONTENT_TYPE, html);
        Ok(response)
    }
}
