//! The work behind instances: each in a thread of its own, since it blocks for seconds.

use std::sync::Arc;

use jiff::Timestamp;

use super::behind::{BackupId, BehindError, DatabaseId};
use super::course::Chore;
use super::model::{AutomatedBackup, Base, Due, Effect};
use super::{Account, Rds};

/// What came of a chore.
enum Outcome {
    Database(Result<DatabaseId, BehindError>),
    Backup(Result<BackupId, BehindError>),
    Nothing,
}

impl Rds {
    /// Starts the work that came up while the account was looked at.
    pub(super) fn begin(&self, chores: Vec<Chore>) {
        for chore in chores {
            let rds = self.clone();
            let work = chore.clone();
            let begun =
                std::thread::Builder::new().name("range-database".to_owned()).spawn(move || rds.work(&work));
            if let Err(error) = begun {
                let message =
                    format!("failed to start a thread: {error}; close other programs and try again");
                let failed = BehindError { message };
                self.finish(
                    &chore,
                    match chore {
                        Chore::Restore { .. } => Outcome::Database(Err(failed)),
                        Chore::BackUp { .. } | Chore::Snapshot { .. } => Outcome::Backup(Err(failed)),
                        Chore::Stop(_) => Outcome::Nothing,
                    },
                );
            }
        }
    }

    fn work(&self, chore: &Chore) {
        let behind = Arc::clone(&self.0.behind);
        let outcome = match chore {
            Chore::Restore { backup, at, .. } => Outcome::Database(behind.restore(*backup, *at)),
            Chore::BackUp { database, .. } | Chore::Snapshot { database, .. } => {
                Outcome::Backup(behind.back_up(*database))
            }
            Chore::Stop(database) => {
                behind.stop(*database);
                Outcome::Nothing
            }
        };
        self.finish(chore, outcome);
    }

    fn finish(&self, chore: &Chore, outcome: Outcome) {
        self.with(|account, now| {
            match (chore, outcome) {
                (Chore::Restore { region, resource_id, .. }, Outcome::Database(made)) => {
                    account.restored(region, resource_id, made, now);
                }
                (Chore::BackUp { region, resource_id, .. }, Outcome::Backup(taken)) => {
                    account.backed_up(region, resource_id, taken, now);
                }
                (Chore::Snapshot { region, resource_id, snapshot, .. }, Outcome::Backup(taken)) => {
                    account.snapshot_taken(region, (resource_id, snapshot), taken, now);
                }
                _ => {}
            }
            account.running = account.running.saturating_sub(1);
        });
        self.0.idle.notify_all();
    }
}

impl Account {
    fn restored(
        &mut self,
        region: &str,
        resource_id: &str,
        made: Result<DatabaseId, BehindError>,
        now: Timestamp,
    ) {
        let Some(region) = self.regions.get_mut(region) else { return };
        let Some(instance) = region.by_resource(resource_id) else {
            self.chores.extend(made.ok().map(Chore::Stop));
            return;
        };
        instance.working = false;
        match made {
            Ok(database) => {
                instance.database = Some(database);
                if self.behind.port(database).is_none() {
                    let id = instance.id.clone();
                    let message = "The practice range has no database behind this instance: nothing answers on its \
                                   port. Install MariaDB and start the range again.";
                    region.say(now, &id, message, "notification");
                }
            }
            Err(error) => {
                instance.course.clear();
                instance.status = "failed".to_owned();
                let id = instance.id.clone();
                region.say(now, &id, format!("Failed to restore the DB instance: {error}"), "failure");
            }
        }
    }

    fn backed_up(
        &mut self,
        region: &str,
        resource_id: &str,
        taken: Result<BackupId, BehindError>,
        now: Timestamp,
    ) {
        let Some(region) = self.regions.get_mut(region) else { return };
        let Some(instance) = region.by_resource(resource_id) else { return };
        instance.working = false;
        let instance = instance.clone();
        match taken {
            Ok(backup) => {
                let mut kept = AutomatedBackup::of(&region.name, &instance, now);
                kept.bases.push(Base { taken: now, backup });
                region.backups.push(kept);
            }
            Err(error) => region.say(now, &instance.id, format!("Failed to back up: {error}"), "backup"),
        }
    }

    fn snapshot_taken(
        &mut self,
        region: &str,
        (resource_id, snapshot): (&str, &str),
        taken: Result<BackupId, BehindError>,
        now: Timestamp,
    ) {
        let Some(region) = self.regions.get_mut(region) else { return };
        if let Ok(snapshot) = region.snapshot_mut(snapshot) {
            snapshot.working = false;
            match taken {
                Ok(backup) => {
                    snapshot.backup = Some(backup);
                    let (id, at) = (snapshot.id.clone(), snapshot.making.1.max(now));
                    region.say_snapshot(at, &id, "Manual snapshot created", "creation");
                }
                Err(ref error) => {
                    snapshot.failed = true;
                    let id = snapshot.id.clone();
                    region.say_snapshot(now, &id, format!("Failed to take the snapshot: {error}"), "failure");
                }
            }
        }
        if let Some(instance) = region.by_resource(resource_id) {
            instance.working = false;
            // An instance whose last snapshot failed is not deleted: nothing would be left of it.
            if taken.is_err() && instance.status == "deleting" {
                instance.course.clear();
                instance.course.push_back(Due { at: now, effect: Effect::Status("available".to_owned()) });
            }
        }
    }
}
