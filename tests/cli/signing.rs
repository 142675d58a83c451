//! An approval in an incident: the second person signs in, in a login session whose keychain is its own.

use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use run::{Event, How, approval_text};

use super::scene::Scene;
use crate::support::cli::Ran;
use crate::support::session::Session;

const PASSPHRASE: &str = "four words of Dana";

/// A range, an environment `mine` on it that is no practice, whose keys the keychain has; and Dana's passphrase there.
fn scene() -> (Scene, Session) {
    let mut scene = Scene::new();
    scene.environment("mine", "practice: true", "keychain: dr");
    let session = Session::start(&scene.desk.path().join("session"));
    scene.desk.lifeboat = scene.desk.lifeboat.inside(&session);
    let keys = format!("{PRACTICE_ACCESS_KEY_ID}\n{PRACTICE_SECRET_ACCESS_KEY}\n");
    scene.desk.lifeboat.run_with(&keys, &["keychain", "set", "--env", "mine"]).ended_with(0);
    (scene, session)
}

/// Starts an incident; `typed` is what comes on standard input.
fn incident(scene: &Scene, typed: &str) -> Ran {
    let at = format!("restore_to={}", scene.good);
    let args =
        ["run", "restore-badge-photos", "--mode", "incident", "--env", "mine", "--set", &at, "--as", "Sam"];
    let more = ["--answers", &scene.answers, "--person", "Dana=approver"];
    scene.desk.lifeboat.run_with(typed, &[&args[..], &more].concat())
}

fn resume(scene: &Scene, typed: &str) -> Ran {
    let run = scene.desk.only_run().to_string();
    scene.desk.lifeboat.run_with(typed, &["resume", &run, "--answers", &scene.answers, "--as", "Sam"])
}

fn approvals(scene: &Scene) -> Vec<(String, How)> {
    let approved = scene.desk.entries().into_iter().filter_map(|entry| match entry.event {
        Event::PlanApproved { by, how, .. } => Some((by, how)),
        _ => None,
    });
    approved.collect()
}

#[test]
fn a_plan_is_approved_under_the_second_persons_signature() {
    let (scene, _session) = scene();
    let lifeboat = &scene.desk.lifeboat;
    let status = lifeboat.run(&["person", "status", "Dana"]).ended_with(1);
    assert!(status.complaint().contains("Dana has no passphrase on this machine"), "{}", status.complaint());
    let short = lifeboat.run_with("short\n", &["person", "set", "Dana"]).ended_with(1);
    assert!(short.complaint().contains("at least 12 letters"), "{}", short.complaint());

    // Nobody is there who could sign, then one who has no passphrase, then the wrong one: nothing is done.
    let ran = incident(&scene, "").ended_with(3);
    assert!(ran.complaint().contains("Dana must sign in to approve this plan"), "{}", ran.complaint());
    let ran = resume(&scene, &format!("{PASSPHRASE}\n")).ended_with(1);
    assert!(ran.complaint().contains("`lifeboat person set NAME`"), "{}", ran.complaint());
    lifeboat.run_with(&format!("{PASSPHRASE}\n"), &["person", "set", "Dana"]).ended_with(0);
    let again = lifeboat.run_with("another passphrase\n", &["person", "set", " DANA "]).ended_with(1);
    assert!(again.complaint().contains("has a passphrase on this machine already"), "{}", again.complaint());
    let ran = resume(&scene, "four words of Danny\n").ended_with(1);
    assert!(ran.complaint().contains("that is not the passphrase of Dana"), "{}", ran.complaint());
    assert_eq!((approvals(&scene), scene.range.store().snapshot()), (vec![], scene.before.clone()));

    resume(&scene, &format!("{PASSPHRASE}\n")).ended_with(0);
    assert_eq!(scene.range.store().snapshot().len(), scene.before.len() + 1);
    let approved = scene.desk.entries().into_iter().find_map(|entry| match entry.event {
        Event::PlanApproved { step, digest, by, how: How::Signed(signed) } => {
            Some((step, digest, by, signed))
        }
        _ => None,
    });
    let (step, digest, by, signed) = approved.unwrap();
    assert_eq!(by, "Dana");
    assert!(signed.is_of(&approval_text(&scene.desk.only_run(), &step, &digest, "Dana")));
    let run = scene.desk.only_run().to_string();
    let timeline = lifeboat.run(&["timeline", &run, "--format", "md"]).ended_with(0);
    assert!(timeline.stdout.contains("approved by Dana, who signed in (key of "), "{}", timeline.stdout);
    let verified = lifeboat.run(&["verify"]).ended_with(0).stdout;
    assert!(verified.contains("1 approvals were signed, and each signature is by the key"), "{verified}");
    scene.desk.is_nowhere(PASSPHRASE);

    lifeboat.run(&["person", "remove", "dana"]).ended_with(0);
    lifeboat.run(&["person", "remove", "dana"]).ended_with(1);
}

#[test]
fn one_person_goes_on_alone_where_the_glass_may_be_broken() {
    let (mut scene, _session) = scene();
    let alone = super::ANSWERS.replace("{ approve: true, by: Dana }", "{ break_glass: nobody answers }");
    scene.answers = scene.desk.file("alone.yaml", &alone);
    incident(&scene, "").ended_with(0);
    assert_eq!(
        approvals(&scene),
        [("Sam".to_owned(), How::BrokeGlass { reason: "nobody answers".to_owned() })]
    );
    let run = scene.desk.only_run().to_string();
    let timeline = scene.desk.lifeboat.run(&["timeline", &run, "--format", "md"]).ended_with(0).stdout;
    assert!(timeline.contains("GLASS BROKEN: plan "), "{timeline}");
    let top = timeline.lines().take(6).collect::<Vec<_>>().join("\n");
    assert!(top.contains("The glass was broken"), "it stands at the top:\n{timeline}");
}
