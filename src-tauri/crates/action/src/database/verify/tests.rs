use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::Inventory;
use crate::database::rows_fake::{Databases, Db, at, single};
use crate::environment::Database;
use crate::photos::fake::World;
use crate::port::Rows;

const ORPHANS: &str = "SELECT COUNT(*) FROM cards WHERE parent IS NULL";

/// A database whose `cards` were changed at these times, with two organizations from the day before.
fn db(cards: &[&str]) -> Db {
    let old: Timestamp = "2026-11-23T09:00:00Z".parse().unwrap();
    Db {
        tables: [
            ("cards".to_owned(), cards.iter().map(|text| at(text)).collect()),
            ("organizations".to_owned(), vec![old; 2]),
        ]
        .into(),
        answers: [(ORPHANS.to_owned(), single("0"))].into(),
        ..Db::default()
    }
}

/// The Portal DB with five cards, and what was restored of it: three.
fn world() -> (World, Arc<Databases>) {
    let (mut world, databases) = Databases::world();
    databases.add("portal", &[], db(&["02:00:00", "02:10:00", "02:39:59", "02:41:00", "03:32:09.9"]));
    databases.add("restored", &[], db(&["02:00:00", "02:10:00", "02:39:59"]));
    world.environment.database = Some(environment(&["cards", "organizations"]));
    (world, databases)
}

fn environment(tables: &[&str]) -> Database {
    let mut database = crate::Environment::practice("http://127.0.0.1:9311").database.unwrap();
    let table = |name: &&str| Table { name: (*name).to_owned(), changed: Some("changed_at".to_owned()) };
    database.tables = tables.iter().map(table).collect();
    database.checks =
        vec![Check { name: "orphans".to_owned(), query: ORPHANS.to_owned(), expect: "0".to_owned() }];
    database
}

fn params() -> Verify {
    Verify {
        instance: "restored".to_owned(),
        region: None,
        at: Some(at("02:40:00")),
        outage: Some(at("03:32:10")),
        source: Some("portal".to_owned()),
    }
}

async fn run(world: &World, params: &Verify) -> (Result<Outcome, Failure>, String) {
    run_in(params, &world.cx()).await
}

async fn run_in(params: &Verify, cx: &Context<'_>) -> (Result<Outcome, Failure>, String) {
    let mut evidence = Vec::new();
    let outcome = verify(params, cx, &mut evidence).await;
    (outcome, String::from_utf8(evidence).unwrap())
}

async fn outcome(world: &World, params: &Verify) -> Outcome {
    run(world, params).await.0.unwrap()
}

fn fact<'a>(outcome: &'a Outcome, label: &str) -> &'a str {
    &outcome.facts.iter().find(|fact| fact.label == label).unwrap_or_else(|| panic!("{outcome:?}")).value
}

#[test]
fn futures_can_be_spawned() {
    fn is_send<T: Send>(_: &T) {}
    let (world, _) = world();
    let (params, cx) = (params(), world.cx());
    is_send(&verify(&params, &cx, &mut Vec::new()));
}

#[tokio::test]
async fn what_is_lost_is_said_to_the_second_and_by_table() {
    let (world, _) = world();
    let (outcome, evidence) = run(&world, &params()).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
    assert_eq!(
        outcome.headline,
        "The restored database holds everything up to 2026-11-24 02:40:00 UTC: 52 min 10 s are lost"
    );
    assert_eq!(
        outcome.outputs,
        BTreeMap::from(
            [("achieved_rpo", "52m10s"), ("newest", "2026-11-24T02:39:59Z"), ("rows", "5")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
        )
    );
    assert_eq!(fact(&outcome, "cards"), "3 rows, newest 2026-11-24 02:39:59 UTC; 2 rows lost");
    assert_eq!(fact(&outcome, "organizations"), "2 rows, newest 2026-11-23 09:00:00 UTC; 0 rows lost");
    assert_eq!(fact(&outcome, "connection"), "TLSv1.3, TLS_AES_256_GCM_SHA384");
    assert_eq!(fact(&outcome, "compared with"), "instance portal");
    assert_eq!((fact(&outcome, "checks"), outcome.notes.len()), ("1 of 1 passed", 0));
    let lines: Vec<serde_json::Value> =
        evidence.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (&lines[1]["table"], &lines[1]["lost"], &lines[1]["rows_there"]),
        (&json!("cards"), &json!(2), &json!(5))
    );
    assert_eq!(lines[3], json!({ "check": "orphans", "expected": "0", "gave": "0", "result": "ok" }));
}

#[tokio::test]
async fn rows_of_the_moment_itself_and_of_the_outage_are_counted_once() {
    let (world, databases) = world();
    // At the moment: restored or not, whichever RDS did; at the outage: damage, not loss.
    let times = ["02:40:00", "02:40:00", "03:32:10"];
    databases.with("portal", |_, of| of.tables.get_mut("cards").unwrap().extend(times.map(at)));
    assert!(fact(&outcome(&world, &params()).await, "cards").ends_with("4 rows lost"));
    databases.with("restored", |_, of| of.tables.get_mut("cards").unwrap().push(at("02:40:00")));
    assert!(fact(&outcome(&world, &params()).await, "cards").ends_with("3 rows lost"));
}

#[tokio::test]
async fn the_rpo_is_counted_from_what_is_surely_there() {
    let (world, _) = world();
    let day = |text: &str| Some(at(text));
    for (asked, outage, rpo) in [
        (day("02:40:00"), day("03:32:10"), "52m10s"),
        (day("02:40:00.9"), day("03:32:10.1"), "52m10s"),
        (day("02:40:00"), day("02:40:00"), "0s"),
        (day("02:40:00"), day("02:39:00"), "0s"),
        (day("02:40:00"), day("02:40:01"), "1s"),
        (None, day("02:50:00"), "10m1s"),
    ] {
        let params = Verify { at: asked, outage, ..params() };
        assert_eq!(outcome(&world, &params).await.outputs["achieved_rpo"], rpo, "{asked:?} {outage:?}");
    }
    let early = outcome(&world, &Verify { outage: day("02:39:00"), ..params() }).await;
    assert!(early.notes[0].starts_with("The restored moment is 1 min after the outage began"), "{early:?}");
    assert!(early.headline.ends_with(": nothing is lost"), "{early:?}");
    let unasked = outcome(&world, &Verify { at: None, ..params() }).await;
    assert!(unasked.headline.ends_with("02:39:59 UTC: at most 52 min 11 s are lost"), "{unasked:?}");
    let cx = Context { now: at("03:40:00.7"), ..world.cx() };
    let counted_to_now = run_in(&Verify { outage: None, ..params() }, &cx).await.0.unwrap();
    assert_eq!(counted_to_now.outputs["achieved_rpo"], "1h");
    assert_eq!(
        counted_to_now.notes,
        ["No outage was given: what is lost is counted to now, 2026-11-24 03:40:00 UTC."]
    );
}

#[tokio::test]
async fn rows_newer_than_the_moment_fail_it_and_much_older_ones_are_noted() {
    let (world, databases) = world();
    let late = outcome(&world, &Verify { at: Some(at("02:39:58")), ..params() }).await;
    assert_eq!(late.verdict, Verdict::Failed);
    assert_eq!(
        late.headline,
        "restored is not what it should be: newest change: 2026-11-24 02:39:59 UTC, after the moment that was asked for"
    );
    assert_eq!(
        outcome(&world, &Verify { at: Some(at("02:39:59")), ..params() }).await.verdict,
        Verdict::Passed
    );
    databases.with("restored", |_, of| of.tables.get_mut("cards").unwrap().truncate(1));
    let old = outcome(&world, &Verify { at: Some(at("03:05:00")), ..params() }).await;
    assert_eq!(old.verdict, Verdict::Passed);
    assert!(old.notes[0].starts_with("table cards lacks 3 rows from before the restored moment"), "{old:?}");
    assert!(fact(&old, "cards").ends_with("; 4 rows lost"), "{old:?}");
    assert!(old.notes[1].starts_with("The newest change in it is 1 h 5 min older"), "{old:?}");
}

#[tokio::test]
async fn each_thing_that_is_wrong_is_named() {
    type Harm = fn(&mut Db);
    let harms: [(Harm, &str); 7] = [
        (|of| drop(of.tables.remove("cards")), "table cards: missing"),
        (|of| of.tables.get_mut("cards").unwrap().clear(), "table cards: empty"),
        (
            |of| drop(of.findings.insert("cards".to_owned(), vec!["Corrupt\nindex".to_owned()])),
            "table cards: damaged: Corrupt index",
        ),
        (|of| drop(of.answers.insert(ORPHANS.to_owned(), single("12"))), "check \"orphans\": gave 12"),
        (
            |of| drop(of.answers.insert(ORPHANS.to_owned(), Rows::default())),
            "check \"orphans\": gave no single value",
        ),
        (|of| drop(of.answers.remove(ORPHANS)), "check \"orphans\": gave Other"),
        (|of| of.faults.extend([("cards".to_owned(), PortErrorKind::Denied)]), "table cards: Denied"),
    ];
    for (harm, said) in harms {
        let (world, databases) = world();
        databases.with("restored", |_, of| harm(of));
        let outcome = outcome(&world, &params()).await;
        assert_eq!(outcome.verdict, Verdict::Failed, "{said}");
        assert_eq!(outcome.headline, format!("restored is not what it should be: {said}"));
        assert!(outcome.notes[0].starts_with("Don't cut over"), "{outcome:?}");
        assert!(!outcome.examples.is_empty());
    }
    let (world, databases) = world();
    databases.with("restored", |_, of| of.tables.clear());
    let outcome = outcome(&world, &params()).await;
    assert!(outcome.headline.ends_with("none is there; and 2 problems more"), "{outcome:?}");
}

#[tokio::test]
async fn a_long_answer_of_a_check_is_cut_short() {
    let (world, databases) = world();
    let long = "x".repeat(5000);
    databases.with("restored", |_, of| of.answers.insert(ORPHANS.to_owned(), single(&long)));
    let (outcome, evidence) = run(&world, &params()).await;
    assert!(!evidence.contains(&"x".repeat(201)) && evidence.contains(&"x".repeat(200)));
    assert!(!outcome.unwrap().headline.contains(&"x".repeat(201)));
}

#[tokio::test]
async fn the_inventory_stands_in_for_a_source_that_is_gone() {
    let (world, databases) = world();
    let facts = TableFacts { rows: 7, newest: None };
    let inventory = Inventory {
        taken: "2026-11-22T03:00:00Z".parse().unwrap(),
        environment: "practice".to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        instance: None,
        groups: Vec::new(),
        tables: [("cards".to_owned(), facts.clone()), ("stamps".to_owned(), facts)].into(),
        bucket: None,
        gaps: Vec::new(),
    };
    let cx = Context { inventory: Some(&inventory), now: at("03:00:00"), ..world.cx() };
    for broken in [None, Some("connect"), Some("cards")] {
        if let Some(name) = broken {
            databases.with("portal", |_, of| {
                of.faults = [(name.to_owned(), PortErrorKind::Unreachable)].into();
            });
        }
        let source = broken.map(|_| "portal".to_owned());
        let outcome = run_in(&Verify { source, ..params() }, &cx).await.0.unwrap();
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        let cards = fact(&outcome, "cards");
        assert!(cards.ends_with("4 rows fewer than in the inventory of 2026-11-22 03:00:00 UTC"), "{cards}");
        assert_eq!(fact(&outcome, "compared with"), "the inventory of 2026-11-22 03:00:00 UTC, 2 days old");
        let notes = outcome.notes.iter().filter(|note| note.contains("portal could not be asked")).count();
        assert_eq!(notes, usize::from(broken.is_some()), "{outcome:?}");
    }
    // With no tables named, what was there in peacetime must be there.
    let mut world = world;
    world.environment.database = Some(environment(&[]));
    let cx = Context { inventory: Some(&inventory), now: at("03:00:00"), ..world.cx() };
    let unnamed = run_in(&Verify { source: None, ..params() }, &cx).await.0.unwrap();
    assert_eq!(unnamed.headline, "restored is not what it should be: table stamps: missing");
    assert_eq!(unnamed.examples[0].becomes, "7 rows in the inventory of 2026-11-22 03:00:00 UTC");
    let nothing = outcome(&world, &Verify { source: None, ..params() }).await;
    assert!(nothing.notes[0].starts_with("There is nothing to compare with"), "{nothing:?}");
}

#[tokio::test]
async fn a_source_of_the_same_name_is_found_in_the_other_region() {
    let (world, databases) = world();
    databases.add_in("us-west-2", "portal", &[], db(&["02:00:00"]));
    let params = Verify { instance: "portal".to_owned(), region: Some("us-west-2".to_owned()), ..params() };
    let outcome = outcome(&world, &params).await;
    assert!(fact(&outcome, "cards").ends_with("4 rows lost"), "{outcome:?}");
    let itself = Verify { region: None, ..params };
    let outcome = run(&world, &itself).await.0.unwrap();
    assert!(
        outcome.notes.iter().any(|note| note.contains("it is the restored instance itself")),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_hostile_database_gives_a_clear_end() {
    for (name, kind) in [
        ("connect", PortErrorKind::Unreachable),
        ("connect", PortErrorKind::Credentials),
        ("cards", PortErrorKind::Limit),
        (ORPHANS, PortErrorKind::Limit),
        ("check cards", PortErrorKind::Limit),
    ] {
        let (world, databases) = world();
        databases.with("restored", |_, of| of.faults.insert(name.to_owned(), kind));
        let failure = run(&world, &params()).await.0.unwrap_err();
        assert!(matches!(&failure, Failure::Port(error) if error.kind == kind), "{failure}");
        let about = match name {
            ORPHANS => "check \"orphans\": Limit",
            "connect" => "",
            _ => "table cards: Limit",
        };
        assert!(failure.to_string().contains(about), "{failure}");
    }
    let (mut world, databases) = world();
    let odd = "a`b'; DROP TABLE c\n";
    databases.with("restored", |_, of| of.tables.insert(odd.to_owned(), Vec::new()));
    databases.with("portal", |_, of| of.tables.insert(odd.to_owned(), vec![at("01:00:00")]));
    world.environment.database = Some(environment(&[]));
    let outcome = outcome(&world, &params()).await;
    assert_eq!(outcome.headline, "restored is not what it should be: table a`b'; DROP TABLE c : empty");
}

#[tokio::test]
async fn an_engine_without_such_a_check_is_noted_once() {
    let (world, databases) = world();
    databases.with("restored", |_, of| {
        of.faults =
            ["check cards", "check organizations"].map(|n| (n.to_owned(), PortErrorKind::Other)).into();
    });
    let outcome = outcome(&world, &params()).await;
    assert_eq!((outcome.verdict, outcome.notes.len()), (Verdict::Passed, 1), "{outcome:?}");
}

#[tokio::test]
async fn it_stops_when_asked_and_refuses_what_it_can_not_look_at() {
    let (mut world, databases) = world();
    world.stop.store(true, Ordering::Relaxed);
    assert!(matches!(run(&world, &params()).await.0, Err(Failure::Stopped { .. })));
    world.stop.store(false, Ordering::Relaxed);
    let elsewhere = Verify { instance: "none".to_owned(), ..params() };
    let failure = run(&world, &elsewhere).await.0.unwrap_err().to_string();
    assert!(failure.starts_with("there is no database instance none in us-east-1."), "{failure}");
    databases.with("restored", |instance, _| {
        instance.endpoint = None;
        instance.status = "creating".to_owned();
    });
    let failure = run(&world, &params()).await.0.unwrap_err().to_string();
    assert!(failure.starts_with("instance restored is creating and has no address yet."), "{failure}");
    world.environment.database = None;
    let failure = run(&world, &params()).await.0.unwrap_err().to_string();
    assert!(failure.contains("names no database"), "{failure}");
}
