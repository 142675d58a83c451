//! The real window, by WebDriver.

mod accountable;
mod failing;
mod follow;
mod hostile;
mod interrupted;
mod journey;
mod opening;
mod portal_db;
