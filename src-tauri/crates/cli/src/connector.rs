//! The engine's way to AWS.

use action::Environment;
use engine::{ConnectFuture, Connector};
use run::Problem;

/// Connects through the `aws` crate.
pub(crate) struct Aws;

impl Connector for Aws {
    fn connect<'a>(&'a self, environment: &'a Environment) -> ConnectFuture<'a> {
        Box::pin(async move {
            aws::connect(environment, &aws::Options::default()).await.map_err(|why| Problem {
                what: why.to_string(),
                next: "Then try again: nothing was asked or done.".to_owned(),
            })
        })
    }
}
