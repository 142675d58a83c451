//! The verbs of recovery: what each action takes, what it would do (a [`Plan`]), how it does it, and how it
//! is checked afterwards, over the ports in [`port`].
//!
//! Guarantee: planning and verifying only read; applying performs exactly the [`Plan`] that it is given, and
//! applying it a second time changes nothing. No SDK, no clock and no disk are named here.

pub mod environment;
pub mod spec;

pub use environment::Environment;
pub use spec::{ActionSpec, Effect, OutputSpec, ParamKind, ParamSpec};
