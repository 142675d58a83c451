//! How a new instance is set up: what is known, what its region has, and what this run decides.

use jiff::Timestamp;

use super::source::Source;
use super::{MADE_FROM, RESTORED_TO};
use crate::database::fields::{
    INSIGHTS, OPTION_GROUP, PARAMETER_GROUP, PROTECTION, PUBLIC, SECURITY_GROUPS, SUBNET_GROUP,
};
use crate::database::ground::Ground;
use crate::database::names::refused;
use crate::database::provenance::{Gathered, Known, gather};
use crate::inventory::Inventory;
use crate::plan::{Context, Failure};
use crate::port::{GroupKind, Instance, PortErrorKind, Settings};
use crate::words;

/// An inventory older than this is said to be old.
const OLD_DAYS: i64 = 30;

/// The settings of a new instance, and what to know of them.
pub(super) struct Setup {
    pub(super) all: Gathered,
    pub(super) warnings: Vec<String>,
    pub(super) notes: Vec<String>,
}

/// The inventory's instance, when the inventory is of this one.
pub(in crate::database) fn in_inventory<'a>(
    instance: &str,
    cx: &Context<'a>,
) -> Option<(&'a Inventory, &'a Instance)> {
    let inventory = cx.inventory?;
    let is = inventory.instance.as_ref().filter(|is| is.id == instance)?;
    Some((inventory, is))
}

/// What knows how an instance is configured, best first: itself, or else the inventory with its age.
pub(in crate::database) fn configured<'a>(
    living: Option<&'a Instance>,
    instance: &str,
    cx: &Context<'a>,
) -> Vec<Known<'a>> {
    if let Some(living) = living {
        return vec![Known {
            words: "the living instance".to_owned(),
            settings: &living.settings,
            whole: true,
        }];
    }
    let known = in_inventory(instance, cx).map(|(inventory, is)| Known {
        words: inventory_words(inventory.taken, cx.now),
        settings: &is.settings,
        whole: true,
    });
    known.into_iter().collect()
}

/// `the inventory of 2026-11-20, 5 days old`.
pub(in crate::database) fn inventory_words(taken: Timestamp, now: Timestamp) -> String {
    format!("the inventory of {}, {} old", taken.strftime("%Y-%m-%d"), words::span(taken, now))
}

/// Gathers every setting and fits it to the region.
///
/// # Errors
/// [`Failure::Refused`] when a group that the instance needs isn't in the region.
pub(super) async fn gathered(
    instance: &str,
    region: &str,
    ground: &Ground,
    source: &Source,
    cx: &Context<'_>,
) -> Result<Setup, Failure> {
    let living = ground.living();
    let known = configured(living.map(|(_, is)| is), instance, cx);
    let of_source = source.settings.as_ref().map(|(words, settings)| Known {
        words: words.clone(),
        settings,
        whole: false,
    });
    let mut setup =
        Setup { all: gather(of_source.as_ref(), &known), warnings: Vec::new(), notes: Vec::new() };
    let inventory = in_inventory(instance, cx).filter(|_| living.is_none());
    match (living, inventory) {
        (Some(_), _) => {}
        (None, Some((inventory, is))) => setup.tell_of_inventory(inventory, is, source, cx),
        (None, None) => setup.warnings.push(format!(
            "{instance} is gone and no inventory of it was ever taken. Nobody knows what these were, and they become \
             RDS's defaults: {}. Ask who set it up, and correct the new instance before it takes over.",
            words::list(&setup.all.unknown())
        )),
    }
    let home = living.map(|(region, _)| region).or(inventory.map(|(inventory, _)| inventory.region.as_str()));
    if home.is_some_and(|home| home != region) {
        setup.leave_home(home.unwrap_or_default(), region);
    }
    setup.groups(region, cx).await?;
    setup.decide(living.map(|(_, is)| is), source, cx);
    Ok(setup)
}

impl Setup {
    fn tell_of_inventory(&mut self, inventory: &Inventory, is: &Instance, source: &Source, cx: &Context<'_>) {
        let words = inventory_words(inventory.taken, cx.now);
        if cx.now.duration_since(inventory.taken).as_hours() >= OLD_DAYS * 24 {
            self.warnings.push(format!(
                "The settings come from {words}: whatever was changed since then is not in them."
            ));
        }
        if source.resource_id.as_ref().is_some_and(|id| *id != is.resource_id) {
            self.warnings.push(format!(
                "{words} is of another instance of this name ({}), not of the one whose data comes back ({}). Check \
                 the settings.",
                is.resource_id,
                source.resource_id.as_deref().unwrap_or_default()
            ));
        }
    }

    /// What means something in the old region only is left behind.
    fn leave_home(&mut self, home: &str, region: &str) {
        let groups = self.all.settings.security_groups.clone();
        if !groups.is_empty() {
            self.all.put(SECURITY_GROUPS, "a default, because a security group lies in one region", |s| {
                s.security_groups.clear();
            });
            self.warnings.push(format!(
                "The security groups {} lie in {home}. In {region} the new instance gets the default one of its VPC: \
                 the Portal may not reach it, and others may. Give it the right ones in the RDS console before it \
                 takes over.",
                words::list(&groups)
            ));
        }
        if self.all.settings.insights_key.is_some() {
            self.all.put(INSIGHTS, "the key is AWS's own, because a key lies in one region", |s| {
                s.insights_key = None;
            });
        }
    }

    async fn groups(&mut self, region: &str, cx: &Context<'_>) -> Result<(), Failure> {
        type Put = fn(&mut Settings);
        let s = &self.all.settings;
        let wanted: [(GroupKind, &str, Option<String>, Put); 3] = [
            (GroupKind::Subnet, SUBNET_GROUP, s.subnet_group.clone(), |s| s.subnet_group = None),
            (GroupKind::Parameter, PARAMETER_GROUP, s.parameter_group.clone(), |s| s.parameter_group = None),
            (GroupKind::Option, OPTION_GROUP, s.option_group.clone(), |s| s.option_group = None),
        ];
        for (kind, field, name, clear) in wanted {
            let Some(name) = name else { continue };
            match cx.ports.databases.group(region, kind, &name).await {
                Ok(Some(_)) => {}
                // RDS makes these itself when they are needed; nobody else can make one of such a name.
                Ok(None) if name.starts_with("default") => {
                    self.all.put(field, "a default, because RDS has none of that name here", clear);
                    self.warnings.push(format!(
                        "The {} {name} is not in {region}: RDS's default one is taken.",
                        kind.words()
                    ));
                }
                Ok(None) => {
                    return Err(refused(
                        format!("the {} {name} is not in {region}, and the instance needs it", kind.words()),
                        format!(
                            "Create the {} {name} in {region} as it was (from the infrastructure's code), then plan \
                             again.",
                            kind.words()
                        ),
                    ));
                }
                Err(error) if error.kind == PortErrorKind::Denied => self.warnings.push(format!(
                    "Whether the {} {name} is in {region} is not known: these credentials may not ask. If it isn't, \
                     RDS refuses the restore and nothing is made.",
                    kind.words()
                )),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(())
    }

    /// What this run decides: the tags, and whether deleting is refused.
    fn decide(&mut self, living: Option<&Instance>, source: &Source, cx: &Context<'_>) {
        let incident = cx.origin.mode == "incident";
        let why =
            if incident { "because this is an incident" } else { "so that what is tested can be discarded" };
        self.all.put(PROTECTION, why, |s| s.deletion_protection = incident);
        if self.all.settings.public {
            self.warnings.push(
                "The old instance has a public address, and so will the new one. The Portal DB should not be reachable \
                 from the internet: ask why."
                    .to_owned(),
            );
        } else if self.all.unknown().contains(&PUBLIC) {
            self.all
                .put(PUBLIC, "because a database is not put on the internet unasked", |s| s.public = false);
        }
        let tags = &mut self.all.settings.tags;
        tags.retain(|name, _| !name.starts_with("aws:") && !name.starts_with("lifeboat:"));
        tags.extend(cx.origin.tags());
        tags.insert(MADE_FROM.to_owned(), source.made_from.clone());
        if let Some(moment) = source.moment {
            tags.insert(RESTORED_TO.to_owned(), moment.to_string());
        }
        let secret = living.and_then(|is| is.managed_secret.as_ref());
        if let Some(secret) = secret {
            self.notes.push(format!(
                "RDS keeps the master password of the old instance in {secret}; that one stays with it. With \
                 `password: managed` the new instance gets a secret of its own."
            ));
        }
    }
}
