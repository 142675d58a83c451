//! `lifeboat keychain … --database`: the login of an environment that says `database.login: { keychain: NAME }`.

use std::io::{self, IsTerminal, Write};

use action::environment;
use aws::keychain::{self, KeychainError, Login};
use engine::Home;

use crate::Output;
use crate::exit::{Error, Exit};
use crate::interrupts::Interrupts;
use crate::keychain::hidden;
use crate::say::say;

pub(crate) async fn set(env: &str) -> Result<Exit, Error> {
    let name = name(env)?;
    // Nobody should type a password that can't be kept.
    keychain::status().await?;
    let login = if io::stdin().is_terminal() {
        let Some(login) = ask(&name)? else { return Ok(Exit::Interrupted) };
        login
    } else {
        read()?
    };
    if login.user.is_empty() || login.password.is_empty() {
        return Err(Error::Refused {
            what: "this login can't be right: the user or the password is empty".to_owned(),
            next: "Nothing was stored. Try again with both.".to_owned(),
        });
    }
    keychain::store_login(&name, &login).await?;
    let entry = keychain::login_entry(&name);
    say!("The keychain keeps the login of {} under {entry}, for the environment {env}.", login.user);
    Ok(Exit::Done)
}

pub(crate) async fn remove(env: &str) -> Result<Exit, Error> {
    let name = name(env)?;
    keychain::delete_login(&name).await?;
    say!("The keychain keeps nothing under {} any more.", keychain::login_entry(&name));
    Ok(Exit::Done)
}

pub(crate) async fn status(env: &str, format: Output) -> Result<Exit, Error> {
    let name = name(env)?;
    let entry = keychain::login_entry(&name);
    let found = keychain::load_login(&name).await;
    if format == Output::Json {
        let there = !matches!(found, Err(KeychainError::NoBus | KeychainError::NoService));
        let user = found.as_ref().ok().map(|login| &login.user);
        say!("{}", serde_json::json!({ "entry": entry, "keychain": there, "user": user }));
    }
    let login = found?;
    if format == Output::Human {
        say!("The keychain keeps the login of {} under {entry}.", login.user);
    }
    Ok(Exit::Done)
}

/// The name that the environment gives to its database login.
fn name(env: &str) -> Result<String, Error> {
    let environment = aws::environments::load(env, Home::find()?.path())?;
    match environment.database.and_then(|database| database.login) {
        Some(environment::Login::Keychain(name)) => Ok(name),
        _ => Err(Error::Refused {
            what: format!("the environment {env} does not take its database login from the keychain"),
            next: "Write `login: { keychain: NAME }` under `database:` in its file if it should.".to_owned(),
        }),
    }
}

/// Asks at the terminal; the password is not shown. `None` when interrupted.
fn ask(name: &str) -> Result<Option<Login>, Error> {
    let mut stdout = io::stdout().lock();
    let entry = keychain::login_entry(name);
    write!(stdout, "Login for the keychain's entry {entry}; the password is not shown.\nUser: ")
        .and_then(|()| stdout.flush())
        .map_err(Error::Terminal)?;
    let mut user = String::new();
    io::stdin().read_line(&mut user).map_err(Error::Terminal)?;
    // The prompt sends itself the signal: it must live to give the terminal back as it was.
    let _caught = Interrupts::catch().map_err(Error::Runtime)?;
    let Some(password) = hidden("Password: ")? else { return Ok(None) };
    Ok(Some(Login { user: user.trim().to_owned(), password }))
}

/// Reads standard input: the user and the password, a line each. A password may begin or end with blanks.
fn read() -> Result<Login, Error> {
    let text = io::read_to_string(io::stdin().lock()).map_err(Error::Terminal)?;
    let mut lines = text.lines();
    match (lines.next(), lines.next(), lines.next()) {
        (Some(user), Some(password), None) => {
            Ok(Login { user: user.trim().to_owned(), password: password.to_owned() })
        }
        _ => Err(Error::Usage {
            what: "standard input does not hold a login".to_owned(),
            next: "Write the user and the password, a line each.".to_owned(),
        }),
    }
}
