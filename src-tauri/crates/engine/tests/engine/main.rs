//! Behaviour of the whole crate, in one binary.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod broken;
#[cfg(test)]
mod far;
#[cfg(test)]
mod order;
#[cfg(test)]
mod pausing;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod world;
