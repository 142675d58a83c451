//! What stands around the instances: groups, keys, proxies, events.

use action::environment::PRACTICE_ACCOUNT;
use jiff::Timestamp;

/// A DB subnet group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetGroup {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its VPC.
    pub vpc: String,
    /// The availability zones of its subnets.
    pub zones: Vec<String>,
}

/// A DB parameter group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParameterGroup {
    /// Its name.
    pub name: String,
    /// Its family, such as `mysql8.0`.
    pub family: String,
    /// What it is for.
    pub description: String,
}

/// An option group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionGroup {
    /// Its name.
    pub name: String,
    /// The engine that it is for.
    pub engine: String,
    /// The engine's version, such as `8.0`.
    pub major_version: String,
    /// What it is for.
    pub description: String,
}

/// An RDS proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its name.
    pub name: String,
    /// The identifiers of the instances that it sends connections to.
    pub targets: Vec<String>,
    /// When it was made.
    pub created: Timestamp,
}

/// An encryption key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its ARN.
    pub arn: String,
    /// Its alias, such as `alias/practice-rds`.
    pub alias: Option<String>,
    /// Whether it can be used.
    pub status: KeyStatus,
    /// Whether AWS manages it, not the customer.
    pub managed_by_aws: bool,
    /// When it was made.
    pub created: Timestamp,
}

/// Whether a key can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStatus {
    /// It can.
    Enabled,
    /// Somebody disabled it.
    Disabled,
    /// It will be deleted at a moment; whoever cancels that has it back, disabled.
    PendingDeletion(Timestamp),
}

impl Key {
    /// An enabled key of the practice account in `region`, by its id, such as
    /// `1234abcd-12ab-34cd-56ef-1234567890ab`.
    pub fn new(region: &str, id: &str, alias: Option<&str>, created: Timestamp) -> Self {
        Self {
            arn: format!("arn:aws:kms:{region}:{PRACTICE_ACCOUNT}:key/{id}"),
            alias: alias.map(str::to_owned),
            status: KeyStatus::Enabled,
            managed_by_aws: false,
            created,
        }
    }

    /// Its id: the last part of its ARN.
    pub fn id(&self) -> &str {
        self.arn.rsplit('/').next().unwrap_or(&self.arn)
    }
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rds) struct Event {
    pub(in crate::rds) at: Timestamp,
    /// Orders events of one moment.
    pub(in crate::rds) number: u64,
    /// `db-instance` or `db-snapshot`.
    pub(in crate::rds) source_type: &'static str,
    pub(in crate::rds) source: String,
    pub(in crate::rds) message: String,
    pub(in crate::rds) category: String,
}
