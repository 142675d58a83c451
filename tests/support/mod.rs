//! What behaviour tests stand on: the programs as people start them, a display, a session bus, a third party's S3.
//!
//! Everything here panics with what was missing and what to do about it: there is nothing a test could do instead.

// Which of these are used differs from test to test as they come and go.
#![allow(dead_code)]

pub(crate) mod cli;
pub(crate) mod close;
pub(crate) mod desktop;
pub(crate) mod ministack;
pub(crate) mod moto;
pub(crate) mod paths;
pub(crate) mod practice;
pub(crate) mod process;
pub(crate) mod session;
