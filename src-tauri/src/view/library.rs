//! The library and the start form.

use std::collections::BTreeMap;

use action::Effect;
use run::Mode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;

use super::run::RunState;

/// The first screen: runbooks, runs that aren't finished, environments.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct LibraryView {
    /// Runbooks, the ones with errors last.
    pub runbooks: Vec<RunbookCard>,
    /// Runs, newest first, unfinished ones before the rest.
    pub runs: Vec<RunCard>,
    /// Environments, `practice` last.
    pub environments: Vec<EnvironmentCard>,
    /// Where the user's own runbooks, environments and the journal live.
    pub home: String,
    /// The name last used as operator; empty the first time.
    pub operator: String,
    /// The environment to offer first.
    pub environment: Option<String>,
}

/// One runbook of the library.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RunbookCard {
    /// Its id, or its file name when it doesn't load.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: Option<String>,
    /// Who answers for it.
    pub owner: Option<String>,
    /// When it was last reviewed, as `2026-11-01`.
    pub reviewed: Option<String>,
    /// The systems it is about.
    pub systems: Vec<String>,
    /// Its recovery time objective, in seconds.
    pub rto: Option<u64>,
    /// Its recovery point objective, in seconds.
    pub rpo: Option<u64>,
    /// How many steps it has.
    pub steps: usize,
    /// The estimates of its steps added up, in seconds.
    pub estimate: u64,
    /// The worst that any of its steps may do; `None` when all are manual.
    pub effect: Option<Effect>,
    /// The file's path, or `shipped`.
    pub source: String,
    /// Lint's findings, as `file:line:col: severity[code]: message`, each with its hint.
    pub problems: Vec<ProblemView>,
    /// Whether it can be started.
    pub usable: bool,
}

/// One finding of lint.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ProblemView {
    /// `error` or `warning`.
    pub severity: String,
    /// Where, as `file:line:col`.
    pub place: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// One run of the library.
#[derive(Debug, Clone, Serialize, TS)]
pub struct RunCard {
    /// The run's id.
    pub id: String,
    /// Its runbook's title.
    pub title: String,
    /// Its mode; `None` when it can't be read.
    pub mode: Option<Mode>,
    /// Its environment's name.
    pub environment: String,
    /// Who started it.
    pub operator: String,
    /// When it started.
    pub started: String,
    /// When its last entry was written.
    pub last: String,
    /// Where it stands.
    pub state: RunState,
    /// The title of the step it stands at.
    pub at: Option<String>,
    /// Steps done or skipped.
    pub done: usize,
    /// Steps in all.
    pub steps: usize,
    /// Why it can't be read, when it can't.
    pub problem: Option<String>,
}

/// One environment that a run can be bound to.
#[derive(Debug, Clone, Serialize, TS)]
pub struct EnvironmentCard {
    /// Its name.
    pub name: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// The database instance it names.
    pub database: Option<String>,
    /// The host of the Portal's front end.
    pub portal: Option<String>,
    /// Whether everything it reaches is on this machine.
    pub practice: bool,
    /// Why it can't be used, when it can't, and what to do.
    pub problem: Option<String>,
}

/// What starting a runbook asks for.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct StartForm {
    /// The runbook's id.
    pub runbook: String,
    /// Its title.
    pub title: String,
    /// Its version.
    pub version: Option<String>,
    /// What stands before its first phase.
    pub introduction: String,
    /// Its parameters, with defaults for the environment.
    pub parameters: Vec<ParameterView>,
    /// The modes this environment allows.
    pub modes: Vec<Mode>,
    /// What is happening on the practice range, when the environment is on it.
    pub scenario: Option<ScenarioView>,
}

/// One field of the start form.
#[derive(Debug, Clone, Serialize, TS)]
pub struct ParameterView {
    /// Its name.
    pub name: String,
    /// Its type, as runbooks write it: `text`, `timestamp`, `choice`…
    pub kind: String,
    /// What to ask; its name when the runbook doesn't say.
    pub prompt: String,
    /// More about it.
    pub help: Option<String>,
    /// The values of a choice; for a region, those that may be used.
    pub choices: Vec<String>,
    /// Its default, for this environment.
    pub default: Option<String>,
    /// Whether it must be given.
    pub required: bool,
}

/// What is happening on the practice range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, TS)]
pub struct ScenarioView {
    /// Its id, such as `mass-deletion`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What the operator is told.
    pub briefing: String,
    /// The last moment before the damage.
    pub before_damage: String,
    /// The runbook to follow.
    pub runbook: String,
    /// When the database was first damaged; `None` when it wasn't, or the scenario has none.
    pub damage_began: Option<String>,
}

impl ScenarioView {
    /// What the ready line of a practice range says of the scenario on it; `None` when nothing is being played.
    pub(crate) fn of(ready: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let scenario = &ready["scenario"];
        Some(Self {
            id: text(&scenario["id"])?,
            title: text(&scenario["title"])?,
            briefing: text(&scenario["briefing"])?,
            before_damage: text(&ready["before_damage"])?,
            runbook: text(&scenario["runbook"])?,
            damage_began: text(&ready["database"]["outage"]),
        })
    }
}

/// A value that was checked.
#[derive(Debug, Clone, Serialize, TS)]
#[ts(export)]
pub struct CheckedValue {
    /// The value as it will be used, when it is good.
    pub value: Option<String>,
    /// What is wrong with it, and what to write instead, when it isn't.
    pub problem: Option<String>,
}

/// What the start form sends.
#[derive(Debug, Clone, Deserialize, TS)]
#[ts(export)]
pub struct StartRequest {
    /// The runbook's id.
    pub runbook: String,
    /// The mode.
    pub mode: Mode,
    /// The environment's name.
    pub environment: String,
    /// The operator's name.
    pub operator: String,
    /// The parameters' values by name; those left empty are left out.
    pub parameters: BTreeMap<String, String>,
    /// When the outage began; not known when `None`.
    pub outage_began: Option<String>,
    /// When it was declared; now when `None`.
    pub declared: Option<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn ready(database: &Value) -> Value {
        json!({
            "before_damage": "2026-11-24T02:31:00Z",
            "database": database,
            "scenario": {
                "id": "bad-migration",
                "title": "A migration blanked the badge numbers",
                "briefing": "It emptied a column.",
                "runbook": "restore-portal-db",
            },
        })
    }

    #[test]
    fn a_scenario_says_when_its_database_was_damaged_and_which_runbook_it_is_for() {
        let scenario =
            ScenarioView::of(&ready(&json!({ "instance": "portal", "outage": "2026-11-24T02:32:12Z" })))
                .unwrap();
        assert_eq!(scenario.damage_began.as_deref(), Some("2026-11-24T02:32:12Z"));
        assert_eq!((scenario.id.as_str(), scenario.runbook.as_str()), ("bad-migration", "restore-portal-db"));
        assert_eq!(scenario.before_damage, "2026-11-24T02:31:00Z");
    }

    #[test]
    fn where_no_database_was_damaged_there_is_no_outage_and_where_nothing_is_played_no_scenario() {
        for database in [Value::Null, json!({ "outage": null })] {
            assert_eq!(ScenarioView::of(&ready(&database)).unwrap().damage_began, None, "{database}");
        }
        assert_eq!(ScenarioView::of(&json!({ "scenario": null, "before_damage": null })), None);
    }
}
