//! What RDS does wrong while an instance is made.

use super::super::fake::*;
use super::restoring::{RESTORED, to_a_moment};
use super::{lost, not_done, refused};
use crate::plan::{Failure, Verdict};
use crate::port::*;

#[tokio::test]
async fn a_state_that_it_does_not_leave_says_what_to_do() {
    for (status, next) in [
        ("failed", "Delete it in the RDS console"),
        ("incompatible-restore", "tables that are not InnoDB"),
        ("restore-error", "RDS can't make an instance from this backup"),
        ("incompatible-parameters", "Correct the group in the RDS console and reboot"),
        ("incompatible-option-group", "Its option group doesn't fit"),
        ("incompatible-network", "Repair the subnet group"),
        ("inaccessible-encryption-credentials", "In KMS enable the key"),
        ("insufficient-capacity", "AWS has no room for its class"),
        ("storage-full", "Give it more in the RDS console"),
        ("stopped", "Start it in the RDS console"),
        ("deleting", "Somebody is deleting it"),
    ] {
        let world = World::new("incident");
        let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
        let event = Step::Event("The instance could not be started.");
        world.fake.state().making = Some(vec![event, Step::Status(status)]);
        let (why, said) = refused(world.apply(&to_a_moment(), &plan).await.0.unwrap_err());
        assert_eq!(
            why,
            format!("portal-restore-14029f3a is {status}; RDS says: The instance could not be started")
        );
        assert!(said.contains(next), "{status}: {said}");
        // Once it is put right, the same plan goes on with the same instance.
        world.fake.state().instance(EAST, RESTORED).unwrap().is.status = "available".to_owned();
        assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
        assert_eq!(world.names(EAST), ["portal", RESTORED]);
    }
}

#[tokio::test]
async fn a_state_that_nobody_knows_is_waited_on() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    let steps = ["creating", "storage-config-upgrade", "available", "modifying", "available"];
    world.fake.state().making = Some(steps.map(Step::Status).into());
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert!(world.said().contains(&"portal-restore-14029f3a: storage-config-upgrade".to_owned()));
}

#[tokio::test]
async fn the_network_may_go_and_come_back() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    let silence = |n| std::iter::repeat_n(not_done(PortErrorKind::Unreachable), n).collect();
    world.fake.state().faults.insert("instance", silence(10));
    world.fake.state().faults.insert("restore", silence(2));
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.fake.state().faults.insert("restore", [lost()].into());
    world.fake.state().faults.insert("instance", silence(0));
    world.fake.state().faults.insert("instances", silence(40));
    let failure = world.apply(&to_a_moment(), &plan).await.0.unwrap_err();
    assert!(matches!(&failure, Failure::Port(e) if e.kind == PortErrorKind::Unreachable), "{failure}");
    assert!(failure.to_string().contains("nothing was changed"), "{failure}");
    world.fake.state().faults.clear();
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
}

#[tokio::test]
async fn credentials_that_end_while_it_is_made_lose_nothing() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    let calls = world.fake.state().calls.len();
    world.fake.state().at_call = Some((calls + 6, not_done(PortErrorKind::Credentials)));
    let failure = world.apply(&to_a_moment(), &plan).await.0.unwrap_err();
    assert!(
        failure.to_string().contains("goes on without us; applying the same plan again adopts it"),
        "{failure}"
    );
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    assert_eq!(world.names(EAST), ["portal", RESTORED]);
}

#[tokio::test]
async fn events_that_may_not_be_read_keep_nobody_waiting() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    world.fake.state().faults.insert("events", [not_done(PortErrorKind::Denied)].into());
    assert_eq!(world.apply(&to_a_moment(), &plan).await.0.unwrap().verdict, Verdict::Passed);
    let asked = world.fake.state().calls.iter().filter(|call| call.starts_with("events")).count();
    assert_eq!(asked, 1);
}

#[tokio::test]
async fn a_plan_of_something_else_is_refused() {
    let world = World::new("incident");
    let (_, plan) = world.plan(&to_a_moment()).await.unwrap();
    for (text, line) in [
        (plan.replace("\"action\":\"database.restore\"", "\"action\":\"database.discard\""), 1),
        (plan.replace("\"format\":1", "\"format\":2"), 1),
        (plan.replace("\"op\":\"change\"", "\"op\":\"delete\""), 3),
        (plan.lines().take(4).collect::<Vec<_>>().join("\n"), 5),
    ] {
        let failure = world.apply(&to_a_moment(), &text).await.0.unwrap_err();
        assert!(matches!(failure, Failure::Plan { line: l, .. } if l == line), "{failure}");
    }
    assert_eq!(world.names(EAST), ["portal"]);
}
