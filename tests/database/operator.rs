//! Somebody who follows the runbook, whatever becomes of the process that shows it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use engine::Session;
use run::{Command, Move, Problem, Run, Stage, State, Work};
use runbook::{StepId, StepKind};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Works and answers until the run ends, or something fails that has to be put right first.
pub(super) async fn drive(session: &Session) {
    go(session, &|_| {}, &Notify::new(), &|_| false).await;
}

/// The same, until the restore is verified.
pub(super) async fn restore(session: &Session) {
    go(session, &|_| {}, &Notify::new(), &is_restored).await;
}

/// The same, with somebody who looks at the run after every entry that is written meanwhile.
pub(super) async fn drive_watched(session: &Session, watch: &(dyn Fn(&Run) + Send + Sync)) {
    go(session, watch, &Notify::new(), &|_| false).await;
}

/// The same, until this entry is written: then whoever works is dropped, as when the process dies. Whether it died.
pub(super) async fn drive_until(session: &Session, last: u64) -> bool {
    let death = Notify::new();
    let changed = |run: &Run| {
        if run.seq() >= last {
            death.notify_one();
        }
    };
    go(session, &changed, &death, &|run| run.seq() >= last).await;
    !matches!(session.run().state(), State::Finished(_))
}

async fn go(
    session: &Session,
    changed: &(dyn Fn(&Run) + Send + Sync),
    death: &Notify,
    done: &(dyn Fn(&Run) -> bool + Send + Sync),
) {
    for _ in 0..60 {
        tokio::select! {
            biased;
            () = death.notified() => return,
            worked = session.work(&|_| {}, changed) => worked.unwrap(),
        }
        let run = session.run();
        if done(&run) {
            return;
        }
        let Some(command) = answer(&run) else { return };
        if done(&session.submit("Sam", &command).unwrap()) {
            return;
        }
    }
    panic!("the run does not end: {:?}", session.run().current());
}

/// What somebody who follows the runbook says where a run stands; nothing when it ended or something failed.
pub(super) fn answer(run: &Run) -> Option<Command> {
    let at = run.current()?;
    let (step, of) = (at.id.clone(), run.step(&at.id));
    assert!(matches!(at.kind, StepKind::Action { .. }), "{at:?}");
    // A failure that a crash left behind is gone on from; one that RDS reports is not.
    if let Work::Failed { problem, .. } = &of.work
        && problem.is_some()
    {
        return None;
    }
    if step == StepId::from("verify") {
        let reason = "There are no rows to look at.".to_owned();
        return Some(Command::Skip { step, reason });
    }
    Some(match run.moves().all[0] {
        Move::Complete => Command::Complete { step, record: None },
        Move::Read => Command::Read { step },
        Move::Plan => Command::Plan { step, with: BTreeMap::new() },
        Move::Approve => {
            let Work::Planned { digest, .. } = &of.work else { panic!("{of:?}") };
            Command::Approve { step, digest: digest.clone(), by: Some("Dana".to_owned()), typed: None }
        }
        Move::ApplyAgain => Command::ApplyAgain { step },
        Move::CheckAgain => Command::CheckAgain { step },
        other => panic!("{other:?} in {of:?}"),
    })
}

/// What went wrong with the step that the run stands at, and in what.
#[track_caller]
pub(super) fn failed(session: &Session) -> (Stage, Problem) {
    let run = session.run();
    let at = run.current().unwrap();
    match &run.step(&at.id).work {
        Work::Failed { stage, problem: Some(problem), .. } => (*stage, problem.clone()),
        work => panic!("{}: {work:?}", at.id),
    }
}

/// Goes on with what failed: with the plan that was approved, or else by planning again.
pub(super) fn go_on(session: &Session) {
    let run = session.run();
    let step = run.current().unwrap().id.clone();
    let command = match failed(session).0 {
        Stage::Apply | Stage::Verify => Command::ApplyAgain { step },
        Stage::Plan => Command::Plan { step, with: BTreeMap::new() },
        Stage::Read => Command::Read { step },
    };
    session.submit("Sam", &command).unwrap();
}

/// Whether the restore is done and verified.
pub(super) fn is_restored(run: &Run) -> bool {
    matches!(run.step(&StepId::from("restore")).work, Work::Verified { .. })
}

/// Has the restore planned with these choices, which come in place of the runbook's.
pub(super) async fn restore_with(session: &Session, with: &[(&str, &str)]) {
    go(session, &|_| {}, &Notify::new(), &|run| {
        run.current().is_some_and(|at| at.id == StepId::from("restore"))
    })
    .await;
    let with = with.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    session.submit("Sam", &Command::Plan { step: StepId::from("restore"), with }).unwrap();
    restore(session).await;
}

/// Runs every case, a few at a time.
pub(super) async fn each<T, F>(cases: Vec<T>, one: fn(T) -> F)
where
    T: Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let left = Arc::new(Mutex::new(cases.into_iter()));
    let mut tasks = JoinSet::new();
    for _ in 0..4 {
        let left = Arc::clone(&left);
        tasks.spawn(async move {
            while let Some(case) = taken(&left) {
                one(case).await;
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

fn taken<T>(left: &Mutex<impl Iterator<Item = T>>) -> Option<T> {
    left.lock().unwrap().next()
}
