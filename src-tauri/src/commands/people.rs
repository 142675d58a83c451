//! The second person signs in.

use ::run::{Digest, RunId};
use engine::SignedApproval;
use runbook::StepId;
use tauri::{AppHandle, State};

use crate::commands::run::not_open;
use crate::state::{self, App};
use crate::view::{ProblemText, RunView};

/// Approves a plan under the second person's signature, and has it done.
#[tauri::command]
#[expect(
    clippy::too_many_arguments,
    reason = "a command's arguments are the fields of what the window sends"
)]
pub(crate) async fn approve_signed(
    run: RunId,
    step: StepId,
    digest: Digest,
    by: String,
    passphrase: String,
    typed: Option<String>,
    handle: AppHandle,
    app: State<'_, App>,
) -> Result<RunView, ProblemText> {
    let session = app.session(&run).ok_or_else(|| not_open(&run))?;
    let operator = session.run().operator().to_owned();
    let approval = SignedApproval { step, digest, by, typed };
    let now = session.approve_signed(&operator, approval, &passphrase).await?;
    state::work(&handle, &session);
    app.view(&now)
}

/// Since when a person has had a passphrase on this machine; `None` when they have none.
#[tauri::command]
pub(crate) async fn signed_up(name: String) -> Result<Option<String>, ProblemText> {
    Ok(engine::signed_up(&name).await?.map(|since| since.to_string()))
}

/// Gives a person a passphrase on this machine.
#[tauri::command]
pub(crate) async fn sign_up(name: String, passphrase: String) -> Result<String, ProblemText> {
    Ok(engine::sign_up(&name, &passphrase).await?.to_string())
}
