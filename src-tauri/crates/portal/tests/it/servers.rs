//! Real database servers, each with its own data, port, certificates and authority.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, Weak};

use tempfile::TempDir;

use crate::certificates::{Authority, Leaf};
use crate::process::{Running, done, free_port, is_root, wait_until};

/// The password of every user that tests make.
pub(crate) const PASSWORD: &str = "hush hush";

/// A running server; its data go with it.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) running: Running,
    pub(crate) folder: TempDir,
    /// The authority that signed its certificate.
    pub(crate) ca: PathBuf,
}

/// The one server of a kind that all tests share; it ends with the last of them.
pub(crate) struct Shared(Mutex<Weak<Server>>);

impl Shared {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Weak::new()))
    }

    pub(crate) fn get(&self, start: impl FnOnce() -> Server) -> Arc<Server> {
        let mut shared = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shared.upgrade().unwrap_or_else(|| {
            let server = Arc::new(start());
            *shared = Arc::downgrade(&server);
            server
        })
    }
}

/// What a MariaDB shows of TLS.
pub(crate) enum Tls<'a> {
    Shows(&'a Leaf),
    Lacks,
}

fn keep(folder: &Path, leaf: &Leaf) {
    std::fs::write(folder.join("server.pem"), &leaf.certificate).unwrap();
    std::fs::write(folder.join("server.key"), &leaf.key).unwrap();
    done(Command::new("chmod").arg("600").arg(folder.join("server.key")));
}

/// Makes a MariaDB's data, with the user `lifeboat`, who may do everything with the schema `portal`.
pub(crate) fn mariadb_data() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let mut install = Command::new("mariadb-install-db");
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db"]);
    install.arg(format!("--datadir={}", data.display()));
    // A server that starts removes the temporary tables of every other one in the same folder.
    install.arg(format!("--tmpdir={}", folder.path().display()));
    if is_root() {
        install.arg("--user=root");
    }
    done(&mut install);
    folder
}

/// Starts a MariaDB on data that were made.
pub(crate) fn mariadb(folder: TempDir, authority: &Authority, tls: &Tls<'_>) -> Server {
    let port = free_port();
    let path = folder.path();
    let ca = authority.file(path, "ca.pem");
    let mut args: Vec<String> = vec!["mariadbd".into(), "--no-defaults".into()];
    if is_root() {
        args.push("--user=root".into());
    }
    let at = |name: &str| path.join(name).display().to_string();
    args.extend([
        format!("--datadir={}", at("data")),
        format!("--tmpdir={}", path.display()),
        format!("--socket={}", at("socket")),
        format!("--pid-file={}", at("pid")),
        format!("--log-error={}", at("errors")),
        format!("--general-log-file={}", at("general")),
        format!("--port={port}"),
    ]);
    args.extend(
        [
            "--general-log",
            "--bind-address=127.0.0.1",
            "--innodb-buffer-pool-size=16M",
            "--log-bin-trust-function-creators",
        ]
        .map(str::to_owned),
    );
    match tls {
        Tls::Shows(leaf) => {
            keep(path, leaf);
            args.extend([
                format!("--ssl-cert={}", at("server.pem")),
                format!("--ssl-key={}", at("server.key")),
            ]);
        }
        Tls::Lacks => args.push("--skip-ssl".into()),
    }
    let running = Running::start(&args);
    running.listens(port);
    let server = Server { port, running, folder, ca };
    server.mariadb("CREATE DATABASE IF NOT EXISTS portal CHARACTER SET utf8mb4");
    server.mariadb(&format!("CREATE USER IF NOT EXISTS lifeboat IDENTIFIED BY '{PASSWORD}'"));
    server.mariadb("GRANT ALL ON portal.* TO lifeboat");
    server
}

impl Server {
    /// Has MariaDB's administrator run statements in the schema `portal`.
    pub(crate) fn mariadb(&self, statements: &str) -> String {
        let mut client = Command::new("mariadb");
        client.args([
            "--no-defaults",
            "--user=root",
            "--skip-column-names",
            "--default-character-set=utf8mb4",
        ]);
        client.arg(format!("--socket={}", self.folder.path().join("socket").display()));
        if !statements.starts_with("CREATE DATABASE") {
            client.arg("portal");
        }
        // The semicolons within a function don't end it.
        if statements.contains(" BEGIN ") {
            client.arg("--delimiter=//");
        }
        done(client.arg("-e").arg(statements))
    }

    /// Has PostgreSQL's administrator run statements in the database `portal`.
    pub(crate) fn postgres(&self, statements: &str) -> String {
        let mut client = Command::new(postgres_program("psql"));
        client.args(["--no-psqlrc", "--quiet", "--tuples-only", "--set=ON_ERROR_STOP=1", "--username=admin"]);
        client.arg(format!("--host={}", self.folder.path().display())).arg(format!("--port={}", self.port));
        done(client.args(["portal", "--command"]).arg(statements))
    }

    /// What was logged of connections and statements.
    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&std::fs::read(self.folder.path().join("general")).unwrap()).into_owned()
    }
}

/// Debian keeps them out of the PATH, a folder for each version.
fn postgres_program(name: &str) -> PathBuf {
    let versions =
        std::fs::read_dir("/usr/lib/postgresql").expect("PostgreSQL is installed (`cargo xtask setup`)");
    let newest = versions.map(|version| version.unwrap().path()).max().unwrap();
    newest.join("bin").join(name)
}

/// Starts a PostgreSQL with the user `lifeboat`, who owns the database `portal`.
pub(crate) fn postgres(authority: &Authority, leaf: &Leaf) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let data = path.join("data");
    let ca = authority.file(path, "ca.pem");
    keep(path, leaf);
    // It refuses to run as root.
    let mut other: Vec<String> = Vec::new();
    if is_root() {
        other.extend(["--reuid=nobody", "--regid=nogroup", "--clear-groups"].map(str::to_owned));
        done(Command::new("chown").args(["-R", "nobody"]).arg(path));
    }
    let mut init = Command::new("setpriv");
    init.args(&other).arg(postgres_program("initdb")).current_dir(path);
    init.args(["--username=admin", "--auth-local=trust", "--auth-host=scram-sha-256", "--encoding=UTF8"]);
    done(init.args(["--locale=C.UTF-8", "--no-sync", "--pgdata"]).arg(&data));
    let port = free_port();
    let mut args = other;
    args.push(postgres_program("postgres").display().to_string());
    args.extend(["-D".to_owned(), data.display().to_string(), "-p".to_owned(), port.to_string()]);
    let at = |name: &str| path.join(name).display().to_string();
    for setting in [
        "listen_addresses=127.0.0.1".to_owned(),
        format!("unix_socket_directories={}", path.display()),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", at("server.pem")),
        format!("ssl_key_file={}", at("server.key")),
        "fsync=off".to_owned(),
    ] {
        args.extend(["-c".to_owned(), setting]);
    }
    let running = Running::start(&args);
    running.listens(port);
    let mut ready = Command::new(postgres_program("pg_isready"));
    ready.arg("--quiet").arg(format!("--host={}", path.display())).arg(format!("--port={port}"));
    wait_until("PostgreSQL is ready", || ready.status().unwrap().success());
    let server = Server { port, running, folder, ca };
    let mut create = Command::new(postgres_program("psql"));
    create.args(["--no-psqlrc", "--username=admin", "postgres"]);
    create.arg(format!("--host={}", server.folder.path().display())).arg(format!("--port={port}"));
    create.args(["--command", &format!("CREATE ROLE lifeboat LOGIN PASSWORD '{PASSWORD}'")]);
    done(create.args(["--command", "CREATE DATABASE portal OWNER lifeboat"]));
    server
}
