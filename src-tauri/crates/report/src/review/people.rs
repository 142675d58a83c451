//! Who did what.

use jiff::Timestamp;
use run::{Person, Run, same_person};

/// Who the program is, as the journal names it.
const PROGRAM: &str = "lifeboat";

/// Who began a run and handed it over.
const FORMERLY: &str = "operator, handed over";

/// Somebody who took part.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Part {
    pub(crate) name: String,
    pub(crate) roles: Vec<&'static str>,
    pub(crate) joined: Timestamp,
    pub(crate) left: Option<Timestamp>,
    /// The plans they approved, by the beginnings of their digests.
    pub(crate) approved: Vec<String>,
    /// How many entries are theirs.
    pub(crate) entries: u64,
}

/// Those who were met in the entries so far.
#[derive(Debug, Default)]
pub(crate) struct Parts(Vec<Part>);

impl Parts {
    pub(crate) fn entry(&mut self, name: &str, at: Timestamp) {
        self.of(name, at).entries += 1;
    }

    pub(crate) fn approved(&mut self, name: &str, plan: &str, at: Timestamp) {
        let part = self.of(name, at);
        part.approved.push(plan.to_owned());
    }

    /// With the roles that the run knows; the program itself comes last.
    pub(crate) fn finish(mut self, run: &Run) -> Vec<Part> {
        for Person { name, roles, joined, left } in run.people() {
            let part = self.of(name, *joined);
            part.joined = part.joined.min(*joined);
            part.left = *left;
            for role in roles.iter().map(|role| role.words()) {
                if !part.roles.contains(&role) {
                    part.roles.push(role);
                }
            }
        }
        // Who began it is not the operator any more once it was handed over.
        let began = self.of(&run.start().operator, run.started());
        if began.roles.is_empty() {
            began.roles.push(FORMERLY);
        }
        for part in &mut self.0 {
            if part.name == PROGRAM {
                part.roles = vec!["the program itself"];
            }
        }
        self.0.sort_by_key(|part| (part.name == PROGRAM, part.joined));
        self.0
    }

    fn of(&mut self, name: &str, at: Timestamp) -> &mut Part {
        let place = self.0.iter().position(|part| same_person(&part.name, name)).unwrap_or_else(|| {
            let (name, roles) = (name.trim().to_owned(), Vec::new());
            self.0.push(Part { name, roles, joined: at, left: None, approved: Vec::new(), entries: 0 });
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}
