//! `DescribeEvents`.

use jiff::{SignedDuration, Timestamp};

use super::super::errors::{Answer, Refused};
use super::super::model::own_arn;
use super::super::xml::Xml;
use super::Call;

pub(super) const PARAMS: &[&str] = &[
    "SourceIdentifier",
    "SourceType",
    "StartTime",
    "EndTime",
    "Duration",
    "EventCategories",
    "MaxRecords",
    "Marker",
];

/// For how long RDS keeps events.
const KEPT: SignedDuration = SignedDuration::from_hours(14 * 24);

pub(super) fn describe(call: &mut Call<'_>, xml: &mut Xml) -> Answer<()> {
    let (form, now) = (call.form, call.now);
    let (source, kind) = (form.text("SourceIdentifier"), form.text("SourceType"));
    if source.is_some() && kind.is_none() {
        return Err(Refused::combination("SourceType is required when SourceIdentifier is specified."));
    }
    let kinds = ["db-instance", "db-snapshot"];
    if let Some(kind) = kind.filter(|kind| !kinds.contains(kind)) {
        return Err(Refused::not_implemented(&format!("events of the source type {kind}")));
    }
    let (from, to) = span(call, now)?;
    let categories = form.list("EventCategories");
    let region = call.region()?;
    let kept = now.checked_sub(KEPT).unwrap_or(Timestamp::MIN);
    let passing = region.events.iter().filter(|event| {
        event.at >= from.max(kept)
            && event.at <= to
            && kind.is_none_or(|kind| event.source_type == kind)
            && source.is_none_or(|source| event.source.eq_ignore_ascii_case(source))
            && categories.as_ref().is_none_or(|categories| categories.contains(&event.category))
    });
    let order = |event: &&_| {
        let super::super::model::Event { at, number, .. } = *event;
        format!("{:020}-{number:010}", at.as_microsecond())
    };
    let (page, marker) = form.page(passing.collect(), order)?;
    xml.list("Events", "Event", page, |xml, event| {
        xml.text("SourceIdentifier", &event.source);
        xml.text("SourceType", event.source_type);
        xml.text("Message", &event.message);
        xml.texts("EventCategories", "EventCategory", [&event.category]);
        xml.time("Date", Some(event.at));
        let kind = if event.source_type == "db-instance" { "db" } else { "snapshot" };
        xml.text("SourceArn", own_arn(&region.name, kind, &event.source));
    });
    xml.some("Marker", marker);
    Ok(())
}

/// From when to when: the last hour, unless the request says otherwise.
fn span(call: &Call<'_>, now: Timestamp) -> Answer<(Timestamp, Timestamp)> {
    let form = call.form;
    let minutes: i64 = form.number("Duration")?.unwrap_or(60);
    if !(1..=20160).contains(&minutes) {
        return Err(Refused::value(format!("Invalid Duration: {minutes}. Must be between 1 and 20160.")));
    }
    let (start, end) = (form.time("StartTime")?, form.time("EndTime")?);
    // What will have been recorded by then is not to be known yet.
    let to = end.unwrap_or(now).min(now);
    let last = |end: Timestamp| end.checked_sub(SignedDuration::from_mins(minutes)).unwrap_or(Timestamp::MIN);
    let from = start.unwrap_or_else(|| last(to));
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(Refused::combination("The start time must be earlier than the end time."));
    }
    Ok((from, to))
}
