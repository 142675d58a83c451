//! Who did what.

use jiff::Timestamp;
use run::Run;

use crate::review::inputs;

/// Who the program is, as the journal names it.
const PROGRAM: &str = "lifeboat";

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
        if !part.roles.contains(&"approver") {
            part.roles.push("approver");
        }
    }

    /// With the roles that the run knows; the program itself comes last.
    pub(crate) fn finish(mut self, run: &Run) -> Vec<Part> {
        for known in inputs::people(run) {
            let part = self.of(&known.name, known.joined);
            part.joined = part.joined.min(known.joined);
            part.left = known.left.or(part.left);
            for role in known.roles.into_iter().rev() {
                part.roles.retain(|had| *had != role);
                part.roles.insert(0, role);
            }
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
        let same = |part: &Part| part.name.trim().to_lowercase() == name.trim().to_lowercase();
        let place = self.0.iter().position(same).unwrap_or_else(|| {
            let (name, roles) = (name.trim().to_owned(), Vec::new());
            self.0.push(Part { name, roles, joined: at, left: None, approved: Vec::new(), entries: 0 });
            self.0.len() - 1
        });
        &mut self.0[place]
    }
}
