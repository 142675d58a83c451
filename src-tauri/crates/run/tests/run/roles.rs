//! Who takes part, who may do what, and what stands for an approval.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use run::{Command, Digest, Event, How, Mode, Rejection, Signed, State, approval_text, decide};
use runbook::Role;

use crate::world::{End, World, everything, id, production};

/// A run of everything that is no exercise; its runbook may say that the glass can be broken.
fn incident(glass: bool) -> World {
    let asked = everything();
    let with = if glass { "break_glass: true\nparameters:" } else { "parameters:" };
    let source = asked.source.replacen("parameters:", with, 1);
    let source = source.replacen("id: stop\n", "id: stop\nrole: incident-commander\n", 1);
    World::new(run::Request { mode: Mode::Incident, environment: production(), source, ..asked })
}

/// [`incident`], where a plan waits that a second person has to approve.
fn planned(glass: bool) -> (World, Digest) {
    let mut world = incident(glass);
    while world.here().as_str() != "restore" {
        world.ok(Command::Skip { step: world.here(), reason: "not today".into() });
    }
    let digest = world.plan();
    (world, digest)
}

fn key(of: u8) -> SigningKey {
    SigningKey::from_bytes(&[of; 32])
}

fn signed(text: &str, key: &SigningKey) -> Signed {
    Signed {
        key: STANDARD.encode(key.verifying_key().as_bytes()),
        since: "2026-11-01T00:00:00Z".parse().unwrap(),
        signature: STANDARD.encode(key.sign(text.as_bytes()).to_bytes()),
    }
}

fn join(person: &str, role: Role) -> Command {
    Command::Join { person: person.into(), role }
}

fn roles(world: &World, name: &str) -> Vec<Role> {
    let people = world.run.people().iter().filter(|person| person.left.is_none());
    people.filter(|person| person.name == name).flat_map(|person| person.roles.clone()).collect()
}

#[test]
fn people_come_take_on_roles_and_leave() {
    let mut world = World::everything();
    assert_eq!((roles(&world, "Sam"), world.run.operator()), (vec![Role::Operator], "Sam"));
    world.ok(join(" Kim ", Role::Scribe));
    world.ok(join("kim", Role::Observer));
    assert_eq!(roles(&world, "Kim"), [Role::Scribe, Role::Observer]);
    assert_eq!(world.ok(join("Kim", Role::Scribe)), [], "she has that role already");
    world.ok(Command::Leave { person: "KIM".into() });
    assert!(world.run.holders(Role::Scribe).next().is_none());
    world.ok(join("Kim", Role::Scribe));
    let kims: Vec<_> = world.run.people().iter().filter(|person| person.name == "Kim").collect();
    assert!(matches!(kims[..], [one, two] if one.left.is_some() && two.left.is_none()), "{kims:?}");
    assert_eq!(world.refused(&join(" ", Role::Scribe)), Rejection::NoName);
    assert_eq!(
        world.refused(&Command::Leave { person: "Lee".into() }).to_string(),
        "Lee does not take part in this run, or has left"
    );
}

#[test]
fn a_run_has_one_operator_and_is_handed_over() {
    let mut world = World::everything();
    let why = world.refused(&join("Ana", Role::Operator)).to_string();
    assert_eq!(why, "a run has one operator, and it is Sam; hand the run over to Ana instead");
    assert!(matches!(world.refused(&Command::Leave { person: "sam".into() }), Rejection::OperatorLeaves(_)));
    assert_eq!(world.ok(Command::HandOver { to: "SAM".into() }), []);
    world.ok(Command::HandOver { to: "Ana".into() });
    assert_eq!((world.run.operator(), roles(&world, "Ana")), ("Ana", vec![Role::Operator]));
    assert_eq!(roles(&world, "Sam"), []);
    world.by("Ana", &Command::Leave { person: "Sam".into() }).unwrap();
    assert!(world.run.people()[0].left.is_some());
}

/// While something is at work people still come and go, and the run can be handed over.
#[test]
fn people_come_and_go_while_an_action_is_at_work() {
    let mut world = World::at("restore");
    world.approved();
    let owed = world.run.owed();
    world.ok(join("Kim", Role::Scribe));
    world.ok(Command::HandOver { to: "Ana".into() });
    assert_eq!(world.run.owed(), owed);
}

#[test]
fn after_a_hand_over_neither_operator_is_the_second_person() {
    let mut world = World::at("restore");
    world.ok(Command::HandOver { to: "Ana".into() });
    let step = world.here();
    world.by("Ana", &Command::Plan { step: step.clone(), with: [].into() }).unwrap();
    world.answer(End::Passed);
    let digest = world.waiting().unwrap();
    for by in ["Sam", "ana "] {
        let approve =
            Command::Approve { step: step.clone(), digest: digest.clone(), by: Some(by.into()), typed: None };
        let why = decide(&world.run, "Ana", &approve, world.now).unwrap_err();
        assert!(matches!(why, Rejection::SamePerson(_)), "{by}: {why}");
    }
}

#[test]
fn a_step_for_a_role_is_done_by_somebody_who_has_it() {
    let mut world = incident(false);
    world.tick_all();
    let done = Command::Complete { step: world.here(), record: None };
    assert_eq!(
        world.refused(&done).to_string(),
        "\"Stop writers\" is for the incident commander; nobody is: say who the incident commander is, then have them \
         do it"
    );
    world.ok(join("Ana", Role::IncidentCommander));
    assert!(world.refused(&done).to_string().ends_with("have Ana do it"));
    world.by("ana", &done).unwrap();
}

#[test]
fn in_an_exercise_one_person_plays_every_part() {
    let mut asked = everything();
    asked.source = asked.source.replacen("id: stop\n", "id: stop\nrole: approver\n", 1);
    let mut world = World::new(asked);
    world.tick_all();
    world.ok(Command::Complete { step: world.here(), record: None });
}

#[test]
fn a_name_alone_approves_nothing_in_an_incident() {
    let (world, digest) = planned(false);
    let step = world.here();
    let named =
        Command::Approve { step: step.clone(), digest: digest.clone(), by: Some("Dana".into()), typed: None };
    assert_eq!(world.refused(&named), Rejection::NotSigned("Dana".into()));
    let glass = Command::BreakGlass { step, digest, reason: "nobody answers".into(), typed: None };
    assert_eq!(world.refused(&glass), Rejection::GlassStays);
}

#[test]
fn what_was_signed_is_this_plan_in_this_run_by_this_person() {
    let (mut world, digest) = planned(false);
    let step = world.here();
    let approve = |by: &str, signed| Command::ApproveSigned {
        step: step.clone(),
        digest: digest.clone(),
        by: by.into(),
        signed,
        typed: None,
    };
    let other = |digest: &Digest, by: &str| signed(&approval_text(&id(), &step, digest, by), &key(7));
    for (by, signed) in [
        ("Dana", other(&Digest::of(b"another plan"), "Dana")),
        ("Dana", other(&digest, "Kim")),
        ("Dana", Signed { key: signed("", &key(8)).key, ..other(&digest, "Dana") }),
        ("Dana", Signed { signature: "no base64".into(), ..other(&digest, "Dana") }),
    ] {
        assert_eq!(world.refused(&approve(by, signed)), Rejection::BadSignature(by.into()));
    }
    let why = world.refused(&approve("Sam", other(&digest, "Sam")));
    assert_eq!(why, Rejection::SamePerson("Sam".into()), "who runs it can't be the second person");
    let good = other(&digest, "Dana");
    let events = world.ok(approve("Dana", good.clone()));
    assert!(
        matches!(&events[0], Event::PlanApproved { how: How::Signed(signed), by, .. } if *signed == good && by == "Dana")
    );
    assert_eq!(roles(&world, "Dana"), [Role::Approver]);
}

/// Neither a signature nor evidence can come from the window's commands.
#[test]
fn the_window_can_not_make_up_a_signature() {
    for forged in [
        r#"{"do":"approve_signed","step":"restore","digest":"00","by":"Dana","signed":{}}"#,
        r#"{"do":"attach","step":null,"name":"x","media":"text/plain","file":{}}"#,
    ] {
        let why = serde_json::from_str::<Command>(forged).unwrap_err().to_string();
        assert!(why.starts_with("unknown variant"), "{why}");
    }
}

#[test]
fn the_glass_is_broken_with_a_reason_and_the_run_remembers() {
    let (mut world, digest) = planned(true);
    let glass = |reason: &str| Command::BreakGlass {
        step: "restore".into(),
        digest: digest.clone(),
        reason: reason.into(),
        typed: None,
    };
    assert_eq!(world.refused(&glass(" ")), Rejection::NoReason);
    assert!(!world.run.broke_glass());
    let events = world.ok(glass("nobody answers, photos expire at 6"));
    assert!(
        matches!(&events[0], Event::PlanApproved { how: How::BrokeGlass { reason }, by, .. } if reason.starts_with("nobody") && by == "Sam")
    );
    assert!(world.run.broke_glass() && world.run.owed().is_some());
    assert_eq!(*world.run.state(), State::Active);
}

/// What was approved before approvals said how is read as a name that was given.
#[test]
fn an_approval_of_an_older_journal_is_a_name() {
    let digest = Digest::of(b"plan");
    let old = format!(r#"{{"event":"plan_approved","step":"restore","digest":"{digest}","by":"Dana"}}"#);
    let event: Event = serde_json::from_str(&old).unwrap();
    assert!(matches!(event, Event::PlanApproved { how: How::Named, .. }));
    let old = r#"{"event":"noted","step":null,"text":"x"}"#;
    assert_eq!(serde_json::to_string(&serde_json::from_str::<Event>(old).unwrap()).unwrap(), old);
}
