//! Pages of a front end that the tests serve themselves.

use std::sync::Arc;
use std::time::{Duration, Instant};

use action::port::{FrontEnd, Page, PortError, PortErrorKind};
use portal::{Trust, Web};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use crate::certificates::{Authority, Leaf};
use crate::sessions::{fails, soon};

const LIMIT: Duration = Duration::from_secs(20);

/// How a front end answers.
#[derive(Clone)]
enum Answers {
    /// With this, and then it closes.
    With(String),
    /// With a page that has no end.
    Endlessly,
    /// With the beginning of a page, and then with silence.
    Slowly,
    /// Not at all.
    Never,
    /// In plain text.
    Plainly,
}

/// A front end, which ends with the test.
struct Site {
    port: u16,
    authority: Authority,
    folder: TempDir,
    _serving: JoinSet<()>,
}

impl Site {
    async fn start(answers: Answers, sign: impl FnOnce(&Authority) -> Leaf) -> Self {
        let authority = Authority::new("Test authority");
        let leaf = sign(&authority);
        let chain = vec![CertificateDer::from_pem_slice(leaf.certificate.as_bytes()).unwrap()];
        let key = PrivateKeyDer::from_pem_slice(leaf.key.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let mut calls = JoinSet::new();
            loop {
                let (mut tcp, _) = listener.accept().await.unwrap();
                let (acceptor, answers) = (acceptor.clone(), answers.clone());
                calls.spawn(async move {
                    if matches!(answers, Answers::Plainly) {
                        let _ = tcp.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
                        let _ = tcp.read(&mut [0; 1024]).await;
                    } else if let Ok(mut tls) = acceptor.accept(tcp).await {
                        answer(&mut tls, answers).await;
                    }
                });
            }
        });
        Self { port, authority, folder: tempfile::tempdir().unwrap(), _serving: serving }
    }

    async fn good(answers: Answers) -> Self {
        Self::start(answers, |authority| authority.sign("localhost", 2099)).await
    }

    async fn get(&self, path: &str, limit: Duration) -> Result<Page, PortError> {
        let web = Web::new(Trust::File(self.authority.file(self.folder.path(), "ca.pem")));
        soon(web.get(&format!("https://localhost:{}{path}", self.port), limit)).await
    }
}

async fn answer(tls: &mut (impl AsyncReadExt + AsyncWriteExt + Unpin), answers: Answers) {
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let Ok(byte) = tls.read_u8().await else { return };
        request.push(byte);
    }
    match answers {
        Answers::With(page) => {
            let page = page.replace("{request}", &String::from_utf8_lossy(&request));
            let _ = tls.write_all(page.as_bytes()).await;
            let _ = tls.shutdown().await;
        }
        Answers::Endlessly => {
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while tls.write_all(&[b'x'; 8192]).await.is_ok() {}
        }
        Answers::Slowly => {
            let _ = tls.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nVeonics").await;
            let _ = tls.flush().await;
            std::future::pending::<()>().await;
        }
        Answers::Never | Answers::Plainly => std::future::pending().await,
    }
}

#[tokio::test]
async fn a_page_comes_with_what_its_connection_tells() {
    let site =
        Site::good(Answers::With("HTTP/1.1 200 OK\r\n\r\n<h1>Veonics Portal</h1>\n{request}".into())).await;
    let page = site.get("/health?deep=1#top", LIMIT).await.unwrap();
    assert_eq!((page.status, &page.location, page.tls.as_str()), (200, &None, "TLSv1.3"));
    assert!(page.body.starts_with("<h1>Veonics Portal</h1>"), "{}", page.body);
    assert!(page.body.contains("GET /health?deep=1 HTTP/1.1\r\n"), "{}", page.body);
    assert!(page.body.contains(&format!("host: localhost:{}\r\n", site.port)), "{}", page.body);
    assert_eq!(page.issuer, "Test authority");
    assert_eq!(page.certificate_ends, "2099-12-31T00:00:00Z".parse().unwrap());
    assert!(page.took > Duration::ZERO && page.took < LIMIT);
}

#[tokio::test]
async fn a_redirect_is_told_and_not_followed_and_a_failing_page_is_a_page() {
    let site = Site::good(Answers::With(
        "HTTP/1.1 302 Found\r\nLocation: https://elsewhere.invalid/\r\nContent-Length: 0\r\n\r\n".into(),
    ))
    .await;
    let page = site.get("/", LIMIT).await.unwrap();
    assert_eq!((page.status, page.location.as_deref()), (302, Some("https://elsewhere.invalid/")));
    let site = Site::good(Answers::With("HTTP/1.1 503 Service Unavailable\r\n\r\nMaintenance".into())).await;
    let page = site.get("/", LIMIT).await.unwrap();
    assert_eq!((page.status, page.body.as_str()), (503, "Maintenance"));
}

#[tokio::test]
async fn a_certificate_that_does_not_fit_is_told() {
    let page = || Answers::With("HTTP/1.1 200 OK\r\n\r\n".into());
    let site = Site::start(page(), |authority| authority.sign("localhost", 2024)).await;
    let words = ["GET on https://localhost", "out of date since 2024-12-31T00:00:00Z", "Nothing was sent"];
    fails(site.get("/?token=hush", LIMIT).await, PortErrorKind::Unreachable, &words);
    let site = Site::start(page(), |authority| authority.sign("portal.example.com", 2099)).await;
    fails(site.get("/", LIMIT).await, PortErrorKind::Unreachable, &["is not for localhost"]);
    let site = Site::start(page(), |_| Authority::new("Another authority").sign("localhost", 2099)).await;
    fails(site.get("/", LIMIT).await, PortErrorKind::Unreachable, &["issuer is not trusted here"]);
}

#[tokio::test]
async fn the_systems_roots_do_not_know_an_authority_of_a_test() {
    let site = Site::good(Answers::With("HTTP/1.1 200 OK\r\n\r\n".into())).await;
    let page = soon(Web::new(Trust::Usual).get(&format!("https://localhost:{}/", site.port), LIMIT)).await;
    let why = page.expect_err("it is not trusted");
    assert!(
        why.message.contains("issuer is not trusted") || why.message.contains("no root certificates"),
        "{why}"
    );
}

#[tokio::test]
async fn an_endless_page_is_cut_and_a_slow_one_given_up() {
    let page = Site::good(Answers::Endlessly).await.get("/", LIMIT).await.unwrap();
    assert_eq!(page.body.len(), 1024 * 1024);
    let began = Instant::now();
    let limit = Duration::from_millis(500);
    let words = ["the rest of the page did not come within 0.5 s"];
    fails(Site::good(Answers::Slowly).await.get("/", limit).await, PortErrorKind::Unreachable, &words);
    let words = ["an answer did not come within 0.5 s"];
    fails(Site::good(Answers::Never).await.get("/", limit).await, PortErrorKind::Unreachable, &words);
    assert!(began.elapsed() < LIMIT, "{:?}", began.elapsed());
}

#[tokio::test]
async fn what_does_not_speak_tls_or_http_or_is_not_there_is_told() {
    let site = Site::good(Answers::Plainly).await;
    fails(site.get("/", LIMIT).await, PortErrorKind::Unreachable, &["does not speak TLS"]);
    let site = Site::good(Answers::With("220 mail.example.com ESMTP\r\n".into())).await;
    fails(site.get("/", LIMIT).await, PortErrorKind::Unreachable, &["is not HTTP"]);
    let site =
        Site::good(Answers::With("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nVeonics".into())).await;
    fails(site.get("/", LIMIT).await, PortErrorKind::Unreachable, &["broke the connection off"]);

    let web = Web::new(Trust::Practice);
    let nowhere = format!("https://localhost:{}/", crate::process::free_port());
    fails(soon(web.get(&nowhere, LIMIT)).await, PortErrorKind::Unreachable, &["refuses connections"]);
    let words = ["the name portal.invalid is not known"];
    fails(soon(web.get("https://portal.invalid/", LIMIT)).await, PortErrorKind::Unreachable, &words);
    fails(soon(web.get("http://localhost/", LIMIT)).await, PortErrorKind::Other, &["not https://"]);
}
