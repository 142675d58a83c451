//! Actions: what only reads is run; what changes is planned, approved by its digest, done and verified.

use std::collections::BTreeMap;

use action::{Happening, ParamError, PlanSummary, Verdict};
use run::{Command, Digest, Event, How, Owed, Rejection, StepState, Work};
use runbook::StepId;

use crate::world::{End, World, first, kept, outcome, request};

fn restore() -> StepId {
    "restore".into()
}

fn plan(with: &[(&str, &str)]) -> Command {
    let with = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Command::Plan { step: restore(), with }
}

fn approve(digest: &Digest, by: Option<&str>) -> Command {
    Command::Approve { step: restore(), digest: digest.clone(), by: by.map(str::to_owned), typed: None }
}

#[test]
fn what_reads_is_run_and_is_done_when_it_passed() {
    let mut world = World::at("verify");
    let why = world.refused(&Command::Complete { step: "verify".into(), record: None });
    assert_eq!(why, Rejection::NotVerified("Verify the photos".into()));
    assert!(why.to_string().contains("run it, or skip it with a reason"), "{why}");
    let params = [("at", "2026-11-24T02:00:00Z"), ("bucket", "veonics-photos")];
    let params: BTreeMap<_, _> = params.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    let (step, action) = ("verify".into(), "photos.verify".into());
    let events = world.ok(Command::Read { step: "verify".into() });
    assert_eq!(events, [Event::ReadStarted { step, action, params: params.clone() }]);
    assert_eq!(world.run.owed(), Some(Owed::Read { step: "verify".into(), params }));

    world.answer(End::Failed);
    assert!(matches!(world.run.step(&"verify".into()).work, Work::Failed { problem: None, .. }));
    assert!(matches!(
        world.refused(&Command::Complete { step: "verify".into(), record: None }),
        Rejection::NotVerified(_)
    ));
    world.ok(Command::Read { step: "verify".into() });
    world.answer(End::Problem);
    world.ok(Command::Read { step: "verify".into() });
    world.answer(End::Passed);
    world.ok(Command::Read { step: "verify".into() });
    world.answer(End::Passed);
    world.ok(Command::Complete { step: "verify".into(), record: None });
    assert_eq!(world.run.step(&"verify".into()).state, StepState::Done);
}

#[test]
fn what_changes_is_planned_approved_done_and_verified() {
    let mut world = World::at("restore");
    let digest = world.plan();
    assert_eq!(world.run.owed(), None, "a plan that waits does nothing");
    let events = world.ok(approve(&digest, Some(" Dana ")));
    let approved =
        Event::PlanApproved { step: restore(), digest: digest.clone(), by: "Dana".into(), how: How::Named };
    assert_eq!(
        events,
        [approved, Event::ApplyStarted { step: restore(), digest: digest.clone(), attempt: 1 }]
    );
    assert!(matches!(world.run.owed(), Some(Owed::Apply { digest: sent, .. }) if sent == digest));
    world.answer(End::Passed);
    assert!(matches!(world.run.owed(), Some(Owed::Verify { digest: sent, .. }) if sent == digest));
    world.answer(End::Passed);
    assert_eq!(world.run.output(&restore(), "restored"), Some("612"));
    let done = Command::Complete { step: restore(), record: None };
    assert!(matches!(world.refused(&done), Rejection::ChecksLeft { .. }), "verified is not all");
    world.tick_all();
    world.ok(done);
    assert_eq!(world.here(), "verify".into());
}

#[test]
fn it_is_green_only_when_verified_never_because_it_ran() {
    let mut world = World::at("restore");
    world.tick_all();
    world.approved();
    world.answer(End::Passed);
    for end in [End::Failed, End::Problem] {
        world.answer(end);
        let why = world.refused(&Command::Complete { step: restore(), record: None });
        assert!(matches!(why, Rejection::NotVerified(_)), "{why}");
        assert_eq!(world.run.output(&restore(), "restored"), None);
        world.ok(Command::CheckAgain { step: restore() });
    }
    world.answer(End::Passed);
    assert_eq!(world.run.output(&restore(), "restored"), Some("612"), "what was done is not forgotten");
    world.ok(Command::Complete { step: restore(), record: None });
}

#[test]
fn only_the_plan_that_waits_is_approved_or_refused() {
    let mut world = World::at("restore");
    let stale = world.plan();
    let other = Digest::of(b"another plan");
    let fresh = world.plan();
    assert_ne!(stale, fresh);
    for asked in [&stale, &other] {
        for command in [
            approve(asked, Some("Dana")),
            Command::Refuse { step: restore(), digest: asked.clone(), reason: "no".into() },
        ] {
            let why = world.refused(&command);
            let (asked, waiting) = (asked.short().to_owned(), fresh.short().to_owned());
            assert_eq!(why, Rejection::OtherPlan { asked, waiting });
            assert!(why.to_string().contains("read it again before approving"), "{why}");
        }
    }
    world.ok(approve(&fresh, Some("Dana")));
    world.answer(End::Passed);
    world.answer(End::Passed);
    let why = world.refused(&approve(&fresh, Some("Dana")));
    assert!(matches!(&why, Rejection::OtherPlan { waiting, .. } if waiting == "none"), "{why}");
}

#[test]
fn a_plan_that_is_refused_says_why_and_waits_no_more() {
    let mut world = World::at("restore");
    let digest = world.plan();
    let refuse =
        |reason: &str| Command::Refuse { step: restore(), digest: digest.clone(), reason: reason.into() };
    assert_eq!(world.refused(&refuse(" ")), Rejection::NoReason);
    let events = world.ok(refuse("wrong moment"));
    assert_eq!(
        events,
        [Event::PlanRefused { step: restore(), digest: digest.clone(), reason: "wrong moment".into() }]
    );
    assert!(matches!(world.refused(&approve(&digest, Some("Dana"))), Rejection::OtherPlan { .. }));
    assert_eq!(world.run.approver(), None);
    world.plan();
}

#[test]
fn where_a_second_person_is_asked_the_operator_does_not_do() {
    let mut world = World::at("restore");
    let digest = world.plan();
    for by in [None, Some("Sam"), Some(" sam "), Some("SAM")] {
        let why = world.refused(&approve(&digest, by));
        assert_eq!(why, Rejection::SamePerson("Sam".into()));
        assert!(why.to_string().contains("ask a second person and give their name"), "{why}");
    }
    assert_eq!(world.refused(&approve(&digest, Some(" "))), Rejection::NoName);
    world.by("Dana", &approve(&digest, None)).unwrap();
    assert_eq!(world.run.approver(), Some("Dana"));
}

/// After a change of shift the one at the keyboard isn't the one who began the run.
#[test]
fn whoever_asked_for_the_plan_is_no_second_person_either() {
    let mut world = World::at("restore");
    world.record("Dana", Event::Resumed);
    world.by("Dana", &plan(&[])).unwrap();
    world.answer(End::Passed);
    let digest = world.waiting().unwrap();
    for by in [None, Some("dana")] {
        let why = run::decide(&world.run, "Dana", &approve(&digest, by), world.now).unwrap_err();
        assert_eq!(why, Rejection::SamePerson("Dana".into()));
    }
    assert!(matches!(world.refused(&approve(&digest, None)), Rejection::SamePerson(_)));
    world.by("Dana", &approve(&digest, Some("Kim"))).unwrap();
}

#[test]
fn where_the_operator_approves_they_may_approve_their_own_plan() {
    let source = first(
        "action: photos.restore\nwith: { bucket: photos, at: \"2026-11-24T02:00:00Z\" }\napproval: operator",
    );
    let verify =
        "```yaml step\naction: photos.verify\nwith: { bucket: photos, at: \"2026-11-24T02:00:00Z\" }\n```\n";
    let mut world = World::new(request(&format!("{source}{verify}")));
    let digest = world.plan();
    world.ok(Command::Approve { step: "first".into(), digest, by: None, typed: None });
    assert_eq!(world.run.approver(), Some("Sam"));
}

/// What destroys is approved with the name of what will be gone, typed to the letter.
#[test]
fn what_will_be_gone_has_to_be_typed() {
    let mut world = World::at("restore");
    world.ok(plan(&[]));
    let typed = Some("portal-restore-9f3a".to_owned());
    let summary = PlanSummary { typed: typed.clone(), ..PlanSummary::default() };
    world.record("lifeboat", Event::PlanReady { step: restore(), plan: kept("plan"), summary });
    let digest = world.waiting().unwrap();
    let approval = |typed: Option<&str>| Command::Approve {
        step: restore(),
        digest: digest.clone(),
        by: Some("Dana".into()),
        typed: typed.map(str::to_owned),
    };
    for wrong in [None, Some(""), Some("portal"), Some("PORTAL-RESTORE-9F3A")] {
        let why = world.refused(&approval(wrong));
        assert_eq!(why, Rejection::NotTyped("portal-restore-9f3a".into()));
        assert!(why.to_string().contains("type exactly that"), "{why}");
    }
    world.ok(approval(Some(" portal-restore-9f3a ")));
}

/// What happens on the far side while an action is at work is kept, and moves nothing.
#[test]
fn what_happens_on_the_far_side_is_only_told() {
    let mut world = World::at("restore");
    world.approved();
    let before = (world.run.owed(), world.run.step(&restore()).clone());
    let happening =
        Happening { said: "portal-restore-9f3a: creating".into(), at: None, request_id: Some("4F1C".into()) };
    let event = Event::Happened { step: restore(), happening };
    let json = serde_json::to_value(&event).unwrap();
    assert_eq!(json["said"], "portal-restore-9f3a: creating");
    assert_eq!(serde_json::from_value::<Event>(json).unwrap(), event);
    world.record("lifeboat", event);
    assert_eq!((world.run.owed(), world.run.step(&restore()).clone()), before);
}

#[test]
fn a_plan_is_made_anew_with_other_choices_and_nothing_else() {
    let mut world = World::at("restore");
    let events = world.ok(plan(&[("ties", "photo")]));
    let [Event::PlanStarted { params, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!(params["ties"], "photo");
    world.answer(End::Passed);
    for other in [("at", "2026-01-01T00:00:00Z"), ("bucket", "another"), ("force", "yes")] {
        let why = world.refused(&plan(&[other]));
        assert!(matches!(why, Rejection::NotNow { .. }), "{why}");
        assert!(why.to_string().contains("doesn't let that be chosen now"), "{why}");
    }
    let why = world.refused(&plan(&[("ties", "guess")]));
    assert!(matches!(why, Rejection::Param(ParamError::Value { .. })), "{why}");
    assert!(why.to_string().contains("guess"), "{why}");
    world.plan();
    let Some(Event::PlanStarted { params, .. }) = world
        .entries
        .iter()
        .rev()
        .map(|entry| &entry.event)
        .find(|event| matches!(event, Event::PlanStarted { .. }))
    else {
        panic!("no plan was asked for")
    };
    assert!(!params.contains_key("ties"), "a choice lasts for one plan");
}

#[test]
fn each_command_keeps_to_its_kind_of_step() {
    for (at, command, why) in [
        ("restore", Command::Read { step: restore() }, "it changes things: plan it first"),
        ("verify", Command::Plan { step: "verify".into(), with: BTreeMap::new() }, "it only reads: run it"),
        ("stop", Command::Plan { step: "stop".into(), with: BTreeMap::new() }, "it calls no action"),
        ("stop", Command::Read { step: "stop".into() }, "it calls no action"),
        ("restore", Command::ApplyAgain { step: restore() }, "no approved plan that stopped half way"),
        ("restore", Command::CheckAgain { step: restore() }, "it has done nothing that could be"),
        ("verify", Command::CheckAgain { step: "verify".into() }, "it has done nothing that could be"),
    ] {
        let told = World::at(at).refused(&command).to_string();
        assert!(told.contains(why), "{command:?}: {told}");
    }
    let mut world = World::at("restore");
    world.approved();
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert!(world.refused(&plan(&[])).to_string().contains("it is done and verified"));
}

#[test]
fn an_action_without_what_it_refers_to_is_not_begun() {
    let source = "# One\n\n### First\n\n```yaml step\naction: photos.survey\nwith:\n  bucket: ${env.photos.bucket}\n  \
                  at: \"2026-11-24T02:00:00Z\"\n```\n";
    let mut bare = request(source);
    bare.environment.photos = None;
    let why = World::new(bare).refused(&Command::Read { step: "first".into() });
    assert!(matches!(why, Rejection::Unknown { .. }), "{why}");
    assert!(why.to_string().contains("the environment's photos.bucket"), "{why}");
}

/// Whoever skips a restore still wants to know how things are.
#[test]
fn what_only_reads_does_without_what_a_skipped_step_would_have_told() {
    let restore = "# One\n\n### Restore\n\n```yaml step\naction: photos.restore\napproval: approver\nwith:\n  bucket: \
                   b1b\n  at: \"2026-11-24T02:00:00Z\"\n```\n\n";
    let then = |action: &str, name: &str, more: &str| {
        let step = format!(
            "### Then\n\n```yaml step\naction: {action}\n{more}with:\n  bucket: b1b\n  at: \"2026-11-24T02:00:00Z\"\n  \
             {name}: ${{steps.restore.excluded}}\n```\n\n### Verify\n\n```yaml step\naction: photos.verify\nwith:\n  \
             bucket: b1b\n  at: \"2026-11-24T02:00:00Z\"\n```\n"
        );
        let mut world = World::new(request(&format!("{restore}{step}")));
        let read = Command::Read { step: "then".into() };
        let planned = Command::Plan { step: "then".into(), with: BTreeMap::new() };
        let skip = Command::Skip { step: "restore".into(), reason: "it was done by hand".into() };
        world.ok(skip);
        (world, if action == "photos.verify" { read } else { planned })
    };
    let (mut world, read) = then("photos.verify", "exclude", "");
    world.ok(read);
    assert_eq!(world.run.step(&"then".into()).params.get("exclude"), None);
    // What changes something must not do more than it was told.
    let (world, plan) = then("photos.restore", "exclude", "approval: approver\n");
    assert!(matches!(world.refused(&plan), Rejection::Unknown { .. }));
}

#[test]
fn what_a_step_found_is_what_later_texts_say() {
    let mut world = World::at("restore");
    let message = |world: &World| {
        let step = world.run.runbook().step(&"tell".into()).unwrap().clone();
        let runbook::StepKind::Communicate { message, .. } = &step.kind else { panic!("{step:?}") };
        world.run.fill(&step, message)
    };
    let why = message(&world).unwrap_err();
    assert!(matches!(&why, Rejection::Unknown { step, .. } if step == "Tell customers"), "{why}");
    world.approved();
    world.answer(End::Passed);
    world.answer(End::Passed);
    assert_eq!(message(&world).unwrap(), "612 photos are back.");
}

#[test]
fn what_verifying_found_stands_in_where_doing_says_nothing() {
    let mut world = World::at("verify");
    world.ok(Command::Read { step: "verify".into() });
    let mut found = outcome(Verdict::Passed, "every photo matches");
    found.outputs.insert("matched".into(), "2000".into());
    let evidence = crate::world::kept("verify");
    world.record("lifeboat", Event::ReadFinished { step: "verify".into(), outcome: found, evidence });
    assert_eq!(world.run.output(&"verify".into(), "matched"), Some("2000"));
    assert_eq!(world.run.output(&"verify".into(), "missing"), None);
}
