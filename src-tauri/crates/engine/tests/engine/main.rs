//! Behaviour of the whole crate, in one binary.

#![expect(
    clippy::result_large_err,
    reason = "an error says what failed, on what and what to do next; it is made once in a while, not in a loop"
)]

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod attaching;
#[cfg(test)]
mod broken;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod disk;
#[cfg(test)]
mod far;
#[cfg(test)]
mod order;
#[cfg(test)]
mod pausing;
#[cfg(test)]
mod sealing;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod world;
