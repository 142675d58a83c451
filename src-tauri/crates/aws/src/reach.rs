//! The ports of the Portal itself, with the roots and the login that an environment names.

use std::sync::Arc;

use action::Environment;
use action::environment::{self, PRACTICE_LOGIN};
use action::port::{PortError, PortErrorKind, Ports};
use portal::{AskLogin, Login, Trust, Web};

use crate::keychain::{self, KeychainError};

/// Puts the Portal's database, when the environment has one, and its front end among the ports. Reads and sends nothing:
/// the login is asked of the keychain each time that a session opens.
pub(crate) fn the_portal(environment: &Environment, ports: &mut Ports) {
    let trust = |ca: Option<&String>| match ca {
        Some(file) => Trust::File(file.into()),
        None if environment.is_practice() => Trust::Practice,
        None => Trust::Usual,
    };
    let ca = environment.portal.as_ref().and_then(|portal| portal.ca.as_ref());
    ports.front_end = Arc::new(Web::new(trust(ca)));
    if let Some(database) = &environment.database {
        let (roots, login) = (trust(database.ca.as_ref()), login(database.login.clone()));
        let schema = database.schema.as_deref();
        ports.sql = Arc::new(portal::Database::new(&database.engine, schema, roots, login));
    }
}

fn login(source: Option<environment::Login>) -> AskLogin {
    Arc::new(move || {
        let source = source.clone();
        Box::pin(async move {
            match source {
                Some(environment::Login::Practice(_)) => {
                    let (user, password) = PRACTICE_LOGIN;
                    Ok(Login { user: user.to_owned(), password: password.to_owned() })
                }
                Some(environment::Login::Keychain(name)) => {
                    keychain::load_login(&name).await.map_err(|why| refused(&name, &why))
                }
                None => Err(failed(
                    "the environment",
                    "it names no login for the database",
                    "Write `database.login: { keychain: NAME }` into its file, and store the login with `lifeboat \
                     keychain set --env ENVIRONMENT --database`.",
                )),
            }
        })
    })
}

/// Why the keychain gave no login.
fn refused(name: &str, why: &KeychainError) -> PortError {
    let said = why.to_string();
    let message = said.split_once("; ").map_or(said.as_str(), |(message, _)| message);
    let next = match why {
        KeychainError::NoEntry { .. } | KeychainError::Malformed { .. } => {
            "Store the login with `lifeboat keychain set --env ENVIRONMENT --database`, then try again."
        }
        _ => "Start Lifeboat from a desktop session whose keychain is unlocked, then try again.",
    };
    failed(&keychain::login_entry(name), message, next)
}

fn failed(target: &str, message: &str, next: &str) -> PortError {
    PortError {
        kind: PortErrorKind::Credentials,
        operation: "login".to_owned(),
        target: target.to_owned(),
        message: message.to_owned(),
        request_id: None,
        next: next.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_practice_login_is_known_and_without_one_it_says_what_to_write() {
        let found = login(Some(environment::Login::Practice(true)))().await.unwrap();
        assert_eq!((found.user.as_str(), found.password.as_str()), PRACTICE_LOGIN);
        let why = login(None)().await.unwrap_err();
        assert_eq!(why.kind, PortErrorKind::Credentials);
        assert!(why.next.contains("database.login"), "{why}");
    }

    #[test]
    fn a_login_that_the_keychain_lacks_is_named_with_the_command_that_stores_it() {
        let why = refused("dr", &KeychainError::NoEntry { entry: keychain::login_entry("dr") });
        assert!(why.to_string().contains("no entry dr (database)"), "{why}");
        assert!(why.to_string().ends_with("--database`, then try again."), "{why}");
        assert!(!refused("dr", &KeychainError::NoBus).to_string().contains("profile"));
    }
}
