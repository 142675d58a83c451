//! When something goes wrong: the same plan again, another look, elsewhere, or a person's reason to leave it.

use run::{Command, Event, Owed, Rejection, Stage, StepState, Work};
use runbook::StepId;

use crate::world::{End, World};

fn restore() -> StepId {
    "restore".into()
}

fn stage(world: &World) -> Option<Stage> {
    match &world.run.step(&restore()).work {
        Work::Failed { stage, .. } => Some(*stage),
        _ => None,
    }
}

#[test]
fn a_plan_that_could_not_be_made_is_asked_for_again() {
    let mut world = World::at("restore");
    world.ok(Command::Plan { step: restore(), with: Default::default() });
    world.answer(End::Problem);
    assert_eq!(stage(&world), Some(Stage::Plan));
    for command in [Command::ApplyAgain { step: restore() }, Command::CheckAgain { step: restore() }] {
        assert!(matches!(world.refused(&command), Rejection::NotNow { .. }), "nothing was approved");
    }
    world.plan();
}

#[test]
fn what_was_given_up_goes_on_with_the_same_plan() {
    let mut world = World::at("restore");
    let digest = world.approved();
    for attempt in 2..5 {
        world.answer(End::Problem);
        assert_eq!(stage(&world), Some(Stage::Apply));
        assert_eq!(world.run.owed(), None, "nothing is tried again by itself");
        let events = world.ok(Command::ApplyAgain { step: restore() });
        assert_eq!(events, [Event::ApplyStarted { step: restore(), digest: digest.clone(), attempt }]);
        assert!(matches!(world.run.owed(), Some(Owed::Apply { digest: sent, .. }) if sent == digest));
    }
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert!(matches!(world.run.step(&restore()).work, Work::Verified { .. }));
}

#[test]
fn what_was_given_up_can_be_looked_at_before_it_goes_on() {
    let mut world = World::at("restore");
    let digest = world.approved();
    world.answer(End::Problem);
    let events = world.ok(Command::CheckAgain { step: restore() });
    assert_eq!(events, [Event::VerifyStarted { step: restore(), digest }]);
    world.answer(End::Failed);
    assert_eq!(stage(&world), Some(Stage::Verify));
    world.ok(Command::ApplyAgain { step: restore() });
    world.answer(End::Failed);
    assert!(matches!(world.run.owed(), Some(Owed::Verify { .. })), "what failed in part is verified too");
}

#[test]
fn a_new_plan_after_a_failure_forgets_the_old_one() {
    let mut world = World::at("restore");
    let old = world.approved();
    world.answer(End::Problem);
    let new = world.plan();
    assert_ne!(new, old);
    let approve = |digest| Command::Approve { step: restore(), digest, by: Some("Dana".into()), typed: None };
    assert!(matches!(world.refused(&approve(old)), Rejection::OtherPlan { .. }));
    assert!(matches!(world.refused(&Command::ApplyAgain { step: restore() }), Rejection::NotNow { .. }));
    let events = world.ok(approve(new));
    assert!(matches!(events[1], Event::ApplyStarted { attempt: 1, .. }));
}

#[test]
fn a_failure_is_followed_where_the_runbook_says() {
    for (name, fail) in [
        ("plan", &[End::Problem][..]),
        ("apply", &[End::Passed, End::Problem]),
        ("verify", &[End::Passed, End::Passed, End::Failed]),
        ("look", &[End::Passed, End::Passed, End::Problem]),
    ] {
        let mut world = World::at("restore");
        world.ok(Command::Plan { step: restore(), with: Default::default() });
        for end in fail {
            if let Some(digest) = world.waiting() {
                world.ok(Command::Approve { step: restore(), digest, by: Some("Dana".into()), typed: None });
            }
            world.answer(*end);
        }
        let events = world.ok(Command::FollowFailure { step: restore() });
        assert_eq!(events, [Event::FailureFollowed { step: restore(), goto: "customers".into() }], "{name}");
        assert_eq!(world.run.step(&restore()).state, StepState::Failed);
        assert_eq!(world.here(), "customers".into());
    }
}

#[test]
fn a_person_says_that_what_a_person_does_has_failed() {
    for (at, goto) in [("stop", "customers"), ("settle", "customers"), ("tell", "close")] {
        let mut world = World::at(at);
        world.ok(Command::FollowFailure { step: at.into() });
        assert_eq!(world.here(), goto.into());
    }
}

#[test]
fn what_has_not_failed_or_leads_nowhere_is_not_followed() {
    let mut world = World::at("restore");
    let follow = Command::FollowFailure { step: restore() };
    assert!(world.refused(&follow).to_string().contains("it has not failed"));
    world.plan();
    assert!(world.refused(&follow).to_string().contains("it has not failed"));
    world.approved();
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert!(world.refused(&follow).to_string().contains("it has not failed"));

    let mut world = World::at("verify");
    world.ok(Command::Read { step: "verify".into() });
    world.answer(End::Failed);
    let why = world.refused(&Command::FollowFailure { step: "verify".into() });
    assert!(why.to_string().contains("the runbook says to stop when it fails"), "{why}");
    world.ok(Command::Skip { step: "verify".into(), reason: "looked at by hand".into() });
}
