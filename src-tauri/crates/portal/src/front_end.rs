//! The front end, asked for one page over HTTPS.
//!
//! No proxy is used, whatever `HTTPS_PROXY` says: what is asked is whether customers get through to the front end, and
//! a proxy's certificate or its error page would answer for it.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use action::port::{FrontEnd, Page, PortError, PortErrorKind};
use async_trait::async_trait;
use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONNECTION, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, Uri};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::trust::{self, NoRoots, Trust};

/// The most that is read of a body.
const BODY: usize = 1024 * 1024;

/// Asks front ends for pages: HTTP/1.1 over TLS 1.2 or 1.3, one request a connection, no cookies, no redirects.
#[derive(Debug)]
pub struct Web {
    trust: Trust,
    config: tokio::sync::OnceCell<Arc<ClientConfig>>,
}

impl Web {
    /// A client that holds certificates against `trust`. The roots are read when they are first needed.
    pub fn new(trust: Trust) -> Self {
        Self { trust, config: tokio::sync::OnceCell::new() }
    }

    async fn config(&self) -> Result<Arc<ClientConfig>, NoRoots> {
        self.config.get_or_try_init(|| roots(&self.trust)).await.cloned()
    }
}

async fn roots(trust: &Trust) -> Result<Arc<ClientConfig>, NoRoots> {
    let unfit = |message: &str| {
        NoRoots {
        message: message.to_owned(),
        next: "Install the system's certificates (Debian: ca-certificates), or name a file with `portal.ca` in the \
               environment file."
            .to_owned(),
    }
    };
    let certificates = match trust.pem().await? {
        Some(pem) => trust::certificates(&pem).unwrap_or_default(),
        // Some of the system's may be broken; the others will do.
        None => tokio::task::spawn_blocking(|| rustls_native_certs::load_native_certs().certs)
            .await
            .unwrap_or_default(),
    };
    let mut store = RootCertStore::empty();
    if store.add_parsable_certificates(certificates).0 == 0 {
        return Err(unfit("this machine has no root certificates to trust"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|why| unfit(&format!("TLS can't be used here ({why})")))?;
    Ok(Arc::new(config.with_root_certificates(store).with_no_client_auth()))
}

#[async_trait]
impl FrontEnd for Web {
    async fn get(&self, url: &str, limit: Duration) -> Result<Page, PortError> {
        let began = Instant::now();
        let asked = Asked::parse(url).map_err(|why| *why)?;
        let config = self.config().await.map_err(|why| asked.failed(why.message, why.next))?;
        let call = Call { asked: &asked, began, limit };
        call.get(config).await
    }
}

/// A page's address, taken apart.
struct Asked {
    host: String,
    port: u16,
    /// What the `Host` header says.
    authority: String,
    /// What is asked for, with its query.
    path: String,
    /// The address without its query, which may hold what nobody else should read.
    shown: String,
}

impl Asked {
    fn parse(url: &str) -> Result<Self, Box<PortError>> {
        let refused = |message: &str| {
            Box::new(PortError {
                kind: PortErrorKind::Other,
                operation: "GET".to_owned(),
                target: url.split(['?', '#']).next().unwrap_or_default().to_owned(),
                message: message.to_owned(),
                request_id: None,
                next: "Nothing was sent. Write it as https://HOST/PATH.".to_owned(),
            })
        };
        let uri: Uri = url.parse().map_err(|_| refused("it is not an address of a page"))?;
        if uri.scheme_str() != Some("https") {
            return Err(refused("it is not https://, and the Portal answers over TLS only"));
        }
        let authority = uri.authority().ok_or_else(|| refused("it names no host"))?;
        if authority.as_str().contains('@') {
            // Not shown either: it may be a password.
            let target = authority.host().to_owned();
            return Err(Box::new(PortError { target, ..*refused("it holds a user's name") }));
        }
        Ok(Self {
            host: authority.host().trim_matches(['[', ']']).to_owned(),
            port: authority.port_u16().unwrap_or(443),
            authority: authority.as_str().to_owned(),
            path: uri.path_and_query().map_or_else(|| "/".to_owned(), |path| path.as_str().to_owned()),
            shown: format!("https://{authority}{}", uri.path()),
        })
    }

    fn failed(&self, message: String, next: String) -> PortError {
        PortError {
            kind: PortErrorKind::Unreachable,
            operation: "GET".to_owned(),
            target: self.shown.clone(),
            message,
            request_id: None,
            next,
        }
    }
}

/// One page being fetched.
struct Call<'a> {
    asked: &'a Asked,
    began: Instant,
    limit: Duration,
}

impl Call<'_> {
    async fn get(&self, config: Arc<ClientConfig>) -> Result<Page, PortError> {
        let stream = self.connect(config).await?;
        let (_, session) = stream.get_ref();
        let tls = session.protocol_version().map(|version| format!("{version:?}").replace('_', "."));
        let leaf = session.peer_certificates().and_then(<[_]>::first).cloned();
        let leaf = leaf.as_deref().and_then(|der| x509_parser::parse_x509_certificate(der).ok());
        let leaf = leaf.as_ref().map(|(_, leaf)| leaf);
        let ends =
            leaf.and_then(|leaf| jiff::Timestamp::from_second(leaf.validity().not_after.timestamp()).ok());
        let (Some(tls), Some(leaf), Some(certificate_ends)) = (tls, leaf, ends) else {
            return Err(self.asked.failed(
                "its certificate can't be read".to_owned(),
                "Look at the page in a browser, and have the certificate replaced.".to_owned(),
            ));
        };
        let common = leaf.issuer().iter_common_name().next().and_then(|name| name.as_str().ok());
        let issuer = common.map_or_else(|| leaf.issuer().to_string(), str::to_owned);

        // Ended with this call, whatever comes of it.
        let mut driver = JoinSet::new();
        let response = self.ask(stream, &mut driver).await?;
        let status = response.status().as_u16();
        let location = response.headers().get(LOCATION);
        let location = location.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let body = self.body(response).await?;
        Ok(Page { status, location, body, tls, certificate_ends, issuer, took: self.began.elapsed() })
    }

    async fn connect(&self, config: Arc<ClientConfig>) -> Result<TlsStream<TcpStream>, PortError> {
        let host = &self.asked.host;
        let unreachable = |why: &std::io::Error| {
            let (message, next) = match trust::tls_error(why) {
                Some(tls) => trust::explain(tls, host),
                None => trust::unreachable(why, host),
            };
            self.asked.failed(message, next)
        };
        let name = ServerName::try_from(host.clone()).map_err(|_| {
            self.asked.failed(format!("{host} is not a host's name"), "Check the address.".to_owned())
        })?;
        let tcp = TcpStream::connect((host.as_str(), self.asked.port));
        let tcp = self.within("a connection", tcp).await?.map_err(|why| unreachable(&why))?;
        let tls = TlsConnector::from(config).connect(name, tcp);
        self.within("the TLS handshake", tls).await?.map_err(|why| unreachable(&why))
    }

    async fn ask(
        &self,
        stream: TlsStream<TcpStream>,
        driver: &mut JoinSet<()>,
    ) -> Result<Response<Incoming>, PortError> {
        let broken = |why: hyper::Error| self.broken(&why);
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
        driver.spawn(async move {
            // What goes wrong shows at the request.
            let _ = connection.await;
        });
        let request = Request::get(&self.asked.path)
            .header(HOST, &self.asked.authority)
            .header(USER_AGENT, concat!("lifeboat/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "*/*")
            .header(CONNECTION, "close")
            .body(Empty::<Bytes>::new())
            .map_err(|why| self.asked.failed(why.to_string(), "Check the address.".to_owned()))?;
        self.within("an answer", sender.send_request(request)).await?.map_err(broken)
    }

    async fn body(&self, response: Response<Incoming>) -> Result<String, PortError> {
        let mut incoming = response.into_body();
        let mut body = Vec::new();
        while body.len() < BODY {
            let Some(frame) = self.within("the rest of the page", incoming.frame()).await? else { break };
            if let Ok(data) = frame.map_err(|why| self.broken(&why))?.into_data() {
                body.extend_from_slice(&data[..data.len().min(BODY - body.len())]);
            }
        }
        Ok(String::from_utf8_lossy(&body).into_owned())
    }

    fn broken(&self, why: &hyper::Error) -> PortError {
        let (message, next) = if why.is_parse() {
            ("what it answers is not HTTP".to_owned(), "Check the address and the port.")
        } else {
            (
                "it broke the connection off before the page was whole".to_owned(),
                "Check the front end's own log, then try again.",
            )
        };
        self.asked.failed(message, next.to_owned())
    }

    /// Waits for a part of the page, no longer than the whole may take.
    async fn within<T>(
        &self,
        part: impl fmt::Display,
        work: impl Future<Output = T>,
    ) -> Result<T, PortError> {
        tokio::time::timeout_at(self.began + self.limit, work).await.map_err(|_| {
            self.asked.failed(
                format!("{part} did not come within {}", crate::seconds(self.limit)),
                "Check the front end's load and the network, then try again.".to_owned(),
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_https_is_asked_and_no_secret_of_an_address_is_shown() {
        for (url, words) in [
            ("http://portal.example.com/", "not https://"),
            ("portal.example.com", "not https://"),
            ("https://", "not an address"),
            ("https://dana:hush@portal.example.com/?hush", "holds a user's name"),
            ("ftp://portal.example.com/?hush", "not https://"),
        ] {
            let Err(refused) = Asked::parse(url) else { panic!("{url} is asked") };
            assert!(refused.message.contains(words), "{url}: {refused}");
            assert!(!format!("{refused:?}").contains("hush"), "{refused:?}");
        }
        let asked = Asked::parse("https://[::1]:9311/health?token=hush").unwrap();
        assert_eq!((asked.host.as_str(), asked.port, asked.authority.as_str()), ("::1", 9311, "[::1]:9311"));
        assert_eq!(
            (asked.path.as_str(), asked.shown.as_str()),
            ("/health?token=hush", "https://[::1]:9311/health")
        );
    }
}
