//! The run in a few sentences.

use action::{Effect, Verdict};
use jiff::Timestamp;
use run::{Mode, State, StepState, Work, between};
use runbook::Clock;

use crate::Timeline;
use crate::review::Review;
use crate::review::clocks::length;
use crate::review::sections::Block;
use crate::text::time;

impl Review {
    /// What was run, on what, by whom, and how it ended; then the same as facts.
    pub(crate) fn summary(&self) -> Vec<Block> {
        let sentences =
            [Some(self.what()), Some(self.outage()), Some(self.steps()), self.results(), Some(self.end())];
        let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
        vec![Block::Text(text), Block::Facts(self.facts())]
    }

    fn what(&self) -> String {
        let start = self.run.start();
        let how = match start.mode {
            Mode::Incident => "in an incident",
            Mode::Rehearsal => "as a rehearsal",
            Mode::Exercise => "as an exercise",
        };
        let version =
            self.run.runbook().version.as_ref().map(|v| format!(" version {v}")).unwrap_or_default();
        let environment = &start.environment;
        format!(
            "On {} {} ran {}{version} {how} on {} (account {}, {}).",
            self.run.started().strftime("%-d %B %Y"),
            start.operator,
            self.run.runbook().title,
            environment.name,
            environment.account,
            environment.region,
        )
    }

    fn outage(&self) -> String {
        let declared = self.run.time_of(Clock::Declared).unwrap_or(self.run.started());
        let ran = format!("the run began {} after that", length(between(declared, self.run.started())));
        match self.run.time_of(Clock::OutageBegan) {
            Some(began) => format!(
                "The outage began at {} and was declared {} later; {ran}.",
                time(began),
                length(between(began, declared)),
            ),
            None => format!(
                "When the outage began was not recorded; it was declared at {}, and {ran}.",
                time(declared)
            ),
        }
    }

    fn steps(&self) -> String {
        let (mut done, mut skipped, mut failed, mut left) = (0, 0, 0, 0);
        for step in self.run.runbook().steps() {
            match self.run.step(&step.id).state {
                StepState::Done => done += 1,
                StepState::Skipped(_) => skipped += 1,
                StepState::Failed => failed += 1,
                StepState::Open => left += 1,
            }
        }
        let mut parts = vec![(done, "done"), (skipped, "skipped"), (failed, "failed"), (left, "not reached")];
        if *self.run.state() == State::Active {
            parts.retain(|(_, word)| *word != "not reached");
            parts.push((left, "not yet behind"));
        }
        let all = done + skipped + failed + left;
        let parts: Vec<_> = parts
            .into_iter()
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {} {word}", if count == 1 { "was" } else { "were" }))
            .collect();
        let steps = match parts.as_slice() {
            [_] if all > 1 && done == all => format!("All its {all} steps were done"),
            _ if all == 1 => format!("Its one step {}", listed(&parts).trim_start_matches("1 ")),
            _ => format!("Of its {all} steps {}", listed(&parts)),
        };
        let approvals: usize = self.parts.iter().map(|part| part.approved.len()).sum();
        let approved = match approvals {
            0 => "no plan was approved".to_owned(),
            1 => format!("one plan was approved, by {}", self.approvers()),
            many => format!("{many} plans were approved, by {}", self.approvers()),
        };
        format!("{steps}; {approved}.")
    }

    fn approvers(&self) -> String {
        let names = self.parts.iter().filter(|part| !part.approved.is_empty()).map(|part| part.name.clone());
        listed(&names.collect::<Vec<_>>())
    }

    /// What was changed, in the words of what was found afterwards.
    fn results(&self) -> Option<String> {
        let found = self.run.runbook().steps().filter(|step| step.effect() > Some(Effect::Reads));
        let found = found.filter_map(|step| match &self.run.step(&step.id).work {
            Work::Verified { outcome, .. } if outcome.verdict == Verdict::Passed => {
                Some(format!("{} ({})", outcome.headline.trim_end_matches('.'), step.title))
            }
            _ => None,
        });
        let found: Vec<_> = found.collect();
        (!found.is_empty()).then(|| format!("What was changed was verified: {}.", found.join("; ")))
    }

    fn end(&self) -> String {
        let took = |at: Timestamp| length(between(self.run.started(), at));
        let achieved = self.run.achieved(self.run.last()).from_declaration;
        let from = match self.run.clock(Clock::ServiceValidated) {
            Some(_) => format!(" The service was validated {} after the declaration.", length(achieved)),
            None => String::new(),
        };
        match self.run.state() {
            State::Active => {
                let at = self.run.current().map(|step| format!(" at {}", step.title)).unwrap_or_default();
                format!("The run has not ended: it stands{at}.{from}")
            }
            State::Finished(at) => format!("The run finished at {}, after {}.{from}", time(*at), took(*at)),
            State::Abandoned { at, reason } => format!(
                "The run was abandoned at {}, after {}: {}.{from}",
                time(*at),
                took(*at),
                reason.trim_end_matches('.')
            ),
        }
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        let (run, start) = (&self.run, self.run.start());
        let version = run.runbook().version.as_deref().unwrap_or("no version");
        let known = |at: Option<Timestamp>| at.map_or_else(|| "not recorded".to_owned(), time);
        let environment = &start.environment;
        let mut facts = vec![
            ("Run", run.id().to_string()),
            ("Mode", start.mode.word().to_owned()),
            ("Runbook", format!("{} ({version})", start.runbook)),
            (
                "Environment",
                format!("{}, account {}, {}", environment.name, environment.account, environment.region),
            ),
            ("Operator", start.operator.clone()),
            ("Outage began", known(run.time_of(Clock::OutageBegan))),
            ("Declared", known(run.time_of(Clock::Declared))),
            ("Started", time(run.started())),
            ("Ended", Timeline::ending(run)),
        ];
        if run.ended().is_none() {
            facts.push(("As of", time(run.last())));
        }
        for (name, value) in start.parameters.iter().filter(|(_, value)| !value.is_empty()) {
            facts.push(("Started with", format!("{name}: {value}")));
        }
        facts
    }
}

/// `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [some @ .., last] => format!("{} and {last}", some.join(", ")),
    }
}
