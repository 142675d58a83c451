//! `lifeboat-desktop`, the window. Everything is in the library beside it.

// Windows would open a console behind the window.
#![cfg_attr(all(windows, not(debug_assertions)), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    desktop::run()
}
