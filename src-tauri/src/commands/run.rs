//! A run: opened, gone on with, looked at.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;

use ::run::{Command, RunId};
use engine::result_manifest;
use journal::Seal;
use report::{Format, JsonLines, Review, ReviewFormat, Timeline};
use runbook::StepId;
use tauri::{AppHandle, State, WebviewWindow};

use crate::commands::library::remember_operator;
use crate::state::{self, App};
use crate::view::{Exported, ProblemText, RunView, StepDetail, TimelineRow};

/// Opens a run where its journal ends, and goes on with what it owes.
#[tauri::command]
pub(crate) async fn open_run(
    run: RunId,
    handle: AppHandle,
    app: State<'_, App>,
) -> Result<RunView, ProblemText> {
    let session = match app.sound_session(&run) {
        Some(session) => session,
        None => {
            let operator = app.engine.read(&run)?.operator().to_owned();
            app.keep(app.engine.resume(&run, &operator)?)
        }
    };
    state::work(&handle, &session);
    app.view(&session.run())
}

/// Asks something of the open run, as the operator or as `by`. An action that is set going goes on in the background.
#[tauri::command]
pub(crate) async fn submit(
    run: RunId,
    command: Command,
    by: Option<String>,
    handle: AppHandle,
    app: State<'_, App>,
) -> Result<RunView, ProblemText> {
    let session = app.session(&run).ok_or_else(|| not_open(&run))?;
    let operator = session.run().operator().to_owned();
    let now = session.submit(by.as_deref().unwrap_or(&operator), &command)?;
    remember_operator(&app, now.operator());
    state::work(&handle, &session);
    state::seal(&handle, &now);
    app.view(&now)
}

/// A step of the open run, in full.
#[tauri::command]
pub(crate) async fn step(run: RunId, step: StepId, app: State<'_, App>) -> Result<StepDetail, ProblemText> {
    let run = app.session(&run).ok_or_else(|| not_open(&run))?.run();
    let found = run.runbook().step(&step);
    let found = found.ok_or_else(|| {
        ProblemText::new(format!("this runbook has no step {step}"), "Go back to the current step with G.")
    })?;
    Ok(StepDetail::of(&run, found))
}

/// The lines of a run's timeline after the entry `after`.
#[tauri::command]
pub(crate) async fn timeline(
    run: RunId,
    after: u64,
    app: State<'_, App>,
) -> Result<Vec<TimelineRow>, ProblemText> {
    let folded = match app.session(&run) {
        Some(session) => session.run(),
        None => app.engine.read(&run)?,
    };
    let entries = app.engine.journal().entries_after(&run, after)?;
    Ok(entries.into_iter().map(|entry| TimelineRow::of(&folded, entry)).collect::<Result<_, _>>()?)
}

/// Writes a run's timeline among the user's documents, and says where. The texts of the notes in `left_out` are not in it,
/// which JSON lines alone can prove.
#[tauri::command]
pub(crate) async fn export_timeline(
    run: RunId,
    format: String,
    left_out: BTreeSet<u64>,
    app: State<'_, App>,
) -> Result<Exported, ProblemText> {
    let known = Format::ALL.iter().find(|(word, _)| *word == format);
    let (_, format) = known.ok_or_else(|| {
        ProblemText::new(format!("{format:?} is no format for a timeline"), "Choose md, csv or jsonl.")
    })?;
    if !left_out.is_empty() && *format != Format::JsonLines {
        let what = "only JSON lines can leave notes out and still be checked".to_owned();
        return Err(ProblemText::new(what, "Export JSON lines."));
    }
    let journal = app.engine.journal();
    let (sealed, unsigned) = seal(&app, &run, *format == Format::JsonLines).await;
    let timeline = Timeline::new(journal, &run)?;
    let (entries, redacted) = (timeline.run().seq(), if left_out.is_empty() { "" } else { "-redacted" });
    let name = format!("{}-{entries}{redacted}.{}", timeline.file_name(), format.extension());
    let lines = JsonLines { seal: sealed.as_ref(), left_out };
    let path = save(&app.engine.home().exports(), &name, "timeline", |file| match format {
        Format::JsonLines => timeline.write_json_lines(&lines, journal, file),
        _ => timeline.write(*format, journal, file),
    })?;
    Ok(Exported { path, unsigned })
}

/// Writes the draft of a run's review among the user's documents, or everything in one archive, and says where.
#[tauri::command]
pub(crate) async fn export_report(
    run: RunId,
    format: String,
    app: State<'_, App>,
) -> Result<Exported, ProblemText> {
    let known = ReviewFormat::ALL.iter().find(|(word, _)| *word == format);
    let (_, format) = known.ok_or_else(|| {
        ProblemText::new(format!("{format:?} is no format for a review"), "Choose pdf, html, md or zip.")
    })?;
    let journal = app.engine.journal();
    let (sealed, unsigned) = seal(&app, &run, *format == ReviewFormat::Zip).await;
    let review = Review::new(journal, &run)?.sealed(sealed);
    let name = format!("{}-{}.{}", review.file_name(), review.run().seq(), format.extension());
    let path =
        save(&app.engine.home().exports(), &name, "report", |file| review.write(*format, journal, file))?;
    Ok(Exported { path, unsigned })
}

/// The checkpoint that seals a run where an export carries one, or why there is none.
async fn seal(app: &App, run: &RunId, carries: bool) -> (Option<Seal>, Option<String>) {
    if !carries {
        return (None, None);
    }
    match engine::seal(app.engine.journal(), run).await {
        Ok(seal) => (Some(seal), None),
        Err(why) => (None, Some(why.to_string())),
    }
}

/// Writes what became of every photo of a plan that was applied as CSV, among the user's documents, and says where.
#[tauri::command]
pub(crate) async fn export_manifest(
    run: RunId,
    step: StepId,
    app: State<'_, App>,
) -> Result<String, ProblemText> {
    save(&app.engine.home().exports(), &format!("{run}-{step}.csv"), "manifest", |file| {
        result_manifest(app.engine.journal(), &run, &step, file)
    })
}

/// Writes a file of that name that is on the disk before anything is said of it, and says where. `command` is
/// the one of `lifeboat` that writes the same.
fn save<E: Into<ProblemText>>(
    folder: &Path,
    name: &str,
    command: &str,
    write: impl FnOnce(&mut BufWriter<File>) -> Result<(), E>,
) -> Result<String, ProblemText> {
    let path = folder.join(name);
    let failed = |why: std::io::Error| {
        let what = format!("{} can't be written: {why}", path.display());
        let next = format!("Check the folder and the free space, or use `lifeboat {command} -o FILE`.");
        ProblemText::new(what, next)
    };
    std::fs::create_dir_all(folder).map_err(failed)?;
    let mut file = BufWriter::new(File::create(&path).map_err(failed)?);
    write(&mut file).map_err(Into::into)?;
    file.into_inner().map_err(|why| failed(why.into_error()))?.sync_all().map_err(failed)?;
    Ok(path.display().to_string())
}

/// Asks the action at work to stop between two items.
#[tauri::command]
pub(crate) async fn stop(run: RunId, app: State<'_, App>) -> Result<(), ProblemText> {
    app.session(&run).ok_or_else(|| not_open(&run))?.stop();
    Ok(())
}

/// Closes the window, whatever is going on; the journal says what is in doubt.
#[tauri::command]
pub(crate) async fn close_now(window: WebviewWindow) -> Result<(), ProblemText> {
    window
        .destroy()
        .map_err(|why| ProblemText::new(format!("the window does not close: {why}"), "Close it again."))
}

/// Opens a link of a runbook in the system's browser.
#[tauri::command]
pub(crate) async fn open_link(url: String) -> Result<(), ProblemText> {
    if !["https://", "http://", "mailto:"].iter().any(|scheme| url.starts_with(scheme)) {
        return Err(ProblemText::new(format!("{url} is not a web address"), "Copy it instead."));
    }
    tauri_plugin_opener::open_url(&url, None::<&str>)
        .map_err(|why| ProblemText::new(format!("{url} can't be opened: {why}"), "Copy it into a browser."))
}

pub(super) fn not_open(run: &RunId) -> ProblemText {
    ProblemText::new(format!("run {run} is not open in this window"), "Open it from the library.")
}
