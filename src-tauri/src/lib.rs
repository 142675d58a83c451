//! The desktop shell: the window, the commands it calls and what it is sent.

use std::env;
use std::process::ExitCode;

/// Opens the window and stays until it is closed.
///
/// Exits with 1, and says why on standard error, when there is no display or no web view to draw in.
pub fn run() -> ExitCode {
    if cfg!(target_os = "linux") && !has_display() {
        eprintln!(
            "lifeboat-desktop: failed to open the window: there is no display (DISPLAY and WAYLAND_DISPLAY are \
             not set). Start it from a desktop session, or do the same in this terminal with `lifeboat run`."
        );
        return ExitCode::FAILURE;
    }
    let ended = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .invoke_handler(tauri::generate_handler![])
        .run(tauri::generate_context!());
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lifeboat-desktop: failed to open the window: {error}");
            ExitCode::FAILURE
        }
    }
}

/// GTK aborts the process when it finds no display, so it is not asked then.
fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| env::var_os(name).is_some_and(|value| !value.is_empty()))
}
