//! MariaDB servers that can't be trusted, that stall, and that die.

use std::net::TcpStream;
use std::sync::Arc;
use std::time::{Duration, Instant};

use action::port::{Limits, PortErrorKind};

use crate::certificates::Authority;
use crate::mariadb::scene;
use crate::process::wait_until;
use crate::servers::{Tls, mariadb, mariadb_data};
use crate::sessions::{Client, LIMITS, fails, soon};

#[tokio::test]
async fn a_certificate_of_another_authority_or_for_another_name_is_refused() {
    let (server, client) = scene();
    let folder = tempfile::tempdir().unwrap();
    let other = Authority::new("Another authority").file(folder.path(), "other.pem");
    let stranger = client.trusting(&other);
    let words = ["issuer is not trusted here", "Nothing was sent"];
    Client::refused(stranger.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);

    let mut client = Client::new("mysql", &server);
    client.at.address = "127.0.0.1".into();
    let words = ["is not for 127.0.0.1", "Nothing was sent"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);

    let mut client = Client::new("mysql", &server).trusting(&folder.path().join("missing.pem"));
    client.user = "nobody";
    let words = ["missing.pem", "can't be read", "Correct `ca:`"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
    assert_eq!(client.asked.load(std::sync::atomic::Ordering::Relaxed), 0);
}

#[tokio::test]
async fn an_expired_certificate_or_none_is_refused_before_the_login_is_sent() {
    let authority = Authority::new("Test authority");
    let expired = authority.sign("localhost", 2024);
    let server = mariadb(mariadb_data(), &authority, &Tls::Shows(&expired));
    let client = Client::new("mysql", &server);
    let words = ["its certificate is out of date since 2024-12-31T00:00:00Z", "Nothing was sent"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
    // The administrator's connections are in the log, so Lifeboat's would be.
    assert!(
        server.log().contains("root@localhost") && !server.log().contains("lifeboat@"),
        "{}",
        server.log()
    );

    let crate::servers::Server { running, folder, .. } = server;
    drop(running);
    let server = mariadb(folder, &authority, &Tls::Lacks);
    let client = Client::new("mysql", &server);
    let words = ["server does not support TLS", "The login was not sent"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
    assert!(!server.log().contains("lifeboat@"), "{}", server.log());
}

#[tokio::test]
async fn a_server_that_stalls_or_dies_in_the_middle_is_given_up() {
    let authority = Authority::new("Test authority");
    let leaf = authority.sign("localhost", 2099);
    let server = Arc::new(mariadb(mariadb_data(), &authority, &Tls::Shows(&leaf)));
    let client = Client::new("mysql", &server);

    let limits = Limits { statement: Duration::from_secs(2), connect: Duration::from_secs(5), ..LIMITS };
    let mut session = client.open_with(limits).await;
    let began = Instant::now();
    server.running.signal("STOP");
    fails(soon(session.query("SELECT 1")).await, PortErrorKind::Limit, &["longer than 2 s"]);
    let words = ["did not answer within 5 s", "security group"];
    fails(soon(session.query("SELECT 1")).await, PortErrorKind::Unreachable, &words);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    server.running.signal("CONT");

    let mut session = client.open().await;
    let seen = server.clone();
    let killed = tokio::task::spawn_blocking(move || {
        wait_until("it is under way", || seen.mariadb("SHOW PROCESSLIST").contains("SLEEP(15)"));
        seen.running.signal("KILL");
    });
    let (asked, killed) = tokio::join!(soon(session.query("SELECT SLEEP(15)")), killed);
    killed.unwrap();
    fails(asked, PortErrorKind::Unreachable, &["the connection broke", "try again"]);
    wait_until("nothing listens any more", || TcpStream::connect(("127.0.0.1", server.port)).is_err());
    fails(soon(session.query("SELECT 1")).await, PortErrorKind::Unreachable, &["refuses connections"]);

    let mut client = Client::new("mysql", &server);
    client.at.address = "portal.invalid".into();
    let words = ["the name portal.invalid is not known", "VPN"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
    client.engine = "oracle-ee";
    let words = ["oracle-ee", "`database.engine`"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Other, &words);
}
