//! What was measured, as a table for people.

use std::fmt::{self, Display};

use super::measured::Taken;
use crate::bench::{median, verdict};

/// What was measured of one part.
pub(super) struct Table {
    title: String,
    unit: &'static str,
    rows: Vec<Row>,
    goals: Vec<(String, bool)>,
}

/// One program's rounds.
pub(super) struct Row {
    name: String,
    rounds: Vec<Taken>,
}

impl Row {
    pub(super) fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), rounds: Vec::new() }
    }

    pub(super) fn push(&mut self, taken: Taken) {
        println!("  {}: {}", self.name, said(&taken));
        self.rounds.push(taken);
    }

    fn middle(&self, of: impl Fn(&Taken) -> f64) -> f64 {
        median(self.rounds.iter().map(of).collect())
    }

    /// Photos, markers or versions a second in the middle round; 0 when that failed.
    pub(super) fn rate(&self) -> f64 {
        self.middle(Taken::rate)
    }

    /// The same with the planning.
    pub(super) fn whole_rate(&self) -> f64 {
        self.middle(Taken::whole_rate)
    }

    /// The most memory of any round.
    pub(super) fn peak(&self) -> u64 {
        self.rounds.iter().map(|taken| taken.peak).max().unwrap_or_default()
    }

    /// Whether every round ended well, with every photo what it was.
    pub(super) fn lost_nothing(&self) -> bool {
        self.rounds.iter().all(|taken| taken.failed.is_none() && taken.lost == Some(0))
    }

    /// The largest share of requests that were answered with 503.
    pub(super) fn slowed(&self) -> f64 {
        let share =
            |taken: &Taken| taken.slow_downs as f64 / taken.requests.unwrap_or_default().max(1) as f64;
        self.rounds.iter().map(share).fold(0.0, f64::max)
    }

    /// The middle of what this does beside another in the same round.
    pub(super) fn beside(&self, other: &Self) -> f64 {
        let rounds = self.rounds.iter().zip(&other.rounds);
        median(rounds.map(|(ours, theirs)| ours.rate() / theirs.rate().max(1e-9)).collect())
    }
}

fn said(taken: &Taken) -> String {
    match &taken.failed {
        Some(why) => format!("failed: {why}"),
        None => format!("{:.0}/s in {:.2} s", taken.rate(), taken.seconds),
    }
}

impl Table {
    pub(super) fn new(title: impl Into<String>, unit: &'static str) -> Self {
        Self { title: title.into(), unit, rows: Vec::new(), goals: Vec::new() }
    }

    pub(super) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub(super) fn goal(&mut self, what: impl Into<String>, met: bool) {
        self.goals.push((what.into(), met));
    }

    pub(super) fn missed(&self) -> usize {
        self.goals.iter().filter(|(_, met)| !met).count()
    }
}

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.rows.iter().map(|row| row.rounds.len()).max().unwrap_or_default();
        writeln!(f, "\n{}, median of {rounds}\n", self.title)?;
        let heads = ["time", "planning", "requests", "503", "lost", "memory", "CPU", "server's"];
        write!(f, "  {:<34}{:>12}", "", self.unit)?;
        heads.iter().try_for_each(|head| write!(f, "{head:>10}"))?;
        writeln!(f)?;
        for row in &self.rows {
            let count = |of: &dyn Fn(&Taken) -> Option<u64>| {
                let told: Option<Vec<f64>> =
                    row.rounds.iter().map(|taken| of(taken).map(|n| n as f64)).collect();
                told.map_or_else(|| "–".to_owned(), |told| format!("{:.0}", median(told)))
            };
            let server: Option<Vec<f64>> = row.rounds.iter().map(|taken| taken.server).collect();
            let cells = [
                format!("{:.2} s", row.middle(|taken| taken.seconds)),
                format!("{:.2} s", row.middle(|taken| taken.planned)),
                count(&|taken| taken.requests),
                count(&|taken| taken.requests.map(|_| taken.slow_downs)),
                count(&|taken| taken.lost),
                format!("{:.0} MB", row.peak() as f64 / 1e6),
                format!("{:.1} s", row.middle(|taken| taken.cpu)),
                server.map_or_else(|| "–".to_owned(), |server| format!("{:.1} s", median(server))),
            ];
            write!(f, "  {:<34}{:>12.0}", row.name, row.rate())?;
            cells.iter().try_for_each(|cell| write!(f, "{cell:>10}"))?;
            writeln!(f)?;
            if let Some(why) = row.rounds.iter().find_map(|taken| taken.failed.as_ref()) {
                writeln!(f, "    failed: {why}")?;
            }
        }
        writeln!(f)?;
        self.goals.iter().try_for_each(|(what, met)| writeln!(f, "  {what}: {}", verdict(*met)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(seconds: f64, lost: u64) -> Taken {
        let (requests, slow_downs) = (Some(100), 2);
        Taken { seconds, items: 100, requests, slow_downs, lost: Some(lost), ..Taken::default() }
    }

    #[test]
    fn a_missed_goal_is_said_and_a_failed_round_counts_as_nothing() {
        let mut row = Row::new("ours");
        [taken(1.0, 0), taken(2.0, 0), taken(4.0, 0)].into_iter().for_each(|taken| row.push(taken));
        assert_eq!((row.rate(), row.slowed(), row.lost_nothing()), (50.0, 0.02, true));
        let mut other = Row::new("theirs");
        [taken(2.0, 1), taken(2.0, 0), taken(2.0, 0)].into_iter().for_each(|taken| other.push(taken));
        assert_eq!((row.beside(&other), other.lost_nothing()), (1.0, false));
        other.rounds[0].failed = Some("no network".to_owned());
        let mut table = Table::new("Things", "things/s");
        table.row(row);
        table.row(other);
        table.goal("fast", true);
        table.goal("small", false);
        let text = table.to_string();
        for part in ["Things, median of 3", "failed: no network", "fast: met", "small: missed"] {
            assert!(text.contains(part), "{text}");
        }
        assert_eq!(table.missed(), 1);
    }
}
