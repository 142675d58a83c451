//! The rows that the Portal DB began with: older than its oldest backup, so in no log.

use std::collections::HashMap;
use std::fmt::Write as _;

use jiff::{Timestamp, ToSpan as _};

use super::portal::{Card, Photo, Portal, time};
use crate::seeding::hash;

const SCHEMA: &str = include_str!("schema.sql");
/// How many rows go into one statement.
const AT_ONCE: usize = 1000;

/// The statements that make and fill the tables.
pub(super) fn statements(portal: &Portal<'_>, photos: &[Photo<'_>]) -> Result<String, jiff::Error> {
    let mut sql = SCHEMA.to_owned();
    sql.push_str("BEGIN;\n");
    let founded = time(portal.cutoff.checked_sub((400 * 24).hours())?);
    let organizations = portal.organizations.iter().map(|organization| {
        let parent = organization.parent.as_ref().map_or("NULL".to_owned(), |id| format!("'{id}'"));
        format!("('{}',{parent},'{}','{founded}','{founded}')", organization.id, organization.name)
    });
    insert(&mut sql, "organizations", organizations);
    let properties = portal.properties().map(|(id, organization, name)| {
        format!("({id},'{}','{name}','{founded}','{founded}')", organization.id)
    });
    insert(&mut sql, "record_properties", properties);

    let mut first = HashMap::new();
    for photo in photos {
        first.entry(photo.event.n).or_insert(photo.event.at);
    }
    let cards = portal.first_cards().map(|n| card(portal, n, first.get(&n).copied()));
    insert(&mut sql, "card_records", cards.collect::<Result<Vec<_>, _>>()?.into_iter());

    let old = photos.iter().filter(|photo| photo.event.at < portal.cutoff);
    // What was last done to each key, so far.
    let last: HashMap<&str, usize> =
        old.clone().map(|photo| (photo.event.key.as_str(), photo.place)).collect();
    let rows = old.filter_map(|photo| {
        let current = last.get(photo.event.key.as_str()) == Some(&photo.place);
        photo.row(current)
    });
    insert(&mut sql, "photos", rows);
    sql.push_str("COMMIT;\n");
    Ok(sql)
}

/// One that has a photo from before is a little older than that; any other is up to 300 days old.
fn card(portal: &Portal<'_>, n: usize, photographed: Option<Timestamp>) -> Result<String, jiff::Error> {
    let within = |most: i64, purpose: u64| (hash(n, purpose) % most.unsigned_abs().max(1)).cast_signed();
    let created = match photographed.filter(|at| *at < portal.cutoff) {
        Some(at) => at.checked_sub((60 + within(7200, 30)).seconds())?,
        None => portal.cutoff.checked_sub((3600 + within(300 * 86_400, 30)).seconds())?,
    };
    let age = portal.cutoff.as_second() - created.as_second();
    let changed = created.checked_add(within(age, 31).seconds())?;
    let state = ["New", "Approved", "Printed", "Inactive"]
        [[0, 1, 1, 1, 2, 2, 2, 2, 2, 3][(hash(n, 32) % 10) as usize]];
    Ok(Card::new(portal, n, portal.organization_of(n)).row(state, created, changed))
}

fn insert(sql: &mut String, table: &str, rows: impl Iterator<Item = String>) {
    for (nth, row) in rows.enumerate() {
        let before = match nth {
            0 => format!("INSERT INTO {table} VALUES "),
            nth if nth % AT_ONCE == 0 => format!(";\nINSERT INTO {table} VALUES "),
            _ => ",".to_owned(),
        };
        let _ = write!(sql, "{before}{row}");
    }
    sql.push_str(";\n");
}
