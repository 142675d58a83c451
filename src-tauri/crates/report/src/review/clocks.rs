//! Clocks against objectives.

use std::time::Duration;

use run::Mark;
use runbook::Clock;
use runbook::value::in_short;

use crate::review::Review;
use crate::review::inputs::marks;
use crate::review::sections::{Block, Column, Table};
use crate::text::time;

impl Review {
    /// The clocks, and what was achieved against what the runbook asks for.
    pub(crate) fn clocks(&self) -> Vec<Block> {
        let rows = marks(&self.run).map(|(name, mark)| match mark {
            Some(Mark { at, said }) => {
                let how =
                    if said { "said by a person, or a step of the runbook" } else { "told by what was done" };
                vec![name.to_owned(), time(at), how.to_owned()]
            }
            None => vec![name.to_owned(), "not recorded".to_owned(), String::new()],
        });
        let read = Table::new(
            [Column::words("clock", 3), Column::time("time", 4), Column::words("how it is known", 4)],
            rows.collect(),
        );
        let held = self.run.achieved(self.run.last()).held;
        let text = match held.is_zero() {
            true => "The run never waited for an approval, or for a time that the runbook sets.".to_owned(),
            false => format!(
                "The run was held for {} waiting for approvals and for times that the runbook sets. That is part of the \
                 times above, never taken off them.",
                length(held)
            ),
        };
        vec![Block::Table(read), Block::Table(self.measured()), Block::Text(text)]
    }

    fn measured(&self) -> Table {
        let objectives = self.run.runbook().objectives;
        let achieved = self.run.achieved(self.run.last());
        let validated = self.run.clock(Clock::ServiceValidated).is_some();
        let until = match (validated, achieved.end.is_some()) {
            (true, _) => "until the service was validated",
            (false, true) => "until the run ended; that the service works was not recorded",
            (false, false) => "so far; it goes on",
        };
        let mut rows = vec![
            row("RTO, from the outage", achieved.from_outage, objectives.rto, achieved.end.is_some(), until),
            row(
                "RTO, from the declaration",
                Some(achieved.from_declaration),
                objectives.rto,
                achieved.end.is_some(),
                until,
            ),
        ];
        for lost in &achieved.lost {
            let how = if lost.measured { "as measured" } else { "at most" };
            let name = format!("RPO, {}", lost.system);
            rows.push(row(&name, Some(lost.length), objectives.rpo, true, how));
        }
        if achieved.lost.is_empty() {
            rows.push(row("RPO", None, objectives.rpo, true, ""));
        }
        Table::new(
            [
                Column::words("measure", 4),
                Column::words("achieved", 2),
                Column::words("objective", 2),
                Column::verdict("result", 3),
                Column::words("counted", 5),
            ],
            rows,
        )
    }
}

fn row(
    name: &str,
    achieved: Option<Duration>,
    objective: Option<Duration>,
    stopped: bool,
    how: &str,
) -> Vec<String> {
    let result = match (achieved, objective) {
        (None, _) => "not known".to_owned(),
        (_, None) => "no objective".to_owned(),
        (Some(achieved), Some(objective)) if achieved > objective => {
            format!("missed by {}", length(achieved - objective))
        }
        (Some(_), Some(_)) if stopped => "met".to_owned(),
        (Some(achieved), Some(objective)) => format!("{} left", length(objective - achieved)),
    };
    let objective = objective.map_or_else(|| "none".to_owned(), length);
    let how = if achieved.is_some() { how } else { "" };
    let achieved = achieved.map_or_else(|| "not known".to_owned(), length);
    vec![name.to_owned(), achieved, objective, result, how.to_owned()]
}

/// A length of time, to the second below an hour and to the minute above.
pub(crate) fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    match seconds {
        0 => "0 s".to_owned(),
        1..60 => format!("{seconds} s"),
        3600.. => in_short(Duration::from_secs(seconds / 60 * 60)).replace('h', " h ").replace('m', " min"),
        _ => in_short(Duration::from_secs(seconds)).replace('m', " min ").replace('s', " s"),
    }
    .trim_end()
    .to_owned()
}
