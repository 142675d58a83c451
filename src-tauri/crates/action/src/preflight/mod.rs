//! `aws.preflight`: who am I, is it the expected account, do harmless probes of what the runbook needs succeed.

use std::collections::BTreeMap;

use serde_json::json;

use crate::environment::US_REGIONS;
use crate::plan::{Context, Fact, Failure, Outcome, Sink, Verdict};
use crate::port::{BucketFacts, CLOCKS_DISAGREE, Caller, PortError, PortErrorKind, VersionPage, Versioning};
use crate::spec::Values;
use crate::{ParamError, words};

mod database;

/// What to probe besides the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    /// A bucket whose reach and protections are checked.
    pub bucket: Option<String>,
    /// The keys to list one of.
    pub prefix: String,
    /// A database instance whose backups and keys are checked.
    pub instance: Option<String>,
}

/// What the probes found so far.
#[derive(Default)]
struct Report {
    facts: Vec<Fact>,
    notes: Vec<String>,
    outputs: BTreeMap<String, String>,
    /// What is wrong, in one line each; the first is the headline.
    wrong: Vec<String>,
}

impl Report {
    fn wrong(&mut self, why: impl Into<String>, next: impl Into<String>) {
        self.wrong.push(why.into());
        self.notes.push(next.into());
    }

    fn outcome(self, good: String) -> Outcome {
        Outcome {
            verdict: if self.wrong.is_empty() { Verdict::Passed } else { Verdict::Failed },
            headline: self.wrong.into_iter().reduce(|all, why| format!("{all}; {why}")).unwrap_or(good),
            facts: self.facts,
            outputs: self.outputs,
            notes: self.notes,
            examples: Vec::new(),
            moments: None,
        }
    }
}

impl Preflight {
    pub(crate) fn from_values(values: &Values<'_>) -> Result<Self, ParamError> {
        Ok(Self {
            bucket: values.text("bucket").map(str::to_owned),
            prefix: values.text("prefix").unwrap_or_default().to_owned(),
            instance: values.text("instance").map(str::to_owned),
        })
    }

    /// Probes the account first, and nothing else when it is the wrong one. A refused probe is an outcome; no answer
    /// and bad credentials are a [`Failure`], because then nothing can be said.
    pub(crate) async fn run(&self, cx: &Context<'_>, evidence: Sink<'_>) -> Result<Outcome, Failure> {
        let mut report = Report::default();
        let env = cx.environment;
        let Some(caller) = probe("who am I", cx.ports.identity.whoami().await, evidence, &mut report)? else {
            return Ok(report.outcome(String::new()));
        };
        report.identity(cx, &caller);
        if !report.wrong.is_empty() {
            return Ok(report.outcome(String::new()));
        }
        if let Some(bucket) = &self.bucket {
            let store = &*cx.ports.photos;
            let facts = probe("bucket protections", store.bucket(bucket).await, evidence, &mut report)?;
            if let Some(facts) = facts {
                report.bucket(bucket, &facts);
            }
            let page = store.list_versions(bucket, &self.prefix, None, Some(1)).await;
            if let Some(page) = probe("list one key", page, evidence, &mut report)? {
                report.listing(bucket, &self.prefix, &page);
            }
            let photos = env.photos.as_ref().filter(|photos| photos.bucket == *bucket);
            if let Some(batch) = photos.and_then(|photos| photos.batch.as_ref()) {
                let checked = cx.ports.batch.check(&batch.bucket).await;
                say("bucket of S3 Batch Operations", checked.as_ref().err(), evidence)?;
                report.jobs(&batch.bucket, checked);
            }
        }
        if let Some(instance) = &self.instance {
            database::probe_all(instance, cx, evidence, &mut report).await?;
        }
        let bucket = self.bucket.as_ref().map(|b| format!("bucket {b}"));
        let backups = self.instance.as_ref().map(|i| format!("the backups of {i}"));
        let read = bucket.into_iter().chain(backups).reduce(|all, one| format!("{all} and {one}"));
        let read = read.map(|read| format!(", and {read} can be read")).unwrap_or_default();
        Ok(report.outcome(format!(
            "The credentials belong to account {}, as environment {} expects{read}",
            caller.account, env.name
        )))
    }
}

impl Report {
    fn identity(&mut self, cx: &Context<'_>, caller: &Caller) {
        let env = cx.environment;
        for (name, value) in [("account", &caller.account), ("arn", &caller.arn), ("region", &caller.region)]
        {
            self.outputs.insert(name.to_owned(), value.clone());
        }
        self.facts.push(Fact::new("account", &caller.account));
        self.facts.push(Fact::new("principal", &caller.arn));
        self.facts.push(Fact::new("region", &caller.region));
        self.clock(caller.ahead);
        if caller.account != env.account {
            self.wrong(
                format!(
                    "These credentials belong to account {}; environment {} is account {}",
                    caller.account, env.name, env.account
                ),
                format!(
                    "Nothing was touched. Log in to account {}, or choose the environment of account {}.",
                    env.account, caller.account
                ),
            );
        }
        if caller.region != env.region || !US_REGIONS.contains(&caller.region.as_str()) {
            self.wrong(
                format!(
                    "Requests go to region {}; environment {} is in {}",
                    caller.region, env.name, env.region
                ),
                "No customer data may leave the United States: correct `region:` in the environment.",
            );
        }
    }

    /// Whether this machine's clock, by which the journal is dated, says what AWS's does. S3 refuses requests that are
    /// 15 minutes off.
    fn clock(&mut self, ahead: Option<i64>) {
        let Some(ahead) = ahead.filter(|ahead| ahead.abs() >= CLOCKS_DISAGREE) else { return };
        let way = if ahead > 0 { "ahead of" } else { "behind" };
        let off = format!("{} {way} AWS's", words::length(ahead.unsigned_abs()));
        self.facts.push(Fact::new("clock of this machine", &off));
        self.notes.push(format!(
            "This machine's clock is {off}, and the journal is dated by it: set the clock before anything is changed."
        ));
    }

    /// Whether a very large restore could be handed over. No other needs it, so that it is a note.
    fn jobs(&mut self, bucket: &str, checked: Result<(), PortError>) {
        let ready = if checked.is_ok() { "ready" } else { "not ready" };
        self.facts.push(Fact::new("S3 Batch Operations", ready));
        if let Err(error) = checked {
            self.notes.push(format!(
                "Very large restores can't be handed to S3 Batch Operations: {} on {bucket}: {}. {}",
                error.operation, error.message, error.next
            ));
        }
    }

    fn bucket(&mut self, bucket: &str, facts: &BucketFacts) {
        let versioning = match facts.versioning {
            Versioning::Enabled => "on",
            Versioning::Suspended => "suspended",
            Versioning::Never => "never was on",
        };
        self.facts.push(Fact::new("versioning", versioning));
        match facts.versioning {
            Versioning::Enabled => {}
            Versioning::Suspended => self.notes.push(format!(
                "Versioning of {bucket} is suspended: each write destroys the version `null` that it replaces. Turn \
                 it on, then wait 15 minutes, before anything is brought back."
            )),
            Versioning::Never => self.wrong(
                format!("Bucket {bucket} has never kept old versions: what is deleted or overwritten is gone"),
                "Look for another copy: the replica bucket, or a recovery point of AWS Backup. Turn versioning on \
                 before anything else is written.",
            ),
        }
        match &facts.encryption {
            Some(encryption) => self.facts.push(Fact::new("encryption", encryption)),
            None => {
                self.facts.push(Fact::new("encryption", "not known"));
                self.notes.push(format!(
                    "These credentials may not read the default encryption of {bucket}: check it in the console."
                ));
            }
        }
        let Some(rules) = &facts.expiry else {
            self.facts.push(Fact::new("lifecycle", "not known"));
            self.notes.push(format!(
                "These credentials may not read the lifecycle rules of {bucket}: ask whether one removes old versions."
            ));
            return;
        };
        let kills = rules.iter().filter_map(|rule| Some((rule, rule.noncurrent_days?)));
        let before = self.notes.len();
        self.notes.extend(kills.map(|(rule, days)| {
            format!(
                "Lifecycle rule {} of {bucket} removes replaced versions for good after {}{}. Have it switched off \
                 until the photos are back.",
                rule.id,
                words::of(u64::from(days), "day", "days"),
                if rule.prefix.is_empty() { String::new() } else { format!(" under {}", rule.prefix) }
            )
        }));
        let removing = self.notes.len() - before;
        self.facts.push(Fact::new(
            "lifecycle",
            match removing {
                0 => "no rule removes old versions".to_owned(),
                n => words::of(n as u64, "rule removes old versions", "rules remove old versions"),
            },
        ));
    }

    fn listing(&mut self, bucket: &str, prefix: &str, page: &VersionPage) {
        let first = page.photos.iter().chain(&page.markers).next();
        let place = if prefix.is_empty() { bucket.to_owned() } else { format!("{prefix} in {bucket}") };
        match first {
            Some(entry) => self.facts.push(Fact::new("first key", &entry.key)),
            None => self.wrong(
                format!("There is nothing in {place}, and never was as far as S3 remembers"),
                "Check the bucket and the prefix.",
            ),
        }
    }
}

/// Writes down what came of a probe.
fn say(name: &str, error: Option<&PortError>, evidence: Sink<'_>) -> Result<(), Failure> {
    let line = json!({
        "probe": name,
        "result": if error.is_none() { "ok" } else { "failed" },
        "error": error.map(ToString::to_string),
        "request_id": error.and_then(|e| e.request_id.as_deref()),
    });
    Ok(writeln!(evidence, "{line}")?)
}

/// One probe, written down; `None` when it was refused, which the report then says.
fn probe<T>(
    name: &str,
    answer: Result<T, PortError>,
    evidence: Sink<'_>,
    report: &mut Report,
) -> Result<Option<T>, Failure> {
    say(name, answer.as_ref().err(), evidence)?;
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind, PortErrorKind::Credentials | PortErrorKind::Unreachable) => {
            Err(error.into())
        }
        Err(error) => {
            report.facts.push(Fact::new(name, "failed"));
            report.wrong(
                format!(
                    "The probe \"{name}\" failed: {} on {}: {}",
                    error.operation, error.target, error.message
                ),
                error.next,
            );
            Ok(None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::{Batch, Photos};
    use crate::photos::fake::{BUCKET, World};

    async fn run(world: &World, prefix: &str) -> Result<Outcome, Failure> {
        let preflight =
            Preflight { bucket: Some(BUCKET.to_owned()), prefix: prefix.to_owned(), instance: None };
        preflight.run(&world.cx(), &mut Vec::new()).await
    }

    #[tokio::test]
    async fn the_account_comes_first() {
        let mut world = World::new();
        world.environment.account = "123456789012".to_owned();
        let outcome = run(&world, "").await.unwrap();
        assert_eq!(
            outcome.headline,
            "These credentials belong to account 000000000000; environment practice is account 123456789012"
        );
        assert_eq!((outcome.verdict, outcome.facts.len()), (Verdict::Failed, 3));
        world.environment.account = "000000000000".to_owned();
        world.fake.state().ahead = Some(-120);
        let outcome = run(&world, "").await.unwrap();
        assert!(outcome.notes[0].starts_with("This machine's clock is 2 min behind AWS's"), "{outcome:?}");
        world.environment.account = "123456789012".to_owned();
        world.fake.state().faults.insert("whoami ".into(), vec![PortErrorKind::Credentials]);
        assert!(matches!(run(&world, "").await, Err(Failure::Port(_))));
        world.fake.state().faults.insert("whoami ".into(), vec![PortErrorKind::Denied]);
        let outcome = run(&world, "").await.unwrap();
        assert!(outcome.headline.starts_with("The probe \"who am I\" failed: whoami"), "{outcome:?}");
    }

    #[tokio::test]
    async fn the_bucket_is_probed() {
        let mut world = World::new();
        world.fake.put("photos/a", b"a");
        let outcome = run(&world, "photos/").await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Passed, "{outcome:?}");
        let facts: Vec<_> = outcome.facts.iter().map(|f| format!("{}: {}", f.label, f.value)).collect();
        assert_eq!(
            facts[2..],
            [
                "region: us-east-1",
                "versioning: on",
                "encryption: AES256",
                "lifecycle: no rule removes old versions",
                "first key: photos/a"
            ]
        );
        world.environment.photos = Some(Photos {
            bucket: BUCKET.to_owned(),
            batch: Some(Batch { role: String::new(), bucket: "jobs".to_owned(), prefix: String::new() }),
            ..world.environment.photos.clone().unwrap()
        });
        let outcome = run(&world, "photos/").await.unwrap();
        assert_eq!(outcome.verdict, Verdict::Passed, "no smaller restore needs it");
        let note = outcome.notes.last().unwrap();
        assert!(note.starts_with("Very large restores can't be handed to S3 Batch Operations: "), "{note}");
        let empty = run(&world, "elsewhere/").await.unwrap();
        assert!(empty.headline.starts_with("There is nothing in elsewhere/ in photos"), "{empty:?}");
        world.fake.state().versioning = Versioning::Never;
        world.fake.state().faults.insert("list photos/".into(), vec![PortErrorKind::Denied]);
        let outcome = run(&world, "photos/").await.unwrap();
        assert_eq!((outcome.verdict, outcome.notes.len()), (Verdict::Failed, 3));
        assert!(outcome.headline.contains("never kept old versions"), "{outcome:?}");
        assert!(outcome.headline.contains("\"list one key\" failed"), "{outcome:?}");
    }
}
