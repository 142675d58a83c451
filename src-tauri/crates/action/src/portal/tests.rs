use std::sync::Mutex;
use std::sync::atomic::Ordering;

use super::*;
use crate::database::rows_fake::{Databases, at, error};
use crate::photos::fake::World;
use crate::port::PortErrorKind;

const URL: &str = "https://portal.example";

fn page(status: u16, body: &str) -> Page {
    Page {
        status,
        location: None,
        body: body.to_owned(),
        tls: "TLSv1.3".to_owned(),
        certificate_ends: at("03:00:00") + SignedDuration::from_hours(24 * 38 + 5),
        issuer: "CN=Example".to_owned(),
        took: Duration::from_millis(1132),
    }
}

fn probe_of(within: Option<u64>) -> Probe {
    let contains = Some("Sign in".to_owned());
    Probe { url: URL.to_owned(), status: 200, contains, within: within.map(Duration::from_secs) }
}

/// The outcome, and what was recorded on the way.
async fn run(world: &World, params: &Probe) -> (Result<Outcome, Failure>, Vec<String>) {
    let said = Mutex::new(Vec::new());
    let record = |happening: Happening| {
        said.lock().unwrap().push(happening.said);
        Ok(())
    };
    let cx = Context { record: &record, ..world.cx() };
    let outcome = probe(params, &cx, &mut Vec::new()).await;
    (outcome, said.into_inner().unwrap())
}

#[tokio::test]
async fn a_page_as_it_should_be_passes() {
    let (world, databases) = Databases::world();
    *databases.pages() = vec![Ok(page(200, "<h1>Sign in</h1>"))];
    let (outcome, said) = run(&world, &probe_of(None)).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.headline, "https://portal.example answers 200 over TLSv1.3 in 1,132 ms");
    let outputs: Vec<_> = outcome.outputs.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(outputs, ["certificate_days=38", "latency_ms=1132", "status=200"]);
    assert_eq!((outcome.verdict, outcome.notes.len(), said.len()), (Verdict::Passed, 0, 0));
}

#[tokio::test]
async fn another_page_fails() {
    let (world, databases) = Databases::world();
    for (answer, said) in
        [(page(503, "Sign in"), "503, not 200"), (page(200, "Jane Doe"), "200 without the text \"Sign in\"")]
    {
        *databases.pages() = vec![Ok(answer)];
        let outcome = run(&world, &probe_of(None)).await.0.unwrap();
        assert_eq!(outcome.verdict, Verdict::Failed);
        assert_eq!(outcome.headline, format!("{URL} answers {said}"));
    }
    let moved = Page { location: Some("https://elsewhere/\n".to_owned()), ..page(302, "") };
    *databases.pages() = vec![Ok(moved)];
    let outcome = run(&world, &probe_of(None)).await.0.unwrap();
    assert!(outcome.notes[1].starts_with("It redirects to https://elsewhere/ ;"), "{outcome:?}");
}

#[tokio::test]
async fn a_certificate_that_ends_soon_is_noted() {
    let (world, databases) = Databases::world();
    for (hours, days, notes) in [(14 * 24, "14", 0), (14 * 24 - 1, "13", 1), (30, "1", 1), (5, "0", 1)] {
        let certificate_ends = at("03:00:00") + SignedDuration::from_hours(hours);
        *databases.pages() = vec![Ok(Page { certificate_ends, ..page(200, "Sign in") })];
        let outcome = run(&world, &probe_of(None)).await.0.unwrap();
        let given = &outcome.outputs["certificate_days"][..];
        assert_eq!((outcome.verdict, given, outcome.notes.len()), (Verdict::Passed, days, notes));
    }
}

#[tokio::test]
async fn it_asks_until_it_does_and_records_each_change() {
    let (world, databases) = Databases::world();
    let unreachable = || Err(error(PortErrorKind::Unreachable, URL));
    *databases.pages() =
        vec![unreachable(), unreachable(), Ok(page(503, "")), Ok(page(503, "")), Ok(page(200, "Sign in"))];
    let (outcome, said) = run(&world, &probe_of(Some(600))).await;
    let outcome = outcome.unwrap();
    assert_eq!(outcome.verdict, Verdict::Passed);
    assert!(outcome.facts.iter().any(|fact| fact.label == "asked" && fact.value == "5 times"));
    let said: Vec<_> = said.iter().map(|line| line.trim_start_matches(URL)).collect();
    assert_eq!(said, [": no answer: Unreachable", ": 503, not 200", ": 200"]);
}

#[tokio::test]
async fn time_runs_out() {
    let (world, databases) = Databases::world();
    *databases.pages() = vec![Ok(page(503, ""))];
    let outcome = run(&world, &probe_of(Some(60))).await.0.unwrap();
    assert_eq!((outcome.verdict, &outcome.facts[5].value[..]), (Verdict::Failed, "4 times"));
    *databases.pages() = vec![Err(error(PortErrorKind::Unreachable, URL))];
    let failure = run(&world, &probe_of(Some(60))).await.0.unwrap_err();
    assert!(matches!(failure, Failure::Port(error) if error.kind == PortErrorKind::Unreachable));
}

#[tokio::test]
async fn what_waiting_does_not_mend_ends_it_at_once() {
    let (world, databases) = Databases::world();
    *databases.pages() = vec![Err(error(PortErrorKind::Other, URL)), Ok(page(200, "Sign in"))];
    let (outcome, said) = run(&world, &probe_of(Some(600))).await;
    assert!(matches!(outcome, Err(Failure::Port(error)) if error.kind == PortErrorKind::Other));
    assert_eq!(said, Vec::<String>::new());
    let plain = Probe { url: "http://portal.example".to_owned(), ..probe_of(None) };
    assert!(matches!(run(&world, &plain).await.0, Err(Failure::Refused { .. })));
}

#[tokio::test]
async fn it_stops_when_asked() {
    let (world, databases) = Databases::world();
    *databases.pages() = vec![Ok(page(503, ""))];
    // The fake clock sets the stop an hour later.
    let (outcome, said) = run(&world, &probe_of(Some(86_400))).await;
    assert!(matches!(outcome, Err(Failure::Stopped { .. })));
    assert_eq!(said.len(), 1);
    assert!(world.stop.load(Ordering::Relaxed));
}
