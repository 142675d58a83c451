//! Where each setting of a new instance comes from.

use jiff::SignedDuration;

use super::super::fake::*;
use super::restoring::{RESTORED, deleted, region_lost, to_a_moment};
use super::why_not;
use crate::inventory::Inventory;
use crate::plan::{PlanSummary, Verdict};
use crate::port::*;

/// An inventory of `portal`, some days old.
fn inventory(world: &World, days: i64) -> Inventory {
    let mut state = world.fake.state();
    let taken = state.now - SignedDuration::from_hours(24 * days);
    Inventory {
        taken,
        environment: "practice".to_owned(),
        account: "000000000000".to_owned(),
        region: EAST.to_owned(),
        instance: state.instance(EAST, "portal").map(|living| living.is.clone()),
        groups: Vec::new(),
        tables: Default::default(),
        bucket: None,
        gaps: Vec::new(),
    }
}

fn fact(summary: &PlanSummary, label: &str) -> String {
    summary.facts.iter().find(|fact| fact.label == label).map(|fact| fact.value.clone()).unwrap_or_default()
}

#[tokio::test]
async fn every_setting_of_the_living_instance_comes_along() {
    let world = World::new("incident");
    let (summary, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    let made = world.fake.state().instance(EAST, RESTORED).unwrap().is.clone();
    let tag = |name: &str| made.settings.tags.get(name).cloned();
    assert_eq!(tag("team").as_deref(), Some("portal"));
    assert_eq!(tag("lifeboat:run").as_deref(), Some("20261124-031402-9f3a"));
    assert_eq!(tag("lifeboat:mode").as_deref(), Some("incident"));
    assert_eq!(tag("aws:cloudformation"), None);
    assert_eq!(Settings { tags: World::settings().tags, ..made.settings }, World::settings());
    for label in ["class", "parameter group", "security groups", "maintenance window", "performance insights"]
    {
        assert!(fact(&summary, label).ends_with("(the living instance)"), "{label}");
    }
    assert_eq!(fact(&summary, "deletion protection"), "on (because this is an incident)");
}

#[tokio::test]
async fn a_rehearsal_can_be_discarded() {
    let world = World::new("rehearsal");
    let (summary, plan) = world.plan(&to_a_moment()).await.unwrap();
    assert_eq!(fact(&summary, "deletion protection"), "off (so that what is tested can be discarded)");
    assert!(
        summary.notes[1].starts_with("This is a rehearsal: portal-restore-14029f3a takes nobody's place")
    );
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    assert!(!world.fake.state().instance(EAST, RESTORED).unwrap().is.settings.deletion_protection);
}

#[tokio::test]
async fn a_deleted_instance_is_set_up_from_the_inventory() {
    let mut world = World::new("incident");
    world.inventory = Some(inventory(&world, 4));
    deleted(&world);
    let (summary, plan) = world.plan(&to_a_moment()).await.unwrap();
    assert_eq!(fact(&summary, "class"), "db.m6g.large (the inventory of 2026-11-20, 4 days old)");
    assert_eq!(fact(&summary, "engine version"), "8.0.39 (the retained backups)");
    assert_eq!(summary.warnings, Vec::<String>::new());
    let outcome = world.apply(&to_a_moment(), &plan).await.0.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    world.inventory = Some(Inventory { ..inventory_of_another(&world) });
    let warnings = world.plan(&to_a_moment()).await.unwrap().0.warnings;
    assert!(
        warnings[0].contains("60 days old: whatever was changed since then is not in them"),
        "{warnings:?}"
    );
    assert!(warnings[1].contains("of another instance of this name (db-else)"), "{warnings:?}");
}

fn inventory_of_another(world: &World) -> Inventory {
    let known = world.inventory.clone().unwrap();
    let instance = known.instance.map(|is| Instance { resource_id: "db-else".to_owned(), ..is });
    Inventory { taken: known.taken - SignedDuration::from_hours(24 * 56), instance, ..known }
}

#[tokio::test]
async fn what_nobody_knows_is_named() {
    let world = World::new("incident");
    deleted(&world);
    let (summary, plan) = world.plan(&to_a_moment()).await.unwrap();
    let warning = &summary.warnings[0];
    for name in
        ["class", "subnet group", "security groups", "parameter group", "option group", "maintenance window"]
    {
        assert!(warning.contains(name), "{name}: {warning}");
    }
    for name in ["engine version", "port", "deletion protection,"] {
        assert!(!warning.contains(&format!(" {name},")), "{name}: {warning}");
    }
    assert_eq!(
        fact(&summary, "parameter group"),
        "the engine's default one (a default, because nothing else is known)"
    );
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert!(!world.fake.state().instance(EAST, RESTORED).unwrap().is.settings.public);
}

#[tokio::test]
async fn another_region_needs_its_groups() {
    let mut world = World::new("incident");
    world.inventory = Some(inventory(&world, 4));
    region_lost(&world);
    let action = params(
        "database.restore",
        &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z"), ("region", WEST)],
    );
    let why = why_not(&world, &action).await;
    assert!(
        why.starts_with("the subnet group portal-private is not in us-west-2, and the instance needs it"),
        "{why}"
    );
    assert!(why.contains("Create the subnet group portal-private in us-west-2"), "{why}");
    let groups = [(GroupKind::Subnet, "portal-private"), (GroupKind::Parameter, "portal-mysql80")];
    let groups = groups.map(|(kind, name)| (kind, name.to_owned()));
    world.fake.state().region(WEST).groups.extend(groups);
    let (summary, plan) = world.plan(&action).await.unwrap();
    assert!(
        summary.warnings[0].contains("The security groups sg-1 and sg-2 lie in us-east-1"),
        "{summary:?}"
    );
    assert!(
        summary.warnings[1].contains("The option group default:mysql-8-0 is not in us-west-2"),
        "{summary:?}"
    );
    assert_eq!(world.apply(&action, &plan).await.0.unwrap().verdict, Verdict::Passed);
    let made = world.fake.state().instance(WEST, RESTORED).unwrap().is.clone();
    assert_eq!((made.settings.security_groups.len(), made.settings.insights_key), (0, None));
    assert_eq!(made.settings.subnet_group.as_deref(), Some("portal-private"));
}

#[tokio::test]
async fn a_public_address_is_warned_of() {
    let world = World::new("incident");
    world.fake.state().instance(EAST, "portal").unwrap().is.settings.public = true;
    let (summary, _) = world.plan(&to_a_moment()).await.unwrap();
    assert!(summary.warnings[0].contains("should not be reachable from the internet"), "{summary:?}");
}

#[tokio::test]
async fn a_new_password_is_made_by_rds() {
    let world = World::new("incident");
    let action = params(
        "database.restore",
        &[("instance", "portal"), ("at", "2026-11-24T02:40:00Z"), ("password", "managed")],
    );
    let (_, plan) = world.plan(&action).await.unwrap();
    world.apply(&action, &plan).await.0.unwrap();
    assert!(world.fake.state().instance(EAST, RESTORED).unwrap().is.managed_secret.is_some());
    assert_eq!(world.verify(&action, &plan).await.verdict, Verdict::Passed);
}

#[tokio::test]
async fn what_is_not_as_planned_is_listed() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.apply(&to_a_moment(), &plan).await.0.unwrap();
    {
        let mut state = world.fake.state();
        let is = &mut state.instance(EAST, RESTORED).unwrap().is;
        is.settings.class = "db.t3.micro".to_owned();
        is.settings.security_groups = vec!["sg-2".to_owned(), "sg-1".to_owned()];
        is.settings.engine_version = "8.0.40".to_owned();
        is.settings.tags.remove("team");
        is.kms_key = Some("arn:aws:kms:us-east-1:000000000000:key/other".to_owned());
    }
    let outcome = world.verify(&to_a_moment(), &plan).await;
    assert_eq!(outcome.verdict, Verdict::Failed);
    assert_eq!(
        outcome.headline,
        "portal-restore-14029f3a is available in us-east-1, but 3 settings are not as planned"
    );
    assert_eq!(outcome.notes[0], "class is db.t3.micro, planned db.m6g.large");
    assert_eq!(outcome.notes[1], "tag team is not set, planned portal");
    assert!(
        outcome.notes[2]
            .starts_with("it is encrypted with arn:aws:kms:us-east-1:000000000000:key/other, planned")
    );
}
