//! Certificates for 127.0.0.1: of the front end and of the databases.

use action::environment::PRACTICE_CA;
use jiff::{Timestamp, ToSpan as _};
use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};

/// The key of the practice range's authority. No secret: nothing trusts it but the practice environment.
const PRACTICE_CA_KEY: &str = include_str!("practice-ca-key.pem");

/// Who signs a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Authority {
    /// The practice range's, which the practice environment trusts.
    Practice,
    /// One that nobody has heard of.
    Stranger,
}

/// A certificate for 127.0.0.1 and localhost, and its key.
pub(crate) struct Certificate {
    pub(crate) certificate: rcgen::Certificate,
    pub(crate) key: KeyPair,
}

impl Certificate {
    /// Makes one that is valid from yesterday for 90 days, as public authorities do.
    pub(crate) fn new(authority: Authority, now: Timestamp) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, "Lifeboat practice range");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let (year, month, date) = day(now, -1);
        params.not_before = rcgen::date_time_ymd(year, month, date);
        let (year, month, date) = day(now, 89);
        params.not_after = rcgen::date_time_ymd(year, month, date);
        let certificate = params.signed_by(&key, &authority.issuer()?)?;
        Ok(Self { certificate, key })
    }
}

impl Authority {
    fn issuer(self) -> Result<Issuer<'static, KeyPair>, rcgen::Error> {
        match self {
            Self::Practice => Issuer::from_ca_cert_pem(PRACTICE_CA, KeyPair::from_pem(PRACTICE_CA_KEY)?),
            Self::Stranger => {
                let mut params = CertificateParams::default();
                params.distinguished_name.push(DnType::CommonName, "A stranger");
                params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
                Ok(Issuer::new(params, KeyPair::generate()?))
            }
        }
    }
}

/// The day so many days from `now`.
fn day(now: Timestamp, days: i64) -> (i32, u8, u8) {
    let then = now.checked_add((days * 24).hours()).unwrap_or(now);
    let date = jiff::tz::TimeZone::UTC.to_datetime(then).date();
    (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
}
