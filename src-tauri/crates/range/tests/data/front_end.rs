//! The front end answers over TLS, on the port where S3 answers without.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::Arc;

use action::environment::PRACTICE_CA;
use range::{Range, RangeOptions};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::DOWN;

/// What `GET /` gives, with the certificate checked.
fn get(range: &Range, path: &str) -> String {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(PRACTICE_CA.as_bytes()).unwrap()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let address = range.ready().endpoints.portal.strip_prefix("https://").unwrap();
    let connection = ClientConnection::new(config, ServerName::try_from("127.0.0.1").unwrap()).unwrap();
    let mut stream = StreamOwned::new(connection, TcpStream::connect(address).unwrap());
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn it_shows_the_portal_or_that_it_is_down() {
    let empty = Range::start(RangeOptions::default()).unwrap();
    let page = get(&empty, "/");
    assert!(page.starts_with("HTTP/1.1 200 ") && page.contains("<h1>Veonics Portal</h1>"), "{page}");
    assert!(get(&empty, "/cards").starts_with("HTTP/1.1 404 "));
    let page = get(&DOWN, "/");
    assert!(page.starts_with("HTTP/1.1 503 "), "{page}");
    assert!(page.contains("The Veonics Portal is down for maintenance"), "{page}");
}

#[test]
fn the_same_port_answers_without_tls_as_before() {
    let empty = Range::start(RangeOptions::default()).unwrap();
    let mut stream = TcpStream::connect(empty.endpoint().strip_prefix("http://").unwrap()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert!(text.starts_with("HTTP/1.1 403 "), "{text}");
}
