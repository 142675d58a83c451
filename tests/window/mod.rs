//! The real window, by WebDriver.

mod follow;
mod hostile;
mod interrupted;
mod journey;
mod opening;
