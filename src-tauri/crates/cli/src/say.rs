//! What is printed. A pipe that nobody reads any more, or a full disk under a file, never ends a run in the middle:
//! all that happens is in the journal.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

static FAILED: OnceLock<io::Error> = OnceLock::new();

/// Prints a line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::say::line(format_args!($($text)*)) };
}

/// Prints a line on standard error.
macro_rules! complain {
    ($($text:tt)*) => { $crate::say::aside(format_args!($($text)*)) };
}

pub(crate) use {complain, say};

pub(crate) fn line(text: Arguments<'_>) {
    if let Err(why) = writeln!(io::stdout().lock(), "{text}") {
        FAILED.get_or_init(|| why);
    }
}

pub(crate) fn aside(text: Arguments<'_>) {
    // There is nowhere else to say it.
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Why something was not printed. That whoever reads has read enough is none.
pub(crate) fn failure() -> Option<&'static io::Error> {
    FAILED.get().filter(|why| why.kind() != ErrorKind::BrokenPipe)
}
