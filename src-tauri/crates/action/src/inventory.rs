//! What is known of the Portal in peacetime, so that a restore knows it when the Portal is gone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::environment::Database;
use crate::plan::{Context, Failure};
use crate::port::{
    BucketFacts, Endpoint, Group, GroupKind, Instance, Limits, PortError, PortErrorKind, TableFacts,
};

/// A dated record of how the Portal DB and the photos' bucket are set up. It holds no secret and no badge holder's
/// data: settings, names of groups, counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inventory {
    /// When it was taken.
    pub taken: Timestamp,
    /// The environment it is of.
    pub environment: String,
    /// The account it is of.
    pub account: String,
    /// The region it is of.
    pub region: String,
    /// The instance of the Portal DB; `None` when the environment names none.
    pub instance: Option<Instance>,
    /// The groups that the instance names.
    pub groups: Vec<Group>,
    /// The tables, when the database could be signed in to.
    pub tables: BTreeMap<String, TableFacts>,
    /// The photos' bucket; `None` when the environment names none.
    pub bucket: Option<BucketFacts>,
    /// What could not be looked at, and why.
    pub gaps: Vec<String>,
}

/// Looks at everything that a restore may need to know once it is gone.
///
/// What can't be looked at is a gap, with its reason; a gap is no error, because what is known is worth keeping.
///
/// # Errors
/// When the credentials are not accepted, or the instance can't be reached: that is no record of peacetime.
pub async fn take(cx: &Context<'_>) -> Result<Inventory, Failure> {
    let mut inventory = Inventory {
        taken: cx.now,
        environment: cx.environment.name.clone(),
        account: cx.environment.account.clone(),
        region: cx.environment.region.clone(),
        instance: None,
        groups: Vec::new(),
        tables: BTreeMap::new(),
        bucket: None,
        gaps: Vec::new(),
    };
    match &cx.environment.database {
        Some(database) => inventory.look_at(database, cx).await?,
        None => inventory.gaps.push("The environment names no database.".to_owned()),
    }
    match &cx.environment.photos {
        Some(photos) => match cx.ports.photos.bucket(&photos.bucket).await {
            Ok(bucket) => inventory.bucket = Some(bucket),
            Err(error) => inventory.gap(&format!("bucket {}", photos.bucket), error)?,
        },
        None => inventory.gaps.push("The environment names no bucket of photos.".to_owned()),
    }
    Ok(inventory)
}

impl Inventory {
    fn gap(&mut self, what: &str, error: PortError) -> Result<(), Failure> {
        if error.kind == PortErrorKind::Credentials {
            return Err(error.into());
        }
        self.gaps.push(format!("The {what} could not be looked at: {error}"));
        Ok(())
    }

    async fn look_at(&mut self, database: &Database, cx: &Context<'_>) -> Result<(), Failure> {
        let id = &database.instance;
        let instance = match cx.ports.databases.instance(&self.region, id).await {
            Ok(answer) => answer.value,
            Err(error) if error.kind.is_transient() => return Err(error.into()),
            Err(error) => return self.gap(&format!("instance {id}"), error),
        };
        let Some(instance) = instance else {
            self.gaps.push(format!("There is no instance {id} in {}.", self.region));
            return Ok(());
        };
        let s = &instance.settings;
        let named = [
            (GroupKind::Subnet, s.subnet_group.as_ref()),
            (GroupKind::Parameter, s.parameter_group.as_ref()),
            (GroupKind::Option, s.option_group.as_ref()),
        ];
        for (kind, name) in named {
            let Some(name) = name else {
                self.gaps.push(format!("{id} names no {}.", kind.words()));
                continue;
            };
            match cx.ports.databases.group(&self.region, kind, name).await {
                Ok(Some(group)) => self.groups.push(group),
                Ok(None) => self.gaps.push(format!("The {} {name} is not there.", kind.words())),
                Err(error) => self.gap(&format!("{} {name}", kind.words()), error)?,
            }
        }
        match &instance.endpoint {
            Some(endpoint) => self.count(database, endpoint, cx).await,
            None => self.gaps.push(format!("{id} has no address, so that no table was counted.")),
        }
        self.instance = Some(instance);
        Ok(())
    }

    /// Counts the tables that the environment names. Whatever keeps that from being done is a gap: the settings are
    /// worth keeping without it.
    async fn count(&mut self, database: &Database, endpoint: &Endpoint, cx: &Context<'_>) {
        if database.tables.is_empty() {
            self.gaps.push("The environment names no tables to count (`database.tables`).".to_owned());
            return;
        }
        let mut session = match cx.ports.sql.read(endpoint, Limits::default()).await {
            Ok(session) => session,
            Err(error) => {
                self.gaps.push(format!("No table was counted: {error}"));
                return;
            }
        };
        for table in &database.tables {
            match session.table(&table.name, table.changed.as_deref()).await {
                Ok(facts) => {
                    self.tables.insert(table.name.clone(), facts);
                }
                Err(error) => self.gaps.push(format!("Table {} was not counted: {error}", table.name)),
            }
        }
    }
}
