//! The photo runbook from the library to the exported timeline, in the window, on the practice range.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::cli::Lifeboat;
use crate::support::desktop::{Desktop, LAPTOP, MONITOR};
use crate::support::practice::Practice;

use super::follow::{self, APPROVER, OPERATOR, look, until, until_at};

#[tokio::test(flavor = "multi_thread")]
async fn the_photos_are_restored_and_the_timeline_is_exported() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    desktop.see("[data-testid=runbook-restore-badge-photos]").await;
    look(&desktop, "library").await;

    follow::fill_in(&desktop).await;
    look(&desktop, "start").await;
    desktop.click("[data-testid=start-submit]").await;
    until(&desktop, "the first step", |shown| shown.step == "stop-writers").await;
    let mode = "return document.querySelector('[data-testid=frame]').dataset.mode";
    assert_eq!(desktop.script(mode, vec![]).await, "exercise");
    let text = desktop.text().await;
    assert!(
        text.contains("EXERCISE") && text.contains("practice") && text.contains("000000000000"),
        "{text}"
    );
    look(&desktop, "manual").await;

    // By keyboard alone.
    for check in 0..3 {
        desktop.keys(" ").await;
        desktop.see(&format!("[data-testid=check-{check}]:checked")).await;
    }
    follow::enter(&desktop).await;
    until(&desktop, "the next step", |shown| shown.step == "first-damage").await;

    until_at(&desktop, |shown| shown.step == "survey" && shown.offers("complete")).await.unwrap();
    assert!(desktop.text().await.contains("612"), "the survey counts what is lost");
    look(&desktop, "survey").await;
    until_at(&desktop, |shown| shown.step == "damage").await.unwrap();
    look(&desktop, "decision").await;

    until_at(&desktop, |shown| shown.offers("approve")).await.unwrap();
    desktop.see("[data-testid=plan]").await;
    look(&desktop, "plan").await;
    desktop.fill("[data-testid=approver]", OPERATOR).await;
    desktop.click("[data-testid=move-approve]").await;
    desktop.reads("Give the name of a second person").await;
    assert_eq!(practice.back(), 0, "nothing is done before somebody else approves");

    desktop.fill("[data-testid=approver]", APPROVER).await;
    practice.slow(300);
    desktop.click("[data-testid=move-approve]").await;
    desktop.see("[data-testid=progress] progress").await;
    desktop.reads("of 612").await;
    look(&desktop, "progress").await;
    practice.slow(0);
    let restored = |shown: &follow::Shown| shown.step == "restore" && shown.offers("complete");
    until_at(&desktop, restored).await.unwrap();
    look(&desktop, "verified").await;
    practice.is_restored_once(612);

    until_at(&desktop, |shown| shown.step == "notify-customers").await.unwrap();
    look(&desktop, "message").await;
    assert!(until_at(&desktop, |_| false).await.is_none());
    look(&desktop, "ended").await;
    practice.is_restored_once(612);

    for format in ["md", "csv", "jsonl"] {
        desktop.click(&format!("[data-testid=ended] [data-testid=export-{format}]")).await;
        desktop.reads(&format!(".{format}")).await;
    }
    exported(home.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn overwritten_photos_are_restored_in_the_dark_on_a_monitor() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::of(home.path(), "ransomware-overwrite");
    let desktop = Desktop::open(home.path(), &["--env", "practice"], MONITOR).await;
    desktop.choose("[data-testid=theme]", "dark").await;
    desktop.see("[data-testid=runbook-restore-badge-photos]").await;
    look(&desktop, "dark-library").await;
    follow::fill_in(&desktop).await;
    look(&desktop, "dark-start").await;
    desktop.click("[data-testid=start-submit]").await;
    until_at(&desktop, |shown| shown.step == "survey" && shown.offers("complete")).await.unwrap();
    look(&desktop, "dark-survey").await;
    until_at(&desktop, |shown| shown.offers("approve")).await.unwrap();
    look(&desktop, "dark-plan").await;
    assert!(until_at(&desktop, |_| false).await.is_none());
    look(&desktop, "dark-ended").await;
    practice.is_restored_once(515);
}

#[tokio::test(flavor = "multi_thread")]
async fn deleted_photos_are_shown_again_by_removing_their_markers() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::start(home.path());
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    desktop.see("[data-testid=runbook-undelete-badge-photos]").await;
    follow::fill_in_for(&desktop, "undelete-badge-photos").await;
    desktop.click("[data-testid=start-submit]").await;
    until_at(&desktop, |shown| shown.offers("approve")).await.unwrap();
    look(&desktop, "undelete-plan").await;
    desktop.fill("[data-testid=approver]", APPROVER).await;
    desktop.fill("[data-testid=target]", "photos/").await;
    desktop.click("[data-testid=move-approve]:not([disabled])").await;
    // What was approved is still shown for a moment: nothing is answered until it isn't.
    until(&desktop, "the photos to be back", |shown| shown.step == "undelete" && shown.offers("complete"))
        .await;
    look(&desktop, "undelete-verified").await;
    assert!(until_at(&desktop, |_| false).await.is_none());
    assert_eq!(practice.lost(), 0);
}

/// What the window wrote is a whole timeline, and `lifeboat verify` believes it.
fn exported(home: &Path) {
    let of = |extension: &str| -> PathBuf {
        let files = fs::read_dir(home.join("exports")).unwrap().map(|file| file.unwrap().path());
        let mut found: Vec<_> =
            files.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found.remove(0)
    };
    let csv = fs::read_to_string(of("csv")).unwrap();
    assert!(csv.starts_with("message,datetime,timestamp_desc,"), "{}", csv.lines().next().unwrap());
    let markdown = fs::read_to_string(of("md")).unwrap();
    assert!(markdown.contains(OPERATOR) && markdown.contains(APPROVER), "{markdown}");
    let lines = of("jsonl");
    Lifeboat::at(home).run(&["verify", lines.to_str().unwrap()]).ended_with(0);
    let text = fs::read_to_string(&lines).unwrap();
    let head = text.lines().last().unwrap().split("\"hash\":\"").nth(1).unwrap();
    assert!(markdown.contains(&head[..64]), "the markdown has the journal's head hash");
    fs::write(&lines, text.replacen(APPROVER, "Dana Whitfeld", 1)).unwrap();
    let ran = Lifeboat::at(home).run(&["verify", lines.to_str().unwrap()]).ended_with(1);
    assert!(format!("{}{}", ran.stdout, ran.stderr).contains("entry"), "it names the broken entry");
}
