//! `lifeboat keychain`: the keys of an environment that says `credentials: { keychain: NAME }`. Its database login is
//! [`login`]'s.
//!
//! No secret is ever an argument: arguments are seen by every program of the machine.

use std::io::{self, ErrorKind, IsTerminal, Write};

use action::environment::Credentials;
use aws::keychain::{self, AccessKey, KeychainError};
use engine::Home;

use crate::exit::{Error, Exit};
use crate::interrupts::Interrupts;
use crate::login;
use crate::say::say;
use crate::{Keychain, Output};

/// Does what is asked of the keychain.
pub(crate) async fn run(command: Keychain) -> Result<Exit, Error> {
    match command {
        Keychain::Set { env, database: true } => login::set(&env).await,
        Keychain::Remove { env, database: true } => login::remove(&env).await,
        Keychain::Status { env, database: true, format } => login::status(&env, format).await,
        Keychain::Set { env, .. } => set(&env).await,
        Keychain::Remove { env, .. } => remove(&env).await,
        Keychain::Status { env, format, .. } => status(&env, format).await,
    }
}

async fn set(env: &str) -> Result<Exit, Error> {
    let entry = entry(env)?;
    // Nobody should type keys that can't be kept.
    keychain::status().await?;
    let key = if io::stdin().is_terminal() {
        let Some(key) = ask(&entry)? else { return Ok(Exit::Interrupted) };
        key
    } else {
        read()?
    };
    if let Some(why) = fault(&key) {
        return Err(Error::Refused {
            what: format!("these keys can't be right: {why}"),
            next: "Nothing was stored. Try again with the keys as AWS gives them.".to_owned(),
        });
    }
    keychain::store(&entry, &key).await?;
    say!("The keychain keeps {} under {entry}, for the environment {env}.", about(&key));
    Ok(Exit::Done)
}

async fn remove(env: &str) -> Result<Exit, Error> {
    let entry = entry(env)?;
    keychain::delete(&entry).await?;
    say!("The keychain keeps nothing under {entry} any more.");
    Ok(Exit::Done)
}

async fn status(env: &str, format: Output) -> Result<Exit, Error> {
    let entry = entry(env)?;
    let found = keychain::load(&entry).await;
    if format == Output::Json {
        let key = found.as_ref().ok();
        let there = !matches!(found, Err(KeychainError::NoBus | KeychainError::NoService));
        say!(
            "{}",
            serde_json::json!({
                "entry": entry, "keychain": there,
                "access_key_id": key.map(|key| &key.access_key_id),
                "temporary": key.map(|key| key.session_token.is_some()),
            })
        );
    }
    let key = found?;
    if format == Output::Human {
        say!("The keychain keeps {} under {entry}.", about(&key));
    }
    Ok(Exit::Done)
}

/// The name that the environment's keys are kept under.
fn entry(env: &str) -> Result<String, Error> {
    let environment = aws::environments::load(env, Home::find()?.path())?;
    match environment.credentials {
        Credentials::Keychain(entry) => Ok(entry),
        _ => Err(Error::Refused {
            what: format!("the environment {env} does not take its keys from the keychain"),
            next: "Write `credentials: { keychain: NAME }` into its file if it should.".to_owned(),
        }),
    }
}

/// Asks at the terminal; what is secret is not shown. `None` when interrupted.
fn ask(entry: &str) -> Result<Option<AccessKey>, Error> {
    let mut stdout = io::stdout().lock();
    write!(stdout, "Keys for the keychain's entry {entry}; what is secret is not shown.\nAccess key id: ")
        .and_then(|()| stdout.flush())
        .map_err(Error::Terminal)?;
    let mut access_key_id = String::new();
    io::stdin().read_line(&mut access_key_id).map_err(Error::Terminal)?;
    // The prompt sends itself the signal: it must live to give the terminal back as it was.
    let _caught = Interrupts::catch().map_err(Error::Runtime)?;
    let Some(secret_access_key) = hidden("Secret access key: ")? else { return Ok(None) };
    let Some(token) = hidden("Session token (enter for none): ")? else { return Ok(None) };
    let token = token.trim().to_owned();
    Ok(Some(AccessKey {
        access_key_id: access_key_id.trim().to_owned(),
        secret_access_key: secret_access_key.trim().to_owned(),
        session_token: Some(token).filter(|token| !token.is_empty()),
    }))
}

/// A line that isn't shown; `None` when interrupted.
pub(crate) fn hidden(prompt: &str) -> Result<Option<String>, Error> {
    match rpassword::prompt_password(prompt) {
        Ok(typed) => Ok(Some(typed)),
        Err(why) if matches!(why.kind(), ErrorKind::Interrupted | ErrorKind::UnexpectedEof) => Ok(None),
        Err(why) => Err(Error::Terminal(why)),
    }
}

/// Reads standard input: the access key id, the secret access key and, for temporary keys, the session token, a
/// line each.
fn read() -> Result<AccessKey, Error> {
    let text = io::read_to_string(io::stdin().lock()).map_err(Error::Terminal)?;
    let mut lines = text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty());
    match (lines.next(), lines.next(), lines.next(), lines.next()) {
        (Some(access_key_id), Some(secret_access_key), session_token, None) => {
            Ok(AccessKey { access_key_id, secret_access_key, session_token })
        }
        _ => Err(Error::Usage {
            what: "standard input does not hold a pair of keys".to_owned(),
            next: "Write the access key id, the secret access key and, for temporary keys, the session token, a line \
                   each."
                .to_owned(),
        }),
    }
}

/// Why keys can't be right, without repeating any of them.
fn fault(key: &AccessKey) -> Option<&'static str> {
    let blank = |text: &str| text.is_empty() || text.contains(char::is_whitespace);
    if blank(&key.access_key_id) || blank(&key.secret_access_key) {
        return Some("one is empty or has a blank in it");
    }
    if !key.access_key_id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Some("the access key id has more in it than letters and digits; is it the secret?");
    }
    let temporary = key.access_key_id.starts_with("ASIA");
    (temporary && key.session_token.is_none())
        .then_some("keys that begin with ASIA are temporary and need their session token")
}

/// Keys, as far as they may be shown.
fn about(key: &AccessKey) -> String {
    let temporary = if key.session_token.is_some() { "temporary key" } else { "key" };
    format!("the {temporary} {}", key.access_key_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_cannot_be_right_are_refused_without_being_repeated() {
        for (id, secret, token, right) in [
            ("AKIAEXAMPLEEXAMPLE12", "se/cr+et", None, true),
            ("ASIAEXAMPLEEXAMPLE12", "se/cr+et", Some("token"), true),
            ("ASIAEXAMPLEEXAMPLE12", "se/cr+et", None, false),
            ("", "se/cr+et", None, false),
            ("AKIAEXAMPLEEXAMPLE12", "", None, false),
            ("AKIAEXAMPLEEXAMPLE12", "se cret", None, false),
            ("se/cr+et", "AKIAEXAMPLEEXAMPLE12", None, false),
        ] {
            let key = AccessKey {
                access_key_id: id.to_owned(),
                secret_access_key: secret.to_owned(),
                session_token: token.map(str::to_owned),
            };
            let why = fault(&key);
            assert_eq!(why.is_none(), right, "{id}");
            assert!(!why.unwrap_or_default().contains("se/cr"));
        }
    }
}
