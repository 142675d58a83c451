//! Ranges, shared where nothing is changed, and what databases answer.

use std::path::Path;
use std::process::{Command, Output};
use std::sync::LazyLock;

use jiff::Timestamp;
use range::data::Digest;
use range::rds::{BackupId, Behind as _, DatabaseId};
use range::{Range, RangeOptions, Scenario};

/// A migration went wrong; the instance lives.
pub(crate) static MIGRATED: LazyLock<Range> = LazyLock::new(|| play("bad-migration"));
/// Photos were deleted, and the instance; its logs are left.
pub(crate) static DOWN: LazyLock<Range> = LazyLock::new(|| play("portal-down"));

pub(crate) fn play(name: &str) -> Range {
    start(Scenario::load(name).unwrap())
}

pub(crate) fn start(scenario: Scenario) -> Range {
    Range::start(RangeOptions { scenario: Some(scenario), ..RangeOptions::default() }).unwrap()
}

/// A shipped scenario with a few cards, changed.
pub(crate) fn small(name: &str, from: &str, to: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../../runbooks/exercises/{name}.yaml"));
    let text = std::fs::read_to_string(path).unwrap();
    let text = text.replace("photos: 2000", "photos: 50").replace("database:\n", "database:\n  cards: 60\n");
    assert!(text.contains(from), "{from}");
    Scenario::parse(&text.replace(from, to), Path::new(name)).unwrap()
}

/// The port of a restored database.
pub(crate) fn restored(range: &Range, backup: BackupId, at: Option<Timestamp>) -> (DatabaseId, u16) {
    let servers = range.servers().unwrap();
    let database = servers.restore(backup, at).unwrap();
    (database, servers.port(database).unwrap())
}

/// What a restore holds; the database is stopped again.
pub(crate) fn digest_of_restore(range: &Range, backup: BackupId, at: Option<Timestamp>) -> Digest {
    let (database, port) = restored(range, backup, at);
    let digest = range.servers().unwrap().digest(port).unwrap();
    range.servers().unwrap().stop(database);
    digest
}

/// What was noted of a moment while the history was written.
#[track_caller]
pub(crate) fn noted(range: &Range, at: Timestamp) -> &Digest {
    &range.database_digests().unwrap()[&at]
}

/// The base backups of the automated backups, oldest first.
pub(crate) fn bases(range: &Range) -> &[(Timestamp, BackupId)] {
    &range.stage().unwrap().automated_backups[0].bases
}

/// Asks a database with the MariaDB client of this machine.
pub(crate) fn client(port: u16, user: &str, options: &[&str], statement: &str) -> Output {
    let mut client = Command::new("mariadb");
    client.args(["--no-defaults", "--batch", "--skip-column-names", "--protocol=TCP", "--host=127.0.0.1"]);
    client.args([format!("--port={port}"), format!("--user={user}")]);
    client.arg(format!("--password={}", action::environment::PRACTICE_LOGIN.1));
    client.args(options).args(["-e", statement]).output().unwrap()
}

/// Rows of a database as the practice login has them, over TLS with the certificate checked.
pub(crate) fn rows(port: u16, statement: &str) -> Vec<Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    std::fs::write(&ca, action::environment::PRACTICE_CA).unwrap();
    let checked =
        [format!("--ssl-ca={}", ca.display()), "--ssl-verify-server-cert".to_owned(), "portal".to_owned()];
    let options: Vec<&str> = checked.iter().map(String::as_str).collect();
    let output = client(port, action::environment::PRACTICE_LOGIN.0, &options, statement);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| line.split('\t').map(str::to_owned).collect()).collect()
}
