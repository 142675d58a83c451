//! The runbook of the Portal DB from the library to its end, in the window, on the practice range.

use range::rds::Instance;
use thirtyfour::Key;

use crate::support::desktop::{Desktop, LAPTOP};
use crate::support::practice::Practice;

use super::follow::{self, APPROVER, look, until, until_at};

/// Slow enough to see it being waited for.
const SPEED: f64 = 60.0;
const REGION: &str = "us-east-1";

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_db_is_restored_and_takes_its_name_back() {
    let home = tempfile::tempdir().unwrap();
    let practice = Practice::at_speed(home.path(), "bad-migration", Some(SPEED));
    let [damaged] = &instances(&practice)[..] else { panic!("one instance before anything is restored") };
    let desktop = Desktop::open(home.path(), &["--env", "practice"], LAPTOP).await;
    desktop.see("[data-testid=runbook-restore-portal-db]").await;
    look(&desktop, "db-library").await;
    start(&desktop).await;

    until_at(&desktop, |shown| shown.step == "survey" && shown.offers("complete")).await.unwrap();
    desktop.see("[data-testid=outcome] [data-testid=picture]").await;
    look(&desktop, "db-survey").await;

    until_at(&desktop, |shown| shown.step == "restore" && shown.offers("plan")).await.unwrap();
    choose(&desktop, &practice).await;
    follow::enter(&desktop).await;
    until(&desktop, "a plan", |shown| shown.offers("approve")).await;
    desktop.see("[data-testid=plan]").await;
    look(&desktop, "db-plan").await;
    desktop.fill("[data-testid=approver]", APPROVER).await;
    desktop.click("[data-testid=move-approve]").await;
    desktop.see("[data-testid=doing]").await;
    desktop.reads("creating").await;
    look(&desktop, "db-waiting").await;

    until(&desktop, "a new instance", |shown| shown.step == "restore" && shown.offers("complete")).await;
    look(&desktop, "db-restored").await;
    let [made] = &instances(&practice).into_iter().filter(|one| one.id != damaged.id).collect::<Vec<_>>()[..]
    else {
        panic!("one new instance beside the damaged one")
    };
    until_at(&desktop, |shown| shown.step == "verify" && shown.offers("complete")).await.unwrap();
    look(&desktop, "db-verified").await;
    until_at(&desktop, |shown| shown.step == "reconcile" && shown.offers("complete")).await.unwrap();
    look(&desktop, "db-reconciled").await;

    until_at(&desktop, |shown| shown.step == "cutover" && shown.offers("approve")).await.unwrap();
    look(&desktop, "db-cutover-plan").await;
    assert_eq!(called(&practice, "portal").resource_id, damaged.resource_id, "nothing is renamed unapproved");
    until_at(&desktop, |shown| shown.step == "cutover" && shown.offers("complete")).await.unwrap();
    look(&desktop, "db-cutover").await;
    until_at(&desktop, |shown| shown.step == "probe" && shown.offers("complete")).await.unwrap();
    look(&desktop, "db-probed").await;
    assert!(until_at(&desktop, |_| false).await.is_none());
    look(&desktop, "db-ended").await;

    let serving = called(&practice, "portal");
    assert_eq!(serving.resource_id, made.resource_id, "the restored one has the name");
    assert!(serving.settings.deletion_protection, "and is protected");
    let after = instances(&practice);
    let kept = after.iter().find(|one| one.resource_id == damaged.resource_id).unwrap();
    assert_eq!((after.len(), kept.database), (2, damaged.database), "the old one is kept, under {}", kept.id);
    let good = &practice.range.database_digests()[&practice.all_was_well()];
    assert_eq!(&practice.rows(&serving), good);
    assert_ne!(&practice.rows(kept), good, "the old one is evidence, as it was");
}

/// Starts the runbook as an exercise, with what the briefing knows.
async fn start(desktop: &Desktop) {
    follow::fill_in_for(desktop, "restore-portal-db").await;
    desktop.click("[data-testid=param-outage-outage]").await;
    desktop.click("[data-testid=outage-outage]").await;
    look(desktop, "db-start").await;
    desktop.click("[data-testid=start-submit]").await;
    until(desktop, "the first step", |shown| shown.step == "stop-writers").await;
}

/// Goes a minute back with the keyboard, looks at a snapshot, and returns to the last good moment.
async fn choose(desktop: &Desktop, practice: &Practice) {
    let moment = || async {
        desktop.script("return document.querySelector('[data-testid=moment]').value", vec![]).await
    };
    let good = practice.all_was_well();
    let typed = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M:%S").to_string();
    desktop.see("[data-testid=picture]").await;
    assert_eq!(moment().await, typed(good));
    look(desktop, "db-moment").await;
    desktop.script("document.querySelector('[data-testid=handle]').focus()", vec![]).await;
    desktop.keys(Key::Down + "").await;
    assert_eq!(moment().await, typed(good - jiff::SignedDuration::from_mins(1)));
    let pick = "[...document.querySelectorAll('[data-testid=source]')]
        .find((row) => row.innerText.includes('before-migration')).querySelector('input').click()";
    desktop.script(pick, vec![]).await;
    desktop.reads("From manual snapshot before-migration").await;
    look(desktop, "db-snapshot").await;
    desktop.click("[data-testid=moment-asked]").await;
    desktop.reads("From automated backups of portal").await;
    assert_eq!(moment().await, typed(good));
    desktop.script("document.querySelector('[data-testid=handle]').focus()", vec![]).await;
}

fn instances(practice: &Practice) -> Vec<Instance> {
    practice.range.rds().instances(REGION)
}

fn called(practice: &Practice, name: &str) -> Instance {
    instances(practice).into_iter().find(|one| one.id == name).unwrap()
}
