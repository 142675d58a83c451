//! Behaviour of the whole crate, in one binary.

#[cfg(test)]
mod clocks;
#[cfg(test)]
mod doubt;
#[cfg(test)]
mod failures;
#[cfg(test)]
mod folding;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod ids;
#[cfg(test)]
mod moving;
#[cfg(test)]
mod people;
#[cfg(test)]
mod plans;
#[cfg(test)]
mod roles;
#[cfg(test)]
mod starting;
#[cfg(test)]
mod world;
