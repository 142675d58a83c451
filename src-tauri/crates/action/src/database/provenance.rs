//! Where each setting of a new instance comes from.

use super::fields::{BACKUP_DAYS, FIELDS, Field, INSIGHTS, MONITORING, STANDBY, same_insights};
use crate::port::{Change, Instance, Settings};

/// Something that knows settings.
pub(super) struct Known<'a> {
    /// What it is: `the living instance`.
    pub(super) words: String,
    /// What it knows.
    pub(super) settings: &'a Settings,
    /// Whether it knows every setting; otherwise what is empty or off in it is taken as not known.
    pub(super) whole: bool,
}

impl Known<'_> {
    fn knows(&self, field: &Field) -> bool {
        let shown = (field.show)(self.settings);
        self.whole || (shown.is_some() && shown != (field.show)(&Settings::default()))
    }
}

/// One setting, with where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Setting {
    pub(super) name: &'static str,
    /// Its value; `None` when nothing is said, so that RDS's default holds.
    pub(super) value: Option<String>,
    /// What a restore makes of it when nobody says anything.
    pub(super) default: &'static str,
    /// Where the value comes from; `None` when nobody knows.
    pub(super) from: Option<String>,
    pub(super) afterwards: bool,
}

/// All settings of a new instance.
#[derive(Debug, Clone, Default)]
pub(super) struct Gathered {
    pub(super) settings: Settings,
    pub(super) list: Vec<Setting>,
}

/// Takes each setting from the first that knows it: what belongs to the data from `source` (the backup or the
/// snapshot) first, everything else from `configured` first.
pub(super) fn gather(source: Option<&Known<'_>>, configured: &[Known<'_>]) -> Gathered {
    let mut all = Gathered::default();
    // RDS's own default; every other default is the empty one.
    all.settings.auto_minor_upgrade = true;
    for field in FIELDS {
        let mut ordered: Vec<&Known<'_>> = configured.iter().collect();
        match source {
            Some(source) if field.of_data => ordered.insert(0, source),
            Some(source) => ordered.push(source),
            None => {}
        }
        let known = ordered.into_iter().find(|known| known.knows(field));
        if let Some(known) = known {
            (field.copy)(&mut all.settings, known.settings);
        }
        all.list.push(Setting {
            name: field.name,
            value: (field.show)(&all.settings).filter(|_| known.is_some()),
            default: field.default,
            from: known.map(|known| known.words.clone()),
            afterwards: field.afterwards,
        });
    }
    let tagged = configured.iter().chain(source).find(|known| known.whole || !known.settings.tags.is_empty());
    if let Some(tagged) = tagged {
        all.settings.tags.clone_from(&tagged.settings.tags);
    }
    all
}

impl Gathered {
    /// Sets something that no source decides, and says why.
    pub(super) fn put(&mut self, name: &str, from: &str, set: impl FnOnce(&mut Settings)) {
        set(&mut self.settings);
        let field = FIELDS.iter().find(|field| field.name == name);
        let setting = self.list.iter_mut().find(|setting| setting.name == name);
        if let (Some(field), Some(setting)) = (field, setting) {
            setting.value = (field.show)(&self.settings);
            setting.from = Some(from.to_owned());
        }
    }

    /// The names of the settings that nobody knows.
    pub(super) fn unknown(&self) -> Vec<&'static str> {
        self.list.iter().filter(|setting| setting.from.is_none()).map(|setting| setting.name).collect()
    }

    fn known(&self, name: &str) -> bool {
        self.list.iter().any(|setting| setting.name == name && setting.from.is_some())
    }

    /// What is applied once the instance is there: what no restore call takes, as far as it is known.
    pub(super) fn afterwards(&self, managed_password: bool) -> Change {
        let s = &self.settings;
        Change {
            rename: None,
            deletion_protection: Some(s.deletion_protection),
            backup_days: self.known(BACKUP_DAYS).then_some(s.backup_days),
            backup_window: s.backup_window.clone(),
            maintenance_window: s.maintenance_window.clone(),
            monitoring: self.known(MONITORING).then(|| {
                (s.monitoring_seconds, s.monitoring_role.clone().filter(|_| s.monitoring_seconds > 0))
            }),
            insights: self.known(INSIGHTS).then(|| {
                let (key, days) = (s.insights_key.clone(), s.insights_days);
                (s.insights, key.filter(|_| s.insights), days.filter(|_| s.insights))
            }),
            multi_az: self.known(STANDBY).then_some(s.multi_az),
            max_allocated_gib: s.max_allocated_gib,
            managed_password,
        }
    }
}

/// What of a change is not so yet.
pub(super) fn remaining(change: &Change, now: &Instance) -> Change {
    let is = &now.settings;
    let differs = |wanted: &Option<String>, is: &Option<String>| wanted.clone().filter(|_| wanted != is);
    let insights = change.insights.clone().filter(|(on, key, days)| {
        let wanted = Settings {
            insights: *on,
            insights_key: key.clone(),
            insights_days: *days,
            ..Settings::default()
        };
        !same_insights(&wanted, is)
    });
    Change {
        rename: change.rename.clone().filter(|name| *name != now.id),
        deletion_protection: change.deletion_protection.filter(|on| *on != is.deletion_protection),
        backup_days: change.backup_days.filter(|days| *days != is.backup_days),
        // Without backups there is no window to set.
        backup_window: differs(&change.backup_window, &is.backup_window)
            .filter(|_| change.backup_days != Some(0)),
        maintenance_window: differs(&change.maintenance_window, &is.maintenance_window),
        monitoring: change.monitoring.clone().filter(|(seconds, role)| {
            *seconds != is.monitoring_seconds || (*seconds > 0 && *role != is.monitoring_role)
        }),
        insights,
        multi_az: change.multi_az.filter(|on| *on != is.multi_az),
        max_allocated_gib: change.max_allocated_gib.filter(|gib| is.max_allocated_gib != Some(*gib)),
        managed_password: change.managed_password && now.managed_secret.is_none(),
    }
}

/// A change in words, one for each thing that it sets.
pub(super) fn said(change: &Change) -> Vec<String> {
    let onoff = |on: bool| if on { "on" } else { "off" };
    let mut said = Vec::new();
    said.extend(change.rename.as_ref().map(|name| format!("name {name}")));
    said.extend(change.deletion_protection.map(|on| format!("deletion protection {}", onoff(on))));
    said.extend(change.backup_days.map(|days| format!("backups kept {days} days")));
    said.extend(change.backup_window.as_ref().map(|window| format!("backup window {window}")));
    said.extend(change.maintenance_window.as_ref().map(|window| format!("maintenance window {window}")));
    said.extend(change.monitoring.as_ref().map(|(seconds, _)| match seconds {
        0 => "enhanced monitoring off".to_owned(),
        seconds => format!("enhanced monitoring every {seconds} s"),
    }));
    said.extend(change.insights.as_ref().map(|(on, ..)| format!("performance insights {}", onoff(*on))));
    said.extend(change.multi_az.map(|on| format!("standby in another zone {}", onoff(on))));
    said.extend(change.max_allocated_gib.map(|gib| format!("storage grows to {gib} GiB")));
    said.extend(change.managed_password.then(|| "a new master password, kept in Secrets Manager".to_owned()));
    said
}
