//! Checkpoints that are signed with a key in the keychain: here gnome-keyring, in a session of its own.

use std::fs;
use std::path::Path;
use std::process::Command;

use engine::{UnsealedError, hold, key, remembered, seal};
use jiff::Timestamp;
use journal::{Broken, Journal, NewEntries, SealError, VerifyError};
use keychain::KeychainError;
use run::{Event, RunId};

/// What a child process of this test is to do, in the folder it is started in.
const JOB: &str = "LIFEBOAT_TEST_SEALING";
const DONE: &str = "what was to be done is done";

fn id() -> RunId {
    "20261124-031402-9f3a".parse().unwrap()
}

fn write(journal: &Journal, text: &str) {
    let after = journal.entries(&id()).unwrap().len() as u64;
    let events = [Event::Noted { step: None, text: text.to_owned(), tag: None }];
    let new = NewEntries { run: &id(), after, at: Timestamp::UNIX_EPOCH, actor: "Sam", events: &events };
    journal.append(new).unwrap();
}

/// This binary again, for one job and in an empty folder; what it prints.
fn child(job: &str, wrapper: &[&str]) -> String {
    let home = tempfile::tempdir().unwrap();
    let runtime = home.path().join("run");
    fs::create_dir(&runtime).unwrap();
    #[cfg(unix)]
    fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let this = std::env::current_exe().unwrap();
    let mut words = wrapper.iter().copied().chain([this.to_str().unwrap()]);
    let mut command = Command::new(words.next().unwrap());
    command.args(words).args(["--exact", "sealing::a_job_in_a_session_of_its_own", "--nocapture"]);
    command.current_dir(home.path()).env(JOB, job).env("HOME", home.path());
    command.env("XDG_DATA_HOME", home.path()).env("XDG_RUNTIME_DIR", &runtime);
    for name in ["DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "GNOME_KEYRING_CONTROL"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap_or_else(|error| {
        panic!(
            "{command:?} can't be run ({error}): install dbus and gnome-keyring, as `cargo xtask test` does"
        )
    });
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// By itself, nothing; with a job in its environment, what does it.
#[tokio::test]
async fn a_job_in_a_session_of_its_own() {
    match std::env::var(JOB).as_deref() {
        Ok("keychain") => with_a_keychain().await,
        Ok("none") => without_one().await,
        _ => return,
    }
    println!("{DONE}");
}

async fn with_a_keychain() {
    let (path, copy) = (Path::new("journal.db"), Path::new("copy.db"));
    let journal = Journal::open(path).unwrap();
    assert_eq!(remembered(path).await.unwrap(), None, "looking makes no key");
    write(&journal, "one");
    let first = seal(&journal, &id()).await.unwrap();
    assert_eq!(first.key, key(&journal).await.unwrap());
    let kept = remembered(path).await.unwrap().unwrap();
    assert_eq!((kept.key, kept.last), (first.key.clone(), Some(first.tree)));
    journal.back_up(copy).unwrap();
    write(&journal, "two");
    let second = seal(&journal, &id()).await.unwrap();
    assert_eq!((second.key, second.run.entries), (first.key.clone(), 2));
    let kept = remembered(path).await.unwrap().unwrap();
    hold(&journal, &kept).unwrap();
    assert_eq!(remembered(copy).await.unwrap(), None, "a copy elsewhere is nothing to be alarmed by");
    let other = Journal::open(Path::new("other.db")).unwrap();
    assert_ne!(key(&other).await.unwrap(), first.key);

    // The older copy in its place.
    drop(journal);
    for end in ["db", "db-wal", "db-shm"] {
        let _ = fs::remove_file(path.with_extension(end));
    }
    fs::copy(copy, path).unwrap();
    let older = Journal::open(path).unwrap();
    older.verify().unwrap();
    let why = hold(&older, &kept).unwrap_err();
    assert!(why.to_string().contains("an older copy was put in its place"), "{why}");
    let why = seal(&older, &id()).await.unwrap_err();
    assert!(
        why.to_string().contains("an older copy was put in its place"),
        "it is not exported either: {why}"
    );
    write(&older, "something else");
    let why = seal(&older, &id()).await.unwrap_err();
    assert!(
        matches!(why, UnsealedError::Seal(SealError::Inconsistent(Broken::Checkpoint { size: 2, .. }))),
        "{why}"
    );
    let why = hold(&older, &kept).unwrap_err();
    assert!(matches!(why, VerifyError::Broken(Broken::Checkpoint { size: 2, .. })), "{why}");

    // A new journal in its place.
    drop(older);
    for end in ["db", "db-wal", "db-shm"] {
        let _ = fs::remove_file(path.with_extension(end));
    }
    let empty = Journal::open(path).unwrap();
    hold(&empty, &kept).unwrap_err();
    // What the keychain has under that name is not a key.
    keychain::set(&format!("journal {}", path.canonicalize().unwrap().display()), &"hush").await.unwrap();
    let why = seal(&empty, &id()).await.unwrap_err();
    assert!(matches!(why, UnsealedError::NoKey(_)) && !format!("{why} {why:?}").contains("hush"), "{why}");
}

async fn without_one() {
    let path = Path::new("journal.db");
    let journal = Journal::open(path).unwrap();
    write(&journal, "one");
    let why = seal(&journal, &id()).await.unwrap_err();
    assert!(matches!(why, UnsealedError::Keychain(KeychainError::NoBus)), "{why}");
    assert_eq!(journal.verify().unwrap().checkpoints, 0);
    assert_eq!(journal.entries(&id()).unwrap().len(), 1);
}

#[test]
fn a_run_is_sealed_by_a_key_of_the_keychain_which_remembers_it() {
    let shell = "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
    let told = child("keychain", &["dbus-run-session", "--", "sh", "-c", shell, "sh"]);
    assert!(told.contains(DONE), "{told}");
}

#[test]
fn without_a_keychain_a_run_stays_unsealed_and_whole() {
    let told = child("none", &["env"]);
    assert!(told.contains(DONE), "{told}");
}
