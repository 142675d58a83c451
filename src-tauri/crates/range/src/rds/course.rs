//! What happens to instances by themselves as time passes.
//!
//! Nothing runs on a timer: whoever asks first brings everything up to the moment of asking, in the order in which
//! it was due. What is being done behind an instance holds up all that comes after it.

use jiff::Timestamp;

use super::behind::{BackupId, DatabaseId};
use super::model::{AutomatedBackup, Effect, Instance, Pending};
use super::region::{Region, record};

/// Work behind an instance, to be done without holding up other requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Chore {
    /// Make the database of a new instance.
    Restore { region: String, resource_id: String, backup: BackupId, at: Option<Timestamp> },
    /// Take the first automated backup of an instance.
    BackUp { region: String, resource_id: String, database: DatabaseId },
    /// Take the backup of a snapshot, while its instance waits.
    Snapshot { region: String, resource_id: String, snapshot: String, database: DatabaseId },
    /// Stop the database of an instance that is no more.
    Stop(DatabaseId),
}

impl Region {
    /// Brings every instance up to `now`.
    pub(super) fn advance(&mut self, now: Timestamp, chores: &mut Vec<Chore>) {
        for index in 0..self.instances.len() {
            while let Some(instance) = self.instances.get_mut(index)
                && !instance.working
                && instance.course.front().is_some_and(|due| due.at <= now)
                && let Some(due) = instance.course.pop_front()
            {
                self.happens(index, due.at, due.effect, chores);
            }
        }
        self.instances.retain(|instance| !instance.gone);
    }

    fn happens(&mut self, index: usize, at: Timestamp, effect: Effect, chores: &mut Vec<Chore>) {
        let Self { name: region, instances, events, backups, snapshots, .. } = self;
        let Some(instance) = instances.get_mut(index) else { return };
        match effect {
            Effect::Status(status) => instance.status = status,
            Effect::Say(message, category) => {
                record(events, at, ("db-instance", &instance.id), message, category);
            }
            Effect::BackUp => {
                if let Some(chore) = first_backup(region, instance, backups, at) {
                    instance.working = true;
                    chores.push(chore);
                }
            }
            Effect::Apply => {
                let (names, changes): (Vec<_>, Vec<_>) = std::mem::take(&mut instance.pending)
                    .into_iter()
                    .partition(|change| matches!(change, Pending::Name(_)));
                instance.pending = names;
                for change in changes {
                    if change == Pending::BackupDays(0) {
                        backups.retain(|backup| backup.resource_id != instance.resource_id);
                        snapshots.retain(|snapshot| {
                            snapshot.resource_id != instance.resource_id
                                || snapshot.kind != action::port::SnapshotKind::Automated
                        });
                    }
                    change.apply(&mut instance.settings);
                }
                for backup in backups.iter_mut().filter(|backup| backup.resource_id == instance.resource_id) {
                    backup.settings = instance.settings.clone();
                }
            }
            Effect::Rename => {
                let Some(new) = instance.new_name().map(str::to_owned) else { return };
                instance.pending.retain(|change| !matches!(change, Pending::Name(_)));
                let old = std::mem::replace(&mut instance.id, new.clone());
                for backup in backups.iter_mut().filter(|backup| backup.resource_id == instance.resource_id) {
                    backup.instance.clone_from(&new);
                }
                let message = format!("Renamed instance from {old} to {new}");
                record(events, at, ("db-instance", &new), message, "configuration change");
            }
            Effect::Vanish => {
                instance.gone = true;
                chores.extend(instance.database.take().map(Chore::Stop));
                record(
                    events,
                    at,
                    ("db-instance", &instance.id),
                    "DB instance deleted".to_owned(),
                    "deletion",
                );
            }
        }
    }
}

/// Begins the automated backups of an instance that keeps some and has none; the work that this needs, if there is a
/// database to back up.
fn first_backup(
    region: &str,
    instance: &Instance,
    backups: &mut Vec<AutomatedBackup>,
    at: Timestamp,
) -> Option<Chore> {
    let has = backups.iter().any(|backup| backup.resource_id == instance.resource_id);
    if has || instance.settings.backup_days == 0 {
        return None;
    }
    match instance.database {
        None => {
            backups.push(AutomatedBackup::of(region, instance, at));
            None
        }
        Some(database) => Some(Chore::BackUp {
            region: region.to_owned(),
            resource_id: instance.resource_id.clone(),
            database,
        }),
    }
}
