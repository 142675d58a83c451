//! Finding an instance, and opening a session in which nothing can be written.

use crate::environment::Database;
use crate::plan::{Context, Failure};
use crate::port::{Endpoint, Instance, Limits, Reading};

/// The environment's database.
///
/// # Errors
/// [`Failure::Refused`] when it names none.
pub(crate) fn described<'a>(cx: &Context<'a>) -> Result<&'a Database, Failure> {
    cx.environment.database.as_ref().ok_or_else(|| Failure::Refused {
        why: format!("environment {} names no database", cx.environment.name),
        next: "Add `database:` to the environment, then try again.".to_owned(),
    })
}

/// The environment's statement for the photos that the database names.
///
/// # Errors
/// [`Failure::Refused`] when it has none.
pub(crate) fn photos_statement<'a>(cx: &Context<'a>) -> Result<&'a str, Failure> {
    described(cx)?.photos.as_deref().ok_or_else(|| Failure::Refused {
        why: format!("environment {} does not say which photos the database names", cx.environment.name),
        next: "Add `database.photos` to the environment: a query for their keys, then try again.".to_owned(),
    })
}

/// An instance and where it answers.
///
/// # Errors
/// [`Failure::Refused`] when it isn't there or doesn't answer yet.
pub(crate) async fn found(
    cx: &Context<'_>,
    region: Option<&str>,
    id: &str,
) -> Result<(Instance, Endpoint), Failure> {
    let region = region.unwrap_or(&cx.environment.region);
    let Some(instance) = cx.ports.databases.instance(region, id).await?.value else {
        return Err(Failure::Refused {
            why: format!("there is no database instance {id} in {region}"),
            next: "Check its name and the region.".to_owned(),
        });
    };
    match instance.endpoint.clone() {
        Some(endpoint) => Ok((instance, endpoint)),
        None => Err(Failure::Refused {
            why: format!("instance {id} is {} and has no address yet", instance.status),
            next: "Wait until it is available, then try again.".to_owned(),
        }),
    }
}

/// Signs in to an instance, to read only.
///
/// # Errors
/// As [`found`]; and what signing in fails with, such as a certificate that doesn't fit.
pub(crate) async fn open(
    cx: &Context<'_>,
    region: Option<&str>,
    id: &str,
) -> Result<Box<dyn Reading>, Failure> {
    let (_, endpoint) = found(cx, region, id).await?;
    Ok(cx.ports.sql.read(&endpoint, Limits::default()).await?)
}
