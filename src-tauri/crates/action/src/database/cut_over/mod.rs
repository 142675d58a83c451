//! A restored instance takes the name that the Portal knows, and the way back. Every step finds the instances by
//! their resource ids, which no rename changes: whatever was interrupted, it is plain what is still to do.

use serde::{Deserialize, Serialize};

use super::CutOver;
use crate::body;
use crate::plan::Failure;
use crate::port::{Change, Instance};

mod apply;
mod plan;
mod verify;

pub(crate) use apply::apply;
pub(crate) use plan::plan;
pub(crate) use verify::verify;

/// The action that these plans are of.
const ACTION: &str = "database.cut_over";

/// What a plan stands on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Ground {
    region: String,
    /// The one that will hold the name, by resource id.
    takes: String,
    /// The one that makes way for it, by resource id; `None` when the name is held by nobody.
    makes_way: Option<String>,
    /// The name under which that one is kept.
    kept: Option<String>,
}

/// What a plan does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
enum Op {
    /// Renames an instance.
    Rename { resource_id: String, from: String, to: String },
    /// Switches on, on the one that holds the name, what protects it.
    Protect { resource_id: String, change: Change },
}

type Item = body::Item<Op>;
type Body = body::Body<CutOver, Ground, Op>;

/// A plan that was read back.
struct Steps {
    ground: Ground,
    params: CutOver,
    /// In this order.
    renames: Vec<Rename>,
    protect: Change,
}

struct Rename {
    resource_id: String,
    from: String,
    to: String,
}

impl Steps {
    fn read(plan: crate::plan::Source) -> Result<Self, Failure> {
        let (header, items) = Body::open(ACTION, plan)?.all()?;
        let (mut renames, mut protect) = (Vec::new(), Change::default());
        for item in items {
            match item.op {
                Op::Rename { resource_id, from, to } => renames.push(Rename { resource_id, from, to }),
                Op::Protect { change, .. } => protect = change,
            }
        }
        Ok(Self { ground: header.ground, params: header.params, renames, protect })
    }
}

fn by_resource<'a>(all: &'a [Instance], resource_id: &str) -> Option<&'a Instance> {
    all.iter().find(|instance| instance.resource_id == resource_id)
}

fn by_name<'a>(all: &'a [Instance], name: &str) -> Option<&'a Instance> {
    all.iter().find(|instance| instance.id == name)
}
