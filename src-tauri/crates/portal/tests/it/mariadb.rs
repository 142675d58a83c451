//! Sessions with a real MariaDB.

use std::fs::OpenOptions;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use action::port::{Limits, NamedPhoto, PortErrorKind, Reading, Rows};
use futures::TryStreamExt;

use crate::certificates::Authority;
use crate::servers::{Server, Shared, Tls, mariadb, mariadb_data};
use crate::sessions::{Client, LIMITS, fails, soon};

pub(crate) static SHARED: Shared = Shared::new();

/// A server that shows a certificate for `localhost`, and who signs in there.
pub(crate) fn scene() -> (Arc<Server>, Client) {
    let server = SHARED.get(|| {
        let authority = Authority::new("Test authority");
        let leaf = authority.sign("localhost", 2099);
        mariadb(mariadb_data(), &authority, &Tls::Shows(&leaf))
    });
    let client = Client::new("mysql", &server);
    (server, client)
}

async fn query(session: &mut Box<dyn Reading>, statement: &str) -> Rows {
    soon(session.query(statement)).await.unwrap_or_else(|why| panic!("{why}"))
}

#[tokio::test]
async fn the_login_is_asked_for_when_a_session_opens_and_the_server_says_who_and_how() {
    let (server, client) = scene();
    let _ = client.database();
    assert_eq!(client.asked.load(Ordering::Relaxed), 0);
    let mut session = client.open().await;
    let about = soon(session.server()).await.unwrap();
    assert_eq!(client.asked.load(Ordering::Relaxed), 1);
    assert!(about.version.contains("MariaDB"), "{about:?}");
    assert!(about.tls.starts_with("TLSv1.3, TLS_"), "{about:?}");
    assert_eq!(about.user, "lifeboat@%");
    assert!(server.log().contains("lifeboat@localhost"), "{}", server.log());
}

#[tokio::test]
async fn the_server_itself_refuses_a_write_even_where_a_function_hides_it() {
    let (server, client) = scene();
    server.mariadb("CREATE OR REPLACE TABLE kept (id INT); INSERT INTO kept VALUES (1), (2)");
    server.mariadb("DROP FUNCTION IF EXISTS eraser");
    server.mariadb("CREATE FUNCTION eraser() RETURNS INT BEGIN DELETE FROM kept; RETURN 1; END");
    let mut session = client.open().await;
    let words = ["READ ONLY transaction", "only lets read"];
    fails(soon(session.query("SELECT eraser()")).await, PortErrorKind::Denied, &words);
    for statement in
        ["DELETE FROM kept", "COMMIT", "SET SESSION TRANSACTION READ WRITE", "BEGIN NOT ATOMIC COMMIT; END"]
    {
        fails(soon(session.query(statement)).await, PortErrorKind::Denied, &["Nothing was sent"]);
    }
    // Between its transactions too.
    assert_eq!(query(&mut session, "SELECT @@session.tx_read_only").await.single(), Some("1"));
    assert_eq!(query(&mut session, "SELECT COUNT(*) FROM kept").await.single(), Some("2"));
}

#[tokio::test]
async fn two_statements_in_one_string_do_not_run() {
    let (_server, mut client) = scene();
    client.user = "lifeboat";
    let mut session = client.open().await;
    let both = "SELECT 1; SELECT 2";
    fails(
        soon(session.query(both)).await,
        PortErrorKind::Other,
        &["1064", "SELECT 2", "Correct the statement"],
    );
    fails(client.change(&["DELETE FROM kept; DROP TABLE kept"]).await, PortErrorKind::Other, &["1064"]);
    fails(
        soon(session.photos("SELECT 'a') AS p; SELECT * FROM (SELECT 'b'")).await.map(|_| ()),
        PortErrorKind::Other,
        &["1064"],
    );
    assert_eq!(query(&mut session, "SELECT 1;").await.single(), Some("1"));
}

#[tokio::test]
async fn endless_rows_and_endless_bytes_are_bounded() {
    let (_server, client) = scene();
    let mut session = client.open_with(Limits { rows: 50, ..LIMITS }).await;
    let endless = "SELECT 1 FROM information_schema.collations a, information_schema.collations b, \
                   information_schema.collations c, information_schema.collations d";
    fails(soon(session.query(endless)).await, PortErrorKind::Limit, &["more than 50 rows"]);
    // As many as may be are none too many.
    let fifty = query(&mut session, "SELECT 1 FROM information_schema.collations LIMIT 50").await;
    assert_eq!(fifty.rows.len(), 50);
    let wide = "SELECT REPEAT('x', 8000000) FROM information_schema.collations LIMIT 50";
    fails(soon(session.query(wide)).await, PortErrorKind::Limit, &["more than 64 MiB"]);
    // The session goes on, on another connection.
    assert_eq!(query(&mut session, "SELECT 'still here'").await.single(), Some("still here"));
    assert_eq!(client.asked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn a_query_that_never_ends_is_ended_by_the_server() {
    let (server, client) = scene();
    let mut session = client.open_with(Limits { statement: Duration::from_secs(1), ..LIMITS }).await;
    let began = Instant::now();
    fails(soon(session.query("SELECT SLEEP(1000)")).await, PortErrorKind::Limit, &["longer than 1 s"]);
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
    assert!(!server.mariadb("SHOW PROCESSLIST").contains("SLEEP"), "the server is done with it");
    assert_eq!(query(&mut session, "SELECT 1").await.single(), Some("1"));
    assert_eq!(client.asked.load(Ordering::Relaxed), 1, "on the same connection");
}

#[tokio::test]
async fn a_table_may_have_any_name_and_its_newest_change_is_in_utc() {
    let (server, client) = scene();
    let name = "we`ird\"'; DROP TABLE kept2; -- ";
    let name = name.trim_end();
    let quoted = "`we``ird\"'; DROP TABLE kept2; --`";
    server.mariadb("CREATE OR REPLACE TABLE kept2 (id INT)");
    server
        .mariadb(&format!("CREATE OR REPLACE TABLE {quoted} (`ch``anged` DATETIME(3), day DATE, word TEXT)"));
    server.mariadb(&format!(
        "INSERT INTO {quoted} VALUES ('2026-11-24 03:02:00.25', '2026-11-24', 'hush'), ('2026-11-23 00:00:00', NULL, NULL)"
    ));
    let mut session = client.open().await;
    let facts = soon(session.table(name, Some("ch`anged"))).await.unwrap();
    assert_eq!((facts.rows, facts.newest), (2, Some("2026-11-24T03:02:00.25Z".parse().unwrap())));
    let at = |text: &str| text.parse().unwrap();
    for (from, until, rows) in [
        ("2026-11-24T03:02:00.25Z", "2026-11-24T03:02:01Z", 1),
        ("2026-11-24T03:02:00.26Z", "2026-11-24T03:02:01Z", 0),
        ("2026-11-23T00:00:00Z", "2026-11-24T03:02:00.25Z", 1),
        ("2026-11-23T00:00:00Z", "2026-11-25T00:00:00Z", 2),
    ] {
        let changed = session.changed_between(name, "ch`anged", at(from), at(until));
        assert_eq!(soon(changed).await.unwrap(), rows, "{from} {until}");
    }
    let facts = soon(session.table(name, Some("day"))).await.unwrap();
    assert_eq!(facts.newest, Some("2026-11-24T00:00:00Z".parse().unwrap()));
    assert_eq!(soon(session.table(name, None)).await.unwrap().newest, None);
    fails(soon(session.table(name, Some("word"))).await, PortErrorKind::Other, &["does not hold times"]);
    let facts = soon(session.table("kept2", None)).await.unwrap();
    assert_eq!((facts.rows, facts.newest), (0, None));
    fails(soon(session.table("nowhere", None)).await, PortErrorKind::NotFound, &["nowhere", "doesn't exist"]);
    assert_eq!(soon(session.check(name)).await.unwrap(), Vec::<String>::new());
    let tables = soon(session.tables()).await.unwrap();
    assert!(tables.is_sorted() && tables.iter().any(|table| table == name), "{tables:?}");
}

#[tokio::test]
async fn views_are_no_tables() {
    let (server, client) = scene();
    server
        .mariadb("CREATE OR REPLACE TABLE seen (id INT); CREATE OR REPLACE VIEW sight AS SELECT * FROM seen");
    let tables = soon(client.open().await.tables()).await.unwrap();
    assert!(tables.contains(&"seen".to_owned()) && !tables.contains(&"sight".to_owned()), "{tables:?}");
}

#[tokio::test]
async fn rights_that_lack_and_a_wrong_password_are_told_apart() {
    let (server, mut client) = scene();
    server.mariadb("CREATE OR REPLACE TABLE open_to_all (id INT); CREATE OR REPLACE TABLE secret (id INT)");
    server.mariadb(
        "CREATE OR REPLACE USER poor IDENTIFIED BY 'hush hush'; GRANT SELECT ON portal.open_to_all TO poor",
    );
    client.user = "poor";
    let mut session = client.open().await;
    assert_eq!(soon(session.table("open_to_all", None)).await.unwrap().rows, 0);
    let words = ["SELECT command denied to user 'poor'", "secret", "granted that right"];
    fails(soon(session.table("secret", None)).await, PortErrorKind::Denied, &words);
    fails(soon(session.check("secret")).await, PortErrorKind::Denied, &["denied"]);

    client.password = "hush";
    let words = ["connect on localhost:", "/portal failed", "Access denied for user 'poor'", "keychain set"];
    Client::refused(client.try_open(LIMITS).await, PortErrorKind::Credentials, &words);
}

#[tokio::test]
async fn what_the_server_says_of_a_value_is_not_passed_on() {
    let (server, client) = scene();
    server.mariadb(
        "CREATE OR REPLACE TABLE people (name VARCHAR(20) PRIMARY KEY); INSERT INTO people VALUES ('hush')",
    );
    let words = ["the server gives error 1062", "manual"];
    fails(client.change(&["INSERT INTO people SELECT name FROM people"]).await, PortErrorKind::Other, &words);
}

#[tokio::test]
async fn every_type_has_its_text() {
    let (server, client) = scene();
    server.mariadb(
        "CREATE OR REPLACE TABLE types (i BIGINT UNSIGNED, n TINYINT(1), d DECIMAL(20,4), f DOUBLE, dt DATETIME, \
         ts TIMESTAMP NULL, da DATE, ti TIME, y YEAR, v VARCHAR(20) COLLATE utf8mb4_bin, t TEXT, b VARBINARY(8), \
         bl BLOB, j JSON, e ENUM('New','Printed'), s SET('a','b'), bi BIT(10), p POINT, nothing INT)",
    );
    server.mariadb(
        "SET time_zone = '+00:00'; INSERT INTO types VALUES (18446744073709551615, 1, '12345678901234.5000', 0.5, \
         '2026-11-24 03:02:00', '2026-11-24 03:02:01', '2026-11-24', '-01:02:03', 2026, 'ä😀', 'text', X'00FF', \
         X'6869', '{\"a\": 1}', 'Printed', 'a,b', b'1000000001', POINT(1, 2), NULL)",
    );
    let mut session = client.open().await;
    let rows = query(&mut session, "SELECT * FROM types").await;
    let values: Vec<&str> = rows.rows[0].iter().map(|value| value.as_deref().unwrap_or("NULL")).collect();
    assert_eq!(
        values[..17],
        [
            "18446744073709551615",
            "1",
            "12345678901234.5000",
            "0.5",
            "2026-11-24T03:02:00Z",
            "2026-11-24T03:02:01Z",
            "2026-11-24",
            "-01:02:03",
            "2026",
            "ä😀",
            "text",
            "00ff",
            "6869",
            "{\"a\": 1}",
            "Printed",
            "a,b",
            "513",
        ]
    );
    assert!(values[17].starts_with("0000000001010000"), "{values:?}");
    assert_eq!(rows.rows[0][18], None);
    let none = query(&mut session, "SELECT i AS one, v AS other FROM types WHERE FALSE").await;
    assert_eq!((none.columns, none.rows.len()), (vec!["one".to_owned(), "other".to_owned()], 0));
}

#[tokio::test]
async fn photos_come_in_the_order_of_their_keys_bytes() {
    let (server, client) = scene();
    server.mariadb(
        "CREATE OR REPLACE TABLE shots (s3_key VARCHAR(200) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci, \
         bytes BIGINT, md5 CHAR(32))",
    );
    let mut keys = ["a", "B", "ä", "a/", "😀", "z", "\u{ffff}", "A b", "a\u{301}", "aa"];
    for key in keys {
        server
            .mariadb(&format!("INSERT INTO shots VALUES ('{key}', 12, 'd41d8cd98f00b204e9800998ecf8427e')"));
    }
    keys.sort_unstable();
    let mut session = client.open().await;
    let statement = "SELECT s3_key, bytes, md5 FROM shots -- every one of them";
    let photos = soon(session.photos(statement)).await.unwrap();
    let photos: Vec<NamedPhoto> = soon(photos.try_collect()).await.unwrap();
    assert_eq!(photos.iter().map(|photo| photo.key.as_str()).collect::<Vec<_>>(), keys);
    assert!(
        photos.iter().all(|photo| photo.size == Some(12)
            && photo.etag.as_deref() == Some("d41d8cd98f00b204e9800998ecf8427e"))
    );

    let only_keys = soon(session.photos("SELECT CONCAT('photos/', s3_key) FROM shots;")).await.unwrap();
    let only_keys: Vec<NamedPhoto> = soon(only_keys.try_collect()).await.unwrap();
    assert_eq!(only_keys.len(), 10);
    assert!(only_keys.iter().all(|photo| (photo.size, &photo.etag) == (None, &None)));

    for (statement, words) in [
        ("SELECT 1, 2, 3, 4", "gives 4 columns"),
        ("SELECT s3_key FROM nowhere", "nowhere"),
        ("DELETE FROM shots", "begins with DELETE"),
    ] {
        let Err(why) = soon(session.photos(statement)).await.map(|_| ()) else { panic!("{statement} runs") };
        assert!(why.to_string().contains(words), "{why}");
    }
    for (statement, words) in
        [("SELECT NULL FROM shots", "has no key"), ("SELECT s3_key, md5 FROM shots", "not a whole number")]
    {
        let photos = soon(session.photos(statement)).await.unwrap();
        fails(soon(photos.try_collect::<Vec<_>>()).await, PortErrorKind::Other, &[words, "database.photos"]);
    }
}

#[tokio::test]
async fn photos_may_be_many_take_long_and_be_left_in_the_middle() {
    let (_server, client) = scene();
    let mut session = client.open_with(Limits { rows: 5, ..LIMITS }).await;
    let bound = soon(session.photos("SELECT @@session.max_statement_time")).await.unwrap();
    let bound: Vec<NamedPhoto> = soon(bound.try_collect()).await.unwrap();
    assert_eq!(bound[0].key, "0.000000", "the server bounds no photos");
    let bound = query(&mut session, "SELECT @@session.max_statement_time").await;
    assert_eq!(bound.single(), Some("20.000000"), "but every query");

    let many = "SELECT CONCAT(a.seq, '/', b.seq) AS k FROM seq_1_to_1000 a, seq_1_to_100 b";
    let mut photos = soon(session.photos(many)).await.unwrap();
    let mut seen = 0;
    while let Some(photo) = soon(photos.try_next()).await.unwrap() {
        seen += usize::from(!photo.key.is_empty());
    }
    assert_eq!(seen, 100_000);
    drop(photos);
    let mut photos = soon(session.photos(many)).await.unwrap();
    assert_eq!(soon(photos.try_next()).await.unwrap().unwrap().key, "1/1");
    drop(photos);
    assert_eq!(query(&mut session, "SELECT 1").await.single(), Some("1"));
}

#[tokio::test]
async fn a_damaged_table_is_found_out() {
    let (server, client) = scene();
    server.mariadb(
        "CREATE OR REPLACE TABLE whole (id INT); CREATE OR REPLACE TABLE hurt (t TEXT) ENGINE=MyISAM",
    );
    server.mariadb("INSERT INTO hurt SELECT REPEAT('x', 1000) FROM seq_1_to_100; FLUSH TABLES");
    let file = server.folder.path().join("data/portal/hurt.MYD");
    OpenOptions::new().write(true).open(file).unwrap().set_len(5000).unwrap();
    let mut session = client.open().await;
    assert_eq!(soon(session.check("whole")).await.unwrap(), Vec::<String>::new());
    let found = soon(session.check("hurt")).await.unwrap();
    assert!(found.iter().any(|line| line.starts_with("error: ")), "{found:?}");
    fails(soon(session.check("nowhere")).await, PortErrorKind::NotFound, &["there is no table nowhere"]);
    server.mariadb("CREATE OR REPLACE TABLE passing (id INT) ENGINE=MEMORY");
    fails(soon(session.check("passing")).await, PortErrorKind::Other, &["has no such check"]);
    assert_eq!(query(&mut session, "SELECT COUNT(*) FROM whole").await.single(), Some("0"));
    server.mariadb("DROP TABLE hurt");
}

#[tokio::test]
async fn a_change_is_made_whole_or_not_at_all() {
    let (server, client) = scene();
    server
        .mariadb("CREATE OR REPLACE TABLE child (id INT) ; CREATE OR REPLACE TABLE cards (id INT, org INT)");
    server.mariadb("INSERT INTO cards VALUES (1, 7), (2, 7), (3, 8)");
    let count = || server.mariadb("SELECT COUNT(*) FROM cards").trim().to_owned();
    let half = ["DELETE FROM cards WHERE org = 7", "DELETE FROM nowhere"];
    fails(client.change(&half).await, PortErrorKind::NotFound, &["change on localhost", "nowhere"]);
    assert_eq!(count(), "3");
    let bad = ["DELETE FROM cards", "TRUNCATE cards"];
    fails(client.change(&bad).await, PortErrorKind::Denied, &["TRUNCATE", "Nothing was changed"]);
    assert_eq!(count(), "3");
    let good =
        ["DELETE FROM cards WHERE org = 7", "DELETE FROM cards WHERE org = 9;", "UPDATE cards SET org = 9"];
    assert_eq!(client.change(&good).await.unwrap(), [2, 0, 1]);
    assert_eq!(count(), "1");
}
