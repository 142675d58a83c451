//! Taking the inventory.

use super::super::fake::*;
use super::not_done;
use crate::inventory::take;
use crate::plan::Failure;
use crate::port::*;

#[tokio::test]
async fn everything_is_taken_down() {
    let world = World::new("incident");
    let facts = TableFacts { rows: 20_000, newest: Some(at("2026-11-24T03:13:50Z")) };
    let tables = ["organizations", "record_properties", "card_records", "photos"];
    world.fake.state().tables = Some(tables.map(|name| (name.to_owned(), facts.clone())).into());
    let inventory = take(&world.cx()).await.unwrap();
    assert_eq!(inventory.gaps, Vec::<String>::new());
    assert_eq!((inventory.groups.len(), inventory.tables.len()), (3, 4));
    assert_eq!(inventory.instance.unwrap().settings, World::settings());
    assert!(inventory.bucket.is_some());
    assert_eq!(inventory.taken, at("2026-11-24T03:14:00Z"));
}

#[tokio::test]
async fn what_could_not_be_looked_at_is_said() {
    let world = World::new("incident");
    world.fake.state().region(EAST).groups.clear();
    let inventory = take(&world.cx()).await.unwrap();
    let gaps = inventory.gaps.join("\n");
    for gap in [
        "The subnet group portal-private is not there.",
        "The parameter group portal-mysql80 is not there.",
        "No table was counted: connect on portal.example.test failed: Credentials",
    ] {
        assert!(gaps.contains(gap), "{gap}: {gaps}");
    }
    world.fake.state().tables = Some([].into());
    world.fake.state().faults.insert("group", [not_done(PortErrorKind::Denied)].into());
    let gaps = take(&world.cx()).await.unwrap().gaps.join("\n");
    assert!(
        gaps.contains("Table card_records was not counted: count on card_records failed: NotFound"),
        "{gaps}"
    );
    assert!(
        gaps.contains(
            "The subnet group portal-private could not be looked at: group on portal-private failed"
        ),
        "{gaps}"
    );
    world.fake.state().region(EAST).instances.clear();
    let inventory = take(&world.cx()).await.unwrap();
    assert_eq!(
        (inventory.instance, &inventory.gaps[0][..]),
        (None, "There is no instance portal in us-east-1.")
    );
    for kind in [PortErrorKind::Unreachable, PortErrorKind::Credentials] {
        world.fake.state().faults.insert("instance", [not_done(kind)].into());
        assert!(matches!(take(&world.cx()).await, Err(Failure::Port(error)) if error.kind == kind));
    }
}
