//! Which certificates are trusted, and why one is not, in words.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use action::environment::PRACTICE_CA;
use rustls::CertificateError;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// What a certificate of the far side is held against.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// What fits the far side: Amazon RDS's own roots for a database, this machine's for a front end.
    Usual,
    /// The certificates in a file (PEM), in place of those.
    File(PathBuf),
    /// The practice range's.
    Practice,
}

/// Why the certificates to trust can't be had: a message, and what to do next.
#[derive(Debug)]
pub(crate) struct NoRoots {
    pub(crate) message: String,
    pub(crate) next: String,
}

impl Trust {
    /// The certificates as PEM; `None` for the usual ones.
    pub(crate) async fn pem(&self) -> Result<Option<Vec<u8>>, NoRoots> {
        let path = match self {
            Self::Usual => return Ok(None),
            Self::Practice => return Ok(Some(PRACTICE_CA.as_bytes().to_vec())),
            Self::File(path) => path,
        };
        let unfit = |why: String| NoRoots {
            message: format!("the certificates to trust, {}, {why}", path.display()),
            next: "Correct `ca:` in the environment file; it names a file of certificates (PEM).".to_owned(),
        };
        let pem = tokio::fs::read(path).await.map_err(|why| unfit(format!("can't be read ({why})")))?;
        match certificates(&pem) {
            Some(found) if !found.is_empty() => Ok(Some(pem)),
            _ => Err(unfit("hold no certificate, or a broken one".to_owned())),
        }
    }
}

/// Every certificate of a PEM text; `None` when one is broken.
pub(crate) fn certificates(pem: &[u8]) -> Option<Vec<CertificateDer<'static>>> {
    CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().ok()
}

/// What TLS itself says of a connection that failed, when it was TLS.
pub(crate) fn tls_error(error: &io::Error) -> Option<&rustls::Error> {
    let inner: &(dyn Error + 'static) = error.get_ref()?;
    inner.downcast_ref()
}

/// What went wrong with TLS, without a full stop, and what to do next.
pub(crate) fn explain(error: &rustls::Error, host: &str) -> (String, String) {
    let (message, next) = match error {
        rustls::Error::InvalidCertificate(why) => return certificate(why, host),
        rustls::Error::InvalidMessage(_) => (
            "what answers there does not speak TLS".to_owned(),
            "Nothing was sent. Check the address and the port.",
        ),
        rustls::Error::PeerIncompatible(_) | rustls::Error::AlertReceived(_) => (
            format!("TLS could not be agreed on ({error})"),
            "Nothing was sent. The far side must speak TLS 1.2 or 1.3.",
        ),
        _ => (format!("TLS failed ({error})"), "Nothing was sent. Check the address and the port."),
    };
    (message, next.to_owned())
}

fn certificate(error: &CertificateError, host: &str) -> (String, String) {
    let message = match error {
        CertificateError::Expired => "its certificate is out of date".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            let ended = i64::try_from(not_after.as_secs()).ok();
            let ended = ended.and_then(|secs| jiff::Timestamp::from_second(secs).ok());
            let ended = ended.map(|ended| format!(" since {ended}")).unwrap_or_default();
            format!("its certificate is out of date{ended}")
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet".to_owned()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            format!("its certificate is not for {host}")
        }
        CertificateError::UnknownIssuer => "its certificate's issuer is not trusted here".to_owned(),
        CertificateError::Revoked => "its certificate is revoked".to_owned(),
        other => format!("its certificate does not fit ({other})"),
    };
    let next = match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "Nothing was sent. Have the certificate renewed; if it is not old, correct this machine's clock."
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "Nothing was sent. Correct this machine's clock."
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "Nothing was sent. Use the name that the certificate is for; if you do, something else answers in its \
             place."
        }
        _ => {
            "Nothing was sent. If another authority signs it on purpose, name its certificate with `ca:` in the \
             environment file; if not, something else answers in its place."
        }
    };
    (message, next.to_owned())
}

/// What kept a connection from being opened, or broke it, below TLS: without a full stop, and what to do next.
pub(crate) fn unreachable(error: &io::Error, host: &str) -> (String, String) {
    use io::ErrorKind::{
        BrokenPipe, ConnectionAborted, ConnectionRefused, ConnectionReset, HostUnreachable, NetworkDown,
        NetworkUnreachable, TimedOut, UnexpectedEof,
    };
    let (message, next) = match error.kind() {
        ConnectionRefused => (
            "it refuses connections".to_owned(),
            "Check that it runs, that the port is right, and that its security group lets this machine in.",
        ),
        ConnectionReset | ConnectionAborted | BrokenPipe | UnexpectedEof => (
            "the connection broke".to_owned(),
            "Check that the far side still runs and that the network holds, then try again.",
        ),
        HostUnreachable | NetworkUnreachable | NetworkDown => (
            "there is no way to it from this network".to_owned(),
            "Check the network and the VPN, then try again.",
        ),
        TimedOut => (
            "it does not answer".to_owned(),
            "Check the network and the VPN, and that its security group lets this machine in.",
        ),
        // The standard library has no kind for it.
        _ if error.to_string().contains("lookup address") => (
            format!("the name {host} is not known"),
            "Check the name, the network and the VPN, then try again.",
        ),
        _ => (format!("the connection failed ({error})"), "Check the network, then try again."),
    };
    (message, next.to_owned())
}
