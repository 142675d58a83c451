//! What goes wrong is said, what to do next too, and the run goes on from there.

use range::{Range, RangeOptions};
use rusqlite::Connection;
use serde_json::json;
use thirtyfour::Key;

use crate::support::desktop::{Desktop, LAPTOP};
use crate::support::practice::Practice;

use super::follow::{self, WORK, look, shown, until, until_at};

#[tokio::test(flavor = "multi_thread")]
async fn with_nobody_at_the_endpoint_the_step_says_so_and_works_when_somebody_is() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    follow::start(&desktop).await;
    until_at(&desktop, |shown| shown.step == "preflight").await.unwrap();
    let (port, scenario) = practice.stop();
    desktop.click("[data-testid=move-read]").await;
    desktop.see("[data-testid=failed]").await;
    desktop.reads("127.0.0.1").await;
    until(&desktop, "to be offered another try", |shown| shown.offers("read")).await;
    look(&desktop, "failed").await;

    let _back = Range::start(RangeOptions { port, scenario, ..RangeOptions::default() }).unwrap();
    desktop.click("[data-testid=move-read]").await;
    until(&desktop, "the step to pass", |shown| shown.step == "preflight" && shown.offers("complete")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_cannot_start_says_why_and_keeps_what_was_typed() {
    let home = tempfile::tempdir().unwrap();
    let _practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    follow::fill_in(&desktop).await;
    desktop.fill("[data-testid=param-restore_to]", "yesterday").await;
    desktop.click("[data-testid=start-submit]").await;
    desktop.reads("yesterday").await;
    desktop.see("[data-testid=param-restore_to][aria-invalid=true]").await;
    look(&desktop, "start-wrong").await;
    let typed = "return document.querySelector('[data-testid=param-restore_to]').value";
    assert_eq!(desktop.script(typed, vec![]).await, json!("yesterday"));
    desktop.click("[data-testid=param-restore_to-last-good]").await;
    desktop.click("[data-testid=start-submit]").await;
    until(&desktop, "the first step", |shown| shown.step == "stop-writers").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn skipping_and_abandoning_need_a_reason_and_dialogs_are_for_everybody() {
    let home = tempfile::tempdir().unwrap();
    let _practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    follow::start(&desktop).await;
    desktop.keys("?").await;
    desktop.reads("All keys").await;
    look(&desktop, "keys").await;
    desktop.keys(Key::Escape + "").await;

    desktop.click("[data-testid=move-skip]").await;
    desktop.see("[data-testid=reason-submit]:disabled").await;
    look(&desktop, "skip").await;
    desktop.fill("[data-testid=reason]", "There is no front end in this exercise").await;
    desktop.click("[data-testid=reason-submit]").await;
    until(&desktop, "the next step", |shown| shown.step == "first-damage").await;
    desktop.reads("There is no front end in this exercise").await;

    desktop.click("[data-testid=abandon]").await;
    desktop.fill("[data-testid=reason]", "It was the wrong bucket").await;
    desktop.click("[data-testid=reason-submit]").await;
    desktop.see("[data-testid=ended][data-state=abandoned]").await;
    desktop.reads("It was the wrong bucket").await;
    look(&desktop, "abandoned").await;
    desktop.click("[data-testid=to-library]").await;
    desktop.see("[data-testid^=run-]").await;
    look(&desktop, "library-runs").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_written_down_stops_the_run_until_it_is_opened_again() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    follow::into_the_middle(&desktop, &practice).await;
    let journal = Connection::open(home.path().join("journal.db")).unwrap();
    journal.execute_batch("BEGIN EXCLUSIVE").unwrap();
    practice.slow(0);
    desktop.see_within("[data-testid=problem]", WORK).await;
    look(&desktop, "unwritten").await;
    assert!(shown(&desktop).await.is_some_and(|shown| shown.moves.is_empty()), "nothing goes on unrecorded");
    journal.execute_batch("ROLLBACK").unwrap();

    desktop.click("[data-testid=to-library]").await;
    desktop.click("[data-testid^=go-on-]").await;
    assert!(until_at(&desktop, |_| false).await.is_none());
    desktop.reads("The run is finished").await;
    practice.is_restored_once(612);
}
