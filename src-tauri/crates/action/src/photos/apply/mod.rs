//! Doing what a plan says, item by item, without ever covering what is newer than the plan.
//!
//! As many requests are under way as the bucket bears ([`limit`]). What is done is written down and made durable about
//! once a second ([`evidence`]), and passed over when the same plan is applied again ([`resume`]): a crash costs a
//! second's work, which is looked at again and found to be done. Memory doesn't grow with the plan: what has to wait
//! long waits in a file ([`later`]).

use crate::plan::{Context, Failure, Outcome, Sink, Source};
use crate::port::PortErrorKind;

use super::body::Body;

mod clock;
mod count;
pub(crate) mod evidence;
mod feed;
pub(crate) mod landed;
mod landing;
mod later;
mod limit;
mod removing;
pub(crate) mod resume;
mod telling;
mod thawing;
mod waiting;
mod work;

#[cfg(test)]
mod tests;

pub(crate) use clock::Clock;
pub(crate) use work::op;

use feed::Feed;
use landed::Place;
use resume::Earlier;
use work::Work;

/// Applies a plan. Passes only when every item of it is so now; each key that isn't is counted and named.
///
/// # Errors
/// [`Failure::Paused`] when the network or the credentials were lost: applying the same plan again goes on from there.
pub(crate) async fn apply(plan: Source, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
    let clock = Clock::start();
    let body = Body::open(plan)?;
    if let Some(handoff) = body.header.ground.batch.clone() {
        return super::batch::apply(body, handoff, cx, evidence).await;
    }
    let target = body.header.params.clone();
    let ground = body.header.ground.clone();
    let store = &*cx.ports.photos;
    let bucket = target.destination();
    let facts = store.bucket(bucket).await.map_err(|error| match error.kind {
        PortErrorKind::Credentials | PortErrorKind::Unreachable => Failure::Paused(error),
        _ => Failure::Port(error),
    })?;
    if facts.versioning != ground.versioning {
        return Err(Failure::Refused {
            why: format!("the versioning of bucket {bucket} was changed since the plan"),
            next: "Nothing was changed. Find out who changed it, then plan again.".to_owned(),
        });
    }
    let place = Place { store, target: &target, keep: ground.keep };
    let mut earlier = Earlier::read(cx).await?;
    let mut work = Work::new(place, cx, &clock, evidence, &mut earlier);
    let mut feed = Feed::new(body, earlier);
    work.run(&mut feed).await?;
    work.thaw(&mut feed).await?;
    let mut outcome = work.outcome();
    outcome.outputs.extend(target.left_out());
    Ok(outcome)
}
