//! A plan in words and numbers, for whoever approves it.

use super::findings::Ground;
use super::planned::Planned;
use super::tally::{Tally, fact, place, place_of};
use super::{By, Extra, Method, Target, words};
use crate::plan::{Example, Fact, PlanSummary};
use crate::port::Tier;

/// Requests a second that S3 takes for a prefix at best (facts §1.3).
const FASTEST: u64 = 3500;
/// Requests a second that are had from a far or busy bucket at least, as a rule.
const SLOWEST: u64 = 350;
/// Millionths of a dollar for a copy, in us-east-1 (facts §1.12). A removal costs nothing.
const COPY_COSTS: u64 = 5;

pub(super) fn of(
    ground: &Ground<'_>,
    tally: &Tally,
    mut planned: Planned,
    examples: Vec<Example>,
) -> PlanSummary {
    let target = ground.target;
    let mut breakdowns = planned.breakdowns();
    breakdowns.extend(ground.exclusions.breakdown().filter(|breakdown| !breakdown.rows.is_empty()));
    let requests = planned.requests();
    let mut notes = notes(ground, &planned);
    if requests + tally.undecided + planned.blocked == 0 {
        notes = vec![format!("{} compared in {}.", words::of(tally.keys, "key", "keys"), place(target))];
        notes.extend(target.excludes().then(|| left_out(target)));
    }
    PlanSummary {
        headline: headline(target, tally, &planned),
        facts: facts(ground, tally, &planned),
        bytes: planned.bytes,
        requests,
        notes,
        warnings: warnings(ground, tally, &planned),
        examples,
        breakdowns,
        undecided: tally.undecided,
        typed: (target.method != Method::Copy).then(|| match &*target.prefix {
            "" => target.bucket.clone(),
            prefix => prefix.to_owned(),
        }),
    }
}

fn headline(target: &Target, tally: &Tally, planned: &Planned) -> String {
    let at = words::time(target.at);
    let back = planned.copies + planned.back;
    match (back, planned.hidden, planned.removed()) {
        (0, 0, 0) if tally.undecided + planned.blocked > 0 => {
            format!("No photo comes back: {}", left_alone(tally.undecided, planned.blocked))
        }
        (0, 0, 0) if planned.lost > 0 => {
            format!("No photo comes back: {} not there at {at}", were(planned.lost))
        }
        (0, 0, 0) => match &target.named_by {
            Some(instance) => format!("Nothing to do: every photo that {instance} names is there"),
            None if target.method == Method::Undelete => {
                format!("Nothing to do: no photo was deleted since {at}")
            }
            None => format!("Nothing to do: every photo is as it was at {at}"),
        },
        (0, 0, removed) => {
            format!("No photo comes back, {} for good", are_removed(removed, "version", "versions"))
        }
        (back, 0, 0) => comes_back(back),
        (0, hidden, _) => format!("{} hidden, none comes back", new_ones(hidden)),
        (back, 0, removed) => {
            let (one, many) = match target.method {
                Method::Undelete => ("delete marker", "delete markers"),
                _ => ("version", "versions"),
            };
            format!("{}, {} for good", comes_back(back), are_removed(removed, one, many))
        }
        (back, hidden, _) => format!("{}, {} hidden", comes_back(back), new_ones(hidden)),
    }
}

fn facts(ground: &Ground<'_>, tally: &Tally, planned: &Planned) -> Vec<Fact> {
    let target = ground.target;
    let left = match (target.method, target.extra) {
        (Method::Copy, Extra::Delete) => "new since then",
        (Method::Rewind, _) => "new since then, removed",
        _ => "new since then, left as they are",
    };
    let mut facts = if target.beside() {
        vec![fact("not there", tally.deleted), fact("different there", tally.overwritten)]
    } else {
        vec![fact("deleted since", tally.deleted), fact("overwritten since", tally.overwritten)]
    };
    facts.extend([fact("untouched", tally.untouched), fact(left, tally.new)]);
    if tally.undecided > 0 {
        facts.push(fact("undecided, left alone", tally.undecided));
    }
    if planned.blocked > 0 {
        facts.push(fact("can't be changed now, left alone", planned.blocked));
    }
    if let Some(instance) = &target.named_by {
        facts.retain(|fact| fact.value != "0");
        facts.push(fact("there, or not named: left as they are", planned.passed));
        facts.push(Fact::new("named by", instance));
    }
    facts.extend(super::survey::left_out(ground));
    if target.method == Method::Copy {
        facts.push(Fact::new("to copy", words::bytes(planned.bytes)));
    } else {
        facts.push(fact("delete markers to remove", planned.markers));
        if planned.versions.0 > 0 {
            let (count, bytes) = planned.versions;
            facts.push(Fact::new(
                "photos to remove for good",
                format!("{}, {}", words::count(count), words::bytes(bytes)),
            ));
        }
    }
    let requests = planned.requests();
    if requests == 0 {
        return facts;
    }
    facts.push(fact("requests", requests));
    // A request that removes a thousand counts as a thousand.
    let work = planned.copies + planned.hidden + planned.removed();
    let (best, worst) = (work.div_ceil(FASTEST), work.div_ceil(SLOWEST));
    let mut time = if best == worst {
        words::length(best)
    } else {
        format!("{} to {}", words::length(best), words::length(worst))
    };
    if let Some((least, most)) = planned.thawing(target.thaw.tier) {
        facts.push(Fact::new("archived", archived(planned)));
        time = format!("{time}, after {} of thawing", hours(least, most));
    }
    facts.push(Fact::new("time", format!("about {time}")));
    facts.push(Fact::new("cost", dollars((planned.copies + planned.hidden) * COPY_COSTS)));
    facts
}

/// `12 photos, 3.4 GB in Deep Archive`.
fn archived(planned: &Planned) -> String {
    let kinds = [(planned.glacier, "Flexible Retrieval"), (planned.deep, "Deep Archive")];
    let said = kinds.iter().filter(|((count, _), _)| *count > 0).map(|((count, bytes), place)| {
        format!("{} of {} in {place}", words::photos(*count), words::bytes(*bytes))
    });
    said.collect::<Vec<_>>().join(", ")
}

fn hours(least: u64, most: u64) -> String {
    match (least, most) {
        (0, _) => "a few minutes".to_owned(),
        (least, most) => format!("{least} to {most} hours"),
    }
}

/// Millionths of a dollar, rounded up to a cent.
fn dollars(millionths: u64) -> String {
    match millionths.div_ceil(10_000) {
        0 => "nothing".to_owned(),
        1 => "under 0.01 USD".to_owned(),
        cents => format!("{}.{:02} USD", words::count(cents / 100), cents % 100),
    }
}

/// What the method does and doesn't touch.
fn notes(ground: &Ground<'_>, planned: &Planned) -> Vec<String> {
    let target = ground.target;
    let mut notes = Vec::new();
    match target.method {
        Method::Copy => {
            notes.push("Nothing is deleted. No version is removed.".to_owned());
            notes.push(if target.beside() {
                let start = target.target_prefix.as_deref().unwrap_or(&target.prefix);
                format!(
                    "Photos come back beside: good versions are read in {} and copied into {}. What is there \
                     now stays below as an older version.",
                    place(target),
                    place_of(target.destination(), start)
                )
            } else {
                "Method: copy. Each good version is copied on top of what is there now, which stays below as an \
                 older version. The copies replicate, and get today's date."
                    .to_owned()
            });
        }
        Method::Undelete => notes.push(
            "Method: undelete. The delete markers on top of good versions are removed for good; the photos below \
             show again with their own dates, tags and ids. Nothing is copied. Photos that were overwritten or \
             added are not touched."
                .to_owned(),
        ),
        Method::Rewind => notes.push(format!(
            "Method: rewind. Everything that is newer than {} is removed for good: {} and {}. It is the evidence \
             of what happened: what it was can't be looked at any more, and only this plan keeps ids, dates and \
             sizes. What is older is not touched.",
            words::time(target.at),
            words::of(planned.versions.0, "version of a photo", "versions of photos"),
            words::of(planned.markers, "delete marker", "delete markers")
        )),
    }
    if planned.hidden > 0 {
        notes.push(format!(
            "{} behind a delete marker; removing the marker shows the photo again.",
            if planned.hidden == 1 { "1 photo is hidden" } else { "New photos are hidden" }
        ));
    }
    notes.push(super::batch::GUARDED.to_owned());
    if planned.copies > 0 {
        notes.push(
            "Time and cost are estimates, at S3's list price in us-east-1; what is stored besides, thawing and \
             transfer between regions cost extra."
                .to_owned(),
        );
    }
    if let Some(environment) =
        ground.without_jobs.filter(|_| target.by == By::Auto && planned.copies > target.batch_over)
    {
        notes.push(format!(
            "There are more than {} to copy, and this laptop does it: environment {environment} doesn't say what S3 \
             Batch Operations needs (`batch:` under `photos:`).",
            words::photos(target.batch_over)
        ));
    }
    if target.excludes() {
        notes.push(left_out(target));
    }
    if let Some(instance) = &target.named_by {
        notes.push(format!("Only photos that {instance} names and that are not there come back."));
    }
    notes
}

fn warnings(ground: &Ground<'_>, tally: &Tally, planned: &Planned) -> Vec<String> {
    let target = ground.target;
    let mut warnings = Vec::new();
    if tally.undecided > 0 {
        warnings.push(undecided(tally.undecided));
    }
    if planned.blocked > 0 {
        warnings.push(format!(
            "{} can't be changed now and {} left alone; each says why in the plan. Clear that, then plan again.",
            words::photos(planned.blocked),
            if planned.blocked == 1 { "is" } else { "are" }
        ));
    }
    if let Some((least, most)) = planned.thawing(target.thaw.tier) {
        let tier = match target.thaw.tier {
            Tier::Standard => "Standard",
            Tier::Bulk => "Bulk",
            Tier::Expedited => "Expedited",
        };
        warnings.push(format!(
            "{} archived: thawing them by the {tier} tier takes {}, and only then are they copied. The others \
             come back at once.",
            words::of(planned.glacier.0 + planned.deep.0, "photo is", "photos are"),
            hours(least, most)
        ));
    }
    if target.method != Method::Copy && planned.removed() > 0 {
        if ground.facts.replicated != Some(false) {
            warnings.push(format!(
                "{}: removals don't replicate, so the replica keeps what is removed here and its photos stay as \
                 they are. `photos.restore` replicates.",
                match ground.facts.replicated {
                    None => "These credentials may not read whether this bucket is replicated",
                    Some(_) => "This bucket is replicated",
                }
            ));
        }
        if target.method == Method::Rewind && ground.facts.lock.is_none() {
            warnings.push(
                "These credentials may not read whether Object Lock is on: if it is, versions refuse to be removed."
                    .to_owned(),
            );
        }
    }
    warnings.extend(tally.warnings(ground));
    if planned.lost > 0 {
        warnings.push(format!(
            "{} named by the database but not there at {}, so this can't bring {} back. Plan again with a later \
             moment, or look in the replica bucket or in AWS Backup.",
            were(planned.lost),
            words::time(target.at),
            if planned.lost == 1 { "it" } else { "them" }
        ));
    }
    warnings
}

/// What `exclude` and `exclude_file` leave as it is.
pub(crate) fn left_out(target: &Target) -> String {
    match (&target.exclude[..], &target.exclude_file) {
        ([], Some(file)) => format!("Keys that {file} lists are left as they are."),
        (prefixes, None) => format!("Keys that begin with {} are left as they are.", words::list(prefixes)),
        (prefixes, Some(file)) => format!(
            "Keys that begin with {}, and those that {file} lists, are left as they are.",
            words::list(prefixes)
        ),
    }
}

fn comes_back(n: u64) -> String {
    format!("{} {} back", words::photos(n), if n == 1 { "comes" } else { "come" })
}

fn were(n: u64) -> String {
    words::of(n, "photo was", "photos were")
}

fn new_ones(n: u64) -> String {
    format!("{} {}", words::of(n, "new photo", "new photos"), if n == 1 { "is" } else { "are" })
}

fn are_removed(n: u64, one: &str, many: &str) -> String {
    format!("{} {} removed", words::of(n, one, many), if n == 1 { "is" } else { "are" })
}

/// `3 undecided and 2 that can't be changed now`.
fn left_alone(undecided: u64, blocked: u64) -> String {
    let parts = [(undecided, "undecided"), (blocked, "that can't be changed now")];
    let said = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{} {what}", words::count(*n)));
    said.collect::<Vec<_>>().join(" and ")
}

/// What to do about keys that S3 can't decide.
pub(crate) fn undecided(n: u64) -> String {
    format!(
        "{} undecided and left alone: a photo and a deletion share the deciding second, and S3 doesn't tell \
         which came last. If they should be photos, plan and verify with `ties: photo`; if not, with \
         `ties: deleted`.",
        if n == 1 { "1 key is".to_owned() } else { format!("{} keys are", words::count(n)) }
    )
}
