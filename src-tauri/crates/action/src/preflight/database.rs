//! The probes of a database instance: what is left of it to restore from, and the keys that lock it.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use serde_json::json;

use super::{Report, probe};
use crate::plan::{Context, Fact, Failure, Sink};
use crate::port::{AutomatedBackup, Instance, KeyState, PortError, Snapshot, SnapshotKind};
use crate::words;

/// How far back events are asked for: enough to see what happened to the instance today.
const EVENTS: SignedDuration = SignedDuration::from_hours(24);

/// Asks RDS for everything that a restore of the instance will, and KMS for the state of every key that locks its
/// backups. An instance that isn't there fails no probe: that is what the runbook is for.
pub(super) async fn probe_all(
    id: &str,
    cx: &Context<'_>,
    evidence: Sink<'_>,
    report: &mut Report,
) -> Result<(), Failure> {
    let databases = &*cx.ports.databases;
    let home = cx.environment.region.as_str();
    let copies = cx.environment.database.as_ref().and_then(|database| database.copies_in.as_deref());
    let mut keys = BTreeSet::new();

    let answer = databases.instance(home, id).await.map(|answer| answer.value);
    let region = match (answer, copies.filter(|copies| *copies != home)) {
        // A region that is lost takes none of the others with it.
        (Err(error), Some(copies)) if error.kind.is_transient() => {
            note(&error, evidence)?;
            report.lost(home, copies);
            copies
        }
        (answer, _) => {
            if let Some(found) = probe("database instance", answer, evidence, report)? {
                keys.extend(found.as_ref().and_then(|instance| instance.kms_key.clone()));
                report.instance(id, found.as_ref());
            }
            home
        }
    };
    let answer = databases.snapshots(region, id).await;
    if let Some(found) = probe("snapshots", answer, evidence, report)? {
        // The key of a snapshot that another account shares is that account's to look at.
        let ours = found.iter().filter(|snapshot| snapshot.kind != SnapshotKind::Shared);
        keys.extend(ours.filter_map(|snapshot| snapshot.kms_key.clone()));
        report.snapshots(&found);
    }
    let answer = databases.automated_backups(region, id).await;
    if let Some(found) = probe("automated backups", answer, evidence, report)? {
        keys.extend(found.iter().filter_map(|backup| backup.kms_key.clone()));
        report.automated_backups(&found);
    }
    let since = cx.now.saturating_sub(EVENTS).unwrap_or(cx.now);
    let answer = databases.events(region, id, since).await.map(|answer| answer.value);
    if let Some(events) = probe("events", answer, evidence, report)? {
        report.facts.push(Fact::new("events, last 24 h", words::of(events.len() as u64, "event", "events")));
    }
    for key in keys {
        let answer = databases.key(region, &key).await;
        if let Some(state) = probe("encryption key", answer, evidence, report)? {
            report.key(&state);
        }
    }
    Ok(())
}

/// Writes down a probe that had no answer.
fn note(error: &PortError, evidence: Sink<'_>) -> Result<(), Failure> {
    let line = json!({
        "probe": "database instance",
        "result": "no answer",
        "error": error.to_string(),
        "request_id": error.request_id,
    });
    Ok(writeln!(evidence, "{line}")?)
}

impl Report {
    fn lost(&mut self, home: &str, copies: &str) {
        self.facts.push(Fact::new("instance", format!("no answer from {home}")));
        self.notes.push(format!(
            "RDS in {home} does not answer, so only what lies in {copies} was looked at. Look at the AWS Health \
             Dashboard: if {home} stays away, the database can be restored in {copies}; `database.survey` says to when."
        ));
    }

    fn instance(&mut self, id: &str, found: Option<&Instance>) {
        self.facts.push(Fact::new("instance", found.map_or("not there", |instance| &instance.status)));
        if found.is_none() {
            self.notes.push(format!(
                "There is no instance {id}: it was deleted or renamed; `database.survey` says what is left."
            ));
        }
    }

    fn snapshots(&mut self, found: &[Snapshot]) {
        let newest = found.iter().filter_map(|snapshot| snapshot.taken).max();
        let count = words::of(found.len() as u64, "snapshot", "snapshots");
        self.facts.push(Fact::new(
            "snapshots",
            match newest {
                Some(newest) => format!("{count}, the newest of {}", words::time(newest)),
                None => count,
            },
        ));
    }

    fn automated_backups(&mut self, found: &[AutomatedBackup]) {
        let windows = found.iter().filter_map(|backup| Some((backup.earliest?, backup.latest?)));
        let window = windows.reduce(|(from, to), (earliest, latest)| (from.min(earliest), to.max(latest)));
        self.facts.push(Fact::new(
            "automated backups",
            match window {
                Some((from, to)) => format!("from {} to {}", words::time(from), words::time(to)),
                None if found.is_empty() => "none".to_owned(),
                None => "there are some; RDS gives no restore window".to_owned(),
            },
        ));
        if found.is_empty() {
            self.notes.push(
                "There are no automated backups in this region, so there is no moment to go back to here: \
                 `database.survey` says what else is left."
                    .to_owned(),
            );
        }
    }

    fn key(&mut self, key: &KeyState) {
        self.facts.push(Fact::new("encryption key", format!("{}, {}", key.state, key.arn)));
        match key.state.as_str() {
            "Enabled" => {}
            "Disabled" => self.wrong(
                format!("Key {} is disabled, so nothing that it encrypts can be restored", key.arn),
                "Ask whoever owns the key to enable it (kms:EnableKey).",
            ),
            "PendingDeletion" => self.wrong(
                format!(
                    "Key {} is about to be deleted{}; what it encrypts is lost then",
                    key.arn,
                    key.deletion.map(|at| format!(", on {}", words::time(at))).unwrap_or_default()
                ),
                "Ask whoever owns the key to cancel its deletion today (kms:CancelKeyDeletion), and then to enable it \
                 (kms:EnableKey).",
            ),
            state => self.wrong(
                format!("Key {} is in state {state}, so nothing that it encrypts can be restored", key.arn),
                "Ask whoever owns the key to bring it back to state Enabled.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use async_trait::async_trait;
    use jiff::Timestamp;

    use super::*;
    use crate::photos::fake::World;
    use crate::plan::{Outcome, Verdict};
    use crate::port::*;
    use crate::preflight::Preflight;

    const KEY: &str = "arn:aws:kms:us-east-1:000000000000:key/k";

    /// A region with an instance's backups in it. What no probe may ask for is not there.
    struct Region {
        living: bool,
        backups: bool,
        key: &'static str,
        denied: &'static str,
        /// The home region doesn't answer.
        lost: bool,
    }

    const WELL: Region = Region { living: true, backups: true, key: "Enabled", denied: "", lost: false };

    impl Region {
        fn may<T>(&self, operation: &str, value: T) -> Result<T, PortError> {
            if self.denied != operation {
                return Ok(value);
            }
            let message = format!("the credentials may not do this: it takes rds:{operation}");
            Err(error(PortErrorKind::Denied, operation, &message))
        }
    }

    fn error(kind: PortErrorKind, operation: &str, message: &str) -> PortError {
        PortError {
            kind,
            operation: operation.to_owned(),
            target: "portal".to_owned(),
            message: message.to_owned(),
            request_id: Some("R1".to_owned()),
            next: "Ask an administrator to allow it.".to_owned(),
        }
    }

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    #[async_trait]
    impl DatabaseService for Region {
        async fn instance(&self, region: &str, id: &str) -> Result<Answer<Option<Instance>>, PortError> {
            if self.lost && region == "us-east-1" {
                return Err(error(PortErrorKind::Unavailable, "DescribeDBInstances", "the service failed"));
            }
            let instance = Instance {
                id: id.to_owned(),
                arn: String::new(),
                resource_id: "db-1".to_owned(),
                status: "available".to_owned(),
                settings: Settings::default(),
                endpoint: None,
                encrypted: true,
                kms_key: Some(KEY.to_owned()),
                created: None,
                latest_restorable: None,
                pending: Vec::new(),
                replicas: Vec::new(),
                managed_secret: None,
            };
            let value = Some(instance).filter(|_| self.living);
            self.may("DescribeDBInstances", Answer { value, request_id: None })
        }

        async fn snapshots(&self, region: &str, instance: &str) -> Result<Vec<Snapshot>, PortError> {
            let snapshot = |kind, taken, key: &str| Snapshot {
                id: "s".to_owned(),
                arn: String::new(),
                kind,
                status: "available".to_owned(),
                percent: 100,
                taken: at(taken),
                instance: instance.to_owned(),
                resource_id: None,
                region: region.to_owned(),
                source_region: None,
                engine: "mysql".to_owned(),
                engine_version: "8.0.39".to_owned(),
                allocated_gib: 20,
                encrypted: true,
                kms_key: Some(key.to_owned()),
                option_group: None,
            };
            let found = vec![
                snapshot(SnapshotKind::Manual, 60, KEY),
                snapshot(SnapshotKind::Shared, 0, "arn:aws:kms:us-east-1:999999999999:key/theirs"),
            ];
            self.may("DescribeDBSnapshots", if self.backups { found } else { Vec::new() })
        }

        async fn automated_backups(&self, region: &str, id: &str) -> Result<Vec<AutomatedBackup>, PortError> {
            let backup = AutomatedBackup {
                arn: String::new(),
                instance: id.to_owned(),
                resource_id: "db-1".to_owned(),
                status: "active".to_owned(),
                region: region.to_owned(),
                source_region: region.to_owned(),
                earliest: at(0),
                latest: at(3600),
                encrypted: true,
                kms_key: Some(KEY.to_owned()),
                settings: Settings::default(),
            };
            let found = if self.backups { vec![backup] } else { Vec::new() };
            self.may("DescribeDBInstanceAutomatedBackups", found)
        }

        async fn events(
            &self,
            _: &str,
            _: &str,
            since: Timestamp,
        ) -> Result<Answer<Vec<InstanceEvent>>, PortError> {
            let value = vec![InstanceEvent { at: since, message: "Backing up".to_owned() }];
            self.may("DescribeEvents", Answer { value, request_id: None })
        }

        async fn key(&self, _: &str, key: &str) -> Result<KeyState, PortError> {
            assert_eq!(key, KEY, "each key once, and none of another account");
            let deletion = at(86_400).filter(|_| self.key == "PendingDeletion");
            self.may("DescribeKey", KeyState { arn: key.to_owned(), state: self.key.to_owned(), deletion })
        }

        async fn instances(&self, _: &str) -> Result<Answer<Vec<Instance>>, PortError> {
            unreachable!()
        }
        async fn snapshot(&self, _: &str, _: &str) -> Result<Answer<Option<Snapshot>>, PortError> {
            unreachable!()
        }
        async fn group(&self, _: &str, _: GroupKind, _: &str) -> Result<Option<Group>, PortError> {
            unreachable!()
        }
        async fn proxies(&self, _: &str, _: &str) -> Result<Vec<String>, PortError> {
            unreachable!()
        }
        async fn restore(&self, _: &str, _: &RestoreOrder) -> Result<Answer<Instance>, PortError> {
            unreachable!()
        }
        async fn copy_snapshot(&self, _: &str, _: &CopyOrder) -> Result<Answer<Snapshot>, PortError> {
            unreachable!()
        }
        async fn modify(&self, _: &str, _: &str, _: &Change) -> Result<Answer<Instance>, PortError> {
            unreachable!()
        }
        async fn delete(&self, _: &str, _: &str) -> Result<Answer<()>, PortError> {
            unreachable!()
        }
    }

    async fn run(region: Region) -> (Outcome, String) {
        let world = World::new();
        let cx = world.cx();
        let ports = Ports { databases: Arc::new(region), ..cx.ports.clone() };
        let preflight =
            Preflight { bucket: None, prefix: String::new(), instance: Some("portal".to_owned()) };
        let mut evidence = Vec::new();
        let outcome = preflight.run(&Context { ports: &ports, ..cx }, &mut evidence).await.unwrap();
        (outcome, String::from_utf8(evidence).unwrap())
    }

    #[tokio::test]
    async fn what_a_restore_will_need_is_probed() {
        let (outcome, evidence) = run(WELL).await;
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        assert_eq!(
            outcome.headline,
            "The credentials belong to account 000000000000, as environment practice expects, and the backups of portal can \
             be read"
        );
        let facts: Vec<_> = outcome.facts[3..].iter().map(|f| format!("{}: {}", f.label, f.value)).collect();
        assert_eq!(
            facts,
            [
                "instance: available",
                "snapshots: 2 snapshots, the newest of 1970-01-01 00:01:00 UTC",
                "automated backups: from 1970-01-01 00:00:00 UTC to 1970-01-01 01:00:00 UTC",
                "events, last 24 h: 1 event",
                "encryption key: Enabled, arn:aws:kms:us-east-1:000000000000:key/k",
            ]
        );
        assert_eq!((outcome.notes.len(), evidence.lines().count()), (0, 6));
    }

    #[tokio::test]
    async fn an_instance_that_is_gone_fails_nothing() {
        let (outcome, _) = run(Region { living: false, backups: false, ..WELL }).await;
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        assert_eq!(
            outcome.notes[0],
            "There is no instance portal: it was deleted or renamed; `database.survey` says what is left."
        );
        assert!(outcome.notes[1].starts_with("There are no automated backups in this region"), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_lost_region_is_said_and_the_copies_are_looked_at() {
        let (outcome, evidence) = run(Region { lost: true, ..WELL }).await;
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        assert!(outcome.notes[0].starts_with("RDS in us-east-1 does not answer"), "{outcome:?}");
        let facts: Vec<_> = outcome.facts[3..5].iter().map(|f| format!("{}: {}", f.label, f.value)).collect();
        assert_eq!(facts[0], "instance: no answer from us-east-1");
        assert!(facts[1].starts_with("snapshots: 2 snapshots"), "{facts:?}");
        assert!(evidence.contains("\"no answer\""), "{evidence}");
    }

    #[tokio::test]
    async fn a_key_that_cannot_be_used_fails() {
        for (key, headline, next) in [
            ("Disabled", "is disabled, so nothing", "kms:EnableKey"),
            (
                "PendingDeletion",
                "is about to be deleted, on 1970-01-02 00:00:00 UTC;",
                "kms:CancelKeyDeletion",
            ),
            ("Unavailable", "is in state Unavailable", "state Enabled"),
        ] {
            let (outcome, _) = run(Region { key, ..WELL }).await;
            assert_eq!(outcome.verdict, Verdict::Failed);
            assert!(outcome.headline.contains(headline), "{outcome:?}");
            assert!(outcome.notes[0].contains(next), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn what_may_not_be_asked_is_a_failed_probe() {
        for (denied, probe) in [
            ("DescribeDBInstances", "database instance"),
            ("DescribeDBSnapshots", "snapshots"),
            ("DescribeDBInstanceAutomatedBackups", "automated backups"),
            ("DescribeEvents", "events"),
            ("DescribeKey", "encryption key"),
        ] {
            let (outcome, evidence) = run(Region { denied, ..WELL }).await;
            assert_eq!(outcome.verdict, Verdict::Failed);
            assert_eq!(
                outcome.headline,
                format!(
                    "The probe \"{probe}\" failed: {denied} on portal: the credentials may not do this: it takes \
                     rds:{denied}"
                )
            );
            assert_eq!((outcome.notes.len(), evidence.lines().count()), (1, 6));
        }
    }
}
