//! AWS keys and database logins in the OS keychain: Keychain Services, the Credential Manager or, on Linux, the Secret
//! Service.
//!
//! Entries have the service `lifeboat`, and as user the name that the environment file gives; ` (database)` follows it
//! for a login, so that keys and a login of one name don't meet. The secret is JSON: `access_key_id`,
//! `secret_access_key` and, for temporary keys, `session_token`; or `user` and `password`. Windows keeps at most 2,560
//! bytes, which some session tokens exceed.
//!
//! Calls block, so they run on tokio's blocking threads, one at a time: the stores don't like company.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use keyring::{Entry, Error};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub use crate::credentials::AccessKey;
pub use portal::Login;

/// The service that entries are kept under.
pub const SERVICE: &str = "lifeboat";

/// How long the keychain may take: a person may have to type its password.
const PATIENCE: Duration = Duration::from_secs(120);

/// Why the keychain can't be used; each says what to do next. Never what is in it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeychainError {
    /// There is no session bus to reach the Secret Service by.
    #[error(
        "there is no keychain: this session has no D-Bus, which the keychain (Secret Service) is reached by; start \
         Lifeboat from a desktop session or under `dbus-run-session`, or use `credentials: {{ profile: … }}`"
    )]
    NoBus,
    /// Nothing on the bus keeps secrets.
    #[error(
        "there is no keychain: no Secret Service answers; install and start gnome-keyring, KWallet or KeePassXC, \
         then start Lifeboat again, or use `credentials: {{ profile: … }}`"
    )]
    NoService,
    /// It is locked, and nobody unlocked it.
    #[error("the keychain is locked; unlock it (it asks for its password when you sign in), then try again")]
    Locked,
    /// It didn't answer.
    #[error("the keychain did not answer for two minutes; look for its password window, then try again")]
    Silent,
    /// There is no such entry.
    #[error(
        "the keychain has no entry {entry} of the service {SERVICE}; store {} with `lifeboat keychain set --env \
         ENVIRONMENT{}`, or name another entry in the environment file",
        if is_login(.entry) { "the login" } else { "the keys" },
        if is_login(.entry) { " --database" } else { "" }
    )]
    NoEntry {
        /// The name.
        entry: String,
    },
    /// The entry isn't a pair of keys, or a login.
    #[error(
        "the keychain's entry {entry} is not {}`",
        if is_login(.entry) {
            "a login (JSON with user and password); store it again with `lifeboat keychain set --env ENVIRONMENT \
             --database"
        } else {
            "a pair of AWS keys (JSON with access_key_id and secret_access_key); store them again with `lifeboat \
             keychain set --env ENVIRONMENT"
        }
    )]
    Malformed {
        /// The name.
        entry: String,
    },
    /// More than the keychain keeps in one entry.
    #[error(
        "the keychain keeps at most {limit} characters in one entry, and these keys are longer; use keys without a \
         session token, or `credentials: {{ profile: … }}`"
    )]
    TooLong {
        /// The most it keeps.
        limit: u32,
    },
    /// Something else, in the keychain's own words.
    #[error("the keychain failed: {why}; use `credentials: {{ profile: … }}` meanwhile")]
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

/// Keeps keys under a name, in place of any that were there.
///
/// # Errors
/// Why they couldn't be kept.
pub async fn store(entry: &str, key: &AccessKey) -> Result<(), KeychainError> {
    set(entry, key).await
}

/// Reads the keys kept under a name.
///
/// # Errors
/// Why they couldn't be read; [`KeychainError::NoEntry`] when there are none.
pub async fn load(entry: &str) -> Result<AccessKey, KeychainError> {
    get(entry).await
}

/// Forgets the keys kept under a name.
///
/// # Errors
/// Why they couldn't be forgotten; [`KeychainError::NoEntry`] when there are none.
pub async fn delete(entry: &str) -> Result<(), KeychainError> {
    blocking(entry, |entry| Entry::new(SERVICE, entry)?.delete_credential()).await
}

const DATABASE: &str = " (database)";

/// The entry that the login of a name is kept under.
pub fn login_entry(name: &str) -> String {
    format!("{name}{DATABASE}")
}

fn is_login(entry: &str) -> bool {
    entry.ends_with(DATABASE)
}

/// Keeps a database login under a name, in place of any that was there.
///
/// # Errors
/// Why it couldn't be kept.
pub async fn store_login(name: &str, login: &Login) -> Result<(), KeychainError> {
    set(&login_entry(name), login).await
}

/// Reads the database login kept under a name.
///
/// # Errors
/// Why it couldn't be read; [`KeychainError::NoEntry`] when there is none.
pub async fn load_login(name: &str) -> Result<Login, KeychainError> {
    get(&login_entry(name)).await
}

/// Forgets the database login kept under a name.
///
/// # Errors
/// Why it couldn't be forgotten; [`KeychainError::NoEntry`] when there is none.
pub async fn delete_login(name: &str) -> Result<(), KeychainError> {
    delete(&login_entry(name)).await
}

async fn set(entry: &str, secret: &impl Serialize) -> Result<(), KeychainError> {
    let Ok(secret) = serde_json::to_vec(secret) else {
        return Err(KeychainError::Malformed { entry: entry.to_owned() });
    };
    blocking(entry, move |entry| Entry::new(SERVICE, entry)?.set_secret(&secret)).await
}

async fn get<T: DeserializeOwned>(entry: &str) -> Result<T, KeychainError> {
    let secret = blocking(entry, |entry| Entry::new(SERVICE, entry)?.get_secret()).await?;
    // What serde says of the mistake could quote the secret.
    serde_json::from_slice(&secret).map_err(|_| KeychainError::Malformed { entry: entry.to_owned() })
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
