//! The real window, by WebDriver.

mod opening;
