//! A new instance from backups or a snapshot, set up as the old one was. The old one is never touched.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Restore;
use super::provenance::Setting;
use crate::body;
use crate::plan::Origin;
use crate::port::{Change, CopyOrder, Instance, RestoreOrder};

mod apply;
mod order;
mod plan;
mod setup;
mod source;
mod verify;

pub(crate) use apply::apply;
pub(crate) use plan::plan;
pub(in crate::database) use setup::{configured, in_inventory, inventory_words};
pub(crate) use verify::verify;

/// The action that these plans are of.
const ACTION: &str = "database.restore";
/// The tag that tells what an instance was made from, so that a run adopts what this very plan made, and no other.
const MADE_FROM: &str = "lifeboat:made-from";
/// The tag that tells which moment an instance was restored to.
const RESTORED_TO: &str = "lifeboat:restored-to";

/// What a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ground {
    region: String,
    target: String,
    made_from: String,
    /// The moment whose data comes back; for the newest one, as it was known when the plan was made.
    moment: Option<Timestamp>,
    /// The newest moment there is when the instance is ordered.
    newest: bool,
    encrypted: bool,
    /// The key that the new instance must be encrypted with.
    key: Option<String>,
}

/// What a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// Copies a snapshot first.
    Copy { order: CopyOrder },
    /// Makes the instance.
    Restore { order: Box<RestoreOrder> },
    /// Sets what a restore can't; only what differs is asked for.
    Change { change: Change },
    /// Nothing more: says what a setting becomes, and where that comes from.
    Setting { default: String, from: Option<String>, afterwards: bool },
}

type Item = body::Item<Op>;
type Body = body::Body<Restore, Ground, Op>;

/// The steps of a plan that was read back.
struct Steps {
    ground: Ground,
    params: Restore,
    copy: Option<CopyOrder>,
    order: RestoreOrder,
    change: Change,
}

impl Steps {
    fn read(plan: crate::plan::Source) -> Result<Self, crate::plan::Failure> {
        let mut body = Body::open(ACTION, plan)?;
        let (mut copy, mut order, mut change) = (None, None, None);
        while let Some(item) = body.next()? {
            let again = match item.op {
                Op::Copy { order } => copy.replace(order).is_some(),
                Op::Restore { order: it } => order.replace(it).is_some(),
                Op::Change { change: it } => change.replace(it).is_some(),
                Op::Setting { .. } => false,
            };
            if again {
                return Err(body.off("it says for the second time what can be done once only".to_owned()));
            }
        }
        let Some(order) = order else {
            return Err(body.off("the plan makes no instance".to_owned()));
        };
        let header = body.header;
        Ok(Self {
            ground: header.ground,
            params: header.params,
            copy,
            order: *order,
            change: change.unwrap_or_default(),
        })
    }

    /// Whether an instance is the one that this plan makes: this run's, from the same source and moment.
    fn made(&self, instance: &Instance, origin: &Origin) -> bool {
        is_made(instance, &self.ground.made_from, origin)
    }

    /// The moment that an instance made by this plan was restored to.
    fn restored_to(&self, instance: &Instance) -> Option<Timestamp> {
        let tagged = instance.settings.tags.get(RESTORED_TO).and_then(|text| text.parse().ok());
        tagged.or(self.ground.moment)
    }
}

fn is_made(instance: &Instance, made_from: &str, origin: &Origin) -> bool {
    let tags = &instance.settings.tags;
    origin.made(tags) && tags.get(MADE_FROM).is_some_and(|from| from == made_from)
}

impl Setting {
    /// The line of a plan that says what a setting becomes.
    fn item(&self, was: Option<String>) -> Item {
        Item {
            key: self.name.to_owned(),
            op: Op::Setting {
                default: self.default.to_owned(),
                from: self.from.clone(),
                afterwards: self.afterwards,
            },
            was: was.unwrap_or_else(|| "not known".to_owned()),
            becomes: self.value.clone().unwrap_or_else(|| self.default.to_owned()),
        }
    }
}
