//! What a restore has to say again, beside what is configured now.

use super::Report;
use crate::database::provenance::gather;
use crate::database::restore::{configured, in_inventory, inventory_words};
use crate::plan::Fact;

impl Report<'_> {
    /// One fact for each setting: what it is now, what a restore makes of it by default, where its value will come
    /// from.
    pub(super) fn settings(&mut self) {
        let living = self.ground.living().map(|(_, is)| is);
        let id = &self.params.instance;
        let known = configured(living, id, self.cx);
        if living.is_none() {
            self.notes.push(match in_inventory(id, self.cx) {
                Some((inventory, _)) => format!(
                    "{id} is gone: how it was set up comes from {}.",
                    inventory_words(inventory.taken, self.cx.now)
                ),
                None => format!(
                    "{id} is gone and no inventory of it was ever taken: what its backups don't tell becomes RDS's \
                     default."
                ),
            });
        }
        for setting in gather(None, &known).list {
            let now = setting.value.as_deref().unwrap_or(match setting.from {
                Some(_) => "not set",
                None => "not known",
            });
            let from = setting.from.as_deref().unwrap_or("the backup, if it tells");
            self.facts.push(Fact::new(setting.name, format!("{now} → {} → {from}", setting.default)));
        }
    }
}
