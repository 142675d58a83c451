//! What looks like a secret is not on the disk, whichever way it came.

use std::fs;
use std::io::Read as _;

use action::port::PortErrorKind;
use run::Command;

use crate::world::{World, approve, plan_command, restore, waiting, work};

/// Of each kind one, none of which comes alone.
const SECRETS: [(&str, &str); 6] = [
    ("the key AKIAIOSFODNN7EXAMPLE", "AKIAIOSFODNN7EXAMPLE"),
    ("aws_secret_access_key=wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "wJalrXUtnFEMI/K7MDENG"),
    ("mysql://portal:s3cr3tpw@db/portal", "s3cr3tpw"),
    ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkq\n-----END PRIVATE KEY-----", "MIIEvQIBADANBgkq"),
    ("Authorization: Bearer 0123456789abcdef0123", "0123456789abcdef0123"),
    ("password: \"hunter2222\"", "hunter2222"),
];

/// All that is on the disk, with what is packed in it unpacked.
fn on_the_disk(world: &World) -> Vec<u8> {
    let mut all = Vec::new();
    let mut folders = vec![world.home().path().to_owned()];
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            if path.is_dir() { folders.push(path) } else { all.extend(fs::read(path).unwrap()) }
        }
    }
    let mut digests = Vec::new();
    let file = world.file();
    let mut stored = file.prepare("SELECT digest FROM attachment").unwrap();
    let rows = stored.query_map([], |row| row.get::<_, String>(0)).unwrap();
    rows.for_each(|digest| digests.push(digest.unwrap()));
    assert!(digests.len() > 3, "{digests:?}");
    for digest in digests {
        world.engine.journal().attachment(&digest.parse().unwrap()).unwrap().read_to_end(&mut all).unwrap();
    }
    all
}

fn holds(all: &[u8], text: &str) -> bool {
    all.windows(text.len()).any(|part| part == text.as_bytes())
}

#[tokio::test]
async fn secrets_are_masked_in_notes_reasons_errors_pauses_and_evidence() {
    let said = &SECRETS.map(|(said, _)| said).join("\n");
    let world = World::new(60);
    *world.far.words.lock().unwrap() = format!(": {said}.");
    let mut request = world.request();
    request.operator = format!("Sam, {said}").lines().next().unwrap().to_owned();
    request.source = request.source.replace("timeout: 1s\n", "");
    let session = world.engine.start(request).unwrap();
    let submit = |command| session.submit("Sam", &command).unwrap();
    let note = |step| Command::Note { step, text: said.clone(), tag: None };
    submit(note(None));
    submit(note(Some(restore())));

    // No plan, because of an error; then one, which is refused.
    *world.far.fault.lock().unwrap() = Some(PortErrorKind::Denied);
    submit(plan_command());
    work(&session).await.unwrap();
    submit(plan_command());
    work(&session).await.unwrap();
    let digest = waiting(&session.run()).unwrap();
    submit(Command::Refuse { step: restore(), digest, reason: said.clone() });

    // Copies that fail are in the evidence, and a pause is told.
    submit(plan_command());
    work(&session).await.unwrap();
    approve(&session);
    *world.far.cut.lock().unwrap() = Some(PortErrorKind::Denied);
    work(&session).await.unwrap();
    submit(Command::ApplyAgain { step: restore() });
    *world.far.cut.lock().unwrap() = Some(PortErrorKind::Unreachable);
    let paused = |progress: action::Progress| {
        if progress.paused.is_some() {
            *world.far.cut.lock().unwrap() = None;
        }
    };
    session.work(&paused, &|_| {}).await.unwrap();
    submit(Command::Abandon { reason: said.clone() });

    let all = on_the_disk(&world);
    assert!(holds(&all, "masked]"), "nothing was masked");
    for (_, secret) in SECRETS {
        assert!(!holds(&all, secret), "{secret} is on the disk");
    }
    let kinds = world.kinds(session.run().id());
    for kind in ["noted", "plan_failed", "plan_refused", "happened", "run_abandoned"] {
        assert!(kinds.iter().any(|found| found == kind), "{kind}: {kinds:?}");
    }
}
