use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::*;
use crate::database::rows_fake::{Databases, Db, single};
use crate::photos::fake::World;
use crate::plan::Origin;
use crate::port::PortErrorKind;

/// A restored instance in which organization 7 has five rows and 9 has none.
fn world() -> (World, Arc<Databases>) {
    let (mut world, databases) = Databases::world();
    let answers = [("cards", "7", "4"), ("cards", "9", "0"), ("orgs", "7", "1"), ("orgs", "9", "0")];
    let answers = answers
        .map(|(table, id, rows)| (format!("SELECT COUNT(*) FROM {table} WHERE o = '{id}'"), single(rows)));
    databases.add("restored", &[(Origin::RUN, "run-1")], Db { answers: answers.into(), ..Db::default() });
    databases.add("portal", &[(Origin::RUN, "run-0")], Db::default());
    let statements = |verb: &str| {
        ["cards", "orgs"].map(|table| format!("{verb} FROM {table} WHERE o = :organization")).to_vec()
    };
    world.environment.database.as_mut().unwrap().obliteration =
        Some(Obliteration { count: statements("SELECT COUNT(*)"), remove: statements("DELETE") });
    (world, databases)
}

fn params(ids: &[&str]) -> Obliterate {
    Obliterate {
        instance: "restored".to_owned(),
        region: None,
        organizations: ids.iter().map(|id| (*id).to_owned()).collect(),
    }
}

async fn planned(world: &World, params: &Obliterate) -> Result<(PlanSummary, String), Failure> {
    let mut body = Vec::new();
    let summary = plan(params, &world.cx(), &mut body).await?;
    Ok((summary, String::from_utf8(body).unwrap()))
}

fn source(plan: &str) -> Source {
    Box::new(std::io::Cursor::new(plan.as_bytes().to_vec()))
}

async fn applied(world: &World, plan: &str) -> (Result<Outcome, Failure>, String) {
    let mut evidence = Vec::new();
    let outcome = apply(source(plan), &world.cx(), &mut evidence).await;
    (outcome, String::from_utf8(evidence).unwrap())
}

async fn verified(world: &World, plan: &str) -> Outcome {
    verify_plan(source(plan), &world.cx(), &mut Vec::new()).await.unwrap()
}

fn refused(failure: Failure) -> String {
    match failure {
        Failure::Refused { why, next } => {
            assert!(next.ends_with('.') && !why.ends_with('.'), "{why}. {next}");
            why
        }
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn what_came_back_is_removed_once_and_in_one_transaction() {
    let (world, databases) = world();
    let (summary, plan) = planned(&world, &params(&["9", "7", "7"])).await.unwrap();
    assert_eq!(summary.headline, "1 of 2 organizations came back: 5 rows will be removed from restored");
    assert_eq!((summary.typed.as_deref(), summary.requests), (Some("restored"), 2));
    let runs: Vec<_> = summary.facts.iter().filter(|f| f.label == "will run").map(|f| &f.value[..]).collect();
    let statements = ["DELETE FROM cards WHERE o = '7'", "DELETE FROM orgs WHERE o = '7'"];
    assert_eq!(runs, statements);
    assert_eq!(verified(&world, &plan).await.headline, "1 of 2 organizations are gone from restored");
    let (outcome, evidence) = applied(&world, &plan).await;
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.headline.as_str(), outcome.outputs["removed"].as_str()),
        ("5 rows of 1 organization removed from restored", "5")
    );
    assert_eq!(evidence.lines().count(), 2);
    let first: serde_json::Value = serde_json::from_str(evidence.lines().next().unwrap()).unwrap();
    assert_eq!(first, json!({ "organization": "7", "statement": statements[0], "rows": 4 }));
    let outcome = verified(&world, &plan).await;
    assert_eq!((outcome.verdict, &outcome.facts[0].value[..]), (Verdict::Passed, "2"));
    let again = applied(&world, &plan).await.0.unwrap();
    assert_eq!(
        (&again.headline[..], &again.outputs["removed"][..]),
        ("Nothing was left to remove from restored", "0")
    );
    databases.with("restored", |_, of| assert_eq!(of.changed, [statements, statements]));
}

#[tokio::test]
async fn nothing_found_is_an_empty_plan() {
    let (world, databases) = world();
    let (summary, plan) = planned(&world, &params(&["9"])).await.unwrap();
    assert_eq!(summary.headline, "Nothing to do: 1 organization looked for in restored, none came back");
    assert_eq!((summary.typed, summary.requests), (None, 0));
    let outcome = applied(&world, &plan).await.0.unwrap();
    assert_eq!(outcome.headline, "Nothing to do: the plan is empty");
    assert_eq!(verified(&world, &plan).await.verdict, Verdict::Passed);
    databases.with("restored", |_, of| assert!(of.changed.is_empty()));
}

#[tokio::test]
async fn what_stays_fails_the_verification() {
    let (world, databases) = world();
    let (_, plan) = planned(&world, &params(&["7", "9"])).await.unwrap();
    applied(&world, &plan).await.0.unwrap();
    let count = "SELECT COUNT(*) FROM cards WHERE o = '9'".to_owned();
    databases.with("restored", |_, of| of.answers.insert(count, single("2")));
    let outcome = verified(&world, &plan).await;
    assert_eq!((outcome.verdict, &outcome.examples[0].key[..]), (Verdict::Failed, "9"));
}

#[tokio::test]
async fn only_what_this_run_made_is_touched() {
    let (world, databases) = world();
    let elsewhere = Obliterate { instance: "portal".to_owned(), ..params(&["7"]) };
    let why = refused(planned(&world, &elsewhere).await.unwrap_err());
    assert_eq!(why, "instance portal was not made by this run");
    let (_, plan) = planned(&world, &params(&["7"])).await.unwrap();
    databases.with("restored", |instance, _| instance.resource_id = "db-other".to_owned());
    assert!(refused(applied(&world, &plan).await.0.unwrap_err()).contains("another one than when"));
    databases.with("restored", |instance, _| instance.settings.tags.clear());
    assert!(refused(applied(&world, &plan).await.0.unwrap_err()).contains("was not made by this run"));
    databases.with("restored", |_, of| assert!(of.changed.is_empty()));
}

#[tokio::test]
async fn odd_ids_and_statements_are_refused() {
    let (mut world, _) = world();
    for id in ["7'", "7\" OR 1", "7\\", "`7`", "7\n", "7\0", &"7".repeat(129)] {
        assert!(
            refused(planned(&world, &params(&[id])).await.unwrap_err()).contains("can't be the id"),
            "{id}"
        );
    }
    assert!(refused(planned(&world, &params(&[])).await.unwrap_err()).contains("no organization is named"));
    assert_eq!(with("a = :organization OR b = :organization", "7-x é"), "a = '7-x é' OR b = '7-x é'");
    let whole = |count: &str, remove: &[&str]| {
        let remove = remove.iter().map(|text| (*text).to_owned()).collect();
        Some(Obliteration { count: vec![count.to_owned()], remove })
    };
    for (obliteration, why) in [
        (None, "does not say how an organization is found"),
        (
            whole("SELECT COUNT(*) FROM c WHERE o = :organization", &[]),
            "does not say how an organization is found",
        ),
        (
            whole("SELECT :organization", &["DELETE FROM cards"]),
            "is not about one organization: DELETE FROM cards",
        ),
        (
            whole("SELECT COUNT(*) FROM c", &["DELETE FROM c WHERE o = :organization"]),
            "is not about one organization",
        ),
    ] {
        world.environment.database.as_mut().unwrap().obliteration = obliteration;
        let said = refused(planned(&world, &params(&["7"])).await.unwrap_err());
        assert!(said.contains(why), "{said}");
    }
}

#[tokio::test]
async fn counts_that_are_none_and_faults_end_it() {
    let (world, databases) = world();
    let count = "SELECT COUNT(*) FROM cards WHERE o = '7'".to_owned();
    databases.with("restored", |_, of| of.answers.insert(count.clone(), single("many")));
    assert!(refused(planned(&world, &params(&["7"])).await.unwrap_err()).contains("gave no whole number"));
    databases.with("restored", |_, of| of.answers.insert(count, single("4")));
    let (_, plan) = planned(&world, &params(&["7"])).await.unwrap();
    let remove = "DELETE FROM orgs WHERE o = '7'".to_owned();
    databases.with("restored", |_, of| of.faults.insert(remove, PortErrorKind::Denied));
    let failure = applied(&world, &plan).await.0.unwrap_err();
    assert!(matches!(failure, Failure::Port(error) if error.kind == PortErrorKind::Denied));
    world.stop.store(true, Ordering::Relaxed);
    assert!(matches!(applied(&world, &plan).await.0, Err(Failure::Stopped { .. })));
    assert!(matches!(planned(&world, &params(&["7"])).await, Err(Failure::Stopped { .. })));
    databases.with("restored", |_, of| assert!(of.changed.is_empty()));
}
