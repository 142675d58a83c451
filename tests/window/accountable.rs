//! An incident in the window: who takes part, who signs, what is kept, and what an auditor gets.

use std::fs;
use std::io::Read as _;
use std::path::PathBuf;

use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use journal::Journal;
use run::{Event, How, Mode, approval_text};
use runbook::{Clock, Role};
use thirtyfour::By;

use super::follow::{APPROVER, OPERATOR, look, until, until_at};
use crate::cli::Scene;
use crate::support::desktop::{Desktop, LAPTOP};
use crate::support::session::Session;

const PASSPHRASE: &str = "four words of Dana";
const SECRET: &str = "AKIAIOSFODNN7EXAMPLE";

#[tokio::test(flavor = "multi_thread")]
async fn an_incident_stands_up_to_an_audit() {
    let scene = Scene::new();
    scene.environment("mine", "practice: true", "keychain: dr");
    let session = || Session::start(&scene.desk.path().join(".session"));
    {
        let session = session();
        let lifeboat = scene.desk.lifeboat.clone().inside(&session);
        let keys = format!("{PRACTICE_ACCESS_KEY_ID}\n{PRACTICE_SECRET_ACCESS_KEY}\n");
        lifeboat.run_with(&keys, &["keychain", "set", "--env", "mine"]).ended_with(0);
    }
    {
        let desktop = Desktop::open(scene.desk.path(), &["--env", "mine"], LAPTOP).await;
        start(&desktop, &scene).await;
        join(&desktop).await;
        keep(&desktop, &scene).await;
        set_the_clock(&desktop).await;
        sign(&desktop, &scene).await;
        assert!(until_at(&desktop, |_| false).await.is_none());
        desktop.reads("by lifeboat/").await;
        look(&desktop, "incident-ended").await;
        export(&desktop).await;
    }
    recorded(&scene);
    let session = session();
    audited(&scene, &session);
    scene.desk.is_nowhere(PASSPHRASE);
}

async fn start(desktop: &Desktop, scene: &Scene) {
    desktop.click("[data-testid=start-restore-badge-photos]").await;
    desktop.fill("[data-testid=operator]", OPERATOR).await;
    let good = scene.good.strftime("%Y-%m-%d %H:%M:%S").to_string();
    desktop.fill("[data-testid=param-restore_to]", &good).await;
    desktop.click("[data-testid=mode-incident]").await;
    look(desktop, "incident-start").await;
    desktop.click("[data-testid=start-submit]").await;
    until(desktop, "the first step", |shown| shown.step == "stop-writers").await;
    let mode = "return document.querySelector('[data-testid=frame]').dataset.mode";
    assert_eq!(desktop.script(mode, vec![]).await, "incident");
}

/// Somebody else joins, as the one who approves.
async fn join(desktop: &Desktop) {
    desktop.keys("p").await;
    desktop.fill("[data-testid=joining]", APPROVER).await;
    desktop.choose("[data-testid=joining-role]", "approver").await;
    look(desktop, "people").await;
    desktop.press("Add to the run").await;
    desktop.see("[data-testid=person]:nth-of-type(2)").await;
    look(desktop, "people-joined").await;
    desktop.press("Close").await;
}

/// A picture is pasted, a file attached and a note written, with what must not be kept in it.
async fn keep(desktop: &Desktop, scene: &Scene) {
    let paste = "const done = arguments[arguments.length - 1];
        document.createElement('canvas').toBlob((blob) => {
            const clipboardData = new DataTransfer();
            clipboardData.items.add(new File([blob], 'image.png', { type: 'image/png' }));
            const event = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
            document.querySelector('[data-testid=note]').dispatchEvent(event);
            done(true);
        });";
    desktop.driver.execute_async(paste, vec![]).await.unwrap();
    desktop.reads("attached screenshot ").await;
    let log = scene.desk.file("found.log", &format!("first line\nkey {SECRET}\n"));
    let chooser = desktop.driver.find(By::Css("[data-testid=chooser]")).await.unwrap();
    chooser.send_keys(&log).await.unwrap();
    desktop.reads("attached found.log").await;
    fs::remove_file(log).unwrap();
    desktop.fill("[data-testid=note]", &format!("called the Portal lead; the key was {SECRET}")).await;
    desktop.choose("[data-testid=note-tag]", "impact").await;
    desktop.click("[data-testid=note-submit]").await;
    desktop.reads("called the Portal lead").await;
    look(desktop, "evidence").await;
    desktop.click("[data-testid=file-0]").await;
    desktop.see("[data-testid=file-digest]").await;
    look(desktop, "evidence-picture").await;
    desktop.press("Close").await;
}

async fn set_the_clock(desktop: &Desktop) {
    desktop.keys("c").await;
    desktop.see("[data-testid=clocks-dialog]").await;
    desktop.click("#set-outage-began").await;
    desktop.fill("[data-testid=clock-time]", "2026-11-24 03:02").await;
    desktop.click("[data-testid=clock-set]").await;
    desktop.reads("a person").await;
    look(desktop, "clocks").await;
    desktop.press("Close").await;
}

/// The second person chooses a passphrase, gives another by mistake, and signs.
async fn sign(desktop: &Desktop, scene: &Scene) {
    until_at(desktop, |shown| shown.offers("approve")).await.unwrap();
    desktop.fill("[data-testid=approver]", APPROVER).await;
    desktop.fill("[data-testid=passphrase]", PASSPHRASE).await;
    desktop.fill("[data-testid=again]", "four words of Danny").await;
    look(desktop, "signing").await;
    desktop.click("[data-testid=move-approve]").await;
    desktop.reads("The two are not the same.").await;
    assert_eq!(scene.range.store().snapshot(), scene.before, "nothing is done before it is signed");
    desktop.fill("[data-testid=again]", PASSPHRASE).await;
    desktop.click("[data-testid=move-approve]").await;
    let restored = |shown: &super::follow::Shown| shown.step == "restore" && shown.offers("complete");
    until(desktop, "the photo to be back", restored).await;
    assert_eq!(scene.range.store().snapshot().len(), scene.before.len() + 1);
}

/// Everything that can be exported of it, and the timeline once more without the note and the files.
async fn export(desktop: &Desktop) {
    for format in ["export-jsonl", "report-pdf", "report-html", "report-zip"] {
        desktop.click(&format!("[data-testid=ended] [data-testid={format}]")).await;
        let file = format.split_once('-').unwrap().1;
        desktop.reads(&format!(".{file}")).await;
    }
    desktop.click("[data-testid=ended] [data-testid=leave-out]").await;
    desktop.press("Choose all").await;
    desktop.reads("3 of 3 chosen").await;
    look(desktop, "leave-out").await;
    desktop.click("[data-testid=leave-out-submit]").await;
    desktop.reads("-redacted.jsonl").await;
}

/// What the journal says of it.
fn recorded(scene: &Scene) {
    let run = scene.desk.run();
    assert_eq!(run.start().mode, Mode::Incident);
    assert!(
        run.people().iter().any(|person| person.name == APPROVER && person.roles.contains(&Role::Approver))
    );
    let outage = run.clock(Clock::OutageBegan).unwrap();
    assert_eq!(outage.at.to_string(), "2026-11-24T03:02:00Z");
    let kept: Vec<_> = run.files().iter().map(|file| (file.media.as_str(), file.name.as_str())).collect();
    assert!(
        matches!(&kept[..], [("image/png", picture), (_, "found.log")] if picture.ends_with(".png")),
        "{kept:?}"
    );
    let signed = scene.desk.events().into_iter().find_map(|event| match event {
        Event::PlanApproved { step, digest, by, how: How::Signed(signed) } => {
            Some((step, digest, by, signed))
        }
        _ => None,
    });
    let (step, digest, by, signed) = signed.unwrap();
    assert_eq!(by, APPROVER);
    assert!(signed.is_of(&approval_text(run.id(), &step, &digest, APPROVER)));
    let mut log = String::new();
    let journal = Journal::open_read_only(&scene.desk.journal()).unwrap();
    journal.attachment(&run.files()[1].file.digest).unwrap().read_to_string(&mut log).unwrap();
    assert!(log.starts_with("first line\nkey ") && !log.contains(SECRET), "{log}");
    scene.desk.is_nowhere(SECRET);
}

/// With the public half of the key alone, every export proves itself.
fn audited(scene: &Scene, session: &Session) {
    let lifeboat = scene.desk.lifeboat.clone().inside(session);
    lifeboat.run(&["verify"]).ended_with(0);
    let key = lifeboat.run(&["key"]).ended_with(0).stdout;
    let of = |end: &str| -> PathBuf {
        let files = fs::read_dir(scene.desk.path().join("exports")).unwrap().map(|file| file.unwrap().path());
        let found: Vec<_> = files.filter(|path| path.to_str().unwrap().ends_with(end)).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    };
    let archive = of(".zip");
    let ran =
        scene.desk.lifeboat.run(&["verify", archive.to_str().unwrap(), "--key", key.trim()]).ended_with(0);
    assert!(ran.stdout.contains("57 entries") && ran.stdout.contains("signed"), "{}", ran.stdout);
    for (end, told) in [("-57.jsonl", true), ("-57-redacted.jsonl", false)] {
        let lines = of(end);
        let verify = ["verify", lines.to_str().unwrap(), "--key", key.trim()];
        let ran = scene.desk.lifeboat.run(&verify).ended_with(0);
        assert!(ran.stdout.contains("signed"), "{}", ran.stdout);
        let text = fs::read_to_string(lines).unwrap();
        assert_eq!([text.contains("called the Portal lead"), text.contains("found.log")], [told; 2]);
    }
    assert!(fs::read(of(".pdf")).unwrap().starts_with(b"%PDF-"));
    let page = fs::read_to_string(of(".html")).unwrap();
    assert!(page.contains("Post-incident review") && page.contains(APPROVER) && !page.contains("<script"));
    assert!(!page.contains("a.jpg"), "no photo is named");
}
