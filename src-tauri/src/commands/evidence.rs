//! Evidence: what is kept, and how it is looked at.

use std::io::{BufRead, Read};

use ::run::{Digest, Kept, Run, RunId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runbook::StepId;
use tauri::State;

use crate::commands::run::not_open;
use crate::state::App;
use crate::view::{AttachmentPage, ProblemText, RunView};

/// Lines of an attachment that are sent at a time.
const PAGE: usize = 200;

/// Lines of a plan or of evidence, from the line `from` on.
#[tauri::command]
pub(crate) async fn attachment(
    run: RunId,
    digest: Digest,
    from: u64,
    app: State<'_, App>,
) -> Result<AttachmentPage, ProblemText> {
    let folded = app.session(&run).ok_or_else(|| not_open(&run))?.run();
    let known = folded.runbook().steps().any(|step| {
        folded.step(&step.id).attachments.iter().any(|(_, attachment)| attachment.digest == digest)
    });
    if !known && kept(&folded, &digest).is_none() {
        return Err(no_attachment(&run, &digest));
    }
    let skip = usize::try_from(from).unwrap_or(usize::MAX);
    let mut lines = Vec::with_capacity(PAGE);
    let mut more = false;
    for line in app.engine.journal().attachment(&digest)?.lines().skip(skip) {
        let line = line.map_err(unreadable)?;
        if lines.len() == PAGE {
            more = true;
            break;
        }
        lines.push(line);
    }
    Ok(AttachmentPage { lines, from, more })
}

/// Keeps a file as evidence; `content` is base64.
#[tauri::command]
pub(crate) async fn attach(
    run: RunId,
    step: Option<StepId>,
    name: String,
    content: String,
    app: State<'_, App>,
) -> Result<RunView, ProblemText> {
    let session = app.session(&run).ok_or_else(|| not_open(&run))?;
    let content = STANDARD.decode(content).map_err(|why| {
        ProblemText::new(format!("{name} did not arrive whole: {why}"), "Attach it again.".to_owned())
    })?;
    let operator = session.run().operator().to_owned();
    app.view(&session.attach(&operator, step, &name, &content)?)
}

/// A picture that was kept as evidence, as a data URL.
#[tauri::command]
pub(crate) async fn picture(run: RunId, digest: Digest, app: State<'_, App>) -> Result<String, ProblemText> {
    let folded = app.session(&run).ok_or_else(|| not_open(&run))?.run();
    let picture = kept(&folded, &digest).filter(|kept| kept.media.starts_with("image/"));
    let media = &picture.ok_or_else(|| no_attachment(&run, &digest))?.media;
    let mut content = Vec::new();
    app.engine.journal().attachment(&digest)?.read_to_end(&mut content).map_err(unreadable)?;
    Ok(format!("data:{media};base64,{}", STANDARD.encode(content)))
}

/// A file that somebody kept.
fn kept<'a>(run: &'a Run, digest: &Digest) -> Option<&'a Kept> {
    run.files().iter().find(|kept| kept.file.digest == *digest)
}

fn unreadable(why: std::io::Error) -> ProblemText {
    ProblemText::new(format!("the attachment can't be read: {why}"), "Check with `lifeboat verify`.")
}

fn no_attachment(run: &RunId, digest: &Digest) -> ProblemText {
    let what = format!("run {run} has no attachment {}", digest.short());
    ProblemText::new(what, "Open it from the step it belongs to.")
}
