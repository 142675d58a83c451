//! What a database can be brought back to, what each of that would lose, and what stands in the way.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::Survey;
use super::ground::Ground;
use crate::plan::{Context, Fact, Failure, Moments, Outcome, Sink, Verdict};
use crate::words;

mod dangers;
mod moments;
mod settings;

/// What is being put together.
struct Report<'a> {
    params: &'a Survey,
    cx: &'a Context<'a>,
    ground: &'a Ground,
    facts: Vec<Fact>,
    notes: Vec<String>,
    moments: Moments,
}

impl Report<'_> {
    /// What going back to a moment loses: what was written from then until the outage, or until now.
    fn loses(&self, at: Timestamp) -> String {
        words::span(at, self.params.outage.unwrap_or(self.cx.now))
    }
}

/// Surveys a database. Passes when there is something that it can go back to.
pub(crate) async fn survey(
    params: &Survey,
    cx: &Context<'_>,
    mut evidence: Sink<'_>,
) -> Result<Outcome, Failure> {
    let ground = Ground::look(&params.instance, None, cx, Some(&mut evidence)).await?;
    let moments = Moments {
        now: cx.now,
        outage: params.outage,
        asked: params.at,
        windows: Vec::new(),
        points: Vec::new(),
    };
    let mut report = Report { params, cx, ground: &ground, facts: Vec::new(), notes: Vec::new(), moments };
    report.instance();
    let keys = report.keys(evidence).await?;
    report.windows(&keys);
    report.points(&keys);
    report.dangers(evidence).await?;
    report.settings();
    let (verdict, headline) = report.headline();
    let windows = &report.moments.windows;
    let outputs: BTreeMap<String, String> = [
        ("earliest", windows.iter().map(|window| window.earliest).min()),
        ("latest", windows.iter().map(|window| window.latest).max()),
    ]
    .into_iter()
    .filter_map(|(name, at)| Some((name.to_owned(), at?.to_string())))
    .collect();
    Ok(Outcome {
        verdict,
        headline,
        facts: report.facts,
        outputs,
        notes: report.notes,
        examples: Vec::new(),
        moments: Some(report.moments),
    })
}

impl Report<'_> {
    /// The instance in every region that was looked at, or that it is gone.
    fn instance(&mut self) {
        let id = &self.params.instance;
        for region in &self.ground.regions {
            let home = region.name == self.cx.environment.region;
            let value = match &region.instance {
                Ok(Some(is)) => format!(
                    "{}, {} {}, {}, {} GiB",
                    is.status,
                    is.settings.engine,
                    is.settings.engine_version,
                    is.settings.class,
                    is.settings.allocated_gib
                ),
                Ok(None) if home => "gone".to_owned(),
                Ok(None) => continue,
                Err(error) => format!("not known: {}", error.message),
            };
            self.facts.push(Fact::new(&format!("{id} in {}", region.name), value));
        }
    }

    fn headline(&self) -> (Verdict, String) {
        let windows = &self.moments.windows;
        let asked = self.params.at;
        let holding = asked.and_then(|at| windows.iter().find(|w| w.earliest <= at && at <= w.latest));
        if let Some(window) = holding.or(windows.first()) {
            let whole = format!(
                "The database can go back to any second from {} to {}",
                words::time(window.earliest),
                words::beside(window.latest, window.earliest)
            );
            let rest = match asked {
                Some(at) if holding.is_some() => {
                    format!("; going back to {} loses {}", words::beside(at, window.latest), self.loses(at))
                }
                Some(at) => format!(", but not to {}", words::time(at)),
                None => format!("; the newest moment loses {}", self.loses(window.latest)),
            };
            return (Verdict::Passed, whole + &rest);
        }
        let usable: Vec<_> = self.moments.points.iter().filter(|point| point.hindered.is_none()).collect();
        match usable.iter().max_by_key(|point| point.at) {
            Some(newest) => (
                Verdict::Passed,
                format!(
                    "The database can go back to {} only; the newest, of {}, loses {}",
                    words::of(usable.len() as u64, "snapshot", "snapshots"),
                    words::time(newest.at),
                    newest.loses
                ),
            ),
            None => (
                Verdict::Failed,
                format!("Nothing was found that {} could be brought back to as it is", self.params.instance),
            ),
        }
    }
}
