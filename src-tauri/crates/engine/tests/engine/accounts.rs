//! Whose account it is, before anything else.

use std::sync::atomic::Ordering;

use action::port::PortErrorKind;
use engine::Session;
use run::{Event, Problem};

use crate::world::{World, approve, failed, plan, plan_command, verified, work};

async fn fails(session: &Session) -> Problem {
    session.submit("Sam", &plan_command()).unwrap();
    work(session).await.unwrap();
    failed(session).1
}

#[tokio::test]
async fn another_account_is_asked_nothing_but_who_it_is() {
    let world = World::new(2);
    let session = world.start();
    *world.far.account.lock().unwrap() = "999999999999";
    let problem = fails(&session).await;
    assert!(problem.what.contains("999999999999") && problem.what.contains("000000000000"), "{problem:?}");
    assert!(problem.next.contains("Log in to the right account"), "{problem:?}");
    assert_eq!((world.far.calls("whoami"), world.far.all_calls()), (1, 1));
    *world.far.account.lock().unwrap() = "000000000000";
    plan(&session).await;
}

#[tokio::test]
async fn a_session_asks_once() {
    let world = World::new(2);
    let session = world.planned().await;
    approve(&session);
    work(&session).await.unwrap();
    assert!(verified(&session));
    assert_eq!((world.far.connections.load(Ordering::SeqCst), world.far.calls("whoami")), (1, 1));
}

/// Whoever logs in again may have logged in elsewhere.
#[tokio::test]
async fn credentials_that_were_refused_are_fetched_anew_and_asked_again() {
    let world = World::new(2);
    let session = world.planned().await;
    *world.far.fault.lock().unwrap() = Some(PortErrorKind::Credentials);
    fails(&session).await;
    *world.far.account.lock().unwrap() = "999999999999";
    let before = world.far.calls("list");
    assert!(fails(&session).await.what.contains("999999999999"));
    assert_eq!(world.far.calls("list"), before);
    *world.far.account.lock().unwrap() = "000000000000";
    plan(&session).await;
    *world.far.fault.lock().unwrap() = Some(PortErrorKind::Unavailable);
    let connections = world.far.connections.load(Ordering::SeqCst);
    session.submit("Sam", &plan_command()).unwrap();
    work(&session).await.unwrap();
    plan(&session).await;
    assert_eq!(world.far.connections.load(Ordering::SeqCst), connections, "nothing else needs that");
}

#[tokio::test]
async fn no_way_there_is_a_problem_of_the_step() {
    let world = World::new(2);
    let session = world.start();
    world.far.unreachable.store(true, Ordering::SeqCst);
    let problem = fails(&session).await;
    assert_eq!(problem.what, "profile veonics-dr is not there");
    assert_eq!(world.far.all_calls(), 0);
    world.far.unreachable.store(false, Ordering::SeqCst);
    plan(&session).await;
}

#[tokio::test]
async fn a_clock_that_disagrees_with_awss_is_written_down_once() {
    let world = World::new(3);
    world.far.ahead.store(-120, Ordering::SeqCst);
    let session = world.planned().await;
    approve(&session);
    work(&session).await.unwrap();
    assert!(verified(&session));
    let entries = world.engine.journal().read(session.run().id()).unwrap();
    let compared = entries.iter().filter_map(|entry| match entry.event {
        Event::ClockCompared { ahead } => Some(ahead),
        _ => None,
    });
    assert_eq!(compared.collect::<Vec<_>>(), [-120]);
}
