//! The database actions on a service in memory: each thing that may go wrong, at every call and at every await.

use super::fake::{Trouble, World};
use crate::Action;
use crate::plan::Failure;
use crate::port::PortErrorKind;

mod bad_input;
mod crashes;
mod cutting_over;
mod discarding;
mod faults;
mod peacetime;
mod restoring;
mod settings;
mod surveying;

/// What was refused: why, and what next.
fn refused(failure: Failure) -> (String, String) {
    match failure {
        Failure::Refused { why, next } => {
            assert!(next.ends_with('.') && !why.ends_with('.'), "{why}. {next}");
            (why, next)
        }
        other => panic!("{other}"),
    }
}

async fn why_not(world: &World, action: &Action) -> String {
    let (why, next) = refused(world.plan(action).await.unwrap_err());
    format!("{why}. {next}")
}

/// That a call is refused, and nothing done.
fn not_done(kind: PortErrorKind) -> Trouble {
    Trouble { kind, done: false }
}

/// That a call is done, and its answer lost.
fn lost() -> Trouble {
    Trouble { kind: PortErrorKind::Unreachable, done: true }
}

#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let world = World::new("incident");
    let action = super::fake::params("database.cut_over", &[("instance", "a"), ("name", "b")]);
    let cx = world.cx();
    let (mut a, mut b, mut c) = (Vec::new(), Vec::new(), Vec::new());
    is_send(&action.plan(&cx, &mut a));
    is_send(&action.read(&cx, &mut b));
    is_send(&action.apply(&cx, Box::new(std::io::empty()), &mut c));
    is_send(&action.verify(&cx, Box::new(std::io::empty()), &mut Vec::new()));
}
