//! What a survey warns of.

use serde_json::json;

use super::Report;
use crate::body::write_line;
use crate::database::ground::copied_first;
use crate::plan::{Fact, Failure, Sink};
use crate::words;

impl Report<'_> {
    pub(super) async fn dangers(&mut self, evidence: Sink<'_>) -> Result<(), Failure> {
        self.reach();
        self.snapshots();
        self.living();
        self.proxies(evidence).await
    }

    fn reach(&mut self) {
        let id = &self.params.instance;
        if self.moments.windows.is_empty() {
            self.notes.push(format!(
                "There are no automated backups of {id} that can be used: only the moments of its snapshots can be \
                 gone back to."
            ));
        }
        let outside =
            |at: &jiff::Timestamp| !self.moments.windows.iter().any(|w| w.earliest <= *at && *at <= w.latest);
        if let Some(at) = self.params.at.filter(outside)
            && !self.moments.windows.is_empty()
        {
            let edges = self.moments.windows.iter().flat_map(|window| [window.earliest, window.latest]);
            let nearest = edges.min_by_key(|edge| edge.duration_since(at).abs());
            self.notes.push(format!(
                "No window of automated backups reaches {}{}. A snapshot from before may.",
                words::time(at),
                nearest.map(|at| format!("; the nearest moment is {}", words::time(at))).unwrap_or_default()
            ));
        }
        for region in &self.ground.regions {
            for backup in region.backups.iter().flatten().filter(|backup| backup.status == "retained") {
                self.notes.push(format!(
                    "The retained backups of {} ({}) in {} expire by themselves{}. Restore from them, or copy a \
                     snapshot, before that.",
                    backup.instance,
                    backup.resource_id,
                    region.name,
                    match backup.settings.backup_days {
                        0 => String::new(),
                        days => format!(", {} after the deletion", words::of(days.into(), "day", "days")),
                    }
                ));
            }
            for (what, error) in [
                ("automated backups", region.backups.as_ref().err()),
                ("snapshots", region.snapshots.as_ref().err()),
            ] {
                if let Some(error) = error {
                    self.notes.push(format!(
                        "The {what} in {} are not known ({}). {}",
                        region.name, error.message, error.next
                    ));
                }
            }
        }
    }

    fn snapshots(&mut self) {
        let home = &self.cx.environment.region;
        let all: Vec<_> =
            self.ground.regions.iter().flat_map(|region| region.snapshots.iter().flatten()).collect();
        let away = all.iter().filter(|snapshot| snapshot.region != *home).count();
        if away > 0 {
            self.notes.push(format!(
                "{} in another region: each is restored there, or copied first to be restored in {home}, which takes \
                 longer.",
                words::of(away as u64, "snapshot lies", "snapshots lie")
            ));
        }
        if all.iter().any(|snapshot| copied_first(snapshot)) {
            self.notes.push(
                "A snapshot that is shared and encrypted can't be restored directly: a restore copies it first."
                    .to_owned(),
            );
        }
    }

    fn living(&mut self) {
        let home = &self.cx.environment.region;
        let Some(is) = self.ground.region(home).and_then(|region| region.living()) else { return };
        if matches!(is.status.as_str(), "stopped" | "stopping") {
            self.notes.push(format!("{} is {}: no backups are taken of it meanwhile.", is.id, is.status));
        }
        if is.settings.backup_days == 0 {
            self.notes.push(format!("Automated backups of {} are switched off.", is.id));
        }
        if !is.settings.deletion_protection {
            self.notes.push(format!("Deletion protection of {} is off.", is.id));
        }
        let replicas = if is.replicas.is_empty() { "none".to_owned() } else { words::list(&is.replicas) };
        self.facts.push(Fact::new("read replicas", replicas));
    }

    async fn proxies(&mut self, evidence: Sink<'_>) -> Result<(), Failure> {
        let (id, home) = (&self.params.instance, &self.cx.environment.region);
        if self.ground.region(home).and_then(|region| region.living()).is_none() {
            return Ok(());
        }
        let (value, line) = match self.cx.ports.databases.proxies(home, id).await {
            Ok(proxies) => {
                let value = if proxies.is_empty() { "none".to_owned() } else { words::list(&proxies) };
                (value, json!({"seen": "proxies", "region": home, "is": proxies}))
            }
            Err(error) => (
                format!("not known: {}", error.message),
                json!({"seen": "nothing", "of": "proxies", "region": home, "error": error.to_string(),
                    "request_id": error.request_id}),
            ),
        };
        self.facts.push(Fact::new("proxies", value));
        write_line(&line, evidence)
    }
}
