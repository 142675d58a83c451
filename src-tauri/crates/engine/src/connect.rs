//! How the outside world is reached, so that the engine need not know how.

use std::future::Future;
use std::pin::Pin;

use action::{Environment, Ports};
use run::Problem;

/// What [`Connector::connect`] gives.
pub type ConnectFuture<'a> = Pin<Box<dyn Future<Output = Result<Ports, Problem>> + Send + 'a>>;

/// Makes the ports for an environment. It need not ask who the credentials belong to: the engine does, before
/// anything else.
pub trait Connector: Send + Sync {
    /// Ports that reach `environment`, or why there are none.
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a>;
}
