//! A restore on a disk that refuses any one of its writes: it stops, says so, and goes on from what is in the journal.

use std::env;
use std::fs;
use std::process;

use engine::{EngineError, Session};
use run::{Command, Stage, Work};

use crate::world::{World, approve_command, plan_command, restore, work};

/// Set in the process that is this test once more.
const CHILD: &str = "DISK_CHILD";
const TEST: &str = "disk::a_restore_whose_writes_fail_stops_and_goes_on_from_what_is_there";

/// Asks for whatever is next until the photos are back; a session that fails is closed, and the run opened again.
async fn to_the_end() {
    let world = World::new(3);
    println!("opened");
    let mut failures = 0;
    while failures < 4 {
        let runs = world.engine.journal().runs().unwrap();
        let opened = match runs.first() {
            None => world.engine.start(world.request()),
            Some(id) => world.engine.resume(id, "Sam"),
        };
        let done = match opened {
            Ok(session) => {
                let done = finish(&session).await;
                if done.is_err() {
                    // Nothing goes on unrecorded.
                    assert!(session.is_broken());
                    assert!(matches!(work(&session).await, Err(EngineError::Stopped(_))));
                }
                done
            }
            Err(why) => Err(why),
        };
        match done {
            Ok(()) => break,
            Err(why) => println!("failed: {why}"),
        }
        failures += 1;
    }
    assert_eq!(world.far.back(), 3);
    world.engine.journal().verify().unwrap();
    println!("done");
}

async fn finish(session: &Session) -> Result<(), EngineError> {
    loop {
        work(session).await?;
        let step = restore();
        let command = match &session.run().step(&step).work {
            Work::Verified { .. } => return Ok(()),
            Work::Planned { .. } => approve_command(session),
            Work::InDoubt { .. } | Work::Failed { stage: Stage::Apply, .. } => Command::ApplyAgain { step },
            Work::Failed { stage: Stage::Verify, .. } => Command::CheckAgain { step },
            _ => plan_command(),
        };
        session.submit("Sam", &command)?;
    }
}

#[tokio::test]
async fn a_restore_whose_writes_fail_stops_and_goes_on_from_what_is_there() {
    if env::var_os(CHILD).is_some() {
        return to_the_end().await;
    }
    let folder = tempfile::tempdir().unwrap();
    let (source, shim) = (folder.path().join("shim.c"), folder.path().join("shim.so"));
    fs::write(&source, include_str!("../../../journal/tests/durable/shim.c")).unwrap();
    let mut cc = process::Command::new("cc");
    cc.args(["-O1", "-shared", "-fPIC", "-o"]).args([&shim, &source]).arg("-ldl");
    assert!(cc.status().unwrap().success());
    // The making of the journal is tried by itself; at the end nothing is left that could fail.
    let (mut failed, mut quiet) = (0, 0);
    for at in 40.. {
        let place = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let output = process::Command::new(env::current_exe().unwrap())
            .args([TEST, "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("TMPDIR", place.path())
            .env("LD_PRELOAD", &shim)
            .env("FAULT_UNDER", place.path())
            .env("FAULT_HOW", "ENOSPC")
            .env("FAULT_AT", at.to_string())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let complaint = String::from_utf8_lossy(&output.stderr);
        if !said.contains("opened") {
            continue;
        }
        assert!(output.status.success() && said.contains("done"), "call {at}: {said}\n{complaint}");
        let any = said.contains("failed: ");
        (failed, quiet) = if any { (failed + 1, 0) } else { (failed, quiet + 1) };
        if quiet == 30 {
            break;
        }
    }
    assert!(failed > 20, "{failed}");
}
