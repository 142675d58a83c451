//! A range with the Portal DB in it, clients for it, and short words for what every test does.

use std::sync::{Arc, Mutex};

use action::port::{Settings, SnapshotKind};
use aws_sdk_rds::config::retry::RetryConfig;
use aws_sdk_rds::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_rds::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_rds::types::DbInstance;
use jiff::{SignedDuration, Timestamp, ToSpan};
use range::rds::{
    AutomatedBackup, BackupId, Base, Instance, Key, KeyStatus, ParameterGroup, Rds, Snapshot, SubnetGroup,
};
use range::{Range, RangeOptions};

pub(crate) const EAST: &str = "us-east-1";
pub(crate) const WEST: &str = "us-west-2";
pub(crate) const EAST_KEY: &str =
    "arn:aws:kms:us-east-1:000000000000:key/11111111-1111-1111-1111-111111111111";
const SPEED: i64 = 240;

/// A range whose time stands still until a test lets it pass.
pub(crate) struct World {
    pub(crate) range: Range,
    pub(crate) east: aws_sdk_rds::Client,
    pub(crate) west: aws_sdk_rds::Client,
    now: Arc<Mutex<Timestamp>>,
}

impl World {
    /// A range with `portal` in us-east-1, two weeks of backups of it, a snapshot of each kind, and keys.
    pub(crate) fn with_portal() -> Self {
        let world = Self::empty();
        let (rds, now) = (world.rds(), world.now());
        for (region, id) in
            [(EAST, "11111111-1111-1111-1111-111111111111"), (WEST, "22222222-2222-2222-2222-222222222222")]
        {
            rds.add_key(region, Key::new(region, id, Some("alias/practice-rds"), now));
        }
        let subnets = SubnetGroup {
            name: "portal-db".to_owned(),
            description: "the Portal's".to_owned(),
            vpc: "vpc-portal".to_owned(),
            zones: vec!["us-east-1a".to_owned(), "us-east-1b".to_owned()],
        };
        rds.add_subnet_group(EAST, subnets);
        let parameters = ParameterGroup {
            name: "portal-mysql80".to_owned(),
            family: "mysql8.0".to_owned(),
            description: "the Portal's".to_owned(),
        };
        rds.add_parameter_group(EAST, parameters);
        let mut portal = Instance::new(EAST, "portal", portal_settings(), world.before(60 * 24 * 60));
        portal.kms_key = Some(EAST_KEY.to_owned());
        let mut backup = AutomatedBackup::of(EAST, &portal, world.before(14 * 24 * 60));
        backup.bases.push(Base { taken: world.before(14 * 24 * 60), backup: BackupId(1) });
        rds.add_automated_backup(EAST, backup);
        let kinds = [
            ("rds:portal-2026-11-24-07-10", SnapshotKind::Automated),
            ("portal-before-release", SnapshotKind::Manual),
            ("awsbackup:job-1", SnapshotKind::AwsBackup),
        ];
        for (id, kind) in kinds {
            let mut snapshot = Snapshot::new(id, kind, &portal, world.before(120));
            snapshot.backup = Some(BackupId(2));
            rds.add_snapshot(EAST, snapshot);
        }
        let mut shared = Snapshot::new("portal-shared", SnapshotKind::Shared, &portal, world.before(180));
        shared.owner = "999999999999".to_owned();
        rds.add_snapshot(EAST, shared);
        rds.add_instance(EAST, portal);
        world
    }

    pub(crate) fn empty() -> Self {
        let now = Arc::new(Mutex::new("2026-11-25T12:00:00Z".parse::<Timestamp>().unwrap()));
        let clock = Arc::clone(&now);
        let clock = Arc::new(move || *clock.lock().unwrap());
        let range = Range::start(RangeOptions { clock, ..RangeOptions::default() }).unwrap();
        let (east, west) = (client(&range, EAST), client(&range, WEST));
        Self { range, east, west, now }
    }

    pub(crate) fn rds(&self) -> &Rds {
        self.range.rds()
    }

    pub(crate) fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    pub(crate) fn before(&self, minutes: i64) -> Timestamp {
        self.now() - minutes.minutes()
    }

    /// Lets pass what is so many seconds to RDS, and waits for what is done behind the instances meanwhile.
    pub(crate) fn pass(&self, seconds: i64) {
        self.rds().settle();
        *self.now.lock().unwrap() += SignedDuration::from_millis(seconds * 1000 / SPEED + 1);
        self.rds().settle();
    }

    /// The states that an instance goes through, each once, looked at every ten seconds of RDS's.
    pub(crate) async fn states(&self, client: &aws_sdk_rds::Client, id: &str, seconds: i64) -> Vec<String> {
        let mut states: Vec<String> = Vec::new();
        for _ in 0..seconds / 10 {
            let state = match instance(client, id).await {
                Ok(instance) => instance.db_instance_status.unwrap(),
                Err((_, code)) => code,
            };
            if states.last() != Some(&state) {
                states.push(state);
            }
            self.pass(10);
        }
        states
    }

    pub(crate) fn resource_id(&self) -> String {
        self.rds().instances(EAST).into_iter().find(|known| known.id == "portal").unwrap().resource_id
    }

    /// Disables the key of us-east-1.
    pub(crate) fn disable_key(&self) {
        let key = Key::new(EAST, "11111111-1111-1111-1111-111111111111", None, self.now());
        self.rds().add_key(EAST, Key { status: KeyStatus::Disabled, ..key });
    }
}

pub(crate) fn portal_settings() -> Settings {
    Settings {
        engine: "mysql".to_owned(),
        engine_version: "8.0.39".to_owned(),
        lifecycle_support: Some("open-source-rds-extended-support-disabled".to_owned()),
        class: "db.m6g.large".to_owned(),
        storage_type: "gp3".to_owned(),
        allocated_gib: 100,
        max_allocated_gib: Some(500),
        iops: Some(3000),
        throughput: Some(125),
        multi_az: true,
        port: 3306,
        network_type: Some("IPV4".to_owned()),
        subnet_group: Some("portal-db".to_owned()),
        security_groups: vec!["sg-portal".to_owned()],
        parameter_group: Some("portal-mysql80".to_owned()),
        option_group: Some("default:mysql-8-0".to_owned()),
        deletion_protection: true,
        log_exports: vec!["error".to_owned()],
        copy_tags: true,
        auto_minor_upgrade: true,
        ca: Some("rds-ca-rsa2048-g1".to_owned()),
        tags: [("system".to_owned(), "portal".to_owned())].into(),
        backup_days: 14,
        backup_window: Some("07:00-07:30".to_owned()),
        maintenance_window: Some("sun:05:00-sun:06:00".to_owned()),
        ..Settings::default()
    }
}

pub(crate) fn client(range: &Range, region: &str) -> aws_sdk_rds::Client {
    let ready = range.ready();
    client_with(range, &ready.access_key_id, &ready.secret_access_key, region, RetryConfig::disabled())
}

pub(crate) fn client_with(
    range: &Range,
    id: &str,
    secret: &str,
    region: &str,
    retries: RetryConfig,
) -> aws_sdk_rds::Client {
    let config = aws_sdk_rds::Config::builder()
        .behavior_version(BehaviorVersion::v2026_01_12())
        .retry_config(retries)
        .region(Region::new(region.to_owned()))
        .credentials_provider(Credentials::new(id, secret, None, None, "test"))
        .endpoint_url(range.endpoint())
        .build();
    aws_sdk_rds::Client::from_conf(config)
}

/// An instance, or the status and code of the refusal.
pub(crate) async fn instance(client: &aws_sdk_rds::Client, id: &str) -> Result<DbInstance, (u16, String)> {
    match client.describe_db_instances().db_instance_identifier(id).send().await {
        Ok(answer) => Ok(answer.db_instances.unwrap().remove(0)),
        Err(error) => Err(why(&error)),
    }
}

/// The status and code of a refusal.
pub(crate) fn refusal<T, E>(result: Result<T, SdkError<E>>) -> (u16, String)
where
    T: std::fmt::Debug,
    E: ProvideErrorMetadata + std::fmt::Debug,
{
    why(&result.unwrap_err())
}

pub(crate) fn why<E: ProvideErrorMetadata>(error: &SdkError<E>) -> (u16, String) {
    let status = error.raw_response().map_or(0, |response| response.status().as_u16());
    (status, error.code().unwrap_or_default().to_owned())
}

pub(crate) fn bad(code: &str) -> (u16, String) {
    (400, code.to_owned())
}

pub(crate) fn missing(code: &str) -> (u16, String) {
    (404, code.to_owned())
}

/// A time as the SDK has it.
pub(crate) fn sdk_time(at: Timestamp) -> aws_sdk_rds::primitives::DateTime {
    aws_sdk_rds::primitives::DateTime::from_secs(at.as_second())
}
