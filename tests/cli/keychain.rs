//! `lifeboat keychain`, in a login session whose keychain is its own.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use action::environment::{PRACTICE_ACCESS_KEY_ID, PRACTICE_SECRET_ACCESS_KEY};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};

use super::scene::Scene;
use crate::support::cli::Ran;
use crate::support::paths;
use crate::support::process::{Running, wait_until};
use crate::support::session::Session;

const SET: [&str; 4] = ["keychain", "set", "--env", "mine"];
const STATUS: [&str; 4] = ["keychain", "status", "--env", "mine"];
const REMOVE: [&str; 4] = ["keychain", "remove", "--env", "mine"];

/// A range, an environment `mine` on it that takes its keys from the keychain, and a session with one.
fn scene() -> (Scene, Session) {
    let mut scene = Scene::new();
    scene.environment("mine", "practice: true", "keychain: dr");
    let session = Session::start(&scene.desk.path().join("session"));
    scene.desk.lifeboat = scene.desk.lifeboat.inside(&session);
    (scene, session)
}

/// Ended with 1 and one message that holds `words`, and repeats no key.
#[track_caller]
fn complains(ran: Ran, words: &[&str]) {
    let ran = ran.ended_with(1);
    let said = ran.complaint();
    assert!(words.iter().all(|word| said.contains(word)), "{words:?} in {said}");
    assert_eq!((said.lines().count(), ran.stdout.contains("hush")), (1, false), "{said}");
    assert!(!said.contains("hush"), "{said}");
}

#[test]
fn keys_are_stored_used_and_forgotten() {
    let (scene, _session) = scene();
    let lifeboat = &scene.desk.lifeboat;
    let none = ["has no entry dr of the service lifeboat", "`lifeboat keychain set --env ENVIRONMENT`"];
    complains(lifeboat.run(&STATUS), &none);
    complains(lifeboat.run(&REMOVE), &none);
    scene.failed_at(scene.run("mine", scene.good), "Check the way in", &none);

    // Keys that the range doesn't know.
    let stored = lifeboat.run_with("AKIAEXAMPLEEXAMPLE12\nhush/hush\n", &SET).ended_with(0);
    let said = "The keychain keeps the key AKIAEXAMPLEEXAMPLE12 under dr, for the environment mine.\n";
    assert_eq!((stored.stdout.as_str(), stored.stderr.as_str()), (said, ""));
    let status = lifeboat.run(&STATUS).ended_with(0);
    assert_eq!(status.stdout, "The keychain keeps the key AKIAEXAMPLEEXAMPLE12 under dr.\n");
    let fresh = ["the access key is not known", "`lifeboat keychain set --env mine`, then try again"];
    scene.failed_at(scene.resume(), "Check the way in", &fresh);

    let right = format!("{PRACTICE_ACCESS_KEY_ID}\n{PRACTICE_SECRET_ACCESS_KEY}\n");
    lifeboat.run_with(&right, &SET).ended_with(0);
    scene.goes_on();
    let status = lifeboat.run(&[&STATUS[..], &["--format", "json"]].concat()).ended_with(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!(
        (&status["access_key_id"], &status["temporary"]),
        (&PRACTICE_ACCESS_KEY_ID.into(), &false.into())
    );

    lifeboat.run(&REMOVE).ended_with(0);
    complains(lifeboat.run(&STATUS), &none);
}

#[test]
fn a_database_login_is_stored_and_forgotten_beside_the_keys_of_the_same_name() {
    let (scene, _session) = scene();
    let login = "photos/ }\ndatabase: { instance: portal, engine: mysql, login: { keychain: dr } }";
    scene.amend("mine", "photos/ }", login);
    let lifeboat = &scene.desk.lifeboat;
    let with = |args: [&'static str; 4]| [&args[..], &["--database"]].concat();
    let none = ["no entry dr (database) of the service lifeboat", "set --env ENVIRONMENT --database`"];
    complains(lifeboat.run(&with(STATUS)), &none);
    complains(lifeboat.run(&with(REMOVE)), &none);

    lifeboat.run_with("AKIAEXAMPLEEXAMPLE12\nhush/hush\n", &SET).ended_with(0);
    let stored = lifeboat.run_with("lifeboat\n hush hush \n", &with(SET)).ended_with(0);
    let said = "The keychain keeps the login of lifeboat under dr (database), for the environment mine.\n";
    assert_eq!((stored.stdout.as_str(), stored.stderr.as_str()), (said, ""));
    let status = lifeboat.run(&with(STATUS)).ended_with(0);
    assert_eq!(status.stdout, "The keychain keeps the login of lifeboat under dr (database).\n");
    let status = lifeboat.run(&[&with(STATUS)[..], &["--format", "json"]].concat()).ended_with(0);
    let status: serde_json::Value = serde_json::from_str(&status.stdout).unwrap();
    assert_eq!((&status["user"], &status["keychain"]), (&"lifeboat".into(), &true.into()));

    complains(
        lifeboat.run_with("lifeboat\n\n", &with(SET)),
        &["the password is empty", "Nothing was stored"],
    );
    let ran = lifeboat.run_with("lifeboat\nhush\nmore\n", &with(SET)).ended_with(2);
    assert!(
        ran.complaint().contains("does not hold a login") && !ran.stderr.contains("hush"),
        "{}",
        ran.stderr
    );

    lifeboat.run(&with(REMOVE)).ended_with(0);
    complains(lifeboat.run(&with(STATUS)), &none);
    let keys = lifeboat.run(&STATUS).ended_with(0);
    assert!(keys.stdout.contains("AKIAEXAMPLEEXAMPLE12"), "{}", keys.stdout);
    complains(
        lifeboat.run(&["keychain", "set", "--env", "practice", "--database"]),
        &["does not take its database login from the keychain"],
    );
}

#[test]
fn keys_that_cannot_be_right_are_not_stored() {
    let (scene, _session) = scene();
    let lifeboat = &scene.desk.lifeboat;
    for (input, words) in [
        ("hush/hush\nAKIAEXAMPLEEXAMPLE12\n", "is it the secret?"),
        ("ASIAEXAMPLEEXAMPLE12\nhush/hush\n", "need their session token"),
        ("AKIAEXAMPLEEXAMPLE12\nhush hush\n", "has a blank in it"),
    ] {
        complains(lifeboat.run_with(input, &SET), &[words, "Nothing was stored"]);
    }
    for input in ["", "AKIAEXAMPLEEXAMPLE12\n", "AKIAEXAMPLEEXAMPLE12\nhush\ntoken\nmore\n"] {
        let ran = lifeboat.run_with(input, &SET).ended_with(2);
        assert!(ran.complaint().contains("does not hold a pair of keys"), "{}", ran.stderr);
        assert!(!ran.stderr.contains("hush"), "{}", ran.stderr);
    }
    // Never as arguments.
    lifeboat.run(&[&SET[..], &["hush"]].concat()).ended_with(2);
    complains(
        lifeboat.run(&["keychain", "set", "--env", "practice"]),
        &["does not take its keys from the keychain"],
    );
    complains(lifeboat.run(&["keychain", "set", "--env", "nowhere"]), &["there is no environment nowhere"]);
    complains(lifeboat.run(&STATUS), &["has no entry dr"]);
}

#[test]
fn without_a_keychain_it_says_what_to_do() {
    let mut scene = Scene::new();
    scene.environment("mine", "practice: true", "keychain: dr");
    let nothing = format!("unix:path={}", scene.desk.path().join("no-bus").display());
    scene.desk.lifeboat = scene.desk.lifeboat.env("DBUS_SESSION_BUS_ADDRESS", &nothing);
    let words =
        ["there is no keychain", "start Lifeboat from a desktop session", "`credentials: { profile: … }`"];
    for args in [SET, STATUS, REMOVE] {
        complains(scene.desk.lifeboat.run(&args), &words);
    }
    scene.failed_at(scene.run("mine", scene.good), "Check the way in", &words);
}

/// A terminal, as the person at it sees it.
struct Terminal {
    person: OwnedFd,
    /// The program's end, kept open: what was written last can still be read when the program has ended.
    _program: File,
    seen: String,
}

impl Terminal {
    fn sees(&mut self, text: &str) {
        let mut screen = File::from(self.person.try_clone().unwrap());
        let mut byte = [0];
        while !self.seen.ends_with(text) {
            assert_eq!(screen.read(&mut byte).unwrap(), 1, "{}", self.seen);
            self.seen.push(char::from(byte[0]));
        }
    }

    fn types(&self, text: &str) {
        File::from(self.person.try_clone().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    fn hides(&self) {
        wait_until("the terminal shows nothing that is typed", Duration::from_secs(20), || {
            !tcgetattr(self.person.as_fd()).unwrap().local_modes.contains(LocalModes::ECHO)
        });
    }
}

/// Starts `lifeboat` at a terminal of its own.
fn at_a_terminal(scene: &Scene, args: &[&str]) -> (Running, Terminal) {
    let person = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&person).unwrap();
    unlockpt(&person).unwrap();
    let name = ptsname(&person, Vec::new()).unwrap().into_string().unwrap();
    let program = OpenOptions::new().read(true).write(true).open(name).unwrap();
    let running = Running::start("setsid", |command| {
        command.args(["--ctty", "--wait"]).arg(paths::program("lifeboat"));
        scene.desk.lifeboat.prepare(command, args);
        command.stdin(program.try_clone().unwrap()).stdout(program.try_clone().unwrap());
        command.stderr(program.try_clone().unwrap());
    });
    (running, Terminal { person, _program: program, seen: String::new() })
}

#[test]
fn at_a_terminal_what_is_secret_is_not_shown() {
    let (scene, _session) = scene();
    let (mut running, mut terminal) = at_a_terminal(&scene, &SET);
    terminal.sees("Access key id: ");
    terminal.types("ASIAEXAMPLEEXAMPLE12\n");
    terminal.sees("Secret access key: ");
    terminal.hides();
    terminal.types("hush/hush\n");
    terminal.sees("Session token (enter for none): ");
    terminal.hides();
    terminal.types("hush/token\n");
    terminal.sees("under dr, for the environment mine.");
    assert!(running.child().wait().unwrap().success());
    assert!(terminal.seen.contains("ASIAEXAMPLEEXAMPLE12"), "{}", terminal.seen);
    assert!(!terminal.seen.contains("hush"), "{}", terminal.seen);
    let echoes = tcgetattr(terminal.person.as_fd()).unwrap().local_modes.contains(LocalModes::ECHO);
    assert!(echoes, "the terminal is given back as it was");
    let status = scene.desk.lifeboat.run(&STATUS).ended_with(0);
    assert!(status.stdout.contains("the temporary key ASIAEXAMPLEEXAMPLE12"), "{}", status.stdout);
}

#[test]
fn at_a_terminal_a_password_is_not_shown() {
    let (scene, _session) = scene();
    let login = "photos/ }\ndatabase: { instance: portal, engine: mysql, login: { keychain: dr } }";
    scene.amend("mine", "photos/ }", login);
    let database = |args: [&'static str; 4]| [&args[..], &["--database"]].concat();
    let (mut running, mut terminal) = at_a_terminal(&scene, &database(SET));
    terminal.sees("User: ");
    terminal.types("lifeboat\n");
    terminal.sees("Password: ");
    terminal.hides();
    terminal.types("hush hush\n");
    terminal.sees("under dr (database), for the environment mine.");
    assert!(running.child().wait().unwrap().success());
    assert!(!terminal.seen.contains("hush"), "{}", terminal.seen);
    let status = scene.desk.lifeboat.run(&database(STATUS)).ended_with(0);
    assert!(status.stdout.contains("the login of lifeboat"), "{}", status.stdout);
}
