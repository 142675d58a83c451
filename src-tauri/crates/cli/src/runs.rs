//! `lifeboat runs`.

use engine::Home;
use journal::{Journal, JournalError};
use run::{Run, State, StepState};

use crate::Output;
use crate::exit::{Error, Exit};
use crate::say::say;

pub(crate) fn list(format: Output) -> Result<Exit, Error> {
    let path = Home::find()?.journal();
    let journal = match Journal::open_read_only(&path) {
        Ok(journal) => journal,
        Err(JournalError::Unfinished { .. }) => return Ok(none(format)),
        Err(_) if !path.exists() => return Ok(none(format)),
        Err(why) => return Err(why.into()),
    };
    let mut rows = Vec::new();
    for id in journal.runs()? {
        rows.push(match journal.fold::<engine::EngineError>(&id) {
            Ok(run) => row(&run),
            Err(why) => serde_json::json!({"run": id, "state": "broken", "problem": why.to_string()}),
        });
    }
    match format {
        Output::Json => say!("{}", serde_json::Value::Array(rows)),
        Output::Human => rows.iter().for_each(print),
    }
    Ok(Exit::Done)
}

fn none(format: Output) -> Exit {
    match format {
        Output::Human => say!("There are no runs yet. Start one with `lifeboat run`."),
        Output::Json => say!("[]"),
    }
    Exit::Done
}

fn row(run: &Run) -> serde_json::Value {
    let left = run.runbook().steps().filter(|step| run.step(&step.id).state == StepState::Open).count();
    let all = run.runbook().steps().count();
    serde_json::json!({
        "run": run.id(),
        "state": match run.state() {
            State::Active => "active",
            State::Finished(_) => "finished",
            State::Abandoned { .. } => "abandoned",
        },
        "mode": run.start().mode,
        "runbook": run.start().runbook,
        "environment": run.start().environment.name,
        "operator": run.start().operator,
        "started": run.started(),
        "last": run.last(),
        "at": run.current().map(|step| &step.title),
        "done": all - left,
        "steps": all,
    })
}

fn print(row: &serde_json::Value) {
    let text = |name: &str| row[name].as_str().unwrap_or_default();
    let at = match text("state") {
        "active" => format!("at \"{}\"", text("at")),
        "broken" => text("problem").to_owned(),
        state => state.to_owned(),
    };
    say!(
        "{}  {:<9}  {}  {}  {}/{}  {at}",
        text("run"),
        text("mode"),
        text("runbook"),
        text("environment"),
        row["done"],
        row["steps"]
    );
}
