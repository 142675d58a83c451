//! The process dies after every entry of a run's journal, and answers get lost: never two instances, never a lost name.

use std::sync::atomic::{AtomicBool, Ordering};

use range::rds::{Lost, RdsFaults};

use super::operator::{drive, drive_until, drive_watched, each};
use super::world::{EAST, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn wherever_it_dies_one_instance_is_made_and_no_name_is_lost() {
    let world = World::new();
    let session = world.start();
    drive(&session).await;
    world.exchanged(session.run().id(), "undisturbed");
    let entries = session.run().seq();
    assert!(entries > 30, "{entries} entries are too few to mean anything");
    each((1..=entries).map(|entry| (entry, entries)).collect(), dies_at).await;
}

/// How many states of an instance are seen, and with them the number of entries, varies a little from run to run.
async fn dies_at((entry, of): (u64, u64)) {
    let case = format!("dead after entry {entry}");
    let world = World::new();
    let session = world.start();
    let id = session.run().id().clone();
    let died = drive_until(&session, entry).await;
    assert!(died || entry > of / 2, "{case}: it went to the end");
    drop(session);
    let instances = world.rds().instances(EAST);
    assert!(instances.len() <= 2, "{case}: {:?}", world.instances());
    let old = instances.iter().find(|instance| instance.resource_id == world.old);
    let old = &old.unwrap_or_else(|| panic!("{case}: {:?}", world.instances())).id;
    assert!(old == "portal" || old.starts_with("portal-old-"), "{case}: {old}");

    let session = world.resume(&id);
    drive(&session).await;
    world.exchanged(&id, &case);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_answer_that_gets_lost_makes_no_second_instance() {
    let world = World::new();
    let session = world.start();
    drive(&session).await;
    let changes = changes(&world, session.run().id());
    assert!(changes >= 4, "{changes}: what a restore leaves out, two renames, and the protection");
    let mut cases = vec![("RestoreDBInstanceToPointInTime", 0)];
    cases.extend((0..changes).map(|nth| ("ModifyDBInstance", nth)));
    each(cases, loses_an_answer).await;
}

/// How many changes of instances a run has asked for.
fn changes(world: &World, id: &run::RunId) -> usize {
    world.happened(id).iter().filter(|happening| happening.said.contains(": asked for ")).count()
}

async fn loses_an_answer((operation, nth): (&'static str, usize)) {
    let case = format!("the answer to {operation} is lost after {nth} changes");
    let world = World::new();
    let lose = || {
        let lost = Lost { operation: operation.to_owned(), times: Some(1) };
        world.rds().set_faults(RdsFaults { answer_lost: vec![lost], ..RdsFaults::default() });
    };
    let session = world.start();
    let id = session.run().id().clone();
    let armed = AtomicBool::new(nth == 0);
    if nth == 0 {
        lose();
    }
    let watch = |_: &run::Run| {
        if changes(&world, &id) == nth && !armed.swap(true, Ordering::Relaxed) {
            lose();
        }
    };
    drive_watched(&session, &watch).await;
    world.exchanged(&id, &case);
    let unclear = world.happened(&id).into_iter().filter(|happening| happening.said.contains(", no "));
    assert_eq!(unclear.count(), 1, "{case}");
}
