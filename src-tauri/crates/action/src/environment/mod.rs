//! An environment: which account, region, bucket and endpoints a run works on. It never holds a secret.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod practice;

pub use practice::{PRACTICE_CA, PRACTICE_LOGIN};

/// One `environments/<name>.yaml`, checked for its shape; [`Environment::check`] checks its values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name, such as `production`.
    #[serde(rename = "environment")]
    pub name: String,
    /// The AWS region; only those in the United States are accepted.
    pub region: String,
    /// The 12-digit account that the credentials must belong to.
    pub account: String,
    /// Where the credentials come from.
    pub credentials: Credentials,
    /// Endpoints that stand in for AWS's own, for emulators and the practice range.
    #[serde(default, skip_serializing_if = "Endpoints::is_empty")]
    pub endpoints: Endpoints,
    /// The badge photos.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<Photos>,
    /// The Portal DB.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<Database>,
    /// The Portal's front end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub portal: Option<Portal>,
    /// The Datto appliance on the premises.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub datto: Option<Datto>,
}

/// The access key id that the practice range accepts. Not a secret: it opens nothing else.
pub const PRACTICE_ACCESS_KEY_ID: &str = "LIFEBOATPRACTICE";
/// The key that goes with [`PRACTICE_ACCESS_KEY_ID`]. Not a secret: it opens nothing but the practice range.
pub const PRACTICE_SECRET_ACCESS_KEY: &str = "only-for-the-practice-range";
/// The account that the practice range answers for.
pub const PRACTICE_ACCOUNT: &str = "000000000000";
/// The port of the practice range when nobody asks for another.
pub const PRACTICE_PORT: u16 = 9311;

/// Where credentials come from; exactly one of these in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Credentials {
    /// A named profile of the shared AWS configuration, SSO included: `{ profile: NAME }`.
    Profile(String),
    /// The `AWS_*` variables of the environment: `{ environment: true }`.
    Environment(bool),
    /// An entry of the OS keychain: `{ keychain: NAME }`.
    Keychain(String),
    /// The practice range's own key, `{ practice: true }`; refused unless every endpoint is on this machine.
    Practice(bool),
}

/// Endpoints other than AWS's own; an absent one means AWS.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoints {
    /// S3.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3: Option<String>,
    /// RDS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rds: Option<String>,
    /// STS.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sts: Option<String>,
    /// KMS, which is asked for the state of keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kms: Option<String>,
    /// S3 Control, which runs jobs of S3 Batch Operations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s3control: Option<String>,
}

impl Endpoints {
    /// Each of them, where it is given.
    fn all(&self) -> [&Option<String>; 5] {
        [&self.s3, &self.rds, &self.sts, &self.kms, &self.s3control]
    }

    /// Whether every service is AWS's own.
    pub fn is_empty(&self) -> bool {
        self.all().into_iter().all(Option::is_none)
    }
}

/// Where the badge photos are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Photos {
    /// The bucket in use.
    pub bucket: String,
    /// The beginning of every photo's key.
    #[serde(default)]
    pub prefix: String,
    /// The bucket that replication copies to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replica_bucket: Option<String>,
    /// Where S3 Batch Operations finds what it needs, for buckets too large for a laptop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
}

/// What jobs of S3 Batch Operations need (facts §1.9).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// The ARN of the role that S3 takes on: it reads the photos and the manifest, and writes photos and the report.
    pub role: String,
    /// The bucket of the manifests and the reports, in the same account and region; not the photos'.
    pub bucket: String,
    /// The beginning of their keys, without a slash at the end; nothing when left out.
    #[serde(default)]
    pub prefix: String,
}

/// Where the Portal DB is, and what a restored one is held against.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Database {
    /// The RDS instance's identifier.
    pub instance: String,
    /// Its engine, such as `mysql`.
    pub engine: String,
    /// The name of the schema (MySQL) or database (PostgreSQL).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
    /// Who signs in to look at rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// A file of certificates (PEM) that the server's certificate is held against, in place of RDS's own roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
    /// The region that copies and replicated backups are kept in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub copies_in: Option<String>,
    /// The key that a copy made in another region is encrypted with, by region.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub keys: BTreeMap<String, String>,
    /// The tables whose rows are counted, each with the column that tells when a row was last changed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<Table>,
    /// Queries that a restored database must answer as expected.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub checks: Vec<Check>,
    /// A query for the photos that the database names: the key, and then, if there are more columns, the size in
    /// bytes and the MD5 in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photos: Option<String>,
    /// How an organisation that was obliterated is found and removed again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obliteration: Option<Obliteration>,
}

/// Who signs in to a database; exactly one of these in a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Login {
    /// An entry of the OS keychain: `{ keychain: NAME }`.
    Keychain(String),
    /// The practice range's own login, `{ practice: true }`; only with the practice range's credentials.
    Practice(bool),
}

/// A table whose rows are counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// The column that tells when a row was last changed, in UTC.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
}

/// A query that a restored database must answer as expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// What it is about, in words: `cards without an organisation`.
    pub name: String,
    /// A statement that gives one row of one column.
    pub query: String,
    /// What it must give.
    pub expect: String,
}

/// How an organisation that was obliterated is found and removed again, should a restore bring it back. In each
/// statement, `:organization` stands for the organisation's id, quoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Obliteration {
    /// Statements that count what is left of an organisation: each gives one row of one column.
    pub count: Vec<String>,
    /// Statements that remove it, in this order, in one transaction.
    pub remove: Vec<String>,
}

/// The Portal's front end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Portal {
    /// Its address, `https://` and nothing else.
    pub url: String,
    /// A text that its page contains when all is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contains: Option<String>,
    /// A file of certificates (PEM) that its certificate is held against, in place of the system's roots.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ca: Option<String>,
}

/// The Datto appliance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Datto {
    /// Its serial number.
    pub device: String,
}

/// Why an [`Environment`]'s values can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// The region isn't in the United States.
    #[error(
        "environment {name}: region {region} is not in the United States, and no customer data may leave it; \
         use us-east-1, us-east-2, us-west-1 or us-west-2"
    )]
    Region {
        /// The environment.
        name: String,
        /// What its `region:` says.
        region: String,
    },
    /// The account isn't 12 digits.
    #[error(
        "environment {name}: account \"{account}\" is not 12 digits; write it in quotes, as \"123456789012\""
    )]
    Account {
        /// The environment.
        name: String,
        /// What its `account:` says.
        account: String,
    },
    /// `credentials: { environment: false }` or `{ practice: false }`.
    #[error(
        "environment {name}: `credentials:` names none; give `{{ profile: NAME }}`, `{{ environment: true }}` or \
         `{{ keychain: NAME }}`"
    )]
    Credentials {
        /// The environment.
        name: String,
    },
    /// The practice range's key with an endpoint that isn't on this machine.
    #[error(
        "environment {name}: `credentials: {{ practice: true }}` is only for the practice range; give `endpoints.s3`, \
         `rds`, `sts`, `kms` and `s3control` each an http:// address on this machine, or other credentials"
    )]
    Practice {
        /// The environment.
        name: String,
    },
    /// A plain-text endpoint outside this machine.
    #[error(
        "environment {name}: endpoint {url} is neither https:// nor on this machine, so requests to it could be read on the way; use https://"
    )]
    Endpoint {
        /// The environment.
        name: String,
        /// The endpoint.
        url: String,
    },
    /// The role or the bucket of S3 Batch Operations can't be used.
    #[error("environment {name}: `photos.batch.{field}` can't be {value:?}; write {wanted}")]
    Batch {
        /// The environment.
        name: String,
        /// `role`, `bucket` or `prefix`.
        field: &'static str,
        /// What the file says.
        value: String,
        /// What it should say.
        wanted: String,
    },
    /// The front end's address isn't `https://`.
    #[error("environment {name}: `portal.url` {url} is not https://; the Portal answers over TLS only")]
    Portal {
        /// The environment.
        name: String,
        /// What its `portal.url:` says.
        url: String,
    },
    /// The practice range's database login with other credentials.
    #[error(
        "environment {name}: `database.login` names none; give `{{ keychain: NAME }}` (`{{ practice: true }}` is only \
         for the practice range)"
    )]
    Login {
        /// The environment.
        name: String,
    },
}

/// The regions that a restore may happen in: those in the United States (`facts/portal.md`).
pub const US_REGIONS: [&str; 4] = ["us-east-1", "us-east-2", "us-west-1", "us-west-2"];

impl Environment {
    /// Refuses values that no run may start with.
    ///
    /// # Errors
    /// The first that is wrong: a region outside the United States, an account that isn't 12 digits,
    /// credentials that name nothing, a plain-text endpoint that isn't on this machine.
    pub fn check(&self) -> Result<(), EnvironmentError> {
        let name = self.name.clone();
        if !US_REGIONS.contains(&self.region.as_str()) {
            return Err(EnvironmentError::Region { name, region: self.region.clone() });
        }
        if self.account.len() != 12 || !self.account.bytes().all(|b| b.is_ascii_digit()) {
            return Err(EnvironmentError::Account { name, account: self.account.clone() });
        }
        match self.credentials {
            Credentials::Environment(false) | Credentials::Practice(false) => {
                return Err(EnvironmentError::Credentials { name });
            }
            Credentials::Practice(true) if !self.is_local() => {
                return Err(EnvironmentError::Practice { name });
            }
            _ => {}
        }
        let copies_in = self.database.iter().flat_map(|database| &database.copies_in);
        if let Some(region) = copies_in.into_iter().find(|region| !US_REGIONS.contains(&region.as_str())) {
            return Err(EnvironmentError::Region { name, region: region.clone() });
        }
        let login = self.database.as_ref().and_then(|database| database.login.as_ref());
        if matches!(login, Some(Login::Practice(on)) if !on || !self.is_practice()) {
            return Err(EnvironmentError::Login { name });
        }
        self.check_batch()?;
        if let Some(portal) = self.portal.as_ref().filter(|portal| !portal.url.starts_with("https://")) {
            return Err(EnvironmentError::Portal { name, url: portal.url.clone() });
        }
        for url in self.endpoints.all().into_iter().flatten() {
            if !(url.starts_with("https://") || is_loopback(url)) {
                return Err(EnvironmentError::Endpoint { name, url: url.clone() });
            }
        }
        Ok(())
    }

    fn check_batch(&self) -> Result<(), EnvironmentError> {
        let Some((photos, batch)) =
            self.photos.as_ref().and_then(|photos| Some((photos, photos.batch.as_ref()?)))
        else {
            return Ok(());
        };
        let off = |field, value: &str, wanted: String| EnvironmentError::Batch {
            name: self.name.clone(),
            field,
            value: value.to_owned(),
            wanted,
        };
        let own = format!("arn:aws:iam::{}:role/", self.account);
        if batch.role.strip_prefix(&own).is_none_or(str::is_empty) {
            return Err(off("role", &batch.role, format!("the ARN of a role of this account: {own}NAME")));
        }
        if batch.bucket.is_empty() || batch.bucket == photos.bucket {
            let wanted = "a bucket of its own, so that no manifest lies among the photos".to_owned();
            return Err(off("bucket", &batch.bucket, wanted));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/');
        if !batch.prefix.bytes().all(plain) || batch.prefix.starts_with('/') || batch.prefix.ends_with('/') {
            let wanted = "letters, digits, `-`, `_`, `.`, and `/` within, such as lifeboat/jobs".to_owned();
            return Err(off("prefix", &batch.prefix, wanted));
        }
        Ok(())
    }

    /// Whether it is the practice range, or takes the practice range's key.
    pub fn is_practice(&self) -> bool {
        matches!(self.credentials, Credentials::Practice(_))
    }

    /// Whether everything it reaches is on this machine.
    pub fn is_local(&self) -> bool {
        let portal = self.portal.as_ref().is_none_or(|portal| {
            portal.url.strip_prefix("https").is_some_and(|rest| is_loopback(&format!("http{rest}")))
        });
        // S3 Control is asked only where jobs are set up.
        let jobs = self.photos.as_ref().is_some_and(|photos| photos.batch.is_some());
        let local = |url: &Option<String>| url.as_deref().is_some_and(is_loopback);
        let Endpoints { s3, rds, sts, kms, s3control } = &self.endpoints;
        let control = local(s3control) || s3control.is_none() && !jobs;
        portal && [s3, rds, sts, kms].into_iter().all(local) && control
    }

    /// The built-in `practice` environment, on a range whose S3, RDS, STS, KMS and front end answer at `endpoint`.
    pub fn practice(endpoint: &str) -> Self {
        let url = endpoint.replacen("http://", "https://", 1);
        let endpoint = Some(endpoint.to_owned());
        Self {
            name: "practice".to_owned(),
            region: "us-east-1".to_owned(),
            account: PRACTICE_ACCOUNT.to_owned(),
            credentials: Credentials::Practice(true),
            endpoints: Endpoints {
                s3: endpoint.clone(),
                rds: endpoint.clone(),
                sts: endpoint.clone(),
                kms: endpoint.clone(),
                s3control: endpoint,
            },
            photos: Some(Photos {
                bucket: "veonics-photos".to_owned(),
                prefix: "photos/".to_owned(),
                replica_bucket: None,
                batch: Some(practice::batch()),
            }),
            database: Some(practice::database()),
            portal: Some(Portal { url, contains: Some("Veonics Portal".to_owned()), ca: None }),
            datto: None,
        }
    }

    /// Every leaf as `path -> text`, for `${env.path}`: `photos.bucket`, `region`, `database.instance`…
    pub fn paths(&self) -> BTreeMap<String, String> {
        let mut paths = BTreeMap::new();
        if let Ok(value) = serde_json::to_value(self) {
            flatten("", &value, &mut paths);
        }
        paths
    }

    /// Every path that `${env.path}` may name in any environment; lint checks references against these.
    pub const PATHS: [&'static str; 21] = [
        "environment",
        "region",
        "account",
        "endpoints.s3",
        "endpoints.rds",
        "endpoints.sts",
        "endpoints.kms",
        "endpoints.s3control",
        "photos.bucket",
        "photos.prefix",
        "photos.replica_bucket",
        "photos.batch.role",
        "photos.batch.bucket",
        "photos.batch.prefix",
        "database.instance",
        "database.engine",
        "database.schema",
        "database.copies_in",
        "portal.url",
        "portal.contains",
        "datto.device",
    ];
}

fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
    matches!(host, "127.0.0.1" | "localhost" | "[::1]")
}

fn flatten(at: &str, value: &serde_json::Value, into: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, value) in map {
                let path = if at.is_empty() { key.clone() } else { format!("{at}.{key}") };
                flatten(&path, value, into);
            }
        }
        serde_json::Value::String(text) => {
            into.insert(at.to_owned(), text.clone());
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests;
