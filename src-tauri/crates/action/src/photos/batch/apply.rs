//! Carrying out a plan that is handed to S3 Batch Operations.

use futures::FutureExt as _;
use futures::future::BoxFuture;

use super::outcome::Came;
use super::watch::Watch;
use super::{Handoff, manifest, report};
use crate::photos::body::Body;
use crate::plan::{Context, Failure, Outcome, Sink};
use crate::port::PortErrorKind;

/// Has the jobs of a plan made, confirmed and carried out, reads their reports into the evidence, and does what is left
/// on this machine.
///
/// Passes only when every task of every job succeeded and all that is left is so now. The future is boxed, as what is
/// left is a plan of its own that is applied like any.
pub(crate) fn apply<'a>(
    body: Body,
    handoff: Handoff,
    cx: &'a Context<'_>,
    evidence: Sink<'a>,
) -> BoxFuture<'a, Result<Outcome, Failure>> {
    hand_over(body, handoff, cx, evidence).boxed()
}

async fn hand_over(
    body: Body,
    handoff: Handoff,
    cx: &Context<'_>,
    evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let target = body.header.params.clone();
    let ground = body.header.ground.clone();
    let bucket = target.destination();
    let facts = cx.ports.photos.bucket(bucket).await.map_err(|error| match error.kind {
        PortErrorKind::Credentials | PortErrorKind::Unreachable => Failure::Paused(error),
        _ => Failure::Port(error),
    })?;
    if facts.versioning != ground.versioning {
        return Err(Failure::Refused {
            why: format!("the versioning of bucket {bucket} was changed since the plan"),
            next: "No job was confirmed now. Find out who changed it, then plan again.".to_owned(),
        });
    }
    let mut watch = Watch::new(&handoff, bucket, cx, &mut *evidence)?;
    watch.adopt().await?;
    let parts = manifest::split(body, &handoff, cx, &watch.left())?;
    for (share, file) in handoff.shares.iter().zip(parts.manifests) {
        watch.begin(share, file).await?;
    }
    watch.until_ended().await?;
    let mut came = Came::default();
    for job in watch.jobs() {
        report::read(&mut watch, &job, &mut came).await?;
    }
    watch.tell(&came)?;
    match parts.rest {
        Some((rest, _)) if came.ended_well() => {
            let rest = crate::photos::apply(rest, cx, evidence).await?;
            Ok(came.outcome(&handoff, &target, Some(rest), 0))
        }
        rest => Ok(came.outcome(&handoff, &target, None, rest.map_or(0, |(_, items)| items))),
    }
}
