//! The OS keychain, here gnome-keyring under a session bus of its own.

use std::process::Command;

use action::Environment;
use action::environment::Credentials;
use aws::Options;
use aws::keychain::{self, AccessKey, KeychainError, Login};

use crate::child;

/// A shell that starts gnome-keyring in a private home, unlocked by the password on its input, then runs the rest.
const UNLOCKED: &str =
    "printf pw | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$@\"";
/// The same, without the password: the keyring stays locked.
const LOCKED: &str = "gnome-keyring-daemon --start --components=secrets >/dev/null && exec \"$@\"";
const NO_SERVICE: &str = "exec \"$@\"";

fn run(shell: &str, job: &str) -> String {
    run_in(&tempfile::tempdir().unwrap(), shell, job)
}

fn run_in(home: &tempfile::TempDir, shell: &str, job: &str) -> String {
    let runtime = home.path().join("run");
    std::fs::create_dir_all(&runtime).unwrap();
    #[cfg(unix)]
    std::fs::set_permissions(&runtime, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    // A bus that starts nothing by itself, so that what is there is what the shell started.
    let services = "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\" \
                    \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\"><busconfig><type>session</type>\
                    <listen>unix:tmpdir=/tmp</listen><policy context=\"default\"><allow send_destination=\"*\" \
                    eavesdrop=\"true\"/><allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>";
    let config = home.path().join("bus.conf");
    std::fs::write(&config, services).unwrap();
    let bus = format!("--config-file={}", config.display());
    let mut command = child::command(&["dbus-run-session", &bus, "--", "sh", "-c", shell, "sh"], job);
    command.env("XDG_DATA_HOME", home.path()).env("XDG_RUNTIME_DIR", &runtime).env("HOME", home.path());
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("GNOME_KEYRING_CONTROL");
    let output = command.output().unwrap_or_else(|error| {
        panic!("dbus-run-session can't be run ({error}): install dbus and gnome-keyring, as `cargo xtask test` does")
    });
    child::result(&output)
}

fn key() -> AccessKey {
    AccessKey {
        access_key_id: "AKIAKEYCHAIN".into(),
        secret_access_key: "hush".into(),
        session_token: Some("hushhush".into()),
    }
}

/// The job of a process with a working keychain.
pub(crate) async fn round_trip() -> String {
    keychain::status().await.unwrap();
    assert_eq!(keychain::load("dr").await, Err(KeychainError::NoEntry { entry: "dr".into() }));
    assert_eq!(keychain::delete("dr").await, Err(KeychainError::NoEntry { entry: "dr".into() }));
    keychain::store("dr", &AccessKey { secret_access_key: "older".into(), ..key() }).await.unwrap();
    keychain::store("dr", &key()).await.unwrap();
    assert_eq!(keychain::load("dr").await, Ok(key()));

    let environment = Environment {
        credentials: Credentials::Keychain("dr".into()),
        database: None,
        ..Environment::practice("http://127.0.0.1:1")
    };
    aws::connect(&environment, &Options::default()).await.unwrap();

    keyring::Entry::new(keychain::SERVICE, "text").unwrap().set_password("hush").unwrap();
    assert_eq!(keychain::load("text").await, Err(KeychainError::Malformed { entry: "text".into() }));

    // A login of the same name is another entry.
    let login = Login { user: "lifeboat".into(), password: "hush".into() };
    keychain::store_login("dr", &login).await.unwrap();
    assert_eq!((keychain::load_login("dr").await, keychain::load("dr").await), (Ok(login), Ok(key())));
    keychain::delete_login("dr").await.unwrap();
    let entry = keychain::login_entry("dr");
    assert_eq!(keychain::load_login("dr").await, Err(KeychainError::NoEntry { entry }));

    keychain::delete("dr").await.unwrap();
    let gone = aws::connect(&environment, &Options::default()).await.err().unwrap();
    format!("round trip done; {gone}")
}

/// The job of a process whose keychain is locked.
pub(crate) async fn store_and_load() -> String {
    format!("{:?} {:?}", keychain::store("dr", &key()).await, keychain::load("dr").await)
}

#[test]
fn keys_are_kept_used_and_forgotten() {
    let told = run(UNLOCKED, "keychain");
    assert_eq!(
        told,
        "round trip done; the keychain has no entry dr of the service lifeboat; store the keys with `lifeboat keychain \
         set --env ENVIRONMENT`, or name another entry in the environment file"
    );
}

#[test]
fn no_keychain_is_told_from_a_locked_one() {
    assert_eq!(run(NO_SERVICE, "keychain status"), "Err(NoService)");
    assert_eq!(run(LOCKED, "keychain use"), "Err(Locked) Err(NoEntry { entry: \"dr\" })");

    // No bus at all.
    let home = tempfile::tempdir().unwrap();
    let mut command: Command = child::command(&[], "keychain status");
    command
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .env("XDG_RUNTIME_DIR", home.path())
        .env("HOME", home.path());
    assert_eq!(child::result(&command.output().unwrap()), "Err(NoBus)");
}

#[test]
fn what_was_kept_is_locked_in_the_next_session_until_it_is_unlocked() {
    let home = tempfile::tempdir().unwrap();
    run_in(&home, UNLOCKED, "keychain use");
    let locked = run_in(&home, LOCKED, "keychain use");
    assert!(locked.contains("Err(Locked)") && !locked.contains("Ok("), "{locked}");
    assert!(run_in(&home, UNLOCKED, "keychain use").starts_with("Ok(()) Ok("), "unlocked again");
}
