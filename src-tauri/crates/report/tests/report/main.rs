//! Behaviour of the whole crate, in one binary.

#[cfg(test)]
mod csv;
#[cfg(test)]
mod jsonl;
#[cfg(test)]
mod markdown;
#[cfg(test)]
mod review;
#[cfg(test)]
mod sealed;
#[cfg(test)]
mod story;
#[cfg(test)]
mod timeline;
#[cfg(test)]
mod world;
