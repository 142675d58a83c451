//! Restoring the Portal DB through the engine and over HTTP, on a practice range with no rows behind its instances.

mod bad_input;
mod crash;
mod faults;
mod journal;
mod operator;
mod stage;
mod world;
