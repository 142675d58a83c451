//! The library, and starting a run.

use std::path::{Path, PathBuf};

use ::run::{Mode, Request, default_in};
use action::ParamKind;
use action::environment::US_REGIONS;
use aws::environments;
use jiff::Timestamp;
use runbook::library::{Library, Listed};
use tauri::{AppHandle, State};

use crate::state::{self, App};
use crate::view::{
    CheckedValue, EnvironmentCard, LibraryView, ParameterView, ProblemText, ProblemView, RunCard, RunState,
    RunView, RunbookCard, ScenarioView, StartForm, StartRequest,
};

/// Runbooks, runs and environments.
#[tauri::command]
pub(crate) async fn library(app: State<'_, App>) -> Result<LibraryView, ProblemText> {
    let home = app.engine.home();
    let mut runbooks: Vec<_> = books(&app).list(today())?.into_iter().map(card).collect();
    runbooks.sort_by_key(|card| !card.usable);
    let mut runs = Vec::new();
    for id in app.engine.journal().runs()? {
        runs.push(match app.engine.read(&id) {
            Ok(run) => RunCard::of(&run),
            Err(why) => RunCard::unreadable(&id, &why.to_string()),
        });
    }
    runs.sort_by_key(|run| run.state != RunState::Active);
    Ok(LibraryView {
        runbooks,
        runs,
        environments: environments_in(&app)?,
        home: home.path().display().to_string(),
        operator: std::fs::read_to_string(operator_file(&app)).unwrap_or_default().trim().to_owned(),
        environment: app.environment.clone(),
    })
}

/// What starting a runbook in an environment asks for.
#[tauri::command]
pub(crate) async fn start_form(
    runbook: String,
    environment: String,
    app: State<'_, App>,
) -> Result<StartForm, ProblemText> {
    let book = read(&app, &runbook)?;
    let environment = environments::load(&environment, app.engine.home().path())?;
    let parameters = book.parameters.iter().map(|parameter| ParameterView {
        name: parameter.name.clone(),
        kind: parameter.kind.word().to_owned(),
        prompt: parameter.prompt.clone().unwrap_or_else(|| parameter.name.clone()),
        help: parameter.help.clone(),
        choices: match parameter.kind {
            ParamKind::Region => US_REGIONS.map(str::to_owned).into(),
            _ => parameter.choices.clone(),
        },
        default: default_in(parameter, &environment),
        required: parameter.required,
    });
    let modes = [Mode::Incident, Mode::Rehearsal, Mode::Exercise];
    Ok(StartForm {
        parameters: parameters.collect(),
        runbook: book.id,
        title: book.title,
        version: book.version,
        introduction: book.introduction,
        modes: modes.into_iter().filter(|mode| mode.allows(&environment)).collect(),
        scenario: if environment.is_practice() { scenario(app.engine.home().path()) } else { None },
    })
}

/// Whether a parameter can take a value.
#[tauri::command]
pub(crate) async fn check_parameter(
    runbook: String,
    name: String,
    value: String,
    app: State<'_, App>,
) -> Result<CheckedValue, ProblemText> {
    let book = read(&app, &runbook)?;
    let parameter = book.parameters.iter().find(|parameter| parameter.name == name).ok_or_else(|| {
        ProblemText::new(format!("{runbook} has no parameter {name}"), "Open the runbook again.")
    })?;
    Ok(match parameter.check(&value) {
        Ok(value) => CheckedValue { value: Some(value), problem: None },
        Err(why) => CheckedValue { value: None, problem: Some(why.to_string()) },
    })
}

/// Starts a run.
#[tauri::command]
pub(crate) async fn start_run(
    request: StartRequest,
    handle: AppHandle,
    app: State<'_, App>,
) -> Result<RunView, ProblemText> {
    let source = books(&app).open(&request.runbook)?;
    let instant = |name: &str, text: Option<String>| match text.filter(|text| !text.trim().is_empty()) {
        None => Ok(None),
        Some(text) => text.trim().parse::<Timestamp>().map(Some).map_err(|_| {
            let what = format!("{name}: {text:?} is not an instant");
            ProblemText::new(what, "Write it with its offset, such as 2026-11-24T03:14:00Z.")
        }),
    };
    let session = app.engine.start(Request {
        name: source.name,
        source: source.text,
        mode: request.mode,
        environment: environments::load(&request.environment, app.engine.home().path())?,
        parameters: request.parameters,
        operator: request.operator,
        outage_began: instant("when the outage began", request.outage_began)?,
        declared: instant("when it was declared", request.declared)?.unwrap_or_else(Timestamp::now),
    })?;
    let session = app.keep(session);
    remember_operator(&app, &session.run().start().operator);
    state::work(&handle, &session);
    app.view(&session.run())
}

/// Keeps the operator's name for the next form. A name that can't be kept is asked for again; nothing more is lost.
pub(crate) fn remember_operator(app: &App, name: &str) {
    if let Err(why) = std::fs::write(operator_file(app), name) {
        tracing::warn!(%why, "the operator's name was not kept");
    }
}

fn operator_file(app: &App) -> PathBuf {
    app.engine.home().path().join("operator.txt")
}

fn books(app: &App) -> Library {
    Library::new(&app.engine.home().runbooks())
}

fn read(app: &App, id: &str) -> Result<runbook::Runbook, ProblemText> {
    let source = books(app).open(id)?;
    let parsed = runbook::parse(&source.text, &source.name);
    let first = parsed.diagnostics.iter().find(|diagnostic| diagnostic.is_error());
    let why = first.map(ToString::to_string).unwrap_or_default();
    parsed.runbook.ok_or_else(|| {
        ProblemText::new(
            format!("{} can't be run: {why}", source.name),
            "Correct the file, then open it again.",
        )
    })
}

/// What is being played, as the ready line says that a practice range left in the data directory.
fn scenario(home: &Path) -> Option<ScenarioView> {
    let text = std::fs::read_to_string(home.join("range.json")).ok()?;
    ScenarioView::of(&serde_json::from_str(&text).ok()?)
}

fn environments_in(app: &App) -> Result<Vec<EnvironmentCard>, ProblemText> {
    let home = app.engine.home().path();
    let mut names = environments::list(home)?;
    if let Some(given) = &app.environment
        && !names.contains(given)
    {
        names.insert(0, given.clone());
    }
    let cards = names.into_iter().map(|name| match environments::load(&name, home) {
        Ok(environment) => EnvironmentCard {
            name,
            practice: environment.is_practice(),
            database: environment.database.map(|database| database.instance),
            portal: environment.portal.map(|portal| host(&portal.url).to_owned()),
            account: environment.account,
            region: environment.region,
            problem: None,
        },
        Err(why) => EnvironmentCard {
            name,
            account: String::new(),
            region: String::new(),
            database: None,
            portal: None,
            practice: false,
            problem: Some(why.to_string()),
        },
    });
    Ok(cards.collect())
}

/// The host of an address, with its port where it has one.
fn host(url: &str) -> &str {
    let after = url.split_once("://").map_or(url, |(_, after)| after);
    after.split('/').next().unwrap_or(after)
}

fn card(listed: Listed) -> RunbookCard {
    let problems = listed.diagnostics.iter().map(|diagnostic| ProblemView {
        severity: diagnostic.severity.to_string(),
        place: format!("{}:{}:{}", diagnostic.file, diagnostic.line, diagnostic.column),
        message: diagnostic.message.clone(),
        hint: diagnostic.hint.clone(),
    });
    let problems = problems.collect();
    let Some(book) = listed.runbook else {
        return RunbookCard {
            title: listed.name.clone(),
            id: listed.name,
            version: None,
            owner: None,
            reviewed: None,
            systems: Vec::new(),
            rto: None,
            rpo: None,
            steps: 0,
            estimate: 0,
            effect: None,
            source: listed.source,
            problems,
            usable: false,
        };
    };
    RunbookCard {
        steps: book.steps().count(),
        estimate: book.estimate().as_secs(),
        effect: book.effect(),
        rto: book.objectives.rto.map(|length| length.as_secs()),
        rpo: book.objectives.rpo.map(|length| length.as_secs()),
        id: book.id,
        title: book.title,
        version: book.version,
        owner: book.owner,
        reviewed: book.reviewed.map(|date| date.to_string()),
        systems: book.systems,
        source: listed.source,
        problems,
        usable: true,
    }
}

fn today() -> jiff::civil::Date {
    jiff::tz::TimeZone::UTC.to_datetime(Timestamp::now()).date()
}
