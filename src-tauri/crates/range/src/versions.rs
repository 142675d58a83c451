//! One key's versions, and what S3 does to them: stacking, markers, and the one `null` version.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::alphabet::Alphabet;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use jiff::Timestamp;
use s3s::crypto::{self, Checksum as _};

use crate::marks::{Encryption, Marks};
use crate::store::StoreError;

/// What ids are written in: base64 without characters that a URL would encode.
const LETTERS: GeneralPurpose = GeneralPurpose::new(&ALPHABET, GeneralPurposeConfig::new());
const ALPHABET: Alphabet =
    match Alphabet::new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._") {
        Ok(alphabet) => alphabet,
        Err(_) => base64::alphabet::URL_SAFE,
    };

/// Whether a bucket keeps what is overwritten and deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Versioning {
    /// It never did: each key has one `null` version, and a delete is final.
    #[default]
    Never,
    /// Each write stacks a new version, each delete a marker.
    Enabled,
    /// Writes replace the `null` version; versions from before are kept.
    Suspended,
}

/// The id of one version of one key; `null` for those written while versioning was off.
///
/// Ids that the range gives are numbers in memory, and look like S3's on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VersionId(Id);

#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Id {
    /// 0 is `null`.
    Given(u64),
    /// What a client made up: no version has it.
    Foreign(Box<str>),
}

impl VersionId {
    /// The id of a version that was written while versioning was off.
    pub fn null() -> Self {
        Self(Id::Given(0))
    }

    /// The `n`th id that is given, from 1.
    pub(crate) fn given(n: u64) -> Self {
        Self(Id::Given(n))
    }

    /// Whether this is [`VersionId::null`].
    pub fn is_null(&self) -> bool {
        self.0 == Id::Given(0)
    }
}

/// Permutes the numbers of 64 bits, so that ids look unrelated and each still says which number it is.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
/// What undoes [`SPREAD`]: their product is 1.
const GATHER: u64 = 0xF1DE_83E1_9937_733D;

/// Thirty-two characters, as S3's.
fn letters(n: u64) -> [u8; 32] {
    let first = n.wrapping_mul(SPREAD);
    let second = (first ^ (first >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let third = (second ^ (second >> 32)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let mut bytes = [0; 24];
    for (into, part) in bytes.chunks_exact_mut(8).zip([first, second, third]) {
        into.copy_from_slice(&part.to_be_bytes());
    }
    let mut letters = [0; 32];
    // Twenty-four bytes are thirty-two characters exactly.
    let _ = LETTERS.encode_slice(bytes, &mut letters);
    letters
}

impl From<String> for VersionId {
    fn from(id: String) -> Self {
        if id == "null" {
            return Self::null();
        }
        let bytes = LETTERS.decode(&id).ok();
        let first = bytes.as_deref().and_then(|bytes| bytes.first_chunk());
        let n = first.map(|first| u64::from_be_bytes(*first).wrapping_mul(GATHER));
        match n.filter(|n| *n != 0 && letters(*n) == id.as_bytes()) {
            Some(n) => Self::given(n),
            None => Self(Id::Foreign(id.into())),
        }
    }
}

impl std::fmt::Display for VersionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Id::Given(0) => f.write_str("null"),
            Id::Given(n) => f.write_str(str::from_utf8(&letters(*n)).unwrap_or_default()),
            Id::Foreign(id) => f.write_str(id),
        }
    }
}

/// What an uploader says about an object; `REPLACE` replaces all of it and `COPY` copies all of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    /// `Content-Type`; S3 answers `binary/octet-stream` when none was given.
    pub content_type: Option<String>,
    /// `Cache-Control`.
    pub cache_control: Option<String>,
    /// `Content-Disposition`.
    pub content_disposition: Option<String>,
    /// `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// `Content-Language`.
    pub content_language: Option<String>,
    /// `Expires`.
    pub expires: Option<Timestamp>,
    /// `x-amz-meta-*`, without that prefix.
    pub metadata: BTreeMap<String, String>,
}

/// The checksum an object is kept with, besides its ETag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    /// S3's name of the algorithm, such as `CRC32`.
    pub algorithm: &'static str,
    /// The digest of the full object in base64, or of its parts' digests, as `…-N`.
    pub value: String,
}

impl Checksum {
    /// The checksum of some bytes.
    pub fn of(algorithm: &'static str, bytes: &[u8]) -> Self {
        let value = match algorithm {
            "CRC32" => STANDARD.encode(crypto::Crc32::checksum(bytes)),
            "CRC32C" => STANDARD.encode(crypto::Crc32c::checksum(bytes)),
            "SHA1" => STANDARD.encode(crypto::Sha1::checksum(bytes)),
            "SHA256" => STANDARD.encode(crypto::Sha256::checksum(bytes)),
            _ => STANDARD.encode(crypto::Crc64Nvme::checksum(bytes)),
        };
        Self { algorithm, value }
    }

    /// The checksum of the checksums of parts, each in base64.
    pub fn composite<'a>(algorithm: &'static str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts: Vec<_> = parts.into_iter().filter_map(|part| STANDARD.decode(part).ok()).collect();
        let whole = Self::of(algorithm, &parts.concat());
        Self { algorithm, value: format!("{}-{}", whole.value, parts.len()) }
    }

    /// Whether it is of the parts' checksums rather than of the full object.
    pub fn is_composite(&self) -> bool {
        self.value.contains('-')
    }
}

/// An object's content: shared, never changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The bytes, shared between a version and its copies.
    pub bytes: Bytes,
    /// The ETag, without quotes: an MD5, or `<md5>-<parts>` after a multipart upload.
    pub etag: String,
    /// What the uploader said about it.
    pub attributes: Attributes,
    /// Its storage class; `STANDARD` unless the uploader chose another.
    pub storage_class: String,
    /// Its checksum, when it has one.
    pub checksum: Option<Checksum>,
    /// How it is encrypted.
    pub encryption: Encryption,
    /// Where a website sends who asks for it.
    pub redirect: Option<String>,
}

/// One entry of a key's history.
#[derive(Debug, Clone)]
pub struct Version {
    /// Its id.
    pub id: VersionId,
    /// When it was written, in whole seconds as S3 tells it.
    pub last_modified: Timestamp,
    /// The object; `None` is a delete marker.
    pub object: Option<Arc<Object>>,
    /// Its tags. Unlike the object, they can be changed in place.
    pub tags: BTreeMap<String, String>,
    /// What else can be changed in place; most versions have none of it.
    pub marks: Option<Box<Marks>>,
}

impl Version {
    /// The object, or S3's refusal when this is a delete marker that was asked for by id.
    ///
    /// # Errors
    /// [`StoreError::IsDeleteMarker`].
    pub fn object(&self) -> Result<&Arc<Object>, StoreError> {
        self.object.as_ref().ok_or(StoreError::IsDeleteMarker { last_modified: self.last_modified })
    }
}

/// The history of one key, oldest first and never empty while a bucket holds it.
#[derive(Debug, Clone, Default)]
pub(crate) struct History(Vec<Version>);

impl History {
    /// Adds a version as S3 stacks it, and returns the `null` version it replaced.
    ///
    /// The place goes by `last_modified`: a multipart upload counts from when it was started, so one that
    /// completes late lies under what was written meanwhile.
    pub(crate) fn push(&mut self, version: Version) -> Option<Version> {
        let replaced = if version.id.is_null() { self.remove(&version.id) } else { None };
        let at = self.0.partition_point(|v| v.last_modified <= version.last_modified);
        // Most histories stay short, and there are a million of them: no room is kept for more.
        self.0.reserve_exact(1);
        self.0.insert(at, version);
        replaced
    }

    pub(crate) fn remove(&mut self, id: &VersionId) -> Option<Version> {
        let at = self.0.iter().position(|v| v.id == *id)?;
        Some(self.0.remove(at))
    }

    pub(crate) fn latest(&self) -> Option<&Version> {
        self.0.last()
    }

    pub(crate) fn get(&self, id: &VersionId) -> Option<&Version> {
        self.0.iter().find(|v| v.id == *id)
    }

    pub(crate) fn get_mut(&mut self, id: Option<&VersionId>) -> Option<&mut Version> {
        match id {
            Some(id) => self.0.iter_mut().find(|v| v.id == *id),
            None => self.0.last_mut(),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The versions as S3 lists them: most recently written first.
    pub(crate) fn newest_first(&self) -> impl Iterator<Item = &Version> {
        self.0.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_as_it_is_written() {
        let mut seen = std::collections::HashSet::new();
        for n in [1, 2, 3, 1_000_000, u64::MAX] {
            let id = VersionId::given(n);
            let text = id.to_string();
            assert_eq!((text.len(), VersionId::from(text.clone())), (32, id));
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'.' || b == b'_'), "{text}");
            assert!(seen.insert(text[..8].to_owned()));
        }
        for foreign in ["", "v1", "00000000-0000-4000-8000-000000000000", "nul"] {
            let id = VersionId::from(foreign.to_owned());
            assert_eq!((id.to_string().as_str(), id.is_null()), (foreign, false));
        }
        let mut tampered = VersionId::given(7).to_string();
        tampered.replace_range(31..32, if tampered.ends_with('A') { "B" } else { "A" });
        assert_ne!(VersionId::from(tampered), VersionId::given(7));
        assert_eq!(VersionId::from("null".to_owned()), VersionId::null());
    }

    #[test]
    fn a_version_is_small() {
        assert!(size_of::<VersionId>() <= 16 && size_of::<Version>() <= 80, "{}", size_of::<Version>());
    }
}
