//! Whether a plan is handed to S3 Batch Operations, and what it says then.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Seek as _, Write as _};

use super::{CLASSES, GUARDED, Handoff, Share, fit};
use crate::environment::Batch;
use crate::photos::body::{Body, write_line, write_summary};
use crate::photos::tally::fact;
use crate::photos::{By, Method, Target, words};
use crate::plan::{Context, Failure, PlanSummary, Sink};
use crate::port::{Keep, Versioning};

/// What is to be known where the bucket's default encryption isn't S3's own.
const DEFAULT_KEY: &str = "Copies by S3 Batch Operations are encrypted as the bucket does by default, not with each \
                           version's own key. The role must be allowed to use the bucket's key.";

/// Plans a restore, and hands its copies to S3 Batch Operations where that is asked for, or where there are more than
/// `batch_over` of them and the environment says how.
///
/// # Errors
/// As a plan for this machine; [`Failure::Refused`] when jobs are asked for and can't do it.
pub(crate) async fn plan(target: &Target, cx: &Context<'_>, into: Sink<'_>) -> Result<PlanSummary, Failure> {
    let Some(batch) = set_up(target, cx)? else { return crate::photos::plan::plan(target, cx, into).await };
    if target.by == By::Batch {
        cx.ports.batch.check(&batch.bucket).await?;
    }
    // How many copies there are shows at the end, and the header, which says what happens to them, comes first.
    let mut draft = BufWriter::new(cx.disk.scratch()?);
    let mut summary = crate::photos::plan::plan(target, cx, &mut draft).await?;
    let mut draft = draft.into_inner().map_err(io::IntoInnerError::into_error)?;
    if target.by == By::Auto && summary.requests <= target.batch_over {
        draft.rewind()?;
        io::copy(&mut draft, into)?;
        return Ok(summary);
    }
    let count = Counted::of(read(&draft)?, cx)?;
    let handoff = match (target.by, count.hindrance()) {
        _ if count.fit() == 0 => None,
        (By::Auto, _) if count.fit() <= target.batch_over => None,
        (By::Batch, Some((why, true))) => {
            return Err(Failure::Refused {
                why: format!("S3 Batch Operations can't do this restore: {why}"),
                next: "Nothing was changed. Plan again with `by: laptop`.".to_owned(),
            });
        }
        (By::Auto, Some((why, _))) => {
            summary.notes.push(format!(
                "There are more than {} to copy, and yet this laptop does it: {why}.",
                words::photos(target.batch_over)
            ));
            None
        }
        (by, hindrance) => {
            if by == By::Auto {
                cx.ports.batch.check(&batch.bucket).await?;
            }
            let handoff = Handoff {
                id: format!("{}.{}", cx.origin.run, cx.now.as_millisecond()),
                planned: cx.now,
                role: batch.role.clone(),
                bucket: batch.bucket.clone(),
                prefix: batch.prefix.clone(),
                shares: count.shares,
            };
            say(&mut summary, &handoff, &count.left);
            if hindrance.is_some() {
                summary.warnings.insert(1, DEFAULT_KEY.to_owned());
            }
            Some(handoff)
        }
    };
    write(read(&draft)?, handoff, &summary, cx, into)?;
    Ok(summary)
}

/// Writes a draft again, with what became of it.
fn write(
    mut body: Body,
    handoff: Option<Handoff>,
    summary: &PlanSummary,
    cx: &Context<'_>,
    into: Sink<'_>,
) -> Result<(), Failure> {
    let mut header = body.header.clone();
    header.ground.batch = handoff;
    let mut whole = BufWriter::new(into);
    write_line(&header, &mut whole)?;
    while let Some(item) = body.next()? {
        stopping(cx)?;
        write_line(&item, &mut whole)?;
    }
    write_summary(summary, &mut whole)?;
    Ok(whole.flush()?)
}

/// What the environment says of jobs, when this plan may be handed over.
fn set_up<'a>(target: &Target, cx: &'a Context<'_>) -> Result<Option<&'a Batch>, Failure> {
    let known = cx.environment.photos.as_ref().and_then(|photos| photos.batch.as_ref());
    let elsewhere = target.target_prefix.as_ref().is_some_and(|start| *start != target.prefix);
    match (target.by, known) {
        _ if target.method != Method::Copy => Ok(None),
        (By::Laptop, _) | (By::Auto, None) => Ok(None),
        (By::Auto, Some(_)) if elsewhere => Ok(None),
        (By::Batch, _) if elsewhere => Err(Failure::Refused {
            why: "S3 Batch Operations can't give photos another prefix".to_owned(),
            next: "Leave `target_prefix` out, or plan with `by: laptop`.".to_owned(),
        }),
        (By::Batch, None) => Err(Failure::Refused {
            why: format!("environment {} doesn't say what S3 Batch Operations needs", cx.environment.name),
            next: format!(
                "Write under `photos:` in its file: `batch: {{ role: \"arn:aws:iam::{}:role/NAME\", bucket: NAME, \
                 prefix: lifeboat }}`, and start another run; or plan with `by: laptop`.",
                cx.environment.account
            ),
        }),
        (_, Some(batch)) => Ok(Some(batch)),
    }
}

fn stopping(cx: &Context<'_>) -> Result<(), Failure> {
    match cx.stopping() {
        true => Err(Failure::Stopped { left: "nothing was changed, and there is no plan".to_owned() }),
        false => Ok(()),
    }
}

/// The draft, from its beginning.
fn read(draft: &File) -> Result<Body, Failure> {
    let mut draft = draft.try_clone()?;
    draft.rewind()?;
    Body::open(Box::new(BufReader::new(draft)))
}

/// What of a plan jobs can do.
struct Counted {
    shares: Vec<Share>,
    /// What is left for this machine, by why.
    left: BTreeMap<&'static str, u64>,
    versioning: Versioning,
    keep: Keep,
}

impl Counted {
    fn of(mut body: Body, cx: &Context<'_>) -> Result<Self, Failure> {
        let (versioning, keep) = (body.header.ground.versioning, body.header.ground.keep);
        let mut shares = CLASSES.map(|class| Share { storage_class: class.to_owned(), photos: 0, bytes: 0 });
        let mut left = BTreeMap::new();
        while let Some(item) = body.next()? {
            stopping(cx)?;
            match fit(&item.op) {
                Ok(class) => {
                    for share in shares.iter_mut().filter(|share| share.storage_class == class) {
                        share.photos += 1;
                        share.bytes += item.op.bytes();
                    }
                }
                Err(Some(why)) => *left.entry(why).or_default() += 1,
                Err(None) => {}
            }
        }
        let shares = shares.into_iter().filter(|share| share.photos > 0).collect();
        Ok(Self { shares, left, versioning, keep })
    }

    /// Why it had better not be handed over, and whether it must not.
    fn hindrance(&self) -> Option<(&'static str, bool)> {
        if self.versioning != Versioning::Enabled {
            Some(("versioning is not on, so what a copy covers would be lost", true))
        } else if self.keep.acl || self.keep.lock {
            Some(("its copies can't be given each version's access list or Object Lock", true))
        } else if self.keep.encryption {
            Some(("its copies can't be given each version's own encryption", false))
        } else {
            None
        }
    }

    fn fit(&self) -> u64 {
        self.shares.iter().map(|share| share.photos).sum()
    }
}

/// Says in the summary who does what, and what that means for whoever is still writing.
fn say(summary: &mut PlanSummary, handoff: &Handoff, left: &BTreeMap<&'static str, u64>) {
    let (photos, rest) = (handoff.photos(), left.values().sum::<u64>());
    summary.facts.push(fact("copied by S3 Batch Operations", photos));
    if rest > 0 {
        summary.facts.push(fact("done by this laptop afterwards", rest));
    }
    summary.notes.retain(|note| note != GUARDED);
    let jobs = match &handoff.shares[..] {
        [_] => "one job".to_owned(),
        shares => format!("{} jobs, one for each storage class", words::count(shares.len() as u64)),
    };
    summary.notes.push(format!(
        "S3 Batch Operations copies {} in {jobs}, as {}. Manifest and report lie in s3://{}/{}. Approving this plan \
         confirms the {}. It costs about $0.25 a job and $1 a million photos besides the copies (check the price list).",
        words::photos(photos),
        handoff.role,
        handoff.bucket,
        handoff.key(""),
        if handoff.shares.len() == 1 { "job" } else { "jobs" }
    ));
    if rest > 0 {
        let parts: Vec<String> = left.iter().map(|(why, n)| format!("{} {why}", words::count(*n))).collect();
        summary.notes.push(format!(
            "{} this laptop's, once the jobs are done: {}.",
            words::of(rest, "photo stays", "photos stay"),
            words::list(&parts)
        ));
    }
    summary.warnings.insert(
        0,
        "S3 Batch Operations copies without a condition: a photo that somebody writes after this plan is covered by \
         the old one. It is not lost, for its version stays below, and verifying this plan names each. Keep everybody \
         from writing until the jobs are done."
            .to_owned(),
    );
}
