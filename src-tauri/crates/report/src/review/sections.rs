//! What a review says, section by section; every writer writes these, and nothing else.

use runbook::StepId;

use crate::review::clocks::length;
use crate::review::people::Part;
use crate::review::{Review, csf};
use crate::text::time;

/// One section.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Section {
    /// A word for links to it.
    pub(crate) id: &'static str,
    pub(crate) title: &'static str,
    pub(crate) blocks: Vec<Block>,
}

/// One thing in a section. All text is as it was typed: a writer has to keep it text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Block {
    /// A paragraph.
    Text(String),
    /// A list.
    Items(Vec<String>),
    /// Names and values.
    Facts(Vec<(&'static str, String)>),
    Table(Table),
    /// The picture of the timeline, and what it shows in words.
    Picture(String),
    /// The table of all entries: number, time, who, what, step.
    Entries,
    /// A place to sign, for somebody.
    Signature(&'static str),
}

/// A table with at least one row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) rows: Vec<Vec<String>>,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) title: &'static str,
    pub(crate) kind: Kind,
    /// How wide, against the others.
    pub(crate) share: u32,
}

/// What stands in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Words,
    /// Instants, which stay on a line.
    Time,
    /// Digests and ids.
    Code,
    /// Numbers, which line up at the right.
    Number,
    /// `met`, or what was missed.
    Verdict,
}

impl Column {
    pub(crate) const fn words(title: &'static str, share: u32) -> Self {
        Self { title, kind: Kind::Words, share }
    }

    pub(crate) const fn time(title: &'static str, share: u32) -> Self {
        Self { title, kind: Kind::Time, share }
    }

    pub(crate) const fn code(title: &'static str, share: u32) -> Self {
        Self { title, kind: Kind::Code, share }
    }

    pub(crate) const fn number(title: &'static str, share: u32) -> Self {
        Self { title, kind: Kind::Number, share }
    }

    pub(crate) const fn verdict(title: &'static str, share: u32) -> Self {
        Self { title, kind: Kind::Verdict, share }
    }
}

/// The columns of [`Block::Entries`].
pub(crate) const ENTRIES: [Column; 5] = [
    Column::number("#", 2),
    Column::time("time (UTC)", 7),
    Column::words("who", 4),
    Column::words("what", 14),
    Column::words("step", 6),
];

impl Table {
    pub(crate) fn new<const N: usize>(columns: [Column; N], rows: Vec<Vec<String>>) -> Self {
        Self { columns: columns.to_vec(), rows }
    }
}

impl Review {
    /// Everything it says, in order.
    pub(crate) fn sections(&self) -> Vec<Section> {
        let section = |id, title, blocks| Section { id, title, blocks };
        vec![
            section("summary", "Summary", self.summary()),
            section("impact", "Impact", vec![notes(&self.impact, "No impact was noted during the run.")]),
            section("clocks", "Clocks against objectives", self.clocks()),
            section("people", "Who did what", vec![self.people()]),
            section("timeline", "Timeline", self.timeline()),
            section("deviations", "Deviations from the runbook", vec![self.deviations()]),
            section("evidence", "Evidence", self.evidence()),
            section(
                "well",
                "What went well",
                vec![notes(&self.well, "Nothing was noted as having gone well.")],
            ),
            section(
                "badly",
                "What went badly",
                vec![notes(&self.badly, "Nothing was noted as having gone badly.")],
            ),
            section("actions", "Corrective actions", vec![self.actions()]),
            section("csf", "NIST CSF 2.0", self.csf()),
            section("sign-off", "Sign-off", sign_off()),
            section("integrity", "Integrity", self.integrity()),
        ]
    }

    /// The title of a step; nothing for none.
    pub(crate) fn title_of(&self, step: Option<&StepId>) -> String {
        let Some(id) = step else { return String::new() };
        self.run.runbook().step(id).map_or_else(|| id.to_string(), |step| step.title.clone())
    }

    fn people(&self) -> Block {
        let row = |part: &Part| {
            let left = part.left.map_or_else(|| "stayed".to_owned(), time);
            let approved = match part.approved.as_slice() {
                [] => "nothing".to_owned(),
                plans => format!("plan {}", plans.join(", plan ")),
            };
            vec![
                part.name.clone(),
                part.roles.join(", "),
                time(part.joined),
                left,
                approved,
                part.entries.to_string(),
            ]
        };
        Block::Table(Table::new(
            [
                Column::words("name", 4),
                Column::words("role", 4),
                Column::time("joined", 6),
                Column::time("left", 6),
                Column::words("approved", 4),
                Column::number("entries", 2),
            ],
            self.parts.iter().map(row).collect(),
        ))
    }

    fn timeline(&self) -> Vec<Block> {
        let mut blocks = vec![
            Block::Text("Times are UTC, by the clock of the machine that wrote the journal.".to_owned()),
            Block::Picture(self.where_time_went()),
        ];
        let spent = self.spent();
        if !spent.is_empty() {
            blocks.push(Block::Table(Table::new(
                [
                    Column::words("phase", 6),
                    Column::number("took", 3),
                    Column::number("people", 3),
                    Column::number("action", 3),
                    Column::number("approval", 3),
                    Column::number("wait", 3),
                    Column::number("trouble", 3),
                ],
                spent,
            )));
        }
        blocks.push(Block::Entries);
        blocks
    }

    fn deviations(&self) -> Block {
        if self.deviations.is_empty() {
            return Block::Text(
                "None: every step was done as the runbook says, and nothing failed.".to_owned(),
            );
        }
        let rows = self.deviations.iter().map(|deviation| {
            let (seq, at) = (deviation.seq.to_string(), time(deviation.at));
            vec![seq, at, deviation.kind.to_owned(), deviation.text.clone()]
        });
        Block::Table(Table::new(
            [
                Column::number("entry", 2),
                Column::time("time", 6),
                Column::words("kind", 3),
                Column::words("what", 12),
            ],
            rows.collect(),
        ))
    }

    fn evidence(&self) -> Vec<Block> {
        if self.evidence.is_empty() {
            return vec![Block::Text("Nothing was kept as evidence.".to_owned())];
        }
        let said = "Each is kept in the journal by the SHA-256 of its content, and can be checked against it. Plans and \
                    lists of what was done name single photos; they are not part of this review.";
        let rows = self.evidence.iter().map(|evidence| {
            vec![
                evidence.seq.to_string(),
                self.title_of(evidence.step.as_ref()),
                evidence.label.clone(),
                evidence.kept.digest.to_string(),
                evidence.kept.bytes.to_string(),
            ]
        });
        let table = Table::new(
            [
                Column::number("entry", 2),
                Column::words("step", 5),
                Column::words("what", 4),
                Column::code("SHA-256", 10),
                Column::number("bytes", 3),
            ],
            rows.collect(),
        );
        vec![Block::Text(said.to_owned()), Block::Table(table)]
    }

    fn actions(&self) -> Block {
        if self.actions.is_empty() {
            return Block::Text("None were recorded.".to_owned());
        }
        let rows = self.actions.iter().map(|action| {
            let due = action.due.clone().unwrap_or_else(|| "no date".to_owned());
            vec![action.what.clone(), action.owner.clone(), due]
        });
        Block::Table(Table::new(
            [Column::words("action", 10), Column::words("owner", 4), Column::words("due", 3)],
            rows.collect(),
        ))
    }

    fn csf(&self) -> Vec<Block> {
        let ids = &self.run.runbook().csf;
        if ids.is_empty() {
            return vec![Block::Text(
                "The runbook names no subcategory that a run of it is evidence for.".to_owned(),
            )];
        }
        let said = match self.run.ended() {
            Some(_) => {
                "The subcategories that the runbook names, for which this run is evidence. The wording is ours, \
                        and no quotation of the standard."
            }
            None => {
                "The subcategories that the runbook names, for which this run will be evidence once it has ended. \
                     The wording is ours, and no quotation of the standard."
            }
        };
        let outcome = |id: &String| csf::outcome(id).unwrap_or("See the standard.").to_owned();
        let rows = ids.iter().map(|id| vec![id.clone(), outcome(id)]).collect();
        let columns = [Column::code("subcategory", 2), Column::words("what it asks for", 12)];
        vec![Block::Text(said.to_owned()), Block::Table(Table::new(columns, rows))]
    }

    fn integrity(&self) -> Vec<Block> {
        let said = "Every entry of the journal carries the hash of the one before it, so that the last one stands for \
                    all. Whoever has the journal, or its export in JSON lines, can check with lifeboat verify that \
                    it ends in this hash.";
        vec![
            Block::Text(said.to_owned()),
            Block::Facts(vec![
                ("Run", self.run.id().to_string()),
                ("Entries", self.run.seq().to_string()),
                ("Head of the journal", self.head.clone()),
                ("Written by", format!("Lifeboat {}", env!("CARGO_PKG_VERSION"))),
            ]),
        ]
    }

    /// How long each phase took, and with what.
    fn spent(&self) -> Vec<Vec<String>> {
        let phases = self.phases();
        let rows = phases.iter().map(|phase| {
            let mut row = vec![phase.title.clone(), length(phase.took())];
            row.extend(phase.by_activity(&self.spans).map(|spent| match spent.is_zero() {
                true => "–".to_owned(),
                false => length(spent),
            }));
            row
        });
        rows.collect()
    }
}

/// Notes as a list, or that there are none.
fn notes(notes: &[crate::review::Noted], none: &str) -> Block {
    if notes.is_empty() {
        return Block::Text(none.to_owned());
    }
    Block::Items(notes.iter().map(crate::review::Noted::line).collect())
}

fn sign_off() -> Vec<Block> {
    let said = "Signed by those who have read this review and accept it.".to_owned();
    vec![Block::Text(said), Block::Signature("Technical Operations"), Block::Signature("Management")]
}
