//! `lifeboat person`: who can sign in on this machine to approve a plan. No passphrase is ever an argument.

use std::io::{self, IsTerminal};

use engine::SignInError;

use crate::exit::{Error, Exit};
use crate::interrupts::Interrupts;
use crate::keychain::hidden;
use crate::say::say;
use crate::{Output, Person};

/// Does what is asked.
pub(crate) async fn run(command: Person) -> Result<Exit, Error> {
    match command {
        Person::Set { name } => {
            if engine::signed_up(&name).await?.is_some() {
                return Err(SignInError::Known(name).into());
            }
            let Some(passphrase) = chosen(&name)? else { return Ok(Exit::Interrupted) };
            let since = engine::sign_up(&name, &passphrase).await?;
            say!("{name} can sign in on this machine since {}.", since.strftime("%Y-%m-%d %H:%M:%S UTC"));
        }
        Person::Remove { name } => {
            engine::sign_off(&name).await?;
            say!("{name} can't sign in on this machine any more.");
        }
        Person::Status { name, format } => {
            let since = engine::signed_up(&name).await?;
            if format == Output::Json {
                say!("{}", serde_json::json!({"name": name, "since": since}));
            }
            let Some(since) = since else { return Err(SignInError::Unknown(name).into()) };
            if format == Output::Human {
                say!("{name} can sign in on this machine since {}.", since.strftime("%Y-%m-%d %H:%M:%S UTC"));
            }
        }
    }
    Ok(Exit::Done)
}

/// A passphrase, typed twice the same; without a terminal, a line of standard input. `None` when interrupted.
fn chosen(name: &str) -> Result<Option<String>, Error> {
    if !io::stdin().is_terminal() {
        return passphrase(name);
    }
    let _caught = Interrupts::catch().map_err(Error::Runtime)?;
    let Some(first) = hidden(&format!("A passphrase for {name}, which is not shown: "))? else {
        return Ok(None);
    };
    let Some(again) = hidden("Once more: ")? else { return Ok(None) };
    if first != again {
        return Err(Error::Refused {
            what: "the two are not the same".to_owned(),
            next: "Nothing was kept. Try again.".to_owned(),
        });
    }
    Ok(Some(first))
}

/// A person's passphrase, typed without being shown; without a terminal, a line of standard input. `None` when
/// interrupted, or at the end of input.
pub(crate) fn passphrase(name: &str) -> Result<Option<String>, Error> {
    if io::stdin().is_terminal() {
        return hidden(&format!("  Passphrase of {name}, which is not shown: "));
    }
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line).map_err(Error::Terminal)?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}
