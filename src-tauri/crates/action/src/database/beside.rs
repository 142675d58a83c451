//! What a restored database is held against: another instance, or what was written down in peacetime.

use jiff::Timestamp;

use super::session;
use crate::environment::Table;
use crate::plan::{Context, Failure};
use crate::port::{Instance, Limits, PortError, PortErrorKind, Reading, TableFacts};
use crate::{Inventory, words};

/// Another database of the same tables. What can't be asked is a note, never a failure: the source is often the very
/// instance that is damaged.
pub(crate) struct Beside<'a> {
    source: Option<(String, Box<dyn Reading>)>,
    inventory: Option<&'a Inventory>,
}

/// What is known of a table elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Known {
    /// Where, in words: `portal`, `the inventory of 2026-11-20 01:00:00 UTC`.
    pub(crate) whose: String,
    pub(crate) facts: TableFacts,
}

impl<'a> Beside<'a> {
    /// Opens the source, if one is asked for and it isn't `restored` itself.
    pub(crate) async fn open(
        source: Option<&str>,
        region: Option<&str>,
        restored: &Instance,
        cx: &Context<'a>,
        notes: &mut Vec<String>,
    ) -> Self {
        let inventory = cx.inventory;
        let opened = match source {
            None => None,
            Some(id) => match sign_in(cx, region, id, restored).await {
                Ok(session) => Some((id.to_owned(), session)),
                Err(failure) => {
                    notes.push(aside(id, &failure, inventory));
                    None
                }
            },
        };
        if source.is_none() && inventory.is_none() {
            notes.push(
                "There is nothing to compare with: give `source`, or keep an inventory in peacetime with \
                 `lifeboat inventory`."
                    .to_owned(),
            );
        }
        Self { source: opened, inventory }
    }

    /// What it is, for a fact; `None` when there is nothing.
    pub(crate) fn words(&self, now: Timestamp) -> Option<String> {
        match (&self.source, self.inventory) {
            (Some((id, _)), _) => Some(format!("instance {id}")),
            (None, Some(inventory)) => {
                Some(format!("{}, {} old", of(inventory), words::span(inventory.taken, now)))
            }
            (None, None) => None,
        }
    }

    /// The names of the tables that it has.
    pub(crate) async fn tables(&mut self, notes: &mut Vec<String>) -> Vec<String> {
        if let Some((_, session)) = &mut self.source {
            match session.tables().await {
                Ok(tables) => return tables,
                Err(error) => self.give_up(&error, notes),
            }
        }
        self.inventory.map(|inventory| inventory.tables.keys().cloned().collect()).unwrap_or_default()
    }

    /// What is known of a table: from the source, and if that doesn't have it, from the inventory.
    pub(crate) async fn table(
        &mut self,
        name: &str,
        changed: Option<&str>,
        notes: &mut Vec<String>,
    ) -> Option<Known> {
        if let Some((id, session)) = &mut self.source {
            match session.table(name, changed).await {
                Ok(facts) => return Some(Known { whose: id.clone(), facts }),
                Err(error) if error.kind == PortErrorKind::NotFound => {}
                Err(error) => self.give_up(&error, notes),
            }
        }
        let inventory = self.inventory?;
        let facts = inventory.tables.get(name)?.clone();
        Some(Known { whose: of(inventory), facts })
    }

    /// How many rows of a table, changed in a span of time, the source has that `restored` has not; `None` when the
    /// source can't be asked.
    ///
    /// # Errors
    /// What `restored` fails with.
    pub(crate) async fn more_than(
        &mut self,
        restored: &mut dyn Reading,
        table: &Table,
        (from, until): (Timestamp, Timestamp),
        notes: &mut Vec<String>,
    ) -> Result<Option<u64>, PortError> {
        let (Some((_, session)), Some(changed)) = (self.source.as_mut(), &table.changed) else {
            return Ok(None);
        };
        let there = match session.changed_between(&table.name, changed, from, until).await {
            Ok(rows) => rows,
            Err(error) => {
                if error.kind != PortErrorKind::NotFound {
                    self.give_up(&error, notes);
                }
                return Ok(None);
            }
        };
        let here = match there {
            0 => 0,
            _ => restored.changed_between(&table.name, changed, from, until).await?,
        };
        Ok(Some(there.saturating_sub(here)))
    }

    fn give_up(&mut self, error: &PortError, notes: &mut Vec<String>) {
        if let Some((id, _)) = self.source.take() {
            notes.push(aside(&id, error, self.inventory));
        }
    }
}

fn of(inventory: &Inventory) -> String {
    format!("the inventory of {}", words::time(inventory.taken))
}

fn aside(id: &str, why: &dyn std::fmt::Display, inventory: Option<&Inventory>) -> String {
    let instead = match inventory {
        Some(inventory) => format!("{} stands in for it", of(inventory)),
        None => "there is nothing else to compare with".to_owned(),
    };
    format!("Instance {id} could not be asked, so {instead}: {why}")
}

/// The source is looked for where the environment is, and then where the restored instance is: after a region was
/// lost, both may have the same name.
async fn sign_in(
    cx: &Context<'_>,
    region: Option<&str>,
    id: &str,
    restored: &Instance,
) -> Result<Box<dyn Reading>, Failure> {
    let here = session::found(cx, None, id).await;
    let elsewhere = region.filter(|region| **region != *cx.environment.region);
    let (instance, endpoint) = match (here, elsewhere) {
        (Ok(found), _) if found.0.arn != restored.arn => found,
        (Err(failure), None) => return Err(failure),
        (Ok(found), None) => found,
        (_, Some(region)) => session::found(cx, Some(region), id).await?,
    };
    if instance.arn == restored.arn {
        return Err(Failure::Refused {
            why: "it is the restored instance itself".to_owned(),
            next: "Give the instance that it was restored from.".to_owned(),
        });
    }
    Ok(cx.ports.sql.read(&endpoint, Limits::default()).await?)
}
