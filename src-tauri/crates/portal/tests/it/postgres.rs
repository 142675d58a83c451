//! Sessions with a real PostgreSQL, behind the same port.

use std::sync::Arc;
use std::time::Duration;

use action::port::{Limits, NamedPhoto, PortErrorKind};
use futures::TryStreamExt;

use crate::certificates::Authority;
use crate::servers::{Server, Shared, postgres};
use crate::sessions::{Client, LIMITS, fails, soon};

static SHARED: Shared = Shared::new();

fn scene() -> (Arc<Server>, Client) {
    let server = SHARED.get(|| {
        let authority = Authority::new("Test authority");
        postgres(&authority, &authority.sign("localhost", 2099))
    });
    let client = Client::new("postgres", &server);
    (server, client)
}

#[tokio::test]
async fn a_session_says_who_and_how_and_a_stranger_is_refused() {
    let (_server, mut client) = scene();
    let about = soon(client.open().await.server()).await.unwrap();
    assert!(about.version.starts_with("PostgreSQL 1"), "{about:?}");
    assert!(about.tls.starts_with("TLSv1.3, TLS_"), "{about:?}");
    assert_eq!(about.user, "lifeboat");

    client.at.address = "127.0.0.1".into();
    let words = ["is not for 127.0.0.1", "Nothing was sent"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
    client.at.address = "localhost".into();
    client.password = "hush";
    let words = ["password authentication failed for user \"lifeboat\"", "keychain set"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Credentials, &words);
    let folder = tempfile::tempdir().unwrap();
    let client = client.trusting(&Authority::new("Another authority").file(folder.path(), "other.pem"));
    let words = ["issuer is not trusted here", "Nothing was sent"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Unreachable, &words);
}

#[tokio::test]
async fn the_server_refuses_writes_and_ends_what_never_ends() {
    let (server, client) = scene();
    server.postgres(
        "DROP TABLE IF EXISTS kept; CREATE TABLE kept AS SELECT 1 AS id; GRANT ALL ON kept TO lifeboat",
    );
    let limits = Limits { statement: Duration::from_secs(1), rows: 50, ..LIMITS };
    let mut session = client.open_with(limits).await;
    let hidden = "WITH gone AS (DELETE FROM kept RETURNING id) SELECT * FROM gone";
    fails(
        soon(session.query(hidden)).await,
        PortErrorKind::Denied,
        &["read-only transaction", "only lets read"],
    );
    // A setting can't open it either.
    let open = "SELECT set_config('transaction_read_only', 'off', false)";
    fails(soon(session.query(open)).await, PortErrorKind::Denied, &["read-write mode", "only lets read"]);
    fails(soon(session.query("SELECT pg_sleep(1000)")).await, PortErrorKind::Limit, &["longer than 1 s"]);
    fails(soon(session.query("SELECT 1; SELECT 2")).await, PortErrorKind::Other, &["multiple commands"]);
    let endless = "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT i FROM n";
    fails(soon(session.query(endless)).await, PortErrorKind::Limit, &["more than 50 rows"]);
    let value = "SELECT ('hush' || id)::int FROM kept";
    fails(soon(session.query(value)).await, PortErrorKind::Other, &["the server gives error 22P02"]);
    let left = soon(session.query("SELECT COUNT(*) FROM kept")).await.unwrap();
    assert_eq!(left.single(), Some("1"));
}

#[tokio::test]
async fn tables_are_counted_checked_and_read_whatever_their_names() {
    let (server, client) = scene();
    let name = "we\"ird'; DROP TABLE kept; --";
    let quoted = "\"we\"\"ird'; DROP TABLE kept; --\"";
    server.postgres(&format!(
        "DROP TABLE IF EXISTS {quoted}; CREATE TABLE {quoted} (at timestamptz, b bytea, t timestamp, f boolean, \
         n numeric, j jsonb, nothing int)"
    ));
    server.postgres(&format!(
        "INSERT INTO {quoted} VALUES ('2026-11-24 05:02:00.25+02', '\\x00ff', '2026-11-24 03:02:00', true, 1.50, \
         '{{\"a\": 1}}', NULL); GRANT SELECT ON {quoted} TO lifeboat; CREATE TABLE IF NOT EXISTS secret (id int)"
    ));
    let mut session = client.open().await;
    let facts = soon(session.table(name, Some("at"))).await.unwrap();
    assert_eq!((facts.rows, facts.newest), (1, Some("2026-11-24T03:02:00.25Z".parse().unwrap())));
    let changed = session.changed_between(
        name,
        "at",
        "2026-11-24T03:02:00Z".parse().unwrap(),
        "2026-11-24T03:02:00.26Z".parse().unwrap(),
    );
    assert_eq!(soon(changed).await.unwrap(), 1);
    let rows = soon(session.query(&format!("SELECT * FROM {quoted}"))).await.unwrap();
    let values: Vec<&str> = rows.rows[0].iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
    let expect =
        ["2026-11-24T03:02:00.25Z", "00ff", "2026-11-24T03:02:00Z", "true", "1.50", "{\"a\": 1}", "NULL"];
    assert_eq!(values, expect);
    assert!(soon(session.tables()).await.unwrap().iter().any(|table| table == name));
    fails(soon(session.table("nowhere", None)).await, PortErrorKind::NotFound, &["nowhere"]);
    let words = ["permission denied for table secret", "granted that right"];
    fails(soon(session.table("secret", None)).await, PortErrorKind::Denied, &words);

    server.postgres("DROP EXTENSION IF EXISTS amcheck");
    let words = ["has no such check", "amcheck is not installed"];
    fails(soon(session.check(name)).await, PortErrorKind::Other, &words);
    server.postgres("CREATE EXTENSION amcheck");
    server.postgres("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO lifeboat");
    assert_eq!(soon(session.check(name)).await.unwrap(), Vec::<String>::new());
    fails(soon(session.check("nowhere")).await, PortErrorKind::NotFound, &["there is no table nowhere"]);
}

#[tokio::test]
async fn photos_come_in_the_order_of_their_keys_bytes() {
    let (_server, client) = scene();
    let mut keys = ["a", "B", "ä", "a/", "😀", "z", "\u{ffff}"];
    let rows: Vec<String> = keys.iter().map(|key| format!("('{key}', 12, 'aa')")).collect();
    let statement = format!("SELECT * FROM (VALUES {}) AS shots (s3_key, bytes, md5);", rows.join(", "));
    keys.sort_unstable();
    let mut session = client.open().await;
    let photos = soon(session.photos(&statement)).await.unwrap();
    let photos: Vec<NamedPhoto> = soon(photos.try_collect()).await.unwrap();
    assert_eq!(photos.iter().map(|photo| photo.key.as_str()).collect::<Vec<_>>(), keys);
    assert_eq!((photos[0].size, photos[0].etag.as_deref()), (Some(12), Some("aa")));
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let (server, client) = scene();
    server.postgres("DROP TABLE IF EXISTS cards; CREATE TABLE cards AS SELECT * FROM (VALUES (1, 7), (2, 8)) AS c (id, org)");
    server.postgres("GRANT ALL ON cards TO lifeboat");
    let count = || server.postgres("SELECT COUNT(*) FROM cards").trim().to_owned();
    let half = ["DELETE FROM cards", "DELETE FROM nowhere"];
    fails(client.change(&half).await, PortErrorKind::NotFound, &["nowhere"]);
    assert_eq!(count(), "2");
    assert_eq!(client.change(&["DELETE FROM cards WHERE org = 7"]).await.unwrap(), [1]);
    assert_eq!(count(), "1");
}
