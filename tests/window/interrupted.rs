//! The window goes away in the middle of a restore, one way and another, and the run is finished all the same.

use serde_json::json;

use crate::support::desktop::{Desktop, LAPTOP};
use crate::support::practice::Practice;

use super::follow::{WORK, into_the_middle, look, until, until_at};

/// Opens the run from the library.
async fn go_on(desktop: &Desktop) {
    desktop.click("[data-testid^=go-on-]").await;
}

async fn finishes(desktop: &Desktop, practice: &Practice) {
    assert!(until_at(desktop, |_| false).await.is_none());
    desktop.reads("The run is finished").await;
    practice.is_restored_once(612);
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_during_the_restore_it_is_opened_again_and_finished() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    into_the_middle(&desktop, &practice).await;
    desktop.kill_app();
    practice.slow(0);
    drop(desktop);

    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    desktop.see("[data-testid^=go-on-]").await;
    // What was on its way when the application died has arrived by now.
    let back = practice.back();
    assert!(0 < back && back < 612, "{back} photos are back");
    go_on(&desktop).await;
    desktop.reads_within("of 612 photos are back. Go on?", WORK).await;
    until(&desktop, "to be asked", |shown| shown.offers("apply_again")).await;
    assert_eq!(practice.back(), back, "nothing is sent again before somebody says so");
    assert!(desktop.text().await.contains(&format!("{back} of 612")), "{}", desktop.text().await);
    look(&desktop, "in-doubt").await;
    finishes(&desktop, &practice).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_it_during_the_restore_asks_first() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    into_the_middle(&desktop, &practice).await;
    desktop.ask_to_close();
    desktop.reads("Close while “Restore the photos” is at work?").await;
    look(&desktop, "closing").await;
    desktop.click("[data-testid=close-keep]").await;
    let open = "return !!document.querySelector('dialog[open]')";
    assert_eq!(desktop.script(open, vec![]).await, json!(false));

    desktop.ask_to_close();
    desktop.click("[data-testid=close-stop]").await;
    practice.slow(0);
    desktop.wait_for_end();
    drop(desktop);
    let back = practice.back();
    assert!(0 < back && back < 612, "{back} photos are back");

    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    go_on(&desktop).await;
    until(&desktop, "to be asked", |shown| shown.offers("apply_again")).await;
    assert_eq!(practice.back(), back, "what was stopped goes on only when somebody says so");
    finishes(&desktop, &practice).await;
}
