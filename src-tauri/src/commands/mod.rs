//! What the window may ask. Each command checks its arguments and calls the engine; nothing is decided here.

pub(crate) mod evidence;
pub(crate) mod library;
pub(crate) mod people;
pub(crate) mod run;
