//! What RDS did is in the journal, and nothing is done that can't be written down.

use engine::{EngineError, Session};
use run::{Command, Run};

use super::operator::{answer, drive};
use super::world::{EAST, World};

#[tokio::test(flavor = "multi_thread")]
async fn what_rds_did_is_written_down_with_request_ids() {
    let world = World::new();
    let session = world.start();
    drive(&session).await;
    let id = session.run().id().clone();
    world.exchanged(&id, "undisturbed");
    let happened = world.happened(&id);
    let restored = happened[0].said.split(':').next().unwrap();
    assert!(restored.starts_with("portal-restore-"), "{restored}");
    let find = |said: &str| {
        let found = happened.iter().find(|happening| happening.said.starts_with(said));
        found.unwrap_or_else(|| panic!("{said}: {happened:#?}"))
    };
    for said in [
        "asked RDS to make it",
        "creating",
        "backing-up",
        "available",
        "asked for maintenance window",
        "modifying",
        "asked for name portal",
    ] {
        let found = find(&format!("{restored}: {said}"));
        let request = found.request_id.as_ref();
        assert!(request.is_some_and(|id| !id.is_empty()), "{said}: {found:?}");
    }
    for said in ["DB instance created", "Restored from DB instance portal to", "Finished DB Instance backup"]
    {
        let found = find(&format!("RDS on {restored}: {said}"));
        assert!(found.at.is_some() && found.request_id.is_some(), "{found:?}");
    }
    assert!(find("portal: asked for name portal-old-").request_id.is_some());
    // Each thing that RDS says happened is written down once.
    let mut events: Vec<_> =
        happened.iter().filter(|happening| happening.said.starts_with("RDS on ")).collect();
    let all = events.len();
    events.sort_by_key(|event| (event.said.clone(), event.at));
    events.dedup_by_key(|event| (event.said.clone(), event.at));
    assert_eq!(events.len(), all, "{events:#?}");
}

/// Works until the journal takes no more, which begins with what says `last`.
async fn until_refused(world: &World, session: &Session, last: &str) -> EngineError {
    let id = session.run().id().clone();
    let changed = |_: &Run| {
        if world.happened(&id).last().is_some_and(|happening| happening.said.contains(last)) {
            let refuse = "CREATE TRIGGER IF NOT EXISTS refused BEFORE INSERT ON entry BEGIN SELECT raise(ABORT, 'no more'); END";
            world.file().execute_batch(refuse).unwrap();
        }
    };
    for _ in 0..60 {
        if let Err(why) = session.work(&|_| {}, &changed).await {
            return why;
        }
        session.submit("Sam", &answer(&session.run()).unwrap()).unwrap();
    }
    panic!("the journal was never refused");
}

/// That nothing goes on in a session whose journal can't be written, and that opening the run again ends well.
async fn breaks_and_goes_on(last: &str, left: impl Fn(&World, &run::RunId)) {
    let world = World::new();
    let session = world.start();
    let id = session.run().id().clone();
    let why = until_refused(&world, &session, last).await;
    assert!(matches!(why, EngineError::Journal(_)), "{why}");
    assert!(session.is_broken());
    left(&world, &id);
    let (entries, instances) = (world.entries(&id).len(), world.made(&id));

    world.file().execute_batch("DROP TRIGGER refused").unwrap();
    let why = session.work(&|_| {}, &|_| {}).await.unwrap_err();
    assert!(matches!(why, EngineError::Stopped(_)), "{why}");
    let note = Command::Note { text: "x".to_owned(), step: None, tag: None };
    let told = session.submit("Sam", &note).unwrap_err().to_string();
    assert!(told.contains("Close it, then open it again"), "{told}");
    assert_eq!((world.entries(&id).len(), world.made(&id)), (entries, instances));
    left(&world, &id);
    drop(session);

    let session = world.resume(&id);
    drive(&session).await;
    world.exchanged(&id, last);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restore_that_cannot_be_written_down_stops_and_is_adopted() {
    breaks_and_goes_on("asked RDS to make it", |world, id| {
        let made = world.made(id);
        assert_eq!(made.len(), 1, "{made:?}");
        let instance = world.instance(EAST, &made[0]);
        assert_eq!(instance.settings.monitoring_seconds, 0, "nothing more was asked of RDS");
        assert_eq!(world.instance(EAST, "portal").resource_id, world.old);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cut_over_that_cannot_be_written_down_stops_and_is_gone_on_with() {
    breaks_and_goes_on("portal: asked for name portal-old-", |world, id| {
        let made = world.made(id);
        assert!(
            made.len() == 1 && made[0].starts_with("portal-restore-"),
            "nothing more was asked: {made:?}"
        );
        let old = world.rds().instances(EAST).into_iter().find(|is| is.resource_id == world.old);
        assert!(old.is_some(), "{:?}", world.instances());
    })
    .await;
}
