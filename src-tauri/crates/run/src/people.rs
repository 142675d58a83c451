//! Who takes part in a run.

use jiff::Timestamp;
use runbook::Role;

use crate::{Run, State};

/// Somebody who takes part in a run, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their name.
    pub name: String,
    /// What they do in it, as they took it on.
    pub roles: Vec<Role>,
    /// When they came.
    pub joined: Timestamp,
    /// When they left, if they did.
    pub left: Option<Timestamp>,
}

/// Whether two names mean the same person: how they are written doesn't matter.
pub fn same_person(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

impl Run {
    /// Who takes part, in the order in which they came.
    pub fn people(&self) -> &[Person] {
        &self.people
    }

    /// Who runs it now.
    pub fn operator(&self) -> &str {
        &self.operator
    }

    /// Those who are there and have a role.
    pub fn holders(&self, role: Role) -> impl Iterator<Item = &Person> {
        self.people.iter().filter(move |person| person.left.is_none() && person.roles.contains(&role))
    }

    /// Somebody who is there.
    pub(crate) fn present(&self, name: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.left.is_none() && same_person(&person.name, name))
    }

    pub(crate) fn joined(&mut self, name: &str, role: Role, at: Timestamp) {
        let known =
            self.people.iter_mut().find(|person| same_person(&person.name, name) && person.left.is_none());
        match known {
            Some(person) if person.roles.contains(&role) => {}
            Some(person) => person.roles.push(role),
            None => {
                self.people.push(Person { name: name.to_owned(), roles: vec![role], joined: at, left: None });
            }
        }
    }

    pub(crate) fn left(&mut self, name: &str, at: Timestamp) {
        for person in self.people.iter_mut().filter(|person| same_person(&person.name, name)) {
            person.left.get_or_insert(at);
        }
    }

    pub(crate) fn handed_over(&mut self, to: &str, at: Timestamp) {
        for person in &mut self.people {
            person.roles.retain(|role| *role != Role::Operator);
        }
        self.joined(to, Role::Operator, at);
        to.clone_into(&mut self.operator);
    }

    /// Whether whoever does things must be who they say, and have the role that is asked for. In an exercise one person
    /// may play several parts.
    pub fn is_strict(&self) -> bool {
        self.start.mode != crate::Mode::Exercise
    }

    /// When it ended.
    pub fn ended(&self) -> Option<Timestamp> {
        match self.state {
            State::Active => None,
            State::Finished(at) | State::Abandoned { at, .. } => Some(at),
        }
    }
}
