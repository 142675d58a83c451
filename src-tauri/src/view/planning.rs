//! What a person may give when a plan is made, beside the moment and what a plan itself asks.

use run::{Move, Run};
use runbook::Step;
use serde::Serialize;
use ts_rs::TS;

use super::Pair;

/// What the picture of the moments gives a restore of the database.
pub(super) const PICTURED: [&str; 4] = ["from", "at", "snapshot", "region"];
/// What is chosen elsewhere: undecided keys in the plan that counts them, new ones when the run is started.
const ELSEWHERE: [&str; 2] = ["ties", "extra"];
/// What there is nothing to plan without, though a runbook can't know it.
const NEEDED: [(&str, &str); 1] = [("database.obliterate", "organizations")];

/// What most plans do without: it is offered last, and folded away.
const RARE: [&str; 7] = ["tier", "thaw_days", "beyond_rto", "lock", "max_in_flight", "by", "batch_over"];

/// A value that may be given when a plan is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct PlanValue {
    /// Its name under `with:`.
    pub name: String,
    /// What it means, in one sentence.
    pub about: String,
    /// What it is now; empty when nothing says.
    pub value: String,
    /// The values it may have, the one that stands when nothing is said first; empty for any text.
    pub choices: Vec<String>,
    /// Whether no plan can be made without it.
    pub needed: bool,
    /// Whether most plans do without it.
    pub rare: bool,
}

impl PlanValue {
    /// What may be given for a plan of `step`, while one can be made. `params` are filled in as far as they are known.
    pub(super) fn all_of(run: &Run, step: &Step, params: &[Pair]) -> Vec<Self> {
        let Some(spec) = step.action().filter(|_| can_be_planned(run, step)) else { return Vec::new() };
        let value = |name: &str| params.iter().find(|pair| pair.name == name && !pair.value.contains("${"));
        let asked = spec.params.iter().filter(|param| {
            param.at_planning && !PICTURED.contains(&param.name) && !ELSEWHERE.contains(&param.name)
        });
        asked
            .map(|param| Self {
                name: param.name.to_owned(),
                about: param.about.to_owned(),
                value: value(param.name).map(|pair| pair.value.clone()).unwrap_or_default(),
                choices: param.choices.iter().map(|choice| (*choice).to_owned()).collect(),
                needed: NEEDED.contains(&(spec.id, param.name)),
                rare: RARE.contains(&param.name),
            })
            .collect()
    }
}

/// Whether the run stands at `step`, and a plan is what may be made there.
pub(super) fn can_be_planned(run: &Run, step: &Step) -> bool {
    run.current().is_some_and(|current| current.id == step.id)
        && run.moves().all.iter().any(|made| matches!(made, Move::Plan | Move::PlanAgain))
}

#[cfg(test)]
mod tests {
    use run::{Event, Problem};

    use super::super::StepDetail;
    use super::super::choice::tests::{run, skipped};
    use super::*;

    /// The values that a plan of `id` may be given, once the steps before it are skipped.
    fn values(run: &Run, id: &str) -> Vec<PlanValue> {
        StepDetail::of(run, run.runbook().step(&id.into()).unwrap()).action.unwrap().values
    }

    fn named(values: &[PlanValue]) -> Vec<(&str, &str, bool)> {
        values.iter().map(|one| (one.name.as_str(), one.value.as_str(), one.needed)).collect()
    }

    #[test]
    fn organizations_are_needed_photos_to_leave_out_are_not_and_a_moment_is_chosen_in_the_picture() {
        let mut before = vec![skipped("survey"), skipped("other")];
        let restore = values(&run(&before), "restore");
        assert_eq!(named(&restore), [("target", "portal-b", false), ("password", "", false)]);
        assert_eq!(restore[1].choices, ["keep", "managed"]);
        before.extend([skipped("restore"), skipped("verify")]);
        assert_eq!(named(&values(&run(&before), "obliterate")), [("organizations", "", true)]);
        before.extend([skipped("obliterate"), skipped("verify-again")]);
        let photos = values(&run(&before), "photos");
        let (rare, usual): (Vec<_>, Vec<_>) = photos.iter().cloned().partition(|one| one.rare);
        assert_eq!(named(&usual), [("exclude", "", false), ("exclude_file", "", false)]);
        assert!(rare.iter().any(|one| one.name == "tier" && one.choices[0] == "standard"), "{rare:?}");
        assert!(photos[0].choices.is_empty() && photos[0].about.contains("separated by commas"));
    }

    #[test]
    fn what_was_asked_with_last_is_what_it_is_now_and_nothing_is_asked_while_nothing_can_be_planned() {
        let mut before = ["survey", "other", "restore", "verify"].map(skipped).to_vec();
        assert_eq!(values(&run(&before[..3]), "obliterate"), [], "the run does not stand there yet");
        let params = [("instance", "portal-b"), ("organizations", "org-7,org-9")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        before.push(vec![Event::PlanStarted {
            step: "obliterate".into(),
            action: "database.obliterate".to_owned(),
            params: params.into(),
        }]);
        assert_eq!(values(&run(&before), "obliterate"), [], "a plan is being made");
        let problem = Problem { what: "nobody is there".to_owned(), next: "Try again.".to_owned() };
        before.push(vec![Event::PlanFailed { step: "obliterate".into(), problem }]);
        assert_eq!(named(&values(&run(&before), "obliterate")), [("organizations", "org-7,org-9", true)]);
    }
}
