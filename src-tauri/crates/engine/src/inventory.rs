//! Taking the inventory: what a restore will need to know once it can no longer be asked.

use std::sync::atomic::AtomicBool;

use action::{Context, Environment, Inventory, Origin, Progress};
use journal::JournalError;
use run::Problem;

use crate::Engine;
use crate::connect::own;
use crate::disk::Folder;
use crate::effect::problem;
use crate::session::now;

/// Why there is no inventory. Nothing was kept.
#[derive(Debug, thiserror::Error)]
pub enum InventoryError {
    /// It could not be taken.
    #[error("{}. {}", .0.what, .0.next)]
    Taking(Problem),
    /// It could not be kept.
    #[error(transparent)]
    Keeping(#[from] JournalError),
}

impl Engine {
    /// Looks at how an environment is set up, which only reads, and keeps that as a dated record in the journal.
    ///
    /// # Errors
    /// Credentials of another account; an environment that can't be reached; a journal that can't be written.
    pub async fn take_inventory(
        &self,
        environment: &Environment,
        progress: &(dyn Fn(Progress) + Send + Sync),
    ) -> Result<Inventory, InventoryError> {
        let (ports, _) = own(&*self.connector, environment).await.map_err(InventoryError::Taking)?;
        // It is done for no run, and makes nothing that would carry one's name.
        let origin = Origin { run: String::new(), mode: String::new() };
        let cx = Context {
            ports: &ports,
            environment,
            origin: &origin,
            inventory: None,
            record: &|_| Ok(()),
            disk: &Folder::new(self.home().path()),
            now: now(),
            progress,
            stop: &AtomicBool::new(false),
        };
        let inventory = action::inventory::take(&cx).await;
        let inventory = inventory.map_err(|why| InventoryError::Taking(problem(why)))?;
        self.journal.keep_inventory(&inventory)?;
        Ok(inventory)
    }
}
