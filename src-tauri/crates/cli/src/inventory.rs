//! `lifeboat inventory`: what a restore will need to know, kept while it can still be asked.

use std::sync::Arc;

use action::Inventory;
use engine::{Engine, Home, InventoryError};

use crate::Output;
use crate::connector::Aws;
use crate::exit::{Error, Exit};
use crate::say::{complain, say};

/// Takes it and keeps it. What could not be looked at is said, and makes it no failure: the rest is worth keeping.
pub(crate) async fn take(env: &str, format: Output) -> Result<Exit, Error> {
    let home = Home::find()?;
    let environment = aws::environments::load(env, home.path())?;
    let engine = Engine::open(home, Arc::new(Aws))?;
    let inventory = engine.take_inventory(&environment, &|_| {}).await.map_err(|why| match why {
        InventoryError::Taking(problem) => Error::Refused { what: problem.what, next: problem.next },
        InventoryError::Keeping(why) => why.into(),
    })?;
    match format {
        Output::Json => {
            let json = serde_json::to_string(&inventory).map_err(|why| Error::Terminal(why.into()))?;
            say!("{json}");
        }
        Output::Human => print(&inventory),
    }
    Ok(Exit::Done)
}

fn print(inventory: &Inventory) {
    let Inventory { environment, account, region, .. } = inventory;
    say!("Inventory of {environment} (account {account}, {region}), {:.0}:", inventory.taken);
    if let Some(instance) = &inventory.instance {
        let settings = &instance.settings;
        say!(
            "  database  {}: {} {}, {}, {} GiB {}",
            instance.id,
            settings.engine,
            settings.engine_version,
            settings.class,
            settings.allocated_gib,
            settings.storage_type
        );
    }
    for group in &inventory.groups {
        say!("  {:<9} {}", group.kind.words(), group.name);
    }
    for (table, facts) in &inventory.tables {
        let newest = facts.newest.map(|at| format!(", newest change {at:.0}")).unwrap_or_default();
        say!("  table     {table}: {} rows{newest}", facts.rows);
    }
    if let Some(bucket) = &inventory.bucket {
        let encryption = bucket.encryption.as_deref().unwrap_or("not known");
        say!("  photos    versioning {:?}, encryption {encryption}", bucket.versioning);
    }
    for gap in &inventory.gaps {
        complain!("lifeboat: not in the inventory: {gap}");
    }
    say!("Kept in the journal. A restore falls back on it when the database is gone.");
}
