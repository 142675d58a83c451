//! What happened in the Portal after its oldest backup: each change a transaction of its own, at a known second.

use jiff::{Timestamp, ToSpan as _};

use super::portal::{Card, Photo, Portal, quoted};
use crate::seeding::{badge, hash};

/// Numbers of cards that were made after the oldest backup; beyond all that the seed has.
const NEW: usize = 400_000;

/// A transaction, and the second it was committed in.
pub(super) type Change = (Timestamp, String);

/// Two of the changes are in this second and the next, that a restore may be asked for what lies between them.
pub(super) fn pair(start: Timestamp) -> Result<Timestamp, jiff::Error> {
    minute(start).checked_sub((75 * 60 - 30).seconds())
}

/// Every change of the photos and the cards, in the order of time.
pub(super) fn all(portal: &Portal<'_>, photos: &[Photo<'_>]) -> Result<Vec<Change>, jiff::Error> {
    let of_cards = moments(portal.start)?.into_iter().enumerate();
    let of_cards = of_cards.filter(|(_, at)| (portal.cutoff..portal.start).contains(at));
    let of_cards = of_cards.map(|(j, at)| (at, card(portal, j, at)));
    let of_photos = photos.iter().filter(|photo| photo.event.at >= portal.cutoff);
    let of_photos = of_photos.map(|photo| (photo.event.at, self::photo(portal, photo)));
    let mut changes: Vec<Change> = of_cards.chain(of_photos).collect();
    changes.sort_by_key(|(at, _)| *at);
    Ok(changes)
}

/// Two in every minute of the last 90, one in four minutes of the last 26 hours, and few before.
fn moments(start: Timestamp) -> Result<Vec<Timestamp>, jiff::Error> {
    let now = minute(start);
    let pair = pair(start)?;
    let mut moments = vec![pair, pair.checked_add(1.second())?];
    let mut nth = 0;
    let mut add = |minutes: i64, within: u64| -> Result<(), jiff::Error> {
        nth += 1;
        let into = (hash(nth, 60) % within).cast_signed();
        moments.push(now.checked_sub((minutes * 60 - into).seconds())?);
        Ok(())
    };
    for minutes in 0..=90 {
        add(minutes, 60)?;
        add(minutes, 60)?;
    }
    for minutes in (94..26 * 60).step_by(4) {
        add(minutes, 240)?;
    }
    for minutes in (26 * 60..7 * 24 * 60).step_by(150) {
        add(minutes, 9000)?;
    }
    // Nothing more in the second of the first of the pair: it would be on the wrong side by chance.
    let (first, second) = (pair, moments[1]);
    let rest = moments.split_off(2);
    moments.extend(rest.into_iter().filter(|at| *at != first && *at != second));
    Ok(moments)
}

fn minute(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second() - moment.as_second().rem_euclid(60)).unwrap_or(moment)
}

fn card(portal: &Portal<'_>, j: usize, at: Timestamp) -> String {
    let organization = portal.lasting(hash(j, 61) as usize);
    // The pair are edits of cards, always.
    match if j < 2 { 0 } else { hash(j, 62) % 10 } {
        0..=5 => {
            let n = portal.any_card(hash(j, 63) as usize);
            format!(
                "UPDATE card_records SET badge_number = COALESCE(badge_number, '{:06}'), \
                 state = CASE state WHEN 'New' THEN 'Approved' WHEN 'Approved' THEN 'Printed' ELSE 'Inactive' END, \
                 changed_at = NOW() WHERE id = {}",
                badge(n),
                Card::id(n)
            )
        }
        6..=7 => {
            let row = Card::new(portal, NEW + j, organization).row("New", at, at);
            format!("INSERT INTO card_records VALUES {row}")
        }
        8 => format!(
            "UPDATE record_properties SET changed_at = NOW() WHERE id = {}",
            portal.properties_of(organization, hash(j, 64) as usize)
        ),
        _ => format!(
            "UPDATE organizations SET changed_at = NOW() WHERE id = '{}'",
            portal.organizations[organization].id
        ),
    }
}

/// The photo's row, what it replaces, and the card's; the card itself when it is new.
fn photo(portal: &Portal<'_>, photo: &Photo<'_>) -> String {
    let event = photo.event;
    let mut sql = "BEGIN; ".to_owned();
    if !portal.is_first_card(event.n) {
        let organization = portal.customer(event.organisation);
        let row = Card::new(portal, event.n, organization).row("New", event.at, event.at);
        sql.push_str(&format!("INSERT INTO card_records VALUES {row}; "));
    }
    sql.push_str(&format!(
        "UPDATE photos SET current = 0 WHERE s3_key = {} AND current = 1; ",
        quoted(&event.key)
    ));
    if let Some(row) = photo.row(true) {
        sql.push_str(&format!("INSERT INTO photos VALUES {row}; "));
    }
    sql.push_str(&format!(
        "UPDATE card_records SET changed_at = NOW() WHERE id = {}; COMMIT",
        Card::id(event.n)
    ));
    sql
}
