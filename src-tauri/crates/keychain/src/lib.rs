//! The OS keychain: Keychain Services, the Credential Manager or, on Linux, the Secret Service.
//!
//! Entries have the service `lifeboat`, and as user a name that says what they are; the secret is JSON. Windows keeps at
//! most 2,560 bytes in one.
//!
//! Calls block, so they run on tokio's blocking threads, one at a time: the stores don't like company.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use keyring::{Entry, Error};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The service that entries are kept under.
pub const SERVICE: &str = "lifeboat";

/// How long the keychain may take: a person may have to type its password.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why the keychain can't be used; each says what to do next, unless only who keeps the entry knows. Never what is in
/// it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// There is no session bus to reach the Secret Service by.
    #[error(
        "there is no keychain: this session has no D-Bus, which the keychain (Secret Service) is reached by; start \
         Lifeboat from a desktop session or under `dbus-run-session`"
    )]
    NoBus,
    /// Nothing on the bus keeps secrets.
    #[error(
        "there is no keychain: no Secret Service answers; install and start gnome-keyring, KWallet or KeePassXC, \
         then start Lifeboat again"
    )]
    NoService,
    /// It is locked, and nobody unlocked it.
    #[error("the keychain is locked; unlock it (it asks for its password when you sign in), then try again")]
    Locked,
    /// It didn't answer.
    #[error("the keychain did not answer for two minutes; look for its password window, then try again")]
    Silent,
    /// There is no such entry.
    #[error("the keychain has no entry {entry} of the service {SERVICE}")]
    NoEntry {
        /// The name.
        entry: String,
    },
    /// The entry isn't what is kept under that name.
    #[error("the keychain's entry {entry} of the service {SERVICE} is not what Lifeboat keeps there")]
    Malformed {
        /// The name.
        entry: String,
    },
    /// More than the keychain keeps in one entry.
    #[error("the keychain keeps at most {limit} characters in one entry, and this one is longer")]
    TooLong {
        /// The most it keeps.
        limit: u32,
    },
    /// Something else, in the keychain's own words.
    #[error("the keychain failed: {why}")]
    Other {
        /// What it said.
        why: String,
    },
}

/// Tells whether there is a keychain that can be used. A locked one only shows when it is used.
///
/// # Errors
/// Why there is none.
pub async fn status() -> Result<(), KeychainError> {
    blocking("", |_| Ok(())).await
}

/// Keeps a secret under a name, in place of any that was there.
///
/// # Errors
/// Why it couldn't be kept.
pub async fn set(entry: &str, secret: &impl Serialize) -> Result<(), KeychainError> {
    let Ok(secret) = serde_json::to_vec(secret) else {
        return Err(KeychainError::Malformed { entry: entry.to_owned() });
    };
    blocking(entry, move |entry| Entry::new(SERVICE, entry)?.set_secret(&secret)).await
}

/// Reads the secret kept under a name.
///
/// # Errors
/// Why it couldn't be read; [`KeychainError::NoEntry`] when there is none.
pub async fn get<T: DeserializeOwned>(entry: &str) -> Result<T, KeychainError> {
    let secret = blocking(entry, |entry| Entry::new(SERVICE, entry)?.get_secret()).await?;
    // What serde says of the mistake could quote the secret.
    serde_json::from_slice(&secret).map_err(|_| KeychainError::Malformed { entry: entry.to_owned() })
}

/// Forgets the secret kept under a name.
///
/// # Errors
/// Why it couldn't be forgotten; [`KeychainError::NoEntry`] when there is none.
pub async fn delete(entry: &str) -> Result<(), KeychainError> {
    blocking(entry, |entry| Entry::new(SERVICE, entry)?.delete_credential()).await
}

static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

async fn blocking<T: Send + 'static>(
    entry: &str,
    call: impl FnOnce(&str) -> Result<T, Error> + Send + 'static,
) -> Result<T, KeychainError> {
    let entry = entry.to_owned();
    let call = tokio::task::spawn_blocking(move || {
        let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(e) = Entry::store_status() {
            return Err(explain(&entry, e));
        }
        call(&entry).map_err(|e| explain(&entry, &e))
    });
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(KeychainError::Other { why: "it stopped in the middle of a call".to_owned() }),
        Err(_) => Err(KeychainError::Silent),
    }
}

/// Says what happened without the bytes that some of keyring's errors carry.
fn explain(entry: &str, error: &Error) -> KeychainError {
    let entry = entry.to_owned();
    match error {
        Error::NoEntry => KeychainError::NoEntry { entry },
        Error::BadEncoding(_) | Error::BadDataFormat(..) => KeychainError::Malformed { entry },
        Error::NoStorageAccess(_) => KeychainError::Locked,
        Error::TooLong(_, limit) => KeychainError::TooLong { limit: *limit },
        Error::Ambiguous(_) => {
            KeychainError::Other { why: format!("it has more than one entry {entry}; delete all but one") }
        }
        // The Secret Service's causes are only told apart by their words.
        Error::PlatformFailure(cause) => {
            let words = format!("{cause:?}");
            if words.contains("ServiceUnknown")
                || words.contains("NameHasNoOwner")
                || words.contains("Unavailable")
            {
                KeychainError::NoService
            } else if words.contains("NotFound")
                || words.contains("ConnectionRefused")
                || words.contains("InputOutput")
                || words.contains("Address")
            {
                KeychainError::NoBus
            } else {
                KeychainError::Other { why: cause.to_string() }
            }
        }
        Error::Invalid(what, why) => KeychainError::Other { why: format!("{what} {why}") },
        Error::BadStoreFormat(why) | Error::NotSupportedByStore(why) => {
            KeychainError::Other { why: why.clone() }
        }
        _ => KeychainError::Other { why: "there is none for this system".to_owned() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_broken_entry_held_is_not_told() {
        for error in [
            Error::BadEncoding(b"hush".to_vec()),
            Error::BadDataFormat(b"hush".to_vec(), Box::new(std::io::Error::other("hush"))),
        ] {
            let told = explain("dr", &error);
            assert_eq!(told, KeychainError::Malformed { entry: "dr".into() });
            assert!(!format!("{told} {told:?}").contains("hush"));
        }
    }
}
