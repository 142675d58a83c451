//! The desktop shell: the window, the commands it calls and what it is sent.
//!
//! Guarantee: nothing is decided here. Commands check their arguments and call the engine; views are worked out from
//! a run's journal; the window may ask for nothing else.

mod commands;
mod problem;
mod state;
pub mod view;

use std::env;
use std::process::ExitCode;

use clap::Parser;
use engine::Home;
use tauri::{Emitter, Manager, WindowEvent};

use commands::{evidence, library, people, run};
use state::App;
use view::CloseAsked;

/// Guided disaster recovery for the Veonics Portal.
#[derive(Debug, Parser)]
#[command(name = "lifeboat-desktop", version)]
struct Cli {
    /// The environment to offer first: a name, or a file.
    #[arg(long)]
    env: Option<String>,
}

/// Opens the window and stays until it is closed.
///
/// Exits with 1, and says why on standard error, when there is no display, no web view to draw in, or no journal
/// that can be written; with 2 when it is called wrongly.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    if cfg!(target_os = "linux") && !has_display() {
        return failed(
            "there is no display (DISPLAY and WAYLAND_DISPLAY are not set). Start it from a desktop session, or do \
             the same in this terminal with `lifeboat run`.",
        );
    }
    let opened = Home::find().map_err(|why| why.to_string());
    let app = match opened.and_then(|home| App::open(home, cli.env).map_err(|why| why.to_string())) {
        Ok(app) => app,
        Err(why) => {
            rfd::MessageDialog::new()
                .set_title("Lifeboat can't open its journal")
                .set_description(&why)
                .show();
            return failed(&why);
        }
    };
    let ended = tauri::Builder::default()
        .manage(app)
        .invoke_handler(tauri::generate_handler![
            library::library,
            library::start_form,
            library::check_parameter,
            library::start_run,
            run::open_run,
            run::submit,
            run::step,
            run::timeline,
            evidence::attachment,
            evidence::attach,
            evidence::picture,
            people::approve_signed,
            people::signed_up,
            people::sign_up,
            run::export_timeline,
            run::export_report,
            run::export_manifest,
            run::stop,
            run::close_now,
            run::open_link,
        ])
        .on_window_event(|window, event| {
            let WindowEvent::CloseRequested { api, .. } = event else { return };
            let Some(run) = window.state::<App>().working() else { return };
            api.prevent_close();
            let step = run.current();
            let asked = CloseAsked {
                run: run.id().to_string(),
                step: step.map(|step| step.title.clone()).unwrap_or_default(),
                changes: step
                    .and_then(runbook::Step::effect)
                    .is_some_and(|effect| effect != action::Effect::Reads),
            };
            if let Err(why) = window.emit("close-asked", asked) {
                tracing::warn!(%why, "the window did not hear that it was asked to close");
            }
        })
        .run(tauri::generate_context!());
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => failed(&why.to_string()),
    }
}

fn failed(why: &str) -> ExitCode {
    eprintln!("lifeboat-desktop: failed to open the window: {why}");
    ExitCode::FAILURE
}

/// GTK aborts the process when it finds no display, so it is not asked then.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
