//! The runbooks of the Portal DB from their first step to their last, on each scenario of the practice range, with real
//! databases behind it: what comes back is what was committed before the moment, and the loss is right to the second.

use std::collections::BTreeMap;

use jiff::Timestamp;
use range::data::Digest;
use range::rds::{Behind as _, Instance};
use run::{Event, Run, State, StepState, Work};

use super::Desk;
use crate::support::cli::Ran;
use crate::support::practice::Practice;

const HOME: &str = "us-east-1";
const AWAY: &str = "us-west-2";

/// Answers to every step of `restore-portal-db`, and to those that `restore-portal` has besides.
const ANSWERS: [(&str, &str); 25] = [
    ("stop-writers", "{ done: true }"),
    ("front-end", "{ done: true, record: both are damaged }"),
    ("first-damage", "{ done: true, record: \"2026-11-24T03:02:00Z\" }"),
    ("right-thing", "{ choose: \"yes\", by: Dana }"),
    ("obliteration", "{ done: true, record: none, by: Dana }"),
    ("restore", "{ approve: true, by: Dana }"),
    ("came-back", "{ choose: \"no\", by: Dana }"),
    ("obliterate", "{ approve: true, by: Dana }"),
    ("restore-photos", "{ approve: true, by: Dana }"),
    ("photos-agree", "{ choose: \"yes\" }"),
    ("restore-named", "{ approve: true, by: Dana }"),
    ("photos-good", "{ choose: \"yes\", by: Dana }"),
    ("photos-differ", "{ done: true, record: looked for in the replica }"),
    ("look", "{ done: true, record: ten records, by: Dana }"),
    ("cutover", "{ approve: true, by: Dana }"),
    ("reopen", "{ done: true }"),
    ("works", "{ choose: \"yes\", by: Dana }"),
    ("go-back", "{ approve: true, by: Dana }"),
    ("service-back", "{ done: true, record: \"2026-11-24T09:40:00Z\" }"),
    ("customers", "{ choose: \"yes\", by: Dana }"),
    ("notify-customers", "{ done: true }"),
    ("deletions", "{ done: true }"),
    ("follow-up", "{ done: true }"),
    ("rehearsed", "{ choose: \"no\" }"),
    ("close", "{ done: true }"),
];

/// A scenario, and a desk whose `practice` it is.
struct Scene {
    desk: Desk,
    practice: Practice,
    runbook: &'static str,
    answers: BTreeMap<&'static str, String>,
    more: Vec<String>,
}

impl Scene {
    fn new(scenario: &str) -> Self {
        let desk = Desk::new();
        let practice = Practice::of(desk.path(), scenario);
        let answers = ANSWERS.map(|(step, answer)| (step, answer.to_owned())).into();
        Self { desk, practice, runbook: "restore-portal-db", answers, more: Vec::new() }
    }

    /// Gives another answer to a step.
    fn answer(mut self, step: &'static str, answer: &str) -> Self {
        self.answers.insert(step, answer.to_owned());
        self
    }

    /// Gives a parameter.
    fn set(mut self, value: &str) -> Self {
        self.more.extend(["--set".to_owned(), value.to_owned()]);
        self
    }

    fn outage(&self) -> Timestamp {
        self.practice.range.ready().database.as_ref().unwrap().outage.unwrap()
    }

    fn run(&self) -> Ran {
        let source = runbook::library::Library::new(self.desk.path()).open(self.runbook).unwrap();
        let steps = runbook::parse(&source.text, &source.name).runbook.unwrap();
        let known = self.answers.iter().filter(|(step, _)| steps.step(&(**step).into()).is_some());
        let text: String = known.map(|(step, answer)| format!("{step}: {answer}\n")).collect();
        let answers = self.desk.file("answers.yaml", &text);
        let (at, outage) =
            (format!("restore_to={}", self.practice.all_was_well()), format!("outage={}", self.outage()));
        let more: Vec<&str> = self.more.iter().map(String::as_str).collect();
        let args =
            ["run", self.runbook, "--mode", "exercise", "--env", "practice", "--set", &at, "--set", &outage];
        self.desk.lifeboat.run(&[&args[..], &["--answers", &answers, "--as", "Sam"], &more[..]].concat())
    }

    /// Follows the runbook to its end.
    #[track_caller]
    fn followed(&self) -> Run {
        let ran = self.run().ended_with(0);
        assert_eq!(ran.stderr, "");
        self.desk.lifeboat.run(&["verify"]).ended_with(0);
        let run = self.desk.run();
        assert!(matches!(run.state(), State::Finished(_)));
        run
    }

    fn instance(&self, region: &str, id: &str) -> Option<Instance> {
        self.practice.range.rds().instances(region).into_iter().find(|instance| instance.id == id)
    }

    fn names(&self, region: &str) -> Vec<String> {
        self.practice.range.rds().instances(region).into_iter().map(|instance| instance.id).collect()
    }

    /// What an instance holds now.
    #[track_caller]
    fn rows(&self, region: &str, id: &str) -> Digest {
        let servers = self.practice.range.servers().unwrap();
        let database = self.instance(region, id).unwrap().database.unwrap();
        servers.digest(servers.port(database).unwrap()).unwrap()
    }

    /// What the database held at the good moment.
    fn good(&self) -> &Digest {
        &self.practice.range.database_digests()[&self.practice.all_was_well()]
    }

    /// The restored instance has the name, is protected and tagged, holds exactly the rows of the good moment, and the
    /// loss that was computed is the one there is.
    #[track_caller]
    fn is_restored(&self, run: &Run, region: &str) {
        assert_eq!(self.rows(region, "portal"), *self.good());
        let portal = self.instance(region, "portal").unwrap();
        assert!(portal.settings.deletion_protection && portal.settings.backup_days == 7, "{portal:?}");
        assert_eq!(portal.settings.tags["lifeboat:run"], run.id().as_str());
        assert!(
            portal.settings.multi_az && portal.settings.monitoring_seconds == 60 && portal.settings.insights
        );
        self.lost_to_the_second(run);
    }

    #[track_caller]
    fn lost_to_the_second(&self, run: &Run) {
        let said = output(run, "verify", "achieved_rpo");
        let lost = self.outage().duration_since(self.practice.all_was_well());
        let said = runbook::value::duration(&said).unwrap();
        assert_eq!(said.as_secs(), lost.as_secs().cast_unsigned(), "{said:?} {lost:?}");
    }
}

/// What a step's action left for later ones.
#[track_caller]
fn output(run: &Run, step: &str, name: &str) -> String {
    run.output(&step.into(), name).unwrap_or_else(|| panic!("{step} has no {name}")).to_owned()
}

#[test]
fn a_migration_that_blanked_a_column_is_undone() {
    let scene = Scene::new("bad-migration");
    let before = scene.instance(HOME, "portal").unwrap();
    let damaged = scene.rows(HOME, "portal");
    let run = scene.followed();
    scene.is_restored(&run, HOME);
    let kept = output(&run, "cutover", "kept");
    assert_eq!(scene.names(HOME), ["portal".to_owned(), kept.clone()]);
    let old = scene.instance(HOME, &kept).unwrap();
    assert_eq!(old.resource_id, before.resource_id);
    assert_eq!(scene.rows(HOME, &kept), damaged, "the damaged one stays as evidence");
    // Each state and event that RDS told of is in the journal, with the request that told it.
    let told: Vec<_> = scene
        .desk
        .events()
        .into_iter()
        .filter_map(|event| match event {
            Event::Happened { happening, .. } => Some(happening),
            _ => None,
        })
        .collect();
    for word in [
        "asked RDS to make it",
        "creating",
        "available",
        "Restored from",
        "renaming",
        "deletion protection on",
    ] {
        assert!(told.iter().any(|happening| happening.said.contains(word)), "{word}: {told:?}");
    }
    assert!(told.iter().all(|happening| happening.request_id.is_some()), "{told:?}");
    let timeline = scene.desk.lifeboat.run(&["timeline", run.id().as_str(), "--format", "md"]).ended_with(0);
    assert!(timeline.stdout.contains("creating (request "), "{}", timeline.stdout);
}

#[test]
fn a_dropped_table_is_there_again() {
    let scene = Scene::new("dropped-table");
    let run = scene.followed();
    scene.is_restored(&run, HOME);
}

/// Retained backups know no groups: the inventory that was taken before does.
#[test]
fn a_deleted_instance_comes_back_from_its_retained_backups_set_up_as_the_inventory_says() {
    let scene = Scene::new("bad-migration");
    let taken = scene.desk.lifeboat.run(&["inventory", "--env", "practice"]).ended_with(0);
    assert!(taken.stdout.contains("portal: mysql 8.0.39, db.m6g.large"), "{}", taken.stdout);
    assert!(
        taken.stdout.contains("card_records: ") && taken.stdout.contains("portal-mysql80"),
        "{}",
        taken.stdout
    );
    let before = scene.instance(HOME, "portal").unwrap();
    scene.practice.range.rds().delete_instance_behind(HOME, "portal", true);
    let run = scene.followed();
    scene.is_restored(&run, HOME);
    let portal = scene.instance(HOME, "portal").unwrap();
    assert_eq!(portal.settings.parameter_group, before.settings.parameter_group);
    assert_eq!(portal.settings.subnet_group, before.settings.subnet_group);
    assert_eq!(portal.settings.security_groups, before.settings.security_groups);
    let summary = scene.desk.events().into_iter().find_map(|event| match event {
        Event::PlanReady { summary, .. } => Some(summary),
        _ => None,
    });
    let facts = summary.unwrap().facts;
    let group = facts.iter().find(|fact| fact.label.contains("parameter group")).unwrap();
    assert!(group.value.contains("inventory of"), "{group:?}");
}

#[test]
fn without_an_inventory_a_deleted_instance_comes_back_all_the_same_and_the_plan_warns() {
    let scene = Scene::new("instance-deleted");
    let run = scene.followed();
    assert_eq!(scene.rows(HOME, "portal"), *scene.good());
    scene.lost_to_the_second(&run);
    let warned = scene.desk.events().into_iter().any(|event| match event {
        Event::PlanReady { summary, .. } => summary.warnings.iter().any(|warning| warning.contains("group")),
        _ => false,
    });
    assert!(warned, "nobody knows the groups, and the plan says so");
}

#[test]
fn when_the_region_is_lost_the_copy_in_the_other_is_made_the_portals() {
    let scene = Scene::new("region-lost")
        .answer("restore", "{ approve: true, by: Dana, with: { region: us-west-2 } }");
    let run = scene.followed();
    assert_eq!(scene.rows(AWAY, "portal"), *scene.good());
    assert_eq!(scene.names(AWAY), ["portal"]);
    scene.lost_to_the_second(&run);
}

#[test]
fn the_whole_portal_comes_back_and_what_was_obliterated_does_not() {
    let mut scene = Scene::new("portal-down")
        .answer("restore", "{ approve: true, by: Dana, with: { target: portal-drill } }")
        .answer("came-back", "{ choose: \"yes\", by: Dana }")
        .answer(
            "obliterate",
            "{ approve: true, by: Dana, typed: portal-drill, with: { organizations: ORG-1007 } }",
        )
        .answer("restore-photos", "{ approve: true, by: Dana, with: { exclude: photos/org-cedar-clinic/ } }");
    scene.runbook = "restore-portal";
    let run = scene.followed();
    // Of the good moment's rows only those of the obliterated organization are not there.
    let (good, now) = (scene.good().clone(), scene.rows(HOME, "portal"));
    let count = |digest: &Digest| digest.tables.values().map(|table| table.rows).sum::<usize>();
    let removed: usize = output(&run, "obliterate", "removed").parse().unwrap();
    assert!(removed > 1000, "{removed}");
    assert_eq!(count(&good) - count(&now), removed);
    assert_eq!(good.tables["organizations"].rows - now.tables["organizations"].rows, 1);
    scene.lost_to_the_second(&run);
    let photos = scene.practice.range.store().snapshot();
    assert!(photos.iter().all(|photo| !photo.key.contains("cedar-clinic")), "no photo of it is back");
    assert_eq!(output(&run, "restore-photos", "restored"), "540");
    assert_eq!(output(&run, "reconcile", "missing"), "0");
    assert_eq!(output(&run, "verify-photos", "missing"), "0");
}

/// A way back, and a drill that leaves nothing behind.
#[test]
fn names_are_given_back_and_what_a_drill_made_is_thrown_away() {
    let scene = Scene::new("bad-migration").answer("works", "{ choose: \"no\", by: Dana }");
    let before = scene.instance(HOME, "portal").unwrap();
    let run = scene.followed();
    let portal = scene.instance(HOME, "portal").unwrap();
    assert_eq!(portal.resource_id, before.resource_id, "the old one has its name again");
    assert_eq!(scene.names(HOME), ["portal".to_owned(), output(&run, "restore", "instance")]);
    drop(scene);

    let scene = Scene::new("dropped-table")
        .set("serve_as=portal-drill")
        .answer("rehearsed", "{ choose: \"yes\" }")
        .answer("discard", "{ approve: true, by: Dana, typed: portal-drill }");
    let before = scene.instance(HOME, "portal").unwrap();
    let run = scene.followed();
    assert_eq!(scene.names(HOME), ["portal"], "the drill's instance is gone");
    assert_eq!(scene.instance(HOME, "portal").unwrap().resource_id, before.resource_id);
    let discard = run.step(&"discard".into());
    assert!(matches!((&discard.state, &discard.work), (StepState::Done, Work::Verified { .. })));
}
