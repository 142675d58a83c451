//! How the outside world is reached, so that the engine need not know how.

use std::future::Future;
use std::pin::Pin;

use action::port::Caller;
use action::{Environment, Failure, Ports};
use run::Problem;

use crate::effect::problem;

/// What [`Connector::connect`] gives.
pub type ConnectFuture<'a> = Pin<Box<dyn Future<Output = Result<Ports, Problem>> + Send + 'a>>;

/// Makes the ports for an environment. It need not ask who the credentials belong to: the engine does, before
/// anything else.
pub trait Connector: Send + Sync {
    /// Ports that reach `environment`, or why there are none.
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a>;
}

/// The outside world of an environment, once it is known that it belongs to the account that the environment names.
pub(crate) async fn own(
    connector: &dyn Connector,
    environment: &Environment,
) -> Result<(Ports, Caller), Problem> {
    let ports = connector.connect(environment).await?;
    let caller = ports.identity.whoami().await.map_err(|why| problem(Failure::Port(why)))?;
    if caller.account == environment.account {
        return Ok((ports, caller));
    }
    Err(Problem {
        what: format!(
            "these credentials belong to account {} ({}), and the environment {} is account {}; nothing else was asked \
             or done",
            caller.account, caller.arn, environment.name, environment.account
        ),
        next: "Log in to the right account, or correct `account:` in the environment, then try again."
            .to_owned(),
    })
}
