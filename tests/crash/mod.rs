//! The crash matrix: a run is recorded once, and then cut short after every one of its journal's entries. Whatever
//! the cut, going on ends in the same state, and no photo is brought back twice.

mod world;

use action::Verdict;
use run::{Event, Recorded, Run, State, StepState, Work};
use world::{World, drive};

/// A run without what depends on when and where it ran: each step's state, ticks, record, choice, and whether its
/// action is verified.
type Shape = Vec<(String, StepState, Vec<usize>, Option<String>, Option<String>, bool)>;

fn shape(run: &Run) -> Shape {
    assert!(matches!(run.state(), State::Finished(_)), "{:?} at {:?}", run.state(), run.current());
    let steps = run.runbook().steps().map(|step| {
        let of = run.step(&step.id);
        let ticks = of.ticks.keys().copied().collect();
        let verified = matches!(of.work, Work::Verified { .. });
        (step.id.to_string(), of.state.clone(), ticks, of.record.clone(), of.chosen.clone(), verified)
    });
    steps.collect()
}

/// How much of the plan had been done when the process died.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Done {
    Nothing,
    Half,
    All,
}

/// What may have been done by the time these entries were on the disk, and nothing after them.
fn possible(entries: &[Recorded]) -> Vec<Done> {
    let sent = entries.iter().any(|entry| matches!(entry.event, Event::ApplyStarted { .. }));
    let done = entries.iter().any(|entry| matches!(entry.event, Event::ApplyFinished { .. }));
    match (sent, done) {
        (false, _) => vec![Done::Nothing],
        (true, false) => vec![Done::Nothing, Done::Half, Done::All],
        (true, true) => vec![Done::All],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_cut_the_end_is_the_same_and_nothing_is_done_twice() {
    let recorded = World::new();
    let session = recorded.start();
    drive(&session).await;
    let entries = recorded.entries(session.run().id());
    let (want, photos) = (shape(&session.run()), recorded.photos());
    assert!(entries.len() > 30, "{} entries are too few to mean anything", entries.len());
    let plan = recorded.plan(&entries);
    assert_eq!(plan.len(), 6, "every kind of damage is in the plan");

    for cut in 1..=entries.len() {
        let (kept, last) = (&entries[..cut], &entries[cut - 1].event);
        for done in possible(kept) {
            let world = World::new();
            let keys = match done {
                Done::Nothing => 0,
                Done::Half => plan.len() / 2,
                Done::All => plan.len(),
            };
            let id = world.replay(&recorded, kept);
            world.bring_back(&plan[..keys]);
            let session = world.resume(&id);
            drive(&session).await;
            let case = format!("cut after entry {cut} ({last:?}), {done:?} done");
            assert_eq!(shape(&session.run()), want, "{case}");
            assert_eq!(world.photos(), photos, "{case}");
            world.journal().verify().unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_doubt_is_looked_at_first_and_asked_about() {
    let recorded = World::new();
    let session = recorded.start();
    drive(&session).await;
    let entries = recorded.entries(session.run().id());
    let sent = entries.iter().position(|entry| matches!(entry.event, Event::ApplyStarted { .. })).unwrap();
    let plan = recorded.plan(&entries);

    let world = World::new();
    let id = world.replay(&recorded, &entries[..=sent]);
    world.bring_back(&plan[..2]);
    let before = world.photos();
    let session = world.resume(&id);
    session.work(&|_| {}, &|_| {}).await.unwrap();
    let run = session.run();
    let step = run.current().unwrap().id.clone();
    let Work::InDoubt { found: Some(found), .. } = &run.step(&step).work else {
        panic!("not in doubt: {:?}", run.step(&step).work)
    };
    assert_eq!(found.verdict, Verdict::Failed);
    assert!(found.headline.starts_with("2 of 6 photos are back"), "{}", found.headline);
    assert_eq!(world.photos(), before, "looking changes nothing");
    assert_eq!(run.owed(), None, "nothing goes on until somebody says so");
}
