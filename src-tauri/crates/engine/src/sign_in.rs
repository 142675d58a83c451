//! The second person: their passphrase, and the signature that it makes.
//!
//! A passphrase and the salt that the OS keychain keeps give an Ed25519 key (Argon2id, its recommended cost); the
//! keychain keeps its public half too. So a wrong passphrase is told, and nothing that is kept anywhere can sign: neither
//! the passphrase nor the key is written down. What it can't say is that a name is who it says: since when a person has
//! had their key on this machine stands beside each signature, and one that was made during the run stands out.

use argon2::Argon2;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use jiff::Timestamp;
use keychain::KeychainError;
use run::Signed;
use serde::{Deserialize, Serialize};

use crate::session::now;

/// The fewest letters that a passphrase has.
pub const SHORTEST: usize = 12;

/// What the keychain keeps of a person.
#[derive(Serialize, Deserialize)]
struct Kept {
    salt: String,
    key: String,
    since: Timestamp,
}

/// Why a person can't sign in. Nothing was approved.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    /// The passphrase is not theirs.
    #[error("that is not the passphrase of {0}; try again")]
    Wrong(String),
    /// They have none here.
    #[error(
        "{0} has no passphrase on this machine; give one with `lifeboat person set NAME`, or where the plan is approved"
    )]
    Unknown(String),
    /// They have one already.
    #[error(
        "{0} has a passphrase on this machine already; remove it first with `lifeboat person remove NAME`"
    )]
    Known(String),
    /// It is too short.
    #[error("a passphrase has at least {SHORTEST} letters; take a few words")]
    Short,
    /// A name is missing.
    #[error("say who signs in")]
    NoName,
    /// The keychain can't be used.
    #[error(
        "{0}. Without it nobody can sign in; a runbook that says `break_glass: true` lets one person go on alone"
    )]
    Keychain(KeychainError),
    /// The key can't be made.
    #[error("the key can't be made: {0}. Report this.")]
    Key(String),
}

/// Gives a person a passphrase on this machine, and says since when they have it.
///
/// # Errors
/// One that is too short, a person who has one, a keychain that can't be used.
pub async fn sign_up(name: &str, passphrase: &str) -> Result<Timestamp, SignInError> {
    let name = known(name)?;
    if passphrase.trim().chars().count() < SHORTEST {
        return Err(SignInError::Short);
    }
    if signed_up(name).await?.is_some() {
        return Err(SignInError::Known(name.to_owned()));
    }
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|why| SignInError::Key(why.to_string()))?;
    let key = key(passphrase, salt.to_vec()).await?;
    let key = STANDARD.encode(key.verifying_key().as_bytes());
    let kept = Kept { salt: STANDARD.encode(salt), key, since: now() };
    keychain::set(&entry(name), &kept).await.map_err(SignInError::Keychain)?;
    Ok(kept.since)
}

/// Since when a person has had a passphrase on this machine; `None` when they have none.
///
/// # Errors
/// A keychain that can't be used.
pub async fn signed_up(name: &str) -> Result<Option<Timestamp>, SignInError> {
    match keychain::get::<Kept>(&entry(known(name)?)).await {
        Ok(kept) => Ok(Some(kept.since)),
        Err(KeychainError::NoEntry { .. }) => Ok(None),
        Err(why) => Err(SignInError::Keychain(why)),
    }
}

/// Takes a person's passphrase from this machine.
///
/// # Errors
/// A person who has none; a keychain that can't be used.
pub async fn sign_off(name: &str) -> Result<(), SignInError> {
    let name = known(name)?;
    keychain::delete(&entry(name)).await.map_err(|why| unknown(name, why))
}

/// A person's signature under `text`.
///
/// # Errors
/// A passphrase that isn't theirs, a person who has none, a keychain that can't be used.
pub(crate) async fn sign(name: &str, passphrase: &str, text: &str) -> Result<Signed, SignInError> {
    let name = known(name)?;
    let kept: Kept = keychain::get(&entry(name)).await.map_err(|why| unknown(name, why))?;
    let salt = STANDARD.decode(&kept.salt).map_err(|why| SignInError::Key(why.to_string()))?;
    let key = key(passphrase, salt).await?;
    if STANDARD.encode(key.verifying_key().as_bytes()) != kept.key {
        return Err(SignInError::Wrong(name.to_owned()));
    }
    let signature = STANDARD.encode(key.sign(text.as_bytes()).to_bytes());
    Ok(Signed { key: kept.key, since: kept.since, signature })
}

fn known(name: &str) -> Result<&str, SignInError> {
    let name = name.trim();
    if name.is_empty() { Err(SignInError::NoName) } else { Ok(name) }
}

/// The keychain's entry of a person, of whose name [`known`] has taken the blanks; its case doesn't matter.
fn entry(name: &str) -> String {
    format!("person {}", name.to_lowercase())
}

fn unknown(name: &str, why: KeychainError) -> SignInError {
    match why {
        KeychainError::NoEntry { .. } => SignInError::Unknown(name.to_owned()),
        why => SignInError::Keychain(why),
    }
}

/// The key that a passphrase makes; it takes a moment on purpose.
async fn key(passphrase: &str, salt: Vec<u8>) -> Result<SigningKey, SignInError> {
    let passphrase = passphrase.trim().to_owned();
    let made = tokio::task::spawn_blocking(move || {
        let mut seed = [0; 32];
        let made = Argon2::default().hash_password_into(passphrase.as_bytes(), &salt, &mut seed);
        made.map(|()| SigningKey::from_bytes(&seed)).map_err(|why| why.to_string())
    });
    made.await.map_err(|why| SignInError::Key(why.to_string()))?.map_err(SignInError::Key)
}
