//! Credentials that expire and networks that go away while a plan is applied: the run waits, and goes on by itself.

use std::sync::Mutex;
use std::sync::atomic::Ordering;

use action::Progress;
use action::port::PortErrorKind;
use engine::Session;
use tokio::sync::watch;

use crate::world::{World, approve, failed, restore, verified};

/// Works until it is paused, does something, and works on to the end. Gives what was told while it was paused.
async fn through_a_pause(session: &Session, then: impl FnOnce()) -> Vec<String> {
    let told = Mutex::new(Vec::<String>::new());
    let (paused, mut seen) = watch::channel(0_usize);
    let progress = |progress: Progress| {
        if let Some(why) = progress.paused {
            told.lock().unwrap().push(why);
            paused.send_modify(|times| *times += 1);
        }
    };
    let meanwhile = async {
        // Twice, so that looking again while nothing has changed is seen too.
        seen.wait_for(|times| *times > 1).await.unwrap();
        then();
    };
    let (done, ()) = tokio::join!(session.work(&progress, &|_| {}), meanwhile);
    done.unwrap();
    told.into_inner().unwrap()
}

#[tokio::test]
async fn what_is_cut_off_waits_and_goes_on_from_there() {
    for kind in [PortErrorKind::Credentials, PortErrorKind::Unreachable] {
        let world = World::new(60);
        let session = world.planned().await;
        approve(&session);
        *world.far.cut.lock().unwrap() = Some(kind);
        world.far.unreachable.store(true, Ordering::SeqCst);
        let told = through_a_pause(&session, || {
            *world.far.cut.lock().unwrap() = None;
            world.far.unreachable.store(false, Ordering::SeqCst);
        })
        .await;
        assert!(verified(&session), "{kind:?}: {:?}", session.run().step(&restore()).work);
        assert_eq!(world.far.back(), 60);
        assert!(told[0].contains("5 photos done, 55 left") && told[0].ends_with("Log in."), "{told:?}");
        assert!(told[1].contains("profile veonics-dr is not there"), "{told:?}");
        let kinds = world.kinds(session.run().id());
        assert_eq!(kinds.iter().filter(|kind| *kind == "happened").count(), 2, "{kinds:?}");
        assert!(!kinds.iter().any(|kind| kind == "apply_failed"), "{kinds:?}");
        let again = world.far.connections.load(Ordering::SeqCst);
        assert!(again > 1, "{kind:?}: the credentials are fetched anew");
    }
}

/// Whoever logs in again may have logged in elsewhere.
#[tokio::test]
async fn credentials_of_another_account_let_nothing_go_on() {
    let world = World::new(60);
    let session = world.planned().await;
    approve(&session);
    *world.far.cut.lock().unwrap() = Some(PortErrorKind::Credentials);
    *world.far.account.lock().unwrap() = "999999999999";
    let told = through_a_pause(&session, || {
        *world.far.cut.lock().unwrap() = None;
        *world.far.account.lock().unwrap() = "000000000000";
    })
    .await;
    assert!(told[1].contains("999999999999") && told[1].contains("Log in to the right account"), "{told:?}");
    assert!(verified(&session));
}

#[tokio::test]
async fn what_is_paused_can_be_stopped() {
    let world = World::new(60);
    let session = world.planned().await;
    approve(&session);
    *world.far.cut.lock().unwrap() = Some(PortErrorKind::Credentials);
    world.far.unreachable.store(true, Ordering::SeqCst);
    through_a_pause(&session, || session.stop()).await;
    let problem = failed(&session).1;
    assert!(problem.what.contains("stopped when asked to: it was paused"), "{problem:?}");
    assert_eq!(world.far.back(), 5, "nothing more was done");
}
