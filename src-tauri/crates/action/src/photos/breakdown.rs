//! Items counted by something, in little memory however many there are.

use std::collections::BTreeMap;

use crate::plan::{Breakdown, Row};

/// Rows that are shown at most; the last of so many is all the others together.
const SHOWN: usize = 20;
/// What the rows that aren't shown are called together.
const OTHERS: &str = "others";

/// The largest of these rows, and the others together.
pub(crate) fn of(by: &str, mut rows: Vec<Row>) -> Breakdown {
    rows.retain(|row| row.count > 0 || row.bytes > 0);
    rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    if rows.len() > SHOWN {
        let mut others = Row { name: OTHERS.to_owned(), ..Row::default() };
        rows.drain(SHOWN - 1..).for_each(|row| add(&mut others, &row));
        rows.push(others);
    }
    Breakdown { by: by.to_owned(), rows }
}

fn add(to: &mut Row, row: &Row) {
    to.count += row.count;
    to.bytes += row.bytes;
}

/// Counts by what has few values.
#[derive(Debug, Default)]
pub(crate) struct Few {
    rows: BTreeMap<String, Row>,
}

impl Few {
    /// So many values are told apart.
    const MOST: usize = 100;

    pub(crate) fn add(&mut self, name: &str, count: u64, bytes: u64) {
        let name = if self.rows.contains_key(name) || self.rows.len() < Self::MOST { name } else { OTHERS };
        let row = self.rows.entry(name.to_owned()).or_default();
        row.count += count;
        row.bytes += bytes;
    }

    pub(crate) fn breakdown(self, by: &str) -> Breakdown {
        of(by, self.rows.into_iter().map(|(name, row)| Row { name, ..row }).collect())
    }
}

/// Counts by what the items, which come in order, are grouped by: the folder that their keys lie in.
#[derive(Debug, Default)]
pub(crate) struct Grouped {
    now: Row,
    rows: Vec<Row>,
    others: Row,
}

impl Grouped {
    pub(crate) fn add(&mut self, name: &str, bytes: u64) {
        if self.now.name != name {
            self.close();
            name.clone_into(&mut self.now.name);
        }
        self.now.count += 1;
        self.now.bytes += bytes;
    }

    /// Keeps the rows that may be among the largest.
    fn close(&mut self) {
        let row = std::mem::take(&mut self.now);
        if row.count > 0 {
            self.rows.push(row);
        }
        if self.rows.len() > 2 * SHOWN {
            self.rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
            self.rows.drain(SHOWN..).for_each(|row| add(&mut self.others, &row));
        }
    }

    pub(crate) fn breakdown(mut self, by: &str) -> Breakdown {
        self.close();
        self.rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
        if self.others.count > 0 || self.rows.len() > SHOWN {
            let more = self.rows.len().min(SHOWN - 1);
            self.rows.drain(more..).for_each(|row| add(&mut self.others, &row));
            self.others.name = OTHERS.to_owned();
            self.rows.push(self.others);
        }
        Breakdown { by: by.to_owned(), rows: self.rows }
    }
}

/// The folder of a key below `prefix`, with the prefix: an organization's photos share it.
pub(crate) fn folder<'k>(key: &'k str, prefix: &str) -> &'k str {
    let rest = key.strip_prefix(prefix).unwrap_or(key);
    let length = rest.find('/').map_or(0, |at| at + 1);
    &key[..key.len() - rest.len() + length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_groups_are_shown_and_the_others_summed() {
        let mut grouped = Grouped::default();
        for org in 0..1000_u64 {
            for _ in 0..=(org * 7 % 100) {
                grouped.add(&format!("o{org:03}/"), 2);
            }
        }
        let breakdown = grouped.breakdown("organization");
        assert_eq!((breakdown.rows.len(), &breakdown.rows[19].name[..]), (20, "others"));
        assert!(breakdown.rows[..10].iter().all(|row| row.count == 100 && row.bytes == 200));
        assert_eq!(breakdown.rows[10].count, 99);
        assert_eq!(breakdown.rows.iter().map(|row| row.count).sum::<u64>(), 50_500);
        let mut few = Grouped::default();
        ["a/", "a/", "b/"].iter().for_each(|name| few.add(name, 1));
        let rows: Vec<_> =
            few.breakdown("organization").rows.into_iter().map(|r| (r.name, r.count)).collect();
        assert_eq!(rows, [("a/".to_owned(), 2), ("b/".to_owned(), 1)]);
    }

    #[test]
    fn a_folder_is_what_photos_of_an_organization_share() {
        for (key, prefix, expected) in [
            ("photos/org-3/1.jpg", "photos/", "photos/org-3/"),
            ("photos/org-3/1.jpg", "", "photos/"),
            ("photos/1.jpg", "photos/", "photos/"),
            ("1.jpg", "", ""),
        ] {
            assert_eq!(folder(key, prefix), expected);
        }
    }
}
