//! Signed notes (C2SP signed-note) with Ed25519, and the keys they name.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The signature type of Ed25519 in a key id.
const ED25519: u8 = 1;
const DASH: &str = "— ";

/// The key that checkpoints are signed with. It is kept in the OS keychain only, and `Debug` shows none of it.
#[derive(Clone)]
pub struct Signer {
    key: SigningKey,
    verifier: Verifier,
}

/// The public half of a key: its name, and what checks its signatures. Written `name+id+base64`, as notes have it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Verifier {
    name: String,
    key: VerifyingKey,
}

/// Text that isn't a verifier key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is not a verifier key, such as lifeboat/1a2b3c4d+5e6f7a8b+AZ…; `lifeboat key` prints one")]
pub struct NotAKey;

/// Why a note isn't believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It has no text, blank line and signatures.
    #[error("it is not a signed note")]
    Malformed,
    /// The key did not sign it.
    #[error("it was not signed by the key {0}")]
    Unsigned(String),
    /// The signature is wrong.
    #[error("its text is not what the key {0} signed")]
    Wrong(String),
}

impl Signer {
    /// The key that these 32 secret bytes are, named `lifeboat/` and the first 8 hex digits of the SHA-256 of its public
    /// half.
    pub fn new(secret: &[u8; 32]) -> Self {
        let key = SigningKey::from_bytes(secret);
        let digest = Sha256::digest(key.verifying_key().as_bytes());
        let id: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        Self::named(format!("lifeboat/{id}"), key)
    }

    fn named(name: String, key: SigningKey) -> Self {
        let verifier = Verifier { name, key: key.verifying_key() };
        Self { key, verifier }
    }

    /// Its public half.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The 32 secret bytes, for the keychain and nowhere else.
    pub fn secret(&self) -> &[u8; 32] {
        self.key.as_bytes()
    }

    /// The note that says this text, which ends with a line feed.
    pub(crate) fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes()).to_bytes();
        let signature = STANDARD.encode([&self.verifier.id()[..], &signature].concat());
        format!("{text}\n{DASH}{} {signature}\n", self.verifier.name)
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Signer").field("verifier", &self.verifier).finish_non_exhaustive()
    }
}

impl Verifier {
    /// Its name, which is the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let digest = Sha256::new()
            .chain_update(&self.name)
            .chain_update([b'\n', ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        [digest[0], digest[1], digest[2], digest[3]]
    }

    /// What a note says, when this key signed it.
    ///
    /// # Errors
    /// Why it isn't believed.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        if note.chars().any(|c| c.is_ascii_control() && c != '\n') {
            return Err(NoteError::Malformed);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Malformed)?;
        let text = &note[..=text.len()];
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Malformed)?;
        let mut signed = false;
        for line in signatures.split('\n') {
            let (name, signature) =
                line.strip_prefix(DASH).and_then(|line| line.split_once(' ')).ok_or(NoteError::Malformed)?;
            let bytes = STANDARD.decode(signature).map_err(|_| NoteError::Malformed)?;
            let (id, signature) = bytes.split_at_checked(4).ok_or(NoteError::Malformed)?;
            if name == self.name && id == self.id() {
                let wrong = || NoteError::Wrong(self.name.clone());
                let signature = Signature::from_slice(signature).map_err(|_| wrong())?;
                self.key.verify_strict(text.as_bytes(), &signature).map_err(|_| wrong())?;
                signed = true;
            }
        }
        if signed { Ok(text) } else { Err(NoteError::Unsigned(self.name.clone())) }
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = u32::from_be_bytes(self.id());
        let key = STANDARD.encode([&[ED25519], &self.key.as_bytes()[..]].concat());
        write!(f, "{}+{id:08x}+{key}", self.name)
    }
}

impl FromStr for Verifier {
    type Err = NotAKey;

    fn from_str(text: &str) -> Result<Self, NotAKey> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(NotAKey);
        };
        let bytes = STANDARD.decode(key).map_err(|_| NotAKey)?;
        let Some((&ED25519, key)) = bytes.split_first() else { return Err(NotAKey) };
        let key = key.try_into().map_err(|_| NotAKey)?;
        let key = VerifyingKey::from_bytes(key).map_err(|_| NotAKey)?;
        let verifier = Self { name: name.to_owned(), key };
        // The id and the base64 are only right in one way.
        let sound = !name.is_empty() && !name.contains(char::is_whitespace) && verifier.to_string() == text;
        if sound { Ok(verifier) } else { Err(NotAKey) }
    }
}

impl TryFrom<String> for Verifier {
    type Error = NotAKey;

    fn try_from(text: String) -> Result<Self, NotAKey> {
        text.parse()
    }
}

impl From<Verifier> for String {
    fn from(verifier: Verifier) -> Self {
        verifier.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of golang.org/x/mod/sumdb/note, whose private key is public.
    const VERIFIER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
    const TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
    const SIGNATURE: &str =
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";

    fn note() -> String {
        format!("{TEXT}\n— PeterNeumann {SIGNATURE}\n")
    }

    #[test]
    fn a_note_is_signed_and_read_as_others_do() {
        let secret = STANDARD.decode(SECRET).unwrap();
        let key = SigningKey::from_bytes(secret[1..].try_into().unwrap());
        let signer = Signer::named("PeterNeumann".to_owned(), key);
        assert_eq!(signer.verifier().to_string(), VERIFIER);
        assert_eq!(signer.sign(TEXT), note());
        assert_eq!(VERIFIER.parse::<Verifier>().unwrap().open(&note()), Ok(TEXT));
        assert!(!format!("{signer:?}").contains(&format!("{:?}", &secret[1..])));
    }

    #[test]
    fn a_note_with_any_bit_changed_is_not_believed() {
        let verifier: Verifier = VERIFIER.parse().unwrap();
        let note = note();
        for at in 0..note.len() * 8 {
            let mut bytes = note.as_bytes().to_vec();
            bytes[at / 8] ^= 1 << (at % 8);
            let read = String::from_utf8(bytes);
            assert!(read.is_err() || verifier.open(&read.unwrap()).is_err(), "bit {at}");
        }
        for end in 0..note.len() {
            assert!(note.get(..end).is_none_or(|cut| verifier.open(cut).is_err()), "cut at {end}");
        }
    }

    #[test]
    fn signatures_of_others_are_passed_over() {
        let other = Signer::new(&[7; 32]);
        let both = format!("{}— PeterNeumann {SIGNATURE}\n", other.sign(TEXT));
        assert_eq!(VERIFIER.parse::<Verifier>().unwrap().open(&both), Ok(TEXT));
        assert_eq!(other.verifier().open(&both), Ok(TEXT));
        let unsigned = Signer::new(&[8; 32]).verifier().open(&both).unwrap_err();
        assert!(matches!(unsigned, NoteError::Unsigned(_)), "{unsigned}");
    }

    #[test]
    fn a_key_with_any_byte_changed_is_no_key() {
        for at in 0..VERIFIER.len() {
            let mut bytes = VERIFIER.as_bytes().to_vec();
            bytes[at] ^= 1;
            assert!(String::from_utf8(bytes).unwrap().parse::<Verifier>().is_err(), "byte {at}");
        }
    }
}
