//! AWS keys and database logins in the OS keychain.
//!
//! An entry's name is the one that the environment file gives; ` (database)` follows it for a login, so that keys and a
//! login of one name don't meet. The secret is JSON: `access_key_id`, `secret_access_key` and, for temporary keys,
//! `session_token`, which on Windows can be more than an entry keeps; or `user` and `password`.

pub use keychain::{KeychainError, SERVICE, status};

pub use crate::credentials::AccessKey;
pub use portal::Login;

/// Says why keys or a login couldn't be kept or read, and what to do next.
pub fn told(why: &KeychainError) -> String {
    match why {
        KeychainError::NoBus | KeychainError::NoService => {
            format!("{why}, or use `credentials: {{ profile: … }}`")
        }
        KeychainError::Locked | KeychainError::Silent => why.to_string(),
        KeychainError::NoEntry { entry } => {
            let (what, option) = if is_login(entry) { ("login", " --database") } else { ("keys", "") };
            format!(
                "{why}; store the {what} with `lifeboat keychain set --env ENVIRONMENT{option}`, or name another entry \
                 in the environment file"
            )
        }
        KeychainError::Malformed { entry } if is_login(entry) => format!(
            "the keychain's entry {entry} is not a login (JSON with user and password); store it again with `lifeboat \
             keychain set --env ENVIRONMENT --database`"
        ),
        KeychainError::Malformed { entry } => format!(
            "the keychain's entry {entry} is not a pair of AWS keys (JSON with access_key_id and secret_access_key); \
             store them again with `lifeboat keychain set --env ENVIRONMENT`"
        ),
        KeychainError::TooLong { limit } => format!(
            "the keychain keeps at most {limit} characters in one entry, and these keys are longer; use keys without a \
             session token, or `credentials: {{ profile: … }}`"
        ),
        KeychainError::Other { .. } => format!("{why}; use `credentials: {{ profile: … }}` meanwhile"),
    }
}

/// Keeps keys under a name, in place of any that were there.
///
/// # Errors
/// Why they couldn't be kept.
pub async fn store(entry: &str, key: &AccessKey) -> Result<(), KeychainError> {
    keychain::set(entry, key).await
}

/// Reads the keys kept under a name.
///
/// # Errors
/// Why they couldn't be read; [`KeychainError::NoEntry`] when there are none.
pub async fn load(entry: &str) -> Result<AccessKey, KeychainError> {
    keychain::get(entry).await
}

/// Forgets the keys kept under a name.
///
/// # Errors
/// Why they couldn't be forgotten; [`KeychainError::NoEntry`] when there are none.
pub async fn delete(entry: &str) -> Result<(), KeychainError> {
    keychain::delete(entry).await
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
    keychain::set(&login_entry(name), login).await
}

/// Reads the database login kept under a name.
///
/// # Errors
/// Why it couldn't be read; [`KeychainError::NoEntry`] when there is none.
pub async fn load_login(name: &str) -> Result<Login, KeychainError> {
    keychain::get(&login_entry(name)).await
}

/// Forgets the database login kept under a name.
///
/// # Errors
/// Why it couldn't be forgotten; [`KeychainError::NoEntry`] when there is none.
pub async fn delete_login(name: &str) -> Result<(), KeychainError> {
    keychain::delete(&login_entry(name)).await
}
